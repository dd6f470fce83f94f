"""What can happen to a board."""

from dataclasses import dataclass
from typing import ClassVar

from apps.events.facts import Fact


@dataclass(frozen=True, kw_only=True)
class BoardChanged(Fact):
    """A board or one of its columns was made, changed, deleted or brought back: open boards read themselves again."""

    kind: ClassVar[str] = "project.board_changed"
    board_id: int


@dataclass(frozen=True, kw_only=True)
class AcrossBoardChanged(Fact):
    """A board over several projects was made, changed, deleted or brought back. It is the organization's."""

    kind: ClassVar[str] = "board.changed"
    board_id: int
