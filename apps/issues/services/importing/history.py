"""The history that issues bring along from another FlowBoard."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from apps.core.errors import Forbidden
from apps.core.tenancy import Actor
from apps.events.facts import FieldChange
from apps.events.services import record, service
from apps.issues.facts import IssueRetold
from apps.issues.models import Issue


@dataclass(frozen=True, slots=True, kw_only=True)
class PastFact:
    """What was done to an issue: `about` is the rest of what `IssueRetold` says of it."""

    issue: Issue
    there: str
    at: datetime
    by_id: int | None
    changes: Sequence[FieldChange]
    about: dict[str, Any]


@service
def retell_history(*, actor: Actor, run_id: int | None, batch: Sequence[PastFact]) -> None:
    """Tell what happened to issues elsewhere, in this order. Nobody is told, and no page changes.

    :raises Forbidden: for anybody but FlowBoard itself
    """
    if not actor.is_system:
        raise Forbidden
    for past in batch:
        record(
            IssueRetold(
                project_id=past.issue.project_id,
                issue_id=past.issue.pk,
                there=past.there,
                by=past.by_id,
                run=run_id,
                occurred_at=past.at,
                changes=tuple(past.changes),
                **past.about,
            ),
            actor=actor,
        )
