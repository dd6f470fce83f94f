"""Deleting projects, bringing them back, and noting that one goes for good."""

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import Forbidden, Invalid, NotFound
from apps.core.tenancy import Actor
from apps.events.facts import FieldChange
from apps.events.services import record, service
from apps.projects import facts
from apps.projects.models import Project

from .common import lock, record_about, require_configure, subject_of


@service
def delete_project(*, actor: Actor, project: Project, confirmation: str) -> Project:
    """Hide the project from everybody at once. It can be brought back for 30 days; then it is gone.

    :raises Forbidden: for people who do not administer it
    :raises Invalid: if the confirmation is not its name
    """
    require_configure(actor, project)
    if confirmation.strip() != project.name:
        raise Invalid(_("Type “%(name)s” to confirm.") % {"name": project.name}, field="confirmation")
    lock(project)
    if project.deleted_at is not None:
        return project
    project.deleted_at = timezone.now()
    project.save(update_fields=["deleted_at"])
    change = FieldChange("deleted_at", None, project.deleted_at.isoformat())
    record_about(project, facts.ProjectDeleted, actor, change, action="delete")
    return project


@service
def restore_project(*, actor: Actor, project: Project) -> Project:
    """Bring a deleted project back. `selectors.get_deleted_project` has authorized it.

    :raises NotFound: if it began to go for good a moment ago
    """
    lock(project)
    if project.purge_began_at is not None:
        raise NotFound
    if project.deleted_at is None:
        return project
    change = FieldChange("deleted_at", project.deleted_at.isoformat(), None)
    project.deleted_at = None
    project.save(update_fields=["deleted_at"])
    record_about(project, facts.ProjectRestored, actor, change)
    return project


@service
def begin_purge_of_project(*, actor: Actor, project_id: int) -> None:
    """Note, once, that a project past its date goes for good; one that came back or is gone is let be.

    Only FlowBoard itself does this.

    :raises Forbidden: for anybody else
    """
    if not actor.is_system:
        raise Forbidden
    project = (
        Project.objects.select_for_update(no_key=True)
        .filter(org_id=actor.org_id, pk=project_id, deleted_at__isnull=False, purge_began_at__isnull=True)
        .first()
    )
    if project is not None:
        project.purge_began_at = timezone.now()
        project.save(update_fields=["purge_began_at"])
        # A fact of the organization: the project's own log goes as well.
        record(facts.ProjectPurged(subjects=(subject_of(project, "delete"),)), actor=actor)
