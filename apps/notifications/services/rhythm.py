"""When somebody wants mail of what happened."""

from datetime import time

from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import Invalid
from apps.core.tenancy import Actor
from apps.events.services import service
from apps.notifications.models import Habits, MailPart, Rhythm
from apps.notifications.schedule import LONGEST


@service
def choose_rhythm(
    *,
    actor: Actor,
    rhythm: str,
    digest_hour: int,
    digest_weekday: int,
    quiet_from: time | None,
    quiet_until: time | None,
    is_named_at_once: bool,
) -> None:
    """Have mail soon, daily, weekly or never, and none in the quiet hours; what waits already follows at once.

    :raises Invalid: for anything else, and for quiet hours with one end
    """
    if rhythm not in Rhythm.values or not 0 <= digest_hour <= 23 or not 0 <= digest_weekday <= 6:
        raise Invalid(_("Choose one of the offered values."), field="rhythm")
    if (quiet_from is None) != (quiet_until is None):
        raise Invalid(_("Quiet hours need a beginning and an end."), field="quiet_until")
    Habits.objects.update_or_create(
        org_id=actor.org_id,
        user_id=actor.person_id,
        defaults={
            "rhythm": rhythm,
            "digest_hour": digest_hour,
            "digest_weekday": digest_weekday,
            "quiet_from": quiet_from,
            "quiet_until": quiet_until,
            "is_named_at_once": is_named_at_once,
        },
    )
    waiting = MailPart.objects.filter(org_id=actor.org_id, user_id=actor.person_id, mail__isnull=True)
    # What is only not quiet yet is not hurried; what was put off is looked at again.
    waiting.filter(due_at__gt=F("first_at") + LONGEST).update(due_at=timezone.now())
