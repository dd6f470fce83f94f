"""What was done to issues, as an archive has it: in sentences for people, and by names and keys to be read back."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.html import strip_tags

from apps.core.tenancy import Actor
from apps.events.models import Change, Event
from apps.exports.archive.words import Words, plain
from apps.exports.selectors.rows import key_in
from apps.issues.activity.feed import kind_of, never_told, sentences_of
from apps.issues.activity.meanings import MEANINGS, Meaning
from apps.issues.activity.names import Names, read_names
from apps.issues.activity.told import NAMED
from apps.issues.facts import IssueRetold
from apps.issues.models import Comment, Issue, Priority, field_id_of
from apps.issues.selectors.values import named_by_log, people_of_fields
from apps.projects.models import CustomField, Project

# A place in a column is no news, and means nothing elsewhere.
_PLACE = "rank"
_OPTIONS = {CustomField.Kind.SELECT, CustomField.Kind.MULTI}


def describe_history(actor: Actor, project: Project, issues: Sequence[Issue], words: Words) -> list[dict[str, Any]]:
    """What was done to these issues, oldest first; as many queries, however many issues."""
    by_id = {issue.pk: issue for issue in issues}
    told = _told(actor, by_id)
    changes = _changes(told)
    teller = _Teller(actor, [event for event, _issue_id in told], changes, words)
    sentences = sentences_of(actor=actor, told=told)
    lines = []
    there: set[tuple[int, int]] = set()
    for event, issue_id in told:
        said = sentences[event.pk, issue_id]
        changed = [teller.change(event, each) for each in changes[event.pk, issue_id] if each.field != _PLACE]
        if said or changed:
            taken_back = event.data.get("takes_back")
            there.add((event.pk, issue_id))
            lines.append(
                {
                    "id": str(event.pk),
                    "issue": key_in(project, by_id[issue_id]),
                    "kind": kind_of(event),
                    "at": plain(event.occurred_at),
                    "what": [strip_tags(line) for line in said],
                    **teller.about(event),
                    "takes_back": str(taken_back) if (taken_back, issue_id) in there else None,
                    "changes": [each for each in changed if each],
                }
            )
    return lines


def _told(actor: Actor, by_id: Mapping[int, Issue]) -> list[tuple[Event, int]]:
    """The facts and the issues that they are about, by issue and in their order."""
    seen = Event.objects.filter(org_id=actor.org_id, user__isnull=True).select_related("actor")
    own = {(event, event.issue_id) for event in seen.filter(issue__in=by_id) if event.issue_id is not None}
    named = Change.objects.filter(org_id=actor.org_id, issue__in=by_id, event__user__isnull=True)
    changed = {
        (change.event, change.issue_id)
        for change in named.select_related("event__actor")
        if change.issue_id is not None
    }
    told = [(event, pk) for event, pk in own | changed if not never_told(event)]
    return sorted(told, key=lambda pair: (pair[1], pair[0].pk))


def _changes(told: Sequence[tuple[Event, int]]) -> dict[tuple[int, int], list[Change]]:
    found: dict[tuple[int, int], list[Change]] = {(event.pk, issue_id): [] for event, issue_id in told}
    rows = Change.objects.filter(event__in=[event for event, _pk in told], issue__in={pk for _event, pk in told})
    for change in rows.order_by("id"):
        if change.issue_id is not None and (change.event_id, change.issue_id) in found:
            found[change.event_id, change.issue_id].append(change)
    return found


class _Teller:
    """Says what facts and their changes name, as far as the reader may see it: a fixed number of queries."""

    def __init__(
        self,
        actor: Actor,
        events: Sequence[Event],
        changes: Mapping[tuple[int, int], Sequence[Change]],
        words: Words,
    ) -> None:
        every = [change for group in changes.values() for change in group]
        self._words = words
        self._fields = named_by_log(
            actor=actor, field_ids={pk for change in every if (pk := field_id_of(change.field)) is not None}
        )
        people = {event.data["by"] for event in events if event.data.get("by") is not None}
        people |= {
            value
            for change in every
            if MEANINGS.get(change.field) is Meaning.PERSON
            for value in (change.old, change.new)
            if isinstance(value, int)
        }
        people |= people_of_fields(every, self._fields)
        self._names: Names = read_names(actor, (), every, people_too=people)
        self._comments = _present_comments(actor, events, every)

    def about(self, event: Event) -> dict[str, Any]:
        """Who did it, why and where, and the comment that it is about."""
        data: dict[str, Any] = event.data
        is_retold = event.kind == IssueRetold.kind
        by = self._names.people.get(data.get("by", 0)) if is_retold else event.actor
        comment_id = data.get("comment_id")
        found = {
            "by": self._words.person(by),
            "reason": data.get("why", "") if is_retold else event.reason,
            "origin": data["origin"] if is_retold else event.origin,
            "comment": str(comment_id) if comment_id in self._comments else None,
        }
        if data.get("template"):
            found |= {"template": data["template"], "is_scheduled": data.get("schedule") is not None}
        return found

    def change(self, event: Event, change: Change) -> dict[str, Any] | None:
        """A field, with what it was and what it became; without them where nobody knows what they mean."""
        field_id = field_id_of(change.field)
        if field_id is not None:
            field = self._fields.get(field_id)
            if field is None:
                return None
            return {"own_field": field.name, "old": self._own(field, change.old), "new": self._own(field, change.new)}
        meaning = MEANINGS.get(change.field)
        if meaning is None:
            return {"field": change.field, "old": None, "new": None}
        if change.field == "comment" and event.data.get("comment_id") not in self._comments:
            # What a deleted comment said is gone with it.
            return {"field": change.field, "old": "", "new": ""}
        old, new = self._value(meaning, change.old), self._value(meaning, change.new)
        if change.field == "key" and event.data.get("other_project") in self._names.hidden_project_ids:
            old = NAMED["issue"]()
        return {"field": change.field, "old": old, "new": new}

    def _own(self, field: CustomField, value: Any) -> Any:
        if field.kind == CustomField.Kind.USER and isinstance(value, int):
            return self._words.person(self._names.people.get(value))
        if field.kind not in _OPTIONS or value is None:
            return value
        named = [each if isinstance(each, str) else field.option_names.get(each) for each in _several(value)]
        named = [each for each in named if each]
        return named if field.kind == CustomField.Kind.MULTI else next(iter(named), None)

    def _value(self, meaning: Meaning, value: Any) -> Any:
        if value is None or value is False:
            return value
        match meaning:
            case Meaning.STATUS | Meaning.TYPE:
                return self._name(meaning, value)
            case Meaning.LABELS | Meaning.VERSIONS:
                return [self._name(meaning, each) for each in value]
            case Meaning.SPRINT:
                return {"id": "" if isinstance(value, str) else str(value), "name": self._name(meaning, value)}
            case Meaning.ISSUE:
                return self._name(meaning, value)
            case Meaning.PERSON:
                return self._words.person(self._names.people.get(value)) or {"id": str(value), "name": "?"}
            case Meaning.COMMENT:
                return str(value) if value in self._comments else ""
            case Meaning.PRIORITY:
                return Priority(int(value)).name.lower()
        return value

    def _name(self, kind: str, value: Any) -> str:
        if isinstance(value, str):
            return value
        found = self._names.issues.get(value) if kind == Meaning.ISSUE else self._names.things.get((kind, value))
        return found.name if found is not None else NAMED[kind]()


def _several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _present_comments(actor: Actor, events: Sequence[Event], changes: Sequence[Change]) -> set[int]:
    """The comments that facts name and that are there."""
    ids = {event.data["comment_id"] for event in events if event.data.get("comment_id")}
    ids |= {
        value
        for change in changes
        if MEANINGS.get(change.field) is Meaning.COMMENT
        for value in (change.old, change.new)
        if isinstance(value, int)
    }
    there = Comment.objects.filter(org_id=actor.org_id, pk__in=ids, deleted_at__isnull=True)
    return set(there.values_list("pk", flat=True)) if ids else set()
