"""What people do with what was said: they reply to it, settle it, react to it, pin it, and read what it said before."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from apps.core.pages import is_fragment, render
from apps.core.requests import actor_of
from apps.issues import selectors, services
from apps.issues.panel import answer, keeps_what_was_written, key_of
from apps.issues.selectors import get_comment, get_issue


@require_POST
def react(request: HttpRequest, org: str, issue_key: str) -> HttpResponse:
    """React to an issue, or take it back: `add` or `remove` names the sign."""
    actor = actor_of(request)
    emoji, is_on = _sign(request)
    issue = get_issue(actor=actor, key=issue_key)
    services.set_reaction(actor=actor, issue=issue, emoji=emoji, is_on=is_on)
    return answer(request, actor, org, issue_key, _reacted(is_on=is_on))


@require_POST
def react_to_comment(request: HttpRequest, org: str, comment_id: int) -> HttpResponse:
    """The same to a comment."""
    actor = actor_of(request)
    emoji, is_on = _sign(request)
    found = get_comment(actor=actor, comment_id=comment_id)
    services.set_reaction(actor=actor, issue=found.issue, comment=found, emoji=emoji, is_on=is_on)
    return answer(request, actor, org, key_of(found.issue), _reacted(is_on=is_on))


@require_POST
@keeps_what_was_written
def reply(request: HttpRequest, org: str, comment_id: int) -> HttpResponse:
    """Reply to a comment, or to the thread in which it stands."""
    actor = actor_of(request)
    found = get_comment(actor=actor, comment_id=comment_id)
    body = request.POST.get("body", "")
    said = services.comment_and_act(actor=actor, issue=found.issue, body=body, reply_to=found)
    notice = said.did.words or _("Your reply is added.")
    return answer(request, actor, org, key_of(found.issue), notice, did=said.did)


@require_POST
def resolve(request: HttpRequest, org: str, comment_id: int) -> HttpResponse:
    """Resolve the thread of a comment, or open it again."""
    actor = actor_of(request)
    found = get_comment(actor=actor, comment_id=comment_id)
    is_resolved = request.POST.get("resolved") == "1"
    services.set_thread_resolved(actor=actor, comment=found, is_resolved=is_resolved)
    notice = _("The thread is resolved.") if is_resolved else _("The thread is open again.")
    return answer(request, actor, org, key_of(found.issue), notice)


@require_POST
def pin(request: HttpRequest, org: str, comment_id: int) -> HttpResponse:
    """Put a comment above all the others of its issue, or take it down."""
    actor = actor_of(request)
    found = get_comment(actor=actor, comment_id=comment_id)
    is_pinned = request.POST.get("pin") == "1"
    services.set_pinned(actor=actor, comment=found, is_pinned=is_pinned)
    notice = _("The comment is pinned.") if is_pinned else _("The comment is no longer pinned.")
    return answer(request, actor, org, key_of(found.issue), notice)


@require_GET
def comment_history(request: HttpRequest, org: str, comment_id: int) -> HttpResponse:
    """What a comment said before: a page, or what a dialog shows of it."""
    actor = actor_of(request)
    found = get_comment(actor=actor, comment_id=comment_id)
    context = {
        "comment": found,
        "project": found.issue.project,
        "issue": {"key": key_of(found.issue)},
        "history": selectors.comment_history(actor=actor, comment=found),
    }
    template = "issues/_comment_history.html" if is_fragment(request) else "issues/comment_history.html"
    return render(request, template, context)


def _sign(request: HttpRequest) -> tuple[str, bool]:
    if "remove" in request.POST:
        return request.POST["remove"], False
    return request.POST.get("add", ""), True


def _reacted(*, is_on: bool) -> str:
    return _("Your reaction is added.") if is_on else _("Your reaction is gone.")
