"""How projects stand to the limits of their own boards, which hold for their issues wherever they are moved."""

from collections import defaultdict
from decimal import Decimal

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, OuterRef, Sum
from django.utils.translation import gettext as _

from apps.boards.models import Column, ColumnStatus
from apps.boards.selectors.across.shown import AcrossView, ProjectLimit
from apps.core.tenancy import Actor
from apps.issues.selectors import visible_issues


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
        _count(actor, view, limits)
    for column in view.columns:
        column.limits = [limit for limit in limits if limit.status_ids & set(column.status_ids)]


def _count(actor: Actor, view: AcrossView, limits: list[ProjectLimit]) -> None:
    """Count what is inside, as limits do: where sprints run, in each by itself, and the fullest is what is said."""
    status_ids = {status_id for limit in limits for status_id in limit.status_ids}
    rows = (
        visible_issues(actor=actor)
        .alive()
        .filter(project__in=view.projects, status_id__in=status_ids)
        .order_by()
        .values_list("project_id", "sprint_id", "status_id")
        .annotate(issues=Count("id"), points_in_all=Sum("points"))
    )
    inside: dict[tuple[int, int | None], dict[int, tuple[int, Decimal]]] = defaultdict(dict)
    for project_id, sprint_id, status_id, issues, points in rows:
        running = view.sprints.get(project_id, ())
        if running and sprint_id not in running:
            continue
        there = inside[project_id, sprint_id if running else None]
        known = there.get(status_id, (0, Decimal(0)))
        there[status_id] = (known[0] + issues, known[1] + (points or 0))
    for limit in limits:
        fullest = limit.inside
        for (project_id, _sprint), counted in inside.items():
            if project_id != limit.project.pk:
                continue
            found = [counted[status_id] for status_id in limit.status_ids & counted.keys()]
            issues, points = sum(each[0] for each in found), sum((each[1] for each in found), Decimal(0))
            if (points if limit.wip_unit == Column.LimitUnit.POINTS else issues) > fullest:
                limit.issues_inside, limit.points_inside = issues, points
                fullest = limit.inside
