"""One of everything of templates and schedules, for tests that walk all addresses."""

from datetime import time

from django.utils import timezone

from apps.core.tenancy import Actor
from apps.projects.models import IssueType, Project
from apps.recurring.services import (
    Content,
    Timing,
    create_schedule,
    create_template,
    retire_schedule,
    retire_template,
)


def make_templates(*, actor: Actor, project: Project, name: str = "Report") -> dict[str, int]:
    """The ids of a template that nothing needs, of a schedule of another one, and of some that were deleted."""
    task = IssueType.objects.get(project=project, name="Task")
    free, used, gone = (
        create_template(
            actor=actor,
            project=project,
            content=Content(name=f"{name}{more}", type=task, title="Report of {date}", subtasks=["Write"]),
        )
        for more in ("", " repeated", " of old")
    )
    retire_template(actor=actor, template=gone)
    daily = Timing(frequency="daily", interval=1, start_date=timezone.localdate(), at=time(0))
    kept, lost = (create_schedule(actor=actor, project=project, template=used, timing=daily) for _number in range(2))
    retire_schedule(actor=actor, schedule=lost)
    return {
        "template_id": free.pk,
        "retired_template_id": gone.pk,
        "schedule_id": kept.pk,
        "retired_schedule_id": lost.pk,
    }
