"""What somebody does with what is in their inbox. Each change is told to their other tabs."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import Forbidden, Invalid, NotFound
from apps.core.tenancy import Actor
from apps.events.services import record, service
from apps.notifications.facts import InboxChanged, WorkSeen
from apps.notifications.models import InboxEntry, Notification
from apps.notifications.selectors.ended import unseen_work
from apps.notifications.selectors.inbox import in_view, my_entries

# What was finished so long ago goes.
KEPT = timedelta(days=90)
LATEST = timedelta(days=366)


def _change(actor: Actor, entry_id: int, **values: Any) -> None:
    """Change one entry of the actor's own.

    :raises NotFound: if there is none with this id, or its issue is not for them any more
    """
    if not my_entries(actor=actor).filter(pk=entry_id).update(**values):
        raise NotFound(_("This is not in your inbox any more."))
    record(InboxChanged(person_id=actor.person_id), actor=actor)


@service
def set_read(*, actor: Actor, entry_id: int, is_read: bool) -> None:
    """Mark an issue of one's inbox as read, or as unread again.

    :raises NotFound: if it is not in the actor's inbox
    """
    _change(actor, entry_id, unread_count=0 if is_read else 1)


@service
def set_done(*, actor: Actor, entry_id: int, is_done: bool) -> None:
    """Be through with an issue until something new happens, or take that back. Unread stays what it was.

    :raises NotFound: if it is not in the actor's inbox
    """
    _change(actor, entry_id, done_at=timezone.now() if is_done else None)


@service
def set_saved(*, actor: Actor, entry_id: int, is_saved: bool) -> None:
    """Keep an issue for later, or no longer.

    :raises NotFound: if it is not in the actor's inbox
    """
    _change(actor, entry_id, saved_at=timezone.now() if is_saved else None)


@service
def put_off(*, actor: Actor, entry_id: int, until: datetime | None) -> None:
    """Let an issue come back at some time, unread; None: at once.

    :raises Invalid: for a time that is over, or more than a year away
    :raises NotFound: if it is not in the actor's inbox
    """
    if until is None:
        _change(actor, entry_id, snoozed_until=None)
        return
    if not timezone.now() < until < timezone.now() + LATEST:
        raise Invalid(_("Choose a time to come, within a year."), field="until")
    _change(actor, entry_id, snoozed_until=until, done_at=None)
    my_entries(actor=actor).filter(pk=entry_id, unread_count=0).update(unread_count=1)


@service
def finish_all(*, actor: Actor, view: str) -> tuple[int, datetime]:
    """Be through with all that a view of the inbox shows; how many those were, and the mark to take it back by."""
    at = timezone.now()
    open_ones = in_view(actor=actor, view=view).filter(done_at__isnull=True).values("pk")
    count = my_entries(actor=actor).filter(pk__in=open_ones).update(done_at=at)
    if count:
        record(InboxChanged(person_id=actor.person_id), actor=actor)
    return count, at


@service
def take_back_finishing(*, actor: Actor, at: datetime) -> int:
    """Bring back what was finished together at that moment; how many those were."""
    count = my_entries(actor=actor).filter(done_at=at).update(done_at=None)
    if count:
        record(InboxChanged(person_id=actor.person_id), actor=actor)
    return count


@service
def see_ended_work(*, actor: Actor, until: int) -> int:
    """Have seen what is over of what one had asked for, up to the fact of this id; how many those were."""
    seen = unseen_work(actor=actor).filter(pk__lte=until)
    count, last = seen.count(), seen.order_by("-id").values_list("pk", flat=True).first()
    if last is not None:
        record(WorkSeen(person_id=actor.person_id, until=last), actor=actor)
    return count


def read_issue(actor: Actor, issue_id: int) -> None:
    """Mark an issue as read, because its person looks at it; nothing, where there is nothing new."""
    if my_entries(actor=actor).filter(issue_id=issue_id, unread_count__gt=0).update(unread_count=0):
        record(InboxChanged(person_id=actor.person_id), actor=actor)


@service
def remove_old(*, actor: Actor, limit: int) -> int:
    """Remove some of what was finished long ago and not kept, with its notifications, and of notifications that were
    for other channels alone; how many rows went.

    :raises Forbidden: for anybody but FlowBoard itself
    """
    if not actor.is_system:
        raise Forbidden
    long_ago = timezone.now() - KEPT
    finished = InboxEntry.objects.filter(org_id=actor.org_id, done_at__lt=long_ago, saved_at__isnull=True)
    old = InboxEntry.objects.filter(pk__in=list(finished.order_by("done_at").values_list("pk", flat=True)[:limit]))
    theirs = old.filter(user_id=OuterRef("user_id"), issue_id=OuterRef("issue_id"))
    gone = Notification.objects.filter(Exists(theirs), org_id=actor.org_id).delete()[0] + old.delete()[0]
    loose = Notification.objects.filter(org_id=actor.org_id, created_at__lt=long_ago, channels__in=(2, 4, 6))
    gone += Notification.objects.filter(pk__in=loose.order_by("created_at").values("pk")[:limit]).delete()[0]
    return gone
