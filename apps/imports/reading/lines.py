"""Lines of a file, one at a time and in constant memory."""

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from apps.imports.files import UnfoldsTooFar, Upload

# The largest real issue seen has 1.2 MB; a row beyond this is no issue, or an attack.
LONGEST_LINE = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a file. Either its bytes are there, or `fault` says why they cannot be read."""

    number: int
    data: bytes = b""
    fault: str = ""


def read_lines(upload: Upload) -> Iterator[Line]:
    """Every line that is not blank, split at line feeds alone: text may hold other separators.

    :raises OSError: if the file cannot be opened
    """
    with upload.open() as stream:
        yield from lines_of(stream)


def lines_of(stream: IO[bytes]) -> Iterator[Line]:
    """The same of what is open already."""
    number = 0
    while True:
        number += 1
        try:
            line = stream.readline(LONGEST_LINE)
            is_cut = len(line) == LONGEST_LINE and not line.endswith(b"\n")
            while is_cut and (rest := stream.readline(LONGEST_LINE)) and not rest.endswith(b"\n"):
                pass
        except UnfoldsTooFar as error:
            yield Line(number, fault=str(error))
            return
        except (EOFError, zlib.error, gzip.BadGzipFile):
            yield Line(number, fault=DAMAGED)
            return
        if not line:
            return
        if is_cut:
            yield Line(number, fault=f"The row is longer than {LONGEST_LINE // 1024 // 1024} MB.")
        elif line.strip():
            yield Line(number, line)


AGAIN = "Export it again, and wait until it is there whole."
DAMAGED = f"The compressed file is damaged or ends here; nothing after this was read. {AGAIN}"
