"""Records of one project in the words of FlowBoard."""

from collections.abc import Collection, Iterable
from collections.abc import Mapping as Mappings
from typing import Any

from django.utils.translation import gettext as _

from apps.boards.services import show_status
from apps.core.tenancy import Actor
from apps.core.texts import one_line
from apps.imports import guessing
from apps.imports.choices import Choices
from apps.imports.guessing import category_of, level_of, priority_of, status_category_of
from apps.imports.mapping.amounts import minutes_of, points_of
from apps.imports.mapping.checking import check_choices
from apps.imports.mapping.fields import Fields
from apps.imports.mapping.people import NOBODY, People
from apps.imports.mapping.plans import Plans
from apps.imports.models import ExternalRef
from apps.imports.records import IssueRecord, Level, ProjectRecord
from apps.imports.texts import NAME_LENGTH, Notes
from apps.issues.models import Priority
from apps.issues.services import NewIssue
from apps.projects import templates
from apps.projects.models import IssueType, Label, Project, Status
from apps.projects.services import (
    MOST_OPTIONS,
    MOST_STATUSES,
    add_issue_type,
    add_status,
    ensure_labels,
    next_hue,
    set_time_tracking,
)

Kind = ExternalRef.Kind
_ICONS = {Level.EPIC: "zap", Level.STANDARD: "square-check", Level.SUBTASK: "list-tree"}
_LEVELS = {
    Level.EPIC: IssueType.Level.EPIC,
    Level.STANDARD: IssueType.Level.STANDARD,
    Level.SUBTASK: IssueType.Level.SUBTASK,
}
_DEFAULT_TYPE = "Task"


class Mapping:
    """Everything that records of one project name. `prepare` makes what is missing, `new_issue` looks up only.

    :param choices: what people decided; what they did not is guessed
    :param is_new: imports made the project, so it takes over the tracker's own statuses. One that people made keeps its
        workflow: there a status becomes the first that means the same.
    :param surveyed: what a look through all rows found of the tracker's own fields, by name
    """

    def __init__(
        self,
        project: Project,
        people: People,
        choices: Choices | None = None,
        *,
        is_new: bool = False,
        surveyed: Mappings[str, Mappings[str, Any]] | None = None,
    ) -> None:
        self.project = project
        self.is_new = is_new
        self.people = people
        self.choices = choices or Choices()
        self._surveyed = surveyed or {}
        self.fields = Fields(project, self.choices, people, self._surveyed)
        self.plans = Plans(project, people.source)
        self._types: dict[str, IssueType] = {}
        self._statuses: list[Status] = []
        self._labels: dict[str, Label] | None = None
        self._is_checked = False

    def prepare(
        self, *, actor: Actor, records: Iterable[IssueRecord], about: ProjectRecord | None = None
    ) -> tuple[list[ExternalRef], list[ExternalRef]]:
        """Make sure that everything these records, and what is known of their project, name exists.

        :returns: references to what was made, and to what was there already; both to be stored
        :raises Invalid: if choices name what is not the project's or the organization's
        """
        records = list(records)
        if not self._is_checked:
            # What the project has decides only where people chose by id: those of another project are refused.
            check_choices(actor=actor, project=self.project, choices=self.choices)
            self._load()
        made, met = self.plans.prepare(
            actor=actor,
            records=records,
            versions=about.versions if about else (),
            sprints=about.sprints if about else (),
            slots=about.slots if about else None,
        )
        made += self._keep_labels(actor, [*(name for record in records for name in record.labels), *_labels(about)])
        for record in records:
            made += self._keep_type(actor, record) + self._keep_status(actor, record)
        # More than can be offered say nothing of which are used.
        is_told = about is not None and 0 < len(about.components) <= MOST_OPTIONS
        described = [*records, _record_of(about)] if about is not None and is_told else records
        made += [
            self._ref(Kind.FIELD, name, field.pk) for name, field in self.fields.prepare(actor=actor, records=described)
        ]
        self._track_time(actor, records)
        return made, met

    # ---- what would be taken, without making anything

    def look(self, *, actor: Actor, outline: tuple[list[IssueType], list[Status]] | None = None) -> None:
        """Know what the project has, or will begin with if it is to be made.

        :param outline: types and statuses that come in place of these
        :raises Invalid: if choices name what is not the project's or the organization's
        """
        is_there = self.project.pk is not None
        check_choices(actor=actor, project=self.project if is_there else None, choices=self.choices)
        if is_there and outline is None:
            self._load()
            return
        self.is_new = True
        types, self._statuses = outline or templates.outline(self.project)
        self._types = {found.name.casefold(): found for found in types}
        self._is_checked = True

    def foresee_status(self, record: IssueRecord) -> dict[str, Any]:
        """The status of the project that will be taken, or the one that will be made."""
        found = self._find_status(record)
        if found is not None:
            return {"id": found.pk, "name": found.name, "category": found.category}
        name, category = self._new_status(record)
        return {"name": name, "category": category}

    def foresee_type(self, record: IssueRecord) -> dict[str, Any]:
        """The type of issue of the project that will be taken, or the one that will be made."""
        name, level = self._wanted_type(record)
        alike = (found for found in self._types.values() if found.pk == name)
        found = next(alike, None) if isinstance(name, int) else self._types.get(name.casefold())
        if found is not None:
            return {"id": found.pk, "name": found.name}
        return {"name": name, "level": level.value}

    def foresee_priority(self, record: IssueRecord) -> int:
        """The priority that will be taken."""
        return self._priority(record)

    def forget(self) -> None:
        """Read what the project has anew, when it is asked for next: it was changed."""
        self.project.refresh_from_db()
        self.fields = Fields(self.project, self.choices, self.people, self._surveyed)
        self._labels, self._is_checked = None, False

    @property
    def names_own(self) -> bool:
        """Whether somebody chose something of the project by its id."""
        chosen = (self.choices.statuses, self.choices.types, self.choices.fields)
        return any(isinstance(each, int) for choices in chosen for each in choices.values())

    def _load(self) -> None:
        types = self.project.issue_types.filter(retired_at__isnull=True)
        self._types = {found.name.casefold(): found for found in types}
        self._statuses = list(self.project.statuses.filter(retired_at__isnull=True).order_by("position", "id"))
        self._is_checked = True

    def _ref(self, kind: ExternalRef.Kind, name: str, object_id: int) -> ExternalRef:
        return ExternalRef(
            org_id=self.project.org_id,
            project=self.project,
            source=self.people.source,
            kind=kind,
            external_id=name[:120],
            object_id=object_id,
        )

    def learn(self, *, actor: Actor, records: Iterable[IssueRecord]) -> tuple[int, int]:
        """Find everybody whom records name; how many members and placeholders were new."""
        named = [person for record in records for person in record.people]
        if any(log.author is None for record in records for log in record.work_logs) or any(
            record.spent_minutes and not (record.assignee or record.reporter) for record in records
        ):
            named.append(NOBODY)
        return self.people.learn(actor=actor, named=named)

    # ---- labels, types and statuses

    def _label_names(self, names: Iterable[str]) -> list[str]:
        """The names to use, each once; those that were chosen to be dropped are not among them."""
        choices = [(name, guessing.chosen(self.choices.labels, name)) for name in names]
        wanted = (_name(name if choice is None else choice) for name, choice in choices)
        return list(dict.fromkeys(name for name in wanted if name))

    def _keep_labels(self, actor: Actor, names: Iterable[str]) -> list[ExternalRef]:
        if self._labels is None:
            self._labels = {label.name: label for label in self.project.labels.filter(retired_at__isnull=True)}
        missing = set(self._label_names(names)) - self._labels.keys()
        if not missing:
            return []
        made = ensure_labels(actor=actor, project=self.project, names=missing)
        self._labels |= made
        return [self._ref(Kind.LABEL, name, label.pk) for name, label in made.items()]

    def _keep_type(self, actor: Actor, record: IssueRecord) -> list[ExternalRef]:
        name, level = self._wanted_type(record)
        if isinstance(name, int) or name.casefold() in self._types:
            return []
        self._types[name.casefold()] = made = add_issue_type(
            actor=actor,
            project=self.project,
            name=name,
            icon=_ICONS[level],
            hue=next_hue(len(self._types)),
            level=_LEVELS[level],
        )
        return [self._ref(Kind.TYPE, name, made.pk)]

    def _wanted_type(self, record: IssueRecord) -> tuple[str | int, Level]:
        """The type that is meant: by its id where people chose one, else by its name."""
        word = record.type_name or _DEFAULT_TYPE
        choice = guessing.chosen(self.choices.types, word)
        if isinstance(choice, int):
            return choice, Level.STANDARD
        if choice is not None:
            return _name(choice["name"]), Level(choice["level"])
        return _name(word) or _DEFAULT_TYPE, level_of(record)

    def _type(self, record: IssueRecord) -> IssueType:
        name, _level = self._wanted_type(record)
        if isinstance(name, int):
            return next(found for found in self._types.values() if found.pk == name)
        return self._types[name.casefold()]

    def _keep_status(self, actor: Actor, record: IssueRecord) -> list[ExternalRef]:
        if self._find_status(record) is not None:
            return []
        name, category = self._new_status(record)
        made = add_status(actor=actor, project=self.project, name=name, category=category)
        self._statuses.append(made)
        show_status(actor=actor, status=made)
        return [self._ref(Kind.STATUS, name, made.pk)]

    def _new_status(self, record: IssueRecord) -> tuple[str, str]:
        """Name and category of the status to be made."""
        choice = guessing.chosen(self.choices.statuses, record.status_name)
        if choice is not None:
            return _name(choice["name"]), choice["category"]
        category = category_of(record) or Status.Category.TODO
        name = _name(record.status_name) if _has_meaning_of_its_status(record) else ""
        return name or str(Status.Category(category).label), category

    def _find_status(self, record: IssueRecord) -> Status | None:
        """The status that was chosen; else the one of this name if it means the same, else the first of its kind."""
        choice = guessing.chosen(self.choices.statuses, record.status_name)
        if isinstance(choice, int):
            return next(status for status in self._statuses if status.pk == choice)
        if choice is not None:
            wanted = _name(choice["name"]).casefold()
            return next((status for status in self._statuses if status.name.casefold() == wanted), None)
        category = category_of(record) or Status.Category.TODO
        alike = [status for status in self._statuses if status.category == category]
        name = _name(record.status_name).casefold()
        named = next((status for status in alike if status.name.casefold() == name), None)
        return named or (None if self._is_kept(name, record) else next(iter(alike), None))

    def _is_kept(self, name: str, record: IssueRecord) -> bool:
        """Whether a new project gets a status of this name.

        One name has one meaning: that of most issues in it, not of those that were closed for another reason.
        """
        is_free = all(status.name.casefold() != name for status in self._statuses)
        is_meant = self.is_new and name != "" and _has_meaning_of_its_status(record)
        return is_meant and is_free and len(self._statuses) < MOST_STATUSES

    def _track_time(self, actor: Actor, records: Iterable[IssueRecord]) -> None:
        """Let the project show the times that come with issues."""
        if self.project.has_time_tracking:
            return
        if any(
            record.work_logs or record.spent_minutes or record.estimate_minutes or record.remaining_minutes
            for record in records
        ):
            set_time_tracking(actor=actor, project=self.project, is_on=True, days_a_week=self.project.days_a_week)

    # ---- an issue

    def new_issue(self, record: IssueRecord, *, number: int, notes: Notes) -> NewIssue:
        """The record in the words of the project; `notes` is told what could not be kept as it was."""
        status = self._find_status(record)
        is_closed = status is not None and status.category in Status.CLOSED
        issue_type = self._type(record)
        sprint = self.plans.sprint_of(record, is_closed=is_closed)
        updated_at = record.updated_at or record.created_at
        resolved_at = (record.resolved_at or updated_at) if is_closed else None
        has_begun = status is not None and status.category == Status.Category.IN_PROGRESS
        labels = self._labels or {}
        if record.triage_since is not None and not self.project.has_triage:
            notes.append(("triage", _("It waited in Triage and waits no more, since the project has none here.")))
        return NewIssue(
            title=record.title,
            description=record.text,
            type=issue_type,
            status=status,
            priority=self._priority(record),
            reporter=self.people.who(record.reporter),
            assignee=self.people.who(record.assignee),
            labels=[labels[name] for name in self._label_names(record.labels)],
            fix_versions=self.plans.versions_of(record),
            sprint_id=sprint.pk if sprint is not None else None,
            points=points_of(record, notes),
            start_date=record.start_date,
            due_date=record.due_date,
            time_estimate=minutes_of(record.estimate_minutes, "estimate", notes),
            time_remaining=minutes_of(record.remaining_minutes, "remaining", notes),
            values=self.fields.values(record, issue_type.pk, notes),
            watchers=[user for person in record.watchers if (user := self.people.who(person)) is not None],
            number=number,
            created_at=record.created_at,
            updated_at=record.updated_at,
            # Few tell when it came to where it is: what is at work was touched last then.
            status_changed_at=record.status_changed_at
            or resolved_at
            or (updated_at if has_begun else record.created_at),
            resolved_at=resolved_at,
            archived_at=updated_at if record.is_archived else None,
            is_from_outside=record.triage_since is not None,
            triage_since=record.triage_since,
            snoozed_until=record.snoozed_until,
        )

    def status_called(self, name: str, category: str | None) -> Status | None:
        """The status that stands for one of the tracker, by its name and what it means there, if there is one."""
        named = next((each for each in self._statuses if each.name.casefold() == _name(name).casefold()), None)
        if category is None and guessing.chosen(self.choices.statuses, name) is None:
            return named
        return self._find_status(_named(name, category)) or named

    def label_called(self, name: str) -> Label | None:
        """The label that stands for one of the tracker, if there is one."""
        found = next(iter(self._label_names([name])), None)
        return (self._labels or {}).get(found) if found is not None else None

    def type_called(self, name: str) -> IssueType | None:
        """The type of issue that stands for one of the tracker, if there is one."""
        choice = guessing.chosen(self.choices.types, name)
        if isinstance(choice, int):
            return next((found for found in self._types.values() if found.pk == choice), None)
        return self._types.get(_name(name if choice is None else choice["name"]).casefold())

    def newer_values(self, record: IssueRecord, names: Collection[str], notes: Notes) -> Mappings[int, Any]:
        """What a newer export has for these fields of its tracker, by our fields' ids; None where nothing is left."""
        return self.fields.values(record, self._type(record).pk, notes, names)

    def _priority(self, record: IssueRecord) -> int:
        choice = guessing.chosen(self.choices.priorities, record.priority_name)
        found = priority_of(record.priority_name) if choice is None else choice
        return Priority.NONE if found is None else int(found)


def _name(word: str) -> str:
    """A word as names here are written: what nobody sees is no part of them."""
    return one_line(word.replace("\x00", ""))[:NAME_LENGTH].strip()


def _has_meaning_of_its_status(record: IssueRecord) -> bool:
    """Whether an issue stands where its status does; one that was closed for another reason does not."""
    return category_of(record) == status_category_of(record)


def _labels(about: ProjectRecord | None) -> list[str]:
    return about.labels if about is not None else []


def _named(status: str, category: str | None) -> IssueRecord:
    """A record that says no more than its status."""
    return IssueRecord(
        external_id="",
        key="",
        number=None,
        project_key="",
        project_name="",
        title="",
        status_name=status,
        category=category,
    )


def _record_of(about: ProjectRecord) -> IssueRecord:
    """The components of a project as if an issue had them all."""
    return IssueRecord(
        external_id="", key="", number=None, project_key="", project_name="", title="", components=about.components
    )
