"""Giving issues their dates on the timeline."""

from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import Invalid
from apps.core.tenancy import Actor
from apps.events.services import service
from apps.issues.models import Issue
from apps.issues.services import edit_issue

# What a calendar on a screen can show; a typing error in a year is found here.
EARLIEST, LATEST = date(1900, 1, 1), date(2199, 12, 31)


@service
def set_dates(*, actor: Actor, issue: Issue, start: str, due: str, version: int | None = None) -> Issue:
    """Say when an issue starts and when it is due, in one edit; an empty text takes the date away.

    :param version: the version that the change began from
    :raises Forbidden: for people who may not edit issues here
    :raises NotFound: if the issue is gone
    :raises Invalid: for what is no date, or an end before the start
    :raises StaleEdit: if one of the dates was changed since `version`
    """
    values: dict[str, Any] = {"start_date": _day(start, "start_date"), "due_date": _day(due, "due_date")}
    if values["start_date"] and values["due_date"] and values["due_date"] < values["start_date"]:
        raise Invalid(_("An issue ends on the day it starts, or later."), field="due_date")
    return edit_issue(actor=actor, issue=issue, values=values, version=version)


def _day(text: str, field: str) -> date | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise Invalid(_("A date looks like 2026-11-27."), field=field) from error
    if not EARLIEST <= day <= LATEST:
        raise Invalid(_("Choose a day between the years 1900 and 2199."), field=field)
    return day
