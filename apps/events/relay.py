"""After the commit: ring the sockets and the workers. Both are doorbells, never the truth.

A lost nudge is noticed by the sockets' heartbeat, a lost job by the sweeper: the log and the outbox are in PostgreSQL.
"""

import structlog
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from apps.events.jobs import deliver

logger = structlog.get_logger("flowboard.relay")


def group_of(stream_id: int) -> str:
    """The channel-layer group that hears of a stream."""
    return f"stream.{stream_id}"


def ring(org_id: int, heads: dict[int, int], delivery_ids: list[int]) -> None:
    """Tell socket processes which streams have grown, and workers that there is something to deliver."""
    try:
        async_to_sync(_nudge)(heads)
    except (RedisError, OSError) as error:
        logger.warning("sockets not nudged", error=str(error))
    if not delivery_ids:
        return
    try:
        for delivery_id in delivery_ids:
            deliver.apply_async((org_id, delivery_id), retry=False)
    except (OperationalError, RedisError, OSError) as error:
        logger.warning("workers not rung", error=str(error))


async def _nudge(heads: dict[int, int]) -> None:
    layer = get_channel_layer()
    if layer is None:
        return
    for stream_id, seq in heads.items():
        await layer.group_send(group_of(stream_id), {"type": "stream.grew", "stream": stream_id, "seq": seq})
