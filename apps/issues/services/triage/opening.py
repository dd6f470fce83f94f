"""What every decision begins and ends with."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext_lazy

from apps.core.errors import Conflict, Forbidden
from apps.core.tenancy import Actor
from apps.events.facts import FieldChange
from apps.events.services import record
from apps.issues.facts import IssueTriaged
from apps.issues.models import Issue
from apps.issues.services.common import lock, subject_of, touch
from apps.issues.services.editing import as_json
from apps.projects import policies
from apps.projects.models import Project


class AlreadyDecided(Conflict):
    """Somebody else was faster, or the issue never waited."""

    title = gettext_lazy("It does not wait in Triage any more")
    detail = gettext_lazy("Somebody has decided about it already. Open it to see how.")


def require_triage(actor: Actor, project: Project) -> None:
    """Refuse people who may not decide.

    :raises Forbidden: for guests, commenters and viewers, and in an archived project
    """
    if not policies.can_triage(actor, project):
        raise Forbidden


def lock_waiting(actor: Actor, issue: Issue) -> Issue:
    """The issue, locked, if it still waits.

    :raises NotFound: if it is gone
    :raises AlreadyDecided: if it does not
    """
    (fresh,) = lock(actor, [issue.pk])
    refuse_decided(fresh)
    return fresh


def refuse_decided(issue: Issue) -> None:
    """Refuse an issue that does not wait.

    :raises AlreadyDecided: then
    """
    if issue.triage_since is None or issue.archived_at is not None:
        raise AlreadyDecided


def waited_since(issue: Issue) -> str:
    """When it began to wait, as the log keeps it."""
    return issue.triage_since.isoformat() if issue.triage_since is not None else ""


# The log's names, and the attributes that hold them.
_SEEN = {
    "status": "status_id",
    "assignee": "assignee_id",
    "priority": "priority",
    "sprint": "sprint_id",
    "rank": "rank",
    "snoozed_until": "snoozed_until",
}
COLUMNS = (
    "status",
    "status_changed_at",
    "resolved_at",
    "assignee",
    "priority",
    "sprint",
    "rank",
    "triage_since",
    "snoozed_until",
)


def look(issue: Issue) -> dict[str, Any]:
    """What a decision can change of an issue, as it is."""
    return {name: as_json(getattr(issue, attribute)) for name, attribute in _SEEN.items()}


def settle(
    actor: Actor,
    issue: Issue,
    before: dict[str, Any],
    *changes: FieldChange,
    store: Callable[[Callable[[], None]], None] | None = None,
    **said: Any,
) -> Issue:
    """Store the issue with what was decided, and record the one fact about it.

    :param before: what `look` saw
    :param changes: what else the fact names
    :param store: what surrounds the write
    :param said: the fact's own values
    """
    if store is None:
        touch(issue, *COLUMNS)
    else:
        store(lambda: touch(issue, *COLUMNS))
    after = look(issue)
    record(
        IssueTriaged(
            project_id=issue.project_id,
            issue_id=issue.pk,
            v=issue.version,
            subjects=(subject_of(issue),),
            changes=(
                *(FieldChange(name, was, after[name]) for name, was in before.items() if was != after[name]),
                *changes,
            ),
            **said,
        ),
        actor=actor,
    )
    return issue
