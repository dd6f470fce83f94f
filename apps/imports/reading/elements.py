"""Elements of an XML document, one at a time; entities and external references are refused."""

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element as Node
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from apps.imports.files import UnfoldsTooFar, Upload
from apps.imports.reading.lines import DAMAGED


@dataclass(frozen=True, slots=True)
class Found:
    """One element, counted from one; `fault` says where the document cannot be read."""

    number: int
    node: Node | None = None
    fault: str = ""


def read_elements(upload: Upload, tag: str) -> Iterator[Found]:
    """The elements of this name, each forgotten when the next is asked for.

    :raises OSError: if the file cannot be opened
    """
    number = 0
    with upload.open() as stream:
        events = iter(iterparse(stream, events=("start", "end"), forbid_dtd=False))
        path: list[Node] = []
        while True:
            try:
                event, node = next(events)
            except StopIteration:
                return
            except UnfoldsTooFar as error:
                yield Found(number + 1, fault=str(error))
                return
            except (EOFError, zlib.error, gzip.BadGzipFile):
                yield Found(number + 1, fault=DAMAGED)
                return
            except DefusedXmlException:
                yield Found(number + 1, fault="The document defines entities, which no export does; it was not read.")
                return
            except (ParseError, ValueError) as error:
                yield Found(number + 1, fault=f"The document ends or breaks here; nothing after was read ({error}).")
                return
            if event == "start":
                path.append(node)
                continue
            path.pop()
            if node.tag == tag:
                number += 1
                yield Found(number, node)
                node.clear()
                if path:
                    path[-1].remove(node)
