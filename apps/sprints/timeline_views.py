"""The timeline page, the parts of it that scripts ask for, and the dates that are given on it."""

from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from apps.core.errors import Invalid
from apps.core.pages import is_fragment, render
from apps.core.requests import actor_of, is_scripted, read_ids, whole_number
from apps.issues.selectors import Filters, get_issues_by_id
from apps.projects import policies
from apps.projects.selectors import assignable_people, get_project, list_labels
from apps.sprints import services
from apps.sprints import timeline as reading
from apps.sprints.scale import Scale, Zoom
from apps.sprints.timeline import Narrowed, Timeline

MOST_IDS = 200
# A path is at most three ranks.
LONGEST_PATH = 800
# "chart" and "table" say it; without either a wide page draws and a phone lists.
VIEWS = ("auto", "chart", "table")
COOKIE = "timeline"
_A_YEAR = 60 * 60 * 24 * 365


def _narrowed(request: HttpRequest) -> Narrowed:
    """What the address narrows the page to. What makes no sense is ignored, as an old bookmark should still open."""
    return Narrowed(filters=Filters.read(request.GET), only_open=request.GET.get("open") == "1")


def _chosen(request: HttpRequest) -> tuple[Zoom, str]:
    """Zoom and view: what the address says, else what this device had last."""
    kept = dict(zip(("zoom", "view"), request.COOKIES.get(COOKIE, "").split("."), strict=False))
    zoom = request.GET.get("zoom", kept.get("zoom"))
    view = request.GET.get("view", kept.get("view"))
    return (
        Zoom(zoom) if zoom in set(Zoom) else Zoom.MONTHS,
        view if view in VIEWS else VIEWS[0],
    )


def _remember(response: HttpResponse, zoom: Zoom, view: str) -> HttpResponse:
    response.set_cookie(
        COOKIE,
        f"{zoom}.{view}",
        max_age=_A_YEAR,
        httponly=True,
        secure=settings.SESSION_COOKIE_SECURE,
        samesite="Lax",
    )
    return response


def _scale(request: HttpRequest, zoom: Zoom) -> tuple[Scale, str]:
    """The window that the address names (else the one around today), and what names it."""
    text = request.GET.get("at", "")
    try:
        return Scale.around(zoom, date.fromisoformat(text)), text
    except ValueError:
        return Scale.around(zoom, timezone.localdate()), ""


def _context(request: HttpRequest, timeline: Timeline) -> dict[str, Any]:
    actor = actor_of(request)
    narrowed = _narrowed(request)
    zoom, view = _chosen(request)
    scale, at = _scale(request, zoom)
    query = {"zoom": str(zoom), "view": view} | ({"at": at} if at else {}) | narrowed.as_query()

    def address(**changed: str) -> str:
        return f"?{urlencode({name: value for name, value in {**query, **changed}.items() if value})}"

    return {
        "project": timeline.project,
        "timeline": timeline,
        "narrowed": narrowed,
        "scale": scale,
        "zooms": list(Zoom),
        "view": view,
        "at": at,
        "address": address,
        "today": timezone.localdate(),
        "can_edit": policies.can_edit_issues(actor, timeline.project),
    }


def _mark(request: HttpRequest, name: str) -> str:
    """A place to read on from: ASCII, as paths and ranks are.

    :raises Invalid: if it cannot be one
    """
    text = request.GET.get(name, "")
    if len(text) > LONGEST_PATH or not text.isascii() or "\x00" in text:
        raise Invalid(_("This page mark is not one of ours."), field=name)
    return text


@require_GET
def timeline(request: HttpRequest, org: str, project_key: str) -> HttpResponse:
    """The timeline of a project; for a script the next lines, more of what has no dates, or all of it again."""
    actor = actor_of(request)
    narrowed = _narrowed(request)
    after, undated_after = _mark(request, "after"), _mark(request, "undated_after")
    shown = reading.get_timeline(actor=actor, key=project_key)
    if is_fragment(request) and after:
        reading.read_lines(actor=actor, timeline=shown, narrowed=narrowed, after=after)
        return render(request, "timeline/_lines.html", _context(request, shown))
    if is_fragment(request) and undated_after:
        reading.read_undated(actor=actor, timeline=shown, narrowed=narrowed, after=undated_after)
        return render(request, "timeline/_undated_rows.html", _context(request, shown))
    reading.fill(actor=actor, timeline=shown, narrowed=narrowed)
    if after:
        reading.read_lines(actor=actor, timeline=shown, narrowed=narrowed, after=after)
    if undated_after:
        reading.read_undated(actor=actor, timeline=shown, narrowed=narrowed, after=undated_after)
    context = _context(request, shown)
    if is_fragment(request):
        return render(request, "timeline/_whole.html", context)
    context |= {
        "labels": list_labels(actor=actor, project=shown.project),
        "people": list(assignable_people(actor=actor, project=shown.project)),
        "stream": shown.stream,
        "seq": shown.seq,
    }
    response = render(request, "timeline/timeline.html", context)
    zoom, view = _chosen(request)
    return _remember(response, zoom, view) if {"zoom", "view"} & request.GET.keys() else response


def _changed(request: HttpRequest, shown: Timeline, ids: list[int]) -> HttpResponse:
    """What a change of some issues changes on the page: their lines and others, the totals, what has no dates."""
    actor, narrowed = actor_of(request), _narrowed(request)
    reading.count(actor=actor, timeline=shown, narrowed=narrowed)
    reading.lines_by_id(actor=actor, timeline=shown, narrowed=narrowed, ids=ids)
    reading.read_undated(actor=actor, timeline=shown, narrowed=narrowed)
    return render(request, "timeline/_changed.html", _context(request, shown))


@require_GET
def lines(request: HttpRequest, org: str, project_key: str) -> HttpResponse:
    """The lines of some issues, and what else depends on them; those that the page does not show are left out."""
    ids = read_ids(request.GET.get("ids", ""), most=MOST_IDS)
    return _changed(request, reading.get_timeline(actor=actor_of(request), key=project_key), ids)


@require_POST
def dates(request: HttpRequest, org: str, project_key: str) -> HttpResponse:
    """Say when an issue starts and is due; a script gets what that changed, a plain form the page."""
    actor = actor_of(request)
    project = get_project(actor=actor, key=project_key)
    issue_id = whole_number(request.POST, "issue")
    issue = get_issues_by_id(actor=actor, project=project, issue_ids=[issue_id])[issue_id]
    services.set_dates(
        actor=actor,
        issue=issue,
        start=request.POST.get("start", ""),
        due=request.POST.get("due", ""),
        version=whole_number(request.POST, "version") if request.POST.get("version") else None,
    )
    if is_scripted(request):
        return _changed(request, reading.get_timeline(actor=actor, key=project_key), [issue_id])
    messages.success(request, _("The dates of %(key)s are saved.") % {"key": f"{project.key}-{issue.number}"})
    return redirect("timeline", org, project.key)
