"""Reading limits of the API: what they are, and who is near one."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.db import connection
from django.db.models import BigIntegerField

from apps.accounts.models import User
from apps.core.errors import Forbidden, NotFound
from apps.core.limits import Limit, Near, adjustable, most_of, nearest
from apps.core.tenancy import Actor
from apps.orgs import policies
from apps.orgs.models import ApiToken, ChangedLimit, Organization

MOST_TOKENS = 200


@dataclass(slots=True)
class WorkingToken:
    """A token as those who manage the organization see it; what it is called is its owner's own.

    `rates` are the limits that were changed for it.
    """

    id: int
    prefix: str
    user_id: int
    last_used_at: datetime | None
    owner: User | None = None
    rates: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LimitInForce:
    """A limit with the number that admins gave it (None: its standard), and how much of it one may use."""

    name: str
    limit: Limit
    changed: int | None
    most: int


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody, or a token of theirs, who used some of a limit."""

    limit: Limit
    used: int
    most: int
    person: User
    token: WorkingToken | None
    org: Organization | None = None

    @property
    def percent(self) -> int:
        """The share of the limit that is used."""
        return min(100, self.used * 100 // self.most)


def _require(actor: Actor) -> None:
    if not policies.can_see_limits(actor):
        raise Forbidden


def list_limits(*, actor: Actor, token_id: int | None = None) -> list[LimitInForce]:
    """The limits of the API, for everybody in the organization or for one token.

    :raises Forbidden: for whoever does not administer the organization
    """
    _require(actor)
    rows = ChangedLimit.objects.filter(org_id=actor.org_id).values_list("token_id", "name", "most")
    of_all = {name: most for token, name, most in rows if token is None}
    own = {name: most for token, name, most in rows if token == token_id}
    return [
        LimitInForce(name=name, limit=limit, changed=own.get(name), most=most_of(name, of_all | own))
        for name, limit in adjustable().items()
    ]


def list_working_tokens(*, actor: Actor) -> list[WorkingToken]:
    """The tokens that work in the organization, of everybody, last used first.

    :raises Forbidden: for whoever does not administer the organization
    """
    _require(actor)
    return _working_tokens(actor)


def _working_tokens(actor: Actor, token_id: int | None = None) -> list[WorkingToken]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT token_id, prefix, user_id, last_used_at FROM flowboard_working_tokens(%s, %s)",
            [token_id, MOST_TOKENS],
        )
        tokens = {row[0]: WorkingToken(*row) for row in cursor.fetchall()}
    changed = ChangedLimit.objects.filter(org_id=actor.org_id, token_id__in=tokens)
    for changed_for, name, most in changed.values_list("token_id", "name", "most"):
        tokens[changed_for].rates[name] = most
    owners = _people(actor, (token.user_id for token in tokens.values()))
    for token in tokens.values():
        token.owner = owners.get(token.user_id)
    return list(tokens.values())


def get_working_token(*, actor: Actor, token_id: int) -> WorkingToken:
    """One of them.

    :raises Forbidden: for whoever does not administer the organization
    :raises NotFound: if none with this id works here
    """
    _require(actor)
    # What does not even fit into an id is no mistake of ours.
    found = _working_tokens(actor, token_id) if token_id <= BigIntegerField.MAX_BIGINT else []
    if not found:
        raise NotFound
    return found[0]


def list_callers(*, actor: Actor, tokens: list[WorkingToken]) -> list[Caller] | None:
    """Who used some of a limit in its present period, nearest first; None where the counters are away.

    :param tokens: those that work (`list_working_tokens`)
    :raises Forbidden: for whoever does not administer the organization
    """
    _require(actor)
    of_all = dict(ChangedLimit.objects.filter(org_id=actor.org_id, token_id=None).values_list("name", "most"))
    found = nearest(org_id=actor.org_id)
    if found is None:
        return None
    people = _people(actor, (near.user_id for near in found))
    known = {token.id: token for token in tokens}
    callers = [_caller(near, people, known, of_all) for near in found]
    return sorted((each for each in callers if each is not None), key=lambda each: -each.used / each.most)


def _caller(
    near: Near, people: dict[int, User], tokens: dict[int, WorkingToken], of_all: dict[str, int]
) -> Caller | None:
    person = people.get(near.user_id)
    token = tokens.get(near.token_id) if near.token_id is not None else None
    if person is None or (near.token_id is not None and token is None):
        # They left, or the token was revoked.
        return None
    most = most_of(near.name, of_all | (token.rates if token else {}))
    return Caller(limit=adjustable()[near.name], used=min(near.used, most), most=most, person=person, token=token)


def _people(actor: Actor, user_ids: Iterable[int]) -> dict[int, User]:
    found = User.objects.filter(pk__in=set(user_ids), memberships__org_id=actor.org_id)
    return {person.pk: person for person in found}


def list_callers_everywhere() -> list[Caller] | None:
    """Who is nearest to a limit on this server, for operators (who read all organizations); None where the counters are
    away."""
    found = nearest()
    if found is None:
        return None
    orgs = Organization.objects.in_bulk({near.org_id for near in found})
    people = User.objects.in_bulk({near.user_id for near in found})
    tokens = {
        token.pk: WorkingToken(token.pk, token.prefix, token.user_id, token.last_used_at)
        for token in ApiToken.objects.filter(pk__in={near.token_id for near in found if near.token_id is not None})
    }
    changed: dict[int, dict[str, int]] = {}
    for row in ChangedLimit.objects.filter(org_id__in=orgs):
        if row.token_id is None:
            changed.setdefault(row.org_id, {})[row.name] = row.most
        elif row.token_id in tokens:
            tokens[row.token_id].rates[row.name] = row.most
    callers = [
        replace(caller, org=orgs[near.org_id])
        for near in found
        if near.org_id in orgs and (caller := _caller(near, people, tokens, changed.get(near.org_id, {})))
    ]
    return sorted(callers, key=lambda each: -each.used / each.most)
