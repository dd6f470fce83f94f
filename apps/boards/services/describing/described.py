"""What a document tells of a configuration."""

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Model

from apps.boards.models import Column
from apps.boards.selectors.copying import PARTS, LeftOut
from apps.projects.models import IssueType, Status


@dataclass(slots=True)
class Described:
    """The rows, with ids that only tell them apart; what the project is set to; and what could not be, with the
    reason."""

    rows: dict[type[Model], list[Any]] = field(default_factory=lambda: {part.model: [] for part in PARTS})
    settings: dict[str, Any] = field(default_factory=dict)
    left: list[LeftOut] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        """Whether a project can be made of it alone: issues can be made, begun, shown and done."""
        types: list[IssueType] = self.rows[IssueType]
        categories = {status.category for status in self.rows[Status]}
        return (
            any(each.level == IssueType.Level.STANDARD for each in types)
            and any(status.is_initial for status in self.rows[Status])
            and Status.Category.DONE in categories
            and bool(self.rows[Column])
        )
