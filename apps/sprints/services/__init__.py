"""Writing sprints, what is in them, and their ledger."""

from apps.sprints.services.backlog import MOST_AT_ONCE, create_in_backlog
from apps.sprints.services.cadence import AHEAD, COOLDOWN, WEEKS, keep_cadence, set_cadence
from apps.sprints.services.calendars import MOST_LINKS, make_calendar_link, revoke_calendar_link
from apps.sprints.services.capacity import import_capacities, set_capacity
from apps.sprints.services.common import WrongSprintState
from apps.sprints.services.dates import set_dates
from apps.sprints.services.importing import PastSprint, import_sprints, update_imported_sprints
from apps.sprints.services.importing_cadence import (
    PastCadence,
    begin_imported_cadence,
    import_cadence,
    note_imported_slots,
    remove_imported_cadence,
)
from apps.sprints.services.importing_ledgers import PastLedger, PastScope, import_ledgers, take_ledgers_back
from apps.sprints.services.ledger import settle_facts
from apps.sprints.services.lifecycle import (
    BACKLOG,
    NEW_SPRINT,
    cancel_sprint,
    complete_sprint,
    create_sprint,
    edit_sprint,
    reopen_sprint,
    start_sprint,
)
from apps.sprints.services.planning import plan_issues

__all__ = [
    "AHEAD",
    "BACKLOG",
    "COOLDOWN",
    "MOST_AT_ONCE",
    "MOST_LINKS",
    "NEW_SPRINT",
    "WEEKS",
    "PastCadence",
    "PastLedger",
    "PastScope",
    "PastSprint",
    "WrongSprintState",
    "begin_imported_cadence",
    "cancel_sprint",
    "complete_sprint",
    "create_in_backlog",
    "create_sprint",
    "edit_sprint",
    "import_cadence",
    "import_capacities",
    "import_ledgers",
    "import_sprints",
    "keep_cadence",
    "make_calendar_link",
    "note_imported_slots",
    "plan_issues",
    "remove_imported_cadence",
    "reopen_sprint",
    "revoke_calendar_link",
    "set_cadence",
    "set_capacity",
    "set_dates",
    "settle_facts",
    "start_sprint",
    "take_ledgers_back",
    "update_imported_sprints",
]
