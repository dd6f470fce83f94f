"""What somebody chooses for themselves on a board: its lanes, and which of them are folded."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from apps.boards import services
from apps.boards.creating_views import board_of
from apps.boards.selectors.across import get_across
from apps.core.requests import actor_of, is_scripted
from apps.issues.selectors import Lane


@require_POST
def choose(request: HttpRequest, org: str, project_key: str, board_id: int | None = None) -> HttpResponse:
    """Lay the board in other lanes, for this person. A script reads the board again; a plain form gets it."""
    shown = board_of(request, project_key, board_id)
    services.choose_grouping(actor=actor_of(request), board=shown, grouping=request.POST.get("grouping", ""))
    if is_scripted(request):
        return HttpResponse(status=204)
    query = request.META["QUERY_STRING"]
    return redirect(reverse("board", args=[org, *shown.names]) + (f"?{query}" if query else ""))


@require_POST
def fold(request: HttpRequest, org: str, project_key: str, board_id: int | None = None) -> HttpResponse:
    """Remember that this person folded a lane, or unfolded it."""
    shown = board_of(request, project_key, board_id)
    lane = Lane.read(request.POST.get("lane", ""))
    services.fold_lane(actor=actor_of(request), board=shown, lane=lane, is_folded=request.POST.get("is_folded") == "1")
    return HttpResponse(status=204)


@require_POST
def choose_across(request: HttpRequest, org: str, across_id: int) -> HttpResponse:
    """Lay a board over several projects in other lanes, for this person."""
    view = get_across(actor=actor_of(request), across_id=across_id)
    services.choose_grouping(actor=actor_of(request), board=view, grouping=request.POST.get("grouping", ""))
    if is_scripted(request):
        return HttpResponse(status=204)
    query = request.META["QUERY_STRING"]
    return redirect(reverse("across", args=[org, across_id]) + (f"?{query}" if query else ""))


@require_POST
def fold_across(request: HttpRequest, org: str, across_id: int) -> HttpResponse:
    """Remember that this person folded a lane of a board over several projects, or unfolded it."""
    view = get_across(actor=actor_of(request), across_id=across_id)
    lane = Lane.read(request.POST.get("lane", ""))
    services.fold_lane(actor=actor_of(request), board=view, lane=lane, is_folded=request.POST.get("is_folded") == "1")
    return HttpResponse(status=204)
