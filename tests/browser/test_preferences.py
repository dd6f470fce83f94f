"""Preferences, as a person sets them and then sees them everywhere."""

import re
from collections.abc import Callable
from datetime import date

import pytest
from playwright.sync_api import expect

from tests.browser.board import BoardPage, World, eventually, make_world
from tests.browser.conftest import Visitor
from tests.browser.hands import WAYS, Way
from tests.processes import WebProcess

Visitors = Callable[..., Visitor]
# What a screen reader would be told: words that come into a live region when the page is there.
HEAR = """
addEventListener("load", () => {
  window.heard = [];
  new MutationObserver((changes) => changes.forEach(({ target, addedNodes }) => {
    if (target.matches("[role=status]") && addedNodes.length) window.heard.push(target.textContent.trim());
  })).observe(document.querySelector("main"), { childList: true, subtree: true });
});
"""


@pytest.fixture
def world(server: WebProcess) -> World:
    return make_world()


class TestPreferences:
    @WAYS
    def test_follow_the_person_to_board_and_list(self, visitor: Visitors, world: World, way: Way) -> None:
        world.edit("FLOW-1", due_date=date(2030, 3, 5))
        ada = visitor(world.owner, timezone_id="Europe/Berlin", **way.device)
        page = ada.open(f"/{world.org.slug}/")
        hand = way.hands(page)
        question = page.locator("[data-zone-question]")
        expect(question).to_contain_text("Your browser says Europe/Berlin.")
        hand.press(question.get_by_role("button", name="Use it"))
        expect(page.locator("body")).to_have_attribute("data-time-zone", "Europe/Berlin")
        expect(question).to_have_count(0)

        board = BoardPage(ada.open(world.path())).ready()
        roomy = board.card("FLOW-2").bounding_box()
        page = ada.open("/accounts/preferences/")
        hand = way.hands(page)
        hand.write(page.get_by_label("Time zone"), "lisb")
        expect(page.locator("datalist option")).to_have_attribute("value", "Europe/Lisbon")
        hand.write(page.get_by_label("Time zone"), "tokyo")
        hand.choose(page.get_by_label("Dates"), "2026-03-05")
        hand.tick(page.get_by_label("Compact"))
        hand.tick(page.get_by_role("main").get_by_label("Keys without Ctrl or Alt"))
        page.add_init_script(HEAR)
        hand.press(page.get_by_role("button", name="Save", exact=True))
        expect(page.get_by_text("Your preferences are saved.")).to_be_visible()
        eventually(lambda: page.evaluate("window.heard"), ["Your preferences are saved."])
        expect(page.get_by_label("Time zone")).to_have_value("Asia/Tokyo")

        elsewhere = visitor(world.owner, **way.device)
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
