"""Taking labels, options of fields and people away: each asks what becomes of the open work, if there is any."""

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from apps.core.errors import Forbidden, NotFound
from apps.core.forms import is_done, status_of
from apps.core.notices import say_with_undo
from apps.core.pages import render
from apps.core.requests import actor_of, get_or_post
from apps.core.tenancy import OrgRole
from apps.issues import selectors, services
from apps.issues.forms import NONE, STAYS, HeirForm
from apps.orgs import policies as org_policies
from apps.orgs import selectors as orgs
from apps.projects import selectors as projects

if TYPE_CHECKING:
    from apps.accounts.models import User
    from apps.projects.models import Label


def _is_asked(request: HttpRequest, open_count: int) -> bool:
    """Whether the form that says where open work goes must be shown: there is some, and nothing was said."""
    return request.method != "POST" or (bool(open_count) and "to" not in request.POST)


# Labels


@get_or_post
def label_delete(request: HttpRequest, org: str, project_key: str, label_id: int) -> HttpResponse:
    """Delete a label; the issues that carry it get another one, if wanted."""
    actor = actor_of(request)
    project = projects.get_configurable_project(actor=actor, key=project_key)
    label = projects.get_label(actor=actor, project=project, label_id=label_id)
    count = selectors.count_labelled(actor=actor, label=label)
    others = {each.pk: each for each in projects.list_labels(actor=actor, project=project) if each.pk != label.pk}
    form = HeirForm(
        None if _is_asked(request, count) else {"to": request.POST.get("to", NONE)},
        heirs=[(pk, each.name) for pk, each in others.items()],
        none=_("Get no other label"),
        label=ngettext("The issue that carries it", "The issues that carry it", count),
    )
    changed = 0

    def write(data: dict[str, Any]) -> None:
        nonlocal changed
        to: Label | None = others[int(data["to"])] if data["to"] != NONE else None
        changed = services.retire_label(actor=actor, label=label, to=to)

    if form.is_bound and is_done(form, write):
        text = ngettext(
            "The label “%(name)s” is gone; %(count)s issue was changed.",
            "The label “%(name)s” is gone; %(count)s issues were changed.",
            changed,
        )
        undo = reverse("project_label_restore", args=[org, project.key, label.pk])
        say_with_undo(request, text % {"name": label.name, "count": changed}, undo)
        return redirect("project_labels", org, project.key)
    if request.method == "POST" and not form.is_bound:
        return redirect("project_label_delete", org, project.key, label.pk)
    context = {
        "org": orgs.get_organization(actor=actor),
        "project": project,
        "label": label,
        "count": count,
        "form": form,
    }
    return render(request, "removal/label.html", context, status=status_of(form))


@require_POST
def label_restore(request: HttpRequest, org: str, project_key: str, retired_label_id: int) -> HttpResponse:
    """Bring a deleted label back."""
    actor = actor_of(request)
    project = projects.get_configurable_project(actor=actor, key=project_key)
    label = projects.get_retired_label(actor=actor, project=project, label_id=retired_label_id)
    services.restore_label(actor=actor, label=label)
    messages.success(request, _("The label “%(name)s” is back.") % {"name": label.name})
    return redirect("project_labels", org, project.key)


# Options of fields


@get_or_post
def option_remove(request: HttpRequest, org: str, project_key: str, field_id: int, option_id: int) -> HttpResponse:
    """Take an option of a field away; the issues that have it get another one, if wanted."""
    actor = actor_of(request)
    project = projects.get_configurable_project(actor=actor, key=project_key)
    field = projects.get_custom_field(actor=actor, project=project, field_id=field_id)
    option = next((each for each in field.choices if each.id == option_id), None)
    if option is None:
        raise NotFound(_("This option is gone. Reload the page."))
    count = selectors.count_with_option(actor=actor, field=field, option_id=option_id)
    others = [(each.id, each.name) for each in field.choices if each.id != option_id]
    form = HeirForm(
        None if _is_asked(request, count) else {"to": request.POST.get("to", NONE)},
        heirs=others,
        none=_("Get no other option"),
        label=ngettext("The issue that has it", "The issues that have it", count),
    )
    changed = 0

    def write(data: dict[str, Any]) -> None:
        nonlocal changed
        to = int(data["to"]) if data["to"] != NONE else None
        changed = services.retire_option(actor=actor, field=field, option_id=option_id, to=to)

    if form.is_bound and is_done(form, write):
        text = ngettext(
            "The option “%(name)s” is gone; %(count)s issue was changed.",
            "The option “%(name)s” is gone; %(count)s issues were changed.",
            changed,
        )
        undo = reverse("field_option_restore", args=[org, project.key, field.pk, option_id])
        say_with_undo(request, text % {"name": option.name, "count": changed}, undo)
        return redirect("field", org, project.key, field.pk)
    if request.method == "POST" and not form.is_bound:
        return redirect("field_option_remove", org, project.key, field.pk, option_id)
    context = {
        "org": orgs.get_organization(actor=actor),
        "project": project,
        "field_of": field,
        "option": option,
        "count": count,
        "form": form,
    }
    return render(request, "removal/option.html", context, status=status_of(form))


@require_POST
def option_restore(
    request: HttpRequest, org: str, project_key: str, field_id: int, retired_option_id: int
) -> HttpResponse:
    """Bring an option back that was taken away."""
    actor = actor_of(request)
    project = projects.get_configurable_project(actor=actor, key=project_key)
    field = projects.get_custom_field(actor=actor, project=project, field_id=field_id)
    services.restore_option(actor=actor, field=field, option_id=retired_option_id)
    messages.success(
        request, _("The option “%(name)s” is back.") % {"name": field.option_names.get(retired_option_id, "")}
    )
    return redirect("field", org, project.key, field.pk)


# People


def _person_form(request: HttpRequest, people: "dict[int, User]", count: int) -> HeirForm:
    return HeirForm(
        None if _is_asked(request, count) else {"to": request.POST.get("to", STAYS)},
        heirs=[(pk, person.name or person.email) for pk, person in people.items()],
        stays=_("Stay with them"),
        none=_("Go to nobody"),
        label=ngettext("Their open issue", "Their open issues", count),
    )


def _handed(count: int) -> str:
    return ngettext("%(count)s open issue was handed over.", "%(count)s open issues were handed over.", count) % {
        "count": count
    }


@get_or_post
def project_member_remove(request: HttpRequest, org: str, project_key: str, user_id: int) -> HttpResponse:
    """Take somebody's role in the project away; their open issues go where the form says."""
    actor = actor_of(request)
    project = projects.get_configurable_project(actor=actor, key=project_key)
    member = projects.get_project_member(actor=actor, project=project, user_id=user_id)
    count = selectors.count_open_work(actor=actor, user_id=user_id, project=project)
    able = projects.assignable_people(actor=actor, project=project)
    people = {person.pk: person for person in able if person.pk != user_id}
    form = _person_form(request, people, count)
    handed = 0

    def write(data: dict[str, Any]) -> None:
        nonlocal handed
        keeps = data["to"] == STAYS
        to = None if data["to"] in (STAYS, NONE) else people[int(data["to"])]
        handed = services.remove_from_project(actor=actor, member=member, keeps_work=keeps, to=to)

    if form.is_bound and is_done(form, write):
        text = _("%(name)s was removed from the project.") % {"name": member.user.name}
        if handed or user_id == actor.user_id:
            messages.success(request, f"{text} {_handed(handed)}" if handed else text)
        else:
            again = [("user", str(user_id)), ("role", member.role)]
            say_with_undo(request, text, reverse("project_member_add", args=[org, project.key]), again)
        # They may no longer see the page they came from.
        return redirect("home", org) if user_id == actor.user_id else redirect("project_settings", org, project.key)
    if request.method == "POST" and not form.is_bound:
        return redirect("project_member_remove", org, project.key, user_id)
    context = {
        "org": orgs.get_organization(actor=actor),
        "project": project,
        "person": member.user,
        "count": count,
        "form": form,
        "back": reverse("project_settings", args=[org, project.key]),
    }
    return render(request, "removal/project_member.html", context, status=status_of(form))


@get_or_post
def member_remove(request: HttpRequest, org: str, user_id: int) -> HttpResponse:
    """End somebody's seat, or leave; their open issues go where the form says."""
    actor = actor_of(request)
    member = orgs.get_member(actor=actor, user_id=user_id)
    if user_id != actor.user_id and not org_policies.can_grant(actor, OrgRole(member.role)):
        raise Forbidden
    organization = orgs.get_organization(actor=actor)
    count = selectors.count_open_work(actor=actor, user_id=user_id)
    seats = orgs.list_members(actor=actor)
    people = {seat.user_id: seat.user for seat in seats if seat.user_id != user_id and seat.role != OrgRole.GUEST}
    form = _person_form(request, people, count)
    handed = 0

    def write(data: dict[str, Any]) -> None:
        nonlocal handed
        keeps = data["to"] == STAYS
        to = None if data["to"] in (STAYS, NONE) else people[int(data["to"])]
        handed = services.remove_from_organization(actor=actor, membership=member, keeps_work=keeps, to=to)

    if form.is_bound:
        if not form.is_valid():
            return _seat_page(request, organization, member, count, form)
        # A refusal of the organization (its last owner leaves) is no matter of this form.
        write(form.cleaned_data)
        if user_id == actor.user_id:
            messages.success(request, _("You left %(org)s.") % {"org": organization.name})
            return redirect("start")
        text = _("%(name)s is no longer a member.") % {"name": member.user.name}
        messages.success(request, f"{text} {_handed(handed)}" if handed else text)
        return redirect("members", org)
    if request.method == "POST":
        return redirect("member_remove", org, user_id)
    return _seat_page(request, organization, member, count, form)


def _seat_page(request: HttpRequest, organization: Any, member: Any, count: int, form: HeirForm) -> HttpResponse:
    context = {
        "org": organization,
        "person": member.user,
        "count": count,
        "form": form,
        "back": reverse("members", args=[organization.slug]),
    }
    return render(request, "removal/member.html", context, status=status_of(form))
