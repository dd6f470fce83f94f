"""What a check found."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Level(StrEnum):
    """How bad it is: `bad` makes the command fail, `warn` deserves a look."""

    OK = "ok"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report. `advice` is empty where nothing needs doing; `figures` are for programs that watch."""

    level: Level
    check: str
    what: str
    advice: str = ""
    figures: Mapping[str, int] = field(default_factory=dict, hash=False)


def ok(check: str, what: str) -> Finding:
    """A check that found nothing wrong."""
    return Finding(Level.OK, check, what)


def warn(check: str, what: str, advice: str) -> Finding:
    """Something that works, but should be looked at."""
    return Finding(Level.WARN, check, what, advice)


def bad(check: str, what: str, advice: str) -> Finding:
    """Something that does not work, or is not safe."""
    return Finding(Level.BAD, check, what, advice)
