import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.core.errors import DomainError
from apps.core.tenancy import unit_of_work
from apps.core.tenancy.doors import organization_named
from apps.imports.reconciliation import Reconciliation
from apps.imports.running import Import

SHOWN_PROBLEMS = 20


class Command(BaseCommand):
    help = "Imports issues of another tracker: Jira's REST interface, one JSON object a line, plain or gzip."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What to read, where to put it, and how to tell."""
        parser.add_argument("files", nargs="+", metavar="FILE", type=Path)
        parser.add_argument("--org", required=True, help="the organization's address, for example acme")
        parser.add_argument(
            "--project",
            metavar="KEY",
            help="put every row into this project (made if it does not exist); without it each row goes into the "
            "project of its own key",
        )
        parser.add_argument("--dry-run", action="store_true", help="say what would happen, and write nothing")
        parser.add_argument("--json", action="store_true", help="print the reconciliation as one JSON object")

    def handle(self, *args: Any, files: list[Path], org: str, project: str | None, **options: Any) -> None:
        """Import, then print what became of every row.

        :raises CommandError: if the import cannot run, or a row is unaccounted for
        """
        is_json = options["json"]
        missing = [str(path) for path in files if not path.is_file()]
        if missing:
            raise CommandError(f"There is no file {', '.join(missing)}.")
        try:
            with unit_of_work():
                org_id = organization_named(org)
            account = Import(
                org_id=org_id,
                files=files,
                project_key=project,
                is_dry_run=options["dry_run"],
                on_progress=self._show_progress,
            ).run()
        except (DomainError, OSError) as error:
            raise CommandError(str(error)) from error
        if sys.stderr.isatty():
            self.stderr.write("", ending="\n")
        if is_json:
            self.stdout.write(json.dumps(account.as_json(), ensure_ascii=False))
        else:
            self._tell(account, is_dry_run=options["dry_run"])
        if not account.is_complete:
            raise CommandError("Some rows are unaccounted for. This is a fault of the importer; please report it.")

    def _show_progress(self, account: Reconciliation) -> None:
        if sys.stderr.isatty():
            self.stderr.write(f"\r{account.read} rows read, {account.imported} imported", ending="")

    def _tell(self, account: Reconciliation, *, is_dry_run: bool) -> None:
        if is_dry_run:
            self.stdout.write("A dry run: nothing was written.")
        self.stdout.write(
            f"{account.read} rows read: {account.imported} imported, {account.updated} updated, "
            f"{account.skipped} skipped because unchanged, {account.failed} failed. "
            f"{account.comments['imported']} comments."
        )
        for problem in account.problems[:SHOWN_PROBLEMS]:
            where = f"{problem['row']} {problem['field']}".strip()
            self.stdout.write(f"  {where}: {problem['reason']}")
        if len(account.problems) > SHOWN_PROBLEMS:
            self.stdout.write(f"  … and {len(account.problems) - SHOWN_PROBLEMS} more; --json lists all of them.")
