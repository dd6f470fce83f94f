"""Every rate limit, in one place. Counting is django-ratelimit's; what is counted, and what happens when it cannot be,
is decided here.

Counters live in Redis, so they survive a rolled-back request and are shared by all instances. Sign-in and the like
fail closed (503) when Redis is away: an attacker must not gain by it. Everything else fails open.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import structlog
from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_ratelimit.core import get_usage
from django_redis import get_redis_connection
from django_redis.exceptions import ConnectionInterrupted
from redis.exceptions import RedisError

from apps.core.errors import TooMany, Unavailable
from apps.core.tenancy import Actor

logger = structlog.get_logger("flowboard.limits")


@dataclass(frozen=True, slots=True)
class Limit:
    """So many a period (django-ratelimit's notation: `5/m`). `fails_closed` refuses when nothing can be counted.

    Those with a `title` are an organization's to raise and lower.
    """

    rate: str
    fails_closed: bool = False
    title: Any = ""

    @property
    def standard(self) -> int:
        """So many where nobody changed it."""
        return int(self.rate.partition("/")[0])

    @property
    def highest(self) -> int:
        """To how many the operator lets admins raise it."""
        return self.standard * max(1, settings.LIMITS_RAISED_AT_MOST)

    @property
    def is_hourly(self) -> bool:
        """Whether its period is an hour; a minute otherwise."""
        return self.rate.endswith("h")


LIMITS: dict[str, Limit] = {
    # Per address and account, so that guessing one password is slow and yet nobody can lock the owner out …
    "sign-in": Limit("5/m", fails_closed=True),
    # … and per address, so that trying many accounts is slow too.
    "sign-in-address": Limit("30/m", fails_closed=True),
    "sign-up": Limit("10/h", fails_closed=True),
    "sign-up-target": Limit("10/h", fails_closed=True),
    # The password of somebody who is signed in: whoever finds their browser open must not try it out.
    "password-again": Limit("10/m", fails_closed=True),
    "password-reset": Limit("5/h", fails_closed=True),
    "password-reset-target": Limit("3/h", fails_closed=True),
    # Links that do not work, per address: whoever tries them out waits, and tries none that works meanwhile either.
    "link-guess": Limit("30/m"),
    # One calendar address, over all the devices that read it.
    "calendar": Limit("120/h"),
    "change-email": Limit("10/h", fails_closed=True),
    "change-email-target": Limit("3/h", fails_closed=True),
    "mail-test": Limit("5/h"),
    # What one webhook is made to send by hand: tests, and messages again.
    "webhook-test": Limit("120/h"),
    "invite": Limit("100/h"),
    "invite-target": Limit("5/h"),
    # Whatever a signed-in person writes in an organization with a browser (apps/core/middleware.py).
    "browser-write": Limit("600/m"),
    # Counted per token, or per person where none calls, in each organization; its admins may raise and lower them.
    "api-read": Limit("1000/h", title=gettext_lazy("Reading")),
    # Reading that looks through texts, counted as reading too.
    "api-search": Limit("100/m", title=gettext_lazy("Searching")),
    "api-create": Limit("100/h", title=gettext_lazy("Creating issues")),
    "api-write": Limit("1000/h", title=gettext_lazy("Other changes")),
    # Requests whose token does not work, per address.
    "api-stranger": Limit("60/m"),
}


@dataclass(frozen=True, slots=True)
class Usage:
    """How much of a limit is used: `limit` uses a window, `left` of them now, and `seconds` until the next window."""

    limit: int
    left: int
    seconds: int

    @property
    def headers(self) -> dict[str, str]:
        """The headers by which a script knows when to slow down."""
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.left),
            "RateLimit-Reset": str(self.seconds),
        }


def adjustable() -> dict[str, Limit]:
    """The limits that an organization's admins may raise and lower."""
    return {name: limit for name, limit in LIMITS.items() if limit.title}


def most_of(name: str, rates: Mapping[str, int]) -> int:
    """How much of a limit one may use, given what admins changed: never more than the operator lets them."""
    limit = LIMITS[name]
    return min(rates.get(name, limit.standard), limit.highest)


# So many callers nearest to each limit are remembered, and so many of them shown.
MOST_REMEMBERED = 500
MOST_SHOWN = 25
_REMEMBERED_SECONDS = 2 * 3600
EVERYWHERE = "all"


@dataclass(frozen=True, slots=True)
class Near:
    """Who uses a limit of the API: a person, or a token of theirs, in an organization; `used` in its present period."""

    org_id: int
    user_id: int
    token_id: int | None
    name: str
    used: int

    @property
    def key(self) -> str:
        """What it is counted by."""
        return f"{self.org_id}:user:{self.user_id}" if self.token_id is None else f"{self.org_id}:token:{self.token_id}"

    def note(self, *, share: float) -> None:
        """Remember, for whoever looks after it, how much of the limit is used."""
        member = f"{self.org_id}:{self.user_id}:{self.token_id or ''}"
        try:
            pipe = get_redis_connection("limits").pipeline(transaction=False)
            for place in (self.org_id, EVERYWHERE):
                remembered = _remembered(place, self.name, 0)
                pipe.zadd(remembered, {member: share})
                pipe.zremrangebyrank(remembered, 0, -MOST_REMEMBERED - 1)
                pipe.expire(remembered, _REMEMBERED_SECONDS)
            pipe.execute()
        except RedisError as error:
            logger.warning("limit not remembered", limit=self.name, error=str(error))


def _remembered(place: int | str, name: str, hours_ago: int) -> str:
    return f"fbl:near:{place}:{name}:{int(time.time()) // 3600 - hours_ago}"


def nearest(*, org_id: int | None = None) -> list[Near] | None:
    """Who used some of a limit of the API in its present period: some of those nearest to each.

    :param org_id: in one organization; None for all of them
    :returns: None where the counters cannot be reached
    """
    found = []
    try:
        redis = get_redis_connection("limits")
        for name, limit in adjustable().items():
            members: dict[str, None] = {}
            for hours_ago in (0, 1):
                key = _remembered(EVERYWHERE if org_id is None else org_id, name, hours_ago)
                members |= dict.fromkeys(member.decode() for member in redis.zrevrange(key, 0, MOST_SHOWN - 1))
            for member in members:
                in_org, user_id, token_id = member.split(":")
                near = Near(int(in_org), int(user_id), int(token_id) if token_id else None, name, 0)
                used = _used(near.key, name, limit)
                if used:
                    found.append(replace(near, used=used))
    except (ConnectionInterrupted, RedisError) as error:
        logger.warning("limits not read", error=str(error))
        return None
    return found


def _used(key: str, name: str, limit: Limit) -> int:
    usage = get_usage(None, group=name, key=lambda _group, _request: key, rate=limit.rate, increment=False)
    return usage["count"] if usage else 0


def count(request: HttpRequest, name: str, key: str) -> Usage | None:
    """Count one use of a limit by `key` (a user, token, address or target).

    :returns: how much of it is used; None where it could not be counted
    :raises TooMany: if the limit is met; `retry_after` is in seconds
    :raises Unavailable: if the counters cannot be reached and the limit fails closed
    """
    return _ask(request, name, key, increment=True)


def count_call(request: HttpRequest, name: str, *, actor: Actor, increment: bool = True) -> Usage | None:
    """Count one call of the API: by the token that calls, or by the person where none does.

    :param increment: False where it was counted already, and only what is left is of interest
    :returns: how much of the limit is used; None where it could not be counted
    :raises TooMany: if the limit is met
    """
    near = Near(org_id=actor.org_id, user_id=actor.person_id, token_id=actor.token_id, name=name, used=0)
    most = most_of(name, actor.rates)
    try:
        usage = _ask(request, name, near.key, increment=increment, most=most)
    except TooMany:
        near.note(share=1)
        raise
    if usage is not None:
        near.note(share=1 - usage.left / most)
    return usage


def check(request: HttpRequest, name: str, key: str) -> None:
    """Refuse where a limit was met before, and count nothing: for limits that count failures only.

    :raises TooMany: if the limit is met; `retry_after` is in seconds
    :raises Unavailable: if the counters cannot be reached and the limit fails closed
    """
    _ask(request, name, key, increment=False)


def _ask(request: HttpRequest, name: str, key: str, *, increment: bool, most: int | None = None) -> Usage | None:
    limit = LIMITS[name]
    try:
        usage = get_usage(request, group=name, key=lambda _group, _request: key, rate=limit.rate, increment=increment)
    except (ConnectionInterrupted, RedisError) as error:
        logger.warning("limit not counted", limit=name, error=str(error))
        if limit.fails_closed:
            raise Unavailable from error
        return None
    if usage is None:
        return None
    seconds = max(1, int(usage["time_left"]))
    # Counted by the standard, so that nobody begins anew because their limit was changed.
    is_met = usage["should_limit"] if most is None else usage["count"] > most
    most = usage["limit"] if most is None else most
    used = Usage(limit=most, left=max(0, most - usage["count"]), seconds=seconds)
    if is_met:
        detail = _("Please wait %(seconds)s seconds, then try again.") % {"seconds": seconds}
        raise TooMany(detail, retry_after=seconds, usage=used)
    return used
