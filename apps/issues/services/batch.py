"""Many issues of one project, changed together: a handful of statements however many they are, and one fact."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.db.models import F

from apps.core.tenancy import Actor, happening_at
from apps.events.facts import FieldChange
from apps.events.services import record
from apps.issues.facts import IssuesEdited
from apps.issues.models import Issue, IssueLabel, IssueVersion, field_id_of, put_value
from apps.issues.services.common import apply_status, find_place, subject_of, watch_all
from apps.issues.services.editing import as_json
from apps.projects.models import Project

# As many issues as one edit takes; also the most that one UPDATE names.
MOST_ISSUES = 500
# Up to here others read the changed issues one by one; beyond it, their whole page again.
MOST_NAMED = 100

# The log's name of a field, and the columns that change with it.
_COLUMNS: dict[str, tuple[str, ...]] = {
    "status": ("status", "status_changed_at", "resolved_at"),
    "assignee": ("assignee",),
    "priority": ("priority",),
    "sprint": ("sprint",),
    "parent": ("parent",),
    "points": ("points",),
    "due_date": ("due_date",),
    "time_remaining": ("time_remaining",),
    "rank": ("rank",),
    "archived": ("archived_at",),
    "deleted": ("deleted_at",),
    "labels": (),
    "fix_versions": (),
}
# Fields that hold several things of the project: the rows that say so, and the column that names the thing.
_TAGS: dict[str, tuple[Any, str]] = {
    "labels": (IssueLabel, "label_id"),
    "fix_versions": (IssueVersion, "version_id"),
}


def _columns(field: str) -> tuple[str, ...]:
    """The columns that change with a field; the values of all of a project's own fields are in one."""
    return ("custom_values",) if field_id_of(field) is not None else _COLUMNS[field]


def _logged(field: str, value: Any) -> Any:
    """A value as the log keeps it. Estimates are equal that differ in their zeros only."""
    if field == "points" and value is not None:
        return f"{value.normalize():f}"
    return as_json(value)


class Batch:
    """Locked issues, what they were, and what becomes of them. Nothing is stored before `store` (tags: `tag`)."""

    def __init__(self, project: Project, issues: Iterable[Issue]) -> None:
        self.project = project
        self.issues = list(issues)
        self._before: dict[tuple[int, str], Any] = {}
        self._now = happening_at()
        self._tags: dict[str, dict[int, dict[int, int]]] = {}

    def read(self, issue: Issue, field: str) -> Any:
        """A field as the log keeps it."""
        match field:
            case "status" | "assignee" | "sprint" | "parent":
                return getattr(issue, f"{field}_id")
            case "archived" | "deleted":
                return getattr(issue, f"{field}_at") is not None
            case "labels" | "fix_versions":
                return sorted(self._tags_of(field, issue))
            case _ if (field_id := field_id_of(field)) is not None:
                return issue.custom_values.get(str(field_id))
            case _:
                return _logged(field, getattr(issue, field))

    def put(self, issue: Issue, field: str, value: Any) -> None:
        """Give a field another value: ids for people and sprints, a `Status`, True or False for archive and bin."""
        old = self.read(issue, field)
        if old == _logged(field, value):
            return
        self._before.setdefault((issue.pk, field), old)
        match field:
            case "status":
                apply_status(issue, value, self._now)
            case "assignee" | "sprint" | "parent":
                setattr(issue, f"{field}_id", value)
            case "archived" | "deleted":
                setattr(issue, f"{field}_at", self._now if value else None)
            case _ if (field_id := field_id_of(field)) is not None:
                put_value(issue, field_id, value)
            case _:
                setattr(issue, field, value)

    def tag(self, field: str, wanted: dict[int, set[int]]) -> None:
        """Let issues (by id) carry these labels or versions and no others: three statements.

        Stored at once: validators ask.
        """
        model, column = _TAGS[field]
        missing, surplus = [], []
        for issue in self.issues:
            if issue.pk not in wanted:
                continue
            mine = self._tags_of(field, issue)
            self._before.setdefault((issue.pk, field), sorted(mine))
            missing += [(issue, tag_id) for tag_id in sorted(wanted[issue.pk] - mine.keys())]
            surplus += [mine.pop(tag_id) for tag_id in sorted(mine.keys() - wanted[issue.pk])]
        model.objects.filter(pk__in=surplus).delete()
        made = model.objects.bulk_create(
            (
                model(org_id=issue.org_id, project_id=issue.project_id, issue=issue, **{column: tag_id})
                for issue, tag_id in missing
            ),
            batch_size=1000,
        )
        for row in made:
            self._tags_of(field, row.issue)[getattr(row, column)] = row.pk

    def _tags_of(self, field: str, issue: Issue) -> dict[int, int]:
        """The rows of an issue's labels or versions by their ids; read once for all issues."""
        if field not in self._tags:
            model, column = _TAGS[field]
            self._tags[field] = {each.pk: {} for each in self.issues}
            rows = model.objects.filter(issue_id__in=self._tags[field])
            for issue_id, tag_id, pk in rows.values_list("issue_id", column, "pk"):
                self._tags[field][issue_id][tag_id] = pk
        return self._tags[field][issue.pk]

    def store(self, place: Callable[[int], None] | None = None) -> list[Issue]:
        """Write what changed, with one version more; the issues that did. See `store_together`."""
        return store_together([self], place)

    def write(self) -> None:
        """Write the values that changed; their versions stay as they are."""
        columns = {column for change in self.changes() for column in _columns(change.field)}
        if columns:
            Issue.objects.bulk_update(self.changed(), sorted(columns), batch_size=MOST_ISSUES)

    def count_versions(self) -> list[Issue]:
        """One version more for each issue that changed, and their assignees follow them; the issues that did."""
        changed = self.changed()
        for issue in changed:
            issue.version += 1
            issue.updated_at = self._now
        Issue.objects.filter(pk__in=[issue.pk for issue in changed]).update(
            version=F("version") + 1, updated_at=self._now
        )
        given = {change.issue_id for change in self.changes() if change.field == "assignee"}
        watch_all((issue, issue.assignee_id) for issue in changed if issue.pk in given)
        return changed

    def changes(self) -> list[FieldChange]:
        """What is another value than before, issue by issue."""
        by_id = {issue.pk: issue for issue in self.issues}
        found = [
            FieldChange(field, old, self.read(by_id[pk], field), issue_id=pk)
            for (pk, field), old in self._before.items()
        ]
        return [change for change in found if change.old != change.new]

    def changed(self) -> list[Issue]:
        """The issues of which something is another value than before."""
        ids = {change.issue_id for change in self.changes()}
        return [issue for issue in self.issues if issue.pk in ids]

    def tell(self, actor: Actor) -> None:
        """Record the one fact of it all, if anything changed."""
        changes = self.changes()
        changed = self.changed()
        if not changed:
            return
        binned = {change.issue_id for change in changes if change.field == "deleted" and change.new}
        record(
            IssuesEdited(
                project_id=self.project.pk,
                f=tuple(sorted({change.field for change in changes})),
                ids=tuple(issue.pk for issue in changed) if len(changed) <= MOST_NAMED else (),
                versions={str(issue.pk): issue.version for issue in changed},
                subjects=tuple(subject_of(issue, "delete" if issue.pk in binned else "update") for issue in changed),
                changes=tuple(changes),
            ),
            actor=actor,
        )


def store_together(batches: Sequence[Batch], place: Callable[[int], None] | None = None) -> list[Issue]:
    """Write what changed in several projects, with one version more; the issues that did.

    :param place: chooses ranks for all of them with some leeway (see `find_place`); it is asked again if somebody took
        one
    """

    def write(leeway: int) -> None:
        if place is not None:
            place(leeway)
        for batch in batches:
            batch.write()

    if place is None:
        write(0)
    else:
        find_place([batch.project.pk for batch in batches], write)
    return [issue for batch in batches for issue in batch.count_versions()]
