"""Founding, naming and suspending an organization."""

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.selectors import may_found_organizations
from apps.core.errors import Conflict, Forbidden, Invalid, NotFound
from apps.core.slugs import RESERVED_SLUGS
from apps.core.tenancy import Actor, OrgRole, found_organization
from apps.core.tenancy.doors import claim_slug
from apps.core.texts import one_line
from apps.events.facts import Fact, FieldChange, Subject
from apps.events.services import open_personal_stream, record, service
from apps.orgs import facts, policies
from apps.orgs.models import SLUG, FormerSlug, Membership, Organization
from apps.orgs.services.invitations import mail_what_waited

MOST_FORMER_SLUGS = 10


class OperatorsFound(Forbidden):
    """The operator keeps the creation of organizations to operators."""

    title = gettext_lazy("Only operators create organizations here")
    detail = gettext_lazy("Ask whoever runs this server to create one, or to invite you to theirs.")


class SlugTaken(Conflict):
    """Another organization has this address."""

    title = gettext_lazy("That address is taken")


class TooManyAddresses(Conflict):
    """The organization keeps as many former addresses as one may."""

    title = gettext_lazy("That is one address too many")


def _slug(text: str) -> str:
    slug = text.strip().lower()
    if not SLUG.fullmatch(slug):
        raise Invalid(
            _(
                "Use 1 to 48 small letters (a to z), digits and hyphens, with a letter or digit at both ends, such as "
                "“acme-robotics”."
            ),
            field="slug",
        )
    if slug in RESERVED_SLUGS:
        raise Invalid(
            _("“%(slug)s” is reserved: it means something else in addresses here. Choose another word.")
            % {"slug": slug},
            field="slug",
        )
    return slug


def _claim(slug: str, org_id: int) -> None:
    if not claim_slug(slug, org_id=org_id):
        raise SlugTaken(_("Another organization uses “%(slug)s”, or did lately.") % {"slug": slug}, field="slug")


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
    slug = _slug(slug)
    name = one_line(name)
    if not name:
        raise Invalid(_("Give the organization a name."), field="name")
    actor = found_organization(user_id=user_id, slug=slug)
    _claim(slug, actor.org_id)
    org = Organization(pk=actor.org_id, slug=slug, name=name)
    org.save(force_insert=True)
    Membership.objects.create(org=org, user_id=user_id, role=OrgRole.OWNER)
    open_personal_stream(org_id=org.pk, user_id=user_id)
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
    org = Organization.objects.select_for_update(no_key=True).get(pk=actor.org_id)
    name = one_line(name)
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
def move_organization(*, actor: Actor, slug: str) -> Organization:
    """Give the organization another address. The one before leads on to it, and stays this organization's.

    :raises Forbidden: for anybody but owners
    :raises Invalid: if the slug is malformed or a reserved word
    :raises SlugTaken: if it is, or was, another organization's
    :raises TooManyAddresses: if it has had too many already
    """
    if not policies.can_own(actor):
        raise Forbidden
    slug = _slug(slug)
    org = Organization.objects.select_for_update(no_key=True).get(pk=actor.org_id)
    if slug == org.slug:
        return org
    _claim(slug, org.pk)
    # An address of its own that it takes again no longer has to lead anywhere.
    FormerSlug.objects.filter(org=org, slug=slug).delete()
    if FormerSlug.objects.filter(org=org).count() >= MOST_FORMER_SLUGS:
        raise TooManyAddresses(
            _("An organization keeps at most %(most)s addresses it had. Take one of them again.")
            % {"most": MOST_FORMER_SLUGS},
            field="slug",
        )
    FormerSlug.objects.create(org=org, slug=org.slug)
    change = FieldChange("slug", org.slug, slug)
    org.slug = slug
    org.save(update_fields=["slug"])
    _record_about(org, facts.OrganizationMoved, actor, change)
    return org


def _record_about(
    org: Organization, kind: type[Fact], actor: Actor, *changes: FieldChange, action: str = "update"
) -> None:
    subject = Subject(model="orgs.organization", id=org.pk, name=org.name, action=action)
    record(kind(subjects=(subject,), changes=changes), actor=actor)


@service
def delete_organization(*, actor: Actor, confirmation: str) -> Organization:
    """Put the organization out of everybody's reach. Its owners can bring it back for 30 days; then it is gone.

    :raises Forbidden: for anybody but owners, and FlowBoard itself
    :raises Invalid: if the confirmation is not its name
    """
    if not (policies.can_own(actor) or actor.is_system):
        raise Forbidden
    org = Organization.objects.select_for_update(no_key=True).get(pk=actor.org_id)
    if confirmation.strip() != org.name:
        raise Invalid(_("Type “%(name)s” to confirm.") % {"name": org.name}, field="confirmation")
    if org.deleted_at is not None:
        return org
    org.deleted_at = timezone.now()
    org.save(update_fields=["deleted_at"])
    change = FieldChange("deleted_at", None, org.deleted_at.isoformat())
    _record_about(org, facts.OrganizationDeleted, actor, change, action="delete")
    return org


@service
def restore_organization(*, actor: Actor) -> Organization:
    """Bring a deleted organization back. The actor has entered by `tenancy.doors.enter_deleted_organization`.

    :raises Forbidden: for anybody but owners
    :raises NotFound: if it began to go for good a moment ago
    """
    if not policies.can_own(actor):
        raise Forbidden
    org = Organization.objects.select_for_update(no_key=True).get(pk=actor.org_id)
    if org.purge_began_at is not None:
        raise NotFound
    if org.deleted_at is None:
        return org
    change = FieldChange("deleted_at", org.deleted_at.isoformat(), None)
    org.deleted_at = None
    org.save(update_fields=["deleted_at"])
    _record_about(org, facts.OrganizationRestored, actor, change)
    return org


@service
def begin_purge_of_organization(*, actor: Actor) -> None:
    """Note, once, that an organization past its date goes for good; one that came back is let be.

    Only FlowBoard itself does this.

    :raises Forbidden: for anybody else
    """
    if not actor.is_system:
        raise Forbidden
    org = Organization.objects.select_for_update(no_key=True).get(pk=actor.org_id)
    if org.deleted_at is not None and org.purge_began_at is None:
        org.purge_began_at = timezone.now()
        org.save(update_fields=["purge_began_at"])
        _record_about(org, facts.OrganizationPurged, actor, action="delete")


@service
def set_organization_suspended(*, actor: Actor, is_suspended: bool) -> Organization:
    """Suspend the organization, or lift the suspension. Only FlowBoard itself may (the admin site, by `run_as_system`).

    Links of invitations lead nowhere meanwhile, so they are mailed when it is over.

    :raises Forbidden: for anybody else
    """
    if not actor.is_system:
        raise Forbidden
    org = Organization.objects.select_for_update(no_key=True).get(pk=actor.org_id)
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
    if before is not None and not is_suspended:
        mail_what_waited(actor)
    return org
