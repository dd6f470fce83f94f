"""The pages of the sprints: the list, one sprint with its burndown, and what its admins do with it."""

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from apps.core.errors import Forbidden, Invalid
from apps.core.forms import is_done, status_of
from apps.core.pages import render
from apps.core.requests import actor_of, get_or_post, number_or_none, way_back
from apps.events.selectors import project_stream
from apps.issues.selectors import NoSuchIssue, get_issues_by_id, get_issues_by_key
from apps.orgs.selectors import get_organization
from apps.projects import policies
from apps.projects.selectors import assignable_people, get_configurable_project, get_project
from apps.sprints import chart, selectors, services
from apps.sprints.forms import WEEKDAYS, CadenceForm, CapacityForm, CompleteForm, IssuesForm, SprintForm, StartForm

if TYPE_CHECKING:
    from apps.projects.models import Project
    from apps.sprints.models import Sprint

USUAL = timedelta(days=13)
MOST_KEYS = 100


def _frame(request: HttpRequest, project: "Project") -> dict[str, Any]:
    actor = actor_of(request)
    return {
        "org": get_organization(actor=actor),
        "project": project,
        "can_manage": policies.can_configure(actor, project) and project.archived_at is None,
        "can_edit": policies.can_edit_issues(actor, project),
    }


def _sprint(request: HttpRequest, project: "Project", sprint_id: int) -> "Sprint":
    return selectors.get_sprint(actor=actor_of(request), project=project, sprint_id=sprint_id)


@get_or_post
def sprints(request: HttpRequest, org: str, project_key: str) -> HttpResponse:
    """All sprints of a project, and the form that plans another."""
    actor = actor_of(request)
    if request.method != "POST":
        return _list_page(request, get_project(actor=actor, key=project_key))
    project = get_configurable_project(actor=actor, key=project_key)
    form = SprintForm(request.POST)
    if not is_done(form, lambda data: services.create_sprint(actor=actor, project=project, **data)):
        return _list_page(request, project, form=form)
    messages.success(request, _("“%(name)s” is planned.") % {"name": form.cleaned_data["name"]})
    return redirect(way_back(request, "sprints", org, project.key))


def _list_page(request: HttpRequest, project: "Project", *, form: Form | None = None) -> HttpResponse:
    # Read before the rest: what happens in between is replayed, not lost.
    stream, seq = project_stream(actor=actor_of(request), project_id=project.pk)
    before = number_or_none(request.GET, "before")
    lists = selectors.list_sprints(actor=actor_of(request), project=project, before=before)
    over = selectors.completed_ids(actor=actor_of(request), project=project)
    shown = lists["completed"]
    # Of those from long ago only the list is shown: velocity is that of the last ones.
    found = selectors.velocity(shown if before is None else [])
    context = _frame(request, project) | {
        "active": lists["active"] if before is None else [],
        "planned": lists["planned"] if before is None else [],
        "completed": shown,
        "completed_count": len(over),
        "older": shown[-1].sprint.pk if shown and shown[-1].sprint.pk != over[-1] else None,
        "is_older": before is not None,
        "velocity": found,
        "velocity_chart": chart.draw_velocity(found),
        "stream": stream,
        "seq": seq,
        "form": form or SprintForm(),
        "cadence": selectors.get_cadence(actor=actor_of(request), project=project),
        "weekdays": dict(WEEKDAYS),
    }
    return render(request, "sprints/list.html", context, status=status_of(form) if form else 200)


@get_or_post
def cadence(request: HttpRequest, org: str, project_key: str) -> HttpResponse:
    """The rhythm in which the project's sprints start and end by themselves."""
    actor = actor_of(request)
    project = get_configurable_project(actor=actor, key=project_key)
    found = selectors.get_cadence(actor=actor, project=project)
    usual = {"is_on": True} | selectors.USUAL_CADENCE
    now = {name: getattr(found, name) for name in usual} if found else usual
    form = CadenceForm(request.POST or None, initial=now)
    if request.method == "POST" and is_done(
        form, lambda data: services.set_cadence(actor=actor, project=project, **data)
    ):
        is_on = form.cleaned_data["is_on"]
        messages.success(
            request, _("Sprints start and end by themselves now.") if is_on else _("Sprints wait for somebody now.")
        )
        return redirect("sprints", org, project.key)
    return render(request, "sprints/cadence.html", _frame(request, project) | {"form": form}, status=status_of(form))


@require_GET
def sprint(request: HttpRequest, org: str, project_key: str, sprint_id: int) -> HttpResponse:
    """One sprint: its goal, what is in it, and its burndown."""
    project = get_project(actor=actor_of(request), key=project_key)
    return _page(request, project, _sprint(request, project, sprint_id))


def _page(
    request: HttpRequest,
    project: "Project",
    found: "Sprint",
    *,
    start_form: Form | None = None,
    issues_form: Form | None = None,
) -> HttpResponse:
    actor = actor_of(request)
    # Read before the figures: what happens in between is replayed, not lost.
    stream, seq = project_stream(actor=actor, project_id=project.pk)
    report = selectors.sprint_report(actor=actor, sprint=found) if found.state != "planned" else None
    last_day = found.end_date or timezone.localdate() + USUAL
    context = _frame(request, project) | {
        "sprint": found,
        "report": report,
        "stream": stream,
        "seq": seq,
        "chart": chart.draw(report) if report and report.is_started else None,
        "issues": selectors.sprint_issues(actor=actor, sprint=found),
        "start_form": start_form or StartForm(initial={"end_date": last_day}),
        "issues_form": issues_form or IssuesForm(),
    }
    refused = max((status_of(form) for form in (start_form, issues_form) if form is not None), default=200)
    return render(request, "sprints/sprint.html", context, status=refused)


@get_or_post
def edit(request: HttpRequest, org: str, project_key: str, sprint_id: int) -> HttpResponse:
    """Change a sprint's name, goal and dates; extend it."""
    actor = actor_of(request)
    project = get_configurable_project(actor=actor, key=project_key)
    found = _sprint(request, project, sprint_id)
    now = {"name": found.name, "goal": found.goal, "start_date": found.start_date, "end_date": found.end_date}
    form = SprintForm(request.POST or None, initial=now)
    if request.method == "POST" and is_done(form, lambda data: services.edit_sprint(actor=actor, sprint=found, **data)):
        messages.success(request, _("“%(name)s” is saved.") % {"name": form.cleaned_data["name"]})
        return redirect("sprint", org, project.key, found.pk)
    context = _frame(request, project) | {"sprint": found, "form": form}
    return render(request, "sprints/edit.html", context, status=status_of(form))


@get_or_post
def capacity(request: HttpRequest, org: str, project_key: str, sprint_id: int) -> HttpResponse:
    """How much each person takes on in the sprint."""
    actor = actor_of(request)
    project = get_configurable_project(actor=actor, key=project_key)
    found = _sprint(request, project, sprint_id)
    if found.state == "completed":
        messages.warning(request, _("This sprint is over. What was done in it stays."))
        return redirect("sprint", org, project.key, found.pk)
    now = {
        f"capacity_{user_id}": points.normalize()
        for user_id, points in selectors.capacities(actor=actor, sprint=found).items()
    }
    people = assignable_people(actor=actor, project=project)
    form = CapacityForm(request.POST or None, people=people, initial=now)
    if request.method == "POST" and is_done(
        form, lambda _data: services.set_capacity(actor=actor, sprint=found, points=form.points)
    ):
        messages.success(request, _("Saved. The backlog shows what each person has of it."))
        return redirect("backlog", org, project.key)
    context = _frame(request, project) | {"sprint": found, "form": form}
    return render(request, "sprints/capacity.html", context, status=status_of(form))


@require_POST
def start(request: HttpRequest, org: str, project_key: str, sprint_id: int) -> HttpResponse:
    """Begin a sprint."""
    actor = actor_of(request)
    project = get_configurable_project(actor=actor, key=project_key)
    found = _sprint(request, project, sprint_id)
    if found.state != "planned":
        messages.warning(request, _("Only a planned sprint can be started."))
        return redirect("sprint", org, project.key, found.pk)
    form = StartForm(request.POST)
    if not is_done(form, lambda data: services.start_sprint(actor=actor, sprint=found, **data)):
        return _page(request, project, found, start_form=form)
    messages.success(request, _("“%(name)s” has started.") % {"name": found.name})
    return redirect("sprint", org, project.key, found.pk)


def _choices(lists: dict[str, list[selectors.SprintLine]], ending: "Sprint") -> list[tuple[str, Any]]:
    others = [line.sprint for state in ("planned", "active") for line in lists[state] if line.sprint.pk != ending.pk]
    return [
        *((str(other.pk), other.name) for other in others),
        (services.BACKLOG, _("The backlog")),
        (services.NEW_SPRINT, _("A new sprint, planned for them")),
    ]


@get_or_post
def complete(request: HttpRequest, org: str, project_key: str, sprint_id: int) -> HttpResponse:
    """End a sprint, after asking where its open work goes."""
    actor = actor_of(request)
    project = get_configurable_project(actor=actor, key=project_key)
    found = _sprint(request, project, sprint_id)
    if found.state != "active":
        messages.warning(request, _("“%(name)s” is not active, so it cannot be completed.") % {"name": found.name})
        return redirect("sprint", org, project.key, found.pk)
    lists = selectors.list_sprints(actor=actor, project=project)
    offered = _choices(lists, found)
    form = CompleteForm(request.POST or None, offered=offered, initial={"to": offered[0][0]})

    def write(data: dict[str, Any]) -> None:
        to = data["to"]
        target = _sprint(request, project, int(to)) if to.isdigit() else to
        services.complete_sprint(actor=actor, sprint=found, to=target)

    if request.method == "POST" and is_done(form, write):
        messages.success(request, _("“%(name)s” is completed. What was done stays in it.") % {"name": found.name})
        return redirect("sprint", org, project.key, found.pk)
    issues = selectors.sprint_issues(actor=actor, sprint=found)
    context = _frame(request, project) | {
        "sprint": found,
        "form": form,
        "done_count": sum(issue.status.category == "done" for issue in issues),
        "open_count": sum(not issue.status.is_closed for issue in issues),
    }
    return render(request, "sprints/complete.html", context, status=status_of(form))


def _act(
    request: HttpRequest, project_key: str, sprint_id: int, write: Callable[..., Any], said: Callable[[str], str]
) -> HttpResponse:
    """Do something with a sprint that needs no more than a button; if it is too late for it, say so on its page."""
    actor = actor_of(request)
    project = get_configurable_project(actor=actor, key=project_key)
    found = _sprint(request, project, sprint_id)
    try:
        write(actor=actor, sprint=found)
    except services.WrongSprintState as error:
        messages.warning(request, str(error.detail))
    else:
        messages.success(request, said(found.name))
    return redirect("sprint", actor.org_slug, project.key, found.pk)


@require_POST
def cancel(request: HttpRequest, org: str, project_key: str, sprint_id: int) -> HttpResponse:
    """Take the start of a sprint back."""
    return _act(
        request,
        project_key,
        sprint_id,
        services.cancel_sprint,
        lambda name: _("“%(name)s” is planned again, with everything in it.") % {"name": name},
    )


@require_POST
def reopen(request: HttpRequest, org: str, project_key: str, sprint_id: int) -> HttpResponse:
    """Go on with a sprint that was completed by mistake."""
    return _act(
        request,
        project_key,
        sprint_id,
        services.reopen_sprint,
        lambda name: _("“%(name)s” goes on. Its open issues are back, unless they went elsewhere.") % {"name": name},
    )


@require_POST
def add_issues(request: HttpRequest, org: str, project_key: str, sprint_id: int) -> HttpResponse:
    """Put issues into a sprint, by their keys."""
    actor = actor_of(request)
    project = get_project(actor=actor, key=project_key)
    found = _sprint(request, project, sprint_id)
    form = IssuesForm(request.POST)
    planned = 0

    def write(data: dict[str, Any]) -> None:
        nonlocal planned
        keys = dict.fromkeys(data["keys"].replace(",", " ").upper().split())
        if len(keys) > MOST_KEYS:
            raise Invalid(_("Name at most %(limit)s issues at a time.") % {"limit": MOST_KEYS}, field="keys")
        try:
            issues = get_issues_by_key(actor=actor, project=project, keys=keys)
        except NoSuchIssue as error:
            raise Invalid(error.detail, field="keys") from error
        planned = len(services.plan_issues(actor=actor, issues=issues, sprint=found))

    if not policies.can_edit_issues(actor, project):
        raise Forbidden
    if found.state == "completed":
        messages.warning(request, _("That sprint is over. Choose another one."))
        return redirect("sprint", org, project.key, found.pk)
    if not is_done(form, write):
        return _page(request, project, found, issues_form=form)
    text = ngettext("%(num)s issue is in the sprint now.", "%(num)s issues are in the sprint now.", planned)
    messages.success(request, text % {"num": planned})
    return redirect("sprint", org, project.key, found.pk)


@require_POST
def remove_issue(request: HttpRequest, org: str, project_key: str, sprint_id: int, issue_id: int) -> HttpResponse:
    """Take an issue out of a sprint, back to the backlog."""
    actor = actor_of(request)
    project = get_project(actor=actor, key=project_key)
    found = _sprint(request, project, sprint_id)
    if found.state == "completed":
        messages.warning(request, _("This sprint is over. What was done in it stays."))
        return redirect("sprint", org, project.key, found.pk)
    issue = get_issues_by_id(actor=actor, project=project, issue_ids=[issue_id])[issue_id]
    services.plan_issues(actor=actor, issues=[issue], sprint=None)
    messages.success(request, _("%(key)s is out of the sprint.") % {"key": f"{project.key}-{issue.number}"})
    return redirect("sprint", org, project.key, found.pk)
