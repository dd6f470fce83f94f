"""Webhooks for scripts: the same selectors and services as the pages."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from django.db import transaction
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api import Cursor, operation
from apps.core.errors import Invalid
from apps.events.relay import ring_worker
from apps.orgs.api.base import OrganizationView
from apps.orgs.scopes import Resource
from apps.projects.selectors import get_project
from apps.webhooks import selectors, services
from apps.webhooks.api.serializers import (
    MessageDetailSerializer,
    MessageQuery,
    MessageSerializer,
    NewWebhookFields,
    SecretSerializer,
    WebhookEditFields,
    WebhookSerializer,
)
from apps.webhooks.bodies import body_of_test
from apps.webhooks.jobs import send

# What a body calls the ids that services call otherwise.
_NAMES = {"projects": "project_ids", "types": "type_ids"}


class WebhookScopeView(OrganizationView):
    """Base of what is read and written of webhooks."""

    resource = Resource.WEBHOOKS

    def _webhook(self, webhook_id: int) -> Any:
        return selectors.get_webhook(actor=self.actor, webhook_id=webhook_id)

    def _list(self, project: Any) -> Response:
        return self.whole(WebhookSerializer, selectors.list_webhooks(actor=self.actor, project=project))

    def _create(self, project: Any) -> Response:
        wishes = services.Wishes(**_named(self.body))
        with _as_sent():
            webhook, secret = services.create_webhook(actor=self.actor, project=project, wishes=wishes)
        return self._with_secret(webhook, secret, 201)

    def _with_secret(self, webhook: Any, secret: str, status: int) -> Response:
        shown = {**WebhookSerializer(webhook).data, "secret": secret}
        return Response(shown, status, headers={"Cache-Control": "no-store"})

    def _ring(self) -> None:
        transaction.on_commit(partial(ring_worker, send))


def _named(values: dict[str, Any]) -> dict[str, Any]:
    return {_NAMES.get(name, name): value for name, value in values.items()}


@contextmanager
def _as_sent() -> Iterator[None]:
    """Name the field of a refusal as the body does."""
    try:
        yield
    except Invalid as error:
        sent = {name: field for field, name in _NAMES.items()}.get(error.field, error.field)
        raise Invalid(error.detail, field=sent) from error


class OrganizationWebhooksView(WebhookScopeView):
    """The organization's webhooks."""

    @operation("list_webhooks", answer=WebhookSerializer, is_page=True)
    def get(self, request: Request, org: str) -> Response:
        """The organization's webhooks, by name.

        There can be twenty: they come all at once.
        """
        return self._list(None)

    @operation("create_webhook", body=NewWebhookFields, answer=SecretSerializer, status=201, is_kept=False)
    def post(self, request: Request, org: str) -> Response:
        """Send what happens in the organization and its open projects to an address.

        The answer holds the secret by which it signs: it is shown this once.
        """
        return self._create(None)


class ProjectWebhooksView(WebhookScopeView):
    """A project's webhooks."""

    @operation("list_project_webhooks", answer=WebhookSerializer, is_page=True)
    def get(self, request: Request, org: str, project_key: str) -> Response:
        """The project's webhooks, by name.

        There can be twenty: they come all at once.
        """
        return self._list(get_project(actor=self.actor, key=project_key))

    @operation("create_project_webhook", body=NewWebhookFields, answer=SecretSerializer, status=201, is_kept=False)
    def post(self, request: Request, org: str, project_key: str) -> Response:
        """Send what happens in the project to an address.

        The answer holds the secret by which it signs: it is shown this once.
        """
        return self._create(get_project(actor=self.actor, key=project_key))


class WebhookView(WebhookScopeView):
    """One webhook."""

    @operation("get_webhook", answer=WebhookSerializer)
    def get(self, request: Request, org: str, webhook_id: int) -> Response:
        """A webhook, of the organization or of a project."""
        return Response(WebhookSerializer(self._webhook(webhook_id)).data)

    @operation("edit_webhook", body=WebhookEditFields, answer=WebhookSerializer)
    def patch(self, request: Request, org: str, webhook_id: int) -> Response:
        """Change it, pause it or let it send again."""
        actor, webhook = self.actor, self._webhook(webhook_id)
        values = dict(self.body)
        paused = values.pop("paused", None)
        if values:
            now = {name: getattr(webhook, name) for name in ("name", "url", "kinds", "project_ids", "type_ids")}
            wishes = services.Wishes(**now | _named(values))
            with _as_sent():
                webhook = services.edit_webhook(actor=actor, webhook=webhook, wishes=wishes)
        if paused is not None:
            turn = services.pause_webhook if paused else services.resume_webhook
            webhook = turn(actor=actor, webhook=webhook)
        return Response(WebhookSerializer(webhook).data)

    @operation("delete_webhook", status=204)
    def delete(self, request: Request, org: str, webhook_id: int) -> Response:
        """Delete it: nothing more is sent to it."""
        services.delete_webhook(actor=self.actor, webhook=self._webhook(webhook_id))
        return Response(status=204)


class SecretView(WebhookScopeView):
    """The secret by which a webhook signs."""

    @operation("rotate_webhook_secret", answer=SecretSerializer, is_kept=False)
    def post(self, request: Request, org: str, webhook_id: int) -> Response:
        """Make a new one. For a day the one before signs too, so that receivers can change over."""
        webhook, secret = services.rotate_secret(actor=self.actor, webhook=self._webhook(webhook_id))
        return self._with_secret(webhook, secret, 200)

    @operation("end_former_webhook_secret", status=204)
    def delete(self, request: Request, org: str, webhook_id: int) -> Response:
        """Let the secret before the last one count no more, at once."""
        services.end_former_secret(actor=self.actor, webhook=self._webhook(webhook_id))
        return Response(status=204)


class TestView(WebhookScopeView):
    """Whether it arrives."""

    @operation("test_webhook", answer=MessageSerializer, status=201)
    def post(self, request: Request, org: str, webhook_id: int) -> Response:
        """Send a message that tells of nothing. Read it again to see what was answered."""
        webhook = self._webhook(webhook_id)
        self.count("webhook-test", str(webhook.pk))
        made = services.send_test(actor=self.actor, webhook=webhook, write=body_of_test)
        self._ring()
        return Response(MessageSerializer(made).data, 201)


class MessageListView(WebhookScopeView):
    """What a webhook sent."""

    @operation("list_webhook_messages", query=MessageQuery, answer=MessageSerializer, is_page=True)
    def get(self, request: Request, org: str, webhook_id: int) -> Response:
        """A page of what it sent in the last thirty days or is to send, newest first."""
        webhook = self._webhook(webhook_id)
        state, size = self.query.get("state", ""), self.query["limit"]
        cursor = Cursor(self, f"-id:{state}", self.query.get("cursor"))
        found = selectors.list_messages(
            actor=self.actor,
            webhook=webhook,
            state=state,
            before=cursor.after[0] if cursor.after else None,
            limit=size + 1,
        )
        shown = found[:size]
        return cursor.answer(
            MessageSerializer(shown, many=True).data,
            next_after=[shown[-1].pk] if len(found) > size else None,
            previous_before=None,
        )


class OneMessageView(WebhookScopeView):
    """Base of what is read and done of one message."""

    def _message(self, webhook_id: int, message_id: int) -> Any:
        return selectors.get_message(actor=self.actor, webhook=self._webhook(webhook_id), message_id=message_id)


class MessageView(OneMessageView):
    """One message."""

    @operation("get_webhook_message", answer=MessageDetailSerializer)
    def get(self, request: Request, org: str, webhook_id: int, message_id: int) -> Response:
        """Its body, and each try to send it with the beginning of what was answered."""
        return Response(MessageDetailSerializer(self._message(webhook_id, message_id)).data)


class RedeliveryView(OneMessageView):
    """One message once more."""

    @operation("redeliver_webhook_message", answer=MessageDetailSerializer)
    def post(self, request: Request, org: str, webhook_id: int, message_id: int) -> Response:
        """Send it again, under the same id, with all its tries."""
        self.count("webhook-test", str(webhook_id))
        services.redeliver(actor=self.actor, message=self._message(webhook_id, message_id))
        self._ring()
        return Response(MessageDetailSerializer(self._message(webhook_id, message_id)).data)
