"""The ASGI lifespan: what the server process begins and ends with."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from apps.events import relay
from apps.realtime.hub import close_hub

Message = dict[str, Any]


class Lifespan:
    """Lends the loop to the relay; stops the hub and then whatever `at_end` does, after the server has drained."""

    def __init__(self, *, at_end: Callable[[], None]) -> None:
        self._at_end = at_end

    async def __call__(
        self, scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
    ) -> None:
        """Answer the server's two questions."""
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                relay.nudge_from(asyncio.get_running_loop())
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                relay.nudge_from(None)
                await close_hub()
                await asyncio.to_thread(self._at_end)
                await send({"type": "lifespan.shutdown.complete"})
                return
