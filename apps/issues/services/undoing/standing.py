"""How changes stand: whether something was changed after them, and whether they are taken back already."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from django.db.models import Case, When
from django.db.models.functions import Coalesce

from apps.core.tenancy import Actor, Origin
from apps.events.models import Change
from apps.issues.facts import IssueRetold, IssuesArrived, IssueTriaged
from apps.issues.models import Issue
from apps.issues.services.undoing.inverses import Inverse, inverse_for

# Facts whose parts hang together: a move between projects speaks of another project's statuses and labels, and a
# decision is taken back in Triage.
_WHOLE = (IssuesArrived.kind, IssueTriaged.kind, "issue.created")


class UndoState(Enum):
    """What can be done with a change."""

    FINAL = "final"
    OFFERED = "offered"
    TAKEN_BACK = "taken back"


@dataclass(frozen=True, slots=True)
class Later:
    """A change of a field, with its fact, what it is about, and the fact that it takes back."""

    id: int
    event_id: int
    thing: tuple[str, Any]
    takes_back: int | None


def inverse_of(change: Change) -> Inverse | None:
    """What takes a change back; None where nothing does: it came with an import, or is part of a greater thing."""
    if change.event.origin == Origin.IMPORT or change.event.kind in _WHOLE:
        return None
    return inverse_for(change.field)


def undo_states(*, actor: Actor, issue: Issue, changes: Sequence[Change]) -> dict[int, UndoState]:
    """How changes of an issue stand for somebody, by their ids: one query, however many they are.

    :param changes: with their facts
    """
    # What an archive told is nothing to undo here, and may have been taken back there.
    known = {
        change.pk: inverse_for(change.field) if change.event.kind == IssueRetold.kind else inverse_of(change)
        for change in changes
    }
    later = later_changes(issue, [change for change in changes if known[change.pk] is not None])
    found = {}
    for change in changes:
        inverse = known[change.pk]
        if inverse is None:
            found[change.pk] = UndoState.FINAL
            continue
        live, is_taken_back = since(change, inverse, later)
        if is_taken_back:
            found[change.pk] = UndoState.TAKEN_BACK
        elif (
            inverse_of(change) is None
            or (live and inverse.is_switch)
            or not inverse.may(actor, issue, change)
            or _is_in_the_bin(issue, change)
        ):
            found[change.pk] = UndoState.FINAL
        else:
            found[change.pk] = UndoState.OFFERED
    return found


def _is_in_the_bin(issue: Issue, change: Change) -> bool:
    """Whether nothing but the bin itself can be undone, since the issue is in it."""
    return issue.deleted_at is not None and change.field != "deleted"


def later_changes(issue: Issue, changes: Sequence[Change]) -> list[Later]:
    """What may have been changed after the first of some changes, oldest first: one query."""
    if not changes:
        return []
    inverses = {
        name: inverse
        for change in changes
        if (inverse := inverse_for(change.field)) is not None
        for name in (change.field, *inverse.also)
    }
    valued = [name for name, inverse in inverses.items() if inverse.one_of == "value"]
    rows = (
        Change.objects.filter(issue=issue, field__in=inverses, pk__gt=min(change.pk for change in changes))
        .order_by("pk")
        # Long texts stay where they are.
        .annotate(value=Case(When(field__in=valued, then=Coalesce("new", "old"))))
        .values_list(
            "pk",
            "event_id",
            "field",
            "value",
            "event__data__takes_back",
            "event__data__comment_id",
            "event__data__attachment_id",
        )
    )
    return [
        Later(
            pk,
            event_id,
            _thing(field, inverses[field], {"value": value, "comment_id": comment_id, "attachment_id": attachment_id}),
            takes_back,
        )
        for pk, event_id, field, value, takes_back, comment_id, attachment_id in rows
    ]


def _thing(field: str, inverse: Inverse, names: dict[str, Any]) -> tuple[str, Any]:
    """What a change is about: the field, and which of several things that it may change."""
    return min((field, *inverse.also)), names.get(inverse.one_of)


def since(change: Change, inverse: Inverse, later: Iterable[Later]) -> tuple[list[int], bool]:
    """The ids of what was changed after a change and still holds, oldest first, and whether it is taken back.

    What was taken back since does not count, and neither does what took it back: the field is as it was then.
    """
    thing = _thing(change.field, inverse, {**change.event.data, "value": change.new or change.old})
    mine = [each for each in later if each.id > change.pk and each.thing == thing]
    events = {each.event_id for each in mine}
    void: set[int | None] = set()
    live: list[int] = []
    is_taken_back = False
    for each in reversed(mine):
        if each.event_id in void:
            continue
        if each.takes_back in events:
            void.add(each.takes_back)
        elif each.takes_back == change.event_id:
            is_taken_back = True
        else:
            live.append(each.id)
    return live[::-1], is_taken_back
