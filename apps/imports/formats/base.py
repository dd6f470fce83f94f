"""What a format is: it tells whether a file is one of its own, and reads it row by row."""

import csv
import io
from abc import ABC, abstractmethod
from collections.abc import Iterator
from functools import cached_property
from typing import IO, ClassVar
from xml.etree.ElementTree import ParseError, XMLParser

import ijson

from apps.imports.choices import Choices
from apps.imports.files import Upload
from apps.imports.reading.tables import NoTable, dialect_of_head
from apps.imports.records import Row

# Formats differ near the root of their documents.
_DEEPEST = 12


class Sample:
    """The beginning of a file, looked at in the ways in which formats differ. Names of files say nothing."""

    def __init__(self, upload: Upload) -> None:
        self.upload = upload
        self.head = upload.head()

    @cached_property
    def columns(self) -> list[str]:
        """The column names if the file could be a table, else none."""
        if self.first_byte in b"{[<" or not self.head.strip():
            return []
        try:
            return dialect_of_head(self.head).columns
        except (NoTable, csv.Error):
            return []

    @property
    def first_byte(self) -> bytes:
        """The first byte that is not blank (nor a byte order mark), or none."""
        return self.head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]

    @cached_property
    def json_paths(self) -> frozenset[str]:
        """Where the JSON document has keys, as far as its beginning shows: "issues.item.fields", "item.number".

        A document that is cut off, or followed by others (a line each), shows those up to there.
        """
        if self.first_byte not in (b"{", b"["):
            return frozenset()
        paths: set[str] = set()
        path: list[str] = []
        try:
            for event, value in ijson.basic_parse(io.BytesIO(self.head.removeprefix(b"\xef\xbb\xbf")), use_float=True):
                if event == "map_key":
                    path[-1] = value
                    if len(path) <= _DEEPEST:
                        paths.add(".".join(path))
                elif event in ("start_map", "start_array"):
                    path.append("" if event == "start_map" else "item")
                elif event in ("end_map", "end_array"):
                    path.pop()
        except (ijson.JSONError, UnicodeDecodeError, ValueError):
            pass
        return frozenset(paths)

    @cached_property
    def root_tag(self) -> str:
        """The name of the XML document's outermost element, or ""."""
        if self.first_byte != b"<":
            return ""
        target = _FirstTag()
        parser = XMLParser(target=target)  # noqa: S314 (it stops at the first element, before any entity is used)
        try:
            for start in range(0, len(self.head), 4096):
                parser.feed(self.head[start : start + 4096])
                if target.tag:
                    break
        except (ParseError, LookupError, ValueError):
            # Broken, or in an encoding that there is not.
            pass
        return target.tag


class _FirstTag:
    """What an XML parser tells its elements to; keeps the first one's name."""

    def __init__(self) -> None:
        self.tag = ""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        self.tag = self.tag or tag


class Format(ABC):
    """A format of exports.

    `name` is what the command calls it, `source` whose ids its rows bear, `label` is for people.
    """

    name: ClassVar[str]
    source: ClassVar[str]
    label: ClassVar[str]

    @abstractmethod
    def recognises(self, sample: Sample) -> bool:
        """Whether a file that begins like this is one of this format."""

    @abstractmethod
    def read(self, upload: Upload, choices: Choices) -> Iterator[Row]:
        """Every row of the file, each accounted for: what cannot be read is a row too.

        :raises OSError: if the file cannot be opened
        """

    def open_file(self, upload: Upload, path: str) -> IO[bytes] | None:
        """A file that the export holds beside its rows, by the path that an attachment names; None if there is none."""
        return None
