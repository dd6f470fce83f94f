"""The scope ledger: what each active sprint holds, written down whenever that changes.

The state is compared with the ledger's last word about it, and what differs becomes a line: in one statement, however
many issues a transaction changed and in whatever way. It runs with the facts, when the project's stream is locked:
transactions of one project write their lines one after the other, each seeing what the one before it did.
"""

from collections.abc import Iterable

from django.db import connection

from apps.core.tenancy import Unit, happening_at
from apps.events.facts import Fact
from apps.events.models import Event
from apps.issues import facts as issues
from apps.projects.facts import WorkflowChanged
from apps.sprints import facts
from apps.sprints.models import ScopeEntry, Sprint

Kind = ScopeEntry.Kind

# A sprint of run 0 began before there was a ledger: half a story would be a wrong one.
# A cancelled issue is no longer part of the plan; one that was done before it was archived still counts.
_SETTLE = """
WITH active AS (
    SELECT id, org_id, project_id, run FROM sprints_sprint
     WHERE org_id = %(org)s AND state = 'active' AND run > 0 AND (%(sprint)s::bigint IS NULL OR id = %(sprint)s)
), pair AS (
    SELECT a.id AS sprint_id, i.id AS issue_id FROM active a JOIN issues_issue i ON i.sprint_id = a.id
     WHERE %(issues)s::bigint[] IS NULL OR i.id = ANY(%(issues)s)
    UNION
    SELECT a.id, e.issue_id FROM active a JOIN sprints_scopeentry e ON e.sprint_id = a.id AND e.run = a.run
     WHERE e.issue_id IS NOT NULL AND (%(issues)s::bigint[] IS NULL OR e.issue_id = ANY(%(issues)s))
), now_is AS (
    SELECT a.id AS sprint_id, a.org_id, a.project_id, a.run, i.id AS issue_id, p.key || '-' || i.number AS issue_key,
           i.points, s.category = 'done' AS is_done,
           i.sprint_id IS NOT DISTINCT FROM a.id AND i.deleted_at IS NULL AND s.category <> 'cancelled'
               AND (i.archived_at IS NULL OR s.category = 'done') AS is_in
      FROM pair JOIN active a ON a.id = pair.sprint_id JOIN issues_issue i ON i.id = pair.issue_id
      JOIN projects_status s ON s.id = i.status_id JOIN projects_project p ON p.id = i.project_id
)
INSERT INTO sprints_scopeentry
       (org_id, project_id, sprint_id, run, kind, at, issue_id, issue_key, points, is_in, is_done)
SELECT n.org_id, n.project_id, n.sprint_id, n.run,
       CASE WHEN NOT n.is_in THEN 'removed'
            WHEN NOT coalesce(was.is_in, false) THEN %(arriving)s
            WHEN n.is_done AND NOT was.is_done THEN 'done'
            WHEN was.is_done AND NOT n.is_done THEN 'undone'
            ELSE 'estimated' END,
       %(at)s, n.issue_id, n.issue_key, n.points, n.is_in, n.is_done
  FROM now_is n
  LEFT JOIN LATERAL (
       SELECT e.is_in, e.is_done, e.points FROM sprints_scopeentry e
        WHERE e.sprint_id = n.sprint_id AND e.run = n.run AND e.issue_id = n.issue_id
        ORDER BY e.id DESC LIMIT 1) was ON true
 WHERE n.is_in <> coalesce(was.is_in, false)
    OR (n.is_in AND (n.is_done <> was.is_done OR n.points IS DISTINCT FROM was.points))
 ORDER BY n.sprint_id, n.issue_id
"""


def settle(
    *, org_id: int, sprint: Sprint | None = None, issue_ids: Iterable[int] | None = None, is_start: bool = False
) -> None:
    """Bring the ledger up to what is so now: of one active sprint or all, of some issues or all.

    :param is_start: what is new to the ledger was in from the start
    """
    values = {
        "org": org_id,
        "sprint": sprint.pk if sprint is not None else None,
        "issues": sorted(set(issue_ids)) if issue_ids is not None else None,
        "arriving": Kind.START.value if is_start else Kind.ADDED.value,
        "at": happening_at(),
    }
    with connection.cursor() as cursor:
        cursor.execute(_SETTLE, values)


def mark(sprint: Sprint, kind: ScopeEntry.Kind) -> None:
    """Write down what happened to the sprint itself."""
    ScopeEntry.objects.create(
        org_id=sprint.org_id,
        project_id=sprint.project_id,
        sprint=sprint,
        run=sprint.run,
        kind=kind,
        at=happening_at(),
        end_date=sprint.end_date,
    )


_WHOLE = (issues.IssueCreated, issues.IssueArchived, issues.IssueDeleted, issues.IssueRestored)
_FIELDS = {"sprint", "points", "status"}


def follow(events: list[Event], facts_: list[Fact], unit: Unit) -> None:
    """Settle what the facts of a transaction may have changed: one statement, none for what touches no scope."""
    org_id = events[0].org_id
    started = [fact.sprint_id for fact in facts_ if isinstance(fact, facts.SprintStarted)]
    for sprint in Sprint.objects.filter(org_id=org_id, pk__in=started) if started else ():
        # Somebody may have planned an issue in while the sprint was being started.
        settle(org_id=org_id, sprint=sprint, is_start=True)
    if any(isinstance(fact, WorkflowChanged) and _names_category(fact) for fact in facts_):
        settle(org_id=org_id)
        return
    # What history tells that came along, a ledger that came along says.
    mine = [fact for event, fact in zip(events, facts_, strict=True) if "retold" not in event.data]
    settle_facts(org_id, [fact for fact in mine if not isinstance(fact, issues.IssueRetold)])


def settle_facts(org_id: int, facts_: Iterable[Fact]) -> None:
    """Settle what becomes of issues by these facts: one statement, none for what touches no scope."""
    touched = {issue_id for fact in facts_ for issue_id in _issues_of(fact)}
    if touched:
        settle(org_id=org_id, issue_ids=touched)


def _names_category(fact: Fact) -> bool:
    return any(change.field == "category" for change in fact.changes)


def _issues_of(fact: Fact) -> list[int]:
    """The issues whose part in a sprint the fact may have changed."""
    if isinstance(fact, _WHOLE):
        return [fact.issue_id] if fact.issue_id is not None else []
    if isinstance(fact, issues.IssuesEdited):
        return [int(issue_id) for issue_id in fact.versions]
    named = [change.issue_id or fact.issue_id for change in fact.changes if change.field in _FIELDS]
    return [issue_id for issue_id in named if issue_id is not None]
