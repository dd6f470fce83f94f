"""What hangs on issues: comments, logged time, files."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time

from django.core.files.base import File
from django.db.models import Sum
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.imports.mapping.people import NOBODY
from apps.imports.models import ExternalRef
from apps.imports.records import (
    AttachmentRecord,
    CommentRecord,
    IssueRecord,
    ReactionRecord,
    WorkLogRecord,
    fingerprint_of,
)
from apps.imports.services.recognising import comments_that_came, work_that_came
from apps.imports.services.work import Work, at
from apps.issues.models import TEXT_LENGTH, Issue, WorkLog
from apps.issues.selectors import beginnings
from apps.issues.services import (
    PastComment,
    PastEdit,
    PastFile,
    PastReaction,
    PastWork,
    import_comments,
    import_files,
    import_reactions,
    import_work,
    update_imported_comments,
)

Kind = ExternalRef.Kind
_A_DAY = 24 * 60
# In the ids of entries that stand for time of which there are none.
_SPENT = "/spent/"
# An address that can stand between angle brackets.
_PLAIN = re.compile(r"[^\s<>]+")


@dataclass(frozen=True, slots=True)
class Hanging:
    """An issue here, and the record that it came from."""

    row: str
    issue: Issue
    record: IssueRecord


def hang(work: Work, batch: Sequence[Hanging], *, is_new: bool) -> None:
    """Store what hangs on issues: of new ones everything, of changed ones what is new or says something else."""
    comments = [(one, comment) for one in batch for comment in one.record.comments]
    add_comments(work, [(one.row, one.issue, comment) for one, comment in comments], is_new=is_new)
    if is_new:
        _react(work, [(one.issue, None, one.record.reactions) for one in batch])
    _add_work(work, batch, is_new=is_new)
    _add_untold_work(work, batch)
    _add_files(work, batch, is_new=is_new)


def add_comments(work: Work, batch: Sequence[tuple[str, Issue, CommentRecord]], *, is_new: bool) -> None:
    """Store comments that are not there yet, and give those that are their newer words."""
    known = {} if is_new else work.known(Kind.COMMENT, [record.external_id for _row, _issue, record in batch])
    added: dict[str, tuple[Issue, CommentRecord]] = {}
    edited: dict[str, tuple[Issue, CommentRecord]] = {}
    for row, issue, record in batch:
        ref = known.get(record.external_id)
        if ref is None and record.external_id in added:
            work.account.note(row, "comment", f"The comment {record.external_id} comes twice and was stored once.")
        elif ref is None:
            added[record.external_id] = (issue, record)
        elif ref.fingerprint != record.fingerprint:
            edited[record.external_id] = (issue, record)
    if not is_new:
        _note_those_that_came(work, added, {ref.object_id for ref in known.values()})
    comments = _say(work, list(added.values()), is_new=is_new)
    work.account.comments["imported"] += len(comments)
    update_imported_comments(
        actor=work.actor,
        edits=[
            PastEdit(
                comment_id=known[external_id].object_id,
                body=record.body,
                edited_at=issue.updated_at,
            )
            for external_id, (issue, record) in edited.items()
        ],
    )
    for external_id, (_issue, record) in edited.items():
        known[external_id].fingerprint = record.fingerprint
    ExternalRef.objects.bulk_update([known[external_id] for external_id in edited], ["fingerprint"])
    work.account.comments["updated"] += len(edited)


def _note_those_that_came(work: Work, added: dict[str, tuple[Issue, CommentRecord]], known: set[int]) -> None:
    """Take those out that are here already under another id, and know them by this one as well."""
    came = comments_that_came(work, list(added.values()), known)
    refs = []
    for external_id, pk in came.items():
        _issue, record = added.pop(external_id)
        refs.append(work.ref(Kind.COMMENT, external_id, pk, record.fingerprint))
        # It is not this run's to take back.
        refs[-1].run = None
    ExternalRef.objects.bulk_create(refs, batch_size=1000)


def _say(work: Work, batch: Sequence[tuple[Issue, CommentRecord]], *, is_new: bool) -> list[int]:
    """Store comments and where they came from, the first of each thread before its replies; their ids."""
    firsts = [each for each in batch if not each[1].reply_to]
    replies = [each for each in batch if each[1].reply_to]
    # One of an issue; what is pinned on an issue that was here before is for its people to say.
    pins: dict[int, str] = {}
    for issue, record in batch:
        if is_new and record.pinned_at is not None:
            pins.setdefault(issue.pk, record.external_id)
    pinned = set(pins.values())
    ids = _store(work, firsts, {}, pinned, is_new=is_new)
    if not replies:
        return ids
    begun = {} if is_new else _begun(work, [record.reply_to for _issue, record in replies])
    begun |= {record.external_id: (pk, issue.pk) for pk, (issue, record) in zip(ids, firsts, strict=True)}
    return ids + _store(work, replies, begun, pinned, is_new=is_new)


def _begun(work: Work, external_ids: list[str]) -> dict[str, tuple[int, int]]:
    """Threads that came before, by the id of their first comment there: its id here, and its issue's."""
    refs = {ref.object_id: ref.external_id for ref in work.known(Kind.COMMENT, external_ids).values()}
    return {refs[pk]: (pk, issue_id) for pk, issue_id in beginnings(actor=work.actor, ids=list(refs)).items()}


def _store(
    work: Work,
    batch: Sequence[tuple[Issue, CommentRecord]],
    begun: dict[str, tuple[int, int]],
    pinned: set[str],
    *,
    is_new: bool,
) -> list[int]:
    """Store comments; what replies to something that has not begun on the same issue stands alone."""
    said = []
    for issue, record in batch:
        author, resolver = work.people.who(record.author), work.people.who(record.resolved_by)
        thread_id, of_issue = begun.get(record.reply_to, (None, None))
        is_resolved = record.resolved_at is not None and not record.reply_to
        said.append(
            PastComment(
                issue=issue,
                author_id=author.pk if author is not None else None,
                body=record.body,
                created_at=at(record.created_at, issue.created_at),
                thread_id=thread_id if of_issue == issue.pk else None,
                edited_at=record.edited_at,
                pinned_at=record.pinned_at if record.external_id in pinned else None,
                resolved_at=record.resolved_at if is_resolved else None,
                resolved_by_id=resolver.pk if is_resolved and resolver is not None else None,
            )
        )
    comments = import_comments(actor=work.actor, project=work.project, batch=said)
    ExternalRef.objects.bulk_create(
        [
            work.ref(Kind.COMMENT, record.external_id, comment.pk, record.fingerprint)
            for comment, (_issue, record) in zip(comments, batch, strict=True)
        ],
        batch_size=1000,
    )
    if is_new:
        pairs = zip(comments, batch, strict=True)
        _react(work, [(issue, comment.pk, record.reactions) for comment, (issue, record) in pairs])
    return [comment.pk for comment in comments]


def _react(work: Work, answered: Sequence[tuple[Issue, int | None, Sequence[ReactionRecord]]]) -> None:
    """Store the signs with which issues and comments were answered."""
    given = [
        PastReaction(
            issue=issue,
            comment_id=comment_id,
            user_id=who.pk,
            emoji=each.emoji,
            created_at=at(each.created_at, issue.created_at),
        )
        for issue, comment_id, reactions in answered
        for each in reactions
        if (who := work.people.who(each.author)) is not None
    ]
    if given:
        import_reactions(actor=work.actor, batch=given)


# ---- logged time


def _add_work(work: Work, batch: Sequence[Hanging], *, is_new: bool) -> None:
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


def _add_untold_work(work: Work, batch: Sequence[Hanging]) -> None:
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


# ---- files


def _add_files(work: Work, batch: Sequence[Hanging], *, is_new: bool) -> None:
    """Store files whose content the export holds; of the others a comment tells what there was."""
    if not any(one.record.attachments for one in batch):
        return
    stored = _store_files(work, batch, is_new=is_new)
    lists = []
    for one in batch:
        listed = [each for each in one.record.attachments if (one.record.external_id, each.external_id) not in stored]
        if listed:
            lists.append((one.row, one.issue, _listing(work, one, listed)))
            work.account.counts["attachments"] += len(listed)
    before = work.account.comments.copy()
    add_comments(work, lists, is_new=is_new)
    # They are ours, not the tracker's: the account counts what was said there.
    work.account.comments = before


def _store_files(work: Work, batch: Sequence[Hanging], *, is_new: bool) -> set[tuple[str, str]]:
    """Which files are here with their content: by the ids of their issue and their own."""
    held = [(one, each) for one in batch for each in one.record.attachments if each.path and work.open_file is not None]
    known = {} if is_new else work.known(Kind.ATTACHMENT, [each.external_id for _one, each in held])
    stored = {(one.record.external_id, each.external_id) for one, each in held if each.external_id in known}
    pasts: list[PastFile] = []
    chosen: list[tuple[Hanging, AttachmentRecord]] = []
    for one, each in held:
        content = None if each.external_id in known else work.open_file(each.path)  # type: ignore[misc]
        if content is None:
            continue
        author = work.people.who(each.author)
        pasts.append(
            PastFile(
                issue=one.issue,
                uploader_id=author.pk if author is not None else None,
                created_at=at(each.created_at, one.issue.created_at),
                file=File(content, name=each.name),
            )
        )
        chosen.append((one, each))
    refs = []
    outcomes = import_files(actor=work.actor, project=work.project, batch=pasts) if pasts else []
    for outcome, (one, each) in zip(outcomes, chosen, strict=True):
        if isinstance(outcome, str):
            work.account.note(one.row, "attachment", f"{each.name}: {outcome}")
        else:
            refs.append(work.ref(Kind.ATTACHMENT, each.external_id, outcome.pk))
            stored.add((one.record.external_id, each.external_id))
            work.account.counts["attachments"] += 1
    ExternalRef.objects.bulk_create(refs, batch_size=1000)
    return stored


def _listing(work: Work, one: Hanging, files: Sequence[AttachmentRecord]) -> CommentRecord:
    """A comment that lists the files which an issue had."""
    lines = [_("Files that were attached where this was imported from:"), ""]
    length = 0
    for number, each in enumerate(files):
        line = _line(work, each)
        length += len(line) + 1
        if length > TEXT_LENGTH - 500:
            lines.append(_("- and %(count)s more") % {"count": len(files) - number})
            break
        lines.append(line)
    return CommentRecord(
        external_id=f"{one.record.external_id}/attachments",
        author=None,
        body="\n".join(lines),
        created_at=max((each.created_at for each in files if each.created_at is not None), default=None),
    )


def _line(work: Work, each: AttachmentRecord) -> str:
    name = each.name.replace("\x00", "\ufffd").replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]") or "file"
    is_link = each.url.startswith(("https://", "http://")) and not any(
        sign.isspace() or sign in "<>" for sign in each.url
    )
    author = work.people.who(each.author)
    details = [
        filesizeformat(each.size) if each.size is not None else "",
        author.name if author is not None else "",
        each.created_at.date().isoformat() if each.created_at is not None else "",
    ]
    said = ", ".join(detail for detail in details if detail)
    shown = f"[{name}](<{each.url}>)" if is_link else name
    return f"- {shown} ({said})" if said else f"- {shown}"
