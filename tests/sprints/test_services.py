"""Sprints: planned, started one at a time, completed; and what is in them."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.core.errors import Forbidden, Invalid, NotFound
from apps.core.tenancy import Actor
from apps.events.models import Event
from apps.issues.models import Issue
from apps.issues.services import NewIssue, SprintOver, create_issue, delete_issue
from apps.orgs.models import Organization
from apps.projects.models import Project
from apps.sprints.models import ScopeEntry, Sprint
from apps.sprints.services import WrongSprintState, complete_sprint, create_sprint, plan_issues, start_sprint
from tests.factories import acting, make_issues, make_member, make_project

State = Sprint.State
# The id of no sprint: nobody deletes one, but an address may be old.
GONE = 2**40


def kinds() -> list[str]:
    return list(Event.objects.order_by("id").values_list("kind", flat=True))


def plan(actor: Actor, project: Project, name: str = "Sprint 1") -> Sprint:
    fresh = Project.objects.get(pk=project.pk)
    return create_sprint(actor=actor, project=fresh, name=name)


class TestCreateSprint:
    def test_plans_one_and_records_it(self, ada: User, acme: Organization, flow: Project) -> None:
        with acting(ada, acme) as actor:
            sprint = create_sprint(
                actor=actor,
                project=flow,
                name=" Sprint  7 ",
                goal="Ship",
                start_date=date(2026, 5, 4),
                end_date=date(2026, 5, 15),
            )
            assert (sprint.name, sprint.goal, sprint.state) == ("Sprint 7", "Ship", State.PLANNED)
        with acting(ada, acme):
            assert kinds()[-1] == "project.sprint_created"

    @pytest.mark.parametrize(
        ("name", "end", "field"), [("  ", None, "name"), ("x" * 81, None, "name"), ("ok", date(2026, 5, 3), "end_date")]
    )
    def test_refuses_what_makes_no_sense(
        self, ada: User, acme: Organization, flow: Project, name: str, end: date | None, field: str
    ) -> None:
        with acting(ada, acme) as actor, pytest.raises(Invalid) as refused:
            create_sprint(actor=actor, project=flow, name=name, start_date=date(2026, 5, 4), end_date=end)
        assert refused.value.field == field

    def test_refuses_people_who_do_not_administer_the_project(self, acme: Organization, flow: Project) -> None:
        mateo = make_member(acme)
        with acting(mateo, acme) as actor, pytest.raises(Forbidden):
            plan(actor, flow)


class TestStartSprint:
    def test_lets_several_run_at_the_same_time(self, ada: User, acme: Organization, flow: Project) -> None:
        with acting(ada, acme) as actor:
            first, second = plan(actor, flow), plan(actor, flow, "Sprint 2")
            assert start_sprint(actor=actor, sprint=first).state == State.ACTIVE
            assert start_sprint(actor=actor, sprint=second).state == State.ACTIVE
            complete_sprint(actor=actor, sprint=first)
        with acting(ada, acme):
            assert kinds()[-3:] == ["project.sprint_started", "project.sprint_started", "project.sprint_completed"]
            assert Sprint.objects.get(state=State.ACTIVE) == second

    def test_begins_today_unless_another_day_was_planned(self, ada: User, acme: Organization, flow: Project) -> None:
        today = timezone.localdate()
        with acting(ada, acme) as actor:
            late = create_sprint(actor=actor, project=flow, name="Late", start_date=today + timedelta(days=30))
            early = create_sprint(actor=actor, project=flow, name="Early", start_date=today - timedelta(days=2))
            assert start_sprint(actor=actor, sprint=late).start_date == today
            started = start_sprint(actor=actor, sprint=early, end_date=today)
            assert (started.start_date, started.end_date) == (today - timedelta(days=2), today)

    def test_refuses_one_whose_last_day_is_over_and_changes_nothing(
        self, ada: User, acme: Organization, flow: Project
    ) -> None:
        with acting(ada, acme) as actor:
            sprint = plan(actor, flow)
            with pytest.raises(Invalid) as refused:
                start_sprint(actor=actor, sprint=sprint, end_date=timezone.localdate() - timedelta(days=1))
            assert refused.value.field == "end_date"
        with acting(make_member(acme), acme) as actor, pytest.raises(Forbidden):
            start_sprint(actor=actor, sprint=sprint)
        with acting(ada, acme):
            fresh = Sprint.objects.get()
            assert (fresh.state, fresh.end_date, fresh.run) == (State.PLANNED, None, 0)
            assert not ScopeEntry.objects.exists()

    def test_refuses_one_that_is_over_or_gone(self, ada: User, acme: Organization, flow: Project) -> None:
        with acting(ada, acme) as actor:
            sprint, gone = plan(actor, flow), plan(actor, flow, "Sprint 2")
            start_sprint(actor=actor, sprint=sprint)
            complete_sprint(actor=actor, sprint=sprint)
            with pytest.raises(WrongSprintState):
                start_sprint(actor=actor, sprint=sprint)
            gone.pk = GONE
            with pytest.raises(NotFound):
                start_sprint(actor=actor, sprint=gone)


class TestCompleteSprint:
    def test_refuses_one_that_is_not_active_or_gone(self, ada: User, acme: Organization, flow: Project) -> None:
        with acting(ada, acme) as actor:
            sprint = plan(actor, flow)
            with pytest.raises(WrongSprintState):
                complete_sprint(actor=actor, sprint=sprint)
            sprint.pk = GONE
            with pytest.raises(NotFound):
                complete_sprint(actor=actor, sprint=sprint)


class TestPlanIssues:
    @pytest.fixture
    def issues(self, ada: User, acme: Organization, flow: Project) -> list[Issue]:
        return make_issues(acme, flow, ada, "one", "two")

    def test_puts_issues_in_and_takes_them_out(
        self, ada: User, acme: Organization, flow: Project, issues: list[Issue]
    ) -> None:
        with acting(ada, acme) as actor:
            sprint = plan(actor, flow)
            assert len(plan_issues(actor=actor, issues=issues, sprint=sprint)) == 2
            # Those that are in it already do not change.
            assert plan_issues(actor=actor, issues=issues, sprint=sprint) == []
            assert plan_issues(actor=actor, issues=[], sprint=sprint) == []
            plan_issues(actor=actor, issues=issues[:1], sprint=None)
        with acting(ada, acme):
            one, two = Issue.objects.order_by("number")
            assert (one.sprint_id, two.sprint_id) == (None, sprint.pk)
            assert (one.version, two.version) == (3, 2)
            assert kinds().count("issue.edited") == 3

    def test_refuses_a_sprint_that_is_over(
        self, ada: User, acme: Organization, flow: Project, issues: list[Issue]
    ) -> None:
        with acting(ada, acme) as actor:
            sprint = start_sprint(actor=actor, sprint=plan(actor, flow))
            complete_sprint(actor=actor, sprint=sprint)
            with pytest.raises(SprintOver):
                plan_issues(actor=actor, issues=issues, sprint=sprint)
            with pytest.raises(SprintOver):
                create_issue(actor=actor, project=flow, new=NewIssue(title="late", sprint_id=sprint.pk))
            assert not Issue.objects.filter(title="late").exists()

    def test_refuses_a_sprint_that_is_gone(
        self, ada: User, acme: Organization, flow: Project, issues: list[Issue]
    ) -> None:
        with acting(ada, acme) as actor:
            sprint = plan(actor, flow)
            sprint.pk = GONE
            with pytest.raises(NotFound):
                plan_issues(actor=actor, issues=issues, sprint=sprint)
            assert not Issue.objects.filter(sprint__isnull=False).exists()

    def test_refuses_a_sprint_of_another_project(
        self, ada: User, acme: Organization, flow: Project, issues: list[Issue]
    ) -> None:
        other = make_project(acme, ada, "OTHER", template="scrum")
        with acting(ada, acme) as actor, pytest.raises(Invalid):
            plan_issues(actor=actor, issues=issues, sprint=plan(actor, other))

    def test_refuses_a_deleted_issue_and_changes_nothing(
        self, ada: User, acme: Organization, flow: Project, issues: list[Issue]
    ) -> None:
        with acting(ada, acme) as actor:
            sprint = plan(actor, flow)
            delete_issue(actor=actor, issue=issues[0])
            with pytest.raises(NotFound):
                plan_issues(actor=actor, issues=issues, sprint=sprint)
            assert not Issue.objects.filter(sprint=sprint).exists()
