"""Every rate limit, in one place. Counting is django-ratelimit's; what is counted, and what happens when it cannot be,
is decided here.

Counters live in Redis, so they survive a rolled-back request and are shared by all instances. Sign-in and the like
fail closed (503) when Redis is away: an attacker must not gain by it. Everything else fails open.
"""

from dataclasses import dataclass

import structlog
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django_ratelimit.core import get_usage
from django_redis.exceptions import ConnectionInterrupted
from redis.exceptions import RedisError

from apps.core.errors import TooMany, Unavailable

logger = structlog.get_logger("flowboard.limits")


@dataclass(frozen=True, slots=True)
class Limit:
    """So many a period (django-ratelimit's notation: `5/m`). `fails_closed` refuses when nothing can be counted."""

    rate: str
    fails_closed: bool = False


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
    "api-read": Limit("1000/h"),
    # Reading that looks through texts, counted as reading too.
    "api-search": Limit("100/m"),
    "api-create": Limit("100/h"),
    "api-write": Limit("1000/h"),
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


def count(request: HttpRequest, name: str, key: str) -> Usage | None:
    """Count one use of a limit by `key` (a user, token, address or target).

    :returns: how much of it is used; None where it could not be counted
    :raises TooMany: if the limit is met; `retry_after` is in seconds
    :raises Unavailable: if the counters cannot be reached and the limit fails closed
    """
    return _ask(request, name, key, increment=True)


def check(request: HttpRequest, name: str, key: str) -> None:
    """Refuse where a limit was met before, and count nothing: for limits that count failures only.

    :raises TooMany: if the limit is met; `retry_after` is in seconds
    :raises Unavailable: if the counters cannot be reached and the limit fails closed
    """
    _ask(request, name, key, increment=False)


def _ask(request: HttpRequest, name: str, key: str, *, increment: bool) -> Usage | None:
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
    used = Usage(limit=usage["limit"], left=max(0, usage["limit"] - usage["count"]), seconds=seconds)
    if usage["should_limit"]:
        detail = _("Please wait %(seconds)s seconds, then try again.") % {"seconds": seconds}
        raise TooMany(detail, retry_after=seconds, usage=used)
    return used
