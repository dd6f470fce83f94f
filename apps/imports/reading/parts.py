"""Objects at several places of one JSON document, in one pass."""

import gzip
import zlib
from collections.abc import Iterator, Set
from dataclasses import dataclass
from typing import Any

import ijson

from apps.imports.files import UnfoldsTooFar, Upload
from apps.imports.reading.lines import DAMAGED


@dataclass(frozen=True, slots=True)
class Part:
    """What stands at one place, counted from one there; `fault` says why nothing after it was read."""

    place: str
    number: int
    content: Any = None
    fault: str = ""


def read_parts(upload: Upload, places: Set[str]) -> Iterator[Part]:
    """Whatever stands at these places (“name”, “issues.item”), in the order of the document.

    None of them may lie inside of another.

    :raises OSError: if the file cannot be opened
    """
    numbers = dict.fromkeys(places, 0)
    place = ""
    builder: ijson.ObjectBuilder | None = None
    with upload.open() as stream:
        events = iter(ijson.parse(stream, use_float=True))
        while True:
            try:
                prefix, event, value = next(events)
            except StopIteration:
                return
            except UnfoldsTooFar as error:
                yield Part(place, 0, fault=str(error))
                return
            except (EOFError, zlib.error, gzip.BadGzipFile):
                yield Part(place, 0, fault=DAMAGED)
                return
            except ijson.JSONError as error:
                reason = str(error).split("\n", 1)[0]
                yield Part(place, 0, fault=f"The document ends or breaks here; nothing after was read ({reason}).")
                return
            except UnicodeDecodeError as error:
                yield Part(place, 0, fault=f"The document is not UTF-8 ({error.reason}); nothing after was read.")
                return
            if builder is None and prefix in numbers and event not in {"map_key", "end_map", "end_array"}:
                place, builder = prefix, ijson.ObjectBuilder()
            if builder is None:
                continue
            builder.event(event, value)
            if prefix == place and event not in {"start_map", "start_array", "map_key"}:
                numbers[place] += 1
                yield Part(place, numbers[place], builder.value)
                builder = None
