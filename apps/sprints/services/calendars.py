"""Secret addresses for people's calendars."""

import secrets

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.digests import hash_secret
from apps.core.errors import Forbidden, Invalid
from apps.core.tenancy import Actor
from apps.events.facts import FieldChange, Subject
from apps.events.services import record, service
from apps.projects import policies
from apps.projects.models import Project
from apps.sprints import facts
from apps.sprints.models import CalendarLink

# Of one person in an organization; nobody has more calendars, but a script might.
MOST_LINKS = 20
_SHOWN = 6


def _subject(link: CalendarLink, action: str) -> Subject:
    return Subject(model="sprints.calendarlink", id=link.pk, name=str(link), action=action)


@service
def make_calendar_link(*, actor: Actor, project: Project, whose: str) -> tuple[CalendarLink, str]:
    """Make an address at which a calendar reads the project's sprints and due dates.

    :param whose: one of `CalendarLink.Whose`: whose due dates
    :returns: the link and its secret, which is shown once and stored nowhere
    :raises Forbidden: for who may not see the project, for FlowBoard itself, and for scripts
    :raises Invalid: for another `whose`, or more than `MOST_LINKS`
    """
    if actor.user_id is None or actor.scopes is not None or not policies.can_see(actor, project):
        raise Forbidden(_("A calendar link is made by a person who is signed in."))
    if whose not in CalendarLink.Whose.values:
        raise Invalid(_("Choose whose due dates the calendar shows."), field="whose")
    own = CalendarLink.objects.filter(org_id=actor.org_id, user_id=actor.user_id, revoked_at__isnull=True)
    if own.count() >= MOST_LINKS:
        raise Invalid(
            _("You have %(limit)s calendar links. Revoke one that you no longer use.") % {"limit": MOST_LINKS},
            field="whose",
        )
    secret = secrets.token_urlsafe(32)
    link = CalendarLink.objects.create(
        org_id=actor.org_id,
        project=project,
        user_id=actor.user_id,
        whose=whose,
        prefix=secret[:_SHOWN],
        token_hash=hash_secret(secret),
    )
    record(
        facts.CalendarLinkMade(
            person_id=actor.user_id,
            subjects=(_subject(link, "create"),),
            changes=(FieldChange("project", None, project.pk), FieldChange("whose", None, whose)),
        ),
        actor=actor,
    )
    return link, secret


@service
def revoke_calendar_link(*, actor: Actor, link: CalendarLink) -> None:
    """Stop an address from working, at once and for good."""
    link.revoked_at = timezone.now()
    link.save(update_fields=["revoked_at"])
    record(facts.CalendarLinkRevoked(person_id=link.user_id, subjects=(_subject(link, "delete"),)), actor=actor)
