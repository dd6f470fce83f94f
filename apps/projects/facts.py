"""What can happen to a project and its configuration."""

from dataclasses import dataclass, field
from typing import ClassVar

from apps.events.facts import Fact


@dataclass(frozen=True, kw_only=True)
class ProjectCreated(Fact):
    """A project was started."""

    kind: ClassVar[str] = "project.created"
    key: str
    name: str


@dataclass(frozen=True, kw_only=True)
class ProjectEdited(Fact):
    """Name, description, lead or visibility changed."""

    kind: ClassVar[str] = "project.edited"


@dataclass(frozen=True, kw_only=True)
class ProjectArchived(Fact):
    """The project became read-only, or was opened again."""

    kind: ClassVar[str] = "project.archived"
    is_archived: bool


@dataclass(frozen=True, kw_only=True)
class ProjectKeyChanged(Fact):
    """The project has another key, and so have all its issues; the keys before lead on to them."""

    kind: ClassVar[str] = "project.key_changed"


@dataclass(frozen=True, kw_only=True)
class ProjectDeleted(Fact):
    """The project is hidden from everybody, and can be brought back for a while."""

    kind: ClassVar[str] = "project.deleted"


@dataclass(frozen=True, kw_only=True)
class ProjectRestored(Fact):
    """The deleted project was brought back."""

    kind: ClassVar[str] = "project.restored"


@dataclass(frozen=True, kw_only=True)
class ProjectPurged(Fact):
    """The time to bring the project back was over: its rows are going for good. A fact of the organization."""

    kind: ClassVar[str] = "project.purged"


@dataclass(frozen=True, kw_only=True)
class ProjectMemberAdded(Fact):
    """Somebody was given a role in the project, or another one."""

    kind: ClassVar[str] = "project.member_added"
    user_id: int
    role: str


@dataclass(frozen=True, kw_only=True)
class ProjectMemberRemoved(Fact):
    """Somebody's role in the project was taken away."""

    kind: ClassVar[str] = "project.member_removed"
    user_id: int


@dataclass(frozen=True, kw_only=True)
class LabelCreated(Fact):
    """A label was made."""

    kind: ClassVar[str] = "project.label_created"
    label_id: int
    name: str


@dataclass(frozen=True, kw_only=True)
class LabelEdited(Fact):
    """A label has another name or colour, so every card that shows it looks different."""

    kind: ClassVar[str] = "project.label_edited"
    label_id: int


@dataclass(frozen=True, kw_only=True)
class LabelDeleted(Fact):
    """A label is gone, from every issue as well; the changes name each of them. `versions` are theirs now, by id."""

    kind: ClassVar[str] = "project.label_deleted"
    label_id: int
    versions: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class LabelRestored(Fact):
    """A deleted label is back, on the issues that the changes name."""

    kind: ClassVar[str] = "project.label_restored"
    label_id: int
    versions: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class VersionCreated(Fact):
    """A version was planned."""

    kind: ClassVar[str] = "project.version_created"
    version_id: int


@dataclass(frozen=True, kw_only=True)
class VersionEdited(Fact):
    """A version has another name, description or date, or was put into the archive or taken out of it."""

    kind: ClassVar[str] = "project.version_edited"
    version_id: int


@dataclass(frozen=True, kw_only=True)
class VersionReleased(Fact):
    """A version came out, or did not after all; the changes name the issues that went elsewhere with that."""

    kind: ClassVar[str] = "project.version_released"
    version_id: int
    is_released: bool
    versions: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class VersionDeleted(Fact):
    """A version is gone, from every issue as well; the changes name each of them."""

    kind: ClassVar[str] = "project.version_deleted"
    version_id: int
    versions: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class VersionRestored(Fact):
    """A deleted version is back, on the issues that the changes name."""

    kind: ClassVar[str] = "project.version_restored"
    version_id: int
    versions: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class CustomFieldChanged(Fact):
    """A field of the project's own was made, changed, taken away or brought back; the subject says which."""

    kind: ClassVar[str] = "project.field_changed"
    field_id: int


@dataclass(frozen=True, kw_only=True)
class FieldOptionRemoved(Fact):
    """An option of a field is gone, from every issue as well; the changes name each of them."""

    kind: ClassVar[str] = "project.field_option_removed"
    field_id: int
    option_id: int
    versions: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class FieldOptionRestored(Fact):
    """An option that was taken away is back, on the issues that the changes name."""

    kind: ClassVar[str] = "project.field_option_restored"
    field_id: int
    option_id: int
    versions: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class WorkflowChanged(Fact):
    """A status, issue type or transition was added, changed or taken away.

    `part` says what it is (`projects.status`), and `part_id` which one.
    """

    kind: ClassVar[str] = "project.workflow_changed"
    part: str = ""
    part_id: int = 0


@dataclass(frozen=True, kw_only=True)
class ProjectStarred(Fact):
    """Somebody took the project among their favourites, or out of them. In that person's own stream."""

    kind: ClassVar[str] = "project.starred"
    is_starred: bool
