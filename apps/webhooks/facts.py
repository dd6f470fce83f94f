"""What can happen to webhooks. None of these says a webhook's whole address: its path is often a secret."""

from dataclasses import dataclass
from typing import ClassVar

from apps.events.facts import Fact


@dataclass(frozen=True, kw_only=True)
class WebhookFact(Fact):
    """Something happened to one webhook."""

    webhook_id: int


@dataclass(frozen=True, kw_only=True)
class WebhookCreated(WebhookFact):
    """Facts are sent to another server from now on."""

    kind: ClassVar[str] = "webhook.created"


@dataclass(frozen=True, kw_only=True)
class WebhookEdited(WebhookFact):
    """Its name, address or what it sends changed."""

    kind: ClassVar[str] = "webhook.edited"


@dataclass(frozen=True, kw_only=True)
class WebhookSecretRotated(WebhookFact):
    """It signs with another secret; for a while, or until `is_final`, with the one before as well."""

    kind: ClassVar[str] = "webhook.secret_rotated"
    is_final: bool


@dataclass(frozen=True, kw_only=True)
class WebhookPaused(WebhookFact):
    """It sends nothing for now; `pause` says whether a person wanted that, or what its server did."""

    kind: ClassVar[str] = "webhook.paused"
    pause: str


@dataclass(frozen=True, kw_only=True)
class WebhookResumed(WebhookFact):
    """It sends again."""

    kind: ClassVar[str] = "webhook.resumed"


@dataclass(frozen=True, kw_only=True)
class WebhookDeleted(WebhookFact):
    """It is gone, with everything that it sent."""

    kind: ClassVar[str] = "webhook.deleted"
