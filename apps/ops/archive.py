"""The file that a backup is: a tar with the database, the uploaded files, and a manifest that vouches for both."""

import hashlib
import json
import os
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO

FORMAT = 1
MANIFEST = "manifest.json"
DATABASE = "database.dump"
MEDIA = "media/"
_CHUNK = 1 << 20


class BackupError(Exception):
    """A backup cannot be made, or not be restored; the message is one sentence."""


@dataclass
class Manifest:
    """What a backup contains and where it comes from.

    `tables` holds each table's row count and a checksum of its content; `files` the SHA-256 of every member.
    """

    made_at: str
    release: str
    postgres: str
    key: str
    migrations: list[str]
    tables: dict[str, list[str]]
    files: dict[str, str] = field(default_factory=dict)
    format: int = FORMAT


@contextmanager
def writing(target: Path) -> Iterator["Writer"]:
    """Write an archive that appears under its name only when it is whole.

    :raises BackupError: if there is such a file already
    """
    if target.exists():
        raise BackupError(f"{target} exists already: name another file.")
    part = target.with_name(target.name + ".part")
    try:
        # Readable by its owner alone: it holds password hashes and everybody's text.
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            with tarfile.open(fileobj=file, mode="w") as tar:
                yield Writer(tar)
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


class Writer:
    """Adds files to an archive and remembers their checksums."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self._files: dict[str, str] = {}

    def add(self, path: Path, name: str) -> None:
        """Add a file under a name of ours."""
        with path.open("rb") as file:
            info = self._tar.gettarinfo(arcname=name, fileobj=file)
            hashing = _Hashing(file)
            self._tar.addfile(info, hashing)  # type: ignore[arg-type]  # it is read from, nothing else
        self._files[name] = hashing.digest.hexdigest()

    def add_tree(self, root: Path, prefix: str) -> None:
        """Add every regular file below a directory, if there is one."""
        for path in sorted(root.rglob("*")):
            if path.is_file() and not path.is_symlink():
                self.add(path, prefix + path.relative_to(root).as_posix())

    def finish(self, manifest: Manifest, workplace: Path) -> None:
        """Add the manifest: the last member, since it vouches for all others."""
        manifest.files = self._files
        path = workplace / MANIFEST
        path.write_text(json.dumps(asdict(manifest), indent=1, sort_keys=True))
        self.add(path, MANIFEST)


class _Hashing:
    """A file that hashes what is read from it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.digest = hashlib.sha256()

    def read(self, size: int) -> bytes:
        chunk = self._file.read(size)
        self.digest.update(chunk)
        return chunk


def unpack(source: Path, workplace: Path) -> Manifest:
    """Unpack an archive below `workplace`, checked against its manifest.

    :raises BackupError: if it is no backup, was damaged, or holds anything the manifest does not vouch for
    """
    try:
        with tarfile.open(source, mode="r:") as tar:
            members = tar.getmembers()
            manifest = _read_manifest(tar, source)
            if {member.name for member in members} != {MANIFEST, *manifest.files} or not all(
                member.isreg() for member in members
            ):
                raise BackupError(f"{source} is damaged: its files are not those that its manifest names.")
            tar.extractall(workplace, filter="data")
    except (tarfile.TarError, OSError) as error:
        raise BackupError(f"{source} cannot be read as a backup: {error}.") from error
    for name, expected in manifest.files.items():
        with (workplace / name).open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != expected:
                raise BackupError(f"{source} is damaged: the checksum of {name} does not fit.")
    return manifest


def _read_manifest(tar: tarfile.TarFile, source: Path) -> Manifest:
    try:
        file = tar.extractfile(MANIFEST)
        content = json.load(file) if file is not None else None
    except (KeyError, ValueError) as error:
        raise BackupError(f"{source} is no FlowBoard backup: it has no readable {MANIFEST}.") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise BackupError(f"{source} has a format that this release does not know.")
    try:
        return Manifest(**content)
    except TypeError as error:
        raise BackupError(f"{source} is damaged: its manifest is incomplete.") from error
