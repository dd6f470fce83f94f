from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.ops.demo.removal import demo_organizations, remove_demo_as_owner


class Command(BaseCommand):
    help = "Deletes the demo's organizations and people, and nothing else; the demo does not come back by itself."

    def handle(self, *args: Any, **options: Any) -> None:
        """Delete the demo and say how much went.

        :raises CommandError: if there is none
        """
        names = demo_organizations()
        if not names:
            raise CommandError("There is no demo on this server; nothing was changed.")
        removed = remove_demo_as_owner()
        self.stdout.write(f"Removed: {', '.join(names)} and {removed.people} people.")
        if removed.kept:
            self.stdout.write(
                f"{removed.kept} of the demo's people stay, since they work in other organizations or run this server: "
                "let them choose a new password, the demo's is no secret."
            )
