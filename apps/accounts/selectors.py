"""Reading one's own account, and what holds for this server.

Other people are reached only through a membership (`apps.orgs.selectors`).
"""

from datetime import date
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from allauth.account.models import EmailAddress
from django.contrib.sessions.models import Session
from django.db import connection
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from apps.accounts import policies, sign_ins
from apps.accounts.models import Server, User, UserSession
from apps.accounts.sign_ins import SignIn
from apps.core.digests import hash_secret
from apps.core.errors import NotFound, Unavailable
from apps.core.tenancy import happening_at

# Themes with words for them.
THEMES = User.Theme.choices
DATE_FORMATS = User.DateFormat.choices
FIRST_WEEKDAYS = User.FirstWeekday.choices
DENSITIES = User.Density.choices
# What an operator chooses between, with words for it.
SIGN_UP_CHOICES = Server.SignUp.choices
FOUNDERS_CHOICES = Server.Founders.choices


def get_user(*, user_id: int) -> User:
    """The account of the person who is signed in."""
    return User.objects.get(pk=user_id)


def today_of(*, user_id: int | None) -> date:
    """Which day it is where a person lives, whatever zone is spoken to them: scripts are told times in UTC."""
    zone = User.objects.filter(pk=user_id or 0).values_list("time_zone", flat=True).first() or "UTC"
    return timezone.localdate(happening_at(), ZoneInfo(zone))


@lru_cache(maxsize=1)
def time_zones() -> tuple[str, ...]:
    """The names of all time zones, places first: what no place is named after (`Etc/GMT+3`) is for machines."""
    names = sorted(name for name in available_timezones() if name not in {"localtime", "Factory"})
    return tuple(sorted(names, key=lambda name: (name.startswith(("Etc/", "SystemV/")) or "/" not in name, name)))


def get_server() -> Server:
    """What was decided about this server; the defaults as long as nothing was."""
    return Server.objects.filter(pk=1).first() or Server()


def has_people() -> bool:
    """Whether anybody has an account here."""
    return User.objects.filter(kind=User.Kind.PERSON).exists()


def has_operator() -> bool:
    """Whether somebody runs this server: as long as nobody does, the one-time link makes the first operator."""
    return User.objects.filter(is_staff=True, is_active=True).exists()


def is_setup_secret(secret: str) -> bool:
    """Whether this is the secret of the present one-time link, which ends with the first operator."""
    return bool(secret) and get_server().setup_hash == hash_secret(secret) and not has_operator()


def may_found_organizations(*, user_id: int) -> bool:
    """Whether the operator lets this person create organizations."""
    server = get_server()
    return policies.may_found(server, is_operator=False) or policies.may_found(
        server, is_operator=User.objects.filter(pk=user_id, is_staff=True, is_active=True).exists()
    )


def invited_address(*, token_hash: str) -> str | None:
    """The address that an open invitation was sent to. Nothing else of its organization is told."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT flowboard_invited_address(%s)", [token_hash])
        row = cursor.fetchone()
    return row[0] if row else None


def get_user_by_email(*, email: str) -> User | None:
    """The account of an address, for operators."""
    return User.objects.filter(email=email.strip().lower(), kind=User.Kind.PERSON).first()


def list_sessions(*, user_id: int) -> list[UserSession]:
    """Where a person is signed in, last seen first. A session that is over is no longer one of these."""
    alive = Session.objects.filter(expire_date__gt=timezone.now()).values("session_key")
    return list(UserSession.objects.filter(user_id=user_id, session_key__in=alive).order_by("-last_seen_at", "-id"))


def get_session(*, user_id: int, session_id: int) -> UserSession:
    """One of a person's own sessions.

    :raises NotFound: if there is none with this id
    """
    session = UserSession.objects.filter(user_id=user_id, pk=session_id).first()
    if session is None:
        raise NotFound
    return session


def list_sign_ins(*, user: User) -> list[SignIn] | None:
    """The scripts that a person has signed in, last used first; None where that cannot be told, Redis being away."""
    try:
        found = sign_ins.list_of(user.pk)
    except Unavailable:
        return None
    return [sign_in for sign_in in found if still_holds(sign_in, user)]


def still_holds(sign_in: SignIn, user: User) -> bool:
    """Whether a script's sign-in holds: the account has the password and the epoch that it was made with."""
    hashes = (user.get_session_auth_hash(), *user.get_session_auth_fallback_hash())
    return any(constant_time_compare(sign_in.seal, each) for each in hashes)


def has_confirmed_email(*, user: User) -> bool:
    """Whether the address that a person signs in with proved to be theirs."""
    found: bool = EmailAddress.objects.filter(user=user, email=user.email, verified=True).exists()
    return found


def pending_email(*, user: User) -> str | None:
    """The address that a person wants to change to, while it is not confirmed yet."""
    pending = EmailAddress.objects.get_new(user)
    return pending.email if pending is not None and pending.email != user.email else None


def find_time_zones(text: str, *, limit: int = 12) -> list[str]:
    """The time zones that a text could mean, a city's own name first: "berlin", "new york", "Europe/Lis"."""
    wanted = "_".join(text.casefold().split())
    if not wanted:
        return []

    def distance(name: str) -> tuple[bool, bool]:
        city = name.casefold().rpartition("/")[2]
        return (city != wanted, not city.startswith(wanted))

    return sorted((name for name in time_zones() if wanted in name.casefold()), key=distance)[:limit]
