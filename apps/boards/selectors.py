"""Reading boards: columns with true totals and their first cards, in a constant number of queries."""

from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import Count, Q, Sum

from apps.boards.models import Board, Column, ColumnStatus
from apps.core.errors import NotFound
from apps.core.tenancy import Actor
from apps.issues.selectors import Card, Filters, cards, visible_issues
from apps.projects.models import Project, Status
from apps.sprints.selectors import active_sprint

FIRST_CARDS = 30
# What a column does at its limit, with words for it.
LIMIT_POLICIES = Column.LimitPolicy.choices


@dataclass(slots=True, kw_only=True)
class ColumnView:
    """A column as the page shows it. Totals count every issue that matches, shown or not."""

    id: int
    name: str
    category: str
    status_ids: list[int]
    wip_limit: int | None
    wip_blocks: bool
    total: int = 0
    points: Decimal = Decimal(0)
    inside: int = 0
    cards: list[Card] = field(default_factory=list)
    next_after: str | None = None

    @property
    def wip_state(self) -> str | None:
        """How the column stands to its limit. The limit counts what is inside, whatever is filtered."""
        if self.wip_limit is None:
            return None
        if self.inside > self.wip_limit:
            return "over"
        return "full" if self.inside == self.wip_limit else "ok"


def get_default_board(*, actor: Actor, project: Project) -> Board:
    """The board that `/{org}/{KEY}/board/` shows.

    :raises NotFound: if the project has none
    """
    board = Board.objects.filter(org_id=actor.org_id, project=project).order_by("position", "id").first()
    if board is None:
        raise NotFound
    return board


def list_columns(*, actor: Actor, board: Board) -> list[ColumnView]:
    """The columns of a board, in order, without their issues: one query."""
    views: dict[int, ColumnView] = {}
    shown = (
        Column.objects.filter(org_id=actor.org_id, board=board)
        .values(
            "id", "name", "wip_limit", "wip_policy", "column_statuses__status_id", "column_statuses__status__category"
        )
        .order_by("position", "id", "column_statuses__status__position")
    )
    for row in shown:
        view = views.setdefault(
            row["id"],
            ColumnView(
                id=row["id"],
                name=row["name"],
                category=row["column_statuses__status__category"] or Status.Category.TODO,
                status_ids=[],
                wip_limit=row["wip_limit"],
                wip_blocks=row["wip_policy"] == Column.LimitPolicy.BLOCK,
            ),
        )
        if row["column_statuses__status_id"] is not None:
            view.status_ids.append(row["column_statuses__status_id"])
    return list(views.values())


def get_column(*, actor: Actor, board: Board, column_id: int) -> ColumnView:
    """One column of a board.

    :raises NotFound: if the board has none with this id
    """
    for view in list_columns(actor=actor, board=board):
        if view.id == column_id:
            return view
    raise NotFound


def _on_board(actor: Actor, project: Project) -> Q:
    """What belongs on the project's board: in a Scrum project with an active sprint, that sprint's issues."""
    if project.template != Project.Template.SCRUM:
        return Q()
    sprint = active_sprint(actor=actor, project=project)
    return Q(sprint=sprint) if sprint is not None else Q()


def columns_with_cards(*, actor: Actor, project: Project, board: Board, filters: Filters) -> list[ColumnView]:
    """All columns with totals and first cards: the same number of queries for ten cards and for a thousand."""
    views = list_columns(actor=actor, board=board)
    scope = _on_board(actor, project)
    _count(actor, project, views, filters, scope)
    column_of = {status_id: view for view in views for status_id in view.status_ids}
    matching = visible_issues(actor=actor).alive().filter(scope, filters.condition(actor, project), project=project)
    # The first cards of all columns with one query; each part stops at its thirtieth row of the index.
    firsts = [
        matching.filter(status_id__in=view.status_ids).order_by("rank", "id").values("id")[:FIRST_CARDS]
        for view in views
    ]
    ids = [row["id"] for row in firsts[0].union(*firsts[1:], all=True)] if firsts else []
    issues = list(visible_issues(actor=actor).filter(pk__in=ids).with_people_and_type())
    shown = cards(project=project, issues=issues)
    for card in shown:
        column_of[card.status_id].cards.append(card)
    for view in views:
        view.cards.sort(key=lambda card: (card.rank, card.id))
        if view.total > len(view.cards) and view.cards:
            view.next_after = view.cards[-1].rank
    return views


def column_page(*, actor: Actor, project: Project, view: ColumnView, filters: Filters, after: str) -> ColumnView:
    """The next cards of a column, below a rank."""
    rows = list(
        visible_issues(actor=actor)
        .alive()
        .filter(
            _on_board(actor, project),
            filters.condition(actor, project),
            project=project,
            status_id__in=view.status_ids,
            rank__gt=after,
        )
        .with_people_and_type()
        .order_by("rank", "id")[: FIRST_CARDS + 1]
    )
    view.cards = cards(project=project, issues=rows[:FIRST_CARDS])
    view.next_after = view.cards[-1].rank if len(rows) > FIRST_CARDS else None
    return view


def cards_by_id(*, actor: Actor, project: Project, board: Board, filters: Filters, ids: list[int]) -> list[Card]:
    """Those of some issues that are on the board now and match the filters."""
    status_ids = ColumnStatus.objects.filter(board=board).values("status_id")
    rows = (
        visible_issues(actor=actor)
        .alive()
        .filter(
            _on_board(actor, project),
            filters.condition(actor, project),
            project=project,
            pk__in=ids,
            status_id__in=status_ids,
        )
        .with_people_and_type()
        .order_by("rank", "id")
    )
    return cards(project=project, issues=rows)


def column_totals(*, actor: Actor, project: Project, board: Board, filters: Filters) -> list[ColumnView]:
    """The columns with their true totals, without cards."""
    views = list_columns(actor=actor, board=board)
    _count(actor, project, views, filters, _on_board(actor, project))
    return views


def count_unmapped(*, actor: Actor, project: Project) -> int:
    """How many issues are in statuses that no column shows: counted and reachable, never silently gone.

    Backlog and cancelled issues are off the board on purpose.
    """
    filters = Filters(unmapped=True)
    return visible_issues(actor=actor).alive().filter(filters.condition(actor, project), project=project).count()


def _count(actor: Actor, project: Project, views: list[ColumnView], filters: Filters, scope: Q) -> None:
    column_of = {status_id: view for view in views for status_id in view.status_ids}
    matching = filters.condition(actor, project) & scope
    rows = (
        visible_issues(actor=actor)
        .alive()
        .filter(project=project, status_id__in=list(column_of))
        .values_list("status_id")
        .annotate(
            inside=Count("id"),
            total=Count("id", filter=matching) if matching else Count("id"),
            points=Sum("points", filter=matching) if matching else Sum("points"),
        )
    )
    for status_id, inside, total, points in rows:
        view = column_of[status_id]
        view.inside += inside
        view.total += total
        view.points += points or 0
