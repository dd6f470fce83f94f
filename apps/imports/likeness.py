"""Names that are probably the same, written in two ways, as “In Progress” and “in-progress”."""

import re
from collections.abc import Sequence

_BLANKS = re.compile(r"[\W_]+")
_DIGITS = re.compile(r"\d+")
# Every pair is compared: more names would take seconds.
MOST_NAMES = 300
# Of shorter ones a letter more or less makes another word.
_SHORTEST = 5


def alike(names: Sequence[str]) -> list[tuple[int, int]]:
    """Pairs of places in the list at which names are alike, the first ones of the list first."""
    plain = [_plain(name) for name in names[:MOST_NAMES]]
    return [
        (one, other)
        for one in range(len(plain))
        for other in range(one + 1, len(plain))
        if plain[one] and _are_alike(plain[one], plain[other])
    ]


def _plain(name: str) -> str:
    return _BLANKS.sub("", name.casefold())


def _are_alike(one: str, other: str) -> bool:
    if one == other:
        return True
    if abs(len(one) - len(other)) > 1 or min(len(one), len(other)) < _SHORTEST:
        return False
    # “Sprint 1” and “Sprint 2” are two things.
    return _DIGITS.findall(one) == _DIGITS.findall(other) and _differ_by_one(one, other)


def _differ_by_one(one: str, other: str) -> bool:
    """Whether a letter more, less or another, or two that changed places, are all the difference."""
    start = 0
    shorter = min(len(one), len(other))
    while start < shorter and one[start] == other[start]:
        start += 1
    one, other = one[start:], other[start:]
    if len(one) != len(other):
        return one[1:] == other or one == other[1:]
    return one[1:] == other[1:] or (one[:2] == other[1::-1] and one[2:] == other[2:])
