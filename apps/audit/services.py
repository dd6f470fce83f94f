"""The audit trail of an organization is written from its facts, in their transaction.

django-auditlog's own signals see neither bulk writes nor `update()`, and cost a query for every save. The facts know
every changed object and field, and the unit of work knows who, from where and why, so nothing can be forgotten by a
single write path. Accounts, which are outside of tenancy, keep auditlog's signals (see `apps.py`).
"""

from typing import Any

from django.contrib.contenttypes.models import ContentType

from apps.audit.models import LogEntry
from apps.core.tenancy import Unit
from apps.events.facts import Fact
from apps.events.models import Event

_ACTIONS = {
    "create": LogEntry.Action.CREATE,
    "update": LogEntry.Action.UPDATE,
    "delete": LogEntry.Action.DELETE,
    "access": LogEntry.Action.ACCESS,
}


def _content_type_id(model: str) -> int:
    app_label, name = model.split(".")
    # Cached by its manager, which also knows when a cached one is gone.
    return ContentType.objects.get_by_natural_key(app_label, name).pk


def write_entries(events: list[Event], facts: list[Fact], unit: Unit) -> None:
    """One entry for each object that each fact changed."""
    entries = []
    for event, fact in zip(events, facts, strict=True):
        # By the issue they name (None: the fact's own object): a fact about 500 issues has a subject for each.
        about: dict[int | None, dict[str, Any]] = {}
        for change in fact.changes:
            about.setdefault(change.issue_id, {})[change.field] = [change.old, change.new]
        for subject in fact.subjects:
            named = about.get(subject.id, {}) if subject.model == "issues.issue" else {}
            changes = about.get(None, {}) | named
            entries.append(
                LogEntry(
                    org_id=event.org_id,
                    project_id=event.project_id,
                    content_type_id=_content_type_id(subject.model),
                    object_pk=str(subject.id),
                    object_id=subject.id,
                    object_repr=subject.name[:500],
                    action=_ACTIONS[subject.action],
                    changes=changes,
                    actor_id=event.actor_id,
                    cid=event.request_id,
                    remote_addr=unit.address,
                    timestamp=event.created_at,
                    event_kind=event.kind,
                    reason=event.reason,
                    additional_data={"event": event.pk, "origin": event.origin},
                )
            )
    LogEntry.objects.bulk_create(entries, batch_size=1000)
