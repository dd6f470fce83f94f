"""Reading boards: columns with true totals and their first cards, in a constant number of queries."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, OuterRef, Q, Subquery, Sum
from django.db.models.functions import JSONObject
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.boards.models import Board, Column, ColumnStatus
from apps.core.errors import NotFound
from apps.core.tenancy import Actor
from apps.issues.models import IssueQuerySet
from apps.issues.selectors import Card, Filters, Workflow, cards, visible_issues, with_blockers
from apps.projects.models import Label, Project, Status, Transition
from apps.projects.selectors import get_project
from apps.sprints.models import Sprint

FIRST_CARDS = 30
# What cards show besides their titles.
CARD_FIELDS = Board.CardField.choices
# What a column's limit counts and what happens at it, with words for it.
LIMIT_UNITS = Column.LimitUnit.choices
LIMIT_POLICIES = Column.LimitPolicy.choices


@dataclass(slots=True, kw_only=True)
class ColumnView:
    """A column as the page shows it. Totals count every issue that matches, shown or not."""

    id: int
    name: str
    category: str
    status_ids: list[int]
    wip_limit: int | None
    wip_unit: str
    wip_policy: str
    total: int = 0
    points: Decimal = Decimal(0)
    # Of all issues in it, whatever is filtered: their number, and their points.
    issues_inside: int = 0
    points_inside: Decimal = Decimal(0)
    cards: list[Card] = field(default_factory=list)
    next_after: str | None = None
    # Where the next cards are; a view fills it in.
    next_url: str | None = None

    @property
    def wip_blocks(self) -> bool:
        """Whether a full column refuses more."""
        return self.wip_policy == Column.LimitPolicy.BLOCK

    @property
    def inside(self) -> Decimal:
        """What the limit counts."""
        return self.points_inside if self.wip_unit == Column.LimitUnit.POINTS else Decimal(self.issues_inside)

    @property
    def wip_state(self) -> str | None:
        """How the column stands to its limit. The limit counts what is inside, whatever is filtered."""
        if self.wip_limit is None:
            return None
        if self.inside > self.wip_limit:
            return "over"
        return "full" if self.inside == self.wip_limit else "ok"


@dataclass(frozen=True, slots=True, kw_only=True)
class SprintView:
    """The sprint that the board shows."""

    id: int
    name: str
    goal: str
    end_date: date | None

    @property
    def days_left(self) -> int | None:
        """Days until its last one; negative when it is overdue, None without an end."""
        return (self.end_date - timezone.localdate()).days if self.end_date else None


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardName:
    """One of a project's boards, as a link to it needs it. `names` is what its address says after the organization."""

    id: int
    name: str
    names: tuple[Any, ...]


@dataclass(slots=True, kw_only=True)
class BoardView:
    """A project's board: where its log stood when it was read, its columns, and the sprint it shows, if any.

    `boards` are all of the project's, the default one first.
    """

    id: int
    name: str
    boards: list[BoardName]
    # What its cards do not show.
    left_out: frozenset[str]
    project: Project
    stream: int
    seq: int
    sprints: list[SprintView]
    sprint: SprintView | None
    columns: list[ColumnView]
    actor: Actor
    workflow: Workflow
    unmapped: int = 0
    is_narrowed: bool = False

    def __post_init__(self) -> None:
        self.is_narrowed = not self.workflow.is_free(
            status_id for column in self.columns for status_id in column.status_ids
        )

    def closed_to(self, card: Card) -> list[int]:
        """The columns into none of whose statuses the workflow lets the actor bring a card."""
        if not self.is_narrowed:
            return []
        return [
            column.id
            for column in self.columns
            if not any(self.workflow.allows(self.actor, self.project, card, to) for to in column.status_ids)
        ]

    def column(self, column_id: int) -> ColumnView:
        """One of its columns.

        :raises NotFound: if there is none with this id
        """
        for column in self.columns:
            if column.id == column_id:
                return column
        raise NotFound

    @property
    def is_default(self) -> bool:
        """Whether it is the one that the project's address leads to, and that stays."""
        return self.id == self.boards[0].id

    @property
    def names(self) -> tuple[Any, ...]:
        """What its address says after the organization: the project's key and, where it is not the default, its id."""
        return next(board.names for board in self.boards if board.id == self.id)

    @property
    def address(self) -> dict[str, str]:
        """What an address of it says beside filters: which sprint it shows, if that is not the first."""
        return {"sprint": str(self.sprint.id)} if self.sprint and self.sprint is not self.sprints[0] else {}

    @property
    def points(self) -> tuple[Decimal, Decimal]:
        """Points done, and all points, of what matches."""
        done = sum((column.points for column in self.columns if column.category == Status.Category.DONE), Decimal(0))
        return done, sum((column.points for column in self.columns), Decimal(0))


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
    rows = list(
        present.filter(pk=board_id if board_id is not None else Subquery(present.values("pk")[:1]))
        .annotate(
            boards=ArraySubquery(present.values(found=JSONObject(id="id", name="name"))),
            sprints=ArraySubquery(sprints.order_by("start_date", "id").values(found=sprint)),
            edges=ArraySubquery(edges.values(found=edge)),
        )
        .order_by("columns__position", "columns__id", f"{status}__position")
        .values_list(
            "id",
            "name",
            "left_out",
            "boards",
            "sprints",
            "edges",
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
    found_id, found_name, left_out, boards, found_sprints, found_edges = rows[0][:6]
    columns: dict[int, ColumnView] = {}
    for column_id, name, limit, unit, policy, status_id, category in (row[6:] for row in rows):
        if column_id is None:
            continue
        view = columns.setdefault(
            column_id,
            ColumnView(
                id=column_id,
                name=name,
                category=category or Status.Category.TODO,
                status_ids=[],
                wip_limit=limit,
                wip_unit=unit,
                wip_policy=policy,
            ),
        )
        if status_id is not None:
            view.status_ids.append(status_id)
    shown = _sprint_views(project, found_sprints)
    return BoardView(
        id=found_id,
        name=found_name,
        left_out=frozenset(left_out),
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
    )


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


def get_column_to_change(*, actor: Actor, project: Project, column_id: int) -> Column:
    """A column of one of the project's boards.

    :raises NotFound: if there is none with this id
    """
    columns = Column.objects.filter(org_id=actor.org_id, project=project, board__deleted_at__isnull=True)
    column = columns.select_related("board", "project").filter(pk=column_id).first()
    if column is None:
        raise NotFound(_("This column is gone. Reload the page."))
    return column


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


def _matching(actor: Actor, board: BoardView, filters: Filters) -> IssueQuerySet:
    """What the board shows: in a Scrum project with an active sprint, that sprint's issues."""
    scope = Q(sprint_id=board.sprint.id) if board.sprint else Q()
    return (
        visible_issues(actor=actor)
        .alive()
        .filter(scope, filters.condition(actor, board.project), project=board.project)
    )


def _as_cards(actor: Actor, board: BoardView, issues: IssueQuerySet) -> IssueQuerySet:
    """Issues with everything that the board's cards show of them. What is left out costs nothing."""
    issues = issues.as_cards()
    return issues if Board.CardField.BLOCKED in board.left_out else with_blockers(actor=actor, issues=issues)


def fill(*, actor: Actor, board: BoardView, filters: Filters, labels: list[Label]) -> BoardView:
    """Totals and the first cards of every column: two queries, for ten cards and for a thousand.

    :param labels: the project's, by which cards are labelled
    """
    count(actor=actor, board=board, filters=filters)
    matching = _as_cards(actor, board, _matching(actor, board, filters))
    # Each part stops at its thirtieth row of the index.
    firsts = [
        matching.filter(status_id__in=column.status_ids).order_by("rank", "id")[:FIRST_CARDS]
        for column in board.columns
    ]
    if not firsts:
        return board
    rows = firsts[0].union(*firsts[1:], all=True) if len(firsts) > 1 else firsts[0]
    column_of = {status_id: column for column in board.columns for status_id in column.status_ids}
    for card in cards(project=board.project, issues=rows, labels=labels):
        column_of[card.status_id].cards.append(card)
    for column in board.columns:
        if column.total > len(column.cards) and column.cards:
            column.next_after = column.cards[-1].rank
    return board


def count(*, actor: Actor, board: BoardView, filters: Filters) -> BoardView:
    """True totals of every column, and how many issues no column shows: one query.

    Backlog and cancelled issues are off the board on purpose; any others are counted, and reachable in the list.
    """
    column_of = {status_id: column for column in board.columns for status_id in column.status_ids}
    matching = Q(pk__in=_matching(actor, board, filters).values("pk")) if filters.active or board.sprint else Q()
    rows = (
        visible_issues(actor=actor)
        .alive()
        .filter(project=board.project)
        .values_list("status_id", "status__category")
        .annotate(
            inside=Count("id"),
            points_inside=Sum("points"),
            total=Count("id", filter=matching) if matching else Count("id"),
            points=Sum("points", filter=matching) if matching else Sum("points"),
        )
    )
    for status_id, category, inside, points_inside, total, points in rows:
        column = column_of.get(status_id)
        if column is not None:
            column.issues_inside += inside
            column.points_inside += points_inside or 0
            column.total += total
            column.points += points or 0
        elif category not in {Status.Category.BACKLOG, Status.Category.CANCELLED}:
            board.unmapped += inside
    return board


def column_page(*, actor: Actor, board: BoardView, column_id: int, filters: Filters, after: str) -> ColumnView:
    """The next cards of a column, below a rank.

    :raises NotFound: if the board has no such column
    """
    column = board.column(column_id)
    further = _matching(actor, board, filters).filter(status_id__in=column.status_ids, rank__gt=after)
    rows = list(_as_cards(actor, board, further).order_by("rank", "id")[: FIRST_CARDS + 1])
    column.cards = cards(project=board.project, issues=rows[:FIRST_CARDS])
    column.next_after = column.cards[-1].rank if len(rows) > FIRST_CARDS else None
    return column


def cards_by_id(*, actor: Actor, board: BoardView, filters: Filters, ids: list[int]) -> list[Card]:
    """Those of some issues that are on the board now and match the filters."""
    status_ids = [status_id for column in board.columns for status_id in column.status_ids]
    rows = _matching(actor, board, filters).filter(pk__in=ids, status_id__in=status_ids)
    return cards(project=board.project, issues=_as_cards(actor, board, rows).order_by("rank", "id"))
