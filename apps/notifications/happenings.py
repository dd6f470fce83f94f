"""What a fact of the log means to people: of which kind it is for each issue, and whom it names."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Q

from apps.events.models import Change, Event
from apps.issues.facts import (
    CommentAdded,
    CommentEdited,
    IssueArchived,
    IssueCreated,
    IssueEdited,
    IssueLinked,
    IssueMoved,
    IssueRestored,
    IssuesArrived,
    IssuesEdited,
    IssueTriaged,
)
from apps.issues.mentions import handles_in, newly_mentioned
from apps.issues.models import Comment, Decision, Issue
from apps.notifications.models import Kind

# The facts that people are told of.
NEWS = (
    IssueCreated,
    IssueEdited,
    IssuesEdited,
    IssuesArrived,
    IssueMoved,
    IssueArchived,
    IssueRestored,
    IssueLinked,
    IssueTriaged,
    CommentAdded,
    CommentEdited,
)
# What kind of news a changed field is. A field that is not here is an edit like any other.
_KIND_OF = {
    "status": Kind.STATUS,
    "triage": Kind.STATUS,
    "sprint": Kind.PLANNED,
    "due_date": Kind.PLANNED,
    "start_date": Kind.PLANNED,
}
# What changes all the time, or of which its own fact tells; and time, of which nobody is told.
_NO_NEWS = frozenset({"rank", "deleted", "comment", "work", "work_restored", "time_estimate", "time_remaining"})
_KIND_OF_FACT = {
    CommentAdded.kind: Kind.COMMENTED,
    IssueArchived.kind: Kind.EDITED,
    IssueRestored.kind: Kind.EDITED,
    IssueLinked.kind: Kind.EDITED,
    IssuesArrived.kind: Kind.EDITED,
}
_DECIDED = frozenset({Decision.ACCEPTED.value, Decision.DECLINED.value, Decision.DUPLICATE.value})


@dataclass(slots=True)
class Happening:
    """What happened to one issue: the kinds of news it is to everybody, and whom it concerns more than others.

    Those whom it mentions, to whom it was given, and who took part in the thread in which it was a reply.
    """

    kinds: set[Kind] = field(default_factory=set)
    handles: list[str] = field(default_factory=list)
    assignee_id: int | None = None
    talkers: frozenset[int] = frozenset()

    @property
    def is_news(self) -> bool:
        """Whether there is anything to tell anybody."""
        return bool(self.kinds or self.handles or self.assignee_id)


def happenings_of(event: Event) -> dict[int, Happening]:
    """What a fact means, by the ids of the issues it is about: three queries at most, however many they are."""
    changes = list(Change.objects.filter(event=event).order_by("id"))
    if event.kind == IssueCreated.kind:
        found = _created(event)
    else:
        found = {issue_id: Happening() for issue_id in _issues_of(event, changes)}
        for change in changes:
            if change.issue_id is not None:
                _add(found[change.issue_id], change)
        _add_fact(found, event)
    return {issue_id: happening for issue_id, happening in found.items() if happening.is_news}


def _issues_of(event: Event, changes: Iterable[Change]) -> set[int]:
    named = {event.issue_id, *event.data.get("ids", ()), *(change.issue_id for change in changes)}
    return {issue_id for issue_id in named if issue_id is not None}


def _add(happening: Happening, change: Change) -> None:
    if change.field == "assignee":
        happening.assignee_id = change.new
    if change.field == "description":
        happening.handles += newly_mentioned(change.old or "", change.new or "")
    if change.field not in _NO_NEWS:
        happening.kinds.add(_KIND_OF.get(change.field, Kind.EDITED))


def _add_fact(found: dict[int, Happening], event: Event) -> None:
    """What the fact itself says, beside the fields that changed."""
    if event.kind in _KIND_OF_FACT:
        for happening in found.values():
            happening.kinds.add(_KIND_OF_FACT[event.kind])
    if event.kind == IssueTriaged.kind:
        for happening in found.values():
            # Put off, or taken back: nothing was decided.
            happening.kinds = {Kind.STATUS} if event.data["decision"] in _DECIDED else set()
    if event.issue_id is not None and event.kind == CommentAdded.kind:
        comment = Comment.objects.filter(pk=event.data["comment_id"], deleted_at__isnull=True).first()
        if comment is None:
            found[event.issue_id].kinds.clear()
        else:
            found[event.issue_id].handles += handles_in(comment.body)
            found[event.issue_id].talkers = _talkers(comment.thread_id)
    if event.issue_id is not None and event.kind == CommentEdited.kind:
        found[event.issue_id].handles += [
            handle
            for change in Change.objects.filter(event=event, field="comment")
            for handle in newly_mentioned(change.old or "", change.new or "")
        ]


def _talkers(thread_id: int | None) -> frozenset[int]:
    """Who said something in a thread that is still there."""
    if thread_id is None:
        return frozenset()
    talk = Comment.objects.filter(Q(pk=thread_id) | Q(thread_id=thread_id), deleted_at__isnull=True)
    return frozenset(talk.filter(author__isnull=False).values_list("author_id", flat=True))


def _created(event: Event) -> dict[int, Happening]:
    """A new issue as it began: the log says what its assignee was before it first changed."""
    issue = Issue.objects.filter(pk=event.issue_id or 0).first()
    if issue is None:
        return {}
    later = Change.objects.filter(issue_id=issue.pk, field__in=("assignee", "description"), event_id__gt=event.pk)
    began = {"assignee": issue.assignee_id, "description": issue.description}
    for change in later.order_by("-id"):
        began[change.field] = change.old
    handles = handles_in(str(began["description"] or ""))
    assignee = began["assignee"]
    return {issue.pk: Happening({Kind.CREATED}, handles, assignee if isinstance(assignee, int) else None)}
