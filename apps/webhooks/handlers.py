"""What happens after a webhook was paused by what its server did: those who can do something about it are told."""

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.core.mail import send
from apps.core.tenancy import Actor
from apps.events.models import Event
from apps.events.registry import handles
from apps.webhooks.facts import WebhookPaused
from apps.webhooks.models import Pause
from apps.webhooks.selectors import NoSuchWebhook, who_answers_for


@handles(WebhookPaused)
def mail_admins(actor: Actor, event: Event) -> None:
    """Mail them, unless it was one of them who paused it, or it was resumed or deleted since."""
    if event.data["pause"] == Pause.PERSON:
        return
    try:
        webhook, people = who_answers_for(actor=actor, webhook_id=event.data["webhook_id"])
    except NoSuchWebhook:
        return
    if not webhook.is_paused:
        return
    link = settings.BASE_URL + reverse("webhook", args=[actor.org_slug, webhook.pk])
    for person in people:
        send(
            to=person.email,
            subject=_("The webhook “%(name)s” is paused") % {"name": webhook.name},
            template="webhooks/mail/paused",
            context={"webhook": webhook, "is_gone": event.data["pause"] == Pause.GONE, "link": link},
            message_id=f"webhook-paused-{event.pk}-{person.pk}",
        )
