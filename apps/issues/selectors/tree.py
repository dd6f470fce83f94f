"""What belongs to what: the children of an issue, how far they are, and what could hold an issue."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, Count, IntegerField, OuterRef, Q, Sum, Value, When
from django.utils import timezone

from apps.accounts.models import User
from apps.core.paging import read_values
from apps.core.tenancy import Actor
from apps.issues.models import Issue, IssueQuerySet
from apps.issues.selectors.visible import ISSUE_KEY, visible_issues
from apps.projects.models import IssueType, Project, Status

# As many children as an issue's page lists, and as many parents as are offered at once.
MOST_CHILDREN = 100
MOST_PARENTS = 20
EPICS_ON_A_PAGE = 50

ZERO = Decimal(0)
# Progress counts what is done and what is still to do. Cancelled work is neither, nor is work that was put into the
# archive before it was done.
DONE = Q(status__category=Status.Category.DONE)
TO_DO = ~Q(status__category__in=Status.CLOSED) & Q(archived_at__isnull=True)
_CATEGORIES = {
    "open": ~Q(status__category__in=Status.CLOSED),
    "done": Q(status__category__in=Status.CLOSED),
    "all": Q(),
}
EPICS_SHOWN = tuple(_CATEGORIES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How much of some work is done: issues, and the points of those that are estimated."""

    issues: int = 0
    done: int = 0
    points: Decimal = ZERO
    points_done: Decimal = ZERO

    @property
    def is_whole(self) -> bool:
        """Whether there is something, and nothing left of it."""
        return 0 < self.issues == self.done


NOTHING = Progress()


def measured(issues: IssueQuerySet, *, by: str) -> dict[int, Progress]:
    """How far issues are, for each value of a column of theirs: one query."""
    rows = (
        issues.order_by()
        .values_list(by)
        .annotate(
            done=Count("id", filter=DONE),
            to_do=Count("id", filter=TO_DO),
            points_done=Sum("points", filter=DONE),
            points_to_do=Sum("points", filter=TO_DO),
        )
    )
    return {
        key: Progress(
            issues=done + to_do,
            done=done,
            points=(points_done or ZERO) + (points_to_do or ZERO),
            points_done=points_done or ZERO,
        )
        for key, done, to_do, points_done, points_to_do in rows
    }


def progress_of(*, actor: Actor, parent_ids: Collection[int]) -> dict[int, Progress]:
    """How far the children of issues are, as far as the actor may know of them: one query.

    A child's own children are part of it and not counted again.
    """
    return measured(visible_issues(actor=actor).filter(parent__in=parent_ids), by="parent_id") if parent_ids else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Relative:
    """An issue as it is listed under its parent, or offered as one."""

    id: int
    key: str
    title: str
    type: IssueType
    status: Status
    assignee: User | None
    points: Decimal | None
    is_archived: bool


def relative(issue: Issue) -> Relative:
    """An issue as a line: read with its project, type, status and assignee."""
    return Relative(
        id=issue.pk,
        key=f"{issue.project.key}-{issue.number}",
        title=issue.title,
        type=issue.type,
        status=issue.status,
        assignee=issue.assignee,
        points=issue.points,
        is_archived=issue.archived_at is not None,
    )


_RELATED = ("project", "type", "status", "assignee")


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """The children of an issue: the first of them, whether there are more, how far all are, and of what types one more
    can be (none where it holds nothing)."""

    children: Sequence[Relative]
    has_more: bool
    progress: Progress
    types: Sequence[IssueType]


def family(*, actor: Actor, issue: Issue) -> Family | None:
    """The children of an issue that the actor may know of: three queries. None for sub-tasks, which hold nothing."""
    if issue.type.level == IssueType.Level.SUBTASK:
        return None
    rows = list(
        visible_issues(actor=actor)
        .filter(parent=issue)
        .select_related(*_RELATED)
        .order_by("rank", "id")[: MOST_CHILDREN + 1]
    )
    return Family(
        children=[relative(child) for child in rows[:MOST_CHILDREN]],
        has_more=len(rows) > MOST_CHILDREN,
        progress=progress_of(actor=actor, parent_ids=[issue.pk]).get(issue.pk, NOTHING),
        types=child_types(actor=actor, issue=issue),
    )


def count_children(*, actor: Actor, issue: Issue) -> int:
    """How many children of an issue there are for the actor."""
    return visible_issues(actor=actor).filter(parent=issue).count()


def child_types(*, actor: Actor, issue: Issue) -> list[IssueType]:
    """Of what types a child of an issue is made: those one level below it, in their order."""
    present = IssueType.objects.filter(org_id=actor.org_id, project_id=issue.project_id, retired_at__isnull=True)
    return list(present.filter(level=issue.type.level - 1).order_by("position", "id"))


def parent_choices(*, actor: Actor, issue: Issue, q: str = "") -> list[Relative]:
    """What could hold an issue, its own project's first and the nearest level before others: one query.

    Without words, what goes on in its project; with words, whatever the actor may know of.
    """
    found = (
        visible_issues(actor=actor)
        .alive()
        .filter(type__level__gt=issue.type.level, project__archived_at__isnull=True, project__deleted_at__isnull=True)
        .exclude(pk=issue.pk)
    )
    if not q.strip():
        found = found.filter(project_id=issue.project_id).exclude(status__category__in=Status.CLOSED)
    for word in q.split():
        text = Q(title__icontains=word)
        if key := ISSUE_KEY.fullmatch(word):
            text |= Q(project__key=key.group(1).upper(), number=int(key.group(2)))
        found = found.filter(text)
    is_elsewhere = Case(When(project_id=issue.project_id, then=Value(0)), default=Value(1), output_field=IntegerField())
    rows = found.select_related(*_RELATED).order_by(is_elsewhere, "type__level", "rank", "id")
    return [relative(each) for each in rows[:MOST_PARENTS]]


def with_parents(*, actor: Actor, issues: IssueQuerySet) -> IssueQuerySet:
    """Issues with what they belong to (`parent_titles`, for `cards`), where the actor may know of it: no query more."""
    parents = visible_issues(actor=actor).filter(pk=OuterRef("parent_id")).values("title")
    return issues.annotate(parent_titles=ArraySubquery(parents))


@dataclass(frozen=True, slots=True, kw_only=True)
class Epic:
    """An epic as the page of them shows it."""

    issue: Issue
    key: str
    is_closed: bool
    days_late: int
    progress: Progress


def days_late(end: date | None, *, is_over: bool) -> int:
    """By how many days an end was missed, where the reader is; 0 for what has none, is not there yet, or is over."""
    return 0 if end is None or is_over else max((timezone.localdate() - end).days, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class EpicPage:
    """Some epics of a project, and where the next page begins."""

    epics: Sequence[Epic]
    next_after: Sequence[Any] | None


def epic_page(
    *,
    actor: Actor,
    project: Project,
    shown: str = "open",
    after: Sequence[Any] | None = None,
    size: int = EPICS_ON_A_PAGE,
) -> EpicPage:
    """Epics of a project in their order, by keyset: two queries, however many there are.

    :param shown: one of `EPICS_SHOWN`; anything else is the first of them
    :raises Invalid: if the page mark is another order's
    """
    epics = (
        visible_issues(actor=actor)
        .alive()
        .filter(_CATEGORIES.get(shown, _CATEGORIES["open"]), project=project, type__level=IssueType.Level.EPIC)
        .select_related("type", "status", "assignee")
        .order_by("rank", "id")
    )
    if after is not None:
        (rank,) = read_values(after, [str])
        epics = epics.filter(rank__gt=rank)
    rows = list(epics[: size + 1])
    more, rows = len(rows) > size, rows[:size]
    progress = progress_of(actor=actor, parent_ids=[epic.pk for epic in rows])
    return EpicPage(
        epics=[
            Epic(
                issue=epic,
                key=f"{project.key}-{epic.number}",
                is_closed=epic.status.is_closed,
                days_late=days_late(epic.due_date, is_over=epic.status.is_closed),
                progress=progress.get(epic.pk, NOTHING),
            )
            for epic in rows
        ],
        next_after=[rows[-1].rank] if more else None,
    )
