"""What happens after something happened to imports."""

from functools import partial

from django.db import transaction

from apps.core.tenancy import Actor
from apps.events.models import Event
from apps.events.registry import handles
from apps.events.relay import ring_worker
from apps.imports import services
from apps.imports.facts import ImportConfirmed, ImportReread, ImportStarted, ImportTakingBack, PlaceholderClaimed
from apps.imports.jobs import work


@handles(ImportStarted, ImportReread, ImportConfirmed, ImportTakingBack)
def ring(actor: Actor, event: Event) -> None:
    """Ring a worker. The run waits in the database, so a lost ring delays it a little."""
    transaction.on_commit(partial(ring_worker, work, actor.org_id, event.data["run_id"]))


@handles(PlaceholderClaimed)
def hand_over_names(actor: Actor, event: Event) -> None:
    """Let everything that names the placeholder name the member, in projects that the claimer does not see as well."""
    services.hand_over_names(actor=actor, placeholder_id=event.data["placeholder_id"])
