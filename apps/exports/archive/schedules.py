"""What a project does by itself, as an archive has it: schedules with what they made, and the rhythm of its sprints."""

from typing import Any

from django.db.models import Prefetch

from apps.core.tenancy import Actor
from apps.exports.archive.words import Words, plain
from apps.exports.selectors.rows import key_in
from apps.issues.models import Issue
from apps.projects.models import Project
from apps.recurring.models import Occurrence, Schedule
from apps.sprints.models import Cadence

_RHYTHM = ("is_on", "weeks", "weekday", "cooldown_weeks", "ahead", "rolls_over", "time_zone")


def describe_schedules(
    actor: Actor, project: Project, words: Words, *, after: int, at_once: int
) -> list[dict[str, Any]]:
    """The next schedules behind this id, each with the days on which it made an issue, and which."""
    found = Schedule.objects.present().filter(org_id=actor.org_id, project=project, pk__gt=after)
    made = Occurrence.objects.order_by("slot_date").select_related("issue__project")
    return [
        {
            "id": str(each.pk),
            "template": each.template.name,
            "owner": words.person(each.owner),
            "frequency": each.frequency,
            "interval": each.interval,
            "weekdays": each.weekdays,
            "month_day": each.month_day,
            "nth": each.nth,
            "start_date": plain(each.start_date),
            "end_date": plain(each.end_date),
            "most": each.most,
            "at": each.at.isoformat("minutes"),
            "time_zone": each.time_zone,
            "due_days": each.due_days,
            "joins_sprint": each.joins_sprint,
            "status": each.status.name if each.status else None,
            "paused_at": plain(each.paused_at),
            "stop": each.stop,
            "made": [
                {"day": plain(slot.slot_date), "issue": _key(actor, slot.issue)} for slot in each.occurrences.all()
            ],
        }
        for each in found.select_related("template", "owner", "status")
        .prefetch_related(Prefetch("occurrences", made))
        .order_by("pk")[:at_once]
    ]


def _key(actor: Actor, issue: Issue | None) -> str | None:
    if issue is None or issue.deleted_at is not None or issue.project_id in actor.hidden_project_ids:
        return None
    return key_in(issue.project, issue)


def describe_cadence(actor: Actor, project: Project) -> dict[str, Any] | None:
    """The rhythm in which the project's sprints start and end by themselves, if it has one."""
    cadence = Cadence.objects.filter(org_id=actor.org_id, project=project).first()
    if cadence is None:
        return None
    return {name: getattr(cadence, name) for name in _RHYTHM} | {"anchor_date": plain(cadence.anchor_date)}
