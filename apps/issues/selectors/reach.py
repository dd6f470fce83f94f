"""How much of a project hangs on each part of its workflow."""

from django.db.models import Count

from apps.core.tenancy import Actor
from apps.issues.models import Issue
from apps.projects.models import Project


def issues_by_status(*, actor: Actor, project: Project) -> dict[int, int]:
    """How many issues are in each status, the archived ones included; statuses without any are left out."""
    return _counted(actor, project, "status_id")


def issues_by_type(*, actor: Actor, project: Project) -> dict[int, int]:
    """How many issues have each type, the archived ones included; types without any are left out."""
    return _counted(actor, project, "type_id")


def _counted(actor: Actor, project: Project, column: str) -> dict[int, int]:
    rows = Issue.objects.undeleted().filter(org_id=actor.org_id, project=project).values_list(column)
    return dict(rows.annotate(count=Count("id")).order_by(column))
