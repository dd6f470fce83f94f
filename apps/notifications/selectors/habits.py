"""When somebody gets mail of what happened, and whether any reaches them."""

from dataclasses import dataclass

from apps.accounts.addresses import Pause, addresses_of, pause_of
from apps.accounts.models import User
from apps.core import mail
from apps.core.tenancy import Actor
from apps.notifications.models import Habits


@dataclass(frozen=True, slots=True)
class MailSettings:
    """What somebody chose, as their row or what is usual, and what stands in the way of it."""

    habits: Habits
    email: str
    time_zone: str
    is_sent: bool
    is_confirmed: bool
    pause: Pause | None


def my_pause(*, actor: Actor) -> Pause | None:
    """Whether the actor's own address gets no mail, because mail servers refused it."""
    return pause_of(user_id=actor.person_id)


def mail_settings(*, actor: Actor) -> MailSettings:
    """The actor's own: a fixed number of queries."""
    user = User.objects.get(pk=actor.person_id)
    mine = Habits.objects.filter(org_id=actor.org_id, user_id=actor.person_id).first()
    pause = pause_of(user_id=user.pk)
    trouble = addresses_of([user])[user.pk].trouble
    return MailSettings(
        mine or Habits(), user.email, user.time_zone, mail.is_sent(), not trouble or pause is not None, pause
    )
