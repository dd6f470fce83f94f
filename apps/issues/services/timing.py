"""What an issue is estimated to take, and what remains of it: fields like any other, in minutes."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.reading import short_day
from apps.core.durations import read_minutes
from apps.core.errors import Conflict, Invalid
from apps.issues.models import Issue
from apps.projects.models import Project

# Ten thousand hours: more than that is a slip.
MOST_MINUTES = 600_000


class NoTimeTracking(Conflict):
    """The project does not track time."""

    title = gettext_lazy("This project does not track time")
    detail = gettext_lazy("An admin of the project can switch it on in its settings.")


def require_time_tracking(project: Project) -> None:
    """Refuse what is about time where a project does not track it.

    :raises NoTimeTracking: then
    """
    if not project.has_time_tracking:
        raise NoTimeTracking


def clean_minutes(project: Project, value: Any, *, field: str) -> int | None:
    """A duration in minutes: that number, or as somebody typed it; or none.

    :raises NoTimeTracking: if the project does not track time
    :raises Invalid: if it is none, or longer than anything takes
    """
    require_time_tracking(project)
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    try:
        minutes = value if isinstance(value, int) else read_minutes(str(value), working=project.working_time)
    except ValueError as error:
        raise Invalid(_("Write a time with its unit, such as 1h 30m, 1.5h, 90m or 2d."), field=field) from error
    if not 0 <= minutes <= MOST_MINUTES:
        raise Invalid(_("That is too much: at most 10,000 hours."), field=field)
    return minutes


def follow_estimate(issue: Issue, wanted: Mapping[str, Any]) -> dict[str, int | None]:
    """What remains, if an edit changes the estimate: it follows, unless something else is, or was, said of it."""
    if "time_estimate" not in wanted or "time_remaining" in wanted:
        return {}
    if issue.time_remaining is not None and issue.time_remaining != _left_of(issue, issue.time_estimate):
        return {}
    return {"time_remaining": _left_of(issue, wanted["time_estimate"])}


def _left_of(issue: Issue, estimate: int | None) -> int | None:
    return None if estimate is None else max(0, estimate - issue.time_spent)


def refuse_due_before_start(start: date | None, due: date | None, *, field: str) -> None:
    """Refuse dates with which an issue would be due before it begins.

    What came so from elsewhere stays so, and the timeline says it; an undo may lead back there.

    :param field: the one that was about to be set
    :raises Invalid: then
    """
    if start is None or due is None or start <= due:
        return
    words = {"start": short_day(start), "due": short_day(due)}
    if field == "start_date":
        raise Invalid(_("It is due %(due)s. It starts on that day, or before.") % words, field=field)
    raise Invalid(_("It starts %(start)s. It is due on that day, or later.") % words, field=field)
