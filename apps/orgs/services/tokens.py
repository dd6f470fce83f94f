"""Access tokens: of people, who keep their own, and of service accounts, kept by the admins of their organization."""

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import Forbidden, Invalid, NotFound
from apps.core.tenancy import Actor
from apps.core.texts import one_line
from apps.events.facts import FieldChange, Subject
from apps.events.services import record, service
from apps.orgs import facts, selectors
from apps.orgs.models import ApiToken, Membership
from apps.orgs.scopes import SCOPES
from apps.orgs.services.secrets import TOKEN_PREFIX, hash_secret

# For how many days a token can be made; None is until somebody revokes it.
LIFETIMES: tuple[int | None, ...] = (30, 90, 365, None)
MOST_TOKENS = 100
MOST_PROJECTS = 100


@service
def create_api_token(
    *,
    actor: Actor,
    name: str,
    scopes: Collection[str],
    days: int | None = None,
    project_ids: Collection[int] | None = None,
    account: Membership | None = None,
) -> tuple[ApiToken, str]:
    """Make an access token: one's own, or a service account's.

    :param scopes: what it may do (`apps.orgs.scopes`)
    :param days: for how long, one of `LIFETIMES`
    :param project_ids: the only projects that it shall see; None for all that its owner sees
    :param account: the seat of the service account whose token it is; None for the actor's own
    :returns: the token and its secret, which is shown once and stored nowhere
    :raises Forbidden: for FlowBoard itself, for a token that would make another, and for whoever may not keep the
        tokens of this account
    :raises Invalid: if it has no name, or something that was chosen does not exist; for more than `MOST_TOKENS`
    """
    if actor.user_id is None or actor.scopes is not None:
        raise Forbidden(_("A token is made by a person who is signed in."))
    if account is not None:
        selectors.require_keeper(actor=actor, account=account)
    user_id = actor.user_id if account is None else account.user_id
    name = one_line(name)
    if not name:
        raise Invalid(_("Give the token a name that says what it is for."), field="name")
    if not scopes or set(scopes) - set(SCOPES):
        raise Invalid(_("Choose what the token may do."), field="scopes")
    if days not in LIFETIMES:
        raise Invalid(_("Choose for how long the token works."), field="days")
    if project_ids is not None:
        _check_projects(actor, project_ids)
    mine = ApiToken.objects.filter(org_id=actor.org_id, user_id=user_id, revoked_at__isnull=True)
    if mine.count() >= MOST_TOKENS:
        raise Invalid(_("There are %(most)s tokens already. Revoke one that is not used.") % {"most": MOST_TOKENS})
    secret = _new_secret()
    token = ApiToken.objects.create(
        org_id=actor.org_id,
        user_id=user_id,
        is_service=account is not None,
        name=name[:80],
        prefix=secret[:8],
        token_hash=hash_secret(secret),
        scopes=sorted(set(scopes)),
        project_ids=None if project_ids is None else sorted(set(project_ids)),
        expires_at=None if days is None else timezone.now() + timedelta(days=days),
    )
    record(
        facts.ApiTokenCreated(
            person_id=_whose_log(token),
            name=token.name,
            subjects=(_subject(token, "create"),),
            changes=(
                FieldChange("scopes", None, token.scopes),
                FieldChange("projects", None, token.project_ids),
                FieldChange("expires_at", None, _written(token.expires_at)),
            ),
        ),
        actor=actor,
    )
    return token, secret


def _check_projects(actor: Actor, project_ids: Collection[int]) -> None:
    visible = {project.id for project in selectors.visible_projects(actor=actor)}
    if not project_ids or len(project_ids) > MOST_PROJECTS or set(project_ids) - visible:
        text = _("Choose 1 to %(most)s projects, or all of them.") % {"most": MOST_PROJECTS}
        raise Invalid(text, field="projects")


def _new_secret() -> str:
    return TOKEN_PREFIX + secrets.token_urlsafe(32)


def _subject(token: ApiToken, action: str) -> Subject:
    return Subject(model="orgs.apitoken", id=token.pk, name=token.name, action=action)


def _whose_log(token: ApiToken) -> int | None:
    """What happens to somebody's token is theirs to know; to a service account's, the organization's."""
    return None if token.is_service else token.user_id


def _written(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


@service
def rotate_api_token(*, actor: Actor, token: ApiToken) -> tuple[ApiToken, str]:
    """Give a token a new secret, and as much time as it had; the one before stops working at once.

    :returns: the token and its secret, which is shown once and stored nowhere
    :raises Forbidden: for a token that would renew one
    :raises NotFound: if it was revoked meanwhile
    """
    if actor.scopes is not None:
        raise Forbidden(_("A token is renewed by a person who is signed in."))
    locked = ApiToken.objects.select_for_update(no_key=True).filter(pk=token.pk, revoked_at__isnull=True).first()
    if locked is None:
        raise NotFound
    token = locked
    secret, now, old = _new_secret(), timezone.now(), token.expires_at
    if old is not None:
        token.expires_at = now + (old - (token.rotated_at or token.created_at))
    token.prefix, token.token_hash, token.rotated_at = secret[:8], hash_secret(secret), now
    token.save(update_fields=["prefix", "token_hash", "rotated_at", "expires_at"])
    record(
        facts.ApiTokenRotated(
            person_id=_whose_log(token),
            name=token.name,
            subjects=(_subject(token, "update"),),
            changes=(FieldChange("expires_at", _written(old), _written(token.expires_at)),),
        ),
        actor=actor,
    )
    return token, secret


@service
def revoke_api_token(*, actor: Actor, token: ApiToken) -> None:
    """Stop a token from working, at once and for good."""
    token.revoked_at = timezone.now()
    token.save(update_fields=["revoked_at"])
    record(
        facts.ApiTokenRevoked(
            person_id=_whose_log(token),
            name=token.name,
            subjects=(_subject(token, "delete"),),
        ),
        actor=actor,
    )


def revoke_tokens_of_ended_seat(actor: Actor, *, user_id: int) -> None:
    """Stop every token of somebody whose seat has just ended. Audited by their prefixes: names are their owner's."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT token_id, prefix FROM flowboard_revoke_tokens(%s)", [user_id])
        revoked = cursor.fetchall()
    if revoked:
        subjects = tuple(
            Subject(model="orgs.apitoken", id=token_id, name=f"{prefix}…", action="delete")
            for token_id, prefix in revoked
        )
        record(facts.SeatTokensRevoked(user_id=user_id, subjects=subjects), actor=actor)
