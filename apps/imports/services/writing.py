"""Writing what was read: a batch of records of one project at a time, every row accounted for."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import DataError

from apps.core.errors import DomainError
from apps.core.tenancy import Actor, happening_at
from apps.events.services import service
from apps.imports import guessing
from apps.imports.mapping import Mapping
from apps.imports.models import ExternalRef
from apps.imports.reconciliation import Reconciliation
from apps.imports.records import CommentRecord, IssueRecord
from apps.issues.models import Issue
from apps.issues.services import (
    PastComment,
    PastEdit,
    create_issues,
    import_comments,
    raise_counter,
    take_numbers,
    update_imported_comments,
    update_imported_issue,
)

Kind = ExternalRef.Kind


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


def write_batch(*, actor: Actor, mapping: Mapping, source: str, entries: Sequence[Entry]) -> Reconciliation:
    """Store a batch. A record that is refused fails alone, with its reason; the others go in.

    No external id may occur twice in one batch.
    """
    account = Reconciliation()
    batch = sort_batch(mapping=mapping, source=source, entries=entries)
    account.skipped += len(batch.same)
    mapping.prepare(
        actor=actor, records=[entry.record for entry in [*batch.new, *(entry for entry, _ref in batch.changed)]]
    )
    _create(actor, mapping, source, batch.new, account)
    for entry, ref in batch.changed:
        try:
            _update(actor=actor, mapping=mapping, source=source, entry=entry, ref=ref, account=account)
        except (DomainError, DataError) as error:
            account.fail(entry.row, getattr(error, "field", ""), _reason(error))
        else:
            account.updated += 1
            _pass_on_notes(entry, account)
    return account


def _create(actor: Actor, mapping: Mapping, source: str, entries: Sequence[Entry], account: Reconciliation) -> None:
    """Create all at once; if something is refused, halve the batch until what is refused stands alone."""
    if not entries:
        return
    try:
        renumbered = _create_together(actor=actor, mapping=mapping, source=source, entries=entries)
    except (DomainError, DataError) as error:
        if len(entries) == 1:
            account.fail(entries[0].row, getattr(error, "field", ""), _reason(error))
            return
        middle = len(entries) // 2
        _create(actor, mapping, source, entries[:middle], account)
        _create(actor, mapping, source, entries[middle:], account)
        return
    account.imported += len(entries)
    for entry in entries:
        account.comments["imported"] += len(entry.record.comments)
        _pass_on_notes(entry, account)
    for entry, number in renumbered:
        key = f"{mapping.project.key}-{number}"
        account.note(entry.row, "key", f"{entry.record.key} has become {key}, since its number was taken.")


def _pass_on_notes(entry: Entry, account: Reconciliation) -> None:
    for field, reason in [*entry.record.notes, *guessing.notes(entry.record)]:
        account.note(entry.row, field, reason)


def _reason(error: Exception) -> str:
    return str(error.detail or error.title) if isinstance(error, DomainError) else str(error).split("\n", 1)[0]


@service
def _create_together(
    *, actor: Actor, mapping: Mapping, source: str, entries: Sequence[Entry]
) -> list[tuple[Entry, int]]:
    numbers, renumbered = _numbers(mapping, entries)
    now = happening_at()
    # In the order in which they were written, which is the order in which boards show them.
    ordered = sorted(zip(entries, numbers, strict=True), key=lambda pair: (pair[0].record.created_at or now, pair[1]))
    issues = create_issues(
        actor=actor,
        project=mapping.project,
        batch=[mapping.new_issue(entry.record, number=number) for entry, number in ordered],
    )
    refs = []
    past: list[tuple[Issue, CommentRecord]] = []
    for issue, (entry, _number) in zip(issues, ordered, strict=True):
        refs.append(_ref(mapping, source, Kind.ISSUE, entry.record, issue.pk))
        past += [(issue, comment) for comment in entry.record.comments]
    _add_comments(actor, mapping, source, past)
    ExternalRef.objects.bulk_create(refs)
    return renumbered


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


def _ref(
    mapping: Mapping, source: str, kind: ExternalRef.Kind, record: IssueRecord | CommentRecord, object_id: int
) -> ExternalRef:
    return ExternalRef(
        org_id=mapping.project.org_id,
        project=mapping.project,
        source=source,
        kind=kind,
        external_id=record.external_id,
        object_id=object_id,
        fingerprint=record.fingerprint,
    )


def _add_comments(actor: Actor, mapping: Mapping, source: str, past: Sequence[tuple[Issue, CommentRecord]]) -> None:
    batch = []
    for issue, record in past:
        author = mapping.people.who(record.author)
        batch.append(
            PastComment(
                issue=issue,
                author_id=author.pk if author is not None else None,
                body=record.body,
                created_at=record.created_at or issue.created_at,
            )
        )
    comments = import_comments(actor=actor, project=mapping.project, batch=batch)
    ExternalRef.objects.bulk_create(
        [
            _ref(mapping, source, Kind.COMMENT, record, comment.pk)
            for comment, (_issue, record) in zip(comments, past, strict=True)
        ],
        batch_size=1000,
    )


@service
def _update(
    *, actor: Actor, mapping: Mapping, source: str, entry: Entry, ref: ExternalRef, account: Reconciliation
) -> None:
    record = entry.record
    issue = Issue.objects.select_related("project").filter(pk=ref.object_id).get()
    new = mapping.new_issue(record, number=issue.number)
    issue = update_imported_issue(actor=actor, issue=issue, new=new)
    known = {
        found.external_id: found
        for found in ExternalRef.objects.filter(
            project=mapping.project,
            source=source,
            kind=Kind.COMMENT,
            external_id__in=[comment.external_id for comment in record.comments],
        )
    }
    added = [comment for comment in record.comments if comment.external_id not in known]
    edited = [
        (comment, known[comment.external_id])
        for comment in record.comments
        if comment.external_id in known and known[comment.external_id].fingerprint != comment.fingerprint
    ]
    _add_comments(actor, mapping, source, [(issue, comment) for comment in added])
    update_imported_comments(
        actor=actor,
        edits=[
            PastEdit(comment_id=found.object_id, body=comment.body, edited_at=record.updated_at or happening_at())
            for comment, found in edited
        ],
    )
    for comment, found in edited:
        found.fingerprint = comment.fingerprint
        found.save(update_fields=["fingerprint"])
    ref.fingerprint = record.fingerprint
    ref.save(update_fields=["fingerprint"])
    account.comments.update(imported=len(added), updated=len(edited))
