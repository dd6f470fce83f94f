"""Letting people go: out of a project or out of the organization, and what becomes of the open work that they have.

Whoever does it decided where the work goes, so that no limit of what somebody has in work refuses it.
"""

from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.core.errors import Invalid
from apps.core.tenancy import Actor
from apps.events.services import service
from apps.issues.selectors.work import open_work
from apps.issues.services.batch import Batch
from apps.issues.services.common import lock_in
from apps.orgs.models import Membership
from apps.orgs.services import remove_member
from apps.projects import policies
from apps.projects.models import Project, ProjectMember
from apps.projects.selectors import assignable_people, visible_projects
from apps.projects.services import remove_project_role


def _hand_over(actor: Actor, project: Project, *, user_id: int, to_id: int | None) -> int:
    """Give somebody's open issues in a project to somebody else, or to nobody: how many. One fact."""
    mine = open_work(actor=actor, user_id=user_id).filter(project=project)
    issues = lock_in(actor, project, mine.values_list("pk", flat=True))
    batch = Batch(project, issues.values())
    for issue in batch.issues:
        batch.put(issue, "assignee", to_id)
    batch.store()
    batch.tell(actor)
    return len(batch.issues)


def _refuse_heir(user_id: int, to: User | None) -> None:
    if to is not None and to.pk == user_id:
        raise Invalid(_("Choose somebody who stays."), field="to")


@service
def remove_from_project(*, actor: Actor, member: ProjectMember, keeps_work: bool = True, to: User | None = None) -> int:
    """Take somebody's own role in a project away, and their open issues there if wanted: how many went.

    :param keeps_work: their issues stay with them; else they go to `to`, or to nobody
    :raises Forbidden: for people who do not administer the project
    :raises Invalid: if `to` leaves, or cannot be given issues of the project
    """
    project = member.project
    if not keeps_work:
        _refuse_heir(member.user_id, to)
        if to is not None and not assignable_people(actor=actor, project=project).filter(pk=to.pk).exists():
            raise Invalid(_("Choose somebody who works in this project."), field="to")
    remove_project_role(actor=actor, member=member)
    if keeps_work:
        return 0
    return _hand_over(actor, project, user_id=member.user_id, to_id=to.pk if to else None)


@service
def remove_from_organization(
    *, actor: Actor, membership: Membership, keeps_work: bool = True, to: User | None = None
) -> int:
    """End somebody's seat, and take their open issues from them if wanted: how many went. One fact a project.

    It reaches the projects in which the actor edits issues. Where `to` cannot be given issues, they go to nobody.

    :param keeps_work: their issues stay with them; else they go to `to`, or to nobody
    :raises Forbidden: if the actor may not end the seat
    :raises NotFound: if it has ended meanwhile
    :raises Invalid: if `to` leaves
    :raises apps.orgs.services.LastOwner: if nobody else would own the organization
    """
    handed = 0
    if not keeps_work:
        _refuse_heir(membership.user_id, to)
        with_work = open_work(actor=actor, user_id=membership.user_id).values("project_id")
        for project in visible_projects(actor=actor).filter(pk__in=with_work).order_by("pk"):
            if not policies.can_edit_issues(actor, project):
                continue
            works_here = to is not None and assignable_people(actor=actor, project=project).filter(pk=to.pk).exists()
            to_id = to.pk if to is not None and works_here else None
            handed += _hand_over(actor, project, user_id=membership.user_id, to_id=to_id)
    remove_member(actor=actor, membership=membership)
    return handed
