"""Periodic work on issues."""

from collections.abc import Iterator
from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from apps.core.files import ROOT, attached_files
from apps.core.tenancy import run_as_system, unit_of_work
from apps.core.tenancy.doors import organization_ids
from apps.issues.selectors import projects_with_long_ranks, unclaimed_files
from apps.issues.services import forget_removed, rebalance_ranks
from apps.projects.selectors import visible_projects


@shared_task(name="issues.rebalance_ranks")
def rebalance_all() -> None:
    """Shorten the ranks of every project where some have grown long, archived ones included; one a transaction."""
    for org_id in organization_ids():
        with run_as_system(org_id=org_id) as actor:
            project_ids = projects_with_long_ranks(actor=actor)
        for project_id in project_ids:
            with run_as_system(org_id=org_id) as actor:
                project = visible_projects(actor=actor).filter(pk=project_id).first()
                if project is not None:
                    rebalance_ranks(actor=actor, project=project)


# For how long a file that was removed can be brought back.
GRACE = timedelta(days=30)
# A file without a row may belong to a transaction that still runs, or be a little ahead of a database in recovery.
FRESH = timedelta(days=1)
KEYS_AT_ONCE = 500


@shared_task(name="issues.sweep_files")
def sweep_files() -> int:
    """Delete files that belong to nothing (removed long ago, purged, or left behind by a crash); how many went.

    It may be stopped anywhere and started twice: what is left is what is still there.
    """
    for org_id in organization_ids():
        with run_as_system(org_id=org_id) as actor:
            forget_removed(actor=actor, removed_before=timezone.now() - GRACE)
    storage, gone = attached_files(), 0
    for keys in _kept_keys():
        with unit_of_work():
            unclaimed = unclaimed_files(keys)
        for key in unclaimed:
            if storage.get_modified_time(key) < timezone.now() - FRESH:
                storage.delete(key)
                gone += 1
    return gone


def _kept_keys() -> Iterator[list[str]]:
    """The keys of all files, some at a time."""
    storage = attached_files()
    try:
        shelves, _files = storage.listdir(ROOT)
    except FileNotFoundError:  # nobody attached anything yet
        return
    for shelf in shelves:
        _shelves, names = storage.listdir(f"{ROOT}/{shelf}")
        for start in range(0, len(names), KEYS_AT_ONCE):
            yield [f"{ROOT}/{shelf}/{name}" for name in names[start : start + KEYS_AT_ONCE]]
