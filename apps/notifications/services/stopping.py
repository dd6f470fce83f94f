"""Stopping what mail comes for, by the link at its end, and taking that back."""

from apps.core.tenancy import Actor
from apps.events.services import record, service
from apps.issues.facts import IssueWatched
from apps.issues.models import Issue, Watcher
from apps.issues.selectors import visible_issues
from apps.issues.services.common import watch
from apps.notifications.models import Habits, Kind, Preference, ProjectInterest, Rhythm
from apps.notifications.policies import MAIL, USUAL
from apps.notifications.services.choosing import set_muted
from apps.notifications.stopping import EVERYTHING, FOLLOWING, MUTE, WATCHING
from apps.projects.selectors import visible_projects


@service
def stop(*, actor: Actor, what: str, about: int = 0) -> str:
    """Send the actor nothing more for this reason; how often they got mail until now, to take it back by.

    Doing it again changes nothing. What they may not see any more sends them nothing in any case.
    """
    mine = Habits.objects.filter(org_id=actor.org_id, user_id=actor.person_id)
    former = mine.values_list("rhythm", flat=True).first() or Rhythm.EACH.value
    _set(actor, what, about, is_on=False, rhythm=Rhythm.NEVER)
    return former


@service
def take_back_stop(*, actor: Actor, what: str, about: int = 0, former: str = Rhythm.EACH) -> None:
    """Send the actor what comes for this reason again, all mail as often as it came before it was stopped."""
    as_before = former if former in {Rhythm.DAILY, Rhythm.WEEKLY} else Rhythm.EACH
    _set(actor, what, about, is_on=True, rhythm=as_before)


def _set(actor: Actor, what: str, about: int, *, is_on: bool, rhythm: str) -> None:
    if what == EVERYTHING:
        Habits.objects.update_or_create(org_id=actor.org_id, user_id=actor.person_id, defaults={"rhythm": rhythm})
    elif what == FOLLOWING:
        for project in visible_projects(actor=actor).filter(pk=about):
            mine = {"org_id": actor.org_id, "user_id": actor.person_id, "project": project}
            ProjectInterest.objects.filter(level=ProjectInterest.Level.FOLLOWED, **mine).delete()
            if is_on:
                followed = ProjectInterest(level=ProjectInterest.Level.FOLLOWED, **mine)
                ProjectInterest.objects.bulk_create([followed], ignore_conflicts=True)
    elif what in {WATCHING, MUTE}:
        for issue in visible_issues(actor=actor).filter(pk=about).select_related("project"):
            if what == WATCHING:
                _set_watching(actor, issue, is_on=is_on)
            else:
                set_muted(actor=actor, issue=issue, is_muted=not is_on)
    else:
        _set_mailed(actor, Kind(what), is_on=is_on)


def _set_watching(actor: Actor, issue: Issue, *, is_on: bool) -> None:
    """As on the issue's page, but without asking whether they may write: nobody is held."""
    mine = Watcher.objects.filter(issue=issue, user_id=actor.person_id)
    if mine.exists() == is_on:
        return
    if is_on:
        watch(issue, [actor.person_id])
    else:
        mine.delete()
    record(
        IssueWatched(
            project_id=issue.project_id,
            issue_id=issue.pk,
            v=issue.version,
            user_id=actor.person_id,
            is_watching=is_on,
        ),
        actor=actor,
    )


def _set_mailed(actor: Actor, kind: Kind, *, is_on: bool) -> None:
    """Mail of one kind of thing, wherever something was chosen for it, and else where nothing was."""
    mine = Preference.objects.filter(org_id=actor.org_id, user_id=actor.person_id, kind=kind)
    chosen = list(mine)
    if not any(each.project_id is None for each in chosen):
        chosen.append(Preference(org_id=actor.org_id, user_id=actor.person_id, kind=kind, channels=USUAL[kind]))
    for each in chosen:
        each.channels = each.channels | MAIL if is_on else each.channels & ~MAIL
        each.save()
