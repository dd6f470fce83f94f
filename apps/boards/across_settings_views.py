"""Making, changing and deleting boards over several projects, and their quick filters."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.boards import policies
from apps.boards.across_forms import AcrossForm, AcrossQuickForm, AcrossSettingsForm
from apps.boards.forms import whose_of
from apps.boards.selectors import CARD_FIELDS
from apps.boards.selectors import across as selectors
from apps.boards.services import across as services
from apps.boards.services.across_quick_filters import (
    AskedAcross,
    add_across_quick_filter,
    remove_across_quick_filter,
)
from apps.core.errors import Forbidden
from apps.core.forms import is_done, status_of
from apps.core.notices import say_with_undo
from apps.core.pages import render
from apps.core.requests import actor_of, get_or_post
from apps.core.tenancy import Actor
from apps.orgs.selectors import get_organization
from apps.projects.selectors import list_projects


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


def _as_it_is(view: selectors.AcrossView) -> dict[str, Any]:
    """What the form of its settings says of a board before anybody changes it."""
    return {
        "name": view.name,
        "by": view.by,
        "projects": [project.pk for project in view.projects],
        "shows": [field for field, _name in CARD_FIELDS if field not in view.left_out],
        "done_days": view.done_days,
        "marks_slow": view.marks_slow,
        "grouping": view.usual_grouping,
    }


@get_or_post
def settings(request: HttpRequest, org: str, across_id: int) -> HttpResponse:
    """Change a board: its name, its projects, its columns. The notice that says so puts back what was."""
    actor = actor_of(request)
    view = selectors.get_across(actor=actor, across_id=across_id)
    if not view.can_change:
        raise Forbidden
    was = _as_it_is(view)
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
    return _settings_page(request, view, form, _quick_form(actor, view))


def _quick_form(actor: Actor, view: selectors.AcrossView, data: Any = None) -> AcrossQuickForm:
    """The form of a quick filter, offering what the reader's projects have."""
    return AcrossQuickForm(
        data,
        types=selectors.names_of(selectors.types_on(actor=actor, view=view)),
        labels=selectors.names_of(selectors.labels_on(actor=actor, view=view)),
    )


def _settings_page(
    request: HttpRequest, view: selectors.AcrossView, form: AcrossForm, quick: AcrossQuickForm
) -> HttpResponse:
    actor = actor_of(request)
    context = {
        "org": get_organization(actor=actor),
        "form": form,
        "board": view,
        "quick_form": quick,
        "quick_filters": selectors.quick_filters_on(actor=actor, view=view),
    }
    status = max(status_of(form), status_of(quick))
    return render(request, "boards/across_form.html", context, status=status)


@require_POST
def quick_new(request: HttpRequest, org: str, across_id: int) -> HttpResponse:
    """Give a board a quick filter, or put one back."""
    actor = actor_of(request)
    view = selectors.get_across(actor=actor, across_id=across_id)
    if not view.can_change:
        raise Forbidden
    found = selectors.get_across_to_change(actor=actor, across_id=across_id)
    quick = _quick_form(actor, view, request.POST)

    def write(data: dict[str, Any]) -> None:
        asked = AskedAcross(type_name=data["type"], label_name=data["label"], **quick.asked_of_all())
        add_across_quick_filter(actor=actor, board=found, view=view, name=data["name"], asked=asked)

    if not is_done(quick, write):
        form = _form(actor, of=AcrossSettingsForm, also=view.projects, initial=_as_it_is(view))
        return _settings_page(request, view, form, quick)
    messages.success(request, _("The quick filter “%(name)s” is on the board.") % {"name": quick.cleaned_data["name"]})
    return _back_to_quick_filters(org, across_id)


@require_POST
def quick_remove(request: HttpRequest, org: str, across_id: int, across_quick_filter_id: int) -> HttpResponse:
    """Take a quick filter away; the notice that says so puts it back."""
    actor = actor_of(request)
    view = selectors.get_across(actor=actor, across_id=across_id)
    found = selectors.get_across_quick_filter(actor=actor, view=view, quick_filter_id=across_quick_filter_id)
    remove_across_quick_filter(actor=actor, quick_filter=found)
    values = {
        "name": found.name,
        "whose": whose_of(found),
        "type": found.type_name,
        "label": found.label_name,
        "least_priority": "" if found.least_priority is None else found.least_priority,
    }
    text = _("The quick filter “%(name)s” is gone.") % {"name": found.name}
    say_with_undo(request, text, reverse("across_quick_filter_new", args=[org, across_id]), values.items())
    return _back_to_quick_filters(org, across_id)


def _back_to_quick_filters(org: str, across_id: int) -> HttpResponse:
    return redirect(f"{reverse('across_settings', args=[org, across_id])}#quick-title")


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
