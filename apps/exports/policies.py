"""Who may take what out."""

from apps.core.tenancy import Actor
from apps.projects.models import Project
from apps.projects.policies import administers, can_configure


def can_archive(actor: Actor, project: Project | None) -> bool:
    """Take everything out: of a project those who administer it, of the organization (None) its admins and owners."""
    if project is not None:
        return can_configure(actor, project)
    return actor.is_manager and actor.may("write")


def can_have_archive(actor: Actor, project: Project | None) -> bool:
    """Download what was asked for: the same people, with a token that reads as well."""
    if project is not None:
        return administers(actor, project)
    return actor.is_manager and actor.may("read")
