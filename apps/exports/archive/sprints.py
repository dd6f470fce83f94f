"""Sprints with their ledgers and capacities, as an archive has them."""

from typing import Any

from apps.core.tenancy import Actor
from apps.exports.archive.words import Words, plain
from apps.exports.selectors.rows import key_in
from apps.projects.models import Project
from apps.sprints.models import ScopeEntry, Sprint


def describe_sprints(actor: Actor, project: Project, words: Words, *, after: int, at_once: int) -> list[dict[str, Any]]:
    """The next sprints behind this id, each with its scope ledger and how much people take on."""
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
            "slot_date": plain(sprint.slot_date),
            "carried_to": str(sprint.carried_to_id) if sprint.carried_to_id else None,
            "created_at": plain(sprint.created_at),
            # They have no order of their own; by name, two archives of the same compare.
            "capacities": [
                {"person": words.person(each.user), "points": plain(each.points)}
                for each in sorted(sprint.capacities.all(), key=lambda each: (each.user.name, each.pk))
            ],
            "ledger": [
                {
                    "run": entry.run,
                    "kind": entry.kind,
                    "at": plain(entry.at),
                    # As it was called then; by which key the archive has it, if that is another one by now.
                    "issue": entry.issue_key or None,
                    "key": _key_now(actor, entry),
                    "points": plain(entry.points),
                    "is_in": entry.is_in,
                    "is_done": entry.is_done,
                    "end_date": plain(entry.end_date),
                }
                for entry in sorted(sprint.ledger.all(), key=lambda entry: entry.pk)
            ],
        }
        for sprint in found.prefetch_related("ledger__issue__project", "capacities__user").order_by("pk")[:at_once]
    ]


def _key_now(actor: Actor, entry: ScopeEntry) -> str | None:
    issue = entry.issue
    if issue is None or issue.deleted_at is not None or issue.project_id in actor.hidden_project_ids:
        return None
    key = key_in(issue.project, issue)
    return key if key != entry.issue_key else None
