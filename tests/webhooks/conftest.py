"""Webhooks with a real server at their other end."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.utils import timezone
from pytest_django import Settings

from apps.accounts.models import User
from apps.core.tenancy import run_as_system
from apps.orgs.models import Organization
from apps.projects.models import Project
from apps.webhooks import sender
from apps.webhooks.models import Attempt, Message, Webhook
from apps.webhooks.services import Wishes, create_webhook
from tests.endpoint import Endpoint, Received
from tests.factories import acting


@pytest.fixture
def endpoint(settings: Settings) -> Iterator[Endpoint]:
    """A server that the operator allows to be sent to."""
    settings.EGRESS_ALLOW = ["127.0.0.0/8"]
    with Endpoint() as server:
        yield server


def is_signed(received: Received, secret: str) -> bool:
    """What a receiver does, from the words of the convention and nothing of ours."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    content = f"{received.headers['webhook-id']}.{received.headers['webhook-timestamp']}.".encode() + received.body
    expected = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    return f"v1,{expected}" in received.headers["webhook-signature"].split(" ")


@dataclass
class Hooks:
    """One organization's webhooks, and the worker that sends."""

    org: Organization
    owner: User

    def make(self, project: Project | None, url: str, **wishes: Any) -> tuple[Webhook, str]:
        """A webhook and its secret."""
        with acting(self.owner, self.org) as actor:
            fresh = Project.objects.get(pk=project.pk) if project is not None else None
            return create_webhook(actor=actor, project=fresh, wishes=Wishes(**({"name": "CI", "url": url} | wishes)))

    def work(self) -> int:
        """Let the worker send what is due; how many attempts that were."""
        return sender.send_everywhere(longest=20)

    def wait(self) -> None:
        """Let what waits be due, and what is taken be nobody's, as if time had passed."""
        with run_as_system(org_id=self.org.pk):
            Message.objects.filter(state="waiting").update(due_at=timezone.now(), leased_until=None)

    def age(self, delta: timedelta) -> None:
        """Let everything have happened so much earlier."""
        with run_as_system(org_id=self.org.pk):
            Message.objects.update(
                created_at=F("created_at") - delta, queued_at=F("queued_at") - delta, due_at=F("due_at") - delta
            )
            Webhook.objects.update(failing_since=F("failing_since") - delta)

    def messages(self) -> list[Message]:
        """All of them, oldest first."""
        with run_as_system(org_id=self.org.pk):
            return list(Message.objects.order_by("pk"))

    def attempts(self) -> list[Attempt]:
        """All of them, oldest first."""
        with run_as_system(org_id=self.org.pk):
            return list(Attempt.objects.order_by("pk"))

    def now(self, webhook: Webhook) -> Webhook:
        """A webhook as it is."""
        with run_as_system(org_id=self.org.pk):
            return Webhook.objects.select_related("project").get(pk=webhook.pk)


@pytest.fixture
def hooks(acme: Organization, ada: User) -> Hooks:
    return Hooks(acme, ada)


def bodies(endpoint: Endpoint) -> list[dict[str, Any]]:
    """What the server was told, without what webhooks say of themselves."""
    told = [json.loads(received.body) for received in endpoint.received]
    return [each for each in told if not each["type"].startswith("webhook.")]


def kinds(endpoint: Endpoint) -> list[str]:
    """Which facts those were."""
    return [each["type"] for each in bodies(endpoint)]
