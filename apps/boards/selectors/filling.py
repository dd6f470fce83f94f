"""The cards and the figures of a board: a constant number of queries, for ten cards and for a thousand."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, Sum

from apps.boards.models import Board
from apps.boards.selectors.lanes import first_in_cells, lay_out, name_lanes, note_figures, note_loads
from apps.boards.selectors.shown import BoardView, ColumnView
from apps.core.paging import Page, page_by
from apps.core.tenancy import Actor
from apps.issues.models import IssueQuerySet
from apps.issues.selectors import (
    Card,
    Filters,
    Lane,
    beginning_of,
    cards,
    cycle_times,
    in_lane,
    lane_value,
    visible_issues,
    with_beginning,
    with_blockers,
    with_entry,
    with_parents,
)
from apps.projects.models import Status

FIRST_CARDS = 30


def _matching(actor: Actor, board: BoardView, filters: Filters) -> IssueQuerySet:
    """What the board shows: in a Scrum project with an active sprint, that sprint's issues."""
    scope = Q(sprint_id=board.sprint.id) if board.sprint else Q()
    for quick in board.quick_filters:
        if quick.id in filters.quick:
            scope &= quick.condition(actor)
    return (
        visible_issues(actor=actor)
        .alive()
        .filter(scope, filters.condition(actor, board.project), project=board.project)
    )


def _as_cards(actor: Actor, board: BoardView, issues: IssueQuerySet) -> IssueQuerySet:
    """Issues with everything that the board's cards show of them. What is left out costs nothing."""
    issues = issues.as_cards()
    if board.has_lanes:
        issues = issues.annotate(lane=lane_value(actor=actor, by=board.grouping))
    if Board.CardField.BLOCKED not in board.left_out:
        issues = with_blockers(actor=actor, issues=issues)
    if Board.CardField.PARENT not in board.left_out:
        issues = with_parents(actor=actor, issues=issues)
    groups = [column.status_ids for column in board.columns if len(column.status_ids) > 1]
    if groups and Board.CardField.AGE not in board.left_out:
        issues = with_entry(issues, groups=groups)
    if board.working is not None:
        issues = with_beginning(issues, working=board.working)
        board.usual = board.usual or cycle_times(actor=actor, project=board.project, working=board.working)
    return issues


def _fields(board: BoardView) -> list[Any]:
    """The fields of the project's own that its cards show."""
    return [] if Board.CardField.FIELDS in board.left_out else board.card_fields


def _lately(board: BoardView) -> Q:
    """What was not done too long ago for the board."""
    if board.done_since is None:
        return Q()
    return Q(resolved_at__isnull=True) | Q(resolved_at__gte=beginning_of(board.done_since))


def fill(*, actor: Actor, board: BoardView, filters: Filters) -> BoardView:
    """Totals and the first cards of every column: two queries, for ten cards and for a thousand; with lanes four."""
    count(actor=actor, board=board, filters=filters)
    found = _matching(actor, board, filters).filter(_lately(board))
    if board.has_lanes:
        name_lanes(actor=actor, board=board)
        firsts = first_in_cells(actor=actor, board=board, matching=found)
        rows = _as_cards(actor, board, firsts).order_by("rank", "id")
        lay_out(board, cards(project=board.project, issues=rows, labels=board.labels, fields=_fields(board)))
        return board
    matching = _as_cards(actor, board, found)
    # Each part stops at its thirtieth row of the index.
    parts = [
        matching.filter(status_id__in=column.status_ids).order_by("rank", "id")[:FIRST_CARDS]
        for column in board.columns
    ]
    if not parts:
        return board
    rows = parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]
    column_of = {status_id: column for column in board.columns for status_id in column.status_ids}
    for card in cards(project=board.project, issues=rows, labels=board.labels, fields=_fields(board)):
        column_of[card.status_id].cards.append(card)
    for column in board.columns:
        if column.total > len(column.cards) and column.cards:
            column.next_after = column.cards[-1].rank
    return board


def count(*, actor: Actor, board: BoardView, filters: Filters) -> BoardView:
    """True totals of every column and lane, and how many issues no column shows: one query, and two a kind of limit.

    Backlog and cancelled issues are off the board on purpose; any others are counted, and reachable in the list.
    """
    column_of = {status_id: column for column in board.columns for status_id in column.status_ids}
    matching = Q(pk__in=_matching(actor, board, filters).values("pk")) if filters.active or board.sprint else Q()
    shown = matching & _lately(board)
    issues = visible_issues(actor=actor).alive().filter(project=board.project)
    # Limits count what the board shows without its filters: in a sprint, that.
    mine = Q(sprint_id=board.sprint.id) if board.sprint else Q()
    if board.has_lanes:
        issues = issues.annotate(lane=lane_value(actor=actor, by=board.grouping))
    rows = issues.values_list(*(["lane"] if board.has_lanes else []), "status_id", "status__category").annotate(
        everywhere=Count("id"),
        inside=Count("id", filter=mine) if mine else Count("id"),
        points_inside=Sum("points", filter=mine) if mine else Sum("points"),
        every=Count("id", filter=matching) if matching else Count("id"),
        every_point=Sum("points", filter=matching) if matching else Sum("points"),
        total=Count("id", filter=shown) if shown else Count("id"),
        points=Sum("points", filter=shown) if shown else Sum("points"),
    )
    for row in rows:
        status_id, category, everywhere, inside, points_inside, every_one, every_point, total, points = row[-9:]
        column = column_of.get(status_id)
        if column is not None:
            column.issues_inside += inside
            column.points_inside += points_inside or 0
            column.total += total
            column.older += every_one - total
            column.older_points += (every_point or 0) - (points or 0)
            column.points += points or 0
            if board.has_lanes:
                note_figures(board, value=row[0], column_id=column.id, total=total, points=points or Decimal(0))
        elif category not in {Status.Category.BACKLOG, Status.Category.CANCELLED}:
            board.unmapped += everywhere
    note_loads(actor=actor, board=board)
    return board


def column_page(
    *, actor: Actor, board: BoardView, column_id: int, filters: Filters, after: str, lane: Lane | None = None
) -> ColumnView:
    """The next cards of a column, below a rank.

    :param lane: in which lane; without it, in all of them
    :raises NotFound: if the board has no such column
    """
    column = board.column(column_id)
    page = card_page(actor=actor, board=board, column_id=column_id, filters=filters, after=[after], lane=lane)
    column.cards = page.rows
    column.next_after = page.next_after[0] if page.next_after else None
    return column


def card_page(
    *,
    actor: Actor,
    board: BoardView,
    column_id: int,
    filters: Filters,
    after: Sequence[Any] | None = None,
    before: Sequence[Any] | None = None,
    size: int = FIRST_CARDS,
    lane: Lane | None = None,
) -> Page[Card]:
    """A page of the cards of a column, in their order: those below, or above, a rank.

    :param lane: in which lane; without it, in all of them
    :raises NotFound: if the board has no such column
    """
    found = _matching(actor, board, filters).filter(_lately(board), status_id__in=board.column(column_id).status_ids)
    if lane is not None:
        found = in_lane(found, actor=actor, lane=lane)
    page = page_by("rank", _as_cards(actor, board, found), after=after, before=before, size=size)
    shown = cards(project=board.project, issues=page.rows, labels=board.labels, fields=_fields(board))
    return Page(shown, page.next_after, page.previous_before)


def cards_by_id(*, actor: Actor, board: BoardView, filters: Filters, ids: list[int]) -> list[Card]:
    """Those of some issues that are on the board now and match the filters."""
    status_ids = [status_id for column in board.columns for status_id in column.status_ids]
    rows = _matching(actor, board, filters).filter(_lately(board), pk__in=ids, status_id__in=status_ids)
    found = _as_cards(actor, board, rows).order_by("rank", "id")
    return cards(project=board.project, issues=found, fields=_fields(board))
