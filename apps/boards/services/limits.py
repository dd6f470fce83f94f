"""How much each person, or each lane of a kind, has in work at once."""

from math import ceil
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.boards.models import Board, Column, ColumnStatus, LaneLimit
from apps.boards.services.columns import Limit
from apps.boards.services.common import lock_board, require_configure, tell
from apps.core.errors import Invalid, NotFound
from apps.core.tenancy import Actor
from apps.events.facts import FieldChange
from apps.events.services import service
from apps.issues.models import Grouping, Priority
from apps.issues.selectors import Lane, lane_name, load, sprints_apart
from apps.projects.models import Status


@service
def limit_lanes(*, actor: Actor, board: Board, by: str, priority: int | None = None, limit: Limit) -> LaneLimit:
    """Limit what each person, or each lane of a kind, has in work at once; or change that limit.

    :param by: the kind of lanes; `assignee` is each person
    :param priority: which priority, where lanes are by priority
    :raises Forbidden: for people who do not administer the project
    :raises NotFound: if the board is deleted
    :raises Invalid: if there are no such lanes, the limit cannot be used, or more is in work than it allows
    """
    require_configure(actor, board.project)
    fresh = lock_board(actor, board.pk)
    if by not in LaneLimit.KINDS or (by == Grouping.PRIORITY) != (priority in Priority.values):
        raise Invalid(_("Choose one of the offered values."), field="of")
    if limit.at is None:
        raise Invalid(_("A limit is a number from 1 to 999."), field="wip_limit")
    values = limit.columns()
    found = fresh.lane_limits.select_for_update(no_key=True).filter(by=by, priority=priority).first()
    row = found or LaneLimit(
        org_id=actor.org_id, project_id=fresh.project_id, board=fresh, by=by, priority=priority, at=0
    )
    was = _logged(row) if found else None
    if (row.at, row.unit) != (limit.at, limit.unit):
        _refuse_below_inside(actor, fresh, by, priority, limit)
    row.at, row.unit, row.policy = limit.at, values["wip_unit"], values["wip_policy"]
    if was != _logged(row):
        row.save()
        tell(actor, fresh, FieldChange("lane_limit", was, _logged(row)))
    return row


@service
def lift_lane_limit(*, actor: Actor, lane_limit: LaneLimit) -> None:
    """Take the limit of people or lanes away.

    :raises Forbidden: for people who do not administer the project
    :raises NotFound: if it is gone
    """
    require_configure(actor, lane_limit.project)
    board = lock_board(actor, lane_limit.board_id)
    deleted, _by_model = board.lane_limits.filter(pk=lane_limit.pk).delete()
    if not deleted:
        raise NotFound(_("This limit is gone. Reload the page."))
    tell(actor, board, FieldChange("lane_limit", _logged(lane_limit), None))


def _logged(row: LaneLimit) -> list[Any]:
    return [row.by, row.priority, row.at, row.unit, row.policy]


def _refuse_below_inside(actor: Actor, board: Board, by: str, priority: int | None, limit: Limit) -> None:
    """Refuse a limit that somebody, or a lane, is beyond already.

    :raises Invalid: then; it names the fullest
    """
    working = ColumnStatus.objects.filter(board=board, status__category=Status.Category.IN_PROGRESS)
    inside = load(
        actor=actor,
        project=board.project,
        status_ids=list(working.values_list("status_id", flat=True)),
        by=by,
        sprint_ids=sprints_apart(board.project),
    )
    counts_points = limit.unit == Column.LimitUnit.POINTS
    counted = {
        place: points if counts_points else issues
        for place, (issues, points) in inside.items()
        if priority in {None, place.value}
    }
    place = max(counted, key=lambda each: counted[each], default=None)
    if place is None or counted[place] <= (limit.at or 0):
        return
    sentence = (
        ngettext(
            "“%(lane)s” has %(inside)s point in work now. Set the limit to that or more, or move something out first.",
            "“%(lane)s” has %(inside)s points in work now. Set the limit to that or more, or move something out first.",
            ceil(counted[place]),
        )
        if counts_points
        else ngettext(
            "“%(lane)s” has %(inside)s issue in work now. Set the limit to that or more, or move it out first.",
            "“%(lane)s” has %(inside)s issues in work now. Set the limit to that or more, or move some out first.",
            ceil(counted[place]),
        )
    )
    lane = lane_name(actor=actor, lane=Lane(by, place.value))
    raise Invalid(sentence % {"lane": lane, "inside": f"{float(counted[place]):g}"}, field="wip_limit")
