"""What can happen to a sprint."""

from dataclasses import dataclass
from typing import ClassVar

from apps.events.facts import Fact


@dataclass(frozen=True, kw_only=True)
class SprintFact(Fact):
    """Something happened to one sprint."""

    sprint_id: int
    name: str


@dataclass(frozen=True, kw_only=True)
class SprintCreated(SprintFact):
    """A sprint was planned."""

    kind: ClassVar[str] = "project.sprint_created"


@dataclass(frozen=True, kw_only=True)
class SprintStarted(SprintFact):
    """A sprint began."""

    kind: ClassVar[str] = "project.sprint_started"


@dataclass(frozen=True, kw_only=True)
class SprintCompleted(SprintFact):
    """A sprint ended; what was in it stays in it."""

    kind: ClassVar[str] = "project.sprint_completed"
