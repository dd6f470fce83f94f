"""What people do with the cards of a board over several projects: move, select and change, create, take back."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.boards.across_views import board_page
from apps.boards.creating_views import said_of_created
from apps.boards.selectors import across as selectors
from apps.boards.services import across_cards as services
from apps.core.errors import DomainError, Forbidden
from apps.core.pages import render
from apps.core.requests import actor_of, get_or_post, is_plain_form, is_scripted, whole_number, whole_numbers
from apps.issues.bulk_views import bulk_values, op_to_take_back, said_of_edit, said_of_taken_back
from apps.issues.selectors import PRIORITIES, Lane, lanes_of
from apps.issues.services import MOST_ISSUES, Place
from apps.sprints.cells import pasted_rows


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


@require_POST
def move_many(request: HttpRequest, org: str, across_id: int) -> HttpResponse:
    """Drop cards at one place, in a lane or wherever. The answer says where each of them is now."""
    actor = actor_of(request)
    place = Place(**{name: whole_number(request.POST, name) for name in ("after", "before") if request.POST.get(name)})
    lane = Lane.read(request.POST["lane"]) if request.POST.get("lane") else None
    view = selectors.get_across(actor=actor, across_id=across_id)
    moved = services.edit_cards_across(
        actor=actor,
        view=view,
        issue_ids=whole_numbers(request.POST, "issue", most=MOST_ISSUES),
        values={},
        column_id=whole_number(request.POST, "column"),
        place=place,
        lane=lane,
    )
    # A workflow may have given them to somebody else than the lane did.
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


@get_or_post
def bulk(request: HttpRequest, org: str, across_id: int) -> HttpResponse:
    """Change the cards that are selected; the answer says which did. A GET is answered with the bar that offers it."""
    actor = actor_of(request)
    view = selectors.get_across(actor=actor, across_id=across_id)
    if request.method != "POST":
        if not view.editable:
            raise Forbidden
        parts, people = selectors.choices_across(actor=actor, view=view)
        context = {
            "parts": parts,
            "people": people,
            "statuses": [],
            "columns": view.columns,
            "priorities": PRIORITIES,
        }
        return render(request, "issues/_bulk_bar.html", context)
    edit = services.edit_cards_across(
        actor=actor,
        view=view,
        issue_ids=whole_numbers(request.POST, "issue", most=MOST_ISSUES),
        values=bulk_values(request),
        column_id=whole_number(request.POST, "column") if "column" in request.POST else None,
    )
    return _answer(request, org, across_id, said_of_edit(edit), [issue.pk for issue in edit.changed])


@require_POST
def take_back(request: HttpRequest, org: str, across_id: int) -> HttpResponse:
    """Take one's own change of several cards back: the one that our script called `of`, found by its issues."""
    actor = actor_of(request)
    view = selectors.get_across(actor=actor, across_id=across_id)
    ids = whole_numbers(request.POST, "issue", most=MOST_ISSUES)
    back = services.take_back_cards_across(actor=actor, view=view, issue_ids=ids, op=op_to_take_back(request))
    return _answer(request, org, across_id, said_of_taken_back(back), [issue.pk for issue in back.issues])


def _answer(request: HttpRequest, org: str, across_id: int, text: str, ids: list[int]) -> HttpResponse:
    if is_scripted(request):
        return JsonResponse({"text": text, "ids": ids})
    messages.success(request, text)
    return redirect("across", org, across_id)


@require_POST
def create(request: HttpRequest, org: str, across_id: int) -> HttpResponse:
    """Create an issue of one of the projects at the foot of a column; the answer is its card, or the board."""
    actor = actor_of(request)
    view = selectors.get_across(actor=actor, across_id=across_id)
    column_id, project = whole_number(request.POST, "column"), _project(request, view)
    title = request.POST.get("title", "")
    try:
        issues = services.create_cards_across(
            actor=actor, view=view, column_id=column_id, project=project, rows=[{"title": title}]
        )
    except DomainError as error:
        if not is_plain_form(request):
            raise
        column = view.column(column_id).id
        detail = error.detail or error.title
        refused = {"column": column, "project": project.pk, "text": title, "detail": detail}
        return board_page(request, org, view, selectors.AcrossFilters(), refused=refused, status=error.status)
    if not is_scripted(request):
        messages.success(request, _("%(key)s is created.") % {"key": f"{project.key}-{issues[0].number}"})
        return redirect("across", org, across_id)
    return _created(request, view, project, issues)


@require_POST
def create_many(request: HttpRequest, org: str, across_id: int) -> HttpResponse:
    """Create an issue of one of the projects for each line, or row of cells, that was pasted into a column's form."""
    actor = actor_of(request)
    view = selectors.get_across(actor=actor, across_id=across_id)
    project = _project(request, view)
    rows = pasted_rows(request.POST.getlist("titles"), request.POST.getlist("cells"))
    issues = services.create_cards_across(
        actor=actor, view=view, column_id=whole_number(request.POST, "column"), project=project, rows=rows
    )
    if not is_scripted(request):
        return redirect("across", org, across_id)
    return _created(request, view, project, issues)


def _project(request: HttpRequest, view: selectors.AcrossView) -> Any:
    """The project that the form names.

    :raises NotFound: if the board does not show it
    """
    return view.project(whole_number(request.POST, "project"))


def _created(request: HttpRequest, view: selectors.AcrossView, project: Any, issues: list[Any]) -> HttpResponse:
    actor = actor_of(request)
    filters = selectors.AcrossFilters.read(request.GET)
    cards = selectors.across_cards(actor=actor, view=view, filters=filters, ids=[issue.pk for issue in issues])
    said = said_of_created(request, project, issues, shown=len(cards))
    return render(request, "boards/_created.html", said | {"board": view, "cards": cards})
