"""Durations as people type them (`1h 30m`, `1.5h`, `90m`, `2d`), kept in minutes and shown in hours and minutes."""

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

_HOUR = 60
_PART = re.compile(r"([0-9]{1,5}(?:[.,][0-9]{1,3})?) ?([a-z]+)(?: *,? *|$)")
_CLOCK = re.compile(r"([0-9]{1,4}):([0-5][0-9])")
_HOURS_AND_MINUTES = re.compile(r"([0-9]{1,4})h([0-5][0-9])")
_UNITS = {
    "w": ("w", "wk", "wks", "week", "weeks"),
    "d": ("d", "day", "days"),
    "h": ("h", "hr", "hrs", "hour", "hours"),
    "m": ("m", "min", "mins", "minute", "minutes"),
}
_UNIT_OF = {word: unit for unit, words in _UNITS.items() for word in words}


@dataclass(frozen=True, slots=True)
class WorkingTime:
    """What a day and a week of work are."""

    minutes_a_day: int = 8 * _HOUR
    days_a_week: int = 5

    def minutes_in(self, unit: str) -> int:
        """How many minutes one `w`, `d`, `h` or `m` has."""
        day = self.minutes_a_day
        return {"w": day * self.days_a_week, "d": day, "h": _HOUR, "m": 1}[unit]


STANDARD = WorkingTime()


def read_minutes(words: str, *, working: WorkingTime = STANDARD) -> int:
    """A duration in minutes, to the nearest one. A number alone is none: it could be minutes as well as hours.

    :raises ValueError: if it is none
    """
    said = " ".join(words.lower().split())
    if clock := _CLOCK.fullmatch(said) or _HOURS_AND_MINUTES.fullmatch(said):
        return int(clock[1]) * _HOUR + int(clock[2])
    total, at, left = Decimal(0), 0, "wdhm"
    while at < len(said) or not at:
        part = _PART.match(said, at)
        unit = _UNIT_OF.get(part[2], " ") if part else " "
        if part is None or unit not in left:
            raise ValueError(f"{words!r} is no duration")
        # The greater first: "1h 2d" is more likely an hour, two days ago.
        left = left.partition(unit)[2]
        total += Decimal(part[1].replace(",", ".")) * working.minutes_in(unit)
        at = part.end()
    return int(total.to_integral_value(ROUND_HALF_UP))


def in_hours(minutes: int) -> str:
    """A duration as it is shown everywhere, whatever a day is: `1h 30m`, `16h`, `0m`."""
    hours, rest = divmod(abs(minutes), _HOUR)
    shown = " ".join([*([f"{hours}h"] if hours else []), *([f"{rest}m"] if rest or not hours else [])])
    return f"-{shown}" if minutes < 0 else shown
