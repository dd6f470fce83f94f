"""Where an issue may go on a board over several projects, and why not elsewhere."""

from collections.abc import Collection
from dataclasses import dataclass

from django.utils.translation import gettext as _

from apps.boards.selectors.across.shown import AcrossColumn, AcrossView
from apps.core.tenancy import Actor
from apps.issues.models import Issue
from apps.issues.selectors import NoSuchIssue, TransitionRefused, Way, split_key, visible_issues, ways_from
from apps.projects.models import Project, Status


def get_issues_across(*, actor: Actor, view: AcrossView, issue_ids: Collection[int]) -> dict[int, Issue]:
    """Issues of the board's projects by their ids, with status and project: one query.

    :raises apps.issues.selectors.NoSuchIssue: if one of them is not there
    """
    found = visible_issues(actor=actor).filter(project__in=view.projects, pk__in=issue_ids).select_related("status")
    issues = {issue.pk: issue for issue in found}
    if len(issues) != len(set(issue_ids)):
        raise NoSuchIssue
    for issue in issues.values():
        issue.project = view.project(issue.project_id)
    return issues


def projects_of_issues(*, actor: Actor, view: AcrossView, issue_ids: Collection[int]) -> dict[int, int]:
    """To which of the board's projects issues belong, by their ids, those in the bin included: one query.

    :raises apps.issues.selectors.NoSuchIssue: if none of them is there
    """
    rows = Issue.objects.filter(org_id=actor.org_id, project__in=view.projects, pk__in=issue_ids)
    found = dict(rows.values_list("pk", "project_id"))
    if not found:
        raise NoSuchIssue
    return found


def get_issue_across(*, actor: Actor, view: AcrossView, key: str) -> Issue:
    """An issue of one of the board's projects by its key.

    :raises apps.issues.selectors.NoSuchIssue: if there is none
    """
    project_key, number = split_key(key)
    found = visible_issues(actor=actor).filter(project__in=view.projects, project__key=project_key, number=number)
    issue = found.select_related("status").first()
    if issue is None:
        raise NoSuchIssue
    issue.project = view.project(issue.project_id)
    return issue


def landing_statuses(*, view: AcrossView, column_id: int, project: Project) -> list[Status]:
    """The statuses that a card of the project may get in a column, the one for newcomers first.

    :raises NotFound: if the column is gone
    :raises apps.issues.selectors.TransitionRefused: if the project has no status there
    """
    column = view.column(column_id)
    statuses = column.statuses_of(project)
    if not statuses:
        raise TransitionRefused(_no_status(project, column), field="column")
    return statuses


def _no_status(project: Project, column: AcrossColumn) -> str:
    return _("%(project)s has no status that belongs into “%(column)s”.") % {
        "project": project.name,
        "column": column.name,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnWay:
    """A column that a card could go to: `way` is to which status, or why not; without one its project has none."""

    column: AcrossColumn
    refused: str
    status: Status | None
    is_here: bool


def column_ways(*, actor: Actor, view: AcrossView, issue: Issue) -> list[ColumnWay]:
    """Every column of the board, and for those that are closed to the issue why: no query."""
    own = [status for status in view.statuses if status.project_id == issue.project_id]
    ways = {
        way.status.pk: way
        for way in ways_from(actor=actor, issue=issue, statuses=own, workflow=view.workflows[issue.project_id])
    }
    found = []
    for column in view.columns:
        there = [ways[status.pk] for status in column.statuses_of(issue.project)]
        way: Way | None = next((each for each in there if not each.refused), there[0] if there else None)
        found.append(
            ColumnWay(
                column=column,
                refused=way.refused if way is not None else _no_status(issue.project, column),
                status=way.status if way is not None else None,
                is_here=issue.status_id in column.status_ids,
            )
        )
    return found
