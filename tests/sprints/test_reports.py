"""Burndown and velocity come from the ledger alone, and the ledger follows every change."""

import random
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.models import User
from apps.core.tenancy import Actor, current_unit
from apps.issues.models import Issue
from apps.issues.services import (
    archive_issue,
    bulk_edit,
    delete_issue,
    delete_issues,
    edit_issue,
    edit_status,
    move_issue,
    restore_issue,
    retire_status,
)
from apps.orgs.models import Organization
from apps.projects.models import Project, Status
from apps.sprints import chart
from apps.sprints.models import ScopeEntry, Sprint
from apps.sprints.reports import Amount, report
from apps.sprints.selectors import list_sprints, sprint_report, velocity
from apps.sprints.services import complete_sprint, create_sprint, plan_issues, reopen_sprint, start_sprint
from tests.factories import make_issues, make_project
from tests.sprints.test_lifecycle import Team

MONDAY = datetime(2026, 5, 4, 9, tzinfo=UTC)


@pytest.fixture
def team(ada: User, acme: Organization, flow: Project) -> Team:
    return Team(ada, acme, flow)


def at(team: Team, days: float, act: Callable[[Actor], Any]) -> Any:
    """Do something so many days after the Monday, to the end of its unit of work, which writes the ledger."""

    def then(actor: Actor) -> Any:
        unit = current_unit()
        assert unit is not None
        unit.moment = MONDAY + timedelta(days=days)
        return act(actor)

    return team.do(then)


def read(team: Team, sprint: Sprint | None = None) -> Any:
    def look(actor: Actor) -> Any:
        fresh = Sprint.objects.get(pk=(sprint or team.sprint).pk)
        return sprint_report(actor=actor, sprint=fresh)

    return team.do(look)


def status(team: Team, name: str) -> Status:
    found: Status = team.do(lambda actor: Status.objects.select_related("project").get(project=team.project, name=name))
    return found


def told(team: Team) -> Any:
    """A sprint of two weeks: one issue done on Wednesday, one added on Friday, one re-estimated and one taken out."""
    end = date(2026, 5, 15)
    one, two, three = team.issues
    at(team, 0, lambda a: start_sprint(actor=a, sprint=team.sprint, end_date=end))
    at(team, 2, lambda a: move_issue(actor=a, issue=one, to=status_of(a, team, "Done")))
    late = make_issues(team.acme, team.project, team.ada, "late", points=5)[0]
    at(team, 4, lambda a: plan_issues(actor=a, issues=[late], sprint=team.sprint))
    at(team, 7, lambda a: edit_issue(actor=a, issue=two, values={"points": 8}))
    at(team, 8, lambda a: plan_issues(actor=a, issues=[three], sprint=None))
    return one, two, three, late


def status_of(actor: Actor, team: Team, name: str) -> Status:
    return Status.objects.get(org_id=actor.org_id, project=team.project, name=name)


class TestBurndown:
    def test_marks_scope_events_and_rests_at_weekends(self, team: Team) -> None:
        told(team)
        at(team, 9, lambda a: complete_sprint(actor=a, sprint=team.sprint))
        found = read(team)
        assert found.unit == "points"
        assert (found.committed, found.completed) == (Amount(Decimal(9), 3), Amount(Decimal(3), 1))
        assert (found.added, found.removed, found.reestimated) == (
            Amount(Decimal(5), 1),
            Amount(Decimal(3), 1),
            Amount(Decimal(5), 0),
        )
        assert found.remaining == Amount(Decimal(13), 2)
        remaining = [day.remaining.points for day in found.days if day.remaining is not None]
        assert remaining == [9, 9, 6, 6, 11, 11, 11, 16, 13, 13]
        assert len(found.days) == 12  # to its last day, though it ended on the tenth
        assert [day.is_weekend for day in found.days[4:8]] == [False, True, True, False]
        targets = [day.target for day in found.days]
        assert targets[4] == targets[5] == targets[6] > targets[7]
        assert targets[-1] == 0
        assert [event.kind for event in found.events] == ["added", "estimated", "removed", "completed"]
        assert [event.change.points for event in found.events] == [5, 5, -3, 0]

    def test_days_are_those_of_the_sprints_own_zone(self, team: Team) -> None:
        at(team, 0, lambda a: start_sprint(actor=a, sprint=team.sprint))
        # 20:00 UTC is the next day in Auckland.
        at(team, 11 / 24, lambda a: edit_issue(actor=a, issue=team.issues[0], values={"points": 1}))
        team.do(lambda a: Sprint.objects.update(time_zone="Pacific/Auckland"))
        (event,) = read(team).events
        assert event.day == date(2026, 5, 5)

    def test_counts_issues_where_none_is_estimated(self, ada: User, acme: Organization, flow: Project) -> None:
        team = Team(ada, acme, flow)
        team.do(lambda a: [edit_issue(actor=a, issue=issue, values={"points": ""}) for issue in team.issues])
        team.start()
        found = read(team)
        assert (found.unit, found.committed.of(found.unit), found.events) == ("issues", 3, [])

    def test_the_line_goes_on_until_it_is_really_closed(self, team: Team) -> None:
        at(team, 0, lambda a: start_sprint(actor=a, sprint=team.sprint, end_date=date(2026, 5, 8)))
        at(team, 9, lambda a: move_issue(actor=a, issue=team.issues[0], to=status_of(a, team, "Done")))
        at(team, 10, lambda a: complete_sprint(actor=a, sprint=team.sprint))
        found = read(team)
        assert len(found.days) == 11
        assert (found.days[8].remaining.points, found.days[9].remaining.points) == (9, 6)

    def test_of_a_weekend_alone_has_an_even_pace_as_well(self, team: Team) -> None:
        at(team, 5, lambda a: start_sprint(actor=a, sprint=team.sprint, end_date=date(2026, 5, 10)))
        assert [day.target for day in read(team).days[:2]] == [Decimal("4.5"), 0]

    def test_of_a_sprint_without_a_ledger_is_empty(self, team: Team) -> None:
        found = report(team.sprint, [], now=timezone.now())
        assert (found.is_started, found.days, found.remaining) == (False, (), Amount())

    def test_is_drawn(self, team: Team) -> None:
        told(team)
        at(team, 9, lambda a: complete_sprint(actor=a, sprint=team.sprint))
        picture = chart.draw(read(team))
        assert len(picture.remaining.split()) == 11
        assert len(picture.target.split()) == 13
        assert (len(picture.weekends), len(picture.marks)) == (2, 4)
        assert picture.figures[0] == (picture.floor, 0)

    @pytest.mark.parametrize(("points", "figures"), [(1, [0, 1, 2, 3]), (30, [0, 50, 100])])
    def test_the_axis_has_round_figures(self, team: Team, points: int, figures: list[int]) -> None:
        team.do(lambda a: [edit_issue(actor=a, issue=each, values={"points": points}) for each in team.issues])
        team.start()
        assert [value for _y, value in chart.draw(read(team)).figures] == figures


class TestLedger:
    def kinds(self, team: Team) -> list[str]:
        lines: list[str] = team.do(lambda a: list(ScopeEntry.objects.order_by("id").values_list("kind", flat=True)))
        return lines[4:]

    def test_follows_the_workflow(self, team: Team) -> None:
        team.start()
        team.finish(team.issues[0], name="In review")
        review = status(team, "In review")
        team.do(lambda a: edit_status(actor=a, status=review, name="Shipped", category="done"))
        assert self.kinds(team) == ["done"]
        team.do(lambda a: edit_status(actor=a, status=review, name="Sent", category="done"))
        assert self.kinds(team) == ["done"]
        sent, to = status(team, "Sent"), status(team, "In progress")
        team.do(lambda a: retire_status(actor=a, status=sent, to=to))
        assert self.kinds(team) == ["done", "undone"]

    def test_follows_bin_and_archive(self, team: Team) -> None:
        team.start()
        one, two, three = team.issues
        team.do(lambda a: delete_issue(actor=a, issue=one))
        team.do(lambda a: restore_issue(actor=a, issue=one))
        team.do(lambda a: archive_issue(actor=a, issue=two))
        team.do(lambda a: delete_issues(actor=a, project=team.project, issue_ids=[two.pk, three.pk]))
        assert self.kinds(team) == ["removed", "added", "removed", "removed"]

    def test_follows_many_at_once(self, team: Team) -> None:
        team.start()
        ids = [issue.pk for issue in team.issues]
        team.do(lambda a: bulk_edit(actor=a, project=team.project, issue_ids=ids, values={"points": "8"}))
        assert self.kinds(team) == ["estimated"] * 3

    def test_ignores_what_is_not_in_an_active_sprint(self, team: Team) -> None:
        team.do(lambda a: edit_issue(actor=a, issue=team.issues[0], values={"points": 13}))
        team.start()
        stranger = make_issues(team.acme, team.project, team.ada, "stranger", points=1)[0]
        team.do(lambda a: edit_issue(actor=a, issue=stranger, values={"points": 2}))
        team.do(lambda a: edit_issue(actor=a, issue=team.issues[0], values={"title": "Renamed"}))
        assert self.kinds(team) == []
        assert read(team).committed.points == 19

    def test_an_issue_created_in_the_sprint_is_added_to_it(self, team: Team) -> None:
        team.start()
        make_issues(team.acme, team.project, team.ada, "born inside", points=2, sprint_id=team.sprint.pk)
        assert self.kinds(team) == ["added"]

    def test_what_is_rolled_back_was_never_written(self, team: Team) -> None:
        team.start()

        def fail(actor: Actor) -> None:
            edit_issue(actor=actor, issue=team.issues[0], values={"points": 13})
            raise RuntimeError

        with pytest.raises(RuntimeError):
            team.do(fail)
        assert self.kinds(team) == []

    def test_two_sprints_at_a_time_have_a_ledger_each(self, team: Team) -> None:
        team.start()
        other = team.do(lambda a: create_sprint(actor=a, project=team.project, name="Beside"))
        team.do(lambda a: start_sprint(actor=a, sprint=other))
        team.do(lambda a: plan_issues(actor=a, issues=team.issues[:1], sprint=other))
        assert (read(team).remaining, read(team, other).remaining) == (Amount(Decimal(6), 2), Amount(Decimal(3), 1))

    def test_costs_the_same_for_few_and_many(self, team: Team) -> None:
        more = make_issues(team.acme, team.project, team.ada, *["more"] * 30, points=1, sprint_id=team.sprint.pk)
        team.start()
        costs = []
        for issues in (more[:5], more[5:20]):
            with CaptureQueriesContext(connection) as queries:
                team.do(lambda a, ids=[i.pk for i in issues]: plan_out(a, ids))
            costs.append(len([q for q in queries if "sprints_scopeentry" in q["sql"]]))
        assert costs == [1, 1]

    def test_a_new_place_in_the_same_status_costs_nothing(self, team: Team) -> None:
        team.start()
        with CaptureQueriesContext(connection) as queries:
            team.do(lambda a: move_issue(actor=a, issue=team.issues[0], to=team.issues[0].status, after=team.issues[2]))
        assert not [q for q in queries if "sprints_scopeentry" in q["sql"]]


def plan_out(actor: Actor, ids: list[int]) -> None:
    issues = list(Issue.objects.select_related("project").filter(pk__in=ids))
    plan_issues(actor=actor, issues=issues, sprint=None)


class TestClosedSprint:
    def test_figures_stay_whatever_happens_afterwards(self, team: Team) -> None:
        one, two, _three, late = told(team)
        at(team, 9, lambda a: complete_sprint(actor=a, sprint=team.sprint))
        before = read(team)
        team.do(lambda a: edit_issue(actor=a, issue=one, values={"points": 100}))
        team.do(lambda a: edit_issue(actor=a, issue=two, values={"points": 1}))
        team.do(lambda a: move_issue(actor=a, issue=one, to=status_of(a, team, "To do")))
        team.do(lambda a: move_issue(actor=a, issue=two, to=status_of(a, team, "Done")))
        team.do(lambda a: delete_issue(actor=a, issue=one))
        team.do(lambda a: archive_issue(actor=a, issue=late))
        doing = status(team, "In progress")
        team.do(lambda a: edit_status(actor=a, status=doing, name="Doing", category="done"))
        after = read(team)
        assert asdict(after) | {"sprint": None} == asdict(before) | {"sprint": None}

    def test_a_reopened_one_goes_on(self, team: Team) -> None:
        told(team)
        at(team, 9, lambda a: complete_sprint(actor=a, sprint=team.sprint))
        at(team, 10, lambda a: reopen_sprint(actor=a, sprint=team.sprint))
        at(team, 11, lambda a: move_issue(actor=a, issue=team.issues[1], to=status_of(a, team, "Done")))
        at(team, 11, lambda a: complete_sprint(actor=a, sprint=team.sprint))
        found = read(team)
        assert (found.completed.points, found.remaining.points) == (11, 5)
        assert [event.kind for event in found.events][-3:] == ["completed", "reopened", "completed"]


class TestVelocity:
    def test_is_what_was_done_at_the_end_with_what_was_added(self, team: Team) -> None:
        told(team)
        at(team, 9, lambda a: complete_sprint(actor=a, sprint=team.sprint))
        second = team.do(lambda a: create_sprint(actor=a, project=team.project, name="Second"))
        team.do(lambda a: plan_issues(actor=a, issues=[team.issues[1]], sprint=second))
        at(team, 14, lambda a: start_sprint(actor=a, sprint=second))
        at(team, 15, lambda a: move_issue(actor=a, issue=team.issues[1], to=status_of(a, team, "Done")))
        at(team, 20, lambda a: complete_sprint(actor=a, sprint=second))
        found = team.do(lambda a: velocity(list_sprints(actor=a, project=team.project)["completed"]))
        figures = [
            (line.sprint.name, line.report.committed.points, line.report.completed.points) for line in found.lines
        ]
        assert (figures, found.average) == ([("Sprint 7", 9, 3), ("Second", 8, 8)][::-1], Decimal("5.5"))

    def test_of_no_sprints_is_nothing(self) -> None:
        assert (velocity([]).average, velocity([]).unit) == (None, "issues")


def counted(team: Team) -> tuple[Decimal | None, Decimal | None]:
    """Open and done points of the sprint, from the issues themselves."""
    work = Issue.objects.filter(sprint=team.sprint, deleted_at=None)
    left = work.filter(archived_at=None).exclude(status__category__in=["done", "cancelled"])
    done = work.filter(status__category="done")
    return left.aggregate(points=Sum("points"))["points"], done.aggregate(points=Sum("points"))["points"]


@pytest.mark.parametrize("seed", range(6))
def test_whatever_happens_what_remains_is_what_a_count_finds(
    ada: User, acme: Organization, flow: Project, seed: int
) -> None:
    """Any sequence of changes, against a direct count of the issues."""
    team, chance = Team(ada, acme, flow), random.Random(seed)
    make_issues(acme, flow, ada, *"abcd", points=2)
    team.start()
    names = ["To do", "In progress", "Done", "Cancelled"]

    def step(actor: Actor) -> None:
        issue = chance.choice(list(Issue.objects.select_related("project").order_by("pk")))
        match chance.randrange(6):
            case 0 if issue.deleted_at is None:
                plan_issues(actor=actor, issues=[issue], sprint=chance.choice([team.sprint, None]))
            case 1 if issue.deleted_at is None:
                edit_issue(actor=actor, issue=issue, values={"points": chance.choice(["", "0.5", "3", "13"])})
            case 2 | 3 if issue.deleted_at is None:
                move_issue(actor=actor, issue=issue, to=status_of(actor, team, chance.choice(names)))
            case 4 if issue.deleted_at is None:
                chance.choice([delete_issue, archive_issue])(actor=actor, issue=issue)
            case 5:
                restore_issue(actor=actor, issue=issue)

    for _ in range(25):
        team.do(lambda actor: [step(actor) for _ in range(chance.randrange(1, 4))])
        found = read(team)
        left, done = team.do(lambda _actor: counted(team))
        assert found.remaining.points == (left or 0)
        assert found.completed.points == (done or 0)
        assert found.days[0].remaining == found.remaining
        whole = found.committed + found.added - found.removed + found.reestimated - found.completed
        assert whole == found.remaining


def test_a_projects_list_costs_the_same_for_few_and_many(team: Team) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            team.do(lambda a: list_sprints(actor=a, project=team.project))
        return len(queries)

    team.start()
    few = cost()
    for number in range(4):
        made = team.do(lambda a, n=number: create_sprint(actor=a, project=team.project, name=f"More {n}"))
        team.do(lambda a, s=made: start_sprint(actor=a, sprint=s))
        team.do(lambda a, s=made: complete_sprint(actor=a, sprint=s))
    assert cost() == few
    other = make_project(team.acme, team.ada, "OTHER", template="scrum")
    assert team.do(lambda a: list_sprints(actor=a, project=other))["completed"] == []
