"""The history of an issue: read page by page, and taken back from its entries, without leaving the issue."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from apps.issues.services import edit_issue
from tests.browser.accessibility import violations
from tests.browser.board import make_world
from tests.browser.conftest import ON_A_PHONE, Visitor
from tests.browser.hands import Keyboard
from tests.processes import WebProcess

Visitors = Callable[..., Visitor]


def open_history(page: Page, keyboard: Keyboard) -> None:
    """From the issue's page to the tab."""
    page.locator(".live[data-state=live]").wait_for()
    keyboard.press(page.get_by_role("link", name="History", exact=True))
    expect(page.get_by_role("link", name="History", exact=True)).to_have_attribute("aria-current", "page")
    expect(page.get_by_role("link", name="History", exact=True)).to_be_focused()


def test_changes_are_read_and_taken_back(server: WebProcess, visitor: Visitors) -> None:
    world = make_world()
    world.edit("FLOW-2", title="First title")
    world.edit("FLOW-2", title="Second title", description="One two <b>three</b>")
    world.edit("FLOW-2", description="One two four")
    ada, mateo = visitor(world.owner), visitor(world.other)
    ada.allow("409")
    page, theirs = ada.open(world.issue_path("FLOW-2")), mateo.open(world.issue_path("FLOW-2"))
    keyboard = Keyboard(page)
    open_history(page, keyboard)
    feed = page.locator("[data-block=feed]")
    entries = feed.locator(".fact")
    expect(entries).to_have_count(5)
    expect(entries.first).to_contain_text("changed the description")
    assert violations(page) == []

    # What a text's change was about, word by word, over the issue.
    keyboard.press(entries.first.get_by_role("link", name="Show what changed"))
    dialog = page.get_by_role("dialog", name="What was changed")
    expect(dialog.locator("del")).to_have_text("<b>three</b>")
    expect(dialog.locator("ins")).to_have_text("four")
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()

    # Taken back, here and before the other one's eyes; and that again.
    keyboard.press(entries.first.get_by_role("button", name="Take back: Mateo Ruiz changed the description"))
    expect(entries).to_have_count(6)
    expect(entries.first).to_contain_text("takes back a change by Mateo Ruiz")
    expect(entries.nth(1)).to_contain_text("Taken back")
    expect(entries.nth(1)).to_be_focused()
    expect(theirs.locator(".issue-description")).to_contain_text("three")
    keyboard.press(entries.first.get_by_role("button", name="Take back"))
    expect(entries).to_have_count(7)
    expect(theirs.locator(".issue-description")).to_contain_text("One two four")

    # Changed since: both values, and nothing done before one of them is chosen.
    first = feed.locator(".fact", has_text="to “First title”")
    keyboard.press(first.get_by_role("button", name="Take back"))
    conflict = page.get_by_role("dialog", name="Changed again since")
    expect(conflict).to_contain_text("Second title")
    expect(conflict.locator(".value").last).not_to_have_text("Second title")
    assert violations(page) == []
    keyboard.press(conflict.get_by_role("link", name="Leave it"))
    expect(conflict).to_be_hidden()
    expect(page.get_by_role("heading", name="Second title")).to_be_visible()
    keyboard.press(first.get_by_role("button", name="Take back"))
    keyboard.press(conflict.get_by_role("button", name="Set it back anyway"))
    expect(page.get_by_role("heading", name="Build it")).to_be_visible()
    expect(first).to_contain_text("Taken back")

    # The oldest first; what others do meanwhile comes in, and the other lists stay where they are.
    keyboard.press(page.get_by_role("link", name="Show the oldest first"))
    expect(entries.first).to_contain_text("created this issue")
    world.edit("FLOW-2", points="5")
    expect(entries.last).to_contain_text("estimated this at 5")
    page.get_by_role("textbox", name="New comment").fill("Said meanwhile.")
    page.keyboard.press("Control+Enter")
    expect(theirs.locator(".comment")).to_have_count(1)
    expect(page.get_by_role("textbox", name="New comment")).to_have_value("")
    page.get_by_role("link", name="Comments", exact=True).click()
    expect(feed.locator(".comment")).to_have_count(1)
    expect(entries).to_have_count(0)

    # Whoever gives it to somebody else has a way back at once.
    page.get_by_role("button", name="Assignee: Nobody. Change").click()
    page.get_by_role("menuitemradio", name="Mateo Ruiz").click()
    expect(page.get_by_text("FLOW-2 has another assignee")).to_be_visible()
    page.keyboard.press("Control+z")
    expect(page.get_by_role("button", name="Assignee: Nobody. Change")).to_be_visible()
    mateo.verify()
    ada.verify()


@pytest.mark.deep
def test_on_a_phone_and_in_the_panel(server: WebProcess, visitor: Visitors) -> None:
    world = make_world()
    for number in range(60):
        world.act(
            lambda actor, number=number: edit_issue(  # type: ignore[misc]
                actor=actor, issue=world._own("FLOW-2"), values={"title": f"Title {number} that is a good deal longer"}
            )
        )
    ada = visitor(world.owner, **ON_A_PHONE)
    page = ada.open(world.path())
    page.locator(".live[data-state=live]").wait_for()
    page.locator("[data-issue-key=FLOW-2] a").first.click()
    panel = page.locator("#panel")
    panel.get_by_role("link", name="History", exact=True).click()
    entries = panel.locator("[data-block=feed] .fact")
    expect(entries).to_have_count(50)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert violations(page) == []
    entries.first.get_by_role("button", name="Take back").click()
    expect(entries.nth(1)).to_contain_text("Taken back")
    panel.get_by_role("link", name="Older changes").click()
    expect(entries.last).to_contain_text("created this issue")
    panel.get_by_role("link", name="Back to the first page").click()
    expect(entries).to_have_count(50)
    ada.verify()
