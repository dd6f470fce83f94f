"""What every tracker's issue looks like on its way in: the form between reading a format and writing to a project."""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any

# Raised when the same row would now be stored in another way, so that importing it again brings that about.
READING = 1


class Unreadable(Exception):
    """A row cannot become an issue; `field` says where it went wrong."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody as the other tracker knows them."""

    handle: str
    name: str
    email: str = ""


@dataclass(slots=True, kw_only=True)
class CommentRecord:
    """What somebody said, already as Markdown."""

    external_id: str
    author: Person | None
    body: str
    created_at: datetime

    @property
    def fingerprint(self) -> str:
        """Differs when what would be stored differs."""
        return _fingerprint(asdict(self))


@dataclass(slots=True, kw_only=True)
class IssueRecord:
    """One issue with its comments. `notes` say what could not be kept as it was: (field, reason)."""

    external_id: str
    key: str
    number: int
    project_key: str
    project_name: str
    title: str
    text: str
    type_name: str
    is_subtask: bool
    status_name: str
    category: str
    priority: int
    labels: list[str]
    reporter: Person | None
    assignee: Person | None
    created_at: datetime
    updated_at: datetime
    resolved_at: datetime | None
    due_date: date | None
    comments: list[CommentRecord]
    notes: list[tuple[str, str]] = field(default_factory=list)

    @property
    def fingerprint(self) -> str:
        """Differs when what would be stored of the issue or of one of its comments differs."""
        return _fingerprint({**asdict(self), "notes": None})

    @property
    def people(self) -> list[Person]:
        """Everybody whom the record names, those of the issue before those of its comments."""
        named = [self.reporter, self.assignee, *(comment.author for comment in self.comments)]
        return [person for person in named if person is not None]


def _fingerprint(content: dict[str, Any]) -> str:
    text = json.dumps([READING, content], sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
