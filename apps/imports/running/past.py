"""The past that comes along in a batch: history of issues, and ledgers of sprints."""

from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from apps.core.tenancy import Actor
from apps.imports.mapping import Mapping
from apps.imports.models import ImportRun
from apps.imports.reconciliation import Reconciliation
from apps.imports.records import HistoryRecord, LedgerRecord
from apps.imports.services import write_history, write_ledgers

Told = HistoryRecord | LedgerRecord


def past_words(told: Told) -> str:
    """How the account calls such a row."""
    return _("history, kept with its issue") if isinstance(told, HistoryRecord) else _("figures of a sprint")


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
        if histories:
            account.add(write_history(actor=actor, mapping=mapping, source=run.source, run=run, rows=histories))
        return account
