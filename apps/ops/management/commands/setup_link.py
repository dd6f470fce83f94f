from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from apps.accounts.services import make_setup_link
from apps.core.tenancy import Origin, unit_of_work


def fresh_setup_path() -> str | None:
    """The path of a new one-time link; None where somebody runs this server already."""
    with unit_of_work(origin=Origin.SYSTEM):
        secret = make_setup_link()
    return reverse("setup", args=[secret]) if secret else None


class Command(BaseCommand):
    help = "Prints a one-time link that makes the first operator, organization and project; the one before it is dead."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the link.

        :raises CommandError: if there is an operator, who invites everybody else
        """
        path = fresh_setup_path()
        if path is None:
            raise CommandError("Somebody runs this server already: ask them to invite you or to make you an operator.")
        self.stdout.write(settings.BASE_URL + path)
