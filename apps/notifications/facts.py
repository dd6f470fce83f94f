"""What can happen to somebody's inbox. Each fact is in that person's own stream."""

from dataclasses import dataclass
from typing import ClassVar

from apps.events.facts import Fact


@dataclass(frozen=True, kw_only=True)
class InboxReached(Fact):
    """Something new arrived. It names nothing: whoever hears it reads the inbox under their own rights.

    What arrived is in the inbox, so the log need not keep a row for each of thousands of people.
    """

    kind: ClassVar[str] = "inbox.reached"
    is_logged: ClassVar[bool] = False


@dataclass(frozen=True, kw_only=True)
class WorkSeen(Fact):
    """Its owner has seen what was over of what they had asked for, up to the fact of the id `until`."""

    kind: ClassVar[str] = "inbox.work_seen"
    until: int


@dataclass(frozen=True, kw_only=True)
class InboxChanged(Fact):
    """Its owner read, finished, kept or put something off."""

    kind: ClassVar[str] = "inbox.changed"
