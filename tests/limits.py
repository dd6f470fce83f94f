"""Rate limits for tests: used up for real, in the counters that the server reads."""

import time

from django.test import RequestFactory
from django_ratelimit.core import get_usage

from apps.core.limits import LIMITS

LONG_ENOUGH = 15  # seconds for a test to do what it wants to see refused


def use_up(limit: str, key: str, *, long_enough: int = LONG_ENOUGH) -> None:
    """Count as much as the limit allows, in a period that has long enough to go.

    :param long_enough: for how many seconds; none where the clock stands still (`steady_clock`), so nobody waits
    """
    request, rate = RequestFactory().get("/"), LIMITS[limit].rate
    while True:
        usage = get_usage(request, group=limit, key=lambda _group, _request: key, rate=rate, increment=True)
        assert usage is not None
        if not usage["should_limit"]:
            continue
        if usage["time_left"] >= long_enough:
            return
        time.sleep(0.5)
