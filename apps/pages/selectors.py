"""What crosses domains: the navigation, and a person's home."""

from dataclasses import dataclass

from django.http import HttpRequest

from apps.core.tenancy import Actor
from apps.orgs import policies as org_policies
from apps.orgs.selectors import organizations_of
from apps.projects.models import Project
from apps.projects.selectors import list_projects


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
        current_project=match.kwargs.get("project_key") if match else None,
        can_manage=org_policies.can_manage_members(actor),
        can_create_project=org_policies.can_create_project(actor),
    )
