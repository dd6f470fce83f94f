"""Looking the files of an import through, before anything is written."""

from apps.core.tenancy import run_as_system
from apps.imports.models import ImportRun
from apps.imports.running import reading
from apps.imports.running.turns import Outcome, Pulse, Tell
from apps.imports.services.progress import note_beat, store_survey
from apps.imports.surveying import Survey


def look_through(run: ImportRun, on_progress: Tell) -> Outcome:
    """Find out what the files hold and what would become of each row."""
    survey = Survey(run)
    pulse = Pulse()
    with reading.open_files(run) as here:
        for row in reading.rows_of(here, survey.choices):
            survey.look(row)
            if pulse.is_due():
                with run_as_system(org_id=run.org_id) as actor:
                    if not note_beat(actor=actor, run=run, rows_read=survey.rows):
                        return Outcome.OVER
        found = survey.result(here)
    with run_as_system(org_id=run.org_id) as actor:
        store_survey(actor=actor, run=run, survey=found)
    on_progress(run)
    return Outcome.OVER
