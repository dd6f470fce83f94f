"""Favourites."""

from apps.core.errors import NotFound
from apps.core.tenancy import Actor
from apps.events.services import record, service
from apps.projects import facts, policies
from apps.projects.models import Project, ProjectStar


@service
def set_project_starred(*, actor: Actor, project: Project, is_starred: bool) -> None:
    """Take a project among one's favourites, or out of them.

    :raises Forbidden: for FlowBoard itself, which has none
    :raises NotFound: if the actor may not know of the project
    """
    if not policies.can_see(actor, project):
        raise NotFound
    mine = ProjectStar.objects.filter(org_id=actor.org_id, project=project, user_id=actor.person_id)
    if mine.exists() == is_starred:
        return
    if is_starred:
        star = ProjectStar(org_id=actor.org_id, project=project, user_id=actor.person_id)
        ProjectStar.objects.bulk_create([star], ignore_conflicts=True)
    else:
        mine.delete()
    record(facts.ProjectStarred(project_id=project.pk, person_id=actor.person_id, is_starred=is_starred), actor=actor)
