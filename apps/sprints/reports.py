"""What a sprint's ledger says: its scope, its burndown, its velocity. Nothing here looks at issues as they are now."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from apps.sprints.models import ScopeEntry, Sprint

Kind = ScopeEntry.Kind
ZERO = Decimal(0)
SATURDAY = 5
# A sprint that nobody ended is drawn this far.
MOST_DAYS = 400


@dataclass(frozen=True, slots=True)
class Amount:
    """So many points, and so many issues."""

    points: Decimal = ZERO
    issues: int = 0

    def __add__(self, other: "Amount") -> "Amount":
        return Amount(self.points + other.points, self.issues + other.issues)

    def __sub__(self, other: "Amount") -> "Amount":
        return Amount(self.points - other.points, self.issues - other.issues)

    def of(self, unit: str) -> Decimal:
        """The one of the two that is measured in."""
        return self.points if unit == "points" else Decimal(self.issues)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeEvent:
    """The plan changed while the sprint ran: by so much, because of this issue, or of the sprint's own dates."""

    at: datetime
    day: date
    kind: str
    label: str
    issue_key: str
    change: Amount
    end_date: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """How it stood at the end of a day. `remaining` is None for days to come, `target` without a last day."""

    day: date
    is_weekend: bool
    remaining: Amount | None
    completed: Amount | None
    target: Decimal | None
    events: tuple[ScopeEvent, ...] = ()


@dataclass(slots=True, kw_only=True)
class Report:
    """The figures of one sprint.

    `committed + added - removed + reestimated - completed` is what remains, in points and in issues.
    """

    sprint: Sprint
    unit: str
    committed: Amount = field(default_factory=Amount)
    added: Amount = field(default_factory=Amount)
    removed: Amount = field(default_factory=Amount)
    reestimated: Amount = field(default_factory=Amount)
    completed: Amount = field(default_factory=Amount)
    remaining: Amount = field(default_factory=Amount)
    days: Sequence[Day] = ()
    events: Sequence[ScopeEvent] = ()
    # The issues in the sprint as the ledger's last word has them: done or not.
    inside: dict[int, bool] = field(default_factory=dict)

    @property
    def is_started(self) -> bool:
        """Whether there is anything to report."""
        return bool(self.days)


@dataclass(frozen=True, slots=True)
class _Part:
    """One issue's part: what it adds to the scope, and whether it is done."""

    amount: Amount
    is_done: bool


def zone_of(sprint: Sprint) -> ZoneInfo:
    """Whose midnights part the sprint's days."""
    return ZoneInfo(sprint.time_zone or "UTC")


def report(sprint: Sprint, entries: Iterable[ScopeEntry], *, now: datetime) -> Report:
    """Read a sprint's ledger, oldest line first.

    :param entries: those of its last run
    """
    lines = list(entries)
    zone = zone_of(sprint)
    found = Report(sprint=sprint, unit="points" if any(line.points for line in lines) else "issues")
    if not any(line.kind == Kind.STARTED for line in lines):
        return found
    parts: dict[int | str, _Part] = {}
    events: list[ScopeEvent] = []
    at_end_of: dict[date, tuple[Amount, Amount]] = {}
    closed_on: date | None = None
    for line in lines:
        day = line.at.astimezone(zone).date()
        change = _apply(line, parts, found)
        if line.kind == Kind.COMPLETED:
            closed_on = day
        elif line.kind == Kind.REOPENED:
            closed_on = None
        if line.kind not in {Kind.START, Kind.STARTED} and (_thing(line) is None or change != Amount()):
            events.append(
                ScopeEvent(
                    at=line.at,
                    day=day,
                    kind=line.kind,
                    label=str(Kind(line.kind).label),
                    issue_key=line.issue_key,
                    change=change,
                    end_date=line.end_date,
                )
            )
        at_end_of[day] = (found.remaining, found.completed)
    found.events = events
    found.inside = {thing: part.is_done for thing, part in parts.items() if isinstance(thing, int)}
    first = lines[0].at.astimezone(zone).date()
    found.days = _days(found, first, closed_on or now.astimezone(zone).date(), at_end_of)
    return found


def _thing(line: ScopeEntry) -> int | str | None:
    """What a line is about: an issue, by its key where a ledger came along without it; None for the sprint itself."""
    return line.issue_id or line.issue_key or None


def _apply(line: ScopeEntry, parts: dict[int | str, _Part], found: Report) -> Amount:
    """Take a line into account; by how much the scope changed with it."""
    thing = _thing(line)
    if thing is None:
        return Amount()
    before = parts.pop(thing, None)
    after = _Part(Amount(line.points or ZERO, 1), line.is_done) if line.is_in else None
    if after is not None:
        parts[thing] = after
    old, new = before.amount if before else Amount(), after.amount if after else Amount()
    change = new - old
    if line.kind == Kind.START:
        found.committed += new
    elif before is None:
        found.added += new
    elif after is None:
        found.removed += old
    else:
        found.reestimated += change
    done_before = old if before and before.is_done else Amount()
    done_after = new if after and after.is_done else Amount()
    found.completed = found.completed + done_after - done_before
    found.remaining = found.remaining + change - (done_after - done_before)
    return change


def _days(found: Report, first: date, known_until: date, at_end_of: dict[date, tuple[Amount, Amount]]) -> list[Day]:
    last = max(known_until, found.sprint.end_date or known_until)
    last = min(last, first + timedelta(days=MOST_DAYS))
    target = _target(found, first)
    days: list[Day] = []
    remaining, completed = Amount(), Amount()
    by_day: dict[date, list[ScopeEvent]] = {}
    for event in found.events:
        by_day.setdefault(event.day, []).append(event)
    day = first
    while day <= last:
        remaining, completed = at_end_of.get(day, (remaining, completed))
        is_known = day <= known_until
        days.append(
            Day(
                day=day,
                is_weekend=day.weekday() >= SATURDAY,
                remaining=remaining if is_known else None,
                completed=completed if is_known else None,
                target=target.get(day),
                events=tuple(by_day.get(day, ())),
            )
        )
        day += timedelta(days=1)
    return days


def _target(found: Report, first: date) -> dict[date, Decimal]:
    """An even way from the commitment to nothing on the last day, flat where nobody works."""
    end = found.sprint.end_date
    if end is None or end < first:
        return {}
    days = [first + timedelta(days=number) for number in range((end - first).days + 1)][: MOST_DAYS + 1]
    working = [day for day in days if day.weekday() < SATURDAY] or days
    committed = found.committed.of(found.unit)
    left = len(working)
    target: dict[date, Decimal] = {}
    for day in days:
        left -= day in working
        target[day] = round(committed * left / len(working), 1)
    return target
