"""What templates and schedules hold, as services take it: checked where it is stored."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, time
from typing import Any

from apps.accounts.models import User
from apps.issues.models import Priority
from apps.projects.models import IssueType, Label, Status
from apps.recurring.models import IssueTemplate


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a template is called, and what issues made from it begin with."""

    name: str
    type: IssueType
    is_default: bool = False
    title: str = ""
    description: str = ""
    priority: int = Priority.NONE
    points: Any = None
    assigns: str = IssueTemplate.Assigns.NOBODY
    assignee: User | None = None
    labels: Sequence[Label] = field(default_factory=tuple)
    subtasks: Sequence[str] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """When a schedule makes an issue, and where it goes."""

    frequency: str
    interval: int
    start_date: date
    at: time
    weekdays: Sequence[int] = ()
    month_day: int | None = None
    nth: int | None = None
    end_date: date | None = None
    most: int | None = None
    due_days: int | None = None
    joins_sprint: bool = False
    status: Status | None = None
