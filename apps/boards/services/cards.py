"""Moving and making cards on a board: what the issue services do, in the words of columns."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from apps.boards.selectors import BoardView
from apps.core.tenancy import Actor
from apps.events.services import service
from apps.issues.models import Issue
from apps.issues.selectors import Lane, get_workflow, landing, values_of
from apps.issues.services import BulkEdit, NewIssue, Place, bulk_edit, create_issue, move_issue
from apps.projects.models import Project, Status
from apps.sprints.services import create_in_backlog


@service
def move_card(
    *,
    actor: Actor,
    statuses: Sequence[Status],
    issue: Issue,
    before: Issue | None = None,
    after: Issue | None = None,
) -> Issue:
    """Drop a card into a column that shows these statuses: one of them is kept, any other becomes the first that the
    workflow offers.

    :raises apps.issues.selectors.TransitionRefused: if it offers none, or a validator says no
    :raises apps.issues.services.ColumnFull: if the column refuses more
    """
    # A single status leaves nothing to choose, and most columns have one.
    is_one = len(statuses) == 1
    to = (
        statuses[0]
        if is_one
        else landing(actor=actor, issue=issue, statuses=statuses, workflow=get_workflow(project=issue.project))
    )
    return move_issue(actor=actor, issue=issue, to=to, before=before, after=after)


@service
def move_cards(
    *,
    actor: Actor,
    project: Project,
    statuses: Sequence[Status],
    issue_ids: Iterable[int],
    place: Place | None = None,
    lane: Lane | None = None,
) -> BulkEdit:
    """Drop cards into a column that shows these statuses, one below the other: all of them or none.

    :param place: where they land; without it, those that get another status go to the foot of the column
    :param lane: in which lane they land; they get what its issues share
    :raises Invalid: if one of them cannot be in that lane
    :raises apps.issues.selectors.TransitionRefused: if the workflow refuses one of them
    :raises apps.issues.services.ColumnFull: if the column has no room for all of them
    """
    ids = set(issue_ids)
    values: dict[str, Any] = {"status": [status.pk for status in statuses]}
    if lane is not None:
        values |= values_of(actor=actor, lane=lane, issue_ids=ids)
    return bulk_edit(actor=actor, project=project, issue_ids=ids, values=values, place=place)


@service
def create_card(*, actor: Actor, board: BoardView, statuses: Sequence[Status], title: str) -> Issue:
    """Create an issue at the foot of a column that shows these statuses, in the sprint that the board shows.

    :raises apps.issues.services.ColumnFull: if the column refuses more
    """
    sprint_id = board.sprint.id if board.sprint else None
    new = NewIssue(title=title, status=statuses[0], sprint_id=sprint_id)
    return create_issue(actor=actor, project=board.project, new=new)


@service
def create_cards(
    *, actor: Actor, board: BoardView, statuses: Sequence[Status], rows: Sequence[Mapping[str, Any]]
) -> list[Issue]:
    """Create an issue for each row at the foot of a column, in this order: all of them or none.

    :param rows: for each a `title`, and what else cells said of it; see `apps.sprints.services.create_in_backlog`
    :raises Invalid: for no rows, for too many, or for a value that cannot be
    :raises apps.issues.services.ColumnFull: if the column refuses as many more
    """
    sprint_id = board.sprint.id if board.sprint else None
    return create_in_backlog(
        actor=actor, project=board.project, sprint_id=sprint_id, epic_id=None, rows=rows, status=statuses[0]
    )
