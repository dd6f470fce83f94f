"""When things happen in a story: working hours, and a list of steps that is played in their order."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from apps.core.tenancy import at_moment

SATURDAY = 5
# People work from eight to five.
OPENS, WORKING_HOURS = 8, 9
# The last hours are told by the story alone: nothing that chance lays out is newer than what it says of them.
TOLD_HOURS = timedelta(hours=6)


@dataclass(slots=True, order=True)
class _Step:
    at: datetime
    order: int
    act: Callable[[], object] = field(compare=False)


class Timeline:
    """Steps of the past, each played at its moment; the same seed lays them out in the same way."""

    def __init__(self, *, today: datetime, seed: str) -> None:
        self.today = today
        self.untold_until = today - TOLD_HOURS
        self.chance = random.Random(seed)  # noqa: S311 (the same story every time)
        self._steps: list[_Step] = []

    def at(self, moment: datetime, act: Callable[[], object]) -> None:
        """Do this at that moment. What is laid out first goes first among equals; nothing happens in the future."""
        self._steps.append(_Step(min(moment, self.today), len(self._steps), act))

    def play(self, *, after_each: Callable[[], object]) -> None:
        """Let it all happen; after each step something that belongs to its moment."""
        for step in sorted(self._steps):
            with at_moment(step.at):
                step.act()
                after_each()

    def working_moment(self, day: datetime) -> datetime:
        """A moment of that day at which people work; of the working day before it where nobody has come in yet."""
        if on(day.date(), OPENS) >= self.untold_until:
            day = on(self.untold_until.date(), OPENS) - timedelta(days=self.untold_until.hour < OPENS)
        if day.weekday() >= SATURDAY:
            day -= timedelta(days=day.weekday() - SATURDAY + 1)
        minutes = self.chance.randrange(60 * WORKING_HOURS)
        opens = on(day.date(), OPENS)
        # Of a day that is still going on only what is over of it, evenly: the last hour is no busier than the first.
        over = (self.untold_until - opens) // timedelta(minutes=1)
        return opens + timedelta(minutes=min(minutes, minutes * over // (60 * WORKING_HOURS)))

    def between(self, start: datetime, end: datetime) -> datetime:
        """A moment between the two, in working hours as far as there are any."""
        end = min(end, self.untold_until)
        length = max((end - start).total_seconds(), 1.0)
        for _attempt in range(10):
            moment = self.working_moment(start + timedelta(seconds=self.chance.random() * length))
            if start <= moment <= end:
                return moment
        return start + timedelta(seconds=self.chance.random() * length)

    def spread(self, start: datetime, end: datetime, count: int) -> list[datetime]:
        """So many moments between the two, in order."""
        return sorted(self.between(start, end) for _ in range(count))


def on(day: date, hour: int, minute: int = 0) -> datetime:
    """That day at that hour."""
    return datetime.combine(day, time(hour, minute), tzinfo=UTC)


def monday_in_the_middle(today: date) -> date:
    """The Monday from which today is four to ten days away: the middle of a sprint of two weeks."""
    day = today - timedelta(days=4)
    return day - timedelta(days=day.weekday())
