"""The file of an archive while it is written: members one after the other, each with its sum."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo


class Bundle:
    """A zip that is written from its beginning to its end. `members` are the sums and sizes of what is in it."""

    def __init__(self, target: IO[bytes], *, now: datetime) -> None:
        self.members: dict[str, dict[str, Any]] = {}
        self._zip = ZipFile(target, "w", ZIP_DEFLATED, allowZip64=True)
        self._moment = now.astimezone(UTC).timetuple()[:6]

    def __enter__(self) -> "Bundle":
        return self

    def __exit__(self, *_error: object) -> None:
        self._zip.close()

    @contextmanager
    def member(self, name: str, *, is_packed: bool = True) -> Iterator["Member"]:
        """Write one member; pictures and the like are packed already."""
        info = ZipInfo(name, date_time=self._moment)
        info.compress_type = ZIP_DEFLATED if is_packed else ZIP_STORED
        info.external_attr = 0o600 << 16
        # How long it will be is not known before it is written.
        with self._zip.open(info, "w", force_zip64=True) as stream:
            member = Member(stream)
            yield member
        self.members[name] = {"size": member.size, "sha256": member.digest.hexdigest()}

    def put_json(self, name: str, content: Any) -> None:
        """A member that is one JSON document, for people to read too."""
        with self.member(name) as member:
            member.write(json.dumps(content, ensure_ascii=False, indent=2).encode())

    def put_lines(self, name: str, objects: Iterable[Any]) -> int:
        """A member of one JSON object a line; how many."""
        count = 0
        with self.member(name) as member:
            for each in objects:
                member.write(json.dumps(each, ensure_ascii=False).encode() + b"\n")
                count += 1
        return count


class Member:
    """One member while it is written."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.digest = hashlib.sha256()
        self.size = 0

    def write(self, piece: bytes) -> None:
        """The next bytes."""
        self._stream.write(piece)
        self.digest.update(piece)
        self.size += len(piece)
