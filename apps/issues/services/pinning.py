"""The one comment of an issue that stands above all the others."""

from apps.core.errors import NotFound
from apps.core.tenancy import Actor, happening_at
from apps.events.facts import FieldChange
from apps.events.services import record, service
from apps.issues.facts import CommentPinned
from apps.issues.models import Comment
from apps.issues.services.common import lock, require_edit
from apps.issues.services.threads import comment_subject


@service
def set_pinned(*, actor: Actor, comment: Comment, is_pinned: bool) -> None:
    """Pin a comment in the place of the one that was, or take it down. What is so already changes nothing.

    :raises Forbidden: for people who may not edit the issue
    :raises NotFound: if the comment, or its issue, was deleted meanwhile
    """
    require_edit(actor, comment.issue.project)
    [issue] = lock(actor, [comment.issue_id])
    present = Comment.objects.filter(org_id=actor.org_id, issue=issue, deleted_at__isnull=True)
    fresh = present.filter(pk=comment.pk).first()
    if fresh is None:
        raise NotFound
    former = present.filter(pinned_at__isnull=False).first()
    if (former == fresh) == is_pinned:
        return
    present.filter(pinned_at__isnull=False).update(pinned_at=None)
    if is_pinned:
        present.filter(pk=fresh.pk).update(pinned_at=happening_at())
    fresh.issue = issue
    change = FieldChange("pinned_comment", former.pk if former else None, fresh.pk if is_pinned else None)
    record(
        CommentPinned(
            project_id=issue.project_id,
            issue_id=issue.pk,
            v=issue.version,
            comment_id=fresh.pk,
            is_pinned=is_pinned,
            subjects=(comment_subject(fresh, "update"),),
            changes=(change,),
        ),
        actor=actor,
    )
