"""The settings page of a project's own fields, and the forms of one."""

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from apps.core.errors import Invalid
from apps.core.forms import is_done, status_of
from apps.core.notices import say_with_undo
from apps.core.pages import render
from apps.core.requests import actor_of, get_or_post
from apps.orgs.selectors import get_organization
from apps.projects import policies, selectors, services
from apps.projects.forms import FieldForm, OptionsForm

if TYPE_CHECKING:
    from apps.projects.models import Project


def _frame(request: HttpRequest, project: "Project") -> dict[str, Any]:
    actor = actor_of(request)
    return {
        "org": get_organization(actor=actor),
        "project": project,
        "can_manage": policies.can_configure(actor, project),
        "types": {each.pk: each for each in selectors.list_issue_types(actor=actor, project=project)},
    }


@require_GET
def fields(request: HttpRequest, org: str, project_key: str) -> HttpResponse:
    """The project's own fields, for everybody who sees the project."""
    actor = actor_of(request)
    project = selectors.get_project(actor=actor, key=project_key)
    context = _frame(request, project) | {
        "fields": selectors.list_custom_fields(actor=actor, project=project),
        "retired": selectors.list_retired_fields(actor=actor, project=project),
        "most": services.MOST_FIELDS,
    }
    return render(request, "fields/fields.html", context)


def _form(context: dict[str, Any], data: Any = None, *, is_new: bool, **options: Any) -> FieldForm:
    types = [(pk, each.name) for pk, each in context["types"].items()]
    return FieldForm(data, types=types, is_new=is_new, **options)


@get_or_post
def field_new(request: HttpRequest, org: str, project_key: str) -> HttpResponse:
    """Give issues one more field."""
    actor = actor_of(request)
    project = selectors.get_configurable_project(actor=actor, key=project_key)
    context = _frame(request, project)
    form = _form(context, request.POST or None, is_new=True)
    if request.method == "POST" and is_done(
        form, lambda data: services.create_field(actor=actor, project=project, **form.values())
    ):
        messages.success(request, _("The field “%(name)s” is there.") % {"name": form.cleaned_data["name"]})
        return redirect("fields", org, project.key)
    return render(request, "fields/field.html", context | {"form": form, "field": None}, status=status_of(form))


@get_or_post
def field(request: HttpRequest, org: str, project_key: str, field_id: int) -> HttpResponse:
    """Change a field."""
    actor = actor_of(request)
    project = selectors.get_configurable_project(actor=actor, key=project_key)
    found = selectors.get_custom_field(actor=actor, project=project, field_id=field_id)
    context = _frame(request, project)
    form = _form(context, request.POST or None, is_new=False, initial=_now(found))
    if request.method == "POST" and is_done(
        form, lambda data: services.edit_field(actor=actor, field=found, **form.values())
    ):
        messages.success(request, _("“%(name)s” is saved.") % {"name": form.cleaned_data["name"]})
        return redirect("fields", org, project.key)
    return _page(request, context, found, form=form)


def _now(found: Any) -> dict[str, Any]:
    names = ("name", "help_text", "is_required", "on_cards", "in_lists")
    return {name: getattr(found, name) for name in names} | {"types": found.type_ids}


def _page(
    request: HttpRequest,
    context: dict[str, Any],
    found: Any,
    *,
    form: FieldForm | None = None,
    options_form: OptionsForm | None = None,
) -> HttpResponse:
    form = form or _form(context, is_new=False, initial=_now(found))
    options_form = options_form or OptionsForm()
    context |= {"field": found, "form": form, "options_form": options_form, "most": services.MOST_OPTIONS}
    status = max(status_of(form), status_of(options_form))
    return render(request, "fields/field.html", context, status=status)


@require_POST
def field_shift(request: HttpRequest, org: str, project_key: str, field_id: int) -> HttpResponse:
    """Move a field up or down."""
    actor = actor_of(request)
    project = selectors.get_configurable_project(actor=actor, key=project_key)
    found = selectors.get_custom_field(actor=actor, project=project, field_id=field_id)
    services.shift_field(actor=actor, field=found, by=_step(request))
    return redirect(f"{reverse('fields', args=[org, project.key])}#field-{field_id}")


def _step(request: HttpRequest) -> int:
    """One up or one down.

    :raises Invalid: for anything else
    """
    by = request.POST.get("by")
    if by not in {"-1", "1"}:
        raise Invalid(_("Choose one of the offered values."), field="by")
    return int(by)


@require_POST
def field_remove(request: HttpRequest, org: str, project_key: str, field_id: int) -> HttpResponse:
    """Take a field away, with a way back."""
    actor = actor_of(request)
    project = selectors.get_configurable_project(actor=actor, key=project_key)
    found = selectors.get_custom_field(actor=actor, project=project, field_id=field_id)
    services.retire_field(actor=actor, field=found)
    text = _("The field “%(name)s” is gone. Issues keep what they have of it.") % {"name": found.name}
    say_with_undo(request, text, reverse("field_restore", args=[org, project.key, field_id]))
    return redirect("fields", org, project.key)


@require_POST
def field_restore(request: HttpRequest, org: str, project_key: str, retired_field_id: int) -> HttpResponse:
    """Bring a field back that was taken away."""
    actor = actor_of(request)
    project = selectors.get_configurable_project(actor=actor, key=project_key)
    found = selectors.get_custom_field(actor=actor, project=project, field_id=retired_field_id, is_retired=True)
    services.restore_field(actor=actor, field=found)
    messages.success(request, _("The field “%(name)s” is back.") % {"name": found.name})
    return redirect("fields", org, project.key)


@require_POST
def options_add(request: HttpRequest, org: str, project_key: str, field_id: int) -> HttpResponse:
    """Let a field offer more."""
    actor = actor_of(request)
    project = selectors.get_configurable_project(actor=actor, key=project_key)
    found = selectors.get_custom_field(actor=actor, project=project, field_id=field_id)
    form = OptionsForm(request.POST)
    if is_done(form, lambda data: services.add_options(actor=actor, field=found, names=data["options"].splitlines())):
        return redirect(f"{reverse('field', args=[org, project.key, field_id])}#options")
    return _page(request, _frame(request, project), found, options_form=form)


@require_POST
def option(request: HttpRequest, org: str, project_key: str, field_id: int, option_id: int) -> HttpResponse:
    """Rename an option (`name`), or move it up or down (`by`)."""
    actor = actor_of(request)
    project = selectors.get_configurable_project(actor=actor, key=project_key)
    found = selectors.get_custom_field(actor=actor, project=project, field_id=field_id)
    if "by" in request.POST:
        services.shift_option(actor=actor, field=found, option_id=option_id, by=_step(request))
    else:
        name = request.POST.get("name", "")
        services.rename_option(actor=actor, field=found, option_id=option_id, name=name)
        messages.success(request, _("“%(name)s” is saved.") % {"name": name})
    return redirect(f"{reverse('field', args=[org, project.key, field_id])}#option-{option_id}")
