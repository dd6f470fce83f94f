"""Making issues inside of another one."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from apps.core.errors import Invalid, NotFound
from apps.core.tenancy import Actor
from apps.events.services import service
from apps.issues.models import Issue
from apps.issues.selectors.reach import OPEN_SPRINTS
from apps.issues.services.creating import NewIssue, create_issues
from apps.projects.models import IssueType

MOST_AT_ONCE = 100


@service
def add_children(
    *, actor: Actor, parent: Issue, titles: Sequence[str], issue_type: IssueType | None = None
) -> list[Issue]:
    """Create an issue for each title and put it under `parent`. Sub-tasks join the sprint that it is in.

    :param issue_type: what they are; without it the first type below the parent's level
    :raises Forbidden: for people who may not edit issues here
    :raises NotFound: if the parent is in the bin
    :raises Invalid: for no title or more than `MOST_AT_ONCE`, one that cannot be stored, or a type that cannot be below
    """
    fresh = (
        Issue.objects.undeleted().filter(org_id=actor.org_id, pk=parent.pk).select_related("project", "type").first()
    )
    if fresh is None:
        raise NotFound(_("The issue was deleted, or is not shared with you."))
    if not 0 < len(titles) <= MOST_AT_ONCE:
        raise Invalid(_("Write 1 to %(limit)s titles, one a line.") % {"limit": MOST_AT_ONCE}, field="children")
    below = fresh.project.issue_types.filter(level=fresh.type.level - 1, retired_at__isnull=True)
    chosen = issue_type or below.order_by("position", "id").first()
    if chosen is None:
        raise Invalid(_("This project has no type of issues that “%(name)s” can hold.") % {"name": fresh.type.name})
    sprint_id = None
    if fresh.type.level == IssueType.Level.STANDARD and fresh.sprint_id is not None:
        joins = fresh.project.sprints.filter(pk=fresh.sprint_id, state__in=OPEN_SPRINTS).exists()
        sprint_id = fresh.sprint_id if joins else None
    batch = [NewIssue(title=title, type=chosen, parent=fresh, sprint_id=sprint_id) for title in titles]
    return create_issues(actor=actor, project=fresh.project, batch=batch)
