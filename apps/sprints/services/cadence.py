"""Sprints that start and end by themselves: the rhythm, and keeping it.

A slot is named by its first day, and a sprint knows which one it fills. Whoever keeps the cadence holds its row, so of
two beats at once the second finds everything done. What a person decided stays: a sprint that was started once is not
started again, and one that was completed once is not completed again.
"""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import Invalid
from apps.core.tenancy import Actor, happening_at
from apps.events.facts import FieldChange, Subject
from apps.events.services import record, service
from apps.projects.models import Project
from apps.sprints.facts import CadenceChanged
from apps.sprints.models import Cadence, ScopeEntry, Sprint
from apps.sprints.services.common import manage
from apps.sprints.services.lifecycle import (
    BACKLOG,
    complete_sprint,
    create_sprint,
    edit_sprint,
    next_name,
    start_sprint,
)

WEEKS, WEEKDAYS, COOLDOWN, AHEAD = range(1, 9), range(7), range(5), range(1, 11)
State = Sprint.State


@service
def set_cadence(
    *,
    actor: Actor,
    project: Project,
    is_on: bool,
    weeks: int,
    weekday: int,
    cooldown_weeks: int,
    ahead: int,
    rolls_over: bool,
) -> Cadence:
    """Let the project's sprints start and end by themselves, in another rhythm, or no longer.

    The first slot begins on the next such weekday on which none of its sprints is under way. Sprints that it planned
    and that have not started move into the new slots. Days are those of the zone of whoever sets it.

    :param weekday: 0 is Monday
    :param ahead: so many sprints are planned before they start
    :param rolls_over: open work goes into the next sprint, else back into the backlog
    :raises Forbidden: for people who do not administer the project
    :raises Invalid: for a value out of bounds
    """
    manage(actor, project)
    values = {
        "is_on": is_on,
        "weeks": weeks,
        "weekday": weekday,
        "cooldown_weeks": cooldown_weeks,
        "ahead": ahead,
        "rolls_over": rolls_over,
    }
    check_rhythm(values)
    # Before there is a row of its own, the project's keeps two people apart.
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    found = _locked(project)
    cadence = found or Cadence(org_id=actor.org_id, project=project)
    changes = [
        FieldChange(name, getattr(cadence, name) if found else None, value)
        for name, value in values.items()
        if not found or getattr(cadence, name) != value
    ]
    if not changes:
        return cadence
    is_other_rhythm = any(change.field in {"is_on", "weeks", "weekday", "cooldown_weeks"} for change in changes)
    for name, value in values.items():
        setattr(cadence, name, value)
    if is_other_rhythm:
        cadence.time_zone = timezone.get_current_timezone_name()
        cadence.anchor_date = _first_slot(cadence)
    cadence.save()
    if is_other_rhythm and is_on:
        _move_planned(actor, cadence)
    tell_cadence(actor, cadence, *changes, action="update" if found else "create")
    if is_on:
        keep_cadence(actor=actor, project=project)
    return cadence


def check_rhythm(values: Mapping[str, Any]) -> None:
    """Refuse a rhythm that no project can have.

    :raises Invalid: naming the value
    """
    for name, bounds in (("weeks", WEEKS), ("weekday", WEEKDAYS), ("cooldown_weeks", COOLDOWN), ("ahead", AHEAD)):
        if values[name] not in bounds:
            raise Invalid(_("Choose %(least)s to %(most)s.") % {"least": bounds[0], "most": bounds[-1]}, field=name)


def tell_cadence(actor: Actor, cadence: Cadence, *changes: FieldChange, action: str = "update") -> None:
    """Record what happened to a project's cadence."""
    project = cadence.project
    subject = Subject(model="sprints.cadence", id=cadence.pk, name=f"{project.key} cadence", action=action)
    record(CadenceChanged(project_id=project.pk, subjects=(subject,), changes=changes), actor=actor)


def _locked(project: Project) -> Cadence | None:
    found = Cadence.objects.select_for_update(no_key=True).filter(project=project).first()
    if found is not None:
        found.project = project
    return found


def _today(cadence: Cadence) -> date:
    return happening_at().astimezone(ZoneInfo(cadence.time_zone)).date()


def _mine(cadence: Cadence) -> Any:
    return Sprint.objects.filter(project=cadence.project, slot_date__isnull=False)


def _first_slot(cadence: Cadence) -> date:
    """The first such weekday from today on, after what is under way of the cadence and the cooldown that follows."""
    earliest = _today(cadence)
    ends = _mine(cadence).filter(state=State.ACTIVE, end_date__isnull=False).values_list("end_date", flat=True)
    for end in ends:
        earliest = max(earliest, end + timedelta(days=1, weeks=cadence.cooldown_weeks))
    return earliest + timedelta(days=(cadence.weekday - earliest.weekday()) % 7)


def _slots(cadence: Cadence) -> Iterator[date]:
    """The first days of the slots, from the one that is not over yet."""
    cycle = timedelta(weeks=cadence.weeks + cadence.cooldown_weeks)
    today = _today(cadence)
    passed = max((today - cadence.anchor_date) // cycle, 0)
    slot: date = cadence.anchor_date + cycle * passed
    if _last_day(cadence, slot) < today:
        slot += cycle
    while True:
        yield slot
        slot += cycle


def _last_day(cadence: Cadence, slot: date) -> date:
    return slot + timedelta(weeks=cadence.weeks, days=-1)


def _move_planned(actor: Actor, cadence: Cadence) -> None:
    """Sprints that were planned in another rhythm, or whose slot went by, take the slots to come, in their order."""
    waiting = list(_mine(cadence).filter(state=State.PLANNED, run=0).order_by("slot_date"))
    Sprint.objects.filter(pk__in=[sprint.pk for sprint in waiting]).update(slot_date=None)
    taken = set(_mine(cadence).values_list("slot_date", flat=True))
    slots = (slot for slot in _slots(cadence) if slot not in taken)
    for sprint, slot in zip(waiting, slots, strict=False):
        sprint.project = cadence.project
        edit_sprint(
            actor=actor,
            sprint=sprint,
            name=sprint.name,
            goal=sprint.goal,
            start_date=slot,
            end_date=_last_day(cadence, slot),
        )
        Sprint.objects.filter(pk=sprint.pk).update(slot_date=slot)


@service
def keep_cadence(*, actor: Actor, project: Project) -> None:
    """Do what the cadence says is due: plan sprints ahead, end the one that is over, start the one whose day has come.

    It may run as often as it likes, and several times at once: a slot has one sprint, which starts and ends once.
    """
    cadence = _locked(project)
    if cadence is None or not cadence.is_on:
        return
    with timezone.override(ZoneInfo(cadence.time_zone)):
        missed = _mine(cadence).filter(state=State.PLANNED, run=0, end_date__lt=_today(cadence))
        if missed.exists():
            _move_planned(actor, cadence)
        _plan(actor, cadence)
        _end(actor, cadence)
        _start(actor, cadence)


def _plan(actor: Actor, cadence: Cadence) -> None:
    """A sprint for the slot of today, if today is in one, and for so many after it."""
    today = _today(cadence)
    taken = set(_mine(cadence).values_list("slot_date", flat=True))
    slots = _slots(cadence)
    first = next(slots)
    for slot in [first, *islice(slots, cadence.ahead - (first > today))]:
        if slot in taken:
            continue
        last = Sprint.objects.filter(project=cadence.project).order_by("-id").first()
        sprint = create_sprint(
            actor=actor,
            project=cadence.project,
            name=next_name(last.name) if last is not None else _("Sprint 1"),
            start_date=slot,
            end_date=_last_day(cadence, slot),
        )
        Sprint.objects.filter(pk=sprint.pk).update(slot_date=slot)


def _end(actor: Actor, cadence: Cadence) -> None:
    """Complete what is past its last day, unless somebody completed it before and reopened it."""
    over = _mine(cadence).filter(state=State.ACTIVE, end_date__lt=_today(cadence)).order_by("slot_date")
    for sprint in over:
        done = ScopeEntry.objects.filter(sprint=sprint, run=sprint.run, kind=ScopeEntry.Kind.COMPLETED)
        if done.exists():
            continue
        sprint.project = cadence.project
        following = (
            _mine(cadence).filter(state=State.PLANNED, slot_date__gt=sprint.slot_date).order_by("slot_date").first()
            if cadence.rolls_over
            else None
        )
        if following is not None:
            following.project = cadence.project
        complete_sprint(actor=actor, sprint=sprint, to=following or BACKLOG)


def _start(actor: Actor, cadence: Cadence) -> None:
    """Start the sprint of today's slot, unless it was started before."""
    today = _today(cadence)
    due = _mine(cadence).filter(state=State.PLANNED, run=0, start_date__lte=today, end_date__gte=today)
    for sprint in due.order_by("slot_date"):
        sprint.project = cadence.project
        start_sprint(actor=actor, sprint=sprint)
