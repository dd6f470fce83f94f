"""A copy of an issue: the same work once more, with a history of its own."""

from typing import Any

from apps.core.errors import Invalid
from apps.core.tenancy import Actor
from apps.events.services import service
from apps.issues.models import Issue
from apps.issues.selectors.one import get_issue_by_id
from apps.issues.selectors.reach import open_sprints
from apps.issues.selectors.values import fields_of_type
from apps.issues.selectors.visible import visible_issues
from apps.issues.services.creating import NewIssue, create_issues
from apps.issues.services.values import read_field_value
from apps.projects.selectors import assignable_people, list_custom_fields


@service
def copy_issue(*, actor: Actor, issue: Issue) -> Issue:
    """Create an issue that asks for the same as this one: title, description, type, priority, estimate, assignee,
    labels, versions, the project's own fields, what it is part of, and its sprint while that takes issues.

    It begins anew, in the initial status, without dates, comments, files, links and sub-tasks. What the project has no
    more is left out.

    :raises NoSuchIssue: if the issue is gone
    :raises Forbidden: for people who may not edit issues here
    :raises ColumnFull: if its column refuses more
    :raises LaneFull: if somebody, or a lane, has enough in work
    """
    fresh = get_issue_by_id(actor=actor, issue_id=issue.pk)
    project = fresh.project
    sprint_ids = {sprint_id for sprint_id, _name in open_sprints(actor=actor, project=project)}
    new = NewIssue(
        title=fresh.title,
        description=fresh.description,
        type=fresh.type if fresh.type.retired_at is None else None,
        priority=fresh.priority,
        points=fresh.points,
        assignee=assignable_people(actor=actor, project=project).filter(pk=fresh.assignee_id or 0).first(),
        parent=visible_issues(actor=actor).filter(pk=fresh.parent_id or 0).select_related("type").first(),
        sprint_id=fresh.sprint_id if fresh.sprint_id in sprint_ids else None,
        labels=list(fresh.labels.filter(retired_at__isnull=True)),
        fix_versions=list(fresh.fix_versions.filter(retired_at__isnull=True, released_at__isnull=True)),
        values=_values(actor, fresh),
        is_copy=True,
    )
    # Not by `create_issue`: what looks like a quick action in a text that is there already is text.
    (made,) = create_issues(actor=actor, project=project, batch=[new])
    return made


def _values(actor: Actor, issue: Issue) -> dict[int, Any]:
    """What it has in the project's own fields, as far as it can be chosen still."""
    kept: dict[int, Any] = {}
    for field in fields_of_type(list_custom_fields(actor=actor, project=issue.project), issue.type_id):
        value, field.project = issue.custom_values.get(str(field.pk)), issue.project
        if field.has_options and isinstance(value, list):
            value = field.in_order({*value} & {each.id for each in field.choices})
        try:
            kept[field.pk] = read_field_value(actor, field, value)
        except Invalid:
            # Somebody who left, or an option that is gone.
            continue
    return kept
