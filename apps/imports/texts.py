"""Texts, times and dates of other trackers, made fit to be stored; what could not be kept becomes a note."""

import re
from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Any

from apps.imports.markup.jira import as_code
from apps.issues.models import TEXT_LENGTH, TITLE_LENGTH

Notes = list[tuple[str, str]]
NAME_LENGTH = 60
_SAID = 40
# Other years are slips of the pen, and a zone would move the last day of all beyond what can be read again.
YEARS = range(1900, 3000)

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
# Room for the fence and the sentence around a piece of a text that is too long for one field.
_PIECE = TEXT_LENGTH - 200


def clean(text: str) -> str:
    """The text without what PostgreSQL cannot store: NUL and halves of characters."""
    return _UNSTORABLE.sub("\ufffd", text)


def storable(value: Any) -> Any:
    """The same for everything that JSON holds."""
    if isinstance(value, str):
        return _UNSTORABLE.sub("\ufffd", value)
    if isinstance(value, dict):
        return {storable(name): storable(each) for name, each in value.items()}
    return [storable(each) for each in value] if isinstance(value, list | tuple) else value


def words(value: Any) -> str:
    """A name or another short text on one line; "" for anything but text."""
    return " ".join(clean(value).split()) if isinstance(value, str) else ""


def said(value: Any) -> str:
    """A value as a note quotes it: its beginning, or dots for what is neither text nor a number."""
    return "…" if isinstance(value, dict | list) else clean(str(value)[:_SAID].strip())


def title_of(value: Any, key: str, notes: Notes, field: str = "summary") -> str:
    """A title that fits; without one, the key stands in."""
    title = words(value)
    if not title:
        notes.append((field, "There is no title; the key stands in for it."))
        return key
    if len(title) > TITLE_LENGTH:
        notes.append((field, f"The title has {len(title)} characters and was cut to {TITLE_LENGTH}."))
        return title[: TITLE_LENGTH - 1] + "…"
    return title


def text_of(value: Any, field: str, notes: Notes, convert: Callable[[str], str] = str) -> tuple[str, list[str]]:
    """A description or comment as Markdown, and the pieces that did not fit into it.

    :param convert: makes the other tracker's markup Markdown
    """
    if not isinstance(value, str):
        return "", []
    if "\x00" in value:
        notes.append((field, "NUL characters were replaced; no text can hold them."))
    text = clean(value).replace("\r\n", "\n")
    converted = convert(text) if len(text) <= TEXT_LENGTH else ""
    if len(text) <= TEXT_LENGTH and len(converted) <= TEXT_LENGTH:
        return converted, []
    # A text of this size is a pasted log: it is kept whole, as code, in as many pieces as it takes.
    pieces = _split(text)
    notes.append((field, f"The text has {len(text)} characters and goes on in {len(pieces) - 1} comment(s)."))
    return pieces[0], pieces[1:]


def _split(text: str) -> list[str]:
    pieces = []
    start = 0
    while start < len(text):
        end = min(start + _PIECE // 2, len(text))
        line_end = text.rfind("\n", start, end) + 1
        if end < len(text) and line_end > start:
            end = line_end
        pieces.append(as_code(text[start:end]))
        start = end
    return pieces


def names_of(values: Iterable[Any], field: str, notes: Notes) -> list[str]:
    """Names of labels, components and the like: each once, cut to what fits."""
    names = [words(value) for value in values]
    notes += [
        (field, f"“{name[:NAME_LENGTH]}…” was cut to {NAME_LENGTH} characters.")
        for name in names
        if len(name) > NAME_LENGTH
    ]
    return list(dict.fromkeys(name[:NAME_LENGTH].strip() for name in names if name))


def parse_time(value: Any) -> datetime | None:
    """An ISO 8601 moment with its zone, if it is one in a year that people mean."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None and moment.year in YEARS else None


def time_of(value: Any, field: str, notes: Notes) -> datetime | None:
    """An ISO 8601 moment with its zone; anything else is told and left out."""
    moment = parse_time(value)
    if moment is None and value:
        notes.append((field, f"“{said(value)}” is no time with a zone and was left out."))
    return moment


def date_of(value: Any, field: str, notes: Notes) -> date | None:
    """An ISO 8601 date; anything else is told and left out."""
    if not value:
        return None
    try:
        day = date.fromisoformat(str(value)[:10])
    except ValueError:
        day = None
    if day is None or day.year not in YEARS:
        notes.append((field, f"“{said(value)}” is no date that can be kept and was left out."))
        return None
    return day
