"""The workers' side of mails of what happened."""

from celery import shared_task

from apps.core.tenancy import run_as_system
from apps.core.tenancy.doors import organization_ids
from apps.notifications import postman
from apps.notifications.services import remove_old_mails

ROWS_AT_ONCE = 1_000
# One run ends well within a job's time limit; the next goes on where it stopped.
MOST_BATCHES = 200


@shared_task(name="notifications.post")
def post(org_id: int) -> None:
    """Send what is due in one organization: something names somebody."""
    postman.post(org_id=org_id)


@shared_task(name="notifications.send_mails")
def send_mails() -> None:
    """Send whatever has become due, everywhere. Two of these at once are harmless: claims are exclusive."""
    postman.post_everywhere()


@shared_task(name="notifications.remove_old_mails")
def remove_old() -> int:
    """Remove mails that went out long ago, some in each transaction; how many went."""
    total = batches = 0
    for org_id in organization_ids():
        while batches < MOST_BATCHES:
            batches += 1
            with run_as_system(org_id=org_id) as actor:
                gone = remove_old_mails(actor=actor, limit=ROWS_AT_ONCE)
            total += gone
            if not gone:
                break
    return total
