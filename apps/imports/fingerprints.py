"""Short fingerprints of a record's fields, by which a newer export tells what it says otherwise."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from apps.imports.mapping.fields import custom_of
from apps.imports.records import IssueRecord

_CUSTOM = "custom:"
PLACE = "place"


def _fields(record: IssueRecord) -> dict[str, Any]:
    """What is compared, by the names that the fields of an issue have here."""
    sprint = record.sprints[-1] if record.sprints else None
    return {
        "title": record.title,
        "description": record.text,
        "type": [record.type_name, record.level],
        "status": [record.status_name, record.category, record.resolution, record.resolved_at],
        "priority": record.priority_name,
        "labels": sorted(record.labels),
        "fix_versions": sorted(version.name for version in record.fix_versions),
        "sprint": [sprint.external_id or sprint.name, sprint.state, sprint.completed_at] if sprint else None,
        "points": record.points,
        "time_estimate": record.estimate_minutes,
        "time_remaining": record.remaining_minutes,
        "start_date": record.start_date,
        "due_date": record.due_date,
        "reporter": record.reporter.handle if record.reporter else None,
        "assignee": record.assignee.handle if record.assignee else None,
        "watchers": sorted(person.handle for person in record.watchers),
        "parent": [record.parent.external_id, record.parent.key] if record.parent else None,
        "links": sorted([link.relation, link.target.external_id, link.target.key] for link in record.links),
        "archived": record.is_archived,
        "triage": record.triage_since is not None,
        **{f"{_CUSTOM}{name}": value for name, value in custom_of(record).items()},
    }


def fingerprints(record: IssueRecord) -> dict[str, str]:
    """The fingerprint of each field that is not empty."""
    found = {name: _short(value) for name, value in _fields(record).items() if value not in (None, "", [], False)}
    # The place itself: once all rows are in, they are put in order by it.
    return found | ({PLACE: record.place} if record.place else {})


def _short(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=6).hexdigest()


def changed_fields(stored: Mapping[str, str] | None, record: IssueRecord) -> set[str] | None:
    """Which fields a record has otherwise than when it was read last; None where that is not known: all may be."""
    if stored is None:
        return None
    now = fingerprints(record)
    return {name for name in (stored.keys() | now.keys()) - {PLACE} if stored.get(name) != now.get(name)}


def custom_names(changed: set[str] | None, record: IssueRecord) -> list[str]:
    """Which of the tracker's own fields are among those that changed."""
    if changed is None:
        return list(custom_of(record))
    return sorted(name.removeprefix(_CUSTOM) for name in changed if name.startswith(_CUSTOM))
