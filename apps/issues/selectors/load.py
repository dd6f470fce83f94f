"""How much is in work, as limits count it: in all, or by lane; and where sprints run, in each by itself."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Q, Sum
from django.utils.translation import gettext as _

from apps.core.tenancy import Actor
from apps.issues.models import Grouping, Issue, Priority
from apps.issues.selectors.lanes import Lane, lane_value
from apps.orgs.selectors import people
from apps.projects.models import IssueType, Project


@dataclass(frozen=True, slots=True)
class Spot:
    """Where limits count: in a sprint (None: there are none to tell apart), in a lane (None: in all of them)."""

    sprint_id: int | None
    value: int | None


def sprints_apart(project: Project) -> frozenset[int]:
    """The sprints that boards show one by one, so that limits count what is in each: the active ones. One query.

    A board of a Scrum project between sprints, and any other, shows all issues, and counts them.
    """
    if project.template != Project.Template.SCRUM:
        return frozenset()
    return frozenset(project.sprints.filter(state="active").values_list("pk", flat=True))


def epics_above(*, actor: Actor, parent_ids: Collection[int]) -> Mapping[int, int]:
    """To which epic a parent leads: itself, or what is above it. One query."""
    rows = Issue.objects.filter(org_id=actor.org_id, pk__in=parent_ids)
    found = rows.annotate(above=lane_value(actor=actor, by=Grouping.EPIC)).values_list("pk", "type__level", "above")
    epics = {pk: pk if level == IssueType.Level.EPIC else above for pk, level, above in found}
    return {pk: epic for pk, epic in epics.items() if epic is not None}


def load(
    *,
    actor: Actor,
    project: Project,
    status_ids: Collection[int],
    by: str = Grouping.NONE,
    sprint_ids: Collection[int] = (),
    at: Iterable[Spot] | None = None,
) -> dict[Spot, tuple[int, Decimal]]:
    """Issues and points in these statuses: one query.

    :param by: each lane by itself
    :param sprint_ids: each of these sprints by itself, and nothing else; without any, everything
    :param at: only there
    """
    issues = Issue.objects.alive().filter(org_id=actor.org_id, project=project, status_id__in=status_ids)
    names = []
    if sprint_ids:
        issues = issues.filter(sprint_id__in=sprint_ids)
        names.append("sprint_id")
    if by != Grouping.NONE:
        with_lane = issues.annotate(lane=lane_value(actor=actor, by=by))
        issues = with_lane.filter(Q(lane__isnull=False) if at is None else Q(lane__in={spot.value for spot in at}))
        names.append("lane")
    rows = issues.order_by().values(*names).annotate(issues=Count("id"), points_in_all=Sum("points"))
    if not names:
        rows = [issues.aggregate(issues=Count("id"), points_in_all=Sum("points"))]
    return {
        Spot(row.get("sprint_id"), row.get("lane")): (row["issues"], row["points_in_all"] or Decimal(0)) for row in rows
    }


def load_by_status(*, actor: Actor, project: Project, by: str = Grouping.NONE) -> list[tuple[int, Spot, int, Decimal]]:
    """Issues and points of the whole project, for each status by itself and as limits count them. Two queries at most.

    :param by: each lane by itself; what is in none counts nowhere
    :returns: a status's id, where in it, how many issues, and their points
    """
    issues = Issue.objects.alive().filter(org_id=actor.org_id, project=project)
    sprint_ids = sprints_apart(project)
    names = ["status_id"]
    if sprint_ids:
        issues = issues.filter(sprint_id__in=sprint_ids)
        names.append("sprint_id")
    if by != Grouping.NONE:
        issues = issues.annotate(lane=lane_value(actor=actor, by=by)).filter(lane__isnull=False)
        names.append("lane")
    rows = issues.order_by().values(*names).annotate(issues=Count("id"), points_in_all=Sum("points"))
    return [
        (
            row["status_id"],
            Spot(row.get("sprint_id"), row.get("lane")),
            row["issues"],
            row["points_in_all"] or Decimal(0),
        )
        for row in rows
    ]


def lane_names(*, actor: Actor, by: str, values: Iterable[int | None]) -> dict[int | None, str]:
    """What people call lanes that stand for somebody or something: one query at most."""
    if by == Grouping.PRIORITY:
        return {value: str(Priority(value).label) if value else _("No priority") for value in values}
    ids = [value for value in values if value is not None]
    if by == Grouping.ASSIGNEE:
        return dict(people(actor=actor).filter(pk__in=ids).values_list("pk", "name"))
    return dict(Issue.objects.filter(org_id=actor.org_id, pk__in=ids).values_list("pk", "title"))


def lane_name(*, actor: Actor, lane: Lane) -> str:
    """What people call a lane that stands for somebody or something: one query at most."""
    return lane_names(actor=actor, by=lane.by, values=[lane.value])[lane.value]
