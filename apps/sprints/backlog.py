"""Reading the backlog: the open sprints and what is in none of them, in a constant number of queries."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import Count, Q, Sum

from apps.accounts.models import User
from apps.core.errors import NotFound
from apps.core.tenancy import Actor
from apps.issues.models import IssueQuerySet
from apps.issues.selectors import (
    MOST_EPICS,
    NOTHING,
    PRIORITY_CHOICES,
    PRIORITY_NAMES,
    Card,
    Filters,
    cards,
    progress_of,
    visible_issues,
)
from apps.projects.models import IssueType, Label, Project, Status
from apps.projects.selectors import assignable_people, get_project, list_labels, list_types_for_new
from apps.sprints.cells import Vocabulary
from apps.sprints.models import Capacity, Sprint
from apps.sprints.reports import ZERO

FIRST_ROWS = 30
# The id of the section for what is in no sprint.
UNPLANNED = 0

# What other trackers call a priority.
_OTHER_PRIORITIES = {"highest": 4, "critical": 4, "blocker": 4, "major": 3, "normal": 2, "minor": 1, "lowest": 1}
_OPEN_SPRINTS = (Sprint.State.ACTIVE, Sprint.State.PLANNED)
_UNPLANNED = Q(sprint__isnull=True) & ~Q(status__category__in=Status.CLOSED) & Q(type__level__lt=IssueType.Level.EPIC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What somebody (None: nobody) has in a sprint, and how much they take on, if that is known."""

    person: User | None
    points: Decimal
    issues: int
    capacity: Decimal | None = None

    @property
    def is_over(self) -> bool:
        """Whether they have more than they take on."""
        return self.capacity is not None and self.points > self.capacity


@dataclass(slots=True, kw_only=True)
class Section:
    """The issues of an open sprint, or without one those that are planned for none.

    Totals count every issue that matches, shown or not. The load is that of everything, whatever is filtered.
    """

    sprint: Sprint | None
    total: int = 0
    points: Decimal = ZERO
    done: Decimal = ZERO
    load: list[Load] = field(default_factory=list)
    rows: list[Card] = field(default_factory=list)
    next_after: str | None = None

    @property
    def id(self) -> int:
        """The sprint's id, or `UNPLANNED`."""
        return self.sprint.pk if self.sprint is not None else UNPLANNED


@dataclass(frozen=True, slots=True, kw_only=True)
class Epic:
    """An open epic, with what belongs to it."""

    id: int
    key: str
    title: str
    type: IssueType
    issues: int
    done: int
    points: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class BacklogFilters:
    """What the page is narrowed to: the filters of a list, and an epic (0: what belongs to nothing)."""

    filters: Filters
    epic: int | None = None

    @property
    def active(self) -> bool:
        """Whether anything is left out."""
        return self.filters.active or self.epic is not None

    def as_query(self) -> dict[str, str]:
        """As a query string's values, without the empty ones."""
        return self.filters.as_query() | ({"epic": str(self.epic)} if self.epic is not None else {})

    def condition(self, actor: Actor, project: Project) -> Q:
        """The same as a condition on issues of the project."""
        condition = self.filters.condition(actor, project)
        if self.epic is None:
            return condition
        return condition & (Q(parent_id=self.epic) if self.epic else Q(parent_id__isnull=True))


@dataclass(slots=True, kw_only=True)
class Backlog:
    """A project's backlog: where its log stood when it was read, its sections (the active sprints first), its epics."""

    project: Project
    stream: int
    seq: int
    sections: list[Section]
    epics: list[Epic] = field(default_factory=list)

    def section(self, section_id: int) -> Section:
        """One of its sections.

        :raises NotFound: if there is none with this id
        """
        found = next((section for section in self.sections if section.id == section_id), None)
        if found is None:
            raise NotFound
        return found


def get_backlog(*, actor: Actor, key: str) -> Backlog:
    """The backlog of a project, its sections still empty: two queries.

    The log's head is read first, so that what happens while the rows are read is replayed, not lost.

    :raises apps.projects.selectors.NoSuchProject: if the actor may not know of the project
    """
    project = get_project(actor=actor, key=key)
    mine = Sprint.objects.filter(org_id=actor.org_id, project=project, state__in=_OPEN_SPRINTS)
    sprints = sorted(mine.order_by("start_date", "id"), key=lambda sprint: (sprint.state != Sprint.State.ACTIVE,))
    return Backlog(
        project=project,
        stream=project.stream.pk,
        seq=project.stream.seq,
        sections=[*(Section(sprint=sprint) for sprint in sprints), Section(sprint=None)],
    )


def _shown(actor: Actor, backlog: Backlog) -> IssueQuerySet:
    """Everything that the page is about."""
    planned = [section.sprint for section in backlog.sections if section.sprint is not None]
    return visible_issues(actor=actor).alive().filter(Q(sprint__in=planned) | _UNPLANNED, project=backlog.project)


def _of(section: Section) -> Q:
    return Q(sprint=section.sprint) if section.sprint is not None else _UNPLANNED


def fill(*, actor: Actor, backlog: Backlog, narrowed: BacklogFilters, labels: Iterable[Label]) -> Backlog:
    """Totals and the first rows of every section, and the epics: seven queries, for ten issues and for ten thousand."""
    count(actor=actor, backlog=backlog, narrowed=narrowed)
    matching = (
        visible_issues(actor=actor)
        .alive()
        .filter(narrowed.condition(actor, backlog.project), project=backlog.project)
        .as_cards()
    )
    firsts = [matching.filter(_of(section)).order_by("rank", "id")[: FIRST_ROWS + 1] for section in backlog.sections]
    rows = firsts[0].union(*firsts[1:], all=True) if len(firsts) > 1 else firsts[0]
    for card in cards(project=backlog.project, issues=rows, labels=labels):
        backlog.section(card.sprint_id or UNPLANNED).rows.append(card)
    for section in backlog.sections:
        _cut(section)
    return backlog


def _cut(section: Section) -> None:
    """Keep a page of the rows that were read, and where the next one begins."""
    section.next_after = section.rows[FIRST_ROWS - 1].rank if len(section.rows) > FIRST_ROWS else None
    del section.rows[FIRST_ROWS:]


def count(*, actor: Actor, backlog: Backlog, narrowed: BacklogFilters) -> Backlog:
    """True totals of every section, what each person has in the sprints, and the epics: five queries at most."""
    condition = narrowed.condition(actor, backlog.project) if narrowed.active else Q()
    matching = Q(pk__in=_shown(actor, backlog).filter(condition).values("pk")) if narrowed.active else None
    rows = list(
        _shown(actor, backlog)
        .order_by()
        .values_list("sprint_id", "assignee_id")
        .annotate(
            inside=Count("id"),
            inside_points=Sum("points"),
            matching=Count("id", filter=matching),
            matching_points=Sum("points", filter=matching),
            done_points=Sum("points", filter=Q(status__category=Status.Category.DONE)),
        )
    )
    capacities = {
        (sprint_id, user_id): capacity
        for sprint_id, user_id, capacity in Capacity.objects.filter(
            sprint__in=[section.sprint for section in backlog.sections if section.sprint is not None]
        ).values_list("sprint_id", "user_id", "points")
    }
    named = {assignee_id for sprint_id, assignee_id, *_sums in rows if sprint_id and assignee_id}
    named |= {user_id for _sprint_id, user_id in capacities}
    people = User.objects.in_bulk(named) if named else {}
    for sprint_id, assignee_id, inside, load, total, points, done in rows:
        section = backlog.section(sprint_id or UNPLANNED)
        section.total += total
        section.points += points or ZERO
        section.done += done or ZERO
        if sprint_id:
            person = people.get(assignee_id) if assignee_id else None
            capacity = capacities.pop((sprint_id, assignee_id), None)
            section.load.append(Load(person=person, points=load or ZERO, issues=inside, capacity=capacity))
    for (sprint_id, user_id), capacity in capacities.items():  # of those who have nothing in it yet
        idle = Load(person=people[user_id], points=ZERO, issues=0, capacity=capacity)
        backlog.section(sprint_id).load.append(idle)
    for section in backlog.sections:
        section.load.sort(key=lambda load: (load.person is None, load.person.name if load.person else ""))
    backlog.epics = _epics(actor, backlog.project)
    return backlog


def _epics(actor: Actor, project: Project) -> list[Epic]:
    rows = list(
        visible_issues(actor=actor)
        .alive()
        .filter(project=project, type__level=IssueType.Level.EPIC)
        .exclude(status__category__in=Status.CLOSED)
        .select_related("type")
        .order_by("rank", "id")[:MOST_EPICS]
    )
    progress = progress_of(actor=actor, parent_ids=[epic.pk for epic in rows])
    found = ((epic, progress.get(epic.pk, NOTHING)) for epic in rows)
    return [
        Epic(
            id=epic.pk,
            key=f"{project.key}-{epic.number}",
            title=epic.title,
            type=epic.type,
            issues=inside.issues,
            done=inside.done,
            points=inside.points,
        )
        for epic, inside in found
    ]


def vocabulary(*, actor: Actor, project: Project) -> Vocabulary:
    """What the words in pasted cells can mean in a project: three queries."""
    priorities = {str(name).casefold(): number for number, name in PRIORITY_CHOICES}
    priorities |= {name: number for number, name in PRIORITY_NAMES.items()}
    people = list(assignable_people(actor=actor, project=project))
    names = Counter(person.name.casefold() for person in people)
    return Vocabulary(
        types={each.name.casefold(): each.pk for each in list_types_for_new(actor=actor, project=project)},
        priorities=_OTHER_PRIORITIES | priorities,
        # A name that two people have means neither.
        people={person.name.casefold(): person.pk for person in people if names[person.name.casefold()] == 1}
        | {person.email.casefold(): person.pk for person in people},
        labels={label.name.casefold(): label.pk for label in list_labels(actor=actor, project=project)},
    )


def parents_of(*, actor: Actor, rows: Iterable[Card]) -> dict[int, str]:
    """What the issues that these belong to are called, as far as the actor may see them, by id: one query."""
    wanted = {row.parent_id for row in rows if row.parent_id is not None}
    return dict(visible_issues(actor=actor).filter(pk__in=wanted).values_list("pk", "title")) if wanted else {}


def section_page(*, actor: Actor, backlog: Backlog, section_id: int, narrowed: BacklogFilters, after: str) -> Section:
    """The next rows of a section, below a rank.

    :raises NotFound: if the backlog has no such section
    """
    section = backlog.section(section_id)
    rows = (
        visible_issues(actor=actor)
        .alive()
        .filter(narrowed.condition(actor, backlog.project), _of(section), project=backlog.project, rank__gt=after)
        .as_cards()
        .order_by("rank", "id")[: FIRST_ROWS + 1]
    )
    section.rows = cards(project=backlog.project, issues=rows)
    _cut(section)
    return section


def rows_by_id(*, actor: Actor, backlog: Backlog, narrowed: BacklogFilters, ids: Collection[int]) -> list[Card]:
    """Those of some issues that the page shows now and that match."""
    found = _shown(actor, backlog).filter(narrowed.condition(actor, backlog.project), pk__in=ids)
    return cards(project=backlog.project, issues=found.as_cards().order_by("rank", "id"))
