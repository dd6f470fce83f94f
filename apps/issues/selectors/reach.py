"""What can be said of a project's issues as a whole: how much hangs on each part of its workflow, how its ranks are."""

from collections.abc import Collection

from django.db.models import Count
from django.db.models.functions import Length

from apps.core.tenancy import Actor
from apps.issues.models import Issue, IssueQuerySet
from apps.issues.rank import LONG
from apps.projects.models import IssueType, Project, Status

# The states of sprints that still take issues.
OPEN_SPRINTS = ("planned", "active")
# As many as a menu offers.
MOST_EPICS = 100


def open_sprints(*, actor: Actor, project: Project) -> list[tuple[int, str]]:
    """The sprints that issues of the project can be put into, the active ones first: ids and names."""
    present = project.sprints.filter(org_id=actor.org_id, state__in=OPEN_SPRINTS)
    return list(present.order_by("state", "id").values_list("id", "name"))


def open_epics(*, actor: Actor, project: Project) -> list[tuple[int, str]]:
    """The epics of the project that go on, in their order: ids and titles."""
    return list(epics_going_on(actor=actor, projects=[project]).values_list("id", "title"))


def epics_going_on(*, actor: Actor, projects: Collection[Project]) -> IssueQuerySet:
    """The epics of projects that go on, in their order; no more than a menu offers."""
    epics = Issue.objects.alive().filter(org_id=actor.org_id, project__in=projects, type__level=IssueType.Level.EPIC)
    going_on = epics.exclude(status__category__in=Status.CLOSED)
    return going_on.order_by("rank", "id")[:MOST_EPICS]


def issues_by_status(*, actor: Actor, project: Project) -> dict[int, int]:
    """How many issues are in each status, the archived ones included; statuses without any are left out."""
    return _counted(actor, project, "status_id")


def issues_by_type(*, actor: Actor, project: Project) -> dict[int, int]:
    """How many issues have each type, the archived ones included; types without any are left out."""
    return _counted(actor, project, "type_id")


def _counted(actor: Actor, project: Project, column: str) -> dict[int, int]:
    rows = Issue.objects.undeleted().filter(org_id=actor.org_id, project=project).values_list(column)
    return dict(rows.annotate(count=Count("id")).order_by(column))


def projects_with_long_ranks(*, actor: Actor) -> list[int]:
    """The ids of the organization's projects in which a rank has grown long: one query."""
    long_ones = Issue.objects.filter(org_id=actor.org_id).annotate(length=Length("rank")).filter(length__gt=LONG)
    return sorted(long_ones.order_by().values_list("project_id", flat=True).distinct())
