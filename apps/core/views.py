"""Error pages and refusals. They query nothing: the transaction behind them is lost."""

import re
import sys
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import DisallowedHost, RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import is_valid_path
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from apps.core.errors import Broken, DatabaseAway, DomainError, Moved, NotFound, StalePage, TooLarge, TooMany
from apps.core.moved import lead_on, new_address
from apps.core.pages import is_fragment, render


def _wants_json(request: HttpRequest) -> bool:
    return request.path_info.startswith("/api/") or "application/json" in request.headers.get("Accept", "")


def refusal(request: HttpRequest, error: DomainError) -> HttpResponse:
    """A refusal as problem details, as a fragment, or as a page, whichever was asked for."""
    if isinstance(error, Moved) and (path := new_address(request, error)) is not None:
        return lead_on(request, path)
    response: HttpResponse
    if _wants_json(request):
        problem = error.as_problem() | {"request_id": _request_id(request)}
        response = JsonResponse(problem, status=error.status, content_type="application/problem+json")
    else:
        response = _page(request, error.status, error.title, error.detail)
    if "retry_after" in error.extra:
        response["Retry-After"] = str(error.extra["retry_after"])
    if isinstance(error, TooMany) and error.usage is not None:
        for name, value in error.usage.headers.items():
            response[name] = value
    return response


def _page(request: HttpRequest, status: int, title: Any, detail: Any) -> HttpResponse:
    context = {
        "status": status,
        "title": title,
        "detail": detail,
        "request_id": _request_id(request),
        "is_read": request.method in {"GET", "HEAD"},
        "back": page_before(request),
    }
    template = "errors/_fragment.html" if is_fragment(request) else "errors/page.html"
    return render(request, template, context, status=status)


def _request_id(request: HttpRequest) -> str:
    return getattr(request, "request_id", "")


def page_before(request: HttpRequest) -> str | None:
    """The address of the page of ours that led here, where the browser says so."""
    page = request.headers.get("Referer", "")
    try:
        is_ours = url_has_allowed_host_and_scheme(page, {request.get_host()})
    except DisallowedHost:
        return None
    parts = urlsplit(page)
    if not is_ours or not re.match(r"/(?!/)", parts.path):
        return None
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: the request itself is malformed; 413: it is larger than anything FlowBoard takes."""
    if isinstance(exception, RequestDataTooBig):
        return refusal(request, TooLarge())
    return refusal(request, _plain(400, _("That request could not be read"), _("Go back and try again.")))


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403 from Django itself."""
    return refusal(
        request, _plain(403, _("You may not do that"), _("Sign in with an account that may, or ask for the right."))
    )


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403: the form's token does not belong to this session."""
    return refusal(request, StalePage())


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: no such address. A script whose address lacks the last slash, or has one too many, is led on."""
    path = request.path_info
    other = path.removesuffix("/") if path.endswith("/") else f"{path}/"
    if path.startswith("/api/") and is_valid_path(other):
        return lead_on(request, other)
    return refusal(request, NotFound())


def method_not_allowed(request: HttpRequest) -> HttpResponse:
    """405: the address only takes what a form sends, and somebody opened it (again) from their history."""
    return refusal(
        request,
        _plain(
            405,
            _("This address only takes what a form sends"),
            _("There is nothing to read here. Go back to the page with the form; nothing has changed."),
        ),
    )


def server_error(request: HttpRequest) -> HttpResponse:
    """500, our fault; or 503, where the fault is that the database is away or gave up. Django calls this while it
    handles the exception, wherever that came from: a view, a template, or what opens the transaction around them."""
    failure = sys.exc_info()[1]
    return refusal(request, DatabaseAway() if isinstance(failure, OperationalError | InterfaceError) else Broken())


def _plain(status: int, title: str, detail: str) -> DomainError:
    error = DomainError(detail, title=title)
    error.status = status
    return error
