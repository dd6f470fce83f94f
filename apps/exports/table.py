"""A project's issues as a table for spreadsheets, a batch at a time.

Each batch is read in a unit of work of its own: whoever downloads slowly holds no transaction, and whoever loses the
right to read meanwhile gets no more. What is read before any of it is sent is only the list of columns.
"""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.core.spreadsheets import cell
from apps.core.tenancy import Actor
from apps.exports.selectors.rows import held_values, issues_after, key_in, parent_key
from apps.issues.models import Issue
from apps.issues.selectors.visible import Filters
from apps.projects.models import CustomField, Project
from apps.projects.selectors import get_project, list_custom_fields

# What makes Excel read a table as UTF-8.
MARK = "\ufeff"

Entering = Callable[[], AbstractContextManager[Actor]]


@dataclass(frozen=True, slots=True)
class Sheet:
    """Which issues, and how the reader writes times."""

    project_key: str
    zone: tzinfo
    filters: Filters = field(default_factory=Filters)
    has_mark: bool = False


def _columns(fields: Sequence[CustomField]) -> list[str]:
    return [
        _("Key"),
        _("Type"),
        _("Title"),
        _("Description"),
        _("Status"),
        _("Category"),
        _("Priority"),
        _("Assignee"),
        _("Reporter"),
        _("Parent"),
        _("Sprint"),
        _("Points"),
        _("Labels"),
        _("Versions"),
        _("Start date"),
        _("Due date"),
        _("Estimate (minutes)"),
        _("Remaining (minutes)"),
        _("Logged (minutes)"),
        _("Created"),
        _("Updated"),
        _("Resolved"),
        _("Archived"),
        *(each.name for each in fields),
    ]


def stream_table(*, entering: Entering, sheet: Sheet) -> Iterator[bytes]:
    """The table piece by piece, in UTF-8.

    :param entering: opens a unit of work of the reader
    :raises apps.projects.selectors.NoSuchProject: on the way, if the reader may not see the project any more
    """
    with entering() as actor:
        project = get_project(actor=actor, key=sheet.project_key)
        fields = list_custom_fields(actor=actor, project=project)
    # What was read first is the project from then on: it may be renamed meanwhile.
    yield _written([_columns(fields)], mark=MARK if sheet.has_mark else "")
    last = 0
    while True:
        with entering() as actor:
            project = get_project(actor=actor, key=sheet.project_key)
            issues = issues_after(actor=actor, project=project, number=last, filters=sheet.filters)
            piece = _written(_lines(actor, project, issues, fields, sheet.zone))
        if not issues:
            return
        yield piece
        last = issues[-1].number


def _lines(
    actor: Actor, project: Project, issues: Sequence[Issue], fields: Sequence[CustomField], zone: tzinfo
) -> Iterator[list[Any]]:
    held = held_values(issues, fields)

    def at(moment: datetime | None) -> str:
        return moment.astimezone(zone).isoformat(timespec="seconds") if moment else ""

    for issue in issues:
        own = {each.field.pk: each.value for each in held.get(issue.pk, ())}
        yield [
            key_in(project, issue),
            issue.type.name,
            issue.title,
            issue.description,
            issue.status.name,
            issue.status.get_category_display(),
            issue.get_priority_display(),
            issue.assignee.name if issue.assignee else "",
            issue.reporter.name if issue.reporter else "",
            parent_key(actor, issue),
            issue.sprint.name if issue.sprint else "",
            issue.points,
            ", ".join(label.name for label in issue.labels.all()),
            ", ".join(version.name for version in issue.fix_versions.all()),
            issue.start_date,
            issue.due_date,
            issue.time_estimate,
            issue.time_remaining,
            issue.time_spent or None,
            at(issue.created_at),
            at(issue.updated_at),
            at(issue.resolved_at),
            at(issue.archived_at),
            *(_held(each, own.get(each.pk)) for each in fields),
        ]


def _held(field: CustomField, value: Any) -> Any:
    """A value of a project's own field as a cell."""
    match value:
        case None:
            return ""
        case User():
            return value.name
        case list():
            return ", ".join(value)
        case bool():
            return _("Yes") if value else _("No")
    return Decimal(str(value)) if field.kind == CustomField.Kind.NUMBER else value


def _written(lines: Iterator[list[Any]] | list[list[str]], mark: str = "") -> bytes:
    out = io.StringIO()
    out.write(mark)
    csv.writer(out).writerows([cell(value) for value in line] for line in lines)
    return out.getvalue().encode()
