"""The board's settings: its columns and their limits."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from apps.boards import selectors, services
from apps.boards.forms import LimitForm
from apps.core.errors import Invalid
from apps.core.forms import show_refusal
from apps.core.pages import render
from apps.core.requests import actor_of
from apps.orgs.selectors import get_organization
from apps.projects import policies
from apps.projects.selectors import get_configurable_project


@require_GET
def settings(request: HttpRequest, org: str, project_key: str) -> HttpResponse:
    """The board's columns and their limits, for everybody who sees the board."""
    return _page(request, selectors.get_board(actor=actor_of(request), key=project_key))


@require_POST
def limit(request: HttpRequest, org: str, project_key: str, column_id: int) -> HttpResponse:
    """Set or lift a column's limit."""
    actor = actor_of(request)
    project = get_configurable_project(actor=actor, key=project_key)
    board = selectors.get_board(actor=actor, key=project_key)
    column = board.column(column_id)
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
    return _page(request, board, refused={column_id: form})


def _page(
    request: HttpRequest, board: selectors.BoardView, *, refused: dict[int, LimitForm] | None = None
) -> HttpResponse:
    actor = actor_of(request)
    forms = {
        column.id: LimitForm(
            prefix=str(column.id),
            initial={"wip_limit": column.wip_limit, "wip_policy": "block" if column.wip_blocks else "warn"},
        )
        for column in board.columns
    } | (refused or {})
    context = {
        "org": get_organization(actor=actor),
        "project": board.project,
        "columns": [(column, forms[column.id]) for column in board.columns],
        "can_manage": policies.can_configure(actor, board.project),
    }
    return render(request, "boards/settings.html", context, status=422 if refused else 200)
