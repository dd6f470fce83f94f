"""A field of the project's own: made, asked for, seen by others, changed, found by, and an option of it taken away."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.accessibility import violations
from tests.browser.board import BoardPage, World, make_world
from tests.browser.hands import WAYS, Way

Visit = Callable[..., Any]


@pytest.fixture
def world(server: Any) -> World:
    return make_world()


@WAYS
def test_is_made_asked_for_seen_changed_and_found_by(visitor: Visit, world: World, way: Way) -> None:
    theirs = BoardPage(visitor(world.other).open(world.path())).ready()
    mine = visitor(world.owner, **way.device)
    mine.allow("422")  # a field that must be filled in is left empty
    page = mine.open(world.path("settings/fields/"))
    hands = way.hands(page)

    # Its admin makes it, and an empty page says what it is good for.
    expect(page.get_by_role("heading", name="No fields yet")).to_be_visible()
    hands.press(page.get_by_role("link", name="Add field"))
    hands.write(page.get_by_label("Name", exact=True), "Customer")
    hands.tick(page.get_by_role("radio", name="One option"))
    hands.write(page.get_by_role("textbox", name="Options"), "Acme\nGlobex")
    hands.tick(page.get_by_label("Must be filled in"))
    hands.tick(page.get_by_label("Show it on cards"))
    hands.tick(page.get_by_label("Show it in lists"))
    assert violations(page) == []
    hands.press(page.get_by_role("button", name="Add field"))
    expect(page.get_by_text("The field “Customer” is there.")).to_be_visible()

    # Whoever creates an issue is asked for it, and told where it is missing.
    page.goto(page.url.split("/settings/")[0] + "/board/")
    hands.press(page.get_by_role("link", name="New issue").first)
    dialog = page.locator("#new-issue")
    expect(dialog.get_by_label("Customer")).to_be_visible()
    hands.write(dialog.get_by_label("Title"), "Dock the rover")
    hands.press(dialog.get_by_role("button", name="Create issue"))
    expect(dialog.get_by_text("“Customer” must be filled in.")).to_be_visible()
    expect(dialog.get_by_label("Customer")).to_be_focused()
    hands.choose(dialog.get_by_label("Customer"), "Acme")
    assert violations(page) == []
    hands.press(dialog.get_by_role("button", name="Create issue"))
    expect(dialog).to_be_hidden()
    chip = theirs.page.locator(".card", has_text="Dock the rover").locator(".field-chip")
    expect(chip).to_have_text("Customer: Acme")

    # It is changed where it is read; the others see it, and the history tells.
    key = theirs.page.locator(".card", has_text="Dock the rover").get_attribute("data-issue-key")
    page.goto(page.url.split("/FLOW/")[0] + f"/issue/{key}/")
    hands.press(page.get_by_role("button", name="Customer: Acme. Change"))
    hands.press(page.get_by_role("menuitemradio", name="Globex"))
    expect(page.get_by_role("button", name="Customer: Globex. Change")).to_be_visible()
    expect(page.get_by_text("set Customer to Globex")).to_be_visible()
    expect(chip).to_have_text("Customer: Globex")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    # Lists have a column of it, and are narrowed by it.
    page.goto(page.url.split("/issue/")[0] + "/FLOW/issues/")
    # The list follows the first letter; what would be typed after it would reach the next page.
    page.get_by_role("combobox", name="Customer").select_option(label="Globex")
    expect(page).to_have_url(re.compile(r"field_\d+=\d+"))
    rows = page.locator("#issue-rows tr[data-issue-key]")
    expect(rows).to_have_count(1)
    expect(rows.locator(".own")).to_have_text("Globex")
    assert violations(page) == []

    # An option is taken away: its issues get another one, and all of it comes back.
    page.goto(page.url.split("/issues/")[0] + "/settings/fields/")
    hands.press(page.get_by_role("link", name="Customer", exact=True))
    hands.press(page.get_by_role("button", name="Remove Globex"))
    expect(page.get_by_text("1 issue has it.")).to_be_visible()
    hands.choose(page.get_by_label("The issue that has it"), "Acme")
    assert violations(page) == []
    hands.press(page.get_by_role("button", name="Remove “Globex”"))
    expect(chip).to_have_text("Customer: Acme")
    hands.press(page.get_by_role("button", name="Undo", exact=True))
    expect(page.get_by_text("The option “Globex” is back.")).to_be_visible()
    expect(chip).to_have_text("Customer: Globex")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
