"""What sockets read: who is there, what they may follow, what happened since, and whether all that still holds.

Everything a socket is sent on its own account is read under its viewer's rights; the hub reads as the organization,
once for all, and each socket's `Rights` decide what is passed on.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from importlib import import_module
from operator import or_
from types import SimpleNamespace
from typing import Any, cast

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, get_user, get_user_model
from django.contrib.sessions.models import Session
from django.db import connection
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from apps.core.tenancy import Actor, OrgRole, run_as, run_as_system, unit_of_work
from apps.events.models import Event, Stream
from apps.issues.facts import IssueRetold
from apps.realtime.frames import LoggedEvent


class SignedOut(Exception):
    """The session is gone, or never was."""


class StreamRefused(Exception):
    """A stream was asked for that the person may not follow."""


@dataclass(frozen=True, slots=True)
class Rights:
    """What somebody may see, as it was when last asked."""

    role: OrgRole | None
    hidden: frozenset[int]

    @property
    def is_manager(self) -> bool:
        """Whether they administer the organization."""
        return self.role in {OrgRole.OWNER, OrgRole.ADMIN}

    def may_see_project(self, project_id: int | None) -> bool:
        """Whether facts of this project are for them."""
        return project_id not in self.hidden


@dataclass(frozen=True, slots=True, eq=False)
class Seat:
    """Who sits at a socket, and by which session. Each socket has its own."""

    user_id: int
    org_id: int
    org_slug: str
    org_stream_id: int
    session_key: str
    session_hash: str
    person: Mapping[str, Any]
    # The streams asked for, each with its project, if it has one.
    streams: Mapping[int, int | None]


@dataclass(frozen=True, slots=True)
class Page:
    """What happened in a stream since some seq. `events` is None where that is more than anybody wants replayed."""

    head: int
    events: Sequence[LoggedEvent] | None


@dataclass(frozen=True, slots=True)
class Reading:
    """Pages of several streams and the rights under which they were read."""

    rights: Rights
    pages: Mapping[int, Page]
    org_head: int


def take_seat(*, session_key: str, org_slug: str, stream_ids: Collection[int]) -> Seat:
    """Find out who is behind a session, and whether they may follow the streams.

    :raises SignedOut: if the session is dead
    :raises apps.core.tenancy.doors.NoSuchOrganization: if they have no seat in the organization
    :raises apps.core.tenancy.doors.OrganizationSuspended: if nobody may work there
    :raises StreamRefused: if one of the streams is not for them
    """
    session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    user = get_user(cast("HttpRequest", SimpleNamespace(session=session)))
    if not user.is_authenticated:
        raise SignedOut
    person = get_user_model().objects.get(pk=user.pk)
    with run_as(user_id=person.pk, org_slug=org_slug) as actor:
        return Seat(
            user_id=person.pk,
            org_id=actor.org_id,
            org_slug=actor.org_slug,
            org_stream_id=Stream.objects.get(org_id=actor.org_id, kind=Stream.Kind.ORGANIZATION).pk,
            session_key=session_key,
            session_hash=session.get(HASH_SESSION_KEY, ""),
            person={"id": person.pk, "name": str(person), "initials": person.initials, "hue": person.hue},
            streams={stream.pk: stream.project_id for stream in _follow(actor, stream_ids)},
        )


def read_streams(*, seat: Seat, since: Mapping[int, int], limit: int) -> Reading:
    """Read what happened in the streams, each since its own seq, as the person may see it now.

    :raises StreamRefused: if one of the streams is not for them any more
    :raises apps.core.tenancy.doors.NoSuchOrganization: if their seat is gone
    """
    with run_as(user_id=seat.user_id, org_slug=seat.org_slug) as actor:
        pages = read_log(actor=actor, since=since, limit=limit)
        org_head = Stream.objects.values_list("seq", flat=True).get(pk=seat.org_stream_id, org_id=actor.org_id)
        return Reading(rights_of(actor), pages, org_head)


def read_log(*, actor: Actor, since: Mapping[int, int], limit: int) -> dict[int, Page]:
    """Read what happened in streams, each since its own seq, as the actor may see it: two queries, however many.

    :raises StreamRefused: if one of the streams is not for them
    """
    heads = {stream.pk: stream.seq for stream in _follow(actor, since)}
    return _pages(actor, since=since, heads=heads, limit=limit)


def rights_of(actor: Actor) -> Rights:
    """What the actor may see at this moment."""
    return Rights(actor.org_role, actor.hidden_project_ids)


def read_as_organization(*, org_id: int, stream_id: int, since: int, limit: int) -> Page:
    """Read what happened in a stream, for the hub."""
    with run_as_system(org_id=org_id) as actor:
        head = Stream.objects.values_list("seq", flat=True).get(pk=stream_id, org_id=org_id)
        return _pages(actor, since={stream_id: since}, heads={stream_id: head}, limit=limit)[stream_id]


def stream_of_issue(*, seat: Seat, issue_id: int) -> int | None:
    """The stream in which the issue last appeared, as far as the person may see it."""
    with run_as(user_id=seat.user_id, org_slug=seat.org_slug) as actor:
        return (
            Event.objects.filter(org_id=actor.org_id, issue_id=issue_id)
            .exclude(project_id__in=actor.hidden_project_ids)
            .order_by("-id")
            .values_list("stream_id", flat=True)
            .first()
        )


def survey(seats: Collection[Seat]) -> dict[Seat, Rights | None]:
    """The rights of everybody as they are now; None where there are none left.

    Seats that are missing from the answer belong to dead sessions. The number of queries does not depend on how many
    seats there are.
    """
    keys = {seat.session_key for seat in seats}
    alive = set(
        Session.objects.filter(session_key__in=keys, expire_date__gt=timezone.now()).values_list("pk", flat=True)
    )
    people = get_user_model().objects.in_bulk({seat.user_id for seat in seats})
    hashes = {person.pk: person.get_session_auth_hash() for person in people.values() if person.is_active}
    pairs = sorted({(seat.org_id, seat.user_id) for seat in seats})
    with unit_of_work(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT org_id, user_id, role, hidden FROM flowboard_rights(%s, %s)",
            [[org_id for org_id, _ in pairs], [user_id for _, user_id in pairs]],
        )
        rights = {(row[0], row[1]): Rights(OrgRole(row[2]), frozenset(row[3])) for row in cursor.fetchall()}
    return {
        seat: rights.get((seat.org_id, seat.user_id))
        for seat in seats
        if seat.session_key in alive and constant_time_compare(seat.session_hash, hashes.get(seat.user_id, ""))
    }


def _follow(actor: Actor, stream_ids: Collection[int]) -> list[Stream]:
    """The streams by id, all of them visible to the actor.

    :raises StreamRefused: if one is not there, of a hidden project, or somebody else's
    """
    streams = list(Stream.objects.filter(org_id=actor.org_id, pk__in=stream_ids))
    for stream in streams:
        is_hidden = stream.project_id in actor.hidden_project_ids
        is_foreign = stream.user_id is not None and stream.user_id != actor.user_id
        if is_hidden or is_foreign:
            raise StreamRefused
    if len(streams) != len(set(stream_ids)):
        raise StreamRefused
    return streams


def _pages(actor: Actor, *, since: Mapping[int, int], heads: Mapping[int, int], limit: int) -> dict[int, Page]:
    """One query for what is missing of all streams; none where nothing is."""
    far = {stream_id for stream_id, seq in since.items() if heads[stream_id] - seq > limit}
    behind = [
        Q(stream_id=stream_id, seq__gt=seq, seq__lte=heads[stream_id])
        for stream_id, seq in since.items()
        if stream_id not in far and heads[stream_id] > seq
    ]
    events: dict[int, list[LoggedEvent]] = {stream_id: [] for stream_id in since}
    if behind:
        # What happened elsewhere long ago changes no page: it counts, and is not told.
        rows = Event.objects.filter(reduce(or_, behind), org_id=actor.org_id).exclude(kind=IssueRetold.kind)
        rows = rows.order_by("stream_id", "seq")
        if actor.hidden_project_ids:
            rows = rows.exclude(project_id__in=actor.hidden_project_ids)
        for row in rows:
            events[row.stream_id].append(
                LoggedEvent(
                    stream_id=row.stream_id,
                    seq=row.seq,
                    kind=row.kind,
                    project_id=row.project_id,
                    issue_id=row.issue_id,
                    actor_id=row.actor_id,
                    op=row.op,
                    data=row.data,
                )
            )
    return {stream_id: Page(heads[stream_id], None if stream_id in far else events[stream_id]) for stream_id in since}
