"""Times, dates and numbers as people and programs write them.

ISO 8601 first, then year/month/day, then day and month in the order that the file itself shows, then months by name.
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from dateutil import parser as names_of_months

from apps.imports.choices import Choices
from apps.imports.texts import YEARS, Notes, said

_LONGEST = 100
_ZONED = re.compile(r"(.*\d) ?(?:(UTC|GMT|Z)|([+-]\d{2}):?(\d{2})(?: \(.*\))?)", re.DOTALL)
_YEAR_FIRST = re.compile(r"(\d{4})[/.](\d{1,2})[/.](\d{1,2})(?:[ T]+(.+))?")
_YEAR_LAST = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d{2})(?:,?[ T]+(.+))?")
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?(?: ?([AaPp])\.?[Mm]\.?)?")
_MONTH = re.compile(r"[A-Za-z]{3}")
# In which a date that lacks a part would differ.
_DEFAULTS = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2004, 2, 2, tzinfo=UTC))
# Hours that the usual abbreviations are ahead.
_ZONES = {
    "UTC": 0, "GMT": 0, "Z": 0, "WET": 0, "WEST": 1, "CET": 1, "CEST": 2, "EET": 2, "EEST": 3,
    "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
}  # fmt: skip

_NUMBERS = (
    (re.compile(r"-?\d{1,3}(?:[,\u00a0\u202f ']\d{3})+(?:\.\d+)?"), ",\u00a0\u202f '"),
    (re.compile(r"-?\d{1,3}(?:[.\u00a0\u202f ']\d{3})+,\d+"), ".\u00a0\u202f '"),
    (re.compile(r"-?\d{1,3}(?:\.\d{3}){2,}"), "."),
    (re.compile(r"-?\d+(?:[.,]\d+)?"), ""),
)
_DURATION = re.compile(
    r"(?:(\d+(?:[.,]\d+)?) ?w)? ?(?:(\d+(?:[.,]\d+)?) ?d)? ?(?:(\d+(?:[.,]\d+)?) ?h)? ?(?:(\d+) ?m(?:in)?)?"
)
_CLOCKED = re.compile(r"(\d{1,5}):([0-5]\d)(?::[0-5]\d)?")
MOST_POINTS = Decimal(10_000)
# A day of work and a week of it, as trackers count them.
_HOURS_A_DAY = 8
_DAYS_A_WEEK = 5
_MOST_MINUTES = 2**31 - 1


def zone_of(choices: Choices) -> tzinfo:
    """The zone that times without one are in."""
    try:
        return ZoneInfo(choices.time_zone)
    except (KeyError, ValueError, OSError):
        return UTC


@dataclass(slots=True)
class Order:
    """Whether a file writes the day or the month first, as its own dates tell: one above 12 can only be a day."""

    days_first: int = 0
    months_first: int = 0
    # Of an American clock: a hint where nothing else says anything.
    halves: int = 0

    def look_at(self, value: str) -> None:
        """Learn from one more cell."""
        found = _YEAR_LAST.fullmatch(value.strip()) if len(value) <= _LONGEST else None
        if found is None or found[2] == ".":
            return
        first, second = int(found[1]), int(found[3])
        if first > 12 >= second:
            self.days_first += 1
        elif second > 12 >= first:
            self.months_first += 1
        elif (clock := _CLOCK.fullmatch(found[5] or "")) is not None and clock[4]:
            self.halves += 1

    @property
    def is_day_first(self) -> bool:
        """What most of the dates say; where they are silent, the day is first unless clocks say AM and PM."""
        if self.days_first == self.months_first:
            return not self.halves
        return self.days_first > self.months_first

    @property
    def is_told(self) -> bool:
        """Whether the file says so itself."""
        return self.days_first != self.months_first


@dataclass(slots=True)
class Reader:
    """Reads the times of one file. Says once how it took dates that could be taken in two ways."""

    zone: tzinfo = UTC
    order: Order = field(default_factory=Order)
    _has_said: bool = False

    def time_of(self, value: str, name: str, notes: Notes) -> datetime | None:
        """A moment; a date is its midnight. What is none is told and left out."""
        if not value.strip():
            return None
        moment = self._parse(value.strip(), name, notes)
        if moment is None:
            notes.append((name, f"“{said(value)}” is no time that can be read and was left out."))
        return moment

    def date_of(self, value: str, name: str, notes: Notes) -> date | None:
        """A date; of a moment, the day in the zone that it was written in. What is none is told and left out."""
        if not value.strip():
            return None
        moment = self._parse(value.strip(), name, notes)
        if moment is None:
            notes.append((name, f"“{said(value)}” is no date that can be read and was left out."))
        return moment.date() if moment is not None else None

    def is_date(self, value: str) -> bool:
        """Whether a cell holds a date or a time."""
        return self._parse(value.strip(), "", None) is not None

    def _parse(self, value: str, name: str, notes: Notes | None) -> datetime | None:
        if len(value) > _LONGEST:
            return None
        moment = _iso(value) or self._numeric(value, name, notes) or _named(value)
        if moment is None or moment.year not in YEARS:
            return None
        return moment if moment.tzinfo is not None else moment.replace(tzinfo=self.zone)

    def _numeric(self, value: str, name: str, notes: Notes | None) -> datetime | None:
        if (found := _YEAR_FIRST.fullmatch(value)) is not None:
            return _moment(int(found[1]), int(found[2]), int(found[3]), found[4])
        if (found := _YEAR_LAST.fullmatch(value)) is None:
            return None
        year = int(found[4])
        # As POSIX reads two digits.
        year += 0 if year > 99 else 2000 if year < 69 else 1900
        first, second = int(found[1]), int(found[3])
        is_day_first = found[2] == "." or self.order.is_day_first
        day, month = (first, second) if is_day_first else (second, first)
        moment = _moment(year, month, day, found[5])
        if moment is not None and notes is not None and found[2] != "." and first != second:
            self._say(value, moment, name, notes)
        return moment

    def _say(self, value: str, moment: datetime, name: str, notes: Notes) -> None:
        if self._has_said:
            return
        self._has_said = True
        why = "as other dates of the file tell" if self.order.is_told else "though nothing in the file tells"
        which = "day" if self.order.is_day_first else "month"
        notes.append(
            (name, f"“{value[:40]}” was read as {moment:%Y-%m-%d}, the {which} first, {why}; so were all others.")
        )


def _iso(value: str) -> datetime | None:
    if not value[:4].isdecimal():
        return None
    text = value
    if (found := _ZONED.fullmatch(value)) is not None and (found[2] or ":" in found[1]):
        text = found[1].strip() + ("+00:00" if found[2] else f"{found[3]}:{found[4]}")
    try:
        return datetime.fromisoformat(text.replace(",", ".")) if len(text) > 8 else None
    except ValueError:
        return None


def _moment(year: int, month: int, day: int, clock: str | None) -> datetime | None:
    at = time()
    if clock:
        found = _CLOCK.fullmatch(clock.strip())
        if found is None:
            return None
        hour = int(found[1])
        if found[4]:
            hour = hour % 12 + (12 if found[4].lower() == "p" else 0)
        if hour > 23 or int(found[2]) > 59 or int(found[3] or 0) > 59:
            return None
        at = time(hour, int(found[2]), int(found[3] or 0))
    try:
        # The zone is the caller's to add.
        return datetime.combine(date(year, month, day), at)
    except ValueError:
        return None


def _named(value: str) -> datetime | None:
    """A date with the name of a month, in any order (“20/Jul/23 3:25 PM”, “Tue, 26 May 2020 11:44:59 +0200”)."""
    if _MONTH.search(value) is None or not any(character.isdecimal() for character in value):
        return None
    # JavaScript writes its zone's name behind it.
    text = value.split(" (", 1)[0].replace("GMT+", "+").replace("GMT-", "-")
    try:
        first, second = (
            names_of_months.parse(text, default=each.replace(tzinfo=None), tzinfos=_zone_named) for each in _DEFAULTS
        )
    except (ValueError, OverflowError, TypeError):
        return None
    return first if first == second else None


def _zone_named(name: str, offset: int | None) -> tzinfo | None:
    """A zone by the letters behind a time; unknown ones leave the time to the zone that was chosen."""
    if offset is None and name in _ZONES:
        offset = _ZONES[name] * 3600
    return timezone(timedelta(seconds=offset)) if offset is not None else None


def parse_number(value: str) -> Decimal | None:
    """A number, with a point or comma for its decimals and any usual mark between its thousands."""
    text = value.strip()
    if len(text) > 20:
        return None
    for shape, marks in _NUMBERS:
        if shape.fullmatch(text):
            for mark in marks:
                text = text.replace(mark, "")
            try:
                return Decimal(text.replace(",", "."))
            except InvalidOperation:
                return None
    return None


def points_of(value: str | float | Decimal | None, name: str, notes: Notes) -> Decimal | None:
    """Story points as they fit; anything else is told and left out."""
    if value is None or isinstance(value, bool) or value == "":
        return None
    number = parse_number(str(value))
    if number is None or not 0 <= number < MOST_POINTS:
        if str(value).strip():
            notes.append((name, f"“{said(value)}” is no number of points that can be kept and was left out."))
        return None
    return round(number, 2)


def minutes_of(value: str | float | Decimal | None, name: str, notes: Notes) -> int | None:
    """Hours (“1.5”, “1,5 h”, “1:30”, “1w 2d 3h 30m”) as minutes; anything else is told and left out."""
    if value is None or isinstance(value, bool) or not str(value).strip():
        return None
    minutes = _minutes(str(value).strip().lower())
    if minutes is None or not 0 <= minutes <= _MOST_MINUTES:
        notes.append((name, f"“{said(value)}” is no time in hours that can be kept and was left out."))
        return None
    return round(minutes)


def _minutes(text: str) -> Decimal | None:
    if len(text) > 40:
        return None
    if (clock := _CLOCKED.fullmatch(text)) is not None:
        return Decimal(int(clock[1]) * 60 + int(clock[2]))
    number = parse_number(text)
    if number is None and (found := _DURATION.fullmatch(text)) is not None and any(found.groups()):
        weeks, days, hours, minutes = (Decimal((each or "0").replace(",", ".")) for each in found.groups())
        return ((weeks * _DAYS_A_WEEK + days) * _HOURS_A_DAY + hours) * 60 + minutes
    return number * 60 if number is not None else None
