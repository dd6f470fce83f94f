"""The inbox: what reached a person, and what they want to hear of."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from apps.core.errors import Invalid
from apps.core.forms import status_of
from apps.core.pages import is_fragment, render
from apps.core.paging import read_mark, write_mark
from apps.core.requests import actor_of, get_or_post, is_scripted, number_or_none
from apps.core.tenancy import Actor
from apps.issues.selectors import comment_url, get_issue
from apps.notifications import selectors, services
from apps.notifications.forms import INTERESTS, ChannelsForm, read_until
from apps.notifications.mail_forms import RhythmForm
from apps.notifications.selectors.habits import mail_settings, my_pause
from apps.orgs.lately import organization_of_last_visit
from apps.orgs.selectors import get_organization
from apps.projects.selectors import get_project, list_projects


def _view_of(values: Any) -> str:
    """The view that is asked for; an old bookmark of none shows the inbox."""
    view: str = values.get("view", "")
    return view if view in selectors.VIEWS else "inbox"


def _address(org: str, view: str) -> str:
    query = urlencode({"view": view}) if view != "inbox" else ""
    return reverse("inbox", args=[org]) + (f"?{query}" if query else "")


# What is over is new until it was seen; no issue is meant by it.
_WITH_ENDED = ("inbox", "unread")


@require_GET
def inbox(request: HttpRequest, org: str) -> HttpResponse:
    """What reached a person, issue by issue; for a script that reads it again, the list alone."""
    actor = actor_of(request)
    view = _view_of(request.GET)
    page = selectors.inbox_page(actor=actor, view=view, after=read_mark(request.GET.get("after", "")))
    next_url = ""
    if page.next_after is not None:
        query = {"view": view, "after": write_mark(page.next_after)}
        next_url = f"{reverse('inbox', args=[org])}?{urlencode(query)}"
    context = {
        "org": get_organization(actor=actor),
        "view": view,
        "views": selectors.VIEWS,
        "page": page,
        "next_url": next_url,
        "is_first": not request.GET.get("after"),
        "pause": my_pause(actor=actor),
        "ended": selectors.list_ended_work(actor=actor) if view in _WITH_ENDED else [],
    }
    return render(request, "inbox/_list.html" if is_fragment(request) else "inbox/inbox.html", context)


@never_cache
@require_GET
def news(request: HttpRequest, org: str) -> HttpResponse:
    """How much is unread now; and, for the tab that shows it on the desktop, what arrived `since` (the id it knows)."""
    actor = actor_of(request)
    answer: dict[str, Any] = {"unread": selectors.unread_count(actor=actor)}
    since = number_or_none(request.GET, "since")
    if since is not None:
        found = selectors.desktop_news(actor=actor, since=since)
        answer["head"] = selectors.newest_id(actor=actor)
        answer["news"] = [
            {
                "id": each.id,
                "title": f"{each.key} {each.title}",
                "body": f"{each.who} {each.sentence}",
                "url": comment_url(org, each.key, each.comment_id),
            }
            for each in found
        ]
    return JsonResponse(answer)


Write = Callable[[Actor, int], None]


def _writes(request: HttpRequest) -> dict[str, tuple[Write, str, str]]:
    """What can be done with an entry: the write, what is said then, and what takes it back."""
    values = request.POST

    def put_off(actor: Actor, entry_id: int) -> None:
        until = read_until(values.get("until", ""), values.get("day", ""))
        services.put_off(actor=actor, entry_id=entry_id, until=until)

    return {
        "read": (lambda a, e: services.set_read(actor=a, entry_id=e, is_read=True), _("%(key)s is read."), "unread"),
        "unread": (
            lambda a, e: services.set_read(actor=a, entry_id=e, is_read=False), _("%(key)s is unread again."), "read"
        ),
        "done": (lambda a, e: services.set_done(actor=a, entry_id=e, is_done=True), _("%(key)s is done."), "undone"),
        "undone": (
            lambda a, e: services.set_done(actor=a, entry_id=e, is_done=False), _("%(key)s is back."), "done"
        ),
        "save": (
            lambda a, e: services.set_saved(actor=a, entry_id=e, is_saved=True), _("%(key)s is saved."), "unsave"
        ),
        "unsave": (
            lambda a, e: services.set_saved(actor=a, entry_id=e, is_saved=False), _("%(key)s is saved no more."), "save"
        ),
        "snooze": (put_off, _("%(key)s is snoozed."), "wake"),
        "wake": (
            lambda a, e: services.put_off(actor=a, entry_id=e, until=None), _("%(key)s is back."), ""
        ),
    }  # fmt: skip


@require_POST
def entry(request: HttpRequest, org: str, entry_id: int) -> HttpResponse:
    """Do something with one issue of one's inbox: read, unread, done, undone, save, unsave, snooze, wake."""
    actor = actor_of(request)
    found = selectors.get_entry(actor=actor, entry_id=entry_id)
    write = _writes(request).get(request.POST.get("do", ""))
    if write is None:
        raise Invalid(_("Choose one of the offered values."), field="do")
    act, said, undo = write
    act(actor, entry_id)
    text = said % {"key": f"{found.issue.project.key}-{found.issue.number}"}
    if is_scripted(request):
        return JsonResponse({"text": text, "undo": undo, "unread": selectors.unread_count(actor=actor)})
    messages.success(request, text)
    return redirect(_address(org, _view_of(request.POST)))


@require_POST
def everything(request: HttpRequest, org: str) -> HttpResponse:
    """Be through with all that a view shows, or take that back by the mark that was given for it."""
    actor = actor_of(request)
    if request.POST.get("at"):
        try:
            at = datetime.fromisoformat(request.POST["at"])
        except ValueError as error:
            raise Invalid(_("That cannot be taken back any more."), field="at") from error
        count = services.take_back_finishing(actor=actor, at=at) if at.tzinfo else 0
        text = ngettext("%(count)s issue is back.", "%(count)s issues are back.", count) % {"count": count}
        mark = ""
    else:
        count, done_at = services.finish_all(actor=actor, view=_view_of(request.POST))
        text = ngettext("%(count)s issue is done.", "%(count)s issues are done.", count) % {"count": count}
        mark = done_at.isoformat() if count else ""
    if is_scripted(request):
        return JsonResponse({"text": text, "at": mark, "unread": selectors.unread_count(actor=actor)})
    messages.success(request, text)
    return redirect(_address(org, _view_of(request.POST)))


@require_POST
def ended(request: HttpRequest, org: str) -> HttpResponse:
    """Have seen what is over of what one had asked for, up to the newest that was shown."""
    services.see_ended_work(actor=actor_of(request), until=number_or_none(request.POST, "until") or 0)
    return redirect(_address(org, _view_of(request.POST)))


@get_or_post
def preferences(request: HttpRequest, org: str) -> HttpResponse:
    """What somebody hears of, in which channel; in the organization, or with `?project=KEY` in one project."""
    actor = actor_of(request)
    key = request.GET.get("project", "")
    project = get_project(actor=actor, key=key) if key else None
    here = reverse("inbox_preferences", args=[org]) + (f"?{urlencode({'project': project.key})}" if project else "")
    form = ChannelsForm(request.POST or None, choices=selectors.choices(actor=actor, project=project))
    if request.method == "POST" and form.is_valid():
        if request.POST.get("do") == "forget":
            services.forget_channels(actor=actor, project=project)
        else:
            services.choose_channels(actor=actor, project=project, channels=form.channels())
            if project is None:
                services.set_hears_of_own(actor=actor, hears_of_own=request.POST.get("own") == "on")
            else:
                services.choose_interest(actor=actor, project=project, level=request.POST.get("level", ""))
        messages.success(request, _("Your notifications are saved."))
        return redirect(here)
    chosen = selectors.projects_with_choices(actor=actor)
    projects = list_projects(actor=actor)
    context = {
        "org": get_organization(actor=actor),
        "form": form,
        "here": here,
        "project": project,
        "projects": projects,
        "with_choices": [each for each in projects if each.pk in chosen],
        "interests": INTERESTS,
        "level": selectors.interest_in(actor=actor, project=project) if project else "",
        "hears_of_own": selectors.hears_of_own(actor=actor),
    }
    if project is None:
        settings = mail_settings(actor=actor)
        context |= {"mail": settings, "mail_form": RhythmForm.of(settings)}
    return render(request, "inbox/preferences.html", context, status=status_of(form))


@login_required
@require_GET
def my_preferences(request: HttpRequest) -> HttpResponse:
    """From the pages about one's account: to what reaches one of the organization where one was last."""
    slug = organization_of_last_visit(request)
    return redirect("inbox_preferences", slug) if slug else redirect("start")


@require_POST
def mute(request: HttpRequest, org: str, issue_key: str) -> HttpResponse:
    """Hear nothing more of an issue that does not name oneself, or hear of it again."""
    actor = actor_of(request)
    issue = get_issue(actor=actor, key=issue_key)
    is_muted = request.POST.get("mute") == "1"
    services.set_muted(actor=actor, issue=issue, is_muted=is_muted)
    key = f"{issue.project.key}-{issue.number}"
    text = (_("%(key)s is muted.") if is_muted else _("You hear of %(key)s again.")) % {"key": key}
    if is_scripted(request):
        return JsonResponse({"text": text})
    messages.success(request, text)
    return redirect("issue", org, key)
