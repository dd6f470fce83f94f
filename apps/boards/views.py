"""The board page and the parts of it that scripts ask for."""

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from apps.boards import selectors, services
from apps.boards.forms import LimitForm
from apps.core.errors import DomainError, Invalid, NotFound
from apps.core.forms import show_refusal
from apps.core.pages import is_fragment, render
from apps.core.requests import actor_of, whole_number
from apps.events.selectors import project_stream
from apps.issues.selectors import Filters, get_issue_by_id
from apps.orgs.selectors import get_organization
from apps.projects import policies
from apps.projects.selectors import assignable_people, get_configurable_project, get_project, list_labels
from apps.sprints.selectors import active_sprint

if TYPE_CHECKING:
    from apps.projects.models import Project

MOST_IDS = 200


def _address(column: selectors.ColumnView, *, org: str, key: str, filters: Filters) -> dict[str, Any]:
    shown = {name: getattr(column, name) for name in column.__dataclass_fields__}
    next_url = None
    if column.next_after is not None:
        query = {"after": column.next_after, **filters.as_query()}
        next_url = f"{reverse('board_column', args=[org, key, column.id])}?{urlencode(query)}"
    return {**shown, "wip_state": column.wip_state, "next_url": next_url}


@require_GET
def board(request: HttpRequest, org: str, project_key: str) -> HttpResponse:
    """The board of a project; for a script that reads it again, its columns only."""
    actor = actor_of(request)
    project = get_project(actor=actor, key=project_key)
    # Read before the cards: what happens in between is replayed, not lost.
    stream, seq = project_stream(actor=actor, project_id=project.pk)
    shown = selectors.get_default_board(actor=actor, project=project)
    filters = Filters.read(request.GET)
    columns = selectors.columns_with_cards(actor=actor, project=project, board=shown, filters=filters)
    context: dict[str, Any] = {
        "project": project,
        "board": shown,
        "columns": [_address(column, org=org, key=project.key, filters=filters) for column in columns],
        "filters": filters,
        "stream": stream,
        "seq": seq,
        "can_edit": policies.can_edit_issues(actor, project),
    }
    if is_fragment(request):
        return render(request, "boards/_columns.html", context)
    context |= {
        "people": list(assignable_people(actor=actor, project=project)),
        "labels": list_labels(actor=actor, project=project),
        "sprint": active_sprint(actor=actor, project=project),
        "unmapped": {
            "count": selectors.count_unmapped(actor=actor, project=project),
            "url": reverse("issues", args=[org, project.key]) + "?unmapped=1",
        },
    }
    return render(request, "boards/board.html", context)


@require_GET
def column(request: HttpRequest, org: str, project_key: str, column_id: int) -> HttpResponse:
    """The next cards of a column."""
    actor = actor_of(request)
    project = get_project(actor=actor, key=project_key)
    shown = selectors.get_default_board(actor=actor, project=project)
    filters = Filters.read(request.GET)
    view = selectors.get_column(actor=actor, board=shown, column_id=column_id)
    after = request.GET.get("after", "")
    if len(after) > 255 or not after.isascii() or "\x00" in after:
        raise Invalid(_("This page mark is not one of ours."), field="after")
    view = selectors.column_page(actor=actor, project=project, view=view, filters=filters, after=after)
    context = {"project": project, "column": _address(view, org=org, key=project.key, filters=filters)}
    return render(request, "boards/_more.html", context)


@require_GET
def board_cards(request: HttpRequest, org: str, project_key: str) -> HttpResponse:
    """Some cards by id; those that are not on the board, or filtered out, are left out."""
    actor = actor_of(request)
    project = get_project(actor=actor, key=project_key)
    shown = selectors.get_default_board(actor=actor, project=project)
    ids = [int(text) for text in request.GET.get("ids", "").split(",") if text.isascii() and text.isdigit()]
    if len(ids) > MOST_IDS or any(number >= 2**63 for number in ids):
        raise Invalid(_("Ask for at most %(limit)s cards at once.") % {"limit": MOST_IDS}, field="ids")
    cards = selectors.cards_by_id(actor=actor, project=project, board=shown, filters=Filters.read(request.GET), ids=ids)
    return render(request, "boards/_cards.html", {"project": project, "cards": cards})


@require_GET
def totals(request: HttpRequest, org: str, project_key: str) -> HttpResponse:
    """The true totals of every column."""
    actor = actor_of(request)
    project = get_project(actor=actor, key=project_key)
    shown = selectors.get_default_board(actor=actor, project=project)
    columns = selectors.column_totals(actor=actor, project=project, board=shown, filters=Filters.read(request.GET))
    return JsonResponse(
        {
            "columns": {
                str(view.id): {"count": view.total, "points": float(view.points), "inside": view.inside}
                for view in columns
            }
        }
    )


@require_POST
def move(request: HttpRequest, org: str, project_key: str) -> HttpResponse:
    """Drop a card. A refusal carries where the card truly is, so that the board can show it."""
    actor = actor_of(request)
    project = get_project(actor=actor, key=project_key)
    shown = selectors.get_default_board(actor=actor, project=project)
    issue = get_issue_by_id(actor=actor, issue_id=whole_number(request.POST, "issue"), project=project)
    neighbours = {
        name: get_issue_by_id(actor=actor, issue_id=whole_number(request.POST, name), project=project)
        if request.POST.get(name)
        else None
        for name in ("before", "after")
    }
    column_id = whole_number(request.POST, "column")
    try:
        moved = services.move_card(actor=actor, board=shown, issue=issue, column_id=column_id, **neighbours)
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
def create(request: HttpRequest, org: str, project_key: str) -> HttpResponse:
    """Create an issue at the foot of a column; the answer is its card."""
    actor = actor_of(request)
    project = get_project(actor=actor, key=project_key)
    shown = selectors.get_default_board(actor=actor, project=project)
    sprint = active_sprint(actor=actor, project=project) if project.template == "scrum" else None
    issue = services.create_card(
        actor=actor,
        project=project,
        board=shown,
        column_id=whole_number(request.POST, "column"),
        title=request.POST.get("title", ""),
        sprint_id=sprint.pk if sprint else None,
    )
    cards = selectors.cards_by_id(actor=actor, project=project, board=shown, filters=Filters(), ids=[issue.pk])
    if not cards:
        raise NotFound
    return render(request, "boards/_cards.html", {"project": project, "cards": cards})


@require_GET
def settings(request: HttpRequest, org: str, project_key: str) -> HttpResponse:
    """The board's columns and their limits, for everybody who sees the board."""
    return _settings_page(request, get_project(actor=actor_of(request), key=project_key))


@require_POST
def limit(request: HttpRequest, org: str, project_key: str, column_id: int) -> HttpResponse:
    """Set or lift a column's limit."""
    actor = actor_of(request)
    project = get_configurable_project(actor=actor, key=project_key)
    column = selectors.get_column(
        actor=actor, board=selectors.get_default_board(actor=actor, project=project), column_id=column_id
    )
    form = LimitForm(request.POST, prefix=str(column_id))
    if form.is_valid():
        try:
            services.set_column_limit(
                actor=actor,
                project=project,
                column_id=column_id,
                limit=form.cleaned_data["wip_limit"],
                policy=form.cleaned_data["wip_policy"],
            )
        except Invalid as error:
            show_refusal(form, error)
        else:
            messages.success(request, _("The column “%(name)s” is saved.") % {"name": column.name})
            return redirect("board_settings", org, project.key)
    return _settings_page(request, project, refused=(column_id, form))


def _settings_page(
    request: HttpRequest, project: "Project", *, refused: tuple[int, LimitForm] | None = None
) -> HttpResponse:
    actor = actor_of(request)
    columns = selectors.list_columns(actor=actor, board=selectors.get_default_board(actor=actor, project=project))
    forms = {
        column.id: LimitForm(
            prefix=str(column.id),
            initial={"wip_limit": column.wip_limit, "wip_policy": "block" if column.wip_blocks else "warn"},
        )
        for column in columns
    }
    if refused is not None:
        forms[refused[0]] = refused[1]
    context = {
        "org": get_organization(actor=actor),
        "project": project,
        "columns": [(column, forms[column.id]) for column in columns],
        "can_manage": policies.can_configure(actor, project),
    }
    return render(request, "boards/settings.html", context, status=422 if refused else 200)
