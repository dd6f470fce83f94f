"""Writing organizations, people and invitations."""

import hashlib
import secrets
from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.models import User
from apps.core.errors import Conflict, Forbidden, Invalid
from apps.core.slugs import RESERVED_SLUGS
from apps.core.tenancy import Actor, OrgRole, found_organization
from apps.events.facts import FieldChange, Subject
from apps.events.services import record, service
from apps.orgs import facts, policies
from apps.orgs.models import SLUG, ApiToken, Invitation, Membership, Organization, in_a_week

TOKEN_PREFIX = "fb_"  # noqa: S105 (the prefix by which a leaked token is recognised, not a secret)


class SlugTaken(Conflict):
    """Another organization has this address."""

    title = gettext_lazy("That address is taken")


class LastOwner(Conflict):
    """An organization must keep an owner."""

    title = gettext_lazy("This is the last owner")
    detail = gettext_lazy("Make somebody else an owner first.")


class AlreadyMember(Conflict):
    """The person has a seat already."""

    title = gettext_lazy("Already a member")


class WrongAccount(Forbidden):
    """An invitation was opened by somebody else than it was sent to."""

    title = gettext_lazy("This invitation is for somebody else")


def hash_secret(secret: str) -> str:
    """What is stored of a link's or token's secret. The secrets are random, so a plain digest is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()


def invitation_secret(nonce: str) -> str:
    """The secret in an invitation's link."""
    return salted_hmac("flowboard.invitation", nonce, algorithm="sha256").hexdigest()


def _person(user: User, action: str) -> Subject:
    return Subject(model="accounts.user", id=user.pk, name=user.name or user.email, action=action)


@service
def create_organization(*, user_id: int, name: str, slug: str) -> tuple[Organization, Actor]:
    """Found an organization; the founder is its first owner.

    :returns: the organization, and the founder as an actor inside it
    :raises Invalid: if the slug is malformed or a reserved word, or the name empty
    :raises SlugTaken: if another organization has it
    """
    slug = slug.strip().lower()
    name = name.strip()
    if not name:
        raise Invalid(_("Give the organization a name."), field="name")
    if not SLUG.fullmatch(slug):
        raise Invalid(_("Use small letters, digits and hyphens, such as “acme-robotics”."), field="slug")
    if slug in RESERVED_SLUGS:
        raise Invalid(_("That word is reserved. Choose another one."), field="slug")
    actor = found_organization(user_id=user_id, slug=slug)
    org = Organization(pk=actor.org_id, slug=slug, name=name)
    try:
        with transaction.atomic():
            org.save(force_insert=True)
    except IntegrityError as error:
        raise SlugTaken(_("Another organization uses “%(slug)s”.") % {"slug": slug}, field="slug") from error
    Membership.objects.create(org=org, user_id=user_id, role=OrgRole.OWNER)
    record(
        facts.OrganizationCreated(
            name=name,
            subjects=(Subject(model="orgs.organization", id=org.pk, name=name, action="create"),),
            changes=(FieldChange("slug", None, slug), FieldChange("name", None, name)),
        ),
        actor=actor,
    )
    return org, actor


@service
def rename_organization(*, actor: Actor, name: str) -> Organization:
    """Give the organization another name (its address stays).

    :raises Forbidden: for people who do not administer it
    """
    if not policies.can_rename(actor):
        raise Forbidden
    org = Organization.objects.select_for_update().get(pk=actor.org_id)
    name = name.strip()
    if not name:
        raise Invalid(_("Give the organization a name."), field="name")
    if name != org.name:
        change = FieldChange("name", org.name, name)
        org.name = name
        org.save(update_fields=["name"])
        record(
            facts.OrganizationRenamed(
                subjects=(Subject(model="orgs.organization", id=org.pk, name=name),), changes=(change,)
            ),
            actor=actor,
        )
    return org


@service
def set_organization_suspended(*, actor: Actor, is_suspended: bool) -> Organization:
    """Suspend the organization, or lift the suspension. Only FlowBoard itself may (the admin site, by `run_as_system`).

    :raises Forbidden: for anybody else
    """
    if not actor.is_system:
        raise Forbidden
    org = Organization.objects.select_for_update().get(pk=actor.org_id)
    before = org.suspended_at
    org.suspended_at = timezone.now() if is_suspended else None
    org.save(update_fields=["suspended_at"])
    record(
        facts.OrganizationSuspensionChanged(
            is_suspended=is_suspended,
            subjects=(Subject(model="orgs.organization", id=org.pk, name=org.name),),
            changes=(FieldChange("suspended", before is not None, is_suspended),),
        ),
        actor=actor,
    )
    return org


@service
def invite(*, actor: Actor, email: str, role: OrgRole) -> Invitation:
    """Offer a seat to an e-mail address. A second invitation of the same address replaces the link of the first.

    :raises Forbidden: if the actor may not give this role, or the one that is offered already
    :raises AlreadyMember: if the address belongs to somebody with a seat
    """
    if not policies.can_grant(actor, role):
        raise Forbidden(_("You may not invite people as %(role)s.") % {"role": role})
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError as error:
        raise Invalid(_("“%(email)s” is not an e-mail address.") % {"email": email[:100]}, field="email") from error
    if Membership.objects.filter(org_id=actor.org_id, user__email=email, ended_at__isnull=True).exists():
        raise AlreadyMember(_("%(email)s is a member already.") % {"email": email})
    offered = Invitation.objects.filter(org_id=actor.org_id, email=email, accepted_at=None, revoked_at=None).first()
    if offered is not None and not policies.can_grant(actor, OrgRole(offered.role)):
        raise Forbidden(_("%(email)s is invited to a role that you may not give.") % {"email": email})
    nonce = secrets.token_hex(16)
    invitation, _created = Invitation.objects.update_or_create(
        org_id=actor.org_id,
        email=email,
        accepted_at=None,
        revoked_at=None,
        defaults={
            "role": role,
            "nonce": nonce,
            "token_hash": hash_secret(invitation_secret(nonce)),
            "invited_by_id": actor.person_id,
            "expires_at": in_a_week(),
            "mailed_at": None,
        },
    )
    record(
        facts.PersonInvited(
            invitation_id=invitation.pk,
            email=email,
            subjects=(Subject(model="orgs.invitation", id=invitation.pk, name=email, action="create"),),
            changes=(FieldChange("role", None, role),),
        ),
        actor=actor,
    )
    return invitation


@service
def invite_all(*, actor: Actor, emails: list[str], role: OrgRole) -> list[Invitation]:
    """Offer seats to several addresses: to all of them or, if one is refused, to none.

    :raises Forbidden: if the actor may not give this role
    :raises AlreadyMember: if one of them belongs to somebody with a seat
    """
    return [invite(actor=actor, email=email, role=role) for email in emails]


@service
def take_invitation_to_mail(*, actor: Actor, invitation_id: int) -> Invitation | None:
    """The invitation, marked as mailed; None if its present link was mailed before or no longer works.

    It stays locked until the unit of work ends, and the mark is lost with a mail that could not be sent: so each link
    is mailed once, however often its delivery is tried. Only FlowBoard itself sends mail.

    :raises Forbidden: for anybody else
    """
    if not actor.is_system:
        raise Forbidden
    invitation = (
        Invitation.objects.select_for_update(of=("self",))
        .select_related("org", "invited_by")
        .filter(pk=invitation_id, mailed_at__isnull=True, accepted_at__isnull=True, revoked_at__isnull=True)
        .first()
    )
    if invitation is None or invitation.is_expired:
        return None
    invitation.mailed_at = timezone.now()
    invitation.save(update_fields=["mailed_at"])
    return invitation


@service
def revoke_invitation(*, actor: Actor, invitation: Invitation) -> None:
    """Take an open invitation back; its link stops working at once.

    :raises Forbidden: if the actor may not give the role it offers
    """
    if not policies.can_grant(actor, OrgRole(invitation.role)):
        raise Forbidden
    invitation.revoked_at = timezone.now()
    invitation.save(update_fields=["revoked_at"])
    record(
        facts.InvitationRevoked(
            invitation_id=invitation.pk,
            subjects=(Subject(model="orgs.invitation", id=invitation.pk, name=invitation.email, action="delete"),),
        ),
        actor=actor,
    )


@service
def accept_invitation(*, actor: Actor, invitation: Invitation, user: User) -> Membership:
    """Take the offered seat. `actor` is the invited person, entered through `tenancy.enter_invitation`.

    :raises WrongAccount: if the invitation was sent to another address
    :raises AlreadyMember: if they have a seat already; an invitation never changes one's role
    """
    if user.email != invitation.email:
        raise WrongAccount(
            _("It was sent to %(invited)s, and you are signed in as %(email)s. Sign out, then open the link again.")
            % {"invited": invitation.email, "email": user.email}
        )
    if Membership.objects.filter(org_id=actor.org_id, user=user, ended_at__isnull=True).exists():
        raise AlreadyMember
    now = timezone.now()
    claimed = Invitation.objects.filter(pk=invitation.pk, accepted_at__isnull=True, revoked_at__isnull=True).update(
        accepted_at=now, accepted_by=user
    )
    if not claimed:
        raise Conflict(_("This invitation was used or revoked a moment ago."))
    return _seat(actor, user=user, role=OrgRole(invitation.role))


@service
def add_member(*, actor: Actor, user: User, role: OrgRole) -> Membership:
    """Give somebody a seat without an invitation. Only FlowBoard itself may (demo, imports, commands).

    :raises Forbidden: for anybody else
    """
    if not actor.is_system:
        raise Forbidden
    return _seat(actor, user=user, role=role)


def _seat(actor: Actor, *, user: User, role: OrgRole) -> Membership:
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


@service
def create_api_token(
    *, actor: Actor, name: str, scopes: list[str], expires_at: datetime | None = None
) -> tuple[ApiToken, str]:
    """Make a personal access token.

    :returns: the token and its secret, which is shown once and stored nowhere
    :raises Forbidden: for FlowBoard itself, and for a token that would make another
    :raises Invalid: if it has no name, or a scope does not exist
    """
    if actor.user_id is None or actor.scopes is not None:
        raise Forbidden(_("A token is made by a person who is signed in."))
    name = name.strip()
    if not name:
        raise Invalid(_("Give the token a name that says what it is for."), field="name")
    if not scopes or set(scopes) - set(ApiToken.ScopeName.values):
        raise Invalid(_("Choose what the token may do."), field="scopes")
    secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        org_id=actor.org_id,
        user_id=actor.user_id,
        name=name[:80],
        prefix=secret[:8],
        token_hash=hash_secret(secret),
        scopes=sorted(set(scopes)),
        expires_at=expires_at,
    )
    record(
        facts.ApiTokenCreated(
            person_id=actor.user_id,
            name=token.name,
            subjects=(Subject(model="orgs.apitoken", id=token.pk, name=token.name, action="create"),),
            changes=(FieldChange("scopes", None, token.scopes),),
        ),
        actor=actor,
    )
    return token, secret


@service
def revoke_api_token(*, actor: Actor, token: ApiToken) -> None:
    """Stop a token from working, at once and for good."""
    token.revoked_at = timezone.now()
    token.save(update_fields=["revoked_at"])
    record(
        facts.ApiTokenRevoked(
            person_id=token.user_id,
            name=token.name,
            subjects=(Subject(model="orgs.apitoken", id=token.pk, name=token.name, action="delete"),),
        ),
        actor=actor,
    )
