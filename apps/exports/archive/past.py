"""What happened, as an archive has it: sprints with their ledgers, and the history of issues in words."""

from collections.abc import Sequence
from typing import Any

from django.utils.html import strip_tags

from apps.core.tenancy import Actor
from apps.events.models import Change, Event
from apps.exports.archive.words import Words, plain
from apps.exports.selectors.rows import key_in
from apps.issues.activity.feed import sentences_of
from apps.issues.models import Issue
from apps.projects.models import Project
from apps.sprints.models import Sprint


def describe_sprints(actor: Actor, project: Project, *, after: int, at_once: int) -> list[dict[str, Any]]:
    """The next sprints behind this id, each with its scope ledger."""
    found = Sprint.objects.filter(org_id=actor.org_id, project=project, pk__gt=after)
    return [
        {
            "id": str(sprint.pk),
            "name": sprint.name,
            "goal": sprint.goal,
            "state": sprint.state,
            "start_date": plain(sprint.start_date),
            "end_date": plain(sprint.end_date),
            "time_zone": sprint.time_zone,
            "run": sprint.run,
            "carried_to": str(sprint.carried_to_id) if sprint.carried_to_id else None,
            "created_at": plain(sprint.created_at),
            "ledger": [
                {
                    "run": entry.run,
                    "kind": entry.kind,
                    "at": plain(entry.at),
                    "issue": entry.issue_key or None,
                    "points": plain(entry.points),
                    "is_in": entry.is_in,
                    "is_done": entry.is_done,
                    "end_date": plain(entry.end_date),
                }
                for entry in sorted(sprint.ledger.all(), key=lambda entry: entry.pk)
            ],
        }
        for sprint in found.prefetch_related("ledger").order_by("pk")[:at_once]
    ]


def describe_history(actor: Actor, project: Project, issues: Sequence[Issue], words: Words) -> list[dict[str, Any]]:
    """What was done to these issues, oldest first, for people to read; as many queries, however many issues."""
    by_id = {issue.pk: issue for issue in issues}
    seen = Event.objects.filter(org_id=actor.org_id, user__isnull=True).select_related("actor")
    own = {(event, event.issue_id) for event in seen.filter(issue__in=by_id) if event.issue_id is not None}
    named = Change.objects.filter(org_id=actor.org_id, issue__in=by_id, event__user__isnull=True)
    changed = {
        (change.event, change.issue_id)
        for change in named.select_related("event__actor")
        if change.issue_id is not None
    }
    told = sorted(own | changed, key=lambda pair: (pair[1], pair[0].pk))
    sentences = sentences_of(actor=actor, told=told)
    return [
        {
            "issue": key_in(project, by_id[issue_id]),
            "kind": event.kind,
            "at": plain(event.occurred_at),
            "by": words.person(event.actor),
            "what": [strip_tags(line) for line in sentences[event.pk, issue_id]],
        }
        for event, issue_id in told
    ]
