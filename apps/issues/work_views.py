"""The work log of an issue: logging, changing what was logged, and reading all of it."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from apps.core.durations import in_hours
from apps.core.errors import Invalid
from apps.core.pages import render
from apps.core.paging import read_mark, write_mark
from apps.core.requests import actor_of
from apps.issues import selectors, services
from apps.issues.panel import answer, keeps_what_was_written, key_of
from apps.issues.selectors import get_issue, get_work

PAGE = selectors.ENTRIES_ON_A_PAGE


@require_GET
def work_list(request: HttpRequest, org: str, issue_key: str) -> HttpResponse:
    """Everything that was logged on an issue, the latest day first."""
    actor = actor_of(request)
    issue = get_issue(actor=actor, key=issue_key)
    page = selectors.work_page(actor=actor, issue=issue, after=read_mark(request.GET.get("after", "")), size=PAGE)
    address = reverse("issue_work", args=[org, key_of(issue)])
    context = {
        "project": issue.project,
        "issue": {"key": key_of(issue), "title": issue.title},
        "own": selectors.times_of(issue),
        "entries": page.rows,
        "changeable": selectors.changeable_among(actor=actor, entries=page.rows),
        "is_first": not request.GET.get("after"),
        "first_url": address,
        "next_url": f"{address}?after={write_mark(page.next_after)}" if page.next_after else None,
        "today": timezone.localdate(),
    }
    return render(request, "issues/work.html", context)


@require_POST
@keeps_what_was_written
def log(request: HttpRequest, org: str, issue_key: str) -> HttpResponse:
    """Log how long one worked on the issue."""
    actor = actor_of(request)
    issue = get_issue(actor=actor, key=issue_key)
    entry = services.log_work(actor=actor, issue=issue, remaining=_remaining(request), **_values(request))
    return _said(request, actor, org, issue_key, _("%(time)s logged.") % {"time": in_hours(entry.minutes)})


@require_POST
@keeps_what_was_written
def edit(request: HttpRequest, org: str, issue_key: str, work_id: int) -> HttpResponse:
    """Change an entry."""
    actor = actor_of(request)
    entry = get_work(actor=actor, issue=get_issue(actor=actor, key=issue_key), work_id=work_id)
    services.edit_work(actor=actor, entry=entry, **_values(request))
    return _said(request, actor, org, issue_key, _("The entry is saved."))


@require_POST
@keeps_what_was_written
def remove(request: HttpRequest, org: str, issue_key: str, work_id: int) -> HttpResponse:
    """Take an entry away."""
    actor = actor_of(request)
    entry = get_work(actor=actor, issue=get_issue(actor=actor, key=issue_key), work_id=work_id)
    services.remove_work(actor=actor, entry=entry)
    notice = _("%(time)s taken out of the log.") % {"time": in_hours(entry.minutes)}
    return _said(request, actor, org, issue_key, notice)


def _values(request: HttpRequest) -> dict[str, Any]:
    return {
        "minutes": request.POST.get("value", ""),
        "day": request.POST.get("day", ""),
        "note": request.POST.get("note", ""),
    }


def _remaining(request: HttpRequest) -> services.Remaining:
    """What becomes of what remains.

    :raises Invalid: if it says nothing that there is
    """
    asked = request.POST.get("adjust", services.Adjust.AUTO)
    if asked not in list(services.Adjust):
        raise Invalid(_("Choose one of the offered values."), field="adjust")
    return services.Remaining(services.Adjust(asked), request.POST.get("remaining", ""))


def _said(request: HttpRequest, actor: Any, org: str, issue_key: str, notice: str) -> HttpResponse:
    """The panel again; our script says what was done, with the way back that texts with quick actions have."""
    return answer(request, actor, org, issue_key, notice, did=services.Did(notice, is_reversible=True))
