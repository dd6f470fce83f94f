"""What people say about an issue."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from apps.core.errors import Forbidden, Invalid
from apps.core.tenancy import Actor, happening_at
from apps.events.facts import FieldChange
from apps.events.services import record, service
from apps.issues.facts import CommentAdded, CommentDeleted, CommentEdited, CommentRestored
from apps.issues.models import Comment, Issue
from apps.issues.services.common import clean_text, watch, watch_all
from apps.issues.services.threads import comment_subject, settle_thread, thread_of
from apps.projects import policies
from apps.projects.models import Project


def clean_body(value: str) -> str:
    """What somebody says: some text, not too much.

    :raises Invalid: otherwise
    """
    body = clean_text(value, field="body").strip()
    if not body:
        raise Invalid(_("Write something first."), field="body")
    return body


@service
def add_comment(*, actor: Actor, issue: Issue, body: str, reply_to: Comment | None = None) -> Comment:
    """Comment on an issue, or reply to one of its comments; the author watches the issue from then on.

    A reply to a reply joins the thread, and any reply opens a thread that was resolved.

    :raises Forbidden: for people who may only read
    :raises Invalid: if there is no text, or too much, or it replies to a comment of another issue
    """
    if not policies.can_comment(actor, issue.project):
        raise Forbidden
    if reply_to is not None and reply_to.issue_id != issue.pk:
        raise Invalid(_("That comment is not one of this issue. Reply to one of its own."), field="parent")
    thread_id = None if reply_to is None else thread_of(reply_to)
    comment = Comment.objects.create(
        org_id=issue.org_id,
        project_id=issue.project_id,
        issue=issue,
        author_id=actor.user_id,
        body=clean_body(body),
        created_at=happening_at(),
        thread_id=thread_id,
    )
    watch(issue, [actor.user_id])
    record(
        CommentAdded(
            project_id=issue.project_id,
            issue_id=issue.pk,
            v=issue.version,
            comment_id=comment.pk,
            thread_id=thread_id,
            subjects=(comment_subject(comment, "create"),),
        ),
        actor=actor,
    )
    if thread_id is not None:
        settle_thread(actor, issue, thread_id, is_resolved=False)
    return comment


def add_comments(actor: Actor, said: Sequence[tuple[Issue, str]]) -> None:
    """Comment on several issues that the caller may edit and has locked: two statements, and a fact for each."""
    comments = Comment.objects.bulk_create(
        Comment(
            org_id=issue.org_id,
            project_id=issue.project_id,
            issue=issue,
            author_id=actor.user_id,
            body=clean_body(body),
            created_at=happening_at(),
        )
        for issue, body in said
    )
    watch_all((issue, actor.user_id) for issue, _body_ in said)
    for comment in comments:
        record(
            CommentAdded(
                project_id=comment.project_id,
                issue_id=comment.issue_id,
                v=comment.issue.version,
                comment_id=comment.pk,
                subjects=(comment_subject(comment, "create"),),
            ),
            actor=actor,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PastComment:
    """A comment that was written elsewhere, by somebody, at its own time.

    `thread_id` is the first comment of the thread in which it is a reply; only a first comment can be resolved.
    """

    issue: Issue
    author_id: int | None
    body: str
    created_at: datetime
    thread_id: int | None = None
    edited_at: datetime | None = None
    pinned_at: datetime | None = None
    resolved_at: datetime | None = None
    resolved_by_id: int | None = None


@service
def import_comments(*, actor: Actor, project: Project, batch: Sequence[PastComment]) -> list[Comment]:
    """Store comments of another tracker with their authors and times. Only FlowBoard itself may.

    Whoever calls it has seen to it that a thread is of the same issue, and that one comment of an issue is pinned.

    :raises Forbidden: for anybody else
    """
    if not actor.is_system:
        raise Forbidden
    comments = Comment.objects.bulk_create(
        [
            Comment(
                org_id=project.org_id,
                # Where it is now, if somebody moved it since it was imported.
                project_id=past.issue.project_id,
                issue=past.issue,
                author_id=past.author_id,
                body=clean_body(past.body),
                created_at=past.created_at,
                thread_id=past.thread_id,
                edited_at=past.edited_at,
                pinned_at=past.pinned_at,
                resolved_at=past.resolved_at,
                resolved_by_id=past.resolved_by_id,
            )
            for past in batch
        ],
        batch_size=500,
    )
    for comment in comments:
        record(
            CommentAdded(
                project_id=comment.project_id,
                issue_id=comment.issue_id,
                v=comment.issue.version,
                comment_id=comment.pk,
                thread_id=comment.thread_id,
                occurred_at=comment.created_at,
                subjects=(comment_subject(comment, "create"),),
            ),
            actor=actor,
        )
    return comments


def require_author(actor: Actor, comment: Comment) -> None:
    """Refuse everybody but a comment's author, and its author who may not comment any more.

    :raises Forbidden: then
    """
    if comment.author_id != actor.user_id or not policies.can_comment(actor, comment.issue.project):
        raise Forbidden(_("Only its author can change a comment."))


@service
def edit_comment(*, actor: Actor, comment: Comment, body: str) -> Comment:
    """Change one's own comment; the old text stays in the log.

    :raises Forbidden: for anybody but its author
    """
    require_author(actor, comment)
    fresh = (
        Comment.objects.select_for_update(no_key=True, of=("self",)).select_related("issue__project").get(pk=comment.pk)
    )
    change = FieldChange("comment", fresh.body, clean_body(body))
    if change.old == change.new:
        return fresh
    fresh.body = change.new
    fresh.edited_at = happening_at()
    fresh.save(update_fields=["body", "edited_at"])
    record(
        CommentEdited(
            project_id=fresh.project_id,
            issue_id=fresh.issue_id,
            v=fresh.issue.version,
            comment_id=fresh.pk,
            subjects=(comment_subject(fresh, "update"),),
            changes=(change,),
        ),
        actor=actor,
    )
    return fresh


def _require_may_delete(actor: Actor, comment: Comment) -> None:
    project = comment.issue.project
    is_own = comment.author_id == actor.user_id and policies.can_comment(actor, project)
    if not is_own and not policies.can_moderate(actor, project):
        raise Forbidden


@service
def delete_comment(*, actor: Actor, comment: Comment) -> None:
    """Delete a comment: one's own, or as an admin of the project anybody's. `restore_comment` brings it back.

    :raises Forbidden: for anybody else
    """
    _require_may_delete(actor, comment)
    comment.deleted_at = happening_at()
    comment.save(update_fields=["deleted_at"])
    record(
        CommentDeleted(
            project_id=comment.project_id,
            issue_id=comment.issue_id,
            v=comment.issue.version,
            comment_id=comment.pk,
            subjects=(comment_subject(comment, "delete"),),
            changes=(FieldChange("comment_deleted", None, comment.pk),),
        ),
        actor=actor,
    )


@service
def restore_comment(*, actor: Actor, comment: Comment) -> Comment:
    """Bring a deleted comment back, for whoever may delete it. One that was pinned comes back unpinned.

    :raises Forbidden: for anybody else
    """
    _require_may_delete(actor, comment)
    fresh = (
        Comment.objects.select_for_update(no_key=True, of=("self",)).select_related("issue__project").get(pk=comment.pk)
    )
    if fresh.deleted_at is None:
        return fresh
    fresh.deleted_at = fresh.pinned_at = None
    fresh.save(update_fields=["deleted_at", "pinned_at"])
    record(
        CommentRestored(
            project_id=fresh.project_id,
            issue_id=fresh.issue_id,
            v=fresh.issue.version,
            comment_id=fresh.pk,
            subjects=(comment_subject(fresh, "update"),),
            changes=(FieldChange("comment_deleted", fresh.pk, None),),
        ),
        actor=actor,
    )
    return fresh
