"""Menus, and forms behind a button, take what is typed the moment they open."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from .conftest import Visitor
from .elsewhere import elsewhere
from .test_plain import make_world

Visit = Callable[..., Visitor]

OPEN_AND_TYPE = """([button, key]) => {
  button.click();
  document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  return document.activeElement.textContent.trim();
}"""


OPEN = "summary => { summary.click(); return document.activeElement.name; }"


class TestForm:
    @pytest.mark.usefixtures("transactional_db")
    def test_has_the_focus_in_the_same_instant_as_its_button_is_pressed(self, visitor: Visit) -> None:
        world = elsewhere(make_world)
        page = visitor(world.owner).open(world.path("settings/board/"))
        assert page.locator("summary", has_text="Add a column").evaluate(OPEN) == "name"
        page.keyboard.type("Testing")
        expect(page.locator("details[open] input[name=name]")).to_have_value("Testing")


class TestMenu:
    @pytest.mark.usefixtures("transactional_db")
    def test_reads_a_key_that_comes_in_the_same_instant_as_the_click(self, visitor: Visit) -> None:
        world = elsewhere(make_world)
        page = visitor(world.owner).open(world.issue_path("FLOW-1"))
        expect(page.locator("[data-live]")).to_have_attribute("data-state", "live")
        assignee = page.get_by_role("button", name="Assignee: Nobody. Change")
        for _again in range(5):
            reached = page.evaluate(OPEN_AND_TYPE, [assignee.element_handle(), "b"])
            assert reached.endswith("Bob Reyes")
            page.keyboard.press("Escape")
            expect(page.get_by_role("menu", name="Assignee: Nobody. Change")).to_be_hidden()
        assignee.focus()
        page.keyboard.press("Enter")
        page.keyboard.press("b")
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name="Assignee: Bob Reyes. Change")).to_be_visible()
