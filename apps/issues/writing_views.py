"""What helps while a text is written, and ticking the tasks in one that is read."""

import re
from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from apps.core.errors import DomainError, Invalid
from apps.core.markdown import render_markdown
from apps.core.pages import render
from apps.core.requests import actor_of, number_or_none, read_ids
from apps.issues import selectors, services
from apps.issues.panel import answer, keeps_what_was_written, key_of
from apps.issues.quick_actions import read_actions
from apps.issues.selectors import get_comment, get_issue
from apps.projects.selectors import get_project

PREVIEW_LENGTH = 100_000
MOST_LABELS = 200
_TASK = re.compile(r"([0-9]{1,5})-([0-9a-f]{8})")


@require_POST
def preview(request: HttpRequest, org: str) -> HttpResponse:
    """Markdown as it will be shown; above it what the quick actions in it will do to the issue that it names, or to the
    one that is about to be created in the project that it names.
    """
    actor = actor_of(request)
    text = request.POST.get("text", "").replace("\x00", "")
    if len(text) > PREVIEW_LENGTH:
        raise Invalid(_("The text is too long."), field="text")
    written = read_actions(text)
    context: dict[str, Any] = {"will": [], "refused": None}
    about = _about(request) if written.commands else None
    if about is not None:
        labels = read_ids(",".join(request.POST.getlist("labels")), most=MOST_LABELS)
        try:
            plan = selectors.plan_actions(actor=actor, issue=about, commands=written.commands, begins_with=labels)
            context["will"] = plan.will
        except DomainError as refusal:
            context["refused"] = refusal.detail
        text = written.text
    context["text_html"] = render_markdown(text, selectors.names_in(actor=actor, texts=[text]))
    return render(request, "issues/_preview.html", context)


def _about(request: HttpRequest) -> Any:
    """Which issue a text is written for, one that does not exist yet among them; none if the request does not say."""
    actor = actor_of(request)
    if request.POST.get("issue"):
        return get_issue(actor=actor, key=request.POST["issue"])
    if request.POST.get("project"):
        return selectors.new_issue_for(
            actor=actor,
            project=get_project(actor=actor, key=request.POST["project"]),
            status_id=number_or_none(request.POST, "status"),
            assignee_id=number_or_none(request.POST, "assignee"),
        )
    return None


@require_POST
@keeps_what_was_written
def tick(request: HttpRequest, org: str, issue_key: str) -> HttpResponse:
    """Set a task of the description to done, or not done."""
    actor = actor_of(request)
    place, mark = _task(request)
    issue = get_issue(actor=actor, key=issue_key)
    services.tick_in_description(actor=actor, issue=issue, place=place, mark=mark, is_done=_is_done(request))
    return answer(request, actor, org, issue_key, _("Saved."))


@require_POST
@keeps_what_was_written
def tick_comment(request: HttpRequest, org: str, comment_id: int) -> HttpResponse:
    """The same in one's own comment."""
    actor = actor_of(request)
    place, mark = _task(request)
    found = get_comment(actor=actor, comment_id=comment_id)
    services.tick_in_comment(actor=actor, comment=found, place=place, mark=mark, is_done=_is_done(request))
    return answer(request, actor, org, key_of(found.issue), _("Saved."))


def _task(request: HttpRequest) -> tuple[int, str]:
    """Which task of the text: its place and mark, as its box carries them.

    :raises Invalid: if it names none
    """
    found = _TASK.fullmatch(request.POST.get("task", ""))
    if found is None:
        raise Invalid(_("Name the task."), field="task")
    return int(found[1]), found[2]


def _is_done(request: HttpRequest) -> bool:
    return request.POST.get("done") == "1"


@require_GET
def suggestions(request: HttpRequest, org: str, project_key: str) -> HttpResponse:
    """Whom or what a name that is being typed could mean: people after “@”, issues after “#”, quick actions after
    “/”, and behind the name of one what it can be given. Nothing at all is 204.
    """
    actor = actor_of(request)
    project = get_project(actor=actor, key=project_key)
    words = request.GET.get("q", "").replace("\x00", "")[:100]
    found: dict[str, Sequence[Any]]
    if request.GET.get("of") == "actions" and " " in words:
        found = {"completions": selectors.completed_action(actor=actor, project=project, q=words)}
    elif request.GET.get("of") == "actions":
        found = {"actions": selectors.offered_actions(actor=actor, project=project, q=words)}
    elif request.GET.get("of") == "issues":
        found = {"issues": selectors.suggested_issues(actor=actor, project=project, q=words)}
    else:
        found = {"people": selectors.suggested_people(actor=actor, project=project, q=words)}
    if not any(found.values()):
        return HttpResponse(status=204)
    return render(request, "issues/_suggestions.html", found)
