"""Which streams a page follows, and how far it has each: `?s=<stream>:<seq>&s=…`, the same for sockets and polling."""

from collections.abc import Sequence

MOST_STREAMS = 50


class Malformed(Exception):
    """The client said something that is not of the protocol."""


def read_cursors(asked: Sequence[str]) -> dict[int, int]:
    """The streams with the seq that the page has of each.

    :raises Malformed: if that is not what the address says
    """
    if not 1 <= len(asked) <= MOST_STREAMS:
        raise Malformed(f"Follow 1 to {MOST_STREAMS} streams: ?s=stream:seq")
    cursors = {}
    for each in asked:
        stream, _, seq = each.partition(":")
        cursors[_number(stream)] = _number(seq)
    return cursors


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Malformed("A stream is followed as ?s=stream:seq, both whole numbers.")
    return int(text)
