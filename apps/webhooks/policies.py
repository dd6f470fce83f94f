"""Who decides what leaves by webhooks."""

from apps.core.tenancy import Actor
from apps.projects.models import Project
from apps.projects.policies import can_configure


def can_manage_webhooks(actor: Actor, project: Project | None) -> bool:
    """See, make and change webhooks: of a project those who administer it, of the organization (None) its admins."""
    if project is not None:
        return can_configure(actor, project)
    return actor.is_manager and actor.scopes is None
