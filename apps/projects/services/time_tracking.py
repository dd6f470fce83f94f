"""Whether people log how long they work on the project's issues, and what a day and a week of work are."""

from django.utils.translation import gettext as _

from apps.core.durations import read_minutes
from apps.core.errors import Invalid
from apps.core.tenancy import Actor
from apps.events.facts import FieldChange
from apps.events.services import service
from apps.projects import facts
from apps.projects.models import Project

from .common import lock, record_about, require_configure

_A_DAY = 24 * 60
_A_WEEK = 7


@service
def set_time_tracking(*, actor: Actor, project: Project, is_on: bool, day: str = "", days_a_week: int = 5) -> Project:
    """Let people log how long they work on issues, or show nothing of it any more. What was logged is kept.

    :param day: how long a day of work is, as somebody typed it; what it is now if they say nothing
    :raises Forbidden: for people who do not administer it
    :raises Invalid: if a day has no minute or more than 24 hours, or a week less than one day or more than seven
    """
    require_configure(actor, project)
    minutes = _working_day(day) if day.strip() else project.minutes_a_day
    if not 1 <= days_a_week <= _A_WEEK:
        raise Invalid(_("A week has one to seven days of work."), field="days_a_week")
    lock(project)
    wanted = {"has_time_tracking": is_on, "minutes_a_day": minutes, "days_a_week": days_a_week}
    changes = tuple(
        FieldChange(field, getattr(project, field), value)
        for field, value in wanted.items()
        if getattr(project, field) != value
    )
    if changes:
        for change in changes:
            setattr(project, change.field, change.new)
        project.save(update_fields=[change.field for change in changes])
        record_about(project, facts.ProjectEdited, actor, *changes)
    return project


def _working_day(words: str) -> int:
    try:
        minutes = read_minutes(words)
    except ValueError as error:
        raise Invalid(_("Write how long a day is, such as 8h or 7h 30m."), field="day") from error
    if not 1 <= minutes <= _A_DAY:
        raise Invalid(_("A day of work has at least a minute and at most 24 hours."), field="day")
    return minutes
