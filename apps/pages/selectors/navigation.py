"""The navigation of every page: where one is, and where one can go."""

from collections.abc import Mapping
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, Exists, OuterRef, Subquery
from django.db.models.functions import Coalesce, JSONObject
from django.http import HttpRequest

from apps.accounts.models import Server
from apps.accounts.policies import may_found
from apps.core.tenancy import Actor
from apps.issues.selectors import is_due, visible_issues, waiting_issues
from apps.notifications.selectors import Badge, badge
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
    inbox: Badge | None


def navigation(request: HttpRequest) -> Navigation | None:
    """The sidebar of this request, or None outside of organizations."""
    actor: Actor | None = getattr(request, "actor", None)
    if actor is None or actor.user_id is None:
        return None
    seats = organizations_of(user_id=actor.person_id)
    orgs = [NavOrganization(seat.org.slug, seat.org.name, seat.role) for seat in seats]
    match = request.resolver_match
    projects = _projects(actor)
    return Navigation(
        org=next(org for org in orgs if org.slug == actor.org_slug),
        orgs=orgs,
        projects=projects,
        starred_projects=[project for project in projects if project.is_starred],
        starred_issues=_starred_issues(projects),
        current_project=_current_project(match.kwargs) if match else None,
        can_manage=org_policies.can_manage_members(actor),
        can_create_project=org_policies.can_create_project(actor),
        can_found=_can_found(request, seats),
        inbox=badge(actor=actor),
    )


def _can_found(request: HttpRequest, seats: list[Any]) -> bool:
    decided = [Server(founders=seat.founders) for seat in seats if seat.founders] or [Server()]
    return may_found(decided[0], is_operator=getattr(request.user, "is_staff", False))


def _projects(actor: Actor) -> list[Any]:
    """The projects that are not archived, by name: one query.

    Each has `is_starred`, `starred_issues` and `triage_count`.

    The sidebar is on every page, so it must not cost a query for each of its parts.
    """
    mine = ProjectStar.objects.filter(project_id=OuterRef("pk"), user_id=actor.person_id)
    issues = visible_issues(actor=actor).present().filter(project_id=OuterRef("pk"), stars__user_id=actor.person_id)
    starred = issues.values(found=JSONObject(number="number", title="title", starred_at="stars__created_at"))
    projects = visible_projects(actor=actor).filter(archived_at__isnull=True)
    waiting = waiting_issues(actor=actor).filter(is_due(), project_id=OuterRef("pk")).order_by().values("project_id")
    counted = Coalesce(Subquery(waiting.annotate(count=Count("pk")).values("count")), 0)
    return list(
        projects.annotate(
            is_starred=Exists(mine), starred_issues=ArraySubquery(starred), triage_count=counted
        ).order_by("name", "id")
    )


def _starred_issues(projects: list[Any]) -> list[NavIssue]:
    """The favourite issues, those starred last first."""
    starred = [(issue["starred_at"], project.key, issue) for project in projects for issue in project.starred_issues]
    starred.sort(key=itemgetter(0), reverse=True)
    return [NavIssue(f"{key}-{issue['number']}", issue["title"]) for _at, key, issue in starred[:MOST_STARRED_ISSUES]]


def _current_project(route: Mapping[str, Any]) -> str | None:
    """The key of the project that an address is about: its own segment, or the first half of an issue's key."""
    return route.get("project_key") or route.get("issue_key", "").rpartition("-")[0] or None
