"""The board page and the parts of it that scripts ask for."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from apps.boards import selectors, services
from apps.boards.creating_views import answer_created, board_of
from apps.core.errors import DomainError, Invalid
from apps.core.pages import is_fragment, render
from apps.core.requests import actor_of, is_plain_form, is_scripted, read_ids, whole_number, whole_numbers
from apps.issues.selectors import GROUPINGS, Filters, Lane, get_issues_by_id, lanes_of
from apps.issues.services import MOST_ISSUES, Place
from apps.projects import policies
from apps.projects.selectors import assignable_people, get_project

MOST_IDS = 200

View = Callable[..., HttpResponse]


def _lead_on(
    board: selectors.BoardView,
    column_id: int,
    cards: selectors.ColumnView | selectors.CellView,
    *,
    org: str,
    query: dict[str, str],
) -> None:
    """Say where the next cards of a column, or of a cell of it, are, if there are more."""
    if cards.next_after is not None:
        address = reverse("board_column", args=[org, *board.names, column_id])
        cards.next_url = f"{address}?{urlencode({'after': cards.next_after, **query})}"


def _as_query(values: dict[str, str]) -> str:
    return f"?{urlencode(values)}" if values else ""


def _progress(board: selectors.BoardView) -> dict[str, Any]:
    """Points done of all points, in numbers and in words."""
    done, total = board.points
    text = _("%(done)s of %(total)s points") % {"done": f"{done.normalize():f}", "total": f"{total.normalize():f}"}
    return {"done": float(done), "total": float(total), "text": text}


def _shown(board: selectors.BoardView, filters: Filters, org: str) -> dict[str, Any]:
    """What every part of the board's template needs."""
    query = filters.as_query() | board.address
    for column in board.columns:
        _lead_on(board, column.id, column, org=org, query=query)
        if column.older and board.done_since is not None:
            earlier = {"column": column.id, "done_before": board.done_since.isoformat()}
            column.older_url = f"{reverse('issues', args=[org, board.project.key])}?{urlencode(earlier)}"
    for lane in board.lanes:
        for column_id, cell in lane.cells.items():
            _lead_on(board, column_id, cell, org=org, query=query | {"lane": lane.key})
    return {
        "project": board.project,
        "board": board,
        "board_url": reverse("board", args=[org, *board.names]),
        "columns": board.columns,
        "filters": filters,
        "stream": board.stream,
        "seq": board.seq,
    }


@require_GET
def board(request: HttpRequest, org: str, project_key: str, board_id: int | None = None) -> HttpResponse:
    """A board of a project; for a script that reads it again, its columns only."""
    shown = board_of(request, project_key, board_id)
    if board_id is not None and shown.is_default:
        query = request.META["QUERY_STRING"]
        return redirect(reverse("board", args=[org, *shown.names]) + (f"?{query}" if query else ""))
    return _board_page(request, org, shown, Filters.read(request.GET))


def _board_page(
    request: HttpRequest,
    org: str,
    shown: selectors.BoardView,
    filters: Filters,
    *,
    refused: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    """The board; `refused` is a new issue that a plain form could not create: its column, its title, and why."""
    actor = actor_of(request)
    selectors.fill(actor=actor, board=shown, filters=filters)
    context = _shown(shown, filters, org) | {
        "can_edit": policies.can_edit_issues(actor, shown.project),
        "refused": refused,
    }
    if is_fragment(request):
        return render(request, "boards/_columns.html", context)
    context |= {
        "people": list(assignable_people(actor=actor, project=shown.project)),
        "labels": shown.labels,
        "sprint": shown.sprint,
        "groupings": dict(GROUPINGS),
        "grouping": shown.grouping,
        "usual_grouping": shown.usual_grouping,
        "lanes_url": reverse("board_lanes", args=[org, *shown.names]) + _as_query(filters.as_query() | shown.address),
        "can_configure": policies.can_configure(actor, shown.project),
        "sprint_progress": _progress(shown),
        "unmapped": {
            "count": shown.unmapped,
            "url": f"{reverse('issues', args=[org, shown.project.key])}?off_board={shown.id}",
        },
    }
    return render(request, "boards/board.html", context, status=status)


@require_GET
def column(
    request: HttpRequest, org: str, project_key: str, column_id: int, board_id: int | None = None
) -> HttpResponse:
    """The next cards of a column; on a page of their own for a reader without script."""
    actor = actor_of(request)
    filters = Filters.read(request.GET)
    after = request.GET.get("after", "")
    if len(after) > 255 or not after.isascii() or "\x00" in after:
        raise Invalid(_("This page mark is not one of ours."), field="after")
    lane = Lane.read(request.GET["lane"]) if "lane" in request.GET else None
    shown = board_of(request, project_key, board_id)
    page = selectors.column_page(actor=actor, board=shown, column_id=column_id, filters=filters, after=after, lane=lane)
    if not is_fragment(request):
        selectors.count(actor=actor, board=shown, filters=filters)
        if lane is not None and shown.grouping == lane.by:
            selectors.name_lanes(actor=actor, board=shown)
    query = filters.as_query() | shown.address | ({"lane": lane.key} if lane else {})
    _lead_on(shown, column_id, page, org=org, query=query)
    context = {"project": shown.project, "board": shown, "column": page, "filters": filters}
    context["lane"] = next((each for each in shown.lanes if each.lane == lane), None)
    return render(request, "boards/_more.html" if is_fragment(request) else "boards/column.html", context)


@require_GET
def board_cards(request: HttpRequest, org: str, project_key: str, board_id: int | None = None) -> HttpResponse:
    """Some cards by id; those that are not on the board, or filtered out, are left out."""
    actor = actor_of(request)
    ids = read_ids(request.GET.get("ids", ""), most=MOST_IDS)
    shown = board_of(request, project_key, board_id)
    cards = selectors.cards_by_id(actor=actor, board=shown, filters=Filters.read(request.GET), ids=ids)
    return render(request, "boards/_cards.html", {"project": shown.project, "board": shown, "cards": cards})


@require_GET
def totals(request: HttpRequest, org: str, project_key: str, board_id: int | None = None) -> HttpResponse:
    """The true totals of every column, lane and cell."""
    actor = actor_of(request)
    shown = board_of(request, project_key, board_id)
    selectors.count(actor=actor, board=shown, filters=Filters.read(request.GET))
    return JsonResponse(
        {
            "columns": {
                str(view.id): {"count": view.total, "points": float(view.points), "inside": float(view.inside)}
                for view in shown.columns
            },
            "lanes": _lane_figures(shown),
            "reached": _reached(request, org, shown),
            "cells": {
                f"{column_id} {lane.key}": cell.total
                for lane in shown.lane_figures.values()
                for column_id, cell in lane.cells.items()
            },
            "progress": _progress(shown),
        }
    )


def _reached(request: HttpRequest, org: str, shown: selectors.BoardView) -> str:
    """Who is at a limit, as the page draws it."""
    context = {"board": shown, "board_url": reverse("board", args=[org, *shown.names])}
    return render(request, "boards/_reached.html", context).content.decode()


def _lane_figures(shown: selectors.BoardView) -> dict[str, dict[str, float]]:
    """What the heads of lanes say: of those in which something matches, or has something in work."""
    figures = {lane.key: {"count": lane.total, "points": float(lane.points)} for lane in shown.lane_figures.values()}
    for lane in shown.loads:
        inside = float(shown.limited(selectors.Reached(lane=lane)).inside)
        figures.setdefault(lane.key, {"count": 0, "points": 0.0})["inside"] = inside
    return figures


@require_POST
def move(request: HttpRequest, org: str, project_key: str, board_id: int | None = None) -> HttpResponse:
    """Drop a card. A refusal carries where the card truly is, so that the board can show it."""
    actor = actor_of(request)
    project = get_project(actor=actor, key=project_key)
    statuses = selectors.column_statuses(
        actor=actor, project=project, board_id=board_id, column_id=whole_number(request.POST, "column")
    )
    ids = {
        name: whole_number(request.POST, name)
        for name in ("issue", "before", "after")
        if name == "issue" or request.POST.get(name)
    }
    issues = get_issues_by_id(actor=actor, project=project, issue_ids=ids.values())
    issue = issues[ids.pop("issue")]
    neighbours = {name: issues[pk] for name, pk in ids.items()}
    try:
        moved = services.move_card(actor=actor, statuses=statuses, issue=issue, **neighbours)
    except DomainError as error:
        error.extra["card"] = {"id": issue.pk, "v": issue.version, "rank": issue.rank, "status": issue.status_id}
        raise
    return JsonResponse(
        {
            "id": moved.pk,
            "v": moved.version,
            "rank": moved.rank,
            "status": moved.status_id,
            "column": whole_number(request.POST, "column"),
            "op": request.POST.get("op", ""),
        }
    )


@require_POST
def move_many(request: HttpRequest, org: str, project_key: str, board_id: int | None = None) -> HttpResponse:
    """Drop cards at one place, in a lane or wherever. The answer says where each of them is now."""
    actor = actor_of(request)
    project = get_project(actor=actor, key=project_key)
    statuses = selectors.column_statuses(
        actor=actor, project=project, board_id=board_id, column_id=whole_number(request.POST, "column")
    )
    place = Place(**{name: whole_number(request.POST, name) for name in ("after", "before") if request.POST.get(name)})
    lane = Lane.read(request.POST["lane"]) if request.POST.get("lane") else None
    moved = services.move_cards(
        actor=actor,
        project=project,
        statuses=statuses,
        issue_ids=whole_numbers(request.POST, "issue", most=MOST_ISSUES),
        place=place,
        lane=lane,
    )
    # The workflow may have given them to somebody else than the lane did.
    lanes = lanes_of(actor=actor, by=lane.by, issue_ids=[issue.pk for issue in moved.issues]) if lane else {}
    return JsonResponse(
        {
            "ids": [issue.pk for issue in moved.changed],
            "cards": [
                {"id": issue.pk, "v": issue.version, "rank": issue.rank, "status": issue.status_id}
                | ({"lane": lanes[issue.pk].key} if lane else {})
                for issue in moved.issues
            ],
        }
    )


@require_POST
def create(request: HttpRequest, org: str, project_key: str, board_id: int | None = None) -> HttpResponse:
    """Create an issue at the foot of a column; the answer is its card, or the board for a plain form."""
    actor = actor_of(request)
    shown = board_of(request, project_key, board_id)
    statuses = selectors.column_statuses(
        actor=actor, project=shown.project, board_id=shown.id, column_id=whole_number(request.POST, "column")
    )
    title = request.POST.get("title", "")
    try:
        issue = services.create_card(actor=actor, board=shown, statuses=statuses, title=title)
    except DomainError as error:
        if not is_plain_form(request):
            raise
        refused = {"column": whole_number(request.POST, "column"), "text": title, "detail": error.detail or error.title}
        return _board_page(request, org, shown, Filters(), refused=refused, status=error.status)
    if not is_scripted(request):
        messages.success(request, _("%(key)s is created.") % {"key": f"{shown.project.key}-{issue.number}"})
        return redirect("board", org, *shown.names)
    return answer_created(request, actor, shown, [issue], place="board")
