"""Raising and lowering limits of the API."""

from collections.abc import Mapping

from django.utils.translation import gettext as _

from apps.core.errors import Forbidden, Invalid
from apps.core.limits import adjustable
from apps.core.tenancy import Actor
from apps.events.facts import FieldChange, Subject
from apps.events.services import record, service
from apps.orgs import facts, policies, selectors
from apps.orgs.models import ChangedLimit, Organization


@service
def change_limits(*, actor: Actor, rates: Mapping[str, int | None], token_id: int | None = None) -> None:
    """Raise or lower limits for one token, or for everybody in the organization. They hold from the next request on.

    :param rates: for each limit to change, how much of it one may use; None to take a change back
    :param token_id: the token; None for the organization
    :raises Forbidden: for whoever does not administer the organization, and for tokens
    :raises NotFound: if no such token works here
    :raises Invalid: if there is no such limit, or the operator does not let it be raised so far
    """
    if not policies.can_change_limits(actor):
        raise Forbidden
    limits = adjustable()
    for name, most in rates.items():
        if name not in limits:
            raise Invalid(_("There is no such limit."), field=name)
        if most is not None and not 1 <= most <= limits[name].highest:
            raise Invalid(
                _("Write a number from 1 to %(highest)s, or nothing.") % {"highest": limits[name].highest}, field=name
            )
    # Two admins who change the same limits do it one after the other.
    org = Organization.objects.select_for_update(no_key=True).get(pk=actor.org_id)
    subject = Subject(model="orgs.organization", id=org.pk, name=org.name)
    if token_id is not None:
        token = selectors.get_working_token(actor=actor, token_id=token_id)
        subject = Subject(model="orgs.apitoken", id=token.id, name=f"{token.prefix}…")
    own = ChangedLimit.objects.filter(org_id=org.pk, token_id=token_id)
    before = dict(own.values_list("name", "most"))
    changes = tuple(
        FieldChange(name, before.get(name), most) for name, most in rates.items() if most != before.get(name)
    )
    for change in changes:
        if change.new is None:
            own.filter(name=change.field).delete()
        else:
            ChangedLimit.objects.update_or_create(
                org_id=org.pk, token_id=token_id, name=change.field, defaults={"most": change.new}
            )
    if changes:
        record(facts.LimitsChanged(subjects=(subject,), changes=changes), actor=actor)
