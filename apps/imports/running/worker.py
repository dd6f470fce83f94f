"""One worker at one import, whatever there is to do."""

from django.utils.translation import gettext as _

from apps.core.errors import DomainError
from apps.core.tenancy import run_as_system
from apps.core.tenancy.doors import OrganizationSuspended
from apps.imports.models import ImportRun
from apps.imports.running.locks import ImportRunning, hold_run
from apps.imports.running.looking import look_through
from apps.imports.running.taking_back import take_back
from apps.imports.running.turns import Outcome, Tell, Turn, tell_nobody
from apps.imports.running.writing import write
from apps.imports.services.progress import end_import, put_down, take_up


def work(*, org_id: int, run_id: int, has_turns: bool = False, on_progress: Tell = tell_nobody) -> Outcome:
    """Do what an import has to do: look its files through, write them, or take it back.

    :param has_turns: gives way to other imports now and then
    :param on_progress: told the run after each batch
    """
    with hold_run(run_id) as is_mine:
        if not is_mine:
            return Outcome.OVER
        with run_as_system(org_id=org_id) as actor:
            run = take_up(actor=actor, run_id=run_id)
        if run is None:
            return Outcome.OVER
        try:
            return _work(run, Turn(run, has_end=has_turns), on_progress)
        except (ImportRunning, OrganizationSuspended):
            with run_as_system(org_id=org_id) as actor:
                put_down(actor=actor, run=run, is_next=False)
            return Outcome.WAITING
        except (DomainError, OSError) as error:
            with run_as_system(org_id=org_id) as actor:
                end_import(actor=actor, run=run, state=ImportRun.State.FAILED, fault=_sentence(error))
            return Outcome.OVER


def _sentence(error: DomainError | OSError) -> str:
    if isinstance(error, DomainError):
        return str(error.detail or error.title)
    if isinstance(error, FileNotFoundError):
        return _("A file of the import is gone, so it cannot be read any further. Hand it in again.")
    return _("A file of the import cannot be read: %(error)s") % {"error": error}


def _work(run: ImportRun, turn: Turn, on_progress: Tell) -> Outcome:
    if run.state == ImportRun.State.SURVEYING:
        return look_through(run, on_progress)
    if run.state == ImportRun.State.RUNNING:
        return write(run, turn, on_progress)
    return take_back(run, turn, on_progress)
