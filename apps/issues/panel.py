"""The issue's panel as an answer: what it shows, and what follows a change or its refusal."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from apps.core.errors import DomainError, NotFound
from apps.core.pages import render
from apps.core.requests import actor_of, is_plain_form, is_scripted, number_or_none
from apps.core.tenancy import Actor
from apps.events.selectors import project_stream
from apps.issues import selectors
from apps.issues.activity import activity, history_page, open_threads, pinned_entry, said_in
from apps.issues.selectors import PRIORITIES, get_comment, get_issue
from apps.projects import policies
from apps.projects.selectors import (
    assignable_people,
    list_custom_fields,
    list_issue_types,
    list_labels,
    list_statuses,
    list_versions,
)


def key_of(issue: Any) -> str:
    """How people call an issue."""
    return f"{issue.project.key}-{issue.number}"


def ways(actor: Actor, issue: Any) -> list[selectors.Way]:
    """The statuses that the issue could have next, and why not the others."""
    project = issue.project
    return selectors.ways_from(
        actor=actor,
        issue=issue,
        statuses=list_statuses(actor=actor, project=project),
        workflow=selectors.get_workflow(project=project),
    )


def feed_context(actor: Actor, issue: Any, asked: Mapping[str, str]) -> dict[str, Any]:
    """What the panel shows of what happened: all of it, what was said, or a page of the history.

    :param asked: `activity` says which (`comments`, `history`); `order` (`oldest`) and `after` which page
    """
    shown = asked.get("activity", "")
    if shown != "history":
        shown = shown if shown == "comments" else "all"
        feed = activity(actor=actor, issue=issue, with_facts=shown == "all")
        query = "activity=comments" if shown == "comments" else ""
        return {
            "feed": feed,
            "pinned": [entry for entry in said_in(feed) if entry.is_pinned],
            "open_threads": [entry.id for entry in feed if entry.is_open_thread],
            "feed_shown": shown,
            "feed_query": query,
        }
    is_oldest_first = asked.get("order") == "oldest"
    after = number_or_none(asked, "after")
    page = history_page(actor=actor, issue=issue, after=after, is_oldest_first=is_oldest_first)
    order = {"activity": "history"} | ({"order": "oldest"} if is_oldest_first else {})
    pinned = pinned_entry(actor=actor, issue=issue)
    return {
        "feed": page.entries,
        "pinned": [pinned] if pinned else [],
        "open_threads": open_threads(actor=actor, issue=issue),
        "feed_shown": shown,
        "feed_query": urlencode(order | ({"after": after} if after is not None else {})),
        "feed_first": urlencode(order) if after is not None else "",
        "feed_next": urlencode(order | {"after": page.next_after}) if page.next_after is not None else "",
        "is_oldest_first": is_oldest_first,
    }


def panel_context(actor: Actor, issue: Any, asked: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Everything that the panel shows.

    :param asked: see `feed_context`
    """
    project = issue.project
    # Read before the issue's parts: what happens in between is replayed, not lost.
    stream, seq = project_stream(actor=actor, project_id=project.pk)
    return {
        "project": project,
        "issue": selectors.issue_view(actor=actor, issue=issue, ways=ways(actor, issue)),
        "values": selectors.values_of_issue(issue=issue, fields=list_custom_fields(actor=actor, project=project)),
        "family": selectors.family(actor=actor, issue=issue),
        "links": selectors.list_links(actor=actor, issue=issue),
        "link_kinds": selectors.LINK_KINDS,
        "files": selectors.list_attachments(actor=actor, issue=issue),
        "can_attach": selectors.can_attach(actor, issue),
        "largest_file": selectors.largest_file(),
        "reactions": selectors.reactions_of(actor=actor, issue=issue),
        "emoji": selectors.EMOJI,
        **feed_context(actor, issue, asked or {}),
        "work": selectors.work_of(actor=actor, issue=issue),
        "today": timezone.localdate(),
        "people": list(assignable_people(actor=actor, project=project)),
        "types": list_issue_types(actor=actor, project=project),
        "labels": list_labels(actor=actor, project=project),
        "versions": list_versions(actor=actor, project=project),
        "priorities": PRIORITIES,
        "can_edit": policies.can_edit_issues(actor, project),
        "can_configure": policies.can_configure(actor, project) and project.archived_at is None,
        "can_comment": policies.can_comment(actor, project),
        "stream": stream,
        "seq": seq,
    }


def answer(request: HttpRequest, actor: Actor, org: str, issue_key: str, notice: str, **more: Any) -> HttpResponse:
    """What follows a change: the panel again for our script, the page with a notice for a plain form.

    :param more: what only the answer to the script says
    """
    if not is_scripted(request):
        messages.success(request, notice)
        return redirect("issue", org, issue_key)
    fresh = get_issue(actor=actor, key=issue_key, with_deleted=True)
    return render(request, "issues/panel.html", panel_context(actor, fresh) | more)


View = Callable[..., HttpResponse]
# What an address names of an issue, and so where a refusal is shown.
_PLACES = {"issue_key", "comment_id"}


def keeps_what_was_written(view: View) -> View:
    """Answer a plain form that is refused with the issue's page: it says why, and has the text in its field still."""

    @wraps(view)
    def wrapped(request: HttpRequest, org: str, **names: Any) -> HttpResponse:
        try:
            return view(request, org, **names)
        except NotFound:
            raise
        except DomainError as error:
            if not is_plain_form(request):
                raise
            about = {name: found for name, found in names.items() if name in _PLACES}
            return _refused(request, error, **about)

    return wrapped


def _refused(
    request: HttpRequest,
    error: DomainError,
    *,
    issue_key: str = "",
    comment_id: int | None = None,
    link_id: int | None = None,
) -> HttpResponse:
    actor = actor_of(request)
    if comment_id is None:
        issue = get_issue(actor=actor, key=issue_key, with_deleted=True)
        place = "link" if link_id is not None else request.POST.get("field") or "comment"
    else:
        issue = get_comment(actor=actor, comment_id=comment_id).issue
        place = f"{'reply' if request.POST.get('field') == 'reply' else 'comment'}-{comment_id}"
    refused = {
        "place": place,
        "text": request.POST.get("body", "") or request.POST.get("value", ""),
        "title": error.title,
        "detail": error.detail,
        # What stood in the other fields of the form.
        "sent": request.POST,
    }
    return render(request, "issues/issue.html", panel_context(actor, issue) | {"refused": refused}, status=error.status)
