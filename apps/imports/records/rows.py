"""What a row of a file may hold."""

from dataclasses import dataclass, field
from typing import Any

from .issues import CommentsRecord, IssueRecord, Person, SprintRecord, Unreadable, VersionRecord
from .past import HistoryRecord, LedgerRecord


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
    description: str = ""
    is_private: bool = False
    lead: Person | None = None
    # People with their roles in the project.
    members: list[tuple[Person, str]] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A row that is no issue and is not meant to become one: skipped, for this reason (“pull request”)."""

    reason: str


Content = IssueRecord | CommentsRecord | HistoryRecord | LedgerRecord | ProjectRecord | LeftOut | Unreadable


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a file: how the account calls it (`issues.csv:12`), about how many bytes it took, what it holds."""

    name: str
    size: int
    content: Content
