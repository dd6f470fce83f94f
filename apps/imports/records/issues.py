"""What every tracker's issue looks like on its way in: the form between reading a format and writing to a project.

Readers keep the words of the other tracker (a status is a name, a person a handle); what those words mean here is the
mapping's to decide, so that people can see and change it.
"""

import hashlib
import json
from dataclasses import dataclass, field, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

# Raised when the same row would now be stored in another way, so that importing it again brings that about.
READING = 3


class Unreadable(Exception):
    """A row cannot become an issue; `field` says where it went wrong."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody as the other tracker knows them. Exports without handles name people: then the name is the handle."""

    handle: str
    name: str
    email: str = ""

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Ref:
    """Another issue as the file names it: by its id there, by its key, or by both."""

    external_id: str = ""
    key: str = ""

    def __str__(self) -> str:
        return self.key or self.external_id


class Level(StrEnum):
    """How high a type of issue stands."""

    EPIC = "epic"
    STANDARD = "standard"
    SUBTASK = "subtask"


class Relation(StrEnum):
    """What a link says of the issue that the record is of."""

    BLOCKS = "blocks"
    BLOCKED_BY = "blocked_by"
    DUPLICATES = "duplicates"
    DUPLICATED_BY = "duplicated_by"
    RELATES = "relates"


@dataclass(frozen=True, slots=True)
class LinkRecord:
    """A link to another issue. `words` are the other tracker's, for example “is cloned by”."""

    relation: Relation
    target: Ref
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionRecord:
    """A release."""

    name: str
    description: str = ""
    start_date: date | None = None
    release_date: date | None = None
    is_released: bool = False
    is_archived: bool = False


class SprintState(StrEnum):
    """Where a sprint is in its life."""

    PLANNED = "planned"
    ACTIVE = "active"
    COMPLETED = "completed"


@dataclass(frozen=True, slots=True, kw_only=True)
class SprintRecord:
    """A sprint. Without `external_id` its name stands for it; `state` is None where the export does not tell."""

    name: str
    external_id: str = ""
    goal: str = ""
    state: SprintState | None = None
    started_at: datetime | None = None
    ends_at: datetime | None = None
    completed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReactionRecord:
    """A sign with which somebody answered, by the name that FlowBoard has for it."""

    author: Person
    emoji: str
    created_at: datetime | None = None


@dataclass(slots=True, kw_only=True)
class CommentRecord:
    """What somebody said, already as Markdown. `reply_to` is the id of the first comment of its thread."""

    external_id: str
    author: Person | None
    body: str
    created_at: datetime | None
    reply_to: str = ""
    edited_at: datetime | None = None
    pinned_at: datetime | None = None
    resolved_at: datetime | None = None
    resolved_by: Person | None = None
    reactions: list[ReactionRecord] = field(default_factory=list)

    @property
    def fingerprint(self) -> str:
        """Differs when its words differ. How its thread stands is told when it comes; from then on that is ours."""
        words = ("external_id", "author", "body", "created_at")
        return fingerprint_of({name: getattr(self, name) for name in words})


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachmentRecord:
    """A file that hangs on an issue. `path` leads to its content inside the export; most exports only have a `url`."""

    external_id: str
    name: str
    author: Person | None = None
    created_at: datetime | None = None
    content_type: str = ""
    size: int | None = None
    url: str = ""
    path: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkLogRecord:
    """Time that somebody spent."""

    external_id: str
    author: Person | None
    minutes: int
    day: date
    note: str = ""
    created_at: datetime | None = None


@dataclass(slots=True, kw_only=True)
class IssueRecord:
    """One issue with all that hangs on it.

    `number` is None where the tracker does not count, `category` (one of `Status.Category`) and `level` where the
    format does not tell: the mapping guesses by the words. `place` sorts issues as the tracker did ("" where it does
    not say). `custom` are the tracker's own fields by name: text, number, date, person or a list of texts. `notes`
    say what could not be kept as it was: (field, reason).
    """

    external_id: str
    key: str
    number: int | None
    project_key: str
    project_name: str
    title: str
    text: str = ""
    type_name: str = ""
    level: Level | None = None
    status_name: str = ""
    category: str | None = None
    # Why it was closed, where the tracker says (“Won't fix”).
    resolution: str = ""
    priority_name: str = ""
    labels: list[str] = field(default_factory=list)
    components: list[str] = field(default_factory=list)
    fix_versions: list[VersionRecord] = field(default_factory=list)
    # In their order; the last one is where it is now.
    sprints: list[SprintRecord] = field(default_factory=list)
    points: Decimal | None = None
    estimate_minutes: int | None = None
    remaining_minutes: int | None = None
    # All in all, where the tracker says so: logged time that the export has no entries of is part of it.
    spent_minutes: int | None = None
    start_date: date | None = None
    due_date: date | None = None
    reporter: Person | None = None
    assignee: Person | None = None
    watchers: list[Person] = field(default_factory=list)
    parent: Ref | None = None
    links: list[LinkRecord] = field(default_factory=list)
    comments: list[CommentRecord] = field(default_factory=list)
    reactions: list[ReactionRecord] = field(default_factory=list)
    attachments: list[AttachmentRecord] = field(default_factory=list)
    work_logs: list[WorkLogRecord] = field(default_factory=list)
    custom: dict[str, Any] = field(default_factory=dict)
    place: str = ""
    is_archived: bool = False
    # Where it waits in Triage: since when, and until when it is put off.
    triage_since: datetime | None = None
    snoozed_until: date | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    resolved_at: datetime | None = None
    status_changed_at: datetime | None = None
    # Its history comes as well, as a `HistoryRecord`: what is written here is no part of it.
    is_retold: bool = False
    notes: list[tuple[str, str]] = field(default_factory=list)

    @property
    def fingerprint(self) -> str:
        """Differs when what would be stored of the issue or of what hangs on it differs."""
        told = {**_fields_of(self), "notes": None}
        del told["is_retold"], told["snoozed_until"]
        for name in ("status_changed_at", "triage_since"):
            if told[name] is None:
                # As it was before any format told it.
                del told[name]
        return fingerprint_of(told)

    @property
    def people(self) -> list[Person]:
        """Everybody whom the record names, those of the issue before those of what hangs on it."""
        named = [self.reporter, self.assignee, *self.watchers]
        for hanging in (self.comments, self.attachments, self.work_logs):
            named += [each.author for each in hanging]
        named += [each.author for each in self.reactions]
        named += [value for value in self.custom.values() if isinstance(value, Person)]
        for comment in self.comments:
            named += [comment.resolved_by, *(each.author for each in comment.reactions)]
        return [person for person in named if person is not None]


@dataclass(slots=True, kw_only=True)
class CommentsRecord:
    """Comments that the export keeps apart from their issue; they join it once every issue is there."""

    issue: Ref
    comments: list[CommentRecord]


def fingerprint_of(content: dict[str, Any]) -> str:
    """Differs when the content differs, or is read in another way by now."""
    text = json.dumps([READING, content], sort_keys=True, default=_plain, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def _fields_of(record: Any) -> dict[str, Any]:
    """The fields of a record. Not `asdict`, which copies everything below: a large part of the time of an import."""
    return {name: getattr(record, name) for name in record.__dataclass_fields__}


def _plain(value: Any) -> Any:
    return _fields_of(value) if is_dataclass(value) else str(value)
