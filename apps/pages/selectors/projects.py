"""The projects at a glance: how much is open, late or stuck in each, and what that says about its health."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, Count, Exists, IntegerField, Max, OuterRef, Q, Value, When
from django.db.models.functions import Lower
from django.utils import timezone

from apps.accounts.models import User
from apps.core.paging import read_values
from apps.core.tenancy import Actor, OrgRole
from apps.issues.selectors import beyond, visible_issues
from apps.orgs.models import Membership
from apps.projects.models import Project, ProjectMember, ProjectStar, Status
from apps.projects.selectors import visible_projects

# What is in progress and was not touched for this long has been left lying.
STALE_AFTER = timedelta(days=14)
# From this share of the open issues on, late or stuck ones put a project at risk.
AT_RISK_FROM = 0.25

# Favourites first.
_ORDER = ("place", "lower_name", "id")
_READ = (int, str, int)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectRow:
    """A project with its figures."""

    id: int
    key: str
    name: str
    description: str
    is_private: bool
    is_archived: bool
    is_starred: bool
    lead: User | None
    open_count: int
    done_count: int
    late_count: int
    stale_count: int
    # Late or stuck: an issue can be both, and counts once.
    trouble_count: int
    people_count: int
    last_change: datetime | None

    @property
    def health(self) -> str:
        """`quiet` (nothing is open), `risk`, `watch` or `good`; from the counts of late and stuck issues alone."""
        if not self.open_count:
            return "quiet"
        if self.trouble_count >= self.open_count * AT_RISK_FROM:
            return "risk"
        return "watch" if self.trouble_count else "good"


@dataclass(frozen=True, slots=True)
class ProjectPage:
    """A page of projects, and the mark after which the next one begins (None at the end)."""

    rows: list[ProjectRow]
    next_after: Sequence[Any] | None


def project_page(
    *,
    actor: Actor,
    q: str = "",
    with_archived: bool = False,
    after: Sequence[Any] | None = None,
    size: int = 30,
) -> ProjectPage:
    """A page of the projects with their figures, favourites first: four queries, however many there are.

    :param q: words that name or key must contain
    :param after: the ordering values of the last row read, as `next_after` gave them
    :raises Invalid: if these are not values of this order
    """
    mine = ProjectStar.objects.filter(project_id=OuterRef("pk"), user_id=actor.person_id)
    projects = (
        visible_projects(actor=actor)
        .annotate(is_starred=Exists(mine), lower_name=Lower("name"))
        .annotate(place=Case(When(is_starred=True, then=Value(0)), default=Value(1), output_field=IntegerField()))
        .select_related("lead")
        .order_by(*_ORDER)
    )
    if not with_archived:
        projects = projects.filter(archived_at__isnull=True)
    for word in q.split():
        projects = projects.filter(Q(name__icontains=word) | Q(key__icontains=word))
    if after is not None:
        projects = projects.filter(beyond(_ORDER, read_values(after, _READ)))
    found: list[Any] = list(projects[: size + 1])
    shown = found[:size]
    figures = _figures(actor, [project.pk for project in shown])
    seats = _seats(actor, [project.pk for project in shown])
    rows = [_row(project, figures.get(project.pk, {}), seats) for project in shown]
    last = [getattr(shown[-1], name) for name in _ORDER] if len(found) > size else None
    return ProjectPage(rows, last)


def _row(project: Any, figures: Mapping[str, Any], seats: "_Seats") -> ProjectRow:
    return ProjectRow(
        id=project.pk,
        key=project.key,
        name=project.name,
        description=project.description,
        is_private=project.is_private,
        is_archived=project.archived_at is not None,
        is_starred=project.is_starred,
        lead=project.lead,
        open_count=figures.get("open", 0),
        done_count=figures.get("done", 0),
        late_count=figures.get("late", 0),
        stale_count=figures.get("stale", 0),
        trouble_count=figures.get("trouble", 0),
        people_count=seats.of(project),
        last_change=figures.get("changed"),
    )


def _figures(actor: Actor, project_ids: Collection[int]) -> dict[int, dict[str, Any]]:
    """What is open, done, late and stuck in each project, and when something changed last: one query."""
    category = Status.Category
    done, cancelled = Q(status__category=category.DONE), Q(status__category=category.CANCELLED)
    is_open = ~done & ~cancelled
    late = is_open & Q(due_date__lt=timezone.localdate())
    stale = Q(status__category=category.IN_PROGRESS, updated_at__lt=timezone.now() - STALE_AFTER)
    rows: Any = (
        visible_issues(actor=actor)
        .alive()
        .filter(project_id__in=project_ids)
        .values("project_id")
        .annotate(
            done=Count("id", filter=done),
            open=Count("id", filter=is_open),
            late=Count("id", filter=late),
            stale=Count("id", filter=stale),
            trouble=Count("id", filter=late | stale),
            changed=Max("updated_at"),
        )
    )
    return {row["project_id"]: row for row in rows}


@dataclass(frozen=True, slots=True)
class _Seats:
    """How many people reach which project."""

    members: int
    added: Mapping[int, tuple[int, int]]

    def of(self, project: Project) -> int:
        """Those who were added; where the organization may look, its members and the guests who were added."""
        added, guests = self.added.get(project.pk, (0, 0))
        return added if project.is_private else self.members + guests


def _seats(actor: Actor, project_ids: Collection[int]) -> _Seats:
    seated = Membership.objects.filter(org_id=actor.org_id, ended_at__isnull=True, user__kind=User.Kind.PERSON)
    added = (
        ProjectMember.objects.filter(
            org_id=actor.org_id,
            project_id__in=project_ids,
            user__memberships__org_id=actor.org_id,
            user__memberships__ended_at__isnull=True,
        )
        .values("project_id")
        .annotate(added=Count("id"), guests=Count("id", filter=Q(user__memberships__role=OrgRole.GUEST)))
        .values_list("project_id", "added", "guests")
    )
    return _Seats(
        members=seated.exclude(role=OrgRole.GUEST).count(),
        added={project_id: (all_of_them, guests) for project_id, all_of_them, guests in added},
    )
