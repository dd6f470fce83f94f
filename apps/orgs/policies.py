"""Who may do what to an organization. Pure functions of roles."""

from apps.core.tenancy import Actor, OrgRole

_RANK = {OrgRole.GUEST: 0, OrgRole.MEMBER: 1, OrgRole.ADMIN: 2, OrgRole.OWNER: 3}


def can_manage_members(actor: Actor) -> bool:
    """Invite people, see invitations, change roles."""
    return actor.is_manager


def can_grant(actor: Actor, role: OrgRole) -> bool:
    """Give a role: nobody gives more than they have, and only owners make owners; no token does."""
    if actor.is_system:
        return True
    if role == OrgRole.OWNER and actor.scopes is not None:
        return False
    return actor.is_manager and actor.org_role is not None and _RANK[role] <= _RANK[actor.org_role]


def can_change_member(actor: Actor, *, target: OrgRole, to: OrgRole) -> bool:
    """Change somebody's role: both the one they have and the new one must be within the actor's own."""
    return can_grant(actor, target) and can_grant(actor, to)


def can_create_project(actor: Actor) -> bool:
    """Members start projects; guests see only what they were added to."""
    return actor.is_system or actor.org_role in {OrgRole.OWNER, OrgRole.ADMIN, OrgRole.MEMBER}


def can_rename(actor: Actor) -> bool:
    """Change the organization's name."""
    return actor.is_manager


def can_see_limits(actor: Actor) -> bool:
    """See the limits of the API, and who is near one."""
    return actor.is_manager


def can_change_limits(actor: Actor) -> bool:
    """Raise or lower a limit of the API; no token does: it would be no limit for it any more."""
    return actor.is_manager and actor.scopes is None


def can_own(actor: Actor) -> bool:
    """What is an owner's alone: hand the organization over, move its address, delete it."""
    return actor.org_role == OrgRole.OWNER and actor.scopes is None


def can_see_addresses(actor: Actor) -> bool:
    """See people's e-mail addresses. Guests come from outside and know people by name."""
    return actor.is_system or actor.org_role in {OrgRole.OWNER, OrgRole.ADMIN, OrgRole.MEMBER}
