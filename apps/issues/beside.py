"""What belongs to issues, for those who want it with them: each kind in one query, however many issues there are."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from django.db.models import F, Window
from django.db.models.functions import RowNumber

from apps.core.tenancy import Actor
from apps.issues.models import Attachment, Comment, Watcher
from apps.issues.selectors import links_of_issues

# So many of the newest comments come with an issue; the others are read page by page.
MOST_COMMENTS = 20

Beside = Mapping[int, Sequence[Any]]


def beside_issues(*, actor: Actor, issue_ids: Collection[int], names: Iterable[str]) -> dict[str, Beside]:
    """What is asked for of `comments`, `links`, `attachments` and `watchers`, by the ids of issues that the actor has
    fetched already. An issue without any may be missing."""
    return {name: _READ[name](actor, issue_ids) for name in names}


def _comments(actor: Actor, issue_ids: Collection[int]) -> Beside:
    """The newest of each, in the order in which they were stored."""
    place = Window(RowNumber(), partition_by=F("issue_id"), order_by=F("id").desc())
    rows = (
        Comment.objects.filter(org_id=actor.org_id, issue_id__in=issue_ids, deleted_at__isnull=True)
        .alias(place=place)
        .filter(place__lte=MOST_COMMENTS)
        .select_related("author", "resolved_by")
    )
    return _by_issue(sorted(rows, key=lambda row: row.pk))


def _links(actor: Actor, issue_ids: Collection[int]) -> Beside:
    return links_of_issues(actor=actor, issue_ids=issue_ids)


def _attachments(actor: Actor, issue_ids: Collection[int]) -> Beside:
    rows = Attachment.objects.filter(org_id=actor.org_id, issue_id__in=issue_ids, deleted_at__isnull=True)
    return _by_issue(rows.select_related("uploader").order_by("created_at", "id"))


def _watchers(actor: Actor, issue_ids: Collection[int]) -> Beside:
    rows = Watcher.objects.filter(org_id=actor.org_id, issue_id__in=issue_ids).select_related("user")
    found: dict[int, list[Any]] = defaultdict(list)
    for row in rows.order_by("user__name", "user_id"):
        found[row.issue_id].append(row.user)
    return found


def _by_issue(rows: Iterable[Any]) -> Beside:
    found: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.issue_id].append(row)
    return found


_READ: dict[str, Callable[[Actor, Collection[int]], Beside]] = {
    "comments": _comments,
    "links": _links,
    "attachments": _attachments,
    "watchers": _watchers,
}
