"""What an archive of another FlowBoard tells beside issues: their history, and the ledgers of sprints."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from .issues import Person, Ref, SprintRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class PastChange:
    """A field of an issue, with what it was and what it became, in the archive's names and keys.

    `field` is ours (`apps.issues.activity.meanings`), or else `own_field` the name of one of the project's own. People
    are `Person`, issues and comments `Ref`, sprints `Ref` with their name as key.
    """

    field: str = ""
    own_field: str = ""
    old: Any = None
    new: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PastLine:
    """Something that was done to an issue. `number` grows with each line that is told of it later; `takes_back` is that
    of the line that it undid."""

    number: int
    kind: str
    at: datetime
    by: Person | None
    reason: str = ""
    origin: str = ""
    comment: Ref | None = None
    template: str = ""
    is_scheduled: bool = False
    takes_back: int | None = None
    changes: Sequence[PastChange] = ()


@dataclass(slots=True, kw_only=True)
class HistoryRecord:
    """Some lines of the history of an issue of another FlowBoard, oldest first.

    `categories` are what statuses of the project mean there, by their names.
    """

    issue: Ref
    project_key: str
    project_name: str
    lines: list[PastLine]
    categories: Mapping[str, str] = field(default_factory=dict)

    @property
    def people(self) -> list[Person]:
        """Everybody whom the lines name."""
        named = [line.by for line in self.lines]
        named += [
            value
            for line in self.lines
            for change in line.changes
            for value in (change.old, change.new)
            if isinstance(value, Person)
        ]
        return [person for person in named if person is not None]


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerLine:
    """What an issue was to a sprint from then on; without an issue, what happened to the sprint itself."""

    run: int
    kind: str
    at: datetime
    issue: Ref | None = None
    issue_key: str = ""
    points: Decimal | None = None
    is_in: bool = False
    is_done: bool = False
    end_date: date | None = None


@dataclass(slots=True, kw_only=True)
class LedgerRecord:
    """The scope ledger of a sprint of another FlowBoard, oldest line first, and the points that people take on."""

    sprint: SprintRecord
    project_key: str
    project_name: str
    run: int
    time_zone: str
    carried_to: str
    lines: list[LedgerLine]
    capacities: list[tuple[Person, Decimal]] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class ScheduleRecord:
    """When issues are made by themselves in a project of another FlowBoard. Template and status are names, `made` the
    days on which one was made, with the issue where it is still there."""

    external_id: str
    project_key: str
    project_name: str
    template: str
    owner: Person
    frequency: str
    interval: int
    start_date: date
    at: time
    time_zone: str
    weekdays: Sequence[int] = ()
    month_day: int | None = None
    nth: int | None = None
    end_date: date | None = None
    most: int | None = None
    due_days: int | None = None
    joins_sprint: bool = False
    status: str = ""
    paused_at: datetime | None = None
    stop: str = ""
    made: Mapping[date, Ref | None] = field(default_factory=dict)
