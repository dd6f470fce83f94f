"""What people decide about webhooks, and what workers do for them."""

from apps.webhooks.services.hooks import (
    TooManyWebhooks,
    Wishes,
    create_webhook,
    delete_webhook,
    edit_webhook,
    end_former_secret,
    pause_webhook,
    resume_webhook,
    rotate_secret,
)
from apps.webhooks.services.messages import (
    Outcome,
    Parcel,
    claim,
    redeliver,
    remove_old,
    retry_dead,
    send_test,
    settle,
)
from apps.webhooks.services.planning import Place, plan

__all__ = [
    "Outcome",
    "Parcel",
    "Place",
    "TooManyWebhooks",
    "Wishes",
    "claim",
    "create_webhook",
    "delete_webhook",
    "edit_webhook",
    "end_former_secret",
    "pause_webhook",
    "plan",
    "redeliver",
    "remove_old",
    "resume_webhook",
    "retry_dead",
    "rotate_secret",
    "send_test",
    "settle",
]
