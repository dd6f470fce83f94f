"""Who looks at a project now, across processes: kept in Redis for as long as each process keeps saying so.

Each process writes one key per stream, with everybody on its own sockets, and renews it at every heartbeat; a killed
process says nothing more and its people fade. A set per stream names the processes, so that nothing is ever searched.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import uuid4

from redis.asyncio import Redis

Person = Mapping[str, Any]
# What one frame shows at most; beyond it faces are a crowd.
MOST_PEOPLE = 50


class Presence:
    """This process's part of the presence, and everybody's."""

    def __init__(self, redis: "Redis", *, lasts: int) -> None:
        self._redis = redis
        self._process = uuid4().hex
        self._lasts = lasts

    async def announce(self, stream_id: int, people: Sequence[Person]) -> None:
        """Say who is here, for as long as it lasts."""
        index, own = _index(stream_id), _key(stream_id, self._process)
        async with self._redis.pipeline(transaction=False) as pipeline:
            if people:
                pipeline.set(own, json.dumps(list(people)), ex=self._lasts)
                pipeline.sadd(index, self._process)
                pipeline.expire(index, self._lasts)
            else:
                pipeline.delete(own)
                pipeline.srem(index, self._process)
            await pipeline.execute()

    async def everybody(self, stream_id: int) -> list[Person]:
        """Everybody who is there by any process's word, those who edit something first."""
        index = _index(stream_id)
        processes = sorted(str(process) for process in await self._redis.smembers(index))
        if not processes:
            return []
        words = await self._redis.mget([_key(stream_id, process) for process in processes])
        gone = [process for process, word in zip(processes, words, strict=True) if word is None]
        if gone:
            await self._redis.srem(index, *gone)
        return merge(json.loads(word) for word in words if word is not None)

    async def close(self) -> None:
        """Let the connections go."""
        await self._redis.aclose()


def merge(groups: Iterable[Iterable[Person]]) -> list[Person]:
    """Each person once, whatever the number of their tabs; those who edit something first, then by name."""
    by_id: dict[int, Person] = {}
    for people in groups:
        for person in people:
            known = by_id.get(person["id"])
            if known is None or _busy(person) > _busy(known):
                by_id[person["id"]] = person
    ordered = sorted(by_id.values(), key=lambda person: (person["editing"] is None, person["name"], person["id"]))
    return ordered[:MOST_PEOPLE]


def _busy(person: Person) -> int:
    """Which of somebody's tabs tells more: where they write, else where they edit."""
    return (person["editing"] is not None) + (person["writing"] is not None)


def _index(stream_id: int) -> str:
    return f"fb:presence:{stream_id}"


def _key(stream_id: int, process: str) -> str:
    return f"fb:presence:{stream_id}:{process}"
