from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.ops.archive import BackupError
from apps.ops.backup import make_backup
from apps.ops.embedded import EmbeddedError


class Command(BaseCommand):
    help = "Writes one file with the whole installation: database, uploaded files, checksums. Work may go on."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("target", type=Path, help="a directory that exists, or the .tar file to write")

    def handle(self, *args: Any, target: Path, **options: Any) -> None:
        """Write the backup and print its path.

        :raises CommandError: with one sentence, if it cannot be made
        """
        try:
            written = make_backup(target)
        except (BackupError, EmbeddedError) as error:
            raise CommandError(str(error)) from error
        size = written.stat().st_size / 1_000_000
        self.stdout.write(f"{written} ({size:.1f} MB)")
