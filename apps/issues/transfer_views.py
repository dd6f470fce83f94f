"""Moving issues to another project: choosing it, looking at what becomes of them, and going back."""

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

from apps.core.errors import DomainError, Forbidden, Invalid, NotFound
from apps.core.pages import render
from apps.core.requests import actor_of, get_or_post, read_ids, whole_number
from apps.issues import selectors, services
from apps.projects import policies
from apps.projects.selectors import get_project


@get_or_post
def transfer(request: HttpRequest, org: str, project_key: str) -> HttpResponse:
    """Move issues (`issue`: ids) to another project (`to`: its key), once somebody has seen what becomes of them."""
    actor = actor_of(request)
    project = get_project(actor=actor, key=project_key)
    if not policies.can_edit_issues(actor, project):
        raise Forbidden
    sent = request.POST if request.method == "POST" else request.GET
    ids = read_ids(",".join(sent.getlist("issue")), most=services.MOST_ISSUES)
    if not ids:
        raise Invalid(_("Choose the issues to move first: on the board, in the backlog or in the list."), field="issue")
    offered = selectors.destinations(actor=actor, project=project)
    context: dict[str, Any] = {"project": project, "ids": ids, "offered": offered, "target": None, "refused": None}
    status = 200
    named = sent.get("to", "").strip()
    if named:
        target = next((each for each in offered if each.key == named), None)
        if target is None:
            raise NotFound
        try:
            if request.method == "POST":
                return _moved(request, org, project, target, ids)
            plan = selectors.transfer_plan(actor=actor, project=project, issue_ids=ids, target=target)
            context |= {"target": target, "plan": plan}
        except (Forbidden, NotFound):
            raise
        except DomainError as error:
            context["refused"], status = error, error.status
            if request.method == "POST":
                context["target"] = target
                context["plan"] = selectors.transfer_plan(actor=actor, project=project, issue_ids=ids, target=target)
    else:
        # What cannot be moved at all is said before a project is chosen.
        selectors.get_issues_by_id(actor=actor, project=project, issue_ids=ids)
    return render(request, "transfer/transfer.html", context, status=status)


def _moved(request: HttpRequest, org: str, project: Any, target: Any, ids: list[int]) -> HttpResponse:
    actor = actor_of(request)

    def chosen(what: str) -> dict[int, int]:
        names = [name for name in request.POST if name.startswith(f"{what}-")]
        here = {name: whole_number({name: name.removeprefix(f"{what}-")}, name) for name in names}
        return {here[name]: whole_number(request.POST, name) for name in names}

    moved = services.move_to_project(
        actor=actor,
        project=project,
        issue_ids=ids,
        target=target,
        statuses=chosen("status"),
        types=chosen("type"),
    )
    key = f"{target.key}-{moved[0].number}"
    text = ngettext("%(key)s is in %(project)s now.", "%(count)s issues are in %(project)s now.", len(moved)) % {
        "key": key,
        "count": len(moved),
        "project": target.name,
    }
    messages.success(
        request,
        format_html(
            '{} <form class="inline" method="post" action="{}">'
            '<input type="hidden" name="csrfmiddlewaretoken" value="{}"><input type="hidden" name="issue" value="{}">'
            '<button class="button small" type="submit">{}</button></form>',
            text,
            reverse("issues_transfer_undo", args=[org, target.key]),
            get_token(request),
            moved[0].pk,
            _("Undo"),
        ),
    )
    return redirect("issue", org, key) if len(moved) == 1 else redirect("issues", org, target.key)


@require_POST
def undo(request: HttpRequest, org: str, project_key: str) -> HttpResponse:
    """Take one's own last move to this project back."""
    actor = actor_of(request)
    project = get_project(actor=actor, key=project_key)
    issue_id = whole_number(request.POST, "issue")
    selectors.get_issues_by_id(actor=actor, project=project, issue_ids=[issue_id])
    back = services.take_transfer_back(actor=actor, project=project, issue_id=issue_id)
    key = f"{back[0].project.key}-{back[0].number}"
    text = ngettext("%(key)s is back.", "%(count)s issues are back.", len(back)) % {"key": key, "count": len(back)}
    messages.success(request, text)
    return redirect("issue", org, key) if len(back) == 1 else redirect("issues", org, back[0].project.key)
