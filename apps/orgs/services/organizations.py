"""Founding, naming and suspending an organization."""

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.selectors import may_found_organizations
from apps.core.errors import Conflict, Forbidden, Invalid
from apps.core.slugs import RESERVED_SLUGS
from apps.core.tenancy import Actor, OrgRole, found_organization
from apps.events.facts import FieldChange, Subject
from apps.events.services import record, service
from apps.orgs import facts, policies
from apps.orgs.models import SLUG, Membership, Organization


class OperatorsFound(Forbidden):
    """The operator keeps the creation of organizations to operators."""

    title = gettext_lazy("Only operators create organizations here")
    detail = gettext_lazy("Ask whoever runs this server to create one, or to invite you to theirs.")


class SlugTaken(Conflict):
    """Another organization has this address."""

    title = gettext_lazy("That address is taken")


@service
def create_organization(*, user_id: int, name: str, slug: str) -> tuple[Organization, Actor]:
    """Found an organization; the founder is its first owner.

    :returns: the organization, and the founder as an actor inside it
    :raises OperatorsFound: if the operator keeps this to operators, and the person is none
    :raises Invalid: if the slug is malformed or a reserved word, or the name empty
    :raises SlugTaken: if another organization has it
    """
    if not may_found_organizations(user_id=user_id):
        raise OperatorsFound
    slug = slug.strip().lower()
    name = name.strip()
    if not name:
        raise Invalid(_("Give the organization a name."), field="name")
    if not SLUG.fullmatch(slug):
        raise Invalid(_("Use small letters, digits and hyphens, such as “acme-robotics”."), field="slug")
    if slug in RESERVED_SLUGS:
        raise Invalid(_("That word is reserved. Choose another one."), field="slug")
    actor = found_organization(user_id=user_id, slug=slug)
    org = Organization(pk=actor.org_id, slug=slug, name=name)
    try:
        with transaction.atomic():
            org.save(force_insert=True)
    except IntegrityError as error:
        raise SlugTaken(_("Another organization uses “%(slug)s”.") % {"slug": slug}, field="slug") from error
    Membership.objects.create(org=org, user_id=user_id, role=OrgRole.OWNER)
    record(
        facts.OrganizationCreated(
            name=name,
            subjects=(Subject(model="orgs.organization", id=org.pk, name=name, action="create"),),
            changes=(FieldChange("slug", None, slug), FieldChange("name", None, name)),
        ),
        actor=actor,
    )
    return org, actor


@service
def rename_organization(*, actor: Actor, name: str) -> Organization:
    """Give the organization another name (its address stays).

    :raises Forbidden: for people who do not administer it
    """
    if not policies.can_rename(actor):
        raise Forbidden
    org = Organization.objects.select_for_update().get(pk=actor.org_id)
    name = name.strip()
    if not name:
        raise Invalid(_("Give the organization a name."), field="name")
    if name != org.name:
        change = FieldChange("name", org.name, name)
        org.name = name
        org.save(update_fields=["name"])
        record(
            facts.OrganizationRenamed(
                subjects=(Subject(model="orgs.organization", id=org.pk, name=name),), changes=(change,)
            ),
            actor=actor,
        )
    return org


@service
def set_organization_suspended(*, actor: Actor, is_suspended: bool) -> Organization:
    """Suspend the organization, or lift the suspension. Only FlowBoard itself may (the admin site, by `run_as_system`).

    :raises Forbidden: for anybody else
    """
    if not actor.is_system:
        raise Forbidden
    org = Organization.objects.select_for_update().get(pk=actor.org_id)
    before = org.suspended_at
    org.suspended_at = timezone.now() if is_suspended else None
    org.save(update_fields=["suspended_at"])
    record(
        facts.OrganizationSuspensionChanged(
            is_suspended=is_suspended,
            subjects=(Subject(model="orgs.organization", id=org.pk, name=org.name),),
            changes=(FieldChange("suspended", before is not None, is_suspended),),
        ),
        actor=actor,
    )
    return org
