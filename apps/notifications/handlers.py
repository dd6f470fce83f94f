"""People are told what happened to issues."""

from functools import partial

from django.db import transaction

from apps.core.tenancy import Actor
from apps.events.models import Event
from apps.events.registry import handles
from apps.events.relay import ring_worker
from apps.notifications import services
from apps.notifications.happenings import NEWS
from apps.notifications.mail_jobs import post


@handles(*NEWS)
def tell_people(actor: Actor, event: Event) -> None:
    """Put it into the inboxes of those whom it concerns and who may see it at this moment, and collect it for mail.

    What names somebody is mailed at once: a worker is rung. It is due in any case, so a lost ring delays it a little.
    """
    services.tell(actor=actor, event=event)
    if services.collect(actor=actor, event=event):
        transaction.on_commit(partial(ring_worker, post, actor.org_id))
