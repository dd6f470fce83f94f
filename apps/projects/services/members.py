"""Who has a role of their own in a project."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.core.errors import Forbidden, Invalid, NotFound
from apps.core.tenancy import Actor
from apps.events.facts import FieldChange, Subject
from apps.events.services import record, service
from apps.orgs.selectors import people
from apps.projects import facts, policies
from apps.projects.models import Project, ProjectMember
from apps.projects.selectors import list_project_members

from .common import require_configure


@service
def set_project_role(*, actor: Actor, project: Project, user: User, role: str) -> ProjectMember:
    """Add somebody to the project, or give them another role in it.

    :raises Forbidden: for people who do not administer the project
    :raises NotFound: if the person has no seat in the organization
    """
    require_configure(actor, project)
    if role not in ProjectMember.Role.values:
        raise Invalid(_("Choose one of the offered values."), field="role")
    if not user.memberships.filter(org_id=actor.org_id, ended_at__isnull=True).exists():
        raise NotFound(_("They are not a member of the organization."))
    old = ProjectMember.objects.filter(project=project, user=user).first()
    member, _created = ProjectMember.objects.update_or_create(
        org_id=actor.org_id, project=project, user=user, defaults={"role": role, "created_at": timezone.now()}
    )
    record(
        facts.ProjectMemberAdded(
            project_id=project.pk,
            user_id=user.pk,
            role=role,
            subjects=(Subject(model="projects.projectmember", id=member.pk, name=str(user), action="create"),),
            changes=(FieldChange("role", old.role if old else None, role),),
        ),
        actor=actor,
    )
    return member


@service
def copy_members(*, actor: Actor, source: Project, project: Project) -> int:
    """Give everybody who has a role of their own in another project the same one here; how many. Five queries at most.

    Who has a role here keeps it, and who left the organization gets none.

    :raises NotFound: if the actor may not know of the other project
    :raises Forbidden: for people who do not administer this one
    """
    if not policies.can_see(actor, source):
        raise NotFound
    require_configure(actor, project)
    there = list_project_members(actor=actor, project=source)
    return _give(actor, project, [(member.user, member.role) for member in there])


@service
def give_roles(*, actor: Actor, project: Project, roles: Mapping[int, str]) -> int:
    """Give people, by their ids, a role in the project; how many got one. Four queries at most.

    Who has a role here keeps it, and who has no seat in the organization gets none.

    :raises Forbidden: for people who do not administer the project
    :raises Invalid: if there is no such role
    """
    require_configure(actor, project)
    if not set(roles.values()) <= set(ProjectMember.Role.values):
        raise Invalid(_("Choose one of the offered values."), field="role")
    seated = people(actor=actor).filter(
        pk__in=roles, kind=User.Kind.PERSON, memberships__org_id=actor.org_id, memberships__ended_at__isnull=True
    )
    return _give(actor, project, [(user, roles[user.pk]) for user in seated.distinct().order_by("pk")])


def _give(actor: Actor, project: Project, roles: Iterable[tuple[User, str]]) -> int:
    present = set(ProjectMember.objects.filter(org_id=actor.org_id, project=project).values_list("user_id", flat=True))
    members = [
        ProjectMember(org_id=actor.org_id, project=project, user=user, role=role)
        for user, role in roles
        if user.pk not in present
    ]
    for member in ProjectMember.objects.bulk_create(members):
        record(
            facts.ProjectMemberAdded(
                project_id=project.pk,
                user_id=member.user_id,
                role=member.role,
                subjects=(
                    Subject(model="projects.projectmember", id=member.pk, name=str(member.user), action="create"),
                ),
                changes=(FieldChange("role", None, member.role),),
            ),
            actor=actor,
        )
    return len(members)


@service
def remove_project_role(*, actor: Actor, member: ProjectMember) -> None:
    """Take somebody's own role in the project away; what the organization gives them stays.

    :raises Forbidden: for people who do not administer the project
    """
    require_configure(actor, member.project)
    _remove(actor, member)


@service
def end_project_roles(*, actor: Actor, user_id: int, given_before: datetime) -> None:
    """Take all roles in projects away from somebody who left the organization. Only FlowBoard itself does this.

    :param given_before: when they left; what they were given since, having come back, stays
    :raises Forbidden: for anybody else
    """
    if not actor.is_system:
        raise Forbidden
    mine = ProjectMember.objects.filter(org_id=actor.org_id, user_id=user_id, created_at__lt=given_before)
    for member in mine.select_for_update(no_key=True, of=("self",)).select_related("project", "user").order_by("id"):
        _remove(actor, member)


def _remove(actor: Actor, member: ProjectMember) -> None:
    member_id = member.pk
    member.delete()
    record(
        facts.ProjectMemberRemoved(
            project_id=member.project_id,
            user_id=member.user_id,
            subjects=(Subject(model="projects.projectmember", id=member_id, name=str(member.user), action="delete"),),
            changes=(FieldChange("role", member.role, None),),
        ),
        actor=actor,
    )
