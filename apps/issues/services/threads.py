"""Threads of comments: one is settled at some time, and opened again."""

from apps.core.errors import Forbidden
from apps.core.tenancy import Actor, happening_at
from apps.events.facts import FieldChange, Subject
from apps.events.services import record, service
from apps.issues.facts import ThreadResolved
from apps.issues.models import Comment, Issue
from apps.issues.services.common import key_of
from apps.projects import policies


def comment_subject(comment: Comment, action: str) -> Subject:
    """The comment as the audit trail names it."""
    name = f"Comment on {key_of(comment.issue)}"
    return Subject(model="issues.comment", id=comment.pk, name=name, action=action)


def thread_of(comment: Comment) -> int:
    """The first comment of the thread in which a comment stands, or which it begins."""
    return comment.thread_id or comment.pk


@service
def set_thread_resolved(*, actor: Actor, comment: Comment, is_resolved: bool) -> None:
    """Resolve the thread of a comment, or open it again. What is so already changes nothing.

    :raises Forbidden: for people who may only read
    """
    if not policies.can_comment(actor, comment.issue.project):
        raise Forbidden
    settle_thread(actor, comment.issue, thread_of(comment), is_resolved=is_resolved)


def settle_thread(actor: Actor, issue: Issue, thread_id: int, *, is_resolved: bool) -> None:
    """Write it down, once. Of two people who do the same at the same time, one did it."""
    # The first comment may be deleted: its thread goes on.
    thread = Comment.objects.filter(org_id=actor.org_id, issue=issue, pk=thread_id, resolved_at__isnull=is_resolved)
    is_changed = thread.update(
        resolved_at=happening_at() if is_resolved else None, resolved_by_id=actor.user_id if is_resolved else None
    )
    if not is_changed:
        return
    first = Comment(pk=thread_id, issue=issue)
    record(
        ThreadResolved(
            project_id=issue.project_id,
            issue_id=issue.pk,
            v=issue.version,
            comment_id=thread_id,
            is_resolved=is_resolved,
            subjects=(comment_subject(first, "update"),),
            changes=(
                FieldChange("resolved_thread", None if is_resolved else thread_id, thread_id if is_resolved else None),
            ),
        ),
        actor=actor,
    )
