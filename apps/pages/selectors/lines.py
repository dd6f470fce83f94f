"""An issue as one line of a list that crosses projects."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Exists, OuterRef
from django.utils import timezone

from apps.accounts.models import User
from apps.core.tenancy import Actor
from apps.issues.models import Issue, IssueQuerySet, IssueStar
from apps.issues.selectors import PRIORITY_NAMES
from apps.projects import policies
from apps.projects.models import IssueType, Project, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueLine:
    """An issue with what its line shows, and whether the reader may change it."""

    id: int
    key: str
    title: str
    project: Project
    type: IssueType
    status: Status
    priority: str
    assignee: User | None
    due_date: date | None
    # How many days are left in the reader's time zone, where that matters: negative when it is late.
    days_left: int | None
    updated_at: datetime
    is_starred: bool
    can_edit: bool


def for_lines(issues: IssueQuerySet, *, actor: Actor) -> IssueQuerySet:
    """The same issues with everything that their lines show: still one query."""
    mine = IssueStar.objects.filter(issue_id=OuterRef("pk"), user_id=actor.person_id)
    return issues.select_related("project", "type", "status", "assignee").annotate(is_starred=Exists(mine))


def line(issue: Issue, *, actor: Actor) -> IssueLine:
    """An issue that was read with `for_lines` as a line."""
    is_due = issue.due_date is not None and not issue.status.is_closed
    return IssueLine(
        id=issue.pk,
        key=f"{issue.project.key}-{issue.number}",
        title=issue.title,
        project=issue.project,
        type=issue.type,
        status=issue.status,
        priority=PRIORITY_NAMES[issue.priority],
        assignee=issue.assignee,
        due_date=issue.due_date,
        days_left=(issue.due_date - timezone.localdate()).days if is_due and issue.due_date else None,
        updated_at=issue.updated_at,
        is_starred=issue.is_starred,  # type: ignore[attr-defined]
        can_edit=policies.can_edit_issues(actor, issue.project),
    )
