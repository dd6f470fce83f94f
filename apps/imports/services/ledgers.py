"""The scope ledgers that sprints bring along from another FlowBoard, once the issues are there."""

from collections.abc import Sequence
from typing import Any

from apps.core.tenancy import Actor
from apps.events.services import service
from apps.imports.mapping import Mapping
from apps.imports.mapping.plans import past_sprint, sprint_id
from apps.imports.models import ExternalRef, ImportRun
from apps.imports.reconciliation import Reconciliation
from apps.imports.records import LedgerRecord
from apps.imports.services.work import Work
from apps.sprints.services import PastLedger, PastScope, import_ledgers

Kind = ExternalRef.Kind


@service
def write_ledgers(
    *, actor: Actor, mapping: Mapping, source: str, run: ImportRun, rows: Sequence[tuple[str, LedgerRecord]]
) -> Reconciliation:
    """Let the sprints of a project have their ledgers, each row with its name; as many statements, however many lines.

    A newer archive adds its lines behind those that came, unless the sprint went on here as well.
    """
    work = Work(actor=actor, project=mapping.project, people=mapping.people, source=source, run=run)
    issues = work.issues(
        line.issue.external_id for _row, record in rows for line in record.lines if line.issue is not None
    )
    refs = work.known(Kind.LEDGER, [sprint_id(record.sprint) for _row, record in rows])
    batch: list[tuple[str, str, PastLedger]] = []
    for row, record in rows:
        external_id = sprint_id(record.sprint)
        sprint = mapping.plans.sprint_called(external_id)
        known = refs[external_id].version if external_id in refs else 0
        if sprint is not None and (record.run or known):
            batch.append((row, external_id, _past(mapping, record, sprint.pk, issues, known or 0)))
    outcomes = import_ledgers(actor=actor, project=mapping.project, batch=[ledger for _row, _id, ledger in batch])
    new, further = [], []
    for (row, external_id, ledger), kept in zip(batch, outcomes, strict=True):
        if kept is None:
            work.account.note(row, "ledger", f"“{ledger.past.name}” went its own way here, and keeps its own ledger.")
            continue
        work.account.counts["ledger"] += kept.lines - ledger.known
        before: dict[str, Any] = {"lines": ledger.known, "sprint": kept.before}
        ref = refs.get(external_id)
        if ref is None:
            new.append(work.ref(Kind.LEDGER, external_id, ledger.sprint_id, version=kept.lines, before=before))
        elif ref.version != kept.lines:
            if run.pk not in {ref.run_id, ref.updated_by_id}:
                ref.updated_by, ref.fields, ref.before = run, ref.before, before
            ref.version = kept.lines
            further.append(ref)
    ExternalRef.objects.bulk_create(new)
    ExternalRef.objects.bulk_update(further, ["version", "updated_by", "before", "fields"])
    return work.account


def _past(mapping: Mapping, record: LedgerRecord, pk: int, issues: dict[str, int], known: int) -> PastLedger:
    target = mapping.plans.sprint_called(record.carried_to) if record.carried_to else None
    return PastLedger(
        sprint_id=pk,
        past=past_sprint(record.sprint, is_over=False),
        run=record.run,
        time_zone=record.time_zone,
        carried_to_id=target.pk if target is not None else None,
        known=known,
        lines=[
            PastScope(
                run=line.run,
                kind=line.kind,
                at=line.at,
                issue_id=issues.get(line.issue.external_id) if line.issue is not None else None,
                issue_key=line.issue_key,
                points=line.points,
                is_in=line.is_in,
                is_done=line.is_done,
                end_date=line.end_date,
            )
            for line in record.lines
        ],
    )
