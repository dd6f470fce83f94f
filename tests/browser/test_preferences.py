"""Preferences, as a person sets them and then sees them everywhere."""

import re
from collections.abc import Callable
from datetime import date

import pytest
from playwright.sync_api import expect

from tests.browser.board import BoardPage, World, make_world
from tests.browser.conftest import PHONE, Visitor
from tests.processes import WebProcess

Visitors = Callable[..., Visitor]


@pytest.fixture
def world(server: WebProcess) -> World:
    return make_world()


class TestPreferences:
    @pytest.mark.parametrize("device", [{}, {"viewport": PHONE, "has_touch": True}], ids=["wide", "phone"])
    def test_follow_the_person_to_board_and_list(
        self, visitor: Visitors, world: World, device: dict[str, object]
    ) -> None:
        world.edit("FLOW-1", due_date=date(2030, 3, 5))
        ada = visitor(world.owner, **device)
        board = BoardPage(ada.open(world.path())).ready()
        roomy = board.card("FLOW-2").bounding_box()
        page = ada.open("/accounts/preferences/")
        page.get_by_label("Time zone").fill("tokyo")
        page.get_by_label("Dates").select_option("2026-03-05")
        page.get_by_text("Compact").click()
        page.get_by_role("main").get_by_label("Keys without Ctrl or Alt").uncheck()
        page.get_by_role("main").get_by_label("Keys without Ctrl or Alt").press("Enter")
        expect(page.get_by_text("Your preferences are saved.")).to_be_visible()
        expect(page.get_by_label("Time zone")).to_have_value("Asia/Tokyo")

        elsewhere = visitor(world.owner, **device)
        board = BoardPage(elsewhere.open(world.path())).ready()
        expect(board.card("FLOW-1").get_by_text("2030-03-05").first).to_be_visible()
        tight = board.card("FLOW-2").bounding_box()
        assert roomy is not None
        assert tight is not None
        assert tight["height"] < roomy["height"]
        board.press("c")
        expect(board.page.locator("#new-issue")).to_be_hidden()
        page = elsewhere.open(world.path("issues/"))
        title = page.locator("time[data-relative]").first.get_attribute("title") or ""
        assert re.search(r", \d{4}-\d{2}-\d{2}, \d{2}:\d{2}$", title)

    def test_the_browsers_zone_is_proposed_once(self, visitor: Visitors, world: World) -> None:
        ada = visitor(world.owner, timezone_id="Europe/Berlin")
        page = ada.open(f"/{world.org.slug}/")
        question = page.locator("[data-zone-question]")
        expect(question).to_contain_text("Your browser says Europe/Berlin.")
        question.get_by_role("button", name="Use it").press("Enter")
        expect(page.locator("body")).to_have_attribute("data-time-zone", "Europe/Berlin")
        expect(question).to_have_count(0)

    def test_a_zone_is_found_by_its_city(self, visitor: Visitors, world: World) -> None:
        page = visitor(world.owner).open("/accounts/preferences/")
        page.get_by_label("Time zone").fill("")
        page.get_by_label("Time zone").press_sequentially("lisb")
        expect(page.locator("datalist option")).to_have_attribute("value", "Europe/Lisbon")
