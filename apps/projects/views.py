"""Projects and their settings as pages."""

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.core.durations import in_hours
from apps.core.errors import DomainError, Forbidden
from apps.core.forms import show_refusal, status_of
from apps.core.pages import render
from apps.core.paging import read_mark, write_mark
from apps.core.requests import actor_of, get_or_post, is_scripted, way_back, words_of
from apps.orgs.forms import ConfirmForm
from apps.orgs.selectors import get_member, get_organization, list_members, list_service_accounts
from apps.projects import policies, selectors, services
from apps.projects.forms import KeyForm, LabelForm, MemberForm, SettingsForm, TimeForm

if TYPE_CHECKING:
    from apps.projects.models import Project


@get_or_post
def settings(request: HttpRequest, org: str, project_key: str) -> HttpResponse:
    """A project's settings, for everybody who sees it to read and for those who administer it to change."""
    actor = actor_of(request)
    project = selectors.get_project(actor=actor, key=project_key)
    form = SettingsForm(
        request.POST or None, initial=_settings_of(project), can_manage=policies.can_configure(actor, project)
    )
    if request.method == "POST":
        # The form of those who may only look has no values of theirs.
        project = selectors.get_configurable_project(actor=actor, key=project_key)
        if form.is_valid():
            try:
                services.edit_project(actor=actor, project=project, **form.cleaned_data)
            except DomainError as error:
                show_refusal(form, error)
            else:
                messages.success(request, _("The settings are saved."))
                return redirect("project_settings", org, project.key)
    return _settings_page(request, project, form=form)


def _settings_of(project: "Project") -> dict[str, str]:
    return {name: getattr(project, name) for name in SettingsForm.base_fields}


def _settings_page(
    request: HttpRequest,
    project: "Project",
    *,
    form: SettingsForm | None = None,
    member_form: MemberForm | None = None,
    key_form: KeyForm | None = None,
    delete_form: ConfirmForm | None = None,
    time_form: TimeForm | None = None,
) -> HttpResponse:
    actor = actor_of(request)
    can_manage = policies.can_configure(actor, project)
    context = {
        "org": get_organization(actor=actor),
        "project": project,
        "form": form or SettingsForm(initial=_settings_of(project), can_manage=can_manage),
        "can_manage": can_manage,
        "members": selectors.list_project_members(actor=actor, project=project),
        "member_form": member_form or MemberForm(people=_people(request)),
        "key_form": key_form or KeyForm(initial={"key": project.key}),
        "delete_form": delete_form or ConfirmForm(),
        "time_form": time_form
        or TimeForm(initial={"day": in_hours(project.minutes_a_day), "days_a_week": project.days_a_week}),
        "former_keys": selectors.former_keys(actor=actor, project=project),
    }
    shown = (form, member_form, key_form, delete_form, time_form)
    refused = [each for each in shown if each is not None and status_of(each) != 200]
    return render(request, "projects/settings.html", context, status=422 if refused else 200)


def _people(request: HttpRequest) -> list[tuple[int, str]]:
    actor = actor_of(request)
    seats = list_members(actor=actor) + list_service_accounts(actor=actor)
    return [(seat.user_id, seat.user.name or seat.user.email) for seat in seats]


@require_POST
def member_add(request: HttpRequest, org: str, project_key: str) -> HttpResponse:
    """Give somebody a role in the project."""
    actor = actor_of(request)
    project = selectors.get_configurable_project(actor=actor, key=project_key)
    form = MemberForm(request.POST, people=_people(request))
    if not form.is_valid():
        return _settings_page(request, project, member_form=form)
    seat = get_member(actor=actor, user_id=form.cleaned_data["user"])
    services.set_project_role(actor=actor, project=project, user=seat.user, role=form.cleaned_data["role"])
    messages.success(request, _("%(name)s was added.") % {"name": seat.user.name})
    return redirect("project_settings", org, project.key)


@get_or_post
def labels(request: HttpRequest, org: str, project_key: str) -> HttpResponse:
    """A page of the project's labels, and a form for one more."""
    actor = actor_of(request)
    project = selectors.get_project(actor=actor, key=project_key)
    count = selectors.count_labels(actor=actor, project=project)
    form = LabelForm(request.POST or None, initial={"hue": services.next_hue(count)})
    if request.method == "POST" and form.is_valid():
        try:
            made = services.create_label(actor=actor, project=project, **form.cleaned_data)
        except Forbidden:
            raise
        except DomainError as error:
            show_refusal(form, error)
        else:
            # It may stand on another page than the one that follows.
            messages.success(request, _("The label “%(name)s” is there now.") % {"name": made.name})
            return redirect("project_labels", org, project.key)
    q, after = words_of(request), read_mark(request.GET.get("after", ""))
    page = selectors.label_page(actor=actor, project=project, q=q, after=after)
    narrowed = {"q": q} if q else {}
    further = urlencode({**narrowed, "after": write_mark(page.next_after)}) if page.next_after else None
    context = {
        "org": get_organization(actor=actor),
        "project": project,
        "can_add": policies.can_edit_issues(actor, project),
        "can_manage": policies.can_configure(actor, project),
        "labels": page.rows,
        "count": count,
        "found": selectors.count_labels(actor=actor, project=project, q=q) if q else count,
        "q": q,
        "first_url": f"{request.path}?{urlencode(narrowed)}" if after else None,
        "next_url": f"{request.path}?{further}" if further else None,
        "form": form,
    }
    return render(request, "projects/labels.html", context, status=status_of(form))


@require_POST
def time_tracking(request: HttpRequest, org: str, project_key: str) -> HttpResponse:
    """Track time in the project, with what a day and a week are there, or show nothing of it any more."""
    actor = actor_of(request)
    project = selectors.get_configurable_project(actor=actor, key=project_key)
    is_on = request.POST.get("is_on") == "1"
    form = TimeForm(request.POST)
    if form.is_valid():
        try:
            services.set_time_tracking(actor=actor, project=project, is_on=is_on, **form.cleaned_data)
        except DomainError as error:
            show_refusal(form, error)
        else:
            said = _("Time is tracked here now.") if is_on else _("Nothing of time is shown any more. It is all kept.")
            messages.success(request, said)
            return redirect("project_settings", org, project.key)
    return _settings_page(request, project, time_form=form)


@require_POST
def key(request: HttpRequest, org: str, project_key: str) -> HttpResponse:
    """Give the project another key."""
    actor = actor_of(request)
    project = selectors.get_configurable_project(actor=actor, key=project_key)
    form = KeyForm(request.POST)
    if form.is_valid():
        try:
            changed = services.change_project_key(actor=actor, project=project, key=form.cleaned_data["key"])
        except DomainError as error:
            show_refusal(form, error)
        else:
            messages.success(
                request, _("The key is %(key)s now. Links to the one before lead on.") % {"key": changed.key}
            )
            return redirect("project_settings", org, changed.key)
    return _settings_page(request, project, key_form=form)


@require_POST
def delete(request: HttpRequest, org: str, project_key: str) -> HttpResponse:
    """Delete the project, for its typed name."""
    actor = actor_of(request)
    project = selectors.get_configurable_project(actor=actor, key=project_key)
    form = ConfirmForm(request.POST)
    if form.is_valid():
        try:
            services.delete_project(actor=actor, project=project, confirmation=form.cleaned_data["confirmation"])
        except DomainError as error:
            show_refusal(form, error)
        else:
            messages.success(request, _("%(name)s is deleted. You can bring it back here.") % {"name": project.name})
            return redirect("org_settings", org)
    return _settings_page(request, project, delete_form=form)


@require_POST
def undelete(request: HttpRequest, org: str, project_id: int) -> HttpResponse:
    """Bring a deleted project back."""
    project, actor = selectors.get_deleted_project(actor=actor_of(request), project_id=project_id)
    services.restore_project(actor=actor, project=project)
    messages.success(request, _("%(name)s is back.") % {"name": project.name})
    return redirect("board", org, project.key)


@require_POST
def archive(request: HttpRequest, org: str, project_key: str) -> HttpResponse:
    """Make the project read-only and hide it from lists."""
    return _set_archived(request, org, project_key, is_archived=True)


@require_POST
def restore(request: HttpRequest, org: str, project_key: str) -> HttpResponse:
    """Open an archived project again."""
    return _set_archived(request, org, project_key, is_archived=False)


def _set_archived(request: HttpRequest, org: str, project_key: str, *, is_archived: bool) -> HttpResponse:
    actor = actor_of(request)
    project = selectors.get_configurable_project(actor=actor, key=project_key)
    services.set_project_archived(actor=actor, project=project, is_archived=is_archived)
    messages.success(
        request, _("The project is archived: it can be read.") if is_archived else _("The project is back.")
    )
    return redirect("project_settings", org, project.key)


@require_POST
def star(request: HttpRequest, org: str, project_key: str) -> HttpResponse:
    """Take the project among one's favourites, or out of them. A script gets the favourites as they are now."""
    actor = actor_of(request)
    project = selectors.get_project(actor=actor, key=project_key)
    services.set_project_starred(actor=actor, project=project, is_starred=request.POST.get("star") == "1")
    if is_scripted(request):
        return render(request, "components/_favourites.html")
    return redirect(way_back(request, "projects", org))
