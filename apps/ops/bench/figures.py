"""What a bench reports."""

import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .world import World

Bench = Callable[["World"], Iterator["Figure"]]


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number, and what it shall stay below (or above, for rates) where somebody promised that."""

    what: str
    value: float
    unit: str
    aim: str = ""

    def __str__(self) -> str:
        digits = 0 if self.value >= 100 or self.value == int(self.value) else 1
        return f"{self.value:.{digits}f} {self.unit}"


def percentile(values: Sequence[float], percent: int) -> float:
    """The value that so many percent of the values do not exceed."""
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]
