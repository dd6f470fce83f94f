"""People whom an import found in another tracker and who have no account here."""

import hashlib
from collections.abc import Mapping

from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.core.errors import Forbidden
from apps.core.tenancy import Actor, OrgRole, happening_at
from apps.events.facts import Subject
from apps.events.services import record, service
from apps.orgs.facts import PlaceholdersAdded
from apps.orgs.models import Membership

_NO_PASSWORD = "!"  # noqa: S105 (what Django stores where no password can match)


def placeholder_address(actor: Actor, source: str, handle: str) -> str:
    """An address that reaches nobody and is the same for the same person of the same tracker, in this organization."""
    digest = hashlib.sha256(f"{actor.org_id}:{source}:{handle}".encode()).hexdigest()
    return f"{digest[:40]}@placeholder.invalid"


@service
def ensure_placeholders(*, actor: Actor, source: str, names: Mapping[str, str]) -> dict[str, User]:
    """Somebody to name for each handle of another tracker: nobody can sign in as them, and their seat has ended.

    :param names: what each handle is called
    :returns: the person for each handle, made where they did not exist yet
    :raises Forbidden: for anybody but FlowBoard itself
    """
    if not actor.is_system:
        raise Forbidden
    handles = {placeholder_address(actor, source, handle): handle for handle in names}
    known = set(User.objects.filter(email__in=handles).values_list("email", flat=True))
    missing = [
        User(
            email=address,
            name=names[handle][:120] or _("Unknown"),
            kind=User.Kind.PLACEHOLDER,
            is_active=False,
            password=_NO_PASSWORD,
        )
        for address, handle in handles.items()
        if address not in known
    ]
    User.objects.bulk_create(missing, ignore_conflicts=True)
    people = {handles[user.email]: user for user in User.objects.filter(email__in=handles)}
    now = happening_at()
    # An ended seat gives no right; it is what lets their names be read in this organization.
    Membership.objects.bulk_create(
        [
            Membership(org_id=actor.org_id, user=user, role=OrgRole.GUEST, created_at=now, ended_at=now)
            for user in people.values()
        ],
        ignore_conflicts=True,
    )
    if missing:
        added = [people[handles[user.email]] for user in missing]
        record(
            PlaceholdersAdded(
                count=len(added),
                subjects=tuple(Subject(model="accounts.user", id=u.pk, name=u.name, action="create") for u in added),
            ),
            actor=actor,
        )
    return people
