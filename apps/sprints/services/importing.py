"""Sprints as another tracker had them, many at once. Only FlowBoard itself may.

They have no ledger: exports do not tell what was in a sprint when it began, and half a story would be a wrong one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from apps.core.errors import Forbidden
from apps.core.tenancy import Actor, happening_at
from apps.core.texts import one_line
from apps.events.facts import FieldChange
from apps.events.services import service
from apps.projects.models import Project
from apps.sprints import facts
from apps.sprints.models import Sprint
from apps.sprints.services.common import tell
from apps.sprints.services.lifecycle import GOAL_LENGTH, NAME_LENGTH

State = Sprint.State


@dataclass(frozen=True, slots=True, kw_only=True)
class PastSprint:
    """A sprint as an export tells it."""

    name: str
    state: str
    goal: str = ""
    start_date: date | None = None
    end_date: date | None = None

    def values(self) -> dict[str, Any]:
        """What is stored of it. A last day before the first one is none."""
        is_upside_down = self.start_date and self.end_date and self.end_date < self.start_date
        return {
            "name": one_line(self.name)[:NAME_LENGTH].strip(),
            "goal": self.goal.replace("\x00", "\ufffd").strip()[:GOAL_LENGTH],
            "state": self.state,
            "start_date": self.start_date,
            "end_date": None if is_upside_down else self.end_date,
        }


@service
def import_sprints(*, actor: Actor, project: Project, batch: Sequence[PastSprint]) -> list[Sprint]:
    """Make sprints in whatever state they are.

    :raises Forbidden: for anybody but FlowBoard itself
    """
    if not actor.is_system:
        raise Forbidden
    now = happening_at()
    sprints = Sprint.objects.bulk_create(
        Sprint(org_id=project.org_id, project=project, created_at=now, time_zone="UTC", **past.values())
        for past in batch
    )
    for sprint in sprints:
        tell(actor, sprint, facts.SprintCreated, action="create")
    return sprints


@service
def update_imported_sprints(*, actor: Actor, project: Project, newer: Mapping[int, PastSprint]) -> None:
    """Give sprints, by their ids, what a newer export says of them. Those started here go their own way.

    :raises Forbidden: for anybody but FlowBoard itself
    """
    if not actor.is_system:
        raise Forbidden
    rows = Sprint.objects.select_for_update(no_key=True).filter(project=project, pk__in=newer, run=0)
    changed = []
    for sprint in rows.order_by("pk"):
        sprint.project = project
        wanted = newer[sprint.pk].values()
        changes = [
            FieldChange(key, _logged(getattr(sprint, key)), _logged(value))
            for key, value in wanted.items()
            if getattr(sprint, key) != value
        ]
        for key, value in wanted.items():
            setattr(sprint, key, value)
        changed += [(sprint, changes)] if changes else []
    Sprint.objects.bulk_update(
        [sprint for sprint, _changes in changed], ["name", "goal", "state", "start_date", "end_date"]
    )
    for sprint, changes in changed:
        tell(actor, sprint, facts.SprintEdited, *changes)


def _logged(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
