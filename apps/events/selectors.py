"""Reading the log: what happened since, and where a stream's head is."""

from collections.abc import Iterable

from django.db import connection
from django.db.models import prefetch_related_objects

from apps.core.tenancy import Actor
from apps.events.models import Event, Stream


def project_stream(*, actor: Actor, project_id: int) -> tuple[int, int]:
    """The id and head of a project's stream. Read it *before* what it shall be the version of."""
    row = Stream.objects.filter(org_id=actor.org_id, project_id=project_id).values_list("id", "seq").get()
    return row[0], row[1]


def project_position(*, actor: Actor, key: str) -> tuple[int, int] | None:
    """The id and head of the stream of the project with this key; None if the actor sees no such project."""
    rows = Stream.objects.filter(org_id=actor.org_id, project__key=key.upper(), project__deleted_at__isnull=True)
    return rows.exclude(project__in=actor.hidden_project_ids).values_list("id", "seq").first()


def events_since(*, actor: Actor, stream_id: int, seq: int, limit: int) -> list[Event]:
    """The facts of a stream after `seq`, oldest first, as far as the actor may see them."""
    return list(Event.objects.filter(org_id=actor.org_id, stream_id=stream_id, seq__gt=seq).order_by("seq")[:limit])


def with_changes(events: list[Event]) -> list[Event]:
    """The same facts, each with its changed fields at hand (`changes.all()`): one query for all of them."""
    prefetch_related_objects(events, "changes")
    return events


def stream_heads(stream_ids: Iterable[int]) -> dict[int, tuple[int, int]]:
    """(organization, head) of each stream that exists, in one query across organizations: numbers, never content."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT stream_id, org_id, seq FROM flowboard_stream_heads(%s)", [list(stream_ids)])
        return {row[0]: (row[1], row[2]) for row in cursor.fetchall()}
