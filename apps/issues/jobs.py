"""Periodic work on issues."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from apps.core.files import ROOT, attached_files, kept_keys
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


@shared_task(name="issues.sweep_files")
def sweep_files() -> int:
    """Delete files that belong to nothing (removed long ago, purged, or left behind by a crash); how many went.

    It may be stopped anywhere and started twice: what is left is what is still there.
    """
    for org_id in organization_ids():
        with run_as_system(org_id=org_id) as actor:
            forget_removed(actor=actor, removed_before=timezone.now() - GRACE)
    storage, gone = attached_files(), 0
    for keys in kept_keys(ROOT):
        with unit_of_work():
            unclaimed = unclaimed_files(keys)
        for key in unclaimed:
            if storage.get_modified_time(key) < timezone.now() - FRESH:
                storage.delete(key)
                gone += 1
    return gone
