"""The first steps of somebody who is new: which ones, and which of them are done."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, QuerySet

from apps.core.tenancy import Actor
from apps.events.models import Event
from apps.issues.models import Comment, IssueStar, Visit
from apps.issues.selectors import visible_issues
from apps.orgs.models import Invitation, Organization
from apps.orgs.policies import can_create_project, can_manage_members
from apps.projects.models import Project
from apps.projects.policies import can_comment, can_edit_issues


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to try. `name` says which (`templates/components/tour.html` has the words)."""

    name: str
    is_done: bool


@dataclass(frozen=True, slots=True)
class Tour:
    """The steps in their order, and the key of the project to try them in."""

    steps: tuple[Step, ...]
    project: str | None

    @property
    def done(self) -> int:
        """How many steps are behind the person."""
        return sum(step.is_done for step in self.steps)

    @property
    def next(self) -> str | None:
        """The name of the first step that is not done; None when all are."""
        return next((step.name for step in self.steps if not step.is_done), None)


def first_steps(*, actor: Actor, since: datetime, projects: Sequence[Project], current: str | None) -> Tour | None:
    """The tour of a person in an organization, by what they may do there; None where there is nothing to try yet.

    :param since: what was done before this moment does not count
    :param projects: those in the person's sidebar
    :param current: the key of the project whose page is open, if one is
    """
    project = next((one for one in projects if one.key == current), projects[0] if projects else None)
    names = _names(actor, project)
    if not names:
        return None
    asked = {name: Exists(found) for name, found in _traces(actor, since).items() if name in names}
    done: dict[str, Any] = dict(Organization.objects.filter(pk=actor.org_id).values(**asked).get())
    steps = tuple(Step(name, project is not None if name == "project" else done[name]) for name in names)
    return Tour(steps, project.key if project else None)


def _names(actor: Actor, project: Project | None) -> tuple[str, ...]:
    """Whoever runs the organization fills it; whoever was invited finds work in it, as far as their rights go."""
    if can_manage_members(actor):
        return ("project", "create", "move", "invite")
    if project is None:
        return ("project", "create", "move") if can_create_project(actor) else ()
    if can_edit_issues(actor, project):
        return ("open", "take", "move")
    return ("open", "comment", "star") if can_comment(actor, project) else ("open", "star")


def _traces(actor: Actor, since: datetime) -> "dict[str, QuerySet[Any]]":
    """What each step leaves behind."""
    me = actor.person_id
    issues = visible_issues(actor=actor)
    moves = Event.objects.filter(org_id=actor.org_id, actor_id=me, issue_id__isnull=False, kind="issue.moved")
    mine = {"org_id": actor.org_id, "user_id": me}
    return {
        "create": issues.filter(reporter_id=me, created_at__gte=since),
        "move": moves.filter(created_at__gte=since, changes__field="status"),
        "invite": Invitation.objects.filter(org_id=actor.org_id, invited_by_id=me, created_at__gte=since),
        "open": Visit.objects.filter(**mine, seen_at__gte=since),
        "take": issues.filter(assignee_id=me),
        "comment": Comment.objects.filter(org_id=actor.org_id, author_id=me, created_at__gte=since),
        "star": IssueStar.objects.filter(**mine, created_at__gte=since),
    }
