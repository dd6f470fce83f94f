"""What is kept for scripts for a day, and then forgotten."""

from celery import shared_task

from apps.core.tenancy import run_as_system
from apps.core.tenancy.doors import organization_ids
from apps.orgs.services import forget_answers

ROWS_AT_ONCE = 1_000
# One run ends well within a job's time limit; the next goes on where it stopped.
MOST_BATCHES = 500


@shared_task(name="orgs.forget_answers")
def forget_old_answers() -> int:
    """Remove the answers to idempotency keys that are older than a day, some rows a transaction; how many went."""
    total = batches = 0
    for org_id in organization_ids():
        gone = 1
        while gone and batches < MOST_BATCHES:
            batches += 1
            with run_as_system(org_id=org_id) as actor:
                gone = forget_answers(actor=actor, limit=ROWS_AT_ONCE)
            total += gone
    return total
