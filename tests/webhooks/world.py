"""A webhook of a project, with something that it sent and could not deliver."""

from typing import Any

from django.utils import timezone

from apps.core.tenancy import Actor
from apps.events.models import Event
from apps.projects.models import Project
from apps.webhooks.models import Attempt, Message, Webhook
from apps.webhooks.services import Wishes, create_webhook, rotate_secret

BODY = '{"type":"issue.created","data":{"version":1,"kind":"issue.created","issue_key":"FLOW-1"}}'


def make_webhook(*, actor: Actor, project: Project | None, **wishes: Any) -> tuple[Webhook, Message]:
    """One that sent a fact, was answered 503, and gave up. Its secret is being exchanged."""
    asked = Wishes(**({"name": "Build server", "url": "https://ci.example.org/hooks/flowboard"} | wishes))
    webhook, _secret = create_webhook(actor=actor, project=project, wishes=asked)
    webhook, _secret = rotate_secret(actor=actor, webhook=webhook)
    now = timezone.now()
    message = Message.objects.create(
        org_id=actor.org_id,
        project=project,
        webhook=webhook,
        event=Event.objects.filter(org_id=actor.org_id, project=project).order_by("pk").first(),
        kind="issue.created",
        body=BODY,
        state=Message.State.DEAD,
        attempts=1,
        settled_at=now,
        last_error="The server answered 503.",
    )
    Attempt.objects.create(
        org_id=actor.org_id,
        project=project,
        message=message,
        at=now,
        seconds=0.3,
        status=503,
        answer="<h1>Back in a minute</h1>",
        error="The server answered 503.",
    )
    return webhook, message
