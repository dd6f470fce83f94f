"""Issues, what people say about them, and who follows them."""

from .attachment import FILE_NAME_LENGTH, Attachment
from .issue import (
    TEXT_LENGTH,
    TITLE_LENGTH,
    Decision,
    FormerIssueKey,
    Grouping,
    Issue,
    IssueCounter,
    IssueQuerySet,
    Priority,
    field_id_of,
    put_value,
)
from .personal import IssueStar, Visit, Watcher
from .relations import IssueLabel, IssueLink, IssueVersion
from .talk import Comment, Reaction
from .work_log import NOTE_LENGTH, WorkLog

__all__ = [
    "FILE_NAME_LENGTH",
    "NOTE_LENGTH",
    "TEXT_LENGTH",
    "TITLE_LENGTH",
    "Attachment",
    "Comment",
    "Decision",
    "FormerIssueKey",
    "Grouping",
    "Issue",
    "IssueCounter",
    "IssueLabel",
    "IssueLink",
    "IssueQuerySet",
    "IssueStar",
    "IssueVersion",
    "Priority",
    "Reaction",
    "Visit",
    "Watcher",
    "WorkLog",
    "field_id_of",
    "put_value",
]
