"""What somebody wants to hear of, as they chose it."""

from dataclasses import dataclass

from apps.core.tenancy import Actor
from apps.notifications.models import Habits, IssueMute, Kind, Preference, ProjectInterest
from apps.notifications.policies import DESKTOP, EVERY_KIND, INBOX, MAIL, Wishes
from apps.projects.models import Project
from apps.projects.selectors import visible_projects


@dataclass(frozen=True, slots=True)
class Choice:
    """One line of what can be chosen: a kind, in which channels it arrives, and all of these as a sum."""

    kind: Kind
    channels: int

    @property
    def in_inbox(self) -> bool:
        """Whether it arrives in the inbox."""
        return bool(self.channels & INBOX)

    @property
    def by_mail(self) -> bool:
        """Whether it is mailed."""
        return bool(self.channels & MAIL)

    @property
    def on_desktop(self) -> bool:
        """Whether an open tab shows it on the desktop."""
        return bool(self.channels & DESKTOP)


def choices(*, actor: Actor, project: Project | None) -> list[Choice]:
    """What holds for the actor in a project, or (None) in the organization: one query."""
    rows = Preference.objects.filter(org_id=actor.org_id, user_id=actor.person_id)
    chosen = list(rows.values_list("project_id", "kind", "channels"))
    here = {kind: channels for at, kind, channels in chosen if project is not None and at == project.pk}
    wishes = Wishes(here, {kind: channels for at, kind, channels in chosen if not at})
    return [Choice(kind, wishes.channels(kind)) for kind in EVERY_KIND]


def projects_with_choices(*, actor: Actor) -> set[int]:
    """The projects for which the actor chose something of their own."""
    mine = {"org_id": actor.org_id, "user_id": actor.person_id}
    chosen = Preference.objects.filter(project__isnull=False, **mine).values_list("project_id", flat=True)
    interests = ProjectInterest.objects.filter(**mine).values_list("project_id", flat=True)
    wanted = {*chosen, *interests}
    return set(visible_projects(actor=actor).filter(pk__in=wanted).values_list("pk", flat=True))


def interest_in(*, actor: Actor, project: Project) -> str:
    """Whether the actor follows the project, has muted it, or neither (empty)."""
    mine = ProjectInterest.objects.filter(org_id=actor.org_id, user_id=actor.person_id, project=project)
    return mine.values_list("level", flat=True).first() or ""


def hears_of_own(*, actor: Actor) -> bool:
    """Whether the actor is told of what they do themselves."""
    return Habits.objects.filter(org_id=actor.org_id, user_id=actor.person_id, hears_of_own=True).exists()


def has_muted(*, actor: Actor, issue_id: int) -> bool:
    """Whether the actor has muted the issue."""
    return IssueMute.objects.filter(org_id=actor.org_id, user_id=actor.person_id, issue_id=issue_id).exists()
