"""What a token can be made for: a resource and whether it may be changed, or all of them at once."""

from enum import StrEnum

from django.utils.translation import gettext_lazy as _


class Resource(StrEnum):
    """What the API is about, as scopes divide it."""

    ORGANIZATION = "organization"
    PROJECTS = "projects"
    ISSUES = "issues"
    SPRINTS = "sprints"
    BOARDS = "boards"
    INBOX = "inbox"
    IMPORTS = "imports"
    EXPORTS = "exports"
    WEBHOOKS = "webhooks"
    REPORTS = "reports"


READ, WRITE = "read", "write"

RESOURCE_NAMES = {
    Resource.ORGANIZATION: _("Organization, members and invitations"),
    Resource.PROJECTS: _("Projects, their configuration and what happened in them"),
    Resource.ISSUES: _("Issues, comments, files and logged time"),
    Resource.SPRINTS: _("Sprints"),
    Resource.BOARDS: _("Boards"),
    Resource.INBOX: _("The owner's inbox"),
    Resource.IMPORTS: _("Imports, kept decisions and imported people"),
    Resource.EXPORTS: _("Exports: issues as tables, and archives of everything"),
    Resource.WEBHOOKS: _("Webhooks"),
    Resource.REPORTS: _("Reports"),
}

SCOPES: tuple[str, ...] = (READ, WRITE, *(f"{resource}:{method}" for resource in Resource for method in (READ, WRITE)))


def scope_of(resource: Resource, *, writes: bool) -> str:
    """The scope that an operation on the resource asks for."""
    return f"{resource}:{WRITE if writes else READ}"


def is_granted(scope: str, granted: frozenset[str] | None) -> bool:
    """Whether what was granted holds the scope: by its name or for all resources; writing includes reading.

    None stands for everything: a person who is signed in.
    """
    if granted is None:
        return True
    resource, _separator, method = scope.partition(":")
    enough = {WRITE} if method == WRITE else {READ, WRITE}
    return any(each in granted or f"{resource}:{each}" in granted for each in enough)
