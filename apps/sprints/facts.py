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


@dataclass(frozen=True, kw_only=True)
class SprintEdited(SprintFact):
    """Its name, goal or dates changed."""

    kind: ClassVar[str] = "project.sprint_edited"


@dataclass(frozen=True, kw_only=True)
class SprintCancelled(SprintFact):
    """Its start was taken back: it is planned again."""

    kind: ClassVar[str] = "project.sprint_cancelled"


@dataclass(frozen=True, kw_only=True)
class SprintDeleted(SprintFact):
    """The import that made it was taken back."""

    kind: ClassVar[str] = "project.sprint_deleted"


@dataclass(frozen=True, kw_only=True)
class CapacityChanged(SprintFact):
    """People take on more or less in it."""

    kind: ClassVar[str] = "project.sprint_capacity_changed"


@dataclass(frozen=True, kw_only=True)
class CadenceChanged(Fact):
    """The project's sprints start and end by themselves in another rhythm, or no longer do."""

    kind: ClassVar[str] = "project.sprint_cadence_changed"


@dataclass(frozen=True, kw_only=True)
class SprintReopened(SprintFact):
    """It was completed by mistake, and goes on."""

    kind: ClassVar[str] = "project.sprint_reopened"


@dataclass(frozen=True, kw_only=True)
class CalendarLinkMade(Fact):
    """Somebody made an address for their calendar. In that person's own stream."""

    kind: ClassVar[str] = "calendar.link_made"


@dataclass(frozen=True, kw_only=True)
class CalendarLinkRevoked(Fact):
    """Somebody took the address of their calendar back. In that person's own stream."""

    kind: ClassVar[str] = "calendar.link_revoked"
