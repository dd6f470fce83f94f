"""Triage: what came from outside, and deciding about it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from apps.core.errors import Forbidden, Invalid, NotFound
from apps.core.forms import is_done, status_of
from apps.core.pages import is_fragment, render
from apps.core.requests import actor_of, get_or_post, is_scripted
from apps.core.tenancy import Actor
from apps.events.selectors import project_stream
from apps.issues import selectors, services
from apps.issues.forms import AcceptForm, DeclineForm, DuplicateForm, SnoozeForm
from apps.issues.selectors import find_issue, get_issue, open_sprints
from apps.projects import policies
from apps.projects import services as project_services
from apps.projects.selectors import assignable_people, get_configurable_project, get_project, list_statuses

# Where an accepted issue does not begin.
_NOT_WORK = ("done", "cancelled")


@require_GET
def triage(request: HttpRequest, org: str, project_key: str) -> HttpResponse:
    """What waits, and for how long; a script that follows the log gets the list alone."""
    actor = actor_of(request)
    project = get_project(actor=actor, key=project_key)
    stream, seq = project_stream(actor=actor, project_id=project.pk)
    context = {
        "project": project,
        "triage": selectors.get_triage(actor=actor, project=project),
        "can_decide": policies.can_triage(actor, project),
        "can_manage": policies.can_configure(actor, project),
        "is_guest": policies.comes_from_outside(actor),
        "stream": stream,
        "seq": seq,
    }
    return render(request, "triage/_list.html" if is_fragment(request) else "triage/triage.html", context)


Write = Callable[[dict[str, Any]], Any]


def _found(request: HttpRequest, project_key: str, number: int) -> tuple[Actor, Any]:
    actor = actor_of(request)
    project = get_project(actor=actor, key=project_key)
    issue = get_issue(actor=actor, key=f"{project.key}-{number}")
    if not policies.can_triage(actor, project):
        raise Forbidden
    return actor, issue


def _decide(request: HttpRequest, org: str, issue: Any, what: str, form: Form, write: Write, said: str) -> HttpResponse:
    """The form of a decision, as a page or in a dialog; and the decision."""
    project = issue.project
    key = f"{project.key}-{issue.number}"
    if request.method == "POST" and is_done(form, write):
        text = said % {"key": key}
        if is_scripted(request):
            return JsonResponse({"text": text})
        messages.success(request, text)
        return redirect("triage", org, project.key)
    context = {"project": project, "issue": issue, "issue_key": key, "form": form, "what": what}
    template = "triage/_form.html" if is_fragment(request) else "triage/decide.html"
    return render(request, template, context, status=status_of(form))


@get_or_post
def accept(request: HttpRequest, org: str, project_key: str, number: int) -> HttpResponse:
    """Take an issue in."""
    actor, issue = _found(request, project_key, number)
    project = issue.project
    statuses = list_statuses(actor=actor, project=project)
    form = AcceptForm(
        request.POST or None,
        initial={
            "status": next(status.pk for status in statuses if status.is_initial),
            "priority": issue.priority,
        },
        statuses=[(status.pk, status.name) for status in statuses if status.category not in _NOT_WORK],
        people=[(person.pk, person.name) for person in assignable_people(actor=actor, project=project)],
        sprints=open_sprints(actor=actor, project=project),
    )

    def write(data: dict[str, Any]) -> None:
        services.accept_issue(
            actor=actor,
            issue=issue,
            status_id=data["status"],
            sprint_id=data.get("sprint"),
            assignee=data["assignee"],
            priority=data["priority"],
        )

    return _decide(request, org, issue, "accept", form, write, _("%(key)s is accepted."))


@get_or_post
def duplicate(request: HttpRequest, org: str, project_key: str, number: int) -> HttpResponse:
    """Say which issue it repeats."""
    actor, issue = _found(request, project_key, number)
    form = DuplicateForm(request.POST or None)

    def write(data: dict[str, Any]) -> None:
        named = data["value"].strip().rstrip("/").rsplit("/", 1)[-1][:40]
        try:
            canonical = find_issue(actor=actor, key=named.upper())
        except NotFound as error:
            raise Invalid(_("There is no issue “%(key)s”, or not for you.") % {"key": named}, field="value") from error
        services.mark_duplicate(actor=actor, issue=issue, canonical=canonical)

    return _decide(request, org, issue, "duplicate", form, write, _("%(key)s is a duplicate."))


@get_or_post
def decline(request: HttpRequest, org: str, project_key: str, number: int) -> HttpResponse:
    """Say no, and why."""
    actor, issue = _found(request, project_key, number)
    form = DeclineForm(request.POST or None)

    def write(data: dict[str, Any]) -> None:
        services.decline_issue(actor=actor, issue=issue, comment=data["body"])

    return _decide(request, org, issue, "decline", form, write, _("%(key)s is declined."))


@get_or_post
def snooze(request: HttpRequest, org: str, project_key: str, number: int) -> HttpResponse:
    """Put an issue off."""
    actor, issue = _found(request, project_key, number)
    form = SnoozeForm(request.POST or None, initial={"until": timezone.localdate() + timedelta(days=7)})

    def write(data: dict[str, Any]) -> None:
        services.snooze_issue(actor=actor, issue=issue, until=data["until"])

    return _decide(request, org, issue, "snooze", form, write, _("%(key)s is snoozed."))


@require_POST
def undo(request: HttpRequest, org: str, project_key: str, decided_number: int) -> HttpResponse:
    """Take one's own last decision about an issue back."""
    actor, issue = _found(request, project_key, decided_number)
    services.take_decision_back(actor=actor, issue=issue)
    text = _("%(key)s waits again.") % {"key": f"{issue.project.key}-{issue.number}"}
    if is_scripted(request):
        return JsonResponse({"text": text})
    messages.success(request, text)
    return redirect("triage", org, issue.project.key)


@require_POST
def switch(request: HttpRequest, org: str, project_key: str) -> HttpResponse:
    """Switch Triage on or off for the project."""
    actor = actor_of(request)
    project = get_configurable_project(actor=actor, key=project_key)
    is_on = request.POST.get("is_on") == "1"
    project_services.set_triage(actor=actor, project=project, is_on=is_on)
    messages.success(
        request,
        _("What guests create waits in Triage now.") if is_on else _("What guests create comes straight in now."),
    )
    return redirect("project_settings", org, project.key)
