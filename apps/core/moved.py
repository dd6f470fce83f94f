"""Leading on from a name that something had to the one it has.

The answer is temporary on purpose (302, or 307 where a method or body must be kept): names can be taken back, and a
browser must not remember for ever what was true for a while. A page that is still open under the old name so goes on
working, its writes included.
"""

from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse

from apps.core.errors import Moved

_SAFE = {"GET", "HEAD"}


def lead_on(request: HttpRequest, path: str) -> HttpResponseRedirect:
    """The same request at another path, its query string kept.

    :param path: begins with one slash and comes from `reverse`, so that it leads nowhere else
    """
    query = request.META.get("QUERY_STRING", "")
    target = f"{path}?{query}" if query else path
    keeps = request.method not in _SAFE or request.path_info.startswith("/api/")
    return HttpResponseRedirect(target, preserve_request=keeps)


def new_address(request: HttpRequest, moved: Moved) -> str | None:
    """The request's path with the new name in it; None where the address does not name what has moved."""
    match = request.resolver_match
    if match is None:
        return None
    names = {
        name: moved.new for name in moved.parameters if str(match.kwargs.get(name, "")).lower() == moved.old.lower()
    }
    return reverse(match.view_name, kwargs=match.kwargs | names) if names else None


def under_slug(request: HttpRequest, slug: str) -> str:
    """The request's path in an organization whose slug has changed to `slug`."""
    _, _first, rest = request.path.split("/", 2)
    return f"/{slug}/{rest}"
