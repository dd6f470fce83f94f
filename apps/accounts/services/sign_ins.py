"""Signing scripts in with a password, and out again."""

from dataclasses import dataclass
from datetime import timedelta
from secrets import token_urlsafe

from django.utils import timezone

from apps.accounts import sign_ins
from apps.accounts.bearer import Claims, NotSignedIn, Use, make_token, read_token
from apps.accounts.models import User
from apps.accounts.selectors import still_holds
from apps.accounts.sign_ins import Rotation, SignIn
from apps.core.digests import hash_secret

# How often the list of one's sign-ins is told that one is in use.
_OFTEN_ENOUGH = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a script gets: a token to ask with, and one to get the next two with."""

    access: str
    refresh: str


def begin_sign_in(*, user: User, address: str | None, user_agent: str) -> Tokens:
    """Sign a script in as somebody who has just proved who they are (`apps.accounts.entrance.admit`).

    :raises apps.core.errors.Unavailable: if Redis is away
    """
    claims = Claims(user.pk, token_urlsafe(16))
    tokens = _tokens(claims)
    sign_ins.keep(
        claims,
        seal=user.get_session_auth_hash(),
        refresh_hash=hash_secret(tokens.refresh),
        address=address,
        user_agent=user_agent,
    )
    return tokens


def _tokens(claims: Claims) -> Tokens:
    return Tokens(access=make_token(claims, use=Use.ACCESS), refresh=make_token(claims, use=Use.REFRESH))


def refresh_sign_in(*, refresh: str, address: str | None) -> Tokens:
    """New tokens for a refresh token, which works once. One that was used before ends the whole sign-in.

    :raises NotSignedIn: if it does not work, or no longer
    :raises apps.core.errors.Unavailable: if Redis is away
    """
    claims = read_token(refresh, use=Use.REFRESH)
    _standing(claims)
    tokens = _tokens(claims)
    answer = sign_ins.rotate(
        claims, used_hash=hash_secret(refresh), new_hash=hash_secret(tokens.refresh), address=address
    )
    if answer != Rotation.DONE:
        raise NotSignedIn
    return tokens


def recognise(*, access: str, address: str | None) -> User:
    """Whoever an access token speaks for.

    :raises NotSignedIn: if it does not work, its sign-in has ended, or the account is not as it was then: it has
        another password now, or is suspended or deleted
    :raises apps.core.errors.Unavailable: if Redis is away
    """
    claims = read_token(access, use=Use.ACCESS)
    user, sign_in = _standing(claims)
    if sign_in.used_at < timezone.now() - _OFTEN_ENOUGH:
        sign_ins.note_used(claims, address=address)
    return user


def _standing(claims: Claims) -> tuple[User, SignIn]:
    """The person of a token and the sign-in, if both are as they were when it began."""
    sign_in = sign_ins.find(claims)
    user = User.objects.filter(pk=claims.user_id, is_active=True).first() if sign_in is not None else None
    if sign_in is None or user is None or not still_holds(sign_in, user):
        raise NotSignedIn
    return user, sign_in


def leave(*, refresh: str) -> None:
    """Sign a script out by its refresh token. Nothing happens where it is out already.

    :raises NotSignedIn: if this is no refresh token of ours
    :raises apps.core.errors.Unavailable: if Redis is away
    """
    sign_ins.end(read_token(refresh, use=Use.REFRESH))


def end_sign_in(*, user_id: int, sign_in_id: str) -> bool:
    """Sign one of a person's scripts out; whether it was in.

    :raises apps.core.errors.Unavailable: if Redis is away
    """
    return sign_ins.end(Claims(user_id, sign_in_id))


def end_sign_ins(*, user_id: int) -> int:
    """Sign all of a person's scripts out; how many there were.

    :raises apps.core.errors.Unavailable: if Redis is away
    """
    return sign_ins.end_all(user_id)
