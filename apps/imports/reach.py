"""Which projects an import may reach into: those in which whoever started it may change issues."""

from django.db.models import Exists, OuterRef, Q

from apps.core.tenancy import Actor, OrgRole
from apps.imports.models import ImportRun
from apps.orgs.models import Membership
from apps.projects.models import Project, ProjectMember
from apps.projects.selectors import visible_projects


def reachable_project_ids(*, actor: Actor, run: ImportRun) -> list[int]:
    """The projects with issues to which those of a run may point."""
    projects = visible_projects(actor=actor).filter(archived_at__isnull=True)
    if run.started_by_id is not None:
        seats = Membership.objects.filter(org_id=actor.org_id, user_id=run.started_by_id, ended_at__isnull=True)
        insider = Exists(seats.exclude(role=OrgRole.GUEST))
        added = ProjectMember.objects.filter(
            project=OuterRef("pk"),
            user_id=run.started_by_id,
            role__in=[ProjectMember.Role.ADMIN, ProjectMember.Role.MEMBER],
        )
        is_open = Q(visibility=Project.Visibility.ORGANIZATION)
        projects = projects.filter(Exists(seats), Q(Exists(added)) | (is_open & Q(insider)))
    return list(projects.values_list("pk", flat=True))
