"""Reading sprints."""

from apps.core.tenancy import Actor
from apps.projects.models import Project
from apps.sprints.models import Sprint


def active_sprint(*, actor: Actor, project: Project) -> Sprint | None:
    """The sprint that is under way, or None between sprints."""
    return (
        Sprint.objects.filter(org_id=actor.org_id, project=project, state=Sprint.State.ACTIVE)
        .order_by("start_date", "id")
        .first()
    )
