"""Reading boards: columns with true totals and their first cards, in a constant number of queries."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, OuterRef, Q, Sum
from django.db.models.functions import JSONObject
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.boards.models import Column
from apps.core.errors import NotFound
from apps.core.tenancy import Actor
from apps.issues.models import IssueQuerySet
from apps.issues.selectors import Card, Filters, Workflow, cards, visible_issues
from apps.projects.models import Label, Project, Status, Transition
from apps.projects.selectors import get_project
from apps.sprints.models import Sprint

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


@dataclass(slots=True, kw_only=True)
class BoardView:
    """A project's board: where its log stood when it was read, its columns, and the sprint it shows, if any."""

    id: int
    name: str
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
    def address(self) -> dict[str, str]:
        """What an address of it says beside filters: which sprint it shows, if that is not the first."""
        return {"sprint": str(self.sprint.id)} if self.sprint and self.sprint is not self.sprints[0] else {}

    @property
    def points(self) -> tuple[Decimal, Decimal]:
        """Points done, and all points, of what matches."""
        done = sum((column.points for column in self.columns if column.category == Status.Category.DONE), Decimal(0))
        return done, sum((column.points for column in self.columns), Decimal(0))


def get_board(*, actor: Actor, key: str, sprint_id: int | None = None) -> BoardView:
    """The board of a project, its columns still empty: two queries.

    :param sprint_id: which of several active sprints it shows; without it, or if it is over, the first

    The log's head is read first, so that what happens while the cards are read is replayed, not lost.

    :raises apps.projects.selectors.NoSuchProject: if the actor may not know of the project
    :raises NotFound: if the project has no board
    """
    project = get_project(actor=actor, key=key)
    status = "column_statuses__status"
    sprints = Sprint.objects.filter(project_id=OuterRef("project_id"), state=Sprint.State.ACTIVE)
    sprint = JSONObject(id="id", name="name", goal="goal", end_date="end_date")
    # The same for every row, so PostgreSQL reads it once; a query of its own would cost a round trip.
    edges = Transition.objects.filter(org_id=actor.org_id, project_id=project.pk).order_by()
    edge = JSONObject(source_id="source_id", target_id="target_id", name="name", allowed_parties="allowed_parties")
    rows = list(
        Column.objects.filter(org_id=actor.org_id, project=project)
        .annotate(
            sprints=ArraySubquery(sprints.order_by("start_date", "id").values(found=sprint)),
            edges=ArraySubquery(edges.values(found=edge)),
        )
        .order_by("board__position", "board_id", "position", "id", f"{status}__position")
        .values_list(
            "id",
            "name",
            "wip_limit",
            "wip_policy",
            "sprints",
            "board_id",
            "board__name",
            f"{status}_id",
            f"{status}__category",
            "edges",
        )
    )
    if not rows:
        raise NotFound
    board_id = rows[0][5]
    columns: dict[int, ColumnView] = {}
    for column_id, name, limit, policy, _sprints, board, _board_name, status_id, category, _edges in rows:
        if board != board_id:
            continue
        view = columns.setdefault(
            column_id,
            ColumnView(
                id=column_id,
                name=name,
                category=category or Status.Category.TODO,
                status_ids=[],
                wip_limit=limit,
                wip_blocks=policy == Column.LimitPolicy.BLOCK,
            ),
        )
        if status_id is not None:
            view.status_ids.append(status_id)
    shown = _sprint_views(project, rows[0][4])
    return BoardView(
        id=board_id,
        name=rows[0][6],
        project=project,
        stream=project.stream.pk,
        seq=project.stream.seq,
        sprints=shown,
        sprint=next((sprint for sprint in shown if sprint.id == sprint_id), shown[0] if shown else None),
        columns=list(columns.values()),
        actor=actor,
        workflow=Workflow(Transition(**found) for found in rows[0][9]),
    )


def column_statuses(*, actor: Actor, project: Project, column_id: int) -> list[Status]:
    """The statuses that a column of a project's board shows, the one for newcomers first.

    :raises NotFound: if the column is gone, or shows none
    """
    shown = Status.objects.filter(org_id=actor.org_id, project=project, column_statuses__column_id=column_id).order_by(
        "position", "id"
    )
    statuses = list(shown)
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


def fill(*, actor: Actor, board: BoardView, filters: Filters, labels: list[Label]) -> BoardView:
    """Totals and the first cards of every column: two queries, for ten cards and for a thousand.

    :param labels: the project's, by which cards are labelled
    """
    count(actor=actor, board=board, filters=filters)
    matching = _matching(actor, board, filters).as_cards()
    # Each part stops at its thirtieth row of the index.
    firsts = [
        matching.filter(status_id__in=column.status_ids).order_by("rank", "id")[:FIRST_CARDS]
        for column in board.columns
    ]
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
            total=Count("id", filter=matching) if matching else Count("id"),
            points=Sum("points", filter=matching) if matching else Sum("points"),
        )
    )
    for status_id, category, inside, total, points in rows:
        column = column_of.get(status_id)
        if column is not None:
            column.inside += inside
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
    rows = list(
        _matching(actor, board, filters)
        .filter(status_id__in=column.status_ids, rank__gt=after)
        .as_cards()
        .order_by("rank", "id")[: FIRST_CARDS + 1]
    )
    column.cards = cards(project=board.project, issues=rows[:FIRST_CARDS])
    column.next_after = column.cards[-1].rank if len(rows) > FIRST_CARDS else None
    return column


def cards_by_id(*, actor: Actor, board: BoardView, filters: Filters, ids: list[int]) -> list[Card]:
    """Those of some issues that are on the board now and match the filters."""
    status_ids = [status_id for column in board.columns for status_id in column.status_ids]
    rows = _matching(actor, board, filters).filter(pk__in=ids, status_id__in=status_ids)
    return cards(project=board.project, issues=rows.as_cards().order_by("rank", "id"))
