"""Writing one's own account. It lies outside of organizations, so nothing here records a fact; django-auditlog keeps
the history of accounts, and of what the operator decides about the server (see `apps.audit.accounts`)."""

import re
import secrets
from collections.abc import Iterable
from functools import partial
from importlib import import_module
from io import BytesIO
from typing import BinaryIO

from allauth.account.models import EmailAddress
from auditlog.context import disable_auditlog
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from PIL import Image, ImageOps, UnidentifiedImageError

from apps.accounts.links import reset_link
from apps.accounts.models import Server, User, UserSession
from apps.accounts.selectors import find_time_zones, get_user_by_email, has_operator, is_setup_secret, time_zones
from apps.core.digests import hash_secret
from apps.core.errors import Conflict, Invalid, NotFound
from apps.core.mail import clean_address
from apps.core.texts import one_line
from apps.events.services import service

AVATAR_BYTES = 2 * 1024 * 1024
AVATAR_SIDE = 256
# A picture this large in pixels has nothing to do on a button, and would take the memory of many requests.
AVATAR_PIXELS = 40_000_000
AVATAR_FORMATS = ("PNG", "JPEG", "WEBP")
MOST_DOMAINS = 100
_DOMAIN = re.compile(r"(?=.{1,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}")


class SetUpAlready(NotFound):
    """The link that makes the first operator was used, was replaced by a newer one, or nobody ever made it."""

    title = gettext_lazy("This link no longer works")
    detail = gettext_lazy("Somebody runs this server already, or a newer link was printed.")


class AddressTaken(Conflict):
    """Another account signs in with this address."""

    title = gettext_lazy("That address is taken")


class LastOperator(Conflict):
    """A server must keep somebody who operates it."""

    title = gettext_lazy("You are the only operator of this server")
    detail = gettext_lazy("Make somebody else an operator first (`manage.py createsuperuser`).")


def encode_avatar(upload: BinaryIO) -> bytes:
    """The picture anew, as a small square WebP: nothing of the file that was sent is kept, its metadata least of all.

    :raises Invalid: if it is too large, or no picture in one of the formats
    """
    data = upload.read(AVATAR_BYTES + 1)
    if len(data) > AVATAR_BYTES:
        raise Invalid(_("A picture has at most 2 MB."), field="avatar")
    try:
        with Image.open(BytesIO(data), formats=AVATAR_FORMATS) as picture:
            if picture.width * picture.height > AVATAR_PIXELS:
                raise Invalid(_("The picture has too many pixels. Make it smaller first."), field="avatar")
            upright = ImageOps.exif_transpose(picture).convert("RGBA")
            square = ImageOps.fit(upright, (AVATAR_SIDE, AVATAR_SIDE), Image.Resampling.LANCZOS)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise Invalid(_("This is no PNG, JPEG or WebP picture, or it is damaged."), field="avatar") from error
    encoded = BytesIO()
    square.save(encoded, "WEBP", quality=85)
    return encoded.getvalue()


@service
def edit_profile(
    *,
    user: User,
    name: str,
    avatar: BinaryIO | None = None,
    remove_avatar: bool = False,
) -> User:
    """Change how a person is shown to others.

    :raises Invalid: if a value cannot be used
    """
    name = one_line(name)
    if not name:
        raise Invalid(_("Write the name that others know you by."), field="name")
    old_picture = user.avatar.name
    user.name = name[:120]
    if avatar is not None:
        user.avatar.save(f"{secrets.token_urlsafe(16)}.webp", ContentFile(encode_avatar(avatar)), save=False)
    elif remove_avatar:
        user.avatar = None
    user.save(update_fields=["name", "avatar"])
    if old_picture and user.avatar.name != old_picture:
        # Only once the new name is safe: a file that is gone cannot be rolled back.
        transaction.on_commit(lambda: default_storage.delete(old_picture))
    return user


def _time_zone(text: str) -> str:
    found = find_time_zones(text)
    is_plain = len(found) == 1 or (
        found and found[0].casefold().rpartition("/")[2] == "_".join(text.casefold().split())
    )
    if text in time_zones():
        return text
    if is_plain:
        return found[0]
    if found:
        raise Invalid(_("Which one? %(names)s") % {"names": ", ".join(found)}, field="time_zone")
    raise Invalid(_("There is no time zone of this name. Write the nearest large city."), field="time_zone")


@service
def set_preferences(
    *, user: User, time_zone: str, date_format: str, theme: str, density: str, has_single_keys: bool
) -> User:
    """Change how FlowBoard looks to a person, and how it tells the time. A time zone may be given by its city.

    :raises Invalid: if a value is none of those offered, or a city that could mean several
    """
    for field, value, offered in (
        ("date_format", date_format, User.DateFormat.values),
        ("theme", theme, User.Theme.values),
        ("density", density, User.Density.values),
    ):
        if value not in offered:
            raise Invalid(_("Choose one of the offered values."), field=field)
    user.time_zone, user.is_time_zone_settled = _time_zone(time_zone), True
    user.date_format, user.theme, user.density, user.has_single_keys = date_format, theme, density, has_single_keys
    user.save(update_fields=["time_zone", "is_time_zone_settled", "date_format", "theme", "density", "has_single_keys"])
    return user


@service
def settle_time_zone(*, user: User, time_zone: str) -> User:
    """Take the browser's time zone, or keep the present one; either way nobody asks again.

    :raises Invalid: if there is no such time zone
    """
    user.time_zone, user.is_time_zone_settled = _time_zone(time_zone), True
    user.save(update_fields=["time_zone", "is_time_zone_settled"])
    return user


@service
def choose_single_keys(*, user: User, is_on: bool) -> User:
    """Have keys without Ctrl or Alt, or not: voice input types letters that were never meant as keys."""
    user.has_single_keys = is_on
    user.save(update_fields=["has_single_keys"])
    return user


@service
def choose_theme(*, user: User, theme: str) -> User:
    """Light, dark, or like the device.

    :raises Invalid: for anything else
    """
    if theme not in User.Theme.values:
        raise Invalid(_("Choose one of the offered values."), field="theme")
    user.theme = theme
    user.save(update_fields=["theme"])
    return user


@service
def set_user_suspended(*, user: User, is_suspended: bool) -> User:
    """Suspend a person, or take that back. Their sessions end for good; sockets and tokens fail at their next check.

    Only operators do this (the admin site).
    """
    if user.is_active is not is_suspended:
        return user
    user.is_active = not is_suspended
    user.session_epoch += 1
    user.save(update_fields=["is_active", "session_epoch"])
    _end(UserSession.objects.filter(user=user))
    return user


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


def _end(sessions: "QuerySet[UserSession]") -> int:
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
    _end(UserSession.objects.filter(pk=session.pk))


@service
def end_other_sessions(*, user: User, but: str | None) -> int:
    """Sign a person out everywhere but in one session.

    :param but: the key of the session that goes on, if any does
    :returns: how many ended
    """
    return _end(UserSession.objects.filter(user=user).exclude(session_key=but or ""))


@service
def forget_session(*, session_key: str) -> None:
    """Take a session off the list: its browser signed out by itself."""
    UserSession.objects.filter(session_key=session_key).delete()


@service
def take_unconfirmed_email(*, user: User, email: str) -> User:
    """Change the address without asking it: for servers that cannot send mail. It counts as not confirmed.

    :raises Invalid: if it is no address
    :raises AddressTaken: if another account has it
    """
    email = clean_address(email)
    if email == user.email:
        return user
    taken = User.objects.filter(email=email).exists()
    if taken or EmailAddress.objects.filter(email__iexact=email).exclude(user=user).exists():
        raise AddressTaken(_("Another account signs in with %(email)s.") % {"email": email}, field="email")
    user.email = email
    user.save(update_fields=["email"])
    EmailAddress.objects.filter(user=user).delete()
    EmailAddress.objects.create(user=user, email=email, primary=True, verified=False)
    return user


@service
def anonymise_account(*, user: User) -> User:
    """Empty an account for good. The row stays, without anything of the person, so that history has an author.

    Their seats are ended before (`apps.orgs.services.delete_account`).

    :raises LastOperator: if nobody else operates the server
    """
    others = User.objects.filter(is_superuser=True, is_active=True).exclude(pk=user.pk)
    if user.is_superuser and not others.exists():
        raise LastOperator
    picture = user.avatar.name
    # Silently: what was there must not be written into the history of accounts once more.
    with disable_auditlog():
        EmailAddress.objects.filter(user=user).delete()
        user.name, user.email = _("Deleted account"), f"deleted-{user.pk}@deleted.invalid"
        user.avatar, user.time_zone, user.theme = None, "UTC", User.Theme.SYSTEM
        user.set_unusable_password()
        user.save()
    user.is_active, user.is_staff, user.is_superuser = False, False, False
    user.session_epoch += 1
    user.deleted_at = timezone.now()
    user.save()
    _end(UserSession.objects.filter(user=user))
    if picture:
        transaction.on_commit(lambda: default_storage.delete(picture))
    return user


def _locked_server() -> Server:
    """The row of this server, made if there is none, and ours until the unit of work ends."""
    Server.objects.get_or_create(pk=1)
    return Server.objects.select_for_update().get(pk=1)


@service
def make_setup_link() -> str | None:
    """A fresh secret for the link that makes the first operator; None where there is one. The link before it is dead.

    Only commands on the server's own machine do this: whoever reads their output may run the server.
    """
    server = _locked_server()
    if has_operator():
        return None
    secret = secrets.token_urlsafe(32)
    server.setup_hash = hash_secret(secret)
    server.save(update_fields=["setup_hash"])
    return secret


@service
def make_first_operator(*, secret: str, name: str, email: str, password: str) -> User:
    """The account of whoever runs this server. Of two who come at the same moment with the link, one gets it.

    The address counts as confirmed: mail may not be set up yet, and the link proves more than a mailbox does.

    :raises SetUpAlready: if the link is not the present one, or an operator exists
    :raises Invalid: if a value cannot be used
    """
    server = _locked_server()
    if not is_setup_secret(secret):
        raise SetUpAlready
    name = one_line(name)
    if not name:
        raise Invalid(_("Write the name that others know you by."), field="name")
    email = clean_address(email)
    if User.objects.filter(email=email).exists():
        raise Invalid(_("Somebody has an account with this address. Use another one."), field="email")
    user = User(email=email, name=name[:120], is_staff=True, is_superuser=True)
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Invalid(" ".join(error.messages), field="password") from error
    user.set_password(password)
    user.save()
    EmailAddress.objects.create(user=user, email=email, primary=True, verified=True)
    server.setup_hash = ""
    server.save(update_fields=["setup_hash"])
    return user


@service
def decide_who_comes_in(*, sign_up: str, domains: Iterable[str], founders: str) -> Server:
    """Decide who may sign up and who may create organizations. Only operators do this.

    :raises Invalid: if a value is not offered, or the domains are needed and missing or malformed
    """
    if sign_up not in Server.SignUp.values or founders not in Server.Founders.values:
        raise Invalid(_("Choose one of the offered values."), field="sign_up")
    wanted = list(dict.fromkeys(domain.strip().lower().removeprefix("@").rstrip(".") for domain in domains))
    for domain in wanted:
        if not _DOMAIN.fullmatch(domain):
            raise Invalid(
                _("“%(domain)s” is not a domain. Write it as example.org.") % {"domain": domain[:100]}, field="domains"
            )
    if len(wanted) > MOST_DOMAINS:
        raise Invalid(_("At most %(most)s domains.") % {"most": MOST_DOMAINS}, field="domains")
    if sign_up == Server.SignUp.DOMAINS and not wanted:
        raise Invalid(_("Name the domains whose addresses may sign up, such as example.org."), field="domains")
    server = _locked_server()
    server.sign_up, server.sign_up_domains, server.founders = sign_up, wanted, founders
    server.save(update_fields=["sign_up", "sign_up_domains", "founders"])
    return server


@service
def note_demo_removed() -> None:
    """Remember that the demo was taken away, so that it does not come back by itself."""
    server = _locked_server()
    server.demo_removed_at = timezone.now()
    server.save(update_fields=["demo_removed_at"])


@service
def make_reset_link(*, email: str) -> tuple[User, str]:
    """A link by which a person chooses a new password, for an operator to pass on. It works once, and for three days.

    Only operators do this, and somebody writes it down (`apps.pages.services`).

    :raises Invalid: if nobody may sign in with the address
    """
    user = get_user_by_email(email=email)
    if user is None:
        raise Invalid(_("Nobody has an account with this address."), field="email")
    if not user.is_active:
        raise Invalid(_("This person is suspended. Reinstate them in the admin site first."), field="email")
    return user, reset_link(user)
