"""What is to be mailed: collected by person and issue when people are told, and put together when it is due.

Each notification joins one part, each part one mail, each in one transaction: whoever dies in between leaves them
either here or there. The words are read when the mail goes (`apps.notifications.postman`).
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.utils import timezone

from apps.accounts.models import User
from apps.core import mail
from apps.core.errors import Forbidden
from apps.core.tenancy import Actor
from apps.events.models import Event
from apps.events.services import service
from apps.notifications.models import Habits, Mail, MailPart
from apps.notifications.policies import BY_NAME, MAIL
from apps.notifications.schedule import IDLE, LONGEST, RECENTLY, Timetable

# Of how many people what is due is put together in one transaction.
AT_ONCE = 500
KEPT = timedelta(days=30)

# A part that still collects is lengthened, one that has joined a mail is followed by a new one. Rows in the order of
# their locks, as for the inbox.
_COLLECT = f"""
WITH fresh AS (
    SELECT org_id, project_id, issue_id, user_id, kind = ANY(%(by_name)s) AS is_urgent
      FROM notifications_notification
     WHERE event_id = %(event)s AND channels & {MAIL} > 0 AND part_id IS NULL
), parts AS (
    INSERT INTO notifications_mailpart AS p (org_id, project_id, issue_id, user_id, first_at, due_at, is_urgent)
    SELECT org_id, project_id, issue_id, user_id, %(now)s,
           CASE WHEN is_urgent THEN %(now)s ELSE %(idle)s END, is_urgent
      FROM fresh ORDER BY issue_id, user_id
    ON CONFLICT (user_id, issue_id) WHERE mail_id IS NULL DO UPDATE SET
        is_urgent = p.is_urgent OR excluded.is_urgent,
        due_at = CASE WHEN p.is_urgent OR excluded.is_urgent THEN least(p.due_at, excluded.due_at)
                      ELSE least(p.first_at + %(longest)s, excluded.due_at) END
    RETURNING id, user_id, issue_id, is_urgent
), joined AS (
    UPDATE notifications_notification n SET part_id = parts.id FROM parts
     WHERE n.event_id = %(event)s AND n.channels & {MAIL} > 0 AND n.part_id IS NULL
       AND n.user_id = parts.user_id AND n.issue_id = parts.issue_id
    RETURNING parts.is_urgent
)
SELECT coalesce(bool_or(is_urgent), false) FROM joined
"""  # noqa: S608 (a constant of ours)


@service
def collect(*, actor: Actor, event: Event) -> bool:
    """Collect for the mail what people were told of a fact; whether any of it goes at once.

    In the transaction that tells them: two statements, however many they are. Without a mail server nothing is
    collected, and nothing old goes out when there is one.

    :raises Forbidden: for anybody but FlowBoard itself
    """
    if not actor.is_system:
        raise Forbidden
    if not mail.is_sent():
        return False
    now = timezone.now()
    values: dict[str, Any] = {
        "event": event.pk,
        "by_name": [kind.value for kind in BY_NAME],
        "now": now,
        "idle": now + IDLE,
        "longest": LONGEST,
    }
    with connection.cursor() as cursor:
        cursor.execute(_COLLECT, values)
        return bool(cursor.fetchone()[0])


@service
def plan(*, actor: Actor, limit: int = AT_ONCE) -> int:
    """Put what is due together: one mail for each person, or put it off to their hour; how many mails there are now.

    A fixed number of statements, however many people and issues there are. In an organization one planner works at a
    time, so that what becomes due for somebody in one go is one mail.

    :raises Forbidden: for anybody but FlowBoard itself
    """
    if not actor.is_system:
        raise Forbidden
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended('notifications.plan', %s))", [actor.org_id])
        if not cursor.fetchone()[0]:
            return 0
    now = timezone.now()
    due = MailPart.objects.filter(org_id=actor.org_id, mail__isnull=True, due_at__lte=now)
    people = due.order_by("due_at").values_list("user_id", flat=True)[:limit]
    parts: dict[int, list[MailPart]] = {}
    for part in (
        due.filter(user_id__in=list(people))
        .select_for_update(no_key=True, skip_locked=True)
        .order_by("user_id", "issue_id")
    ):
        parts.setdefault(part.user_id, []).append(part)
    if not parts:
        return 0
    timetables = _timetables(actor, parts)
    recent = _recent(actor, parts, now)
    mails: list[Mail] = []
    joining: list[tuple[Mail, list[MailPart]]] = []
    late: list[tuple[int, datetime]] = []
    unwanted: list[int] = []
    for user_id, theirs in parts.items():
        ready = []
        for part in theirs:
            at = timetables[user_id].goes_at(
                now=now, first_at=part.first_at, is_urgent=part.is_urgent, recent=recent.get(user_id, ())
            )
            if at is None:
                unwanted.append(part.pk)
            elif at > now:
                late.append((part.pk, at))
            else:
                ready.append(part)
        if ready:
            planned = Mail(org_id=actor.org_id, user_id=user_id, created_at=now, due_at=now)
            mails.append(planned)
            joining.append((planned, ready))
    Mail.objects.bulk_create(mails)
    _set(
        "mail_id = v.value::bigint",
        [(part.pk, str(planned.pk)) for planned, ready in joining for part in ready],
    )
    _set("due_at = v.value::timestamptz", [(pk, at.isoformat()) for pk, at in late])
    if unwanted:
        MailPart.objects.filter(pk__in=unwanted).delete()
    return len(mails)


def _set(assignment: str, rows: Sequence[tuple[int, str]]) -> None:
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE notifications_mailpart p SET {assignment} "  # noqa: S608 (constants of ours)
            "FROM unnest(%s::bigint[], %s::text[]) AS v(id, value) WHERE p.id = v.id",
            [[pk for pk, _value in rows], [value for _pk, value in rows]],
        )


def _timetables(actor: Actor, people: Iterable[int]) -> dict[int, Timetable]:
    ids = list(people)
    zones = dict(User.objects.filter(pk__in=ids).values_list("pk", "time_zone"))
    chosen = {habits.user_id: habits for habits in Habits.objects.filter(org_id=actor.org_id, user_id__in=ids)}
    return {pk: timetable_of(chosen.get(pk), zones[pk]) for pk in ids}


def timetable_of(habits: Habits | None, zone: str) -> Timetable:
    """What somebody chose, or what is usual, by their clock."""
    if habits is None:
        return Timetable(ZoneInfo(zone))
    return Timetable(
        ZoneInfo(zone),
        rhythm=habits.rhythm,
        hour=habits.digest_hour,
        weekday=habits.digest_weekday,
        quiet_from=habits.quiet_from,
        quiet_until=habits.quiet_until,
        is_named_at_once=habits.is_named_at_once,
    )


def _recent(actor: Actor, people: Iterable[int], now: datetime) -> dict[int, list[datetime]]:
    """When people were mailed lately."""
    found: dict[int, list[datetime]] = {}
    sent = Mail.objects.filter(org_id=actor.org_id, user_id__in=list(people), created_at__gt=now - RECENTLY)
    for user_id, at in sent.exclude(state=Mail.State.DROPPED).values_list("user_id", "created_at"):
        found.setdefault(user_id, []).append(at)
    return found


@service
def retry_dead(*, actor: Actor, mail_ids: list[int]) -> int:
    """Give mails that were given up all their attempts again; how many there were.

    :raises Forbidden: for anybody but FlowBoard itself
    """
    if not actor.is_system:
        raise Forbidden
    dead = Mail.objects.filter(org_id=actor.org_id, pk__in=mail_ids, state=Mail.State.DEAD)
    fresh: dict[str, Any] = {"state": Mail.State.WAITING, "attempts": 0, "last_error": "", "settled_at": None}
    return dead.update(due_at=timezone.now(), **fresh)


@service
def remove_old_mails(*, actor: Actor, limit: int) -> int:
    """Remove some of the mails that were sent or dropped long ago; how many. Dead letters stay until somebody looks.

    :raises Forbidden: for anybody but FlowBoard itself
    """
    if not actor.is_system:
        raise Forbidden
    old = Mail.objects.filter(
        org_id=actor.org_id,
        state__in=[Mail.State.SENT, Mail.State.DROPPED],
        settled_at__lt=timezone.now() - KEPT,
    )
    ids = list(old.order_by("settled_at").values_list("pk", flat=True)[:limit])
    Mail.objects.filter(pk__in=ids).delete()
    return len(ids)
