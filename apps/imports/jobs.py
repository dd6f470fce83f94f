"""The workers' side of imports."""

from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from apps.core.files import IMPORTS, attached_files, kept_keys
from apps.core.tenancy import run_as_system, unit_of_work
from apps.core.tenancy.doors import organization_ids
from apps.events.relay import ring_worker
from apps.imports import running
from apps.imports.selectors import old_runs, unclaimed_files, waiting_runs
from apps.imports.services import forget_files

# A file without a row may belong to a transaction that still runs, or be a little ahead of a database in recovery.
FRESH = timedelta(days=1)
# Looking through a long file takes as long as it takes. Should the queue take the job for lost meanwhile and give it to
# another worker, that one finds the run held and goes home.
LONGEST = 6 * 3600


@shared_task(name="imports.work", time_limit=LONGEST, soft_time_limit=LONGEST - 30)
def work(org_id: int, run_id: int) -> None:
    """Be at an import for a turn, if there is room; then let the next one have its turn."""
    with running.take_turn() as has_room:
        if not has_room:
            return
        running.work(org_id=org_id, run_id=run_id, has_turns=True)
    resume()


@shared_task(name="imports.resume")
def resume() -> None:
    """Ring a worker for the import that has waited longest: for its turn, or since its worker was lost."""
    with unit_of_work():
        waiting = waiting_runs(limit=1)
    for org_id, run_id in waiting:
        ring_worker(work, org_id, run_id)


@shared_task(name="imports.sweep_files")
def sweep_files() -> int:
    """Delete the files of imports that are old, and those that a crash left behind; how many went.

    It may be stopped anywhere and started twice: what is left is what is still there.
    """
    now, gone = timezone.now(), 0
    for org_id in organization_ids():
        with run_as_system(org_id=org_id) as actor:
            for run in old_runs(actor=actor, ended_before=now - timedelta(days=settings.IMPORT_DAYS)):
                gone += forget_files(actor=actor, run=run)
    storage = attached_files()
    for keys in kept_keys(IMPORTS):
        with unit_of_work():
            unclaimed = unclaimed_files(keys)
        for key in unclaimed:
            if storage.get_modified_time(key) < now - FRESH:
                storage.delete(key)
                gone += 1
    return gone
