"""The ASGI lifespan: what the server process begins and ends with."""

import asyncio
import signal
import threading
from collections.abc import Awaitable, Callable
from types import FrameType
from typing import Any

from apps.events import relay
from apps.realtime.hub import close_hub

Message = dict[str, Any]


class Lifespan:
    """Lends the loop to the relay; stops the hub and then whatever `at_end` does, after the server has drained.

    :param at_signal: called on the loop when the server is asked to end, before it drains
    """

    def __init__(self, *, at_signal: Callable[[], None], at_end: Callable[[], None]) -> None:
        self._at_signal = at_signal
        self._at_end = at_end

    async def __call__(
        self, scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
    ) -> None:
        """Answer the server's two questions."""
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                loop = asyncio.get_running_loop()
                relay.nudge_from(loop)
                self._notice_signals(loop)
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                relay.nudge_from(None)
                await close_hub()
                await asyncio.to_thread(self._at_end)
                await send({"type": "lifespan.shutdown.complete"})
                return

    def _notice_signals(self, loop: asyncio.AbstractEventLoop) -> None:
        """Notice what asks the server to end, which tells an application of it only when everything has ended."""
        if threading.current_thread() is not threading.main_thread():
            return  # signals are another's
        for number in (signal.SIGINT, signal.SIGTERM):
            its_own = signal.getsignal(number)

            def handle(received: int, frame: FrameType | None, its_own: Any = its_own) -> None:
                loop.call_soon_threadsafe(self._at_signal)
                if callable(its_own):
                    its_own(received, frame)

            if callable(its_own):
                signal.signal(number, handle)
