"""Answering with a sign: who reacts to an issue or to a comment, and takes it back."""

from django.utils.translation import gettext as _

from apps.core.errors import Forbidden, Invalid
from apps.core.tenancy import Actor, happening_at
from apps.events.services import record, service
from apps.issues.facts import ReactionChanged
from apps.issues.models import Comment, Issue, Reaction
from apps.projects import policies


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
