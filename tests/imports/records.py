"""Records as readers make them, and writing them, for these tests."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from apps.core.tenancy import Origin, run_as_system
from apps.imports.choices import Choices
from apps.imports.mapping import Mapping, People
from apps.imports.models import ImportRun
from apps.imports.reconciliation import Reconciliation
from apps.imports.records import IssueRecord, Person
from apps.imports.services import Entry, follow_references, write_batch
from apps.issues.models import Issue
from apps.orgs.models import Organization
from apps.projects.models import Project

SOURCE = "trac"
MIRA = Person(handle="mira", name="Mira Stone")
OTTO = Person(handle="otto", name="Otto Lind")


def day(number: int, month: int = 3) -> datetime:
    """Noon of a day in 2024."""
    return datetime(2024, month, number, 12, tzinfo=UTC)


def record(of: int, **fields: Any) -> IssueRecord:
    """An issue of a tracker that keeps numbers, with nothing out of the ordinary."""
    usual: dict[str, Any] = {
        "external_id": str(100 + of),
        "key": f"LAMP-{of}",
        "number": of,
        "project_key": "LAMP",
        "project_name": "Lamps",
        "title": f"Lamp {of} flickers",
        "type_name": "Bug",
        "status_name": "Open",
        "priority_name": "Major",
        "reporter": MIRA,
        "created_at": day(1),
        "updated_at": day(5),
    }
    return IssueRecord(**{**usual, **fields})


def make_run(project: Project, **fields: Any) -> ImportRun:
    """A run that writes into a project."""
    with run_as_system(org_id=project.org_id):
        return ImportRun.objects.create(
            org_id=project.org_id, project=project, format="trac", source=SOURCE, state="running", **fields
        )


def write(
    project: Project,
    *records: IssueRecord,
    run: ImportRun | None = None,
    choices: Choices | None = None,
    follow: bool = True,
    open_file: Any = None,
) -> Reconciliation:
    """Write a batch and follow what it says of others, each in a unit of work of its own as a run does."""
    with run_as_system(org_id=project.org_id, origin=Origin.IMPORT) as actor:
        fresh = Project.objects.get(pk=project.pk)
        account = write_batch(
            actor=actor,
            mapping=Mapping(fresh, People(SOURCE, choices), choices),
            source=SOURCE,
            entries=[Entry(f"row {each.key}", each) for each in records],
            run=run,
            open_file=open_file,
        )
    if run is not None and follow:
        follow_all(run, account)
    return account


def follow_all(run: ImportRun, account: Reconciliation, batch_size: int = 200) -> Reconciliation:
    """Follow everything that a run has left."""
    while True:
        with run_as_system(org_id=run.org_id, origin=Origin.IMPORT) as actor:
            followed = follow_references(actor=actor, run=run, batch_size=batch_size)
        account.add(followed)
        if not followed.read:
            return account


def stored(org: Organization, project: Project, number: int) -> Issue:
    """An issue as it is in the database, with its relations."""
    with run_as_system(org_id=org.pk):
        found = Issue.objects.select_related("project", "status", "type", "reporter", "assignee", "parent", "sprint")
        return found.get(project=project, number=number)


def reasons(account: Reconciliation) -> Iterable[tuple[str, str, str]]:
    """What an account tells of rows."""
    return [(problem["row"], problem["field"], problem["reason"]) for problem in account.problems]
