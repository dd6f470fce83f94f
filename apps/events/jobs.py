"""The workers' side of the outbox."""

from celery import shared_task

from apps.events import deliveries


@shared_task(name="events.deliver")
def deliver(org_id: int, delivery_id: int) -> None:
    """Run one delivery, if it still needs it."""
    deliveries.deliver(org_id=org_id, delivery_id=delivery_id)


@shared_task(name="events.sweep")
def sweep() -> None:
    """Deliver what the doorbell missed. Two sweepers at once are harmless: a claim is exclusive."""
    for org_id, delivery_id in deliveries.due():
        deliveries.deliver(org_id=org_id, delivery_id=delivery_id)
