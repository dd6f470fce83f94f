"""Starting projects, from a template or like another one, and copying a configuration onto one that is there."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from apps.boards import services
from apps.boards.copying_forms import LIKE, NewProjectForm
from apps.boards.selectors.copying import CopyPlan, Ways, copy_sources
from apps.core.errors import DomainError, Forbidden, Invalid, NotFound
from apps.core.forms import show_refusal, status_of
from apps.core.pages import render
from apps.core.requests import actor_of, get_or_post
from apps.orgs.policies import can_create_project
from apps.orgs.selectors import get_organization
from apps.projects.selectors import get_configurable_project, get_project
from apps.projects.services import create_project

# As many names as fit into a sentence.
MOST_NAMED = 5


@get_or_post
def create(request: HttpRequest, org: str) -> HttpResponse:
    """Start a project."""
    actor = actor_of(request)
    if not can_create_project(actor):
        raise Forbidden
    sources = [(each.key, f"{each.name} ({each.key})") for each in copy_sources(actor=actor)]
    asked = request.GET.get("like", "")
    initial = {"template": LIKE, "like": asked} if asked in dict(sources) else {}
    form = NewProjectForm(request.POST or None, sources=sources, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            key = _created(request, form.cleaned_data)
        except (Forbidden, NotFound):
            raise
        except DomainError as error:
            show_refusal(form, error)
        else:
            return redirect("board", org, key)
    context = {"org": get_organization(actor=actor), "form": form}
    return render(request, "projects/create.html", context, status=status_of(form))


def _created(request: HttpRequest, values: dict[str, Any]) -> str:
    """The key of the project that a form describes, now that it is there."""
    actor = actor_of(request)
    like, with_members = values.pop("like"), values.pop("with_members")
    if values["template"] != LIKE:
        project, _actor = create_project(actor=actor, **values)
        return project.key
    del values["template"]
    source = get_project(actor=actor, key=like)
    project, plan, people = services.create_project_like(
        actor=actor, source=source, with_members=with_members, **values
    )
    said = [_("%(name)s is like %(source)s now.") % {"name": project.name, "source": source.name}, *_said(plan)]
    if people:
        text = ngettext("%(num)s person has the same role here.", "%(num)s people have the same roles here.", people)
        said.append(text % {"num": people})
    said.append(_("Issues, sprints and releases stayed there."))
    messages.success(request, " ".join(said))
    return project.key


def _said(plan: CopyPlan, *, replaced: int = 0) -> list[str]:
    """What was copied, what was left out, and why."""
    said = []
    counts = [f"{each.name} ({len(each.added)})" for each in plan.summaries if each.added]
    if counts:
        said.append(_("Copied: %(what)s.") % {"what": ", ".join(counts)})
    if replaced:
        text = ngettext("%(num)s transition was replaced.", "%(num)s transitions were replaced.", replaced)
        said.append(text % {"num": replaced})
    if plan.has_cadence:
        said.append(_("Automatic sprints are set, and switched off."))
    left = [f"{each.name}: {each.why}" for each in plan.left]
    if left:
        more = len(left) - MOST_NAMED
        said.append(_("Left out:") + " " + " ".join(left[:MOST_NAMED]))
        if more > 0:
            said.append(ngettext("And %(num)s more.", "And %(num)s more.", more) % {"num": more})
    return said


@get_or_post
def copy(request: HttpRequest, org: str, project_key: str) -> HttpResponse:
    """Copy the configuration of another project (`from`: its key), once somebody has seen what comes of it."""
    actor = actor_of(request)
    project = get_configurable_project(actor=actor, key=project_key)
    sent = request.POST if request.method == "POST" else request.GET
    context: dict[str, Any] = {
        "org": get_organization(actor=actor),
        "project": project,
        "offered": copy_sources(actor=actor, project=project),
        "source": None,
        "plan": None,
        "refused": None,
        "ways": Ways.KEEP,
    }
    status = 200
    named = sent.get("from", "").strip()
    if named or request.method == "POST":
        source = get_project(actor=actor, key=named)
        context["source"] = source
        try:
            if request.method == "POST":
                return _copied(request, org, project, source)
            context["plan"] = services.plan_copy(actor=actor, source=source, target=project)
        except (Forbidden, NotFound):
            raise
        except services.ConfigurationChanged as error:
            context["refused"], status = error, error.status
            context["plan"] = services.plan_copy(actor=actor, source=source, target=project)
        except DomainError as error:
            context["refused"], status = error, error.status
    return render(request, "projects/copy.html", context, status=status)


def _copied(request: HttpRequest, org: str, project: Any, source: Any) -> HttpResponse:
    wanted = request.POST.get("ways", Ways.KEEP)
    if wanted not in set(Ways):
        raise Invalid(_("Choose one of the offered values."), field="ways")
    ways = Ways(wanted)
    plan = services.copy_configuration(
        actor=actor_of(request), source=source, target=project, ways=ways, seen=request.POST.get("seen")
    )
    if not plan.does_something(ways):
        messages.info(request, _("There was nothing to copy: everything is here already."))
        return redirect("project_settings", org, project.key)
    said = [_("The configuration of %(source)s is copied.") % {"source": source.name}]
    said += _said(plan, replaced=len(plan.going) if ways is Ways.REPLACE else 0)
    messages.success(
        request,
        format_html(
            '{} <form class="inline" method="post" action="{}">'
            '<input type="hidden" name="csrfmiddlewaretoken" value="{}">'
            '<button class="button small" type="submit">{}</button></form>',
            " ".join(said),
            reverse("project_copy_undo", args=[org, project.key]),
            get_token(request),
            _("Undo"),
        ),
    )
    return redirect("project_settings", org, project.key)


@require_POST
def undo(request: HttpRequest, org: str, project_key: str) -> HttpResponse:
    """Take one's own last copying back."""
    actor = actor_of(request)
    project = get_configurable_project(actor=actor, key=project_key)
    services.take_copy_back(actor=actor, project=project)
    messages.success(request, _("The configuration is as it was."))
    return redirect("project_settings", org, project.key)
