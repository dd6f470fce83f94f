"""The workflow editor, as the browser without script sees it."""

import re
from collections.abc import Iterable
from itertools import pairwise

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.core.tenancy import run_as_system
from apps.issues.models import Issue
from apps.issues.picture import draw
from apps.orgs.models import Organization
from apps.projects.models import IssueType, Project, Status, Transition
from tests.factories import make_issues


@pytest.fixture
def client(ada: User) -> Client:
    signed_in = Client()
    signed_in.force_login(ada)
    return signed_in


class Editor:
    """The pages of one project's workflow."""

    def __init__(self, client: Client, org: Organization, project: Project) -> None:
        self.client, self.org, self.project = client, org, project
        self.base = f"/{org.slug}/{project.key}/settings/workflow/"

    def get(self, rest: str = "") -> str:
        answer = self.client.get(self.base + rest)
        assert answer.status_code == 200
        return answer.content.decode()

    def post(self, rest: str, expected: int = 302, **values: object) -> str:
        answer = self.client.post(self.base + rest, values)
        assert answer.status_code == expected, answer.content.decode()[:2000]
        return answer.content.decode()

    def status(self, name: str) -> Status:
        with run_as_system(org_id=self.org.pk):
            return Status.objects.get(project=self.project, name=name)

    def edge(self, target: str, source: str | None = None) -> Transition:
        with run_as_system(org_id=self.org.pk):
            own = {"source__name": source} if source else {"source": None}
            return Transition.objects.get(project=self.project, target__name=target, **own)


@pytest.fixture
def editor(client: Client, acme: Organization, flow: Project) -> Editor:
    return Editor(client, acme, flow)


class TestOverview:
    def test_shows_statuses_edges_and_types_with_what_hangs_on_them(
        self, editor: Editor, ada: User, acme: Organization, flow: Project
    ) -> None:
        make_issues(acme, flow, ada, "a", "b")
        page = editor.get()
        assert "Any status can follow any other" in page
        assert "2 issues" in page
        assert '<svg class="workflow"' in page

    def test_says_which_status_nothing_leads_to(self, editor: Editor) -> None:
        editor.post(f"transitions/{editor.edge('Done').pk}/remove/")
        assert "No way leads to: Done." in editor.get()

    def test_costs_the_same_whatever_the_number_of_statuses(self, editor: Editor) -> None:
        def cost() -> int:
            with CaptureQueriesContext(connection) as queries:
                editor.get()
            return len(queries)

        editor.get()
        before = cost()
        for number in range(6):
            editor.post("statuses/new/", name=f"Step {number}", category="in_progress")
            editor.post("transitions/new/", source=editor.status("To do").pk, target=editor.status(f"Step {number}").pk)
        editor.get()
        assert cost() == before


class TestStatuses:
    def test_are_added_changed_ordered_and_taken_out(
        self, editor: Editor, ada: User, acme: Organization, flow: Project
    ) -> None:
        editor.post("statuses/new/", name="Tested", category="in_progress", hue="30")
        tested = editor.status("Tested")
        editor.post(f"statuses/{tested.pk}/", name="Verified", category="in_progress", hue="")
        assert editor.status("Verified").hue is None
        editor.post(f"statuses/{tested.pk}/shift/", by="-1")
        assert editor.status("Verified").position == tested.position - 1
        editor.post(f"statuses/{tested.pk}/initial/")
        assert editor.status("Verified").is_initial
        make_issues(acme, flow, ada, "a")
        editor.post(f"statuses/{editor.status('To do').pk}/initial/")
        editor.post(f"statuses/{tested.pk}/retire/", to=editor.status("Done").pk)
        with run_as_system(org_id=acme.pk):
            assert Issue.objects.select_related("status").get(title="a").status.name == "Done"
        assert "1 issue was moved" in editor.get()

    def test_refusals_are_said_where_they_belong(self, editor: Editor) -> None:
        todo, done = editor.status("To do"), editor.status("Done")
        assert "There is already one called" in editor.post("statuses/new/", 422, name="Done", category="todo")
        said = editor.post(f"statuses/{todo.pk}/", 422, name="To do", category="done")
        assert "New issues begin in" in said
        assert "only status that means done" in editor.post(f"statuses/{done.pk}/retire/", 422, to=todo.pk)
        assert "This field is required" in editor.post(f"statuses/{done.pk}/retire/", 422)
        # The first one goes no further up.
        editor.post(f"statuses/{todo.pk}/shift/", by="-1")
        assert editor.status("To do").position == todo.position


class TestTransitions:
    def test_take_rules_and_lose_them(self, editor: Editor) -> None:
        todo, done = editor.status("To do"), editor.status("Done")
        editor.post(
            "transitions/new/",
            source=todo.pk,
            target=done.pk,
            name="Ship it",
            allowed_parties=["assignee", "admin"],
            required_fields=["points"],
            needs_finished_subtasks="on",
            needs_no_open_blocker="on",
            assigns="mover",
            sets_priority="3",
            comment="Out.",
        )
        page = editor.get()
        for text in ("Ship it", "Project admins, The assignee", "Needs: Points", "Writes a comment"):
            assert text in page
        edge = editor.edge("Done", "To do")
        form = editor.get(f"transitions/{edge.pk}/")
        assert 'value="Ship it"' in form
        editor.post(f"transitions/{edge.pk}/", name="Ship")
        assert editor.edge("Done", "To do").allowed_parties == []
        editor.post(f"transitions/{edge.pk}/remove/")

    def test_refuse_to_lead_back_to_themselves(self, editor: Editor) -> None:
        todo = editor.status("To do").pk
        assert "leads to another status" in editor.post("transitions/new/", 422, source=todo, target=todo)


class TestTypes:
    def test_are_added_changed_and_taken_out(self, editor: Editor, acme: Organization, flow: Project) -> None:
        editor.post("types/new/", name="Idea", icon="star", hue="60", level="1")
        with run_as_system(org_id=acme.pk):
            idea = IssueType.objects.get(name="Idea")
            bug = IssueType.objects.get(project=flow, name="Bug")
            epic = IssueType.objects.get(project=flow, name="Epic")
        editor.post(f"types/{idea.pk}/", name="Thought", icon="flag", hue="90")
        editor.post(f"types/{idea.pk}/", 422, name="Bug", icon="flag", hue="90")
        editor.post(f"types/{idea.pk}/retire/", 422)
        editor.post(f"types/{idea.pk}/retire/", to=bug.pk)
        assert "Thought" not in editor.get().split("<main")[1].split("is taken out")[1]
        assert "only type of its level" in editor.get(f"types/{epic.pk}/")


class TestWays:
    def test_say_why_not(self, editor: Editor, client: Client, ada: User, acme: Organization, flow: Project) -> None:
        make_issues(acme, flow, ada, "a")
        editor.post(f"transitions/{editor.edge('Done').pk}/", name="Ship it", allowed_parties=["assignee"])
        page = client.get(f"/{acme.slug}/issue/FLOW-1/ways/").content.decode()
        assert "“Ship it” may be taken only by: The assignee." in page
        panel = client.get(f"/{acme.slug}/issue/FLOW-1/").content.decode()
        assert "Why not the others?" in panel
        done = editor.status("Done").pk
        refused = client.post(f"/{acme.slug}/issue/FLOW-1/edit/", {"field": "status", "value": done})
        assert refused.status_code == 422
        assert "may be taken only by" in refused.content.decode()


def test_the_picture_leads_arrows_from_side_to_side() -> None:
    names = ("todo", "in_progress", "in_progress", "done")
    statuses = [Status(pk=pk, name=str(pk), category=category) for pk, category in enumerate(names, start=1)]
    edges = [(1, 2), (2, 1), (2, 3), (3, 2), (2, 4), (None, 4)]
    transitions = [Transition(pk=pk, source_id=edge[0], target_id=edge[1]) for pk, edge in enumerate(edges)]
    drawn = draw(statuses=statuses, transitions=transitions)
    assert len(drawn.arrows) == 5
    assert len({arrow.path for arrow in drawn.arrows}) == 5
    assert [node.from_anywhere is not None for node in drawn.nodes] == [False, False, False, True]
    for node in drawn.nodes:
        assert 0 <= node.x <= drawn.width - 136
        assert 0 <= node.y <= drawn.height - 40
    assert draw(statuses=[], transitions=[]).nodes == []


CATEGORIES = ["backlog", *["todo"] * 2, *["in_progress"] * 4, *["done"] * 2, "cancelled"]


def ten_statuses() -> list[Status]:
    return [Status(pk=pk, name=f"S{pk}", category=category) for pk, category in enumerate(CATEGORIES, start=1)]


def edges_of(pairs: Iterable[tuple[int, int]]) -> list[Transition]:
    return [Transition(pk=pk, name=f"T{pk}", source_id=a, target_id=b) for pk, (a, b) in enumerate(pairs, start=1)]


def lines_of(path: str) -> list[tuple[int, int, int, int]]:
    """The straight pieces of an arrow that goes around others."""
    if "C" in path or "V" in path:
        return []  # across one gap, or between two neighbours
    points = [(int(x), int(y)) for x, y in re.findall(r"(-?\d+) (-?\d+)", path)]
    return [(*one, *other) for one, other in pairwise(points) if one[0] == other[0] or one[1] == other[1]]


def test_no_arrow_of_the_picture_runs_through_a_status_or_along_another_arrow() -> None:
    pairs = [(1, 2), (2, 3), (4, 7), (7, 4), (6, 4), (1, 10), (3, 10), (5, 10), (10, 1), (2, 8), (9, 1), (8, 3), (6, 7)]
    drawn = draw(statuses=ten_statuses(), transitions=edges_of(pairs))
    assert len(drawn.arrows) == len(pairs)
    taken: set[tuple[int, int, int, int]] = set()
    upright: list[tuple[int, int, int]] = []
    for arrow in drawn.arrows:
        for x, y, x2, y2 in lines_of(arrow.path):
            left, right, top, bottom = min(x, x2), max(x, x2), min(y, y2), max(y, y2)
            assert 0 <= left <= right <= drawn.width
            assert 0 <= top <= bottom <= drawn.height
            for node in drawn.nodes:
                is_apart = right <= node.x or left >= node.x + 136 or bottom <= node.y or top >= node.y + 40
                assert is_apart, (arrow.path, node.status.name)
            assert (x, y, x2, y2) not in taken
            taken.add((x, y, x2, y2))
            if x == x2 and bottom > top:
                assert not any(x == other and top < low and high < bottom for other, high, low in upright)
                upright.append((x, top, bottom))
    assert len(taken) > len(pairs)


def test_a_thicket_of_arrows_is_a_table_instead() -> None:
    pairs = [(one, other) for one in range(1, 11) for other in range(1, 11) if one != other]
    drawn = draw(statuses=ten_statuses(), transitions=edges_of(pairs))
    assert (drawn.arrows, [row.source and row.source.pk for row in drawn.rows]) == ([], list(range(1, 11)))
    for row in drawn.rows:
        assert row.source is not None
        reached = [way.target_id for way in row.ways if way is not None]
        assert reached == [pk for pk in range(1, 11) if pk != row.source.pk]
    anywhere = Transition(pk=500, name="Drop", source_id=None, target_id=10)
    [first, *_rest] = draw(statuses=ten_statuses(), transitions=[*edges_of(pairs), anywhere]).rows
    assert (first.source, first.ways[-1]) == (None, anywhere)
