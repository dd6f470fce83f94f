"""Periodic work on schedules."""

from celery import shared_task

from apps.core.errors import DomainError
from apps.core.tenancy import Origin, run_as, run_as_system, unit_of_work
from apps.core.tenancy.doors import DueSchedule, NoSuchOrganization, due_schedules
from apps.recurring.selectors import STOPS
from apps.recurring.services import LostAccess, claim_schedule, hold_schedule, keep_schedule, stop_schedule


@shared_task(name="recurring.keep_schedules")
def keep_schedules() -> None:
    """Make what is due, as the owners of the schedules could; one schedule a transaction."""
    with unit_of_work():
        due = due_schedules()
    for each in due:
        keep(each)


def keep(due: DueSchedule) -> None:
    """Make what one schedule has due. Without its owner's rights it pauses; refused otherwise it waits."""
    with run_as_system(org_id=due.org_id) as actor:
        if not claim_schedule(actor=actor, schedule_id=due.schedule_id):
            return
    try:
        with run_as(user_id=due.user_id, org_slug=due.org_slug, origin=Origin.SYSTEM) as actor:
            keep_schedule(actor=actor, schedule_id=due.schedule_id, project_id=due.project_id)
    except NoSuchOrganization:
        with run_as_system(org_id=due.org_id) as actor:
            stop_schedule(actor=actor, schedule_id=due.schedule_id, stop=STOPS.NO_SEAT)
    except LostAccess:
        with run_as_system(org_id=due.org_id) as actor:
            stop_schedule(actor=actor, schedule_id=due.schedule_id, stop=STOPS.NO_RIGHTS)
    except DomainError as error:
        with run_as_system(org_id=due.org_id) as actor:
            hold_schedule(actor=actor, schedule_id=due.schedule_id, problem=str(error.detail or error.title))
