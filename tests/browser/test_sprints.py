"""A sprint from the plan to its end, as a person goes through it."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.accessibility import violations
from tests.browser.board import World, make_world
from tests.browser.conftest import PHONE, Visitor
from tests.processes import WebProcess

Visitors = Callable[..., Visitor]


@pytest.fixture
def world(server: WebProcess) -> World:
    return make_world()


def test_is_planned_started_and_completed_by_keyboard_then_read_on_a_phone(visitor: Visitors, world: World) -> None:
    ada = visitor(world.owner)
    page = ada.open(world.path())
    page.get_by_role("link", name="Plan or start a sprint").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="No sprint yet")).to_be_visible()
    assert violations(page) == []
    page.get_by_label("Name").fill("Sprint 1")
    page.get_by_label("Goal").fill("Carts find their way.")
    page.get_by_label("Goal").press("Tab")
    page.get_by_role("button", name="Plan sprint").press("Enter")
    page.get_by_role("link", name="Plan and start Sprint 1").press("Enter")
    page.get_by_role("textbox", name="Issues").fill("FLOW-1, FLOW-2")
    page.keyboard.press("Enter")
    expect(page.get_by_text("2 issues are in the sprint now.")).to_be_visible()
    assert violations(page) == []
    # Whoever looks at the same pages sees them change.
    mateo = visitor(world.other)
    theirs, their_list = mateo.open(page.url.replace(ada.server.url, "")), mateo.open(world.path("sprints/"))
    for each in (theirs, their_list):
        each.locator(".live[data-state=live]").wait_for()
    theirs.get_by_role("textbox", name="Issues").fill("FLOW-3, half writ")
    page.get_by_role("button", name="Start sprint").press("Enter")
    expect(page.get_by_text("“Sprint 1” has started.")).to_be_visible()
    expect(theirs.get_by_role("img", name="What remained at the end of each day")).to_be_visible()
    expect(their_list.get_by_role("heading", name="Active")).to_be_visible()
    world.move("FLOW-1", "Done")
    expect(theirs.locator("[data-part=rows]")).to_contain_text("Done")
    expect(theirs.get_by_role("textbox", name="Issues")).to_have_value("FLOW-3, half writ")
    page.get_by_role("link", name="Complete sprint").press("Enter")
    expect(page.get_by_text("1 issue is done and stays in the sprint.")).to_be_visible()
    page.get_by_label("A new sprint, planned for them").press("Space")
    assert violations(page) == []
    page.get_by_role("button", name="Complete sprint").press("Enter")
    expect(page.get_by_text("“Sprint 1” is completed.")).to_be_visible()
    assert world.issue("FLOW-1").sprint_id != world.issue("FLOW-2").sprint_id
    expect(their_list.get_by_role("img", name="What each sprint committed to")).to_be_visible()
    expect(theirs.get_by_text("Completed", exact=True).first).to_be_visible()
    mateo.verify()
    ada.verify()

    phone = visitor(world.other, viewport=PHONE, has_touch=True, color_scheme="dark")
    page = phone.open(world.path("sprints/"))
    expect(page.get_by_role("heading", name="Velocity")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("link", name="Sprint 1").click()
    expect(page.get_by_role("img", name="What remained at the end of each day")).to_be_visible()
    page.get_by_text("The same as a table").click()
    expect(page.get_by_role("columnheader", name="Even pace")).to_be_visible()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    phone.verify()
