"""Making, changing, pausing and deleting webhooks."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.egress import check_address
from apps.core.errors import Conflict, Forbidden, Invalid
from apps.core.tenancy import Actor
from apps.core.texts import one_line
from apps.events.facts import FieldChange, Subject
from apps.events.services import record, service
from apps.projects.models import Project
from apps.webhooks import facts, signing
from apps.webhooks.catalogue import kinds_for
from apps.webhooks.models import NAME_LENGTH, Pause, Webhook
from apps.webhooks.policies import can_manage_webhooks
from apps.webhooks.selectors import get_webhook, projects_to_choose, types_to_choose

# For each project, and for the organization itself.
MOST_WEBHOOKS = 20
# How long the secret before is used as well after a rotation, unless somebody ends that.
OVERLAP = timedelta(hours=24)


class TooManyWebhooks(Conflict):
    """There is no room for another one."""

    title = gettext_lazy("No more webhooks here")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What a webhook is called, where it sends to, and what: kinds of facts, projects or issue types; none are all."""

    name: str
    url: str
    kinds: Collection[str] = ()
    project_ids: Collection[int] = ()
    type_ids: Collection[int] = ()


@service
def create_webhook(*, actor: Actor, project: Project | None, wishes: Wishes) -> tuple[Webhook, str]:
    """Send facts to an address from now on: those of a project, or of the organization (None) and its open projects.

    :returns: the webhook, and the secret it signs with, which is shown this once
    :raises Forbidden: for those who may not manage webhooks here
    :raises apps.core.egress.AddressRefused: if nothing is sent to such an address
    :raises Invalid: if a value cannot be taken
    :raises TooManyWebhooks: if there are as many as there may be
    """
    if not can_manage_webhooks(actor, project):
        raise Forbidden
    values = _clean(actor, project, wishes)
    here = Webhook.objects.filter(org_id=actor.org_id, project=project, deleted_at__isnull=True)
    if here.count() >= MOST_WEBHOOKS:
        raise TooManyWebhooks(_("There can be %(most)s. Delete one that nobody needs.") % {"most": MOST_WEBHOOKS})
    webhook = Webhook.objects.create(
        org_id=actor.org_id, project=project, nonce=signing.new_nonce(), created_by_id=actor.user_id, **values
    )
    _begin(webhook)
    changes = tuple(FieldChange(name, None, _said(webhook, name)) for name in values)
    _tell(facts.WebhookCreated, actor, webhook, action="create", changes=changes)
    return webhook, signing.secret_of(webhook.nonce)


@service
def edit_webhook(*, actor: Actor, webhook: Webhook, wishes: Wishes) -> Webhook:
    """Change what it is called, where it sends to, or what. What waits goes to the new address.

    :raises apps.webhooks.selectors.NoSuchWebhook: if it is gone, or not for the actor
    :raises apps.core.egress.AddressRefused: if nothing is sent to such an address
    :raises Invalid: if a value cannot be taken
    """
    fresh = _locked(actor, webhook)
    values = _clean(actor, fresh.project, wishes)
    before = {name: (getattr(fresh, name), _said(fresh, name)) for name in values}
    changed = [name for name, value in values.items() if before[name][0] != value]
    if not changed:
        return fresh
    for name in changed:
        setattr(fresh, name, values[name])
    fresh.save(update_fields=changed)
    changes = tuple(FieldChange(name, before[name][1], _said(fresh, name)) for name in changed)
    _tell(facts.WebhookEdited, actor, fresh, changes=changes)
    return fresh


@service
def rotate_secret(*, actor: Actor, webhook: Webhook) -> tuple[Webhook, str]:
    """Sign with a new secret, and for a day with the one before as well, so that receivers can change over.

    :returns: the webhook, and the new secret, which is shown this once
    :raises apps.webhooks.selectors.NoSuchWebhook: if it is gone, or not for the actor
    """
    fresh = _locked(actor, webhook)
    fresh.former_nonce, fresh.nonce = fresh.nonce, signing.new_nonce()
    fresh.former_until = timezone.now() + OVERLAP
    fresh.save(update_fields=["nonce", "former_nonce", "former_until"])
    _tell(facts.WebhookSecretRotated, actor, fresh, is_final=False)
    return fresh, signing.secret_of(fresh.nonce)


@service
def end_former_secret(*, actor: Actor, webhook: Webhook) -> Webhook:
    """Sign with the newest secret only, from now on: the one before is known to somebody who must not know it.

    :raises apps.webhooks.selectors.NoSuchWebhook: if it is gone, or not for the actor
    """
    fresh = _locked(actor, webhook)
    if fresh.former_nonce:
        fresh.former_nonce, fresh.former_until = "", None
        fresh.save(update_fields=["former_nonce", "former_until"])
        _tell(facts.WebhookSecretRotated, actor, fresh, is_final=True)
    return fresh


@service
def pause_webhook(*, actor: Actor, webhook: Webhook) -> Webhook:
    """Send nothing for now. What waits goes on when it is resumed; what happens meanwhile is not sent at all.

    :raises apps.webhooks.selectors.NoSuchWebhook: if it is gone, or not for the actor
    """
    fresh = _locked(actor, webhook)
    if not fresh.is_paused:
        pause(actor, fresh, Pause.PERSON)
    return fresh


def pause(actor: Actor, webhook: Webhook, why: str) -> None:
    """Pause a webhook whose row is locked."""
    webhook.pause, webhook.paused_at = why, timezone.now()
    webhook.save(update_fields=["pause", "paused_at"])
    _tell(facts.WebhookPaused, actor, webhook, pause=why)


@service
def resume_webhook(*, actor: Actor, webhook: Webhook) -> Webhook:
    """Send again: what happens from now on, and what has waited for less than a day.

    :raises apps.webhooks.selectors.NoSuchWebhook: if it is gone, or not for the actor
    """
    fresh = _locked(actor, webhook)
    if fresh.is_paused:
        fresh.pause, fresh.paused_at, fresh.failing_since = Pause.NONE, None, None
        fresh.begun_at = timezone.now()
        fresh.save(update_fields=["pause", "paused_at", "failing_since", "begun_at"])
        _begin(fresh)
        _tell(facts.WebhookResumed, actor, fresh)
    return fresh


@service
def delete_webhook(*, actor: Actor, webhook: Webhook) -> None:
    """Delete it. Nothing more is sent; a job removes what it sent.

    :raises apps.webhooks.selectors.NoSuchWebhook: if it is gone, or not for the actor
    """
    fresh = _locked(actor, webhook)
    fresh.deleted_at = timezone.now()
    fresh.save(update_fields=["deleted_at"])
    _tell(facts.WebhookDeleted, actor, fresh, action="delete")


def _locked(actor: Actor, webhook: Webhook) -> Webhook:
    """The webhook as it is now, held until the end of the transaction."""
    Webhook.objects.select_for_update(no_key=True).filter(org_id=actor.org_id, pk=webhook.pk).first()
    return managed(actor, webhook.pk)


def managed(actor: Actor, webhook_id: int) -> Webhook:
    """A webhook that the actor may change and send by.

    :raises apps.webhooks.selectors.NoSuchWebhook: if there is none with this id for them
    :raises Forbidden: if they may only read it
    """
    webhook = get_webhook(actor=actor, webhook_id=webhook_id)
    if not can_manage_webhooks(actor, webhook.project):
        raise Forbidden
    return webhook


# Streams that another webhook follows already are read on from where they are: `begun_at` keeps out what was before.
_BEGIN = """
INSERT INTO webhooks_reading AS r (stream_id, org_id, project_id, seq)
SELECT s.id, s.org_id, s.project_id, s.seq FROM events_stream s
 WHERE s.org_id = %(org)s AND s.kind <> 'person' AND (%(project)s::bigint IS NULL OR s.project_id = %(project)s)
ON CONFLICT (stream_id) DO UPDATE SET seq = excluded.seq
 WHERE NOT EXISTS (SELECT FROM webhooks_webhook w
                    WHERE w.org_id = r.org_id AND w.id <> %(webhook)s AND w.paused_at IS NULL AND w.deleted_at IS NULL
                      AND (w.project_id IS NULL OR w.project_id = r.project_id))
"""


def _begin(webhook: Webhook) -> None:
    """Read the streams it follows from here on, unless somebody reads them already."""
    with connection.cursor() as cursor:
        cursor.execute(_BEGIN, {"org": webhook.org_id, "project": webhook.project_id, "webhook": webhook.pk})


def _clean(actor: Actor, project: Project | None, wishes: Wishes) -> dict[str, Any]:
    name = one_line(wishes.name)
    if not name:
        raise Invalid(_("Give it a name that says what the other server does."), field="name")
    if len(name) > NAME_LENGTH:
        raise Invalid(_("The name may have %(most)s characters.") % {"most": NAME_LENGTH}, field="name")
    url = wishes.url.strip()
    check_address(url)
    if not set(wishes.kinds) <= kinds_for(of_project=project is not None):
        raise Invalid(_("One of the facts does not exist here."), field="kinds")
    if project is None:
        _require(wishes.project_ids, projects_to_choose(actor=actor), "project_ids")
        _require(wishes.type_ids, [], "type_ids")
    else:
        _require(wishes.project_ids, [], "project_ids")
        _require(wishes.type_ids, types_to_choose(actor=actor, project=project), "type_ids")
    return {
        "name": name,
        "url": url,
        "kinds": sorted(set(wishes.kinds)),
        "project_ids": sorted(set(wishes.project_ids)),
        "type_ids": sorted(set(wishes.type_ids)),
    }


def _require(ids: Collection[int], offered: Collection[Any], field: str) -> None:
    if not set(ids) <= {each.pk for each in offered}:
        raise Invalid(_("One of those you chose is not there any more. Reload the page."), field=field)


def _said(webhook: Webhook, name: str) -> Any:
    """A value as the log says it: of the address its server only, since the path may be a secret."""
    return webhook.host if name == "url" else getattr(webhook, name)


def _tell(
    fact: Callable[..., facts.WebhookFact], actor: Actor, webhook: Webhook, *, action: str = "update", **more: Any
) -> None:
    subject = Subject(model="webhooks.webhook", id=webhook.pk, name=webhook.name, action=action)
    told = fact(project_id=webhook.project_id, webhook_id=webhook.pk, subjects=(subject,), **more)
    record(told, actor=actor)
