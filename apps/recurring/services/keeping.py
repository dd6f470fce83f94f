"""Keeping schedules: what is due is made, once per slot however many beats run.

Whoever keeps a schedule holds its row, so of two beats at once the second finds that nothing is due any more; and the
database has one row per schedule and slot. After a long silence the latest slot is made, and those before it are not.
"""

from datetime import timedelta

from django.db.models import Q
from django.utils.translation import gettext_lazy

from apps.core.errors import Forbidden
from apps.core.tenancy import Actor, happening_at
from apps.events.facts import FieldChange
from apps.events.services import service
from apps.issues.models import Issue
from apps.projects import policies
from apps.projects.selectors import visible_projects
from apps.recurring import facts
from apps.recurring.models import Occurrence, Schedule
from apps.recurring.selectors import Present, counts_made, get_template, rule_of
from apps.recurring.slots import Slot
from apps.sprints.selectors import active_sprint

from .creating import create_from_template, new_issue
from .schedules import go_on, tell

# What was refused is tried again after so long: a column is rarely emptied within a minute.
RETRY = timedelta(minutes=10)


class LostAccess(Forbidden):
    """Whoever a schedule creates issues for may not do that any more."""

    title = gettext_lazy("They may not create issues here any more")


@service
def claim_schedule(*, actor: Actor, schedule_id: int) -> bool:
    """Whether what is due is now the caller's to make. FlowBoard itself does that.

    It is another one's, or the same one's again, after `RETRY`: what breaks does not keep the others from their turn.
    """
    now = happening_at()
    rows = Schedule.objects.present().filter(org_id=actor.org_id, pk=schedule_id, paused_at__isnull=True)
    due = rows.filter(Q(retry_at__isnull=True) | Q(retry_at__lte=now), next_at__lte=now)
    return due.update(retry_at=now + RETRY) == 1


def _due(actor: Actor, schedule_id: int) -> Schedule | None:
    rows = Schedule.objects.present().select_for_update(no_key=True)
    due = rows.filter(org_id=actor.org_id, pk=schedule_id, paused_at__isnull=True, next_at__lte=happening_at())
    found: Schedule | None = due.first()
    return found


@service
def keep_schedule(*, actor: Actor, schedule_id: int, project_id: int) -> Issue | None:
    """Make the issue that is due; None if none is. The actor is the schedule's owner.

    :raises LostAccess: if they may not create issues in the project any more
    :raises DomainError: if the issue is refused, as it would be if they created it themselves
    """
    project = visible_projects(actor=actor).filter(pk=project_id).first()
    if project is None:
        raise LostAccess
    if project.archived_at is not None:
        return None
    schedule = _due(actor, schedule_id)
    if schedule is None or schedule.next_at is None or schedule.owner_id != actor.user_id:
        return None
    if not policies.can_edit_issues(actor, project):
        raise LostAccess
    schedule.project = project
    made = counts_made(actor=actor, schedule_ids=[schedule.pk]).get(schedule.pk, 0)
    slot = rule_of(schedule).latest(since=schedule.next_at, until=happening_at())
    issue = _make(actor, schedule, slot) if slot is not None else None
    go_on(schedule, made=made + (issue is not None))
    schedule.save(update_fields=["next_at", "problem", "retry_at"])
    return issue


def _make(actor: Actor, schedule: Schedule, slot: Slot) -> Issue | None:
    """The issue of a slot, unless it has had one."""
    project = schedule.project
    mine = Occurrence.objects.filter(schedule=schedule, slot_date=slot.day)
    if mine.exists():
        return None
    template = get_template(actor=actor, project=project, template_id=schedule.template_id)
    filled = Present(actor=actor, project=project).fill(template, day=slot.day)
    due_date = slot.day + timedelta(days=schedule.due_days) if schedule.due_days is not None else None
    new = new_issue(template, filled, due_date=due_date)
    new.schedule_id = schedule.pk
    if schedule.status is not None and schedule.status.retired_at is None:
        new.status = schedule.status
    sprint = active_sprint(actor=actor, project=project) if schedule.joins_sprint else None
    new.sprint_id = sprint.pk if sprint is not None else None
    issue = create_from_template(actor=actor, project=project, new=new, subtasks=filled.subtasks)[0]
    Occurrence.objects.create(
        org_id=actor.org_id, project=project, schedule=schedule, slot_date=slot.day, issue_id=issue.pk
    )
    return issue


@service
def stop_schedule(*, actor: Actor, schedule_id: int, stop: str) -> Schedule | None:
    """Pause a schedule whose owner cannot create its issues any more, and say why. FlowBoard itself does that."""
    schedule = _due(actor, schedule_id)
    if schedule is None:
        return None
    schedule.paused_at, schedule.stop = happening_at(), stop
    schedule.save(update_fields=["paused_at", "stop"])
    tell(actor, schedule, facts.SchedulePaused, stop=stop)
    return schedule


@service
def hold_schedule(*, actor: Actor, schedule_id: int, problem: str) -> Schedule | None:
    """Note what refused the issue that is due, and when it is tried again. FlowBoard itself does that."""
    schedule = _due(actor, schedule_id)
    if schedule is None:
        return None
    is_news = schedule.problem != problem
    schedule.problem, schedule.retry_at = problem, happening_at() + RETRY
    schedule.save(update_fields=["problem", "retry_at"])
    if is_news:
        tell(actor, schedule, facts.ScheduleHeld, FieldChange("problem", None, problem))
    return schedule
