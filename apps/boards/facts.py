"""What can happen to a board."""

from dataclasses import dataclass, field
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


@dataclass(frozen=True, kw_only=True)
class ConfigurationCopied(Fact):
    """The project got the configuration of another one: how many rows of each table came, and how many ways went.

    The changes name the rows. The other project is known by its id: who reads this may not know of it.
    """

    kind: ClassVar[str] = "project.configuration_copied"
    source_id: int
    # Whether the project began with it.
    is_new: bool = False
    added: dict[str, int] = field(default_factory=dict)
    replaced: int = 0


@dataclass(frozen=True, kw_only=True)
class ConfigurationImported(Fact):
    """The project got the configuration that an archive tells: how many rows of each table came.

    Where it had no issues yet, what it had before went.
    """

    kind: ClassVar[str] = "project.configuration_imported"
    is_replaced: bool
    added: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ConfigurationTakenBack(Fact):
    """What was copied, or imported, last is gone again, and what it replaced is back."""

    kind: ClassVar[str] = "project.configuration_taken_back"
