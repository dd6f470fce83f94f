"""New issues: one, or many with one fact each and one number range."""

from collections.abc import Collection, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.core.errors import Invalid
from apps.core.tenancy import Actor, happening_at
from apps.events.facts import FieldChange
from apps.events.services import record, service
from apps.issues.facts import IssueCreated
from apps.issues.models import Decision, Issue, IssueLabel, IssueVersion, Priority, Watcher
from apps.issues.quick_actions import Written, read_actions
from apps.issues.rank import ranks_behind
from apps.issues.selectors.actions import new_issue_for
from apps.issues.selectors.passage import get_workflow, passage, refuse_unmet
from apps.issues.services.acting import act_on_new, hold_for_new
from apps.issues.services.common import (
    clean_points,
    clean_text,
    clean_title,
    find_place,
    hold_sprints,
    require_edit,
    subject_of,
)
from apps.issues.services.limits import Arrival, Standing, lock_limits, refuse_if_full
from apps.issues.services.moving import follow, hold_statuses
from apps.issues.services.timing import refuse_due_before_start
from apps.issues.services.values import learn_workers, read_new_values
from apps.projects import policies
from apps.projects.models import IssueType, Label, Project, Status, Version
from apps.projects.selectors import assignable_people, list_custom_fields


@dataclass(slots=True, kw_only=True)
class NewIssue:
    """What is known of an issue before it exists. The dates of imported ones are their own."""

    title: str
    type: IssueType | None = None
    status: Status | None = None
    description: str = ""
    priority: int = Priority.NONE
    assignee: User | None = None
    reporter: User | None = None
    parent: Issue | None = None
    sprint_id: int | None = None
    points: Decimal | None = None
    start_date: date | None = None
    due_date: date | None = None
    # In minutes.
    time_estimate: int | None = None
    time_remaining: int | None = None
    labels: Sequence[Label] = field(default_factory=tuple)
    fix_versions: Sequence[Version] = field(default_factory=tuple)
    # Of the project's own fields, by their ids; see `apps.issues.services.values`.
    values: Mapping[int, Any] = field(default_factory=dict)
    number: int | None = None
    # A copy asks for no more than the issue that it is of had.
    is_copy: bool = False
    # It comes from outside, whoever stores it: an import, or a token that may only file. A guest's always do.
    is_from_outside: bool = False
    # What it was made from, for its history: the template's name, and the id of the schedule that made it by itself.
    template: str = ""
    schedule_id: int | None = None
    # Besides reporter and assignee.
    watchers: Sequence[User] = field(default_factory=tuple)
    created_at: datetime | None = None
    updated_at: datetime | None = None
    status_changed_at: datetime | None = None
    resolved_at: datetime | None = None
    archived_at: datetime | None = None
    # Of one that waits in Triage; without it, it waits from now on.
    triage_since: datetime | None = None
    snoozed_until: date | None = None


def take_numbers(project: Project, count: int) -> int:
    """Reserve `count` numbers of the project; the first of them. Holds the counter until the commit."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO issues_issuecounter (org_id, project_id, last_number) VALUES (%s, %s, %s) "
            "ON CONFLICT (project_id) DO UPDATE SET last_number = issues_issuecounter.last_number + %s "
            "RETURNING last_number",
            [project.org_id, project.pk, count, count],
        )
        row: tuple[int] = cursor.fetchone()
    return row[0] - count + 1


def raise_counter(project: Project, number: int) -> None:
    """Make sure that no number up to this one is given again (imports keep the numbers of their tracker)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO issues_issuecounter (org_id, project_id, last_number) VALUES (%s, %s, %s) "
            "ON CONFLICT (project_id) DO UPDATE "
            "SET last_number = greatest(issues_issuecounter.last_number, excluded.last_number)",
            [project.org_id, project.pk, number],
        )


@service
def create_issue(*, actor: Actor, project: Project, new: NewIssue) -> Issue:
    """Create an issue at the end of its column. Reporter and assignee watch it.

    The quick actions in its description are done, where a person creates it: a schedule keeps the text as it is.

    :raises Forbidden: for people who may not edit issues here
    :raises Invalid: if a value cannot be stored, or belongs to another project, or an action makes no sense
    :raises TransitionRefused: if the workflow does not let it begin in its status
    :raises ColumnFull: if its column refuses more
    :raises LaneFull: if somebody, or a lane, has enough in work
    """
    text = clean_text(new.description, field="description")
    is_by_hand = not actor.is_system and new.schedule_id is None
    written = read_actions(text) if is_by_hand else Written(text)
    if written.commands:
        require_edit(actor, project)
        hold_for_new(actor, _about_to_be(actor, project, new), [label.pk for label in new.labels], written.commands)
    (issue,) = create_issues(actor=actor, project=project, batch=[replace(new, description=written.text)])
    if written.commands:
        act_on_new(actor, issue, written.commands)
        issue.refresh_from_db()
    return issue


def _about_to_be(actor: Actor, project: Project, new: NewIssue) -> Issue:
    return new_issue_for(
        actor=actor,
        project=project,
        status_id=new.status.pk if new.status else None,
        assignee_id=new.assignee.pk if new.assignee else None,
        is_from_outside=new.is_from_outside,
    )


@service
def create_issues(
    *, actor: Actor, project: Project, batch: Sequence[NewIssue], behind: Collection[Project] = ()
) -> list[Issue]:
    """Create many issues of one project in a constant number of queries, in the given order.

    Either all have a number already (an import) or none has. One that begins elsewhere than in the initial status
    takes the workflow's edge there, with its rules.

    :param behind: projects with which these stand in one order; they go behind the issues of all of them
    :raises Forbidden: for people who may not edit issues here
    :raises Invalid: if a value cannot be stored, or belongs to another project
    :raises FieldEmpty: if a field that must be filled in is empty
    :raises TransitionRefused: if the workflow does not let one of them begin in its status
    :raises ColumnFull: if a column refuses more
    :raises LaneFull: if somebody, or a lane, has enough in work
    """
    require_edit(actor, project)
    if not batch:
        return []
    now = happening_at()
    default_type, initial = _defaults(project)
    issues = [_build(actor, project, new, default_type, initial, now) for new in batch]
    _fill_in(actor, project, issues, batch)
    hold_statuses(issue.status for issue in issues)
    if not actor.is_system:
        _refuse_strangers(actor, project, issues)
        inside = [issue for issue in issues if issue.triage_since is None]
        limits = lock_limits(project, {issue.status for issue in inside})
        arriving = [Arrival(Standing.of(issue)) for issue in inside]
        refuse_if_full(limits, actor=actor, project=project, arriving=arriving)
    # What an import brings may have been in a sprint that is over.
    hold_sprints(project, {issue.sprint_id for issue in issues}, with_past=actor.is_system)
    numbered = [issue.number for issue in issues if issue.number]
    if numbered:
        raise_counter(project, max(numbered))
    else:
        first = take_numbers(project, len(issues))
        for offset, issue in enumerate(issues):
            issue.number = first + offset

    in_order = [project.pk, *(each.pk for each in behind if each.pk != project.pk)]

    def write(leeway: int) -> None:
        for issue, rank in zip(issues, ranks_behind(in_order, len(issues), leeway=leeway), strict=True):
            issue.pk, issue.rank = None, rank
        Issue.objects.bulk_create(issues, batch_size=500)

    find_place([project.pk], write)
    _attach(project, issues, batch)
    for issue, new in zip(issues, batch, strict=True):
        record(
            IssueCreated(
                project_id=project.pk,
                issue_id=issue.pk,
                v=issue.version,
                number=issue.number,
                status=issue.status_id,
                rank=issue.rank,
                parent=issue.parent_id,
                template=new.template,
                schedule=new.schedule_id,
                occurred_at=issue.created_at,
                subjects=(subject_of(issue, "create"),),
                changes=(
                    FieldChange("status", None, issue.status_id),
                    FieldChange("title", None, issue.title),
                    *(FieldChange(f"field_{pk}", None, value) for pk, value in issue.custom_values.items()),
                    *((FieldChange("triage", None, Decision.WAITING.value),) if issue.triage_since is not None else ()),
                ),
            ),
            actor=actor,
        )
    return issues if actor.is_system else _arrive(actor, project, issues, initial)


def _arrive(actor: Actor, project: Project, issues: list[Issue], initial: Status) -> list[Issue]:
    """Take the edges from the initial status to where the new issues are: their rules hold here as well."""
    elsewhere = [issue for issue in issues if issue.status_id != initial.pk]
    if not elsewhere:
        return issues
    workflow = get_workflow(project=project)
    edges = {}
    for issue in elsewhere:
        began = copy(issue)
        began.status_id = initial.pk
        edges[issue.pk] = passage(actor=actor, issue=began, to=issue.status, workflow=workflow)
    refuse_unmet(actor=actor, issues=elsewhere, edges=edges)
    return [follow(actor, issue, edges[issue.pk]) if issue.pk in edges else issue for issue in issues]


def _defaults(project: Project) -> tuple[IssueType, Status]:
    types = list(
        project.issue_types.filter(level=IssueType.Level.STANDARD, retired_at__isnull=True).order_by("position", "id")
    )
    task = next((t for t in types if t.name == "Task"), types[0])
    return task, project.statuses.get(is_initial=True)


def _build(
    actor: Actor, project: Project, new: NewIssue, default_type: IssueType, initial: Status, now: datetime
) -> Issue:
    status = new.status or initial
    issue_type = new.type or default_type
    owned_by_project: list[Status | IssueType | Label | Version] = [
        status,
        issue_type,
        *new.labels,
        *new.fix_versions,
    ]
    for owned in owned_by_project:
        if owned.project_id != project.pk or getattr(owned, "retired_at", None) is not None:
            raise Invalid(_("“%(name)s” belongs to another project.") % {"name": owned})
    if new.parent is not None and new.parent.org_id != project.org_id:
        raise Invalid(_("The parent belongs elsewhere."), field="parent")
    if new.parent is not None and new.parent.type.level <= issue_type.level:
        raise Invalid(_("An epic holds issues, and an issue holds sub-tasks."), field="parent")
    if new.priority not in Priority.values:
        raise Invalid(_("Choose one of the offered values."), field="priority")
    if not actor.is_system:
        refuse_due_before_start(new.start_date, new.due_date, field="due_date")
    created_at = new.created_at or now
    waits = project.has_triage and (new.is_from_outside or policies.comes_from_outside(actor))
    if waits:
        # Where it begins and when it is done is part of the decision.
        status = initial
    return Issue(
        org_id=project.org_id,
        project=project,
        number=new.number or 0,
        type=issue_type,
        title=clean_title(new.title),
        description=clean_text(new.description, field="description"),
        status=status,
        priority=new.priority,
        reporter=new.reporter,
        reporter_id=new.reporter.pk if new.reporter else actor.user_id,
        assignee=new.assignee,
        parent=new.parent,
        sprint_id=None if waits else new.sprint_id,
        triage_since=(new.triage_since or now) if waits else None,
        snoozed_until=new.snoozed_until if waits else None,
        points=clean_points(new.points),
        start_date=new.start_date,
        due_date=new.due_date,
        time_estimate=new.time_estimate,
        time_remaining=new.time_remaining,
        created_at=created_at,
        updated_at=new.updated_at or created_at,
        archived_at=new.archived_at,
        status_changed_at=created_at if waits else new.status_changed_at or new.resolved_at or created_at,
        resolved_at=None if waits else new.resolved_at or (created_at if status.is_closed else None),
    )


def _fill_in(actor: Actor, project: Project, issues: list[Issue], batch: Sequence[NewIssue]) -> None:
    """Give new issues what they have in the project's own fields."""
    if actor.is_system and not any(new.values for new in batch):
        return
    fields = list_custom_fields(actor=actor, project=project)
    for each in fields:
        each.project = project
    learn_workers(actor=actor, project=project, fields=fields, values=[new.values for new in batch])
    for issue, new in zip(issues, batch, strict=True):
        is_asked = not (actor.is_system or new.is_copy or new.is_from_outside or new.schedule_id is not None)
        issue.custom_values = read_new_values(actor, fields, issue.type, new.values, is_asked=is_asked)


def _refuse_strangers(actor: Actor, project: Project, issues: list[Issue]) -> None:
    named = {issue.assignee_id for issue in issues if issue.assignee_id is not None}
    if named and assignable_people(actor=actor, project=project).filter(pk__in=named).count() != len(named):
        raise Invalid(_("Choose somebody who works in this project."), field="assignee")


def _attach(project: Project, issues: list[Issue], batch: Sequence[NewIssue]) -> None:
    IssueLabel.objects.bulk_create(
        [
            IssueLabel(org_id=project.org_id, project=project, issue=issue, label=label)
            for issue, new in zip(issues, batch, strict=True)
            for label in dict.fromkeys(new.labels)
        ],
        batch_size=1000,
    )
    IssueVersion.objects.bulk_create(
        [
            IssueVersion(org_id=project.org_id, project=project, issue=issue, version=version)
            for issue, new in zip(issues, batch, strict=True)
            for version in dict.fromkeys(new.fix_versions)
        ],
        batch_size=1000,
    )
    Watcher.objects.bulk_create(
        [
            Watcher(org_id=project.org_id, project=project, issue=issue, user_id=user_id)
            for issue, new in zip(issues, batch, strict=True)
            for user_id in {issue.reporter_id, issue.assignee_id, *(user.pk for user in new.watchers)}
            if user_id is not None
        ],
        batch_size=1000,
    )
