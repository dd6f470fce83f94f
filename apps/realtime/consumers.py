"""The socket: `ws/<org>/?s=<stream>:<since>&s=…`. It sends facts, and understands `since` and `editing`.

`{"t": "editing", "issue": 12, "writing": "comment"}` says that somebody writes one at this moment. It holds for some
seconds and is said again while they go on. What they write never leaves their browser.
"""

import asyncio
import json
import time
from typing import Any
from urllib.parse import parse_qs
from uuid import uuid4

import structlog
from channels.consumer import get_handler_name
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.http import parse_cookie

from apps.core.errors import DomainError
from apps.realtime import frames, selectors
from apps.realtime.cursors import Malformed, read_cursors
from apps.realtime.hub import DATABASE_AWAY, Hub, read, the_hub
from apps.realtime.line import BACKLOG, Close, Line
from apps.realtime.selectors import SignedOut, StreamRefused

logger = structlog.get_logger("flowboard.socket")

LONGEST_FRAME = 1024
FRAMES_PER_SECOND = 10
BURST = 40
FAULTS = 20
WRITINGS = frozenset({"comment", "description", "title"})


class SocketConsumer(AsyncWebsocketConsumer):
    """One person's socket in one organization, following one or more streams."""

    # The hub alone speaks with the channel layer, so a socket costs no subscription of its own.
    channel_layer_alias = "none"

    def __init__(self) -> None:
        super().__init__()
        self.hub: Hub = the_hub()
        self.line: Line | None = None
        self.writer: asyncio.Task[None] | None = None
        self.allowance = float(BURST)
        self.counted_at = time.monotonic()
        self.faults = 0
        self.falls_silent: asyncio.TimerHandle | None = None

    async def dispatch(self, message: dict[str, Any]) -> None:
        """Call the handler. (Channels' own would visit the database thread for every frame.)"""
        await getattr(self, get_handler_name(message))(message)

    # --- opening and closing -----------------------------------------------------------------------------------------

    async def connect(self) -> None:
        """Accept first, for only an accepted socket can be told by its close code why it may not stay."""
        await self.accept()
        structlog.contextvars.bind_contextvars(request_id=uuid4().hex, org=self._org)
        try:
            await self._enter(self._cursors())
        except Malformed as error:
            await self.send(frames.error(str(error)))
            await self.close(Close.UNSUPPORTED)
        except SignedOut:
            await self.close(Close.SIGNED_OUT)
        except (DomainError, StreamRefused):
            await self.close(Close.FORBIDDEN)
        except DATABASE_AWAY as error:
            logger.warning("socket not served", error=str(error))
            await self.close(Close.TRY_LATER)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve the socket, and forget it however that ends."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            if self.writer is not None:
                self.writer.cancel()
            self._stop_waiting()
            if self.line is not None:
                self.hub.leave(self.line)

    @property
    def _org(self) -> str:
        slug: str = self.scope["url_route"]["kwargs"]["org"]
        return slug

    def _session_key(self) -> str:
        cookies = next((value for name, value in self.scope["headers"] if name == b"cookie"), b"")
        key = parse_cookie(cookies.decode("latin-1")).get(settings.SESSION_COOKIE_NAME)
        if not key:
            raise SignedOut
        return key

    def _cursors(self) -> dict[int, int]:
        return read_cursors(parse_qs(self.scope["query_string"].decode("latin-1")).get("s", []))

    async def _enter(self, since: dict[int, int]) -> None:
        """Join the hub, then read the log, then go live: in this order nothing falls in between."""
        seat = await read(
            selectors.take_seat, session_key=self._session_key(), org_slug=self._org, stream_ids=list(since)
        )
        structlog.contextvars.bind_contextvars(user_id=seat.user_id)
        if self.hub.sockets_of(seat.user_id) >= settings.REALTIME_SOCKETS_PER_USER:
            logger.warning("too many sockets of one person")
            await self.close(Close.TRY_LATER)
            return
        self.line = Line(seat)
        await self.hub.join(self.line)
        await self._catch_up(self.line, since, with_hello=True)
        self.writer = asyncio.create_task(self._write(self.line))
        for stream_id in since:
            self.hub.announce(stream_id)

    async def _catch_up(self, line: Line, since: dict[int, int], *, with_hello: bool) -> None:
        """Read under the viewer's own rights until nothing is missing between the log and what the hub hands out."""
        for stream_id in since:
            line.follows[stream_id].is_live = False
        while since:
            reading = await read(selectors.read_streams, seat=line.seat, since=since, limit=BACKLOG)
            line.rights = reading.rights
            self.hub.settle(line.seat.org_stream_id, reading.org_head)
            behind = {}
            for stream_id, page in reading.pages.items():
                line.replay(stream_id, page, since=since[stream_id], with_hello=with_hello)
                if self.hub.settle(stream_id, page.head):
                    line.follows[stream_id].is_live = True
                else:
                    behind[stream_id] = page.head
            since, with_hello = behind, False

    async def _write(self, line: Line) -> None:
        """Send what the line holds, at the client's pace, until it shall be closed."""
        try:
            while (text := await line.next()) is not None:
                await self.send(text)
            logger.info("socket closed", code=line.close_code)
            await self.close(line.close_code)
        except OSError:
            return  # the client is gone; its disconnect is on the way

    # --- what clients say --------------------------------------------------------------------------------------------

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Understand a frame, or say why not; after too many of these the socket is closed."""
        line = self.line
        if line is None or line.close_code is not None:
            return
        if not self._is_allowed():
            self._blame(line, "Too many frames: slow down.", Close.FLOODED)
            return
        try:
            await self._obey(line, _parse(text_data))
        except Malformed as error:
            self._blame(line, str(error), Close.UNSUPPORTED)
        except (DomainError, StreamRefused):
            line.close(Close.FORBIDDEN)
        except DATABASE_AWAY as error:
            logger.warning("frame not served", error=str(error))
            line.close(Close.TRY_LATER)

    async def _obey(self, line: Line, frame: dict[str, Any]) -> None:
        match frame:
            case {"t": "since", "s": int(stream_id), "seq": int(seq)} if seq >= 0 and stream_id in line.follows:
                await self._catch_up(line, {stream_id: seq}, with_hello=False)
            case {"t": "editing", "issue": None}:
                self._edit(line, {}, None)
            case {"t": "editing", "issue": int(issue_id)} if 0 < issue_id < 2**63:
                shown_in = await read(selectors.stream_of_issue, seat=line.seat, issue_id=issue_id)
                if shown_in is None or shown_in not in line.follows:
                    raise Malformed("There is no such issue in what is followed here.")
                writing = frame.get("writing")
                if writing is not None and writing not in WRITINGS:
                    raise Malformed("What is being written is a comment, a description or a title.")
                self._edit(line, {shown_in: issue_id}, writing)
            case _:
                raise Malformed("This frame is not understood.")

    def _edit(self, line: Line, editing: dict[int, int], writing: str | None) -> None:
        changed = line.editing.items() ^ editing.items()
        if writing != line.writing:
            changed = line.editing.items() | editing.items()
        line.editing, line.writing = editing, writing
        for stream_id in {stream_id for stream_id, _issue_id in changed}:
            self.hub.announce(stream_id)
        self._stop_waiting()
        if writing is not None:
            loop = asyncio.get_running_loop()
            self.falls_silent = loop.call_later(settings.REALTIME_WRITING_SECONDS, self._edit, line, editing, None)

    def _stop_waiting(self) -> None:
        if self.falls_silent is not None:
            self.falls_silent.cancel()
            self.falls_silent = None

    def _is_allowed(self) -> bool:
        now = time.monotonic()
        self.allowance = min(BURST, self.allowance + (now - self.counted_at) * FRAMES_PER_SECOND)
        self.counted_at = now
        if self.allowance < 1:
            return False
        self.allowance -= 1
        return True

    def _blame(self, line: Line, detail: str, code: int) -> None:
        self.faults += 1
        if self.faults > FAULTS:
            logger.warning("socket abused", detail=detail)
            line.close(code)
        else:
            line.put(frames.error(detail))


def _parse(text: str | None) -> dict[str, Any]:
    if text is None or len(text) > LONGEST_FRAME:
        raise Malformed(f"A frame is JSON text of at most {LONGEST_FRAME} characters.")
    try:
        frame = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Malformed("A frame is a JSON object.") from error
    if not isinstance(frame, dict):
        raise Malformed("A frame is a JSON object.")
    return frame
