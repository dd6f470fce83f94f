"""Reading sprints and their reports."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import dropwhile
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum
from django.utils import timezone

from apps.core.errors import NotFound
from apps.core.paging import Page, page_by_id
from apps.core.tenancy import Actor
from apps.issues.models import Issue
from apps.issues.selectors import visible_issues
from apps.projects.models import Project
from apps.sprints.models import Cadence, Capacity, ScopeEntry, Sprint
from apps.sprints.reports import Report, report, zone_of

STATES = tuple(Sprint.State.values)
# Velocity looks this far back.
VELOCITY_SPRINTS = 6
# What is proposed where nobody has set a cadence.
USUAL_CADENCE = {"weeks": 2, "weekday": 0, "cooldown_weeks": 0, "ahead": 2, "rolls_over": True}
MOST_COMPLETED = 50


def _of(actor: Actor, project: Project) -> QuerySet[Sprint]:
    return Sprint.objects.filter(org_id=actor.org_id, project=project).select_related("project", "carried_to")


def active_sprint(*, actor: Actor, project: Project) -> Sprint | None:
    """The sprint that is under way, the one that started first of several, or None between sprints."""
    return _of(actor, project).filter(state=Sprint.State.ACTIVE).order_by("start_date", "id").first()


def get_sprint(*, actor: Actor, project: Project, sprint_id: int) -> Sprint:
    """One sprint of the project.

    :raises NotFound: if there is none with this id
    """
    found = find_sprint(actor=actor, project=project, sprint_id=sprint_id)
    if found is None:
        raise NotFound
    return found


def find_sprint(*, actor: Actor, project: Project, sprint_id: int) -> Sprint | None:
    """One sprint of the project, where somebody names one; None if there is none with this id."""
    return _of(actor, project).filter(pk=sprint_id).first()


def sprint_page(
    *,
    actor: Actor,
    project: Project,
    state: str | None = None,
    after: Sequence[Any] | None = None,
    before: Sequence[Any] | None = None,
    size: int = 50,
) -> Page[Sprint]:
    """A page of the project's sprints, all or those in one of `STATES`, in the order in which they were planned."""
    rows = _of(actor, project)
    return page_by_id(rows if state is None else rows.filter(state=state), after=after, before=before, size=size)


def get_cadence(*, actor: Actor, project: Project) -> Cadence | None:
    """How the project's sprints start and end by themselves; None if that was never set."""
    return Cadence.objects.filter(org_id=actor.org_id, project=project).first()


def capacities(*, actor: Actor, sprint: Sprint) -> dict[int, Decimal]:
    """How much people take on in a sprint, by their ids; where nothing is said yet, what they did in the last one."""
    rows = Capacity.objects.filter(org_id=actor.org_id, project_id=sprint.project_id)
    latest = rows.filter(sprint_id__lte=sprint.pk).order_by("-sprint_id").values_list("sprint_id", flat=True).first()
    return dict(rows.filter(sprint_id=latest).values_list("user_id", "points")) if latest is not None else {}


def projects_with_cadence(*, actor: Actor) -> list[int]:
    """The ids of the organization's projects whose sprints start and end by themselves."""
    return sorted(Cadence.objects.filter(org_id=actor.org_id, is_on=True).values_list("project_id", flat=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class SprintLine:
    """A sprint in the list: with what is in it now, or what its ledger says if it has been started."""

    sprint: Sprint
    issues: int
    points: Decimal
    report: Report

    @property
    def days_left(self) -> int | None:
        """Days until its last one; negative when it is overdue, None without an end."""
        return (
            (self.sprint.end_date - timezone.localdate(timezone=zone_of(self.sprint))).days
            if self.sprint.end_date
            else None
        )


def completed_ids(*, actor: Actor, project: Project) -> list[int]:
    """The project's completed sprints, newest first."""
    over = _of(actor, project).filter(state=Sprint.State.COMPLETED)
    # As `list_sprints` has them, which turns its order round.
    return list(over.order_by("start_date", "id").values_list("pk", flat=True))[::-1]


def list_sprints(*, actor: Actor, project: Project, before: int | None = None) -> dict[str, list[SprintLine]]:
    """The project's sprints by state, those over newest first, with their figures: two queries, however many.

    :param before: of the completed ones those behind this one; none if it is not among them
    :returns: for each state its sprints, of the completed ones the last fifty
    """
    open_work = Q(issues__deleted_at__isnull=True, issues__archived_at__isnull=True)
    rows = _of(actor, project).annotate(
        issue_count=Count("issues", filter=open_work), point_sum=Sum("issues__points", filter=open_work)
    )
    found: dict[str, list[Sprint]] = {state: [] for state in Sprint.State.values}
    inside: dict[int, tuple[int, Decimal]] = {}
    for sprint in rows.order_by("start_date", "id"):
        found[sprint.state].append(sprint)
        inside[sprint.pk] = (sprint.issue_count, sprint.point_sum or Decimal(0))
    over = found[Sprint.State.COMPLETED][::-1]
    if before is not None:
        over = list(dropwhile(lambda sprint: sprint.pk != before, over))[1:]
    found[Sprint.State.COMPLETED] = over[:MOST_COMPLETED]
    shown = [sprint for sprints in found.values() for sprint in sprints]
    reports = _reports(actor, [sprint for sprint in shown if sprint.state != Sprint.State.PLANNED])
    return {
        state: [
            SprintLine(
                sprint=sprint,
                issues=inside[sprint.pk][0],
                points=inside[sprint.pk][1],
                report=reports.get(sprint.pk) or report(sprint, [], now=timezone.now()),
            )
            for sprint in sprints
        ]
        for state, sprints in found.items()
    }


def _reports(actor: Actor, sprints: Sequence[Sprint]) -> dict[int, Report]:
    runs = {sprint.pk: sprint.run for sprint in sprints}
    lines: dict[int, list[ScopeEntry]] = {sprint.pk: [] for sprint in sprints}
    for entry in ScopeEntry.objects.filter(org_id=actor.org_id, sprint_id__in=runs).order_by("id"):
        if entry.run == runs[entry.sprint_id]:
            lines[entry.sprint_id].append(entry)
    now = timezone.now()
    return {sprint.pk: report(sprint, lines[sprint.pk], now=now) for sprint in sprints}


def sprint_report(*, actor: Actor, sprint: Sprint) -> Report:
    """The figures of a sprint that was started, from its ledger alone."""
    return _reports(actor, [sprint])[sprint.pk]


def sprint_issues(*, actor: Actor, sprint: Sprint) -> list[Issue]:
    """What is in the sprint now, in the order of the board."""
    rows = visible_issues(actor=actor).alive().filter(project_id=sprint.project_id, sprint=sprint)
    return list(rows.select_related("status", "type", "assignee", "project").order_by("rank", "id"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Velocity:
    """What the last completed sprints got done, newest first, and on average; in points, or in issues."""

    lines: Sequence[SprintLine]
    unit: str
    average: Decimal | None


def velocity(completed: Sequence[SprintLine]) -> Velocity:
    """Of sprints that are over, newest first. Those from before there was a ledger are left out."""
    lines = [line for line in completed if line.report.is_started][:VELOCITY_SPRINTS]
    unit = "points" if any(line.report.unit == "points" for line in lines) else "issues"
    done = [line.report.completed.of(unit) for line in lines]
    return Velocity(lines=lines, unit=unit, average=round(sum(done, Decimal(0)) / len(done), 1) if done else None)
