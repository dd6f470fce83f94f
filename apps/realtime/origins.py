"""Only our own pages open sockets: a browser sends cookies with a socket whatever page opens it."""

from typing import Any

from channels.security.websocket import WebsocketDenier
from django.conf import settings
from django.http.request import split_domain_port, validate_host


class OwnPagesOnly:
    """Refuses sockets of foreign pages by the rule that Django has for forms: the origin is the host that was asked,
    port included, or one of FLOWBOARD_TRUSTED_ORIGINS."""

    def __init__(self, application: Any) -> None:
        self.application = application

    async def __call__(self, scope: Any, receive: Any, send: Any) -> Any:
        """Pass the socket on, or deny it."""
        headers = {name: value.decode("latin-1") for name, value in scope["headers"] if name in {b"host", b"origin"}}
        is_ours = is_own(origin=headers.get(b"origin", ""), host=headers.get(b"host", ""))
        answer = self.application if is_ours else WebsocketDenier()
        return await answer(scope, receive, send)


def is_own(*, origin: str, host: str) -> bool:
    """Whether a page of this origin may open a socket at this host."""
    if origin in settings.CSRF_TRUSTED_ORIGINS:
        return True
    scheme, _, place = origin.lower().partition("://")
    domain, _port = split_domain_port(host)
    is_served = bool(domain) and validate_host(domain, settings.ALLOWED_HOSTS)
    return scheme in {"http", "https"} and is_served and place == host.lower()
