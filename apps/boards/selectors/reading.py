"""Boards and their parts, each found and authorized in one step."""

from dataclasses import fields
from datetime import date
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, Subquery
from django.db.models.functions import JSONObject
from django.utils.translation import gettext as _

from apps.boards.models import Board, BoardChoice, Column, ColumnStatus, LaneLimit, QuickFilter
from apps.boards.selectors.shown import (
    BoardName,
    BoardSettings,
    BoardView,
    ColumnView,
    LaneLimitView,
    QuickFilterView,
    SprintView,
    card_fields_besides,
)
from apps.core.errors import NotFound
from apps.core.tenancy import Actor
from apps.issues.selectors import Workflow
from apps.projects.models import CustomField, Label, Project, Status, Transition
from apps.projects.selectors import fields_with_types, get_project
from apps.sprints.models import Sprint


def get_board(*, actor: Actor, key: str, board_id: int | None = None, sprint_id: int | None = None) -> BoardView:
    """A board of a project, its columns still empty: two queries.

    :param board_id: which board; without it, the default one
    :param sprint_id: which of several active sprints it shows; without it, or if it is over, the first

    The log's head is read first, so that what happens while the cards are read is replayed, not lost.

    :raises apps.projects.selectors.NoSuchProject: if the actor may not know of the project
    :raises NotFound: if the project has no such board
    """
    project = get_project(actor=actor, key=key)
    status = "columns__column_statuses__status"
    present = Board.objects.filter(org_id=actor.org_id, project=project, deleted_at__isnull=True)
    present = present.order_by("position", "id")
    sprints = Sprint.objects.filter(project_id=OuterRef("project_id"), state=Sprint.State.ACTIVE)
    sprint = JSONObject(id="id", name="name", goal="goal", end_date="end_date")
    # The same for every row, so PostgreSQL reads it once; a query of its own would cost a round trip.
    edges = Transition.objects.filter(org_id=actor.org_id, project_id=project.pk).order_by()
    edge = JSONObject(source_id="source_id", target_id="target_id", name="name", allowed_parties="allowed_parties")
    # One for a label that was deleted comes back with the label.
    quick = QuickFilter.objects.filter(board_id=OuterRef("pk"), label__retired_at__isnull=True).order_by("id")
    asked = JSONObject(**{field.name: field.name for field in fields(QuickFilterView)})
    limits = LaneLimit.objects.filter(board_id=OuterRef("pk")).order_by("by", F("priority").desc())
    limit = JSONObject(**{field.name: field.name for field in fields(LaneLimitView)})
    choice = BoardChoice.objects.filter(board_id=OuterRef("pk"), user_id=actor.user_id or 0)
    chosen = JSONObject(grouping="grouping", folded="folded")
    working = Status.objects.filter(org_id=actor.org_id, project_id=project.pk, category=Status.Category.IN_PROGRESS)
    labels = Label.objects.present().filter(org_id=actor.org_id, project_id=project.pk).order_by("name", "id")
    label = JSONObject(id="id", name="name", hue="hue")
    own = fields_with_types(
        CustomField.objects.present().filter(org_id=actor.org_id, project_id=project.pk, on_cards=True)
    )
    own_field = JSONObject(id="id", name="name", kind="kind", options="options", type_ids="type_ids")
    rows = list(
        present.filter(pk=board_id if board_id is not None else Subquery(present.values("pk")[:1]))
        .annotate(
            boards=ArraySubquery(present.values(found=JSONObject(id="id", name="name"))),
            sprints=ArraySubquery(sprints.order_by("start_date", "id").values(found=sprint)),
            edges=ArraySubquery(edges.values(found=edge)),
            working=ArraySubquery(working.values("pk")),
            quick=ArraySubquery(quick.values(found=asked)),
            limits=ArraySubquery(limits.values(found=limit)),
            choice=ArraySubquery(choice.values(found=chosen)),
            labels=ArraySubquery(labels.values(found=label)),
            own=ArraySubquery(own.values(found=own_field)),
        )
        .order_by("columns__position", "columns__id", f"{status}__position")
        .values_list(
            "id",
            "name",
            "left_out",
            "done_days",
            "marks_slow",
            "grouping",
            "choice",
            "limits",
            "working",
            "quick",
            "boards",
            "sprints",
            "edges",
            "labels",
            "own",
            "columns__id",
            "columns__name",
            "columns__wip_limit",
            "columns__wip_unit",
            "columns__wip_policy",
            f"{status}_id",
            f"{status}__category",
        )
    )
    if not rows:
        raise NotFound
    found_id, found_name, left_out, done_days, marks_slow, usual_grouping, found_choice = rows[0][:7]
    found_limits, found_working, found_quick, boards, found_sprints, found_edges = rows[0][7:13]
    found_labels, found_own = rows[0][13:15]
    columns: dict[int, ColumnView] = {}
    for column_id, name, wip_limit, unit, policy, status_id, category in (row[15:] for row in rows):
        if column_id is None:
            continue
        view = columns.setdefault(
            column_id,
            ColumnView(
                id=column_id,
                name=name,
                category=category or Status.Category.TODO,
                status_ids=[],
                wip_limit=wip_limit,
                wip_unit=unit,
                wip_policy=policy,
            ),
        )
        if status_id is not None:
            view.status_ids.append(status_id)
    shown = _sprint_views(project, found_sprints)
    mine: dict[str, Any] = found_choice[0] if found_choice else {"grouping": "", "folded": []}
    return BoardView(
        id=found_id,
        name=found_name,
        quick_filters=[QuickFilterView(**found) for found in found_quick],
        left_out=frozenset(left_out),
        done_days=done_days,
        working=found_working if marks_slow else None,
        boards=[
            BoardName(id=each["id"], name=each["name"], names=(project.key, *([each["id"]] if position else [])))
            for position, each in enumerate(boards)
        ],
        project=project,
        stream=project.stream.pk,
        seq=project.stream.seq,
        sprints=shown,
        sprint=next((sprint for sprint in shown if sprint.id == sprint_id), shown[0] if shown else None),
        columns=list(columns.values()),
        actor=actor,
        workflow=Workflow(Transition(**found) for found in found_edges),
        grouping=mine["grouping"] or usual_grouping,
        usual_grouping=usual_grouping,
        folded=frozenset(mine["folded"]),
        lane_limits=[LaneLimitView(**found) for found in found_limits],
        labels=[Label(org_id=project.org_id, project_id=project.pk, **found) for found in found_labels],
        card_fields=[_card_field(project, **found) for found in found_own],
        doing=[
            status_id for view in columns.values() for status_id in view.status_ids if status_id in set(found_working)
        ],
    )


def list_boards(*, actor: Actor, project: Project) -> list[BoardSettings]:
    """The boards of a project, the default one first."""
    boards = Board.objects.filter(org_id=actor.org_id, project=project, deleted_at__isnull=True)
    return [
        BoardSettings(
            id=board.pk,
            name=board.name,
            is_default=place == 0,
            shows=card_fields_besides(board.left_out),
            done_days=board.done_days,
            marks_slow=board.marks_slow,
            usual_grouping=board.grouping,
        )
        for place, board in enumerate(boards.order_by("position", "id"))
    ]


def deleted_boards(*, actor: Actor, project: Project) -> list[Board]:
    """Boards that were deleted and can be brought back, the last one first."""
    return list(
        Board.objects.filter(org_id=actor.org_id, project=project, deleted_at__isnull=False)
        .select_related("project")
        .order_by("-deleted_at", "-id")
    )


def get_board_to_change(*, actor: Actor, project: Project, board_id: int, is_deleted: bool = False) -> Board:
    """A board of the project.

    :raises NotFound: if there is none with this id that is, or is not, deleted
    """
    boards = Board.objects.filter(org_id=actor.org_id, project=project, deleted_at__isnull=not is_deleted)
    board = boards.select_related("project").filter(pk=board_id).first()
    if board is None:
        raise NotFound(_("This board is gone. Reload the page."))
    return board


def get_column_to_change(*, actor: Actor, project: Project, column_id: int, board_id: int | None = None) -> Column:
    """A column of one of the project's boards.

    :param board_id: whose it must be, where the address names a board
    :raises NotFound: if there is none with this id
    """
    columns = _parts(Column, actor, project, board_id)
    column: Column | None = columns.select_related("board", "project").filter(pk=column_id).first()
    if column is None:
        raise NotFound(_("This column is gone. Reload the page."))
    return column


def get_lane_limit(*, actor: Actor, project: Project, lane_limit_id: int, board_id: int | None = None) -> LaneLimit:
    """A limit of people or lanes on one of the project's boards.

    :param board_id: whose it must be, where the address names a board
    :raises NotFound: if there is none with this id
    """
    found = _parts(LaneLimit, actor, project, board_id)
    lane_limit: LaneLimit | None = found.select_related("board", "project").filter(pk=lane_limit_id).first()
    if lane_limit is None:
        raise NotFound(_("This limit is gone. Reload the page."))
    return lane_limit


def get_quick_filter(
    *, actor: Actor, project: Project, quick_filter_id: int, board_id: int | None = None
) -> QuickFilter:
    """A quick filter of one of the project's boards.

    :param board_id: whose it must be, where the address names a board
    :raises NotFound: if there is none with this id
    """
    found = _parts(QuickFilter, actor, project, board_id)
    quick_filter: QuickFilter | None = found.select_related("board", "project").filter(pk=quick_filter_id).first()
    if quick_filter is None:
        raise NotFound(_("This quick filter is gone. Reload the page."))
    return quick_filter


def _parts(model: Any, actor: Actor, project: Project, board_id: int | None) -> Any:
    """What belongs to boards of a project that are not deleted, or to one of them."""
    found = model.objects.filter(org_id=actor.org_id, project=project, board__deleted_at__isnull=True)
    return found if board_id is None else found.filter(board_id=board_id)


def column_statuses(*, actor: Actor, project: Project, column_id: int, board_id: int | None = None) -> list[Status]:
    """The statuses that a column of a project's board shows, the one for newcomers first.

    :param board_id: whose column it must be, where the address names a board

    :raises NotFound: if the column is gone, or shows none
    """
    places = ColumnStatus.objects.filter(column_id=column_id, board__deleted_at__isnull=True)
    if board_id is not None:
        places = places.filter(board_id=board_id)
    shown = Status.objects.filter(org_id=actor.org_id, project=project, pk__in=places.values("status_id"))
    statuses = list(shown.order_by("position", "id"))
    if not statuses:
        raise NotFound(_("This column is gone, or shows no status. Reload the board."))
    return statuses


def _card_field(project: Project, *, type_ids: list[int], **values: Any) -> Any:
    """A field of the project's own as `fields_with_types` gives it."""
    found: Any = CustomField(org_id=project.org_id, project_id=project.pk, **values)
    found.type_ids = type_ids
    return found


def _sprint_views(project: Project, rows: list[dict[str, Any]]) -> list[SprintView]:
    if project.template != Project.Template.SCRUM:
        return []
    return [
        SprintView(
            id=row["id"],
            name=row["name"],
            goal=row["goal"],
            end_date=date.fromisoformat(row["end_date"]) if row["end_date"] else None,
        )
        for row in rows
    ]
