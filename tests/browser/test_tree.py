"""Epics and what is in them, as a person works with them: by keyboard alone while somebody else looks; on a phone."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.accessibility import violations
from tests.browser.board import World, make_world
from tests.browser.conftest import PHONE, Visitor
from tests.browser.hands import Keyboard
from tests.processes import WebProcess

Visitors = Callable[..., Visitor]


@pytest.fixture
def world(server: WebProcess) -> World:
    return make_world()


@pytest.mark.deep
def test_an_epic_is_started_filled_and_followed_by_keyboard_then_read_on_a_phone(
    visitor: Visitors, world: World
) -> None:
    ada = visitor(world.owner)
    ada.allow("404.*/seen/")  # a visit is noted after a moment, which may be the one in which the epic is deleted
    page = ada.open(world.path("epics/"))
    keyboard = Keyboard(page)
    expect(page.get_by_role("heading", name="No open epic")).to_be_visible()
    assert violations(page) == []
    keyboard.write(page.get_by_label("What it is called"), "Two floors")
    page.keyboard.press("Enter")
    expect(page.get_by_text("“Two floors” is there.")).to_be_visible()
    mateo = visitor(world.other)
    theirs = mateo.open(world.path("epics/"))
    theirs.locator(".live[data-state=live]").wait_for()
    keyboard.press(page.get_by_role("link", name="Two floors"))

    # Several lines make several issues, and one key takes them back.
    page.locator(".live[data-state=live]").wait_for()
    keyboard.press(page.get_by_text("Add issues to it"))
    keyboard.write(page.get_by_label("Titles, one a line"), "Draw the lift\nRide the lift")
    assert violations(page) == []
    page.keyboard.press("Control+Enter")
    children = page.locator("[data-block=children]")
    expect(children.locator("li")).to_have_count(2)
    expect(page.get_by_text("2 issues created.")).to_be_visible()
    expect(children.get_by_text("0 of 2 issues done").last).to_be_visible()
    expect(theirs.get_by_text("0 of 2 issues done").last).to_be_visible()
    assert violations(page) == []
    page.locator(".toast").get_by_role("button", name="Undo").press("Enter")
    expect(children.locator("li")).to_have_count(0)

    # What is in it is chosen by words, and stays true.
    epic = page.url
    page.goto(ada.server.url + world.issue_path("FLOW-2"))
    page.locator(".live[data-state=live]").wait_for()
    keyboard.press(page.get_by_role("button", name="Part of: Nothing. Change"))
    page.keyboard.type("floors")
    expect(page.locator("[data-found] button")).to_have_count(1)
    assert violations(page) == []
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("button", name="Two floors")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Two floors").last).to_be_visible()
    expect(page.get_by_role("button", name="Part of: Two floors. Change")).to_be_focused()
    page.goto(epic)
    page.locator(".live[data-state=live]").wait_for()
    expect(children.get_by_role("link", name="Build it")).to_be_visible()
    # Deleted, it says what becomes of that, until it is back.
    keyboard.press(page.get_by_role("button", name="More", exact=True))
    keyboard.press(page.get_by_role("menuitem", name="Delete"))
    expect(page.get_by_text("What it held stays, and belongs to none until it is back.")).to_be_visible()
    keyboard.press(page.get_by_role("button", name="Bring it back"))
    expect(page.get_by_text("This issue was deleted.")).to_have_count(0)
    expect(children.get_by_role("link", name="Build it")).to_be_visible()
    world.move("FLOW-2", "Done")
    expect(children.get_by_text("1 of 1 issue done").last).to_be_visible()
    expect(theirs.get_by_text("1 of 1 issue done").last).to_be_visible()
    mateo.verify()
    ada.verify()

    phone = visitor(world.other, viewport=PHONE, has_touch=True, color_scheme="dark")
    page = phone.open(world.path("epics/"))
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("link", name="Two floors").click()
    expect(page.get_by_role("link", name="Build it")).to_be_visible()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    phone.verify()
