"""The lanes of a board: their figures, names and first cards, in as many queries for one lane as for fifty."""

from collections.abc import Iterable
from decimal import Decimal

from django.db.models import Case, Exists, F, IntegerField, OuterRef, Q, Value, When, Window
from django.db.models.functions import RowNumber
from django.utils.translation import gettext as _

from apps.boards.selectors.shown import BoardView, CellView, Laned, LaneView, Reached
from apps.core.tenancy import Actor
from apps.issues.models import Grouping, Issue, IssueQuerySet, Priority
from apps.issues.selectors import BY_PROJECT, Card, Lane, lane_names, lane_value, levels_taken, load, visible_issues
from apps.orgs.selectors import people
from apps.projects.models import Project
from apps.projects.selectors import people_of, working_places

# Cells do not scroll by themselves, so they begin with fewer cards than a column does.
FIRST_IN_CELL = 10
# As many as one can still look through. What is in others is counted, and filters lead to it.
MOST_LANES = 50


def note_figures(board: Laned, *, value: int | None, column_id: int, total: int, points: Decimal) -> None:
    """Add what a row of figures says of one status in one lane."""
    lane = board.lane_figures.setdefault(value, LaneView(lane=Lane(board.grouping, value)))
    lane.total += total
    lane.points += points
    lane.cells.setdefault(column_id, CellView()).total += total


def note_loads(*, actor: Actor, board: BoardView) -> None:
    """How much people and lanes have in work, where that is limited, and who is at a limit that no lane shows.

    Two queries a kind of limit at most.
    """
    kinds = {limit.by for limit in board.lane_limits}
    sprint_ids = [board.sprint.id] if board.sprint else []
    for by in sorted(kinds):
        found = load(actor=actor, project=board.project, status_ids=board.doing, by=by, sprint_ids=sprint_ids)
        board.loads |= {Lane(by, spot.value): inside for spot, inside in found.items()}
    for by in sorted(kinds - {board.grouping}):
        reached = [
            thing
            for lane in board.loads
            if lane.by == by and (thing := board.limited(Reached(lane=lane))).wip_state in {"full", "over"}
        ]
        names = lane_names(actor=actor, by=by, values=[thing.lane.value for thing in reached])
        for thing in reached:
            thing.name = names[thing.lane.value]
        board.reached += sorted(reached, key=lambda thing: thing.name)


def name_lanes(*, actor: Actor, board: Laned) -> None:
    """Which lanes are shown, in their order and with their names: at most one query.

    Those in which something matches, and what a team needs beside them: the one for what has nobody, or no parent, yet;
    every priority; and the reader's own.
    """
    lanes = {value: lane for value, lane in board.lane_figures.items() if lane.total}
    for value in _always(actor, board):
        lanes.setdefault(value, LaneView(lane=Lane(board.grouping, value)))
    if board.grouping == Grouping.PRIORITY:
        named = _priorities(lanes)
    elif board.grouping == BY_PROJECT:
        named = [_project(lanes[project.pk], project) for project in board.projects]
    else:
        named = _named(actor, board, lanes)
    # What has nobody, or no parent, is where work begins: it is never among those that are left.
    kept = {None, *_ids(lane.lane.value for lane in named)[: MOST_LANES - 1]}
    board.lanes = named if len(named) <= MOST_LANES else [lane for lane in named if lane.lane.value in kept]
    board.lanes_left = len(named) - len(board.lanes)
    for lane in board.lanes:
        lane.is_folded = lane.key in board.folded
        board.limited(lane)
        for column in board.columns:
            lane.cells.setdefault(column.id, CellView())


def _always(actor: Actor, board: Laned) -> set[int | None]:
    if board.grouping == Grouping.PRIORITY:
        return set(Priority.values)
    if board.grouping == BY_PROJECT:
        return {project.pk for project in board.projects}
    return {None, actor.user_id} if board.grouping == Grouping.ASSIGNEE else {None}


def _priorities(lanes: dict[int | None, LaneView]) -> list[LaneView]:
    for priority in Priority:
        lanes[priority].name = str(priority.label) if priority else _("No priority")
        lanes[priority].takes = levels_taken(Grouping.PRIORITY, None)
    return [lanes[value] for value in sorted(Priority.values, reverse=True)]


def _project(lane: LaneView, project: Project) -> LaneView:
    lane.name, lane.issue_key = project.name, project.key
    return lane


def _named(actor: Actor, board: Laned, lanes: dict[int | None, LaneView]) -> list[LaneView]:
    nothing = lanes.pop(None)
    nothing.name = {
        Grouping.ASSIGNEE: _("Unassigned"),
        Grouping.EPIC: _("No epic"),
        Grouping.PARENT: _("No parent"),
    }[Grouping(board.grouping)]
    nothing.takes = levels_taken(board.grouping, None)
    if board.grouping == Grouping.ASSIGNEE:
        return [nothing, *_people(actor, board, lanes)]
    return [*_issues(actor, board, lanes), nothing]


def _ids(lanes: Iterable[int | None]) -> list[int]:
    return [value for value in lanes if value is not None]


def _people(actor: Actor, board: Laned, lanes: dict[int | None, LaneView]) -> Iterable[LaneView]:
    assignable = people_of(actor=actor, projects=board.projects).filter(pk=OuterRef("pk"))
    places = dict(_places(actor, board)) if board.is_across else {}
    named = people(actor=actor).filter(pk__in=_ids(lanes)).annotate(takes_issues=Exists(assignable.order_by()))
    for person in named.order_by("name", "id"):
        lane = lanes[person.pk]
        lane.name, lane.person = person.name, person
        # What somebody had who has left is still theirs, but nothing comes to it.
        if person.takes_issues:
            lane.takes = levels_taken(Grouping.ASSIGNEE, None)
        found = places.get(person.pk)
        if found is not None and len(found) < len(board.projects):
            lane.projects = found
        yield lane


def _places(actor: Actor, board: Laned) -> Iterable[tuple[int, frozenset[int]]]:
    for person, project_ids in working_places(actor=actor, projects=board.projects):
        yield person.pk, frozenset(project_ids)


def _issues(actor: Actor, board: Laned, lanes: dict[int | None, LaneView]) -> Iterable[LaneView]:
    named = visible_issues(actor=actor).filter(pk__in=_ids(lanes)).select_related("type", "project")
    for issue in named.order_by("rank", "id"):
        lane = lanes[issue.pk]
        lane.name, lane.issue_key = issue.title, f"{issue.project.key}-{issue.number}"
        lane.takes = levels_taken(board.grouping, issue.type.level)
        yield lane


def first_in_cells(*, actor: Actor, board: Laned, matching: IssueQuerySet) -> IssueQuerySet:
    """The first cards of every cell, of those that match: each cell is numbered by itself, in one query.

    Their ids are fetched before the cards: where it expects few rows, PostgreSQL would number the board anew for each.
    """
    values = _ids(lane.lane.value for lane in board.lanes)
    crossing = Case(
        *(
            When(status_id__in=column.status_ids, then=Value(column.id))
            for column in board.columns
            if column.status_ids
        ),
        output_field=IntegerField(),
    )
    shown = [status_id for column in board.columns for status_id in column.status_ids]
    numbered = (
        matching.filter(status_id__in=shown)
        .annotate(lane=lane_value(actor=actor, by=board.grouping), crossing=crossing)
        .filter(Q(lane__isnull=True) | Q(lane__in=values))
        .annotate(
            turn=Window(RowNumber(), partition_by=[F("crossing"), F("lane")], order_by=[F("rank").asc(), F("id").asc()])
        )
        .filter(turn__lte=FIRST_IN_CELL)
    )
    return Issue.objects.filter(pk__in=list(numbered.values_list("pk", flat=True)))


def lay_out(board: Laned, found: Iterable[Card]) -> None:
    """Put cards, in the order of their ranks, into the cells of the board."""
    lanes = {lane.lane.value: lane for lane in board.lanes}
    column_of = {status_id: column.id for column in board.columns for status_id in column.status_ids}
    for card in found:
        lanes[card.lane].cells[column_of[card.status_id]].cards.append(card)
    for lane in board.lanes:
        for cell in lane.cells.values():
            if cell.total > len(cell.cards) and cell.cards:
                cell.next_after = board.place_of(cell.cards[-1])
