"""Personal access tokens."""

import secrets
from datetime import datetime

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import Forbidden, Invalid
from apps.core.tenancy import Actor
from apps.core.texts import one_line
from apps.events.facts import FieldChange, Subject
from apps.events.services import record, service
from apps.orgs import facts
from apps.orgs.models import ApiToken
from apps.orgs.scopes import SCOPES
from apps.orgs.services.secrets import TOKEN_PREFIX, hash_secret


@service
def create_api_token(
    *, actor: Actor, name: str, scopes: list[str], expires_at: datetime | None = None
) -> tuple[ApiToken, str]:
    """Make a personal access token.

    :returns: the token and its secret, which is shown once and stored nowhere
    :raises Forbidden: for FlowBoard itself, and for a token that would make another
    :raises Invalid: if it has no name, or a scope does not exist
    """
    if actor.user_id is None or actor.scopes is not None:
        raise Forbidden(_("A token is made by a person who is signed in."))
    name = one_line(name)
    if not name:
        raise Invalid(_("Give the token a name that says what it is for."), field="name")
    if not scopes or set(scopes) - set(SCOPES):
        raise Invalid(_("Choose what the token may do."), field="scopes")
    secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        org_id=actor.org_id,
        user_id=actor.user_id,
        name=name[:80],
        prefix=secret[:8],
        token_hash=hash_secret(secret),
        scopes=sorted(set(scopes)),
        expires_at=expires_at,
    )
    record(
        facts.ApiTokenCreated(
            person_id=actor.user_id,
            name=token.name,
            subjects=(Subject(model="orgs.apitoken", id=token.pk, name=token.name, action="create"),),
            changes=(FieldChange("scopes", None, token.scopes),),
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
            person_id=token.user_id,
            name=token.name,
            subjects=(Subject(model="orgs.apitoken", id=token.pk, name=token.name, action="delete"),),
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
