"""How much each person takes on in a sprint."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import Forbidden, Invalid
from apps.core.tenancy import Actor
from apps.events.facts import FieldChange
from apps.events.services import service
from apps.issues.services.common import clean_points
from apps.projects.models import Project
from apps.projects.selectors import assignable_people
from apps.sprints.facts import CapacityChanged
from apps.sprints.models import Capacity, Sprint
from apps.sprints.services.common import WrongSprintState, lock_sprint, manage, tell


@service
def set_capacity(*, actor: Actor, sprint: Sprint, points: Mapping[int, Any]) -> None:
    """Say how many points people take on in a sprint (by their ids; None: not said). Others stay as they are.

    :raises Forbidden: for people who do not administer the project
    :raises Invalid: for somebody who cannot be given issues here, or what is no estimate
    :raises WrongSprintState: if it is over
    """
    manage(actor, sprint.project)
    fresh = lock_sprint(actor, sprint)
    if fresh.state == Sprint.State.COMPLETED:
        raise WrongSprintState(_("This sprint is over, so its figures stay as they are. Reopen it to change it."))
    known = set(assignable_people(actor=actor, project=sprint.project).values_list("pk", flat=True))
    if not points.keys() <= known:
        raise Invalid(_("Choose somebody who works in this project."), field="capacity")
    _store(actor, {fresh: {user_id: clean_points(value) for user_id, value in points.items()}})


@service
def import_capacities(*, actor: Actor, project: Project, points: Mapping[int, Mapping[int, Decimal]]) -> set[int]:
    """Say how many points people take on in sprints, by the ids of both, as it was elsewhere, over or not.

    :returns: who cannot be given issues here: nothing is said of them
    :raises Forbidden: for anybody but FlowBoard itself
    """
    if not actor.is_system:
        raise Forbidden
    named = {user_id for each in points.values() for user_id in each}
    known = set(assignable_people(actor=actor, project=project).filter(pk__in=named).values_list("pk", flat=True))
    wanted: dict[Sprint, Mapping[int, Decimal | None]] = {}
    sprints = Sprint.objects.select_for_update(no_key=True).filter(project=project, pk__in=points)
    for sprint in sprints.order_by("pk"):
        sprint.project = project
        wanted[sprint] = {user_id: value for user_id, value in points[sprint.pk].items() if user_id in known}
    _store(actor, wanted)
    return named - known


def _store(actor: Actor, wanted: Mapping[Sprint, Mapping[int, Decimal | None]]) -> None:
    """Store what people take on in sprints, in a constant number of statements; others stay as they are."""
    now = {(row.sprint_id, row.user_id): row for row in Capacity.objects.filter(sprint__in=wanted)}
    gone: list[int] = []
    new: list[Capacity] = []
    for sprint, points in wanted.items():
        was = {user_id: now[sprint.pk, user_id] for user_id in points if (sprint.pk, user_id) in now}
        old = {user_id: was[user_id].points if user_id in was else None for user_id in points}
        changed = [user_id for user_id, value in points.items() if old[user_id] != value]
        if not changed:
            continue
        gone += [was[user_id].pk for user_id in changed if user_id in was]
        new += [
            Capacity(org_id=sprint.org_id, project_id=sprint.project_id, sprint=sprint, user_id=user_id, points=value)
            for user_id in changed
            if (value := points[user_id]) is not None
        ]
        before = {str(user_id): _figure(old[user_id]) for user_id in changed}
        after = {str(user_id): _figure(points[user_id]) for user_id in changed}
        tell(actor, sprint, CapacityChanged, FieldChange("capacity", before, after))
    Capacity.objects.filter(pk__in=gone).delete()
    Capacity.objects.bulk_create(new)


def _figure(value: Decimal | None) -> str | None:
    return None if value is None else f"{value.normalize():f}"
