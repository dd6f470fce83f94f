"""Who decides what leaves by webhooks."""

from apps.core.tenancy import Actor
from apps.projects.models import Project
from apps.projects.policies import administers, can_configure


def can_see_webhooks(actor: Actor, project: Project | None) -> bool:
    """Know of webhooks: of a project those who administer it, of the organization (None) its admins."""
    return actor.is_manager if project is None else administers(actor, project)


def can_manage_webhooks(actor: Actor, project: Project | None) -> bool:
    """Make and change those that one knows of."""
    if project is not None:
        return can_configure(actor, project)
    return actor.is_manager and actor.may("write")
