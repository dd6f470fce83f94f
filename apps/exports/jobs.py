"""The workers' side of archives."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from apps.core.files import EXPORTS, attached_files, kept_keys
from apps.core.tenancy import run_as_system, unit_of_work
from apps.core.tenancy.doors import organization_ids
from apps.events.relay import ring_worker
from apps.exports import running
from apps.exports.selectors import expired_archives, unclaimed_files, waiting_archives
from apps.exports.services import remove_archive

# A file without a row may belong to a transaction that still runs, or be a little ahead of a database in recovery.
FRESH = timedelta(days=1)
# Should the queue take the job for lost meanwhile and give it to another worker, that one finds the archive held.
LONGEST = 6 * 3600


@shared_task(name="exports.write", time_limit=LONGEST, soft_time_limit=LONGEST - 30)
def write(org_id: int, run_id: int) -> None:
    """Write one archive."""
    running.write(org_id=org_id, run_id=run_id)


@shared_task(name="exports.resume")
def resume() -> None:
    """Ring a worker for the archive that has waited longest: since its ring, or its worker, was lost."""
    with unit_of_work():
        waiting = waiting_archives(limit=1)
    for org_id, run_id in waiting:
        ring_worker(write, org_id, run_id)


@shared_task(name="exports.sweep")
def sweep() -> int:
    """Delete archives whose time is over, and files that a crash left behind; how many went."""
    now, gone = timezone.now(), 0
    for org_id in organization_ids():
        with run_as_system(org_id=org_id) as actor:
            for run in expired_archives(actor=actor, now=now):
                remove_archive(actor=actor, run=run)
                gone += 1
    storage = attached_files()
    for keys in kept_keys(EXPORTS):
        with unit_of_work():
            unclaimed = unclaimed_files(keys)
        for key in unclaimed:
            if storage.get_modified_time(key) < now - FRESH:
                storage.delete(key)
                gone += 1
    return gone
