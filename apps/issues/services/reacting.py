"""Answering with a sign: who reacts to an issue or to a comment, and takes it back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from apps.core.errors import Forbidden, Invalid
from apps.core.tenancy import Actor, happening_at
from apps.events.services import record, service
from apps.issues.facts import ReactionChanged
from apps.issues.models import Comment, Issue, Reaction
from apps.projects import policies


@dataclass(frozen=True, slots=True, kw_only=True)
class PastReaction:
    """A sign that somebody gave elsewhere, at its own time; `comment_id` is None where it answers the issue."""

    issue: Issue
    comment_id: int | None
    user_id: int
    emoji: str
    created_at: datetime


@service
def import_reactions(*, actor: Actor, batch: Sequence[PastReaction]) -> None:
    """Store the signs of another FlowBoard, each once; what is none of ours is left out. They tell nobody anything.

    :raises Forbidden: for anybody but FlowBoard itself
    """
    if not actor.is_system:
        raise Forbidden
    Reaction.objects.bulk_create(
        [
            Reaction(
                org_id=past.issue.org_id,
                project_id=past.issue.project_id,
                issue=past.issue,
                comment_id=past.comment_id,
                user_id=past.user_id,
                emoji=past.emoji,
                created_at=past.created_at,
            )
            for past in batch
            if past.emoji in Reaction.Emoji.values
        ],
        ignore_conflicts=True,
        batch_size=500,
    )


@service
def set_reaction(*, actor: Actor, issue: Issue, emoji: str, is_on: bool, comment: Comment | None = None) -> None:
    """React to an issue, or to one of its comments, or take that back. What is so already changes nothing.

    :raises Forbidden: for people who may only read
    :raises Invalid: for a sign that is not among ours
    """
    if actor.user_id is None or not policies.can_comment(actor, issue.project):
        raise Forbidden
    if emoji not in Reaction.Emoji.values:
        raise Invalid(_("Choose one of the reactions that are offered."), field="emoji")
    mine = Reaction.objects.filter(
        org_id=actor.org_id, issue=issue, comment=comment, user_id=actor.user_id, emoji=emoji
    )
    if mine.exists() == is_on:
        return
    if is_on:
        reaction = Reaction(
            org_id=issue.org_id,
            project_id=issue.project_id,
            issue=issue,
            comment=comment,
            user_id=actor.user_id,
            emoji=emoji,
            created_at=happening_at(),
        )
        Reaction.objects.bulk_create([reaction], ignore_conflicts=True)
    else:
        mine.delete()
    record(
        ReactionChanged(
            project_id=issue.project_id,
            issue_id=issue.pk,
            v=issue.version,
            comment_id=comment.pk if comment else None,
            emoji=emoji,
            is_on=is_on,
        ),
        actor=actor,
    )
