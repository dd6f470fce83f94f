"""How much work is taken on at once: the one decision that whoever changes what limits count asks for.

A column of a board, every lane of a kind, and every person can have a limit. Limits warn or refuse; those that refuse
are locked before the issues (the lock order of `apps.events.services`), so that of two people who want the last place
exactly one gets it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import OuterRef
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.errors import Conflict
from apps.core.tenancy import Actor
from apps.issues.models import Grouping, Issue
from apps.issues.selectors.lanes import Lane
from apps.issues.selectors.load import Spot, epics_above, lane_name, load, sprints_apart
from apps.projects.models import Project, Status


class ColumnFull(Conflict):
    """A board's column refuses more work in progress."""

    title = gettext_lazy("This column is full")


class LaneFull(Conflict):
    """A person, or what a lane stands for, has as much in work as a board allows."""

    title = gettext_lazy("There is enough in work here")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A locked limit that refuses: at most `at` issues or points in these statuses, in all lanes or in each."""

    name: str
    at: int
    counts_points: bool
    status_ids: frozenset[int]
    by: str = Grouping.NONE
    # Where priorities are limited: which of them.
    only: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What limits ask of an issue."""

    status_id: int
    sprint_id: int | None
    assignee_id: int | None
    parent_id: int | None
    priority: int
    points: Decimal | None

    @classmethod
    def of(cls, issue: Issue) -> "Standing":
        """As the issue is now."""
        return cls(
            status_id=issue.status_id,
            sprint_id=issue.sprint_id,
            assignee_id=issue.assignee_id,
            parent_id=issue.parent_id,
            priority=issue.priority,
            points=issue.points,
        )

    def value(self, by: str, epics: Mapping[int, int]) -> int | None:
        """The value of its lane, where lanes are by this."""
        if by == Grouping.EPIC:
            return epics.get(self.parent_id or 0)
        values = {Grouping.ASSIGNEE: self.assignee_id, Grouping.PARENT: self.parent_id}
        return values.get(Grouping(by), self.priority)


@dataclass(frozen=True, slots=True)
class Arrival:
    """How an issue stands now, and how it stood before (None: it is new)."""

    now: Standing
    was: Standing | None = None


# What limits of lanes count by.
LIMITED_FIELDS = frozenset({"assignee", "priority", "parent"})


# Every write asks, and most projects have no limit that refuses: whether there is one has to cost next to nothing.
_REFUSING = """
SELECT EXISTS (SELECT FROM boards_columnstatus s
                 JOIN boards_column c ON c.id = s.column_id AND c.wip_limit IS NOT NULL AND c.wip_policy = 'block'
                 JOIN boards_board b ON b.id = c.board_id AND b.deleted_at IS NULL
                WHERE s.project_id = %(project)s),
       EXISTS (SELECT FROM boards_lanelimit l JOIN boards_board b ON b.id = l.board_id AND b.deleted_at IS NULL
                WHERE l.project_id = %(project)s AND l.policy = 'block')
"""


def _refusing(project: Project) -> tuple[bool, bool]:
    """Whether any column, and any lane, refuses work in the project."""
    with connection.cursor() as cursor:
        cursor.execute(_REFUSING, {"project": project.pk})
        columns, lanes = cursor.fetchone()
        return columns, lanes


def lock_limits(project: Project, statuses: Collection[Status] | None) -> list[Limit]:
    """Lock what refuses work in the project: columns that show one of these statuses, and lanes.

    One query where nothing does, three at most.

    :param statuses: None for all of them
    """
    columns, lanes = _refusing(project)
    return [*(_lock_columns(project, statuses) if columns else ()), *(_lock_lanes(project) if lanes else ())]


def _lock_columns(project: Project, statuses: Collection[Status] | None) -> list[Limit]:
    if statuses is not None and not statuses:
        return []
    places = Status.column_statuses.rel.related_model._default_manager
    shown = places.filter(project=project) if statuses is None else places.filter(status__in=statuses)
    columns = Status.columns.rel.related_model._default_manager.filter(
        pk__in=shown.values("column_id"), wip_limit__isnull=False, wip_policy="block", board__deleted_at__isnull=True
    )
    columns = columns.annotate(shown=ArraySubquery(places.filter(column_id=OuterRef("pk")).values("status_id")))
    columns = columns.select_related("board").order_by("pk")
    return [
        Limit(
            name=_("%(column)s (%(board)s)") % {"column": column.name, "board": column.board.name}
            if column.board.position
            else column.name,
            at=column.wip_limit or 0,
            counts_points=column.wip_unit == "points",
            status_ids=frozenset(column.shown),
        )
        for column in columns.select_for_update(no_key=True, of=("self",))
    ]


def lock_lane_limits(project: Project) -> list[Limit]:
    """Lock the limits of lanes and people that refuse, on any board of the project: one query where none does."""
    _columns, lanes = _refusing(project)
    return _lock_lanes(project) if lanes else []


def _lock_lanes(project: Project) -> list[Limit]:
    working = Status.objects.filter(
        column_statuses__board_id=OuterRef("board_id"), category=Status.Category.IN_PROGRESS
    )
    limits = project.lane_limits.filter(policy="block", board__deleted_at__isnull=True).select_related("board")
    limits = limits.annotate(working=ArraySubquery(working.values("pk"))).order_by("pk")
    return [
        Limit(
            name=limit.board.name,
            at=limit.at,
            counts_points=limit.unit == "points",
            status_ids=frozenset(limit.working),
            by=limit.by,
            only=limit.priority,
        )
        for limit in limits.select_for_update(no_key=True, of=("self",))
    ]


def refuse_if_full(limits: Sequence[Limit], *, actor: Actor, project: Project, arriving: Iterable[Arrival]) -> None:
    """Refuse if one of the locked limits has no room for what arrives. Whoever writes what limits count asks here.

    What changes within a column, or within a lane, is no arrival; neither is a new estimate.

    :raises ColumnFull: for a column
    :raises LaneFull: for a lane or a person
    """
    arrivals = [each for each in arriving if each.now != each.was]
    if not limits or not arrivals:
        return
    sprints = sprints_apart(project)
    epics: Mapping[int, int] = {}
    if any(limit.by == Grouping.EPIC for limit in limits):
        standings = [standing for each in arrivals for standing in (each.now, each.was) if standing is not None]
        epics = epics_above(
            actor=actor, parent_ids={each.parent_id for each in standings if each.parent_id is not None}
        )

    def place(limit: Limit, standing: Standing | None) -> Spot | None:
        if standing is None or standing.status_id not in limit.status_ids:
            return None
        if sprints and standing.sprint_id not in sprints:
            return None  # no board shows it
        sprint_id = standing.sprint_id if sprints else None
        if limit.by == Grouping.NONE:
            return Spot(sprint_id, None)
        value = standing.value(limit.by, epics)
        is_counted = value is not None and limit.only in {None, value}
        return Spot(sprint_id, value) if is_counted else None

    for limit in limits:
        coming: dict[Spot, list[Standing]] = defaultdict(list)
        for each in arrivals:
            there = place(limit, each.now)
            if there is not None and there != place(limit, each.was):
                coming[there].append(each.now)
        if coming:
            _refuse(limit, actor, project, sprints, coming)


def _refuse(
    limit: Limit, actor: Actor, project: Project, sprints: Collection[int], coming: Mapping[Spot, list[Standing]]
) -> None:
    inside = load(
        actor=actor, project=project, status_ids=limit.status_ids, by=limit.by, sprint_ids=sprints, at=list(coming)
    )
    for place, standings in coming.items():
        issues, points = inside.get(place, (0, Decimal(0)))
        if limit.counts_points:
            is_full = points + sum(each.points or 0 for each in standings) > limit.at
        else:
            is_full = issues + len(standings) > limit.at
        if is_full:
            raise _full(limit, actor, project, place)


def _full(limit: Limit, actor: Actor, project: Project, place: Spot) -> Conflict:
    if limit.by == Grouping.NONE:
        text = (
            _("“%(column)s” takes %(limit)s points at once. Finish or move something first.")
            if limit.counts_points
            else _("“%(column)s” takes %(limit)s issues at once. Finish or move one of them first.")
        )
        return ColumnFull(text % {"column": limit.name, "limit": limit.at}, project=project.key)
    text = (
        _("“%(lane)s” takes %(limit)s points in work at once on “%(board)s”. Finish or move something first.")
        if limit.counts_points
        else _("“%(lane)s” takes %(limit)s issues in work at once on “%(board)s”. Finish or move one of them first.")
    )
    lane = lane_name(actor=actor, lane=Lane(limit.by, place.value))
    return LaneFull(text % {"lane": lane, "limit": limit.at, "board": limit.name}, project=project.key)
