"""Issues go to another project: from the panel by keyboard, several from the list, and back again."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests import factories
from tests.browser.accessibility import violations
from tests.browser.board import World, make_world
from tests.browser.conftest import PHONE
from tests.browser.elsewhere import elsewhere
from tests.browser.hands import Keyboard

Visit = Callable[..., Any]


@pytest.fixture
def world(server: Any) -> World:
    made = make_world()
    elsewhere(lambda: factories.make_project(made.org, made.owner, "OPS", name="Operations"))
    return made


@pytest.mark.deep
def test_one_from_its_menu_by_keyboard_and_back(visitor: Visit, world: World) -> None:
    watching = visitor(world.other).open(world.path("board/"))
    card = watching.locator('.card[data-issue-key="FLOW-1"]')
    expect(card).to_be_visible()

    page = visitor(world.owner).open(world.issue_path("FLOW-1"))
    keyboard = Keyboard(page)
    keyboard.press(page.get_by_role("button", name="More", exact=True))
    keyboard.press(page.get_by_role("menuitem", name="Move to project…"))
    page.wait_for_url("**/issues/transfer/**")
    keyboard.choose(page.get_by_label("Project", exact=True), "Operations")
    keyboard.press(page.get_by_role("button", name="Look at it"))
    page.wait_for_url("**to=OPS**")
    assert not violations(page)
    keyboard.choose(page.get_by_label("Status: "), "In progress")
    keyboard.press(page.get_by_role("button", name="Move to Operations"))
    page.wait_for_url("**/issue/OPS-1/")
    expect(page.get_by_text("OPS-1 is in Operations now.")).to_be_visible()
    expect(page.get_by_text("was FLOW-1")).to_be_visible()
    assert not violations(page)
    expect(card).to_have_count(0)

    keyboard.press(page.get_by_role("button", name="Undo"))
    page.wait_for_url("**/issue/FLOW-1/")
    expect(page.get_by_text("FLOW-1 is back.")).to_be_visible()
    expect(card).to_be_visible()


@pytest.mark.deep
def test_several_from_the_list_on_a_phone(visitor: Visit, world: World) -> None:
    page = visitor(world.owner, viewport=PHONE, color_scheme="dark").open(world.path("issues/"))
    for key in ("FLOW-1", "FLOW-2"):
        page.get_by_label(f"Select {key}", exact=True).check()
    page.get_by_role("region", name="Change the selected issues").get_by_role("link", name="Move to project").click()
    page.wait_for_url("**/issues/transfer/**")
    page.get_by_label("Project", exact=True).select_option("OPS")
    page.get_by_role("button", name="Look at it").click()
    page.wait_for_url("**to=OPS**")
    assert not violations(page)
    over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert over <= 0
    page.get_by_role("button", name="Move to Operations").click()
    expect(page.get_by_text("2 issues are in Operations now.")).to_be_visible()
    page.goto(f"{page.url.split('/OPS/')[0]}/issue/FLOW-2/")
    page.wait_for_url("**/issue/OPS-2/")
