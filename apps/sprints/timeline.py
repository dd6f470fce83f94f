"""Reading the timeline: what has dates, in the order of a tree, in a constant number of queries."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Case, CharField, Count, Max, Min, Q, QuerySet, Value, When
from django.db.models.functions import Collate, Concat, Greatest, Least
from django.utils import timezone

from apps.accounts.models import User
from apps.core.tenancy import Actor
from apps.issues.models import IssueQuerySet
from apps.issues.selectors import Filters, blocked_by_issues, blocking_links, visible_issues
from apps.projects.models import IssueType, Project, Status
from apps.projects.selectors import get_project
from apps.sprints.models import Sprint

FIRST_LINES = 60
# Of what has no dates yet, beside the timeline.
FIRST_UNDATED = 20
# As many bands as can be told apart.
MOST_SPRINTS = 200

_DATED = Q(start_date__isnull=False) | Q(due_date__isnull=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocking:
    """An issue that blocks another one, and the last day it is planned for."""

    id: int
    key: str
    end: date | None
    is_open: bool


@dataclass(slots=True, kw_only=True)
class Line:
    """An issue on the timeline. `span` is what its dated children cover, where it has no dates of its own."""

    id: int
    key: str
    title: str
    type: IssueType
    status: Status
    assignee: User | None
    version: int
    path: str
    depth: int
    parent_id: int | None
    has_children: bool
    start: date | None
    due: date | None
    span: tuple[date, date] | None
    is_overdue: bool
    blockers: list[Blocking] = field(default_factory=list)

    @property
    def days(self) -> int | None:
        """How many days it takes, the first and the last included; None unless both are known and in order."""
        if self.start is None or self.due is None or self.due < self.start:
            return None
        return (self.due - self.start).days + 1

    @property
    def is_reversed(self) -> bool:
        """Whether it would end before it starts."""
        return self.start is not None and self.due is not None and self.due < self.start

    @property
    def begins(self) -> date | None:
        """The first day that is planned for it."""
        return self.start or self.due

    @property
    def too_early(self) -> list[Blocking]:
        """What is open, blocks it, and ends only after it starts. It may start on the day on which the other ends."""
        if self.begins is None or self.status.is_closed:
            return []
        return [each for each in self.blockers if each.is_open and each.end is not None and self.begins < each.end]


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowed:
    """What the timeline is narrowed to: the filters of a list, and whether what is closed is left out."""

    filters: Filters
    only_open: bool = False

    @property
    def active(self) -> bool:
        """Whether anything is left out."""
        return self.filters.active or self.only_open

    def as_query(self) -> dict[str, str]:
        """As a query string's values, without the empty ones."""
        return self.filters.as_query() | ({"open": "1"} if self.only_open else {})

    def condition(self, actor: Actor, project: Project) -> Q:
        """The same as a condition on issues of the project."""
        condition = self.filters.condition(actor, project)
        return condition & ~Q(status__category__in=Status.CLOSED) if self.only_open else condition


@dataclass(frozen=True, slots=True, kw_only=True)
class Undated:
    """What is open and has no dates yet, in the order of the board."""

    id: int
    key: str
    title: str
    type: IssueType
    version: int
    rank: str


@dataclass(slots=True, kw_only=True)
class Timeline:
    """A project's timeline: where its log stood when it was read, its lines, what has no dates, its sprints.

    Totals count every issue that matches, shown or not.
    """

    project: Project
    stream: int
    seq: int
    lines: list[Line] = field(default_factory=list)
    next_after: str | None = None
    undated: list[Undated] = field(default_factory=list)
    undated_after: str | None = None
    sprints: Sequence[Sprint] = ()
    total: int = 0
    undated_total: int = 0


def get_timeline(*, actor: Actor, key: str) -> Timeline:
    """The timeline of a project, still empty: one query.

    The log's head is read first, so that what happens while the lines are read is replayed, not lost.

    :raises apps.projects.selectors.NoSuchProject: if the actor may not know of the project
    """
    project = get_project(actor=actor, key=key)
    return Timeline(project=project, stream=project.stream.pk, seq=project.stream.seq)


def fill(*, actor: Actor, timeline: Timeline, narrowed: Narrowed) -> Timeline:
    """Totals, the first lines, the first of what has no dates, and the sprints: six queries, for ten or thousands."""
    count(actor=actor, timeline=timeline, narrowed=narrowed)
    read_lines(actor=actor, timeline=timeline, narrowed=narrowed)
    read_undated(actor=actor, timeline=timeline, narrowed=narrowed)
    mine = Sprint.objects.filter(org_id=actor.org_id, project=timeline.project)
    with_dates = mine.filter(start_date__isnull=False, end_date__isnull=False)
    timeline.sprints = list(with_dates.order_by("-start_date", "id")[:MOST_SPRINTS])[::-1]
    return timeline


def _all(actor: Actor, project: Project) -> IssueQuerySet:
    return visible_issues(actor=actor).alive().filter(project=project)


def _dated(actor: Actor, project: Project, narrowed: Narrowed) -> IssueQuerySet:
    return _all(actor, project).filter(_DATED, narrowed.condition(actor, project))


def _without_dates(actor: Actor, project: Project, narrowed: Narrowed) -> IssueQuerySet:
    none = Q(start_date__isnull=True, due_date__isnull=True) & ~Q(status__category__in=Status.CLOSED)
    return _all(actor, project).filter(none, narrowed.condition(actor, project))


def count(*, actor: Actor, timeline: Timeline, narrowed: Narrowed) -> None:
    """The true totals: one query."""
    found = (
        _all(actor, timeline.project)
        .filter(narrowed.condition(actor, timeline.project))
        .aggregate(
            dated=Count("id", filter=_DATED),
            undated=Count("id", filter=~_DATED & ~Q(status__category__in=Status.CLOSED)),
        )
    )
    timeline.total, timeline.undated_total = found["dated"], found["undated"]


def _above(prefix: str, project: Project) -> Q:
    """That a relation leads to an issue that the timeline can show as well."""
    return Q(
        **{
            f"{prefix}__project": project,
            f"{prefix}__deleted_at__isnull": True,
            f"{prefix}__archived_at__isnull": True,
        }
    )


def _lines(actor: Actor, project: Project, narrowed: Narrowed) -> QuerySet[Any]:
    """Everything with dates that matches, and what it belongs to, in the order of the tree.

    The path of a line is the ranks of what it belongs to and its own, from the top: compared byte by byte, a parent
    comes right before its children. Epics and what is in them come first.
    """
    dated = _dated(actor, project, narrowed)
    has_parent = _above("parent", project)
    has_grandparent = has_parent & _above("parent__parent", project)
    blank = Value(" ")

    def path(top: str, *parts: Any) -> Concat:
        level = f"{top}__level" if top == "type" else f"{top}__type__level"
        group = Case(When(**{level: IssueType.Level.EPIC}, then=Value("0")), default=Value("1"))
        return Concat(group, *parts, output_field=CharField())

    return (
        _all(actor, project)
        .filter(
            Q(pk__in=dated.values("pk"))
            | Q(pk__in=dated.filter(parent__isnull=False).values("parent_id"))
            | Q(pk__in=dated.filter(has_parent, parent__parent__isnull=False).values("parent__parent_id"))
        )
        .select_related("type", "status", "assignee", "parent")
        .annotate(
            path=Collate(
                Case(
                    When(
                        has_grandparent,
                        then=path("parent__parent", "parent__parent__rank", blank, "parent__rank", blank, "rank"),
                    ),
                    When(has_parent, then=path("parent", "parent__rank", blank, "rank")),
                    default=path("type", "rank"),
                    output_field=CharField(),
                ),
                "C",
            ),
            depth=Case(When(has_grandparent, then=Value(2)), When(has_parent, then=Value(1)), default=Value(0)),
        )
        .order_by("path")
    )


def _spans(actor: Actor, project: Project, narrowed: Narrowed, ids: Collection[int]) -> dict[int, tuple[date, date]]:
    """From when to when goes what belongs to some issues, directly or through one between them; none where nothing has
    dates. One query."""
    has_parent = _above("parent", project)
    rows = (
        _dated(actor, project, narrowed)
        .filter(Q(parent_id__in=ids) | (Q(parent__parent_id__in=ids) & has_parent))
        .order_by()
        .values_list("parent_id", "parent__parent_id")
        .annotate(first=Min(Least("start_date", "due_date")), last=Max(Greatest("start_date", "due_date")))
    )
    found: dict[int, tuple[date, date]] = {}
    for parent_id, grandparent_id, first, last in rows:
        for top in (parent_id, grandparent_id):
            if top is not None:
                begun, ended = found.get(top, (first, last))
                found[top] = (min(begun, first), max(ended, last))
    return found


def _as_lines(actor: Actor, project: Project, narrowed: Narrowed, rows: Iterable[Any]) -> list[Line]:
    """Rows as lines, with what belongs to them and what blocks them: two queries more."""
    rows = list(rows)
    spans = _spans(actor, project, narrowed, [row.pk for row in rows])
    today = timezone.localdate()
    lines = {
        row.pk: Line(
            id=row.pk,
            key=f"{project.key}-{row.number}",
            title=row.title,
            type=row.type,
            status=row.status,
            assignee=row.assignee,
            version=row.version,
            path=row.path,
            depth=row.depth,
            parent_id=row.parent_id if row.depth else None,
            has_children=row.pk in spans,
            start=row.start_date,
            due=row.due_date,
            span=spans.get(row.pk),
            is_overdue=row.due_date is not None and row.due_date < today and not row.status.is_closed,
        )
        for row in rows
    }
    for target_id, blocker in blocking_links(actor=actor, issue_ids=lines):
        lines[target_id].blockers.append(
            Blocking(
                id=blocker.pk,
                key=f"{blocker.project.key}-{blocker.number}",
                end=max((day for day in (blocker.start_date, blocker.due_date) if day is not None), default=None),
                is_open=not blocker.status.is_closed,
            )
        )
    return list(lines.values())


def read_lines(*, actor: Actor, timeline: Timeline, narrowed: Narrowed, after: str = "") -> None:
    """A page of lines, from the top or behind a path: three queries."""
    rows = _lines(actor, timeline.project, narrowed)
    if after:
        rows = rows.filter(path__gt=after)
    timeline.lines = _as_lines(actor, timeline.project, narrowed, rows[: FIRST_LINES + 1])
    if len(timeline.lines) > FIRST_LINES:
        del timeline.lines[FIRST_LINES:]
        timeline.next_after = timeline.lines[-1].path


def read_undated(*, actor: Actor, timeline: Timeline, narrowed: Narrowed, after: str = "") -> None:
    """A page of what has no dates yet: one query."""
    rows = _without_dates(actor, timeline.project, narrowed).select_related("type")
    if after:
        rows = rows.filter(rank__gt=after)
    timeline.undated = [
        Undated(
            id=row.pk,
            key=f"{timeline.project.key}-{row.number}",
            title=row.title,
            type=row.type,
            version=row.version,
            rank=row.rank,
        )
        for row in rows.order_by("rank")[: FIRST_UNDATED + 1]
    ]
    if len(timeline.undated) > FIRST_UNDATED:
        del timeline.undated[FIRST_UNDATED:]
        timeline.undated_after = timeline.undated[-1].rank


def lines_by_id(*, actor: Actor, timeline: Timeline, narrowed: Narrowed, ids: Collection[int]) -> None:
    """Those lines that show some issues, and all others that a change of these could have changed: what they belong
    to, and what they block."""
    touched = blocked_by_issues(actor=actor, issue_ids=ids)
    mine = visible_issues(actor=actor).filter(pk__in=ids)
    timeline.lines = _as_lines(
        actor,
        timeline.project,
        narrowed,
        _lines(actor, timeline.project, narrowed).filter(
            Q(pk__in=[*ids, *touched])
            | Q(pk__in=mine.filter(parent__isnull=False).values("parent_id"))
            | Q(pk__in=mine.filter(parent__parent__isnull=False).values("parent__parent_id"))
        ),
    )
