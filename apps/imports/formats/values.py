"""Values of JSON documents as readers want them, whatever stands there; what cannot be used is told."""

import hashlib
import json
from collections import OrderedDict
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from apps.imports.formats import building
from apps.imports.moments import Reader
from apps.imports.records import IssueRecord, LeftOut, Level
from apps.imports.texts import Notes, clean, said, words

# Numbers of issues are stored in 32 bits.
_MOST = 2**31 - 1
A_REPEAT = "a repeat of another row"


def whole(value: Any) -> int | None:
    """A number that counts something, from one on; None for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= _MOST else None


def moment(value: Any, times: Reader, field: str, notes: Notes) -> datetime | None:
    """A moment written as text; anything else is told and left out."""
    if isinstance(value, str):
        return times.time_of(value[:200], field, notes)
    if value is not None:
        notes.append((field, f"“{said(value)}” is no time that can be read and was left out."))
    return None


def later(moment_of_change: datetime | None, created_at: datetime | None) -> datetime | None:
    """When an issue was changed last: never before it was there."""
    if moment_of_change is None or created_at is None:
        return moment_of_change or created_at
    return max(moment_of_change, created_at)


def minutes_of_seconds(value: Any, field: str, notes: Notes) -> int | None:
    """Seconds as minutes; None for none. What is no time is told and left out."""
    if value is None or (value == 0 and not isinstance(value, bool)):
        return None
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= _MOST:
        return max(1, round(value / 60))
    notes.append((field, f"“{said(value)}” is no time in seconds that can be kept and was left out."))
    return None


def place_of(value: Any) -> str:
    """A tracker's number for the place of an issue, as text that sorts alike; "" for what is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ""
    try:
        number = Decimal(str(value))
    except (InvalidOperation, ValueError):
        return ""
    # Numbers below zero come first, which their digits alone would not say.
    return f"{number + 10**15:030.10f}" if number.is_finite() and abs(number) < 10**15 else ""


def one_line(value: Any, length: int) -> str:
    """A short text, or a number as one."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = building.identifier(value) or str(value)
    return words(value)[:length]


def text_or_nothing(value: Any, field: str, notes: Notes) -> str:
    """A text as it is; what is none is told."""
    if value is None or isinstance(value, str):
        return clean(value or "")
    notes.append((field, "What stands here is no text and was left out."))
    return ""


class Repeats:
    """Knows rows again that say exactly what another one said. Remembers the last so many, to stay small."""

    def __init__(self, most: int = 100_000) -> None:
        self._most = most
        self._seen: OrderedDict[bytes, None] = OrderedDict()

    def or_content(self, raw: Any, content: IssueRecord) -> IssueRecord | LeftOut:
        """What a row holds, or that it repeats another."""
        text = json.dumps(raw, sort_keys=True, ensure_ascii=False)
        digest = hashlib.sha256(text.encode("utf-8", "replace")).digest()[:12]
        if digest in self._seen:
            return LeftOut(A_REPEAT)
        self._seen[digest] = None
        if len(self._seen) > self._most:
            self._seen.popitem(last=False)
        return content


class Tree:
    """How high issues stand, by which of them are parts of others, for trackers that nest any issue in any other.

    Here an epic holds ordinary issues and these hold sub-tasks. So what has parts that have parts is an epic; what is a
    part is a sub-task, except of an epic. Deeper trees keep their lowest levels; what cannot be followed is told then.
    """

    def __init__(self) -> None:
        self._above: dict[str, str] = {}
        self._parents: set[str] = set()
        self._grandparents: set[str] = set()

    def add(self, key: str, parent: str) -> None:
        """One issue is a part of another. All are to be added before `level` is asked."""
        if key and parent and key != parent:
            self._above.setdefault(key, parent)
            self._parents.add(parent)

    def seal(self) -> "Tree":
        """Nothing will be added any more."""
        self._grandparents = {self._above[key] for key in self._parents if key in self._above}
        return self

    def put(self, record: IssueRecord) -> None:
        """Set type and level of an issue that is a part or has parts of parts; its own type stays as a field."""
        level = self._level(record.key)
        if level is not Level.STANDARD and record.level is None:
            if record.type_name and record.type_name != _TYPES[level]:
                record.custom.setdefault("Type", record.type_name)
            record.type_name, record.level = _TYPES[level], level

    def _level(self, key: str) -> Level:
        above = self._above.get(key)
        if above is None:
            return Level.EPIC if key in self._grandparents else Level.STANDARD
        is_under_epic = above in self._grandparents and above not in self._above
        return Level.STANDARD if key in self._parents or is_under_epic else Level.SUBTASK


_TYPES = {Level.EPIC: "Epic", Level.STANDARD: "", Level.SUBTASK: "Sub-task"}
