"""How much each person takes on in a sprint."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import Invalid
from apps.core.tenancy import Actor
from apps.events.facts import FieldChange
from apps.events.services import service
from apps.issues.services.common import clean_points
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
    wanted = {user_id: clean_points(value) for user_id, value in points.items()}
    now: dict[int, Decimal] = dict(Capacity.objects.filter(sprint=fresh).values_list("user_id", "points"))
    changed = {user_id: value for user_id, value in wanted.items() if now.get(user_id) != value}
    if not changed:
        return
    Capacity.objects.filter(sprint=fresh, user_id__in=changed).delete()
    Capacity.objects.bulk_create(
        Capacity(org_id=fresh.org_id, project_id=fresh.project_id, sprint=fresh, user_id=user_id, points=value)
        for user_id, value in changed.items()
        if value is not None
    )
    old = {str(user_id): _figure(now.get(user_id)) for user_id in changed}
    new = {str(user_id): _figure(value) for user_id, value in changed.items()}
    tell(actor, fresh, CapacityChanged, FieldChange("capacity", old, new))


def _figure(value: Decimal | None) -> str | None:
    return None if value is None else f"{value.normalize():f}"
