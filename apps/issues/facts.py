"""What can happen to an issue."""

from dataclasses import dataclass
from typing import Any, ClassVar

from apps.events.facts import Fact


@dataclass(frozen=True, kw_only=True)
class IssueFact(Fact):
    """Something happened to one issue; `v` is its version afterwards."""

    v: int


@dataclass(frozen=True, kw_only=True)
class IssueCreated(IssueFact):
    """An issue was created, under `parent` if it names one.

    `template` is what the template was called that it began with, and `schedule` the id of what made it by itself.
    """

    kind: ClassVar[str] = "issue.created"
    number: int
    status: int
    rank: str
    parent: int | None = None
    template: str = ""
    schedule: int | None = None


@dataclass(frozen=True, kw_only=True)
class IssueEdited(IssueFact):
    """Fields of an issue changed; `f` names them."""

    kind: ClassVar[str] = "issue.edited"
    f: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class IssuesEdited(Fact):
    """Many issues of a project were changed at once; the changes name each of them.

    `f` are the fields, `ids` the issues where they are few enough to be read one by one (else empty), and `versions`
    what each issue's version is now, by its id.
    """

    kind: ClassVar[str] = "issues.edited"
    f: tuple[str, ...]
    ids: tuple[int, ...]
    versions: dict[str, int]


@dataclass(frozen=True, kw_only=True)
class IssuesLeft(Fact):
    """Issues were moved to another project; this is the stream of the one that they left."""

    kind: ClassVar[str] = "issues.left"
    ids: tuple[int, ...]
    versions: dict[str, int]
    other_project: int


@dataclass(frozen=True, kw_only=True)
class IssuesArrived(Fact):
    """Issues came from another project; the changes say for each what is different here."""

    kind: ClassVar[str] = "issues.arrived"
    ids: tuple[int, ...]
    versions: dict[str, int]
    other_project: int


@dataclass(frozen=True, kw_only=True)
class IssueMoved(IssueFact):
    """An issue has another status, another place, or both."""

    kind: ClassVar[str] = "issue.moved"
    status: int
    rank: str


@dataclass(frozen=True, kw_only=True)
class IssueArchived(IssueFact):
    """An issue left boards and lists, but can still be opened."""

    kind: ClassVar[str] = "issue.archived"


@dataclass(frozen=True, kw_only=True)
class IssueDeleted(IssueFact):
    """An issue went into the bin."""

    kind: ClassVar[str] = "issue.deleted"


@dataclass(frozen=True, kw_only=True)
class IssueRestored(IssueFact):
    """An issue came back from the bin or the archive."""

    kind: ClassVar[str] = "issue.restored"


@dataclass(frozen=True, kw_only=True)
class IssueWatched(IssueFact):
    """Somebody follows the issue now, or no longer does."""

    kind: ClassVar[str] = "issue.watched"
    user_id: int
    is_watching: bool


@dataclass(frozen=True, kw_only=True)
class IssueLinked(IssueFact):
    """The issue was linked to another one, or no longer is. Each of the two has a fact of its own."""

    kind: ClassVar[str] = "issue.linked"
    is_linked: bool


@dataclass(frozen=True, kw_only=True)
class IssueTriaged(IssueFact):
    """Somebody decided about an issue in Triage, put it off, or took that back.

    `decision` says which, and `since` when it began to wait; `merged` are the links and `joined` the watchers that the
    issue it duplicates got from it.
    """

    kind: ClassVar[str] = "issue.triaged"
    decision: str
    since: str = ""
    comment_id: int | None = None
    link_id: int | None = None
    merged: tuple[int, ...] = ()
    joined: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class IssueStarred(IssueFact):
    """Somebody took the issue among their favourites, or out of them. In that person's own stream."""

    kind: ClassVar[str] = "issue.starred"
    is_starred: bool


@dataclass(frozen=True, kw_only=True)
class CommentAdded(IssueFact):
    """Somebody commented; `thread_id` is the first comment of the thread in which it is a reply."""

    kind: ClassVar[str] = "issue.commented"
    comment_id: int
    thread_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class CommentEdited(IssueFact):
    """Somebody changed their comment."""

    kind: ClassVar[str] = "comment.edited"
    comment_id: int


@dataclass(frozen=True, kw_only=True)
class CommentDeleted(IssueFact):
    """A comment was deleted."""

    kind: ClassVar[str] = "comment.deleted"
    comment_id: int


@dataclass(frozen=True, kw_only=True)
class CommentRestored(IssueFact):
    """A deleted comment is back."""

    kind: ClassVar[str] = "comment.restored"
    comment_id: int


@dataclass(frozen=True, kw_only=True)
class CommentPinned(IssueFact):
    """A comment was put above all the others of its issue, or no longer is."""

    kind: ClassVar[str] = "comment.pinned"
    comment_id: int
    is_pinned: bool


@dataclass(frozen=True, kw_only=True)
class ThreadResolved(IssueFact):
    """The thread that a comment begins counts as settled, or no longer does. Nobody is told."""

    kind: ClassVar[str] = "comment.resolved"
    comment_id: int
    is_resolved: bool


@dataclass(frozen=True, kw_only=True)
class ReactionChanged(IssueFact):
    """Somebody answered the issue, or one of its comments, with a sign, or took it back. Nobody is told."""

    kind: ClassVar[str] = "reaction.changed"
    comment_id: int | None
    emoji: str
    is_on: bool


@dataclass(frozen=True, kw_only=True)
class FileAttached(IssueFact):
    """A file was attached."""

    kind: ClassVar[str] = "issue.attached"
    attachment_id: int


@dataclass(frozen=True, kw_only=True)
class FileRemoved(IssueFact):
    """A file was taken away; for some time it can be brought back."""

    kind: ClassVar[str] = "issue.detached"
    attachment_id: int


@dataclass(frozen=True, kw_only=True)
class FileRestored(IssueFact):
    """A file that was taken away is back."""

    kind: ClassVar[str] = "issue.reattached"
    attachment_id: int


@dataclass(frozen=True, kw_only=True)
class FilePreviewed(IssueFact):
    """There is a small picture of a file now, or it turned out to be unreadable."""

    kind: ClassVar[str] = "issue.previewed"
    attachment_id: int


@dataclass(frozen=True, kw_only=True)
class WorkFact(IssueFact):
    """Something happened to an entry of the issue's work log. Nobody is told."""

    work_id: int


@dataclass(frozen=True, kw_only=True)
class WorkLogged(WorkFact):
    """Somebody logged how long they worked on the issue."""

    kind: ClassVar[str] = "issue.work_logged"


@dataclass(frozen=True, kw_only=True)
class WorkEdited(WorkFact):
    """An entry of the work log was changed."""

    kind: ClassVar[str] = "issue.work_edited"


@dataclass(frozen=True, kw_only=True)
class WorkRemoved(WorkFact):
    """An entry of the work log was taken away; it can be brought back."""

    kind: ClassVar[str] = "issue.work_removed"


@dataclass(frozen=True, kw_only=True)
class WorkRestored(WorkFact):
    """An entry of the work log that was taken away is back."""

    kind: ClassVar[str] = "issue.work_restored"


@dataclass(frozen=True, kw_only=True)
class IssueRetold(Fact):
    """What happened to an issue in another FlowBoard, as the archive says that an import reads. Nothing reacts to it.

    `there` is the kind of the fact there, `by` who did it, `why` the reason and `origin` where it was done; `run` is
    the import that brought it, `line` its number in the archive, `comment_id` the comment that it is about.
    """

    kind: ClassVar[str] = "issue.retold"
    there: str
    by: int | None
    origin: str
    run: int | None = None
    line: int | None = None
    why: str = ""
    comment_id: int | None = None
    template: str = ""
    schedule: bool | None = None

    def data(self) -> dict[str, Any]:
        """What there is to say: there are many of these."""
        return {name: value for name, value in super().data().items() if value not in (None, "")}


@dataclass(frozen=True, kw_only=True)
class RanksRebalanced(Fact):
    """Every rank of the project was rewritten in the same order, because some had grown long."""

    kind: ClassVar[str] = "project.ranks_rebalanced"
