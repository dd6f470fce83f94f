"""Whatever a script is refused with has one shape: problem details (RFC 9457)."""

from typing import Any

from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler, set_rollback

from apps.core.errors import DomainError, Moved, NotFound
from apps.core.moved import lead_on, new_address

PROBLEM = "application/problem+json"
# Where DRF's own words are a pattern, not a sentence.
_TITLES: dict[type[Exception], Any] = {
    exceptions.MethodNotAllowed: gettext_lazy("There is no such method here"),
    exceptions.UnsupportedMediaType: gettext_lazy("Unsupported media type"),
}


class InvalidItem(exceptions.ValidationError):
    """Of several things that were sent, one is malformed: `item` is its place, from 0."""

    def __init__(self, detail: Any, *, item: int) -> None:
        super().__init__(detail)
        self.item = item


def problem_details(exc: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: everything a script can be refused with has the same shape (RFC 9457), and the id by
    which whoever runs the server finds the request in the log."""
    response = _problem(exc, context)
    if response is not None:
        response.data["request_id"] = getattr(context["request"]._request, "request_id", "")
    return response


def _problem(exc: Exception, context: dict[str, Any]) -> Response | None:
    if isinstance(exc, Http404):
        exc = NotFound()
    if isinstance(exc, Moved):
        path = new_address(context["request"]._request, exc)
        if path is not None:
            set_rollback()
            target = lead_on(context["request"]._request, path)
            return Response(
                exc.as_problem() | {"status": target.status_code}, target.status_code, headers={"Location": target.url}
            )
    if isinstance(exc, DomainError):
        set_rollback()
        headers = {"Retry-After": str(exc.extra["retry_after"])} if "retry_after" in exc.extra else {}
        if exc.status == 401:
            headers["WWW-Authenticate"] = context["view"].get_authenticate_header(context["request"])
        return Response(exc.as_problem(), exc.status, headers=headers, content_type=PROBLEM)
    response = exception_handler(exc, context)
    if response is None:
        return None
    problem: dict[str, Any] = {
        "type": f"about:blank#{type(exc).__name__}",
        "title": str(_TITLES.get(type(exc)) or getattr(exc, "default_detail", _("Refused"))),
        "status": response.status_code,
    }
    if isinstance(exc, exceptions.ValidationError):
        problem |= {"type": "about:blank#ValidationError", "title": _("Some values were not accepted")}
        problem["errors"] = response.data
        if isinstance(exc, InvalidItem):
            problem["item"] = exc.item
    else:
        problem["detail"] = str(getattr(exc, "detail", ""))
    response.data = problem
    response.content_type = PROBLEM
    return response
