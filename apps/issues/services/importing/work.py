"""What people logged in another tracker."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce

from apps.core.durations import in_hours
from apps.core.errors import Forbidden
from apps.core.tenancy import Actor
from apps.core.texts import one_line
from apps.events.facts import FieldChange, Subject
from apps.events.services import record, service
from apps.issues.facts import WorkLogged
from apps.issues.models import NOTE_LENGTH, Issue, WorkLog
from apps.issues.services.common import key_of
from apps.projects.models import Project

A_DAY = 24 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class PastWork:
    """Time that somebody spent on an issue: up to a day."""

    issue: Issue
    person_id: int
    minutes: int
    day: date
    note: str = ""
    created_at: datetime


@service
def import_work(*, actor: Actor, project: Project, batch: Sequence[PastWork]) -> list[WorkLog]:
    """Store what people logged elsewhere, and add it up. What remains stays as the other tracker said it.

    :raises Forbidden: for anybody but FlowBoard itself
    """
    if not actor.is_system:
        raise Forbidden
    logs = WorkLog.objects.bulk_create(
        [
            WorkLog(
                org_id=project.org_id,
                project_id=past.issue.project_id,
                issue=past.issue,
                person_id=past.person_id,
                day=past.day,
                minutes=past.minutes,
                note=one_line(past.note.replace("\x00", "\ufffd"))[:NOTE_LENGTH],
                created_at=past.created_at,
            )
            for past in batch
        ],
        batch_size=1000,
    )
    add_up_work({past.issue.pk for past in batch})
    for log in logs:
        name = f"{in_hours(log.minutes)} on {key_of(log.issue)}"
        record(
            WorkLogged(
                project_id=log.project_id,
                issue_id=log.issue_id,
                v=log.issue.version,
                work_id=log.pk,
                occurred_at=log.created_at,
                subjects=(Subject(model="issues.worklog", id=log.pk, name=name, action="create"),),
                changes=(FieldChange("work", None, [log.minutes, log.day.isoformat(), log.note]),),
            ),
            actor=actor,
        )
    return logs


def add_up_work(issue_ids: set[int]) -> None:
    """Let issues say how much time was spent on them: one statement."""
    entries = WorkLog.objects.filter(issue_id=OuterRef("pk"), deleted_at__isnull=True).order_by()
    spent = entries.values("issue_id").annotate(minutes=Sum("minutes")).values("minutes")
    if issue_ids:
        Issue.objects.filter(pk__in=issue_ids).update(time_spent=Coalesce(Subquery(spent), 0))
