"""The outbox at work: claim, run, and either done, again later, or dead."""

from datetime import timedelta

import structlog
from django.db import connection, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from apps.core.tenancy import Actor, run_as_system, unit_of_work
from apps.events.models import Delivery, Event
from apps.events.registry import handler_named

logger = structlog.get_logger("flowboard.deliveries")

ATTEMPTS = 8
LEASE = timedelta(minutes=11)


def backoff(attempts: int) -> timedelta:
    """How long to wait after so many attempts: 2, 4, 8 … seconds, an hour at most."""
    return timedelta(seconds=min(2**attempts, 3600))


def claim(*, org_id: int, delivery_id: int) -> Delivery | None:
    """Take a delivery for `LEASE`; None if it is done, dead, not due, or being worked on.

    Commits before the work begins, so that an attempt that kills its worker counts.
    """
    with run_as_system(org_id=org_id):
        delivery = (
            Delivery.objects.select_for_update(no_key=True, skip_locked=True)
            .filter(pk=delivery_id, state=Delivery.State.WAITING, due_at__lte=timezone.now())
            .first()
        )
        if delivery is None:
            return None
        delivery.attempts += 1
        if delivery.attempts > ATTEMPTS:
            delivery.state = Delivery.State.DEAD
            delivery.last_error = delivery.last_error or "Its worker died each time."
            delivery.save(update_fields=["state", "attempts", "last_error"])
            return None
        delivery.due_at = timezone.now() + LEASE
        delivery.save(update_fields=["attempts", "due_at"])
        return delivery


def deliver(*, org_id: int, delivery_id: int) -> bool:
    """Run one delivery's handler in a unit of work of its own; say whether it is done now.

    Whatever the handler raises is kept with the delivery, which comes again later or, after `ATTEMPTS`, is dead.
    """
    delivery = claim(org_id=org_id, delivery_id=delivery_id)
    if delivery is None:
        return False
    registration = handler_named(delivery.handler)
    if registration is None:
        return _put_back(delivery, f"This release has no handler {delivery.handler}.")
    try:
        with run_as_system(org_id=org_id) as actor:
            event = Delivery.objects.select_related("event").get(pk=delivery.pk).event
            structlog.contextvars.bind_contextvars(request_id=event.request_id, handler=delivery.handler)
            registration.run(actor, event)
            Delivery.objects.filter(pk=delivery.pk).update(state=Delivery.State.DONE, done_at=timezone.now())
    except Exception as error:  # the boundary of the outbox: whatever a handler raises becomes a recorded retry
        logger.exception("delivery failed", handler=delivery.handler, delivery=delivery.pk, attempt=delivery.attempts)
        return _put_back(delivery, f"{type(error).__name__}: {error}"[:2000])
    return True


def _put_back(delivery: Delivery, error: str) -> bool:
    is_last = delivery.attempts >= ATTEMPTS
    with run_as_system(org_id=delivery.org_id):
        Delivery.objects.filter(pk=delivery.pk).update(
            state=Delivery.State.DEAD if is_last else Delivery.State.WAITING,
            due_at=timezone.now() + backoff(delivery.attempts),
            last_error=error,
        )
    return False


def due(*, limit: int = 500) -> list[tuple[int, int]]:
    """(organization, delivery) ids that should have been delivered by now, across organizations."""
    with unit_of_work(), connection.cursor() as cursor:
        cursor.execute("SELECT org_id, delivery_id FROM flowboard_due_deliveries(%s)", [limit])
        return [(row[0], row[1]) for row in cursor.fetchall()]


def retry_dead(*, actor: Actor, delivery_ids: list[int]) -> int:
    """Give dead deliveries of the actor's organization all their attempts again; how many there were."""
    with transaction.atomic():
        return Delivery.objects.filter(org_id=actor.org_id, pk__in=delivery_ids, state=Delivery.State.DEAD).update(
            state=Delivery.State.WAITING, attempts=F("attempts") * 0, due_at=timezone.now(), last_error=""
        )


def repeat(*, actor: Actor, events: QuerySet[Event]) -> int:
    """Let what reacted to facts of the actor's organization react to them once more; how many deliveries those are.

    The sweeper takes them. Those that wait, or gave up, stay what they are.
    """
    done = Delivery.objects.filter(org_id=actor.org_id, event__in=events, state=Delivery.State.DONE)
    return done.update(state=Delivery.State.WAITING, attempts=0, due_at=timezone.now(), done_at=None)
