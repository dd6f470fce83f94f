"""Boards over several projects: their list, their pages, what scripts read of them, and their settings."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from apps.boards import policies
from apps.boards.across_forms import AcrossForm, AcrossSettingsForm
from apps.boards.selectors import CARD_FIELDS, CellView, name_lanes
from apps.boards.selectors import across as selectors
from apps.boards.services import across as services
from apps.boards.views import MOST_IDS
from apps.core.errors import Forbidden, Invalid
from apps.core.forms import is_done, status_of
from apps.core.notices import say_with_undo
from apps.core.pages import is_fragment, render
from apps.core.requests import actor_of, get_or_post, read_ids, whole_number
from apps.core.tenancy import Actor
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


def _form(
    actor: Actor, data: Any = None, *, of: type[AcrossForm] = AcrossForm, also: Any = (), **options: Any
) -> AcrossForm:
    """The form, offering the actor's projects; of archived ones those that the board shows already."""
    offered = {project.pk: project for project in (*list_projects(actor=actor), *also)}
    choices = [(project.pk, f"{project.name} ({project.key})") for project in offered.values()]
    return of(data, projects=choices, **options)


@get_or_post
def new(request: HttpRequest, org: str) -> HttpResponse:
    """Make a board over several projects."""
    actor = actor_of(request)
    if not policies.can_make(actor):
        raise Forbidden
    form = _form(actor, request.POST or None, initial={"by": "status"})
    if request.method == "POST":
        made = []
        if is_done(form, lambda data: made.append(services.create_across(actor=actor, **form.values()))):
            messages.success(request, _("“%(name)s” is there.") % {"name": made[0].name})
            return redirect("across", org, made[0].pk)
    context = {"org": get_organization(actor=actor), "form": form, "board": None}
    return render(request, "boards/across_form.html", context, status=status_of(form))


@get_or_post
def settings(request: HttpRequest, org: str, across_id: int) -> HttpResponse:
    """Change a board: its name, its projects, its columns. The notice that says so puts back what was."""
    actor = actor_of(request)
    view = selectors.get_across(actor=actor, across_id=across_id)
    if not view.can_change:
        raise Forbidden
    was: dict[str, Any] = {
        "name": view.name,
        "by": view.by,
        "projects": [project.pk for project in view.projects],
        "shows": [field for field, _name in CARD_FIELDS if field not in view.left_out],
        "done_days": view.done_days,
        "marks_slow": view.marks_slow,
        "grouping": view.usual_grouping,
    }
    if request.method != "POST":
        form = _form(actor, of=AcrossSettingsForm, also=view.projects, initial=was)
    else:
        form = _form(actor, request.POST, of=AcrossSettingsForm, also=view.projects)
        found = selectors.get_across_to_change(actor=actor, across_id=across_id)
        if is_done(form, lambda data: services.edit_across(actor=actor, board=found, **form.values())):
            values = [
                ("name", view.name),
                ("by", view.by),
                ("grouping", view.usual_grouping),
                *(("projects", pk) for pk in was["projects"]),
                *(("shows", field) for field in was["shows"]),
                ("done_days", view.done_days or ""),
                *([("marks_slow", "on")] if view.marks_slow else []),
            ]
            text = _("“%(name)s” is saved.") % {"name": form.cleaned_data["name"]}
            say_with_undo(request, text, reverse("across_settings", args=[org, across_id]), values)
            return redirect("across", org, across_id)
    context = {"org": get_organization(actor=actor), "form": form, "board": view}
    return render(request, "boards/across_form.html", context, status=status_of(form))


@require_POST
def delete(request: HttpRequest, org: str, across_id: int) -> HttpResponse:
    """Delete a board; the notice that says so brings it back."""
    actor = actor_of(request)
    found = selectors.get_across_to_change(actor=actor, across_id=across_id)
    services.delete_across(actor=actor, board=found)
    text = _("The board “%(name)s” is deleted; its issues are where they were.") % {"name": found.name}
    say_with_undo(request, text, reverse("across_restore", args=[org, across_id]))
    return redirect("across_boards", org)


@require_POST
def restore(request: HttpRequest, org: str, deleted_across_id: int) -> HttpResponse:
    """Bring a deleted board back."""
    actor = actor_of(request)
    found = selectors.get_across_to_change(actor=actor, across_id=deleted_across_id, is_deleted=True)
    services.restore_across(actor=actor, board=found)
    messages.success(request, _("“%(name)s” is back.") % {"name": found.name})
    return redirect("across", org, deleted_across_id)


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
            "lanes": {
                lane.key: {"count": lane.total, "points": float(lane.points)} for lane in view.lane_figures.values()
            },
            "cells": {
                f"{column_id} {lane.key}": cell.total
                for lane in view.lane_figures.values()
                for column_id, cell in lane.cells.items()
            },
        }
    )


def _limits(request: HttpRequest, view: selectors.AcrossView, column: selectors.AcrossColumn) -> str:
    """A column's limits, as the page draws them."""
    return render(request, "boards/_limits.html", {"board": view, "column": column}).content.decode().strip()


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
