"""The chosen theme travels in a cookie: a page is drawn in the right colours before any script runs."""

from django.conf import settings
from django.http import HttpResponse

COOKIE = "theme"
_A_YEAR = 60 * 60 * 24 * 365


def remember_theme(response: HttpResponse, theme: str) -> HttpResponse:
    """Let this device remember the theme; `system` is remembered by having no cookie."""
    if theme == "system":
        response.delete_cookie(COOKIE, samesite="Lax")
    else:
        response.set_cookie(
            COOKIE, theme, max_age=_A_YEAR, httponly=True, secure=settings.SESSION_COOKIE_SECURE, samesite="Lax"
        )
    return response
