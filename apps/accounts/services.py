"""Writing one's own account. It lies outside of organizations, so nothing here records a fact; django-auditlog keeps
the history of accounts (see `apps.audit.accounts`)."""

import secrets
from io import BytesIO
from typing import BinaryIO

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.translation import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

from apps.accounts.models import User
from apps.accounts.selectors import time_zones
from apps.core.errors import Invalid
from apps.events.services import service

AVATAR_BYTES = 2 * 1024 * 1024
AVATAR_SIDE = 256
# A picture this large in pixels has nothing to do on a button, and would take the memory of many requests.
AVATAR_PIXELS = 40_000_000
AVATAR_FORMATS = ("PNG", "JPEG", "WEBP")


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
    time_zone: str,
    theme: str,
    avatar: BinaryIO | None = None,
    remove_avatar: bool = False,
) -> User:
    """Change how a person is shown to others, and how FlowBoard looks to them.

    :raises Invalid: if a value cannot be used
    """
    name = " ".join(name.split())
    if not name:
        raise Invalid(_("Write the name that others know you by."), field="name")
    if time_zone not in time_zones():
        raise Invalid(_("There is no time zone of this name. Choose one from the list."), field="time_zone")
    if theme not in User.Theme.values:
        raise Invalid(_("Choose one of the offered values."), field="theme")
    old_picture = user.avatar.name
    user.name, user.time_zone, user.theme = name[:120], time_zone, theme
    if avatar is not None:
        user.avatar.save(f"{secrets.token_urlsafe(16)}.webp", ContentFile(encode_avatar(avatar)), save=False)
    elif remove_avatar:
        user.avatar = None
    user.save(update_fields=["name", "time_zone", "theme", "avatar"])
    if old_picture and user.avatar.name != old_picture:
        # Only once the new name is safe: a file that is gone cannot be rolled back.
        transaction.on_commit(lambda: default_storage.delete(old_picture))
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
    return user
