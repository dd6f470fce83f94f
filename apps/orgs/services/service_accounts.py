"""Service accounts: programs that work in an organization under a name of their own."""

import secrets

from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.core.errors import Forbidden, Invalid, NotFound
from apps.core.tenancy import Actor, OrgRole
from apps.core.texts import one_line
from apps.events.facts import FieldChange, Subject
from apps.events.services import record, service
from apps.orgs import facts, policies, selectors
from apps.orgs.models import Membership
from apps.orgs.services.members import seat

MOST_ACCOUNTS = 100
_NO_PASSWORD = "!"  # noqa: S105 (what Django stores where no password can match)


def service_address() -> str:
    """An address that reaches nobody, so that nothing is ever mailed there and nobody signs in with it."""
    return f"{secrets.token_hex(20)}@service.invalid"


@service
def create_service_account(*, actor: Actor, name: str, role: OrgRole) -> Membership:
    """Make a member of the organization that is a program. What it may do, its role and its tokens say.

    :raises Forbidden: for who does not manage members, for a role above their own, and for a token
    :raises Invalid: if it has no name or would own the organization; for more than `MOST_ACCOUNTS`
    """
    if actor.scopes is not None or not policies.can_grant(actor, role):
        raise Forbidden
    if role == OrgRole.OWNER:
        raise Invalid(_("A program owns no organization. Choose another role."), field="role")
    name = _name(name)
    if len(selectors.list_service_accounts(actor=actor)) >= MOST_ACCOUNTS:
        raise Invalid(_("There are %(most)s already. Remove one that is not used.") % {"most": MOST_ACCOUNTS})
    # In bulk, as placeholders are: what the organization made is written in its own log, and not among accounts.
    [user] = User.objects.bulk_create(
        [
            User(
                email=service_address(),
                name=name,
                kind=User.Kind.SERVICE,
                password=_NO_PASSWORD,
                tour_began_at=None,
            )
        ]
    )
    return seat(actor, user=user, role=role)


def _name(text: str) -> str:
    name = one_line(text)[:120]
    if not name:
        raise Invalid(_("Give the account a name that says what it does."), field="name")
    return name


@service
def rename_service_account(*, actor: Actor, account: Membership, name: str) -> Membership:
    """Give a program another name, by which it stands in everything that it did as well.

    :raises Forbidden: for who may not keep its tokens
    :raises Invalid: if it has no name
    :raises NotFound: if its seat has ended meanwhile
    """
    selectors.require_keeper(actor=actor, account=account)
    name = _name(name)
    seats = Membership.objects.filter(pk=account.pk, ended_at__isnull=True)
    user = User.objects.select_for_update(no_key=True).filter(pk=account.user_id, memberships__in=seats).first()
    if user is None:
        raise NotFound(_("This account is gone. Reload the page."))
    before, user.name = user.name, name
    if before != name:
        user.save(update_fields=["name"])
        record(
            facts.ServiceAccountRenamed(
                user_id=user.pk,
                subjects=(Subject(model="accounts.user", id=user.pk, name=name),),
                changes=(FieldChange("name", before, name),),
            ),
            actor=actor,
        )
    account.user = user
    return account
