"""What is created on the backlog page, and from rows that were pasted into a board's column."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import Invalid
from apps.core.tenancy import Actor
from apps.events.services import service
from apps.issues.models import Issue, Priority
from apps.issues.selectors import get_issue_by_id
from apps.issues.services import NewIssue, create_issues
from apps.projects.models import Project, Status
from apps.projects.selectors import assignable_people, list_labels, list_types_for_new

# As many as somebody looks over in one dialog.
MOST_AT_ONCE = 100


@service
def create_in_backlog(
    *,
    actor: Actor,
    project: Project,
    sprint_id: int | None,
    epic_id: int | None,
    rows: Sequence[Mapping[str, Any]],
    status: Status | None = None,
    behind: Collection[Project] = (),
) -> list[Issue]:
    """Create an issue for each row at the end of a sprint, or of the backlog: all of them or none.

    :param epic_id: the epic that they belong to, if any
    :param rows: for each a `title` and, where they are known, `type` and `assignee` (ids), `labels` (ids), `priority`,
        `points`, `due_date` (ISO) and `description`
    :param status: where they begin; without it, where new issues do
    :param behind: see `apps.issues.services.create_issues`
    :raises Forbidden: for people who may not edit issues here
    :raises Invalid: for no rows, for more than `MOST_AT_ONCE`, or for a value that cannot be
    :raises NotFound: if the project has no such sprint, or the actor sees no such epic
    :raises SprintOver: if the sprint is completed
    """
    if not rows:
        raise Invalid(_("Write at least one title."), field="titles")
    if len(rows) > MOST_AT_ONCE:
        raise Invalid(
            _("At most %(limit)s issues are created at once; these are %(count)s.")
            % {"limit": MOST_AT_ONCE, "count": len(rows)},
            field="titles",
        )
    parent = get_issue_by_id(actor=actor, issue_id=epic_id) if epic_id is not None else None
    things = _Things(actor, project, rows)
    batch = [things.new(row, status=status, sprint_id=sprint_id, parent=parent) for row in rows]
    return create_issues(actor=actor, project=project, batch=batch, behind=behind)


class _Things:
    """What the rows name, read once for all of them."""

    def __init__(self, actor: Actor, project: Project, rows: Sequence[Mapping[str, Any]]) -> None:
        def named(name: str) -> bool:
            return any(name in row for row in rows)

        self._types = (
            {each.pk: each for each in list_types_for_new(actor=actor, project=project)} if named("type") else {}
        )
        self._people = (
            {each.pk: each for each in assignable_people(actor=actor, project=project)} if named("assignee") else {}
        )
        self._labels = {each.pk: each for each in list_labels(actor=actor, project=project)} if named("labels") else {}

    def new(
        self, row: Mapping[str, Any], *, status: Status | None, sprint_id: int | None, parent: Issue | None
    ) -> NewIssue:
        """The issue that a row describes.

        :raises Invalid: if it names what the project has not
        """
        return NewIssue(
            title=row["title"],
            status=status,
            type=_one_of(self._types, row["type"], "type") if "type" in row else None,
            assignee=_one_of(self._people, row["assignee"], "assignee") if "assignee" in row else None,
            labels=[_one_of(self._labels, label_id, "labels") for label_id in _list(row.get("labels", []))],
            priority=row.get("priority", Priority.NONE),
            points=row.get("points"),
            due_date=_day(row["due_date"]) if "due_date" in row else None,
            description=row.get("description", ""),
            sprint_id=sprint_id,
            parent=parent,
        )


def _one_of(found: Mapping[int, Any], chosen: Any, field: str) -> Any:
    if not isinstance(chosen, int) or chosen not in found:
        raise Invalid(_("Choose one of the offered values."), field=field)
    return found[chosen]


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise Invalid(_("Labels are a list."), field="labels")
    return value


def _day(text: Any) -> date:
    try:
        return date.fromisoformat(text)
    except (TypeError, ValueError) as error:
        raise Invalid(_("A date looks like 2026-11-27."), field="due_date") from error
