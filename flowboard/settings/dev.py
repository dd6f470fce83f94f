"""`make up` on one machine: embedded services, plain HTTP on loopback."""

from wsgiref.headers import Headers

from . import env
from .base import *  # noqa: F403

DEBUG = env.flag("FLOWBOARD_DEBUG")
WHITENOISE_USE_FINDERS = True
# Files are looked at when they are asked for, so an edited one is neither cut off nor missed.
WHITENOISE_AUTOREFRESH = True


def _keep_vendored(headers: Headers, _path: str, url: str) -> None:
    """Let browsers keep what only changes with its version for an hour: icons must not go when the connection does."""
    if "/vendor/" in url:
        headers["Cache-Control"] = "max-age=3600, public"


WHITENOISE_ADD_HEADERS_FUNCTION = _keep_vendored
