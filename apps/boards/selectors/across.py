"""Boards over several projects: each reader sees those of its projects that they may see, or nothing of it at all."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Count, Q, Subquery, Sum
from django.utils.translation import gettext as _

from apps.boards import policies
from apps.boards.models import AcrossBoard, AcrossProject
from apps.core.errors import NotFound
from apps.core.tenancy import Actor
from apps.events.models import Stream
from apps.issues.models import Issue, IssueQuerySet
from apps.issues.selectors import (
    Card,
    NoSuchIssue,
    TransitionRefused,
    Way,
    Workflow,
    cards,
    split_key,
    text_condition,
    visible_issues,
    ways_from,
    with_blockers,
    with_entry,
    with_parents,
)
from apps.projects import policies as project_policies
from apps.projects.models import Label, Project, Status, Transition
from apps.projects.selectors import visible_projects
from apps.sprints.models import Sprint

FIRST_CARDS = 30
# What a column can stand for, with words for it.
COLUMNS_BY = AcrossBoard.By.choices
# The categories that have columns, from left to right. Backlog and cancelled are off the board, as they are on others.
_ON_BOARD = (Status.Category.TODO, Status.Category.IN_PROGRESS, Status.Category.DONE)

# Where a card stands among those of all projects: ranks are each project's own, and may be equal.
Place = tuple[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class AcrossFilters:
    """What such a board is narrowed to; every part is optional."""

    q: str = ""
    mine: bool = False
    assignee: int | None = None
    project: int | None = None

    @property
    def active(self) -> bool:
        """Whether anything is left out."""
        return self != AcrossFilters()

    @classmethod
    def read(cls, values: Mapping[str, str]) -> "AcrossFilters":
        """From a query string. What makes no sense is ignored, as an old bookmark should still open."""

        def number(name: str) -> int | None:
            text = values.get(name, "")
            return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None

        return cls(
            q=values.get("q", "").replace("\x00", "").strip()[:200],
            mine=values.get("mine") == "1",
            assignee=number("assignee"),
            project=number("project"),
        )

    def as_query(self) -> dict[str, str]:
        """The filters as a query string's values, without the empty ones."""
        values = {
            "q": self.q,
            "mine": "1" if self.mine else "",
            "assignee": str(self.assignee or ""),
            "project": str(self.project or ""),
        }
        return {name: value for name, value in values.items() if value}

    def condition(self, actor: Actor, projects: Iterable[Project]) -> Q:
        """The filters as a condition on issues of these projects."""
        condition = text_condition(self.q, {project.key: project.pk for project in projects})
        if self.mine:
            condition &= Q(assignee_id=actor.user_id)
        if self.assignee is not None:
            condition &= Q(assignee_id=self.assignee)
        if self.project is not None:
            condition &= Q(project_id=self.project)
        return condition


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
        """One of its projects."""
        return next(project for project in self.projects if project.pk == project_id)

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
    by_name: str
    projects: list[Project]
    can_change: bool


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
    names = [
        AcrossName(
            id=board.pk,
            name=board.name,
            by_name=board.get_by_display(),
            projects=on[board.pk],
            can_change=policies.can_change(actor, board),
        )
        for board in found
        if on[board.pk]
    ]
    return [name for name in names if name.can_change] if is_deleted else names


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
    board = (
        _boards(actor)
        .annotate(stream_id=Subquery(stream.values("pk")[:1]), seq=Subquery(stream.values("seq")[:1]))
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
    for project_id, sprint_id in active.order_by("pk").values_list("project_id", "pk"):
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
            (status.category, " ".join(name.split()).casefold()),
            AcrossColumn(id=status.pk, name=name, category=status.category, statuses=[]),
        )
        column.statuses.append(status)
    return sorted(columns.values(), key=lambda column: _ON_BOARD.index(Status.Category(column.category)))


def _of(actor: Actor, view: AcrossView, project: Project, filters: AcrossFilters) -> IssueQuerySet:
    """What the board shows of one project: of a Scrum project the issues of its active sprints."""
    sprints = view.sprints.get(project.pk)
    scope = Q(sprint_id__in=sprints) if sprints else Q()
    issues = visible_issues(actor=actor).alive().filter(scope, project=project)
    return issues.filter(filters.condition(actor, view.projects))


def _matching(actor: Actor, view: AcrossView, filters: AcrossFilters) -> IssueQuerySet:
    """What the board shows of all its projects, in whichever status."""
    free = [project.pk for project in view.projects if project.pk not in view.sprints]
    scope = [Q(project_id=project_id, sprint_id__in=found) for project_id, found in view.sprints.items()]
    issues = visible_issues(actor=actor).alive()
    return issues.filter(reduce(or_, scope, Q(project_id__in=free))).filter(filters.condition(actor, view.projects))


def _first_ids(
    actor: Actor,
    view: AcrossView,
    columns: Iterable[AcrossColumn],
    *,
    filters: AcrossFilters,
    count: int,
    after: Place | None = None,
) -> dict[int, list[int]]:
    """The ids of the first cards of columns, by the columns' ids: one query.

    Each part of it, one status, stops at its last row of the index; what is read are places, not cards.
    """
    beyond = Q() if after is None else Q(rank__gte=after[0]) & (Q(rank__gt=after[0]) | Q(id__gt=after[1]))
    by_project = {project.pk: _of(actor, view, project, filters).filter(beyond) for project in view.projects}
    column_of = {status.pk: column for column in columns for status in column.statuses}
    parts = [
        by_project[status.project_id]
        .filter(status_id=status.pk)
        .order_by("rank", "id")
        .values_list("rank", "id", "status_id")[:count]
        for column in columns
        for status in column.statuses
    ]
    if not parts:
        return {}
    places: dict[int, list[Place]] = defaultdict(list)
    for rank, pk, status_id in parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]:
        places[column_of[status_id].id].append((rank, pk))
    return {column_id: [pk for _rank, pk in sorted(found)[:count]] for column_id, found in places.items()}


def _as_cards(actor: Actor, view: AcrossView, issues: IssueQuerySet) -> list[Card]:
    """Issues as cards, in the order of the board: two queries, whatever the number of projects."""
    issues = with_parents(actor=actor, issues=with_blockers(actor=actor, issues=issues.as_cards()))
    groups = [column.status_ids for column in view.columns if len(column.status_ids) > 1]
    if groups:
        issues = with_entry(issues, groups=groups)
    labels = list(Label.objects.filter(org_id=actor.org_id, project__in=view.projects))
    found: dict[int, list[Issue]] = defaultdict(list)
    for issue in issues:
        found[issue.project_id].append(issue)
    made = [
        card for project in view.projects for card in cards(project=project, issues=found[project.pk], labels=labels)
    ]
    return sorted(made, key=lambda card: (card.rank, card.id))


def fill_across(*, actor: Actor, view: AcrossView, filters: AcrossFilters) -> AcrossView:
    """True totals and the first cards of every column: four queries, for ten cards and for a thousand."""
    count_across(actor=actor, view=view, filters=filters)
    ids = _first_ids(actor, view, view.columns, filters=filters, count=FIRST_CARDS)
    wanted = [pk for found in ids.values() for pk in found]
    column_of = {status.pk: column for column in view.columns for status in column.statuses}
    for card in _as_cards(actor, view, visible_issues(actor=actor).filter(pk__in=wanted)):
        column_of[card.status_id].cards.append(card)
    for column in view.columns:
        if column.total > len(column.cards) and column.cards:
            column.next_after = (column.cards[-1].rank, column.cards[-1].id)
    return view


def count_across(*, actor: Actor, view: AcrossView, filters: AcrossFilters) -> AcrossView:
    """True totals of every column: one query."""
    column_of = {status.pk: column for column in view.columns for status in column.statuses}
    rows = (
        _matching(actor, view, filters)
        .filter(status_id__in=column_of)
        .values_list("status_id")
        .annotate(total=Count("id"), points=Sum("points"))
    )
    for status_id, total, points in rows:
        column_of[status_id].total += total
        column_of[status_id].points += points or 0
    return view


def across_page(
    *, actor: Actor, view: AcrossView, column_id: int, filters: AcrossFilters, after: Place
) -> AcrossColumn:
    """The next cards of a column, behind a place.

    :raises NotFound: if the board has no such column
    """
    column = view.column(column_id)
    ids = _first_ids(actor, view, [column], filters=filters, count=FIRST_CARDS + 1, after=after).get(column.id, [])
    wanted = visible_issues(actor=actor).filter(pk__in=ids[:FIRST_CARDS])
    column.cards = _as_cards(actor, view, wanted)
    is_more = len(ids) > FIRST_CARDS and column.cards
    column.next_after = (column.cards[-1].rank, column.cards[-1].id) if is_more else None
    return column


def across_cards(*, actor: Actor, view: AcrossView, filters: AcrossFilters, ids: Collection[int]) -> list[Card]:
    """Those of some issues that are on the board now and match the filters."""
    shown = [status.pk for column in view.columns for status in column.statuses]
    issues = _matching(actor, view, filters).filter(pk__in=ids, status_id__in=shown)
    return _as_cards(actor, view, issues)


def get_issues_across(*, actor: Actor, view: AcrossView, issue_ids: Collection[int]) -> dict[int, Issue]:
    """Issues of the board's projects by their ids, with status and project: one query.

    :raises apps.issues.selectors.NoSuchIssue: if one of them is not there
    """
    found = visible_issues(actor=actor).filter(project__in=view.projects, pk__in=issue_ids).select_related("status")
    issues = {issue.pk: issue for issue in found}
    if len(issues) != len(set(issue_ids)):
        raise NoSuchIssue
    for issue in issues.values():
        issue.project = view.project(issue.project_id)
    return issues


def get_issue_across(*, actor: Actor, view: AcrossView, key: str) -> Issue:
    """An issue of one of the board's projects by its key.

    :raises apps.issues.selectors.NoSuchIssue: if there is none
    """
    project_key, number = split_key(key)
    found = visible_issues(actor=actor).filter(project__in=view.projects, project__key=project_key, number=number)
    issue = found.select_related("status").first()
    if issue is None:
        raise NoSuchIssue
    issue.project = view.project(issue.project_id)
    return issue


def landing_statuses(*, view: AcrossView, column_id: int, project: Project) -> list[Status]:
    """The statuses that a card of the project may get in a column, the one for newcomers first.

    :raises NotFound: if the column is gone
    :raises apps.issues.selectors.TransitionRefused: if the project has no status there
    """
    column = view.column(column_id)
    statuses = column.statuses_of(project)
    if not statuses:
        raise TransitionRefused(_no_status(project, column), field="column")
    return statuses


def _no_status(project: Project, column: AcrossColumn) -> str:
    return _("%(project)s has no status that belongs into “%(column)s”.") % {
        "project": project.name,
        "column": column.name,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnWay:
    """A column that a card could go to: `way` is to which status, or why not; without one its project has none."""

    column: AcrossColumn
    refused: str
    status: Status | None
    is_here: bool


def column_ways(*, actor: Actor, view: AcrossView, issue: Issue) -> list[ColumnWay]:
    """Every column of the board, and for those that are closed to the issue why: no query."""
    own = [status for status in view.statuses if status.project_id == issue.project_id]
    ways = {
        way.status.pk: way
        for way in ways_from(actor=actor, issue=issue, statuses=own, workflow=view.workflows[issue.project_id])
    }
    found = []
    for column in view.columns:
        there = [ways[status.pk] for status in column.statuses_of(issue.project)]
        way: Way | None = next((each for each in there if not each.refused), there[0] if there else None)
        found.append(
            ColumnWay(
                column=column,
                refused=way.refused if way is not None else _no_status(issue.project, column),
                status=way.status if way is not None else None,
                is_here=issue.status_id in column.status_ids,
            )
        )
    return found
