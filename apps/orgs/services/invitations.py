"""Offering a seat to an e-mail address."""

import secrets

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.models import User
from apps.core.errors import Conflict, Forbidden, Invalid, NotFound
from apps.core.mail import clean_address
from apps.core.tenancy import Actor, OrgRole, enter_as_system
from apps.events import deliveries
from apps.events.facts import FieldChange, Subject
from apps.events.models import Event
from apps.events.services import record, service
from apps.orgs import facts, policies
from apps.orgs.models import Invitation, Membership, in_a_week
from apps.orgs.services.members import seat
from apps.orgs.services.secrets import hash_secret, invitation_secret


class AlreadyMember(Conflict):
    """The person has a seat already."""

    title = gettext_lazy("Already a member")


class WrongAccount(Forbidden):
    """An invitation was opened by somebody else than it was sent to."""

    title = gettext_lazy("This invitation is for somebody else")


@service
def invite(*, actor: Actor, email: str, role: OrgRole) -> Invitation:
    """Offer a seat to an e-mail address. A second invitation of the same address replaces the link of the first.

    :raises Forbidden: if the actor may not give this role, or the one that is offered already
    :raises AlreadyMember: if the address belongs to somebody with a seat
    """
    if not policies.can_grant(actor, role):
        raise Forbidden(_("You may not invite people as %(role)s.") % {"role": role})
    email = clean_address(email)
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
            "asked_again_at": None,
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
    :raises Invalid: if some cannot be used, or belong to people with a seat; it says of each of them why
    """
    invitations, refusals = [], []
    for email in emails:
        try:
            invitations.append(invite(actor=actor, email=email, role=role))
        except (Invalid, AlreadyMember) as refusal:
            refusals.append(str(refusal.detail))
    if refusals:
        raise Invalid(" ".join(refusals), field="emails")
    return invitations


@service
def ask_for_new_invitation(*, token_hash: str) -> bool:
    """Ask those who invited for a new link in place of one that has expired, once; whether there was one to ask about.

    Whoever has the link may ask: they see nothing of the organization, and are invited by nobody but its managers.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT org_id, invitation_id, email FROM flowboard_ask_again(%s)", [token_hash])
        row = cursor.fetchone()
    if row is None:
        return False
    org_id, invitation_id, email = row
    record(
        facts.InvitationAskedAgain(
            invitation_id=invitation_id,
            email=email,
            subjects=(Subject(model="orgs.invitation", id=invitation_id, name=email),),
        ),
        # The fact is FlowBoard's own: whoever asked has no seat here, and may be signed in as somebody else.
        actor=enter_as_system(org_id=org_id),
    )
    return True


@service
def take_invitation_to_mail(*, actor: Actor, invitation_id: int) -> Invitation | None:
    """The invitation, marked as mailed; None if its present link was mailed before, or does not work (any more, or
    while the organization is suspended).

    It stays locked until the unit of work ends, and the mark is lost with a mail that could not be sent: so each link
    is mailed once, however often its delivery is tried. Only FlowBoard itself sends mail.

    :raises Forbidden: for anybody else
    """
    if not actor.is_system:
        raise Forbidden
    invitation = (
        Invitation.objects.select_for_update(no_key=True, of=("self",))
        .select_related("org", "invited_by")
        .filter(pk=invitation_id, mailed_at__isnull=True, accepted_at__isnull=True, revoked_at__isnull=True)
        .first()
    )
    if invitation is None or invitation.is_expired or invitation.org.suspended_at is not None:
        return None
    invitation.mailed_at = timezone.now()
    invitation.save(update_fields=["mailed_at"])
    return invitation


def mail_what_waited(actor: Actor) -> None:
    """Have the links mailed that were not while the organization was suspended, as far as they still work."""
    waiting = Invitation.objects.filter(
        org_id=actor.org_id,
        mailed_at__isnull=True,
        accepted_at__isnull=True,
        revoked_at__isnull=True,
        expires_at__gt=timezone.now(),
    )
    ids = list(waiting.values_list("pk", flat=True))
    invited = Event.objects.filter(kind=facts.PersonInvited.kind, data__invitation_id__in=ids)
    deliveries.repeat(actor=actor, events=invited.filter(org_id=actor.org_id))


@service
def revoke_invitation(*, actor: Actor, invitation: Invitation) -> None:
    """Take an open invitation back; its link stops working at once.

    :raises Forbidden: if the actor may not give the role it offers
    :raises NotFound: if it was accepted or revoked a moment ago
    """
    if not policies.can_grant(actor, OrgRole(invitation.role)):
        raise Forbidden
    invitation.revoked_at = timezone.now()
    is_open = Invitation.objects.filter(pk=invitation.pk, accepted_at__isnull=True, revoked_at__isnull=True)
    if not is_open.update(revoked_at=invitation.revoked_at):
        raise NotFound
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
            _("It was sent to %(invited)s, and you are signed in as %(email)s. Switch accounts, then open it again.")
            % {"invited": invitation.email, "email": user.email}
        )
    if Membership.objects.filter(org_id=actor.org_id, user=user, ended_at__isnull=True).exists():
        raise AlreadyMember
    now = timezone.now()
    # Only by the very link that was opened: one that replaced it meanwhile may offer less.
    claimed = Invitation.objects.filter(
        pk=invitation.pk, token_hash=invitation.token_hash, accepted_at__isnull=True, revoked_at__isnull=True
    ).update(accepted_at=now, accepted_by=user)
    if not claimed:
        raise Conflict(_("This invitation was used or revoked a moment ago."))
    return seat(actor, user=user, role=OrgRole(invitation.role))
