"""Which facts which webhooks send: the log is read on from where it was read last, some hundred facts at a time.

Nothing of this happens where people write. The log is the outbox: what is committed is in it, in the order of its
stream, and a reading moves on in the transaction that writes the messages.
"""

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.utils import timezone

from apps.core.errors import Forbidden
from apps.core.tenancy import Actor, Origin
from apps.events.models import Event
from apps.events.selectors import with_changes
from apps.events.services import service
from apps.issues.models import Issue
from apps.projects.models import Project
from apps.webhooks.catalogue import kinds_for
from apps.webhooks.models import Message, Webhook

FACTS_AT_ONCE = 500
_STREAMS_AT_ONCE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where something happened, in words that people know."""

    org_slug: str
    project_id: int | None = None
    project_key: str | None = None
    issue_key: str | None = None


# Writes the bodies of events, by their ids.
Writer = Callable[[Sequence[Event], Mapping[int, Place]], Mapping[int, str]]

_BEHIND = """
SELECT s.id, s.seq, coalesce(r.seq, 0), s.project_id FROM events_stream s
  LEFT JOIN webhooks_reading r ON r.stream_id = s.id
 WHERE s.org_id = %(org)s AND s.kind <> 'person' AND s.seq > coalesce(r.seq, 0)
   AND (%(all)s OR s.project_id = ANY(%(projects)s))
 ORDER BY s.id LIMIT %(streams)s
"""
_FACTS = """
SELECT b.id, e.seq, e.id FROM unnest(%(ids)s::bigint[], %(heads)s::bigint[], %(read)s::bigint[]) AS b(id, head, seq)
 CROSS JOIN LATERAL (SELECT id, seq FROM events_event
                      WHERE stream_id = b.id AND seq > b.seq AND seq <= b.head ORDER BY seq LIMIT %(most)s) e
 ORDER BY b.id, e.seq LIMIT %(most)s
"""
_READ = """
INSERT INTO webhooks_reading (stream_id, org_id, project_id, seq)
SELECT v.id, %(org)s, v.project_id, v.seq
  FROM unnest(%(ids)s::bigint[], %(projects)s::bigint[], %(read)s::bigint[]) AS v(id, project_id, seq)
ON CONFLICT (stream_id) DO UPDATE SET seq = excluded.seq
"""


@dataclass(slots=True)
class _Stream:
    """A stream that has grown: its head, and up to where it was read."""

    id: int
    head: int
    seq: int
    project_id: int | None


@service
def plan(*, actor: Actor, write: Writer, limit: int = FACTS_AT_ONCE) -> bool:
    """Read on in the organization's log, and note what is to be sent; whether there may be more to read.

    A fixed number of statements, however many facts, webhooks and projects there are. One worker at a time reads in an
    organization. What was imported is not sent, and neither is what was before the webhook.

    :raises Forbidden: for anybody but FlowBoard itself
    """
    if not actor.is_system:
        raise Forbidden
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended('webhooks.plan', %s))", [actor.org_id])
        if not cursor.fetchone()[0]:
            return False
    webhooks = list(Webhook.objects.filter(org_id=actor.org_id, paused_at__isnull=True, deleted_at__isnull=True))
    streams = _behind(actor, webhooks)
    if not streams:
        return False
    found = _facts(streams, limit)
    events = with_changes(list(Event.objects.filter(pk__in=[pk for _stream, _seq, pk in found])))
    _note(actor, webhooks, sorted(events, key=lambda event: (event.stream_id, event.seq)), write)
    _move_on(actor, streams, found, is_all=len(found) < limit)
    return len(found) >= limit or len(streams) >= _STREAMS_AT_ONCE


def _behind(actor: Actor, webhooks: Sequence[Webhook]) -> list[_Stream]:
    values: dict[str, Any] = {
        "org": actor.org_id,
        "all": any(each.project_id is None for each in webhooks),
        "projects": [each.project_id for each in webhooks if each.project_id is not None],
        "streams": _STREAMS_AT_ONCE,
    }
    with connection.cursor() as cursor:
        cursor.execute(_BEHIND, values)
        return [_Stream(*row) for row in cursor.fetchall()]


def _facts(streams: Sequence[_Stream], limit: int) -> list[tuple[int, int, int]]:
    """(stream, seq, event) of the oldest facts of each stream in turn."""
    values: dict[str, Any] = {
        "ids": [each.id for each in streams],
        "heads": [each.head for each in streams],
        "read": [each.seq for each in streams],
        "most": limit,
    }
    with connection.cursor() as cursor:
        cursor.execute(_FACTS, values)
        found: list[tuple[int, int, int]] = cursor.fetchall()
    return found


def _move_on(actor: Actor, streams: Sequence[_Stream], found: Sequence[tuple[int, int, int]], *, is_all: bool) -> None:
    """Streams are read one after the other: where the limit was met, the last one is read in part, or just up to its
    head, and those behind it are not read yet. Numbers without a fact are passed over with it."""
    last_id, last_seq = (streams[-1].id, streams[-1].head) if is_all else found[-1][:2]
    read = [each for each in streams if each.id <= last_id]
    values: dict[str, Any] = {
        "org": actor.org_id,
        "ids": [each.id for each in read],
        "projects": [each.project_id for each in read],
        "read": [last_seq if each.id == last_id else each.head for each in read],
    }
    with connection.cursor() as cursor:
        cursor.execute(_READ, values)


def _note(actor: Actor, webhooks: Sequence[Webhook], events: Sequence[Event], write: Writer) -> None:
    ids = {event.project_id for event in events if event.project_id is not None}
    projects = {each.pk: each for each in Project.objects.filter(org_id=actor.org_id, pk__in=ids)}
    issues = _issues(actor, webhooks, events)
    wanted = [
        (webhook, event)
        for event in events
        for webhook in webhooks
        if _wants(webhook, event, projects, {issues[pk].type_id for pk in _about(event) if pk in issues})
    ]
    sent = list({event.pk: event for _webhook, event in wanted}.values())
    bodies = write(sent, {event.pk: _place(actor, event, projects, issues) for event in sent})
    now = timezone.now()
    messages = [
        Message(
            org_id=actor.org_id,
            project_id=event.project_id,
            webhook=webhook,
            event_id=event.pk,
            kind=event.kind,
            body=bodies[event.pk],
            created_at=now,
            queued_at=now,
            due_at=now,
        )
        for webhook, event in wanted
    ]
    Message.objects.bulk_create(messages, ignore_conflicts=True, batch_size=2000)


def _about(event: Event) -> set[int]:
    """The issues that a fact is about."""
    ids = {change.issue_id for change in event.changes.all()} | {event.issue_id}
    return {pk for pk in ids if pk is not None}


def _issues(actor: Actor, webhooks: Sequence[Webhook], events: Sequence[Event]) -> dict[int, Issue]:
    ids = {event.issue_id for event in events if event.issue_id is not None}
    if any(webhook.type_ids for webhook in webhooks):
        ids |= {pk for event in events for pk in _about(event)}
    found = Issue.objects.filter(org_id=actor.org_id, pk__in=ids).select_related("project")
    return {each.pk: each for each in found.only("number", "type_id", "project__key")}


def _wants(webhook: Webhook, event: Event, projects: Mapping[int, Project], types: Set[int]) -> bool:
    """Whether a webhook sends a fact: `types` are those of the issues that it is about."""
    if event.origin == Origin.IMPORT or event.created_at < webhook.begun_at:
        return False
    kinds = webhook.kinds or kinds_for(of_project=webhook.project_id is not None)
    if event.kind not in kinds:
        return False
    if webhook.project_id is not None:
        # What is about no issue has no type to be left out by.
        is_of_type = not webhook.type_ids or not types or not types.isdisjoint(webhook.type_ids)
        return event.project_id == webhook.project_id and is_of_type
    if event.project_id is None:
        return True
    project = projects.get(event.project_id)
    is_chosen = not webhook.project_ids or event.project_id in webhook.project_ids
    return project is not None and not project.is_private and is_chosen


def _place(actor: Actor, event: Event, projects: Mapping[int, Project], issues: Mapping[int, Issue]) -> Place:
    project = projects.get(event.project_id) if event.project_id is not None else None
    issue = issues.get(event.issue_id) if event.issue_id is not None else None
    return Place(
        org_slug=actor.org_slug,
        project_id=event.project_id,
        project_key=project.key if project is not None else None,
        issue_key=f"{issue.project.key}-{issue.number}" if issue is not None else None,
    )
