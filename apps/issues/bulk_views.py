"""Changing many issues at once from the board or the list, and taking it back."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from apps.core.errors import Forbidden
from apps.core.pages import render
from apps.core.requests import actor_of, get_or_post, is_scripted, whole_number, whole_numbers
from apps.core.tenancy import Actor
from apps.issues import services
from apps.issues.selectors import PRIORITIES, PRIORITY_NAMES, field_id_of, open_epics, open_sprints
from apps.projects import policies
from apps.projects.selectors import (
    assignable_people,
    get_project,
    list_custom_fields,
    list_labels,
    list_statuses,
    list_versions,
)

MOST_LABELS = 100


def bulk_values(request: HttpRequest) -> dict[str, Any]:
    """What the form changes. A field that is not there stays; an empty assignee, sprint, parent or estimate is none."""
    sent = request.POST
    values: dict[str, Any] = {}
    if "status" in sent:
        values["status"] = whole_number(sent, "status")
    for name in ("assignee", "sprint", "parent"):
        if name in sent:
            values[name] = whole_number(sent, name) if sent[name] else None
    if "priority" in sent:
        named = {name: number for number, name in PRIORITY_NAMES.items()}
        values["priority"] = named.get(sent["priority"])  # what is no name is none, and refused
    if "points" in sent:
        values["points"] = sent["points"]
    for name in ("labels_add", "labels_remove", "versions_add", "versions_remove"):
        if name in sent:
            values[name] = whole_numbers(sent, name, most=MOST_LABELS)
    for name in ("archived", "deleted"):
        if name in sent:
            values[name] = sent[name] == "1"
    # Fields of the project's own that hold one thing; what they can be is for the service to say.
    values |= {name: sent[name] for name in sent if field_id_of(name) is not None}
    return values


@get_or_post
def bulk_edit(request: HttpRequest, org: str, project_key: str) -> HttpResponse:
    """Change the issues that are selected; the answer says which did. A GET is answered with the bar that offers it."""
    actor = actor_of(request)
    project = get_project(actor=actor, key=project_key)
    if request.method != "POST":
        return _bar(request, actor, project)
    ids = whole_numbers(request.POST, "issue", most=services.MOST_ISSUES)
    edit = services.bulk_edit(actor=actor, project=project, issue_ids=ids, values=bulk_values(request))
    return _answer(request, org, project.key, said_of_edit(edit), [issue.pk for issue in edit.changed])


def _bar(request: HttpRequest, actor: Actor, project: Any) -> HttpResponse:
    if not policies.can_edit_issues(actor, project):
        raise Forbidden
    own = {
        "project": project,
        "open_sprints": open_sprints(actor=actor, project=project),
        "epics": open_epics(actor=actor, project=project),
        "labels": list_labels(actor=actor, project=project),
        "versions": list_versions(actor=actor, project=project),
        "fields": list_custom_fields(actor=actor, project=project),
    }
    context = {
        "parts": [own],
        "statuses": list_statuses(actor=actor, project=project),
        "columns": [],
        "people": [(person, [project.pk]) for person in assignable_people(actor=actor, project=project)],
        "priorities": PRIORITIES,
    }
    return render(request, "issues/_bulk_bar.html", context)


@require_POST
def take_back(request: HttpRequest, org: str, project_key: str) -> HttpResponse:
    """Take one's own bulk edit back: the one that our script called `of`, found by one of its issues."""
    actor = actor_of(request)
    project = get_project(actor=actor, key=project_key)
    ids = whole_numbers(request.POST, "issue", most=services.MOST_ISSUES)
    back = services.take_back(actor=actor, project=project, issue_id=ids[0], op=op_to_take_back(request))
    return _answer(request, org, project.key, said_of_taken_back(back), [issue.pk for issue in back.issues])


def op_to_take_back(request: HttpRequest) -> str:
    """What our script called the edit that is to be taken back."""
    return request.POST.get("of", "")[:64].replace("\x00", "")


def said_of_taken_back(back: services.TakenBack) -> str:
    """The sentence for it."""
    if not back.left:
        return _("Taken back.")
    # No more keys than somebody reads.
    keys = ", ".join(back.left[:5]) + ("…" if len(back.left) > 5 else "")
    return _("Taken back, except what was changed since: %(keys)s.") % {"keys": keys}


def said_of_edit(edit: services.BulkEdit) -> str:
    """How many issues a bulk edit changed, in words."""
    count = len(edit.changed)
    if not count:
        return _("They were like that already.")
    return ngettext("%(count)s issue changed.", "%(count)s issues changed.", count) % {"count": count}


def _answer(request: HttpRequest, org: str, key: str, text: str, ids: list[int]) -> HttpResponse:
    if is_scripted(request):
        return JsonResponse({"text": text, "ids": ids})
    messages.success(request, text)
    return redirect("issues", org, key)
