from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.ops.archive import BackupError
from apps.ops.backup import restore_backup
from apps.ops.embedded import EmbeddedError


class Command(BaseCommand):
    help = "Loads a backup into an empty installation, and compares every table with what the backup says."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("source", type=Path, help="a file that `manage.py backup` wrote")

    def handle(self, *args: Any, source: Path, **options: Any) -> None:
        """Restore.

        :raises CommandError: with one sentence, if it cannot be done; an unusable file changes nothing
        """
        try:
            restore_backup(source, say=self.stdout.write)
        except (BackupError, EmbeddedError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write("Restored.")
