"""Boards over several projects: their list, their pages, and what scripts read of them."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from apps.boards import policies
from apps.boards.selectors import CellView, LaneView, name_lanes
from apps.boards.selectors import across as selectors
from apps.boards.views import MOST_IDS
from apps.core.errors import Invalid
from apps.core.pages import is_fragment, render
from apps.core.requests import actor_of, read_ids, whole_number
from apps.issues.selectors import Lane
from apps.orgs.selectors import get_organization
from apps.projects.selectors import list_projects, people_of


@require_GET
def boards(request: HttpRequest, org: str) -> HttpResponse:
    """The boards over projects that the reader may see."""
    actor = actor_of(request)
    context = {
        "org": get_organization(actor=actor),
        "boards": selectors.list_across(actor=actor),
        "deleted": selectors.list_across(actor=actor, is_deleted=True),
        "can_make": policies.can_make(actor),
        "has_projects": len(list_projects(actor=actor)) > 0,
    }
    return render(request, "boards/across_list.html", context)


def _column_url(org: str, view: selectors.AcrossView, column_id: int) -> str:
    return reverse("across_column", args=[org, view.id, column_id])


def _lead_on(cards: selectors.AcrossColumn | CellView, address: str, query: dict[str, str]) -> None:
    """Say where the next cards of a column, or of a cell of it, are, if there are more."""
    if cards.next_after is not None:
        rank, pk = cards.next_after
        cards.next_url = f"{address}?{urlencode({'after': rank, 'after_id': pk, **query})}"


def _shown(
    view: selectors.AcrossView,
    filters: selectors.AcrossFilters,
    org: str,
    *,
    columns: Any = None,
    is_earlier: bool = False,
    lane: Lane | None = None,
) -> dict[str, Any]:
    """What every part of the board's template needs."""
    board_url = reverse("across", args=[org, view.id])
    shown = view.columns if columns is None else columns
    query = filters.as_query() | ({"earlier": "1"} if is_earlier else {})
    for column in shown:
        column.older_url = f"{_column_url(org, view, column.id)}?{urlencode({'earlier': 1, **filters.as_query()})}"
        _lead_on(column, _column_url(org, view, column.id), query | ({"lane": lane.key} if lane else {}))
    for each in view.lanes:
        for column_id, cell in each.cells.items():
            _lead_on(cell, _column_url(org, view, column_id), query | {"lane": each.key})
    return {
        "board": view,
        "board_url": board_url,
        "columns": shown,
        "filters": filters,
        "can_edit": bool(view.editable),
    }


@require_GET
def board(request: HttpRequest, org: str, across_id: int) -> HttpResponse:
    """A board; for a script that reads it again, its columns only."""
    view = selectors.get_across(actor=actor_of(request), across_id=across_id)
    return board_page(request, org, view, selectors.AcrossFilters.read(request.GET))


def board_page(
    request: HttpRequest,
    org: str,
    view: selectors.AcrossView,
    filters: selectors.AcrossFilters,
    *,
    refused: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    """The board; `refused` is a new issue that a plain form could not create: its column, project, title, and why."""
    actor = actor_of(request)
    selectors.fill_across(actor=actor, view=view, filters=filters)
    context = _shown(view, filters, org) | {"refused": refused}
    if is_fragment(request):
        return render(request, "boards/_columns.html", context)
    query = filters.as_query()
    context |= {
        "org": get_organization(actor=actor),
        "people": list(people_of(actor=actor, projects=view.projects)),
        "labels": selectors.names_of(selectors.labels_on(actor=actor, view=view)),
        "quick_filters": selectors.quick_filters_on(actor=actor, view=view),
        "groupings": view.groupings,
        "grouping": view.grouping,
        "usual_grouping": view.usual_grouping,
        "lanes_url": reverse("across_lanes", args=[org, view.id]) + (f"?{urlencode(query)}" if query else ""),
    }
    return render(request, "boards/across.html", context, status=status)


@require_GET
def cards(request: HttpRequest, org: str, across_id: int) -> HttpResponse:
    """Some cards by id; those that are not on the board, or filtered out, are left out."""
    actor = actor_of(request)
    ids = read_ids(request.GET.get("ids", ""), most=MOST_IDS)
    filters = selectors.AcrossFilters.read(request.GET)
    view = selectors.get_across(actor=actor, across_id=across_id)
    found = selectors.across_cards(actor=actor, view=view, filters=filters, ids=ids)
    return render(request, "boards/_cards.html", {"board": view, "cards": found})


@require_GET
def column(request: HttpRequest, org: str, across_id: int, across_column_id: int) -> HttpResponse:
    """The next cards of a column, or those that were done earlier; on a page of their own for who asks for a page."""
    actor = actor_of(request)
    filters = selectors.AcrossFilters.read(request.GET)
    rank = request.GET.get("after", "")
    if len(rank) > 255 or not rank.isascii() or "\x00" in rank:
        raise Invalid(_("This page mark is not one of ours."), field="after")
    after = (rank, whole_number(request.GET, "after_id") if request.GET.get("after_id") else 0) if rank else None
    is_earlier = request.GET.get("earlier") == "1"
    lane = Lane.read(request.GET["lane"]) if "lane" in request.GET else None
    view = selectors.get_across(actor=actor, across_id=across_id)
    page = selectors.across_page(
        actor=actor,
        view=view,
        column_id=across_column_id,
        filters=filters,
        after=after,
        is_earlier=is_earlier,
        lane=lane,
    )
    if not is_fragment(request):
        selectors.count_across(actor=actor, view=view, filters=filters)
        if lane is not None and view.grouping == lane.by:
            name_lanes(actor=actor, board=view)
    context = _shown(view, filters, org, columns=[page], is_earlier=is_earlier, lane=lane)
    context |= {"column": page, "is_earlier": is_earlier and view.done_since is not None}
    context["lane"] = next((each for each in view.lanes if each.lane == lane), None)
    template = "boards/_more.html" if is_fragment(request) else "boards/across_column.html"
    return render(request, template, context)


@require_GET
def totals(request: HttpRequest, org: str, across_id: int) -> HttpResponse:
    """True totals of every column."""
    actor = actor_of(request)
    filters = selectors.AcrossFilters.read(request.GET)
    view = selectors.get_across(actor=actor, across_id=across_id)
    selectors.count_across(actor=actor, view=view, filters=filters)
    return JsonResponse(
        {
            "columns": {
                column.id: {
                    "count": column.total,
                    "points": float(column.points),
                    "limits": _limits(request, view, column) if column.limits else "",
                }
                for column in view.columns
            },
            "lanes": _lane_figures(request, view),
            "reached": _reached(request, view),
            "cells": {
                f"{column_id} {lane.key}": cell.total
                for lane in view.lane_figures.values()
                for column_id, cell in lane.cells.items()
            },
        }
    )


def _limits(request: HttpRequest, view: selectors.AcrossView, place: Any, *, is_lane: bool = False) -> str:
    """The limits of a column or a lane, as the page draws them."""
    context = {"board": view, "place": place, "is_lane": is_lane}
    return render(request, "boards/_limits.html", context).content.decode().strip()


def _lane_figures(request: HttpRequest, view: selectors.AcrossView) -> dict[str, dict[str, Any]]:
    """What the heads of lanes say: of those in which something matches, or has something in work."""
    figures: dict[str, dict[str, Any]] = {
        lane.key: {"count": lane.total, "points": float(lane.points)} for lane in view.lane_figures.values()
    }
    for lane in view.lane_limits:
        shown = view.limited(LaneView(lane=lane))
        figures.setdefault(lane.key, {"count": 0, "points": 0.0})["limits"] = _limits(
            request, view, shown, is_lane=True
        )
    return figures


def _reached(request: HttpRequest, view: selectors.AcrossView) -> str:
    """Who is at a limit, as the page draws it."""
    context = {"board": view, "board_url": reverse("across", args=[actor_of(request).org_slug, view.id])}
    return render(request, "boards/_reached.html", context).content.decode()


@require_GET
def ways(request: HttpRequest, org: str, across_id: int, issue_key: str) -> HttpResponse:
    """Where an issue may go on this board, and why not elsewhere."""
    actor = actor_of(request)
    view = selectors.get_across(actor=actor, across_id=across_id)
    issue = selectors.get_issue_across(actor=actor, view=view, key=issue_key)
    context = {
        "org": get_organization(actor=actor),
        "board": view,
        "issue": issue,
        "project": issue.project,
        "issue_key": f"{issue.project.key}-{issue.number}",
        "is_fixed": issue.project not in view.editable,
        "ways": selectors.column_ways(actor=actor, view=view, issue=issue),
    }
    return render(request, "boards/across_ways.html", context)
