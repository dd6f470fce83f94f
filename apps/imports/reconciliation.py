"""What became of every row: read = imported + updated + skipped + failed."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Reconciliation:
    """The account of an import. `problems` name every row that failed or could not be kept as it was."""

    read: int = 0
    imported: int = 0
    updated: int = 0
    skipped: int = 0
    failed: int = 0
    # Why rows were skipped; those without a reason here are unchanged.
    left_out: Counter[str] = field(default_factory=Counter)
    comments: Counter[str] = field(default_factory=Counter)
    # What else was stored: links, parents, sprints, versions, work_logs, attachments, history, members, placeholders.
    counts: Counter[str] = field(default_factory=Counter)
    problems: list[dict[str, str]] = field(default_factory=list)
    # Those of the problems (the same objects) for which a row did not become an issue.
    failures: list[dict[str, str]] = field(default_factory=list)

    @property
    def is_complete(self) -> bool:
        """Whether every row is accounted for."""
        return self.read == self.imported + self.updated + self.skipped + self.failed

    def note(self, row: str, field: str, reason: str) -> None:
        """Say what is the matter with a row."""
        self.problems.append({"row": row, "field": field, "reason": reason})

    def fail(self, row: str, field: str, reason: str) -> None:
        """Count a row that did not become an issue, and say why."""
        self.failed += 1
        self.note(row, field, reason)
        self.failures.append(self.problems[-1])

    def leave_out(self, reason: str) -> None:
        """Count a row that is not meant to become an issue."""
        self.skipped += 1
        self.left_out[reason] += 1

    def add(self, other: "Reconciliation") -> None:
        """Take over the account of a batch that is safely stored."""
        self.imported += other.imported
        self.updated += other.updated
        self.skipped += other.skipped
        self.failed += other.failed
        self.left_out += other.left_out
        self.comments += other.comments
        self.counts += other.counts
        self.problems += other.problems
        self.failures += other.failures

    def as_json(self) -> dict[str, Any]:
        """The account as scripts read it."""
        return {
            "read": self.read,
            "imported": self.imported,
            "updated": self.updated,
            "skipped": self.skipped,
            "failed": self.failed,
            "left_out": dict(self.left_out),
            "comments": {"imported": self.comments["imported"], "updated": self.comments["updated"]},
            "counts": dict(self.counts),
            "problems": self.problems,
        }
