"""Saying who a placeholder is: what names it names the person from then on."""

from typing import Any

from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.core.errors import Conflict, Forbidden, Invalid, NotFound
from apps.core.tenancy import Actor, happening_at
from apps.events.facts import Subject
from apps.events.services import record, service
from apps.imports.facts import PlaceholderClaimed
from apps.imports.models import ClaimedPerson
from apps.issues.models import Attachment, Comment, Issue, Watcher, WorkLog
from apps.orgs import policies
from apps.orgs.models import Membership
from apps.orgs.selectors import people

# Where somebody is named, and in which column.
_NAMED: tuple[tuple[Any, str], ...] = (
    (Issue, "reporter_id"),
    (Issue, "assignee_id"),
    (Comment, "author_id"),
    (WorkLog, "person_id"),
    (Attachment, "uploader_id"),
)


@service
def claim_placeholder(*, actor: Actor, placeholder: User, member: User) -> ClaimedPerson:
    """Say that somebody whom an import met is a member. Their names change hands in the background, everywhere.

    Later imports know it as well. It cannot be taken back: from then on nobody can tell apart whose was what.

    :raises Forbidden: for people who do not manage members
    :raises NotFound: if the placeholder is not one of this organization
    :raises Invalid: if the member is none of this organization
    :raises Conflict: if somebody has said already who it is
    """
    if not policies.can_manage_members(actor):
        raise Forbidden
    stranger = people(actor=actor).filter(pk=placeholder.pk).first()
    if stranger is None or stranger.kind != User.Kind.PLACEHOLDER:
        raise NotFound
    seats = Membership.objects.filter(org_id=actor.org_id, user=member, ended_at__isnull=True)
    if member.kind != User.Kind.PERSON or not seats.exists():
        raise Invalid(_("Choose a member of this organization."), field="member")
    claim, is_new = ClaimedPerson.objects.get_or_create(
        placeholder=stranger, defaults={"org_id": actor.org_id, "member": member, "created_at": happening_at()}
    )
    if not is_new:
        raise Conflict(_("Somebody has said already who %(name)s is.") % {"name": stranger.name})
    record(
        PlaceholderClaimed(
            placeholder_id=stranger.pk,
            user_id=member.pk,
            subjects=(Subject(model="accounts.user", id=stranger.pk, name=stranger.name, action="update"),),
        ),
        actor=actor,
    )
    return claim


@service
def hand_over_names(*, actor: Actor, placeholder_id: int) -> None:
    """Let everything that names a claimed placeholder name the member: a statement for each place.

    Doing it again changes nothing. Versions stay as they are: nothing was edited.

    :raises Forbidden: for anybody but FlowBoard itself
    """
    if not actor.is_system:
        raise Forbidden
    claim = ClaimedPerson.objects.filter(org_id=actor.org_id, placeholder_id=placeholder_id).first()
    if claim is None:
        return
    for model, column in _NAMED:
        model.objects.filter(org_id=actor.org_id, **{column: placeholder_id}).update(**{column: claim.member_id})
    watching = Watcher.objects.filter(org_id=actor.org_id, user_id=placeholder_id)
    already = Watcher.objects.filter(org_id=actor.org_id, user_id=claim.member_id).values("issue_id")
    watching.filter(issue_id__in=already).delete()
    watching.update(user_id=claim.member_id)
