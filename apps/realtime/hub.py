"""One hub per process: it hears that streams have grown, reads the new rows once, and hands them to its sockets.

The channel layer carries only the hint (stream, seq) and may lose it, or forget its groups: at every heartbeat the hub
compares its heads with the log's. The rights of its viewers are asked anew at once when a fact says that they changed,
and for everybody in one query now and then.
"""

import asyncio
import contextvars
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass, field
from typing import Any, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

import structlog
from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.conf import settings
from django.db import InterfaceError, OperationalError
from redis.asyncio import Redis
from redis.exceptions import RedisError

from apps.events.relay import EVERY_HUB, group_of
from apps.events.selectors import stream_heads
from apps.realtime import frames, selectors
from apps.realtime.line import BACKLOG, Close, Line
from apps.realtime.presence import Person, Presence, merge
from apps.realtime.selectors import Page

P = ParamSpec("P")
R = TypeVar("R")

logger = structlog.get_logger("flowboard.hub")

DATABASE_AWAY = (OperationalError, InterfaceError)
REDIS_AWAY = (RedisError, OSError, TimeoutError)
# A Redis that does not answer must not keep a socket from being served out of the log.
REDIS_PATIENCE = 2.0
# A page that reloads leaves and comes back at once: changes of who is there are told together.
PRESENCE_DELAY = 0.1
ANNOUNCEMENT = "announcement"


async def read(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run database work in the one thread that the sockets have for it: context and query in one call."""
    result: R = await database_sync_to_async(function)(*args, **kwargs)
    return result


@dataclass(slots=True)
class _Stream:
    """A stream that somebody here follows, or whose facts decide what somebody here may see."""

    id: int
    org_id: int
    head: int | None = None
    wanted: int = 0
    lines: set[Line] = field(default_factory=set)
    pump: "asyncio.Task[None] | None" = None
    is_subscribed: bool = False
    announcing: "asyncio.Task[None] | None" = None
    showing: "asyncio.Task[None] | None" = None

    @property
    def people(self) -> list[Person]:
        """Who is on this process's sockets, if the stream is a project's."""
        follows = ((line, line.follows.get(self.id)) for line in self.lines)
        return merge(
            [
                {
                    **line.seat.person,
                    "editing": line.editing.get(self.id),
                    "writing": line.writing if self.id in line.editing else None,
                }
            ]
            for line, follow in follows
            if follow is not None and follow.project_id is not None and follow.is_live
        )


class Hub:
    """The process's sockets and the streams they follow. All of it happens on one event loop."""

    def __init__(self) -> None:
        self._streams: dict[int, _Stream] = {}
        self._lines: set[Line] = set()
        self._layer: Any = get_channel_layer()
        self._channel: str | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_running = False
        redis = Redis.from_url(
            settings.REDIS_URL,
            decode_responses=True,
            socket_timeout=REDIS_PATIENCE,
            socket_connect_timeout=REDIS_PATIENCE,
        )
        self._presence = Presence(redis, lasts=3 * settings.REALTIME_HEARTBEAT_SECONDS)

    # --- sockets come and go -----------------------------------------------------------------------------------------

    def sockets_of(self, user_id: int) -> int:
        """How many sockets a person has in this process."""
        return sum(line.seat.user_id == user_id for line in self._lines)

    async def join(self, line: Line) -> None:
        """Hear of the line's streams from now on. What happened before is the consumer's to read, afterwards."""
        if not self._is_running:
            self._is_running = True
            self._start(self._every(settings.REALTIME_HEARTBEAT_SECONDS, self._beat))
            self._start(self._every(settings.REALTIME_RIGHTS_SECONDS, self._survey))
        self._lines.add(line)
        joined = []
        for stream_id in {*line.follows, line.seat.org_stream_id}:
            stream = self._streams.setdefault(stream_id, _Stream(stream_id, line.seat.org_id))
            stream.lines.add(line)
            joined.append(stream)
        # In a task of the hub's own: the channel layer keeps the context in which it is first used.
        await self._start(self._subscribe(joined))

    def leave(self, line: Line) -> None:
        """Forget a socket, and the streams that only it followed."""
        self._lines.discard(line)
        for stream_id in {*line.follows, line.seat.org_stream_id}:
            stream = self._streams.get(stream_id)
            if stream is None:
                continue
            stream.lines.discard(line)
            self.announce(stream_id)
            if not stream.lines:
                del self._streams[stream_id]
                if stream.pump is not None:
                    stream.pump.cancel()
                if stream.is_subscribed:
                    self._start(self._unsubscribe(stream))

    def settle(self, stream_id: int, head: int) -> bool:
        """Say how far a stream was read for a line; whether that is as far as the hub has handed out itself."""
        stream = self._streams[stream_id]
        if stream.head is None:
            stream.head = head
            self._pump(stream)
        return stream.head <= head

    async def stop(self) -> None:
        """End all tasks, once the last sockets' leaving is told. The server has closed them before."""
        announcements = [task for task in self._tasks if task.get_name() == ANNOUNCEMENT]
        if announcements:
            await asyncio.wait(announcements, timeout=REDIS_PATIENCE)
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._presence.close()

    # --- hints -------------------------------------------------------------------------------------------------------

    async def _subscribe(self, streams: Iterable[_Stream]) -> None:
        """Ask the channel layer to tell of these streams. Where it cannot, the heartbeat tries again."""
        try:
            async with asyncio.timeout(REDIS_PATIENCE):
                if self._channel is None:
                    self._channel = await self._layer.new_channel()
                    self._start(self._listen(self._channel))
                    await self._layer.group_add(EVERY_HUB, self._channel)
                for stream in streams:
                    await self._layer.group_add(group_of(stream.id), self._channel)
                    stream.is_subscribed = True
        except REDIS_AWAY as error:
            logger.warning("not subscribed", error=str(error) or type(error).__name__)

    async def _unsubscribe(self, stream: _Stream) -> None:
        try:
            async with asyncio.timeout(REDIS_PATIENCE):
                await self._layer.group_discard(group_of(stream.id), self._channel)
        except REDIS_AWAY as error:
            logger.warning("not unsubscribed", error=str(error) or type(error).__name__)

    async def _listen(self, channel: str) -> None:
        try:
            while True:
                self._obey(await self._layer.receive(channel))
        finally:
            # Should this ever fail, the next heartbeat subscribes anew.
            self._channel = None
            for stream in self._streams.values():
                stream.is_subscribed = False

    def _obey(self, hint: Any) -> None:
        match hint:
            case {"type": "stream.grew", "stream": int(stream_id), "seq": int(seq)}:
                self._heard(stream_id, seq)
            case {"type": "streams.grew", "heads": list(heads)}:
                for stream_id, seq in heads:
                    self._heard(stream_id, seq)
            case {"type": "person.changed", "user": int(user_id)}:
                self._start(self.refresh([line for line in self._lines if line.seat.user_id == user_id]))
            case {"type": "presence.changed", "stream": int(stream_id)}:
                self._show(stream_id)

    def _heard(self, stream_id: int, seq: int) -> None:
        stream = self._streams.get(stream_id)
        if stream is not None and seq > stream.wanted:
            stream.wanted = seq
            self._pump(stream)

    # --- facts -------------------------------------------------------------------------------------------------------

    def _pump(self, stream: _Stream) -> None:
        """Read what the hub has heard of, unless it is already being read."""
        if stream.pump is None and stream.head is not None and stream.wanted > stream.head:
            stream.pump = self._start(self._read_on(stream))

    async def _read_on(self, stream: _Stream) -> None:
        try:
            while stream.head is not None and stream.wanted > stream.head:
                page = await read(
                    selectors.read_as_organization,
                    org_id=stream.org_id,
                    stream_id=stream.id,
                    since=stream.head,
                    limit=BACKLOG,
                )
                await self._hand_out(stream, page)
        except DATABASE_AWAY as error:
            logger.warning("log not read", stream=stream.id, error=str(error))
        finally:
            stream.pump = None

    async def _hand_out(self, stream: _Stream, page: Page) -> None:
        """Pass on what was read. Rights come first: nobody gets what a fact before it took away."""
        if page.events is None or any(event.is_about_rights for event in page.events):
            await self.refresh([line for line in self._lines if line.seat.org_id == stream.org_id])
        if page.events is None:
            for line in stream.lines:
                line.reset(stream.id, page.head)
        else:
            batch = frames.numbered(stream.id, page.events, since=stream.head or 0, head=page.head)
            for line in stream.lines:
                line.hand_over(stream.id, batch)
        stream.head = page.head
        # A hint is given after its commit, so it cannot be ahead of the log, unless a backup was restored.
        stream.wanted = page.head

    # --- rights ------------------------------------------------------------------------------------------------------

    async def refresh(self, lines: Iterable[Line]) -> None:
        """Ask anew what the people at these sockets may see, and close those that may not go on."""
        asked = list(lines)
        if not asked:
            return
        standing = await read(selectors.survey, {line.seat for line in asked})
        for line in asked:
            if line.seat not in standing:
                line.close(Close.SIGNED_OUT)
                continue
            rights = standing[line.seat]
            if rights is None or not line.may_follow_all(rights):
                line.close(Close.FORBIDDEN)
            else:
                line.rights = rights

    async def _survey(self) -> None:
        """Notice what no fact and no signal told of, for everybody at once."""
        try:
            await self.refresh(self._lines)
        except DATABASE_AWAY as error:
            logger.warning("rights not asked", error=str(error))

    # --- presence ----------------------------------------------------------------------------------------------------

    def announce(self, stream_id: int) -> None:
        """Tell everybody, in a moment, who is on this process's sockets."""
        stream = self._streams.get(stream_id)
        if stream is not None and stream.announcing is None:
            stream.announcing = self._start(self._announce(stream), name=ANNOUNCEMENT)

    async def _announce(self, stream: _Stream) -> None:
        await asyncio.sleep(PRESENCE_DELAY)
        stream.announcing = None
        try:
            async with asyncio.timeout(REDIS_PATIENCE):
                await self._presence.announce(stream.id, stream.people)
                await self._layer.group_send(group_of(stream.id), {"type": "presence.changed", "stream": stream.id})
        except REDIS_AWAY as error:
            logger.warning("presence not announced", error=str(error) or type(error).__name__)

    def _show(self, stream_id: int) -> None:
        stream = self._streams.get(stream_id)
        if stream is not None and stream.showing is None:
            stream.showing = self._start(self._show_people(stream))

    async def _show_people(self, stream: _Stream) -> None:
        await asyncio.sleep(PRESENCE_DELAY)
        stream.showing = None
        try:
            async with asyncio.timeout(REDIS_PATIENCE):
                people = await self._presence.everybody(stream.id)
        except REDIS_AWAY as error:
            logger.warning("presence not read", error=str(error) or type(error).__name__)
            return
        frame = frames.presence(stream.id, people)
        for line in stream.lines:
            line.show_people(stream.id, frame)

    async def _renew_presence(self, streams: Iterable[_Stream]) -> None:
        """Say again who is here, before it is forgotten, and notice who has faded."""
        for stream in streams:
            if people := stream.people:
                try:
                    async with asyncio.timeout(REDIS_PATIENCE):
                        await self._presence.announce(stream.id, people)
                except REDIS_AWAY as error:
                    logger.warning("presence not renewed", error=str(error) or type(error).__name__)
                    return
                self._show(stream.id)

    # --- heartbeat ---------------------------------------------------------------------------------------------------

    async def _beat(self) -> None:
        """Notice what no hint told of, then tell everybody how far their streams are."""
        streams = list(self._streams.values())
        missing = [stream for stream in streams if not stream.is_subscribed]
        if missing:
            await self._subscribe(missing)
        try:
            heads = await read(stream_heads, [stream.id for stream in streams])
        except DATABASE_AWAY as error:
            logger.warning("heads not read", error=str(error))
            heads = {}
        for stream in streams:
            if stream.id in heads and stream.head is not None:
                await self._compare(stream, heads[stream.id][1])
            for line in stream.lines:
                line.beat(stream.id)
        await self._renew_presence(streams)

    async def _compare(self, stream: _Stream, head: int) -> None:
        if head < (stream.head or 0) and stream.pump is None:
            # The log went back: a backup was restored.
            stream.head = stream.wanted = head
            for line in stream.lines:
                line.reset(stream.id, head)
            return
        self._heard(stream.id, head)
        if stream.pump is not None:
            await asyncio.wait([stream.pump])

    # --- tasks -------------------------------------------------------------------------------------------------------

    def _start(self, work: Coroutine[Any, Any, None], *, name: str | None = None) -> "asyncio.Task[None]":
        """Start a task of the hub's own, with nothing of the socket in its context that happened to need it."""
        task = asyncio.get_running_loop().create_task(work, name=name, context=contextvars.Context())
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    async def _every(self, seconds: float, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Do something again and again; a failure of one time is logged, and the next comes all the same."""
        while True:
            await asyncio.sleep(seconds)
            await asyncio.wait([self._start(work())])

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("a task of the hub failed", exc_info=error)


_hubs: "WeakKeyDictionary[asyncio.AbstractEventLoop, Hub]" = WeakKeyDictionary()


def the_hub() -> Hub:
    """The hub of this process (strictly: of the running event loop)."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        _hubs[loop] = Hub()
    return _hubs[loop]


async def close_hub() -> None:
    """End the hub, if any socket ever needed one."""
    hub = _hubs.pop(asyncio.get_running_loop(), None)
    if hub is not None:
        await hub.stop()
