"""The API's document, and the page to read it and to try it."""

import hashlib
from functools import cache
from pathlib import Path

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import condition, require_safe

from apps.core.pages import render

# Written by `make openapi`; a test holds it against the code.
DOCUMENT = Path(settings.BASE_DIR) / "flowboard" / "openapi.json"


@cache
def _document() -> tuple[bytes, str]:
    content = DOCUMENT.read_bytes()
    return content, f'"{hashlib.sha256(content).hexdigest()[:24]}"'


def _tag(_request: HttpRequest) -> str:
    return _document()[1]


@require_safe
@condition(etag_func=_tag)
def schema(request: HttpRequest) -> HttpResponse:
    """The document itself (OpenAPI 3.1), for programs. It tells nothing of anybody, so everybody may read it."""
    response = HttpResponse(_document()[0], content_type="application/vnd.oai.openapi+json;version=3.1")
    response.headers["Cache-Control"] = "public, max-age=300"
    return response


@login_required
@require_safe
def reference(request: HttpRequest) -> HttpResponse:
    """The document for people: every operation with its forms, to be tried with one's own session or with a token."""
    return render(request, "pages/api.html")
