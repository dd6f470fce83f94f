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


_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_IN = re.compile(r"(?:in )?([0-9]{1,3}) (day|week|month|year)s?")


def read_day(words: str, today: date) -> date:
    """A day as people name it: `2026-12-01`, `today`, `tomorrow`, `friday` (the next one), `in 2 weeks`.

    :raises ValueError: if it names none
    """
    said = " ".join(words.lower().split())
    if said in {"today", "tomorrow"}:
        return today + timedelta(days=said == "tomorrow")
    weekday = next(
        (number for number, name in enumerate(_DAYS) if said.removeprefix("next ") in {name, name[:3]}), None
    )
    if weekday is not None:
        return today + timedelta(days=(weekday - today.weekday() - 1) % 7 + 1)
    if distance := _IN.fullmatch(said):
        count, unit = int(distance[1]), distance[2]
        if unit in {"day", "week"}:
            return today + timedelta(days=count * (7 if unit == "week" else 1))
        later: date = today + relativedelta(months=count * (12 if unit == "year" else 1))
        return later
    return date.fromisoformat(said)
