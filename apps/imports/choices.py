"""What people decide about an import: how the words of the other tracker are to be read here.

Everything is optional. What is not chosen is guessed (`apps.imports.mapping`), so an empty `Choices` imports too.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(slots=True, kw_only=True)
class Choices:
    """Decisions by the other tracker's words. They are stored as JSON: with an import, and as a profile for the next.

    Keys are the words as the export has them, casefolded where it is the words of people that are meant.
    """

    # CSV: which column holds what. The values are names of `IssueRecord` fields, "custom" or "ignore".
    columns: dict[str, str] = field(default_factory=dict)
    # Which zone times without one are in, for example "Europe/Berlin".
    time_zone: str = "UTC"
    # Handle → id of a member; 0 for a placeholder; {"handle": …, "name": …} of somebody there who is the same person.
    people: dict[str, Any] = field(default_factory=dict)
    # Name → id of a status of the project, or {"name": …, "category": …} of one to be made.
    statuses: dict[str, Any] = field(default_factory=dict)
    # Name → id of an issue type of the project, or {"name": …, "level": …} of one to be made.
    types: dict[str, Any] = field(default_factory=dict)
    # Name → priority (0 … 4, see `apps.issues.models.Priority`).
    priorities: dict[str, int] = field(default_factory=dict)
    # Name → name to use; "" drops it.
    labels: dict[str, str] = field(default_factory=dict)
    # Field of the tracker's own → id of one of ours, {"name": …, "kind": …} of one to be made, or None to leave it out.
    fields: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The choices as they are stored."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Choices":
        """Stored choices again. Unknown names are those of a newer or older FlowBoard, and say nothing here."""
        known = {name: stored[name] for name in cls.__dataclass_fields__ if name in stored}
        return cls(**known)
