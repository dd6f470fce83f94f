"""Logging how long one works on issues. What an issue has spent is added up from its entries, under its lock."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from django.db import connection
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.selectors import today_of
from apps.core.durations import in_hours
from apps.core.errors import Conflict, Forbidden, Invalid
from apps.core.tenancy import Actor, happening_at
from apps.core.texts import one_line
from apps.events.facts import FieldChange, Subject
from apps.events.models import Change, Event
from apps.events.services import record, service
from apps.issues.facts import WorkEdited, WorkFact, WorkLogged, WorkRemoved, WorkRestored
from apps.issues.models import NOTE_LENGTH, Issue, WorkLog
from apps.issues.selectors.working import NoSuchWork, can_change_work, more_than_logged, own_work
from apps.issues.services.common import clean_day, clean_text, key_of, lock, require_edit, touch
from apps.issues.services.moving import TAKE_BACK
from apps.issues.services.timing import clean_minutes, require_time_tracking
from apps.projects.models import Project

A_DAY = 24 * 60
_FIRST_DAY = date(2000, 1, 1)


class DayFull(Conflict):
    """Somebody would have worked more than 24 hours on one day."""

    title = gettext_lazy("A day has 24 hours")


class Adjust(StrEnum):
    """What becomes of what remains when work is logged."""

    AUTO = "auto"
    LEAVE = "leave"
    SET = "set"


@dataclass(frozen=True, slots=True)
class Remaining:
    """How what remains is adjusted; with `SET`, to what: in minutes or as somebody typed it."""

    adjust: Adjust = Adjust.AUTO
    value: Any = None


GOES_DOWN = Remaining()
STAYS = Remaining(Adjust.LEAVE)


@service
def log_work(
    *, actor: Actor, issue: Issue, minutes: Any, day: Any = None, note: str = "", remaining: Remaining = GOES_DOWN
) -> WorkLog:
    """Log how long one worked on an issue.

    :param minutes: that number, or a duration as somebody typed it
    :param day: when; today, where the actor lives, if nothing is said
    :raises Forbidden: for people who may not edit issues here, and for what is no person
    :raises NoTimeTracking: if the project does not track time
    :raises Invalid: if something cannot be: no time, a day to come, too long a note
    :raises DayFull: if the person has logged more than the rest of that day already
    """
    require_edit(actor, issue.project)
    if actor.user_id is None:
        raise Forbidden
    fresh = lock(actor, [issue.pk])[0]
    entry = WorkLog(
        org_id=fresh.org_id,
        project_id=fresh.project_id,
        issue=fresh,
        person_id=actor.user_id,
        day=_clean_day(actor, day),
        minutes=_clean_spent(fresh, minutes),
        note=_clean_note(note),
        created_at=happening_at(),
    )
    _refuse_full_day(entry)
    before = fresh.time_remaining
    if remaining.adjust is Adjust.SET:
        fresh.time_remaining = clean_minutes(fresh.project, remaining.value, field="remaining")
    elif remaining.adjust is Adjust.AUTO:
        _take_off(entry)
    entry.save()
    _store(actor, entry, WorkLogged, FieldChange("work", None, _as_json(entry)), before=before, action="create")
    return entry


@service
def edit_work(*, actor: Actor, entry: WorkLog, minutes: Any, day: Any, note: str) -> WorkLog:
    """Change an entry: one's own, or as an admin of the project anybody's.

    :raises Forbidden: for anybody else
    :raises NoTimeTracking: if the project does not track time any more
    :raises NoSuchWork: if it was taken away
    :raises Invalid: if something cannot be
    :raises DayFull: if the person has logged more than the rest of that day already
    """
    fresh = _lock(actor, entry, is_removed=False)
    was, issue = _as_json(fresh), fresh.issue
    before, old_minutes = issue.time_remaining, fresh.minutes
    fresh.minutes = _clean_spent(issue, minutes)
    fresh.day = _clean_day(actor, day, kept=fresh.day)
    fresh.note = _clean_note(note)
    if was == _as_json(fresh):
        return fresh
    _refuse_full_day(fresh)
    if fresh.taken_off is not None and fresh.minutes > old_minutes:
        _take_off(fresh, fresh.minutes - old_minutes)
    elif fresh.taken_off is not None:
        _give_back(fresh, max(0, fresh.taken_off - fresh.minutes))
    fresh.edited_at = happening_at()
    fresh.save(update_fields=["minutes", "day", "note", "taken_off", "edited_at"])
    _store(actor, fresh, WorkEdited, FieldChange("work", was, _as_json(fresh)), before=before)
    return fresh


@service
def remove_work(*, actor: Actor, entry: WorkLog) -> WorkLog:
    """Take an entry away: what it took off what remains is given back.

    :raises Forbidden: for anybody but whose it is and the project's admins
    :raises NoTimeTracking: if the project does not track time any more
    :raises NoSuchWork: if it is gone already
    """
    return _remove(actor, entry, set_by=None)


@service
def restore_work(*, actor: Actor, entry: WorkLog) -> WorkLog:
    """Bring an entry back that was taken away.

    :raises Forbidden: for anybody but whose it is and the project's admins
    :raises NoTimeTracking: if the project does not track time any more
    :raises NoSuchWork: if it is there already
    :raises DayFull: if the person has logged more than the rest of that day meanwhile
    """
    fresh = _lock(actor, entry, is_removed=True)
    before = fresh.issue.time_remaining
    _refuse_full_day(fresh)
    if fresh.taken_off is not None:
        _take_off(fresh)
    fresh.deleted_at = None
    fresh.save(update_fields=["deleted_at", "taken_off"])
    _store(actor, fresh, WorkRestored, FieldChange("work_restored", None, _as_json(fresh)), before=before)
    return fresh


@service
def take_off_work(*, actor: Actor, issue: Issue, minutes: int, day: date | None = None) -> None:
    """Take back some of what one logged on an issue, perhaps on one day alone: from the newest entries first.

    :raises Forbidden: for people who may not edit issues here
    :raises Invalid: if that is more than one logged
    """
    require_edit(actor, issue.project)
    # Locked first: what is read of it then stays so.
    fresh = lock(actor, [issue.pk])[0]
    left = minutes
    for entry in own_work(actor=actor, issue=fresh, day=day):
        entry.issue = fresh
        if entry.minutes <= left:
            remove_work(actor=actor, entry=entry)
        elif left:
            edit_work(actor=actor, entry=entry, minutes=entry.minutes - left, day=entry.day, note=entry.note)
        left = max(0, left - entry.minutes)
    if left:
        raise Invalid(more_than_logged(minutes - left), field="spend")


def work_events(actor: Actor, project: Project, issue_id: int, op: str) -> list[Event]:
    """What somebody did to the work log of an issue lately in one go, the last first."""
    kinds = (WorkLogged.kind, WorkEdited.kind, WorkRemoved.kind)
    mine = Event.objects.filter(org_id=actor.org_id, project=project, issue_id=issue_id, kind__in=kinds)
    recent = mine.filter(actor_id=actor.user_id, op=op).exclude(op="").filter(created_at__gt=timezone.now() - TAKE_BACK)
    return list(recent.prefetch_related("changes").order_by("-id"))


def take_work_back(actor: Actor, events: list[Event]) -> tuple[list[WorkLog], bool]:
    """Undo what these facts did to entries that nobody changed since; those entries, and whether some were left."""
    ids = [event.data["work_id"] for event in events]
    found = WorkLog.objects.filter(org_id=actor.org_id, pk__in=ids).select_related("issue__project").in_bulk()
    undone: list[WorkLog] = []
    for event in events:
        entry = found.get(event.data["work_id"])
        changes = {change.field: change for change in event.changes.all()}
        work = changes["work"]
        if entry is not None and work.new == (_as_json(entry) if entry.deleted_at is None else None):
            if work.old is None:
                fresh = _remove(actor, entry, set_by=changes.get("time_remaining"))
            elif entry.deleted_at is not None:
                fresh = restore_work(actor=actor, entry=entry)
            else:
                minutes, day, note = work.old
                fresh = edit_work(actor=actor, entry=entry, minutes=minutes, day=day, note=note)
            found[entry.pk] = fresh
            undone.append(fresh)
    return undone, len(undone) < len(events)


def _remove(actor: Actor, entry: WorkLog, *, set_by: Change | None) -> WorkLog:
    """Take an entry away; if what remains is what was set with it, it is what it was before."""
    fresh = _lock(actor, entry, is_removed=False)
    issue = fresh.issue
    before = issue.time_remaining
    if fresh.taken_off is not None:
        _give_back(fresh, fresh.taken_off)
    elif set_by is not None and set_by.new == before:
        issue.time_remaining = set_by.old
    fresh.deleted_at = happening_at()
    fresh.save(update_fields=["deleted_at", "taken_off"])
    _store(actor, fresh, WorkRemoved, FieldChange("work", _as_json(fresh), None), before=before, action="delete")
    return fresh


def _lock(actor: Actor, entry: WorkLog, *, is_removed: bool) -> WorkLog:
    """The entry as it is now, with its issue, both kept so until the commit."""
    if not can_change_work(actor, entry):
        raise Forbidden
    issue = lock(actor, [entry.issue_id])[0]
    require_time_tracking(issue.project)
    rows = WorkLog.objects.select_for_update(no_key=True, of=("self",)).filter(deleted_at__isnull=not is_removed)
    fresh = rows.select_related("person").filter(pk=entry.pk).first()
    if fresh is None:
        raise NoSuchWork
    fresh.issue = issue
    return fresh


def _take_off(entry: WorkLog, minutes: int | None = None) -> None:
    """Let what remains go down, not below nothing, and remember by how much."""
    issue = entry.issue
    took = min(entry.minutes if minutes is None else minutes, issue.time_remaining or 0)
    entry.taken_off = took if minutes is None else (entry.taken_off or 0) + took
    if issue.time_remaining is not None:
        issue.time_remaining -= took


def _give_back(entry: WorkLog, minutes: int) -> None:
    issue = entry.issue
    entry.taken_off = (entry.taken_off or 0) - minutes
    if issue.time_remaining is not None:
        issue.time_remaining += minutes


def _store(
    actor: Actor,
    entry: WorkLog,
    fact: type[WorkFact],
    change: FieldChange,
    *,
    before: int | None,
    action: str = "update",
) -> None:
    """Add up what the issue has spent, store what remains, and say what happened."""
    issue = entry.issue
    entries = WorkLog.objects.filter(issue=issue, deleted_at__isnull=True)
    issue.time_spent = entries.aggregate(minutes=Sum("minutes"))["minutes"] or 0
    touch(issue, "time_spent", "time_remaining")
    changes = [change]
    if issue.time_remaining != before:
        changes.append(FieldChange("time_remaining", before, issue.time_remaining))
    name = f"{in_hours(entry.minutes)} on {key_of(issue)}"
    record(
        fact(
            project_id=issue.project_id,
            issue_id=issue.pk,
            v=issue.version,
            work_id=entry.pk,
            subjects=(Subject(model="issues.worklog", id=entry.pk, name=name, action=action),),
            changes=tuple(changes),
        ),
        actor=actor,
    )


def _as_json(entry: WorkLog) -> list[Any]:
    """An entry as the log keeps it: how long, when, and the note."""
    return [entry.minutes, entry.day.isoformat(), entry.note]


def _refuse_full_day(entry: WorkLog) -> None:
    """Refuse more than 24 hours of one person on one day. Whoever else logs for that person waits until the commit."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('issues.work'), %s)", [entry.person_id % 2**31])
    others = WorkLog.objects.filter(
        org_id=entry.org_id, person_id=entry.person_id, day=entry.day, deleted_at__isnull=True
    ).exclude(pk=entry.pk)
    logged = others.aggregate(minutes=Sum("minutes"))["minutes"] or 0
    if logged + entry.minutes > A_DAY:
        raise DayFull(
            _("%(logged)s are logged on that day already, on all issues together. Choose another day, or less.")
            % {"logged": in_hours(logged)}
        )


def _clean_spent(issue: Issue, value: Any) -> int:
    minutes = clean_minutes(issue.project, value, field="minutes")
    if not minutes:
        raise Invalid(_("Say how long it was, such as 1h 30m."), field="minutes")
    if minutes > A_DAY:
        raise Invalid(_("A day has 24 hours. Log each day on its own."), field="minutes")
    return minutes


def _clean_day(actor: Actor, value: Any, *, kept: date | None = None) -> date:
    """A day: not one to come where the actor lives, unless it is kept as whoever logged it said."""
    day = clean_day(value, "day") or kept
    if day is not None and day == kept:
        return day
    today = today_of(user_id=actor.user_id)
    day = day or today
    if day > today:
        raise Invalid(_("That day is still to come. Choose today or a day before."), field="day")
    if day < _FIRST_DAY:
        raise Invalid(_("That day is too long ago."), field="day")
    return day


def _clean_note(value: Any) -> str:
    note = one_line(clean_text(value, limit=None, field="note"))
    if len(note) > NOTE_LENGTH:
        raise Invalid(
            _("A note has at most %(limit)s characters; this one has %(length)s.")
            % {"limit": NOTE_LENGTH, "length": len(note)},
            field="note",
        )
    return note
