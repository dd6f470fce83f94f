"""Attaching files to an issue, and reading them: who asks is checked each time."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from apps.core.downloads import send_file
from apps.core.errors import Invalid, NotFound
from apps.core.filetypes import UNKNOWN
from apps.core.requests import actor_of, is_scripted
from apps.issues import services
from apps.issues.panel import answer, keeps_what_was_written, key_of
from apps.issues.selectors import get_attachment, get_issue


@require_POST
@keeps_what_was_written
def attach(request: HttpRequest, org: str, issue_key: str) -> HttpResponse:
    """Attach files. A script sends one at a time, and is told how a text refers to it."""
    actor = actor_of(request)
    issue = get_issue(actor=actor, key=issue_key)
    attached = services.attach_files(
        actor=actor, issue=issue, uploads=request.FILES.getlist("file"), sending=_sending(request)
    )
    if is_scripted(request):
        return JsonResponse({"files": [_described(org, one) for one in attached]}, status=201)
    messages.success(
        request,
        ngettext("%(num)s file is attached.", "%(num)s files are attached.", len(attached)) % {"num": len(attached)},
    )
    return redirect("issue", org, issue_key)


def _sending(request: HttpRequest) -> UUID | None:
    text = request.POST.get("sending", "")
    try:
        return UUID(text) if text else None
    except ValueError as error:
        raise Invalid(_("“%(name)s” must be an id.") % {"name": "sending"}, field="sending") from error


def _described(org: str, attachment: Any) -> dict[str, Any]:
    """A file as scripts know it; `markdown` is what a text shows it by."""
    address = reverse("attachment", args=[org, attachment.pk])
    name = "".join(f"\\{sign}" if sign in "\\[]*_`<>" else sign for sign in attachment.name)
    if attachment.is_picture:
        markdown = f"![{name}]({address})"
    elif attachment.is_video or attachment.is_sound:
        markdown = f"![{name}]({address}{'#video' if attachment.is_video else '#audio'})"
    else:
        markdown = f"[{name}]({address})"
    return {"id": attachment.pk, "name": attachment.name, "url": address, "markdown": markdown}


@require_safe
def download(request: HttpRequest, org: str, attachment_id: int) -> HttpResponseBase:
    """An attached file, under its own name. What pages may show is shown, unless it is asked for as a download."""
    found = get_attachment(actor=actor_of(request), attachment_id=attachment_id)
    return send_file(
        request,
        key=found.key,
        size=found.size,
        tag=found.sha256,
        kept_at=found.created_at,
        kind=found.content_type if found.is_shown else UNKNOWN,
        name=found.name,
        is_shown=found.is_shown and "download" not in request.GET,
    )


@require_safe
def thumbnail(request: HttpRequest, org: str, attachment_id: int) -> HttpResponseBase:
    """The small picture of an attached picture.

    :raises NotFound: also where there is none, or none yet
    """
    found = get_attachment(actor=actor_of(request), attachment_id=attachment_id)
    if not found.has_thumbnail:
        raise NotFound
    return send_file(
        request,
        key=found.thumbnail_key,
        size=found.thumbnail_size,
        tag=f"{found.sha256}-small",
        kept_at=found.created_at,
        kind="image/webp",
        name=f"{found.name}.webp",
        is_shown=True,
    )


@require_POST
def remove(request: HttpRequest, org: str, attachment_id: int) -> HttpResponse:
    """Take a file away."""
    actor = actor_of(request)
    found = get_attachment(actor=actor, attachment_id=attachment_id)
    services.remove_attachment(actor=actor, attachment=found)
    notice = _("“%(name)s” is removed.") % {"name": found.name}
    return answer(request, actor, org, key_of(found.issue), notice)


@require_POST
def restore(request: HttpRequest, org: str, removed_attachment_id: int) -> HttpResponse:
    """Bring a file back that was taken away."""
    actor = actor_of(request)
    found = get_attachment(actor=actor, attachment_id=removed_attachment_id, is_removed=True)
    services.restore_attachment(actor=actor, attachment=found)
    return answer(request, actor, org, key_of(found.issue), _("“%(name)s” is back.") % {"name": found.name})
