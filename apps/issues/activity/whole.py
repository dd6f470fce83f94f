"""Facts that are told as one, whatever they changed. A new one is one more entry of `WHOLE`."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from markupsafe import Markup, escape

from apps.accounts.reading import short_day
from apps.core.durations import in_hours
from apps.events.models import Change, Event
from apps.issues.activity.names import Names
from apps.issues.facts import WorkEdited, WorkLogged, WorkRemoved, WorkRestored

# An icon, what was done, and the change that an undo takes back, if one does.
Line = tuple[str, Markup, Change | None]


def _created(event: Event, changes: Sequence[Change], names: Names) -> list[Line]:
    """That an issue was made; from a template by the author, or in their name by a schedule."""
    data: dict[str, Any] = event.data
    if not data.get("template"):
        return [("plus", escape(_("created this issue")), None)]
    if data.get("schedule") is None:
        icon, pattern = "plus", _("created this issue from the template <b>{name}</b>")
    else:
        icon, pattern = "refresh-cw", _("let FlowBoard create this issue on schedule, from the template <b>{name}</b>")
    return [(icon, Markup(pattern).format(name=data["template"]), None)]  # noqa: S704 (the sentence is ours)


def _restored(event: Event, changes: Sequence[Change], names: Names) -> list[Line]:
    """It came back from the bin and from the archive at once: that is one thing."""
    return [("rotate-ccw", escape(_("brought this issue back")), change) for change in changes[:1]]


def _worked(event: Event, changes: Sequence[Change], names: Names) -> list[Line]:
    """What somebody did to the work log, and what remains after it, if that changed. It is undone where it stands."""
    named = {change.field: change for change in changes}
    work = named.get("work") or named["work_restored"]
    old: Any = work.old
    new: Any = work.new
    time, day, _note = new or old
    values = {"time": in_hours(time), "day": short_day(date.fromisoformat(day))}
    if work.field == "work_restored":
        pattern = _("brought <b>{time}</b> of {day} back")
    elif old is None:
        pattern = _("logged <b>{time}</b> for {day}")
    elif new is None:
        pattern = _("took {time} of {day} out of the log")
    elif old[:2] == new[:2]:
        pattern = _("changed the note of {time} of {day}")
    else:
        values |= {"old": in_hours(old[0]), "old_day": short_day(date.fromisoformat(old[1]))}
        pattern = _("changed {old} of {old_day} in the log to <b>{time}</b> of {day}")
    told = Markup(pattern).format(**values)  # noqa: S704 (the sentence is ours)
    left = named.get("time_remaining")
    if left is not None:
        told += Markup(", ") + _left(left.new)
    return [("clock", told, work)]


def _left(minutes: Any) -> Markup:
    if minutes is None:
        return escape(_("without saying how much is left"))
    return Markup(_("<b>{time}</b> left")).format(time=in_hours(minutes))  # noqa: S704 (the sentence is ours)


# By the fact's kind: the fact, its changes of the issue, and the names of what they name.
WHOLE: dict[str, Callable[[Event, Sequence[Change], Names], list[Line]]] = {
    "issue.created": _created,
    "issue.restored": _restored,
    **dict.fromkeys((WorkLogged.kind, WorkEdited.kind, WorkRemoved.kind, WorkRestored.kind), _worked),
}
