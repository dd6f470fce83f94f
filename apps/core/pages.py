"""Rendering: one function for whole pages and for the fragments of them that htmx asks for."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.template.backends.utils import csrf_input_lazy, csrf_token_lazy


def render(
    request: HttpRequest, template: str, context: dict[str, Any] | None = None, *, status: int = 200
) -> HttpResponse:
    """A page as a response; or a part of one, which is a file of its own that the page includes."""
    engine = engines["jinja2"]
    values: dict[str, Any] = {
        "request": request,
        "csrf_input": csrf_input_lazy(request),
        "csrf_token": csrf_token_lazy(request),
    }
    for processor in engine.template_context_processors:  # type: ignore[attr-defined]
        values.update(processor(request))
    values.update(context or {})
    return HttpResponse(engine.env.get_template(template).render(values), status=status)  # type: ignore[attr-defined]


def is_fragment(request: HttpRequest) -> bool:
    """Whether the browser asks for a part of a page (htmx or our own scripts), not for a whole one."""
    return request.headers.get("HX-Request") == "true" and not request.headers.get("HX-Boosted")
