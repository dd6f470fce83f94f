"""The activity of an issue: comments and facts in one order, the facts told as sentences."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Manager
from django.utils.translation import gettext as _
from markupsafe import Markup, escape

from apps.accounts.models import User
from apps.accounts.reading import short_day
from apps.core.durations import in_hours
from apps.core.markdown import render_markdown
from apps.core.names import Names
from apps.core.tenancy import Actor, Origin
from apps.events.models import Change, Event
from apps.issues.facts import WorkEdited, WorkLogged, WorkRemoved, WorkRestored
from apps.issues.models import Comment, Issue, Priority
from apps.issues.selectors import list_comments, names_in, visible_issues
from apps.orgs.selectors import people
from apps.projects import policies
from apps.projects.models import IssueType, Label, Status, Version

# Older facts stay in the log; the page shows the newest.
MOST_FACTS = 200
# So many replies of a long thread are shown, the newest of them; the others wait behind a line that says how many.
SHOWN_REPLIES = 3
# What the feed shows in another way, or what concerns nobody later.
_NO_NEWS = (
    "issue.commented",
    "issue.watched",
    "issue.starred",
    "issue.previewed",
    "comment.edited",
    "comment.deleted",
    "reaction.changed",
)
_NOTHING = Markup()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the activity: a comment with the replies to it, or a fact.

    A deleted comment with replies has nothing but its place.
    """

    kind: str
    id: int
    at: datetime
    author: User | None
    text: str = ""
    text_html: Markup = _NOTHING
    edited_at: datetime | None = None
    can_edit: bool = False
    is_pinned: bool = False
    icon: str = "history"
    sentence_html: Markup = _NOTHING
    is_deleted: bool = False
    replies: Sequence["Entry"] = ()
    resolved_at: datetime | None = None
    resolved_by: User | None = None

    @property
    def handle(self) -> int:
        """The comment that is replied to, or whose thread is resolved."""
        return self.replies[0].id if self.is_deleted else self.id

    @property
    def is_open_thread(self) -> bool:
        """Whether people talk here, and have not settled it."""
        return bool(self.replies) and self.resolved_at is None

    @property
    def earlier(self) -> Sequence["Entry"]:
        """The replies that wait behind a line; one alone never does."""
        return self.replies[:-SHOWN_REPLIES] if len(self.replies) > SHOWN_REPLIES + 1 else ()

    @property
    def latest(self) -> Sequence["Entry"]:
        """The replies that are shown."""
        return self.replies[len(self.earlier) :]


@dataclass(frozen=True, slots=True)
class _Names:
    """What ids in the log are called now; one query a kind, for the whole feed."""

    people: dict[int, User]
    statuses: dict[int, str]
    labels: dict[int, str]
    versions: dict[int, str]
    sprints: dict[int, str]
    types: dict[int, str]
    issues: dict[int, str]

    def issue(self, issue_id: Any) -> str:
        return self.issues.get(issue_id) or _("an issue that is not shared with you")

    def person(self, user_id: Any) -> str:
        return self.people[user_id].name if user_id in self.people else _("somebody")

    def status(self, status_id: Any) -> str:
        return self.statuses.get(status_id) or _("a deleted status")

    def type(self, type_id: Any) -> str:
        return self.types.get(type_id) or _("deleted type")

    def sprint(self, sprint_id: Any) -> str:
        return self.sprints.get(sprint_id) or _("a deleted sprint")

    def version_list(self, ids: Any) -> str:
        return ", ".join(self.versions.get(version_id) or _("a deleted version") for version_id in ids or ())

    def label_list(self, ids: Any) -> str:
        return ", ".join(self.labels.get(label_id) or _("a deleted label") for label_id in ids or ())


def activity(*, actor: Actor, issue: Issue) -> list[Entry]:
    """Comments and facts of an issue, oldest first; six queries, however long it is."""
    # A fact about many issues (a bulk edit, a retired status) names each of them in its changes alone.
    own = Event.objects.filter(issue=issue).order_by().values("pk")
    named = Change.objects.filter(issue=issue).order_by().values("event_id")
    events = list(
        # A union, since PostgreSQL reads the whole log for an OR of the two.
        Event.objects.filter(org_id=actor.org_id, pk__in=own.union(named))
        .exclude(kind__in=_NO_NEWS)
        .order_by("-id")[:MOST_FACTS]
    )
    changes: dict[int, list[Change]] = {}
    for change in Change.objects.filter(event__in=events, issue=issue).order_by("id"):
        changes.setdefault(change.event_id, []).append(change)
    comments = list_comments(actor=actor, issue=issue)
    known = names_in(actor=actor, texts=[comment.body for comment in comments if comment.deleted_at is None])
    names = _names(actor, events, [change for group in changes.values() for change in group])
    can_comment = policies.can_comment(actor, issue.project)
    mine = actor.user_id if can_comment else None
    entries = _talk(comments, known, mine=mine)
    for event in events:
        author = names.people.get(event.actor_id) if event.actor_id else _author_elsewhere(event, issue)
        for icon, sentence in _sentences(event, changes.get(event.pk, ()), names):
            who = Markup("<b>{}</b>").format(author.name if author else _("FlowBoard"))
            entries.append(
                Entry(
                    kind="fact",
                    id=event.pk,
                    at=event.occurred_at,
                    author=author,
                    icon=icon,
                    sentence_html=Markup("{} {}").format(who, sentence),
                )
            )
    entries.sort(key=lambda entry: (entry.at, entry.kind == "comment", entry.id))
    return entries


def _talk(comments: Sequence[Comment], known: Names, *, mine: int | None) -> list[Entry]:
    """The threads, each at the time of its first comment. Of what was deleted nothing is handed on.

    :param mine: who may change their own comments
    """
    replies: dict[int, list[Comment]] = {}
    for comment in comments:
        if comment.thread_id is not None and comment.deleted_at is None:
            replies.setdefault(comment.thread_id, []).append(comment)

    def entry(comment: Comment) -> Entry:
        below = [entry(reply) for reply in replies.get(comment.pk, ())]
        if comment.deleted_at is not None:
            kept: dict[str, Any] = {"author": None, "is_deleted": True}
        else:
            kept = {
                "author": comment.author,
                "text": comment.body,
                "text_html": render_markdown(comment.body, known),
                "edited_at": comment.edited_at,
                "can_edit": mine is not None and comment.author_id == mine,
                "is_pinned": comment.pinned_at is not None,
            }
        return Entry(
            kind="comment",
            id=comment.pk,
            at=comment.created_at,
            replies=below,
            resolved_at=comment.resolved_at,
            resolved_by=comment.resolved_by,
            **kept,
        )

    return [entry(comment) for comment in comments if comment.thread_id is None]


def said_in(feed: Sequence[Entry]) -> list[Entry]:
    """Every comment of the activity, replies too; not those that were deleted."""
    talk = [each for entry in feed if entry.kind == "comment" for each in (entry, *entry.replies)]
    return [each for each in talk if not each.is_deleted]


def _author_elsewhere(event: Event, issue: Issue) -> User | None:
    """Who wrote an imported issue in its tracker; here it was FlowBoard that stored it."""
    return issue.reporter if event.kind == "issue.created" and event.origin == Origin.IMPORT else None


def _names(actor: Actor, events: Sequence[Event], changes: Sequence[Change]) -> _Names:
    ids: set[int] = {event.actor_id for event in events if event.actor_id}
    issue_ids: set[int] = set()
    # An issue may have been in other projects: what is named there is found by its id.
    named: dict[str, set[int]] = {
        "status": set(),
        "type": set(),
        "sprint": set(),
        "labels": set(),
        "fix_versions": set(),
    }
    for change in changes:
        if change.field == "assignee":
            ids |= {value for value in (change.old, change.new) if value}
        elif change.field in named:
            for value in (change.old, change.new):
                named[change.field] |= set(value) if isinstance(value, list) else {value} if value else set()
        elif change.field == "parent" or change.field in _LINKS:
            issue_ids |= {value for value in (change.old, change.new) if value}
    return _Names(
        issues=_keys(actor, issue_ids),
        people=people(actor=actor).in_bulk(ids),
        statuses=_called(Status.objects, actor, named["status"]),
        types=_called(IssueType.objects, actor, named["type"]),
        sprints=_called(_SPRINTS, actor, named["sprint"]),
        versions=_called(Version.objects, actor, named["fix_versions"]),
        labels=_called(Label.objects, actor, named["labels"]),
    )


# Sprints stand above issues; an issue knows what its own is made of.
_SPRINTS: "Manager[Any]" = Issue._meta.get_field("sprint").related_model._default_manager


def sentences_of(*, actor: Actor, told: Sequence[tuple[Event, int]]) -> dict[tuple[int, int], list[Markup]]:
    """What facts did to issues, as sentences without their author, by the ids of fact and issue.

    As far as the actor may see what they name; a fixed number of queries, however many facts there are.
    """
    by_pair: dict[tuple[int, int], list[Change]] = {(event.pk, issue_id): [] for event, issue_id in told}
    events = {event.pk: event for event, _issue_id in told}
    for change in Change.objects.filter(event__in=events, issue__in={pk for _event, pk in told}).order_by("id"):
        if change.issue_id is not None and (change.event_id, change.issue_id) in by_pair:
            by_pair[change.event_id, change.issue_id].append(change)
    names = _names(actor, list(events.values()), [change for group in by_pair.values() for change in group])
    return {
        pair: [sentence for _icon, sentence in _sentences(events[pair[0]], changes, names)]
        for pair, changes in by_pair.items()
    }


def _called(objects: "Manager[Any]", actor: Actor, ids: set[int]) -> dict[int, str]:
    """What things are called, of projects that the actor may know of."""
    if not ids:
        return {}
    seen = objects.filter(org_id=actor.org_id, pk__in=ids).exclude(project_id__in=actor.hidden_project_ids)
    return dict(seen.values_list("id", "name"))


def _keys(actor: Actor, issue_ids: set[int]) -> dict[int, str]:
    if not issue_ids:
        return {}
    rows = visible_issues(actor=actor).filter(pk__in=issue_ids).values_list("pk", "project__key", "number")
    return {pk: f"{key}-{number}" for pk, key, number in rows}


_WHOLE: dict[str, tuple[str, Callable[[], str]]] = {
    "issue.created": ("plus", lambda: _("created this issue")),
    "issue.archived": ("archive", lambda: _("archived this issue")),
    "issue.deleted": ("trash-2", lambda: _("deleted this issue")),
    "issue.restored": ("rotate-ccw", lambda: _("brought this issue back")),
}


# What a link is called in the history, from each of its sides: when it is made, and when it is taken away.
_LINKS: dict[str, tuple[Callable[[], str], Callable[[], str]]] = {
    "blocks": (
        lambda: _("said that this blocks {key}"),
        lambda: _("said that this does not block {key} any more"),
    ),
    "blocks_in": (
        lambda: _("said that {key} blocks this"),
        lambda: _("said that {key} does not block this any more"),
    ),
    "duplicates": (
        lambda: _("said that this duplicates {key}"),
        lambda: _("said that this does not duplicate {key}"),
    ),
    "duplicates_in": (
        lambda: _("said that {key} duplicates this"),
        lambda: _("said that {key} does not duplicate this"),
    ),
    "relates": (lambda: _("linked {key}"), lambda: _("took the link to {key} away")),
    "relates_in": (lambda: _("linked {key}"), lambda: _("took the link to {key} away")),
}


# What became of it in Triage.
_DECISIONS: dict[Any, Callable[[], str]] = {
    "accepted": lambda: _("accepted this"),
    "declined": lambda: _("declined this"),
    "duplicate": lambda: _("declined this as a duplicate"),
}


def _sentences(event: Event, changes: Sequence[Change], names: _Names) -> list[tuple[str, Markup]]:
    if event.kind == "issue.created" and event.data.get("template"):
        return [_made_from(event.data)]
    if event.kind in _WHOLE:
        return [_whole(event.kind)]
    if event.kind in _WORK:
        return [_worked({change.field: change for change in changes})]
    # What remains that follows the estimate is no news of its own.
    follows = any(change.field == "time_estimate" for change in changes)
    return [
        told
        for change in changes
        if not (follows and change.field == "time_remaining") and (told := _change_sentence(change, names)) is not None
    ]


_WORK = frozenset({WorkLogged.kind, WorkEdited.kind, WorkRemoved.kind, WorkRestored.kind})


def _worked(changes: dict[str, Change]) -> tuple[str, Markup]:
    """What somebody did to the work log, and what remains after it, if that changed."""
    work = changes.get("work") or changes["work_restored"]
    entry: Any = work.new or work.old
    time, day, _note = entry
    values = {"time": in_hours(time), "day": short_day(date.fromisoformat(day))}
    if work.field == "work_restored":
        sentence = _("brought <b>{time}</b> of {day} back")
    elif work.old is None:
        sentence = _("logged <b>{time}</b> for {day}")
    elif work.new is None:
        sentence = _("took {time} of {day} out of the log")
    elif work.old[:2] == work.new[:2]:
        sentence = _("changed the note of {time} of {day}")
    else:
        values |= {"old": in_hours(work.old[0]), "old_day": short_day(date.fromisoformat(work.old[1]))}
        sentence = _("changed {old} of {old_day} in the log to <b>{time}</b> of {day}")
    told = _told(sentence, **values)
    left = changes.get("time_remaining")
    if left is not None:
        told += Markup(", ") + _left(left.new)
    return "clock", told


def _hours(minutes: Any) -> str:
    return in_hours(minutes)


def _left(minutes: int | None) -> Markup:
    if minutes is None:
        return escape(_("without saying how much is left"))
    return _told(_("<b>{time}</b> left"), time=in_hours(minutes))


def _whole(kind: str) -> tuple[str, Markup]:
    icon, sentence = _WHOLE[kind]
    return icon, escape(sentence())


def _made_from(data: dict[str, Any]) -> tuple[str, Markup]:
    """That an issue was made from a template: by the author, or in their name by a schedule."""
    if data.get("schedule") is None:
        return "plus", _told(_("created this issue from the template <b>{name}</b>"), name=data["template"])
    sentence = _("let FlowBoard create this issue on schedule, from the template <b>{name}</b>")
    return "refresh-cw", _told(sentence, name=data["template"])


def _told(sentence: str, **values: Any) -> Markup:
    """A sentence of ours, whose values are escaped when they are put in."""
    return Markup(sentence).format(**values)  # noqa: S704 (the sentence is ours, the values are not)


def _change_sentence(change: Change, names: _Names) -> tuple[str, Markup] | None:
    old, new = change.old, change.new
    match change.field:
        case "rank":
            return None  # a place in a column is no news
        case "status":
            return "arrow-right", _told(
                _("moved this from {old} to <b>{new}</b>"), old=names.status(old), new=names.status(new)
            )
        # A fact about this issue alone says so by its kind; one about many by its changes.
        case "archived":
            return _whole("issue.archived" if new else "issue.restored")
        case "deleted":
            return _whole("issue.deleted" if new else "issue.restored")
        case "key":
            return "folder", _told(_("moved this here: <b>{new}</b> was {old}"), new=new, old=old)
        case "triage":
            return "inbox", escape(_DECISIONS.get(new, lambda: _("put this back into Triage"))())
        case "snoozed_until" if new is None:
            return None  # what ended it says so
        case "snoozed_until":
            return "clock", _told(_("put this off until <b>{new}</b>"), new=new)
        case "attachment" if new is None:
            return "paperclip", _told(_("removed the file {old}"), old=old)
        case "attachment":
            return "paperclip", _told(_("attached <b>{new}</b>"), new=new)
        case "attachment_restored":
            return "paperclip", _told(_("brought the file <b>{new}</b> back"), new=new)
        case "pinned_comment" if new is None:
            return "pin-off", escape(_("took the pinned comment down"))
        case "pinned_comment":
            return "pin", escape(_("pinned a comment"))
        case "resolved_thread":
            link = Markup('<a class="link" href="#comment-{}">').format(new or old)
            if new is None:
                return "rotate-ccw", _told(_("opened {link}a thread{end} again"), link=link, end=Markup("</a>"))
            return "circle-check", _told(_("resolved {link}a thread{end}"), link=link, end=Markup("</a>"))
        case "title":
            return "pencil", _told(_("changed the title from “{old}”"), old=old)
        case "description":
            return "file-text", escape(_("changed the description"))
        case "assignee" if new is None:
            return "circle-user-round", _told(_("took this from {old}"), old=names.person(old))
        case "assignee":
            return "circle-user-round", _told(_("gave this to <b>{new}</b>"), new=names.person(new))
        case "type":
            return "tag", _told(_("made this a <b>{new}</b> from a {old}"), new=names.type(new), old=names.type(old))
        case "priority":
            return "flag", _told(_("set the priority to <b>{new}</b>"), new=Priority(int(new or 0)).label)
        case "labels" if not new:
            return "tag", escape(_("removed all labels"))
        case "labels":
            return "tag", _told(_("set the labels to <b>{new}</b>"), new=names.label_list(new))
        case "fix_versions" if not new:
            return "flag", escape(_("took this out of all versions"))
        case "fix_versions":
            return "flag", _told(_("set the versions to <b>{new}</b>"), new=names.version_list(new))
        case "parent" if new is None:
            return "layers", _told(_("took this out of {old}"), old=names.issue(old))
        case "parent":
            return "layers", _told(_("made this part of <b>{new}</b>"), new=names.issue(new))
        case "sprint" if new is None:
            return "refresh-cw", _told(_("took this out of {old}"), old=names.sprint(old))
        case "sprint":
            return "refresh-cw", _told(_("put this into <b>{new}</b>"), new=names.sprint(new))
        case "points" if new is None:
            return "gauge", escape(_("removed the estimate"))
        case "points":
            return "gauge", _told(_("estimated this at <b>{new}</b>"), new=new)
        case "time_estimate" if new is None:
            return "timer", escape(_("removed the estimate of the time"))
        case "time_estimate":
            return "timer", _told(_("estimated the time at <b>{new}</b>"), new=_hours(new))
        case "time_remaining" if new is None:
            return "timer", escape(_("does not say any more how much time is left"))
        case "time_remaining":
            return "timer", _told(_("set the time that is left to <b>{new}</b>"), new=_hours(new))
        case field if field in _LINKS:
            made, undone = _LINKS[field]
            key = Markup("<b>{}</b>").format(names.issue(new or old))
            return "link", _told(made() if old is None else undone(), key=key)
        case "due_date" if new is None:
            return "calendar", escape(_("removed the due date"))
        case "due_date":
            return "calendar", _told(_("set the due date to <b>{new}</b>"), new=new)
        case "start_date" if new is None:
            return "calendar", escape(_("removed the start date"))
        case "start_date":
            return "calendar", _told(_("set the start date to <b>{new}</b>"), new=new)
        case _:
            return "pencil", _told(_("changed {field}"), field=change.field.replace("_", " "))
