"""Webhooks and what they send, for operators. Neither whole addresses nor bodies: both may hold what is not theirs."""

from collections.abc import Callable
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from apps.core.admin import SECRET_FIELDS, OperatedAdmin, ReadOnlyAdmin, register
from apps.core.tenancy import Actor
from apps.events.operating import operating_in
from apps.webhooks import services
from apps.webhooks.models import Attempt, Message, Reading, Webhook


@register(Webhook)
class WebhookAdmin(OperatedAdmin):
    """Where facts are sent to, and how that fares."""

    list_display = ("name", "host", "project", "org", "pause", "failing_since", "created_at", "deleted_at")
    list_filter = ("pause",)
    list_select_related = ("project", "org")
    search_fields = ("name__icontains", "org__slug")
    search_numbers = ("pk",)
    exclude = (*sorted(SECRET_FIELDS), "url")
    actions = ("pause_sending", "resume_sending")
    sortable_by = ()

    @admin.action(description=gettext_lazy("Pause"), permissions=["operate"])
    def pause_sending(self, request: HttpRequest, queryset: QuerySet[Webhook]) -> None:
        """Let nothing more be sent for now."""
        chosen = list(queryset.filter(paused_at__isnull=True, deleted_at__isnull=True).order_by("pk"))
        self.operate(request, chosen, _act(services.pause_webhook))

    @admin.action(description=gettext_lazy("Resume"), permissions=["operate"])
    def resume_sending(self, request: HttpRequest, queryset: QuerySet[Webhook]) -> None:
        """Send again."""
        chosen = list(queryset.filter(paused_at__isnull=False, deleted_at__isnull=True).order_by("pk"))
        self.operate(request, chosen, _act(services.resume_webhook))


def _act(service: Callable[..., Any]) -> Callable[[Webhook, str], int]:
    def act(webhook: Webhook, reason: str) -> int:
        with operating_in(org_id=webhook.org_id, reason=reason) as actor:
            service(actor=actor, webhook=webhook)
        return 1

    return act


@register(Message)
class MessageAdmin(OperatedAdmin):
    """What is to be sent, what was, and what gave up."""

    list_display = ("kind", "webhook", "org", "state", "attempts", "due_at", "settled_at", "error")
    list_filter = ("state",)
    list_select_related = ("webhook", "org")
    search_fields = ("org__slug",)
    search_numbers = ("pk", "webhook_id", "event_id")
    exclude = (*sorted(SECRET_FIELDS), "body")
    actions = ("retry",)
    sortable_by = ()

    @admin.display(description=gettext_lazy("last error"))
    def error(self, message: Message) -> str:
        """The beginning of it; the whole is on its page."""
        return message.last_error[:80]

    @admin.action(description=gettext_lazy("Send dead ones again"), permissions=["operate"])
    def retry(self, request: HttpRequest, queryset: QuerySet[Message]) -> None:
        """Give what was given up all its attempts again."""
        dead = queryset.filter(state=Message.State.DEAD).order_by("org_id", "pk").values_list("org_id", "pk")
        by_org = [(org_id, [pk for _org, pk in rows]) for org_id, rows in groupby(dead, key=itemgetter(0))]

        def act(chosen: tuple[int, list[int]], reason: str) -> int:
            org_id, message_ids = chosen
            actor: Actor
            with operating_in(org_id=org_id, reason=reason) as actor:
                return services.retry_dead(actor=actor, message_ids=message_ids)

        self.operate(request, by_org, act)


@register(Attempt)
class AttemptAdmin(ReadOnlyAdmin):
    """When something was sent, and how it was answered."""

    list_display = ("message", "at", "seconds", "status", "error", "org")
    list_select_related = ("message", "org")
    search_fields = ("org__slug",)
    search_numbers = ("pk", "message_id")
    exclude = (*sorted(SECRET_FIELDS), "answer")
    sortable_by = ()


@register(Reading)
class ReadingAdmin(ReadOnlyAdmin):
    """How far the log was read for webhooks."""

    list_display = ("stream", "seq", "project", "org")
    list_select_related = ("stream", "project", "org")
    search_fields = ("org__slug",)
    search_numbers = ("pk", "stream_id")
    sortable_by = ()
