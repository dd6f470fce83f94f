"""One open socket as the hub sees it: who sits there, what they follow, and what still has to be sent to them."""

import asyncio
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.conf import settings

from apps.realtime import frames
from apps.realtime.frames import BareFrame, EventFrame, Viewer
from apps.realtime.selectors import Page, Rights, Seat

# A page that is this far behind is quicker read again than caught up with.
BACKLOG = 500


class Close:
    """Why a socket is closed (WebSocket close codes)."""

    UNSUPPORTED = 1003
    FLOODED = 1008
    TRY_LATER = 1013
    SIGNED_OUT = 4401
    FORBIDDEN = 4403


@dataclass(slots=True)
class Follow:
    """A socket's place in one stream.

    Invariant: while `is_live`, everything up to `sent` is in the socket's outbox or was, and `sent` is not behind what
    the hub has handed out, so that what the hub hands out next follows without a gap.
    """

    stream_id: int
    project_id: int | None
    sent: int = 0
    is_live: bool = False


def greeting(stream_id: int, page: Page, *, since: int) -> str:
    """The frame that begins what is told of a stream."""
    replayed = 0 if page.events is None else max(0, page.head - since)
    return frames.hello(stream_id, seq=page.head, replay=replayed, release=settings.RELEASE)


def missed(stream_id: int, page: Page, *, since: int, viewer: Viewer) -> Iterator[str]:
    """What was read for one viewer alone, as frames. What they may not see is only counted."""
    if page.events is None:
        yield frames.reset(stream_id, seq=page.head)
        return
    for frame in frames.numbered(stream_id, page.events, since=since, head=page.head):
        yield frame.for_viewer(viewer)


class Line:
    """A socket's outbox, its follows and its rights. The hub fills it, the consumer empties it."""

    def __init__(self, seat: Seat) -> None:
        self.seat = seat
        self.rights = Rights(None, frozenset())
        self.follows = {stream_id: Follow(stream_id, project_id) for stream_id, project_id in seat.streams.items()}
        # Which issue is being edited here, by the stream in which that is shown.
        self.editing: dict[int, int] = {}
        # What of it is being written at this moment: `comment`, `description` or `title`; never the text.
        self.writing: str | None = None
        self.close_code: int | None = None
        self._people: dict[int, str] = {}
        self._outbox: deque[str] = deque()
        self._is_overrun = False
        self._wake = asyncio.Event()

    def hand_over(self, stream_id: int, events: Iterable[EventFrame | BareFrame]) -> None:
        """Take what just happened in a stream, as far as it is news here and the viewer may see it."""
        follow = self.follows.get(stream_id)
        if follow is None or not follow.is_live:
            return
        for event in events:
            if event.seq > follow.sent:
                self.put(event.for_viewer(self.rights))
                follow.sent = event.seq

    def replay(self, stream_id: int, page: Page, *, since: int, with_hello: bool) -> None:
        """Take what was read for this viewer alone. What they may not see is only counted."""
        if with_hello:
            self.put(greeting(stream_id, page, since=since))
        for frame in missed(stream_id, page, since=since, viewer=self.rights):
            self.put(frame)
        self.follows[stream_id].sent = page.head

    def reset(self, stream_id: int, head: int) -> None:
        """Have the page read itself again."""
        follow = self.follows.get(stream_id)
        if follow is not None and follow.is_live:
            self.put(frames.reset(stream_id, seq=head))
            follow.sent = head

    def beat(self, stream_id: int) -> None:
        """Tell the head of a stream, as far as it is told here."""
        follow = self.follows.get(stream_id)
        if follow is not None and follow.is_live:
            self.put(frames.heartbeat(stream_id, seq=follow.sent))

    def show_people(self, stream_id: int, frame: str) -> None:
        """Show who is there, unless that is what was shown last."""
        follow = self.follows.get(stream_id)
        if follow is None or follow.project_id is None or not follow.is_live:
            return
        if self._people.get(stream_id) != frame:
            self._people[stream_id] = frame
            self.put(frame)

    def may_follow_all(self, rights: Rights) -> bool:
        """Whether these rights suffice for every stream that is followed here."""
        return all(rights.may_see_project(follow.project_id) for follow in self.follows.values())

    def put(self, text: str) -> None:
        """Queue a frame. A client that does not keep up loses all of them, and is told to read its page again."""
        if self._is_overrun:
            return
        # A full replay and some live facts fit for every stream.
        if len(self._outbox) >= 2 * BACKLOG * max(1, len(self.follows)):
            self._outbox.clear()
            self._is_overrun = True
        else:
            self._outbox.append(text)
        self._wake.set()

    def close(self, code: int) -> None:
        """Have the socket closed; what is still queued is not sent any more."""
        if self.close_code is None:
            self.close_code = code
            self._outbox.clear()
            self._wake.set()

    async def next(self) -> str | None:
        """The next frame to send; None when the socket shall be closed."""
        while True:
            if self.close_code is not None:
                return None
            if self._outbox:
                return self._outbox.popleft()
            if self._is_overrun:
                self._is_overrun = False
                for follow in self.follows.values():
                    self.put(frames.reset(follow.stream_id, seq=follow.sent))
                continue
            self._wake.clear()
            await self._wake.wait()
