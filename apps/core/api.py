"""Refusals for scripts: problem details (RFC 9457), from the same `DomainError`s as the pages."""

from typing import Any

from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler, set_rollback

from apps.core.errors import DomainError, NotFound


def problem_details(exc: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: everything a script can be refused with has the same shape."""
    if isinstance(exc, Http404):
        exc = NotFound()
    if isinstance(exc, DomainError):
        set_rollback()
        headers = {"Retry-After": str(exc.extra["retry_after"])} if "retry_after" in exc.extra else None
        return Response(exc.as_problem(), exc.status, headers=headers, content_type="application/problem+json")
    response = exception_handler(exc, context)
    if response is None:
        return None
    problem: dict[str, Any] = {
        "type": f"about:blank#{type(exc).__name__}",
        "title": getattr(exc, "default_detail", "Refused"),
        "status": response.status_code,
    }
    if isinstance(exc, exceptions.ValidationError):
        problem["title"] = "Some values were not accepted"
        problem["errors"] = response.data
    else:
        problem["detail"] = str(getattr(exc, "detail", ""))
    response.data = problem
    response.content_type = "application/problem+json"
    return response
