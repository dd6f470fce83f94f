"""When mail of what happened may go: pure functions of what somebody chose, their clock, and what they got lately."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from apps.notifications.models import Rhythm

# An issue has been quiet for so long, or its first news is so old: then its mail goes.
IDLE = timedelta(minutes=3)
LONGEST = timedelta(minutes=10)
# Whoever plans a sprint touches forty issues one after another. After the first mail of the last half hour the next
# ones wait a little, so that what comes meanwhile joins them: news by the second row, what names somebody by the first.
RECENTLY = timedelta(minutes=30)
PAUSES_WHEN_NAMED = (timedelta(minutes=1), timedelta(minutes=3))
PAUSES = (timedelta(minutes=3), timedelta(minutes=10))
_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Timetable:
    """What one person chose, in their time zone."""

    zone: ZoneInfo
    rhythm: str = Rhythm.EACH
    hour: int = 8
    weekday: int = 0
    quiet_from: time | None = None
    quiet_until: time | None = None
    is_named_at_once: bool = False

    def quiet_ends(self, moment: datetime) -> datetime | None:
        """When the quiet hours end in which a moment lies; None outside of them.

        An hour that comes twice, when clocks are set back, ends them the second time; one that is left out ends them
        where it would have been.
        """
        if self.quiet_from is None or self.quiet_until is None or self.quiet_from == self.quiet_until:
            return None
        local = moment.astimezone(self.zone)
        clock, day = local.time(), local.date()
        if self.quiet_from < self.quiet_until:
            if not self.quiet_from <= clock < self.quiet_until:
                return None
        elif clock >= self.quiet_from:
            day += _A_DAY
        elif clock >= self.quiet_until:
            return None
        end = datetime.combine(day, self.quiet_until, tzinfo=self.zone)
        return max(end.astimezone(UTC), end.replace(fold=1).astimezone(UTC))

    def next_digest(self, after: datetime) -> datetime:
        """The first moment after another at which this person's digest goes: one for each day or week."""
        day = after.astimezone(self.zone).date()
        while True:
            moment = datetime.combine(day, time(self.hour), tzinfo=self.zone).astimezone(UTC)
            if moment > after and (self.rhythm == Rhythm.DAILY or day.weekday() == self.weekday):
                return moment
            day += _A_DAY

    def goes_at(
        self, *, now: datetime, first_at: datetime, is_urgent: bool, recent: Sequence[datetime]
    ) -> datetime | None:
        """When something that is due may go: now, or later; None is never.

        :param first_at: when the first of it happened
        :param is_urgent: whether it names the person
        :param recent: when the person got mail within the last `RECENTLY`
        """
        if self.rhythm == Rhythm.NEVER:
            return None
        is_exempt = is_urgent and self.is_named_at_once
        if self.rhythm != Rhythm.EACH and not is_exempt:
            # What comes in while a digest is being put together belongs to the next one.
            return max(now, self.next_digest(max([first_at, *recent])))
        at = max(now, _paced(first_at=first_at, is_urgent=is_urgent, recent=recent))
        return at if is_exempt else self.quiet_ends(at) or at


def _paced(*, first_at: datetime, is_urgent: bool, recent: Sequence[datetime]) -> datetime:
    """The earliest moment that leaves somebody time to breathe since the last mail."""
    if not recent:
        return first_at
    pauses = PAUSES_WHEN_NAMED if is_urgent else PAUSES
    rested = max(recent) + pauses[min(len(recent), len(pauses)) - 1]
    return rested if is_urgent else min(rested, first_at + LONGEST)
