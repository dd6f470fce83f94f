"""What a fact is: a frozen dataclass that says what happened, to what, and which fields changed how."""

from dataclasses import dataclass, field, fields
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of one issue (or of the fact's own object, where `issue_id` is None): from, to.

    Values are JSON scalars or lists of them: ids for references, ISO text for dates.
    """

    field: str
    old: Any
    new: Any
    issue_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The object that the audit trail names: its model label (`issues.issue`), id, and how people call it."""

    model: str
    id: int
    name: str
    action: str = "update"


@dataclass(frozen=True, kw_only=True)
class Fact:
    """Base of all facts.

    A fact of a project goes into the project's stream; one with a `person_id` into that person's; any other into the
    organization's. `subjects` are the audited objects, `changes` the fields; everything else a subclass declares
    becomes the event's `data`.
    """

    kind: ClassVar[str] = ""
    # False: it counts in its stream, so that whoever follows that notices at once or later, and leaves no row behind.
    is_logged: ClassVar[bool] = True

    project_id: int | None = None
    issue_id: int | None = None
    person_id: int | None = None
    subjects: tuple[Subject, ...] = ()
    changes: tuple[FieldChange, ...] = ()
    # When it truly happened, where that is not now (imports); the event keeps both times.
    occurred_at: Any = field(default=None, compare=False)

    def data(self) -> dict[str, Any]:
        """The scalars a subclass adds, as stored with the event and sent over sockets."""
        own = {f.name for f in fields(Fact)}
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name not in own}
