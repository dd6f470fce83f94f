"""What was said about an issue, and how a line of its activity looks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef
from markupsafe import Markup

from apps.accounts.models import User
from apps.core.markdown import render_markdown
from apps.core.names import Names
from apps.core.tenancy import Actor
from apps.issues.models import Comment, Issue

# So many replies of a long thread are shown, the newest of them; the others wait behind a line that says how many.
SHOWN_REPLIES = 3
_NOTHING = Markup()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the activity: a comment with the replies to it, or a fact.

    A deleted comment with replies has nothing but its place.

    `was` is what it was before, where the sentence does not say so; `source` where it was done; `returns` what it
    takes back. `change_id` names it where it can be looked at or undone.
    """

    kind: str
    id: int
    at: datetime
    author: User | None
    text: str = ""
    text_html: Markup = _NOTHING
    edited_at: datetime | None = None
    can_edit: bool = False
    is_pinned: bool = False
    icon: str = "history"
    sentence_html: Markup = _NOTHING
    change_id: int | None = None
    comment_id: int | None = None
    field: str = ""
    old: Any = None
    new: Any = None
    was: Markup | None = None
    can_undo: bool = False
    is_taken_back: bool = False
    returns: str = ""
    takes_back_id: int | None = None
    has_difference: bool = False
    origin: str = ""
    source: str = ""
    beside: int = 0
    reason: str = ""
    is_deleted: bool = False
    replies: Sequence["Entry"] = ()
    resolved_at: datetime | None = None
    resolved_by: User | None = None

    @property
    def handle(self) -> int:
        """The comment that is replied to, or whose thread is resolved."""
        return self.replies[0].id if self.is_deleted else self.id

    @property
    def is_open_thread(self) -> bool:
        """Whether people talk here, and have not settled it."""
        return bool(self.replies) and self.resolved_at is None

    @property
    def earlier(self) -> Sequence["Entry"]:
        """The replies that wait behind a line; one alone never does."""
        return self.replies[:-SHOWN_REPLIES] if len(self.replies) > SHOWN_REPLIES + 1 else ()

    @property
    def latest(self) -> Sequence["Entry"]:
        """The replies that are shown."""
        return self.replies[len(self.earlier) :]


def talk_of(comments: Sequence[Comment], known: Names, *, mine: int | None) -> list[Entry]:
    """The threads, each at the time of its first comment. Of what was deleted nothing is handed on.

    :param mine: who may change their own comments
    """
    replies: dict[int, list[Comment]] = {}
    for comment in comments:
        if comment.thread_id is not None and comment.deleted_at is None:
            replies.setdefault(comment.thread_id, []).append(comment)

    def entry(comment: Comment) -> Entry:
        below = [entry(reply) for reply in replies.get(comment.pk, ())]
        if comment.deleted_at is not None:
            kept: dict[str, Any] = {"author": None, "is_deleted": True}
        else:
            kept = {
                "author": comment.author,
                "text": comment.body,
                "text_html": render_markdown(comment.body, known),
                "edited_at": comment.edited_at,
                "can_edit": mine is not None and comment.author_id == mine,
                "is_pinned": comment.pinned_at is not None,
            }
        return Entry(
            kind="comment",
            id=comment.pk,
            at=comment.created_at,
            replies=below,
            resolved_at=comment.resolved_at,
            resolved_by=comment.resolved_by,
            **kept,
        )

    return [entry(comment) for comment in comments if comment.thread_id is None]


def said_in(feed: Sequence[Entry]) -> list[Entry]:
    """Every comment of the activity, replies too; not those that were deleted."""
    talk = [each for entry in feed if entry.kind == "comment" for each in (entry, *entry.replies)]
    return [each for each in talk if not each.is_deleted]


def open_threads(*, actor: Actor, issue: Issue) -> list[int]:
    """The first comments of the threads in which people talk and that nobody has settled: one query."""
    replies = Comment.objects.filter(thread_id=OuterRef("pk"), deleted_at__isnull=True)
    threads = Comment.objects.filter(Exists(replies), org_id=actor.org_id, issue=issue, resolved_at__isnull=True)
    return list(threads.order_by("created_at", "id").values_list("pk", flat=True))
