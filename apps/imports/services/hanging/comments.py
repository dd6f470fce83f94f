"""Comments of imported issues, and the signs with which they were answered."""

from collections.abc import Sequence

from apps.imports.models import ExternalRef
from apps.imports.records import CommentRecord, ReactionRecord
from apps.imports.services.recognising import comments_that_came
from apps.imports.services.work import Work, at
from apps.issues.models import Issue
from apps.issues.selectors import beginnings
from apps.issues.services import (
    PastComment,
    PastEdit,
    PastReaction,
    import_comments,
    import_reactions,
    update_imported_comments,
)

Kind = ExternalRef.Kind


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
        react(work, [(issue, comment.pk, record.reactions) for comment, (issue, record) in pairs])
    return [comment.pk for comment in comments]


def react(work: Work, answered: Sequence[tuple[Issue, int | None, Sequence[ReactionRecord]]]) -> None:
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
