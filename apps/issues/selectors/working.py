"""The work log: what an issue took so far and may still take, with what belongs to it, and who logged what."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from django.db.models import Q, Sum
from django.utils.translation import gettext as _

from apps.core.durations import in_hours
from apps.core.errors import NotFound
from apps.core.paging import Page, read_values
from apps.core.tenancy import Actor
from apps.issues.models import Issue, WorkLog
from apps.issues.selectors.tree import TO_DO
from apps.issues.selectors.visible import visible_issues
from apps.projects import policies
from apps.projects.models import IssueType, Status

if TYPE_CHECKING:
    from django.db.models import QuerySet

    WorkLogs = QuerySet[WorkLog]

# As many entries as an issue shows without being asked, and as a page of them has.
LATEST_ENTRIES = 5
ENTRIES_ON_A_PAGE = 50


class NoSuchWork(NotFound):
    """No entry with this id, or not for this person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """What some work was estimated to take, took so far, and may still take, in minutes."""

    estimate: int | None = None
    spent: int = 0
    remaining: int | None = None

    @property
    def over(self) -> int:
        """By how much it takes longer than it was estimated to, as far as anybody knows."""
        return max(0, self.spent + (self.remaining or 0) - self.estimate) if self.estimate is not None else 0

    @property
    def whole(self) -> int:
        """How long the bar is that shows all of it."""
        return max(self.spent + (self.remaining or 0), self.estimate or 0)

    @property
    def is_nothing(self) -> bool:
        """Whether nothing is said yet."""
        return not self.spent and self.estimate is None and self.remaining is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """An issue's own times, those with everything in it (none where it holds nothing), and its latest entries."""

    own: Times
    together: Times | None
    entries: Sequence[WorkLog]
    has_more: bool
    changeable: frozenset[int]


def times_of(issue: Issue) -> Times:
    """An issue's own."""
    return Times(estimate=issue.time_estimate, spent=issue.time_spent, remaining=issue.time_remaining)


def times_together(*, actor: Actor, issue: Issue) -> Times | None:
    """What an issue and everything in it take, as far as the actor may see it: one query. None where it holds nothing.

    What was spent counts whatever became of an issue. An estimate counts unless it was cancelled or put into the
    archive undone, and what remains while it is open.
    """
    mine = visible_issues(actor=actor)
    around = mine.filter(Q(pk=issue.pk) | Q(parent=issue)).values("pk")
    counted = TO_DO | Q(status__category=Status.Category.DONE)
    found = (
        mine.filter(Q(pk=issue.pk) | Q(parent__in=around))
        .order_by()
        .aggregate(
            estimate=Sum("time_estimate", filter=counted),
            spent=Sum("time_spent"),
            remaining=Sum("time_remaining", filter=TO_DO),
            children=Sum(1, filter=~Q(pk=issue.pk)),
        )
    )
    if not found.pop("children"):
        return None
    return Times(**found | {"spent": found["spent"] or 0})


def work_of(*, actor: Actor, issue: Issue) -> Work | None:
    """What an issue's page shows of its time: two queries at most. None where the project does not track it."""
    if not issue.project.has_time_tracking:
        return None
    rows = _rows(actor, issue)[: LATEST_ENTRIES + 1]
    entries = _with_issue(rows, issue)
    holds = issue.type.level > IssueType.Level.SUBTASK
    return Work(
        own=times_of(issue),
        together=times_together(actor=actor, issue=issue) if holds else None,
        entries=entries[:LATEST_ENTRIES],
        has_more=len(entries) > LATEST_ENTRIES,
        changeable=changeable_among(actor=actor, entries=entries),
    )


def _rows(actor: Actor, issue: Issue) -> "WorkLogs":
    present = WorkLog.objects.filter(org_id=actor.org_id, issue=issue, deleted_at__isnull=True)
    return present.select_related("person").order_by("-day", "-id")


def _with_issue(rows: "WorkLogs", issue: Issue) -> list[WorkLog]:
    entries = list(rows)
    for entry in entries:
        entry.issue = issue
    return entries


def changeable_among(*, actor: Actor, entries: Sequence[WorkLog]) -> frozenset[int]:
    """The ids of those entries that the actor may change and take away."""
    return frozenset(entry.pk for entry in entries if can_change_work(actor, entry))


def can_change_work(actor: Actor, entry: WorkLog) -> bool:
    """Whether the actor may change an entry, take it away or bring it back: their own, or as an admin anybody's."""
    project = entry.issue.project
    is_own = entry.person_id == actor.user_id
    return policies.can_edit_issues(actor, project) and (is_own or policies.can_moderate(actor, project))


def work_page(
    *,
    actor: Actor,
    issue: Issue,
    after: Sequence[object] | None = None,
    before: Sequence[object] | None = None,
    size: int = ENTRIES_ON_A_PAGE,
) -> Page[WorkLog]:
    """Entries of an issue, the latest day first: those after, or before, the one with the given day and id.

    :raises NoSuchWork: where the project does not track time
    :raises apps.core.errors.Invalid: if the mark is none of this order's
    """
    if not issue.project.has_time_tracking:
        raise NoSuchWork
    rows = _rows(actor, issue)
    mark = after if after is not None else before
    if mark is not None:
        day, pk = read_values(mark, [date.fromisoformat, int])
        if after is not None:
            rows = rows.filter(Q(day__lt=day) | Q(day=day, pk__lt=pk))
        else:
            rows = rows.filter(Q(day__gt=day) | Q(day=day, pk__gt=pk)).reverse()
    entries = _with_issue(rows[: size + 1], issue)
    has_more = len(entries) > size
    entries = entries[:size]
    if before is not None:
        entries.reverse()
    if not entries:
        return Page(entries)
    first, last = entries[0], entries[-1]
    has_next = has_more or before is not None
    has_previous = has_more if before is not None else after is not None
    return Page(
        entries,
        [last.day.isoformat(), last.pk] if has_next else None,
        [first.day.isoformat(), first.pk] if has_previous else None,
    )


def get_work(*, actor: Actor, issue: Issue, work_id: int, is_removed: bool = False) -> WorkLog:
    """An entry of an issue that the actor has fetched already.

    :param is_removed: one that was taken away, instead of one that is there
    :raises NoSuchWork: if the issue has none with this id
    """
    rows = WorkLog.objects.filter(org_id=actor.org_id, issue=issue, deleted_at__isnull=not is_removed)
    found = rows.select_related("person").filter(pk=work_id).first()
    if found is None:
        raise NoSuchWork
    found.issue = issue
    return found


def own_work(*, actor: Actor, issue: Issue, day: date | None = None) -> "WorkLogs":
    """What the actor logged on an issue, perhaps on one day alone, the newest first."""
    mine = _rows(actor, issue).filter(person_id=actor.user_id)
    return mine if day is None else mine.filter(day=day)


def more_than_logged(minutes: int) -> str:
    """Why somebody cannot take back more than these minutes, which are what they logged."""
    return _("You logged %(time)s there: no more than that can be taken back.") % {"time": in_hours(minutes)}
