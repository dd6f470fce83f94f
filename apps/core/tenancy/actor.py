"""The actor: who asks, in which organization, with which rights. Every selector and service takes one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from apps.core.errors import Forbidden


class OrgRole(StrEnum):
    """A person's role in an organization."""

    OWNER = "owner"
    ADMIN = "admin"
    MEMBER = "member"
    GUEST = "guest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Somebody (or FlowBoard itself, where `user_id` is None) inside one organization.

    `project_roles` holds the roles given to the person in single projects; what an organization-visible project gives
    to everybody else follows from `org_role` (see `apps.projects.policies`). `scopes` is what a token was made for; a
    browser has none, which means everything. `rates` are limits of the API that the organization's admins raised or
    lowered for whoever asks (see `apps.core.limits`).
    """

    user_id: int | None
    org_id: int
    org_slug: str
    org_role: OrgRole | None
    project_roles: Mapping[int, str] = field(default_factory=dict)
    hidden_project_ids: frozenset[int] = frozenset()
    scopes: frozenset[str] | None = None
    # The token that asks, where one does.
    token_id: int | None = None
    rates: Mapping[str, int] = field(default_factory=dict)

    @property
    def person_id(self) -> int:
        """The person who acts.

        :raises Forbidden: where FlowBoard itself acts, which is nobody
        """
        if self.user_id is None:
            raise Forbidden
        return self.user_id

    @property
    def is_system(self) -> bool:
        """Whether FlowBoard itself acts (a job, an import), with every right in this organization."""
        return self.user_id is None

    @property
    def is_manager(self) -> bool:
        """Whether the person administers the organization."""
        return self.is_system or self.org_role in {OrgRole.OWNER, OrgRole.ADMIN}

    def may(self, scope: str) -> bool:
        """Whether the token in use, if any, was made for this scope. A browser session has them all."""
        return self.scopes is None or scope in self.scopes
