"""Boards over several projects by script: each caller sees those of its projects that they may see."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.issues.models import Issue
from apps.orgs.models import Organization
from apps.projects.models import Project
from tests import factories
from tests.api.conftest import Script, World, make_script
from tests.api.test_boards import titles
from tests.api.test_organization import queries

pytestmark = pytest.mark.django_db
BOARDS = "boards/"


@pytest.fixture
def rover(acme: Organization, ada: User) -> Project:
    """Another project that all of `acme` sees, without sprints."""
    return factories.make_project(acme, ada, "ROVER", template="kanban")


@pytest.fixture
def board(script: Script, flow: Project, rover: Project, secret: Project) -> dict[str, Any]:
    """One over three projects, of which one is private to its maker."""
    answer = script.post(BOARDS, {"name": " Every  thing ", "projects": ["flow", "ROVER", "SECRET"]})
    assert answer.status_code == 201, answer.json()
    made: dict[str, Any] = answer.json()
    return made


@pytest.fixture
def mateo(acme: Organization) -> Script:
    """Of a member who does not know of the private project."""
    return make_script(factories.make_member(acme), acme)


def here(board: dict[str, Any]) -> str:
    """Its address."""
    return f"{BOARDS}{board['id']}/"


def cards_in(board: dict[str, Any], name: str) -> str:
    """The address of the cards of one of its columns."""
    column = next(each for each in board["columns"] if each["name"] == name)
    return f"{here(board)}columns/{column['id']}/cards/"


class TestSettings:
    def test_a_board_is_made_changed_deleted_and_brought_back(self, script: Script, board: dict[str, Any]) -> None:
        assert (board["name"], board["by"], board["projects"]) == ("Every thing", "status", ["FLOW", "ROVER", "SECRET"])
        assert len(board["columns"][0]["statuses"]) == 3
        changed = script.patch(
            here(board),
            {"by": "category", "shows": ["key"], "done_days": 9, "grouping": "project", "projects": ["FLOW"]},
        ).json()
        assert [changed[name] for name in ("by", "shows", "done_days", "grouping", "projects", "name")] == [
            "category", ["key"], 9, "project", ["FLOW"], "Every thing",
        ]  # fmt: skip
        assert [each["category"] for each in changed["columns"]] == ["todo", "in_progress", "done"]
        assert script.get(here(board)).json() == changed
        (listed,) = script.get(BOARDS).json()["results"]
        assert listed == {name: changed[name] for name in listed}
        assert script.delete(here(board)).status_code == 204
        assert script.get(here(board)).status_code == 404
        assert [each["id"] for each in script.get("deleted-boards/").json()["results"]] == [board["id"]]
        assert script.post(f"deleted-boards/{board['id']}/restore/").json() == changed
        assert script.get("deleted-boards/").json()["results"] == []

    def test_each_sees_what_they_may_see(
        self, script: Script, mateo: Script, acme: Organization, ada: User, board: dict[str, Any]
    ) -> None:
        found = mateo.get(here(board)).json()
        assert (found["projects"], found["can_change"]) == (["FLOW", "ROVER"], False)
        assert len(found["columns"][0]["statuses"]) == 2
        world = World(acme)
        for answer in (
            mateo.patch(here(board), {"name": "Mine"}),
            mateo.delete(here(board)),
            mateo.post(here(board) + "quick-filters/", {"name": "Mine", "is_mine": True}),
        ):
            assert answer.status_code == 403
        assert mateo.post(BOARDS, {"name": "Spying", "projects": ["FLOW", "SECRET"]}).status_code == 422
        assert world.is_unchanged()
        alone = script.post(BOARDS, {"name": "Alone", "projects": ["SECRET"]}).json()
        assert mateo.get(here(alone)).status_code == 404
        assert [each["name"] for each in mateo.get(BOARDS).json()["results"]] == ["Every thing"]
        script.delete(here(board))
        assert mateo.get("deleted-boards/").json()["results"] == []
        reader = make_script(ada, acme, "boards:read")
        assert len(reader.get("deleted-boards/").json()["results"]) == 1
        assert reader.post(f"deleted-boards/{board['id']}/restore/").status_code == 403

    def test_projects_that_one_does_not_see_stay_on_it(self, script: Script, acme: Organization, board: Any) -> None:
        noor = make_script(factories.make_member(acme, "admin", "Noor"), acme)
        assert noor.patch(here(board), {"projects": ["ROVER"]}).json()["projects"] == ["ROVER"]
        assert script.get(here(board)).json()["projects"] == ["ROVER", "SECRET"]

    def test_quick_filters_ask_by_name(
        self, script: Script, mateo: Script, acme: Organization, board: dict[str, Any]
    ) -> None:
        script.post("projects/SECRET/labels/", {"name": "hush"})
        filters = here(board) + "quick-filters/"
        made = script.post(filters, {"name": "Hush", "label": "hush", "type": "Bug", "least_priority": "low"}).json()
        (quick,) = made["quick_filters"]
        assert (quick["label"], quick["type"], quick["least_priority"]) == ("hush", "Bug", "low")
        assert mateo.get(here(board)).json()["quick_filters"] == []
        answer = mateo.get(f"{cards_in(board, 'To do')}?quick={quick['id']}")
        assert (answer.status_code, answer.json()["field"]) == (404, "quick")
        world = World(acme)
        assert script.post(filters, {"name": "Nothing", "label": "no such"}).status_code == 404
        assert script.post(filters, {"name": "Nothing"}).status_code == 422
        assert script.delete(f"{filters}{quick['id'] + 1}/").status_code == 404
        assert mateo.delete(f"{filters}{quick['id']}/").status_code == 404
        assert world.is_unchanged()
        assert script.delete(f"{filters}{quick['id']}/").status_code == 204

    @pytest.mark.parametrize(
        ("body", "code"),
        [
            ({"name": " "}, 400),
            ({"name": "x" * 81}, 422),
            ({"by": "weather"}, 400),
            ({"projects": []}, 400),
            ({"projects": ["NOPE"]}, 422),
            ({"projects": ["a-b"]}, 400),
            ({"grouping": "parent"}, 400),
            ({"shows": ["weather"]}, 400),
        ],
    )
    def test_a_refusal_changes_nothing(
        self, script: Script, acme: Organization, board: dict[str, Any], body: Any, code: int
    ) -> None:
        world = World(acme)
        assert script.patch(here(board), body).status_code == code
        assert world.is_unchanged()


class TestCards:
    @pytest.fixture
    def filled(
        self, acme: Organization, ada: User, flow: Project, rover: Project, secret: Project, board: dict[str, Any]
    ) -> dict[str, list[Any]]:
        """Issues of each project, by its key."""
        return {
            project.key: factories.make_issues(acme, project, ada, *(f"{project.key} {number}" for number in (1, 2, 3)))
            for project in (flow, rover, secret)
        }

    def test_are_read_in_pages_both_ways(
        self, script: Script, mateo: Script, board: dict[str, Any], filled: dict[str, list[Any]]
    ) -> None:
        cards = cards_in(board, "To do")
        whole = titles(script.get(cards))
        assert sorted(whole) == sorted(f"{key} {number}" for key in filled for number in (1, 2, 3))
        seen: list[str] = []
        page = script.get(cards + "?limit=2").json()
        while True:
            seen += [each["title"] for each in page["results"]]
            if page["next"] is None:
                break
            page = script.get(page["next"]).json()
        assert seen == whole
        back: list[str] = []
        while page["previous"] is not None:
            page = script.get(page["previous"]).json()
            back = [each["title"] for each in page["results"]] + back
        assert back == whole[: len(back)]
        assert len(back) == 8
        assert [title for title in whole if "SECRET" not in title] == titles(mateo.get(cards_in(board, "To do")))

    def test_are_narrowed_and_counted(
        self, script: Script, ada: User, board: dict[str, Any], filled: dict[str, list[Any]]
    ) -> None:
        for key in ("FLOW", "ROVER"):
            label = script.post(f"projects/{key}/labels/", {"name": "Wheels"}).json()
            assert script.patch(f"issues/{key}-2/", {"labels": [label["id"]], "assignee": ada.pk}).status_code == 200
        quick = script.post(here(board) + "quick-filters/", {"name": "Mine", "is_mine": True}).json()["quick_filters"]
        cards = cards_in(board, "To do")
        for query, found in (
            ("?label=wheels", ["FLOW 2", "ROVER 2"]),
            ("?assignee=me&project=rover", ["ROVER 2"]),
            (f"?assignee={ada.pk}", ["FLOW 2", "ROVER 2"]),
            (f"?quick={quick[0]['id']}", ["FLOW 2", "ROVER 2"]),
            (f"?lane=assignee-{ada.pk}", ["FLOW 2", "ROVER 2"]),
            ("?q=3&project=FLOW", ["FLOW 3"]),
            ("?older=true", []),
        ):
            assert sorted(titles(script.get(cards + query))) == found, query
        assert script.get(cards + "?project=NOPE").status_code == 404
        card = script.get(cards + "?lanes=project&project=ROVER&expand=blocked_by,pace").json()["results"][0]
        assert (card["key"], card["lane"], card["blocked_by"]) == (
            "ROVER-1", f"project-{filled['ROVER'][0].project_id}", [],
        )  # fmt: skip
        limit = script.get("projects/ROVER/boards/").json()["results"][0]["id"]
        script.post(f"projects/ROVER/boards/{limit}/lane-limits/", {"by": "assignee", "wip_limit": 1})
        column = script.get(f"projects/ROVER/boards/{limit}/").json()["columns"][0]
        script.patch(f"projects/ROVER/boards/{limit}/columns/{column['id']}/", {"wip_limit": 9})
        script.post(cards_in(board, "In progress") + "move/", {"issues": [filled["ROVER"][1].pk]})
        totals = script.get(here(board) + "totals/").json()
        assert totals["columns"][0]["issues"] == 8
        (said,) = totals["columns"][0]["limits"]
        assert (said["project"], said["wip_limit"], said["inside"]) == ("ROVER", 9, 2.0)
        (reached,) = totals["reached"]
        assert (reached["project"], reached["key"], reached["inside"]) == ("ROVER", f"assignee-{ada.pk}", 1.0)
        lanes = script.get(here(board) + "totals/?lanes=assignee").json()["lanes"]
        mine = next(each for each in lanes if each["key"] == f"assignee-{ada.pk}")
        assert (mine["issues"], [each["project"] for each in mine["limits"]]) == (2, ["ROVER"])

    def test_leave_the_board_after_some_days(
        self, script: Script, acme: Organization, ada: User, board: dict[str, Any], filled: dict[str, list[Any]]
    ) -> None:
        done = cards_in(board, "Done")
        script.post(done + "move/", {"issues": [filled["FLOW"][0].pk, filled["ROVER"][0].pk]})
        script.patch(here(board), {"done_days": 2})
        with factories.acting(ada, acme):
            long_ago = timezone.now() - timedelta(days=5)
            Issue.objects.filter(pk=filled["FLOW"][0].pk).update(resolved_at=long_ago)
        assert titles(script.get(done)) == ["ROVER 1"]
        assert titles(script.get(done + "?older=true")) == ["FLOW 1"]
        (figures,) = (each for each in script.get(here(board) + "totals/").json()["columns"] if each["older"])
        assert (figures["issues"], figures["older"]) == (1, 1)

    def test_are_made_dropped_changed_and_taken_back(
        self, script: Script, board: dict[str, Any], filled: dict[str, list[Any]]
    ) -> None:
        both = [filled["FLOW"][0].pk, filled["ROVER"][0].pk]
        doing = cards_in(board, "In progress")
        made = script.post(doing, {"project": "rover", "titles": ["Oil", "Bolt"]})
        assert [each["key"] for each in made.json()["results"]] == ["ROVER-4", "ROVER-5"]
        moved = script.post(doing + "move/", {"issues": both, "before": made.json()["results"][0]["id"]}).json()
        assert {each["key"] for each in moved["results"]} == {"FLOW-1", "ROVER-1"}
        assert titles(script.get(doing))[2:] == ["Oil", "Bolt"]
        edit = script.post(here(board) + "cards/bulk/", {"issues": both, "values": {"priority": "urgent"}}).json()
        assert len(edit["results"]) == 2
        assert {each["priority"] for each in script.get(doing).json()["results"][:2]} == {"urgent"}
        done = next(each["id"] for each in board["columns"] if each["name"] == "Done")
        answer = script.post(here(board) + "cards/bulk/", {"issues": both, "values": {}, "column": done})
        assert answer.status_code == 200
        assert len(titles(script.get(cards_in(board, "Done")))) == 2
        undo = here(board) + "cards/undo/"
        back = script.post(undo, {"op": edit["op"], "issues": both}).json()
        assert ({each["key"] for each in back["results"]}, back["left"]) == ({"FLOW-1", "ROVER-1"}, [])
        assert script.post(undo, {"op": "none", "issues": both}).status_code == 404

    def test_a_refusal_changes_nothing(
        self,
        script: Script,
        mateo: Script,
        acme: Organization,
        board: dict[str, Any],
        filled: dict[str, list[Any]],
    ) -> None:
        both = [filled["FLOW"][0].pk, filled["ROVER"][0].pk]
        label = script.post("projects/FLOW/labels/", {"name": "wheels"}).json()
        doing = cards_in(board, "In progress")
        world = World(acme)
        for path, body, code in (
            (here(board) + "cards/bulk/", {"issues": both, "values": {"labels_add": [label["id"]]}}, 422),
            (here(board) + "cards/bulk/", {"issues": both, "values": {"status": 1}}, 400),
            (here(board) + "cards/bulk/", {"issues": both, "values": {}}, 422),
            (doing, {"project": "NOPE", "titles": ["Lost"]}, 422),
            (doing, {"project": "FLOW", "titles": []}, 400),
            (doing + "move/", {"issues": both, "lane": "weather-1"}, 422),
            (doing + "move/", {"issues": []}, 400),
            (f"{here(board)}columns/{2**40}/cards/move/", {"issues": both}, 404),
        ):
            answer = script.post(path, body)
            assert answer.status_code == code, (path, body, answer.json())
        theirs = [filled["SECRET"][0].pk]
        assert mateo.post(doing + "move/", {"issues": theirs}).status_code == 404
        assert mateo.post(doing, {"project": "SECRET", "titles": ["Spy"]}).status_code == 422
        assert mateo.get(cards_in(board, "To do") + "?project=SECRET").status_code == 404
        assert world.is_unchanged()

    def test_cost_the_same_whatever_there_is_and_are_read_each_time(
        self,
        script: Script,
        acme: Organization,
        ada: User,
        flow: Project,
        rover: Project,
        board: dict[str, Any],
        filled: dict[str, list[Any]],
    ) -> None:
        paths = (
            BOARDS,
            here(board),
            here(board) + "totals/?lanes=assignee",
            cards_in(board, "To do"),
            cards_in(board, "To do") + "?expand=blocked_by,days_in_column,pace&lanes=epic",
        )

        def grow(count: int) -> None:
            for number in range(count):
                script.post(BOARDS, {"name": f"Board {number}", "projects": ["FLOW", "ROVER"]})
                for project in (flow, rover):
                    factories.make_issues(acme, project, ada, f"Card {number}", assignee=ada)

        grow(2)
        for path in paths:
            queries(script, path)
        few = {path: queries(script, path) for path in paths}
        grow(4)
        assert {path: queries(script, path) for path in paths} == few
        assert not any("ETag" in script.get(path) for path in paths)
