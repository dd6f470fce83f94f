"""The browsers in which somebody is signed in."""

from functools import partial
from importlib import import_module

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from apps.accounts.models import User, UserSession
from apps.events.services import service


@service
def remember_session(*, user: User, session_key: str, user_agent: str, address: str | None) -> UserSession:
    """Note that somebody signed in, so that they find this browser in the list of their sessions."""
    session, _created = UserSession.objects.update_or_create(
        session_key=session_key, defaults={"user": user, "user_agent": user_agent[:300], "address": address}
    )
    return session


@service
def note_seen(*, session_key: str, address: str | None) -> None:
    """Note that a session was used just now, and from where."""
    UserSession.objects.filter(session_key=session_key).update(last_seen_at=timezone.now(), address=address)


def end_sessions(sessions: "QuerySet[UserSession]") -> int:
    """End each of them, here and in the cache.

    :returns: how many ended
    """
    store = import_module(settings.SESSION_ENGINE).SessionStore
    keys = list(sessions.values_list("session_key", flat=True))
    for key in keys:
        store().delete(key)
        # Once more when the first is safe: a request in between may have put the old row into the cache again.
        transaction.on_commit(partial(store().delete, key))
    sessions.delete()
    return len(keys)


@service
def end_session(*, session: UserSession) -> None:
    """Sign one browser out: its next request, and its sockets, are refused."""
    end_sessions(UserSession.objects.filter(pk=session.pk))


@service
def end_other_sessions(*, user: User, but: str | None) -> int:
    """Sign a person out everywhere but in one session.

    :param but: the key of the session that goes on, if any does
    :returns: how many ended
    """
    return end_sessions(UserSession.objects.filter(user=user).exclude(session_key=but or ""))


@service
def forget_session(*, session_key: str) -> None:
    """Take a session off the list: its browser signed out by itself."""
    UserSession.objects.filter(session_key=session_key).delete()
