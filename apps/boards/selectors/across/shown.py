"""What boards over several projects show, as pages and scripts get it, and what they can be narrowed to."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, ClassVar

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.boards.models import AcrossBoard
from apps.boards.selectors.shown import AskingView, LaneView, Limited, Pace, Reached, card_fields_besides, pace
from apps.core.errors import NotFound
from apps.core.requests import number_or_none
from apps.core.tenancy import Actor
from apps.issues.selectors import Card, CycleTimes, Lane, SharedFilters, Workflow
from apps.projects import policies as project_policies
from apps.projects.models import IssueType, Label, Project, Status

# What a column can stand for, with words for it.
COLUMNS_BY = AcrossBoard.By.choices
# By what such a board can be laid in lanes, with words for it.
LANES = AcrossBoard.Lanes.choices

# Where a card stands among those of all projects: ranks are each project's own, and may be equal.
Place = tuple[str, int]


def alike(name: str) -> str:
    """What names have in common that mean the same in several projects."""
    return " ".join(name.split()).casefold()


@dataclass(frozen=True, slots=True, kw_only=True)
class AcrossFilters(SharedFilters):
    """What such a board is narrowed to. A label is named: each project has its own of the name."""

    label: str = ""
    project: int | None = None

    @classmethod
    def own_parts(cls, values: Mapping[str, str]) -> dict[str, Any]:
        """See `SharedFilters`."""
        label = " ".join(values.get("label", "").replace("\x00", "").split())[:60]
        return {"label": label, "project": number_or_none(values, "project")}

    def own_query(self) -> dict[str, str]:
        """See `SharedFilters`."""
        return {"label": self.label, "project": str(self.project or "")}

    def is_for(self, label: str) -> bool:
        """Whether it asks for labels of this name."""
        return alike(self.label) == alike(label)


@dataclass(frozen=True, slots=True, kw_only=True)
class AcrossQuickView(AskingView):
    """A quick filter of such a board; see `AcrossQuickFilter`."""

    type_name: str
    label_name: str


@dataclass(slots=True, kw_only=True)
class ProjectLimit(Limited):
    """A limit of a column of a project's own board, which holds for its issues here too."""

    project: Project
    name: str
    status_ids: frozenset[int]


@dataclass(slots=True, kw_only=True)
class ProjectReached(Reached):
    """How somebody, or a lane, stands to a limit of one project's board."""

    project: Project
    # Of which of its boards, where that is not the one it opens with.
    board_name: str = ""

    @property
    def whose(self) -> str:
        """Whose limit it is, in words."""
        if not self.board_name:
            return self.project.name
        return _("%(project)s (%(board)s)") % {"project": self.project.name, "board": self.board_name}


@dataclass(slots=True, kw_only=True)
class AcrossColumn:
    """A column: statuses of several projects that mean the same. Totals count all that matches, shown or not."""

    # The id of its first status. There is no row for a column: it is there as long as a status is.
    id: int
    name: str
    category: str
    statuses: list[Status]
    total: int = 0
    points: Decimal = Decimal(0)
    cards: list[Card] = field(default_factory=list)
    next_after: Place | None = None
    # Where the next cards are; a view fills it in.
    next_url: str | None = None
    # How many more were done too long ago for the board, and where they are; a view fills that in.
    older: int = 0
    older_url: str = ""
    # The limits that hold here, each of one project's board. It has none of its own.
    limits: list[ProjectLimit] = field(default_factory=list)
    wip_limit: ClassVar[None] = None

    @property
    def status_ids(self) -> list[int]:
        """The ids of its statuses, in their order."""
        return [status.pk for status in self.statuses]

    def statuses_of(self, project: Project) -> list[Status]:
        """Those that are one project's, the one for newcomers first."""
        return [status for status in self.statuses if status.project_id == project.pk]

    @property
    def landings(self) -> list[tuple[int, int]]:
        """Each project with the first of its statuses here, by ids."""
        first: dict[int, int] = {}
        for status in self.statuses:
            first.setdefault(status.project_id, status.pk)
        return list(first.items())


@dataclass(slots=True, kw_only=True)
class AcrossView:
    """A board over several projects, as one reader may see it, and where the logs stood when it was read."""

    id: int
    name: str
    by: str
    can_change: bool
    actor: Actor
    # With their streams, by name.
    projects: list[Project]
    statuses: list[Status]
    columns: list[AcrossColumn]
    workflows: dict[int, Workflow]
    # The active sprints of those that are Scrum projects and have one.
    sprints: dict[int, list[int]]
    org_stream: tuple[int, int]
    is_narrowed: bool = False
    is_across: ClassVar[bool] = True
    # What its cards do not show; how long what is done stays, None for ever; whether cards are marked that take longer
    # than is usual in their projects, and what that is, by the projects' ids.
    left_out: frozenset[str]
    done_days: int | None
    marks_slow: bool
    usual: dict[int, CycleTimes] = field(default_factory=dict)
    # By what it is laid in lanes for this reader, and for whoever chose nothing; the keys of the lanes they folded; the
    # lanes that are shown, how many there are besides, and figures of every lane that has any.
    grouping: str
    usual_grouping: str
    folded: frozenset[str]
    lanes: list[LaneView] = field(default_factory=list)
    lanes_left: int = 0
    lane_figures: dict[int | None, LaneView] = field(default_factory=dict)
    # How lanes stand to limits of projects that have anything in work there; and who is at one that no lane shows.
    lane_limits: dict[Lane, list[ProjectReached]] = field(default_factory=dict)
    reached: list[ProjectReached] = field(default_factory=list)
    # Every quick filter it has; those that ask for what the reader knows of; and what these, and filters, name: the
    # labels and the types of its projects. See `narrowing`, which reads them once.
    every_quick_filter: list[AcrossQuickView]
    quick_filters: list[AcrossQuickView] | None = None
    labels: list[Label] | None = None
    types: list[IssueType] | None = None

    def __post_init__(self) -> None:
        shown = defaultdict(list)
        for column in self.columns:
            for status in column.statuses:
                shown[status.project_id].append(status.pk)
        self.is_narrowed = any(not self.workflows[project.pk].is_free(shown[project.pk]) for project in self.projects)

    @property
    def streams(self) -> list[tuple[int, int]]:
        """What a page of it follows, and from where on. That the board changed is told to the organization."""
        return [self.org_stream, *((project.stream.pk, project.stream.seq) for project in self.projects)]

    @property
    def editable(self) -> list[Project]:
        """The projects whose issues the reader may move."""
        return [project for project in self.projects if project_policies.can_edit_issues(self.actor, project)]

    @property
    def without_sprint(self) -> list[Project]:
        """Scrum projects between two sprints: of these everything is shown, as on their own boards."""
        return [
            project
            for project in self.projects
            if project.template == Project.Template.SCRUM and project.pk not in self.sprints
        ]

    def project(self, project_id: int) -> Project:
        """One of its projects.

        :raises NotFound: if it shows none with this id
        """
        for project in self.projects:
            if project.pk == project_id:
                return project
        raise NotFound

    def project_of(self, card: Card) -> int:
        """Whose a card is."""
        return card.status.project_id

    def places_in(self, column: AcrossColumn) -> list[Project]:
        """The projects in which the reader may create an issue in a column."""
        return [project for project in self.editable if column.statuses_of(project)]

    @property
    def groupings(self) -> dict[str, str]:
        """By what it can be laid in lanes, with words for it."""
        return {value: str(label) for value, label in LANES}

    @property
    def grouping_name(self) -> str:
        """By what it is laid in lanes, in words."""
        return self.groupings[self.grouping]

    @property
    def has_lanes(self) -> bool:
        """Whether its issues are laid in lanes."""
        return self.grouping != AcrossBoard.Lanes.NONE

    def lane_of(self, card: Card) -> Lane:
        """The lane that a card is in."""
        return Lane(self.grouping, card.lane)

    def place_of(self, card: Card) -> Place:
        """Where a card stands among the others."""
        return (card.rank, card.id)

    def limited(self, lane: LaneView) -> LaneView:
        """A lane with the limits that projects have for it, each its own."""
        lane.limits = self.lane_limits.get(lane.lane, ())
        return lane

    @property
    def project_keys(self) -> list[str]:
        """What the projects are called in addresses."""
        return [project.key for project in self.projects]

    @property
    def shows(self) -> list[str]:
        """What its cards show."""
        return card_fields_besides(self.left_out)

    @property
    def done_since(self) -> date | None:
        """From which day on what is done is shown; None for ever."""
        return timezone.localdate() - timedelta(days=self.done_days) if self.done_days is not None else None

    @property
    def working(self) -> list[int]:
        """Which statuses mean work."""
        return [status.pk for status in self.statuses if status.category == Status.Category.IN_PROGRESS]

    def pace(self, card: Card) -> Pace | None:
        """How a card stands to what is usual in its project, where it takes longer than that."""
        return pace(card, self.usual.get(card.status.project_id))

    def column(self, column_id: int) -> AcrossColumn:
        """The column that this status belongs to: it was the column's first one when the page was drawn.

        :raises NotFound: if no column shows it
        """
        for column in self.columns:
            if column_id in column.status_ids:
                return column
        raise NotFound(_("This column is gone. Reload the board."))

    def is_fixed(self, card: Card) -> bool:
        """Whether the reader may look at a card, and not move it."""
        return not project_policies.can_edit_issues(self.actor, self.project(card.status.project_id))

    def closed_to(self, card: Card) -> list[int]:
        """The columns in which a card's project has no status, or none that the workflow lets the reader take it to."""
        project = self.project(card.status.project_id)
        workflow = self.workflows[project.pk]
        return [
            column.id
            for column in self.columns
            if not any(workflow.allows(self.actor, project, card, status.pk) for status in column.statuses_of(project))
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class AcrossName:
    """One of these boards, as a list of them shows it."""

    id: int
    name: str
    by: str
    by_name: str
    projects: list[Project]
    can_change: bool

    @property
    def project_keys(self) -> list[str]:
        """What the projects are called in addresses."""
        return [project.key for project in self.projects]
