"""What came already from another export of the same tracker, which calls it otherwise: comments and logged time.

Jira's tables have no ids of them, its REST interface has; the export of a GitLab project has none either. What the same
person said at the same minute in the same words is the same: tables do not tell the seconds.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import TypeVar

from django.db.models import Model, QuerySet

from apps.accounts.models import User
from apps.imports.models import ExternalRef
from apps.imports.records import CommentRecord
from apps.imports.services.work import Work, at
from apps.issues.models import Comment, Issue, WorkLog

Row = TypeVar("Row", bound=Model)
Kind = ExternalRef.Kind
# Exports write the same words with other markup and line ends.
_LETTERS = re.compile(r"\w+")


def comments_that_came(
    work: Work, batch: Sequence[tuple[Issue, CommentRecord]], known: Collection[int]
) -> dict[str, int]:
    """Which comments are here already under another id: their ids here by those that they have now, for one query.

    :param known: ids here of what came under the same ids; each of them is one more
    """
    if not batch:
        return {}
    moments = [at(record.created_at, issue.created_at) for issue, record in batch]
    rows = _of_this_tracker(Comment.objects.all(), work, Kind.COMMENT, {issue.pk for issue, _record in batch}, known)
    rows = rows.filter(created_at__range=(_minute(min(moments)), max(moments) + timedelta(minutes=1)))
    there = [
        ((issue_id, _minute(created_at), _letters(body)), pk, author_id, name)
        for pk, issue_id, created_at, body, author_id, name in rows.values_list(
            "pk", "issue_id", "created_at", "body", "author_id", "author__name"
        )
    ]
    wanted = [
        ((issue.pk, _minute(moment), _letters(record.body)), record.external_id, work.people.who(record.author))
        for (issue, record), moment in zip(batch, moments, strict=True)
    ]
    return _pairs(there, wanted)


def work_that_came(
    work: Work, batch: Sequence[tuple[str, Issue, date, int, str, User]], known: Collection[int]
) -> dict[str, int]:
    """Which logged time is here already under another id, as `comments_that_came`.

    :param batch: its id now, the issue, the day, the minutes, the note, who worked
    """
    if not batch:
        return {}
    issues = {issue.pk for _id, issue, *_rest in batch}
    rows = _of_this_tracker(WorkLog.objects.all(), work, Kind.WORK_LOG, issues, known)
    there = [
        ((issue_id, day, minutes, _letters(note)), pk, person_id, name)
        for pk, issue_id, day, minutes, note, person_id, name in rows.values_list(
            "pk", "issue_id", "day", "minutes", "note", "person_id", "person__name"
        )
    ]
    wanted = [
        ((issue.pk, day, minutes, _letters(note)), external_id, who)
        for external_id, issue, day, minutes, note, who in batch
    ]
    return _pairs(there, wanted)


def _of_this_tracker(
    rows: "QuerySet[Row]", work: Work, kind: ExternalRef.Kind, issues: Collection[int], known: Collection[int]
) -> "QuerySet[Row]":
    """What imports from this tracker hung on these issues, without what is known."""
    came = ExternalRef.objects.filter(project=work.project, source=work.source, kind=kind).values("object_id")
    return rows.filter(issue__in=issues, pk__in=came).exclude(pk__in=known).order_by("pk")


def _pairs(
    there: Iterable[tuple[Hashable, int, int | None, str | None]],
    wanted: Iterable[tuple[Hashable, str, User | None]],
) -> dict[str, int]:
    """Whom of those that are wanted is which of those that are there; nobody is two."""
    free: defaultdict[Hashable, list[tuple[int, int | None, str | None]]] = defaultdict(list)
    for says, pk, person_id, name in there:
        free[says].append((pk, person_id, name))
    found: dict[str, int] = {}
    for says, external_id, who in wanted:
        same = next((each for each in free[says] if _is_same(who, each[1], each[2])), None)
        if same is not None:
            free[says].remove(same)
            found[external_id] = same[0]
    return found


def _is_same(who: User | None, person_id: int | None, name: str | None) -> bool:
    """Whether two are one person. Where one export has the id and another only the name, the name decides."""
    if who is None:
        return person_id is None
    return who.pk == person_id or who.name.casefold() == (name or "").casefold()


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)


def _letters(text: str) -> str:
    return " ".join(_LETTERS.findall(text)).casefold()
