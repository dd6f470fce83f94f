"""Handles: how people are named in texts, as in “@ada”. One word on the whole server, small letters."""

import re
import unicodedata
from collections.abc import Iterator

from apps.core.names import HANDLE_PATTERN

LONGEST = 32
HANDLE = re.compile(HANDLE_PATTERN)
# Words that could be meant for many, or for nobody.
RESERVED = frozenset({"all", "channel", "everybody", "everyone", "here", "me", "nobody", "team"})


def handles_for(name: str) -> Iterator[str]:
    """Handles that suit a name, the best first, without end: ada, ada-okafor, ada-okafor2, ada-okafor3 …"""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9]+", plain) or ["person"]
    first, full = words[0][:LONGEST], "-".join(words)[: LONGEST - 6].strip("-")
    seen = set(RESERVED)
    for handle in (first, full):
        if handle not in seen:
            seen.add(handle)
            yield handle
    number = 2
    while True:
        yield f"{full}{number}"
        number += 1


def stem_of(name: str) -> str:
    """What every handle of `handles_for` begins with."""
    return re.split(r"[^a-z0-9]", next(handles_for(name)), maxsplit=1)[0]
