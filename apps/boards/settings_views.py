"""The settings of boards: which there are, what their columns show, and how much these take."""

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from apps.boards import selectors, services
from apps.boards.forms import (
    BoardForm,
    BoardSettingsForm,
    ColumnForm,
    LaneLimitForm,
    NewColumnForm,
    PlacesForm,
    QuickFilterForm,
    whose_of,
)
from apps.core.forms import is_done, status_of
from apps.core.notices import say_with_undo
from apps.core.pages import render
from apps.core.requests import actor_of, get_or_post
from apps.issues.selectors import issues_by_status
from apps.orgs.selectors import get_organization
from apps.projects import policies
from apps.projects.selectors import get_configurable_project, list_issue_types, list_labels, list_statuses

if TYPE_CHECKING:
    from apps.boards.models import Column
    from apps.projects.models import Project


@require_GET
def settings(request: HttpRequest, org: str, project_key: str) -> HttpResponse:
    """The settings of the default board, for everybody who sees it."""
    return _page(request, selectors.get_board(actor=actor_of(request), key=project_key))


@get_or_post
def board(request: HttpRequest, org: str, project_key: str, board_id: int) -> HttpResponse:
    """The settings of one board: for everybody who sees it, and for its admins to change."""
    actor = actor_of(request)
    if request.method != "POST":
        return _page(request, selectors.get_board(actor=actor, key=project_key, board_id=board_id))
    project = get_configurable_project(actor=actor, key=project_key)
    found = selectors.get_board_to_change(actor=actor, project=project, board_id=board_id)
    form = BoardSettingsForm(request.POST)
    if not is_done(form, lambda data: services.edit_board(actor=actor, board=found, **form.values())):
        return _again(request, board_id, board=form)
    messages.success(request, _("“%(name)s” is saved.") % {"name": form.cleaned_data["name"]})
    return _back(request, project, board_id)


@get_or_post
def board_new(request: HttpRequest, org: str, project_key: str) -> HttpResponse:
    """Make another board."""
    actor = actor_of(request)
    project = get_configurable_project(actor=actor, key=project_key)
    form = BoardForm(request.POST or None)
    if request.method == "POST":
        made = []
        if is_done(form, lambda data: made.append(services.create_board(actor=actor, project=project, **data))):
            messages.success(request, _("“%(name)s” is there. Now give it its columns.") % {"name": made[0].name})
            return redirect("board_settings", org, project.key, made[0].pk)
    context = {"org": get_organization(actor=actor), "project": project, "form": form}
    return render(request, "boards/new_board.html", context, status=status_of(form))


@require_POST
def board_delete(request: HttpRequest, org: str, project_key: str, extra_board_id: int) -> HttpResponse:
    """Delete a board; the notice that says so brings it back."""
    actor = actor_of(request)
    project = get_configurable_project(actor=actor, key=project_key)
    found = selectors.get_board_to_change(actor=actor, project=project, board_id=extra_board_id)
    services.delete_board(actor=actor, board=found)
    text = _("The board “%(name)s” is deleted; its issues are where they were.") % {"name": found.name}
    say_with_undo(request, text, reverse("board_restore", args=[org, project.key, extra_board_id]))
    return redirect("board_settings", org, project.key)


@require_POST
def board_restore(request: HttpRequest, org: str, project_key: str, deleted_board_id: int) -> HttpResponse:
    """Bring a deleted board back."""
    actor = actor_of(request)
    project = get_configurable_project(actor=actor, key=project_key)
    found = selectors.get_board_to_change(actor=actor, project=project, board_id=deleted_board_id, is_deleted=True)
    services.restore_board(actor=actor, board=found)
    messages.success(request, _("“%(name)s” is back.") % {"name": found.name})
    return _back(request, project, deleted_board_id)


@require_POST
def statuses(request: HttpRequest, org: str, project_key: str, board_id: int) -> HttpResponse:
    """Say which column shows which status."""
    actor = actor_of(request)
    project = get_configurable_project(actor=actor, key=project_key)
    found = selectors.get_board_to_change(actor=actor, project=project, board_id=board_id)
    view = selectors.get_board(actor=actor, key=project.key, board_id=board_id)
    form = _Settings(request, view).places_form(request.POST)
    if not is_done(form, lambda data: services.map_statuses(actor=actor, board=found, places=form.places)):
        return _again(request, board_id, places=form)
    messages.success(request, _("The columns are saved."))
    return _back(request, project, board_id)


@require_POST
def column_new(request: HttpRequest, org: str, project_key: str, board_id: int) -> HttpResponse:
    """Add a column, or put one back."""
    actor = actor_of(request)
    project = get_configurable_project(actor=actor, key=project_key)
    found = selectors.get_board_to_change(actor=actor, project=project, board_id=board_id)
    view = selectors.get_board(actor=actor, key=project.key, board_id=board_id)
    form = _Settings(request, view).new_form(request.POST)

    def write(data: dict[str, Any]) -> None:
        services.add_column(
            actor=actor,
            board=found,
            name=data["name"],
            status_ids=data["statuses"],
            limit=_limit(data),
            position=data["position"],
        )

    if not is_done(form, write):
        return _again(request, board_id, new=form)
    messages.success(request, _("The column “%(name)s” is on the board.") % {"name": form.cleaned_data["name"]})
    return _back(request, project, board_id)


@require_POST
def column(request: HttpRequest, org: str, project_key: str, column_id: int) -> HttpResponse:
    """Rename a column; set or lift its limit."""
    actor = actor_of(request)
    project = get_configurable_project(actor=actor, key=project_key)
    found = selectors.get_column_to_change(actor=actor, project=project, column_id=column_id)
    form = ColumnForm(request.POST, prefix=str(column_id))
    if not is_done(
        form,
        lambda data: services.edit_column(actor=actor, column=found, name=data["name"], limit=_limit(data)),
    ):
        return _again(request, found.board_id, columns={column_id: form})
    messages.success(request, _("The column “%(name)s” is saved.") % {"name": form.cleaned_data["name"]})
    return _back(request, project, found.board_id)


@require_POST
def column_shift(request: HttpRequest, org: str, project_key: str, column_id: int) -> HttpResponse:
    """Move a column one place to the left (`by` -1) or to the right."""
    actor = actor_of(request)
    project = get_configurable_project(actor=actor, key=project_key)
    found = selectors.get_column_to_change(actor=actor, project=project, column_id=column_id)
    services.shift_column(actor=actor, column=found, by=-1 if request.POST.get("by") == "-1" else 1)
    return _back(request, project, found.board_id, f"column-{column_id}")


@require_POST
def column_remove(request: HttpRequest, org: str, project_key: str, column_id: int) -> HttpResponse:
    """Take a column away; the notice that says so puts it back as it was."""
    actor = actor_of(request)
    project = get_configurable_project(actor=actor, key=project_key)
    found = selectors.get_column_to_change(actor=actor, project=project, column_id=column_id)
    was = _as_form(found, selectors.get_board(actor=actor, key=project.key, board_id=found.board_id))
    try:
        services.remove_column(actor=actor, column=found)
    except services.ColumnNeeded as error:
        messages.error(request, error.detail)
    else:
        say_with_undo(
            request,
            _("The column “%(name)s” is gone; its issues are where they were.") % {"name": found.name},
            reverse("board_column_new", args=[org, project.key, found.board_id]),
            was,
        )
    return _back(request, project, found.board_id)


@require_POST
def lane_limit(request: HttpRequest, org: str, project_key: str, board_id: int) -> HttpResponse:
    """Limit what people or lanes have in work, or put a limit back."""
    actor = actor_of(request)
    project = get_configurable_project(actor=actor, key=project_key)
    found = selectors.get_board_to_change(actor=actor, project=project, board_id=board_id)
    form = _limit_form(request.POST)
    if not is_done(
        form, lambda data: services.limit_lanes(actor=actor, board=found, limit=_limit(data), **form.limited())
    ):
        return _again(request, board_id, limit=form)
    messages.success(request, _("The limit is set."))
    return _back(request, project, board_id, "limits-title")


@require_POST
def lane_limit_lift(request: HttpRequest, org: str, project_key: str, lane_limit_id: int) -> HttpResponse:
    """Take a limit of people or lanes away; the notice that says so puts it back."""
    actor = actor_of(request)
    project = get_configurable_project(actor=actor, key=project_key)
    found = selectors.get_lane_limit(actor=actor, project=project, lane_limit_id=lane_limit_id)
    services.lift_lane_limit(actor=actor, lane_limit=found)
    values = {
        "of": found.by if found.priority is None else f"{found.by}-{found.priority}",
        "wip_limit": found.at,
        "wip_unit": found.unit,
        "wip_policy": found.policy,
    }
    url = reverse("lane_limit", args=[org, project.key, found.board_id])
    say_with_undo(request, _("The limit is gone."), url, values.items())
    return _back(request, project, found.board_id)


def _limit_form(data: Any = None) -> LaneLimitForm:
    return LaneLimitForm(data, auto_id="limit_%s", initial={"wip_unit": "issues", "wip_policy": "warn"})


@require_POST
def quick_new(request: HttpRequest, org: str, project_key: str, board_id: int) -> HttpResponse:
    """Give a board a quick filter, or put one back."""
    actor = actor_of(request)
    project = get_configurable_project(actor=actor, key=project_key)
    found = selectors.get_board_to_change(actor=actor, project=project, board_id=board_id)
    view = selectors.get_board(actor=actor, key=project.key, board_id=board_id)
    form = _Settings(request, view).quick_form(request.POST)

    def write(data: dict[str, Any]) -> None:
        asked = services.Asked(type_id=data["type"], label_id=data["label"], **form.asked_of_all())
        services.add_quick_filter(actor=actor, board=found, name=data["name"], asked=asked)

    if not is_done(form, write):
        return _again(request, board_id, quick=form)
    messages.success(request, _("The quick filter “%(name)s” is on the board.") % {"name": form.cleaned_data["name"]})
    return _back(request, project, board_id, "quick-title")


@require_POST
def quick_remove(request: HttpRequest, org: str, project_key: str, quick_filter_id: int) -> HttpResponse:
    """Take a quick filter away; the notice that says so puts it back."""
    actor = actor_of(request)
    project = get_configurable_project(actor=actor, key=project_key)
    found = selectors.get_quick_filter(actor=actor, project=project, quick_filter_id=quick_filter_id)
    services.remove_quick_filter(actor=actor, quick_filter=found)
    values = {
        "name": found.name,
        "whose": whose_of(found),
        "type": found.type_id or "",
        "label": found.label_id or "",
        "least_priority": "" if found.least_priority is None else found.least_priority,
    }
    say_with_undo(
        request,
        _("The quick filter “%(name)s” is gone.") % {"name": found.name},
        reverse("quick_filter_new", args=[org, project.key, found.board_id]),
        values.items(),
    )
    return _back(request, project, found.board_id)


def _as_form(column: "Column", view: selectors.BoardView) -> list[tuple[str, Any]]:
    """What a form says that makes this column anew."""
    place = next(number for number, each in enumerate(view.columns) if each.id == column.pk)
    return [
        ("name", column.name),
        ("wip_limit", column.wip_limit or ""),
        ("wip_unit", column.wip_unit),
        ("wip_policy", column.wip_policy),
        ("position", place),
        *(("statuses", status_id) for status_id in view.columns[place].status_ids),
    ]


def _limit(data: dict[str, Any]) -> services.Limit:
    return services.Limit(at=data["wip_limit"], unit=data["wip_unit"], policy=data["wip_policy"])


def _back(request: HttpRequest, project: "Project", board_id: int, place: str = "") -> HttpResponse:
    """To the settings of a board, at the address that it has."""
    view = selectors.get_board(actor=actor_of(request), key=project.key, board_id=board_id)
    url = reverse("board_settings", args=[actor_of(request).org_slug, *view.names])
    return redirect(f"{url}#{place}" if place else url)


def _again(request: HttpRequest, board_id: int, **refused: Any) -> HttpResponse:
    """The page with a form that was refused."""
    key = request.resolver_match.kwargs["project_key"] if request.resolver_match else ""
    return _page(request, selectors.get_board(actor=actor_of(request), key=key, board_id=board_id), **refused)


class _Settings:
    """What the forms of a board's settings offer."""

    def __init__(self, request: HttpRequest, view: selectors.BoardView) -> None:
        self.view = view
        self.statuses = list_statuses(actor=actor_of(request), project=view.project)
        self.types = list_issue_types(actor=actor_of(request), project=view.project)
        self.labels = list_labels(actor=actor_of(request), project=view.project)
        self.column_of = {status_id: column for column in view.columns for status_id in column.status_ids}

    def board_form(self) -> BoardSettingsForm:
        view = self.view
        return BoardSettingsForm(
            initial={
                "name": view.name,
                "shows": view.shows,
                "done_days": view.done_days,
                "marks_slow": view.marks_slow,
                "grouping": view.usual_grouping,
            }
        )

    def column_forms(self) -> dict[int, Form]:
        return {
            column.id: ColumnForm(
                prefix=str(column.id),
                initial={
                    "name": column.name,
                    "wip_limit": column.wip_limit,
                    "wip_unit": column.wip_unit,
                    "wip_policy": column.wip_policy,
                },
            )
            for column in self.view.columns
        }

    def quick_form(self, data: Any = None) -> QuickFilterForm:
        return QuickFilterForm(
            data,
            types=[(each.pk, each.name) for each in self.types],
            labels=[(each.pk, each.name) for each in self.labels],
        )

    def places_form(self, data: Any = None) -> PlacesForm:
        return PlacesForm(
            data,
            prefix="status",
            statuses=[(status.pk, status.name) for status in self.statuses],
            columns=[(column.id, column.name) for column in self.view.columns],
            initial={str(status_id): column.id for status_id, column in self.column_of.items()},
        )

    def new_form(self, data: Any = None) -> NewColumnForm:
        def offer(status: Any) -> str:
            shown_by = self.column_of.get(status.pk)
            return _("%(status)s (now in “%(column)s”)") % {
                "status": status.name,
                "column": shown_by.name,
            } if shown_by else status.name  # fmt: skip

        return NewColumnForm(
            data,
            auto_id="new_%s",  # beside other forms with a name
            statuses=[(status.pk, offer(status)) for status in self.statuses],
            initial={"wip_unit": "issues", "wip_policy": "warn"},
        )


def _page(
    request: HttpRequest,
    view: selectors.BoardView,
    *,
    board: Form | None = None,
    columns: dict[int, Form] | None = None,
    places: PlacesForm | None = None,
    new: Form | None = None,
    quick: Form | None = None,
    limit: Form | None = None,
) -> HttpResponse:
    actor = actor_of(request)
    things = _Settings(request, view)
    forms = things.column_forms() | (columns or {})
    places = places or things.places_form()
    can_manage = policies.can_configure(actor, view.project)
    context = {
        "org": get_organization(actor=actor),
        "project": view.project,
        "board": view,
        "form": board or things.board_form(),
        "columns": [(column, forms[column.id]) for column in view.columns],
        "places_form": places,
        "places": [(status, places[str(status.pk)]) for status in things.statuses],
        "column_of": things.column_of,
        "issue_counts": issues_by_status(actor=actor, project=view.project),
        "new_form": new or things.new_form(),
        "quick_form": quick or things.quick_form(),
        "limit_form": limit or _limit_form(),
        "deleted": selectors.deleted_boards(actor=actor, project=view.project) if can_manage else [],
        "can_manage": can_manage,
    }
    sent = (board, new, quick, limit, places, *(columns or {}).values())
    is_refused = any(status_of(form) == 422 for form in sent if form)
    return render(request, "boards/settings.html", context, status=422 if is_refused else 200)
