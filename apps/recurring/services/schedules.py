"""Writing schedules, as people set them."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import Invalid, NotFound
from apps.core.tenancy import Actor, happening_at
from apps.events.facts import FieldChange, Subject
from apps.events.services import record, service
from apps.issues.models import Issue
from apps.projects.models import IssueType, Project
from apps.recurring import facts
from apps.recurring.content import Timing
from apps.recurring.models import MOST_INTERVAL, IssueTemplate, Schedule
from apps.recurring.selectors import coming_slots, counts_made, statuses_to_begin_in

from .common import hold, manage
from .templates import content_of, create_template

MOST_SCHEDULES = 50
MOST_TIMES = 999
MOST_DUE_DAYS = 365
NTHS = (1, 2, 3, 4, -1)
# Nobody plans further, and no rule is asked for days of another century.
FARTHEST = timedelta(days=5 * 366)
Frequency = Schedule.Frequency


@service
def create_schedule(*, actor: Actor, project: Project, template: IssueTemplate, timing: Timing) -> Schedule:
    """Let issues be made from a template by themselves, in the name of whoever sets it.

    Times are those of the zone that the actor reads in.

    :raises Forbidden: for people who do not administer the project
    :raises Invalid: if a value cannot be, no day is left, or there are as many as a project can have
    """
    manage(actor, project)
    hold(project)
    refuse_one_too_many(project)
    fresh = IssueTemplate.objects.present().filter(project=project, pk=template.pk).first()
    if fresh is None:
        raise Invalid(_("Choose one of the offered values."), field="template")
    schedule = Schedule(org_id=actor.org_id, project=project, template=fresh, owner_id=actor.person_id)
    _write(actor, schedule, timing, made=0)
    tell(actor, schedule, facts.ScheduleCreated, *_changes({}, _told(schedule)), action="create")
    return schedule


@service
def repeat_issue(*, actor: Actor, issue: Issue, name: str, timing: Timing) -> Schedule:
    """Keep an issue as a template, and let others be made from it by themselves.

    :raises Forbidden: for people who do not administer the project
    :raises Invalid: if a value cannot be, or for a sub-task
    :raises TemplateNameTaken: if there is a template of this name
    """
    manage(actor, issue.project)
    if issue.type.level == IssueType.Level.SUBTASK:
        raise Invalid(_("A sub-task is repeated with its issue. Repeat that one."))
    template = create_template(actor=actor, project=issue.project, content=content_of(issue, actor=actor, name=name))
    return create_schedule(actor=actor, project=issue.project, template=template, timing=timing)


@service
def edit_schedule(*, actor: Actor, schedule: Schedule, timing: Timing) -> Schedule:
    """Let issues be made at other times, or go elsewhere. What was due and refused counts as given up.

    :raises Forbidden: for people who do not administer the project
    :raises NotFound: if it was deleted
    :raises Invalid: if a value cannot be, or no day is left
    """
    manage(actor, schedule.project)
    fresh = lock(schedule)
    before = _told(fresh)
    _write(actor, fresh, timing, made=_made(actor, fresh))
    changes = _changes(before, _told(fresh))
    if changes:
        tell(actor, fresh, facts.ScheduleEdited, *changes)
    return fresh


@service
def pause_schedule(*, actor: Actor, schedule: Schedule) -> Schedule:
    """Make nothing until somebody resumes it. Slots that pass meanwhile are left out.

    :raises Forbidden: for people who do not administer the project
    :raises NotFound: if it was deleted
    """
    manage(actor, schedule.project)
    fresh = lock(schedule)
    if fresh.paused_at is None:
        fresh.paused_at = happening_at()
        fresh.save(update_fields=["paused_at"])
        tell(actor, fresh, facts.SchedulePaused)
    return fresh


@service
def resume_schedule(*, actor: Actor, schedule: Schedule) -> Schedule:
    """Make issues again, from the next slot on, in the name of whoever resumes it.

    :raises Forbidden: for people who do not administer the project
    :raises NotFound: if it was deleted
    """
    manage(actor, schedule.project)
    fresh = lock(schedule)
    if fresh.paused_at is not None:
        before = {"owner": fresh.owner_id}
        fresh.paused_at, fresh.stop, fresh.owner_id = None, "", actor.person_id
        go_on(fresh, made=_made(actor, fresh))
        fresh.save()
        tell(actor, fresh, facts.ScheduleResumed, *_changes(before, {"owner": fresh.owner_id}))
    return fresh


@service
def retire_schedule(*, actor: Actor, schedule: Schedule) -> None:
    """Delete a schedule. Its template stays, and so do the issues that it made.

    :raises Forbidden: for people who do not administer the project
    :raises NotFound: if it is gone already
    """
    manage(actor, schedule.project)
    fresh = lock(schedule)
    fresh.retired_at = timezone.now()
    fresh.save(update_fields=["retired_at"])
    tell(actor, fresh, facts.ScheduleDeleted, action="delete")


@service
def restore_schedule(*, actor: Actor, schedule: Schedule) -> Schedule:
    """Bring a deleted schedule back. Slots that passed meanwhile are left out.

    :raises Forbidden: for people who do not administer the project
    :raises NotFound: if it is back already
    :raises Invalid: if its template is gone, or there are as many as a project can have
    """
    manage(actor, schedule.project)
    hold(schedule.project)
    fresh = lock(schedule, is_retired=True)
    if fresh.template.retired_at is not None:
        raise Invalid(_("Its template “%(name)s” is gone. Bring that back first.") % {"name": fresh.template.name})
    refuse_one_too_many(schedule.project)
    fresh.retired_at = None
    go_on(fresh, made=_made(actor, fresh))
    fresh.save()
    tell(actor, fresh, facts.ScheduleRestored)
    return fresh


def lock(schedule: Schedule, *, is_retired: bool = False) -> Schedule:
    """The schedule as it is now, kept so.

    :raises NotFound: if it was deleted, or is back, meanwhile
    """
    rows = Schedule.objects.select_for_update(no_key=True).filter(pk=schedule.pk, retired_at__isnull=not is_retired)
    fresh: Schedule | None = rows.first()
    if fresh is None:
        raise NotFound(_("This schedule is gone. Reload the page."))
    fresh.project = schedule.project
    return fresh


def go_on(schedule: Schedule, *, made: int) -> datetime | None:
    """Wait for the slot that comes next, if any; what was due before is done with."""
    coming = coming_slots(schedule, made=made, count=1)
    schedule.next_at = coming[0].at if coming else None
    schedule.problem, schedule.retry_at = "", None
    return schedule.next_at


def refuse_one_too_many(project: Project) -> None:
    """Refuse another schedule where there are as many as a project can have.

    :raises Invalid: if so
    """
    if Schedule.objects.present().filter(project=project).count() >= MOST_SCHEDULES:
        raise Invalid(_("A project has at most %(limit)s schedules. Delete one first.") % {"limit": MOST_SCHEDULES})


def _made(actor: Actor, schedule: Schedule) -> int:
    return counts_made(actor=actor, schedule_ids=[schedule.pk]).get(schedule.pk, 0)


def _write(actor: Actor, schedule: Schedule, timing: Timing, *, made: int) -> None:
    _check(actor, schedule, timing)
    put(schedule, timing, timezone.get_current_timezone_name())
    if go_on(schedule, made=made) is None:
        raise Invalid(_("No day is left for it. Let it end later, or more often."), field="end_date")
    schedule.save()


def put(schedule: Schedule, timing: Timing, zone: str) -> None:
    """Give a schedule its times, in a zone. Nothing is stored."""
    schedule.frequency = timing.frequency
    schedule.interval = timing.interval
    schedule.weekdays = sorted(set(timing.weekdays)) if timing.frequency in WITH_WEEKDAYS else []
    schedule.month_day = timing.month_day if timing.frequency == Frequency.MONTHLY else None
    schedule.nth = timing.nth if timing.frequency == Frequency.BY_WEEKDAY else None
    schedule.start_date, schedule.end_date, schedule.most = timing.start_date, timing.end_date, timing.most
    schedule.at, schedule.time_zone = timing.at.replace(second=0, microsecond=0), zone
    schedule.due_days, schedule.joins_sprint, schedule.status = timing.due_days, timing.joins_sprint, timing.status


WITH_WEEKDAYS = (Frequency.WEEKLY, Frequency.BY_WEEKDAY)


def check_timing(timing: Timing) -> None:
    """Refuse what no schedule can be, whenever it is asked.

    :raises Invalid: naming the value
    """
    if timing.frequency not in Frequency.values:
        raise Invalid(_("Choose one of the offered values."), field="frequency")
    _within(timing.interval, 1, MOST_INTERVAL, "interval")
    _within(timing.most, 1, MOST_TIMES, "most")
    _within(timing.due_days, 0, MOST_DUE_DAYS, "due_days")
    if timing.frequency in WITH_WEEKDAYS and (not timing.weekdays or not set(timing.weekdays) <= set(range(7))):
        raise Invalid(_("Choose a weekday."), field="weekdays")
    if timing.frequency == Frequency.MONTHLY:
        if timing.month_day is None:
            raise Invalid(_("Choose a day of the month."), field="month_day")
        _within(timing.month_day, 1, 31, "month_day")
    if timing.frequency == Frequency.BY_WEEKDAY and (timing.nth not in NTHS or len(set(timing.weekdays)) != 1):
        raise Invalid(_("Choose which weekday of the month."), field="nth")
    if timing.end_date is not None and timing.end_date < timing.start_date:
        raise Invalid(_("It ends before it starts."), field="end_date")


def _check(actor: Actor, schedule: Schedule, timing: Timing) -> None:
    check_timing(timing)
    today = timezone.localdate(happening_at())
    is_kept = schedule.pk is not None and timing.start_date == schedule.start_date
    if not is_kept and not today <= timing.start_date <= today + FARTHEST:
        raise Invalid(_("It starts today or later, within five years."), field="start_date")
    if timing.status is not None:
        possible = statuses_to_begin_in(actor=actor, project=schedule.project)
        if timing.status.pk not in {status.pk for status in possible}:
            raise Invalid(_("The workflow does not let an issue begin there."), field="status")


def _within(value: int | None, least: int, most: int, field: str) -> None:
    if value is not None and not least <= value <= most:
        raise Invalid(_("Choose %(least)s to %(most)s.") % {"least": least, "most": most}, field=field)


def _told(schedule: Schedule) -> dict[str, Any]:
    """A schedule in the words of facts: scalars, and lists of them."""
    return {
        "template": schedule.template_id,
        "owner": schedule.owner_id,
        "frequency": str(schedule.frequency),
        "interval": schedule.interval,
        "weekdays": list(schedule.weekdays),
        "month_day": schedule.month_day,
        "nth": schedule.nth,
        "start_date": schedule.start_date.isoformat(),
        "end_date": schedule.end_date.isoformat() if schedule.end_date else None,
        "most": schedule.most,
        "at": schedule.at.isoformat("minutes"),
        "time_zone": schedule.time_zone,
        "due_days": schedule.due_days,
        "joins_sprint": schedule.joins_sprint,
        "status": schedule.status_id,
    }


def _changes(before: dict[str, Any], after: dict[str, Any]) -> tuple[FieldChange, ...]:
    return tuple(
        FieldChange(name, before.get(name), value) for name, value in after.items() if before.get(name) != value
    )


def tell(
    actor: Actor,
    schedule: Schedule,
    fact: type[facts.ScheduleFact],
    *changes: FieldChange,
    action: str = "update",
    **more: Any,
) -> None:
    """Record what happened to a schedule."""
    project, name = schedule.project, schedule.template.name
    subject = Subject(model="recurring.schedule", id=schedule.pk, name=f"{project.key} {name}", action=action)
    record(
        fact(
            project_id=project.pk,
            schedule_id=schedule.pk,
            name=name,
            subjects=(subject,),
            changes=changes,
            **more,
        ),
        actor=actor,
    )
