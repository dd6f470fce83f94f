"""What can happen to templates and schedules. That an issue was made from one is part of the issue's own fact."""

from dataclasses import dataclass
from typing import ClassVar

from apps.events.facts import Fact


@dataclass(frozen=True, kw_only=True)
class TemplateFact(Fact):
    """Something happened to one template."""

    template_id: int
    name: str


@dataclass(frozen=True, kw_only=True)
class TemplateCreated(TemplateFact):
    """There is another template."""

    kind: ClassVar[str] = "template.created"


@dataclass(frozen=True, kw_only=True)
class TemplateEdited(TemplateFact):
    """What issues made from it begin with changed, or its place among the others."""

    kind: ClassVar[str] = "template.edited"


@dataclass(frozen=True, kw_only=True)
class TemplateDeleted(TemplateFact):
    """It is not offered any more."""

    kind: ClassVar[str] = "template.deleted"


@dataclass(frozen=True, kw_only=True)
class TemplateRestored(TemplateFact):
    """It is offered again."""

    kind: ClassVar[str] = "template.restored"


@dataclass(frozen=True, kw_only=True)
class ScheduleFact(Fact):
    """Something happened to one schedule; `name` is its template's."""

    schedule_id: int
    name: str


@dataclass(frozen=True, kw_only=True)
class ScheduleCreated(ScheduleFact):
    """Issues are made from a template by themselves from now on."""

    kind: ClassVar[str] = "schedule.created"


@dataclass(frozen=True, kw_only=True)
class ScheduleEdited(ScheduleFact):
    """They are made at other times, or go elsewhere."""

    kind: ClassVar[str] = "schedule.edited"


@dataclass(frozen=True, kw_only=True)
class SchedulePaused(ScheduleFact):
    """None are made for now; `stop` says why, where it was not a person who paused it."""

    kind: ClassVar[str] = "schedule.paused"
    stop: str = ""


@dataclass(frozen=True, kw_only=True)
class ScheduleResumed(ScheduleFact):
    """They are made again, in the name of whoever resumed it."""

    kind: ClassVar[str] = "schedule.resumed"


@dataclass(frozen=True, kw_only=True)
class ScheduleHeld(ScheduleFact):
    """What was due was refused; it is tried again until it works."""

    kind: ClassVar[str] = "schedule.held"


@dataclass(frozen=True, kw_only=True)
class ScheduleDeleted(ScheduleFact):
    """None are made any more."""

    kind: ClassVar[str] = "schedule.deleted"


@dataclass(frozen=True, kw_only=True)
class ScheduleRestored(ScheduleFact):
    """The schedule is back."""

    kind: ClassVar[str] = "schedule.restored"
