"""The navigation of every page: where one is, and where one can go."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef
from django.http import HttpRequest

from apps.accounts.selectors import may_found_organizations
from apps.core.tenancy import Actor
from apps.issues.models import IssueStar
from apps.issues.selectors import visible_issues
from apps.orgs import policies as org_policies
from apps.orgs.selectors import organizations_of
from apps.projects.models import Project, ProjectStar
from apps.projects.selectors import visible_projects

# Favourite issues beyond these are found on their owner's page of work.
MOST_STARRED_ISSUES = 10


@dataclass(frozen=True, slots=True)
class NavOrganization:
    """An entry of the organization switcher."""

    slug: str
    name: str
    role: str


@dataclass(frozen=True, slots=True)
class NavIssue:
    """A favourite issue."""

    key: str
    title: str


@dataclass(frozen=True, slots=True)
class Navigation:
    """The sidebar."""

    org: NavOrganization
    orgs: list[NavOrganization]
    projects: list[Project]
    starred_projects: list[Project]
    starred_issues: list[NavIssue]
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
        NavOrganization(seat.org.slug, seat.org.name, seat.role) for seat in organizations_of(user_id=actor.person_id)
    ]
    match = request.resolver_match
    projects = _projects(actor)
    return Navigation(
        org=next(org for org in orgs if org.slug == actor.org_slug),
        orgs=orgs,
        projects=projects,
        starred_projects=[project for project in projects if project.is_starred],
        starred_issues=_starred_issues(actor),
        current_project=_current_project(match.kwargs) if match else None,
        can_manage=org_policies.can_manage_members(actor),
        can_create_project=org_policies.can_create_project(actor),
        can_found=may_found_organizations(user_id=actor.user_id),
    )


def _projects(actor: Actor) -> list[Any]:
    """The projects that are not archived, by name, each with `is_starred`."""
    mine = ProjectStar.objects.filter(project_id=OuterRef("pk"), user_id=actor.person_id)
    projects = visible_projects(actor=actor).filter(archived_at__isnull=True)
    return list(projects.annotate(is_starred=Exists(mine)).order_by("name", "id"))


def _starred_issues(actor: Actor) -> list[NavIssue]:
    """The favourite issues, those starred last first."""
    starred = (
        IssueStar.objects.filter(org_id=actor.org_id, user_id=actor.person_id)
        .filter(issue__in=visible_issues(actor=actor).alive())
        .select_related("issue__project")
        .order_by("-created_at", "-id")[:MOST_STARRED_ISSUES]
    )
    return [NavIssue(f"{star.issue.project.key}-{star.issue.number}", star.issue.title) for star in starred]


def _current_project(route: Mapping[str, Any]) -> str | None:
    """The key of the project that an address is about: its own segment, or the first half of an issue's key."""
    return route.get("project_key") or route.get("issue_key", "").rpartition("-")[0] or None
