"""Pictures of people."""

from io import BytesIO
from typing import BinaryIO

from django.utils.translation import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

from apps.core.errors import Invalid

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
