"""Who has a seat, and in which role."""

from dataclasses import replace

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.models import User
from apps.core.errors import Conflict, Forbidden, Invalid, NotFound
from apps.core.tenancy import Actor, OrgRole
from apps.events.facts import FieldChange, Subject
from apps.events.services import open_personal_stream, record, service
from apps.orgs import facts, policies
from apps.orgs.models import Membership
from apps.orgs.services.tokens import revoke_tokens_of_ended_seat


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
    if not user.is_service:
        # A program has no pages that would follow it.
        open_personal_stream(org_id=actor.org_id, user_id=user.pk)
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


def _lock_with_owners(*memberships: Membership) -> dict[int, Membership]:
    """These seats and all owners', as they are now and stay until the commit; by id.

    Locked in a fixed order, so that two owners cannot demote each other at the same moment, nor somebody be demoted
    while they are made an owner.

    :raises NotFound: if one of the seats has ended
    """
    asked = {membership.pk for membership in memberships}
    rows = (
        Membership.objects.select_for_update(no_key=True, of=("self",))
        .select_related("user")
        .filter(org_id=memberships[0].org_id, ended_at__isnull=True)
        .filter(Q(role=OrgRole.OWNER) | Q(pk__in=asked))
        .order_by("id")
    )
    locked = {row.pk: row for row in rows}
    if not asked <= locked.keys():
        raise NotFound(_("They are not a member of the organization any more."))
    return locked


def as_locked(actor: Actor, locked: dict[int, Membership]) -> Actor:
    """The actor with the role they have now: an owner who was demoted a moment ago is none any more."""
    if actor.org_role != OrgRole.OWNER or any(
        row.user_id == actor.user_id and row.role == OrgRole.OWNER for row in locked.values()
    ):
        return actor
    return replace(actor, org_role=OrgRole.MEMBER)


def _refuse_loss_of_last_owner(membership: Membership, locked: dict[int, Membership]) -> None:
    if membership.role == OrgRole.OWNER and sum(row.role == OrgRole.OWNER for row in locked.values()) == 1:
        raise LastOwner


@service
def change_member_role(*, actor: Actor, membership: Membership, role: OrgRole) -> Membership:
    """Give a member another role.

    :raises Forbidden: if either role is above the actor's own
    :raises NotFound: if the seat has ended meanwhile
    :raises Invalid: if a service account would own the organization
    :raises LastOwner: if nobody else would own the organization
    """
    locked = _lock_with_owners(membership)
    membership = locked[membership.pk]
    old = OrgRole(membership.role)
    if not policies.can_change_member(as_locked(actor, locked), target=old, to=role):
        raise Forbidden
    if role == old:
        return membership
    if role == OrgRole.OWNER and membership.user.is_service:
        raise Invalid(_("A program owns no organization. Choose another role."), field="role")
    _refuse_loss_of_last_owner(membership, locked)
    _set_role(actor, membership, role)
    return membership


def _set_role(actor: Actor, membership: Membership, role: OrgRole) -> None:
    old = membership.role
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


@service
def remove_member(*, actor: Actor, membership: Membership) -> None:
    """End somebody's seat. What they wrote keeps their name; their tokens and their roles in projects end with it.

    :raises Forbidden: if the actor may not, and it is not their own seat
    :raises NotFound: if the seat has ended meanwhile
    :raises LastOwner: if nobody else would own the organization
    """
    locked = _lock_with_owners(membership)
    membership = locked[membership.pk]
    role = OrgRole(membership.role)
    if membership.user_id != actor.user_id and not policies.can_grant(as_locked(actor, locked), role):
        raise Forbidden
    _refuse_loss_of_last_owner(membership, locked)
    end_seat(actor, membership)


def end_seat(actor: Actor, membership: Membership) -> None:
    """End a seat. The services that call it have authorized it."""
    membership.ended_at = timezone.now()
    membership.save(update_fields=["ended_at"])
    record(
        facts.MemberRemoved(
            user_id=membership.user_id,
            subjects=(_person(membership.user, "delete"),),
            changes=(FieldChange("role", membership.role, None),),
        ),
        actor=actor,
    )
    revoke_tokens_of_ended_seat(actor, user_id=membership.user_id)


@service
def transfer_ownership(*, actor: Actor, to: Membership) -> Membership:
    """Hand the organization over: somebody else becomes its owner, and the actor an admin, in one step.

    :raises Forbidden: for anybody but an owner, who acts for themselves
    :raises Invalid: if it is the actor's own seat, or a guest's
    :raises NotFound: if the seat has ended meanwhile
    """
    if not policies.can_own(actor):
        raise Forbidden
    if to.user_id == actor.user_id:
        raise Invalid(_("You own it already. Choose somebody else."), field="user")
    own = Membership.objects.get(org_id=actor.org_id, user_id=actor.person_id, ended_at__isnull=True)
    locked = _lock_with_owners(own, to)
    if locked[own.pk].role != OrgRole.OWNER:
        raise Forbidden
    if locked[to.pk].user.is_service:
        raise Invalid(_("A program owns no organization. Choose a person."), field="user")
    if locked[to.pk].role == OrgRole.GUEST:
        raise Invalid(_("Guests come from outside. Make them a member first."), field="user")
    _set_role(actor, locked[to.pk], OrgRole.OWNER)
    _set_role(actor, locked[own.pk], OrgRole.ADMIN)
    return locked[to.pk]
