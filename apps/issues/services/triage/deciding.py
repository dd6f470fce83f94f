"""Accepting, declining and putting off."""

from copy import copy
from datetime import date
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.errors import Conflict, Invalid, NotFound
from apps.core.tenancy import Actor, happening_at
from apps.events.facts import FieldChange
from apps.events.services import service
from apps.issues.models import Comment, Decision, Issue
from apps.issues.rank import ranks_at_end
from apps.issues.selectors.passage import get_workflow, passage, refuse_unmet
from apps.issues.services.comments import clean_body
from apps.issues.services.common import apply_status, find_place, hold_sprints, watch
from apps.issues.services.editing import read_value
from apps.issues.services.limits import Arrival, Standing, lock_limits, refuse_if_full
from apps.issues.services.moving import follow, hold_statuses
from apps.projects.models import Project, Status

from .opening import lock_waiting, look, require_triage, settle, waited_since

# Beyond a year nobody means it.
LONGEST_SNOOZE = 366


class NoCancelledStatus(Conflict):
    """There is nowhere for what is not done."""

    title = gettext_lazy("This project has no cancelled status")
    detail = gettext_lazy("Add one to its workflow; then issues can be declined.")


def decided(what: Decision) -> FieldChange:
    """That an issue does not wait any more."""
    return FieldChange("triage", Decision.WAITING.value, what.value)


def cancelled_status(project: Project) -> Status:
    """Where what was declined goes.

    :raises NoCancelledStatus: if the workflow has no such status
    """
    present = project.statuses.filter(category=Status.Category.CANCELLED, retired_at__isnull=True)
    found = present.order_by("position", "id").first()
    if found is None:
        raise NoCancelledStatus
    return found


def leave_for(issue: Issue, status: Status) -> None:
    """Take the issue out of Triage, into a status."""
    if issue.status_id != status.pk:
        apply_status(issue, status, happening_at())
    issue.triage_since = issue.snoozed_until = None


@service
def accept_issue(
    *,
    actor: Actor,
    issue: Issue,
    status_id: int | None = None,
    sprint_id: int | None = None,
    assignee: Any = None,
    priority: Any = None,
) -> Issue:
    """Take an issue in: to the end of the chosen or the initial status, as if it were created there.

    :param assignee: an id; without one it stays as it is
    :param priority: the same
    :raises Forbidden: for people who may not decide here
    :raises NotFound: if the issue or the status is gone
    :raises AlreadyDecided: if it does not wait
    :raises Invalid: if a value cannot be
    :raises TransitionRefused: if the workflow does not let it begin there
    :raises ColumnFull: if a column has no room for it
    :raises LaneFull: if somebody, or a lane, has enough in work
    """
    require_triage(actor, issue.project)
    project = issue.project
    initial = project.statuses.get(is_initial=True)
    to = initial
    if status_id is not None:
        found = project.statuses.filter(pk=status_id, retired_at__isnull=True).first()
        if found is None:
            raise NotFound(_("This status is gone. Reload the page."))
        to = found
    hold_statuses([to])
    limits = lock_limits(project, [to])
    hold_sprints(project, {sprint_id})
    fresh = lock_waiting(actor, issue)
    before = look(fresh)
    since = waited_since(fresh)
    for name, value in (("assignee", assignee), ("priority", priority)):
        if value is not None:
            setattr(fresh, name, read_value(actor, fresh, name, value))
    fresh.sprint_id = sprint_id
    edge = None
    if to.pk != initial.pk:
        began = copy(fresh)
        began.status_id = initial.pk
        edge = passage(actor=actor, issue=began, to=to, workflow=get_workflow(project=project))
        refuse_unmet(actor=actor, issues=[fresh], edges={fresh.pk: edge})
    leave_for(fresh, to)
    refuse_if_full(limits, actor=actor, project=project, arriving=[Arrival(Standing.of(fresh))])
    version = fresh.version

    def place(write: Any) -> None:
        def at(leeway: int) -> None:
            fresh.version = version
            (fresh.rank,) = ranks_at_end(project.pk, 1, leeway=leeway)
            write()

        find_place([project.pk], at)

    settle(
        actor,
        fresh,
        before,
        decided(Decision.ACCEPTED),
        store=place,
        decision=Decision.ACCEPTED.value,
        since=since,
    )
    watch(fresh, [fresh.assignee_id])
    return follow(actor, fresh, edge) if edge is not None else fresh


@service
def decline_issue(*, actor: Actor, issue: Issue, comment: str) -> Issue:
    """Say no, and why: the issue is cancelled, and the comment stands below it. Whoever reported it watches.

    :raises Forbidden: for people who may not decide here
    :raises NotFound: if the issue is gone
    :raises Invalid: without a comment
    :raises NoCancelledStatus: if the workflow has none
    :raises AlreadyDecided: if it does not wait
    """
    require_triage(actor, issue.project)
    body = clean_body(comment)
    to = cancelled_status(issue.project)
    hold_statuses([to])
    limits = lock_limits(issue.project, [to])
    fresh = lock_waiting(actor, issue)
    before, since = look(fresh), waited_since(fresh)
    leave_for(fresh, to)
    refuse_if_full(limits, actor=actor, project=issue.project, arriving=[Arrival(Standing.of(fresh))])
    said = Comment.objects.create(
        org_id=fresh.org_id,
        project_id=fresh.project_id,
        issue=fresh,
        author_id=actor.user_id,
        body=body,
        created_at=happening_at(),
    )
    watch(fresh, [actor.user_id])
    return settle(
        actor,
        fresh,
        before,
        decided(Decision.DECLINED),
        decision=Decision.DECLINED.value,
        since=since,
        comment_id=said.pk,
    )


@service
def snooze_issue(*, actor: Actor, issue: Issue, until: date) -> Issue:
    """Let Triage not show an issue before a day. On that day it is there again, by itself.

    :raises Forbidden: for people who may not decide here
    :raises NotFound: if the issue is gone
    :raises Invalid: for a day that is not ahead, or more than a year
    :raises AlreadyDecided: if it does not wait
    """
    require_triage(actor, issue.project)
    if not 0 < (until - timezone.localdate()).days <= LONGEST_SNOOZE:
        raise Invalid(_("Choose a day from tomorrow on, within a year."), field="until")
    fresh = lock_waiting(actor, issue)
    if fresh.snoozed_until == until:
        return fresh
    before = look(fresh)
    fresh.snoozed_until = until
    return settle(actor, fresh, before, decision="snoozed")
