"""How the timeline turns days into places: a window of days at one of three zooms. Pure dates throughout."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

# Where a window may begin, so that no sum leaves the calendar.
EARLIEST, LATEST = date(1900, 1, 1), date(2200, 1, 1)
# A bar that is narrower is neither seen nor hit.
NARROWEST = 8


class Zoom(StrEnum):
    """How much of the calendar is seen at once."""

    WEEKS = "weeks"
    MONTHS = "months"
    QUARTERS = "quarters"


_WIDTHS = {Zoom.WEEKS: 24, Zoom.MONTHS: 8, Zoom.QUARTERS: 3}
_DAYS = {Zoom.WEEKS: 20 * 7, Zoom.MONTHS: 54 * 7, Zoom.QUARTERS: 156 * 7}
# A window has one of so many parts before the day that it was opened at.
_BEFORE = 16


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on the axis: where it stands, the day it stands for, and where the next of its kind does."""

    x: int
    day: date
    end: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """Where some days lie in the window: none of it (`width` 0), a part, or all."""

    x: int
    width: int
    is_before: bool
    is_after: bool


@dataclass(frozen=True, slots=True)
class Scale:
    """A window of days at a zoom."""

    zoom: Zoom
    first: date

    @classmethod
    def around(cls, zoom: Zoom, day: date) -> "Scale":
        """The window to look at a day in; it begins on a Monday."""
        near = min(max(day, EARLIEST), LATEST) - timedelta(days=_DAYS[zoom] // _BEFORE)
        return cls(zoom, near - timedelta(days=near.weekday()))

    @property
    def days(self) -> int:
        """How many days the window has."""
        return _DAYS[self.zoom]

    @property
    def day_width(self) -> int:
        """The width of a day."""
        return _WIDTHS[self.zoom]

    @property
    def width(self) -> int:
        """The width of the window."""
        return self.days * self.day_width

    @property
    def last(self) -> date:
        """The last day of the window."""
        return self.first + timedelta(days=self.days - 1)

    @property
    def earlier(self) -> date:
        """The day to open the window at that lies half of one earlier."""
        return self.first + timedelta(days=self.days // _BEFORE - self.days // 2)

    @property
    def later(self) -> date:
        """The day to open the window at that lies half of one later."""
        return self.first + timedelta(days=self.days // _BEFORE + self.days // 2)

    def x(self, day: date) -> int:
        """Where a day begins; beyond the window for days outside of it."""
        return (day - self.first).days * self.day_width

    def stretch(self, start: date | None, end: date | None) -> Stretch:
        """Where the days from one to another lie, both of them included. One that is missing is the other."""
        begin, finish = start or end or self.first, end or start or self.first
        if finish < begin:
            begin, finish = finish, begin
        left, right = self.x(begin), self.x(finish) + self.day_width
        if right <= 0 or left >= self.width:
            return Stretch(0 if right <= 0 else self.width, 0, is_before=right <= 0, is_after=right > 0)
        shown, until = max(left, 0), min(right, self.width)
        return Stretch(shown, max(until - shown, NARROWEST), is_before=left < 0, is_after=right > self.width)

    def majors(self) -> list[Tick]:
        """The larger marks: months, or quarters where a month is narrow."""
        return self._ticks(3 if self.zoom is Zoom.QUARTERS else 1)

    def minors(self) -> list[Tick]:
        """The smaller marks: Mondays, or months where a week is narrow."""
        if self.zoom is Zoom.QUARTERS:
            return self._ticks(1)
        week = 7 * self.day_width
        mondays = (self.first + timedelta(days=number) for number in range(0, self.days, 7))
        return [Tick(self.x(day), day, self.x(day) + week) for day in mondays]

    def _ticks(self, months: int) -> list[Tick]:
        """The first days of months, or of so many of them; the first may lie before the window."""
        day = date(self.first.year, (self.first.month - 1) // months * months + 1, 1)
        found = []
        while day <= self.last:
            beyond = day.month - 1 + months
            end = date(day.year + beyond // 12, beyond % 12 + 1, 1)
            found.append(Tick(max(self.x(day), 0), day, min(self.x(end), self.width)))
            day = end
        return found
