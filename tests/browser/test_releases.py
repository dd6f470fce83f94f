"""A release from its plan to its notes, by keyboard alone while somebody else looks; then on a phone."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.accessibility import violations
from tests.browser.board import World, eventually, make_world
from tests.browser.conftest import PHONE, Visitor
from tests.browser.hands import Keyboard
from tests.processes import WebProcess

Visitors = Callable[..., Visitor]


@pytest.fixture
def world(server: WebProcess) -> World:
    return make_world()


@pytest.mark.deep
def test_is_planned_filled_released_and_read(visitor: Visitors, world: World) -> None:
    ada = visitor(world.owner, permissions=["clipboard-read", "clipboard-write"])
    page = ada.open(world.path("releases/"))
    keyboard = Keyboard(page)
    expect(page.get_by_role("heading", name="No release yet")).to_be_visible()
    assert violations(page) == []
    for name in ("2.4", "2.5"):
        keyboard.write(page.get_by_label("Name", exact=True), name)
        page.keyboard.press("Enter")
        expect(page.get_by_text(f"“{name}” is planned.")).to_be_visible()
    assert violations(page) == []
    keyboard.press(page.get_by_role("link", name="2.4", exact=True))
    expect(page.get_by_role("heading", name="Nothing comes with it yet")).to_be_visible()
    page.locator(".live[data-state=live]").wait_for()

    # What comes with it is said on the issue, and seen at once where somebody looks at the release.
    release = page.url
    mateo = visitor(world.other)
    theirs = mateo.open(world.issue_path("FLOW-2"))
    theirs.locator(".live[data-state=live]").wait_for()
    theirs.get_by_role("button", name="Versions. Change").press("Enter")
    theirs.get_by_role("checkbox", name="2.4").press("Space")
    assert violations(theirs) == []
    theirs.get_by_role("dialog", name="Versions. Change").get_by_role("button", name="Save").press("Enter")
    expect(theirs.get_by_text("set the versions to 2.4")).to_be_visible()
    expect(page.get_by_role("link", name="Build it")).to_be_visible()
    world.move("FLOW-2", "Done")
    expect(page.locator("[data-part=notes]")).to_contain_text("- FLOW-2 Build it")
    theirs.goto(ada.server.url + world.issue_path("FLOW-3"))
    theirs.get_by_role("button", name="Versions. Change").click()
    theirs.get_by_role("checkbox", name="2.4").check()
    theirs.get_by_role("dialog", name="Versions. Change").get_by_role("button", name="Save").click()
    expect(page.get_by_text("1 of 2 issues done").last).to_be_visible()
    mateo.verify()

    # The unfinished one goes to the next release.
    keyboard.press(page.get_by_role("button", name="Copy", exact=True))
    eventually(
        lambda: page.evaluate("navigator.clipboard.readText()").split("\n"), lambda lines: "- FLOW-2 Build it" in lines
    )
    page.goto(release)
    expect(page.get_by_text("1 issue is unfinished.")).to_be_visible()
    keyboard.choose(page.get_by_label("What is unfinished"), "2.5")
    assert violations(page) == []
    keyboard.press(page.get_by_role("button", name="Release 2.4"))
    expect(page.get_by_text("“2.4” is released.")).to_be_visible()
    expect(page.get_by_text("1 of 1 issue done").last).to_be_visible()
    assert violations(page) == []
    keyboard.press(page.get_by_role("link", name="Delete"))
    expect(page.get_by_role("heading", name="Delete 2.4")).to_be_visible()
    assert violations(page) == []
    keyboard.press(page.get_by_role("button", name="Delete “2.4”"))
    expect(page.get_by_text("“2.4” is deleted; 1 issue was changed.")).to_be_visible()
    keyboard.press(page.get_by_role("button", name="Undo"))
    expect(page.get_by_text("“2.4” is back.")).to_be_visible()
    expect(page.get_by_role("link", name="Build it")).to_be_visible()
    ada.verify()

    phone = visitor(world.other, viewport=PHONE, has_touch=True, color_scheme="dark")
    page = phone.open(world.path("releases/"))
    expect(page.get_by_role("heading", name="Released")).to_be_visible()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("link", name="2.4", exact=True).click()
    expect(page.get_by_role("link", name="Build it")).to_be_visible()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    phone.verify()
