"""What is to be sent: taken by one worker at a time, settled, sent again by click, and removed when it is old."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import itemgetter
from random import SystemRandom
from typing import Any

from django.db import connection
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.errors import Conflict, Forbidden
from apps.core.tenancy import Actor
from apps.events.services import service
from apps.webhooks.catalogue import TEST_KIND
from apps.webhooks.models import Attempt, Message, Pause, Webhook
from apps.webhooks.selectors import get_message
from apps.webhooks.services.hooks import managed, pause
from apps.webhooks.services.planning import Place

# After each attempt it waits so many seconds, give or take a tenth; the last attempt comes about a day after the first.
PAUSES = (5, 30, 120, 600, 1800, 3600, 7200, 14400, 21600, 36000)
ATTEMPTS = len(PAUSES) + 1
# What waits longer, because its webhook was paused or no worker ran, is news no more.
HORIZON = timedelta(hours=28)
# Longer than a server is waited for.
LEASE = timedelta(minutes=1)
# So many at the same time to one webhook; to one of which the last attempt failed, one.
AT_ONCE = 4
# A server may ask for more patience than we have, up to this.
LONGEST_RETRY_AFTER = 3600
# A webhook to which nothing arrived for so long is paused.
PATIENCE = timedelta(days=3)
KEPT = timedelta(days=30)
LONGEST_ANSWER = 2048
_random = SystemRandom()


class StillWaiting(Conflict):
    """It is to be sent anyway."""

    title = gettext_lazy("It is still to be sent")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A message that this worker is to send, with all that takes."""

    message_id: int
    webhook_id: int
    org_id: int
    project_id: int | None
    attempt: int
    url: str
    key: str
    body: str
    nonces: tuple[str, ...]
    is_test: bool
    is_failing: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one attempt. An `error` is why it does not count as delivered; `retry_after` is in seconds."""

    parcel: Parcel
    at: datetime
    seconds: float
    status: int | None = None
    answer: str = ""
    error: str = ""
    retry_after: int = 0

    @property
    def is_gone(self) -> bool:
        """Whether the server says that nothing will ever be there again."""
        return self.status == 410


def _by_itself(actor: Actor) -> None:
    if not actor.is_system:
        raise Forbidden


# The webhooks of which something is due, healthy ones first. Whoever holds one here is alone with its messages.
_HOLD = """
SELECT w.id, w.failing_since IS NOT NULL FROM webhooks_webhook w
 WHERE w.org_id = %(org)s AND w.deleted_at IS NULL
   AND EXISTS (SELECT FROM webhooks_message m WHERE m.webhook_id = w.id AND m.state = 'waiting' AND m.due_at <= %(now)s
                  AND (w.paused_at IS NULL OR m.event_id IS NULL))
 ORDER BY w.failing_since IS NOT NULL, w.id
   FOR NO KEY UPDATE OF w SKIP LOCKED
"""
# Chosen once and for all first: a subquery with a limit may run for each row that it is compared with.
_TAKE = """
WITH taken AS MATERIALIZED (
     SELECT due.id FROM unnest(%(webhooks)s::bigint[], %(most)s::int[]) WITH ORDINALITY AS v(id, most, place)
      CROSS JOIN LATERAL (SELECT count(*) AS number FROM webhooks_message b
                           WHERE b.webhook_id = v.id AND b.state = 'waiting'
                             AND b.due_at > %(now)s AND b.due_at <= %(lease)s AND b.leased_until > %(now)s) AS busy
      CROSS JOIN LATERAL (SELECT d.id FROM webhooks_message d JOIN webhooks_webhook h ON h.id = d.webhook_id
                           WHERE d.webhook_id = v.id AND d.state = 'waiting' AND d.due_at <= %(now)s
                             AND (h.paused_at IS NULL OR d.event_id IS NULL)
                           ORDER BY d.due_at, d.id LIMIT greatest(v.most - busy.number, 0)
                             FOR UPDATE OF d SKIP LOCKED) AS due
      ORDER BY v.place LIMIT %(limit)s)
UPDATE webhooks_message m SET attempts = m.attempts + 1, due_at = %(lease)s, leased_until = %(lease)s
  FROM taken, webhooks_webhook w
 WHERE m.id = taken.id AND w.id = m.webhook_id
RETURNING m.id, m.webhook_id, m.project_id, m.attempts, w.url, m.key, m.body, m.event_id IS NULL,
          w.failing_since IS NOT NULL, w.nonce, CASE WHEN w.former_until > %(now)s THEN w.former_nonce ELSE '' END,
          CASE WHEN w.project_id IS NULL AND (SELECT p.visibility = 'private' FROM projects_project p
                                               WHERE p.id = m.project_id) THEN 'hidden'
               WHEN m.attempts > %(attempts)s THEN 'killed'
               WHEN m.queued_at < %(oldest)s THEN 'late' END
"""
# Why something that was taken is never sent.
_HOPELESS = {
    "hidden": (Message.State.DROPPED, gettext_lazy("Its project was made private.")),
    "killed": (Message.State.DEAD, gettext_lazy("Its worker died each time.")),
    "late": (Message.State.DEAD, gettext_lazy("It waited for more than a day.")),
}


@service
def claim(*, actor: Actor, limit: int, failing_limit: int) -> list[Parcel]:
    """Take some of what is due; until its lease is over no other worker does. What is never sent is settled instead.

    Two statements, however much it is, and one for each reason not to send.

    :param limit: how many
    :param failing_limit: how many of them may be for webhooks of which the last attempt failed
    :raises Forbidden: for anybody but FlowBoard itself
    """
    _by_itself(actor)
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(_HOLD, {"org": actor.org_id, "now": now})
        held: list[tuple[int, bool]] = cursor.fetchall()
    chosen = [each for each in held if not each[1]] + [each for each in held if each[1]][: max(failing_limit, 0)]
    if not chosen:
        return []
    values: dict[str, Any] = {
        "now": now,
        "lease": now + LEASE,
        "webhooks": [pk for pk, _failing in chosen],
        "most": [1 if failing else AT_ONCE for _pk, failing in chosen],
        "limit": limit,
        "attempts": ATTEMPTS,
        "oldest": now - HORIZON,
    }
    parcels: list[Parcel] = []
    taken: list[tuple[Any, ...]] | None = None
    # Where all that was taken is never sent, there may be more behind it.
    while not parcels and taken != []:
        taken = _take(values)
        for why in sorted({row[-1] for row in taken if row[-1] is not None}):
            _give_up(why, [row for row in taken if row[-1] == why], now)
        parcels = [_parcel(actor, row[:-1]) for row in taken if row[-1] is None]
    return parcels


def _take(values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, values)
        return sorted(cursor.fetchall(), key=itemgetter(0))


def _give_up(why: str, rows: Sequence[Sequence[Any]], now: datetime) -> None:
    """Settle what is never sent, and at once whatever else of its webhooks is not sent for the same reason."""
    alike = Q(pk__in=[row[0] for row in rows])
    if why == "late":
        alike |= Q(queued_at__lt=now - HORIZON)
    elif why == "hidden":
        alike |= Q(project_id__in={row[2] for row in rows})
    state, reason = _HOPELESS[why]
    waiting = Message.objects.filter(alike, webhook_id__in={row[1] for row in rows}, state=Message.State.WAITING)
    waiting.update(state=state, last_error=str(reason), settled_at=now, leased_until=None)


def _parcel(actor: Actor, row: Sequence[Any]) -> Parcel:
    message_id, webhook_id, project_id, attempt, url, key, body, is_test, is_failing, nonce, former = row
    return Parcel(
        message_id=message_id,
        webhook_id=webhook_id,
        org_id=actor.org_id,
        project_id=project_id,
        attempt=attempt,
        url=url,
        key=f"msg_{key.hex}",
        body=body,
        nonces=(nonce, former) if former else (nonce,),
        is_test=is_test,
        is_failing=is_failing,
    )


_SETTLE = """
UPDATE webhooks_message m
   SET state = v.state, due_at = v.due_at, leased_until = NULL, last_error = v.error,
       settled_at = CASE WHEN v.state = 'waiting' THEN NULL ELSE %(now)s END
  FROM unnest(%(ids)s::bigint[], %(attempts)s::int[], %(states)s::text[], %(due)s::timestamptz[], %(errors)s::text[])
       AS v(id, attempt, state, due_at, error)
 WHERE m.id = v.id AND m.attempts = v.attempt AND m.state = 'waiting'
"""


@service
def settle(*, actor: Actor, outcomes: Sequence[Outcome]) -> None:
    """Keep what came of attempts: delivered, again later, or given up. What another worker took meanwhile stays as is.

    A webhook whose server says that it is gone is paused, and one to which nothing arrived for three days. A fixed
    number of statements, but for webhooks that are paused.

    :raises Forbidden: for anybody but FlowBoard itself
    """
    _by_itself(actor)
    now = timezone.now()
    ids = {each.parcel.webhook_id for each in outcomes}
    held = Webhook.objects.select_for_update(no_key=True).filter(org_id=actor.org_id, pk__in=ids).order_by("pk")
    webhooks = {each.pk: each for each in held}
    Attempt.objects.bulk_create(
        [
            Attempt(
                org_id=actor.org_id,
                project_id=each.parcel.project_id,
                message_id=each.parcel.message_id,
                at=each.at,
                seconds=each.seconds,
                status=each.status,
                answer=each.answer[:LONGEST_ANSWER],
                error=each.error,
            )
            for each in outcomes
        ]
    )
    ends = [_end(each, now) for each in outcomes]
    values: dict[str, Any] = {
        "now": now,
        "ids": [each.parcel.message_id for each in outcomes],
        "attempts": [each.parcel.attempt for each in outcomes],
        "states": [state for state, _due_at in ends],
        "due": [due_at for _state, due_at in ends],
        "errors": [each.error for each in outcomes],
    }
    with connection.cursor() as cursor:
        cursor.execute(_SETTLE, values)
    # What somebody tries out says nothing about how its webhook fares.
    _mind(actor, webhooks, [each for each in outcomes if not each.parcel.is_test], now)


def _end(outcome: Outcome, now: datetime) -> tuple[str, datetime]:
    """The state after an attempt, and when the next is due."""
    if not outcome.error:
        return Message.State.DELIVERED, now
    if outcome.parcel.is_test or outcome.is_gone or outcome.parcel.attempt >= ATTEMPTS:
        return Message.State.DEAD, now
    seconds = PAUSES[outcome.parcel.attempt - 1] * _random.uniform(0.9, 1.1)
    return Message.State.WAITING, now + timedelta(seconds=max(seconds, min(outcome.retry_after, LONGEST_RETRY_AFTER)))


def _mind(actor: Actor, webhooks: Mapping[int, Webhook], outcomes: Iterable[Outcome], now: datetime) -> None:
    """Remember of each webhook since when nothing has arrived, and pause those for which there is no hope."""
    by_webhook: dict[int, list[Outcome]] = {}
    for each in outcomes:
        by_webhook.setdefault(each.parcel.webhook_id, []).append(each)
    changed = []
    for pk, mine in by_webhook.items():
        webhook = webhooks[pk]
        since = None if any(not each.error for each in mine) else webhook.failing_since or min(each.at for each in mine)
        if since != webhook.failing_since:
            webhook.failing_since = since
            changed.append(webhook)
    Webhook.objects.bulk_update(changed, ["failing_since"])
    for pk, mine in by_webhook.items():
        webhook = webhooks[pk]
        if webhook.is_paused or webhook.deleted_at is not None:
            continue
        if any(each.is_gone for each in mine):
            pause(actor, webhook, Pause.GONE)
        elif webhook.failing_since is not None and webhook.failing_since <= now - PATIENCE:
            pause(actor, webhook, Pause.FAILING)


@service
def send_test(*, actor: Actor, webhook: Webhook, write: Callable[[Place, datetime], str]) -> Message:
    """Let a message be sent that tells of nothing, once, also while the webhook is paused.

    :param write: its body, from where it comes and when
    :raises apps.webhooks.selectors.NoSuchWebhook: if the webhook is gone, or not for the actor
    """
    fresh = managed(actor, webhook.pk)
    project = fresh.project
    place = Place(
        org_slug=actor.org_slug,
        project_id=fresh.project_id,
        project_key=project.key if project is not None else None,
    )
    return Message.objects.create(
        org_id=actor.org_id, project=project, webhook=fresh, kind=TEST_KIND, body=write(place, timezone.now())
    )


@service
def redeliver(*, actor: Actor, message: Message) -> None:
    """Send a message again, under its id, with all its attempts.

    :raises apps.webhooks.selectors.NoSuchWebhook: if its webhook is gone, or not for the actor
    :raises NotFound: if it is gone, or not for the actor
    :raises StillWaiting: if it is still to be sent
    """
    webhook = managed(actor, message.webhook_id)
    fresh = get_message(actor=actor, webhook=webhook, message_id=message.pk)
    if not _again(Message.objects.filter(org_id=actor.org_id, pk=fresh.pk)):
        raise StillWaiting(_("It is sent again by itself, or is on its way at this moment."))


@service
def retry_dead(*, actor: Actor, message_ids: list[int]) -> int:
    """Give messages that were given up all their attempts again; how many there were.

    :raises Forbidden: for anybody but FlowBoard itself
    """
    _by_itself(actor)
    return _again(Message.objects.filter(org_id=actor.org_id, pk__in=message_ids, state=Message.State.DEAD))


def _again(messages: Any) -> int:
    now = timezone.now()
    settled = messages.exclude(state=Message.State.WAITING)
    count: int = settled.update(
        state=Message.State.WAITING, attempts=0, queued_at=now, due_at=now, settled_at=None, last_error=""
    )
    return count


@service
def remove_old(*, actor: Actor, limit: int) -> int:
    """Remove some of what is older than thirty days or belongs to webhooks that were deleted; how many rows.

    :raises Forbidden: for anybody but FlowBoard itself
    """
    _by_itself(actor)
    now = timezone.now()
    at_rest = Q(leased_until__isnull=True) | Q(leased_until__lt=now)
    mine = Message.objects.filter(at_rest, org_id=actor.org_id)
    old = mine.filter(created_at__lt=now - KEPT).order_by("created_at")
    ids = list(old.values_list("pk", flat=True)[:limit])
    gone = Webhook.objects.filter(org_id=actor.org_id, deleted_at__isnull=False)
    ids += mine.filter(webhook__in=gone).order_by("pk").values_list("pk", flat=True)[: limit - len(ids)]
    if not ids:
        empty = list(gone.values_list("pk", flat=True)[:limit])
        Webhook.objects.filter(pk__in=empty).delete()
        return len(empty)
    Message.objects.filter(pk__in=ids).delete()
    return len(ids)
