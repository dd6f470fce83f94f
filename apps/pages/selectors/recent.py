"""What happened last: to what a person looked at or changed, and to the organization's issues at all."""

from datetime import datetime
from typing import Any

from apps.core.tenancy import Actor
from apps.events.models import Event
from apps.issues.models import IssueQuerySet, Visit
from apps.issues.selectors import visible_issues
from apps.notifications.selectors import mentioned_in
from apps.pages.selectors.lines import IssueLine, for_lines, line

# As many as a page of them shows.
RECENT = 50
# Somebody who works on few issues leaves many facts about each.
_FACTS = 200
# To follow an issue or to keep it is no change of it.
_NO_CHANGE = ("issue.watched", "issue.starred")


def last_touched(*, actor: Actor, limit: int) -> list[IssueLine]:
    """The issues that the actor looked at or changed last, newest first: four queries."""
    at: dict[int, datetime] = {}
    changed = (
        Event.objects.filter(org_id=actor.org_id, actor_id=actor.user_id, issue__isnull=False)
        .exclude(kind__in=_NO_CHANGE)
        .order_by("-id")
        .values_list("issue_id", "occurred_at")[:_FACTS]
    )
    seen = (
        Visit.objects.filter(org_id=actor.org_id, user_id=actor.person_id)
        .order_by("-seen_at", "-id")
        .values_list("issue_id", "seen_at")
    )
    for issue_id, moment in [*changed, *seen]:
        if issue_id is not None and (issue_id not in at or at[issue_id] < moment):
            at[issue_id] = moment
    there = visible_issues(actor=actor).present().filter(pk__in=at).values_list("pk", flat=True)
    newest = sorted(there, key=lambda issue_id: (at[issue_id], issue_id), reverse=True)[:limit]
    issues = sorted(_with_lines(actor, newest), key=lambda issue: newest.index(issue.pk))
    return [line(issue, actor=actor) for issue in issues]


def mentioned(*, actor: Actor, limit: int) -> list[IssueLine]:
    """Where somebody mentioned the actor, who has not looked since: what changed last comes first."""
    issues = visible_issues(actor=actor).present().filter(mentioned_in(actor=actor))
    return [line(issue, actor=actor) for issue in for_lines(issues, actor=actor).order_by("-updated_at", "-id")[:limit]]


def changed_lately(*, actor: Actor, limit: int) -> list[IssueLine]:
    """What was changed last in the organization, by anybody: one query."""
    issues = visible_issues(actor=actor).present().filter(project__archived_at__isnull=True)
    newest = issues.order_by("-updated_at", "-id").values("pk")[:limit]
    return [line(issue, actor=actor) for issue in _with_lines(actor, newest).order_by("-updated_at", "-id")]


def _with_lines(actor: Actor, issue_ids: Any) -> IssueQuerySet:
    """Few of many issues with all that their lines show: chosen before, by as little as that takes."""
    return for_lines(visible_issues(actor=actor).filter(pk__in=issue_ids), actor=actor)
