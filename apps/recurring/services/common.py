"""What the services of templates and schedules share."""

from apps.core.errors import Forbidden
from apps.core.tenancy import Actor
from apps.projects import policies
from apps.projects.models import Project


def manage(actor: Actor, project: Project) -> None:
    """Refuse people who may not change templates and schedules.

    :raises Forbidden: for all but the project's admins, and in an archived project
    """
    if project.archived_at is not None or not policies.can_configure(actor, project):
        raise Forbidden


def hold(project: Project) -> None:
    """Keep two people who add to the project, or order what it has, apart until the commit."""
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
