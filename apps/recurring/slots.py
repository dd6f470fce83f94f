"""The slots of a schedule: on which days, and at which moments. Pure; the days are those of `dateutil`'s rules."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from dateutil.rrule import DAILY, MONTHLY, WEEKLY, rrule, weekday
from dateutil.tz import datetime_exists

# The shortest month: later days are the last one where a month has no such day.
_ALWAYS_THERE = 28
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Slot:
    """A day on which an issue is made, and the moment."""

    day: date
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """How something repeats: every `interval` days, weeks or months, from `start_date` on.

    Weeks and months are counted from the first slot, not from the week or month that `start_date` happens to be in.
    """

    frequency: str
    interval: int
    start_date: date
    at: time
    time_zone: str
    weekdays: tuple[int, ...] = ()
    month_day: int | None = None
    nth: int | None = None
    end_date: date | None = None

    def days(self) -> Iterator[date]:
        """The days of its slots, in their order."""
        first = next(self._days(self.start_date, 1), None)
        return self._days(first, self.interval) if first is not None else iter(())

    def _days(self, start: date, interval: int) -> Iterator[date]:
        until = datetime.combine(self.end_date, time()) if self.end_date is not None else None
        begin = datetime.combine(start, time())
        match self.frequency:
            case "daily":
                rule = rrule(DAILY, begin, interval, until=until)
            case "weekly":
                rule = rrule(WEEKLY, begin, interval, until=until, byweekday=self.weekdays, wkst=0)
            case "monthly":
                day = self.month_day or 1
                # Of the days up to the wanted one the last that the month has.
                days = range(min(day, _ALWAYS_THERE), day + 1)
                rule = rrule(MONTHLY, begin, interval, until=until, bymonthday=tuple(days), bysetpos=-1)
            case _:
                wanted = weekday(self.weekdays[0], self.nth)
                rule = rrule(MONTHLY, begin, interval, until=until, byweekday=wanted)
        return (found.date() for found in rule)

    def moment(self, day: date) -> datetime:
        """When the slot of a day is.

        A time that the clocks skip is the next one there is; of a time that they show twice it is the first.
        """
        zone = ZoneInfo(self.time_zone)
        local = datetime.combine(day, self.at)
        while not datetime_exists(local, zone):
            local += MINUTE
        return local.replace(tzinfo=zone).astimezone(UTC)

    def slots(self, *, after: datetime) -> Iterator[Slot]:
        """The slots that come later than a moment."""
        # A day of leeway: the moment's own day is another one elsewhere.
        earliest = after.date() - timedelta(days=2)
        return (
            slot for slot in (Slot(day, self.moment(day)) for day in self.days() if day >= earliest) if slot.at > after
        )

    def latest(self, *, since: datetime, until: datetime) -> Slot | None:
        """The last slot of a span, both ends included; None where it holds none."""
        found = None
        for slot in self.slots(after=since - timedelta.resolution):
            if slot.at > until:
                break
            found = slot
        return found
