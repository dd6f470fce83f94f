"""What copying a configuration would do, and what people are told of it."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from django.db.models import Model

from apps.boards.models import Board, Column, LaneLimit, QuickFilter
from apps.core.errors import Conflict
from apps.projects.models import CustomField, IssueType, Label, Project, Status, Transition
from apps.recurring.models import IssueTemplate
from apps.sprints.models import Cadence

from .parts import PARTS, Part

PART_OF: dict[type[Model], Part] = {part.model: part for part in PARTS}
# What people are told of, each by its own name.
_TOLD: tuple[type[Model], ...] = (IssueType, Status, Label, CustomField, Board, Column, QuickFilter, IssueTemplate)


class Ways(StrEnum):
    """What becomes of the transitions that a project has already."""

    KEEP = "keep"
    REPLACE = "replace"


class SameProject(Conflict):
    """A project is like itself already."""


class ArchivedProject(Conflict):
    """An archived project can be read, not changed."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something of the configuration that is not copied, and why."""

    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Summary:
    """One kind of thing: the names of those that are added, and of those that are there already."""

    name: str
    added: Sequence[str]
    kept: Sequence[str]


@dataclass(slots=True, kw_only=True)
class CopyPlan:
    """All that copying would add and take away. The added rows are not stored yet and refer to each other."""

    source: Project
    target: Project
    present: dict[type[Model], list[Any]]
    added: dict[type[Model], list[Any]] = field(default_factory=lambda: {part.model: [] for part in PARTS})
    kept: dict[type[Model], list[Any]] = field(default_factory=lambda: {part.model: [] for part in PARTS})
    # Where transitions are replaced: those that come beside the added ones, and those that go.
    coming: list[Transition] = field(default_factory=list)
    going: list[Transition] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)
    # What those settings of the target are now.
    settings_now: dict[str, Any] = field(default_factory=dict)
    left: list[LeftOut] = field(default_factory=list)

    def rows(self, ways: Ways) -> dict[type[Model], list[Any]]:
        """What is to be stored, in the order in which it refers to each other."""
        if ways is Ways.KEEP:
            return self.added
        return self.added | {Transition: [*self.added[Transition], *self.coming]}

    def does_something(self, ways: Ways) -> bool:
        """Whether there is anything to do."""
        return bool(any(self.rows(ways).values()) or self.settings or (ways is Ways.REPLACE and self.going))

    @property
    def has_choice(self) -> bool:
        """Whether it makes a difference what becomes of the transitions that are there."""
        return bool(self.coming or self.going)

    @property
    def digest(self) -> str:
        """What tells it from a plan that would do something else."""
        added = [[model._meta.label_lower, [str(row) for row in rows]] for model, rows in self.added.items()]
        ways = [[way.name, way.source_id, way.target_id] for way in self.coming], [way.pk for way in self.going]
        said = [self.source.pk, added, ways, [[each.name, each.why] for each in self.left], sorted(self.settings)]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()

    @property
    def summaries(self) -> list[Summary]:
        """What people are told of, kind by kind; kinds of which there is nothing are left out."""
        told = [Summary(str(PART_OF[model].name), names(self.added[model]), names(self.kept[model])) for model in _TOLD]
        return [each for each in told if each.added or each.kept]

    @property
    def limits(self) -> int:
        """How many limits for people and lanes are added."""
        return len(self.added[LaneLimit])

    @property
    def has_cadence(self) -> bool:
        """Whether the rhythm of automatic sprints is added, switched off."""
        return bool(self.added[Cadence])


def names(rows: Iterable[Any]) -> list[str]:
    """What people call them; what is on a board with the board's name."""
    return [f"{row.board.name}: {row.name}" if hasattr(row, "board") else row.name for row in rows]
