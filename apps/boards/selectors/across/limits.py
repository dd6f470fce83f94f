"""How projects stand to the limits of their own boards, which hold for their issues wherever they are moved."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, OuterRef, Sum
from django.utils.translation import gettext as _

from apps.boards.models import Column, ColumnStatus, LaneLimit
from apps.boards.selectors.across.shown import AcrossView, ProjectLimit, ProjectReached
from apps.boards.selectors.shown import Limited
from apps.core.tenancy import Actor
from apps.issues.models import Grouping
from apps.issues.selectors import Lane, lane_names, lane_value, visible_issues
from apps.projects.models import Status

# Issues and their points, by the ids of statuses.
Inside = dict[int, tuple[int, Decimal]]


def note_limits(*, actor: Actor, view: AcrossView) -> None:
    """Find the limits that hold in each column and what is inside: one query, and one more where there are any.

    A column of a project's board with statuses in two columns here is said at both.
    """
    shown = ColumnStatus.objects.filter(column_id=OuterRef("pk")).order_by("status_id")
    limited = (
        Column.objects.filter(
            org_id=actor.org_id,
            project__in=view.projects,
            wip_limit__isnull=False,
            board__deleted_at__isnull=True,
        )
        .annotate(shown=ArraySubquery(shown.values("status_id")))
        .select_related("board")
        .order_by("project__name", "project_id", "board__position", "board_id", "position", "pk")
    )
    limits = [
        ProjectLimit(
            project=view.project(column.project_id),
            name=_("%(column)s (%(board)s)") % {"column": column.name, "board": column.board.name}
            if column.board.position
            else column.name,
            status_ids=frozenset(column.shown),
            wip_limit=column.wip_limit,
            wip_unit=column.wip_unit,
            wip_policy=column.wip_policy,
        )
        for column in limited
    ]
    if limits:
        inside = _inside(actor, view, {status_id for limit in limits for status_id in limit.status_ids})
        for limit in limits:
            _note_fullest(limit, inside[limit.project.pk, None], limit.status_ids)
    for column in view.columns:
        column.limits = [limit for limit in limits if limit.status_ids & set(column.status_ids)]


def note_lane_limits(*, actor: Actor, view: AcrossView) -> None:
    """Find how people and lanes stand to what projects let them have in work: one query, and two a kind of limit.

    A limit is each project's: what somebody has in work elsewhere does not count. Where the lanes of the board are of
    the kind, they say it; else whoever is at a limit is named beside the filters.
    """
    shown = ColumnStatus.objects.filter(board_id=OuterRef("board_id"), status__category=Status.Category.IN_PROGRESS)
    limits = (
        LaneLimit.objects.filter(org_id=actor.org_id, project__in=view.projects, board__deleted_at__isnull=True)
        .annotate(doing=ArraySubquery(shown.values("status_id")))
        .select_related("board")
        .order_by("by", "project__name", "project_id", "board__position", "board_id", "pk")
    )
    for by, found in groupby(limits, key=lambda limit: limit.by):
        standing = _standing(actor, view, by, list(found))
        if by == view.grouping:
            for one in standing:
                view.lane_limits.setdefault(one.lane, []).append(one)
            continue
        reached = [one for one in standing if one.wip_state in {"full", "over"}]
        names = lane_names(actor=actor, by=by, values={one.lane.value for one in reached})
        for one in reached:
            one.name = names[one.lane.value]
        view.reached += sorted(reached, key=lambda one: one.name)


def _standing(actor: Actor, view: AcrossView, by: str, limits: list[Any]) -> list[ProjectReached]:
    """How lanes of a kind stand to limits, where they have anything in work. What has nobody, or no epic, has none."""
    inside = _inside(actor, view, {status_id for limit in limits for status_id in limit.doing}, by=by)
    lanes = defaultdict(set)
    for project_id, value in inside:
        if value is not None:
            lanes[project_id].add(value)
    standing = []
    for limit in limits:
        for value in sorted(lanes[limit.project_id]):
            if limit.priority not in {None, value}:
                continue
            one = ProjectReached(
                lane=Lane(by, value),
                project=view.project(limit.project_id),
                board_name=limit.board.name if limit.board.position else "",
                wip_limit=limit.at,
                wip_unit=limit.unit,
                wip_policy=limit.policy,
            )
            _note_fullest(one, inside[limit.project_id, value], set(limit.doing))
            if one.issues_inside:
                standing.append(one)
    return standing


def _inside(
    actor: Actor, view: AcrossView, status_ids: Collection[int], *, by: str = Grouping.NONE
) -> dict[tuple[int, int | None], list[Inside]]:
    """What is in statuses, as limits count: by project and lane, and of running sprints each by itself. One query."""
    issues = visible_issues(actor=actor).alive().filter(project__in=view.projects, status_id__in=status_ids).order_by()
    names = ["project_id", "sprint_id", "status_id"]
    if by != Grouping.NONE:
        issues = issues.annotate(lane=lane_value(actor=actor, by=by))
        names.append("lane")
    counted: dict[tuple[int, int | None, int | None], Inside] = defaultdict(dict)
    for row in issues.values(*names).annotate(issues=Count("id"), points_in_all=Sum("points")):
        running = view.sprints.get(row["project_id"], ())
        if running and row["sprint_id"] not in running:
            continue
        there = counted[row["project_id"], row.get("lane"), row["sprint_id"] if running else None]
        issues_known, points_known = there.get(row["status_id"], (0, Decimal(0)))
        there[row["status_id"]] = (issues_known + row["issues"], points_known + (row["points_in_all"] or 0))
    inside = defaultdict(list)
    for (project_id, value, _sprint), there in counted.items():
        inside[project_id, value].append(there)
    return inside


def _note_fullest(limit: Limited, insides: Iterable[Inside], status_ids: Collection[int]) -> None:
    """Say what is inside: of sprints that run side by side, in the fullest."""
    for there in insides:
        found = [there[status_id] for status_id in status_ids if status_id in there]
        issues, points = sum(each[0] for each in found), sum((each[1] for each in found), Decimal(0))
        is_first = not limit.issues_inside
        if is_first or (points if limit.wip_unit == Column.LimitUnit.POINTS else issues) > limit.inside:
            limit.issues_inside, limit.points_inside = issues, points
