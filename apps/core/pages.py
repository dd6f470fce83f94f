"""Rendering: one function for whole pages and for the fragments of them that htmx asks for."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.template.backends.utils import csrf_input_lazy, csrf_token_lazy


def render_to_text(
    request: HttpRequest, template: str, context: dict[str, Any] | None = None, *, block: str | None = None
) -> str:
    """The page, or one named block of it, as HTML text."""
    engine = engines["jinja2"]
    values: dict[str, Any] = {
        "request": request,
        "csrf_input": csrf_input_lazy(request),
        "csrf_token": csrf_token_lazy(request),
    }
    for processor in engine.template_context_processors:  # type: ignore[attr-defined]
        values.update(processor(request))
    values.update(context or {})
    compiled = engine.env.get_template(template)  # type: ignore[attr-defined]
    if block is None:
        text: str = compiled.render(values)
        return text
    scope = compiled.new_context(values)
    # A block alone does not see the macros that its file imports at the top: run the file up to its first output.
    next(compiled.root_render_func(scope), None)
    return "".join(compiled.blocks[block](scope))


def render(
    request: HttpRequest,
    template: str,
    context: dict[str, Any] | None = None,
    *,
    block: str | None = None,
    status: int = 200,
) -> HttpResponse:
    """A page, or one named block of its own file, as a response."""
    return HttpResponse(render_to_text(request, template, context, block=block), status=status)


def is_fragment(request: HttpRequest) -> bool:
    """Whether the browser asks for a part of a page (htmx or our own scripts), not for a whole one."""
    return request.headers.get("HX-Request") == "true" and not request.headers.get("HX-Boosted")
