"""Boards over several projects: their list, their pages, what scripts ask of them, and their settings."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from apps.boards import policies
from apps.boards.across_forms import AcrossForm
from apps.boards.selectors import across as selectors
from apps.boards.services import across as services
from apps.boards.views import MOST_IDS
from apps.core.errors import DomainError, Forbidden, Invalid
from apps.core.forms import is_done, status_of
from apps.core.notices import say_with_undo
from apps.core.pages import is_fragment, render
from apps.core.requests import actor_of, get_or_post, read_ids, whole_number
from apps.core.tenancy import Actor
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


def _form(actor: Actor, data: Any = None, *, also: Any = (), **options: Any) -> AcrossForm:
    """The form, offering the actor's projects; of archived ones those that the board shows already."""
    offered = {project.pk: project for project in (*list_projects(actor=actor), *also)}
    choices = [(project.pk, f"{project.name} ({project.key})") for project in offered.values()]
    return AcrossForm(data, projects=choices, **options)


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
    was = {"name": view.name, "by": view.by, "projects": [project.pk for project in view.projects]}
    if request.method != "POST":
        form = _form(actor, also=view.projects, initial=was)
    else:
        form = _form(actor, request.POST, also=view.projects)
        found = selectors.get_across_to_change(actor=actor, across_id=across_id)
        if is_done(form, lambda data: services.edit_across(actor=actor, board=found, **form.values())):
            values = [("name", view.name), ("by", view.by), *(("projects", pk) for pk in was["projects"])]
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


def _shown(
    view: selectors.AcrossView, filters: selectors.AcrossFilters, org: str, *, columns: Any = None
) -> dict[str, Any]:
    """What every part of the board's template needs."""
    board_url = reverse("across", args=[org, view.id])
    shown = view.columns if columns is None else columns
    for column in shown:
        if column.next_after is not None:
            rank, pk = column.next_after
            query = urlencode({"after": rank, "after_id": pk, **filters.as_query()})
            column.next_url = f"{reverse('across_column', args=[org, view.id, column.id])}?{query}"
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
    actor = actor_of(request)
    filters = selectors.AcrossFilters.read(request.GET)
    view = selectors.get_across(actor=actor, across_id=across_id)
    selectors.fill_across(actor=actor, view=view, filters=filters)
    context = _shown(view, filters, org)
    if is_fragment(request):
        return render(request, "boards/_across_columns.html", context)
    context |= {
        "org": get_organization(actor=actor),
        "people": list(people_of(actor=actor, projects=view.projects)),
    }
    return render(request, "boards/across.html", context)


@require_GET
def cards(request: HttpRequest, org: str, across_id: int) -> HttpResponse:
    """Some cards by id; those that are not on the board, or filtered out, are left out."""
    actor = actor_of(request)
    ids = read_ids(request.GET.get("ids", ""), most=MOST_IDS)
    filters = selectors.AcrossFilters.read(request.GET)
    view = selectors.get_across(actor=actor, across_id=across_id)
    found = selectors.across_cards(actor=actor, view=view, filters=filters, ids=ids)
    return render(request, "boards/_across_cards.html", {"board": view, "cards": found})


@require_GET
def column(request: HttpRequest, org: str, across_id: int, across_column_id: int) -> HttpResponse:
    """The next cards of a column; on a page of their own for a reader without script."""
    actor = actor_of(request)
    filters = selectors.AcrossFilters.read(request.GET)
    rank = request.GET.get("after", "")
    if len(rank) > 255 or not rank.isascii() or "\x00" in rank:
        raise Invalid(_("This page mark is not one of ours."), field="after")
    after = (rank, whole_number(request.GET, "after_id") if request.GET.get("after_id") else 0)
    view = selectors.get_across(actor=actor, across_id=across_id)
    page = selectors.across_page(actor=actor, view=view, column_id=across_column_id, filters=filters, after=after)
    if not is_fragment(request):
        selectors.count_across(actor=actor, view=view, filters=filters)
    context = _shown(view, filters, org, columns=[page]) | {"column": page}
    template = "boards/_across_more.html" if is_fragment(request) else "boards/across_column.html"
    return render(request, template, context)


@require_GET
def totals(request: HttpRequest, org: str, across_id: int) -> HttpResponse:
    """True totals of every column."""
    actor = actor_of(request)
    filters = selectors.AcrossFilters.read(request.GET)
    view = selectors.get_across(actor=actor, across_id=across_id)
    selectors.count_across(actor=actor, view=view, filters=filters)
    return JsonResponse(
        {"columns": {column.id: {"count": column.total, "points": float(column.points)} for column in view.columns}}
    )


@require_POST
def move(request: HttpRequest, org: str, across_id: int) -> HttpResponse:
    """Drop a card. The answer says where it is now, and so does a refusal."""
    actor = actor_of(request)
    column_id = whole_number(request.POST, "column")
    ids = {
        name: whole_number(request.POST, name)
        for name in ("issue", "before", "after")
        if name == "issue" or request.POST.get(name)
    }
    view = selectors.get_across(actor=actor, across_id=across_id)
    issues = selectors.get_issues_across(actor=actor, view=view, issue_ids=ids.values())
    issue = issues[ids.pop("issue")]
    neighbours = {name: issues[pk] for name, pk in ids.items()}
    try:
        moved = services.move_across(actor=actor, view=view, column_id=column_id, issue=issue, **neighbours)
    except DomainError as error:
        error.extra["card"] = {"id": issue.pk, "v": issue.version, "rank": issue.rank, "status": issue.status_id}
        raise
    return JsonResponse(
        {
            "id": moved.pk,
            "v": moved.version,
            "rank": moved.rank,
            "status": moved.status_id,
            "column": column_id,
            "op": request.POST.get("op", ""),
        }
    )


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
