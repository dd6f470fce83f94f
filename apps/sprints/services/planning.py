"""What is in a sprint."""

from collections.abc import Sequence
from dataclasses import replace

from django.utils.translation import gettext as _

from apps.core.errors import Invalid
from apps.core.tenancy import Actor, happening_at
from apps.events.facts import FieldChange
from apps.events.services import record, service
from apps.issues.facts import IssueEdited
from apps.issues.models import Issue
from apps.issues.services import Arrival, Standing, lock_limits, refuse_if_full
from apps.issues.services.common import hold_sprints, lock, require_edit, subject_of
from apps.sprints.models import Sprint


@service
def plan_issues(*, actor: Actor, issues: Sequence[Issue], sprint: Sprint | None) -> list[Issue]:
    """Put issues of one project into a sprint, or (with None) take them out of theirs.

    :raises Forbidden: for people who may not edit issues here
    :raises NotFound: if one of the issues or the sprint is gone
    :raises Invalid: if the sprint belongs to another project
    :raises SprintOver: if the sprint is completed
    :raises apps.issues.services.ColumnFull: if it is active, and a column of its board refuses more
    :raises apps.issues.services.LaneFull: if somebody, or a lane, has enough in work in it
    """
    if not issues:
        return []
    project = issues[0].project
    require_edit(actor, project)
    if any(issue.project_id != project.pk for issue in issues) or (
        sprint is not None and sprint.project_id != project.pk
    ):
        raise Invalid(_("Choose issues and a sprint of one project."), field="sprint")
    limits = lock_limits(project, None)
    hold_sprints(project, {sprint.pk if sprint is not None else None})
    locked = lock(actor, [issue.pk for issue in issues])
    standings = [Standing.of(issue) for issue in locked if issue.archived_at is None]
    target_id = sprint.pk if sprint is not None else None
    arriving = [Arrival(replace(was, sprint_id=target_id), was) for was in standings]
    refuse_if_full(limits, actor=actor, project=project, arriving=arriving)
    return put(actor, locked, sprint)


def put(actor: Actor, locked: Sequence[Issue], sprint: Sprint | None) -> list[Issue]:
    """Put locked issues there, with a fact for each that was elsewhere."""
    target_id = sprint.pk if sprint is not None else None
    changed = [
        (issue, FieldChange("sprint", issue.sprint_id, target_id)) for issue in locked if issue.sprint_id != target_id
    ]
    now = happening_at()
    for issue, _change in changed:
        issue.sprint_id = target_id
        issue.version += 1
        issue.updated_at = now
    Issue.objects.bulk_update(
        [issue for issue, _change in changed], ["sprint", "version", "updated_at"], batch_size=500
    )
    for issue, change in changed:
        record(
            IssueEdited(
                project_id=issue.project_id,
                issue_id=issue.pk,
                v=issue.version,
                f=("sprint",),
                subjects=(subject_of(issue),),
                changes=(change,),
            ),
            actor=actor,
        )
    return [issue for issue, _change in changed]
