"""Moving issues between statuses and places."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.models import CharField, Value
from django.db.models.functions import Cast, Concat, Length
from django.utils import timezone
from django.utils.translation import gettext as _
from fractional_indexing import generate_n_keys_between

from apps.core.errors import Invalid, NotFound
from apps.core.tenancy import Actor, happening_at
from apps.events.facts import FieldChange
from apps.events.models import Change
from apps.events.services import record, service
from apps.issues.facts import IssueMoved, RanksRebalanced
from apps.issues.models import Issue
from apps.issues.rank import LONG, rank_among, rank_between, ranks_at_end
from apps.issues.selectors.passage import TransitionRefused, get_workflow, passage, refuse_unmet
from apps.issues.services.comments import add_comment
from apps.issues.services.common import apply_status, find_place, lock_in, require_edit, subject_of, touch
from apps.issues.services.editing import edit_issue, refuse_stale
from apps.issues.services.limits import Arrival, Standing, lock_limits, refuse_if_full
from apps.projects.models import Project, Status, Transition
from apps.projects.selectors import assignable_people

# How long somebody may take their own move back, although the workflow has no such edge.
TAKE_BACK = timedelta(minutes=10)


def _edge_to(actor: Actor, issue: Issue, to: Status) -> Transition | None:
    """The edge on which an issue goes to a status, checked; none for FlowBoard itself and for a move taken back.

    :raises TransitionRefused: with the rule that says no
    """
    if actor.is_system:
        return None
    try:
        edge = passage(actor=actor, issue=issue, to=to, workflow=get_workflow(project=issue.project))
    except TransitionRefused:
        if not _is_taking_back(actor, issue, to):
            raise
        return None
    refuse_unmet(actor=actor, issues=[issue], edges={issue.pk: edge})
    return edge


def _is_taking_back(actor: Actor, issue: Issue, to: Status) -> bool:
    """Whether the issue's last change of status was this person's own, a moment ago, from that very status."""
    last = Change.objects.filter(issue_id=issue.pk, field="status").select_related("event").order_by("-id").first()
    return (
        last is not None
        and last.old == to.pk
        and last.event.actor_id == actor.user_id
        and timezone.now() - last.event.created_at < TAKE_BACK
    )


def assigned_by(edge: Transition, actor: Actor, issue: Issue) -> int | None:
    """Whom an edge that assigns gives an issue to; None is nobody."""
    people = {
        Transition.Assigns.MOVER: actor.user_id,
        Transition.Assigns.REPORTER: issue.reporter_id,
        Transition.Assigns.LEAD: issue.project.lead_id,
        Transition.Assigns.NOBODY: None,
    }
    return people[Transition.Assigns(edge.assigns)]


def follow(actor: Actor, issue: Issue, edge: Transition) -> Issue:
    """Let happen what the edge says happens with an issue that took it (its post-functions)."""
    values: dict[str, Any] = {}
    if edge.sets_priority is not None:
        values["priority"] = edge.sets_priority
    if edge.assigns:
        chosen = assigned_by(edge, actor, issue)
        # Somebody who cannot be given issues any more is no reason to refuse the move.
        if chosen is None or assignable_people(actor=actor, project=issue.project).filter(pk=chosen).exists():
            values["assignee"] = chosen
    if edge.adds_label_id is not None:
        values["labels"] = [*issue.issue_labels.values_list("label_id", flat=True), edge.adds_label_id]
    if values:
        issue = edit_issue(actor=actor, issue=issue, values=values)
    if edge.comment:
        add_comment(actor=actor, issue=issue, body=edge.comment)
    return issue


@service
def move_issue(
    *,
    actor: Actor,
    issue: Issue,
    to: Status,
    before: Issue | None = None,
    after: Issue | None = None,
    version: int | None = None,
) -> Issue:
    """Move an issue to a status and, where a neighbour is given, to a place directly below `after` or above `before`.

    Without a neighbour it goes to the end if the status changes, and stays where it is otherwise. A neighbour may be of
    another project, as the caller fetched it: the issue gets a rank among its own that stands beside it.

    :param version: the version that the move began from; without it the last one wins. Places never conflict
    :raises Forbidden: for people who may not edit issues here
    :raises NotFound: if the issue or its neighbour is gone
    :raises TransitionRefused: if the workflow has no such edge for the actor, or one of its validators said no
    :raises ColumnFull: if a column that shows the status refuses more
    :raises LaneFull: if somebody, or a lane, has enough in work
    :raises StaleEdit: if somebody else moved it to another status since `version`
    """
    require_edit(actor, issue.project)
    _refuse_elsewhere(issue.project, to)
    hold_statuses([to])
    limits = lock_limits(issue.project, [to])
    neighbours = [neighbour for neighbour in (before, after) if neighbour is not None]
    here = [neighbour.pk for neighbour in neighbours if neighbour.project_id == issue.project_id]
    locked = lock_in(actor, issue.project, [issue.pk, *here])
    fresh = locked[issue.pk]
    edge = None
    if fresh.status_id != to.pk:
        refuse_stale(fresh, [FieldChange("status", fresh.status_id, to.pk)], since=version)
        edge = _edge_to(actor, fresh, to)
        was = Standing.of(fresh)
        arrival = Arrival(replace(was, status_id=to.pk), was)
        refuse_if_full(limits, actor=actor, project=issue.project, arriving=[arrival])
    above = locked.get(after.pk, after) if after is not None and after.pk != issue.pk else None
    below = locked.get(before.pk, before) if before is not None and before.pk != issue.pk else None
    moved = _place(actor, fresh, to=to, above=above, below=below)
    return follow(actor, moved, edge) if edge is not None else moved


def _refuse_elsewhere(project: Project, to: Status) -> None:
    if to.project_id != project.pk:
        raise Invalid(_("That status belongs to another project."), field="status")


def hold_statuses(statuses: Iterable[Status]) -> None:
    """Keep statuses from being retired until the commit: what goes into them now would be left behind.

    :raises NotFound: if one of them is retired
    """
    ids = {status.pk for status in statuses}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM projects_status WHERE id = ANY(%s) AND retired_at IS NULL ORDER BY id FOR KEY SHARE",
            [list(ids)],
        )
        if len(cursor.fetchall()) != len(ids):
            raise NotFound(_("This status is gone. Reload the page."))


def _place(actor: Actor, issue: Issue, *, to: Status, above: Issue | None, below: Issue | None) -> Issue:
    old_status, old_rank = issue.status_id, issue.rank
    now = happening_at()
    fields = ["rank"]
    if to.pk != old_status:
        fields += apply_status(issue, to, now)
    # The locked row came without it, and callers name it.
    issue.status = to
    version = issue.version
    is_among_others = any(each is not None and each.project_id != issue.project_id for each in (above, below))

    def write(leeway: int) -> None:
        if is_among_others:
            issue.rank = rank_among(issue, after=above, before=below, leeway=leeway)
        elif above is not None or below is not None:
            issue.rank = rank_between(issue.project_id, after=above, before=below, without=[issue.pk], leeway=leeway)
        elif to.pk != old_status:
            issue.rank = ranks_at_end(issue.project_id, leeway=leeway)[0]
        if issue.status_id != old_status or issue.rank != old_rank:
            issue.version = version
            touch(issue, *fields, at=now)

    find_place([issue.project_id], write)
    if issue.version == version:
        return issue
    changes = [FieldChange("rank", old_rank, issue.rank)] if issue.rank != old_rank else []
    if issue.status_id != old_status:
        changes.insert(0, FieldChange("status", old_status, issue.status_id))
    record(
        IssueMoved(
            project_id=issue.project_id,
            issue_id=issue.pk,
            v=issue.version,
            status=issue.status_id,
            rank=issue.rank,
            subjects=(subject_of(issue),),
            changes=tuple(changes),
        ),
        actor=actor,
    )
    return issue


@service
def rebalance_ranks(*, actor: Actor, project: Project) -> int:
    """Rewrite the project's ranks, in their order, if one has grown long; how many rows were written.

    Takes every issue's lock, so it belongs into a job. Clients hear one fact and read their board again.
    """
    if not Issue.objects.filter(project=project).annotate(length=Length("rank")).filter(length__gt=LONG).exists():
        return 0
    issues = list(
        Issue.objects.select_for_update(no_key=True).filter(project=project).only("pk", "rank").order_by("pk")
    )
    issues.sort(key=lambda issue: (issue.rank, issue.pk))
    fresh = generate_n_keys_between(None, None, len(issues))
    # Two passes, since a new rank may still be another row's old one; no generated rank holds a tilde.
    Issue.objects.filter(project=project).update(rank=Concat(Value("~"), Cast("id", CharField())))
    for issue, rank in zip(issues, fresh, strict=True):
        issue.rank = rank
    Issue.objects.bulk_update(issues, ["rank"], batch_size=500)
    record(RanksRebalanced(project_id=project.pk), actor=actor)
    return len(issues)
