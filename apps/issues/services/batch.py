"""Many issues of one project, changed together: a handful of statements however many they are, and one fact."""

from collections.abc import Callable, Iterable
from typing import Any

from django.db.models import F

from apps.core.tenancy import Actor, happening_at
from apps.events.facts import FieldChange
from apps.events.services import record
from apps.issues.facts import IssuesEdited
from apps.issues.models import Issue, IssueLabel
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
    "rank": ("rank",),
    "archived": ("archived_at",),
    "deleted": ("deleted_at",),
    "labels": (),
}


def _logged(field: str, value: Any) -> Any:
    """A value as the log keeps it. Estimates are equal that differ in their zeros only."""
    if field == "points" and value is not None:
        return f"{value.normalize():f}"
    return as_json(value)


class Batch:
    """Locked issues, what they were, and what becomes of them. Nothing is stored before `store` (labels: `label`)."""

    def __init__(self, project: Project, issues: Iterable[Issue]) -> None:
        self.project = project
        self.issues = list(issues)
        self._before: dict[tuple[int, str], Any] = {}
        self._now = happening_at()
        self._labels: dict[int, dict[int, int]] | None = None

    def read(self, issue: Issue, field: str) -> Any:
        """A field as the log keeps it."""
        match field:
            case "status" | "assignee" | "sprint" | "parent":
                return getattr(issue, f"{field}_id")
            case "archived" | "deleted":
                return getattr(issue, f"{field}_at") is not None
            case "labels":
                return sorted(self._labels_of(issue))
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
            case _:
                setattr(issue, field, value)

    def label(self, wanted: dict[int, set[int]]) -> None:
        """Let issues (by id) carry these labels and no others: three statements. Stored at once: validators ask."""
        missing, surplus = [], []
        for issue in self.issues:
            if issue.pk not in wanted:
                continue
            mine = self._labels_of(issue)
            self._before.setdefault((issue.pk, "labels"), sorted(mine))
            missing += [(issue, label_id) for label_id in sorted(wanted[issue.pk] - mine.keys())]
            surplus += [mine.pop(label_id) for label_id in sorted(mine.keys() - wanted[issue.pk])]
        IssueLabel.objects.filter(pk__in=surplus).delete()
        made = IssueLabel.objects.bulk_create(
            IssueLabel(org_id=issue.org_id, project_id=issue.project_id, issue=issue, label_id=label_id)
            for issue, label_id in missing
        )
        for row in made:
            self._labels_of(row.issue)[row.label_id] = row.pk

    def _labels_of(self, issue: Issue) -> dict[int, int]:
        """The rows of an issue's labels by the label's id; read once for all issues."""
        if self._labels is None:
            self._labels = {each.pk: {} for each in self.issues}
            rows = IssueLabel.objects.filter(issue_id__in=self._labels)
            for issue_id, label_id, pk in rows.values_list("issue_id", "label_id", "pk"):
                self._labels[issue_id][label_id] = pk
        return self._labels[issue.pk]

    def store(self, place: Callable[[int], None] | None = None) -> list[Issue]:
        """Write what changed, with one version more; the issues that did.

        :param place: chooses ranks with some leeway (see `find_place`); it is asked again if somebody took one
        """
        if place is None:
            self._update()
        else:
            chosen = place

            def write(leeway: int) -> None:
                chosen(leeway)
                self._update()

            find_place(write)
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

    def _update(self) -> None:
        columns = {column for change in self.changes() for column in _COLUMNS[change.field]}
        if columns:
            Issue.objects.bulk_update(self.changed(), sorted(columns), batch_size=MOST_ISSUES)

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
