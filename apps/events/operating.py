"""What operators of the server do inside organizations: through services, as FlowBoard itself, with a reason."""

from collections.abc import Iterator
from contextlib import contextmanager

from apps.core.tenancy import Actor, current_unit, enter_as_system, enter_person
from apps.core.tenancy.routers import as_application
from apps.events.services import flush


@contextmanager
def operating_in(*, org_id: int, reason: str) -> Iterator[Actor]:
    """Act as FlowBoard itself in one organization, within the unit of work of the operator's own request.

    The facts are written when the block ends, so that one request may act in several organizations one after another.

    :raises apps.core.tenancy.doors.NoSuchOrganization: if it does not exist
    """
    unit = current_unit()
    if unit is None or unit.user_id is None:
        raise RuntimeError("Only a person who is signed in operates, inside a request.")
    operator, reason_before = unit.user_id, unit.reason
    with as_application():
        unit.reason = reason
        try:
            yield enter_as_system(org_id=org_id)
            flush(unit)
        finally:
            unit.reason, unit.actor = reason_before, None
            enter_person(user_id=operator)
