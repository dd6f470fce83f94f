"""What somebody wants to hear of, and where."""

from collections.abc import Mapping

from django.utils.translation import gettext as _

from apps.core.errors import Forbidden, Invalid, NotFound
from apps.core.tenancy import Actor
from apps.events.services import service
from apps.issues.models import Issue, Watcher
from apps.notifications.models import Habits, IssueMute, Kind, Preference, ProjectInterest
from apps.notifications.policies import EVERY_CHANNEL
from apps.projects import policies
from apps.projects.models import Project


def _refuse_unseen(actor: Actor, project: Project | None) -> None:
    if actor.user_id is None:
        raise Forbidden
    if project is not None and not policies.can_see(actor, project):
        raise NotFound


@service
def choose_channels(*, actor: Actor, project: Project | None, channels: Mapping[str, int]) -> None:
    """Hear of kinds of things in these channels: in one project, or (None) wherever nothing else is chosen.

    :param channels: the sum of the channels by kind; kinds that are missing stay as they are
    :raises Invalid: for a kind or a sum that there is not
    :raises NotFound: if the actor may not know of the project
    """
    _refuse_unseen(actor, project)
    if any(kind not in Kind.values or not 0 <= chosen <= EVERY_CHANNEL for kind, chosen in channels.items()):
        raise Invalid(_("Choose one of the offered values."), field="channels")
    Preference.objects.filter(org_id=actor.org_id, user_id=actor.person_id, project=project, kind__in=channels).delete()
    Preference.objects.bulk_create(
        Preference(org_id=actor.org_id, user_id=actor.person_id, project=project, kind=kind, channels=chosen)
        for kind, chosen in channels.items()
    )


@service
def forget_channels(*, actor: Actor, project: Project | None) -> None:
    """Hear of everything as usual again: in a project as in the organization, there as everybody does.

    :raises NotFound: if the actor may not know of the project
    """
    _refuse_unseen(actor, project)
    Preference.objects.filter(org_id=actor.org_id, user_id=actor.person_id, project=project).delete()


@service
def choose_interest(*, actor: Actor, project: Project, level: str) -> None:
    """Follow everything in a project, hear only what names oneself, or (empty) what concerns oneself.

    :raises Invalid: for anything else
    :raises NotFound: if the actor may not know of the project
    """
    _refuse_unseen(actor, project)
    if level not in {"", *ProjectInterest.Level.values}:
        raise Invalid(_("Choose one of the offered values."), field="level")
    mine = ProjectInterest.objects.filter(org_id=actor.org_id, project=project, user_id=actor.person_id)
    mine.delete()
    if level:
        ProjectInterest.objects.create(org_id=actor.org_id, project=project, user_id=actor.person_id, level=level)


@service
def set_hears_of_own(*, actor: Actor, hears_of_own: bool) -> None:
    """Be told of what one does oneself as well, or not."""
    _refuse_unseen(actor, None)
    Habits.objects.update_or_create(
        org_id=actor.org_id, user_id=actor.person_id, defaults={"hears_of_own": hears_of_own}
    )


@service
def set_muted(*, actor: Actor, issue: Issue, is_muted: bool) -> None:
    """Hear nothing more of an issue that does not name oneself, or hear of it again. Who mutes it stops watching it.

    :raises NotFound: if the actor may not know of the issue
    """
    _refuse_unseen(actor, issue.project)
    if is_muted:
        mute = IssueMute(org_id=actor.org_id, project_id=issue.project_id, issue=issue, user_id=actor.person_id)
        IssueMute.objects.bulk_create([mute], ignore_conflicts=True)
        Watcher.objects.filter(issue=issue, user_id=actor.person_id).delete()
    else:
        IssueMute.objects.filter(issue=issue, user_id=actor.person_id).delete()
