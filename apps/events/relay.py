"""After the commit: ring the sockets and the workers. Both are doorbells, never the truth.

A lost nudge is noticed by the sockets' heartbeat, a lost job by the sweeper: the log and the outbox are in PostgreSQL.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from asgiref.sync import async_to_sync
from celery import Task
from channels.layers import get_channel_layer
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from apps.events.jobs import deliver

# A group of the channel layer, and what it is told.
Hint = tuple[str, Mapping[str, Any]]

logger = structlog.get_logger("flowboard.relay")

PATIENCE = 2.0
# The group in which every process that serves sockets listens.
EVERY_HUB = "people"
# Of up to so many streams each group hears by itself; of more, all processes at once, so many streams in a message.
FEW = 20
MOST_IN_A_HINT = 1_000
# The loop of the process that serves sockets. Its connection to the channel layer is kept, which makes a nudge about
# two hundred times cheaper than a loop and a connection of its own, and nobody waits for it.
_serving: asyncio.AbstractEventLoop | None = None


def nudge_from(loop: asyncio.AbstractEventLoop | None) -> None:
    """Send nudges from this loop from now on; None goes back to a new loop for each."""
    global _serving  # noqa: PLW0603 (one per process, set where the server starts)
    _serving = loop


def group_of(stream_id: int) -> str:
    """The channel-layer group that hears of a stream."""
    return f"stream.{stream_id}"


def ring(org_id: int, heads: dict[int, int], delivery_ids: list[int]) -> None:
    """Tell socket processes which streams have grown, and workers that there is something to deliver."""
    tell(_hints(heads))
    for delivery_id in delivery_ids:
        if not ring_worker(deliver, org_id, delivery_id):
            break


def _hints(heads: Mapping[int, int]) -> list[Hint]:
    if len(heads) <= FEW:
        return [
            (group_of(stream), {"type": "stream.grew", "stream": stream, "seq": seq}) for stream, seq in heads.items()
        ]
    grown = list(heads.items())
    return [
        (EVERY_HUB, {"type": "streams.grew", "heads": grown[begin : begin + MOST_IN_A_HINT]})
        for begin in range(0, len(grown), MOST_IN_A_HINT)
    ]


def ring_worker(job: Task, *arguments: int) -> bool:
    """Queue a job that is written down in PostgreSQL as well; whether the queue could be reached."""
    try:
        job.apply_async(arguments, retry=False)
    except (OperationalError, RedisError, OSError) as error:
        logger.warning("workers not rung", job=job.name, error=str(error))
        return False
    return True


def tell(hints: Sequence[Hint]) -> None:
    """Send groups of the channel layer a hint, as well as that can be done at the moment."""
    if _serving is not None and _serving.is_running():
        asyncio.run_coroutine_threadsafe(_send(hints), _serving)
    else:
        async_to_sync(_send)(hints)


async def _send(hints: Sequence[Hint]) -> None:
    layer = get_channel_layer()
    if layer is None:
        return
    try:
        async with asyncio.timeout(PATIENCE):
            for group, hint in hints:
                await layer.group_send(group, dict(hint))
    except (RedisError, OSError) as error:
        logger.warning("sockets not nudged", error=str(error) or type(error).__name__)
