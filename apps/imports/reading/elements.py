"""Elements of an XML document, one at a time; entities and external references are refused."""

import codecs
import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO
from xml.etree.ElementTree import Element as Node
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from apps.imports.files import UnfoldsTooFar, Upload
from apps.imports.reading.lines import AGAIN, DAMAGED, LONGEST_LINE

# No export comes near; what is nested deeper would only fill the memory.
DEEPEST = 200


@dataclass(frozen=True, slots=True)
class Found:
    """One element, counted from one; `fault` says where the document cannot be read."""

    number: int
    node: Node | None = None
    size: int = 0
    fault: str = ""


# Trackers write control characters that somebody pasted, though XML has no room for them.
_CONTROLS = bytes([*range(1, 9), 11, 12, *range(14, 32)])
_WITHOUT_CONTROLS = bytes.maketrans(_CONTROLS, b" " * len(_CONTROLS))


class _TooMuch(Exception):
    """What one element holds is no issue; the message says why."""


class _Counted:
    """A stream without control characters, that stops when far more was read since the last element than one holds."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._total = 0
        self._since = 0
        # Of two bytes for each letter, either may look like a control character.
        self._is_wide = False

    def read(self, size: int = -1) -> bytes:
        """Some more bytes."""
        data = self._stream.read(size)
        if not self._total:
            self._is_wide = b"\0" in data[:4] or data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        self._total += len(data)
        if self._total - self._since > LONGEST_LINE:
            raise _TooMuch(f"An element is longer than {LONGEST_LINE // 1024 // 1024} MB.")
        return data if self._is_wide else data.translate(_WITHOUT_CONTROLS)

    def take(self) -> int:
        """How many bytes were read since this was asked last."""
        size = self._total - self._since
        self._since = self._total
        return size


def read_elements(upload: Upload, *tags: str) -> Iterator[Found]:
    """The outermost elements of these names, each forgotten when the next is asked for, as is all that is in no such.

    :raises OSError: if the file cannot be opened
    """
    number = 0
    with upload.open() as stream:
        counted = _Counted(stream)
        try:
            for node in _nodes(counted, tags):
                number += 1
                yield Found(number, node, counted.take())
        except UnfoldsTooFar as error:
            yield Found(number + 1, fault=str(error))
        except (EOFError, zlib.error, gzip.BadGzipFile):
            yield Found(number + 1, fault=DAMAGED)
        except DefusedXmlException:
            yield Found(number + 1, fault="The document defines entities, which no export does; it was not read.")
        except _TooMuch as error:
            yield Found(number + 1, fault=f"{error} Nothing after was read.")
        except (ParseError, ValueError, LookupError) as error:
            yield Found(
                number + 1, fault=f"The document ends or breaks here; nothing after was read ({error}). {AGAIN}"
            )


def _nodes(stream: _Counted, tags: tuple[str, ...]) -> Iterator[Node]:
    path: list[Node] = []
    # How many elements on the way down are of these names.
    wanted = 0
    for event, node in iterparse(stream, events=("start", "end"), forbid_dtd=False):
        if event == "start":
            path.append(node)
            wanted += node.tag in tags
            if len(path) > DEEPEST:
                raise _TooMuch(f"Elements are nested more than {DEEPEST} deep.")
            continue
        path.pop()
        is_wanted = node.tag in tags
        wanted -= is_wanted
        if wanted:
            continue
        if is_wanted:
            yield node
        node.clear()
        if path:
            path[-1].remove(node)
