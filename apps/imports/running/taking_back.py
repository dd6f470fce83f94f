"""Taking back what an import brought."""

from apps.core.tenancy import Origin, run_as_system
from apps.imports.models import ImportRun
from apps.imports.running.turns import Outcome, Tell, Turn
from apps.imports.services import take_back_batch
from apps.imports.services.progress import end_taking_back, store_taken_back


def take_back(run: ImportRun, turn: Turn, on_progress: Tell) -> Outcome:
    """Take back what is left, as far as this turn goes."""
    is_done = False
    while not is_done:
        with run_as_system(org_id=run.org_id, origin=Origin.IMPORT) as actor:
            taken = take_back_batch(actor=actor, run=run)
            store_taken_back(actor=actor, run=run, taken=taken)
            is_done = taken.is_done
        on_progress(run)
        if not is_done and turn.is_over:
            return turn.give_way()
    with run_as_system(org_id=run.org_id) as actor:
        end_taking_back(actor=actor, run=run)
    return Outcome.OVER
