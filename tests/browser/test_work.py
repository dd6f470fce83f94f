"""What waits for a person: found by keyboard, changed in the line, kept among the favourites, on every device."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests.browser.accessibility import violations
from tests.browser.board import World, make_world
from tests.browser.conftest import PHONE, on_each_device
from tests.browser.hands import Keyboard

Visit = Callable[..., Any]


@pytest.fixture
def world(server: Any) -> World:
    made = make_world()
    made.add("Answer the letter", assignee=made.owner, due_date=timezone.localdate() - timedelta(days=2))
    made.add("Book the hall", assignee=made.owner)
    return made


@on_each_device
def test_somebody_works_through_their_issues_by_keyboard(visitor: Visit, world: World, device: dict[str, Any]) -> None:
    page = visitor(world.owner, **device).open(f"/{world.org.slug}/projects/")
    page.keyboard.press("g")
    page.keyboard.press("m")
    page.wait_for_url("**/my-issues/")
    late = page.get_by_role("region", name="Overdue")
    expect(late.get_by_text("2 days late")).to_be_visible()

    keyboard = Keyboard(page)
    keyboard.press(page.get_by_role("button", name="Status of FLOW-9: To do. Change"))
    expect(page.get_by_role("menuitemradio", name="To do")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    changed = page.get_by_role("button", name="Status of FLOW-9: In progress. Change")
    expect(changed).to_be_focused()
    assert world.issue("FLOW-9").status.name == "In progress"
    page.keyboard.press("Control+z")
    expect(page.get_by_role("button", name="Status of FLOW-9: To do. Change")).to_be_focused()
    assert world.issue("FLOW-9").status.name == "To do"

    keyboard.go(page.get_by_role("button", name="Assignee of FLOW-9"))
    page.keyboard.press("Space")
    expect(page.get_by_role("menuitemradio", name="Ada Okafor")).to_be_focused()
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    expect(page.locator('[data-key="FLOW-9"]')).to_have_count(0)
    assert world.issue("FLOW-9").assignee is None

    expect(page.get_by_role("main").locator(":focus")).to_have_count(1)  # where the line was that is gone
    keyboard.press(page.get_by_role("button", name="Favourite: FLOW-8"))
    favourite = page.locator("#favourites").get_by_role("link", name="FLOW-8 Answer the letter")
    if device:
        keyboard.press(page.get_by_role("button", name="Menu"))
    expect(favourite).to_be_visible()
    with page.expect_response("**/issue/FLOW-8/seen/"):
        keyboard.press(favourite)
    page.keyboard.press("g")
    page.keyboard.press("m")
    page.wait_for_url("**/my-issues/")
    keyboard.choose(page.locator("select[name=category]"), "In progress")
    assert "category" not in page.url, "arrows pass through choices that nobody means"
    keyboard.press(page.get_by_role("button", name="Apply"))
    page.wait_for_url("**category=in_progress**")
    keyboard.press(page.get_by_role("link", name="Recent"))
    expect(page.locator("[data-key]").first).to_have_attribute("data-key", "FLOW-8")


def test_a_phone_without_script_has_stars_and_a_way_to_change(visitor: Visit, world: World) -> None:
    page = visitor(world.owner, viewport=PHONE, java_script_enabled=False).open(f"/{world.org.slug}/projects/")
    page.get_by_role("button", name="Favourite: Project FLOW").click()
    expect(page.get_by_role("button", name="Favourite: Project FLOW")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("link", name="My issues").last.click()
    page.get_by_role("link", name="Status of FLOW-8: To do. Change").click()
    expect(page.get_by_role("heading", name="Answer the letter")).to_be_visible()


@pytest.mark.deep
def test_a_phone_shows_all_of_it_cleanly(visitor: Visit, world: World) -> None:
    guest = visitor(world.owner, viewport=PHONE, has_touch=True)
    for path in ("", "my-issues/", "projects/"):
        page = guest.open(f"/{world.org.slug}/{path}")
        assert violations(page) == []
        page.close()
