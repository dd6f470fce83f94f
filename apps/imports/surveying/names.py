"""What rows name, counted in bounded memory."""

import sqlite3
from collections import Counter
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from apps.imports.mapping.fields import Shape
from apps.imports.records import IssueRecord, Person

# What is listed is bounded, however much a file names.
MOST_NAMES = 500


@dataclass(slots=True)
class Named:
    """Something that rows name: how often, and what was seen of it."""

    count: int = 0
    sample: IssueRecord | None = None
    seen: Counter[str] = field(default_factory=Counter)
    values: list[Any] = field(default_factory=list)
    person: Person | None = None
    shape: Shape | None = None


class Names(dict[str, Named]):
    """Names that occur, the first so many of them."""

    def note(self, name: str) -> Named | None:
        """Count a name; None if it is one too many."""
        if name not in self:
            if len(self) >= MOST_NAMES:
                return None
            self[name] = Named()
        self[name].count += 1
        return self[name]

    def ranked(self) -> list[tuple[str, Named]]:
        """The most frequent first."""
        return sorted(self.items(), key=lambda pair: (-pair[1].count, pair[0]))


class Met:
    """Which issues the files have named so far, and what they said: on disk, for there may be millions."""

    def __init__(self) -> None:
        self._disk = sqlite3.connect("")
        self._disk.execute("CREATE TABLE met (id INTEGER PRIMARY KEY, says INTEGER) WITHOUT ROWID")

    def note(self, record: IssueRecord) -> bool | None:
        """Whether a row says the same as the last one of the same issue; None if it is the first."""
        key, says = _digest(f"{record.project_key} {record.external_id}"), _digest(record.fingerprint)
        row = self._disk.execute("SELECT says FROM met WHERE id = ?", [key]).fetchone()
        self._disk.execute("INSERT OR REPLACE INTO met VALUES (?, ?)", [key, says])
        return None if row is None else bool(row[0] == says)


def _digest(text: str) -> int:
    return int.from_bytes(blake2b(text.encode("utf-8", "replace"), digest_size=8).digest(), "big", signed=True)


def like(record: IssueRecord) -> IssueRecord:
    """What a record names, without what it holds."""
    return IssueRecord(
        external_id="",
        key="",
        number=None,
        project_key="",
        project_name="",
        title="",
        type_name=record.type_name,
        level=record.level,
        status_name=record.status_name,
        category=record.category,
        priority_name=record.priority_name,
    )


def sample_of(named: Named) -> IssueRecord:
    assert named.sample is not None  # noqa: S101 (each of these names was noted with one)
    return named.sample


def most(seen: Counter[str]) -> str:
    return seen.most_common(1)[0][0] if seen else ""


def example(value: Any) -> str:
    return ", ".join(map(str, value))[:80] if isinstance(value, list) else str(value)[:80]
