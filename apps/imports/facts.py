"""What can happen to imports. What they write are facts of issues, told as the past."""

from dataclasses import dataclass
from typing import ClassVar

from apps.events.facts import Fact


@dataclass(frozen=True, kw_only=True)
class ImportFact(Fact):
    """Something happened to one import; `source` is the kind of tracker that it is from."""

    run_id: int
    source: str


@dataclass(frozen=True, kw_only=True)
class ImportStarted(ImportFact):
    """Files were handed in; they are looked through."""

    kind: ClassVar[str] = "import.started"


@dataclass(frozen=True, kw_only=True)
class ImportReread(ImportFact):
    """What the columns or times of its files mean was decided anew; they are looked through again."""

    kind: ClassVar[str] = "import.reread"


@dataclass(frozen=True, kw_only=True)
class ImportConfirmed(ImportFact):
    """It is to be written, with the decisions about it as they are now."""

    kind: ClassVar[str] = "import.confirmed"


@dataclass(frozen=True, kw_only=True)
class ImportCancelled(ImportFact):
    """It is to stop. What it has written until then stays."""

    kind: ClassVar[str] = "import.cancelled"


@dataclass(frozen=True, kw_only=True)
class ImportForgotten(ImportFact):
    """It is gone with its files, before it had written anything."""

    kind: ClassVar[str] = "import.forgotten"


@dataclass(frozen=True, kw_only=True)
class ImportEnded(ImportFact):
    """It wrote what it could: all (`state` is "done"), or up to where it stopped. The counts are those of its rows."""

    kind: ClassVar[str] = "import.ended"
    state: str
    imported: int
    updated: int
    skipped: int
    failed: int


@dataclass(frozen=True, kw_only=True)
class ImportTakingBack(ImportFact):
    """What it wrote is to be taken back."""

    kind: ClassVar[str] = "import.taking_back"


@dataclass(frozen=True, kw_only=True)
class ImportTakenBack(ImportFact):
    """What it wrote was taken back, except what people have changed since."""

    kind: ClassVar[str] = "import.taken_back"


@dataclass(frozen=True, kw_only=True)
class PlaceholderClaimed(Fact):
    """Somebody said which member a person is whom an import met."""

    kind: ClassVar[str] = "member.placeholder_claimed"
    placeholder_id: int
    user_id: int
