"""What a comment said before it was changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from apps.accounts.models import User
from apps.core.comparing import Piece, compare
from apps.core.tenancy import Actor
from apps.events.models import Change
from apps.issues.facts import CommentEdited, IssueRetold
from apps.issues.models import Comment
from apps.orgs.selectors import people

# Older edits stay in the log.
MOST_EDITS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentEdit:
    """One change of a comment: by whom, when, and what is different since."""

    at: datetime
    author: User | None
    pieces: Sequence[Piece]


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentHistory:
    """The edits of a comment, newest first; `original` is what it said before all of them, unless there are more."""

    edits: Sequence[CommentEdit]
    original: str | None


def comment_history(*, actor: Actor, comment: Comment) -> CommentHistory:
    """How a comment that the actor has fetched already came to say what it says: two queries."""
    changes = list(
        Change.objects.filter(
            org_id=actor.org_id,
            issue_id=comment.issue_id,
            field="comment",
            event__kind__in=(CommentEdited.kind, IssueRetold.kind),
            event__data__comment_id=comment.pk,
        )
        .exclude(project_id__in=actor.hidden_project_ids)
        .select_related("event")
        .order_by("-id")[: MOST_EDITS + 1]
    )
    shown = changes[:MOST_EDITS]
    by = {change.pk: change.event.actor_id or change.event.data.get("by") for change in shown}
    authors = people(actor=actor).in_bulk({pk for pk in by.values() if pk is not None})
    edits = [
        CommentEdit(
            at=change.event.occurred_at,
            author=authors.get(by[change.pk]) if by[change.pk] is not None else comment.author,
            pieces=compare(str(change.old), str(change.new)),
        )
        for change in shown
    ]
    if len(changes) > MOST_EDITS:
        return CommentHistory(edits=edits, original=None)
    return CommentHistory(edits=edits, original=changes[-1].old if changes else comment.body)
