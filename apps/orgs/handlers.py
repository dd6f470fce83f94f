"""What happens after something happened to an organization."""

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.core.mail import send
from apps.core.tenancy import Actor
from apps.events.models import Event
from apps.events.registry import handles
from apps.orgs import selectors, services
from apps.orgs.facts import InvitationAskedAgain, PersonInvited


@handles(PersonInvited)
def mail_invitation(actor: Actor, event: Event) -> None:
    """Mail the link to the invited address."""
    invitation = services.take_invitation_to_mail(actor=actor, invitation_id=event.data["invitation_id"])
    if invitation is None:
        return
    path = reverse("invitation", args=[services.invitation_secret(invitation.nonce)])
    send(
        to=invitation.email,
        subject=_("%(name)s invites you to %(org)s on FlowBoard")
        % {"name": invitation.invited_by.name, "org": invitation.org.name},
        template="orgs/mail/invitation",
        context={"invitation": invitation, "link": settings.BASE_URL + path},
        message_id=f"invitation-{invitation.nonce}",
    )


@handles(InvitationAskedAgain)
def mail_who_can_invite(actor: Actor, event: Event) -> None:
    """Tell those who can that somebody waits for a new link."""
    org = selectors.get_organization(actor=actor)
    if org.suspended_at is not None:
        # Nobody could do anything about it; their page of members says it once they are back.
        return
    for person in selectors.who_answers_for(actor=actor, invitation_id=event.data["invitation_id"]):
        send(
            to=person.email,
            subject=_("%(email)s asks for a new invitation to %(org)s")
            % {"email": event.data["email"], "org": org.name},
            template="orgs/mail/asked_again",
            context={
                "email": event.data["email"],
                "org": org,
                "link": settings.BASE_URL + reverse("members", args=[org.slug]),
            },
            message_id=f"asked-again-{event.pk}-{person.pk}",
        )
