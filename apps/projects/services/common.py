"""What several services of projects share."""

from django.db.models import F

from apps.core.errors import Forbidden
from apps.core.tenancy import Actor
from apps.events.facts import Fact, FieldChange, Subject
from apps.events.services import record
from apps.projects import policies
from apps.projects.models import Project


def subject_of(project: Project, action: str = "update") -> Subject:
    """The project as the audit trail names it."""
    return Subject(model="projects.project", id=project.pk, name=str(project), action=action)


def require_configure(actor: Actor, project: Project) -> None:
    """Refuse people who do not administer the project.

    :raises Forbidden: for everybody else
    """
    if not policies.can_configure(actor, project):
        raise Forbidden


def lock(project: Project) -> None:
    """Read the project anew and keep everybody else from changing it until the unit of work ends."""
    project.refresh_from_db(from_queryset=Project.objects.select_for_update(no_key=True))


def record_about(
    project: Project, kind: type[Fact], actor: Actor, *changes: FieldChange, action: str = "update"
) -> None:
    """Record a fact that is about the project itself."""
    record(kind(project_id=project.pk, subjects=(subject_of(project, action),), changes=changes), actor=actor)


def change_look(project: Project) -> None:
    """Note that something which cards show was renamed or recoloured."""
    Project.objects.filter(pk=project.pk).update(look_version=F("look_version") + 1)
