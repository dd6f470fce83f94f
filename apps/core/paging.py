"""Pages by keyset: rows written while somebody reads are neither shown twice nor skipped."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Some rows in order, and the marks from which their neighbours are read (None where there are none)."""

    rows: list[Row]
    next_after: Sequence[Any] | None = None
    previous_before: Sequence[Any] | None = None
