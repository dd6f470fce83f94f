"""Logged time of imported issues."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, time

from django.db.models import Sum
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.imports.mapping.people import NOBODY
from apps.imports.models import ExternalRef
from apps.imports.records import WorkLogRecord, fingerprint_of
from apps.imports.services.recognising import work_that_came
from apps.imports.services.work import Work, at
from apps.issues.models import WorkLog
from apps.issues.services import PastWork, import_work

from .hanging import Hanging

Kind = ExternalRef.Kind
_A_DAY = 24 * 60
# In the ids of entries that stand for time of which there are none.
_SPENT = "/spent/"


def add_work(work: Work, batch: Sequence[Hanging], *, is_new: bool) -> None:
    """Store logged time that is not there yet. What was logged once stays as it was first told."""
    pieces: dict[str, tuple[Hanging, WorkLogRecord, int]] = {}
    for one in batch:
        for record in one.record.work_logs:
            if record.minutes < 1:
                work.account.note(one.row, "work log", f"{record.minutes} minutes were left out.")
            for number, minutes in enumerate(_days(record.minutes), start=1):
                external_id = record.external_id if number == 1 else f"{record.external_id}/{number}"
                pieces[external_id] = (one, record, minutes)
            if record.minutes > _A_DAY:
                work.account.note(one.row, "work log", f"{record.minutes} minutes of one day are kept in pieces.")
    if not is_new:
        known = work.known(Kind.WORK_LOG, list(pieces))
        pieces = {external_id: piece for external_id, piece in pieces.items() if external_id not in known}
        told = [
            (external_id, one.issue, record.day, minutes, record.note, _worker(work, one, record))
            for external_id, (one, record, minutes) in pieces.items()
        ]
        refs = []
        for external_id, pk in work_that_came(work, told, {ref.object_id for ref in known.values()}).items():
            _one, record, _minutes = pieces.pop(external_id)
            refs.append(work.ref(Kind.WORK_LOG, external_id, pk, _fingerprint(record)))
            refs[-1].run = None
        ExternalRef.objects.bulk_create(refs, batch_size=1000)
        pieces = _not_counted_yet(work, pieces)
    if not pieces:
        return
    logs = import_work(
        actor=work.actor,
        project=work.project,
        batch=[
            PastWork(
                issue=one.issue,
                person_id=_worker(work, one, record).pk,
                minutes=minutes,
                day=record.day,
                note=record.note,
                created_at=at(record.created_at, datetime.combine(record.day, time(12), tzinfo=UTC)),
            )
            for one, record, minutes in pieces.values()
        ],
    )
    ExternalRef.objects.bulk_create(
        [
            work.ref(Kind.WORK_LOG, external_id, log.pk, _fingerprint(record))
            for log, (external_id, (_one, record, _minutes)) in zip(logs, pieces.items(), strict=True)
        ],
        batch_size=1000,
    )
    work.account.counts["work_logs"] += len(logs)


def _not_counted_yet(
    work: Work, pieces: dict[str, tuple[Hanging, WorkLogRecord, int]]
) -> dict[str, tuple[Hanging, WorkLogRecord, int]]:
    """Those whose time is not part of a total already that another export had instead of entries."""
    there = WorkLog.objects.filter(issue__in={one.issue.pk for one, _record, _minutes in pieces.values()})
    totals = ExternalRef.objects.filter(
        project=work.project,
        source=work.source,
        kind=Kind.WORK_LOG,
        external_id__contains=_SPENT,
        object_id__in=there.values("pk"),
    )
    counted = set(there.filter(pk__in=totals.values("object_id")).values_list("issue_id", flat=True))
    late = Counter(one.row for one, _record, _minutes in pieces.values() if one.issue.pk in counted)
    for row, count in late.items():
        work.account.note(
            row,
            "work log",
            f"{count} entries of logged work were left out, since an earlier export brought their total. Take that "
            "import back to have them one by one.",
        )
    return {external_id: piece for external_id, piece in pieces.items() if piece[0].issue.pk not in counted}


def add_untold_work(work: Work, batch: Sequence[Hanging]) -> None:
    """Log what the tracker says was spent and nothing that came says when and by whom: as one entry, on the day of the
    last change, of whoever has the issue."""
    told = {one.issue.pk: one for one in batch if one.record.spent_minutes}
    if not told:
        return
    came = ExternalRef.objects.filter(project=work.project, source=work.source, kind=Kind.WORK_LOG)
    logs = WorkLog.objects.filter(issue__in=told, pk__in=came.values("object_id")).order_by()
    logged = dict(logs.values_list("issue_id").annotate(Sum("minutes")))
    pasts: list[PastWork] = []
    ids: list[str] = []
    for pk, one in told.items():
        record = one.record
        missing = (record.spent_minutes or 0) - logged.get(pk, 0)
        if missing <= 0:
            continue
        who = work.people.who(record.assignee or record.reporter) or work.people.who(NOBODY)
        assert who is not None  # noqa: S101 (there is somebody for nobody: `Mapping.learn`)
        moment = record.resolved_at or record.updated_at or one.issue.created_at
        for number, minutes in enumerate(_days(missing), start=1):
            note = _("Time spent, of which the other tracker does not say when and by whom")
            pasts.append(
                PastWork(
                    issue=one.issue,
                    person_id=who.pk,
                    minutes=minutes,
                    day=moment.date(),
                    note=note,
                    created_at=moment,
                )
            )
            ids.append(f"{record.external_id[:80]}{_SPENT}{record.spent_minutes}/{number}")
        work.account.note(
            one.row,
            "work log",
            f"{missing} minutes were spent of which the file does not say when and by whom; they are logged as of "
            f"{who.name}, on {moment.date().isoformat()}.",
        )
    if not pasts:
        return
    made = import_work(actor=work.actor, project=work.project, batch=pasts)
    pairs = zip(ids, made, strict=True)
    ExternalRef.objects.bulk_create([work.ref(Kind.WORK_LOG, own_id, log.pk) for own_id, log in pairs], batch_size=1000)
    work.account.counts["work_logs"] += len(made)


def _worker(work: Work, one: Hanging, record: WorkLogRecord) -> User:
    """Who worked; where nobody is named, whoever reported the issue."""
    found = work.people.who(record.author) or one.issue.reporter or work.people.who(NOBODY)
    assert found is not None  # noqa: S101 (there is somebody for nobody: `Mapping.learn`)
    return found


def _days(minutes: int) -> list[int]:
    """A time in pieces of a day at most."""
    whole, rest = divmod(max(0, minutes), _A_DAY)
    return [_A_DAY] * whole + ([rest] if rest else [])


def _fingerprint(record: WorkLogRecord) -> str:
    return fingerprint_of({"minutes": record.minutes, "day": record.day, "note": record.note})
