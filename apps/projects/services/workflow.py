"""The statuses and types of a project."""

from django.utils.translation import gettext as _

from apps.core.errors import Invalid
from apps.core.tenancy import Actor
from apps.events.facts import FieldChange, Subject
from apps.events.services import record, service
from apps.projects import facts
from apps.projects.models import IssueType, Project, Status

from .common import require_configure


@service
def add_status(*, actor: Actor, project: Project, name: str, category: str) -> Status:
    """Add a step to the end of its category. It is on no board until a column shows it.

    :raises Forbidden: for people who do not administer the project
    """
    require_configure(actor, project)
    if category not in Status.Category.values:
        raise Invalid(_("Choose one of the offered values."), field="category")
    status = Status.objects.create(
        org_id=actor.org_id, project=project, name=name[:60], category=category, position=project.statuses.count()
    )
    record(
        facts.WorkflowExtended(
            project_id=project.pk,
            name=status.name,
            subjects=(Subject(model="projects.status", id=status.pk, name=status.name, action="create"),),
            changes=(FieldChange("category", None, category),),
        ),
        actor=actor,
    )
    return status


@service
def add_issue_type(
    *, actor: Actor, project: Project, name: str, icon: str, hue: int, level: int = IssueType.Level.STANDARD
) -> IssueType:
    """Add a type that issues can have.

    :raises Forbidden: for people who do not administer the project
    """
    require_configure(actor, project)
    issue_type = IssueType.objects.create(
        org_id=actor.org_id,
        project=project,
        name=name[:60],
        icon=icon,
        hue=hue,
        level=level,
        position=project.issue_types.count(),
    )
    record(
        facts.WorkflowExtended(
            project_id=project.pk,
            name=issue_type.name,
            subjects=(Subject(model="projects.issuetype", id=issue_type.pk, name=issue_type.name, action="create"),),
        ),
        actor=actor,
    )
    return issue_type
