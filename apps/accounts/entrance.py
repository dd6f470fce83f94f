"""Who stands at the door: the invitation that somebody brings to sign-in and sign-up, in the address to go on to."""

import re

from allauth.utils import get_request_param
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest
from django.utils.translation import gettext as _

from apps.accounts import policies, selectors
from apps.accounts.models import Server
from apps.core import limits
from apps.core.digests import hash_secret

_INVITATION = re.compile(r"/invitations/([-\w]+)/")
_KEPT = "_invited_address"


def place_of(request: HttpRequest) -> str:
    """The address that attempts are counted by. Whoever comes over a local socket has none."""
    return getattr(request, "address", None) or "local"


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
