"""Inboxes of a past that is told anew: as if everybody had worked through theirs until this morning."""

from collections.abc import Sequence

from django.db import connection

from apps.core.errors import Forbidden
from apps.core.tenancy import Actor
from apps.events.models import Event
from apps.events.services import service
from apps.notifications.happenings import NEWS
from apps.notifications.policies import BY_NAME
from apps.notifications.services.telling import tell

# How many issues somebody has not looked at yet, and how many of the others they are not through with.
UNREAD, OPEN = 4, 2
_KINDS = frozenset(fact.kind for fact in NEWS)

_WORK_THROUGH = """
UPDATE notifications_inboxentry e
   SET unread_count = 0,
       saved_at = CASE WHEN r.place = %(unread)s + 2 THEN e.newest_at END,
       done_at = CASE WHEN r.place > %(unread)s + %(open)s THEN e.newest_at END
  FROM (SELECT i.id, row_number() OVER (PARTITION BY i.user_id ORDER BY EXISTS (
                   SELECT FROM notifications_notification n
                    WHERE n.org_id = i.org_id AND n.user_id = i.user_id AND n.issue_id = i.issue_id
                      AND n.kind = ANY(%(by_name)s)
               ) DESC, i.newest_at DESC, i.id DESC) AS place
          FROM notifications_inboxentry i WHERE i.org_id = %(org)s) r
 WHERE r.id = e.id AND r.place > %(unread)s
"""


@service
def retell(*, actor: Actor, events: Sequence[Event]) -> None:
    """Tell people of facts that are over, without any mail, and let them have read, kept and finished the older ones.

    What names them waits longest.

    :raises Forbidden: for anybody but FlowBoard itself
    """
    if not actor.is_system:
        raise Forbidden
    for event in events:
        if event.kind in _KINDS:
            tell(actor=actor, event=event)
    with connection.cursor() as cursor:
        cursor.execute(
            _WORK_THROUGH,
            {"org": actor.org_id, "unread": UNREAD, "open": OPEN, "by_name": sorted(kind.value for kind in BY_NAME)},
        )
