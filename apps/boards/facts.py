"""What can happen to a board."""

from dataclasses import dataclass
from typing import ClassVar

from apps.events.facts import Fact


@dataclass(frozen=True, kw_only=True)
class ColumnLimited(Fact):
    """A column takes another number of issues at once, or refuses them where it only warned."""

    kind: ClassVar[str] = "project.column_limited"
    column_id: int
