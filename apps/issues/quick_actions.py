"""Quick actions: lines of a text such as `/assign @ada` that are done instead of being kept.

Here is only what a text says. What its words mean in a project, and who may do it, is for
`apps.issues.selectors.actions`; doing it for `apps.issues.services.acting`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from dateutil.relativedelta import relativedelta
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from markdown_it import MarkdownIt

from apps.core.durations import WorkingTime, read_minutes
from apps.core.errors import Invalid

MOST_ACTIONS = 20
# What takes a value away, where a field can be empty.
NOTHING = "none"


@dataclass(frozen=True, slots=True)
class Action:
    """What can be written: its name, what stands behind it (empty where nothing does), and what it does."""

    name: str
    example: str
    does: Any
    # Without anything behind it, it means something as well.
    is_whole: bool = False
    # Everybody who may comment may do it; for all others the issue must be one's to edit.
    is_for_all: bool = False
    # Only where time is tracked.
    is_about_time: bool = False


ACTIONS: Mapping[str, Action] = {
    action.name: action
    for action in (
        Action("assign", "@ada", gettext_lazy("Give it to somebody; “me” is you")),
        Action("unassign", "", gettext_lazy("Give it to nobody")),
        Action("label", "bug", gettext_lazy("Add a label")),
        Action("unlabel", "bug", gettext_lazy("Take a label off, or all of them"), is_whole=True),
        Action("priority", "high", gettext_lazy("Set the priority")),
        Action("status", "In review", gettext_lazy("Move it to a status")),
        Action("close", "", gettext_lazy("Move it to where what is done is")),
        Action("reopen", "", gettext_lazy("Take it up again")),
        Action("due", "in 2 days", gettext_lazy("Set the day by which it is due: a date, “friday”, “none”")),
        Action("estimate", "3", gettext_lazy("Set the points, or “none”")),
        Action(
            "spend",
            "2h",
            gettext_lazy("Log time: “2h”, “1h 30m yesterday”, “45m 2026-12-01 review”; “-30m” takes it back"),
            is_about_time=True,
        ),
        Action("remaining", "3h", gettext_lazy("Set how much time is left, or “none”"), is_about_time=True),
        Action("parent", "FLOW-3", gettext_lazy("Put it under another issue, or “none”")),
        Action("sprint", "current", gettext_lazy("Plan it: “current”, “next”, a name, or “none”")),
        Action("duplicate", "FLOW-3", gettext_lazy("Say that it repeats another issue, and cancel it")),
        Action("blocks", "FLOW-3", gettext_lazy("Say that another issue waits for it")),
        Action("relate", "FLOW-3", gettext_lazy("Link another issue")),
        Action("watch", "", gettext_lazy("Hear of what happens here"), is_for_all=True),
        Action("unwatch", "", gettext_lazy("Do not hear of it any more"), is_for_all=True),
        Action("archive", "", gettext_lazy("Take it off boards and lists")),
    )
}


@dataclass(frozen=True, slots=True)
class Command:
    """One action that a text asks for: which, with what, and in which line, from 1."""

    name: str
    words: str
    line: int

    def __str__(self) -> str:
        return f"/{self.name} {self.words}".rstrip()


@dataclass(frozen=True, slots=True)
class Written:
    """A text without its quick actions, and those."""

    text: str
    commands: tuple[Command, ...] = ()


_LINE = re.compile(r"/([A-Za-z]+)(?:[ \t]+(.*?))?[ \t]*")
# What ends a line for the parser of Markdown.
_LINE_END = re.compile(r"(\r\n?|\n)")
_BLOCKS = MarkdownIt("commonmark", {"html": False})


def read_actions(text: str) -> Written:
    """A text taken apart. A line is an action if it begins with one and stands in no code; all else stays as it is."""
    parts = _LINE_END.split(text)  # lines, and between them their ends
    found: dict[int, Command] = {}
    for number, line in enumerate(parts[::2]):
        match = _LINE.fullmatch(line)
        name = match[1].lower() if match else ""
        if match and name in ACTIONS:
            found[number] = Command(name, _unquoted((match[2] or "").strip()), number + 1)
    if found:
        for number in _lines_of_code(text):
            found.pop(number, None)
    if not found:
        return Written(text)
    kept = [
        line + end
        for number, (line, end) in enumerate(zip(parts[::2], [*parts[1::2], ""], strict=True))
        if number not in found
    ]
    return Written("".join(kept).strip("\r\n"), tuple(found.values()))


def _lines_of_code(text: str) -> set[int]:
    return {
        number
        for token in _BLOCKS.parse(text)
        if token.type in {"fence", "code_block"} and token.map
        for number in range(*token.map)
    }


def _unquoted(words: str) -> str:
    for opening, closing in ('""', "''", "“”", "«»"):
        if len(words) > 1 and words[0] == opening and words[-1] == closing:
            return words[1:-1].strip()
    return words


def check_actions(commands: tuple[Command, ...]) -> None:
    """Refuse too many actions, and those that have something behind them that they cannot have, or do not have it.

    :raises Invalid: then
    """
    if len(commands) > MOST_ACTIONS:
        raise Invalid(
            _("A text has at most %(limit)s quick actions; this one has %(count)s.")
            % {"limit": MOST_ACTIONS, "count": len(commands)}
        )
    for command in commands:
        action = ACTIONS[command.name]
        if command.words and not action.example:
            raise refusal(command, _("Nothing can stand behind it. To keep the line as text, put a space before it."))
        if action.example and not command.words and not action.is_whole:
            example = f"/{action.name} {action.example}"
            raise refusal(command, _("Something is missing behind it: %(example)s.") % {"example": example})


def refusal(command: Command, why: Any) -> Invalid:
    """Why a command cannot be done."""
    return Invalid(at_line(command, why), field=command.name)


def at_line(command: Command, why: Any) -> str:
    """A refusal, with the line that it is about."""
    return _("Line %(line)s, “%(command)s”: %(why)s") % {
        "line": command.line,
        "command": str(command)[:80],
        "why": why,
    }


@dataclass(frozen=True, slots=True)
class Spent:
    """What `/spend` says: how long (below nothing: how much of it is taken back), on which day if it names one, and a
    note."""

    minutes: int
    day: date | None
    note: str


_WHEN = re.compile(
    r"(today|yesterday|tomorrow|[0-9]{4}-[0-9]{2}-[0-9]{2}|([0-9]{1,3}) days? ago|(?:on|last) ([a-z]{3,9}))"
    r"(?:[ ,:]+(.*))?",
    re.IGNORECASE,
)
# As many words as the longest duration has: "1 week 2 days 3 hours 4 minutes".
_LONGEST = 8


def read_spent(words: str, *, today: date, working: WorkingTime) -> Spent:
    """`1h 30m`, `2h yesterday`, `45m 2026-12-01 review`, `-30m`: a weekday is the last one, and stands behind “on”.

    :raises ValueError: if it does not begin with a duration, or names a day that there is not
    """
    said = words.lstrip("-−").split()
    sign = -1 if words.startswith(("-", "−")) else 1
    for count in range(min(len(said), _LONGEST), 0, -1):
        try:
            minutes = read_minutes(" ".join(said[:count]), working=working)
        except ValueError:
            continue
        rest = " ".join(said[count:])
        match = _WHEN.fullmatch(rest)
        day = _read_past(match, today) if match else None
        return Spent(sign * minutes, day, rest if match is None or day is None else match[4] or "")
    raise ValueError(f"{words!r} does not begin with a duration")


def _read_past(match: re.Match[str], today: date) -> date | None:
    """The day that is named; none where the word behind “on” is no weekday.

    :raises ValueError: if there is no such day
    """
    name = match[1].lower()
    if match[3] is not None:
        weekday = _weekday(match[3].lower())
        return None if weekday is None else today - timedelta(days=(today.weekday() - weekday - 1) % 7 + 1)
    if match[2] is not None:
        return today - timedelta(days=int(match[2]))
    away = {"today": 0, "yesterday": -1, "tomorrow": 1}.get(name)
    return date.fromisoformat(name) if away is None else today + timedelta(days=away)


def _weekday(word: str) -> int | None:
    return next((number for number, name in enumerate(_DAYS) if word in {name, name[:3]}), None)


_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_IN = re.compile(r"(?:in )?([0-9]{1,3}) (day|week|month|year)s?")


def read_day(words: str, today: date) -> date:
    """A day as people name it: `2026-12-01`, `today`, `tomorrow`, `friday` (the next one), `in 2 weeks`.

    :raises ValueError: if it names none
    """
    said = " ".join(words.lower().split())
    if said in {"today", "tomorrow"}:
        return today + timedelta(days=said == "tomorrow")
    weekday = _weekday(said.removeprefix("next "))
    if weekday is not None:
        return today + timedelta(days=(weekday - today.weekday() - 1) % 7 + 1)
    if distance := _IN.fullmatch(said):
        count, unit = int(distance[1]), distance[2]
        if unit in {"day", "week"}:
            return today + timedelta(days=count * (7 if unit == "week" else 1))
        later: date = today + relativedelta(months=count * (12 if unit == "year" else 1))
        return later
    return date.fromisoformat(said)
