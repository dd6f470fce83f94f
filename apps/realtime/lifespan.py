"""The ASGI lifespan: what the server process ends with."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from apps.realtime.hub import close_hub

Message = dict[str, Any]


class Lifespan:
    """Stops the hub and then whatever `at_end` does, after the server has drained its connections."""

    def __init__(self, *, at_end: Callable[[], None]) -> None:
        self._at_end = at_end

    async def __call__(
        self, scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
    ) -> None:
        """Answer the server's two questions."""
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                await close_hub()
                await asyncio.to_thread(self._at_end)
                await send({"type": "lifespan.shutdown.complete"})
                return
