"""Writing what was read: a batch of records of one project at a time, every row accounted for."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from django.db import DataError

from apps.core.errors import DomainError
from apps.core.tenancy import Actor, happening_at
from apps.events.services import retold, service
from apps.imports import guessing
from apps.imports.fingerprints import changed_fields, custom_names, fingerprints
from apps.imports.mapping import Mapping
from apps.imports.models import ExternalRef, ImportRun
from apps.imports.reconciliation import Reconciliation
from apps.imports.records import IssueRecord, ProjectRecord
from apps.imports.services.hanging import Hanging, hang
from apps.imports.services.options import note_options
from apps.imports.services.references import pend
from apps.imports.services.work import OpenFile, Work
from apps.imports.texts import Notes
from apps.issues.models import Issue
from apps.issues.services import (
    PastUpdate,
    create_issues,
    raise_counter,
    take_numbers,
    update_imported_issues,
)

Kind = ExternalRef.Kind
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Entry:
    """A record and the row that it was read from."""

    row: str
    record: IssueRecord


@dataclass(slots=True)
class Sorted:
    """A batch, told apart by what is to be done with it."""

    new: list[Entry]
    changed: list[tuple[Entry, ExternalRef]]
    same: list[Entry]


def sort_batch(*, mapping: Mapping, source: str, entries: Sequence[Entry]) -> Sorted:
    """Tell new rows from changed and unchanged ones."""
    refs = {
        ref.external_id: ref
        for ref in ExternalRef.objects.filter(
            project=mapping.project,
            source=source,
            kind=Kind.ISSUE,
            external_id__in=[entry.record.external_id for entry in entries],
        )
    }
    batch = Sorted([], [], [])
    for entry in entries:
        ref = refs.get(entry.record.external_id)
        if ref is None:
            batch.new.append(entry)
        elif ref.fingerprint != entry.record.fingerprint:
            batch.changed.append((entry, ref))
        else:
            batch.same.append(entry)
    return batch


def write_batch(
    *,
    actor: Actor,
    mapping: Mapping,
    source: str,
    entries: Sequence[Entry],
    run: ImportRun | None = None,
    open_file: OpenFile | None = None,
) -> Reconciliation:
    """Store a batch. A record that is refused fails alone, with its reason; the others go in.

    No external id may occur twice in one batch. What records say of others waits with the run (`follow_references`).

    :param run: what is made is noted as its, so that it can be taken back
    :param open_file: opens a file of the export by its path there
    :raises Invalid: if choices name what is not the project's or the organization's
    """
    account = Reconciliation()
    batch = sort_batch(mapping=mapping, source=source, entries=entries)
    account.skipped += len(batch.same)
    records = [entry.record for entry in [*batch.new, *(entry for entry, _ref in batch.changed)]]
    if not records:
        return account
    _prepare(actor, mapping, source, run, records, account)

    def work() -> Work:
        return Work(
            actor=actor, project=mapping.project, people=mapping.people, source=source, run=run, open_file=open_file
        )

    def create(part: Sequence[Entry]) -> Reconciliation:
        return _create_together(work=work(), mapping=mapping, entries=part)

    def update(part: Sequence[tuple[Entry, ExternalRef]]) -> Reconciliation:
        return _update_together(work=work(), mapping=mapping, changed=part)

    with retold(any(entry.record.is_retold for entry in entries)):
        _divide(create, batch.new, account, row=lambda entry: entry.row)
        _divide(update, batch.changed, account, row=lambda pair: pair[0].row)
    return account


@service
def write_project(
    *, actor: Actor, mapping: Mapping, source: str, about: ProjectRecord, run: ImportRun | None = None
) -> Reconciliation:
    """Make the versions, sprints, labels and components that an export tells of a project apart from its issues."""
    account = Reconciliation()
    _prepare(actor, mapping, source, run, [], account, about=about)
    return account


@service
def _prepare(
    actor: Actor,
    mapping: Mapping,
    source: str,
    run: ImportRun | None,
    records: Sequence[IssueRecord],
    account: Reconciliation,
    about: ProjectRecord | None = None,
) -> None:
    """Make what records name, and remember what was made."""
    made, met = mapping.prepare(actor=actor, records=records, about=about)
    while mapping.fields.notes:
        # Of a field as a whole, when it is made: once, not with every row.
        account.note("", *mapping.fields.notes.pop(0))
    members, placeholders = mapping.learn(actor=actor, records=records)
    for ref in made:
        ref.run = run
    kinds = Counter(ref.kind for ref in made)
    account.counts += Counter(
        members=members, placeholders=placeholders, versions=kinds[Kind.VERSION], sprints=kinds[Kind.SPRINT]
    )
    ExternalRef.objects.bulk_create(
        [ref for ref in [*made, *met] if ref.pk is None],
        update_conflicts=True,
        unique_fields=["project", "source", "kind", "external_id"],
        update_fields=["object_id", "run"],
    )
    ExternalRef.objects.bulk_update([ref for ref in [*made, *met] if ref.pk is not None], ["object_id", "fingerprint"])
    offered, mapping.fields.offered = mapping.fields.offered, []
    if run is not None:
        note_options(project=mapping.project, source=source, run=run, offered=offered)


def _divide(
    write: Callable[[Sequence[T]], Reconciliation],
    part: Sequence[T],
    account: Reconciliation,
    *,
    row: Callable[[T], str],
) -> None:
    """Write all at once; if something is refused, halve the batch until what is refused stands alone."""
    if not part:
        return
    try:
        written = write(part)
    except (DomainError, DataError) as error:
        if len(part) == 1:
            account.fail(row(part[0]), getattr(error, "field", ""), _reason(error))
            return
        middle = len(part) // 2
        _divide(write, part[:middle], account, row=row)
        _divide(write, part[middle:], account, row=row)
    else:
        account.add(written)


def _reason(error: Exception) -> str:
    return str(error.detail or error.title) if isinstance(error, DomainError) else str(error).split("\n", 1)[0]


def _tell(work: Work, mapping: Mapping, entry: Entry, notes: Notes) -> None:
    for field, reason in [*entry.record.notes, *guessing.notes(entry.record, mapping.choices), *notes]:
        work.account.note(entry.row, field, reason)


@service
def _create_together(*, work: Work, mapping: Mapping, entries: Sequence[Entry]) -> Reconciliation:
    numbers, renumbered = _numbers(mapping, entries)
    now = happening_at()
    # In the tracker's own order where it is known, else in that in which they were written: boards show them so.
    ordered = sorted(
        zip(entries, numbers, strict=True),
        key=lambda pair: (pair[0].record.place == "", pair[0].record.place, pair[0].record.created_at or now, pair[1]),
    )
    notes: list[Notes] = [[] for _pair in ordered]
    issues = create_issues(
        actor=work.actor,
        project=mapping.project,
        batch=[
            mapping.new_issue(entry.record, number=number, notes=told)
            for (entry, number), told in zip(ordered, notes, strict=True)
        ],
    )
    ExternalRef.objects.bulk_create(
        [
            work.ref(
                Kind.ISSUE,
                entry.record.external_id,
                issue.pk,
                entry.record.fingerprint,
                key=entry.record.key[:120],
                version=issue.version,
                fields=fingerprints(entry.record),
            )
            for issue, (entry, _number) in zip(issues, ordered, strict=True)
        ]
    )
    batch = [Hanging(entry.row, issue, entry.record) for issue, (entry, _number) in zip(issues, ordered, strict=True)]
    hang(work, batch, is_new=True)
    if work.run is not None:
        pend(work, work.run, [(entry.row, entry.record) for entry in entries])
    work.account.imported += len(entries)
    for (entry, _number), told in zip(ordered, notes, strict=True):
        _tell(work, mapping, entry, told)
    for entry, number in renumbered:
        key = f"{mapping.project.key}-{number}"
        work.account.note(entry.row, "key", f"{entry.record.key} has become {key}, since its number was taken.")
    return work.account


def _numbers(mapping: Mapping, entries: Sequence[Entry]) -> tuple[list[int], list[tuple[Entry, int]]]:
    """The number of each issue: its own, or a new one where that is taken; and who has got a new one."""
    project = mapping.project
    wanted = [entry.record.number for entry in entries if entry.record.number is not None]
    raise_counter(project, max(wanted, default=0))
    taken = set(Issue.objects.filter(project=project, number__in=wanted).values_list("number", flat=True))
    numbers: list[int] = []
    renumbered: list[tuple[Entry, int]] = []
    for entry in entries:
        number = entry.record.number
        if number is None:
            number = take_numbers(project, 1)
        elif number in taken:
            number = take_numbers(project, 1)
            renumbered.append((entry, number))
        taken.add(number)
        numbers.append(number)
    return numbers, renumbered


@service
def _update_together(*, work: Work, mapping: Mapping, changed: Sequence[tuple[Entry, ExternalRef]]) -> Reconciliation:
    """Bring issues up to date with what a newer export says otherwise than the one before."""
    fields = {ref.pk: changed_fields(ref.fields, entry.record) for entry, ref in changed}
    notes: dict[int, Notes] = {ref.pk: [] for _entry, ref in changed}
    known = dict(Issue.objects.filter(pk__in=[ref.object_id for _e, ref in changed]).values_list("pk", "version"))
    updates = []
    for entry, ref in changed:
        new = mapping.new_issue(entry.record, number=0, notes=[])
        values = mapping.newer_values(entry.record, custom_names(fields[ref.pk], entry.record), notes[ref.pk])
        updates.append(PastUpdate(issue_id=ref.object_id, new=new, fields=fields[ref.pk], values=values))
    issues = update_imported_issues(actor=work.actor, project=mapping.project, updates=updates)
    for issue, (entry, ref) in zip(issues, changed, strict=True):
        if work.run is not None:
            _remember(work.run, ref, was=known[issue.pk])
        ref.version = issue.version
        ref.fingerprint, ref.fields = entry.record.fingerprint, fingerprints(entry.record)
        ref.key = entry.record.key[:120]
    ExternalRef.objects.bulk_update(
        [ref for _entry, ref in changed], ["fingerprint", "fields", "version", "updated_by", "before", "key"]
    )
    batch = [Hanging(entry.row, issue, entry.record) for issue, (entry, _ref) in zip(issues, changed, strict=True)]
    hang(work, batch, is_new=False)
    if work.run is not None:
        everything = {"parent", "links"}
        wanted = {
            entry.record.external_id: everything if (some := fields[ref.pk]) is None else some for entry, ref in changed
        }
        pend(work, work.run, [(entry.row, entry.record) for entry, _ref in changed], wanted)
    work.account.updated += len(changed)
    for entry, ref in changed:
        _tell(work, mapping, entry, notes[ref.pk])
    return work.account


def _remember(run: ImportRun, ref: ExternalRef, *, was: int) -> None:
    """Keep what is needed to take the update of an issue back: once for each run."""
    if run.pk in {ref.run_id, ref.updated_by_id}:
        return
    ref.updated_by = run
    ref.before = {"fingerprint": ref.fingerprint, "fields": ref.fields, "was": was}
