"""Telling the hubs at once that somebody's sockets may have to close: they signed out, or their account changed.

What a person may see in an organization is told by facts; an account is outside of organizations, so Django's own
signals tell of it. A change that fires none (a bulk update) is noticed by the hubs' next survey.
"""

from functools import partial
from typing import Any

from django.contrib.auth.signals import user_logged_out
from django.db import transaction
from django.db.models.signals import post_delete, post_save

from apps.accounts.models import User, UserSession
from apps.events.relay import EVERY_HUB, tell


def watch() -> None:
    """Tell of everybody from now on."""
    user_logged_out.connect(_signed_out, dispatch_uid="flowboard_realtime_signed_out")
    post_save.connect(_saved, sender=User, dispatch_uid="flowboard_realtime_saved")
    post_delete.connect(_ended, sender=UserSession, dispatch_uid="flowboard_realtime_ended")


def _signed_out(sender: Any, user: User | None, **kwargs: Any) -> None:
    if user is not None:
        _tell_after_commit(user)


def _saved(sender: Any, instance: User, created: bool, **kwargs: Any) -> None:
    if not created:
        _tell_after_commit(instance)


def _ended(sender: Any, instance: UserSession, **kwargs: Any) -> None:
    _tell_after_commit(instance.user)


def _tell_after_commit(user: User) -> None:
    transaction.on_commit(partial(tell, [(EVERY_HUB, {"type": "person.changed", "user": user.pk})]))
