"""Reading organizations, people and invitations."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models import Case, Q, QuerySet, Subquery, When
from django.db.models.functions import Lower
from django.utils import timezone

from apps.accounts.models import Server, User
from apps.core.errors import Forbidden, NotFound
from apps.core.paging import Page, page_by_id
from apps.core.tenancy import Actor, OrgRole
from apps.orgs import policies
from apps.orgs.models import ORG_ROLES, FormerSlug, Invitation, Membership, Organization

# For how long what was deleted can be brought back; the database holds to the same (`flowboard_grace` in doors.sql).
GRACE = timedelta(days=30)
# So many words of a search count.
MOST_WORDS = 8


def get_organization(*, actor: Actor) -> Organization:
    """The organization the actor is in."""
    return Organization.objects.get(pk=actor.org_id)


def organizations_of(*, user_id: int) -> list[Membership]:
    """A person's seats with their organizations, by name. Needs no organization to be entered.

    Each comes with `founders`, whom the operator lets create organizations (None: nothing was decided): every page
    shows both, for one query.
    """
    return list(
        Membership.objects.filter(user_id=user_id, ended_at__isnull=True, org__deleted_at__isnull=True)
        .annotate(founders=Subquery(Server.objects.values("founders")[:1]))
        .select_related("org")
        .order_by("org__name", "org_id")
    )


def former_slugs(*, actor: Actor) -> list[str]:
    """Addresses that the organization had and that lead on to it, newest first."""
    return list(FormerSlug.objects.filter(org_id=actor.org_id).order_by("-id").values_list("slug", flat=True))


@dataclass(frozen=True, slots=True)
class Deleted:
    """Something that its people can bring back until a date."""

    id: int
    name: str
    # An organization's slug, a project's key.
    short: str
    deleted_at: datetime

    @property
    def gone_at(self) -> datetime:
        """When it goes for good."""
        return self.deleted_at + GRACE


def deleted_organizations_of(*, user_id: int) -> list[Deleted]:
    """The deleted organizations that a person owns and can bring back. Needs no organization to be entered."""
    seats = Membership.objects.filter(
        user_id=user_id,
        ended_at__isnull=True,
        role=OrgRole.OWNER,
        org__deleted_at__gt=timezone.now() - GRACE,
        org__purge_began_at__isnull=True,
    )
    return [
        Deleted(seat.org_id, seat.org.name, seat.org.slug, seat.org.deleted_at)
        for seat in seats.select_related("org").order_by("-org__deleted_at", "org_id")
        if seat.org.deleted_at is not None
    ]


def deleted_projects() -> list[Deleted]:
    """The deleted projects of the organization that the person who has entered may bring back, newest first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, name, key, deleted_at FROM flowboard_deleted_projects()")
        return [Deleted(*row) for row in cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class OfferedSeat:
    """An open invitation as the invited person sees it."""

    nonce: str
    org_name: str
    invited_by: str
    expires_at: datetime


def my_invitations() -> list[OfferedSeat]:
    """Open invitations to the confirmed address of the person who has entered, in whatever organization."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nonce, org_name, invited_by, expires_at FROM flowboard_my_invitations()")
        return [OfferedSeat(*row) for row in cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class Farewell:
    """What deleting one's account would mean for the organizations one belongs to."""

    # Somebody else must own these first.
    blocking: list[Organization]
    # Nobody else belongs to these: they go as well.
    emptied: list[Organization]
    left: list[Organization]


def farewell(*, user_id: int) -> Farewell:
    """What would become of the organizations of the person who has entered, if they deleted their account."""
    found = Farewell([], [], [])
    for org, others, other_owners in _company(user_id):
        if others == 0:
            found.emptied.append(org)
        elif other_owners == 0:
            found.blocking.append(org)
        else:
            found.left.append(org)
    return found


def _company(user_id: int) -> Iterator[tuple[Organization, int, int]]:
    """A person's organizations, each with how many others belong to it, and how many of them own it.

    Where the person does not own it, somebody else does.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT org_id, others, other_owners FROM flowboard_my_company()")
        counts = {row[0]: (row[1], row[2]) for row in cursor.fetchall()}
    for seat in organizations_of(user_id=user_id):
        yield seat.org, *counts[seat.org_id]


def list_members(*, actor: Actor) -> list[Membership]:
    """Every person with a seat, by name."""
    return list(
        Membership.objects.filter(org_id=actor.org_id, ended_at__isnull=True, user__kind=User.Kind.PERSON)
        .select_related("user")
        .order_by("user__name", "user_id")
    )


def find_members(*, actor: Actor, q: str, like: str = "", limit: int) -> list[User]:
    """Members whose name or address holds all of some words, by name.

    :param like: a name; members who share a word with it come first
    """
    seats = Membership.objects.filter(org_id=actor.org_id, ended_at__isnull=True, user__kind=User.Kind.PERSON)
    for word in q.split()[:MOST_WORDS]:
        seats = seats.filter(Q(user__name__icontains=word) | Q(user__email__icontains=word))
    shares = Q(pk__in=[])
    for word in like.split()[:MOST_WORDS]:
        # Of initials everybody has one.
        if len(word.strip(".")) > 1:
            shares |= Q(user__name__icontains=word)
    in_order = seats.select_related("user").order_by(
        Case(When(shares, then=0), default=1), Lower("user__name"), "user_id"
    )
    return [seat.user for seat in in_order[:limit]]


def member_page(
    *, actor: Actor, after: Sequence[Any] | None = None, before: Sequence[Any] | None = None, size: int = 50
) -> Page[Membership]:
    """Those who have a seat, programs as well, in the order in which they first got it: a page of them."""
    seats = Membership.objects.filter(org_id=actor.org_id, ended_at__isnull=True)
    return page_by_id(seats.select_related("user"), after=after, before=before, size=size)


def names_of_managers(*, actor: Actor, limit: int) -> list[str]:
    """Some of those who manage the organization, owners first: whom to ask for what one may not do oneself."""
    managers = Membership.objects.filter(
        org_id=actor.org_id,
        ended_at__isnull=True,
        role__in=(OrgRole.OWNER, OrgRole.ADMIN),
        user__is_active=True,
        user__kind=User.Kind.PERSON,
    )
    # "owner" comes after "admin".
    return list(managers.order_by("-role", "user__name", "user_id").values_list("user__name", flat=True)[:limit])


def get_member(*, actor: Actor, user_id: int) -> Membership:
    """One person's seat.

    :raises NotFound: if they have none here
    """
    membership = (
        Membership.objects.filter(org_id=actor.org_id, user_id=user_id, ended_at__isnull=True)
        .select_related("user")
        .first()
    )
    if membership is None:
        raise NotFound
    return membership


def get_person(*, actor: Actor) -> User:
    """The actor as a person.

    :raises Forbidden: for FlowBoard itself
    """
    return get_user_model().objects.get(pk=actor.person_id)


def grantable_roles(*, actor: Actor) -> list[tuple[str, str]]:
    """The roles that the actor may give, with their names; none for people who do not manage members."""
    return [(role, str(name)) for role, name in ORG_ROLES if policies.can_grant(actor, OrgRole(role))]


def people(*, actor: Actor) -> "QuerySet[User]":
    """The people of the organization, past ones and placeholders included: whoever may be named by its issues."""
    return get_user_model().objects.filter(memberships__org_id=actor.org_id)


def _open_invitations(actor: Actor) -> "QuerySet[Invitation]":
    if not policies.can_manage_members(actor):
        raise Forbidden
    found = Invitation.objects.filter(org_id=actor.org_id, accepted_at__isnull=True, revoked_at__isnull=True)
    return found.select_related("invited_by")


def list_invitations(*, actor: Actor) -> list[Invitation]:
    """Open invitations, newest first.

    :raises Forbidden: for people who do not manage members
    """
    return list(_open_invitations(actor).order_by("-id"))


def invitation_page(
    *, actor: Actor, after: Sequence[Any] | None = None, before: Sequence[Any] | None = None, size: int = 50
) -> Page[Invitation]:
    """Open invitations, in the order in which they were made: a page of them.

    :raises Forbidden: for people who do not manage members
    """
    return page_by_id(_open_invitations(actor), after=after, before=before, size=size)


def get_invitation(*, actor: Actor, invitation_id: int) -> Invitation:
    """One open invitation.

    :raises NotFound: if there is none with this id
    :raises Forbidden: for people who do not manage members
    """
    invitation = _open_invitations(actor).filter(pk=invitation_id).first()
    if invitation is None:
        raise NotFound
    return invitation


def invitation_by_hash(*, actor: Actor, token_hash: str) -> Invitation:
    """The invitation through which the actor entered (see `tenancy.enter_invitation`)."""
    return Invitation.objects.select_related("org", "invited_by").get(org_id=actor.org_id, token_hash=token_hash)


@dataclass(frozen=True, slots=True)
class SpentInvitation:
    """An invitation that opens nothing any more, as whoever has its link sees it.

    `state` is used, revoked or expired.
    """

    state: str
    org_name: str
    invited_by: str
    email: str
    is_asked_again: bool


def spent_invitation(*, token_hash: str) -> SpentInvitation | None:
    """What became of an invitation; None for a link that was never made, or that a newer one replaced."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT state, org_name, invited_by, email, is_asked_again FROM flowboard_spent_invitation(%s)",
            [token_hash],
        )
        row = cursor.fetchone()
    return SpentInvitation(*row) if row else None


def who_answers_for(*, actor: Actor, invitation_id: int) -> list[User]:
    """Whom to ask about an open invitation: who made it, if they still manage members, else the owners."""
    invited_by = Invitation.objects.filter(org_id=actor.org_id, pk=invitation_id).values("invited_by")
    seats = Membership.objects.filter(
        org_id=actor.org_id,
        ended_at__isnull=True,
        user__is_active=True,
        user__kind=User.Kind.PERSON,
        role__in=[OrgRole.OWNER, OrgRole.ADMIN],
    ).select_related("user")
    inviters = [seat.user for seat in seats.filter(user__in=invited_by)]
    return inviters or [seat.user for seat in seats.filter(role=OrgRole.OWNER).order_by("id")]
