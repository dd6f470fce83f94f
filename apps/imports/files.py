"""Files that somebody handed in: opened plain or gzip as their first bytes say, and never let grow without bound."""

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

_GZIP = b"\x1f\x8b"
# Text packs ten to one, seldom thirty. Beyond this, what unfolds is not an export but a trap.
MOST_UNFOLDED = 200
# A stretch this long may unfold as it likes: it harms nobody.
_HARMLESS = 64 * 1024 * 1024


class UnfoldsTooFar(OSError):
    """A compressed file holds far more than any export would."""


class _Guarded(io.RawIOBase):
    """Reads an unpacked stream and stops where a stretch of it has grown out of all proportion to what it came from.

    Stretch by stretch, so that a large file does not earn a bomb at its end the right to unfold for minutes.
    """

    def __init__(self, inner: gzip.GzipFile, packed: IO[bytes]) -> None:
        self._inner = inner
        self._packed = packed
        self._unfolded = 0
        self._begins_at = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        view = memoryview(buffer)
        # What there is: asked for more, a damaged file would give nothing at all.
        data = self._inner.read1(len(view))
        self._unfolded += len(data)
        if self._unfolded > _HARMLESS:
            now_at = self._packed.tell()
            if self._unfolded > (now_at - self._begins_at) * MOST_UNFOLDED:
                raise UnfoldsTooFar(
                    f"The file unfolds to more than {MOST_UNFOLDED} times its size; no export does. "
                    "Nothing after was read."
                )
            self._unfolded, self._begins_at = 0, now_at
        view[: len(data)] = data
        return len(data)


class _Buffered(io.BufferedReader):
    """Gives what it has, so that nothing of a damaged file is lost before the damage."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(size) if size is None or size < 1 else self.read1(size)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file on this machine, and what it was called where it came from."""

    path: Path
    name: str

    @classmethod
    def at(cls, path: Path) -> "Upload":
        """The file of this path, called as it is there."""
        return cls(path, path.name)

    @contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        """The content, unpacked if it is gzip.

        Reading it raises `EOFError`, `zlib.error`, `gzip.BadGzipFile` or `UnfoldsTooFar` (all but the first two are
        `OSError`) where the packed file is damaged or a bomb.

        :raises OSError: if the file cannot be opened
        """
        with self.path.open("rb") as plain:
            head = plain.read(2)
            plain.seek(0)
            if head == _GZIP:
                yield _Buffered(_Guarded(gzip.GzipFile(fileobj=plain), plain), 256 * 1024)
            else:
                yield plain

    @property
    def is_packed(self) -> bool:
        """Whether it is gzip.

        :raises OSError: if the file cannot be opened
        """
        with self.path.open("rb") as plain:
            return plain.read(2) == _GZIP

    def head(self, size: int = 256 * 1024) -> bytes:
        """The first bytes of the content, fewer if the file is short or damaged.

        :raises OSError: if the file cannot be opened
        """
        found = b""
        with self.open() as stream:
            while len(found) < size:
                try:
                    more = stream.read(min(16 * 1024, size - len(found)))
                except (EOFError, OSError, ValueError, zlib.error):
                    break
                if not more:
                    break
                found += more
        return found
