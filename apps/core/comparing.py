"""What is different between two texts, by words where that can be told quickly."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

_WORDS = re.compile(r"\w+|\s+|[^\w\s]")
# How much is compared with how much: what it costs grows faster than that product.
_MOST = 250_000

Kind = Literal["same", "gone", "new"]


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text that is in both, only in the old one or only in the new one."""

    kind: Kind
    text: str


def compare(old: str, new: str) -> list[Piece]:
    """Both texts in one, piece by piece: without what is new it is the old one, without what is gone the new one.

    By words; where too many differ by lines, and at last as a whole.
    """
    for split in (_WORDS.findall, _lines):
        before, after = split(old), split(new)
        start = _alike(before, after)
        end = _alike(before[start:][::-1], after[start:][::-1])
        first, second = before[start : len(before) - end], after[start : len(after) - end]
        if len(first) * len(second) <= _MOST:
            middle = _differences(first, second)
            break
    else:
        middle = [("gone", first), ("new", second)]
    return list(_joined([("same", before[:start]), *middle, ("same", before[len(before) - end :])]))


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)


def _alike(one: Sequence[str], other: Sequence[str]) -> int:
    """With how many equal parts two texts begin."""
    count = 0
    for ours, theirs in zip(one, other, strict=False):
        if ours != theirs:
            break
        count += 1
    return count


def _differences(before: Sequence[str], after: Sequence[str]) -> list[tuple[Kind, Sequence[str]]]:
    found: list[tuple[Kind, Sequence[str]]] = []
    # A space between two words that differ is no likeness of its own: it would cut what is read into crumbs.
    for tag, i, j, k, m in SequenceMatcher(str.isspace, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            found.append(("same", before[i:j]))
        else:
            found += [("gone", before[i:j]), ("new", after[k:m])]
    return found


def _joined(parts: Sequence[tuple[Kind, Sequence[str]]]) -> Iterator[Piece]:
    for kind, words in parts:
        if words:
            yield Piece(kind, "".join(words))
