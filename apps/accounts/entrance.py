"""Who stands at the door: what may be tried how often, whoever proves who they are, and the invitation that somebody
brings to sign-in and sign-up, in the address to go on to."""

import re
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.utils import get_request_param
from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts import policies, selectors
from apps.accounts.models import Server, User
from apps.core import limits
from apps.core.digests import hash_secret
from apps.core.errors import DomainError

_INVITATION = re.compile(r"/invitations/([-\w]+)/")
_KEPT = "_invited_address"


def place_of(request: HttpRequest) -> str:
    """The address that attempts are counted by. Whoever comes over a local socket has none."""
    return getattr(request, "address", None) or "local"


class WrongPassword(DomainError):
    """Nobody has an account with this address, or the password is another: the two are never told apart."""

    status = 401
    title = gettext_lazy("Nobody was signed in")
    detail = gettext_lazy("The e-mail address or the password is not correct.")


class AccountSuspended(DomainError):
    """The password is right, and an operator has suspended the account."""

    status = 403
    title = gettext_lazy("This account is suspended")
    detail = gettext_lazy("Nobody can sign in with it for now. Whoever runs this server can lift that.")


class AddressNotConfirmed(DomainError):
    """The password is right, and the address never proved to be theirs."""

    status = 403
    title = gettext_lazy("Confirm your e-mail address first")
    detail = gettext_lazy("Sign in with a browser once: the link that confirms it is then sent to you again.")


def account_named(value: Any) -> str:
    """What somebody typed as their address, as attempts are counted by."""
    return str(value or "").strip().lower()[:254]


def count_attempt(request: HttpRequest, *, account: str) -> None:
    """Count one attempt to sign in. Per account *and* address, so that no stranger can lock the owner out by failing on
    purpose, and per address, so that trying many accounts is slow.

    :raises apps.core.errors.TooMany: if a limit is met
    :raises apps.core.errors.Unavailable: if nothing can be counted
    """
    limits.count(request, "sign-in-address", place_of(request))
    limits.count(request, "sign-in", f"{place_of(request)} {account_named(account)}")


def admit(request: HttpRequest, *, email: str, password: str) -> User:
    """Whoever proves by their password who they are, under the same conditions as the sign-in page.

    :raises WrongPassword: if nobody does
    :raises AccountSuspended: if they may not come in
    :raises AddressNotConfirmed: if this server sends mail and their address was never confirmed
    """
    user: User | None = get_adapter(request).authenticate(request, email=account_named(email), password=password)
    if user is None:
        raise WrongPassword
    if not user.is_active:
        raise AccountSuspended
    if settings.ACCOUNT_EMAIL_VERIFICATION == "mandatory" and not selectors.has_confirmed_email(user=user):
        raise AddressNotConfirmed
    return user


def invited_address(request: HttpRequest) -> str | None:
    """The address that the invitation in the person's hands was sent to, or None where there is no open one.

    :raises apps.core.errors.TooMany: for whoever tries out links
    """
    if _KEPT not in request.__dict__:
        match = _INVITATION.fullmatch(get_request_param(request, REDIRECT_FIELD_NAME, "") or "")
        request.__dict__[_KEPT] = _look_up(request, match[1]) if match else None
    address: str | None = request.__dict__[_KEPT]
    return address


def _look_up(request: HttpRequest, secret: str) -> str | None:
    limits.check(request, "link-guess", place_of(request))
    address = selectors.invited_address(token_hash=hash_secret(secret))
    if address is None:
        limits.count(request, "link-guess", place_of(request))
    return address


def may_come(request: HttpRequest) -> bool:
    """Whether a stranger may fill in the sign-up form. On an empty server nobody does: its first account is made by
    the link that was printed where the server was started."""
    return selectors.has_people() and (
        policies.is_open_to_all(selectors.get_server()) or invited_address(request) is not None
    )


def why_not(request: HttpRequest, email: str) -> str:
    """Why nobody may sign up with this address, in words; nothing where somebody may."""
    server, invited = selectors.get_server(), invited_address(request)
    if policies.may_sign_up(server, email=email, invited=invited):
        return ""
    if invited is not None:
        return _("The invitation was sent to %(invited)s. Use that address, or ask for an invitation to yours.") % {
            "invited": invited
        }
    if server.sign_up == Server.SignUp.DOMAINS:
        return _("Addresses of %(domains)s may sign up here. With another one, ask somebody to invite you.") % {
            "domains": ", ".join(server.sign_up_domains)
        }
    return _("New people join this server by invitation. Ask somebody who works here to invite you.")
