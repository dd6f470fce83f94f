"""A board's columns: which there are, which statuses they show, and how much they take."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any

from django.db.models import F, Max
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.boards.models import Board, Column, ColumnStatus
from apps.boards.services.common import apply, clean_name, lock_board, require_configure, tell
from apps.core.errors import Conflict, Invalid, NotFound
from apps.core.tenancy import Actor
from apps.events.facts import FieldChange
from apps.events.services import service
from apps.issues.selectors import load, sprints_apart
from apps.issues.services import hold_statuses
from apps.projects.models import Project, Status

NAME_LENGTH = 60
MOST_COLUMNS = 20


class ColumnNeeded(Conflict):
    """A board shows at least one column, and a column at least one status."""

    title = gettext_lazy("The board needs this column")
    detail = gettext_lazy("It is the last one. Add another column first.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """How much a column takes (`at` None: as much as there is), in issues or points, and what happens beyond it."""

    at: int | None = None
    unit: str = Column.LimitUnit.ISSUES
    policy: str = Column.LimitPolicy.WARN

    def columns(self) -> dict[str, Any]:
        """As it is stored.

        :raises Invalid: if it makes no sense
        """
        if self.at is not None and not 1 <= self.at <= 999:
            raise Invalid(_("A limit is a number from 1 to 999."), field="wip_limit")
        for name, value, offered in (
            ("wip_unit", self.unit, Column.LimitUnit.values),
            ("wip_policy", self.policy, Column.LimitPolicy.values),
        ):
            if value not in offered:
                raise Invalid(_("Choose one of the offered values."), field=name)
        return {"wip_limit": self.at, "wip_unit": self.unit, "wip_policy": self.policy}


def _refuse_below_inside(actor: Actor, column: Column, wanted: Mapping[str, Any]) -> None:
    """Refuse a new limit that the column is beyond already, in the fullest of the sprints that the board shows.

    :raises Invalid: then
    """
    limit, unit = wanted["wip_limit"], wanted["wip_unit"]
    if limit is None or (limit, unit) == (column.wip_limit, column.wip_unit):
        return
    inside = load(
        actor=actor,
        project=column.board.project,
        status_ids=list(column.column_statuses.values_list("status_id", flat=True)),
        sprint_ids=sprints_apart(column.board.project),
    )
    counts_points = unit == Column.LimitUnit.POINTS
    now = max((points if counts_points else issues for issues, points in inside.values()), default=0)
    if now > limit:
        sentence = (
            ngettext(
                "%(inside)s point is in “%(name)s” now. Set the limit to that or more, or move something out first.",
                "%(inside)s points are in “%(name)s” now. Set the limit to that or more, or move something out first.",
                ceil(now),
            )
            if counts_points
            else ngettext(
                "%(inside)s issue is in “%(name)s” now. Set the limit to that or more, or move it out first.",
                "%(inside)s issues are in “%(name)s” now. Set the limit to that or more, or move some out first.",
                ceil(now),
            )
        )
        raise Invalid(sentence % {"inside": f"{float(now):g}", "name": column.name}, field="wip_limit")


def _lock_column(actor: Actor, column: Column) -> Column:
    """The column, read anew, its board locked before it.

    :raises NotFound: if it or its board is gone
    """
    board = lock_board(actor, column.board_id)
    fresh = board.columns.select_for_update(no_key=True).filter(pk=column.pk).first()
    if fresh is None:
        raise NotFound(_("This column is gone. Reload the page."))
    fresh.board = board
    return fresh


def _statuses_of(actor: Actor, project_id: int, status_ids: Collection[int]) -> list[Status]:
    """Statuses of the project by id, held against being retired.

    :raises NotFound: if one of them is none of the project's, or retired
    """
    found = list(Status.objects.filter(org_id=actor.org_id, project_id=project_id, pk__in=status_ids).order_by("pk"))
    if len(found) != len(set(status_ids)):
        raise NotFound(_("This status is gone. Reload the page."))
    hold_statuses(found)
    return found


@service
def add_column(
    *,
    actor: Actor,
    board: Board,
    name: str,
    status_ids: Collection[int],
    limit: Limit | None = None,
    position: int | None = None,
) -> Column:
    """Add a column that shows these statuses. Where another one showed them, it does not any more.

    :param position: at which place it comes; at the end without one
    :raises Forbidden: for people who do not administer the project
    :raises NotFound: if the board is deleted, or a status is gone
    :raises Invalid: if the name or the limit cannot be used, without a status, or beyond `MOST_COLUMNS`
    :raises ColumnNeeded: if another column would be left without a status
    """
    require_configure(actor, board.project)
    if not status_ids:
        raise Invalid(_("Choose at least one status."), field="statuses")
    statuses = _statuses_of(actor, board.project_id, status_ids)
    fresh = lock_board(actor, board.pk)
    if fresh.columns.count() >= MOST_COLUMNS:
        raise Invalid(_("A board has at most %(limit)s columns.") % {"limit": MOST_COLUMNS}, field="name")
    last = fresh.columns.aggregate(last=Max("position"))["last"]
    end = 0 if last is None else last + 1
    place = end if position is None else min(position, end)
    fresh.columns.filter(position__gte=place).update(position=F("position") + 1)
    column = Column(
        org_id=actor.org_id,
        project_id=fresh.project_id,
        board=fresh,
        name=clean_name(name, most=NAME_LENGTH),
        position=place,
        **(limit or Limit()).columns(),
    )
    column.save()
    for each, change in _map(fresh, {status.pk: column.pk for status in statuses}):
        tell(actor, fresh, change, column=each, action="create" if each == column else "update")
    return column


@service
def edit_column(*, actor: Actor, column: Column, name: str, limit: Limit) -> Column:
    """Rename a column, or let it take more or less. What is inside stays.

    :raises Forbidden: for people who do not administer the project
    :raises NotFound: if it is gone
    :raises Invalid: if the name or the limit cannot be used, or more is inside than the new limit
    """
    require_configure(actor, column.project)
    fresh = _lock_column(actor, column)
    wanted = limit.columns()
    _refuse_below_inside(actor, fresh, wanted)
    changes = apply(fresh, {"name": clean_name(name, most=NAME_LENGTH), **wanted})
    if changes:
        tell(actor, fresh.board, *changes, column=fresh)
    return fresh


@service
def set_column_limit(
    *, actor: Actor, project: Project, column_id: int, limit: int | None, policy: str = Column.LimitPolicy.WARN,
    unit: str = Column.LimitUnit.ISSUES,
) -> Column:  # fmt: skip
    """Limit the work in progress of a column, or lift the limit (`limit` None); see `edit_column`."""
    require_configure(actor, project)
    column = Column.objects.filter(org_id=actor.org_id, project=project, pk=column_id).first()
    if column is None:
        raise NotFound
    column.project = project
    return edit_column(actor=actor, column=column, name=column.name, limit=Limit(at=limit, unit=unit, policy=policy))


@service
def shift_column(*, actor: Actor, column: Column, by: int) -> Column:
    """Move a column this many places to the right, or to the left; at most to the end.

    :raises Forbidden: for people who do not administer the project
    :raises NotFound: if it is gone
    """
    require_configure(actor, column.project)
    fresh = _lock_column(actor, column)
    columns = list(fresh.board.columns.select_for_update(no_key=True).order_by("position", "id"))
    place = columns.index(fresh)
    columns.insert(max(0, min(place + by, len(columns) - 1)), columns.pop(place))
    if columns.index(fresh) == place:
        return fresh
    for position, each in enumerate(columns):
        each.position = position
    Column.objects.bulk_update(columns, ["position"])
    tell(actor, fresh.board, FieldChange("position", place, columns.index(fresh)), column=fresh)
    return fresh


@service
def remove_column(*, actor: Actor, column: Column) -> None:
    """Take a column away. Its issues stay in their statuses, which the board then shows nowhere.

    :raises Forbidden: for people who do not administer the project
    :raises NotFound: if it is gone
    :raises ColumnNeeded: if it is the board's last
    """
    require_configure(actor, column.project)
    fresh = _lock_column(actor, column)
    if fresh.board.columns.count() == 1:
        raise ColumnNeeded
    statuses = sorted(fresh.column_statuses.values_list("status_id", flat=True))
    tell(actor, fresh.board, FieldChange("statuses", statuses, []), column=fresh, action="delete")
    fresh.delete()


@service
def map_statuses(*, actor: Actor, board: Board, places: Mapping[int, int | None]) -> None:
    """Say which column of a board shows which status (by ids; None: no column does). Those not named stay.

    :raises Forbidden: for people who do not administer the project
    :raises NotFound: if the board is deleted, or a status or column is none of its own
    :raises ColumnNeeded: if a column would be left without a status
    """
    require_configure(actor, board.project)
    _statuses_of(actor, board.project_id, places)
    fresh = lock_board(actor, board.pk)
    for column, change in _map(fresh, places):
        tell(actor, fresh, change, column=column)


@service
def show_status(*, actor: Actor, status: Status) -> None:
    """Let the project's first board show a new status in its last column of the same category, if it has one.

    :raises Forbidden: for people who do not administer the project
    """
    require_configure(actor, status.project)
    places = ColumnStatus.objects.filter(
        org_id=actor.org_id,
        project=status.project,
        board__deleted_at__isnull=True,
        status__category=status.category,
    )
    place = places.select_related("board__project").order_by("board__position", "board_id", "-column__position").first()
    if place is not None:
        map_statuses(actor=actor, board=place.board, places={status.pk: place.column_id})


def _map(board: Board, places: Mapping[int, int | None]) -> list[tuple[Column, FieldChange]]:
    """Store where statuses are shown; the columns that show others than before."""
    columns = {column.pk: column for column in board.columns.select_for_update(no_key=True).order_by("pk")}
    if not {column_id for column_id in places.values() if column_id is not None} <= columns.keys():
        raise NotFound(_("This column is gone. Reload the page."))
    present = {place.status_id: place for place in ColumnStatus.objects.filter(board=board).order_by("pk")}
    before: dict[int, list[int]] = {pk: [] for pk in columns}
    after: dict[int, list[int]] = {pk: [] for pk in columns}
    for status_id in sorted(present.keys() | places.keys()):
        was = present[status_id].column_id if status_id in present else None
        now = places.get(status_id, was)
        if was is not None:
            before[was].append(status_id)
        if now is not None:
            after[now].append(status_id)
        if now == was:
            continue
        if was is not None:
            present[status_id].delete()
        if now is not None:
            board_place = {"org_id": board.org_id, "project_id": board.project_id, "board": board}
            ColumnStatus.objects.create(column_id=now, status_id=status_id, **board_place)
    for pk, column in columns.items():
        if before[pk] and not after[pk]:
            raise ColumnNeeded(
                _("“%(name)s” would show no status. Give it another one, or remove the column.")
                % {"name": column.name},
                title=_("A column shows at least one status"),
            )
    return [
        (column, FieldChange("statuses", before[pk], after[pk]))
        for pk, column in columns.items()
        if before[pk] != after[pk]
    ]
