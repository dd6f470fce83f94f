"""A project's boards by script: what their settings pages can do, and what is dragged on them."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.orgs.models import Organization
from apps.projects.models import Project
from tests import factories
from tests.api.conftest import Script, World, make_script
from tests.api.test_organization import queries

pytestmark = pytest.mark.django_db
BOARDS = "projects/FLOW/boards/"


@pytest.fixture
def board(script: Script, flow: Project) -> dict[str, Any]:
    """The default one, whole."""
    (found,) = script.get(BOARDS).json()["results"]
    whole: dict[str, Any] = script.get(f"{BOARDS}{found['id']}/").json()
    return whole


def here(board: dict[str, Any]) -> str:
    """Its address."""
    return f"{BOARDS}{board['id']}/"


def column(board: dict[str, Any], name: str) -> dict[str, Any]:
    """One of its columns."""
    found: dict[str, Any] = next(each for each in board["columns"] if each["name"] == name)
    return found


def cards_in(board: dict[str, Any], name: str) -> str:
    """The address of the cards of one of its columns."""
    return f"{here(board)}columns/{column(board, name)['id']}/cards/"


def titles(answer: Any) -> list[str]:
    """Those of the cards of an answer."""
    assert answer.status_code == 200, answer.json()
    return [each["title"] for each in answer.json()["results"]]


class TestSettings:
    def test_a_board_is_made_changed_deleted_and_brought_back(self, script: Script, board: dict[str, Any]) -> None:
        assert (board["is_default"], board["done_days"], board["grouping"]) == (True, None, "none")
        assert {"key", "blocked", "fields"} <= set(board["shows"])
        made = script.post(BOARDS, {"name": " Testing  lab "}).json()
        assert (made["name"], made["is_default"]) == ("Testing lab", False)
        assert [each["name"] for each in made["columns"]] == [each["name"] for each in board["columns"]]
        changed = script.patch(
            here(made), {"shows": ["assignee", "key"], "done_days": 14, "marks_slow": True, "grouping": "assignee"}
        ).json()
        assert changed["shows"] == ["key", "assignee"]
        assert (changed["name"], changed["done_days"], changed["marks_slow"]) == ("Testing lab", 14, True)
        assert changed["grouping"] == "assignee"
        assert script.patch(here(made), {"done_days": None}).json() == changed | {"done_days": None}
        assert [each["id"] for each in script.get(BOARDS).json()["results"]] == [board["id"], made["id"]]
        assert script.post(here(board) + "delete/").status_code == 409
        assert script.post(here(made) + "delete/").status_code == 204
        assert script.get(here(made)).status_code == 404
        (gone,) = script.get("projects/FLOW/deleted-boards/").json()["results"]
        assert (gone["id"], gone["name"]) == (made["id"], "Testing lab")
        back = script.post(f"projects/FLOW/deleted-boards/{made['id']}/restore/").json()
        assert (back["shows"], back["done_days"]) == (["key", "assignee"], None)
        assert script.post(f"projects/FLOW/deleted-boards/{made['id']}/restore/").status_code == 404

    def test_columns_are_added_limited_moved_mapped_and_removed(self, script: Script, board: dict[str, Any]) -> None:
        statuses = {each["name"]: each["id"] for each in script.get("projects/FLOW/statuses/").json()["results"]}
        review = statuses["In review"]
        wanted: dict[str, Any] = {
            "name": "Check",
            "statuses": [review],
            "position": 1,
            "wip_limit": 3,
            "wip_policy": "block",
        }
        assert script.post(here(board) + "columns/", wanted).status_code == 409  # “In review” would show nothing
        wanted["statuses"] = [statuses["Cancelled"]]
        added = script.post(here(board) + "columns/", wanted)
        assert added.status_code == 201
        check = added.json()["columns"][1]
        assert (check["name"], check["statuses"]) == ("Check", wanted["statuses"])
        assert [check[name] for name in ("wip_limit", "wip_unit", "wip_policy")] == [3, "issues", "block"]
        one = f"{here(board)}columns/{check['id']}/"
        edited = script.patch(one, {"wip_unit": "points", "shift": 1}).json()
        assert edited["columns"][2] == check | {"wip_unit": "points"}
        assert script.patch(one, {"name": "Look", "wip_limit": None}).json()["columns"][2]["wip_limit"] is None
        places = [
            {"status": wanted["statuses"][0], "column": None},
            {"status": statuses["Done"], "column": check["id"]},
        ]
        done = column(board, "Done")
        refused = script.post(here(board) + "statuses/", {"places": places})
        assert (refused.status_code, "Done" in refused.json()["detail"]) == (409, True)
        places[0]["column"] = done["id"]
        mapped = script.post(here(board) + "statuses/", {"places": places}).json()
        assert column(mapped, "Look")["statuses"] == [statuses["Done"]]
        assert script.delete(one).status_code == 204
        after = script.get(here(board)).json()
        assert "Look" not in [each["name"] for each in after["columns"]]
        assert column(after, "Done")["statuses"] == wanted["statuses"]

    def test_people_and_lanes_are_limited(self, script: Script, board: dict[str, Any]) -> None:
        limits = here(board) + "lane-limits/"
        script.post(limits, {"by": "assignee", "wip_limit": 3})
        script.post(limits, {"by": "priority", "priority": "urgent", "wip_limit": 1, "wip_policy": "block"})
        found = script.post(limits, {"by": "assignee", "wip_limit": 5, "wip_unit": "points"}).json()["lane_limits"]
        said = [
            (each["by"], each["priority"], each["wip_limit"], each["wip_unit"], each["wip_policy"]) for each in found
        ]
        assert said == [("assignee", None, 5, "points", "warn"), ("priority", "urgent", 1, "issues", "block")]
        assert script.delete(f"{limits}{found[0]['id']}/").status_code == 204
        assert script.get(here(board)).json()["lane_limits"] == found[1:]

    def test_quick_filters_are_added_and_removed(self, script: Script, board: dict[str, Any]) -> None:
        label = script.post("projects/FLOW/labels/", {"name": "wheels"}).json()
        filters = here(board) + "quick-filters/"
        (quick,) = script.post(
            filters, {"name": "Wheels", "label": label["id"], "least_priority": "high", "is_unassigned": True}
        ).json()["quick_filters"]
        expected = {"name": "Wheels", "label": label["id"], "type": None, "least_priority": "high"}
        assert quick | expected == quick
        assert (quick["is_mine"], quick["is_unassigned"]) == (False, True)
        assert script.delete(f"{filters}{quick['id']}/").status_code == 204
        assert script.get(here(board)).json()["quick_filters"] == []

    @pytest.mark.parametrize(
        ("method", "path", "body", "code"),
        [
            ("PATCH", "", {"name": " "}, 400),
            ("PATCH", "", {"name": "x" * 81}, 422),
            ("PATCH", "", {"shows": ["weather"]}, 400),
            ("PATCH", "", {"done_days": 0}, 400),
            ("PATCH", "", {"grouping": "weather"}, 400),
            ("POST", "columns/", {"name": "Empty", "statuses": []}, 400),
            ("POST", "columns/", {"name": "Foreign", "statuses": [2**40]}, 404),
            ("POST", "columns/", {"name": "Tight", "statuses": [1], "wip_limit": 0}, 400),
            ("POST", "statuses/", {"places": []}, 400),
            ("POST", "statuses/", {"places": [{"status": 2**40, "column": None}]}, 404),
            ("POST", "lane-limits/", {"by": "none", "wip_limit": 3}, 400),
            ("POST", "lane-limits/", {"by": "priority", "wip_limit": 3}, 422),
            ("POST", "lane-limits/", {"by": "epic", "priority": "high", "wip_limit": 3}, 422),
            ("POST", "quick-filters/", {"name": "Nothing"}, 422),
            ("POST", "quick-filters/", {"name": "Neither", "is_mine": True, "is_unassigned": True}, 422),
            ("POST", "quick-filters/", {"name": "Foreign", "label": 2**40}, 404),
            ("DELETE", "columns/1/", None, 404),
            ("DELETE", "lane-limits/1/", None, 404),
            ("DELETE", "quick-filters/1/", None, 404),
        ],
    )
    def test_a_refusal_changes_nothing(
        self, script: Script, acme: Organization, board: dict[str, Any], method: str, path: str, body: Any, code: int
    ) -> None:
        world = World(acme)
        assert script.call(method, here(board) + path, body).status_code == code
        assert world.is_unchanged()

    def test_parts_of_another_board_are_not_there(
        self, script: Script, acme: Organization, board: dict[str, Any]
    ) -> None:
        other = script.post(BOARDS, {"name": "Testing"}).json()
        limit = script.post(here(other) + "lane-limits/", {"by": "epic", "wip_limit": 3}).json()["lane_limits"][0]
        quick = script.post(here(other) + "quick-filters/", {"name": "Mine", "is_mine": True}).json()
        foreign = other["columns"][0]["id"]
        world = World(acme)
        assert script.patch(f"{here(board)}columns/{foreign}/", {"name": "Else"}).status_code == 404
        assert script.delete(f"{here(board)}columns/{foreign}/").status_code == 404
        assert script.get(f"{here(board)}columns/{foreign}/cards/").status_code == 404
        assert script.post(f"{here(board)}columns/{foreign}/cards/", {"titles": ["Lost"]}).status_code == 404
        assert script.delete(f"{here(board)}lane-limits/{limit['id']}/").status_code == 404
        assert script.delete(f"{here(board)}quick-filters/{quick['quick_filters'][0]['id']}/").status_code == 404
        place = {"status": other["columns"][0]["statuses"][0], "column": foreign}
        assert script.post(here(board) + "statuses/", {"places": [place]}).status_code == 404
        assert world.is_unchanged()

    def test_only_admins_change_them(self, acme: Organization, board: dict[str, Any]) -> None:
        mateo = make_script(factories.make_member(acme), acme)
        world = World(acme)
        assert mateo.patch(here(board), {"name": "Mine"}).status_code == 403
        assert mateo.post(BOARDS, {"name": "Mine"}).status_code == 403
        assert mateo.delete(f"{here(board)}columns/{board['columns'][0]['id']}/").status_code == 403
        assert world.is_unchanged()
        assert mateo.get(here(board)).json() == board


class TestCards:
    def test_are_read_in_pages_in_their_order(
        self, script: Script, acme: Organization, ada: User, flow: Project, board: dict[str, Any]
    ) -> None:
        made = [f"Card {number}" for number in range(7)]
        factories.make_issues(acme, flow, ada, *made)
        here_they_are = cards_in(board, "To do")
        seen: list[str] = []
        page = script.get(here_they_are + "?limit=3").json()
        assert page["previous"] is None
        while True:
            seen += [each["title"] for each in page["results"]]
            if page["next"] is None:
                break
            page = script.get(page["next"]).json()
        assert seen == made
        assert titles(script.get(page["previous"])) == made[3:6]
        assert titles(script.get(script.get(page["previous"]).json()["previous"])) == made[:3]
        assert titles(script.get(cards_in(board, "Done"))) == []

    def test_say_what_cards_show(
        self, script: Script, acme: Organization, ada: User, flow: Project, board: dict[str, Any]
    ) -> None:
        dock, weld, epic = factories.make_issues(acme, flow, ada, "Dock", "Weld", "Rover")
        types = {each["name"]: each["id"] for each in script.get("projects/FLOW/types/").json()["results"]}
        script.patch("issues/FLOW-3/", {"type": types["Epic"]})
        field = script.post("projects/FLOW/fields/", {"name": "Site", "kind": "text", "on_cards": True}).json()
        values = {"assignee": ada.pk, "points": 3, "parent": epic.pk, "custom_fields": {field["key"]: "Mars"}}
        assert (
            script.patch("issues/FLOW-1/", values | {"priority": "high", "due_date": "2026-12-24"}).status_code == 200
        )
        script.post("issues/FLOW-2/links/", {"kind": "blocks", "issue": dock.pk})
        # What the page's cards leave out, scripts get all the same.
        script.patch(here(board), {"shows": ["key"], "grouping": "assignee"})
        cards = cards_in(board, "To do")
        card = script.get(cards).json()["results"][0]
        assert (card["key"], card["title"], card["points"], card["priority"]) == ("FLOW-1", "Dock", 3.0, "high")
        assert card["assignee"] == {"id": ada.pk, "name": ada.name}
        assert card["parent"] == {"id": epic.pk, "title": "Rover"}
        assert (card["custom_fields"], card["due_date"]) == ({field["key"]: "Mars"}, "2026-12-24")
        assert card["lane"] == f"assignee-{ada.pk}"
        assert "blocked_by" not in card
        more = script.get(cards + "?expand=blocked_by,days_in_column,pace&lanes=none").json()["results"][0]
        assert (more["blocked_by"], more["days_in_column"], more["pace"]) == (["FLOW-2"], None, None)
        assert more["lane"] is None
        move = script.post(cards_in(board, "In progress") + "move/", {"issues": [weld.pk]})
        assert move.status_code == 200
        again = script.get(cards_in(board, "In progress") + "?expand=days_in_column").json()["results"][0]
        assert again["days_in_column"] == 0

    def test_are_narrowed_as_the_page_is(
        self, script: Script, acme: Organization, ada: User, flow: Project, board: dict[str, Any]
    ) -> None:
        label = script.post("projects/FLOW/labels/", {"name": "wheels"}).json()
        factories.make_issues(acme, flow, ada, "Dock", "Weld")
        script.patch("issues/FLOW-1/", {"assignee": ada.pk})
        script.patch("issues/FLOW-2/", {"labels": [label["id"]], "priority": "high"})
        quick = script.post(here(board) + "quick-filters/", {"name": "Mine", "is_mine": True}).json()["quick_filters"]
        cards = cards_in(board, "To do")
        for query, found in (
            ("", ["Dock", "Weld"]),
            ("?q=weld", ["Weld"]),
            ("?assignee=me", ["Dock"]),
            ("?assignee=none", ["Weld"]),
            (f"?label={label['id']}", ["Weld"]),
            ("?priority=high", ["Weld"]),
            (f"?quick={quick[0]['id']}", ["Dock"]),
            (f"?quick={quick[0]['id']}&q=weld", []),
            (f"?lane=assignee-{ada.pk}", ["Dock"]),
            ("?lane=priority-3", ["Weld"]),
            ("?lane=epic-none", ["Dock", "Weld"]),
        ):
            assert titles(script.get(cards + query)) == found, query
        other = script.post(BOARDS, {"name": "Testing"}).json()
        elsewhere = script.post(here(other) + "quick-filters/", {"name": "Mine", "is_mine": True}).json()
        for query, named in ((f"?quick={elsewhere['quick_filters'][0]['id']}", "quick"), ("?sprint=1", "sprint")):
            answer = script.get(cards + query)
            assert (answer.status_code, answer.json()["field"]) == (404, named), query
        for query, named in (
            ("?quick=1,,2", "quick"),
            ("?lane=weather-3", "lane"),
            ("?lane=priority-9", "lane"),
            ("?archived=only", "archived"),
            ("?expand=weather", "expand"),
        ):
            answer = script.get(cards + query)
            assert (answer.status_code, list(answer.json()["errors"])) == (400, [named]), query

    def test_are_those_of_the_sprint_that_is_shown(
        self, script: Script, acme: Organization, ada: User, flow: Project, board: dict[str, Any]
    ) -> None:
        dock, weld, _paint = factories.make_issues(acme, flow, ada, "Dock", "Weld", "Paint")
        sprint = script.post("projects/FLOW/sprints/", {"name": "Sprint 1"}).json()
        script.post("projects/FLOW/sprints/plan/", {"issues": [dock.pk, weld.pk], "sprint": sprint["id"]})
        assert len(titles(script.get(cards_in(board, "To do")))) == 3
        script.patch(f"projects/FLOW/sprints/{sprint['id']}/", {"state": "active"})
        assert [each["id"] for each in script.get(here(board)).json()["sprints"]] == [sprint["id"]]
        assert titles(script.get(cards_in(board, "To do") + f"?sprint={sprint['id']}")) == ["Dock", "Weld"]
        made = script.post(cards_in(board, "In progress") + f"?sprint={sprint['id']}", {"titles": ["Oil", "Bolt"]})
        assert made.status_code == 201
        assert [each["key"] for each in made.json()["results"]] == ["FLOW-4", "FLOW-5"]
        assert [each["sprint"] for each in script.get(cards_in(board, "In progress")).json()["results"]] == [
            sprint["id"]
        ] * 2
        assert titles(script.get(cards_in(board, "In progress"))) == ["Oil", "Bolt"]
        later = script.post("projects/FLOW/sprints/", {"name": "Sprint 2"}).json()
        world = World(acme)
        for strange in (later["id"], 2**40):
            lost = script.post(cards_in(board, "To do") + f"?sprint={strange}", {"titles": ["Lost"]})
            assert (lost.status_code, lost.json()["field"]) == (404, "sprint")
        assert world.is_unchanged()

    def test_are_dropped_in_their_order_and_taken_back(
        self, script: Script, acme: Organization, ada: User, flow: Project, board: dict[str, Any]
    ) -> None:
        dock, weld, paint, oil = factories.make_issues(acme, flow, ada, "Dock", "Weld", "Paint", "Oil")
        working = cards_in(board, "In progress")
        assert script.post(working + "move/", {"issues": [oil.pk]}).status_code == 200
        answer = script.post(
            working + "move/", {"issues": [weld.pk, dock.pk], "before": oil.pk, "lane": f"assignee-{ada.pk}"}
        )
        moved = answer.json()
        assert [each["key"] for each in moved["results"]] == ["FLOW-1", "FLOW-2"]
        assert titles(script.get(working)) == ["Dock", "Weld", "Oil"]
        assert titles(script.get(working + "?assignee=me")) == ["Dock", "Weld"]
        assert script.post(working + "move/", {"issues": [paint.pk], "after": dock.pk}).status_code == 200
        assert titles(script.get(working)) == ["Dock", "Paint", "Weld", "Oil"]
        back = script.post("projects/FLOW/issues/bulk/undo/", {"op": moved["op"], "issue": dock.pk}).json()
        assert [each["key"] for each in back["results"]] == ["FLOW-1", "FLOW-2"]
        assert titles(script.get(cards_in(board, "To do"))) == ["Dock", "Weld"]
        assert titles(script.get(working + "?assignee=me")) == []

    def test_a_full_column_refuses_all_of_them(
        self, script: Script, acme: Organization, ada: User, flow: Project, board: dict[str, Any]
    ) -> None:
        dock, weld = factories.make_issues(acme, flow, ada, "Dock", "Weld")
        doing = column(board, "In progress")
        script.patch(f"{here(board)}columns/{doing['id']}/", {"wip_limit": 1, "wip_policy": "block"})
        world = World(acme)
        answer = script.post(cards_in(board, "In progress") + "move/", {"issues": [dock.pk, weld.pk]})
        assert (answer.status_code, answer.json()["type"]) == (409, "about:blank#ColumnFull")
        answer = script.post(cards_in(board, "In progress"), {"titles": ["Oil", "Bolt"]})
        assert answer.json()["type"] == "about:blank#ColumnFull"
        answer = script.post(cards_in(board, "To do") + "move/", {"issues": [dock.pk], "lane": "weather-3"})
        assert (answer.status_code, answer.json()["field"]) == (422, "lane")
        assert world.is_unchanged()

    def test_figures_count_what_no_page_shows(
        self, script: Script, acme: Organization, ada: User, flow: Project, board: dict[str, Any]
    ) -> None:
        first, *_rest = factories.make_issues(acme, flow, ada, *(f"Card {number}" for number in range(4)), points=2)
        script.patch("issues/FLOW-1/", {"assignee": ada.pk})
        script.post(cards_in(board, "In progress") + "move/", {"issues": [first.pk]})
        script.post(here(board) + "lane-limits/", {"by": "assignee", "wip_limit": 1})
        totals = script.get(here(board) + "totals/").json()
        by_id = {each["id"]: each for each in totals["columns"]}
        todo, doing = (by_id[column(board, name)["id"]] for name in ("To do", "In progress"))
        assert (todo["issues"], todo["points"], doing["issues"]) == (3, 6.0, 1)
        assert (totals["lanes"], totals["off_board"]) == ([], 0)
        assert totals["reached"] == [{"key": f"assignee-{ada.pk}", "name": ada.name, "wip_limit": 1, "inside": 1.0}]
        lanes = script.get(here(board) + "totals/?lanes=assignee").json()
        figures = {each["key"]: (each["issues"], each["wip_limit"], each["inside"]) for each in lanes["lanes"]}
        assert figures == {"assignee-none": (3, None, 0.0), f"assignee-{ada.pk}": (1, 1, 1.0)}
        assert script.get(here(board) + "totals/?q=card+1").json()["columns"][0]["issues"] < 3

    def test_nobody_who_only_looks_moves_any(
        self, acme: Organization, ada: User, flow: Project, board: dict[str, Any]
    ) -> None:
        (dock,) = factories.make_issues(acme, flow, ada, "Dock")
        viewer = factories.make_member(acme, "guest", "Vera")
        factories.give_role(acme, flow, viewer, "viewer")
        vera = make_script(viewer, acme)
        world = World(acme)
        assert vera.post(cards_in(board, "In progress") + "move/", {"issues": [dock.pk]}).status_code == 403
        assert vera.post(cards_in(board, "In progress"), {"titles": ["Oil"]}).status_code == 403
        assert world.is_unchanged()
        assert titles(vera.get(cards_in(board, "To do"))) == ["Dock"]


class TestCosts:
    def test_reading_costs_the_same_whatever_there_is(
        self, script: Script, acme: Organization, ada: User, flow: Project, board: dict[str, Any]
    ) -> None:
        paths = {
            BOARDS: "a list",
            here(board): "a board",
            here(board) + "totals/?lanes=assignee": "figures",
            cards_in(board, "To do"): "cards",
            cards_in(board, "To do") + "?expand=blocked_by,days_in_column,pace&lanes=epic": "whole cards",
        }
        label = script.post("projects/FLOW/labels/", {"name": "wheels"}).json()

        def grow(count: int) -> None:
            for number in range(count):
                script.post(BOARDS, {"name": f"Board {number}"})
                script.post(here(board) + "quick-filters/", {"name": f"Q{number}", "label": label["id"]})
                (made,) = factories.make_issues(acme, flow, ada, f"Card {number}")
                script.patch(f"issues/FLOW-{made.number}/", {"labels": [label["id"]], "assignee": ada.pk})

        grow(2)
        for path in paths:
            queries(script, path)
        few = {path: queries(script, path) for path in paths}
        grow(4)
        assert {path: queries(script, path) for path in paths} == few
        assert few[cards_in(board, "To do")] <= few[here(board)] + 2

    def test_what_is_known_is_not_read_again(
        self,
        script: Script,
        acme: Organization,
        ada: User,
        flow: Project,
        board: dict[str, Any],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        factories.make_issues(acme, flow, ada, "Dock")
        cards = cards_in(board, "To do")
        paths = (BOARDS, here(board), here(board) + "totals/", cards, cards + "?q=dock")
        tags = {path: script.get(path)["ETag"] for path in paths}
        for path, tag in tags.items():
            assert script.get(path, if_none_match=tag).status_code == 304, path
        # What changes with time, or with other projects, is read each time.
        assert "ETag" not in script.get(cards + "?expand=blocked_by")
        other = make_script(factories.make_member(acme), acme)
        assert other.get(cards, if_none_match=tags[cards]).status_code == 200
        script.patch("issues/FLOW-1/", {"title": "Land"})
        for path, tag in tags.items():
            assert script.get(path, if_none_match=tag).status_code == 200, path
        # What was done leaves the board at midnight.
        tag = script.get(cards)["ETag"]
        tomorrow = timezone.now() + timedelta(days=1)
        monkeypatch.setattr("apps.orgs.api.base.timezone.now", lambda: tomorrow)
        assert script.get(cards, if_none_match=tag).status_code == 200
