"""The two tokens of a script's sign-in (RFC 7519): they say whose it is and which, and nothing about rights.

What they open is asked of the database and of the sign-in itself (`apps.accounts.sign_ins`) with every request.
"""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

import jwt
from django.conf import settings
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from apps.core.errors import DomainError


class NotSignedIn(DomainError):
    """The token is none of ours, is over, or its sign-in is. Which of these is told to nobody."""

    status = 401
    title = _("This token does not work")
    detail = _("It is malformed or over, or its sign-in has ended. Refresh it, or sign in again.")


class Use(StrEnum):
    """What a token is for: to ask with, or to get new tokens with."""

    ACCESS = "access"
    REFRESH = "refresh"


LIFETIMES = {Use.ACCESS: timedelta(minutes=15), Use.REFRESH: timedelta(days=30)}

_ALGORITHM = "HS256"
_AUDIENCE = "flowboard-api"
_CLAIMS = ("iss", "aud", "use", "sub", "sid", "iat", "exp", "jti")
# Ours have about 400 characters.
_LONGEST = 1000
# By how much the clocks of two instances may differ.
_SKEW = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token of ours says."""

    user_id: int
    sign_in_id: str


def make_token(claims: Claims, *, use: Use) -> str:
    """A signed token; no two are the same."""
    now = timezone.now()
    payload = {
        "iss": settings.BASE_URL,
        "aud": _AUDIENCE,
        "use": use.value,
        "sub": str(claims.user_id),
        "sid": claims.sign_in_id,
        "iat": now,
        "exp": now + LIFETIMES[use],
        "jti": secrets.token_urlsafe(16),
    }
    return jwt.encode(payload, next(_keys()), algorithm=_ALGORITHM)


def read_token(token: str, *, use: Use) -> Claims:
    """What a token says, if it is ours, in its time, and made for this use.

    :raises NotSignedIn: if not
    """
    if len(token) > _LONGEST or not token.isascii():
        raise NotSignedIn
    for key in _keys():
        try:
            payload = jwt.decode(
                token,
                key,
                algorithms=[_ALGORITHM],
                issuer=settings.BASE_URL,
                audience=_AUDIENCE,
                leeway=_SKEW,
                options={"require": list(_CLAIMS), "strict_aud": True},
            )
        except jwt.InvalidSignatureError:
            continue
        except (jwt.InvalidTokenError, RecursionError) as error:
            raise NotSignedIn from error
        if payload["use"] != use:
            raise NotSignedIn
        return Claims(user_id=int(payload["sub"]), sign_in_id=payload["sid"])
    raise NotSignedIn


def _keys() -> Iterator[bytes]:
    """The key to sign with, then those of before, which still open what they signed."""
    for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        yield salted_hmac("flowboard.accounts.bearer", "", secret=secret, algorithm="sha256").digest()
