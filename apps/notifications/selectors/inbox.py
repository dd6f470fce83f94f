"""Somebody's inbox: its entries, in views, in pages by keyset; and what is new in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, F, Max, OuterRef, Q, QuerySet, Subquery, Window
from django.db.models.functions import Coalesce, Greatest, RowNumber
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from markupsafe import Markup

from apps.accounts.models import User
from apps.core.errors import NotFound
from apps.core.markdown import plain_passages
from apps.core.paging import moment, read_values
from apps.core.tenancy import Actor
from apps.events.models import Stream
from apps.issues.activity import sentences_of
from apps.issues.facts import CommentAdded, CommentEdited
from apps.issues.models import Comment, Issue, Visit, Watcher
from apps.issues.selectors import beyond
from apps.notifications.models import InboxEntry, Kind, Notification, Why
from apps.notifications.policies import DESKTOP, INBOX
from apps.notifications.selectors.ended import unseen_work

VIEWS: dict[str, Any] = {
    "inbox": gettext_lazy("Inbox"),
    "unread": gettext_lazy("Unread"),
    "mentions": gettext_lazy("Mentions"),
    "assigned": gettext_lazy("Assigned"),
    "watching": gettext_lazy("Watching"),
    "saved": gettext_lazy("Saved"),
    "snoozed": gettext_lazy("Snoozed"),
    "done": gettext_lazy("Done"),
}
_ORDER = ("-at", "-id")
# Of how many things that happened to an issue its entry tells.
MOST_NEWS = 3
LONGEST_EXCERPT = 160
_COMMENTS = frozenset({CommentAdded.kind, CommentEdited.kind})


def my_entries(*, actor: Actor) -> "QuerySet[InboxEntry]":
    """The actor's entries, whatever they did with them, of issues that are there and for them."""
    return InboxEntry.objects.filter(
        org_id=actor.org_id, user_id=actor.person_id, issue__deleted_at__isnull=True
    ).exclude(project_id__in=actor.hidden_project_ids)


def _is_awake() -> Q:
    return Q(snoozed_until__isnull=True) | Q(snoozed_until__lte=timezone.now())


def in_view(*, actor: Actor, view: str) -> "QuerySet[InboxEntry]":
    """The entries of a view."""
    mine = my_entries(actor=actor)
    waiting = mine.filter(_is_awake(), done_at__isnull=True)
    told = Notification.objects.filter(user_id=actor.person_id, issue_id=OuterRef("issue_id"))
    watched = Watcher.objects.filter(user_id=actor.person_id, issue_id=OuterRef("issue_id"))
    views: Mapping[str, QuerySet[InboxEntry]] = {
        "inbox": waiting,
        "unread": waiting.filter(unread_count__gt=0),
        "mentions": waiting.filter(Exists(told.filter(kind=Kind.MENTIONED))),
        "assigned": waiting.filter(issue__assignee_id=actor.person_id),
        "watching": waiting.filter(Exists(watched)).exclude(issue__assignee_id=actor.person_id),
        "saved": mine.filter(saved_at__isnull=False),
        "snoozed": mine.filter(done_at__isnull=True).exclude(_is_awake()),
        "done": mine.filter(done_at__isnull=False),
    }
    return views[view]


def unread_count(*, actor: Actor) -> int:
    """How many issues have something new for the actor, those that they put off left out; and what else is over."""
    return in_view(actor=actor, view="unread").count() + unseen_work(actor=actor).count()


@dataclass(frozen=True, slots=True)
class Badge:
    """What every page shows of the inbox, and from where in its person's stream it goes on."""

    unread: int
    stream: int
    seq: int


def badge(*, actor: Actor) -> Badge | None:
    """How much is unread, and the head of the actor's stream, read together: one query. None without a stream."""
    unread = in_view(actor=actor, view="unread").order_by().values("user_id").annotate(count=Count("pk"))
    mine = Stream.objects.filter(org_id=actor.org_id, kind=Stream.Kind.PERSON, user_id=actor.person_id)
    ended = unseen_work(actor=actor).order_by().values("user_id").annotate(count=Count("pk"))
    counts = [Coalesce(Subquery(each.values("count")), 0) for each in (unread, ended)]
    row = mine.values_list(*counts, "id", "seq").first()
    return Badge(row[0] + row[1], *row[2:]) if row else None


@dataclass(frozen=True, slots=True)
class News:
    """One thing that happened: who did what, as a sentence, when, and the comment that it is, if it is one."""

    who: User | None
    sentence_html: Markup
    at: datetime
    comment_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """An entry as it is shown: the issue, what happened to it last, and why that reached its person."""

    id: int
    issue: Issue
    key: str
    unread_count: int
    news: list[News]
    more: int
    why: str
    at: datetime
    is_done: bool
    is_saved: bool
    snoozed_until: datetime | None

    @property
    def newest(self) -> News | None:
        """What happened last."""
        return self.news[0] if self.news else None

    @property
    def leads_to(self) -> int | None:
        """The comment with which reading begins: the oldest of the unread ones that are shown, else what is newest."""
        unread = [news.comment_id for news in self.news[: self.unread_count] if news.comment_id is not None]
        if unread:
            return unread[-1]
        return self.newest.comment_id if self.newest else None


@dataclass(frozen=True, slots=True)
class InboxPage:
    """Some lines, and the mark after which the next page begins (None at the end)."""

    lines: list[Line]
    next_after: Sequence[Any] | None


def _ordered(entries: "QuerySet[InboxEntry]") -> "QuerySet[InboxEntry]":
    """What comes back counts as new at the moment at which it does. (GREATEST passes over what is NULL.)"""
    shown = entries.select_related("issue__project", "issue__type", "issue__status", "issue__assignee")
    return shown.annotate(at=Greatest("newest_at", "snoozed_until")).order_by(*_ORDER)


def inbox_page(*, actor: Actor, view: str, after: Sequence[Any] | None = None, size: int = 30) -> InboxPage:
    """A page of a view, the newest first: a fixed number of queries.

    :param after: the ordering values of the last line read, as `next_after` gave them
    :raises Invalid: if these are not values of this order
    """
    entries = _ordered(in_view(actor=actor, view=view))
    if after is not None:
        entries = entries.filter(beyond(_ORDER, read_values(after, [moment, int])))
    rows: list[Any] = list(entries[: size + 1])
    last = [rows[size - 1].at, rows[size - 1].pk] if len(rows) > size else None
    return InboxPage(_lines(actor, rows[:size]), last)


def get_entry(*, actor: Actor, entry_id: int) -> InboxEntry:
    """One entry of the actor's own.

    :raises NotFound: if there is none with this id, or its issue is not for them any more
    """
    entry = my_entries(actor=actor).filter(pk=entry_id).select_related("issue__project").first()
    if entry is None:
        raise NotFound(_("This is not in your inbox any more."))
    return entry


def get_line(*, actor: Actor, entry_id: int) -> Line:
    """One entry as it is shown.

    :raises NotFound: if there is none with this id, or its issue is not for them any more
    """
    lines = _lines(actor, list(_ordered(my_entries(actor=actor).filter(pk=entry_id))))
    if not lines:
        raise NotFound(_("This is not in your inbox any more."))
    return lines[0]


def _lines(actor: Actor, rows: Sequence[Any]) -> list[Line]:
    told = _newest(actor, [row.issue_id for row in rows])
    every = [each for group in told.values() for each in group]
    said = _said(actor, every)
    sentences = _sentences(actor, every, said)
    lines = []
    for row in rows:
        mine = told.get(row.issue_id, [])
        lines.append(
            Line(
                id=row.pk,
                issue=row.issue,
                key=f"{row.issue.project.key}-{row.issue.number}",
                unread_count=row.unread_count,
                news=[
                    News(each.event.actor, sentences[each.pk], each.created_at, _comment_of(each, said))
                    for each in mine
                ],
                more=max(0, (mine[0].total if mine else 0) - len(mine)),  # type: ignore[attr-defined]
                why=str(Why(mine[0].why).label) if mine else "",
                at=row.newest_at,
                is_done=row.done_at is not None,
                is_saved=row.saved_at is not None,
                snoozed_until=row.snoozed_until if row.snoozed_until and row.snoozed_until > timezone.now() else None,
            )
        )
    return lines


def _newest(actor: Actor, issue_ids: Sequence[int]) -> dict[int, list[Notification]]:
    """What was told of each issue last: one query."""
    if not issue_ids:
        return {}
    mine = (
        Notification.objects.filter(org_id=actor.org_id, user_id=actor.person_id, issue_id__in=issue_ids)
        .annotate(in_inbox=F("channels").bitand(INBOX))
        .filter(in_inbox__gt=0)
        .annotate(
            place=Window(RowNumber(), partition_by=[F("issue_id")], order_by=F("id").desc()),
            total=Window(Count("id"), partition_by=[F("issue_id")]),
        )
        .filter(place__lte=MOST_NEWS)
        .select_related("event__actor")
        .order_by("issue_id", "-id")
    )
    found: dict[int, list[Notification]] = {}
    for each in mine:
        found.setdefault(each.issue_id, []).append(each)
    return found


def _said(actor: Actor, told: Sequence[Notification]) -> dict[int, str]:
    """What the comments say of which people were told, by their ids, as far as they are there: one query."""
    comment_ids = {each.event.data["comment_id"] for each in told if each.event.data.get("comment_id")}
    return dict(
        Comment.objects.filter(org_id=actor.org_id, pk__in=comment_ids, deleted_at__isnull=True)
        .exclude(project_id__in=actor.hidden_project_ids)
        .values_list("pk", "body")
    )


def _comment_of(told: Notification, said: Mapping[int, str]) -> int | None:
    comment_id: int | None = told.event.data.get("comment_id") if told.event.kind in _COMMENTS else None
    return comment_id if comment_id in said else None


def _sentences(actor: Actor, told: Sequence[Notification], said: Mapping[int, str]) -> dict[int, Markup]:
    """Who did what, without the who, by the ids of the notifications."""
    changed = sentences_of(actor=actor, told=[(each.event, each.issue_id) for each in told])
    return {each.pk: _sentence(each, said, changed[each.event_id, each.issue_id]) for each in told}


def _sentence(told: Notification, said: Mapping[int, str], changed: Sequence[Markup]) -> Markup:
    event = told.event
    if event.kind in _COMMENTS:
        text = said.get(event.data["comment_id"])
        if text is None:
            return Markup(_("wrote a comment that was deleted since"))  # noqa: S704 (ours)
        if told.kind == Kind.MENTIONED:
            verb = _("mentioned you: “{text}”")
        else:
            verb = _("replied: “{text}”") if event.data.get("thread_id") else _("commented: “{text}”")
        return Markup(verb).format(text=excerpt(text))  # noqa: S704 (ours; the text is escaped)
    if told.kind == Kind.MENTIONED:
        return Markup(_("mentioned you in the description"))  # noqa: S704 (ours)
    if told.kind == Kind.ASSIGNED:
        text = _("created this for you") if event.kind == "issue.created" else _("gave this to you")
        return Markup(text)  # noqa: S704 (ours)
    return Markup(", ").join(changed[:MOST_NEWS]) or Markup(_("changed this"))  # noqa: S704 (ours)


def excerpt(text: str) -> str:
    """The beginning of what a text says, without its marks."""
    plain = " ".join(" ".join(plain_passages(text[:2_000])).split())
    return plain if len(plain) <= LONGEST_EXCERPT else f"{plain[:LONGEST_EXCERPT].rstrip()}…"


@dataclass(frozen=True, slots=True)
class DesktopNews:
    """What a tab shows on the desktop."""

    id: int
    key: str
    title: str
    who: str
    sentence: str
    comment_id: int | None


def desktop_news(*, actor: Actor, since: int, limit: int = 3) -> list[DesktopNews]:
    """What arrived after a notification and is wanted on the desktop, the newest first."""
    rows = list(
        Notification.objects.filter(
            org_id=actor.org_id, user_id=actor.person_id, pk__gt=since, issue__deleted_at__isnull=True
        )
        .exclude(project_id__in=actor.hidden_project_ids)
        .annotate(on_desktop=F("channels").bitand(DESKTOP))
        .filter(on_desktop__gt=0)
        .select_related("event__actor", "issue__project")
        .order_by("-id")[:limit]
    )
    said = _said(actor, rows)
    sentences = _sentences(actor, rows, said)
    return [
        DesktopNews(
            row.pk,
            f"{row.issue.project.key}-{row.issue.number}",
            row.issue.title,
            str(row.event.actor) if row.event.actor else "FlowBoard",
            sentences[row.pk].striptags(),
            _comment_of(row, said),
        )
        for row in rows
    ]


def newest_id(*, actor: Actor) -> int:
    """How far the actor has been told things; 0 if nothing was told yet."""
    mine = Notification.objects.filter(org_id=actor.org_id, user_id=actor.person_id)
    return mine.aggregate(newest=Max("id"))["newest"] or 0


def mentioned_in(*, actor: Actor) -> Q:
    """A condition on issues: the actor was mentioned there, and neither looked since nor is through with it."""
    seen = Visit.objects.filter(
        user_id=actor.person_id, issue_id=OuterRef("issue_id"), seen_at__gte=OuterRef("created_at")
    )
    unread = my_entries(actor=actor).filter(issue_id=OuterRef("issue_id"), unread_count__gt=0, done_at__isnull=True)
    told = Notification.objects.filter(
        ~Exists(seen), Exists(unread), org_id=actor.org_id, user_id=actor.person_id, kind=Kind.MENTIONED
    )
    return Q(pk__in=told.values("issue_id"))
