"""When a session was last used, for the list in which its owner finds it."""

import time
from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from apps.accounts import services
from apps.core.tenancy import current_unit

SEEN_AT = "seen_at"
# A page costs no write for this: the list says "a few minutes ago" at best.
OFTEN_ENOUGH = 300


def now_in_seconds() -> int:
    """The time as sessions keep it."""
    return int(time.time())


class LastSeenMiddleware:
    """Note now and then that a session is in use. Stands inside `TenancyMiddleware`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        seen = request.session.get(SEEN_AT) if current_unit() is not None else None
        if isinstance(seen, int) and seen + OFTEN_ENOUGH < now_in_seconds() and request.session.session_key:
            request.session[SEEN_AT] = now_in_seconds()
            services.note_seen(session_key=request.session.session_key, address=getattr(request, "address", None))
        return self.get_response(request)
