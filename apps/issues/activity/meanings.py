"""What the values of changes stand for, so that history can be told outside of this database: by names and keys.

Archives write history by this table and read it back by it. A new kind of change needs an entry, as in `told.TOLD`.
"""

from enum import StrEnum

from apps.issues import facts
from apps.projects import facts as projects


class Meaning(StrEnum):
    """What a value is."""

    STATUS = "status"
    TYPE = "type"
    LABELS = "label"
    VERSIONS = "version"
    SPRINT = "sprint"
    PERSON = "person"
    ISSUE = "issue"
    COMMENT = "comment"
    PRIORITY = "priority"
    POINTS = "points"
    MINUTES = "minutes"
    DAY = "day"
    LINE = "line"
    TEXT = "text"
    TICK = "tick"
    WORK = "work"
    DECISION = "decision"


MEANINGS: dict[str, Meaning] = {
    "status": Meaning.STATUS,
    "type": Meaning.TYPE,
    "labels": Meaning.LABELS,
    "fix_versions": Meaning.VERSIONS,
    "sprint": Meaning.SPRINT,
    "assignee": Meaning.PERSON,
    "reporter": Meaning.PERSON,
    "parent": Meaning.ISSUE,
    "blocks": Meaning.ISSUE,
    "blocks_in": Meaning.ISSUE,
    "duplicates": Meaning.ISSUE,
    "duplicates_in": Meaning.ISSUE,
    "relates": Meaning.ISSUE,
    "relates_in": Meaning.ISSUE,
    "pinned_comment": Meaning.COMMENT,
    "resolved_thread": Meaning.COMMENT,
    "comment_deleted": Meaning.COMMENT,
    "priority": Meaning.PRIORITY,
    "points": Meaning.POINTS,
    "time_estimate": Meaning.MINUTES,
    "time_remaining": Meaning.MINUTES,
    "start_date": Meaning.DAY,
    "due_date": Meaning.DAY,
    "snoozed_until": Meaning.DAY,
    "title": Meaning.LINE,
    "attachment": Meaning.LINE,
    "attachment_restored": Meaning.LINE,
    "key": Meaning.LINE,
    "description": Meaning.TEXT,
    "comment": Meaning.TEXT,
    "archived": Meaning.TICK,
    "deleted": Meaning.TICK,
    "work": Meaning.WORK,
    "work_restored": Meaning.WORK,
    "triage": Meaning.DECISION,
}

# Facts that are told by what they say of an entry of the work log.
OF_WORK = frozenset(fact.kind for fact in (facts.WorkLogged, facts.WorkEdited, facts.WorkRemoved, facts.WorkRestored))

# Kinds of facts that history consists of: of one issue, of many at once, or of something that they all had.
KINDS = OF_WORK | {
    fact.kind
    for fact in (
        facts.IssueCreated,
        facts.IssueEdited,
        facts.IssuesEdited,
        facts.IssuesLeft,
        facts.IssuesArrived,
        facts.IssueMoved,
        facts.IssueArchived,
        facts.IssueDeleted,
        facts.IssueRestored,
        facts.IssueLinked,
        facts.IssueTriaged,
        facts.CommentEdited,
        facts.CommentDeleted,
        facts.CommentRestored,
        facts.CommentPinned,
        facts.ThreadResolved,
        facts.FileAttached,
        facts.FileRemoved,
        facts.FileRestored,
        projects.LabelDeleted,
        projects.LabelRestored,
        projects.VersionReleased,
        projects.VersionDeleted,
        projects.VersionRestored,
        projects.FieldOptionRemoved,
        projects.FieldOptionRestored,
        projects.WorkflowChanged,
    )
}
