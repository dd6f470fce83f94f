"""The addresses of one's calendars, and what calendars read there."""

import hashlib

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.entrance import place_of
from apps.core import limits
from apps.core.digests import hash_secret
from apps.core.errors import Invalid
from apps.core.pages import render
from apps.core.requests import actor_of, get_or_post, is_plain_form
from apps.core.tenancy.doors import NoSuchCalendar, enter_calendar
from apps.projects.selectors import get_project
from apps.sprints import calendars as reading
from apps.sprints import services


@get_or_post
def calendar_links(request: HttpRequest, org: str, project_key: str) -> HttpResponse:
    """A person's own calendar links. The address of a new one is in this one answer and nowhere else."""
    actor = actor_of(request)
    project = get_project(actor=actor, key=project_key)
    address, error, status = None, "", 200
    if request.method == "POST":
        try:
            _link, secret = services.make_calendar_link(
                actor=actor, project=project, whose=request.POST.get("whose", "")
            )
        except Invalid as refused:
            if not is_plain_form(request):
                raise
            error, status = str(refused.detail), refused.status
        else:
            address = request.build_absolute_uri(reverse("calendar", args=[secret]))
    context = {
        "project": project,
        "links": reading.list_calendar_links(actor=actor),
        "choices": reading.WHOSE,
        "address": address,
        "error": error,
    }
    response = render(request, "calendar/links.html", context, status=status)
    if address:
        response["Cache-Control"] = "no-store"
    return response


@require_POST
def calendar_link_revoke(request: HttpRequest, org: str, project_key: str, calendar_link_id: int) -> HttpResponse:
    """Stop one of one's own links."""
    actor = actor_of(request)
    project = get_project(actor=actor, key=project_key)
    services.revoke_calendar_link(actor=actor, link=reading.get_calendar_link(actor=actor, link_id=calendar_link_id))
    messages.success(request, _("The link no longer works. Calendars keep what they read, until you remove it there."))
    return redirect("calendar_links", org, project.key)


@require_safe
def calendar(request: HttpRequest, calendar_secret: str) -> HttpResponseBase:
    """What a calendar reads at its address: iCalendar, or that nothing changed."""
    limits.check(request, "link-guess", place_of(request))
    token_hash = hash_secret(calendar_secret)
    limits.count(request, "calendar", f"calendar:{token_hash}")
    try:
        actor, link_id = enter_calendar(token_hash=token_hash)
        content = reading.calendar_of(actor=actor, link_id=link_id, absolute=request.build_absolute_uri)
    except NoSuchCalendar:
        limits.count(request, "link-guess", place_of(request))
        raise
    response = HttpResponse(content, content_type="text/calendar; charset=utf-8")
    response["ETag"] = quote_etag(hashlib.sha256(content).hexdigest())
    response["Cache-Control"] = "private, no-cache"
    response["Content-Disposition"] = 'inline; filename="flowboard.ics"'
    response["X-Robots-Tag"] = "noindex"
    return get_conditional_response(request, response["ETag"], None, response) or response
