"""Issues and comments as scripts get them: whole, with names beside ids, in a constant number of queries."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db.models import Count, prefetch_related_objects

from apps.accounts.models import User
from apps.core.paging import Page, page_by_id
from apps.core.tenancy import Actor
from apps.issues.models import Comment, Issue
from apps.issues.selectors import PRIORITY_NAMES, fields_of_type
from apps.issues.selectors.values import fields_of_projects
from apps.projects import policies
from apps.projects.models import IssueType, Label, Status, Version

if TYPE_CHECKING:
    from apps.sprints.models import Sprint

# What a list of records must be joined with, so that its length does not cost queries.
JOINS = ("project", "reporter", "sprint", "parent__project")


@dataclass(frozen=True, slots=True, kw_only=True)
class ParentRecord:
    """The epic or issue above, as far as the actor may know of it."""

    id: int
    key: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueRecord:
    """Everything that is stored of an issue itself."""

    id: int
    key: str
    number: int
    project: str
    title: str
    description: str
    type: IssueType
    status: Status
    priority: str
    reporter: User | None
    assignee: User | None
    parent: ParentRecord | None
    sprint: "Sprint | None"
    labels: Sequence[Label]
    fix_versions: Sequence[Version]
    # By the key of the field, as they are stored; removed fields are left out.
    custom_fields: dict[str, Any]
    points: Decimal | None
    start_date: date | None
    due_date: date | None
    # In minutes; none of them where the project does not track time.
    time_estimate: int | None
    time_spent: int | None
    time_remaining: int | None
    comment_count: int
    rank: str
    version: int
    created_at: datetime
    updated_at: datetime
    status_changed_at: datetime
    resolved_at: datetime | None
    archived_at: datetime | None


def issue_records(*, actor: Actor, issues: Sequence[Issue]) -> list[IssueRecord]:
    """Issues that a selector gave out (a list of them with `JOINS`), with what belongs to them: three queries, and one
    more for issues that do not bring along how many comments they have (pages do)."""
    issues = list(issues)
    fields = fields_of_projects(actor=actor, project_ids={issue.project_id for issue in issues})
    prefetch_related_objects(issues, "labels", "fix_versions")
    uncounted = [issue for issue in issues if not hasattr(issue, "comment_count")]
    counts = dict(
        Comment.objects.filter(org_id=actor.org_id, issue__in=uncounted, deleted_at__isnull=True)
        .values_list("issue_id")
        .annotate(count=Count("id"))
    )
    counts |= {issue.pk: vars(issue)["comment_count"] for issue in issues if issue not in uncounted}
    return [_record(actor, issue, counts.get(issue.pk, 0), fields) for issue in issues]


def _record(actor: Actor, issue: Issue, comment_count: int, fields: Sequence[Any]) -> IssueRecord:
    is_timed = issue.project.has_time_tracking
    return IssueRecord(
        id=issue.pk,
        key=f"{issue.project.key}-{issue.number}",
        number=issue.number,
        project=issue.project.key,
        title=issue.title,
        description=issue.description,
        type=issue.type,
        status=issue.status,
        priority=PRIORITY_NAMES[issue.priority],
        reporter=issue.reporter,
        assignee=issue.assignee,
        parent=_parent(actor, issue),
        sprint=issue.sprint,
        labels=_present(issue.labels.all()),
        fix_versions=_present(issue.fix_versions.all()),
        custom_fields={
            field.key: issue.custom_values.get(str(field.pk))
            for field in fields_of_type(fields, issue.type_id)
            if field.project_id == issue.project_id
        },
        points=issue.points,
        start_date=issue.start_date,
        due_date=issue.due_date,
        time_estimate=issue.time_estimate if is_timed else None,
        time_spent=issue.time_spent if is_timed else None,
        time_remaining=issue.time_remaining if is_timed else None,
        comment_count=comment_count,
        rank=issue.rank,
        version=issue.version,
        created_at=issue.created_at,
        updated_at=issue.updated_at,
        status_changed_at=issue.status_changed_at,
        resolved_at=issue.resolved_at,
        archived_at=issue.archived_at,
    )


def _present(tags: Iterable[Any]) -> list[Any]:
    """Labels or versions that were not taken away, by name."""
    return sorted((tag for tag in tags if tag.retired_at is None), key=lambda tag: (tag.name, tag.pk))


def _parent(actor: Actor, issue: Issue) -> ParentRecord | None:
    parent = issue.parent
    if parent is None or parent.deleted_at is not None or not policies.can_see(actor, parent.project):
        return None
    return ParentRecord(id=parent.pk, key=f"{parent.project.key}-{parent.number}", title=parent.title)


def comment_page(
    *,
    actor: Actor,
    issue: Issue,
    after: Sequence[Any] | None = None,
    before: Sequence[Any] | None = None,
    size: int = 50,
) -> Page[Comment]:
    """Comments in the order in which they were stored, after or before the one with the given id."""
    comments = Comment.objects.filter(org_id=actor.org_id, issue=issue, deleted_at__isnull=True)
    return page_by_id(comments.select_related("author", "resolved_by"), after=after, before=before, size=size)
