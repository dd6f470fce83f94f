"""Whom something concerns: read as FlowBoard itself, in a fixed number of queries, for one project at a time."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.db.models import Q

from apps.accounts.models import User
from apps.core.tenancy import Actor
from apps.issues.models import Issue, Watcher
from apps.notifications.models import Habits, IssueMute, Kind, Preference, ProjectInterest, Why
from apps.notifications.policies import NO_WISHES, Wishes
from apps.projects.models import Project
from apps.projects.selectors import people_of, visible_projects

Level = ProjectInterest.Level


@dataclass(frozen=True, slots=True)
class Named:
    """Whom a happening names: the handles in its text, who was given the issue, and who took part in its thread."""

    handles: frozenset[str]
    assignee_id: int | None
    talkers: frozenset[int] = frozenset()


@dataclass(slots=True)
class Audience:
    """The people whom the news of one issue concerns, and why; who hears only what names them; and their wishes."""

    issue: Issue
    reasons: dict[int, set[Why]] = field(default_factory=dict)
    muted: set[int] = field(default_factory=set)
    mentioned: frozenset[int] = frozenset()
    wishes: Mapping[int, Wishes] = field(default_factory=dict)

    def add(self, user_id: int | None, why: Why) -> None:
        """Somebody more, or one more reason."""
        if user_id is not None:
            self.reasons.setdefault(user_id, set()).add(why)

    def wishes_of(self, user_id: int) -> Wishes:
        """What somebody chose."""
        return self.wishes.get(user_id, NO_WISHES)


def audiences_of(*, actor: Actor, named: Mapping[int, Named]) -> list[Audience]:
    """Whom news of issues concerns, as far as these people may see each issue now.

    :param named: whom the news names, by the ids of the issues
    """
    issues = Issue.objects.undeleted().filter(org_id=actor.org_id, pk__in=named).order_by("pk")
    by_project: dict[int, list[Issue]] = {}
    for issue in issues:
        by_project.setdefault(issue.project_id, []).append(issue)
    projects = visible_projects(actor=actor).filter(pk__in=by_project)
    return [found for project in projects for found in _in_project(actor, project, by_project[project.pk], named)]


def _in_project(actor: Actor, project: Project, issues: list[Issue], named: Mapping[int, Named]) -> Iterable[Audience]:
    found = {issue.pk: Audience(issue) for issue in issues}
    handles = {handle for issue in issues for handle in named[issue.pk].handles}
    by_handle = dict(User.objects.filter(handle__in=handles).values_list("handle", "pk")) if handles else {}
    for issue in issues:
        audience, names = found[issue.pk], named[issue.pk]
        audience.mentioned = frozenset(by_handle[handle] for handle in names.handles if handle in by_handle)
        for user_id in audience.mentioned:
            audience.add(user_id, Why.MENTIONED)
        for user_id in names.talkers:
            audience.add(user_id, Why.THREAD)
        audience.add(names.assignee_id, Why.ASSIGNED)
        audience.add(issue.assignee_id, Why.ASSIGNED)
        audience.add(issue.reporter_id, Why.REPORTER)
    for issue_id, user_id in Watcher.objects.filter(issue__in=found).values_list("issue_id", "user_id"):
        found[issue_id].add(user_id, Why.WATCHING)
    levels = dict(ProjectInterest.objects.filter(project=project).values_list("user_id", "level"))
    for user_id, level in levels.items():
        for audience in found.values():
            if level == Level.FOLLOWED:
                audience.add(user_id, Why.FOLLOWING)
            else:
                audience.muted.add(user_id)
    for issue_id, user_id in IssueMute.objects.filter(issue__in=found).values_list("issue_id", "user_id"):
        found[issue_id].muted.add(user_id)
    people = {user_id for audience in found.values() for user_id in audience.reasons}
    readers = set(people_of(actor=actor, projects=[project]).filter(pk__in=people).values_list("pk", flat=True))
    wishes = _wishes(actor, project, readers)
    for audience in found.values():
        audience.wishes = wishes
        audience.reasons = {pk: reasons for pk, reasons in audience.reasons.items() if pk in readers}
        audience.mentioned &= readers
    return found.values()


def _wishes(actor: Actor, project: Project, people: Iterable[int]) -> dict[int, Wishes]:
    chosen: dict[int, tuple[dict[str, int], dict[str, int]]] = {}
    rows = Preference.objects.filter(
        Q(project=project) | Q(project__isnull=True), org_id=actor.org_id, user_id__in=people
    )
    for user_id, project_id, kind, channels in rows.values_list("user_id", "project_id", "kind", "channels"):
        in_project, in_org = chosen.setdefault(user_id, ({}, {}))
        (in_project if project_id == project.pk else in_org)[Kind(kind)] = channels
    own = Habits.objects.filter(org_id=actor.org_id, user_id__in=people, hears_of_own=True)
    curious = set(own.values_list("user_id", flat=True))
    return {
        user_id: Wishes(*chosen.get(user_id, ({}, {})), hears_of_own=user_id in curious)
        for user_id in chosen.keys() | curious
    }
