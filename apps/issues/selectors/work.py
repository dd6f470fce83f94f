"""What hangs on a person or a label: what whoever takes them away is asked about."""

from apps.core.tenancy import Actor
from apps.issues.models import IssueQuerySet
from apps.issues.selectors.visible import visible_issues
from apps.projects.models import Label, Project, Status


def open_work(*, actor: Actor, user_id: int) -> IssueQuerySet:
    """The open issues that somebody has, as far as the actor may know of them."""
    return visible_issues(actor=actor).filter(assignee_id=user_id).exclude(status__category__in=Status.CLOSED)


def count_open_work(*, actor: Actor, user_id: int, project: Project | None = None) -> int:
    """How many open issues somebody has: in a project, or wherever the actor may look."""
    mine = open_work(actor=actor, user_id=user_id)
    return mine.count() if project is None else mine.filter(project=project).count()


def count_labelled(*, actor: Actor, label: Label) -> int:
    """How many issues carry a label."""
    return visible_issues(actor=actor).filter(issue_labels__label=label).count()
