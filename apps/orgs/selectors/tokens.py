"""Reading service accounts and access tokens."""

from dataclasses import dataclass

from django.db import connection
from django.db.models import Count
from django.utils import timezone

from apps.accounts.models import User
from apps.core.errors import Forbidden, NotFound
from apps.core.tenancy import Actor, OrgRole
from apps.orgs import policies
from apps.orgs.models import ApiToken, Membership
from apps.orgs.selectors.organizations import get_member


def list_service_accounts(*, actor: Actor) -> list[Membership]:
    """The programs with a seat, by name."""
    return list(
        Membership.objects.filter(org_id=actor.org_id, ended_at__isnull=True, user__kind=User.Kind.SERVICE)
        .select_related("user")
        .order_by("user__name", "user_id")
    )


def get_service_account(*, actor: Actor, user_id: int) -> Membership:
    """The seat of one program whose tokens the actor may keep.

    :raises Forbidden: for whoever may not
    :raises NotFound: if there is none with this id
    """
    if not policies.can_manage_members(actor):
        raise Forbidden
    account = get_member(actor=actor, user_id=user_id)
    if not account.user.is_service:
        raise NotFound
    require_keeper(actor=actor, account=account)
    return account


def require_keeper(*, actor: Actor, account: Membership) -> None:
    """Let on whoever may make and revoke the tokens of a service account: those who could give its role.

    :raises Forbidden: for anybody else
    """
    if not account.user.is_service or not policies.can_grant(actor, OrgRole(account.role)):
        raise Forbidden


def list_api_tokens(*, actor: Actor) -> list[ApiToken]:
    """The actor's own tokens in this organization that still work or have expired, newest first."""
    return _tokens_of(actor, actor.person_id)


def list_service_tokens(*, actor: Actor, account: Membership) -> list[ApiToken]:
    """The tokens of a service account that still work or have expired, newest first.

    :raises Forbidden: for whoever may not keep them
    """
    require_keeper(actor=actor, account=account)
    return _tokens_of(actor, account.user_id)


def count_tokens_of_accounts(*, actor: Actor) -> dict[int, int]:
    """How many tokens each service account has that work."""
    working = ApiToken.objects.filter(org_id=actor.org_id, is_service=True, revoked_at__isnull=True).exclude(
        expires_at__lte=timezone.now()
    )
    return dict(working.values_list("user_id").annotate(Count("id")))


def _tokens_of(actor: Actor, user_id: int) -> list[ApiToken]:
    return list(ApiToken.objects.filter(org_id=actor.org_id, user_id=user_id, revoked_at__isnull=True).order_by("-id"))


def get_api_token(*, actor: Actor, token_id: int) -> ApiToken:
    """One of the actor's own tokens.

    :raises NotFound: if there is none with this id
    """
    token = ApiToken.objects.filter(
        org_id=actor.org_id, user_id=actor.person_id, pk=token_id, revoked_at__isnull=True
    ).first()
    if token is None:
        raise NotFound
    return token


def get_service_token(*, actor: Actor, account: Membership, token_id: int) -> ApiToken:
    """One token of a service account.

    :raises Forbidden: for whoever may not keep it
    :raises NotFound: if there is none with this id
    """
    require_keeper(actor=actor, account=account)
    token = ApiToken.objects.filter(
        org_id=actor.org_id, user_id=account.user_id, pk=token_id, revoked_at__isnull=True
    ).first()
    if token is None:
        raise NotFound
    return token


@dataclass(frozen=True, slots=True)
class ProjectName:
    """A project as somebody chooses it."""

    id: int
    key: str
    name: str


def visible_projects(*, actor: Actor, limit: int = 500) -> list[ProjectName]:
    """The projects that the actor sees, by name."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, key, name FROM projects_project WHERE org_id = %s AND NOT id = ANY (%s) "
            "ORDER BY name, id LIMIT %s",
            [actor.org_id, list(actor.hidden_project_ids), limit],
        )
        return [ProjectName(*row) for row in cursor.fetchall()]
