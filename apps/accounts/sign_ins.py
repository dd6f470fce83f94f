"""Where the sign-ins of scripts are kept: in Redis, one key each, and an index of a person's.

Nothing of a token stands there but the digest of the one refresh token that works. A key that is gone is a sign-in that
has ended, so losing Redis signs scripts out and does nothing else.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from typing import Any

from django_redis import get_redis_connection
from django_redis.exceptions import ConnectionInterrupted
from redis.exceptions import RedisError

from apps.accounts.bearer import LIFETIMES, Claims, Use
from apps.accounts.devices import program_name
from apps.core.errors import Unavailable

# Whoever signs in anew for every run ends the oldest of their own.
MOST_OF_ONE_PERSON = 50
_LIFETIME = int(LIFETIMES[Use.REFRESH].total_seconds())

# Atomic, all three: between looking and writing nobody else writes.
_KEEP = """
redis.call('HSET', KEYS[1], 'seal', ARGV[1], 'refresh', ARGV[2], 'began', ARGV[3], 'used', ARGV[3],
           'address', ARGV[4], 'agent', ARGV[5])
redis.call('EXPIRE', KEYS[1], ARGV[6])
redis.call('ZADD', KEYS[2], ARGV[3], KEYS[1])
redis.call('EXPIRE', KEYS[2], ARGV[6])
local many = redis.call('ZCARD', KEYS[2]) - tonumber(ARGV[7])
if many > 0 then
    for _, old in ipairs(redis.call('ZRANGE', KEYS[2], 0, many - 1)) do
        redis.call('DEL', old)
        redis.call('ZREM', KEYS[2], old)
    end
end
"""
_ROTATE = """
local kept = redis.call('HGET', KEYS[1], 'refresh')
if not kept then
    return 0
end
if kept ~= ARGV[1] then
    redis.call('DEL', KEYS[1])
    redis.call('ZREM', KEYS[2], KEYS[1])
    return 1
end
redis.call('HSET', KEYS[1], 'refresh', ARGV[2], 'used', ARGV[3], 'address', ARGV[4])
redis.call('EXPIRE', KEYS[1], ARGV[5])
redis.call('ZADD', KEYS[2], ARGV[3], KEYS[1])
redis.call('EXPIRE', KEYS[2], ARGV[5])
return 2
"""
# One that ended a moment ago must not come back as this note.
_NOTE_USED = """
if redis.call('EXISTS', KEYS[1]) == 1 then
    redis.call('HSET', KEYS[1], 'used', ARGV[1], 'address', ARGV[2])
end
"""


class Rotation(IntEnum):
    """What came of asking for new tokens, as `_ROTATE` answers."""

    OVER = 0
    REUSED = 1
    DONE = 2


@dataclass(frozen=True, slots=True)
class SignIn:
    """A script that somebody signed in, as it is kept.

    `seal` is what ties it to the account as it was then (`User.get_session_auth_hash`).
    """

    id: str
    user_id: int
    seal: str
    began_at: datetime
    used_at: datetime
    address: str | None
    user_agent: str

    @property
    def name(self) -> str:
        """What the script calls itself."""
        return program_name(self.user_agent)


@contextmanager
def _redis() -> Iterator[Any]:
    """The client.

    :raises Unavailable: if it cannot be asked
    """
    try:
        yield get_redis_connection("default")
    except (ConnectionInterrupted, RedisError) as error:
        raise Unavailable from error


def _key(claims: Claims) -> str:
    # In a cluster what stands in braces says where a key lives: all of one person's are together.
    return f"fb:sign-in:{{{claims.user_id}}}:{claims.sign_in_id}"


def _index(user_id: int) -> str:
    return f"fb:sign-ins:{{{user_id}}}"


def keep(claims: Claims, *, seal: str, refresh_hash: str, address: str | None, user_agent: str) -> None:
    """Begin a sign-in.

    :raises Unavailable: if Redis is away
    """
    keys = (_key(claims), _index(claims.user_id))
    values = (seal, refresh_hash, int(time.time()), address or "", user_agent[:300], _LIFETIME, MOST_OF_ONE_PERSON)
    with _redis() as redis:
        redis.eval(_KEEP, len(keys), *keys, *values)


def find(claims: Claims) -> SignIn | None:
    """The sign-in that a token belongs to, or None where it has ended.

    :raises Unavailable: if Redis is away
    """
    with _redis() as redis:
        stored = redis.hgetall(_key(claims))
    return _read(claims, stored)


def _read(claims: Claims, stored: dict[bytes, bytes]) -> SignIn | None:
    if not stored:
        return None
    values = {name.decode(): value.decode() for name, value in stored.items()}
    return SignIn(
        id=claims.sign_in_id,
        user_id=claims.user_id,
        seal=values["seal"],
        began_at=datetime.fromtimestamp(int(values["began"]), UTC),
        used_at=datetime.fromtimestamp(int(values["used"]), UTC),
        address=values["address"] or None,
        user_agent=values["agent"],
    )


def rotate(claims: Claims, *, used_hash: str, new_hash: str, address: str | None) -> Rotation:
    """Put a new refresh token in the place of the one that works. Any other ends the sign-in: somebody has a copy.

    :raises Unavailable: if Redis is away
    """
    keys = (_key(claims), _index(claims.user_id))
    with _redis() as redis:
        answer = redis.eval(_ROTATE, len(keys), *keys, used_hash, new_hash, int(time.time()), address or "", _LIFETIME)
    return Rotation(answer)


def note_used(claims: Claims, *, address: str | None) -> None:
    """Note that a sign-in was used just now, and from where.

    :raises Unavailable: if Redis is away
    """
    with _redis() as redis:
        redis.eval(_NOTE_USED, 1, _key(claims), int(time.time()), address or "")


def list_of(user_id: int) -> list[SignIn]:
    """A person's sign-ins, last used first.

    :raises Unavailable: if Redis is away
    """
    with _redis() as redis:
        keys = [key.decode() for key in redis.zrange(_index(user_id), 0, -1)]
        with redis.pipeline(transaction=False) as together:
            for key in keys:
                together.hgetall(key)
            rows = together.execute()
    every = [Claims(user_id, key.rpartition(":")[2]) for key in keys]
    found = [sign_in for claims, row in zip(every, rows, strict=True) if (sign_in := _read(claims, row)) is not None]
    return sorted(found, key=lambda sign_in: (sign_in.used_at, sign_in.began_at), reverse=True)


def end(claims: Claims) -> bool:
    """End one; whether it was still there.

    :raises Unavailable: if Redis is away
    """
    with _redis() as redis, redis.pipeline() as together:
        together.delete(_key(claims))
        together.zrem(_index(claims.user_id), _key(claims))
        gone: int = together.execute()[0]
    return bool(gone)


def end_all(user_id: int) -> int:
    """End all of a person's; how many ended.

    :raises Unavailable: if Redis is away
    """
    return sum(end(Claims(user_id, sign_in.id)) for sign_in in list_of(user_id))
