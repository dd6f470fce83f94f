"""Times as Jira writes them into tables: day, month by its name in the language of whoever exported, year, clock."""

import re
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from apps.imports.moments import Reader
from apps.imports.texts import Notes

_TIME = re.compile(
    r"(\d{1,2})[/. -]{1,2}([^\W\d_]{3,12})\.?[/ -]{1,2}(\d{4}|\d{2})"
    r"(?:,? (\d{1,2}):(\d{2})(?::(\d{2}))?(?:[ \u00a0\u202f]?([^\W\d]{1,5}\.?[ \u00a0]?[mM]?\.?))?)?"
)
_MONTHS = (
    "jan january januar jänner jän ene enero janv janvier januari janeiro gen gennaio",
    "feb february februar feber febrero fév févr février februari fev fevereiro febbraio",
    "mar march mär mrz märz marzo mars mrt maart março",
    "apr april abr abril avr avril aprile",
    "may mai mayo mei maio mag maggio",
    "jun june juni junio juin junho giu giugno",
    "jul july juli julio juil juillet julho lug luglio",
    "aug august ago agosto aoû août augustus",
    "sep sept september septiembre septembre setembro set settembre",
    "oct october okt oktober octubre octobre out outubro ott ottobre",
    "nov november noviembre novembre novembro",
    "dec december dez dezember dic diciembre déc décembre desember dezembro dicembre",
)
_NUMBERS = {name: number for number, names in enumerate(_MONTHS, start=1) for name in names.split()}
_AFTERNOONS = {"pm", "nachm", "nm", "p"}
_MOST_SECONDS = 60 * (2**31 - 1)


class Times:
    """Reads the times of one table. What no month of Jira's stands in is left to the reader of all other shapes."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def time_of(self, value: str, name: str, notes: Notes) -> datetime | None:
        """A moment; what is none is told and left out."""
        return self.parse(value) or self._reader.time_of(value, name, notes)

    def date_of(self, value: str, name: str, notes: Notes) -> date | None:
        """A date, as it was written."""
        moment = self.parse(value)
        return moment.date() if moment is not None else self._reader.date_of(value, name, notes)

    def is_time(self, value: str) -> bool:
        """Whether a cell holds a date or a time."""
        return self.parse(value) is not None or self._reader.is_date(value)

    def parse(self, value: str) -> datetime | None:
        """A moment in the shape that Jira writes, if it is one."""
        found = _TIME.fullmatch(value.strip()) if len(value) < 60 else None
        if found is None:
            return None
        day, named, year, hour, minute, second, half = found.groups()
        month = _NUMBERS.get(named.lower())
        if month is None:
            return None
        hours = int(hour or 0)
        if half:
            afternoon = re.sub(r"[\W_]", "", half).lower() in _AFTERNOONS
            hours = hours % 12 + (12 if afternoon else 0)
        try:
            return datetime(
                # As POSIX reads two digits.
                int(year) + (0 if len(year) == 4 else 2000 if int(year) < 69 else 1900),
                month,
                int(day),
                hours,
                int(minute or 0),
                int(second or 0),
                tzinfo=self._reader.zone,
            )
        except ValueError:
            return None


def minutes_of_seconds(value: object, name: str, notes: Notes) -> int | None:
    """Seconds, in which Jira counts, as minutes. What is no number of them is told and left out."""
    if value is None or isinstance(value, bool) or not str(value).strip():
        return None
    try:
        seconds = Decimal(str(value).strip())
    except InvalidOperation:
        seconds = Decimal(-1)
    # "NaN" is a number to both, and compares with none.
    if not seconds.is_finite() or not 0 <= seconds <= _MOST_SECONDS:
        notes.append((name, f"“{str(value)[:40]}” is no number of seconds that can be kept and was left out."))
        return None
    return round(seconds / 60)
