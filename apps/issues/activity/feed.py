"""The activity of an issue: what was said and what happened, in one order; and its whole history, page by page."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from markupsafe import Markup, escape

from apps.accounts.models import User
from apps.core.comparing import Piece, compare
from apps.core.errors import NotFound
from apps.core.tenancy import Actor, Origin
from apps.events.models import Change, Event
from apps.issues.activity.names import Names, read_names
from apps.issues.activity.talk import Entry, talk_of
from apps.issues.activity.whole import WHOLE, Line
from apps.issues.facts import IssueRetold
from apps.issues.models import Comment, Issue
from apps.issues.selectors import list_comments, names_in
from apps.issues.services.undoing import UndoState, undo_states
from apps.projects import policies

# Older facts are in the history; what is read along with the comments ends here.
MOST_FACTS = 200
# As many facts as a page of the history tells.
PAGE_SIZE = 50
# What is shown in another way, or concerns nobody later.
_NEVER_TOLD = ("issue.commented", "issue.watched", "issue.starred", "issue.previewed", "reaction.changed")
# Said beside the comment itself.
_OF_COMMENTS = ("comment.edited", "comment.deleted", "comment.restored")
_NOTHING = Markup()


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryPage:
    """Some facts of an issue in order, and the mark from which the next ones are read (None where there are none)."""

    entries: Sequence[Entry]
    next_after: int | None = None


def activity(*, actor: Actor, issue: Issue, with_facts: bool = True) -> list[Entry]:
    """Comments and the newest facts of an issue, oldest first; a fixed number of queries, however many they are."""
    comments = list_comments(actor=actor, issue=issue)
    known = names_in(actor=actor, texts=[comment.body for comment in comments if comment.deleted_at is None])
    mine = actor.user_id if policies.can_comment(actor, issue.project) else None
    entries = talk_of(comments, known, mine=mine)
    if with_facts:
        about = _facts(actor, issue).exclude(kind__in=_OF_COMMENTS)
        about = about.exclude(kind=IssueRetold.kind, data__there__in=_OF_COMMENTS)
        events = about.order_by("-id")[:MOST_FACTS]
        entries += _entries(actor, issue, list(events), alive={each.pk for each in comments if each.deleted_at is None})
    entries.sort(key=lambda entry: (entry.at, entry.kind == "comment", entry.id))
    return entries


def pinned_entry(*, actor: Actor, issue: Issue) -> Entry | None:
    """The comment that stands above all the others."""
    rows = Comment.objects.filter(org_id=actor.org_id, issue=issue, deleted_at__isnull=True, pinned_at__isnull=False)
    comment = rows.select_related("author").first()
    if comment is None:
        return None
    comment.thread_id = None  # whichever thread it stands in, here it stands alone
    (entry,) = talk_of([comment], names_in(actor=actor, texts=[comment.body]), mine=None)
    return entry


def history_page(
    *,
    actor: Actor,
    issue: Issue,
    after: int | None = None,
    is_oldest_first: bool = False,
    size: int = PAGE_SIZE,
) -> HistoryPage:
    """Everything that was changed, newest first or oldest first; a fixed number of queries, however much it is.

    :param after: the mark of the page before
    """
    facts = _facts(actor, issue)
    if after is not None:
        facts = facts.filter(pk__gt=after) if is_oldest_first else facts.filter(pk__lt=after)
    events = list(facts.order_by("id" if is_oldest_first else "-id")[: size + 1])
    shown = events[:size]
    rows = Comment.objects.filter(org_id=actor.org_id, issue=issue, deleted_at__isnull=True)
    named = {event.data["comment_id"] for event in shown if event.data.get("comment_id")}
    alive = set(rows.filter(pk__in=named).values_list("pk", flat=True)) if named else set()
    return HistoryPage(
        entries=_entries(actor, issue, shown, alive=alive, is_whole=True),
        next_after=shown[-1].pk if len(events) > size else None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What a change of a long text took out and put in."""

    title: str
    at: datetime
    author: User | None
    pieces: Sequence[Piece]


def difference(*, actor: Actor, issue: Issue, change_id: int) -> Difference:
    """What is different since a change of one of the issue's long texts.

    :raises NotFound: if the issue, which the actor has fetched already, has no such change
    """
    rows = Change.objects.filter(org_id=actor.org_id, issue=issue, pk=change_id).exclude(field="comment")
    change = rows.select_related("event__actor").first()
    told = read_names(actor, (), [change]).told(change.field) if change is not None else None
    if change is None or told is None or not told.is_text:
        raise NotFound
    return Difference(
        title=str(told.title),
        at=change.event.occurred_at,
        author=change.event.actor,
        pieces=compare(str(change.old or ""), str(change.new or "")),
    )


def sentences_of(*, actor: Actor, told: Sequence[tuple[Event, int]]) -> dict[tuple[int, int], list[Markup]]:
    """What facts did to issues, as sentences without their author, by the ids of fact and issue.

    As far as the actor may see what they name; a fixed number of queries, however many facts there are.
    """
    by_pair: dict[tuple[int, int], list[Change]] = {(event.pk, issue_id): [] for event, issue_id in told}
    events = {event.pk: event for event, _issue_id in told}
    for change in Change.objects.filter(event__in=events, issue__in={pk for _event, pk in told}).order_by("id"):
        if change.issue_id is not None and (change.event_id, change.issue_id) in by_pair:
            by_pair[change.event_id, change.issue_id].append(change)
    names = read_names(actor, (), [change for group in by_pair.values() for change in group])
    return {
        pair: [sentence for _icon, sentence, _change in _sentences(events[pair[0]], changes, names)]
        for pair, changes in by_pair.items()
    }


def values_in_words(*, actor: Actor, field: str, values: Sequence[Any]) -> tuple[str, list[Markup]]:
    """What people call a field, and values of it in words, as far as the actor may see what they name."""
    names = read_names(actor, (), [Change(field=field, old=value) for value in values])
    told = names.told(field)
    return str(told.title), [_NOTHING if value in (None, []) else told.write(value, names) for value in values]


def kind_of(event: Event) -> str:
    """The kind of a fact: of one that was told anew, its kind where it happened."""
    return str(event.data["there"]) if event.kind == IssueRetold.kind else event.kind


def never_told(event: Event) -> bool:
    """Whether history passes over a fact: it is told otherwise, or by history that came along."""
    return kind_of(event) in _NEVER_TOLD or "retold" in event.data


def _facts(actor: Actor, issue: Issue) -> "QuerySet[Event]":
    # A fact about many issues (a bulk edit, a retired status) names each of them in its changes alone.
    own = Event.objects.filter(issue=issue).order_by().values("pk")
    named = Change.objects.filter(issue=issue).order_by().values("event_id")
    # A union, since PostgreSQL reads the whole log for an OR of the two.
    told = Event.objects.filter(org_id=actor.org_id, pk__in=own.union(named)).exclude(kind__in=_NEVER_TOLD)
    return told.exclude(data__has_key="retold")


def _entries(
    actor: Actor, issue: Issue, events: Sequence[Event], *, alive: Collection[int], is_whole: bool = False
) -> list[Entry]:
    """Facts as lines, one for each thing that they changed.

    :param alive: the comments that are there
    :param is_whole: say also where it was done, and why
    """
    by_id = {event.pk: event for event in events}
    changes: dict[int, list[Change]] = {}
    for change in Change.objects.filter(event__in=events, issue=issue).order_by("id"):
        change.event = by_id[change.event_id]
        changes.setdefault(change.event_id, []).append(change)
    every = [change for group in changes.values() for change in group]
    returned = _returned(events)
    authors = {event.actor_id for event in returned.values() if event.actor_id is not None}
    authors |= {event.data["by"] for event in (*events, *returned.values()) if event.data.get("by") is not None}
    names = read_names(actor, events, every, is_linked=True, people_too=authors)
    undo = undo_states(actor=actor, issue=issue, changes=every)
    lines = []
    for event in events:
        author = names.people.get(event.actor_id) if event.actor_id else _author_elsewhere(event, issue, names)
        mine = changes.get(event.pk, ())
        for icon, sentence, what in _sentences(event, mine, names.at(event)):
            line = Entry(
                kind="fact",
                id=event.pk,
                at=event.occurred_at,
                author=author,
                icon=icon,
                sentence_html=Markup("<b>{}</b> {}").format(author.name if author else _("FlowBoard"), sentence),
                origin=event.origin,
                source=_source(event) if is_whole else "",
                beside=max(0, len(event.data.get("versions", ())) - 1),
                reason=(event.reason or event.data.get("why", "")) if is_whole else "",
                **_about(what, event, names, undo, returned, alive) if what is not None else {},
            )
            lines.append(line)
    return lines


def _about(
    change: Change,
    event: Event,
    names: Names,
    undo: Mapping[int, UndoState],
    returned: Mapping[int, Event],
    alive: Collection[int],
) -> dict[str, Any]:
    """What a line says of the change that it tells, and what can be done with it."""
    told = names.told(change.field)
    comment_id = event.data.get("comment_id")
    # What a deleted comment said is gone with it.
    is_reachable = change.field != "comment" or comment_id in alive
    standing = undo[change.pk]
    takes_back = event.data.get("takes_back")
    return {
        "change_id": change.pk,
        "comment_id": comment_id if comment_id in alive else None,
        "field": change.field,
        "old": _shown(change, change.old, event, names) if is_reachable else None,
        "new": _shown(change, change.new, event, names) if is_reachable else None,
        "was": told.before(change.old, change.new, names.at(event)),
        "can_undo": standing is UndoState.OFFERED and is_reachable,
        "is_taken_back": standing is UndoState.TAKEN_BACK,
        "takes_back_id": takes_back,
        "returns": _returns(returned.get(takes_back or 0), names),
        "has_difference": told.is_text and is_reachable,
    }


def _shown(change: Change, value: Any, event: Event, names: Names) -> Any:
    """A value as the log keeps it, unless it names what the reader may not know of."""
    if names.told(change.field).names == "issue":
        return value if value in names.issues else None
    return None if value == change.old and _is_from_elsewhere(change, event, names) else value


def _is_from_elsewhere(change: Change, event: Event, names: Names) -> bool:
    """Whether the issue came from a project that the reader may not know of: its key there is not for them."""
    return change.field == "key" and event.data.get("other_project") in names.hidden_project_ids


def _returned(events: Sequence[Event]) -> dict[int, Event]:
    """The facts that others among these take back, by their ids: one query."""
    ids = {event.data["takes_back"] for event in events if event.data.get("takes_back")}
    if not ids:
        return {}
    return Event.objects.in_bulk(ids)


def _returns(event: Event | None, names: Names) -> str:
    """Whose change was taken back, in words."""
    if event is None:
        return ""
    person = names.people.get(event.actor_id or event.data.get("by", 0))
    return _("takes back a change by %(name)s") % {"name": person.name if person else _("FlowBoard")}


def _author_elsewhere(event: Event, issue: Issue, names: Names) -> User | None:
    """Who did it where it was imported from; here it was FlowBoard that stored it."""
    if event.kind == IssueRetold.kind:
        return names.people.get(event.data.get("by", 0))
    return issue.reporter if event.kind == "issue.created" and event.origin == Origin.IMPORT else None


def _source(event: Event) -> str:
    """Where it was done."""
    words = {
        Origin.USER.value: lambda: _("in the browser"),
        Origin.API.value: lambda: _("through the API"),
        Origin.IMPORT.value: lambda: _("by an import"),
        Origin.SYSTEM.value: lambda: _("by FlowBoard itself"),
    }
    return words[event.origin]()


def _sentences(event: Event, changes: Sequence[Change], names: Names) -> list[Line]:
    """What a fact did, one sentence for each thing."""
    kind = kind_of(event)
    if kind in WHOLE:
        return WHOLE[kind](event, changes, names)
    found: list[Line] = []
    # What remains that follows the estimate is no news of its own.
    follows = any(change.field == "time_estimate" for change in changes)
    for change in changes:
        if follows and change.field == "time_remaining":
            continue
        told = names.told(change.field)
        if _is_from_elsewhere(change, event, names):
            said: Markup | None = escape(_("moved this here from another project"))
        else:
            said = told.sentence(change.old, change.new, names)
        if said is not None:
            found.append((told.icon, said, change))
    return found
