"""A sprint's life beyond the straight way: edited, extended, completed with work left, taken back, reopened."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.core.errors import DomainError, Forbidden, Invalid
from apps.core.tenancy import Actor
from apps.issues.models import Issue
from apps.issues.services import archive_issue, delete_issue, edit_issue, move_issue
from apps.orgs.models import Organization
from apps.projects.models import IssueType, Project, Status
from apps.sprints.models import ScopeEntry, Sprint
from apps.sprints.services import (
    NEW_SPRINT,
    WrongSprintState,
    cancel_sprint,
    complete_sprint,
    create_sprint,
    edit_sprint,
    plan_issues,
    reopen_sprint,
    start_sprint,
)
from tests.factories import acting, make_issues, make_member, make_project

State = Sprint.State
TODAY = timezone.localdate()


class Team:
    """Ada's project with a sprint of three issues, of 3 points each."""

    def __init__(self, ada: User, acme: Organization, flow: Project) -> None:
        self.ada, self.acme, self.project = ada, acme, flow
        self.issues = make_issues(acme, flow, ada, "one", "two", "three", points=3)
        self.sprint = self.do(lambda actor: create_sprint(actor=actor, project=flow, name="Sprint 7", goal="Ship"))
        self.do(lambda actor: plan_issues(actor=actor, issues=self.issues, sprint=self.sprint))

    def do(self, act: Callable[[Actor], Any], by: User | None = None) -> Any:
        with acting(by or self.ada, self.acme) as actor:
            return act(actor)

    def start(self) -> None:
        self.do(lambda actor: start_sprint(actor=actor, sprint=self.sprint, end_date=TODAY + timedelta(days=9)))

    def finish(self, *issues: Issue, name: str = "Done") -> None:
        def act(actor: Actor) -> None:
            for issue in issues:
                move_issue(actor=actor, issue=issue, to=Status.objects.get(project=self.project, name=name))

        self.do(act)

    def picture(self) -> Any:
        with acting(self.ada, self.acme):
            return (
                list(Sprint.objects.order_by("pk").values()),
                list(Issue.objects.order_by("pk").values("pk", "sprint_id", "version", "points")),
                list(ScopeEntry.objects.order_by("pk").values()),
            )

    def where(self) -> list[str | None]:
        with acting(self.ada, self.acme):
            return list(
                Issue.objects.filter(project=self.project).order_by("number").values_list("sprint__name", flat=True)
            )

    def refused(self, error: type[DomainError], act: Callable[[Actor], Any], by: User | None = None) -> DomainError:
        before = self.picture()
        with pytest.raises(error) as caught:
            self.do(act, by=by)
        assert self.picture() == before
        return caught.value


@pytest.fixture
def team(ada: User, acme: Organization, flow: Project) -> Team:
    return Team(ada, acme, flow)


def values(**changes: Any) -> dict[str, Any]:
    return {"name": "Sprint 7", "goal": "Ship", "start_date": None, "end_date": None} | changes


class TestEdit:
    def test_changes_name_goal_and_dates(self, team: Team) -> None:
        wanted = values(name=" Sprint  8", goal=" Fly ", start_date=TODAY, end_date=TODAY)
        team.do(lambda actor: edit_sprint(actor=actor, sprint=team.sprint, **wanted))
        with acting(team.ada, team.acme):
            sprint = Sprint.objects.get()
            assert (sprint.name, sprint.goal, sprint.start_date, sprint.end_date) == ("Sprint 8", "Fly", TODAY, TODAY)
            assert not ScopeEntry.objects.exists()

    def test_to_the_same_changes_nothing(self, team: Team) -> None:
        before = team.picture()
        team.do(lambda actor: edit_sprint(actor=actor, sprint=team.sprint, **values()))
        assert team.picture() == before

    def test_extends_an_active_one_and_the_ledger_says_so(self, team: Team) -> None:
        team.start()
        began = timezone.localdate()  # of the fixture: the suite may have been read on the day before
        later = began + timedelta(days=20)
        wanted = values(start_date=began, end_date=later)
        team.do(lambda actor: edit_sprint(actor=actor, sprint=team.sprint, **wanted))
        wanted["goal"] = "Something else"
        team.do(lambda actor: edit_sprint(actor=actor, sprint=team.sprint, **wanted))
        with acting(team.ada, team.acme):
            assert [e.end_date for e in ScopeEntry.objects.filter(kind="rescheduled")] == [later]

    @pytest.mark.parametrize(
        ("field", "changes"),
        [
            ("name", {"name": ""}),
            ("goal", {"goal": "x" * 2001}),
            ("end_date", {"start_date": TODAY, "end_date": TODAY - timedelta(days=1)}),
            ("end_date", {"start_date": TODAY, "end_date": TODAY + timedelta(days=400)}),
        ],
    )
    def test_refuses_what_makes_no_sense(self, team: Team, field: str, changes: dict[str, Any]) -> None:
        error = team.refused(Invalid, lambda actor: edit_sprint(actor=actor, sprint=team.sprint, **values(**changes)))
        assert error.extra["field"] == field

    def test_refuses_another_first_day_or_a_past_end_of_an_active_one(self, team: Team) -> None:
        team.start()
        for changes in (
            {"start_date": TODAY - timedelta(days=1), "end_date": TODAY},
            {"start_date": TODAY, "end_date": TODAY - timedelta(days=1)},
        ):
            team.refused(Invalid, lambda actor, c=changes: edit_sprint(actor=actor, sprint=team.sprint, **values(**c)))

    def test_refuses_a_past_end_of_one_that_began_days_ago(self, team: Team) -> None:
        team.start()
        began = TODAY - timedelta(days=5)
        with acting(team.ada, team.acme):
            Sprint.objects.update(start_date=began)
        wanted = values(start_date=began, end_date=TODAY - timedelta(days=1))
        team.refused(Invalid, lambda actor: edit_sprint(actor=actor, sprint=team.sprint, **wanted))

    def test_refuses_one_that_is_over_and_members(self, team: Team) -> None:
        mateo = make_member(team.acme)
        team.refused(Forbidden, lambda a: edit_sprint(actor=a, sprint=team.sprint, **values(name="No")), by=mateo)
        team.start()
        team.do(lambda actor: complete_sprint(actor=actor, sprint=team.sprint))
        team.refused(WrongSprintState, lambda a: edit_sprint(actor=a, sprint=team.sprint, **values(name="No")))


class TestComplete:
    def test_keeps_what_is_done_and_takes_the_rest_to_the_backlog(self, team: Team) -> None:
        team.start()
        team.finish(team.issues[0])
        team.do(lambda actor: complete_sprint(actor=actor, sprint=team.sprint))
        assert team.where() == ["Sprint 7", None, None]

    def test_takes_the_rest_to_a_new_sprint_or_to_the_next(self, team: Team) -> None:
        team.start()
        team.finish(team.issues[0])
        team.do(lambda actor: complete_sprint(actor=actor, sprint=team.sprint, to=NEW_SPRINT))
        assert team.where() == ["Sprint 7", "Sprint 8", "Sprint 8"]
        with acting(team.ada, team.acme):
            second = Sprint.objects.get(name="Sprint 8")
        third = team.do(lambda actor: create_sprint(actor=actor, project=team.project, name="Third"))
        team.do(lambda actor: start_sprint(actor=actor, sprint=second))
        team.do(lambda actor: complete_sprint(actor=actor, sprint=second, to=third))
        assert team.where() == ["Sprint 7", "Third", "Third"]

    def test_makes_no_new_sprint_when_nothing_is_left(self, team: Team) -> None:
        team.start()
        team.finish(*team.issues)
        team.do(lambda actor: complete_sprint(actor=actor, sprint=team.sprint, to=NEW_SPRINT))
        with acting(team.ada, team.acme):
            assert Sprint.objects.count() == 1
        assert team.where() == ["Sprint 7"] * 3

    def test_keeps_finished_and_cancelled_subtasks_of_an_open_parent(self, team: Team) -> None:
        with acting(team.ada, team.acme):
            kind = IssueType.objects.get(project=team.project, level=IssueType.Level.SUBTASK)
            parent = Issue.objects.select_related("type").get(pk=team.issues[0].pk)
        parts = make_issues(
            team.acme, team.project, team.ada, "done part", "part", type=kind, parent=parent, sprint_id=team.sprint.pk
        )
        team.start()
        team.finish(parts[0])
        team.finish(team.issues[2], name="Cancelled")
        team.do(lambda actor: complete_sprint(actor=actor, sprint=team.sprint))
        assert team.where() == [None, None, "Sprint 7", "Sprint 7", None]

    def test_a_name_without_a_number_has_a_successor_too(self, team: Team) -> None:
        team.do(lambda actor: edit_sprint(actor=actor, sprint=team.sprint, **values(name="Spring")))
        team.start()
        team.do(lambda actor: complete_sprint(actor=actor, sprint=team.sprint, to=NEW_SPRINT))
        assert team.where() == ["After Spring"] * 3

    def test_refuses_where_open_work_cannot_go(self, team: Team) -> None:
        team.start()
        over = team.do(lambda actor: create_sprint(actor=actor, project=team.project, name="Over"))
        team.do(lambda actor: start_sprint(actor=actor, sprint=over))
        team.do(lambda actor: complete_sprint(actor=actor, sprint=over))
        elsewhere = make_project(team.acme, team.ada, "OTHER", template="scrum")
        foreign = team.do(lambda actor: create_sprint(actor=actor, project=elsewhere, name="Foreign"))
        for to in (team.sprint, over, foreign, "nowhere"):
            error = team.refused(Invalid, lambda a, to=to: complete_sprint(actor=a, sprint=team.sprint, to=to))
            assert error.extra["field"] == "to"

    def test_only_once_and_only_by_admins(self, team: Team) -> None:
        mateo = make_member(team.acme)
        team.start()
        team.refused(Forbidden, lambda actor: complete_sprint(actor=actor, sprint=team.sprint), by=mateo)
        team.do(lambda actor: complete_sprint(actor=actor, sprint=team.sprint))
        error = team.refused(WrongSprintState, lambda actor: complete_sprint(actor=actor, sprint=team.sprint))
        assert "somebody else" in str(error.detail)


class TestCancel:
    def test_takes_the_start_back_and_a_new_start_counts_anew(self, team: Team) -> None:
        team.start()
        team.do(lambda actor: cancel_sprint(actor=actor, sprint=team.sprint))
        assert team.where() == ["Sprint 7"] * 3
        team.do(lambda actor: edit_issue(actor=actor, issue=team.issues[0], values={"points": 8}))
        team.start()
        with acting(team.ada, team.acme):
            sprint = Sprint.objects.get()
            assert (sprint.state, sprint.run) == (State.ACTIVE, 2)
            lines = list(ScopeEntry.objects.order_by("id").values_list("run", "kind", "points"))
        first = [(1, "started", None), *[(1, "start", 3)] * 3, (1, "cancelled", None)]
        assert lines == [*first, (2, "started", None), (2, "start", 8), (2, "start", 3), (2, "start", 3)]

    def test_refuses_one_that_is_not_active_and_members(self, team: Team) -> None:
        team.refused(WrongSprintState, lambda actor: cancel_sprint(actor=actor, sprint=team.sprint))
        team.start()
        mateo = make_member(team.acme)
        team.refused(Forbidden, lambda actor: cancel_sprint(actor=actor, sprint=team.sprint), by=mateo)


class TestReopen:
    def test_brings_back_what_is_where_completing_took_it(self, team: Team) -> None:
        one, two, three = team.issues
        four = make_issues(team.acme, team.project, team.ada, "four")[0]
        team.do(lambda actor: plan_issues(actor=actor, issues=[four], sprint=team.sprint))
        team.start()
        team.finish(one)
        team.do(lambda actor: complete_sprint(actor=actor, sprint=team.sprint))
        other = team.do(lambda actor: create_sprint(actor=actor, project=team.project, name="Other"))
        team.do(lambda actor: plan_issues(actor=actor, issues=[two], sprint=other))
        team.do(lambda actor: delete_issue(actor=actor, issue=three))
        team.do(lambda actor: reopen_sprint(actor=actor, sprint=team.sprint))
        assert team.where() == ["Sprint 7", "Other", None, "Sprint 7"]
        with acting(team.ada, team.acme):
            assert Sprint.objects.get(name="Sprint 7").state == State.ACTIVE
            after = ScopeEntry.objects.filter(pk__gt=ScopeEntry.objects.get(kind="completed").pk).order_by("id")
            assert [(entry.kind, entry.issue_id) for entry in after] == [
                ("reopened", None),
                ("removed", two.pk),
                ("removed", three.pk),
            ]

    def test_refuses_one_that_is_not_completed_and_members(self, team: Team) -> None:
        team.refused(WrongSprintState, lambda actor: reopen_sprint(actor=actor, sprint=team.sprint))
        team.start()
        team.do(lambda actor: complete_sprint(actor=actor, sprint=team.sprint))
        mateo = make_member(team.acme)
        team.refused(Forbidden, lambda actor: reopen_sprint(actor=actor, sprint=team.sprint), by=mateo)


def test_an_archived_project_keeps_its_sprints_as_they_are(team: Team) -> None:
    team.project.archived_at = timezone.now()
    team.sprint.project = team.project
    team.refused(Forbidden, lambda actor: start_sprint(actor=actor, sprint=team.sprint))


def test_archiving_done_work_leaves_it_done(team: Team) -> None:
    team.start()
    team.finish(team.issues[0])
    team.do(lambda actor: archive_issue(actor=actor, issue=team.issues[0]))
    team.do(lambda actor: archive_issue(actor=actor, issue=team.issues[1]))
    with acting(team.ada, team.acme):
        assert list(ScopeEntry.objects.order_by("id").values_list("kind", flat=True))[4:] == ["done", "removed"]
