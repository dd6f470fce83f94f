"""Who has a seat, and in which role."""

from django.utils import timezone
from django.utils.translation import gettext_lazy

from apps.accounts.models import User
from apps.core.errors import Conflict, Forbidden
from apps.core.tenancy import Actor, OrgRole
from apps.events.facts import FieldChange, Subject
from apps.events.services import record, service
from apps.orgs import facts, policies
from apps.orgs.models import Membership


class LastOwner(Conflict):
    """An organization must keep an owner."""

    title = gettext_lazy("This is the last owner")
    detail = gettext_lazy("Make somebody else an owner first.")


def _person(user: User, action: str) -> Subject:
    return Subject(model="accounts.user", id=user.pk, name=user.name or user.email, action=action)


@service
def add_member(*, actor: Actor, user: User, role: OrgRole) -> Membership:
    """Give somebody a seat without an invitation. Only FlowBoard itself may (demo, imports, commands).

    :raises Forbidden: for anybody else
    """
    if not actor.is_system:
        raise Forbidden
    return seat(actor, user=user, role=role)


def seat(actor: Actor, *, user: User, role: OrgRole) -> Membership:
    """Give somebody a seat, or their old one back. The services that call it have authorized it."""
    membership, _created = Membership.objects.update_or_create(
        org_id=actor.org_id, user=user, defaults={"role": role, "ended_at": None}
    )
    record(
        facts.MemberJoined(
            user_id=user.pk,
            role=role,
            subjects=(_person(user, "create"),),
            changes=(FieldChange("role", None, role),),
        ),
        actor=actor,
    )
    return membership


def _refuse_loss_of_last_owner(membership: Membership) -> None:
    if membership.role != OrgRole.OWNER:
        return
    # Locked in a fixed order, so that two owners cannot demote each other at the same moment.
    owners = (
        Membership.objects.select_for_update()
        .filter(org_id=membership.org_id, role=OrgRole.OWNER, ended_at__isnull=True)
        .order_by("id")
    )
    if len(owners) == 1:
        raise LastOwner


@service
def change_member_role(*, actor: Actor, membership: Membership, role: OrgRole) -> Membership:
    """Give a member another role.

    :raises Forbidden: if either role is above the actor's own
    :raises LastOwner: if nobody else would own the organization
    """
    old = OrgRole(membership.role)
    if not policies.can_change_member(actor, target=old, to=role):
        raise Forbidden
    if role == old:
        return membership
    _refuse_loss_of_last_owner(membership)
    membership.role = role
    membership.save(update_fields=["role"])
    record(
        facts.MemberRoleChanged(
            user_id=membership.user_id,
            role=role,
            subjects=(_person(membership.user, "update"),),
            changes=(FieldChange("role", old, role),),
        ),
        actor=actor,
    )
    return membership


@service
def remove_member(*, actor: Actor, membership: Membership) -> None:
    """End somebody's seat. What they wrote keeps their name; their tokens stop working.

    :raises Forbidden: if the actor may not, and it is not their own seat
    :raises LastOwner: if nobody else would own the organization
    """
    role = OrgRole(membership.role)
    if membership.user_id != actor.user_id and not policies.can_grant(actor, role):
        raise Forbidden
    _refuse_loss_of_last_owner(membership)
    membership.ended_at = timezone.now()
    membership.save(update_fields=["ended_at"])
    record(
        facts.MemberRemoved(
            user_id=membership.user_id,
            subjects=(_person(membership.user, "delete"),),
            changes=(FieldChange("role", role, None),),
        ),
        actor=actor,
    )
