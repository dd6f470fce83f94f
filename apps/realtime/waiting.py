"""Requests that wait until something happens (long polling): on the event loop, so that they hold no thread.

However many wait, the log is asked one question for all of them, and none while nobody does. It is not told by the
channel layer, which may lose hints and forget groups: who waits here has no socket to notice that, and half a second
is soon enough for a script.
"""

import asyncio
from collections import Counter

import structlog

from apps.core.bridge import Wait
from apps.events.selectors import stream_heads
from apps.realtime.hub import DATABASE_AWAY, read

logger = structlog.get_logger("flowboard.waiting")

EVERY_SECONDS = 0.5
# At once in a process, of everybody and of one caller. Whoever comes beyond that is answered at once.
MOST = 500
MOST_OF_ONE = 10


class Waiting:
    """Whoever waits in this process."""

    def __init__(self) -> None:
        self._waiting: dict[asyncio.Future[bool], Wait] = {}
        self._looking: asyncio.Task[None] | None = None
        self._is_ending = False

    async def hold(self, wait: Wait) -> bool:
        """Wait; whether the stream has grown, and not only the time has passed or too many wait already."""
        callers = Counter(each.caller for each in self._waiting.values())
        if self._is_ending or callers.total() >= MOST or callers[wait.caller] >= MOST_OF_ONE:
            return False
        grown: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting[grown] = wait
        if self._looking is None:
            self._looking = asyncio.create_task(self._look())
        try:
            return await asyncio.wait_for(grown, wait.seconds)
        except TimeoutError:
            return False
        finally:
            del self._waiting[grown]

    def let_go(self) -> None:
        """The server ends: answer everybody, and let nobody wait any more."""
        self._is_ending = True
        for grown in self._waiting:
            if not grown.done():
                grown.set_result(False)

    async def _look(self) -> None:
        """Ask the log how far it is, for as long as somebody waits for that."""
        try:
            while self._waiting:
                try:
                    heads = await read(stream_heads, sorted({wait.stream_id for wait in self._waiting.values()}))
                except DATABASE_AWAY as error:
                    logger.warning("heads not read", error=str(error))
                    heads = {}
                for grown, wait in self._waiting.items():
                    _org_id, head = heads.get(wait.stream_id, (0, 0))
                    if head > wait.seq and not grown.done():
                        grown.set_result(True)
                await asyncio.sleep(EVERY_SECONDS)
        finally:
            self._looking = None
