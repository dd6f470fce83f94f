"""Whether an archive is as it was written: its members against the sizes and sums of its manifest."""

import hashlib
import re
import zlib
from typing import Any
from zipfile import ZipFile

from apps.imports.files import UnfoldsTooFar
from apps.imports.reading.archives import NotAnArchive, open_member

MANIFEST = "manifest.json"
_PIECE = 64 * 1024
_SUM = re.compile(r"[0-9a-f]{64}")


def check_sums(archive: ZipFile, manifest: dict[str, Any]) -> None:
    """Compare every member with what the manifest says of it: a piece at a time, and none beyond its size.

    :raises NotAnArchive: with the name of the first that is missing, added, longer, shorter or changed
    """
    told = manifest.get("members")
    if not isinstance(told, dict):
        raise NotAnArchive(f"The {MANIFEST} names no members, so nothing tells if they are whole. Export it again.")
    there = set(archive.namelist())
    for name in sorted({each for each in there if each.startswith("projects/")} - told.keys()):
        raise NotAnArchive(f"“{name[:80]}” is not in the {MANIFEST}: it was added later.")
    for name, about in told.items():
        if name not in there:
            raise NotAnArchive(f"“{name[:80]}” is missing: the archive is not complete. Export it again.")
        size, digest = _told(about, name)
        _check(archive, name, size, digest)


def _told(about: Any, name: str) -> tuple[int, str]:
    size, digest = (about.get("size"), about.get("sha256")) if isinstance(about, dict) else (None, None)
    if not isinstance(size, int) or size < 0 or not isinstance(digest, str) or not _SUM.fullmatch(digest):
        raise NotAnArchive(f"The {MANIFEST} has no size and sum of “{name[:80]}”. Export it again.")
    return size, digest


def _check(archive: ZipFile, name: str, size: int, digest: str) -> None:
    found, left = hashlib.sha256(), size
    try:
        with open_member(archive, name) as stream:
            while piece := stream.read(min(_PIECE, left + 1)):
                found.update(piece)
                left -= len(piece)
                if left < 0:
                    raise NotAnArchive(f"“{name[:80]}” is longer than it was when the archive was written.")
    except (zlib.error, EOFError, UnfoldsTooFar) as error:
        raise NotAnArchive(f"“{name[:80]}” is damaged, or not what it says. Export the archive again.") from error
    if left:
        raise NotAnArchive(f"“{name[:80]}” is shorter than it was when the archive was written.")
    if found.hexdigest() != digest:
        raise NotAnArchive(f"“{name[:80]}” was changed since the archive was written.")
