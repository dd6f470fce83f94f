"""Writing sprints, and what is in them."""

from collections.abc import Sequence
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.errors import Conflict, Forbidden, Invalid, NotFound
from apps.core.tenancy import Actor, happening_at
from apps.events.facts import FieldChange, Subject
from apps.events.services import record, service
from apps.issues.facts import IssueEdited
from apps.issues.models import Issue
from apps.issues.services.common import lock, require_edit, subject_of
from apps.projects import policies
from apps.projects.models import Project
from apps.sprints import facts
from apps.sprints.models import Sprint

NAME_LENGTH = 80


class WrongSprintState(Conflict):
    """A sprint goes from planned to active to completed, and only one of a project is active at a time."""

    title = gettext_lazy("The sprint is in another state")


def _subject(sprint: Sprint, action: str = "update") -> Subject:
    return Subject(model="sprints.sprint", id=sprint.pk, name=f"{sprint.project.key} {sprint.name}", action=action)


def _manage(actor: Actor, project: Project) -> None:
    if project.archived_at is not None or not policies.can_configure(actor, project):
        raise Forbidden


@service
def create_sprint(
    *,
    actor: Actor,
    project: Project,
    name: str,
    goal: str = "",
    start_date: date | None = None,
    end_date: date | None = None,
) -> Sprint:
    """Plan a sprint.

    :raises Forbidden: for people who do not administer the project
    :raises Invalid: if it has no name, or ends before it starts
    """
    _manage(actor, project)
    name = " ".join(name.split())
    if not name or len(name) > NAME_LENGTH:
        raise Invalid(
            _("Give the sprint a name of at most %(limit)s characters.") % {"limit": NAME_LENGTH}, field="name"
        )
    if start_date is not None and end_date is not None and end_date < start_date:
        raise Invalid(_("A sprint ends after it starts."), field="end_date")
    sprint = Sprint.objects.create(
        org_id=actor.org_id,
        project=project,
        name=name,
        goal=goal,
        start_date=start_date,
        end_date=end_date,
        created_at=happening_at(),
    )
    record(
        facts.SprintCreated(
            project_id=project.pk, sprint_id=sprint.pk, name=sprint.name, subjects=(_subject(sprint, "create"),)
        ),
        actor=actor,
    )
    return sprint


@service
def start_sprint(*, actor: Actor, sprint: Sprint) -> Sprint:
    """Begin a planned sprint.

    :raises Forbidden: for people who do not administer the project
    :raises WrongSprintState: if it is not planned, or another sprint of the project is active
    """
    _manage(actor, sprint.project)
    # The project's sprints are locked together, so that of two starts exactly one wins.
    siblings = list(
        Sprint.objects.select_for_update().filter(org_id=actor.org_id, project_id=sprint.project_id).order_by("pk")
    )
    if any(other.state == Sprint.State.ACTIVE for other in siblings):
        raise WrongSprintState(_("Another sprint of this project is active. Complete it first."))
    fresh = next((other for other in siblings if other.pk == sprint.pk), None)
    if fresh is None:
        raise NotFound
    if fresh.state != Sprint.State.PLANNED:
        raise WrongSprintState(_("Only a planned sprint can be started."))
    return _go(actor, sprint, Sprint.State.ACTIVE, facts.SprintStarted)


@service
def complete_sprint(*, actor: Actor, sprint: Sprint) -> Sprint:
    """End an active sprint. What is done stays in it; the rest is for the caller to plan anew.

    :raises Forbidden: for people who do not administer the project
    :raises WrongSprintState: if it is not active
    """
    _manage(actor, sprint.project)
    fresh = Sprint.objects.select_for_update().filter(org_id=actor.org_id, pk=sprint.pk).first()
    if fresh is None:
        raise NotFound
    if fresh.state != Sprint.State.ACTIVE:
        raise WrongSprintState(_("Only an active sprint can be completed."))
    return _go(actor, sprint, Sprint.State.COMPLETED, facts.SprintCompleted)


def _go(actor: Actor, sprint: Sprint, state: Sprint.State, fact: type[facts.SprintFact]) -> Sprint:
    change = FieldChange("state", sprint.state, state)
    sprint.state = state
    sprint.save(update_fields=["state"])
    record(
        fact(
            project_id=sprint.project_id,
            sprint_id=sprint.pk,
            name=sprint.name,
            subjects=(_subject(sprint),),
            changes=(change,),
        ),
        actor=actor,
    )
    return sprint


@service
def plan_issues(*, actor: Actor, issues: Sequence[Issue], sprint: Sprint | None) -> list[Issue]:
    """Put issues of one project into a sprint, or (with None) take them out of theirs.

    :raises Forbidden: for people who may not edit issues here
    :raises NotFound: if one of the issues is gone
    :raises Invalid: if the sprint belongs to another project
    :raises WrongSprintState: if the sprint is completed
    """
    if not issues:
        return []
    project = issues[0].project
    require_edit(actor, project)
    if any(issue.project_id != project.pk for issue in issues) or (
        sprint is not None and sprint.project_id != project.pk
    ):
        raise Invalid(_("Choose issues and a sprint of one project."), field="sprint")
    if sprint is not None and sprint.state == Sprint.State.COMPLETED:
        raise WrongSprintState(_("That sprint is over. Choose another one."))
    target_id = sprint.pk if sprint is not None else None
    changed = [
        (issue, FieldChange("sprint", issue.sprint_id, target_id))
        for issue in lock(actor, [issue.pk for issue in issues])
        if issue.sprint_id != target_id
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
                project_id=project.pk,
                issue_id=issue.pk,
                v=issue.version,
                f=("sprint",),
                subjects=(subject_of(issue),),
                changes=(change,),
            ),
            actor=actor,
        )
    return [issue for issue, _change in changed]
