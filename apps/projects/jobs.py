"""Emptying out what was deleted and not brought back: organizations, and projects of others."""

from celery import shared_task

from apps.core.tenancy import run_as_system, unit_of_work
from apps.core.tenancy.doors import NoSuchOrganization
from apps.core.tenancy.purging import Purged, due_purges, purge_some
from apps.orgs.services import begin_purge_of_organization
from apps.projects.services import begin_purge_of_project

ROWS_AT_ONCE = 2_000
# One run ends well within a job's time limit; the next goes on where it stopped.
MOST_BATCHES = 500


@shared_task(name="projects.purge_deleted")
def purge_deleted(rows_at_once: int = ROWS_AT_ONCE, most_batches: int = MOST_BATCHES) -> int:
    """Delete for good what is past its date, some rows a transaction; how many went.

    It may be stopped anywhere and started twice: what is left is what is still there.
    """
    total = batches = 0
    with unit_of_work():
        due = due_purges()
    for org_id, project_id in due:
        if not begin(org_id, project_id):
            continue
        last = Purged()
        while batches < most_batches:
            with unit_of_work():
                last = purge_some(org_id=org_id, project_id=project_id, limit=rows_at_once, since=last)
            if not last.gone:
                break
            total += last.gone
            batches += 1
    return total


def begin(org_id: int, project_id: int | None) -> bool:
    """Note the beginning, unless another run has meanwhile come to the end."""
    try:
        with run_as_system(org_id=org_id) as actor:
            if project_id is None:
                begin_purge_of_organization(actor=actor)
            else:
                begin_purge_of_project(actor=actor, project_id=project_id)
    except NoSuchOrganization:
        return False
    return True
