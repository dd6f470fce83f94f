"""Schedules as another FlowBoard had them. Only FlowBoard itself may.

They go on with the slot that comes next: what passed meanwhile is left out, as while somebody has paused one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import available_timezones

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import Forbidden, Invalid
from apps.core.tenancy import Actor, Origin, happening_at
from apps.core.tenancy.doors import remove_imported
from apps.events.models import Event
from apps.events.services import service
from apps.projects.models import Project
from apps.recurring import facts
from apps.recurring.content import Timing
from apps.recurring.models import Occurrence, Schedule
from apps.recurring.selectors import counts_made, rule_of

from .common import hold
from .schedules import FARTHEST, check_timing, go_on, put, refuse_one_too_many, tell

# No schedule is older; the days of one that claims to be would be counted from there every time.
_LONGEST_AGO = timedelta(days=10 * 366)
_PEOPLES = (facts.ScheduleEdited, facts.SchedulePaused, facts.ScheduleResumed, facts.ScheduleRestored)


@dataclass(frozen=True, slots=True, kw_only=True)
class PastSchedule:
    """A schedule as an archive tells it."""

    template_id: int
    owner_id: int
    timing: Timing
    time_zone: str
    paused_at: datetime | None = None
    stop: str = ""


@service
def import_schedules(
    *, actor: Actor, project: Project, batch: Sequence[PastSchedule]
) -> list[tuple[Schedule, bool] | str]:
    """Let issues be made by themselves as elsewhere, once `begin_imported_schedules` says so; before that none is to
    come.

    :returns: for each the schedule, and whether it was made; it is not where the project repeats the same already. Or
        why there is none
    :raises Forbidden: for anybody but FlowBoard itself
    """
    if not actor.is_system:
        raise Forbidden
    hold(project)
    present = {_same(each): each for each in Schedule.objects.present().filter(project=project).order_by("-pk")}
    outcome: list[tuple[Schedule, bool] | str] = []
    for past in batch:
        schedule = Schedule(
            org_id=project.org_id, project=project, template_id=past.template_id, owner_id=past.owner_id
        )
        try:
            _check(past)
            put(schedule, past.timing, past.time_zone)
            if (known := present.get(_same(schedule))) is not None:
                outcome.append((known, False))
                continue
            refuse_one_too_many(project)
        except Invalid as error:
            outcome.append(str(error.detail))
            continue
        schedule.paused_at, schedule.stop = past.paused_at, past.stop if past.paused_at is not None else ""
        schedule.save()
        present[_same(schedule)] = schedule
        tell(actor, schedule, facts.ScheduleCreated, action="create")
        outcome.append((schedule, True))
    return outcome


def _same(schedule: Schedule) -> tuple[object, ...]:
    """What two schedules that repeat the same agree in."""
    return schedule.template_id, rule_of(schedule)


def _check(past: PastSchedule) -> None:
    today = timezone.localdate(happening_at())
    check_timing(past.timing)
    if past.time_zone not in available_timezones():
        raise Invalid(_("Choose one of the offered values."), field="time_zone")
    if not today - _LONGEST_AGO <= past.timing.start_date <= today + FARTHEST:
        raise Invalid(_("It starts further away than any schedule does."), field="start_date")
    if past.stop not in {"", *Schedule.Stop.values}:
        raise Invalid(_("Choose one of the offered values."), field="stop")


@service
def note_imported_occurrences(*, actor: Actor, project: Project, made: Mapping[int, Mapping[date, int | None]]) -> None:
    """Remember which slots of schedules, by their ids, had their issue elsewhere: none of them has another one here.

    :raises Forbidden: for anybody but FlowBoard itself
    """
    if not actor.is_system:
        raise Forbidden
    Occurrence.objects.bulk_create(
        [
            Occurrence(org_id=project.org_id, project=project, schedule_id=pk, slot_date=day, issue_id=issue_id)
            for pk, slots in made.items()
            for day, issue_id in sorted(slots.items())
        ],
        batch_size=1000,
        ignore_conflicts=True,
    )


@service
def begin_imported_schedules(*, actor: Actor, project: Project, ids: Sequence[int]) -> None:
    """Let imported schedules wait for the slot that comes next from now on.

    :raises Forbidden: for anybody but FlowBoard itself
    """
    if not actor.is_system:
        raise Forbidden
    schedules = list(Schedule.objects.present().select_for_update(no_key=True).filter(project=project, pk__in=ids))
    made = counts_made(actor=actor, schedule_ids=[each.pk for each in schedules])
    for schedule in schedules:
        go_on(schedule, made=made.get(schedule.pk, 0))
    Schedule.objects.bulk_update(schedules, ["next_at", "problem", "retry_at"])


@service
def remove_imported_schedules(
    *, actor: Actor, project: Project, run_id: int, ids: Sequence[int]
) -> tuple[int, list[Schedule]]:
    """Delete schedules for good that an import made, apart from those that somebody changed since; their issues stay.

    :returns: how many went, and those that stay
    :raises Forbidden: for anybody but FlowBoard itself
    """
    if not actor.is_system:
        raise Forbidden
    said = Event.objects.filter(org_id=actor.org_id, project=project, kind__in=[fact.kind for fact in _PEOPLES])
    said = said.exclude(origin__in=[Origin.IMPORT, Origin.SYSTEM])
    changed = {pk for pk in said.values_list("data__schedule_id", flat=True) if pk in ids}
    schedules = list(Schedule.objects.filter(project=project, pk__in=ids).select_related("template"))
    # One that somebody has deleted since is nobody's any more.
    kept = [each for each in schedules if each.pk in changed and each.retired_at is None]
    going = [each for each in schedules if each not in kept]
    for schedule in going:
        schedule.project = project
        if schedule.retired_at is None:
            tell(actor, schedule, facts.ScheduleDeleted, action="delete")
    return remove_imported(run_id=run_id, kind="schedule", ids=[each.pk for each in going]), kept
