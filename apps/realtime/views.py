"""The log over plain HTTP, for pages whose socket a proxy blocks."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from apps.core.errors import Invalid, NotFound
from apps.core.requests import actor_of
from apps.realtime import selectors
from apps.realtime.cursors import Malformed, read_cursors
from apps.realtime.line import BACKLOG, greeting, missed


@never_cache
@require_GET
def log(request: HttpRequest, org: str) -> HttpResponse:
    """What a socket that is opened at this moment would say first: a greeting for each stream, then what was missed."""
    actor = actor_of(request)
    try:
        since = read_cursors(request.GET.getlist("s"))
        pages = selectors.read_log(actor=actor, since=since, limit=BACKLOG)
    except Malformed as error:
        raise Invalid(str(error), field="s") from error
    except selectors.StreamRefused as error:
        raise NotFound from error
    rights = selectors.rights_of(actor)
    frames = [
        frame
        for stream_id, seq in since.items()
        for frame in (
            greeting(stream_id, pages[stream_id], since=seq),
            *missed(stream_id, pages[stream_id], since=seq, viewer=rights),
        )
    ]
    return HttpResponse(f"[{','.join(frames)}]", content_type="application/json")
