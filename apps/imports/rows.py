"""Rows of a file, one at a time and in constant memory, plain or gzip as its first bytes say."""

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

# The largest real issue seen has 1.2 MB; a row beyond this is no issue, or an attack.
LONGEST_ROW = 32 * 1024 * 1024
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a file. Either its bytes are there, or `fault` says why they cannot be read."""

    file: str
    number: int
    data: bytes = b""
    fault: str = ""

    @property
    def name(self) -> str:
        """How the reconciliation calls it."""
        return f"{self.file}:{self.number}"


def read_rows(path: Path) -> Iterator[Row]:
    """Every line that is not blank, split at line feeds alone: text may hold other separators.

    :raises OSError: if the file cannot be opened
    """
    with path.open("rb") as plain:
        head = plain.read(2)
        plain.seek(0)
        stream = cast("IO[bytes]", gzip.GzipFile(fileobj=plain)) if head == _GZIP else plain
        yield from _lines(stream, path.name)


def _lines(stream: IO[bytes], file: str) -> Iterator[Row]:
    number = 0
    while True:
        number += 1
        try:
            line = stream.readline(LONGEST_ROW)
            is_cut = len(line) == LONGEST_ROW and not line.endswith(b"\n")
            while is_cut and (rest := stream.readline(LONGEST_ROW)) and not rest.endswith(b"\n"):
                pass
        except (EOFError, zlib.error, gzip.BadGzipFile):
            yield Row(file, number, fault="The compressed file is damaged or ends here; nothing after this was read.")
            return
        if not line:
            return
        if is_cut:
            yield Row(file, number, fault=f"The row is longer than {LONGEST_ROW // 1024 // 1024} MB.")
        elif line.strip():
            yield Row(file, number, line)
