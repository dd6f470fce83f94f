"""The backlog: what its sections hold and count, what is written on it, and what is refused without a trace."""

import html
import json
import re
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.core.errors import DomainError, Forbidden, Invalid, NotFound
from apps.events.models import Event
from apps.issues.models import Issue
from apps.issues.services import archive_issue, edit_issue
from apps.orgs.models import Organization
from apps.projects.models import IssueType, Project
from apps.projects.services import create_label
from apps.sprints import backlog
from apps.sprints.models import Capacity, ScopeEntry, Sprint
from apps.sprints.services import (
    WrongSprintState,
    complete_sprint,
    create_in_backlog,
    create_sprint,
    set_capacity,
)
from tests.factories import acting, give_role, make_issues, make_member, make_project, make_user
from tests.sprints.test_lifecycle import Team

SCRIPT = {"X-Requested-With": "XMLHttpRequest", "HX-Request": "true", "Accept": "application/json"}


class Page:
    """The backlog for one reader: as the browser shows it, and as the script asks for it."""

    def __init__(self, reader: User, org: Organization, project: Project) -> None:
        self.client = Client()
        self.client.force_login(reader)
        self.base = f"/{org.slug}/{project.key}/backlog/"

    def get(self, rest: str = "", expected: int = 200, **headers: str) -> str:
        answer = self.client.get(self.base + rest, follow=True, headers=headers)
        assert answer.status_code == expected, answer.content.decode()[:2000]
        return answer.content.decode()

    def part(self, rest: str = "", expected: int = 200) -> str:
        return self.get(rest, expected, **SCRIPT)

    def post(self, rest: str, expected: int = 200, *, plain: bool = False, **values: Any) -> str:
        headers = {} if plain else SCRIPT
        answer = self.client.post(self.base + rest, values, follow=True, headers=headers)
        assert answer.status_code == expected, answer.content.decode()[:2000]
        return answer.content.decode()


def sections(page: str) -> dict[str, list[str]]:
    """The keys of the rows of each section, by its heading."""
    found = {}
    for section in page.split('<section class="column"')[1:]:
        name = re.search(r'data-name="([^"]*)"', section)
        assert name is not None
        found[name[1]] = re.findall(r'data-issue-key="([^"]*)"', section)
    return found


def totals(page: str) -> list[tuple[int, str]]:
    """What the heads of the sections count, in their order: issues and points."""
    counts = [int(number) for number in re.findall(r'data-total="(\d+)"', page)]
    return list(zip(counts, re.findall(r"data-points-value>([^<]*)<", page), strict=True))


@pytest.fixture
def team(ada: User, acme: Organization, flow: Project) -> Team:
    return Team(ada, acme, flow)


@pytest.fixture
def page(team: Team) -> Page:
    return Page(team.ada, team.acme, team.project)


@pytest.fixture
def epic(team: Team) -> Issue:
    with acting(team.ada, team.acme):
        level = IssueType.objects.get(project=team.project, level=IssueType.Level.EPIC)
    return make_issues(team.acme, team.project, team.ada, "Checkout", type=level)[0]


class TestSections:
    def test_are_the_open_sprints_and_what_is_in_none_of_them(self, team: Team, page: Page, epic: Issue) -> None:
        team.start()
        later = team.do(lambda a: create_sprint(actor=a, project=team.project, name="Sprint 8"))
        over = team.do(lambda a: create_sprint(actor=a, project=team.project, name="Sprint 6"))
        made = make_issues(team.acme, team.project, team.ada, "free", "finished", "put away", "old", points=2)
        free, finished, put_away, old = made
        team.finish(team.issues[0], finished)
        team.do(lambda a: archive_issue(actor=a, issue=put_away))
        with acting(team.ada, team.acme):
            Sprint.objects.filter(pk=over.pk).update(state="completed")
            Issue.objects.filter(pk=old.pk).update(sprint=over)
        make_issues(team.acme, make_project(team.acme, team.ada, "ELSE"), team.ada, "elsewhere")
        shown = page.get()
        # What was done in a sprint is shown in it; done work in none is no plan any more, and an epic is no row.
        assert sections(shown) == {
            "Sprint 7": ["FLOW-2", "FLOW-3", "FLOW-1"],
            "Sprint 8": [],
            "Backlog": [f"FLOW-{free.number}"],
        }
        assert totals(shown) == [(3, "9"), (0, "0"), (1, "2")]
        assert "3 of 9 points" in shown
        assert "Complete Sprint 7" in shown
        assert f"sprints/{later.pk}/#start-title" in shown
        assert "Checkout" in shown

    def test_a_project_without_anything_teaches(self, ada: User, acme: Organization, flow: Project) -> None:
        shown = Page(ada, acme, flow).get()
        assert sections(shown) == {"Backlog": []}
        assert "Nothing waits to be planned. Create an issue below." in shown
        assert "An epic is a larger piece of work" in shown

    def test_are_read_on_by_rank(self, team: Team, page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(backlog, "FIRST_ROWS", 2)
        make_issues(team.acme, team.project, team.ada, *"abcde")
        first = page.get()
        assert sections(first) == {"Sprint 7": ["FLOW-1", "FLOW-2"], "Backlog": ["FLOW-4", "FLOW-5"]}
        assert totals(first) == [(3, "9"), (5, "0")]
        (sprint_more, more) = re.findall(r'data-more="([^"]*)"', first)
        rest = sprint_more.removeprefix(page.base)
        assert re.findall(r'data-issue-key="([^"]*)"', page.part(rest)) == ["FLOW-3"]
        second = page.part(more.removeprefix(page.base))
        assert re.findall(r'data-issue-key="([^"]*)"', second) == ["FLOW-6", "FLOW-7"]
        (last,) = re.findall(r'data-more="([^"]*)"', second)
        # Without a script it is a page of its own.
        assert sections(page.get(last.removeprefix(page.base))) == {"Backlog": ["FLOW-8"]}
        assert "not one of ours" in page.part("sections/0/?after=%00", 422)
        page.part("sections/77/", 404)

    def test_a_person_s_load_is_that_of_the_whole_sprint(self, team: Team, page: Page) -> None:
        team.do(lambda a: edit_issue(actor=a, issue=team.issues[0], values={"assignee": team.ada.pk}))
        shown = page.get("?mine=1")
        assert sections(shown) == {"Sprint 7": ["FLOW-1"], "Backlog": []}
        assert totals(shown)[0] == (1, "3")
        assert "Ada Okafor: 3 points, 1 issue" in shown
        assert "Nobody: 6 points, 2 issues" in shown
        assert "Nobody: 6 points, 2 issues" in page.part("totals/?mine=1")

    def test_an_epic_narrows_them_and_says_how_far_it_is(self, team: Team, page: Page, epic: Issue) -> None:
        for issue in team.issues[:2]:
            team.do(lambda a, issue=issue: edit_issue(actor=a, issue=issue, values={"parent": epic.pk}))
        team.finish(team.issues[0])
        shown = page.get(f"?epic={epic.pk}")
        assert sections(shown)["Sprint 7"] == ["FLOW-2", "FLOW-1"]
        assert "1 of 2 done" in shown
        assert "6 pts" in shown
        assert sections(page.get("?epic=0"))["Sprint 7"] == ["FLOW-3"]
        assert len(sections(page.get("?epic=x"))["Sprint 7"]) == 3
        assert re.findall(r'data-issue-key="([^"]*)"', page.part(f"cards/?epic=0&ids=1,{team.issues[2].pk}")) == [
            "FLOW-3"
        ]

    def test_cost_the_same_for_few_and_many(self, team: Team, page: Page, epic: Issue) -> None:
        def cost(rest: str) -> int:
            with CaptureQueriesContext(connection) as queries:
                page.part(rest)
            return len(queries)

        ids = ",".join(str(issue.pk) for issue in team.issues)
        parts = ("", "?q=o", "totals/", "sections/0/?after=0", f"cards/?ids={ids}")
        mine = {"assignee": team.ada, "parent": epic}
        make_issues(team.acme, team.project, team.ada, "so much", sprint_id=team.sprint.pk, **mine)
        make_issues(team.acme, team.project, team.ada, "so much more", **mine)
        for rest in parts:
            cost(rest)
        few = [cost(rest) for rest in parts]
        for number in range(8, 12):
            sprint = team.do(lambda a, n=number: create_sprint(actor=a, project=team.project, name=f"Sprint {n}"))
            made = [f"so much {number}-{n}" for n in range(4)]
            make_issues(team.acme, team.project, team.ada, *made, sprint_id=sprint.pk, **mine)
        make_issues(team.acme, team.project, team.ada, *["so much more"] * 60, **mine)
        assert [cost(rest) for rest in parts] == few


class TestMoving:
    def test_one_row_goes_into_a_sprint_at_its_place(self, team: Team, page: Page) -> None:
        (free,) = make_issues(team.acme, team.project, team.ada, "free")
        first, second, _third = team.issues
        said = json.loads(page.post("move/", issue=free.pk, column=team.sprint.pk, after=first.pk, before=second.pk))
        assert said["sprint"] == team.sprint.pk
        assert said["v"] == 2
        assert sections(page.get())["Sprint 7"] == ["FLOW-1", "FLOW-4", "FLOW-2", "FLOW-3"]
        said = json.loads(page.post("move/", issue=free.pk, column=0, op="ours"))
        assert (said["sprint"], said["op"]) == (0, "ours")
        assert sections(page.get())["Backlog"] == ["FLOW-4"]

    def test_within_a_section_only_its_place_changes(self, team: Team, page: Page) -> None:
        first, _second, third = team.issues
        page.post("move/", issue=first.pk, column=team.sprint.pk, after=third.pk)
        assert sections(page.get())["Sprint 7"] == ["FLOW-2", "FLOW-3", "FLOW-1"]
        with acting(team.ada, team.acme):
            assert Event.objects.filter(kind="issues.edited").latest("id").data["f"] == ["rank"]

    def test_several_go_together_with_one_fact_and_the_ledger_knows(self, team: Team, page: Page) -> None:
        team.start()
        made = make_issues(team.acme, team.project, team.ada, "x", "y", points=1)
        ids = ",".join(str(issue.pk) for issue in made)
        said = json.loads(page.post("move-many/", issue=ids, column=team.sprint.pk, before=team.issues[0].pk))
        assert said["ids"] == [issue.pk for issue in made]
        assert [card["sprint"] for card in said["cards"]] == [team.sprint.pk] * 2
        assert sections(page.get())["Sprint 7"] == ["FLOW-4", "FLOW-5", "FLOW-1", "FLOW-2", "FLOW-3"]
        with acting(team.ada, team.acme):
            assert Event.objects.filter(kind="issues.edited").count() == 1
            assert ScopeEntry.objects.filter(kind="added").count() == 2

    def test_without_a_script_what_is_ticked_moves(self, team: Team, page: Page) -> None:
        assert "Tick the issues first." in page.post("move-many/", plain=True, column=0)
        ticked = [issue.pk for issue in team.issues[:2]]
        assert "2 issues moved." in page.post("move-many/", plain=True, issue=ticked, column=0)
        assert sections(page.get()) == {"Sprint 7": ["FLOW-3"], "Backlog": ["FLOW-1", "FLOW-2"]}

    def test_a_sprint_that_is_over_refuses_and_says_where_the_row_is(self, team: Team, page: Page) -> None:
        (free,) = make_issues(team.acme, team.project, team.ada, "free")
        team.start()
        team.do(lambda a: complete_sprint(actor=a, sprint=team.sprint))
        before = team.picture()
        refused = json.loads(page.post("move/", 409, issue=free.pk, column=team.sprint.pk))
        assert refused["title"] == "That sprint is over"
        assert refused["card"] == {"id": free.pk, "v": 1, "rank": free.rank, "sprint": 0}
        page.post("move-many/", 409, issue=free.pk, column=team.sprint.pk)
        assert team.picture() == before


class TestCreating:
    def test_at_the_foot_of_a_section(self, team: Team, page: Page, epic: Issue) -> None:
        answer = page.post(f"create/?epic={epic.pk}", column=team.sprint.pk, title="Fresh")
        assert "FLOW-5 created." in answer
        assert f'data-sprint="{team.sprint.pk}"' in answer
        assert sections(page.get(f"?epic={epic.pk}"))["Sprint 7"] == ["FLOW-5"]
        hidden = page.post("create/?mine=1", column=0, title="Fresher")
        assert "The filters hide it." in hidden
        assert "data-issue-key" not in hidden
        many = page.post("create-many/", column=0, titles=["One", "Two"])
        assert "2 issues created." in many
        assert sections(page.get())["Backlog"] == ["FLOW-6", "FLOW-7", "FLOW-8"]

    def test_without_a_script(self, team: Team, page: Page) -> None:
        assert "FLOW-4 is created." in page.post("create/", plain=True, column=team.sprint.pk, title="Fresh")
        page.post("create-many/", plain=True, column=0, titles=["One"])
        assert sections(page.get())["Backlog"] == ["FLOW-5"]
        refused = page.post("create/", 422, plain=True, column=0, title="  ")
        assert "An issue needs a title." in refused
        page.post("create/", 422, column=0, title="  ")

    @pytest.mark.parametrize(
        ("values", "error"),
        [
            ({"rows": []}, Invalid),
            ({"rows": [{"title": "x"}] * 101}, Invalid),
            ({"rows": [{"title": "fine"}, {"title": " "}]}, Invalid),
            ({"sprint_id": 2**40}, NotFound),
            ({"epic_id": 2**40}, NotFound),
            *(
                ({"rows": [{"title": "fine"}, {"title": "x", name: value}]}, Invalid)
                for name, value in (
                    ("type", 2**40),
                    ("type", []),
                    ("assignee", 2**40),
                    ("labels", [2**40]),
                    ("labels", 7),
                    ("priority", 9),
                    ("points", "much"),
                    ("due_date", "soon"),
                    ("due_date", 5),
                    ("description", "\x00"),
                )
            ),
        ],
    )
    def test_is_refused_as_a_whole(self, team: Team, values: dict[str, Any], error: type[DomainError]) -> None:
        wanted = {"project": team.project, "sprint_id": None, "epic_id": None, "rows": [{"title": "x"}]} | values
        team.refused(error, lambda actor: create_in_backlog(actor=actor, **wanted))

    def test_is_for_those_who_edit(self, team: Team) -> None:
        guest = make_member(team.acme, "guest")
        wanted = {"project": team.project, "sprint_id": None, "epic_id": None, "rows": [{"title": "x"}]}
        team.refused(Forbidden, lambda actor: create_in_backlog(actor=actor, **wanted), by=guest)
        give_role(team.acme, team.project, guest, "viewer")
        looked_at = Page(guest, team.acme, team.project).get()
        assert sections(looked_at)["Sprint 7"] == ["FLOW-1", "FLOW-2", "FLOW-3"]
        for offered in ("Add an issue", "data-tick", "data-estimate", "Plan a sprint", "Start Sprint 7", "plan-form"):
            assert offered not in looked_at


class TestCells:
    def rows(self, page: Page, text: str) -> list[tuple[str, dict[str, Any]]]:
        """What the preview would create: titles, and what goes with each."""
        shown = page.post("cells/", text=text)
        titles = [html.unescape(each) for each in re.findall(r'name="titles" value="([^"]*)"', shown)]
        cells = [json.loads(html.unescape(each)) for each in re.findall(r'name="cells" value="([^"]*)"', shown)]
        return list(zip(titles, cells, strict=True))

    def test_headings_say_what_columns_are(self, team: Team, page: Page) -> None:
        with acting(team.ada, team.acme) as actor:
            label = create_label(actor=actor, project=Project.objects.get(pk=team.project.pk), name="API").pk
            bug = IssueType.objects.get(project=team.project, name="Bug").pk
        text = (
            "Summary\tIssue Type\tStory Points\tPriority\tAssignee\tLabels\tLabels\tDue\tNotes\tSprint\n"
            'Pay "by card"\tBug\t2,50\tHighest\tada okafor\tapi\t\t2026-12-01\tLong\tS1\n'
            "\tTask\t1\t\t\t\t\t\t\n"
            f"Refund\tWish\t-1\tlow\t{team.ada.email.upper()}\tapi, nope\t\tsoon\n"
        )
        assert self.rows(page, text) == [
            (
                'Pay "by card"',
                {
                    "type": bug,
                    "points": "2.5",
                    "priority": 4,
                    "assignee": team.ada.pk,
                    "labels": [label],
                    "due_date": "2026-12-01",
                    "description": "Long",
                },
            ),
            ("Refund", {"priority": 1, "assignee": team.ada.pk}),
        ]
        shown = page.post("cells/", text=text)
        assert "“Wish” is left out" in shown
        assert "Not used: Sprint" in shown
        (first, second) = self.rows(page, text)
        page.post(
            "create-many/",
            column=team.sprint.pk,
            titles=[first[0], second[0]],
            cells=[json.dumps(first[1]), json.dumps(second[1])],
        )
        with acting(team.ada, team.acme):
            made = Issue.objects.get(title='Pay "by card"')
            assert (made.type_id, made.points, made.priority, made.assignee_id, made.sprint_id) == (
                bug, Decimal("2.5"), 4, team.ada.pk, team.sprint.pk,
            )  # fmt: skip
            assert list(made.labels.values_list("name", flat=True)) == ["API"]
            assert (str(made.due_date), made.description) == ("2026-12-01", "Long")

    def test_without_headings_the_values_say_it(self, team: Team, page: Page) -> None:
        assert self.rows(page, "3\tPay by card\thigh\n5\tRefund a payment\tlow\n") == [
            ("Pay by card", {"points": "3", "priority": 3}),
            ("Refund a payment", {"points": "5", "priority": 1}),
        ]
        assert self.rows(page, "Title;Points\nPay, by card;3\n") == [("Pay, by card", {"points": "3"})]
        assert self.rows(page, "title,points,title\nPay,3,again\n") == [("Pay", {"points": "3"})]
        assert "Not used: column 2" in page.post("cells/", text="A long sentence\tword\nAnother one\tmore\n")

    @pytest.mark.parametrize("text", ["one\ntwo", "Buy milk, eggs\nBake, a cake", "3\t5\n1\t2", "name\n\t\n"])
    def test_plain_lines_are_no_table(self, team: Team, page: Page, text: str) -> None:
        assert page.post("cells/", 204, text=text) == ""

    def test_what_is_too_much_or_not_ours_is_refused(self, team: Team, page: Page) -> None:
        before = team.picture()
        page.post("cells/", 422, text="x" * 200_001)
        for cells in ("{", "[]", "7"):
            page.post("create-many/", 422, column=0, titles=["x"], cells=[cells])
        assert team.picture() == before
        viewer = make_member(team.acme, "guest")
        give_role(team.acme, team.project, viewer, "viewer")
        Page(viewer, team.acme, team.project).post("cells/", 403, text="a\tb")


class TestCapacity:
    def capacity(self, team: Team, points: dict[int, Any], by: User | None = None) -> None:
        team.do(lambda a: set_capacity(actor=a, sprint=team.sprint, points=points), by=by)

    def test_stands_beside_what_each_person_has(self, team: Team, page: Page) -> None:
        mateo = make_member(team.acme)
        team.do(lambda a: edit_issue(actor=a, issue=team.issues[0], values={"assignee": team.ada.pk}))
        self.capacity(team, {team.ada.pk: "2.5", mateo.pk: 8})
        shown = page.get()
        assert "Ada Okafor: 3 points, 1 issue; takes on 2.5 points" in shown
        assert "More than they take on" in shown
        assert "Mateo Ruiz: 0 points, 0 issues; takes on 8 points" in shown
        self.capacity(team, {mateo.pk: None, team.ada.pk: 5})
        shown = page.part("totals/")
        assert "takes on 5 points" in shown
        assert "Mateo" not in shown
        assert "More than" not in shown
        with acting(team.ada, team.acme):
            fact = Event.objects.get(
                kind="project.sprint_capacity_changed", changes__old={str(mateo.pk): "8", str(team.ada.pk): "2.5"}
            )
            assert fact.changes.get().new == {str(mateo.pk): None, str(team.ada.pk): "5"}
            before = Event.objects.count()
        self.capacity(team, {team.ada.pk: "5.0"})
        with acting(team.ada, team.acme):
            assert Event.objects.count() == before

    def test_begins_with_that_of_the_last_sprint(self, team: Team, page: Page) -> None:
        page.base = page.base.replace("backlog", "sprints")
        name = f"capacity_{team.ada.pk}"
        assert "Capacity in Sprint 7" in page.get(f"{team.sprint.pk}/capacity/")
        assert "Enter a number." in page.post(f"{team.sprint.pk}/capacity/", 422, plain=True, **{name: "many"})
        assert "The backlog shows" in page.post(f"{team.sprint.pk}/capacity/", plain=True, **{name: "13"})
        later = team.do(lambda a: create_sprint(actor=a, project=team.project, name="Sprint 8"))
        assert 'value="13"' in page.get(f"{later.pk}/capacity/")
        team.start()
        team.do(lambda a: complete_sprint(actor=a, sprint=team.sprint))
        assert "This sprint is over." in page.get(f"{team.sprint.pk}/capacity/")

    def test_is_refused_as_a_whole(self, team: Team) -> None:
        stranger = make_user("Nadia")
        self.capacity(team, {team.ada.pk: 1})
        with acting(team.ada, team.acme):
            before = list(Capacity.objects.values())
        for points in ({team.ada.pk: 3, stranger.pk: 3}, {team.ada.pk: -1}, {team.ada.pk: "lots"}):
            with pytest.raises(Invalid):
                self.capacity(team, points)
        with pytest.raises(Forbidden):
            self.capacity(team, {team.ada.pk: 3}, by=make_member(team.acme))
        team.start()
        team.do(lambda a: complete_sprint(actor=a, sprint=team.sprint))
        with pytest.raises(WrongSprintState):
            self.capacity(team, {team.ada.pk: 3})
        with acting(team.ada, team.acme):
            assert list(Capacity.objects.values()) == before


def test_a_sprint_is_planned_from_here(team: Team, page: Page) -> None:
    page.client.post(page.base.replace("backlog", "sprints"), {"name": "Sprint 8", "next": page.base})
    assert list(sections(page.get())) == ["Sprint 7", "Sprint 8", "Backlog"]
