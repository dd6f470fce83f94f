"""Zip files: opened only when they are what they say, their members read in constant memory and never unpacked to disk
under a name of theirs."""

import io
import stat
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any
from zipfile import BadZipFile, ZipFile

from apps.imports.files import MOST_UNFOLDED, UnfoldsTooFar

# A list of members this long belongs to no archive of ours; it would be read into memory whole.
_LONGEST_LIST = 32 * 1024 * 1024
_HARMLESS = 64 * 1024 * 1024
_END = b"PK\x05\x06"
_END_64 = b"PK\x06\x06"
_END_SIZE = 22


class NotAnArchive(Exception):
    """The zip is damaged, or made to do harm; says why."""


@contextmanager
def open_archive(path: Path) -> Iterator[ZipFile]:
    """A zip whose list of members is read; nothing else is.

    :raises NotAnArchive: if it is damaged, or has members that lead elsewhere
    :raises OSError: if the file cannot be opened
    """
    if _list_size(path) > _LONGEST_LIST:
        raise NotAnArchive("The archive lists far more members than any export has.")
    try:
        archive = ZipFile(path)
    except (BadZipFile, ValueError, NotImplementedError, struct.error, UnicodeDecodeError) as error:
        raise NotAnArchive("The archive is damaged, or not complete. Export it again.") from error
    with archive:
        seen: set[str] = set()
        for info in archive.infolist():
            name = info.filename
            if name.startswith("/") or "\\" in name or ".." in name.split("/") or "\x00" in name or ":" in name:
                raise NotAnArchive(f"“{name[:80]}” leads out of the archive. FlowBoard writes no such names.")
            if stat.S_ISLNK(info.external_attr >> 16) or info.flag_bits & 1 or name in seen:
                raise NotAnArchive(
                    f"“{name[:80]}” is a link, or locked, or there twice. FlowBoard writes none of these."
                )
            seen.add(name)
        yield archive


def _list_size(path: Path) -> int:
    """How long the list of members says it is; 0 where there is none, which opening it will tell."""
    with path.open("rb") as file:
        length = file.seek(0, io.SEEK_END)
        file.seek(max(0, length - 65_536 - _END_SIZE - 76))
        tail = file.read()
    said = [0]
    # Either of the two places may say it; the larger is believed.
    for sign, place, form in ((_END_64, 40, "<Q"), (_END, 12, "<I")):
        start = tail.rfind(sign)
        number = tail[start + place : start + place + struct.calcsize(form)]
        if start >= 0 and len(number) == struct.calcsize(form) and number != b"\xff\xff\xff\xff":
            said.append(struct.unpack(form, number)[0])
    return max(said)


class _Member(io.RawIOBase):
    """Reads a member, whatever it says of its size, and stops when it has grown out of all proportion."""

    def __init__(self, inner: IO[bytes], packed: int) -> None:
        self._inner = inner
        self._left = max(_HARMLESS, packed * MOST_UNFOLDED)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        view = memoryview(buffer)
        try:
            data = self._inner.read(len(view))
        except BadZipFile as error:
            raise zlib.error(str(error)) from error
        self._left -= len(data)
        if self._left < 0:
            raise UnfoldsTooFar(
                f"It unfolds to more than {MOST_UNFOLDED} times its size; no export does. Nothing after was read."
            )
        view[: len(data)] = data
        return len(data)


@contextmanager
def open_member(archive: ZipFile, name: str) -> Iterator[IO[bytes]]:
    """A member as a stream.

    :raises KeyError: if there is none of this name
    """
    info = archive.getinfo(name)
    try:
        inner = archive.open(info)
    except (BadZipFile, NotImplementedError, RuntimeError) as error:
        raise NotAnArchive("The archive is damaged. Export it again.") from error
    with inner:
        # What it takes in the file, not what it says, is what it may unfold from.
        packed = min(info.compress_size, Path(str(archive.filename)).stat().st_size)
        yield io.BufferedReader(_Member(inner, packed), 64 * 1024)
