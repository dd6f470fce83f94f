"""What goes over the wire: JSON facts, never HTML, and never a title, text, name or address.

Server to client, `s` being the stream: `hello`, `ev`, `hb`, `reset`, `presence`, `error`. An event that the viewer may
not see is only its number, so that everybody's count stays whole.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

# The scalars of a fact that may leave the server. What is not named here stays inside.
_ON_THE_WIRE = frozenset(
    {
        "comment_id",
        "f",
        "ids",
        "invitation_id",
        "is_archived",
        "is_suspended",
        "is_watching",
        "label_id",
        "number",
        "parent",
        "rank",
        "role",
        "sprint_id",
        "status",
        "user_id",
        "v",
    }
)
# Who was invited, and who had tokens, is known to those who manage members.
_FOR_MANAGERS = frozenset(
    {"member.invited", "member.invitation_asked_again", "member.invitation_revoked", "member.tokens_revoked"}
)
# After these facts somebody may see less than before.
_ABOUT_RIGHTS = frozenset(
    {
        "member.joined",
        "member.removed",
        "member.role_changed",
        "organization.deleted",
        "organization.suspension_changed",
        "project.created",
        "project.deleted",
        "project.edited",
        "project.member_added",
        "project.member_removed",
        "project.restored",
    }
)


class Viewer(Protocol):
    """Whoever a frame is for."""

    def may_see_project(self, project_id: int | None) -> bool:
        """Whether facts of this project are for them."""

    @property
    def is_manager(self) -> bool:
        """Whether they administer the organization."""


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """What the hub and the sockets need to know of a row of the log."""

    stream_id: int
    seq: int
    kind: str
    project_id: int | None
    issue_id: int | None
    actor_id: int | None
    op: str
    data: Mapping[str, Any]

    @property
    def is_about_rights(self) -> bool:
        """Whether somebody may have lost or gained the right to see something."""
        return self.kind in _ABOUT_RIGHTS


class EventFrame:
    """One event, encoded once for all its viewers."""

    __slots__ = ("_bare", "_event", "_full", "seq")

    def __init__(self, event: LoggedEvent) -> None:
        self._event = event
        self.seq = event.seq
        self._full: str | None = None
        self._bare: str | None = None

    def for_viewer(self, viewer: Viewer) -> str:
        """The whole event, or only its number where the viewer may not see it."""
        event = self._event
        is_visible = viewer.may_see_project(event.project_id) and (viewer.is_manager or event.kind not in _FOR_MANAGERS)
        if not is_visible:
            if self._bare is None:
                self._bare = unseen(event.stream_id, seq=event.seq)
            return self._bare
        if self._full is None:
            self._full = encode(event_frame(event))
        return self._full


class BareFrame:
    """A number of a stream for which the log has no row: it says that there is something to look at, and nothing else.

    In a person's own stream that is their inbox.
    """

    __slots__ = ("_text", "seq")

    def __init__(self, stream_id: int, seq: int) -> None:
        self.seq = seq
        self._text = unseen(stream_id, seq=seq)

    def for_viewer(self, viewer: Viewer) -> str:
        """The number, whoever asks."""
        return self._text


def numbered(stream_id: int, events: Iterable[LoggedEvent], *, since: int, head: int) -> list["EventFrame | BareFrame"]:
    """A frame for each number of a stream after `since`, in order, whether the log has a row for it or not."""
    seen = {event.seq: event for event in events}
    return [EventFrame(seen[seq]) if seq in seen else BareFrame(stream_id, seq) for seq in range(since + 1, head + 1)]


def encode(frame: Mapping[str, Any]) -> str:
    """Compact JSON."""
    return json.dumps(frame, separators=(",", ":"), ensure_ascii=False)


def event_frame(event: LoggedEvent) -> dict[str, Any]:
    """An event as its viewers get it."""
    frame: dict[str, Any] = {"t": "ev", "s": event.stream_id, "seq": event.seq, "k": event.kind}
    if event.issue_id is not None:
        frame["id"] = event.issue_id
    frame |= {name: value for name, value in event.data.items() if name in _ON_THE_WIRE}
    if event.op:
        frame["op"] = event.op
    if event.actor_id is not None:
        frame["by"] = event.actor_id
    return frame


def unseen(stream_id: int, *, seq: int) -> str:
    """Something happened that this viewer may not see."""
    return encode({"t": "ev", "s": stream_id, "seq": seq})


def hello(stream_id: int, *, seq: int, replay: int, release: str) -> str:
    """The stream is followed from here; `replay` events come first. A page of another release may want to know."""
    return encode({"t": "hello", "s": stream_id, "seq": seq, "replay": replay, "release": release})


def heartbeat(stream_id: int, *, seq: int) -> str:
    """The line is alive and this is the stream's head."""
    return encode({"t": "hb", "s": stream_id, "seq": seq})


def reset(stream_id: int, *, seq: int) -> str:
    """Too much was missed: read the page again, and count from here."""
    return encode({"t": "reset", "s": stream_id, "seq": seq})


def presence(stream_id: int, people: Iterable[Mapping[str, Any]]) -> str:
    """Who looks at the stream's project now, what they edit, and what of it they write at this moment."""
    return encode({"t": "presence", "s": stream_id, "people": list(people)})


def error(detail: str) -> str:
    """A frame of the client was not understood, or was one too many."""
    return encode({"t": "error", "detail": detail})
