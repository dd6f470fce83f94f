"""Moving, changing and making the cards of a board over several projects, each in its own project."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from django.utils.translation import gettext as _

from apps.boards.selectors.across import AcrossView, get_issues_across, landing_statuses, projects_of_issues
from apps.boards.services.cards import move_card
from apps.core.errors import Forbidden, Invalid
from apps.core.tenancy import Actor
from apps.events.services import service
from apps.issues.models import Issue
from apps.issues.selectors import Lane, values_of
from apps.issues.services import (
    BulkEdit,
    ColumnFull,
    LaneFull,
    Part,
    Place,
    TakenBack,
    bulk_edit_across,
    take_back_across,
)
from apps.projects.models import Project
from apps.projects.selectors import working_places
from apps.sprints.services import create_in_backlog

# What is one project's: another one has no such sprint or label.
_OWN = frozenset({"sprint", "parent", "labels_add", "labels_remove", "versions_add", "versions_remove"})


@contextmanager
def _rules_of(view: AcrossView) -> Iterator[None]:
    """Let a refusal say which project's limit it is: the board shows several."""
    try:
        yield
    except (ColumnFull, LaneFull) as full:
        name = next(project.name for project in view.projects if project.key == full.extra["project"])
        text = _("%(project)s: %(rule)s") % {"project": name, "rule": full.detail}
        raise type(full)(text, **full.extra) from full


@service
def move_across(
    *,
    actor: Actor,
    view: AcrossView,
    column_id: int,
    issue: Issue,
    before: Issue | None = None,
    after: Issue | None = None,
) -> Issue:
    """Drop a card into a column: into its own project's status there, beside cards of whatever projects.

    :raises NotFound: if the column is gone
    :raises apps.issues.selectors.TransitionRefused: if its project has no status there, or the workflow refuses
    :raises apps.issues.services.ColumnFull: if a column of one of its project's boards refuses more
    """
    statuses = landing_statuses(view=view, column_id=column_id, project=issue.project)
    with _rules_of(view):
        return move_card(actor=actor, statuses=statuses, issue=issue, before=before, after=after)


@service
def edit_cards_across(
    *,
    actor: Actor,
    view: AcrossView,
    issue_ids: Collection[int],
    values: Mapping[str, Any],
    column_id: int | None = None,
    place: Place | None = None,
    lane: Lane | None = None,
) -> BulkEdit:
    """Change cards of several projects at once: all of them or none, and a fact in the stream of each project.

    :param values: as `apps.issues.services.bulk_edit` takes them, `status` apart
    :param column_id: into which column they go, each into its own project's status there
    :param place: where they land, one below the other, beside cards of whatever projects
    :param lane: in which lane; they get what its issues share
    :raises Forbidden: if the actor only looks at one of the projects
    :raises NotFound: if a card, a neighbour or the column is gone
    :raises Invalid: for what is one project's while the cards are of several, or somebody who does not work in all of
        them
    :raises apps.issues.selectors.TransitionRefused: if a project has no status there, or a workflow refuses
    :raises apps.issues.services.ColumnFull: if a column of one of the projects' boards has no room
    """
    ids = set(issue_ids)
    near = {pk for pk in (place.after, place.before) if pk is not None} if place else set()
    issues = get_issues_across(actor=actor, view=view, issue_ids=ids | near)
    mine: dict[int, set[int]] = defaultdict(set)
    for pk in ids:
        mine[issues[pk].project_id].add(pk)
    projects = [view.project(project_id) for project_id in sorted(mine)]
    for project in projects:
        if project not in view.editable:
            raise Forbidden(
                _("You can look at the issues of %(project)s, and not change them.") % {"project": project.name}
            )
    _refuse_what_is_not_shared(actor, projects, values)
    if lane is not None:
        shared = values_of(actor=actor, lane=lane, issue_ids=ids)
        _refuse_strangers(actor, projects, shared.get("assignee"))
        values = {**values, **shared}
    parts = [
        Part(project, frozenset(mine[project.pk]), {**values, **_status(view, column_id, project)})
        for project in projects
    ]
    neighbours = {pk: issues[pk] for pk in near}
    with _rules_of(view):
        return bulk_edit_across(actor=actor, parts=parts, place=place, neighbours=neighbours)


def _status(view: AcrossView, column_id: int | None, project: Project) -> dict[str, Any]:
    if column_id is None:
        return {}
    return {"status": [status.pk for status in landing_statuses(view=view, column_id=column_id, project=project)]}


def _refuse_what_is_not_shared(actor: Actor, projects: Sequence[Project], values: Mapping[str, Any]) -> None:
    """Refuse what not every project has.

    :raises Invalid: then; it says what, and of which project
    """
    if len(projects) < 2:
        return
    own = sorted(_OWN & values.keys())
    if own:
        text = _("Sprints, epics, labels and versions are one project’s. Choose issues of one project for that.")
        raise Invalid(text, field=own[0])
    _refuse_strangers(actor, projects, values.get("assignee"))


def _refuse_strangers(actor: Actor, projects: Sequence[Project], assignee: int | None) -> None:
    """Refuse somebody who does not work in one of several projects.

    :raises Invalid: then; it says in which
    """
    if assignee is None or len(projects) < 2:
        return
    where = {person.pk: (person, ids) for person, ids in working_places(actor=actor, projects=projects)}
    person, ids = where.get(assignee, (None, []))
    for project in projects:
        if project.pk not in ids:
            name = person.name if person is not None else _("This person")
            text = _("%(name)s does not work in %(project)s.") % {"name": name, "project": project.name}
            raise Invalid(text, field="assignee")


@service
def take_back_cards_across(*, actor: Actor, view: AcrossView, issue_ids: Collection[int], op: str) -> TakenBack:
    """Undo one's own change of several cards of the last ten minutes, in every project of them.

    :raises NotFound: if there is no such change
    :raises apps.issues.services.NothingToTakeBack: if nothing of it is left
    """
    found = projects_of_issues(actor=actor, view=view, issue_ids=issue_ids)
    projects = {project.pk: project for project in view.projects}
    with _rules_of(view):
        return take_back_across(actor=actor, projects=projects, issues=found, op=op)


@service
def create_cards_across(
    *, actor: Actor, view: AcrossView, column_id: int, project: Project, rows: Sequence[Mapping[str, Any]]
) -> list[Issue]:
    """Create an issue of a project for each row at the foot of a column: all of them or none.

    They get the project's own status there; in a Scrum project, the sprint that its board shows first.

    :param rows: for each a `title`, and what else cells said of it; see `apps.sprints.services.create_in_backlog`
    :raises Forbidden: if the actor only looks at the project
    :raises NotFound: if the column is gone
    :raises apps.issues.selectors.TransitionRefused: if the project has no status there
    :raises apps.issues.services.ColumnFull: if a column of one of the project's boards refuses as many more
    """
    status = landing_statuses(view=view, column_id=column_id, project=project)[0]
    sprint_id = next(iter(view.sprints.get(project.pk, ())), None)
    with _rules_of(view):
        return create_in_backlog(
            actor=actor,
            project=project,
            sprint_id=sprint_id,
            epic_id=None,
            rows=rows,
            status=status,
            behind=view.projects,
        )
