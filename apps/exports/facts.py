"""What can happen to archives."""

from dataclasses import dataclass
from typing import ClassVar

from apps.events.facts import Fact


@dataclass(frozen=True, kw_only=True)
class ExportFact(Fact):
    """Something happened to one archive."""

    run_id: int


@dataclass(frozen=True, kw_only=True)
class ExportAsked(ExportFact):
    """Somebody asked for an archive; a worker is to write it."""

    kind: ClassVar[str] = "export.asked"


@dataclass(frozen=True, kw_only=True)
class ExportEnded(ExportFact):
    """An archive was written, or could not be (`state`)."""

    kind: ClassVar[str] = "export.ended"
    state: str


@dataclass(frozen=True, kw_only=True)
class ExportRemoved(ExportFact):
    """An archive was deleted by whoever had asked for it."""

    kind: ClassVar[str] = "export.removed"
