"""Reading boards: columns with true totals and their first cards, in a constant number of queries."""

from dataclasses import dataclass, field, fields
from datetime import date, timedelta
from decimal import Decimal
from math import ceil
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, OuterRef, Q, Subquery, Sum
from django.db.models.functions import JSONObject
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.boards.models import Board, Column, ColumnStatus, QuickFilter
from apps.core.errors import NotFound
from apps.core.tenancy import Actor
from apps.issues.models import IssueLabel, IssueQuerySet
from apps.issues.selectors import (
    Card,
    CycleTimes,
    Filters,
    Workflow,
    beginning_of,
    cards,
    cycle_times,
    visible_issues,
    with_beginning,
    with_blockers,
    with_entry,
)
from apps.projects.models import Label, Project, Status, Transition
from apps.projects.selectors import get_project
from apps.sprints.models import Sprint

FIRST_CARDS = 30
DAY = timedelta(days=1)
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
    # How many more were done too long ago for the board.
    older: int = 0
    points: Decimal = Decimal(0)
    older_points: Decimal = Decimal(0)
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
class Pace:
    """That a card is in work for longer than 85 of 100 issues of its project were (`usual`, in days), or even 95."""

    days: int
    usual: int
    is_extreme: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardName:
    """One of a project's boards, as a link to it needs it. `names` is what its address says after the organization."""

    id: int
    name: str
    names: tuple[Any, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class QuickFilterView:
    """A quick filter of a board; see `QuickFilter`."""

    id: int
    name: str
    is_mine: bool
    is_unassigned: bool
    type_id: int | None
    label_id: int | None
    least_priority: int | None

    def condition(self, actor: Actor) -> Q:
        """What it asks of an issue."""
        condition = Q()
        if self.is_mine:
            condition &= Q(assignee_id=actor.user_id)
        if self.is_unassigned:
            condition &= Q(assignee_id__isnull=True)
        if self.type_id is not None:
            condition &= Q(type_id=self.type_id)
        if self.label_id is not None:
            condition &= Q(pk__in=IssueLabel.objects.filter(label_id=self.label_id).values("issue_id"))
        if self.least_priority is not None:
            condition &= Q(priority__gte=self.least_priority)
        return condition


@dataclass(slots=True, kw_only=True)
class BoardView:
    """A project's board: where its log stood when it was read, its columns, and the sprint it shows, if any.

    `boards` are all of the project's, the default one first.
    """

    id: int
    name: str
    boards: list[BoardName]
    quick_filters: list[QuickFilterView]
    # What its cards do not show.
    left_out: frozenset[str]
    # From which day on what is done is shown; None for ever.
    done_since: date | None
    # Which statuses mean work, where cards are marked that take longer than is usual; else None.
    working: list[int] | None
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
    usual: CycleTimes | None = None

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

    def pace(self, card: Card) -> Pace | None:
        """How a card stands to what is usual here, where it takes longer than that."""
        if self.usual is None or card.in_work is None or card.in_work <= self.usual.most:
            return None
        return Pace(
            days=card.in_work.days, usual=ceil(self.usual.most / DAY), is_extreme=card.in_work > self.usual.nearly_all
        )

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
        """Points done, and all points, of what matches, whenever it was done."""
        points = [(column.category, column.points + column.older_points) for column in self.columns]
        done = sum((each for category, each in points if category == Status.Category.DONE), Decimal(0))
        return done, sum((each for _category, each in points), Decimal(0))


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
    quick = QuickFilter.objects.filter(board_id=OuterRef("pk")).order_by("id")
    asked = JSONObject(**{field.name: field.name for field in fields(QuickFilterView)})
    working = Status.objects.filter(org_id=actor.org_id, project_id=project.pk, category=Status.Category.IN_PROGRESS)
    rows = list(
        present.filter(pk=board_id if board_id is not None else Subquery(present.values("pk")[:1]))
        .annotate(
            boards=ArraySubquery(present.values(found=JSONObject(id="id", name="name"))),
            sprints=ArraySubquery(sprints.order_by("start_date", "id").values(found=sprint)),
            edges=ArraySubquery(edges.values(found=edge)),
            working=ArraySubquery(working.values("pk")),
            quick=ArraySubquery(quick.values(found=asked)),
        )
        .order_by("columns__position", "columns__id", f"{status}__position")
        .values_list(
            "id",
            "name",
            "left_out",
            "done_days",
            "marks_slow",
            "working",
            "quick",
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
    found_id, found_name, left_out, done_days, marks_slow, found_working = rows[0][:6]
    found_quick, boards, found_sprints, found_edges = rows[0][6:10]
    columns: dict[int, ColumnView] = {}
    for column_id, name, limit, unit, policy, status_id, category in (row[10:] for row in rows):
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
        quick_filters=[QuickFilterView(**found) for found in found_quick],
        left_out=frozenset(left_out),
        done_since=timezone.localdate() - timedelta(days=done_days) if done_days is not None else None,
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


def get_quick_filter(*, actor: Actor, project: Project, quick_filter_id: int) -> QuickFilter:
    """A quick filter of one of the project's boards.

    :raises NotFound: if there is none with this id
    """
    found = QuickFilter.objects.filter(org_id=actor.org_id, project=project, board__deleted_at__isnull=True)
    quick_filter = found.select_related("board", "project").filter(pk=quick_filter_id).first()
    if quick_filter is None:
        raise NotFound(_("This quick filter is gone. Reload the page."))
    return quick_filter


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
    if Board.CardField.BLOCKED not in board.left_out:
        issues = with_blockers(actor=actor, issues=issues)
    groups = [column.status_ids for column in board.columns if len(column.status_ids) > 1]
    if groups and Board.CardField.AGE not in board.left_out:
        issues = with_entry(issues, groups=groups)
    if board.working is not None:
        issues = with_beginning(issues, working=board.working)
        board.usual = board.usual or cycle_times(actor=actor, project=board.project, working=board.working)
    return issues


def _lately(board: BoardView) -> Q:
    """What was not done too long ago for the board."""
    if board.done_since is None:
        return Q()
    return Q(resolved_at__isnull=True) | Q(resolved_at__gte=beginning_of(board.done_since))


def fill(*, actor: Actor, board: BoardView, filters: Filters, labels: list[Label]) -> BoardView:
    """Totals and the first cards of every column: two queries, for ten cards and for a thousand.

    :param labels: the project's, by which cards are labelled
    """
    count(actor=actor, board=board, filters=filters)
    matching = _as_cards(actor, board, _matching(actor, board, filters).filter(_lately(board)))
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
    shown = matching & _lately(board)
    rows = (
        visible_issues(actor=actor)
        .alive()
        .filter(project=board.project)
        .values_list("status_id", "status__category")
        .annotate(
            inside=Count("id"),
            points_inside=Sum("points"),
            every=Count("id", filter=matching) if matching else Count("id"),
            every_point=Sum("points", filter=matching) if matching else Sum("points"),
            total=Count("id", filter=shown) if shown else Count("id"),
            points=Sum("points", filter=shown) if shown else Sum("points"),
        )
    )
    for status_id, category, inside, points_inside, every_one, every_point, total, points in rows:
        column = column_of.get(status_id)
        if column is not None:
            column.issues_inside += inside
            column.points_inside += points_inside or 0
            column.total += total
            column.older += every_one - total
            column.older_points += (every_point or 0) - (points or 0)
            column.points += points or 0
        elif category not in {Status.Category.BACKLOG, Status.Category.CANCELLED}:
            board.unmapped += inside
    return board


def column_page(*, actor: Actor, board: BoardView, column_id: int, filters: Filters, after: str) -> ColumnView:
    """The next cards of a column, below a rank.

    :raises NotFound: if the board has no such column
    """
    column = board.column(column_id)
    further = _matching(actor, board, filters).filter(_lately(board), status_id__in=column.status_ids, rank__gt=after)
    rows = list(_as_cards(actor, board, further).order_by("rank", "id")[: FIRST_CARDS + 1])
    column.cards = cards(project=board.project, issues=rows[:FIRST_CARDS])
    column.next_after = column.cards[-1].rank if len(rows) > FIRST_CARDS else None
    return column


def cards_by_id(*, actor: Actor, board: BoardView, filters: Filters, ids: list[int]) -> list[Card]:
    """Those of some issues that are on the board now and match the filters."""
    status_ids = [status_id for column in board.columns for status_id in column.status_ids]
    rows = _matching(actor, board, filters).filter(_lately(board), pk__in=ids, status_id__in=status_ids)
    return cards(project=board.project, issues=_as_cards(actor, board, rows).order_by("rank", "id"))
