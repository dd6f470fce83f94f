"""The workers' side of webhooks."""

from celery import shared_task

from apps.core.tenancy import run_as_system
from apps.core.tenancy.doors import organization_ids
from apps.webhooks import sender
from apps.webhooks.services import remove_old

ROWS_AT_ONCE = 1_000
# One run ends well within a job's time limit; the next goes on where it stopped.
MOST_BATCHES = 200


@shared_task(name="webhooks.send")
def send() -> None:
    """Send whatever is due, everywhere. One worker does; others find that and end."""
    sender.send_everywhere()


@shared_task(name="webhooks.remove_old")
def remove_old_messages() -> int:
    """Remove what was sent long ago, some in each transaction; how many went."""
    total = batches = 0
    for org_id in organization_ids():
        while batches < MOST_BATCHES:
            batches += 1
            with run_as_system(org_id=org_id) as actor:
                gone = remove_old(actor=actor, limit=ROWS_AT_ONCE)
            total += gone
            if not gone:
                break
    return total
