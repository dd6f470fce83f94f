"""Where attached files are kept: on this machine, or in a bucket (`files_s3.py`), behind the same few verbs.

A file's key is random: it says nothing of its name, its issue or its organization, and nobody guesses it. Nothing but
the database says which file belongs to whom.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, Any, Protocol, cast

from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, storages

# All keys of attached files begin with this, those of files that were handed in to be imported with that, and those of
# archives that people asked for with the last.
ROOT = "attachments"
IMPORTS = "imports"
EXPORTS = "exports"
PIECE = 64 * 1024


class FileStorage(Protocol):
    """What is asked of a place for files, beside Django's own verbs."""

    def save(self, name: str, content: Any) -> str:
        """Keep a file under this key."""

    def delete(self, name: str) -> None:
        """Forget a file, if it is there."""

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        """Directories and files."""

    def get_modified_time(self, name: str) -> Any:
        """When it was kept."""

    def pieces(self, name: str, *, start: int, length: int) -> Iterator[bytes]:
        """Some of a file, piece by piece. It is looked for before the first piece is asked for.

        :raises FileNotFoundError: if it is gone
        """

    def probe(self) -> str:
        """Write, read and delete a small file, and say where that was.

        :raises OSError: if something stands in the way
        """


def attached_files() -> FileStorage:
    """The place that the settings name."""
    return cast(FileStorage, storages["attachments"])


def new_key(root: str = ROOT) -> str:
    """A key that nobody can guess. Its first letters spread the files over directories."""
    name = secrets.token_hex(20)
    return f"{root}/{name[:2]}/{name[2:]}"


@contextmanager
def at_hand(key: str, *, size: int) -> Iterator[Path]:
    """A kept file as one of this machine, for whoever must read it more than once; a copy where it lies elsewhere.

    :raises FileNotFoundError: if it is gone
    """
    storage = attached_files()
    if isinstance(storage, LocalFiles):
        yield Path(storage.path(key))
        return
    with NamedTemporaryFile() as copy:
        for piece in storage.pieces(key, start=0, length=size):
            copy.write(piece)
        copy.flush()
        yield Path(copy.name)


def kept_keys(root: str, *, at_once: int = 500) -> Iterator[list[str]]:
    """The keys of all files below a root, some at a time."""
    storage = attached_files()
    try:
        shelves, _files = storage.listdir(root)
    except FileNotFoundError:  # nothing was kept yet
        return
    for shelf in shelves:
        _shelves, names = storage.listdir(f"{root}/{shelf}")
        for start in range(0, len(names), at_once):
            yield [f"{root}/{shelf}/{name}" for name in names[start : start + at_once]]


class Probing:
    """Trying a place for files out."""

    def probe(self) -> str:
        """Write, read and delete a small file, and say where that was."""
        storage = cast(Any, self)
        key = storage.save(new_key(), ContentFile(b"x"))
        try:
            if b"".join(storage.pieces(key, start=0, length=1)) != b"x":
                raise OSError("what was written is not what is read")
        finally:
            storage.delete(key)
        return str(storage.place)


class LocalFiles(Probing, FileSystemStorage):
    """Files below `MEDIA_ROOT`, which no web server hands out."""

    @property
    def place(self) -> str:
        """Where that is, for operators."""
        return str(self.path(ROOT))

    def pieces(self, name: str, *, start: int, length: int) -> Iterator[bytes]:
        """Some of a file, piece by piece."""
        file = open(self.path(name), "rb")  # noqa: SIM115 (closed by whoever reads it out, or gives up)
        return _read(file, start, length)


def _read(file: IO[bytes], start: int, length: int) -> Iterator[bytes]:
    with file:
        file.seek(start)
        while length > 0 and (piece := file.read(min(PIECE, length))):
            length -= len(piece)
            yield piece
