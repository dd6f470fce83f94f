"""What crosses domains: the navigation, and a person's home."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count, Q
from django.http import HttpRequest

from apps.accounts.models import User
from apps.accounts.selectors import may_found_organizations
from apps.core.tenancy import Actor
from apps.issues.models import IssueQuerySet
from apps.issues.selectors import PRIORITY_NAMES, visible_issues
from apps.orgs import policies as org_policies
from apps.orgs.selectors import organizations_of
from apps.projects.models import IssueType, Project, Status
from apps.projects.selectors import list_projects, visible_projects


@dataclass(frozen=True, slots=True)
class NavOrganization:
    """An entry of the organization switcher."""

    slug: str
    name: str
    role: str


@dataclass(frozen=True, slots=True)
class Navigation:
    """The sidebar."""

    org: NavOrganization
    orgs: list[NavOrganization]
    projects: list[Project]
    current_project: str | None
    can_manage: bool
    can_create_project: bool
    can_found: bool


def navigation(request: HttpRequest) -> Navigation | None:
    """The sidebar of this request, or None outside of organizations."""
    actor: Actor | None = getattr(request, "actor", None)
    if actor is None or actor.user_id is None:
        return None
    orgs = [
        NavOrganization(seat.org.slug, seat.org.name, seat.role) for seat in organizations_of(user_id=actor.user_id)
    ]
    match = request.resolver_match
    return Navigation(
        org=next(org for org in orgs if org.slug == actor.org_slug),
        orgs=orgs,
        projects=list_projects(actor=actor),
        current_project=_current_project(match.kwargs) if match else None,
        can_manage=org_policies.can_manage_members(actor),
        can_create_project=org_policies.can_create_project(actor),
        can_found=may_found_organizations(user_id=actor.user_id),
    )


def _current_project(route: Mapping[str, Any]) -> str | None:
    """The key of the project that an address is about: its own segment, or the first half of an issue's key."""
    return route.get("project_key") or route.get("issue_key", "").rpartition("-")[0] or None


@dataclass(frozen=True, slots=True)
class ProjectTile:
    """A project as the home page shows it."""

    key: str
    name: str
    description: str
    is_private: bool
    lead: User | None
    open_count: int
    done_count: int


def project_tiles(*, actor: Actor) -> list[ProjectTile]:
    """The projects with how much is open and done in each: two queries, however many they are."""
    projects = list(
        visible_projects(actor=actor).filter(archived_at__isnull=True).select_related("lead").order_by("name", "id")
    )
    done, cancelled = Q(status__category=Status.Category.DONE), Q(status__category=Status.Category.CANCELLED)
    counts = {
        row["project_id"]: row
        for row in visible_issues(actor=actor)
        .alive()
        .filter(project_id__in=[project.pk for project in projects])
        .values("project_id")
        .annotate(done=Count("id", filter=done), open=Count("id", filter=~done & ~cancelled))
    }
    none = {"open": 0, "done": 0}
    return [
        ProjectTile(
            key=project.key,
            name=project.name,
            description=project.description,
            is_private=project.is_private,
            lead=project.lead,
            open_count=counts.get(project.pk, none)["open"],
            done_count=counts.get(project.pk, none)["done"],
        )
        for project in projects
    ]


@dataclass(frozen=True, slots=True)
class IssueLine:
    """An issue in a list that crosses projects."""

    key: str
    title: str
    type: IssueType
    status: Status
    priority: str
    due_date: date | None
    updated_at: datetime


def _lines(issues: IssueQuerySet, *, limit: int) -> list[IssueLine]:
    return [
        IssueLine(
            key=f"{issue.project.key}-{issue.number}",
            title=issue.title,
            type=issue.type,
            status=issue.status,
            priority=PRIORITY_NAMES[issue.priority],
            due_date=issue.due_date,
            updated_at=issue.updated_at,
        )
        for issue in issues.select_related("project", "type", "status").order_by("-updated_at", "-id")[:limit]
    ]


def my_issues(*, actor: Actor, limit: int = 20) -> list[IssueLine]:
    """What is assigned to the actor and not closed, last touched first: one query."""
    closed = [Status.Category.DONE, Status.Category.CANCELLED]
    mine = visible_issues(actor=actor).alive().filter(assignee_id=actor.user_id, project__archived_at__isnull=True)
    return _lines(mine.exclude(status__category__in=closed), limit=limit)


def recent_issues(*, actor: Actor, limit: int = 10) -> list[IssueLine]:
    """What was changed last, by anybody: one query."""
    return _lines(visible_issues(actor=actor).alive().filter(project__archived_at__isnull=True), limit=limit)
