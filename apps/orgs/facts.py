"""What can happen to an organization and its people."""

from dataclasses import dataclass
from typing import ClassVar

from apps.events.facts import Fact


@dataclass(frozen=True, kw_only=True)
class OrganizationCreated(Fact):
    """Somebody founded the organization."""

    kind: ClassVar[str] = "organization.created"
    name: str


@dataclass(frozen=True, kw_only=True)
class WorkEnded(Fact):
    """Something long that somebody asked for is over; in that person's own stream, and so in their inbox.

    `page` is the name of the address where it is found: that of the thing with the id `page_id`, else the project's, if
    there is one, else the organization's. `is_done` is False where it failed. `what` is an archive that was written, an
    import, or one that was taken back (`return`).
    """

    kind: ClassVar[str] = "inbox.work_ended"
    is_done: bool
    page: str
    page_id: int | None = None
    what: str = "archive"


@dataclass(frozen=True, kw_only=True)
class OrganizationRenamed(Fact):
    """The organization has another name."""

    kind: ClassVar[str] = "organization.renamed"


@dataclass(frozen=True, kw_only=True)
class OrganizationSuspensionChanged(Fact):
    """Ops staff suspended the organization, or lifted the suspension."""

    kind: ClassVar[str] = "organization.suspension_changed"
    is_suspended: bool


@dataclass(frozen=True, kw_only=True)
class OrganizationMoved(Fact):
    """The organization has another address; the one before leads on to it."""

    kind: ClassVar[str] = "organization.moved"


@dataclass(frozen=True, kw_only=True)
class LimitsChanged(Fact):
    """Somebody raised or lowered limits of the API, for a token or for everybody."""

    kind: ClassVar[str] = "organization.limits_changed"


@dataclass(frozen=True, kw_only=True)
class OrganizationDeleted(Fact):
    """An owner deleted the organization: nobody can enter it, and it can be brought back for a while."""

    kind: ClassVar[str] = "organization.deleted"


@dataclass(frozen=True, kw_only=True)
class OrganizationRestored(Fact):
    """An owner brought the deleted organization back."""

    kind: ClassVar[str] = "organization.restored"


@dataclass(frozen=True, kw_only=True)
class OrganizationPurged(Fact):
    """The time to bring the organization back was over: its rows are going for good."""

    kind: ClassVar[str] = "organization.purged"


@dataclass(frozen=True, kw_only=True)
class PersonInvited(Fact):
    """An invitation was made, or sent again with a new link."""

    kind: ClassVar[str] = "member.invited"
    invitation_id: int
    email: str


@dataclass(frozen=True, kw_only=True)
class InvitationAskedAgain(Fact):
    """Somebody came with an invitation that had expired, and asks for a new one."""

    kind: ClassVar[str] = "member.invitation_asked_again"
    invitation_id: int
    email: str


@dataclass(frozen=True, kw_only=True)
class InvitationRevoked(Fact):
    """An invitation was taken back."""

    kind: ClassVar[str] = "member.invitation_revoked"
    invitation_id: int


@dataclass(frozen=True, kw_only=True)
class MemberJoined(Fact):
    """Somebody took their seat."""

    kind: ClassVar[str] = "member.joined"
    user_id: int
    role: str


@dataclass(frozen=True, kw_only=True)
class MemberRoleChanged(Fact):
    """Somebody has another role in the organization."""

    kind: ClassVar[str] = "member.role_changed"
    user_id: int
    role: str


@dataclass(frozen=True, kw_only=True)
class ServiceAccountRenamed(Fact):
    """A program has another name."""

    kind: ClassVar[str] = "member.renamed"
    user_id: int


@dataclass(frozen=True, kw_only=True)
class MemberRemoved(Fact):
    """Somebody's seat ended."""

    kind: ClassVar[str] = "member.removed"
    user_id: int


@dataclass(frozen=True, kw_only=True)
class SeatTokensRevoked(Fact):
    """Somebody's tokens stopped working, because their seat ended."""

    kind: ClassVar[str] = "member.tokens_revoked"
    user_id: int


@dataclass(frozen=True, kw_only=True)
class ApiTokenCreated(Fact):
    """Somebody made an access token of their own, or of a service account."""

    kind: ClassVar[str] = "token.created"
    name: str


@dataclass(frozen=True, kw_only=True)
class ApiTokenRotated(Fact):
    """A token has another secret; the one before stopped working."""

    kind: ClassVar[str] = "token.rotated"
    name: str


@dataclass(frozen=True, kw_only=True)
class ApiTokenRevoked(Fact):
    """Somebody revoked one of their tokens, or one of a service account."""

    kind: ClassVar[str] = "token.revoked"
    name: str


@dataclass(frozen=True, kw_only=True)
class PlaceholdersAdded(Fact):
    """An import named people who have no account here."""

    kind: ClassVar[str] = "member.placeholders_added"
    count: int
