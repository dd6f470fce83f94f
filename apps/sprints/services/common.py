"""What the sprint services share."""

from datetime import date
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext_lazy

from apps.core.errors import Conflict, Forbidden, NotFound
from apps.core.tenancy import Actor, happening_at
from apps.events.facts import FieldChange, Subject
from apps.events.services import record
from apps.projects import policies
from apps.projects.models import Project
from apps.sprints.facts import SprintFact
from apps.sprints.models import Sprint


class WrongSprintState(Conflict):
    """A sprint goes from planned to active to completed; what was asked for needs another state."""

    title = gettext_lazy("The sprint is in another state")


def manage(actor: Actor, project: Project) -> None:
    """Refuse people who may not manage sprints.

    :raises Forbidden: for all but the project's admins, and in an archived project
    """
    if project.archived_at is not None or not policies.can_configure(actor, project):
        raise Forbidden


def lock_sprint(actor: Actor, sprint: Sprint) -> Sprint:
    """The sprint as it is now, locked: before its issues, so that whoever plans waits for whoever completes.

    Without its key: the ledger of others, who hold issues that we wait for, refers to it.

    :raises NotFound: if it is gone
    """
    rows = Sprint.objects.select_for_update(no_key=True).filter(
        org_id=actor.org_id, project_id=sprint.project_id, pk=sprint.pk
    )
    fresh = rows.first()
    if fresh is None:
        raise NotFound
    fresh.project = sprint.project
    return fresh


def today_of(sprint: Sprint) -> date:
    """The day it is for the sprint."""
    zone = ZoneInfo(sprint.time_zone) if sprint.time_zone else timezone.get_current_timezone()
    return happening_at().astimezone(zone).date()


def tell(actor: Actor, sprint: Sprint, fact: type[SprintFact], *changes: FieldChange, action: str = "update") -> None:
    """Record what happened to a sprint."""
    subject = Subject(model="sprints.sprint", id=sprint.pk, name=f"{sprint.project.key} {sprint.name}", action=action)
    record(
        fact(project_id=sprint.project_id, sprint_id=sprint.pk, name=sprint.name, subjects=(subject,), changes=changes),
        actor=actor,
    )
