"""What a webhook sends, in the words of the API: the same serializer makes both, so that they cannot drift apart.

Around the event stands what a reader of the API has in the address: organization, project and stream.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from rest_framework.renderers import JSONRenderer

from apps.events.models import Event
from apps.projects.api.serializers import EventSerializer
from apps.webhooks.catalogue import TEST_KIND
from apps.webhooks.services.planning import Place

VERSION = 1
# In bytes. Of what is larger the changes are left out; the log has them.
LARGEST = 256 * 1024
_LEFT_OUT = frozenset({"changes", "data"})


def bodies_of(events: Sequence[Event], places: Mapping[int, Place]) -> dict[int, str]:
    """The body for each event, by its id. Their changes are at hand; `places` says where each happened."""
    words: Any = EventSerializer(events, many=True).data
    written = {}
    for event, said in zip(events, words, strict=True):
        about = _about(places[event.pk]) | {"stream": event.stream_id}
        body = _write(event.kind, event.created_at, {**about, "is_cut": False, **said})
        if len(body) > LARGEST:
            few = {name: value for name, value in said.items() if name not in _LEFT_OUT}
            body = _write(event.kind, event.created_at, {**about, "is_cut": True, **few})
        written[event.pk] = body.decode()
    return written


def body_of_test(place: Place, at: datetime) -> str:
    """What is sent to see what happens."""
    return _write(TEST_KIND, at, _about(place) | {"kind": TEST_KIND}).decode()


def _about(place: Place) -> dict[str, Any]:
    project = {"id": place.project_id, "key": place.project_key} if place.project_id is not None else None
    return {"version": VERSION, "organization": place.org_slug, "project": project, "issue_key": place.issue_key}


def _write(kind: str, at: datetime, data: Mapping[str, Any]) -> bytes:
    body: bytes = JSONRenderer().render({"type": kind, "timestamp": at, "data": data})
    return body
