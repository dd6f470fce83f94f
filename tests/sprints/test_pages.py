"""The pages of the sprints, as the browser without script sees them."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.models import User
from apps.boards.models import Column
from apps.issues.services import edit_issue
from apps.orgs.models import Organization
from apps.projects.models import Project
from apps.sprints.models import ScopeEntry, Sprint
from apps.sprints.services import complete_sprint, create_sprint, start_sprint
from tests.factories import acting, make_issues, make_member, make_project
from tests.sprints.test_lifecycle import Team


class Pages:
    """The pages about a project's sprints, for one reader."""

    def __init__(self, reader: User, org: Organization, project: Project) -> None:
        self.client = Client()
        self.client.force_login(reader)
        self.base = f"/{org.slug}/{project.key}/sprints/"

    def get(self, rest: str = "", expected: int = 200) -> str:
        answer = self.client.get(self.base + rest, follow=True)
        assert answer.status_code == expected
        return answer.content.decode()

    def post(self, rest: str, expected: int = 200, **values: object) -> str:
        answer = self.client.post(self.base + rest, values, follow=True)
        assert answer.status_code == expected, answer.content.decode()[:2000]
        return answer.content.decode()


@pytest.fixture
def team(ada: User, acme: Organization, flow: Project) -> Team:
    return Team(ada, acme, flow)


@pytest.fixture
def pages(team: Team) -> Pages:
    return Pages(team.ada, team.acme, team.project)


def test_an_empty_list_teaches_and_a_form_plans(ada: User, acme: Organization, flow: Project) -> None:
    pages = Pages(ada, acme, flow)
    assert "Plan the first sprint" in pages.get()
    assert "Give the sprint a name" not in pages.get()
    refused = pages.post("", 422, name="S1", start_date="2026-05-04", end_date="2026-05-01", goal="Keep me")
    assert "A sprint ends after it starts." in refused
    assert "Keep me" in refused
    assert "“S1” is planned." in pages.post("", name="S1")
    member = Pages(make_member(acme), acme, flow)
    assert "Plan sprint" not in member.get()


def test_from_planning_to_completion(team: Team, pages: Pages) -> None:
    one = f"{team.sprint.pk}/"
    extra, strange = make_issues(team.acme, team.project, team.ada, "extra", "strange", points=2)
    make_issues(team.acme, make_project(team.acme, team.ada, "ELSE"), team.ada, "elsewhere")
    assert "There is no issue “FLOW-99” in this project." in pages.post(one + "issues/", 422, keys="FLOW-4, FLOW-99")
    assert "no issue “ELSE-1” in this project" in pages.post(one + "issues/", 422, keys="FLOW-4 ELSE-1")
    assert "at most 100 issues" in pages.post(one + "issues/", 422, keys=" ".join(f"F-{n}" for n in range(101)))
    assert team.where() == ["Sprint 7"] * 3 + [None] * 2
    assert "2 issues are in the sprint now." in pages.post(one + "issues/", keys="flow-4,FLOW-5 flow-4")
    assert "FLOW-5 is out of the sprint." in pages.post(f"{one}issues/{strange.pk}/remove/")
    assert "The last day is over already." in pages.post(one + "start/", 422, end_date="2020-01-01")
    end = timezone.localdate() + timedelta(days=9)
    assert "“Sprint 7” has started." in pages.post(one + "start/", end_date=end.isoformat())
    assert "Only a planned sprint" in pages.post(one + "start/", end_date=end.isoformat())
    team.finish(extra)
    shown = pages.get(one)
    assert "<svg" in shown
    assert "How was this computed?" in shown
    assert "9 points" in shown
    saved = pages.post(one + "edit/", name="Sprint 7b", start_date=timezone.localdate(), end_date=timezone.localdate())
    assert "“Sprint 7b” is saved." in saved
    assert "Give the sprint a name" in pages.post(one + "edit/", 422, name="x" * 90, start_date=timezone.localdate())
    ask = pages.get(one + "complete/")
    assert "1 issue is done and stays in the sprint." in ask
    assert "3 are open and go on elsewhere." in ask
    assert "Select a valid choice" in pages.post(one + "complete/", 422, to="77")
    assert "is completed. What was done stays in it." in pages.post(one + "complete/", to="new")
    listed = pages.get()
    assert "Picture of the velocity" in listed
    assert listed.count('class="completed"') == 1
    assert "After Sprint 7b" in listed
    assert "This sprint is over. What was done in it stays." in pages.post(f"{one}issues/{extra.pk}/remove/")
    assert "That sprint is over." in pages.post(one + "issues/", keys="FLOW-5")


def test_says_so_when_somebody_else_was_faster(team: Team, pages: Pages) -> None:
    one = f"{team.sprint.pk}/"
    assert "is not active, so it cannot be completed." in pages.get(one + "complete/")
    team.start()
    other = team.do(lambda a: create_sprint(actor=a, project=team.project, name="Other"))
    assert "Other" in pages.get(one + "complete/")
    pages.post(one + "complete/", to=str(other.pk))
    assert "is not active, so it cannot be completed." in pages.post(one + "complete/", to="backlog")
    assert team.where() == ["Other"] * 3
    assert "Only the start of an active sprint" in pages.post(one + "cancel/")


def test_a_start_is_taken_back_and_an_end_reopened(team: Team, pages: Pages) -> None:
    one = f"{team.sprint.pk}/"
    team.start()
    assert "is planned again, with everything in it." in pages.post(one + "cancel/")
    team.start()
    team.do(lambda a: complete_sprint(actor=a, sprint=team.sprint))
    assert "goes on. Its open issues are back" in pages.post(one + "reopen/")
    assert team.where() == ["Sprint 7"] * 3


def test_a_sprint_from_before_the_ledger_says_that_it_has_no_figures(team: Team, pages: Pages) -> None:
    with acting(team.ada, team.acme):
        Sprint.objects.update(state="completed")
    assert "from before its figures were kept" in pages.get(f"{team.sprint.pk}/")
    pages.post(f"{team.sprint.pk}/reopen/")
    team.finish(team.issues[0])
    assert "from before its figures were kept" in pages.get(f"{team.sprint.pk}/")
    with acting(team.ada, team.acme):
        assert not ScopeEntry.objects.filter(issue__isnull=False).exists()
        Sprint.objects.update(state="completed")
    assert "Velocity" not in pages.get()


def test_a_board_between_sprints_says_so(team: Team, pages: Pages) -> None:
    pages.base = f"/{team.acme.slug}/FLOW/board/"
    assert "Plan or start a sprint" in pages.get()
    team.start()
    assert "Between sprints." not in pages.get()


def test_a_board_offers_the_choice_between_active_sprints(team: Team, pages: Pages) -> None:
    team.start()
    other = team.do(lambda a: create_sprint(actor=a, project=team.project, name="Beside"))
    pages.base = f"/{team.acme.slug}/FLOW/board/"
    assert f"?sprint={other.pk}" not in pages.get()
    team.do(lambda a: start_sprint(actor=a, sprint=other))
    make_issues(team.acme, team.project, team.ada, "beside it", sprint_id=other.pk)
    first, second = pages.get(), pages.get(f"?sprint={other.pk}")
    assert ("beside it" in first, "beside it" in second) == (False, True)
    assert f"?sprint={other.pk}" in first
    assert f'name="sprint" value="{other.pk}"' in second
    assert "beside it" not in pages.get("?sprint=x")
    with acting(team.ada, team.acme):
        column = Column.objects.filter(project=team.project).order_by("position").first()
    assert column is not None
    pages.post(f"create/?sprint={other.pk}", column=column.pk, title="born beside")
    assert team.where()[-1] == "Beside"


@pytest.mark.parametrize("rest", ["", "{sprint}/"])
def test_costs_the_same_for_few_and_many(team: Team, pages: Pages, rest: str) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            pages.get(rest.format(sprint=team.sprint.pk))
        return len(queries)

    team.start()
    cost()
    few = cost()
    make_issues(team.acme, team.project, team.ada, *["more"] * 9, sprint_id=team.sprint.pk)
    team.do(lambda a: [edit_issue(actor=a, issue=issue, values={"points": 5}) for issue in team.issues])
    assert cost() == few


def test_older_sprints_are_a_page_away_and_all_are_counted(team: Team, pages: Pages) -> None:
    made = {"org_id": team.acme.pk, "project": team.project, "state": Sprint.State.COMPLETED}
    past = [Sprint(name=f"Past {number:03}", **made) for number in range(120)]
    team.do(lambda _actor: Sprint.objects.bulk_create(past))
    page, seen = pages.get(), []
    assert "Plan sprint" in page
    for expected in (50, 50, 20):
        assert '<span class="count">120</span>' in page
        names = re.findall(r">Past (\d+)</a>", page)
        assert len(names) == expected
        seen += names
        older = re.search(r'href="[^"]*(\?before=\d+)"', page)
        page = pages.get(older[1]) if older else ""
    assert page == ""
    assert seen == [f"{number:03}" for number in reversed(range(120))]
    long_ago = pages.get(f"?before={sprint_named(team, 'Past 070').pk}")
    assert "The newest ones" in long_ago
    assert "Plan sprint" not in long_ago
    assert "No sprint yet" not in pages.get("?before=0")


def sprint_named(team: Team, name: str) -> Sprint:
    return team.do(lambda actor: Sprint.objects.get(org_id=actor.org_id, name=name))
