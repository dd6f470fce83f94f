"""Imports from their beginning to their end, as the command and the jobs do them."""

from collections import Counter
from contextlib import ExitStack
from pathlib import Path

from django.core.files.base import File

from apps.accounts.models import User
from apps.core.tenancy import run_as, run_as_system
from apps.imports import running
from apps.imports.choices import Choices
from apps.imports.models import ImportProblem, ImportRun
from apps.imports.reconciliation import Reconciliation
from apps.imports.services import choose, confirm_import, start_import
from apps.orgs.models import Organization


def begin(org: Organization, *files: Path, project: str = "", by: User | None = None) -> ImportRun:
    """An import whose files were handed in: by somebody, or by a command."""
    entered = run_as_system(org_id=org.pk) if by is None else run_as(user_id=by.pk, org_slug=org.slug)
    with ExitStack() as stack:
        uploads = [File(stack.enter_context(path.open("rb")), name=path.name) for path in files]
        actor = stack.enter_context(entered)
        return start_import(actor=actor, uploads=uploads, project=None, project_key=project)


def work(run: ImportRun, on_progress: running.Tell = lambda run: None) -> ImportRun:
    """Let a worker do what there is to do for now."""
    running.work(org_id=run.org_id, run_id=run.pk, on_progress=on_progress)
    return now(run)


def now(run: ImportRun) -> ImportRun:
    """The import as it is."""
    with run_as_system(org_id=run.org_id):
        return ImportRun.objects.get(pk=run.pk)


def surveyed(
    org: Organization, *files: Path, project: str = "", by: User | None = None, choices: Choices | None = None
) -> ImportRun:
    """An import that waits for review."""
    run = work(begin(org, *files, project=project, by=by))
    if choices is not None:
        with run_as_system(org_id=org.pk) as actor:
            choose(actor=actor, run=run, choices=choices)
        run = work(run)
    assert run.state == ImportRun.State.REVIEW, run.fault
    return run


def confirmed(
    org: Organization, *files: Path, project: str = "", by: User | None = None, choices: Choices | None = None
) -> ImportRun:
    """An import that waits for a worker that writes it."""
    run = surveyed(org, *files, project=project, by=by, choices=choices)
    with run_as_system(org_id=org.pk) as actor:
        return confirm_import(actor=actor, run=run)


def account_of(run: ImportRun) -> Reconciliation:
    """What became of its rows."""
    run = now(run)
    with run_as_system(org_id=run.org_id):
        problems = list(ImportProblem.objects.filter(run=run).order_by("pk").values("row", "field", "reason"))
    return Reconciliation(
        read=run.rows_done,
        imported=run.imported,
        updated=run.updated,
        skipped=run.skipped,
        failed=run.failed,
        left_out=Counter(run.counts.get("left_out", {})),
        comments=Counter(run.counts.get("comments", {})),
        problems=problems,
    )


def rehearsal(run: ImportRun) -> Reconciliation:
    """What its survey says would become of them."""
    found = run.survey
    return Reconciliation(
        read=found["rows"],
        imported=found["new"],
        updated=found["changed"],
        skipped=found["same"] + sum(found["left_out"].values()),
        failed=found["failed"],
        problems=found["problems"],
    )
