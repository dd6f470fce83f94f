"""Objects of a JSON document, one at a time, however long the document is.

A document is taken apart event by event rather than by what stands at a place, so that one which is nested beyond
reason, or holds one value without end, is stopped where it becomes so, and not once memory is full.
"""

import codecs
import gzip
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any

import ijson

from apps.imports.files import UnfoldsTooFar, Upload
from apps.imports.reading.lines import AGAIN, DAMAGED, LONGEST_LINE, read_lines

# The deepest real export seen has nine levels.
DEEPEST = 100
# The place of objects that are documents themselves.
_BESIDE = "{}"
# The parser begins a value anew with each piece of it, so that small pieces make long values dear.
_PIECE = 512 * 1024
_TOO_LONG = f"One value is longer than {LONGEST_LINE // 1024 // 1024} MB"
_TOO_DEEP = f"It is nested more than {DEEPEST} levels deep"


@dataclass(frozen=True, slots=True)
class Element:
    """One value of a document, counted from one, and the place that it stood at.

    `fault` says where the document cannot be read; nothing follows it. `size` is about how many bytes were read for it:
    files are read in pieces, so that many small ones may have none and the next has the whole piece.
    """

    number: int
    content: Any = None
    fault: str = ""
    size: int = 0
    place: str = ""


class _Unreasonable(ValueError):
    """The document holds what no export does."""


class _Metered:
    """A stream that counts what was read of it, and stops when one value takes too much."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._told = 0
        self.position = 0
        self.begun_at = 0

    def read(self, size: int) -> bytes:
        """What the parser asks for."""
        if self.position - self.begun_at > LONGEST_LINE:
            raise _Unreasonable(_TOO_LONG)
        data = self._stream.read(size)
        if not self.position:
            # Without the byte order mark, which is no JSON. A first piece that held nothing else would be the end.
            data = data.removeprefix(codecs.BOM_UTF8) or data
        self.position += len(data)
        return data

    def since_last(self) -> int:
        """How much was read since it was asked last."""
        size = self.position - self._told
        self._told = self.position
        return size


def read_objects(upload: Upload, *places: str) -> Iterator[Element]:
    """The values at some places of the document, in their order in the file, in one pass.

    "item" are those of a list, "issues.item" those of `{"issues": […]}`, "issue" is that of `{"issue": …}`, and "" is
    the document itself, or each of several in one file. Without places: those of a list.

    :raises OSError: if the file cannot be opened
    """
    wanted = {tuple(place.split(".")) if place else (): place for place in places or ("item",)}
    number = 0
    with upload.open() as stream:
        metered = _Metered(stream)
        try:
            for place, content in _values(metered, wanted):
                number += 1
                yield Element(number, content, size=metered.since_last(), place=place)
        except UnfoldsTooFar as error:
            fault = str(error)
        except (EOFError, zlib.error, gzip.BadGzipFile):
            fault = DAMAGED
        except _Unreasonable as error:
            fault = f"{error}; no export is. Nothing after was read."
        except ijson.JSONError as error:
            fault = f"The document ends or breaks here; nothing after was read ({_first_line(error)}). {AGAIN}"
        except UnicodeDecodeError as error:
            fault = f"The document is not UTF-8 ({error.reason}); nothing after was read. Save it as UTF-8."
        else:
            return
        yield Element(number + 1, fault=fault, size=metered.since_last())


def read_documents(upload: Upload) -> Iterator[Element]:
    """The objects of a list, or of a file with one on each line (where damage ends with its line), or a single one.

    Several lists in one file, as programs that ask page by page write them, are read like one.

    :raises OSError: if the file cannot be opened
    """
    head = upload.head(4096).removeprefix(b"\xef\xbb\xbf").lstrip()
    if head.startswith(b"["):
        # Objects that stand behind a list are no part of it, but lost they must not be.
        yield from read_objects(upload, "item", _BESIDE)
    elif head.split(b"\n", 1)[0].strip() == b"{":
        yield from read_objects(upload, "")
    else:
        for line in read_lines(upload):
            yield _of_line(line.number, line.data, line.fault)


def _of_line(number: int, data: bytes, fault: str) -> Element:
    content = None
    if not fault:
        try:
            content = json.loads(data.removeprefix(b"\xef\xbb\xbf"))
        except UnicodeDecodeError as error:
            fault = f"The row is not UTF-8 (byte {error.start})."
        except json.JSONDecodeError as error:
            fault = f"The row is no JSON: {error.msg} at character {error.pos}."
        except RecursionError:
            fault = f"{_TOO_DEEP}; no export is."
        except ValueError:
            fault = "The row holds a number with thousands of digits; no export does."
    if not fault and data.count(b"[") + data.count(b"{") > DEEPEST and _is_too_deep(content):
        content, fault = None, f"{_TOO_DEEP}; no export is."
    return Element(number, content, fault, size=len(data))


def _is_too_deep(content: Any) -> bool:
    level = [content] if isinstance(content, dict | list) else []
    for _depth in range(DEEPEST):
        below = [value.values() if isinstance(value, dict) else value for value in level]
        level = [each for values in below for each in values if isinstance(each, dict | list)]
        if not level:
            return False
    return True


def _values(metered: _Metered, wanted: dict[tuple[str, ...], str]) -> Iterator[tuple[str, Any]]:
    """What stands at these places, as it comes by."""
    lengths = {len(place) for place in wanted}
    path: list[str] = []
    # The containers that are being filled, and the keys that the next values of objects among them belong to.
    filling: list[Any] = []
    keys: list[str] = []
    place: str | None = None
    for event, value in ijson.basic_parse(metered, buf_size=_PIECE, use_float=True, multiple_values=True):
        if event == "map_key":
            path[-1] = value
            if filling:
                keys[-1] = value
            else:
                metered.begun_at = metered.position
            continue
        if event in ("end_map", "end_array"):
            path.pop()
            if not filling:
                continue
            keys.pop()
            done = filling.pop()
            if not filling and place is not None:
                metered.begun_at = metered.position
                yield place, done
            continue
        opened: Any = {} if event == "start_map" else [] if event == "start_array" else None
        if filling:
            held = value if opened is None else opened
            if isinstance(filling[-1], dict):
                filling[-1][keys[-1]] = held
            else:
                filling[-1].append(held)
        else:
            metered.begun_at = metered.position
            place = wanted.get(tuple(path)) if len(path) in lengths else None
            if not path and event == "start_map":
                place = wanted.get((_BESIDE,), place)
            if place is not None and opened is None:
                yield place, value
        if opened is not None:
            path.append("" if event == "start_map" else "item")
            if len(path) > DEEPEST:
                raise _Unreasonable(_TOO_DEEP)
            if filling or place is not None:
                filling.append(opened)
                keys.append("")


def _first_line(error: Exception) -> str:
    said = error.args[0] if error.args else ""
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    return text.split("\n", 1)[0].strip()
