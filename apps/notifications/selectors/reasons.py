"""What a link at the end of a mail stops, in words."""

from django.utils.translation import gettext as _

from apps.core.tenancy import Actor
from apps.issues.selectors import visible_issues
from apps.notifications.models import Kind
from apps.notifications.stopping import EVERYTHING, FOLLOWING, WATCHING, Reason
from apps.orgs.models import Organization
from apps.projects.selectors import visible_projects


def stopped_by(*, actor: Actor, reason: Reason) -> str:
    """What comes no more once it is stopped. What the actor may not see any more has no name."""
    if reason.what == EVERYTHING:
        name = Organization.objects.get(pk=actor.org_id).name
        return _("mail from %(org)s") % {"org": name}
    if reason.what == Kind.MENTIONED:
        return _("mail when you are mentioned")
    if reason.what == Kind.ASSIGNED:
        return _("mail when something is given to you")
    if reason.what == FOLLOWING:
        key = visible_projects(actor=actor).filter(pk=reason.about).values_list("key", flat=True).first()
        return _("news of everything in %(project)s") % {"project": key or _("a project")}
    row = visible_issues(actor=actor).filter(pk=reason.about).values_list("project__key", "number").first()
    key = f"{row[0]}-{row[1]}" if row else _("an issue")
    if reason.what == WATCHING:
        return _("news of %(key)s because you watch it") % {"key": key}
    return _("news of %(key)s that does not name you") % {"key": key}
