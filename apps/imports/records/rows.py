"""What a row of a file may hold."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from .issues import CommentsRecord, IssueRecord, Person, SprintRecord, Unreadable, VersionRecord
from .past import HistoryRecord, LedgerRecord, ScheduleRecord


@dataclass(slots=True, kw_only=True)
class ProjectRecord:
    """What an export says of a project itself, apart from its issues."""

    key: str
    name: str
    versions: list[VersionRecord] = field(default_factory=list)
    sprints: list[SprintRecord] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    components: list[str] = field(default_factory=list)
    # What the project is made of, in the words of `apps.boards.services.describing`, with people as `Person`; None
    # where the export does not tell.
    configuration: dict[str, Any] | None = None
    # That led to it, in the order in which it had them.
    former_keys: list[str] = field(default_factory=list)
    description: str = ""
    is_private: bool = False
    lead: Person | None = None
    # People with their roles in the project.
    members: list[tuple[Person, str]] = field(default_factory=list)
    # The rhythm in which its sprints start and end by themselves; None where it has none, or the export does not tell.
    cadence: dict[str, Any] | None = None
    # The first days of the slots of that rhythm that sprints fill, by the ids of these.
    slots: dict[str, date] = field(default_factory=dict)
    archived_at: datetime | None = None
    notes: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A row that is no issue and is not meant to become one: skipped, for this reason (“pull request”)."""

    reason: str


Content = (
    IssueRecord | CommentsRecord | HistoryRecord | LedgerRecord | ScheduleRecord | ProjectRecord | LeftOut | Unreadable
)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a file: how the account calls it (`issues.csv:12`), about how many bytes it took, what it holds."""

    name: str
    size: int
    content: Content
