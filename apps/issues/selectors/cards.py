"""Issues as cards, as boards and lists show them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from apps.accounts.models import User
from apps.issues.models import Issue, Priority
from apps.issues.selectors.values import FieldValue, values_by_issue
from apps.projects.models import IssueType, Label, Project, Status

PRIORITY_NAMES: dict[int, str] = {choice.value: choice.name.lower() for choice in Priority}
PRIORITY_CHOICES = Priority.choices
PRIORITIES = tuple(PRIORITY_NAMES[value] for value in sorted(PRIORITY_NAMES, reverse=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocker:
    """An issue that blocks another one, as long as it is open."""

    id: int
    key: str
    is_open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What a board or list shows of an issue."""

    id: int
    key: str
    title: str
    type: IssueType
    status: Status
    status_id: int
    priority: str
    labels: Sequence[Label]
    points: Decimal | None
    assignee: User | None
    assignee_id: int | None
    reporter_id: int | None
    sprint_id: int | None
    parent_id: int | None
    comment_count: int
    file_count: int
    version: int
    rank: str
    due_date: date | None
    is_overdue: bool
    days_in_status: int | None
    updated_at: datetime
    # How long it is in work; None also where nobody asked (`with_beginning`).
    in_work: timedelta | None = None
    # What blocks it and may be known of; empty also where nobody asked (`with_blockers`).
    blockers: Sequence[Blocker] = ()
    # The value of its lane (`lane_value`); None also where nobody asked.
    lane: int | None = None
    # What it belongs to, if it may be known of; empty also where nobody asked (`with_parents`).
    parent_title: str = ""
    # What it has in those of the project's own fields that are asked for, in their order.
    field_values: Sequence[FieldValue] = ()

    @property
    def blocked_by(self) -> list[str]:
        """The keys of what it waits for."""
        return [blocker.key for blocker in self.blockers if blocker.is_open]


def cards(
    *, project: Project, issues: Iterable[Issue], labels: Iterable[Label] | None = None, fields: Sequence[Any] = ()
) -> list[Card]:
    """Issues as cards.

    :param issues: read with `as_cards`
    :param labels: the project's, where they are known already; else they are read
    :param fields: those of the project's own that are shown; whom they name is read with one query
    """
    issues = list(issues)
    known = {
        label.pk: label for label in (Label.objects.present().filter(project=project) if labels is None else labels)
    }
    now = timezone.now()
    today = timezone.localdate()
    values = values_by_issue(issues=issues, fields=fields) if fields else {}
    annotated: Iterable[Any] = issues
    return [
        Card(
            id=issue.pk,
            key=f"{project.key}-{issue.number}",
            title=issue.title,
            type=issue.type,
            status=issue.status,
            status_id=issue.status_id,
            priority=PRIORITY_NAMES[issue.priority],
            labels=sorted((known[pk] for pk in issue.label_ids if pk in known), key=lambda label: label.name),
            points=issue.points,
            assignee=issue.assignee,
            assignee_id=issue.assignee_id,
            reporter_id=issue.reporter_id,
            sprint_id=issue.sprint_id,
            parent_id=issue.parent_id,
            comment_count=issue.comment_count,
            file_count=issue.file_count,
            version=issue.version,
            rank=issue.rank,
            due_date=issue.due_date,
            is_overdue=issue.due_date is not None and issue.due_date < today and not issue.status.is_closed,
            days_in_status=(
                # How long something waits to be begun says nothing; how long it is in work does.
                (now - getattr(issue, "entered_at", issue.status_changed_at)).days
                if issue.status.category == Status.Category.IN_PROGRESS
                else None
            ),
            in_work=_in_work(issue, now),
            updated_at=issue.updated_at,
            blockers=[Blocker(**found) for found in getattr(issue, "blockers_found", ())],
            lane=getattr(issue, "lane", None),
            field_values=values.get(issue.pk, ()),
            parent_title=next(iter(getattr(issue, "parent_titles", ())), ""),
        )
        for issue in annotated
    ]


def _in_work(issue: Any, now: datetime) -> timedelta | None:
    begun = getattr(issue, "begun_at", None)
    return now - begun if begun is not None and issue.status.category == Status.Category.IN_PROGRESS else None
