"""The history that issues bring along from another FlowBoard."""

from collections.abc import Collection, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from apps.core.errors import Forbidden
from apps.core.tenancy import Actor
from apps.events.facts import FieldChange
from apps.events.models import Event
from apps.events.services import record, service, taking_back, write_down
from apps.issues.facts import IssueRetold
from apps.issues.models import Issue


@dataclass(frozen=True, slots=True, kw_only=True)
class PastFact:
    """What was done to an issue: `about` is the rest of what `IssueRetold` says of it.

    `line` is its number among what is told of the issue, `takes_back` that of what it undid.
    """

    issue: Issue
    there: str
    at: datetime
    by_id: int | None
    line: int
    takes_back: int | None
    changes: Sequence[FieldChange]
    about: dict[str, Any]


@service
def retell_history(*, actor: Actor, run_id: int | None, batch: Sequence[PastFact]) -> None:
    """Tell what happened to issues elsewhere, in this order. Nobody is told, and no page changes.

    :raises Forbidden: for anybody but FlowBoard itself
    """
    if not actor.is_system:
        raise Forbidden
    told = _told({(past.issue.pk, past.takes_back) for past in batch if past.takes_back is not None})
    unwritten: set[_Line] = set()
    for past in batch:
        undone = (past.issue.pk, past.takes_back or 0)
        if undone in unwritten:
            # It has an id once it is written: rarely is something undone right away.
            write_down()
            told |= _told(unwritten)
            unwritten.clear()
        with taking_back(told[undone]) if undone in told else nullcontext():
            record(
                IssueRetold(
                    project_id=past.issue.project_id,
                    issue_id=past.issue.pk,
                    there=past.there,
                    by=past.by_id,
                    run=run_id,
                    line=past.line,
                    occurred_at=past.at,
                    changes=tuple(past.changes),
                    **past.about,
                ),
                actor=actor,
            )
        unwritten.add((past.issue.pk, past.line))


# A line of an issue: the issue's id, and the line's number.
_Line = tuple[int, int]


def _told(lines: Collection[_Line]) -> dict[_Line, int]:
    """The ids of the facts that lines have become: one query, or none."""
    if not lines:
        return {}
    facts = Event.objects.filter(
        kind=IssueRetold.kind,
        issue_id__in={issue_id for issue_id, _number in lines},
        data__line__in=[number for _issue_id, number in lines],
    )
    return {(issue_id, line): pk for pk, issue_id, line in facts.values_list("pk", "issue_id", "data__line")}
