"""Deleting one's own account, which ends every seat first."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.models import User
from apps.accounts.services import anonymise_account
from apps.core.errors import Conflict, Invalid
from apps.core.tenancy import Actor, current_unit, enter_as_system, enter_organization, enter_person
from apps.core.tenancy.doors import OrganizationSuspended
from apps.events.services import flush, service
from apps.orgs import selectors
from apps.orgs.models import Membership, Organization
from apps.orgs.services.members import LastOwner, end_seat, remove_member
from apps.orgs.services.organizations import delete_organization


class StillAnOwner(Conflict):
    """Organizations with other members would be left without an owner."""

    title = gettext_lazy("Somebody else must own these organizations first")


@service
def delete_account(*, user: User, confirmation: str) -> User:
    """Delete one's own account: seats and tokens end, sessions die, and nothing of the person is left but what they
    wrote, under no name.

    An organization that nobody else belongs to is deleted with it.

    :raises Invalid: if the confirmation is not the account's address
    :raises StillAnOwner: if an organization with other members has no other owner
    :raises apps.accounts.services.LastOperator: if nobody else operates the server
    """
    if confirmation.strip().lower() != user.email:
        raise Invalid(_("Type %(email)s to confirm.") % {"email": user.email}, field="confirmation")
    enter_person(user_id=user.pk)
    farewell = selectors.farewell(user_id=user.pk)
    if farewell.blocking:
        raise _still_an_owner(farewell.blocking)
    emptied = {org.pk for org in farewell.emptied}
    # In the order of their streams, as everywhere.
    for org in sorted((*farewell.emptied, *farewell.left), key=lambda each: each.pk):
        _leave(user, org, is_emptied=org.pk in emptied)
    enter_person(user_id=user.pk)
    return anonymise_account(user=user)


def _still_an_owner(organizations: list[Organization]) -> StillAnOwner:
    names = ", ".join(org.name for org in organizations)
    return StillAnOwner(
        _("You are the last owner of %(names)s. Make somebody else its owner, or delete it, then come back.")
        % {"names": names}
    )


def _leave(user: User, org: Organization, *, is_emptied: bool) -> None:
    try:
        actor: Actor = enter_organization(user_id=user.pk, slug=org.slug)
    except OrganizationSuspended:
        # The operator closed it, which must not keep anybody from going.
        actor = enter_as_system(org_id=org.pk)
    seat = Membership.objects.select_related("user").get(org_id=org.pk, user=user)
    if is_emptied:
        delete_organization(actor=actor, confirmation=org.name)
        end_seat(actor, seat)
    else:
        try:
            remove_member(actor=actor, membership=seat)
        except LastOwner as error:
            # Somebody who was an owner a moment ago is none any more.
            raise _still_an_owner([org]) from error
    # What happened here is written while this organization is the one that was entered.
    unit = current_unit()
    assert unit is not None  # noqa: S101 (services run inside one)
    flush(unit)
