"""Small pictures of pictures: upright, in one format, with nothing of the original but what is seen."""

from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO

from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

SIDE = 400
# Unfolded, a picture of more pixels would take the memory of many jobs.
MOST_PIXELS = 40_000_000
_ON_ITS_SIDE = {5, 6, 7, 8}
_FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "AVIF")


class UnreadablePicture(Exception):
    """It is damaged, is no picture, or would unfold into too much."""


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A small picture as a file, and the size of the one it was made of, held upright."""

    data: bytes
    width: int
    height: int


def make_thumbnail(file: BinaryIO) -> Thumbnail:
    """A picture made small. Where it was taken, and with what, is not in it.

    :raises UnreadablePicture: if that is not possible
    """
    try:
        with Image.open(file, formats=_FORMATS) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise UnreadablePicture(f"{picture.width} × {picture.height} pixels")
            width, height = picture.size
            if picture.getexif().get(ExifTags.Base.Orientation) in _ON_ITS_SIDE:
                width, height = height, width
            # A photograph is read at a fraction of its size where that is enough.
            picture.draft("RGB", (SIDE, SIDE))
            mode = "RGBA" if picture.has_transparency_data else "RGB"
            small = ImageOps.exif_transpose(picture).convert(mode)
            small.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise UnreadablePicture(str(error)) from error
    encoded = BytesIO()
    small.save(encoded, "WEBP", quality=80, exif=b"", icc_profile=b"", xmp=b"")
    return Thumbnail(encoded.getvalue(), width, height)
