"""Whatever a script is refused with has one shape: problem details (RFC 9457)."""

from typing import Any

from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.views import exception_handler, set_rollback

from apps.core.errors import DomainError, Moved, NotFound, TooMany
from apps.core.moved import lead_on, new_address

PROBLEM = "application/problem+json"
# Where DRF's own words are a pattern, or do not say what to do.
_TITLES: dict[type[Exception], Any] = {
    exceptions.AuthenticationFailed: gettext_lazy("Nobody is signed in"),
    exceptions.MethodNotAllowed: gettext_lazy("There is no such method here"),
    exceptions.NotAcceptable: gettext_lazy("That kind of answer is not made here"),
    exceptions.NotAuthenticated: gettext_lazy("Nobody is signed in"),
    exceptions.UnsupportedMediaType: gettext_lazy("That kind of body is not read here"),
}
_DETAILS: dict[type[Exception], Any] = {
    exceptions.NotAcceptable: gettext_lazy("Answers are JSON: send “Accept: application/json”, or no Accept."),
    exceptions.NotAuthenticated: gettext_lazy(
        "Send the header “Authorization: Bearer fb_…”. Tokens are made under “Access tokens” in your menu."
    ),
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
        if isinstance(exc, TooMany) and exc.usage is not None:
            headers |= exc.usage.headers
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
        problem["detail"] = _first(response.data)
        problem["errors"] = response.data
        if isinstance(exc, InvalidItem):
            problem["item"] = exc.item
    else:
        problem["detail"] = str(_DETAILS.get(type(exc)) or getattr(exc, "detail", ""))
    if isinstance(exc, exceptions.UnsupportedMediaType):
        problem["detail"] = _readable(context["view"])
    response.data = problem
    response.content_type = PROBLEM
    return response


def _first(errors: Any) -> str:
    """What is wrong with the first of the values that were not accepted, in one line: `labels.0: …`."""
    names: list[str] = []
    while isinstance(errors, dict | list) and errors:
        if isinstance(errors, dict):
            name, errors = next(iter(errors.items()))
            names.append(str(name))
        else:
            place, errors = next((place, each) for place, each in enumerate(errors) if each)
            if isinstance(errors, dict):
                names.append(str(place))
    where = ".".join(name for name in names if name != api_settings.NON_FIELD_ERRORS_KEY)
    return f"{where}: {errors}" if where else str(errors)


def _readable(view: Any) -> str:
    """Which kinds of bodies an endpoint reads."""
    kinds = "”, “".join(parser.media_type for parser in view.parser_classes)
    return _("Send the body as it is (not compressed), and in Content-Type what it is: “%(kinds)s”.") % {"kinds": kinds}
