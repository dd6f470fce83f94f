"""The newer words of imported comments."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from apps.core.errors import Forbidden
from apps.core.tenancy import Actor
from apps.events.facts import FieldChange
from apps.events.services import record, service
from apps.issues.facts import CommentEdited
from apps.issues.models import Comment
from apps.issues.services.common import clean_text
from apps.issues.services.threads import comment_subject


@dataclass(frozen=True, slots=True, kw_only=True)
class PastEdit:
    """The words of a comment as a newer export has them."""

    comment_id: int
    body: str
    edited_at: datetime


@service
def update_imported_comments(*, actor: Actor, edits: Sequence[PastEdit]) -> None:
    """Give imported comments their newer words; those deleted here stay deleted.

    :raises Forbidden: for anybody but FlowBoard itself
    """
    if not actor.is_system:
        raise Forbidden
    newer = {edit.comment_id: edit for edit in edits}
    comments = (
        Comment.objects.select_for_update(no_key=True, of=("self",)).select_related("issue__project").order_by("pk")
    )
    for comment in comments.filter(org_id=actor.org_id, pk__in=newer, deleted_at__isnull=True):
        edit = newer[comment.pk]
        change = FieldChange("comment", comment.body, clean_text(edit.body, field="body"))
        if change.old == change.new:
            continue
        comment.body, comment.edited_at = change.new, edit.edited_at
        comment.save(update_fields=["body", "edited_at"])
        record(
            CommentEdited(
                project_id=comment.project_id,
                issue_id=comment.issue_id,
                v=comment.issue.version,
                comment_id=comment.pk,
                occurred_at=edit.edited_at,
                subjects=(comment_subject(comment, "update"),),
                changes=(change,),
            ),
            actor=actor,
        )
