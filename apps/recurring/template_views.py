"""The settings page of templates and schedules, and the forms of templates."""

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from apps.core.errors import Invalid
from apps.core.forms import is_done, status_of
from apps.core.notices import say_with_undo
from apps.core.pages import render
from apps.core.requests import actor_of, get_or_post
from apps.orgs.selectors import get_organization
from apps.projects import policies
from apps.projects import selectors as projects
from apps.recurring import selectors, services
from apps.recurring.forms import CREATOR, NOBODY, TemplateForm
from apps.recurring.titles import PLACEHOLDERS
from apps.recurring.words import in_words

if TYPE_CHECKING:
    from apps.projects.models import Project
    from apps.recurring.models import IssueTemplate


def frame(request: HttpRequest, project: "Project") -> dict[str, Any]:
    """What every page of these settings shows."""
    actor = actor_of(request)
    return {
        "org": get_organization(actor=actor),
        "project": project,
        "can_manage": policies.can_configure(actor, project) and project.archived_at is None,
    }


@require_GET
def templates(request: HttpRequest, org: str, project_key: str) -> HttpResponse:
    """The project's templates and schedules, for everybody who sees the project."""
    actor = actor_of(request)
    project = projects.get_project(actor=actor, key=project_key)
    present = selectors.Present(actor=actor, project=project)
    today = timezone.localdate()
    found = selectors.list_templates(actor=actor, project=project)
    lines = selectors.list_schedules(actor=actor, project=project)
    context = frame(request, project) | {
        "templates": [(each, present.fill(each, day=today)) for each in found],
        "schedules": [(line, in_words(selectors.rule_of(line.schedule), most=line.schedule.most)) for line in lines],
    }
    return render(request, "recurring/settings.html", context)


class _Things:
    """What a template of a project can be made of."""

    def __init__(self, request: HttpRequest, project: "Project") -> None:
        actor = actor_of(request)
        self.types = {each.pk: each for each in projects.list_types_for_new(actor=actor, project=project)}
        self.people = {str(each.pk): each for each in projects.assignable_people(actor=actor, project=project)}
        self.labels = {each.pk: each for each in projects.list_labels(actor=actor, project=project)}

    def form(self, data: Any = None, **options: Any) -> TemplateForm:
        return TemplateForm(
            data,
            types=[(pk, each.name) for pk, each in self.types.items()],
            people=[(pk, person.name) for pk, person in self.people.items()],
            labels=[(pk, label.name) for pk, label in self.labels.items()],
            **options,
        )

    def content(self, values: dict[str, Any]) -> services.Content:
        """What a valid form describes."""
        chosen = values.pop("assignee")
        return services.Content(
            **values
            | {
                "type": self.types[values["type"]],
                "labels": [self.labels[pk] for pk in values["labels"]],
                "subtasks": values["subtasks"].splitlines(),
            },
            assigns=chosen if chosen in (NOBODY, CREATOR) else "person",
            assignee=self.people.get(chosen),
        )


@get_or_post
def template_new(request: HttpRequest, org: str, project_key: str) -> HttpResponse:
    """Make a template."""
    actor = actor_of(request)
    project = projects.get_configurable_project(actor=actor, key=project_key)
    things = _Things(request, project)
    usual = next((pk for pk, each in things.types.items() if each.name == "Task"), None)
    form = things.form(request.POST or None, initial={"type": usual, "priority": 0, "assignee": NOBODY})
    if request.method == "POST" and is_done(
        form, lambda data: services.create_template(actor=actor, project=project, content=things.content(data))
    ):
        messages.success(request, _("The template “%(name)s” is there.") % {"name": form.cleaned_data["name"]})
        return redirect("templates", org, project.key)
    return _page(request, project, form)


@get_or_post
def template(request: HttpRequest, org: str, project_key: str, template_id: int) -> HttpResponse:
    """Change a template."""
    actor = actor_of(request)
    project = projects.get_configurable_project(actor=actor, key=project_key)
    found = selectors.get_template(actor=actor, project=project, template_id=template_id)
    things = _Things(request, project)
    form = things.form(request.POST or None, initial=_now(found))
    if request.method == "POST" and is_done(
        form, lambda data: services.edit_template(actor=actor, template=found, content=things.content(data))
    ):
        messages.success(request, _("“%(name)s” is saved.") % {"name": form.cleaned_data["name"]})
        return redirect("templates", org, project.key)
    left_out = selectors.Present(actor=actor, project=project).fill(found, day=timezone.localdate()).left_out
    return _page(request, project, form, template=found, left_out=left_out)


def _now(template: "IssueTemplate") -> dict[str, Any]:
    same = ("name", "is_default", "title", "description", "priority", "points")
    return {name: getattr(template, name) for name in same} | {
        "type": template.type_id,
        "assignee": template.assignee_id or template.assigns,
        "labels": [label.pk for label in template.labels.all()],
        "subtasks": "\n".join(template.subtasks),
    }


def _page(request: HttpRequest, project: "Project", form: TemplateForm, **more: Any) -> HttpResponse:
    context = frame(request, project) | {"form": form, "placeholders": PLACEHOLDERS, "template": None, "left_out": ()}
    return render(request, "recurring/template.html", context | more, status=status_of(form))


@require_POST
def template_shift(request: HttpRequest, org: str, project_key: str, template_id: int) -> HttpResponse:
    """Offer a template one place earlier or later."""
    actor = actor_of(request)
    project = projects.get_configurable_project(actor=actor, key=project_key)
    found = selectors.get_template(actor=actor, project=project, template_id=template_id)
    by = request.POST.get("by")
    if by not in ("-1", "1"):
        raise Invalid(_("Choose up or down."), field="by")
    services.shift_template(actor=actor, template=found, by=int(by))
    return redirect("templates", org, project.key)


@require_POST
def template_delete(request: HttpRequest, org: str, project_key: str, template_id: int) -> HttpResponse:
    """Delete a template."""
    actor = actor_of(request)
    project = projects.get_configurable_project(actor=actor, key=project_key)
    found = selectors.get_template(actor=actor, project=project, template_id=template_id)
    services.retire_template(actor=actor, template=found)
    undo = reverse("template_restore", args=[org, project.key, found.pk])
    say_with_undo(request, _("The template “%(name)s” is gone.") % {"name": found.name}, undo)
    return redirect("templates", org, project.key)


@require_POST
def template_restore(request: HttpRequest, org: str, project_key: str, retired_template_id: int) -> HttpResponse:
    """Bring a deleted template back."""
    actor = actor_of(request)
    project = projects.get_configurable_project(actor=actor, key=project_key)
    found = selectors.get_template(actor=actor, project=project, template_id=retired_template_id, is_retired=True)
    services.restore_template(actor=actor, template=found)
    messages.success(request, _("The template “%(name)s” is back.") % {"name": found.name})
    return redirect("templates", org, project.key)
