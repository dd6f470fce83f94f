"""The life of a sprint: planned, started, completed; a start taken back, an end reopened."""

from datetime import date, timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import Invalid
from apps.core.tenancy import Actor, happening_at
from apps.events.facts import FieldChange
from apps.events.services import service
from apps.issues.models import Issue
from apps.issues.services.common import lock
from apps.projects.models import Project
from apps.sprints import facts
from apps.sprints.models import ScopeEntry, Sprint
from apps.sprints.services import ledger
from apps.sprints.services.common import WrongSprintState, lock_sprint, manage, tell, today_of
from apps.sprints.services.planning import put

NAME_LENGTH = 80
GOAL_LENGTH = 2000
# A year is no longer a sprint, but a slip of the finger.
LONGEST = timedelta(days=366)

# Where unfinished work goes that no sprint of its own is chosen for.
BACKLOG = "backlog"
NEW_SPRINT = "new"

State, Kind = Sprint.State, ScopeEntry.Kind


def _clean(name: str, goal: str, start_date: date | None, end_date: date | None) -> dict[str, Any]:
    name = " ".join(name.split())
    if not name or len(name) > NAME_LENGTH or "\x00" in name:
        raise Invalid(
            _("Give the sprint a name of at most %(limit)s characters.") % {"limit": NAME_LENGTH}, field="name"
        )
    goal = goal.strip()
    if len(goal) > GOAL_LENGTH or "\x00" in goal:
        raise Invalid(_("A goal has at most %(limit)s characters.") % {"limit": GOAL_LENGTH}, field="goal")
    if start_date is not None and end_date is not None:
        if end_date < start_date:
            raise Invalid(_("A sprint ends after it starts."), field="end_date")
        if end_date - start_date > LONGEST:
            raise Invalid(_("A sprint lasts a year at most."), field="end_date")
    return {"name": name, "goal": goal, "start_date": start_date, "end_date": end_date}


@service
def create_sprint(
    *,
    actor: Actor,
    project: Project,
    name: str,
    goal: str = "",
    start_date: date | None = None,
    end_date: date | None = None,
) -> Sprint:
    """Plan a sprint.

    :raises Forbidden: for people who do not administer the project
    :raises Invalid: if it has no name, or ends before it starts
    """
    manage(actor, project)
    values = _clean(name, goal, start_date, end_date)
    sprint = Sprint.objects.create(org_id=actor.org_id, project=project, created_at=happening_at(), **values)
    tell(actor, sprint, facts.SprintCreated, action="create")
    return sprint


@service
def edit_sprint(
    *,
    actor: Actor,
    sprint: Sprint,
    name: str,
    goal: str,
    start_date: date | None,
    end_date: date | None,
) -> Sprint:
    """Change name, goal and dates. Another last day of an active sprint is a line of its ledger.

    :raises Forbidden: for people who do not administer the project
    :raises Invalid: if it has no name, ends before it starts, or is active and ended before today
    :raises WrongSprintState: if it is over, or its first day would change after it has started
    """
    manage(actor, sprint.project)
    fresh = lock_sprint(actor, sprint)
    if fresh.state == State.COMPLETED:
        raise WrongSprintState(_("This sprint is over, so its figures stay as they are. Reopen it to change it."))
    values = _clean(name, goal, start_date, end_date)
    if fresh.state == State.ACTIVE:
        if start_date != fresh.start_date:
            raise Invalid(_("The sprint has started, so its first day stays."), field="start_date")
        if end_date != fresh.end_date:
            _refuse_past_end(fresh, end_date)
    changes = [
        FieldChange(field, _as_json(getattr(fresh, field)), _as_json(value))
        for field, value in values.items()
        if getattr(fresh, field) != value
    ]
    if not changes:
        return fresh
    is_rescheduled = end_date != fresh.end_date
    for field, value in values.items():
        setattr(fresh, field, value)
    fresh.save(update_fields=[*values])
    if fresh.state == State.ACTIVE and is_rescheduled:
        ledger.mark(fresh, Kind.RESCHEDULED)
    tell(actor, fresh, facts.SprintEdited, *changes)
    return fresh


def _as_json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _refuse_past_end(sprint: Sprint, end_date: date | None) -> None:
    if end_date is not None and end_date < today_of(sprint):
        raise Invalid(_("The last day is over already. Choose today or a later day."), field="end_date")


@service
def start_sprint(*, actor: Actor, sprint: Sprint, end_date: date | None = None) -> Sprint:
    """Begin a planned sprint, beside others that are active, if there are any. What is in it is its commitment.

    It starts today, unless another first day was planned that has come. Its days are those of the zone of whoever
    starts it.

    :param end_date: its last day, if not the one that is planned
    :raises Forbidden: for people who do not administer the project
    :raises Invalid: if its last day is over, or before its first
    :raises WrongSprintState: if it is not planned
    """
    manage(actor, sprint.project)
    fresh = lock_sprint(actor, sprint)
    if fresh.state != State.PLANNED:
        raise WrongSprintState(_("Only a planned sprint can be started."))
    fresh.time_zone = timezone.get_current_timezone_name()
    today = today_of(fresh)
    if fresh.start_date is None or fresh.start_date > today:
        fresh.start_date = today
    fresh.end_date = end_date or fresh.end_date
    _refuse_past_end(fresh, fresh.end_date)
    _clean(fresh.name, fresh.goal, fresh.start_date, fresh.end_date)
    fresh.run += 1
    fresh.carried_to = None
    _turn(actor, fresh, State.ACTIVE, facts.SprintStarted)
    ledger.mark(fresh, Kind.STARTED)
    ledger.settle(org_id=actor.org_id, sprint=fresh, is_start=True)
    return fresh


@service
def cancel_sprint(*, actor: Actor, sprint: Sprint) -> Sprint:
    """Take the start of a sprint back: it is planned again, with all that is in it. The ledger keeps that it was.

    :raises Forbidden: for people who do not administer the project
    :raises WrongSprintState: if it is not active
    """
    manage(actor, sprint.project)
    fresh = lock_sprint(actor, sprint)
    if fresh.state != State.ACTIVE:
        raise WrongSprintState(_("Only the start of an active sprint can be taken back."))
    ledger.settle(org_id=actor.org_id, sprint=fresh)
    ledger.mark(fresh, Kind.CANCELLED)
    return _turn(actor, fresh, State.PLANNED, facts.SprintCancelled)


@service
def complete_sprint(*, actor: Actor, sprint: Sprint, to: Sprint | str = BACKLOG) -> Sprint:
    """End an active sprint. What is done stays in it, sub-tasks included; open work goes on elsewhere.

    :param to: a planned or another active sprint of the project, `BACKLOG`, or `NEW_SPRINT`, which is planned for it
    :raises Forbidden: for people who do not administer the project
    :raises Invalid: if the open work cannot go there
    :raises WrongSprintState: if it is not active: of two people who complete it one is told so
    """
    manage(actor, sprint.project)
    if isinstance(to, Sprint) and (to.project_id != sprint.project_id or to.pk == sprint.pk):
        raise Invalid(_("Choose another sprint of this project."), field="to")
    # Both sprints in the order of their ids, so that two people who complete into each other's do not wait for ever.
    wanted = [sprint.pk, to.pk] if isinstance(to, Sprint) else [sprint.pk]
    rows = Sprint.objects.select_for_update(no_key=True).filter(org_id=actor.org_id, pk__in=wanted).order_by("pk")
    found = {each.pk: each for each in rows}
    fresh = lock_sprint(actor, sprint)
    if fresh.state != State.ACTIVE:
        raise WrongSprintState(_("Only an active sprint can be completed. Perhaps somebody else just did."))
    target: Sprint | None = None
    if isinstance(to, Sprint):
        target = found.get(to.pk)
        if target is None or target.state == State.COMPLETED:
            raise Invalid(_("That sprint is over or gone. Choose another one."), field="to")
    elif to not in {BACKLOG, NEW_SPRINT}:
        raise Invalid(_("Choose one of the offered values."), field="to")
    # Locked first, so that the ledger's last word is what those said who were changing them.
    inside = Issue.objects.undeleted().filter(org_id=actor.org_id, sprint_id=fresh.pk)
    locked = lock(actor, inside.values_list("pk", flat=True))
    ledger.settle(org_id=actor.org_id, sprint=fresh)
    ledger.mark(fresh, Kind.COMPLETED)
    unfinished = [issue for issue in locked if not issue.status.is_closed]
    if to == NEW_SPRINT and unfinished:
        target = create_sprint(actor=actor, project=fresh.project, name=next_name(fresh.name))
    fresh.carried_to = target
    _turn(actor, fresh, State.COMPLETED, facts.SprintCompleted)
    put(actor, unfinished, target)
    return fresh


@service
def reopen_sprint(*, actor: Actor, sprint: Sprint) -> Sprint:
    """Go on with a sprint that was completed by mistake. Work that went on elsewhere comes back, if it is still there.

    :raises Forbidden: for people who do not administer the project
    :raises WrongSprintState: if it is not completed
    """
    manage(actor, sprint.project)
    fresh = lock_sprint(actor, sprint)
    if fresh.state != State.COMPLETED:
        raise WrongSprintState(_("Only a completed sprint can be reopened."))
    target_id = fresh.carried_to_id
    last = ScopeEntry.objects.filter(sprint=fresh, run=fresh.run, issue__isnull=False).order_by("issue_id", "-id")
    left = [entry.issue_id for entry in last.distinct("issue_id") if entry.is_in and not entry.is_done]
    at_target = Q(sprint__isnull=True) if target_id is None else Q(sprint_id=target_id)
    mine = Issue.objects.undeleted().filter(org_id=actor.org_id, project_id=fresh.project_id)
    there = mine.filter(at_target, pk__in=[issue_id for issue_id in left if issue_id is not None])
    back = lock(actor, there.values_list("pk", flat=True))
    fresh.carried_to = None
    _turn(actor, fresh, State.ACTIVE, facts.SprintReopened)
    ledger.mark(fresh, Kind.REOPENED)
    put(actor, [issue for issue in back if issue.sprint_id == target_id], fresh)
    ledger.settle(org_id=actor.org_id, sprint=fresh)
    return fresh


def _turn(actor: Actor, sprint: Sprint, state: Sprint.State, fact: type[facts.SprintFact]) -> Sprint:
    change = FieldChange("state", sprint.state, state)
    sprint.state = state
    sprint.save()
    tell(actor, sprint, fact, change)
    return sprint


def next_name(name: str) -> str:
    """What comes after “Sprint 7”."""
    stem, _space, last = name.rpartition(" ")
    if stem and last.isascii() and last.isdigit():
        return f"{stem} {int(last) + 1}"[:NAME_LENGTH]
    return _("After %(name)s") % {"name": name[: NAME_LENGTH - 20]}
