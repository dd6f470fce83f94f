"""A person's list of sessions follows what Django and allauth tell: who signed in or out, or has a new password.

Their signals are the one place that every way of signing in passes.
"""

from typing import Any

from allauth.account.signals import password_changed, password_reset, password_set
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.http import HttpRequest

from apps.accounts import services
from apps.accounts.middleware import SEEN_AT, now_in_seconds
from apps.accounts.models import User
from apps.core.tenancy import current_unit, unit_of_work


def watch() -> None:
    """Follow from now on."""
    user_logged_in.connect(_signed_in, dispatch_uid="flowboard_accounts_signed_in")
    user_logged_out.connect(_signed_out, dispatch_uid="flowboard_accounts_signed_out")
    for signal in (password_changed, password_set, password_reset):
        signal.connect(_password_changed, dispatch_uid="flowboard_accounts_password")


def _signed_in(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    if current_unit() is None:
        with unit_of_work():
            _remember(request, user)
    else:
        _remember(request, user)


def _remember(request: HttpRequest, user: User) -> None:
    request.session[SEEN_AT] = now_in_seconds()
    if request.session.session_key is None:
        # Somebody else was signed in here: theirs is gone, and this one not stored yet.
        request.session.save()
    services.remember_session(
        user=user,
        session_key=str(request.session.session_key),
        user_agent=request.META.get("HTTP_USER_AGENT", ""),
        address=getattr(request, "address", None),
    )


def _signed_out(sender: Any, request: HttpRequest, user: User | None, **kwargs: Any) -> None:
    if user is not None and request.session.session_key and current_unit() is not None:
        services.forget_session(session_key=request.session.session_key)


def _password_changed(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    # The hash that ties sessions to the password ends them as well; this takes them off the list.
    is_own = request.user.pk == user.pk
    services.end_other_sessions(user=user, but=request.session.session_key if is_own else None)
    if is_own:
        # It has got a new key.
        _remember(request, user)
