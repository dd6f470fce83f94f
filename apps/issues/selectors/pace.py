"""How long work takes, from the log: when an issue came into its column, when it was begun, and what is usual here."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import quantiles
from typing import Any

from django.db.models import Case, F, OuterRef, QuerySet, Subquery, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from apps.core.tenancy import Actor
from apps.events.models import Change
from apps.issues.models import IssueQuerySet
from apps.issues.selectors.visible import visible_issues
from apps.projects.models import Project, Status

# What was finished before says little about how the team works now.
RECENT = timedelta(days=90)
# Fewer finished issues than this make no custom.
FEWEST = 10
# The newest are enough to tell, and a bound on what is read.
MOST = 500


@dataclass(frozen=True, slots=True)
class CycleTimes:
    """How long a project's issues took from their beginning until they were done: half of them, 85 and 95 of 100."""

    half: timedelta
    most: timedelta
    nearly_all: timedelta


def _arrivals(status_ids: Collection[int]) -> "QuerySet[Change]":
    return Change.objects.filter(issue_id=OuterRef("pk"), field="status", new__in=list(status_ids))


def with_entry(issues: IssueQuerySet, *, groups: Sequence[Collection[int]]) -> IssueQuerySet:
    """Issues with when they came into their group of statuses (`entered_at`, for `cards`): no query more.

    Going from one status of a group to another is no arrival. Those in no group came into their status.
    """
    cases = [
        When(
            status_id__in=group,
            # What came with this very request is in the log from its end on.
            then=Coalesce(
                Subquery(
                    _arrivals(group).exclude(old__in=list(group)).order_by("-id").values("event__occurred_at")[:1]
                ),
                F("status_changed_at"),
            ),
        )
        for group in groups
    ]
    return issues.annotate(entered_at=Case(*cases, default=F("status_changed_at")))


def with_beginning(issues: IssueQuerySet, *, working: Collection[int]) -> IssueQuerySet:
    """Issues with when they first came into one of the statuses that mean work (`begun_at`, for `cards`)."""
    return issues.annotate(begun_at=Subquery(_arrivals(working).order_by("id").values("event__occurred_at")[:1]))


def cycle_times(*, actor: Actor, project: Project, working: Collection[int]) -> CycleTimes | None:
    """What is usual in a project, by what was finished lately: one query. None where that is too little to tell.

    :param working: the statuses that mean work
    """
    return cycle_times_of(actor=actor, projects=[project], working=working).get(project.pk)


def cycle_times_of(*, actor: Actor, projects: Sequence[Project], working: Collection[int]) -> dict[int, CycleTimes]:
    """What is usual in each of these projects, by their ids: one query. Without those where too little tells it.

    :param working: the statuses that mean work, of all of them
    """
    finished = visible_issues(actor=actor).filter(
        status__category=Status.Category.DONE, resolved_at__gte=timezone.now() - RECENT
    )
    newest: Any = with_beginning(finished, working=working).order_by("-resolved_at", "-id")
    parts = [
        newest.filter(project=project).values_list("project_id", "begun_at", "resolved_at")[:MOST]
        for project in projects
    ]
    spans: dict[int, list[float]] = defaultdict(list)
    for project_id, begun, done in parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]:
        if begun is not None and begun <= done:
            spans[project_id].append((done - begun).total_seconds())
    return {project_id: _usual(found) for project_id, found in spans.items() if len(found) >= FEWEST}


def _usual(spans: Sequence[float]) -> CycleTimes:
    twentieths = quantiles(spans, n=20, method="inclusive")
    half, most, nearly_all = (timedelta(seconds=twentieths[step - 1]) for step in (10, 17, 19))
    return CycleTimes(half, most, nearly_all)
