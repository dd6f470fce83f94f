"""The releases of a project: the list, one version with what is in it, and what its admins do with it."""

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from apps.core.forms import is_done, status_of
from apps.core.markdown import render_markdown
from apps.core.notices import say_with_undo
from apps.core.pages import render
from apps.core.paging import read_mark, write_mark
from apps.core.requests import actor_of, get_or_post
from apps.events.selectors import project_stream
from apps.issues import selectors, services
from apps.issues.forms import NONE, STAYS, HeirForm, VersionForm
from apps.orgs.selectors import get_organization
from apps.projects import policies
from apps.projects import selectors as projects
from apps.projects import services as project_services

if TYPE_CHECKING:
    from apps.projects.models import Project, Version


def _frame(request: HttpRequest, project: "Project") -> dict[str, Any]:
    actor = actor_of(request)
    return {
        "org": get_organization(actor=actor),
        "project": project,
        "can_manage": policies.can_configure(actor, project) and project.archived_at is None,
    }


def _found(request: HttpRequest, project_key: str, version_id: int) -> "Version":
    """A version that the actor may change.

    :raises Forbidden: for people who do not administer the project
    """
    actor = actor_of(request)
    project = projects.get_configurable_project(actor=actor, key=project_key)
    return projects.get_version(actor=actor, project=project, version_id=version_id)


@get_or_post
def releases(request: HttpRequest, org: str, project_key: str) -> HttpResponse:
    """The versions of a project, what is to come first; and a form that plans another."""
    actor = actor_of(request)
    if request.method != "POST":
        return _list_page(request, projects.get_project(actor=actor, key=project_key))
    project = projects.get_configurable_project(actor=actor, key=project_key)
    form = VersionForm(request.POST)
    if not is_done(form, lambda data: project_services.create_version(actor=actor, project=project, **data)):
        return _list_page(request, project, form=form)
    messages.success(request, _("“%(name)s” is planned.") % {"name": form.cleaned_data["name"]})
    return redirect("releases", org, project.key)


def _list_page(request: HttpRequest, project: "Project", *, form: Form | None = None) -> HttpResponse:
    actor = actor_of(request)
    # Read before the rest: what happens in between is replayed, not lost.
    stream, seq = project_stream(actor=actor, project_id=project.pk)
    found = selectors.list_releases(actor=actor, project=project, after=read_mark(request.GET.get("after", "")))
    home = reverse("releases", args=[actor.org_slug, project.key])
    context = _frame(request, project) | {
        "releases": found,
        "is_first": not request.GET.get("after"),
        "next_url": f"{home}?{urlencode({'after': write_mark(found.next_after)})}" if found.next_after else None,
        "form": form or VersionForm(),
        "stream": stream,
        "seq": seq,
    }
    return render(request, "releases/list.html", context, status=status_of(form) if form else 200)


@require_GET
def release(request: HttpRequest, org: str, project_key: str, version_id: int) -> HttpResponse:
    """One version: what is in it, how far it is, and what can be said of it to others."""
    actor = actor_of(request)
    project = projects.get_project(actor=actor, key=project_key)
    version = projects.get_version(actor=actor, project=project, version_id=version_id)
    return _page(request, version)


def _page(request: HttpRequest, version: "Version", *, form: Form | None = None) -> HttpResponse:
    actor, project = actor_of(request), version.project
    stream, seq = project_stream(actor=actor, project_id=project.pk)
    view = selectors.release_view(actor=actor, version=version)
    context = _frame(request, project) | {
        "view": view,
        "version": version,
        "description": render_markdown(version.description),
        "notes": selectors.release_notes(actor=actor, version=version),
        "form": form or _heir_form(request, version, stays=_("Stays in this version")),
        "stream": stream,
        "seq": seq,
    }
    return render(request, "releases/release.html", context, status=status_of(form) if form else 200)


def _heir_form(request: HttpRequest, version: "Version", data: Any = None, **words: Any) -> HeirForm:
    """Where the unfinished work of a version goes: to another one that has not come out, or to none."""
    found = projects.list_versions(actor=actor_of(request), project=version.project)
    heirs = [(each.pk, each.name) for each in found if each.released_at is None and each.pk != version.pk]
    label, none = _("What is unfinished"), _("Comes with no version")
    return HeirForm(data, heirs=heirs, label=label, none=none, **words)


def _heir(request: HttpRequest, version: "Version", chosen: str) -> "Version | None":
    """The version that was chosen for unfinished work, if one was."""
    if chosen in (STAYS, NONE):
        return None
    return projects.get_version(actor=actor_of(request), project=version.project, version_id=int(chosen))


@require_POST
def publish(request: HttpRequest, org: str, project_key: str, version_id: int) -> HttpResponse:
    """Say that a version has come out, and where its unfinished work goes."""
    actor = actor_of(request)
    version = _found(request, project_key, version_id)
    form = _heir_form(request, version, request.POST, stays=_("Stays in this version"))

    def write(data: dict[str, Any]) -> None:
        services.release_version(
            actor=actor,
            version=version,
            keeps_open=data["to"] == STAYS,
            to=_heir(request, version, data["to"]),
        )

    if not is_done(form, write):
        return _page(request, version, form=form)
    undo = reverse("version_unrelease", args=[org, version.project.key, version.pk])
    say_with_undo(request, _("“%(name)s” is released.") % {"name": version.name}, undo, [("issues", "1")])
    return redirect("release", org, version.project.key, version.pk)


@require_POST
def unrelease(request: HttpRequest, org: str, project_key: str, released_version_id: int) -> HttpResponse:
    """Take a release back; right after it (`issues`), what went elsewhere with it comes back as well."""
    version = _found(request, project_key, released_version_id)
    brings_back = request.POST.get("issues") == "1"
    services.unrelease_version(actor=actor_of(request), version=version, brings_back=brings_back)
    messages.success(request, _("“%(name)s” is open again.") % {"name": version.name})
    return redirect("release", org, version.project.key, version.pk)


@get_or_post
def edit(request: HttpRequest, org: str, project_key: str, version_id: int) -> HttpResponse:
    """Change what a version is called, what it is about, and its dates."""
    version = _found(request, project_key, version_id)
    now = {name: getattr(version, name) for name in ("name", "description", "start_date", "release_date")}
    form = VersionForm(request.POST or None, initial=now)
    if request.method == "POST" and is_done(
        form, lambda data: project_services.edit_version(actor=actor_of(request), version=version, **data)
    ):
        messages.success(request, _("“%(name)s” is saved.") % {"name": form.cleaned_data["name"]})
        return redirect("release", org, version.project.key, version.pk)
    context = _frame(request, version.project) | {"version": version, "form": form}
    return render(request, "releases/edit.html", context, status=status_of(form))


@require_POST
def archive(request: HttpRequest, org: str, project_key: str, version_id: int) -> HttpResponse:
    """Take a version out of what is offered, or (`archived` is 0) put it back."""
    version = _found(request, project_key, version_id)
    is_archived = request.POST.get("archived") != "0"
    project_services.set_version_archived(actor=actor_of(request), version=version, is_archived=is_archived)
    text = _("“%(name)s” is archived: issues keep it, nothing offers it.") if is_archived else _("“%(name)s” is back.")
    messages.success(request, text % {"name": version.name})
    return redirect("release", org, version.project.key, version.pk)


@get_or_post
def delete(request: HttpRequest, org: str, project_key: str, version_id: int) -> HttpResponse:
    """Delete a version; what of it is unfinished goes where the form says."""
    actor = actor_of(request)
    version = _found(request, project_key, version_id)
    form = _heir_form(request, version, request.POST if request.method == "POST" else None)
    changed = 0

    def write(data: dict[str, Any]) -> None:
        nonlocal changed
        changed = services.retire_version(actor=actor, version=version, to=_heir(request, version, data["to"]))

    if request.method == "POST" and is_done(form, write):
        text = ngettext(
            "“%(name)s” is deleted; %(count)s issue was changed.",
            "“%(name)s” is deleted; %(count)s issues were changed.",
            changed,
        )
        undo = reverse("version_restore", args=[org, version.project.key, version.pk])
        say_with_undo(request, text % {"name": version.name, "count": changed}, undo)
        return redirect("releases", org, version.project.key)
    view = selectors.release_view(actor=actor, version=version)
    context = _frame(request, version.project) | {"version": version, "view": view, "form": form}
    return render(request, "releases/delete.html", context, status=status_of(form))


@require_POST
def restore(request: HttpRequest, org: str, project_key: str, retired_version_id: int) -> HttpResponse:
    """Bring a deleted version back."""
    actor = actor_of(request)
    project = projects.get_configurable_project(actor=actor, key=project_key)
    version = projects.get_version(actor=actor, project=project, version_id=retired_version_id, is_retired=True)
    services.restore_version(actor=actor, version=version)
    messages.success(request, _("“%(name)s” is back.") % {"name": version.name})
    return redirect("release", org, project.key, version.pk)


@require_GET
def notes(request: HttpRequest, org: str, project_key: str, version_id: int) -> HttpResponse:
    """The release notes as a file."""
    actor = actor_of(request)
    project = projects.get_project(actor=actor, key=project_key)
    version = projects.get_version(actor=actor, project=project, version_id=version_id)
    text = selectors.release_notes(actor=actor, version=version)
    name = slugify(f"{project.key} {version.name}".replace(".", "-")) or "release"
    headers = {"Content-Disposition": f'attachment; filename="{name}.md"'}
    return HttpResponse(text, content_type="text/markdown; charset=utf-8", headers=headers)
