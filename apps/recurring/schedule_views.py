"""The forms of schedules, and what is done with one."""

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.core.errors import NotFound
from apps.core.forms import is_done, status_of
from apps.core.notices import say_with_undo
from apps.core.pages import render
from apps.core.requests import actor_of, get_or_post, number_or_none
from apps.core.tenancy import Actor
from apps.issues.selectors import get_issue
from apps.projects import selectors as projects
from apps.recurring import selectors, services
from apps.recurring.forms import BACKLOG, SPRINT, ScheduleForm, usual
from apps.recurring.slots import Rule
from apps.recurring.template_views import frame
from apps.recurring.words import Summary, in_words

if TYPE_CHECKING:
    from apps.issues.models import Issue
    from apps.projects.models import Project
    from apps.recurring.models import Schedule


class _Statuses:
    """Where what a schedule makes can begin."""

    def __init__(self, actor: Actor, project: "Project") -> None:
        found = selectors.statuses_to_begin_in(actor=actor, project=project)
        self.by_id = {each.pk: each for each in found}
        self.choices = [(each.pk, each.name) for each in found]

    def timing(self, form: ScheduleForm) -> services.Timing:
        """What a valid form describes."""
        chosen = form.cleaned_data["status"]
        return services.Timing(**form.timing(), status=self.by_id[chosen] if chosen is not None else None)


@get_or_post
def schedule_new(request: HttpRequest, org: str, project_key: str) -> HttpResponse:
    """Let issues be made from a template by themselves; or from an issue (`?issue=FLOW-12`), kept as a template."""
    actor = actor_of(request)
    project = projects.get_configurable_project(actor=actor, key=project_key)
    if request.GET.get("issue"):
        return _repeat(request, org, project, _issue(actor, project, request.GET["issue"]))
    templates = {each.pk: each for each in selectors.list_templates(actor=actor, project=project)}
    if not templates:
        messages.info(request, _("Make a template first: a schedule says when issues are made from it."))
        return redirect("template_new", org, project.key)
    statuses = _Statuses(actor, project)
    form = ScheduleForm(
        request.POST or None,
        templates=[(pk, each.name) for pk, each in templates.items()],
        statuses=statuses.choices,
        initial=usual(timezone.localdate()) | {"template": number_or_none(request.GET, "template")},
    )

    def write(data: dict[str, Any]) -> None:
        services.create_schedule(
            actor=actor, project=project, template=templates[data["template"]], timing=statuses.timing(form)
        )

    if _is_sent(request) and is_done(form, write):
        name = templates[form.cleaned_data["template"]].name
        messages.success(request, _("“%(name)s” is repeated from now on.") % {"name": name})
        return redirect("templates", org, project.key)
    return _page(request, project, form)


def _issue(actor: Actor, project: "Project", key: str) -> "Issue":
    issue = get_issue(actor=actor, key=key)
    if issue.project_id != project.pk:
        raise NotFound
    return issue


def _repeat(request: HttpRequest, org: str, project: "Project", issue: "Issue") -> HttpResponse:
    actor = actor_of(request)
    statuses = _Statuses(actor, project)
    form = ScheduleForm(
        request.POST or None,
        statuses=statuses.choices,
        is_named=True,
        initial=usual(timezone.localdate()) | {"name": issue.title[:60]},
    )

    def write(data: dict[str, Any]) -> None:
        services.repeat_issue(actor=actor, issue=issue, name=data["name"], timing=statuses.timing(form))

    if _is_sent(request) and is_done(form, write):
        messages.success(request, _("“%(name)s” is repeated from now on.") % {"name": form.cleaned_data["name"]})
        return redirect("templates", org, project.key)
    return _page(request, project, form, issue=issue)


def _is_sent(request: HttpRequest) -> bool:
    """Whether the form is to be written, not only looked at: without script a button shows the coming days."""
    return request.method == "POST" and "preview" not in request.POST


@get_or_post
def schedule(request: HttpRequest, org: str, project_key: str, schedule_id: int) -> HttpResponse:
    """Change a schedule."""
    actor = actor_of(request)
    project = projects.get_configurable_project(actor=actor, key=project_key)
    found = selectors.get_schedule(actor=actor, project=project, schedule_id=schedule_id)
    statuses = _Statuses(actor, project)
    form = ScheduleForm(request.POST or None, statuses=statuses.choices, initial=_now(found))

    def write(data: dict[str, Any]) -> None:
        services.edit_schedule(actor=actor, schedule=found, timing=statuses.timing(form))

    if _is_sent(request) and is_done(form, write):
        messages.success(request, _("“%(name)s” is saved.") % {"name": found.template.name})
        return redirect("templates", org, project.key)
    return _page(request, project, form, schedule=found)


def _now(schedule: "Schedule") -> dict[str, Any]:
    same = ("frequency", "interval", "weekdays", "month_day", "nth", "at", "start_date", "end_date", "most", "due_days")
    return {name: getattr(schedule, name) for name in same} | {
        "weekday": schedule.weekdays[0] if schedule.nth else None,
        "goes_to": SPRINT if schedule.joins_sprint else BACKLOG,
        "status": schedule.status_id,
    }


def _page(request: HttpRequest, project: "Project", form: ScheduleForm, **more: Any) -> HttpResponse:
    if form.is_bound:
        summary = _summary(form)
    else:
        shown = ScheduleForm(dict(form.initial) | {"status": ""}, statuses=[])
        summary = _summary(shown)
    context = frame(request, project) | {"form": form, "summary": summary, "schedule": None, "issue": None}
    return render(request, "recurring/schedule.html", context | more, status=status_of(form))


def _summary(form: ScheduleForm) -> Summary | None:
    """What a form says, in words; None where it does not say enough yet."""
    needed = set(form.errors) - {"name", "template", "status"}
    if needed:
        return None
    timing = services.Timing(**form.timing())
    rule = Rule(
        frequency=timing.frequency,
        interval=timing.interval,
        start_date=timing.start_date,
        at=timing.at,
        time_zone=timezone.get_current_timezone_name(),
        weekdays=tuple(sorted(timing.weekdays)),
        month_day=timing.month_day,
        nth=timing.nth,
        end_date=timing.end_date,
    )
    days = [slot.day for slot in selectors.next_slots(rule, most=timing.most)]
    return Summary(in_words(rule, most=timing.most), days)


@require_POST
def schedule_preview(request: HttpRequest, org: str, project_key: str) -> HttpResponse:
    """What the form says so far, in words, for our script. Nothing is written."""
    projects.get_configurable_project(actor=actor_of(request), key=project_key)
    form = ScheduleForm(request.POST, statuses=[])
    return render(request, "recurring/_summary.html", {"summary": _summary(form)})


@require_POST
def schedule_pause(request: HttpRequest, org: str, project_key: str, schedule_id: int) -> HttpResponse:
    """Make nothing for now."""
    actor, project, found = _found(request, project_key, schedule_id)
    services.pause_schedule(actor=actor, schedule=found)
    messages.success(request, _("“%(name)s” is paused.") % {"name": found.template.name})
    return redirect("templates", org, project.key)


@require_POST
def schedule_resume(request: HttpRequest, org: str, project_key: str, schedule_id: int) -> HttpResponse:
    """Make issues again, in the name of whoever asks."""
    actor, project, found = _found(request, project_key, schedule_id)
    services.resume_schedule(actor=actor, schedule=found)
    messages.success(request, _("“%(name)s” goes on, in your name.") % {"name": found.template.name})
    return redirect("templates", org, project.key)


@require_POST
def schedule_delete(request: HttpRequest, org: str, project_key: str, schedule_id: int) -> HttpResponse:
    """Delete a schedule."""
    actor, project, found = _found(request, project_key, schedule_id)
    services.retire_schedule(actor=actor, schedule=found)
    undo = reverse("schedule_restore", args=[org, project.key, found.pk])
    say_with_undo(request, _("“%(name)s” is not repeated any more.") % {"name": found.template.name}, undo)
    return redirect("templates", org, project.key)


@require_POST
def schedule_restore(request: HttpRequest, org: str, project_key: str, retired_schedule_id: int) -> HttpResponse:
    """Bring a deleted schedule back."""
    actor, project, found = _found(request, project_key, retired_schedule_id, is_retired=True)
    services.restore_schedule(actor=actor, schedule=found)
    messages.success(request, _("“%(name)s” is repeated again.") % {"name": found.template.name})
    return redirect("templates", org, project.key)


def _found(
    request: HttpRequest, key: str, schedule_id: int, *, is_retired: bool = False
) -> "tuple[Actor, Project, Schedule]":
    actor = actor_of(request)
    project = projects.get_configurable_project(actor=actor, key=key)
    found = selectors.get_schedule(actor=actor, project=project, schedule_id=schedule_id, is_retired=is_retired)
    return actor, project, found
