from argparse import ArgumentParser
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from apps.ops.assets import KEPT_FOR, AssetsError, publish


class Command(BaseCommand):
    help = (
        "Copies the collected static files to where a web server in front finds them, keeps those of former releases "
        "for tabs that are still open, and removes what has not been of use for long."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where to, and how long files of former releases are kept."""
        parser.add_argument("directory", type=Path, help="what the web server serves as /static/")
        parser.add_argument(
            "--keep-days",
            type=int,
            default=KEPT_FOR.days,
            help="how long a file stays after the release it belongs to (%(default)s)",
        )

    def handle(self, *args: Any, directory: Path, keep_days: int, **options: Any) -> None:
        """Publish.

        :raises CommandError: with one sentence, if that cannot be done
        """
        if keep_days < 0:
            raise CommandError("--keep-days must not be negative.")
        try:
            done = publish(Path(settings.STATIC_ROOT), directory, kept_for=timedelta(days=keep_days))
        except (AssetsError, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"{done.current} files of release {settings.RELEASE} are in {directory}; {done.former} of former releases "
            f"are kept, {done.removed} were removed."
        )
