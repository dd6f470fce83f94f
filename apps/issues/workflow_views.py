"""The workflow editor: a project's statuses, transitions and types."""

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from apps.core.forms import is_done, status_of
from apps.core.pages import render
from apps.core.requests import actor_of, get_or_post
from apps.issues import picture, selectors, services
from apps.issues.forms import StatusForm, SuccessorForm, TransitionForm, TypeForm
from apps.orgs.selectors import get_organization
from apps.projects import policies
from apps.projects import selectors as projects
from apps.projects import services as project_services

if TYPE_CHECKING:
    from apps.projects.models import IssueType, Project, Status, Transition


def _frame(request: HttpRequest, project: "Project") -> dict[str, Any]:
    actor = actor_of(request)
    return {
        "org": get_organization(actor=actor),
        "project": project,
        "can_manage": policies.can_configure(actor, project),
    }


@require_GET
def workflow(request: HttpRequest, org: str, project_key: str) -> HttpResponse:
    """The workflow as a picture and as lists, for everybody who sees the project."""
    actor = actor_of(request)
    project = projects.get_project(actor=actor, key=project_key)
    statuses = projects.list_statuses(actor=actor, project=project)
    transitions = projects.list_transitions(actor=actor, project=project)
    reachable = {edge.target_id for edge in transitions}
    context = _frame(request, project) | {
        "statuses": statuses,
        "issue_counts": selectors.issues_by_status(actor=actor, project=project),
        "transitions": transitions,
        "unreachable": [status for status in statuses if status.pk not in reachable],
        "is_free": selectors.Workflow(transitions).is_free(status.pk for status in statuses),
        "picture": picture.draw(statuses=statuses, transitions=transitions),
        "types": projects.list_issue_types(actor=actor, project=project),
        "type_counts": selectors.issues_by_type(actor=actor, project=project),
    }
    return render(request, "workflow/workflow.html", context)


@get_or_post
def status_new(request: HttpRequest, org: str, project_key: str) -> HttpResponse:
    """Add a status."""
    actor = actor_of(request)
    project = projects.get_configurable_project(actor=actor, key=project_key)
    form = StatusForm(request.POST or None, initial={"category": "in_progress"})
    if request.method == "POST" and is_done(
        form, lambda data: project_services.add_status(actor=actor, project=project, **data)
    ):
        messages.success(request, _("“%(name)s” is part of the workflow.") % {"name": form.cleaned_data["name"]})
        return redirect("workflow", org, project.key)
    return render(request, "workflow/status.html", _frame(request, project) | {"form": form}, status=status_of(form))


def _successors(own: Any, others: Any) -> list[tuple[int, str]]:
    return [(each.pk, each.name) for each in others if each.pk != own.pk]


def _status_page(
    request: HttpRequest, project: "Project", status: "Status", *, form: Form | None = None, leave: Form | None = None
) -> HttpResponse:
    actor = actor_of(request)
    now = {"name": status.name, "category": status.category, "hue": "" if status.hue is None else status.hue}
    others = projects.list_statuses(actor=actor, project=project)
    context = _frame(request, project) | {
        "status": status,
        "form": form or StatusForm(initial=now),
        "leave_form": leave or SuccessorForm(offered=_successors(status, others)),
        "issue_count": selectors.issues_by_status(actor=actor, project=project).get(status.pk, 0),
    }
    return render(request, "workflow/status.html", context, status=_worst(form, leave))


def _worst(*forms: Form | None) -> int:
    return max((status_of(form) for form in forms if form is not None), default=200)


@get_or_post
def status(request: HttpRequest, org: str, project_key: str, status_id: int) -> HttpResponse:
    """Change a status."""
    actor = actor_of(request)
    project = projects.get_configurable_project(actor=actor, key=project_key)
    found = projects.get_status(actor=actor, project=project, status_id=status_id)
    if request.method != "POST":
        return _status_page(request, project, found)
    form = StatusForm(request.POST)
    if not is_done(form, lambda data: services.edit_status(actor=actor, status=found, **data)):
        return _status_page(request, project, found, form=form)
    messages.success(request, _("“%(name)s” is saved.") % {"name": form.cleaned_data["name"]})
    return redirect("workflow", org, project.key)


@require_POST
def status_retire(request: HttpRequest, org: str, project_key: str, status_id: int) -> HttpResponse:
    """Take a status out of the workflow; its issues go to another one."""
    actor = actor_of(request)
    project = projects.get_configurable_project(actor=actor, key=project_key)
    found = projects.get_status(actor=actor, project=project, status_id=status_id)
    others = projects.list_statuses(actor=actor, project=project)
    form = SuccessorForm(request.POST, offered=_successors(found, others))
    moved = 0

    def write(data: dict[str, Any]) -> None:
        nonlocal moved
        to = projects.get_status(actor=actor, project=project, status_id=data["to"])
        moved = services.retire_status(actor=actor, status=found, to=to)

    if not is_done(form, write):
        return _status_page(request, project, found, leave=form)
    messages.success(request, _taken_out(found.name, moved))
    return redirect("workflow", org, project.key)


def _taken_out(name: str, moved: int) -> str:
    sentence = ngettext(
        "“%(name)s” is taken out; %(count)s issue was moved.",
        "“%(name)s” is taken out; %(count)s issues were moved.",
        moved,
    )
    return sentence % {"name": name, "count": moved}


@require_POST
def status_initial(request: HttpRequest, org: str, project_key: str, status_id: int) -> HttpResponse:
    """Let new issues begin in a status."""
    actor = actor_of(request)
    project = projects.get_configurable_project(actor=actor, key=project_key)
    found = projects.get_status(actor=actor, project=project, status_id=status_id)
    project_services.choose_initial_status(actor=actor, status=found)
    messages.success(request, _("New issues begin in “%(name)s”.") % {"name": found.name})
    return redirect("workflow", org, project.key)


@require_POST
def status_shift(request: HttpRequest, org: str, project_key: str, status_id: int) -> HttpResponse:
    """Change places with the status before (`by` -1) or after (1)."""
    actor = actor_of(request)
    project = projects.get_configurable_project(actor=actor, key=project_key)
    ids = [each.pk for each in projects.list_statuses(actor=actor, project=project)]
    found = projects.get_status(actor=actor, project=project, status_id=status_id)
    here = ids.index(found.pk)
    there = here - 1 if request.POST.get("by") == "-1" else here + 1
    if 0 <= there < len(ids):
        ids[here], ids[there] = ids[there], ids[here]
        project_services.order_statuses(actor=actor, project=project, status_ids=ids)
    return redirect("workflow", org, project.key)


def _transition_form(request: HttpRequest, project: "Project", found: "Transition | None") -> TransitionForm:
    actor = actor_of(request)
    initial: dict[str, Any] = {}
    if found is not None:
        names = [name for name in TransitionForm.base_fields if name not in {"source", "target", "adds_label"}]
        initial = {name: getattr(found, name) for name in names} | {"adds_label": found.adds_label_id}
    return TransitionForm(
        request.POST if request.method == "POST" else None,
        initial=initial,
        statuses=[(each.pk, each.name) for each in projects.list_statuses(actor=actor, project=project)],
        labels=[(each.pk, each.name) for each in projects.list_labels(actor=actor, project=project)],
        is_new=found is None,
    )


@get_or_post
def transition_new(request: HttpRequest, org: str, project_key: str) -> HttpResponse:
    """Open a way between two statuses."""
    project = projects.get_configurable_project(actor=actor_of(request), key=project_key)
    return _transition(request, org, project, None)


@get_or_post
def transition(request: HttpRequest, org: str, project_key: str, transition_id: int) -> HttpResponse:
    """Change the rules of a transition."""
    actor = actor_of(request)
    project = projects.get_configurable_project(actor=actor, key=project_key)
    found = projects.get_transition(actor=actor, project=project, transition_id=transition_id)
    return _transition(request, org, project, found)


def _transition(request: HttpRequest, org: str, project: "Project", found: "Transition | None") -> HttpResponse:
    actor = actor_of(request)
    form = _transition_form(request, project, found)

    def status_of_id(status_id: int | None) -> "Status | None":
        if status_id is None:
            return None
        return projects.get_status(actor=actor, project=project, status_id=status_id)

    def write(data: dict[str, Any]) -> None:
        name = data.pop("name")
        source = found.source if found is not None else status_of_id(data.pop("source"))
        target = found.target if found is not None else status_of_id(data.pop("target"))
        if data["adds_label"] is not None:
            data["adds_label"] = projects.get_label(actor=actor, project=project, label_id=data["adds_label"])
        rules = project_services.Rules(**data)
        project_services.set_transition(actor=actor, source=source, target=target, name=name, rules=rules)  # type: ignore[arg-type]

    if request.method == "POST" and is_done(form, write):
        messages.success(request, _("The transition is saved."))
        return redirect("workflow", org, project.key)
    context = _frame(request, project) | {"form": form, "transition": found}
    return render(request, "workflow/transition.html", context, status=status_of(form))


@require_POST
def transition_remove(request: HttpRequest, org: str, project_key: str, transition_id: int) -> HttpResponse:
    """Close a way between two statuses."""
    actor = actor_of(request)
    project = projects.get_configurable_project(actor=actor, key=project_key)
    found = projects.get_transition(actor=actor, project=project, transition_id=transition_id)
    project_services.remove_transition(actor=actor, transition=found)
    messages.success(request, _("The transition “%(name)s” is gone.") % {"name": found.name})
    return redirect("workflow", org, project.key)


@get_or_post
def type_new(request: HttpRequest, org: str, project_key: str) -> HttpResponse:
    """Add a type of issues."""
    actor = actor_of(request)
    project = projects.get_configurable_project(actor=actor, key=project_key)
    form = TypeForm(request.POST or None, initial={"icon": "star", "hue": 60, "level": 1}, is_new=True)
    if request.method == "POST" and is_done(
        form, lambda data: project_services.add_issue_type(actor=actor, project=project, **data)
    ):
        messages.success(request, _("Issues can be a “%(name)s” now.") % {"name": form.cleaned_data["name"]})
        return redirect("workflow", org, project.key)
    return render(request, "workflow/type.html", _frame(request, project) | {"form": form}, status=status_of(form))


def _type_page(
    request: HttpRequest,
    project: "Project",
    found: "IssueType",
    *,
    form: Form | None = None,
    leave: Form | None = None,
) -> HttpResponse:
    actor = actor_of(request)
    now = {"name": found.name, "icon": found.icon, "hue": found.hue}
    context = _frame(request, project) | {
        "type": found,
        "form": form or TypeForm(initial=now, is_new=False),
        "leave_form": leave or SuccessorForm(offered=_alike(request, project, found)),
        "issue_count": selectors.issues_by_type(actor=actor, project=project).get(found.pk, 0),
    }
    return render(request, "workflow/type.html", context, status=_worst(form, leave))


def _alike(request: HttpRequest, project: "Project", found: "IssueType") -> list[tuple[int, str]]:
    types = projects.list_issue_types(actor=actor_of(request), project=project)
    return _successors(found, [each for each in types if each.level == found.level])


@get_or_post
def issue_type(request: HttpRequest, org: str, project_key: str, type_id: int) -> HttpResponse:
    """Change a type of issues."""
    actor = actor_of(request)
    project = projects.get_configurable_project(actor=actor, key=project_key)
    found = projects.get_issue_type(actor=actor, project=project, type_id=type_id)
    if request.method != "POST":
        return _type_page(request, project, found)
    form = TypeForm(request.POST, is_new=False)
    if not is_done(form, lambda data: project_services.edit_issue_type(actor=actor, issue_type=found, **data)):
        return _type_page(request, project, found, form=form)
    messages.success(request, _("“%(name)s” is saved.") % {"name": form.cleaned_data["name"]})
    return redirect("workflow", org, project.key)


@require_POST
def type_retire(request: HttpRequest, org: str, project_key: str, type_id: int) -> HttpResponse:
    """Take a type out of use; its issues become another one."""
    actor = actor_of(request)
    project = projects.get_configurable_project(actor=actor, key=project_key)
    found = projects.get_issue_type(actor=actor, project=project, type_id=type_id)
    form = SuccessorForm(request.POST, offered=_alike(request, project, found))
    moved = 0

    def write(data: dict[str, Any]) -> None:
        nonlocal moved
        to = projects.get_issue_type(actor=actor, project=project, type_id=data["to"])
        moved = services.retire_issue_type(actor=actor, issue_type=found, to=to)

    if not is_done(form, write):
        return _type_page(request, project, found, leave=form)
    messages.success(request, _taken_out(found.name, moved))
    return redirect("workflow", org, project.key)


@require_GET
def ways(request: HttpRequest, org: str, issue_key: str) -> HttpResponse:
    """Where an issue may go, and why not elsewhere."""
    actor = actor_of(request)
    issue = selectors.get_issue(actor=actor, key=issue_key)
    project = issue.project
    context = {
        "project": project,
        "issue": issue,
        "issue_key": f"{project.key}-{issue.number}",
        "ways": selectors.ways_from(
            actor=actor,
            issue=issue,
            statuses=projects.list_statuses(actor=actor, project=project),
            workflow=selectors.get_workflow(project=project),
        ),
    }
    return render(request, "workflow/ways.html", context)
