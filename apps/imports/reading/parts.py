"""Objects at several places of one JSON document, in one pass, without the files that are written into it.

For documents that hold whole files as text: such a value is told by its length alone, so that memory is needed for
one of them at a time, and only while it is read.
"""

import codecs
import gzip
import zlib
from collections.abc import Iterator, Set
from dataclasses import dataclass
from typing import IO, Any

import ijson

from apps.imports.files import UnfoldsTooFar, Upload
from apps.imports.reading.lines import AGAIN, DAMAGED, LONGEST_LINE
from apps.imports.reading.objects import DEEPEST

# A file that is written into the document may be this long, as text.
LONGEST_FILE = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Part:
    """What stands at one place, counted from one there; `fault` says why nothing after it was read."""

    place: str
    number: int
    content: Any = None
    fault: str = ""
    size: int = 0


class _Unreasonable(ValueError):
    """The document holds what no export does."""


class _Metered:
    """A stream that stops when a single value of the document takes too much."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._is_begun = False
        self.since = 0

    def read(self, size: int) -> bytes:
        """What the parser asks for."""
        if self.since > LONGEST_FILE:
            raise _Unreasonable(f"One value is longer than {LONGEST_FILE // 1024 // 1024} MB")
        data = self._stream.read(size)
        if data and not self._is_begun:
            # Without the byte order mark, which is no JSON. A first piece that held nothing else would be the end.
            self._is_begun = True
            data = data.removeprefix(codecs.BOM_UTF8) or data
        self.since += len(data)
        return data


def read_parts(upload: Upload, places: Set[str], file: str) -> Iterator[Part]:
    """Whatever stands at these places (“name”, “issues.item”), in the order of the document.

    None of them may lie inside of another.

    :param file: where below such a place files are, as text: their length takes their place
    :raises OSError: if the file cannot be opened
    """
    found = _Parts(places, file)
    with upload.open() as stream:
        try:
            yield from found.of(_Metered(stream))
        except UnfoldsTooFar as error:
            fault = str(error)
        except (EOFError, zlib.error, gzip.BadGzipFile):
            fault = DAMAGED
        except _Unreasonable as error:
            fault = f"{error}; no export is. Nothing after was read."
        except ijson.JSONError as error:
            reason = str(error).split("\n", 1)[0]
            fault = f"The document ends or breaks here; nothing after was read ({reason}). {AGAIN}"
        except UnicodeDecodeError as error:
            fault = f"The document is not UTF-8 ({error.reason}); nothing after was read. Save it as UTF-8."
        else:
            return
        yield Part(found.place, 0, fault=fault)


class _Parts:
    def __init__(self, places: Set[str], file: str) -> None:
        self._numbers = dict.fromkeys(places, 0)
        self._file = file
        self.place = ""

    def of(self, stream: _Metered) -> Iterator[Part]:
        """What stands at the places, as it comes by."""
        builder: ijson.ObjectBuilder | None = None
        depth = size = 0
        for prefix, event, value in ijson.parse(stream, use_float=True):
            stream.since = 0
            if event in {"start_map", "start_array"}:
                depth += 1
                if depth > DEEPEST:
                    raise _Unreasonable(f"It is nested more than {DEEPEST} levels deep")
            elif event in {"end_map", "end_array"}:
                depth -= 1
            if builder is None and prefix in self._numbers and event not in {"map_key", "end_map", "end_array"}:
                self.place, builder, size = prefix, ijson.ObjectBuilder(), 0
            if builder is None:
                continue
            if event == "string" and prefix == f"{self.place}.{self._file}":
                builder.event("number", len(value))
            else:
                builder.event(event, value)
                size += len(value) if isinstance(value, str) else 8
                if size > LONGEST_LINE:
                    raise _Unreasonable(f"One value is longer than {LONGEST_LINE // 1024 // 1024} MB")
            if prefix == self.place and event not in {"start_map", "start_array", "map_key"}:
                self._numbers[self.place] += 1
                yield Part(self.place, self._numbers[self.place], builder.value, size=size)
                builder = None
