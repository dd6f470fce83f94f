"""How a person is shown to others, and how FlowBoard looks to them."""

import secrets
from collections.abc import Sequence
from typing import Any, BinaryIO

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.handles import HANDLE, RESERVED
from apps.accounts.models import User
from apps.accounts.selectors import find_time_zones, time_zones
from apps.core.errors import Conflict, Invalid
from apps.core.texts import one_line
from apps.events.services import service

from .avatars import encode_avatar


class HandleTaken(Conflict):
    """Texts name somebody else so."""

    title = gettext_lazy("Somebody else has that handle")
    detail = gettext_lazy("Somebody else has that handle. Choose another one.")


def _free_handle(user: User, text: str) -> str:
    handle = text.strip().removeprefix("@").lower()
    if not HANDLE.fullmatch(handle):
        raise Invalid(
            _("Use 1 to 32 small letters (a to z), digits, dots and hyphens, with a letter or digit at both ends."),
            field="handle",
        )
    if handle in RESERVED:
        raise Invalid(_("“%(handle)s” could mean anybody. Choose another one.") % {"handle": handle}, field="handle")
    if User.objects.filter(handle=handle).exclude(pk=user.pk).exists():
        raise HandleTaken(field="handle")
    return handle


@service
def edit_profile(
    *,
    user: User,
    name: str,
    handle: str | None = None,
    avatar: BinaryIO | None = None,
    remove_avatar: bool = False,
) -> User:
    """Change how a person is shown to others, and by which handle texts name them (None: by the same as before).

    :raises Invalid: if a value cannot be used
    :raises HandleTaken: if somebody else has the handle
    """
    name = one_line(name)
    if not name:
        raise Invalid(_("Write the name that others know you by."), field="name")
    old_picture = user.avatar.name
    user.name = name[:120]
    user.handle = user.handle if handle is None else _free_handle(user, handle)
    if avatar is not None:
        user.avatar.save(f"{secrets.token_urlsafe(16)}.webp", ContentFile(encode_avatar(avatar)), save=False)
    elif remove_avatar:
        user.avatar = None
    try:
        with transaction.atomic():
            user.save(update_fields=["name", "handle", "avatar"])
    except IntegrityError as error:
        raise HandleTaken(field="handle") from error
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
    *,
    user: User,
    time_zone: str,
    date_format: str,
    first_weekday: int,
    theme: str,
    density: str,
    has_single_keys: bool,
) -> User:
    """Change how FlowBoard looks to a person, and how it tells the time. A time zone may be given by its city.

    :raises Invalid: if a value is none of those offered, or a city that could mean several
    """
    offers: tuple[tuple[str, Any, Sequence[Any]], ...] = (
        ("date_format", date_format, User.DateFormat.values),
        ("theme", theme, User.Theme.values),
        ("density", density, User.Density.values),
        ("first_weekday", first_weekday, User.FirstWeekday.values),
    )
    for field, value, offered in offers:
        if value not in offered:
            raise Invalid(_("Choose one of the offered values."), field=field)
    user.time_zone, user.is_time_zone_settled = _time_zone(time_zone), True
    user.date_format, user.theme, user.density, user.has_single_keys = date_format, theme, density, has_single_keys
    user.first_weekday = first_weekday
    user.save(
        update_fields=[
            "time_zone",
            "is_time_zone_settled",
            "date_format",
            "first_weekday",
            "theme",
            "density",
            "has_single_keys",
        ]
    )
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
def turn_tour(*, user: User, to: str) -> User:
    """The tour of first steps: `begin` it, from nothing; `end` it for good; `resume` what was ended by mistake.

    :raises Invalid: for anything else
    """
    if to not in {"begin", "end", "resume"}:
        raise Invalid(_("Choose one of the offered values."), field="to")
    if to == "begin":
        user.tour_began_at = timezone.now()
    user.tour_ended_at = timezone.now() if to == "end" else None
    user.save(update_fields=["tour_began_at", "tour_ended_at"])
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
