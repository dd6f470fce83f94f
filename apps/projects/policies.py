"""Who may do what in a project. Pure functions of the one table of rights (DESIGN section 3)."""

from collections.abc import Collection

from apps.core.tenancy import Actor, OrgRole
from apps.projects.models import Project, ProjectMember, Transition

Role = ProjectMember.Role
_RANK = {Role.VIEWER: 1, Role.COMMENTER: 2, Role.MEMBER: 3, Role.ADMIN: 4}


def role_in(actor: Actor, project: Project) -> Role | None:
    """The actor's role in a project, or None if they may not know of it.

    A role given in the project itself counts; else, where the organization may see the project, its members are
    members and its admins admins. Guests and private projects know only roles that were given.
    """
    if actor.is_system:
        return Role.ADMIN
    given = actor.project_roles.get(project.pk)
    implied: Role | None = None
    if not project.is_private:
        if actor.is_manager:
            implied = Role.ADMIN
        elif actor.org_role == OrgRole.MEMBER:
            implied = Role.MEMBER
    if given is None:
        return implied
    # Being added never takes away what the organization gives.
    return max((role for role in (Role(given), implied) if role is not None), key=_RANK.__getitem__)


def _at_least(actor: Actor, project: Project, role: Role) -> bool:
    own = role_in(actor, project)
    return own is not None and _RANK[own] >= _RANK[role]


def can_see(actor: Actor, project: Project) -> bool:
    """Know that the project exists and read it."""
    return role_in(actor, project) is not None and actor.may("read")


def can_comment(actor: Actor, project: Project) -> bool:
    """Comment on issues and watch them."""
    return _at_least(actor, project, Role.COMMENTER) and actor.may("write")


def can_edit_issues(actor: Actor, project: Project) -> bool:
    """Create, edit, move, archive and delete issues."""
    return project.archived_at is None and _at_least(actor, project, Role.MEMBER) and actor.may("write")


def comes_from_outside(actor: Actor) -> bool:
    """Whether the actor is a guest of the organization: what they create waits in Triage where a project has it."""
    return actor.org_role == OrgRole.GUEST


def can_triage(actor: Actor, project: Project) -> bool:
    """Decide what becomes of an issue that came from outside."""
    return can_edit_issues(actor, project) and not comes_from_outside(actor)


def can_moderate(actor: Actor, project: Project) -> bool:
    """Delete other people's comments."""
    return _at_least(actor, project, Role.ADMIN) and actor.may("write")


def administers(actor: Actor, project: Project) -> bool:
    """Read what only those who administer the project know of."""
    return _at_least(actor, project, Role.ADMIN) and actor.may("read")


def can_configure(actor: Actor, project: Project) -> bool:
    """Change the project's settings, members, labels and board."""
    return _at_least(actor, project, Role.ADMIN) and actor.may("write")


Party = Transition.Party


def parties_of(actor: Actor, project: Project, *, assignee_id: int | None, reporter_id: int | None) -> set[Party]:
    """What the actor is to an issue of the project, in the words of the workflow's conditions."""
    is_party = {
        Party.ADMIN: _at_least(actor, project, Role.ADMIN),
        Party.LEAD: project.lead_id == actor.user_id,
        Party.ASSIGNEE: assignee_id == actor.user_id,
        Party.REPORTER: reporter_id == actor.user_id,
    }
    return {party for party, holds in is_party.items() if holds and actor.user_id is not None}


def may_take(transition: Transition, parties: Collection[str]) -> bool:
    """Meet the transition's conditions. Without any, whoever edits issues does."""
    return not transition.allowed_parties or not set(transition.allowed_parties).isdisjoint(parties)
