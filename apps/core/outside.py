"""Refusals of requests that never reach a view: the bridge's own answers, worded like all others.

They are given on the event loop or while Django itself is broken, so they touch neither session nor database.
"""

from typing import Any

import structlog
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest, HttpResponse

from apps.core.errors import Broken, Busy, DomainError, TooLarge
from apps.core.middleware import ContentSecurityPolicyMiddleware, RequestContextMiddleware
from apps.core.views import refusal


def _error(status: int) -> DomainError:
    if status == 413:
        return TooLarge()
    return Busy(retry_after=1) if status == 503 else Broken()


def refuse(environ: dict[str, Any], status: int) -> tuple[list[tuple[str, str]], bytes]:
    """Header fields and body of a refusal by status: 413, 500 or 503."""

    def view(request: HttpRequest) -> HttpResponse:
        response = refusal(request, _error(status))
        response["X-Content-Type-Options"] = "nosniff"
        response["Content-Length"] = str(len(response.content))
        return response

    # Where a request broke on its way through Django, the log knows it by this id.
    begun = structlog.contextvars.get_contextvars().get("request_id")
    if status == 500 and begun:
        environ = environ | {"HTTP_X_REQUEST_ID": begun}
    response = RequestContextMiddleware(ContentSecurityPolicyMiddleware(view))(WSGIRequest(environ))
    return list(response.items()), response.content  # type: ignore[attr-defined]  # a page, not a stream
