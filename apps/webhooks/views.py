"""Webhooks as pages: what is sent where, and what came of it."""

from functools import partial
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.core import limits
from apps.core.errors import Forbidden
from apps.core.forms import is_done, status_of
from apps.core.pages import render
from apps.core.requests import actor_of, get_or_post, number_or_none
from apps.core.tenancy import Actor
from apps.events.relay import ring_worker
from apps.orgs.selectors import get_organization
from apps.projects.selectors import get_configurable_project, get_project
from apps.webhooks import policies, selectors, services
from apps.webhooks.bodies import body_of_test
from apps.webhooks.catalogue import GROUPS, kinds_for
from apps.webhooks.forms import ALL, CHOSEN, WebhookForm
from apps.webhooks.jobs import send

if TYPE_CHECKING:
    from apps.projects.models import Project
    from apps.webhooks.models import Message, Webhook


@require_safe
def of_organization(request: HttpRequest, org: str) -> HttpResponse:
    """The organization's webhooks."""
    return _list(request, None)


@require_safe
def of_project(request: HttpRequest, org: str, project_key: str) -> HttpResponse:
    """A project's; whoever does not administer it reads whom to ask."""
    return _list(request, get_project(actor=actor_of(request), key=project_key))


def _list(request: HttpRequest, project: "Project | None") -> HttpResponse:
    actor = actor_of(request)
    can_manage = policies.can_manage_webhooks(actor, project)
    if not can_manage and project is None:
        raise Forbidden
    found = selectors.list_webhooks(actor=actor, project=project) if can_manage else []
    context = _frame(actor, project) | {"can_manage": can_manage, "webhooks": found}
    return render(request, "webhooks/list.html", context)


def _frame(actor: Actor, project: "Project | None") -> dict[str, Any]:
    """What every page needs: where we are, and the way back to the list."""
    names = [actor.org_slug] if project is None else [actor.org_slug, project.key]
    return {
        "org": get_organization(actor=actor),
        "project": project,
        "list_url": reverse("org_webhooks" if project is None else "project_webhooks", args=names),
        "new_url": reverse("org_webhook_new" if project is None else "project_webhook_new", args=names),
    }


@get_or_post
def new_of_organization(request: HttpRequest, org: str) -> HttpResponse:
    """Make one of the organization's."""
    if not policies.can_manage_webhooks(actor_of(request), None):
        raise Forbidden
    return _new(request, None)


@get_or_post
def new_of_project(request: HttpRequest, org: str, project_key: str) -> HttpResponse:
    """Make one of a project's."""
    return _new(request, get_configurable_project(actor=actor_of(request), key=project_key))


def _new(request: HttpRequest, project: "Project | None") -> HttpResponse:
    """The new one's secret is in this one answer and nowhere else."""
    actor = actor_of(request)
    form = WebhookForm(request.POST or None, **_offers(actor, project))
    made: list[tuple[Webhook, str]] = []

    def write(_values: dict[str, Any]) -> None:
        wishes = services.Wishes(**form.wishes())
        made.append(services.create_webhook(actor=actor, project=project, wishes=wishes))

    if request.method == "POST" and is_done(form, write):
        [(webhook, secret)] = made
        return _page(request, webhook, new_secret=secret)
    return _form_page(request, project, form)


@get_or_post
def edit(request: HttpRequest, org: str, webhook_id: int) -> HttpResponse:
    """Change a webhook."""
    actor, found = _found(request, webhook_id)
    now = {name: getattr(found, name) for name in ("name", "url", "kinds", "project_ids", "type_ids")}
    form = WebhookForm(
        request.POST or None,
        initial=now | {"sends": CHOSEN if found.kinds else ALL},
        **_offers(actor, found.project),
    )

    def write(_values: dict[str, Any]) -> None:
        services.edit_webhook(actor=actor, webhook=found, wishes=services.Wishes(**form.wishes()))

    if request.method == "POST" and is_done(form, write):
        messages.success(request, _("“%(name)s” is saved.") % {"name": form.cleaned_data["name"]})
        return redirect("webhook", org, found.pk)
    return _form_page(request, found.project, form, webhook=found)


def _offers(actor: Actor, project: "Project | None") -> dict[str, Any]:
    if project is None:
        found = selectors.projects_to_choose(actor=actor)
        return {"projects": [(each.pk, f"{each.key} {each.name}") for each in found]}
    return {"types": [(each.pk, each.name) for each in selectors.types_to_choose(actor=actor, project=project)]}


def _form_page(
    request: HttpRequest, project: "Project | None", form: WebhookForm, webhook: "Webhook | None" = None
) -> HttpResponse:
    offered = kinds_for(of_project=project is not None)
    context = _frame(actor_of(request), project) | {
        "form": form,
        "webhook": webhook,
        "groups": [(name, kinds) for name, _of_project, kinds in GROUPS if offered.issuperset(kinds)],
        "chosen": set(form["kinds"].value() or ()),
    }
    return render(request, "webhooks/form.html", context, status=status_of(form))


@require_safe
def webhook(request: HttpRequest, org: str, webhook_id: int) -> HttpResponse:
    """One webhook: how it fares, and what it sent in the last thirty days."""
    _actor, found = _found(request, webhook_id)
    return _page(request, found)


def _found(request: HttpRequest, webhook_id: int) -> "tuple[Actor, Webhook]":
    actor = actor_of(request)
    return actor, selectors.get_webhook(actor=actor, webhook_id=webhook_id)


def _page(request: HttpRequest, webhook: "Webhook", *, new_secret: str = "") -> HttpResponse:
    actor = actor_of(request)
    state = request.GET.get("state", "")
    state = state if state in dict(selectors.STATES) else ""
    before = number_or_none(request.GET, "before")
    most = selectors.MESSAGES_ON_A_PAGE
    found = selectors.list_messages(actor=actor, webhook=webhook, state=state, before=before, limit=most + 1)
    context = _frame(actor, webhook.project) | {
        "webhook": webhook,
        "new_secret": new_secret,
        "has_former": webhook.former_until is not None and webhook.former_until > timezone.now(),
        "sent": found[:most],
        "older": found[most - 1].pk if len(found) > most else None,
        "is_first": before is None,
        "state": state,
        "states": selectors.STATES,
    }
    return render(request, "webhooks/webhook.html", context)


@require_POST
def test(request: HttpRequest, org: str, webhook_id: int) -> HttpResponse:
    """Send a test; its page shows what is answered."""
    actor, found = _found(request, webhook_id)
    limits.count(request, "webhook-test", str(found.pk))
    made = services.send_test(actor=actor, webhook=found, write=body_of_test)
    transaction.on_commit(partial(ring_worker, send))
    return redirect("webhook_message", org, found.pk, made.pk)


@require_POST
def rotate(request: HttpRequest, org: str, webhook_id: int) -> HttpResponse:
    """Exchange the secret. The new one is in this one answer and nowhere else."""
    actor, found = _found(request, webhook_id)
    found, secret = services.rotate_secret(actor=actor, webhook=found)
    return _page(request, found, new_secret=secret)


@require_POST
def end_former(request: HttpRequest, org: str, webhook_id: int) -> HttpResponse:
    """Let the secret before count no more."""
    actor, found = _found(request, webhook_id)
    services.end_former_secret(actor=actor, webhook=found)
    messages.success(request, _("From now on only the newest secret signs."))
    return redirect("webhook", org, found.pk)


@require_POST
def pause(request: HttpRequest, org: str, webhook_id: int) -> HttpResponse:
    """Send nothing for now."""
    actor, found = _found(request, webhook_id)
    services.pause_webhook(actor=actor, webhook=found)
    messages.success(request, _("“%(name)s” is paused.") % {"name": found.name})
    return redirect("webhook", org, found.pk)


@require_POST
def resume(request: HttpRequest, org: str, webhook_id: int) -> HttpResponse:
    """Send again."""
    actor, found = _found(request, webhook_id)
    services.resume_webhook(actor=actor, webhook=found)
    messages.success(request, _("“%(name)s” sends again.") % {"name": found.name})
    return redirect("webhook", org, found.pk)


@require_POST
def delete(request: HttpRequest, org: str, webhook_id: int) -> HttpResponse:
    """Delete a webhook."""
    actor, found = _found(request, webhook_id)
    services.delete_webhook(actor=actor, webhook=found)
    messages.success(request, _("“%(name)s” is deleted. Nothing more is sent to it.") % {"name": found.name})
    return redirect(_frame(actor, found.project)["list_url"])


@require_safe
def message(request: HttpRequest, org: str, webhook_id: int, message_id: int) -> HttpResponse:
    """One message: its body, and each attempt to send it with what was answered."""
    actor, found = _found(request, webhook_id)
    context = _frame(actor, found.project) | {
        "webhook": found,
        "message": selectors.get_message(actor=actor, webhook=found, message_id=message_id),
    }
    return render(request, "webhooks/message.html", context)


@require_POST
def redeliver(request: HttpRequest, org: str, webhook_id: int, message_id: int) -> HttpResponse:
    """Send a message again; its page shows what is answered."""
    actor, found = _found(request, webhook_id)
    limits.count(request, "webhook-test", str(found.pk))
    chosen: Message = selectors.get_message(actor=actor, webhook=found, message_id=message_id)
    services.redeliver(actor=actor, message=chosen)
    transaction.on_commit(partial(ring_worker, send))
    return redirect("webhook_message", org, found.pk, chosen.pk)
