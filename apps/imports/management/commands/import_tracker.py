import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from django.core.files.base import File
from django.core.management.base import BaseCommand, CommandError

from apps.core.errors import DomainError
from apps.core.tenancy import run_as_system, unit_of_work
from apps.core.tenancy.doors import organization_named
from apps.imports import running
from apps.imports.choices import Choices
from apps.imports.formats import FORMATS
from apps.imports.models import ImportRun
from apps.imports.selectors import get_import, named_profile, problems_of
from apps.imports.services import (
    choose,
    confirm_import,
    forget_import,
    revert_import,
    start_import,
    use_profile,
)

SHOWN_PROBLEMS = 20
State = ImportRun.State
_COUNTS = ("imported", "updated", "skipped", "failed")


class Command(BaseCommand):
    help = "Imports issues of another tracker from its exports, plain or gzip, or takes an import back."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What to read, where to put it, and how to tell."""
        parser.add_argument("files", nargs="*", metavar="FILE", type=Path)
        parser.add_argument("--org", required=True, help="the organization's address, for example acme")
        parser.add_argument(
            "--project",
            metavar="KEY",
            default="",
            help="put every row into this project (made if it does not exist); without it each row goes into the "
            "project of its own key",
        )
        known = ", ".join(each.name for each in FORMATS)
        parser.add_argument(
            "--format", metavar="NAME", default="", help=f"what the files are; their content tells else: {known}"
        )
        parser.add_argument("--profile", metavar="NAME", help="decide as was decided under this name")
        parser.add_argument("--choices", metavar="FILE.json", type=Path, help="decide as this file says")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen, and write nothing")
        parser.add_argument("--take-back", metavar="RUN", type=int, help="take this import back")
        parser.add_argument("--json", action="store_true", help="print the reconciliation as one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import or take back, then print what became of every row.

        :raises CommandError: if that cannot be done, was stopped, or a row is unaccounted for
        """
        if (options["take_back"] is None) == (not options["files"]):
            raise CommandError("Name the files to import, or the import to take back.")
        missing = [str(path) for path in options["files"] if not path.is_file()]
        if missing:
            raise CommandError(f"There is no file {', '.join(missing)}.")
        self.is_json = options["json"]
        try:
            with unit_of_work():
                self.org_id = organization_named(options["org"])
            if options["take_back"] is not None:
                self._take_back(options["take_back"])
            else:
                self._import(**options)
        except (DomainError, OSError) as error:
            raise CommandError(str(error)) from error

    # ---- to import

    def _import(self, *, files: list[Path], project: str, dry_run: bool, **options: Any) -> None:
        choices = _read_choices(options["choices"]) if options["choices"] is not None else None
        with self._started(files, project, options["format"]) as started:
            run = self._work(started)
            if options["profile"] is not None:
                with run_as_system(org_id=self.org_id) as actor:
                    profile = named_profile(actor=actor, name=options["profile"])
                    use_profile(actor=actor, run=run, profile=profile)
            if choices is not None:
                with run_as_system(org_id=self.org_id) as actor:
                    choose(actor=actor, run=run, choices=choices)
            # The files are read again if that changed what they say.
            run = self._work(run)
            if dry_run:
                self._tell_dry_run(run)
                with run_as_system(org_id=self.org_id) as actor:
                    forget_import(actor=actor, run=run)
                return
            with run_as_system(org_id=self.org_id) as actor:
                confirm_import(actor=actor, run=run)
            run = self._work(run)
        self._tell(run)

    @contextmanager
    def _started(self, files: list[Path], project: str, file_format: str) -> Iterator[ImportRun]:
        """A run that no worker takes up, for it is held from before it can be seen."""
        with ExitStack() as stack:
            uploads = [File(stack.enter_context(path.open("rb")), name=path.name) for path in files]
            with run_as_system(org_id=self.org_id) as actor:
                run = start_import(
                    actor=actor, uploads=uploads, project=None, project_key=project, file_format=file_format
                )
                stack.enter_context(running.hold_run(run.pk))
            yield run

    def _work(self, run: ImportRun) -> ImportRun:
        """The run as it is after all that there is to do for now.

        :raises CommandError: if it was stopped by a fault, or something stands in its way
        """
        outcome = running.work(org_id=self.org_id, run_id=run.pk, on_progress=self._show_progress)
        if sys.stderr.isatty():
            self.stderr.write("", ending="\n")
        with run_as_system(org_id=self.org_id) as actor:
            run = get_import(actor=actor, pk=run.pk)
        if outcome is running.Outcome.WAITING:
            raise CommandError("Another import writes to the project. This one goes on by itself once that has ended.")
        if run.state == State.FAILED:
            raise CommandError(run.fault)
        return run

    def _show_progress(self, run: ImportRun) -> None:
        if sys.stderr.isatty():
            self.stderr.write(f"\r{run.rows_done} rows read, {run.imported} imported", ending="")

    # ---- telling

    def _tell(self, run: ImportRun) -> None:
        with run_as_system(org_id=self.org_id) as actor:
            problems = [
                {"row": each.row, "field": each.field, "reason": each.reason}
                for each in problems_of(actor=actor, run=run)
            ]
        counts = {name: getattr(run, name) for name in _COUNTS}
        left_out = dict(run.counts.get("left_out", {}))
        comments = run.counts.get("comments", {"imported": 0, "updated": 0})
        if self.is_json:
            account = {"run": run.pk, "state": run.state, "read": run.rows_done, **counts, "left_out": left_out}
            self._print({**account, "comments": comments, "counts": run.counts, "problems": problems})
        else:
            self._say(run.rows_done, counts, left_out, comments["imported"], problems)
            self.stdout.write(f"To take it back: manage.py import_tracker --org … --take-back {run.pk}")
        if run.rows_done != sum(counts.values()):
            raise CommandError("Some rows are unaccounted for. This is a fault of the importer; please report it.")

    def _tell_dry_run(self, run: ImportRun) -> None:
        survey = run.survey
        left_out = survey["left_out"]
        counts = {
            "imported": survey["new"],
            "updated": survey["changed"],
            "skipped": survey["same"] + sum(left_out.values()),
            "failed": survey["failed"],
        }
        if self.is_json:
            account = {"run": None, "state": "dry run", "read": survey["rows"], **counts, "left_out": left_out}
            comments = {"imported": survey["comments"], "updated": 0}
            self._print({**account, "comments": comments, "survey": survey, "problems": survey["problems"]})
        else:
            self.stdout.write("A dry run: nothing was written.")
            self._say(survey["rows"], counts, left_out, survey["comments"], survey["problems"])
        if survey["rows"] != sum(counts.values()):
            raise CommandError("Some rows are unaccounted for. This is a fault of the importer; please report it.")

    def _say(
        self, read: int, counts: dict[str, int], left_out: dict[str, int], comments: int, problems: list[dict[str, str]]
    ) -> None:
        unchanged = counts["skipped"] - sum(left_out.values())
        self.stdout.write(
            f"{read} rows read: {counts['imported']} imported, {counts['updated']} updated, "
            f"{unchanged} skipped because unchanged, {counts['failed']} failed. {comments} comments."
        )
        for reason, number in sorted(left_out.items()):
            self.stdout.write(f"  {number} left out: {reason}")
        for problem in problems[:SHOWN_PROBLEMS]:
            where = f"{problem['row']} {problem['field']}".strip()
            self.stdout.write(f"  {where}: {problem['reason']}")
        if len(problems) > SHOWN_PROBLEMS:
            self.stdout.write(f"  … and {len(problems) - SHOWN_PROBLEMS} more; --json lists them.")

    def _print(self, account: dict[str, Any]) -> None:
        self.stdout.write(json.dumps(account, ensure_ascii=False))

    # ---- taking back

    def _take_back(self, run_id: int) -> None:
        with running.hold_run(run_id) as is_mine:
            if not is_mine:
                raise CommandError("A worker is at this import. Cancel it first, or wait until it has ended.")
            with run_as_system(org_id=self.org_id) as actor:
                run = revert_import(actor=actor, run=get_import(actor=actor, pk=run_id))
            run = self._work(run)
        taken, kept = run.counts.get("taken_back", {}), run.counts.get("kept", [])
        if self.is_json:
            self._print({"run": run.pk, "state": run.state, "taken_back": taken, "kept": kept})
            return
        self.stdout.write(
            f"Taken back: {', '.join(f'{number} {kind}' for kind, number in taken.items()) or 'nothing'}."
        )
        for each in kept[:SHOWN_PROBLEMS]:
            self.stdout.write(f"  {each['key']} stays: {each['reason']}")
        if len(kept) > SHOWN_PROBLEMS:
            self.stdout.write(f"  … and {len(kept) - SHOWN_PROBLEMS} more; --json lists them.")


def _read_choices(path: Path) -> Choices:
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise CommandError(f"{path} is no JSON: {error}") from error
    if not isinstance(stored, dict):
        raise CommandError(f"{path} holds no choices: a JSON object with statuses, people and so on.")
    return Choices.from_json(stored)
