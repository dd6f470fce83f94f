"""What boards show, as pages and scripts get it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from math import ceil
from typing import Any, ClassVar, Protocol, TypeVar

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.boards.models import Board, Column, LaneLimit
from apps.core.errors import NotFound
from apps.core.tenancy import Actor
from apps.issues.models import Grouping, Priority
from apps.issues.selectors import Card, CycleTimes, Lane, Workflow, labelled, levels_rule
from apps.projects.models import Label, Project, Status

DAY = timedelta(days=1)
OfLane = TypeVar("OfLane", "LaneView", "Reached")
# What cards show besides their titles.
CARD_FIELDS = Board.CardField.choices
# What a column's limit counts and what happens at it, with words for it.
LIMIT_UNITS = Column.LimitUnit.choices
LIMIT_POLICIES = Column.LimitPolicy.choices
# Of which kinds of lanes each can be limited; `assignee` is each person.
LANE_LIMITS = tuple(kind.value for kind in LaneLimit.KINDS)


def card_fields_besides(named: Collection[str]) -> list[str]:
    """What cards can show besides what is named: what they show, if that is left out, and the other way round."""
    return [field for field in Board.CardField.values if field not in named]


@dataclass(slots=True, kw_only=True)
class Limited:
    """What may have a limit of work in progress, and how it stands to it."""

    wip_limit: int | None = None
    wip_unit: str = Column.LimitUnit.ISSUES
    wip_policy: str = Column.LimitPolicy.WARN
    # What the limit counts, whatever is filtered: issues, and their points.
    issues_inside: int = 0
    points_inside: Decimal = Decimal(0)

    @property
    def wip_blocks(self) -> bool:
        """Whether more is refused beyond it."""
        return self.wip_policy == Column.LimitPolicy.BLOCK

    @property
    def inside(self) -> Decimal:
        """What the limit counts."""
        return self.points_inside if self.wip_unit == Column.LimitUnit.POINTS else Decimal(self.issues_inside)

    @property
    def wip_state(self) -> str | None:
        """How it stands to its limit."""
        if self.wip_limit is None:
            return None
        if self.inside > self.wip_limit:
            return "over"
        return "full" if self.inside == self.wip_limit else "ok"


@dataclass(slots=True, kw_only=True)
class ColumnView(Limited):
    """A column as the page shows it. Totals count every issue that matches, shown or not."""

    id: int
    name: str
    category: str
    status_ids: list[int]
    total: int = 0
    # How many more were done too long ago for the board.
    older: int = 0
    points: Decimal = Decimal(0)
    older_points: Decimal = Decimal(0)
    cards: list[Card] = field(default_factory=list)
    next_after: str | None = None
    # Where the next cards are, and those that were done too long ago; a view fills it in.
    next_url: str | None = None
    older_url: str = ""


@dataclass(slots=True, kw_only=True)
class CellView:
    """Where a column crosses a lane: how many cards match there, and the first of them."""

    total: int = 0
    cards: list[Card] = field(default_factory=list)
    # Where its last card stands: its rank; among cards of several projects, with its id.
    next_after: Any = None
    # Where the next cards are; a view fills it in.
    next_url: str | None = None


@dataclass(slots=True, kw_only=True)
class LaneView(Limited):
    """A lane as the page shows it. Totals count every issue that matches, shown or not."""

    lane: Lane
    name: str = ""
    # What it stands for, where that is a person or an issue.
    person: User | None = None
    issue_key: str = ""
    # Issues of which levels can be brought here.
    takes: frozenset[int] = frozenset()
    # Where several projects are shown: of which only, if not of all.
    projects: frozenset[int] | None = None
    is_folded: bool = False
    total: int = 0
    points: Decimal = Decimal(0)
    cells: dict[int, CellView] = field(default_factory=dict)
    # Where several projects are shown: the limits that each of them has for it. It has none of its own there.
    limits: Sequence["Reached"] = ()

    @property
    def key(self) -> str:
        """See `Lane.key`."""
        return self.lane.key

    @property
    def rule(self) -> str:
        """Why it does not take every issue; empty where it does."""
        if self.person is not None and not self.takes:
            return _("%(name)s no longer works in this project.") % {"name": self.name}
        if self.projects is not None:
            return _("%(name)s does not work in its project.") % {"name": self.name}
        return levels_rule(self.lane.by)


class LanedColumn(Protocol):
    """A column that lanes lie across."""

    id: int

    @property
    def status_ids(self) -> list[int]:
        """The ids of its statuses."""


class Laned(Protocol):
    """A board that can be laid in lanes, of one project or of several."""

    grouping: str
    folded: frozenset[str]
    lanes: list[LaneView]
    lanes_left: int
    lane_figures: dict[int | None, LaneView]
    is_across: ClassVar[bool]

    @property
    def columns(self) -> Sequence[LanedColumn]:
        """Its columns, in their order."""

    @property
    def projects(self) -> Sequence[Project]:
        """Whose issues it shows."""

    def limited(self, lane: LaneView, /) -> LaneView:
        """What it is given, with what that may have in work and how much it has."""

    def place_of(self, card: Card) -> Any:
        """Where a card stands among the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneLimitView:
    """A limit of people or lanes; see `LaneLimit`."""

    id: int
    by: str
    priority: int | None
    at: int
    unit: str
    policy: str

    @property
    def name(self) -> str:
        """Whom or what it limits."""
        if self.priority is not None:
            return str(Priority(self.priority).label) if self.priority else _("No priority")
        names = {Grouping.ASSIGNEE: _("Each person"), Grouping.EPIC: _("Each epic"), Grouping.PARENT: _("Each parent")}
        return names[Grouping(self.by)]

    @property
    def blocks(self) -> bool:
        """Whether more is refused beyond it."""
        return self.policy == Column.LimitPolicy.BLOCK

    def is_for(self, lane: Lane) -> bool:
        """Whether it limits a lane. What has nobody, or no parent, is not limited."""
        return lane.by == self.by and lane.value is not None and self.priority in {None, lane.value}


@dataclass(slots=True, kw_only=True)
class Reached(Limited):
    """Somebody, or something that the board shows no lane of, that is at a limit or beyond it."""

    lane: Lane
    name: str = ""


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


def pace(card: Card, usual: CycleTimes | None) -> Pace | None:
    """How a card stands to what is usual, where it takes longer than that."""
    if usual is None or card.in_work is None or card.in_work <= usual.most:
        return None
    return Pace(days=card.in_work.days, usual=ceil(usual.most / DAY), is_extreme=card.in_work > usual.nearly_all)


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardName:
    """One of a project's boards, as a link to it needs it. `names` is what its address says after the organization."""

    id: int
    name: str
    names: tuple[Any, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardSettings:
    """One of a project's boards with what its settings say of all of it."""

    id: int
    name: str
    is_default: bool
    shows: list[str]
    done_days: int | None
    marks_slow: bool
    usual_grouping: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AskingView:
    """What quick filters of boards of either kind ask alike; see `Asking`."""

    id: int
    name: str
    is_mine: bool
    is_unassigned: bool
    least_priority: int | None

    def asked_of_all(self, actor: Actor) -> Q:
        """What it asks of an issue of whatever project."""
        condition = Q()
        if self.is_mine:
            condition &= Q(assignee_id=actor.user_id)
        if self.is_unassigned:
            condition &= Q(assignee_id__isnull=True)
        if self.least_priority is not None:
            condition &= Q(priority__gte=self.least_priority)
        return condition


@dataclass(frozen=True, slots=True, kw_only=True)
class QuickFilterView(AskingView):
    """A quick filter of a project's board; see `QuickFilter`."""

    type_id: int | None
    label_id: int | None

    def condition(self, actor: Actor) -> Q:
        """What it asks of an issue."""
        condition = self.asked_of_all(actor)
        if self.type_id is not None:
            condition &= Q(type_id=self.type_id)
        if self.label_id is not None:
            condition &= labelled([self.label_id])
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
    # How long what is done stays; None for ever.
    done_days: int | None
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
    # By what it is laid in lanes for this reader, and for whoever chose nothing; the keys of the lanes they folded.
    grouping: str
    usual_grouping: str
    folded: frozenset[str]
    # What people and lanes have in work at most; which statuses that is; how much it is, by lane; and who is there.
    lane_limits: list[LaneLimitView]
    doing: list[int]
    # The project's labels by name, and the fields of its own that cards may show.
    labels: list[Label]
    card_fields: list[Any]
    loads: dict[Lane, tuple[int, Decimal]] = field(default_factory=dict)
    reached: list[Reached] = field(default_factory=list)
    # The lanes that are shown, and how many there are besides; figures of every lane that has any, by its value.
    lanes: list[LaneView] = field(default_factory=list)
    lanes_left: int = 0
    lane_figures: dict[int | None, LaneView] = field(default_factory=dict)
    unmapped: int = 0
    is_narrowed: bool = False
    usual: CycleTimes | None = None

    is_across: ClassVar[bool] = False

    def __post_init__(self) -> None:
        self.is_narrowed = not self.workflow.is_free(
            status_id for column in self.columns for status_id in column.status_ids
        )

    @property
    def done_since(self) -> date | None:
        """From which day on what is done is shown; None for ever."""
        return timezone.localdate() - timedelta(days=self.done_days) if self.done_days is not None else None

    @property
    def marks_slow(self) -> bool:
        """Whether cards are marked that take longer than is usual."""
        return self.working is not None

    @property
    def shows(self) -> list[str]:
        """What its cards show."""
        return card_fields_besides(self.left_out)

    def closed_to(self, card: Card) -> list[int]:
        """The columns into none of whose statuses the workflow lets the actor bring a card."""
        if not self.is_narrowed:
            return []
        return [
            column.id
            for column in self.columns
            if not any(self.workflow.allows(self.actor, self.project, card, to) for to in column.status_ids)
        ]

    def project_of(self, card: Card) -> None:
        """Whose a card is: said only where several projects are shown."""

    def is_fixed(self, card: Card) -> bool:
        """Whether the reader may move cards of other projects, and not this one."""
        return False

    @property
    def projects(self) -> list[Project]:
        """Whose issues it shows."""
        return [self.project]

    @property
    def groupings(self) -> dict[str, str]:
        """By what it can be laid in lanes, with words for it."""
        return {value: str(label) for value, label in Grouping.choices}

    def place_of(self, card: Card) -> str:
        """Where a card stands among the others."""
        return card.rank

    @property
    def has_lanes(self) -> bool:
        """Whether its issues are laid in lanes."""
        return self.grouping != Grouping.NONE

    def limited(self, thing: OfLane) -> OfLane:
        """What it is given, with what that may have in work and how much it has."""
        for found in self.lane_limits:
            if found.is_for(thing.lane):
                thing.wip_limit, thing.wip_unit, thing.wip_policy = found.at, found.unit, found.policy
                thing.issues_inside, thing.points_inside = self.loads.get(thing.lane, (0, Decimal(0)))
        return thing

    @property
    def grouping_name(self) -> str:
        """By what it is laid in lanes, in words."""
        return str(Grouping(self.grouping).label)

    def lane_of(self, card: Card) -> Lane:
        """The lane that a card is in."""
        return Lane(self.grouping, card.lane)

    def pace(self, card: Card) -> Pace | None:
        """How a card stands to what is usual here, where it takes longer than that."""
        return pace(card, self.usual)

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
