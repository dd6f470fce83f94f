"""How long work takes, read from the log."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.core.tenancy import Actor, at_moment
from apps.issues.models import Issue
from apps.issues.selectors import cycle_times, visible_issues, with_beginning, with_entry
from apps.issues.services import move_issue
from apps.orgs.models import Organization
from apps.projects.models import Project, Status
from tests.factories import acting, make_issues, make_project

HOUR = timedelta(hours=1)


@pytest.fixture
def kanban(acme: Organization, ada: User) -> Project:
    return make_project(acme, ada, "KAN", template="kanban")


@pytest.fixture
def tell(ada: User, acme: Organization, kanban: Project) -> Callable[..., None]:
    """`tell("a", ("In progress", 9), ("Done", 2))`: an issue went into these statuses, so many days ago."""

    def story(title: str, *steps: tuple[str, float]) -> None:
        make_issues(acme, kanban, ada, title)
        for name, days in steps:
            with acting(ada, acme) as actor, at_moment(timezone.now() - timedelta(days=days)):
                issue = Issue.objects.select_related("project").get(title=title)
                move_issue(actor=actor, issue=issue, to=Status.objects.get(project=kanban, name=name))

    return story


def working(project: Project) -> list[int]:
    return list(Status.objects.filter(project=project, category="in_progress").values_list("pk", flat=True))


class TestBeginning:
    def test_is_the_first_time_that_work_began(
        self, tell: Callable[..., None], ada: User, acme: Organization, kanban: Project
    ) -> None:
        tell("a", ("In progress", 9), ("To do", 8), ("In review", 5))
        tell("b")
        with acting(ada, acme) as actor:
            found = with_beginning(visible_issues(actor=actor), working=working(kanban))
            begun = {issue.title: issue.begun_at for issue in found}  # type: ignore[attr-defined]
        assert abs(timezone.now() - timedelta(days=9) - begun["a"]) < HOUR
        assert begun["b"] is None


class TestEntry:
    def test_is_when_it_came_into_the_group_and_not_when_it_changed_within(
        self, tell: Callable[..., None], ada: User, acme: Organization, kanban: Project
    ) -> None:
        tell("a", ("In progress", 9), ("To do", 8), ("In progress", 6), ("In review", 3))
        tell("b", ("In review", 4), ("Done", 2))
        with acting(ada, acme) as actor:
            found = with_entry(visible_issues(actor=actor), groups=[working(kanban)])
            entered = {issue.title: issue.entered_at for issue in found}  # type: ignore[attr-defined]
        assert abs(timezone.now() - timedelta(days=6) - entered["a"]) < HOUR
        assert abs(timezone.now() - timedelta(days=2) - entered["b"]) < HOUR


class TestCycleTimes:
    def times(self, actor: Actor, project: Project) -> tuple[float, float, float] | None:
        found = cycle_times(actor=actor, project=project, working=working(project))
        day = timedelta(days=1)
        return (
            None
            if found is None
            else (round(found.half / day, 2), round(found.most / day, 2), round(found.nearly_all / day, 2))
        )

    def test_needs_enough_that_was_finished_lately(
        self, tell: Callable[..., None], ada: User, acme: Organization, kanban: Project
    ) -> None:
        for number in range(9):
            tell(f"issue {number}", ("In progress", 2 + number), ("Done", 1))
        tell("long ago", ("In progress", 200), ("Done", 100))
        tell("never begun", ("Done", 1))
        tell("at work", ("In progress", 50))
        with acting(ada, acme) as actor:
            assert self.times(actor, kanban) is None
        tell("issue 9", ("In progress", 11), ("Done", 1))
        with acting(ada, acme) as actor:
            # One to ten days: half took five and a half, as people reckon percentiles.
            assert self.times(actor, kanban) == (5.5, 8.65, 9.55)
