"""What happens after somebody asked for an archive: a worker is rung."""

from functools import partial

from django.db import transaction

from apps.core.tenancy import Actor
from apps.events.models import Event
from apps.events.registry import handles
from apps.events.relay import ring_worker
from apps.exports.facts import ExportAsked
from apps.exports.jobs import write


@handles(ExportAsked)
def ring(actor: Actor, event: Event) -> None:
    """Ring a worker. The run waits in the database, so a lost ring delays it a little."""
    transaction.on_commit(partial(ring_worker, write, actor.org_id, event.data["run_id"]))
