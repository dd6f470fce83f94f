"""Boards over several projects, each found and authorized in one step."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import fields
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Subquery
from django.db.models.functions import JSONObject

from apps.boards import policies
from apps.boards.models import AcrossBoard, AcrossChoice, AcrossProject, AcrossQuickFilter
from apps.boards.selectors.across.shown import AcrossColumn, AcrossName, AcrossQuickView, AcrossView, alike
from apps.core.errors import NotFound
from apps.core.tenancy import Actor
from apps.events.models import Stream
from apps.issues.selectors import Workflow
from apps.projects import policies as project_policies
from apps.projects.models import Project, Status, Transition
from apps.projects.selectors import visible_projects
from apps.sprints.models import Sprint

# The categories that have columns, from left to right. Backlog and cancelled are off the board, as they are on others.
_ON_BOARD = (Status.Category.TODO, Status.Category.IN_PROGRESS, Status.Category.DONE)


def _boards(actor: Actor, *, is_deleted: bool = False) -> Any:
    return AcrossBoard.objects.filter(org_id=actor.org_id, deleted_at__isnull=not is_deleted)


def _projects_on(actor: Actor, board_ids: Collection[int]) -> dict[int, list[Project]]:
    """The projects of boards that the actor may see, by name: one query for the rows, one for the projects."""
    places = AcrossProject.objects.filter(org_id=actor.org_id, board_id__in=board_ids)
    pairs = list(places.exclude(project_id__in=actor.hidden_project_ids).values_list("board_id", "project_id"))
    projects = visible_projects(actor=actor).filter(pk__in={project_id for _board_id, project_id in pairs})
    seen = {
        project.pk: project
        for project in projects.select_related("stream").order_by("name", "pk")
        if project_policies.can_see(actor, project)
    }
    on: dict[int, list[Project]] = defaultdict(list)
    belongs = set(pairs)
    for board_id in board_ids:
        on[board_id] = [project for project in seen.values() if (board_id, project.pk) in belongs]
    return on


def list_across(*, actor: Actor, is_deleted: bool = False) -> list[AcrossName]:
    """The boards that show at least one project that the actor may see, by name; or deleted ones to restore."""
    found = list(_boards(actor, is_deleted=is_deleted).order_by("name", "pk"))
    on = _projects_on(actor, [board.pk for board in found])
    return [
        AcrossName(
            id=board.pk,
            name=board.name,
            by=board.by,
            by_name=board.get_by_display(),
            projects=on[board.pk],
            can_change=policies.can_change(actor, board),
        )
        for board in found
        if on[board.pk] and (not is_deleted or policies.looks_after(actor, board))
    ]


def get_across_to_change(*, actor: Actor, across_id: int, is_deleted: bool = False) -> AcrossBoard:
    """A board that is, or is not, deleted; the service says who may change it.

    :raises NotFound: if there is none with this id, or the actor may see none of its projects
    """
    board: AcrossBoard | None = _boards(actor, is_deleted=is_deleted).filter(pk=across_id).first()
    if board is None or not _projects_on(actor, [across_id])[across_id]:
        raise NotFound
    return board


def get_across(*, actor: Actor, across_id: int) -> AcrossView:
    """A board, its columns still empty: six queries, for two projects and for twenty.

    The heads of the logs are read first, so that what happens while the cards are read is replayed, not lost.

    :raises NotFound: if there is none with this id, or the actor may see none of its projects
    """
    stream = Stream.objects.filter(org_id=actor.org_id, kind=Stream.Kind.ORGANIZATION)
    choice = AcrossChoice.objects.filter(board_id=OuterRef("pk"), user_id=actor.user_id or 0)
    quick = AcrossQuickFilter.objects.filter(board_id=OuterRef("pk")).order_by("id")
    asked = JSONObject(**{field.name: field.name for field in fields(AcrossQuickView)})
    board = (
        _boards(actor)
        .annotate(
            stream_id=Subquery(stream.values("pk")[:1]),
            seq=Subquery(stream.values("seq")[:1]),
            chosen=Subquery(choice.values("grouping")[:1]),
            folded=Subquery(choice.values("folded")[:1]),
            quick=ArraySubquery(quick.values(found=asked)),
        )
        .filter(pk=across_id)
        .first()
    )
    projects = _projects_on(actor, [across_id])[across_id] if board is not None else []
    if board is None or not projects:
        raise NotFound
    statuses = list(
        Status.objects.filter(org_id=actor.org_id, project__in=projects, retired_at__isnull=True).order_by(
            "position", "pk"
        )
    )
    edges: dict[int, list[Transition]] = defaultdict(list)
    for edge in Transition.objects.filter(org_id=actor.org_id, project__in=projects):
        edges[edge.project_id].append(edge)
    sprints: dict[int, list[int]] = defaultdict(list)
    scrum = [project for project in projects if project.template == Project.Template.SCRUM]
    active = Sprint.objects.filter(org_id=actor.org_id, project__in=scrum, state=Sprint.State.ACTIVE)
    for project_id, sprint_id in active.order_by("start_date", "pk").values_list("project_id", "pk"):
        sprints[project_id].append(sprint_id)
    return AcrossView(
        id=board.pk,
        name=board.name,
        by=board.by,
        can_change=policies.can_change(actor, board),
        actor=actor,
        projects=projects,
        statuses=statuses,
        columns=_columns(statuses, by=board.by),
        workflows={project.pk: Workflow(edges[project.pk]) for project in projects},
        sprints=dict(sprints),
        org_stream=(board.stream_id, board.seq),
        left_out=frozenset(board.left_out),
        done_days=board.done_days,
        marks_slow=board.marks_slow,
        grouping=board.chosen or board.grouping,
        usual_grouping=board.grouping,
        folded=frozenset(board.folded or ()),
        every_quick_filter=[AcrossQuickView(**found) for found in board.quick],
    )


def _columns(statuses: Iterable[Status], *, by: str) -> list[AcrossColumn]:
    """The statuses, in their order, as columns: those of one category that are called the same are one."""
    columns: dict[tuple[str, str], AcrossColumn] = {}
    for status in sorted(statuses, key=lambda each: (each.position, each.pk)):
        if status.category not in _ON_BOARD:
            continue
        is_by_category = by == AcrossBoard.By.CATEGORY
        name = str(Status.Category(status.category).label) if is_by_category else status.name
        column = columns.setdefault(
            (status.category, alike(name)),
            AcrossColumn(id=status.pk, name=name, category=status.category, statuses=[]),
        )
        column.statuses.append(status)
    return sorted(columns.values(), key=lambda column: _ON_BOARD.index(Status.Category(column.category)))
