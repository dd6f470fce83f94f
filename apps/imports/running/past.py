"""The past that comes along in a batch: history of issues, ledgers of sprints, and what made issues by itself."""

from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from apps.core.tenancy import Actor
from apps.imports.mapping import Mapping
from apps.imports.models import ImportRun
from apps.imports.reconciliation import Reconciliation
from apps.imports.records import HistoryRecord, LedgerRecord, ScheduleRecord
from apps.imports.services import write_capacities, write_history, write_ledgers, write_schedules

Told = HistoryRecord | LedgerRecord | ScheduleRecord


def past_words(told: Told) -> str:
    """How the account calls such a row."""
    match told:
        case HistoryRecord():
            return _("history, kept with its issue")
        case LedgerRecord():
            return _("figures of a sprint")
    return _("a schedule of the project")


@dataclass(slots=True)
class Past:
    """What a batch tells of the past, by the keys of the projects here."""

    # With what they are called there.
    projects: dict[str, str] = field(default_factory=dict)
    _told: dict[str, list[tuple[str, Told]]] = field(default_factory=dict)

    def add(self, key: str, row: str, told: Told) -> None:
        """Take a row of a project."""
        self.projects[key] = told.project_name
        self._told.setdefault(key, []).append((row, told))

    def write(self, actor: Actor, mapping: Mapping, key: str, run: ImportRun) -> Reconciliation:
        """Store what there is of a project."""
        rows = self._told[key]
        account = Reconciliation()
        ledgers = [(row, told) for row, told in rows if isinstance(told, LedgerRecord)]
        histories = [(row, told) for row, told in rows if isinstance(told, HistoryRecord)]
        if ledgers:
            account.add(write_ledgers(actor=actor, mapping=mapping, source=run.source, run=run, rows=ledgers))
            account.add(write_capacities(actor=actor, mapping=mapping, run=run, rows=ledgers))
        if histories:
            account.add(write_history(actor=actor, mapping=mapping, source=run.source, run=run, rows=histories))
        schedules = [(row, told) for row, told in rows if isinstance(told, ScheduleRecord)]
        if schedules:
            account.add(write_schedules(actor=actor, mapping=mapping, source=run.source, run=run, rows=schedules))
        return account
