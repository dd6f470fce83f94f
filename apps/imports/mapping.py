"""What the words of another tracker mean in one of our projects: as people chose, else as they are usually meant."""

from collections.abc import Iterable

from apps.accounts.models import User
from apps.core.tenancy import Actor
from apps.imports.guessing import category_of, level_of, priority_of
from apps.imports.records import IssueRecord, Level, Person
from apps.issues.models import Priority
from apps.issues.services import NewIssue
from apps.orgs.placeholders import ensure_placeholders
from apps.orgs.selectors import people as people_of
from apps.projects.models import IssueType, Label, Project, Status
from apps.projects.services import add_issue_type, add_status, ensure_labels, next_hue

_ICONS = {Level.EPIC: "zap", Level.STANDARD: "square-check", Level.SUBTASK: "list-tree"}
_LEVELS = {
    Level.EPIC: IssueType.Level.EPIC,
    Level.STANDARD: IssueType.Level.STANDARD,
    Level.SUBTASK: IssueType.Level.SUBTASK,
}
_DEFAULT_TYPE = "Task"


class People:
    """Who is meant by the handles of a tracker, in one organization."""

    def __init__(self, source: str) -> None:
        self.source = source
        self._known: dict[str, User] = {}

    def learn(self, *, actor: Actor, named: Iterable[Person]) -> None:
        """Find members by their address; let a placeholder stand in for everybody else."""
        strangers: dict[str, Person] = {}
        for person in named:
            if person.handle not in self._known:
                # Somebody who was renamed is called as they were met first.
                strangers.setdefault(person.handle, person)
        if not strangers:
            return
        addresses = {person.email: handle for handle, person in strangers.items() if person.email}
        members = people_of(actor=actor).filter(email__in=addresses, kind=User.Kind.PERSON) if addresses else ()
        for user in members:
            self._known[addresses[user.email]] = user
        names = {handle: person.name for handle, person in strangers.items() if handle not in self._known}
        self._known |= ensure_placeholders(actor=actor, source=self.source, names=names)

    def who(self, person: Person | None) -> User | None:
        """The person here, if anybody was named."""
        return self._known[person.handle] if person is not None else None


class Mapping:
    """Types, statuses and labels of one project. `prepare` makes what is missing, `new_issue` looks up only."""

    def __init__(self, project: Project, people: People) -> None:
        self.project = project
        self.people = people
        self._types: dict[str, IssueType] = {}
        self._statuses: list[Status] = []
        self._labels: dict[str, Label] = {}

    def prepare(self, *, actor: Actor, records: Iterable[IssueRecord]) -> None:
        """Make sure that everything these records name exists."""
        records = list(records)
        if not self._statuses:
            types = self.project.issue_types.filter(retired_at__isnull=True)
            self._types = {found.name.casefold(): found for found in types}
            self._statuses = list(self.project.statuses.filter(retired_at__isnull=True).order_by("position", "id"))
        self.people.learn(actor=actor, named=[person for record in records for person in record.people])
        wanted = {name for record in records for name in record.labels} - self._labels.keys()
        if wanted:
            self._labels |= ensure_labels(actor=actor, project=self.project, names=wanted)
        for record in records:
            if _type_name(record).casefold() not in self._types:
                self._add_type(actor, record)
            if self._find_status(record) is None:
                category = category_of(record) or Status.Category.TODO
                self._statuses.append(
                    add_status(actor=actor, project=self.project, name=record.status_name, category=category)
                )

    def _add_type(self, actor: Actor, record: IssueRecord) -> None:
        level = level_of(record)
        self._types[_type_name(record).casefold()] = add_issue_type(
            actor=actor,
            project=self.project,
            name=_type_name(record),
            icon=_ICONS[level],
            hue=next_hue(len(self._types)),
            level=_LEVELS[level],
        )

    def _find_status(self, record: IssueRecord) -> Status | None:
        """The status of this name if it means the same, else the first of its category."""
        category = category_of(record) or Status.Category.TODO
        alike = [status for status in self._statuses if status.category == category]
        named = (status for status in alike if status.name.casefold() == record.status_name.casefold())
        return next(named, alike[0] if alike else None)

    def new_issue(self, record: IssueRecord, *, number: int) -> NewIssue:
        """The record in the words of the project."""
        status = self._find_status(record)
        is_closed = status is not None and status.category in Status.CLOSED
        return NewIssue(
            title=record.title,
            description=record.text,
            type=self._types[_type_name(record).casefold()],
            status=status,
            priority=_priority(record),
            reporter=self.people.who(record.reporter),
            assignee=self.people.who(record.assignee),
            labels=[self._labels[name] for name in record.labels],
            due_date=record.due_date,
            number=number,
            created_at=record.created_at,
            updated_at=record.updated_at,
            resolved_at=(record.resolved_at or record.updated_at) if is_closed else None,
        )


def _type_name(record: IssueRecord) -> str:
    return record.type_name or _DEFAULT_TYPE


def _priority(record: IssueRecord) -> int:
    found = priority_of(record.priority_name)
    return Priority.NONE if found is None else found
