"""The history of an issue: what a change of a text took out and put in, and taking changes back."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from apps.core.pages import is_fragment, render
from apps.core.requests import actor_of, is_plain_form, is_scripted, whole_number
from apps.issues import activity, services
from apps.issues.panel import answer, keeps_what_was_written, key_of
from apps.issues.selectors import get_issue


@require_GET
def difference(request: HttpRequest, org: str, issue_key: str, change_id: int) -> HttpResponse:
    """What a change of a long text is about, word by word: a page, or what a dialog shows of it."""
    actor = actor_of(request)
    issue = get_issue(actor=actor, key=issue_key, with_deleted=True)
    context = {
        "project": issue.project,
        "issue": {"key": key_of(issue)},
        "difference": activity.difference(actor=actor, issue=issue, change_id=change_id),
    }
    return render(request, "issues/_difference.html" if is_fragment(request) else "issues/difference.html", context)


@require_POST
@keeps_what_was_written
def undo(request: HttpRequest, org: str, issue_key: str) -> HttpResponse:
    """Take a change back: the one of this id (`change`), or what our script called `of` did to a `field`.

    If the field was changed since, the answer shows both values; `seen` says that it is to be set back nevertheless.
    """
    actor = actor_of(request)
    issue = get_issue(actor=actor, key=issue_key, with_deleted=True)
    if "of" in request.POST:
        named = {name: request.POST.get(name, "")[:64].replace("\x00", "") for name in ("of", "field")}
        change = services.find_change(actor=actor, issue=issue, op=named["of"], field=named["field"])
        change_id = change.pk
    else:
        change_id = whole_number(request.POST, "change")
    seen = whole_number(request.POST, "seen") if request.POST.get("seen") else None
    try:
        services.undo_change(actor=actor, issue=issue, change_id=change_id, seen=seen)
    except services.StaleUndo as stale:
        return _stale(request, issue, change_id, stale)
    if is_scripted(request):
        return answer(request, actor, org, issue_key, "")
    messages.success(request, _("Taken back."))
    return redirect(f"{reverse('issue', args=[org, issue_key])}?activity=history#activity")


def _stale(request: HttpRequest, issue: Any, change_id: int, stale: services.StaleUndo) -> HttpResponse:
    title, (theirs, mine) = activity.values_in_words(
        actor=actor_of(request), field=stale.extra["field"], values=(stale.extra["theirs"], stale.extra["mine"])
    )
    context = {
        "project": issue.project,
        "issue": {"key": key_of(issue)},
        "change_id": change_id,
        "seen": stale.extra["seen"],
        "title": title,
        "theirs": theirs,
        "mine": mine,
        "heading": _("Changed again since"),
        "part": "issues/undo_conflict.html",
    }
    template = "issues/conflict_page.html" if is_plain_form(request) else "issues/undo_conflict.html"
    return render(request, template, context, status=409)
