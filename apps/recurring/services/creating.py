"""Issues made from a template: by a person in the form, or by a schedule."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import Invalid
from apps.core.tenancy import Actor
from apps.core.texts import one_line
from apps.events.services import service
from apps.issues.models import Issue
from apps.issues.services import NewIssue, add_children, create_issue
from apps.projects.models import Project
from apps.recurring.models import IssueTemplate
from apps.recurring.selectors import Prefill

from .templates import MOST_SUBTASKS


@service
def create_from_template(*, actor: Actor, project: Project, new: NewIssue, subtasks: Sequence[str] = ()) -> list[Issue]:
    """Create an issue and its sub-tasks, with a fact for each of them: all or none. The issue comes first.

    :param new: it says by which template it was made
    :raises Forbidden: for people who may not edit issues here
    :raises Invalid: if a value cannot be stored, or belongs to another project
    :raises TransitionRefused: if the workflow does not let one of them begin in its status
    :raises ColumnFull: if its column refuses more
    :raises LaneFull: if somebody, or a lane, has enough in work
    """
    titles = [title for title in map(one_line, subtasks) if title]
    if len(titles) > MOST_SUBTASKS:
        raise Invalid(
            _("At most %(limit)s sub-tasks are created at once; these are %(count)s.")
            % {"limit": MOST_SUBTASKS, "count": len(titles)},
            field="subtasks",
        )
    issue = create_issue(actor=actor, project=project, new=new)
    return [issue, *(add_children(actor=actor, parent=issue, titles=titles) if titles else [])]


def new_issue(template: IssueTemplate, filled: Prefill, **otherwise: Any) -> NewIssue:
    """The issue that a template makes.

    :param otherwise: what of it shall be otherwise, as `NewIssue` calls it
    """
    usual = NewIssue(
        title=filled.title or template.name,
        type=filled.type,
        description=filled.description,
        priority=template.priority,
        points=template.points,
        assignee=filled.assignee,
        labels=list(filled.labels),
        template=template.name,
    )
    return replace(usual, **otherwise)
