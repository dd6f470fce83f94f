"""Telling people what happened: in a worker, as FlowBoard itself, in batches, and each of them once."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from django.db import connection

from apps.core.errors import Forbidden
from apps.core.tenancy import Actor
from apps.events.models import Event
from apps.events.services import record, service
from apps.issues.services.common import watch_all
from apps.notifications.facts import InboxReached
from apps.notifications.happenings import Happening, happenings_of
from apps.notifications.models import Kind, Why
from apps.notifications.policies import BY_NAME, DESKTOP, INBOX, strongest, told
from apps.notifications.selectors import Audience, audiences_of
from apps.notifications.selectors.audience import Named

# Of so many issues the audiences are held at once, and so many rows go in one statement: what a worker needs does not
# grow with the number of issues that a fact is about.
ISSUES_AT_ONCE = 25
AT_ONCE = 2_000

# What a person was told already is not counted again: the second statement sees only rows that are new. What names
# somebody brings back what they put off; anything else waits until then. The order of the rows is the order of their
# locks.
_STORE = f"""
WITH told AS (
    INSERT INTO notifications_notification
           (org_id, event_id, project_id, issue_id, user_id, kind, why, channels, created_at)
    SELECT %s, %s, t.project_id, t.issue_id, t.user_id, t.kind, t.why, t.channels, %s
      FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::smallint[])
           AS t(project_id, issue_id, user_id, kind, why, channels)
    ON CONFLICT DO NOTHING
    RETURNING org_id, project_id, issue_id, user_id, kind, channels, created_at
), entered AS (
    INSERT INTO notifications_inboxentry AS e (org_id, project_id, issue_id, user_id, unread_count, newest_at)
    SELECT org_id, project_id, issue_id, user_id, 1, created_at
      FROM told WHERE channels & {INBOX} > 0 ORDER BY issue_id, user_id
    ON CONFLICT (user_id, issue_id) DO UPDATE SET
        unread_count = CASE WHEN e.done_at IS NULL THEN e.unread_count + 1 ELSE 1 END,
        newest_at = greatest(e.newest_at, excluded.newest_at),
        done_at = NULL,
        snoozed_until = CASE WHEN EXISTS (SELECT 1 FROM told t WHERE t.user_id = excluded.user_id
                                             AND t.issue_id = excluded.issue_id AND t.kind = ANY(%s))
                             THEN NULL ELSE e.snoozed_until END
)
SELECT DISTINCT user_id FROM told WHERE channels & {INBOX | DESKTOP} > 0
"""  # noqa: S608 (a constant of ours)


@dataclass(frozen=True, slots=True)
class _Row:
    project_id: int
    issue_id: int
    user_id: int
    kind: Kind
    why: Why
    channels: int


@service
def tell(*, actor: Actor, event: Event) -> int:
    """Tell everybody whom a fact about issues concerns, and who may see them now; how many inboxes hear of it.

    Running it again tells nobody twice. Who is mentioned watches the issue from then on.

    :raises Forbidden: for anybody but FlowBoard itself
    """
    if not actor.is_system:
        raise Forbidden
    happenings = happenings_of(event)
    if not happenings:
        return 0
    reached: set[int] = set()
    rows = _rows(actor, event, happenings)
    while batch := list(islice(rows, AT_ONCE)):
        reached |= _store(event, batch)
    for user_id in sorted(reached):
        record(InboxReached(person_id=user_id), actor=actor)
    return len(reached)


def _rows(actor: Actor, event: Event, happenings: Mapping[int, Happening]) -> Iterator[_Row]:
    """What everybody is told, in the order of the locks. Who is mentioned watches."""
    ids = sorted(happenings)
    for begin in range(0, len(ids), ISSUES_AT_ONCE):
        for audience in _audiences(actor, happenings, ids[begin : begin + ISSUES_AT_ONCE]):
            yield from _rows_of(event, happenings[audience.issue.pk], audience)


def _audiences(actor: Actor, happenings: Mapping[int, Happening], ids: Sequence[int]) -> list[Audience]:
    named = {
        pk: Named(frozenset(each.handles), each.assignee_id, each.talkers)
        for pk, each in ((pk, happenings[pk]) for pk in ids)
    }
    audiences = sorted(audiences_of(actor=actor, named=named), key=lambda each: each.issue.pk)
    watch_all((each.issue, user_id) for each in audiences for user_id in sorted(each.mentioned - each.muted))
    return audiences


def _rows_of(event: Event, happening: Happening, audience: Audience) -> Iterator[_Row]:
    for user_id, reasons in sorted(audience.reasons.items()):
        wishes = audience.wishes_of(user_id)
        if user_id == event.actor_id and not wishes.hears_of_own:
            continue
        kinds = set(happening.kinds)
        if user_id in audience.mentioned:
            kinds.add(Kind.MENTIONED)
        if user_id == happening.assignee_id:
            kinds.add(Kind.ASSIGNED)
        chosen = told(kinds, wishes=wishes, is_muted=user_id in audience.muted)
        if chosen is not None:
            issue = audience.issue
            yield _Row(issue.project_id, issue.pk, user_id, chosen[0], strongest(reasons), chosen[1])


def _store(event: Event, rows: list[_Row]) -> set[int]:
    """Who hears of it in their inbox or on their desktop."""
    with connection.cursor() as cursor:
        cursor.execute(
            _STORE,
            [
                event.org_id,
                event.pk,
                event.occurred_at,
                [row.project_id for row in rows],
                [row.issue_id for row in rows],
                [row.user_id for row in rows],
                [row.kind.value for row in rows],
                [row.why.value for row in rows],
                [row.channels for row in rows],
                [kind.value for kind in BY_NAME],
            ],
        )
        return {row[0] for row in cursor.fetchall()}
