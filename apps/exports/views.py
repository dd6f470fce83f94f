"""Taking issues out: as a table at once, or everything as an archive that is written meanwhile."""

from functools import partial
from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.core.errors import Conflict, Forbidden
from apps.core.pages import render
from apps.core.requests import actor_of, get_or_post
from apps.core.tenancy import run_as
from apps.exports import policies, selectors, services
from apps.exports.sending import send_archive, send_table
from apps.exports.table import Sheet
from apps.issues.selectors import Filters
from apps.orgs.selectors import get_organization
from apps.projects.selectors import get_project

if TYPE_CHECKING:
    from apps.projects.models import Project


@require_safe
def table(request: HttpRequest, org: str, project_key: str) -> HttpResponseBase:
    """A project's issues as CSV: all of them, or those that a list or board shows under the same filter."""
    actor = actor_of(request)
    project = get_project(actor=actor, key=project_key)
    sheet = Sheet(
        project_key=project.key,
        zone=timezone.get_current_timezone(),
        filters=Filters.read(request.GET.dict()),
        has_mark=request.GET.get("bom") == "1",
    )
    entering = partial(run_as, user_id=actor.person_id, org_slug=actor.org_slug)
    return send_table(request, entering=entering, sheet=sheet)


@get_or_post
def of_project(request: HttpRequest, org: str, project_key: str) -> HttpResponse:
    """What can be taken out of a project, and the archives of it that the reader asked for."""
    actor = actor_of(request)
    return _page(request, get_project(actor=actor, key=project_key))


@get_or_post
def of_organization(request: HttpRequest, org: str) -> HttpResponse:
    """The same of all projects that the reader sees."""
    if not policies.can_archive(actor_of(request), None):
        raise Forbidden
    return _page(request, None)


def _page(request: HttpRequest, project: "Project | None") -> HttpResponse:
    actor = actor_of(request)
    problem = ""
    if request.method == "POST":
        try:
            services.ask_for_archive(actor=actor, project=project)
        except Conflict as error:
            problem = str(error.detail)
        else:
            messages.success(request, _("The archive is being written. You can leave this page."))
            return redirect(_address(project), *_names(request, project))
    context = {
        "org": get_organization(actor=actor),
        "project": project,
        "can_archive": policies.can_archive(actor, project),
        "archives": selectors.list_archives(actor=actor, project=project),
        "at_work": selectors.archive_at_work(actor=actor),
        "problem": problem,
        "address": (_address(project), *_names(request, project)),
    }
    return render(request, "exports/page.html", context, status=409 if problem else 200)


def _address(project: "Project | None") -> str:
    return "org_export" if project is None else "project_export"


def _names(request: HttpRequest, project: "Project | None") -> list[str]:
    slug = actor_of(request).org_slug
    return [slug] if project is None else [slug, project.key]


@require_safe
def download(request: HttpRequest, org: str, export_id: int) -> HttpResponseBase:
    """An archive, for whoever asked for it, as long as they may see all that is in it."""
    run = selectors.get_readable_archive(actor=actor_of(request), pk=export_id)
    return send_archive(request, run=run)


@require_POST
def remove(request: HttpRequest, org: str, export_id: int) -> HttpResponse:
    """Delete an archive. Another one can be asked for at any time."""
    actor = actor_of(request)
    run = selectors.get_archive(actor=actor, pk=export_id)
    services.remove_archive(actor=actor, run=run)
    messages.success(request, _("The archive is deleted."))
    return redirect(_address(run.project), *_names(request, run.project))
