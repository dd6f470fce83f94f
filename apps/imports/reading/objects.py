"""Objects of a JSON document, one at a time, however long the document is."""

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import ijson

from apps.imports.files import UnfoldsTooFar, Upload
from apps.imports.reading.lines import DAMAGED


@dataclass(frozen=True, slots=True)
class Element:
    """One object of a list in a document, counted from one; `fault` says where the document cannot be read."""

    number: int
    content: Any = None
    fault: str = ""


def read_objects(upload: Upload, where: str = "item") -> Iterator[Element]:
    """The objects at a place of the document: "item" for those of a list, "issues.item" for those of `{"issues": […]}`.

    :raises OSError: if the file cannot be opened
    """
    number = 0
    with upload.open() as stream:
        found = ijson.items(stream, where, use_float=True)
        while True:
            number += 1
            try:
                content = next(found)
            except StopIteration:
                return
            except UnfoldsTooFar as error:
                yield Element(number, fault=str(error))
                return
            except (EOFError, zlib.error, gzip.BadGzipFile):
                yield Element(number, fault=DAMAGED)
                return
            except ijson.JSONError as error:
                reason = str(error).split("\n", 1)[0]
                yield Element(number, fault=f"The document ends or breaks here; nothing after was read ({reason}).")
                return
            except UnicodeDecodeError as error:
                yield Element(number, fault=f"The document is not UTF-8 ({error.reason}); nothing after was read.")
                return
            yield Element(number, content)
