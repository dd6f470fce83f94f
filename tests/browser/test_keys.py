"""The keys of each page: whatever `?` lists does something there, and no other key does."""

import json
import string
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests import factories
from tests.browser.accessibility import violations
from tests.browser.board import World, eventually, make_world
from tests.browser.conftest import Visitor, on_each_device
from tests.browser.elsewhere import elsewhere
from tests.processes import WebProcess

Visitors = Callable[..., Visitor]

# What has to be so before a key can do its work, where it is more than a card or row that has the focus.
FIRST: dict[str, tuple[str, ...]] = {
    "Carry the lifted card": (" ",),
    "Drop it": (" ", "ArrowDown"),
    "Put it back": (" ",),
    "Undo the last move": ("Alt+Shift+ArrowDown",),
    "Close the issue": ("Enter",),
    "Clear the selection": ("x",),
    "To what can be done with the selected": ("x",),
}
# A picture of everything that a key could change.
SEEN = """() => JSON.stringify([
    location.href, document.activeElement?.id, document.activeElement?.className, document.body.innerHTML.length,
    [...document.querySelectorAll("dialog[open], :popover-open")].map((each) => each.id),
    document.documentElement.dataset.sidebar, document.getElementById("live").textContent,
    [...document.querySelectorAll(".card")].map((card) => card.id + card.className).join(),
])"""


@pytest.fixture
def world(server: WebProcess) -> World:
    made = make_world()
    made.add("For the keys", "And one more", assignee=made.owner)
    return made


def ready(page: Page, start: str) -> None:
    """Read the page anew, with the focus where somebody at work has it."""
    page.reload()
    page.locator("#keys [data-off]").wait_for(state="attached")
    if page.locator("[data-live]").count():
        page.locator(".live[data-state=live]").wait_for()
    if start:
        page.locator(start).first.focus()


def listed(page: Page) -> dict[str, list[str]]:
    """What the help of this page says: what is done, and by which keys."""
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    rows = page.locator("#keys [data-keys] [data-keys]").evaluate_all(
        "rows => rows.map(row => [row.querySelector('dt').textContent, row.dataset.keys])"
    )
    page.keyboard.press("Escape")
    return {name: json.loads(keys) for name, keys in rows}


def press(page: Page, key: str) -> None:
    for step in [key] if key == " " else key.split(" "):
        names = ["Space" if step == " " else step] if step in {" ", "+"} else step.split("+")
        page.keyboard.press(
            "+".join({"mod": "Control", "alt": "Alt", "shift": "Shift"}.get(name, name) for name in names)
        )


PAGES = [
    pytest.param("board/", '.card[data-issue-key="FLOW-2"]', 20, id="board", marks=pytest.mark.deep),
    pytest.param("issues/", "#issue-rows tr:nth-child(2) a.cover", 9, id="list"),
    pytest.param("issue", "", 6, id="issue", marks=pytest.mark.deep),
    pytest.param("home", "", 3, id="home", marks=pytest.mark.deep),
    pytest.param("mine", "", 3, id="my issues", marks=pytest.mark.deep),
]


@pytest.mark.parametrize(("which", "start", "least"), PAGES)
def test_every_listed_key_works_and_no_other_does(
    visitor: Visitors, world: World, which: str, start: str, least: int
) -> None:
    org = f"/{world.org.slug}/"
    address = {"home": org, "mine": f"{org}my-issues/", "issue": world.issue_path("FLOW-2")}.get(
        which, world.path(which)
    )
    ada = visitor(world.owner)
    page = ada.open(address)
    ready(page, start)
    keys = listed(page)
    assert len(keys) >= least

    for does, ways in keys.items():
        way = ways[-1] if does != "First and last card of the column" else "End"
        ready(page, "textarea[name=body]" if does == "Send what you write" and not start else start)
        if does == "Send what you write" and start:
            page.keyboard.press("c")
            page.get_by_role("dialog", name="New issue").get_by_label("Title").fill("By the keys")
        elif does == "Send what you write":
            page.keyboard.type("Sent by the keys")
        for first in FIRST.get(does, ()):
            press(page, first)
        if does == "Close the issue":
            page.locator("#panel [data-issue]").wait_for()
        if way.startswith("g "):
            with page.expect_navigation():
                press(page, way)
            page.goto(ada.server.url + address)
            continue
        before = page.evaluate(SEEN)
        press(page, way)

        eventually(lambda before=before, does=does: (page.evaluate(SEEN) != before, does), (True, does))
        if page.url != ada.server.url + address:
            page.goto(ada.server.url + address)

    ready(page, start)
    # What a key did is known by its being kept from the browser.
    page.evaluate("addEventListener('keydown', (event) => { document.body.dataset.took = event.defaultPrevented })")
    taken = {way for ways in keys.values() for way in ways} | {"g"}
    for key in sorted(set(string.ascii_lowercase + string.digits + ".,;'-=/[]\\") - taken):
        press(page, key)
        assert page.locator("body").get_attribute("data-took") == "false", key


@on_each_device
def test_help_says_which_are_off(visitor: Visitors, world: World, device: dict[str, Any]) -> None:
    page = visitor(world.owner, **device).open(world.path("issues/"))
    if device:
        page.get_by_role("button", name="Menu").press("Enter")
    page.get_by_role("button", name="Ada Okafor").press("Enter")
    page.get_by_role("menuitem", name="Keys").press("Enter")
    dialog = page.get_by_role("dialog", name="Keys")
    expect(dialog.get_by_text("Row to row")).to_be_visible()
    expect(dialog.get_by_text("Lift the card")).to_have_count(0)
    expect(dialog.get_by_text("are switched off")).to_be_hidden()
    with page.expect_response("**/accounts/preferences/keys/"):
        dialog.get_by_role("switch").press(" ")
    expect(dialog.get_by_text("are switched off")).to_be_visible()
    row = dialog.locator("[data-keys]", has_text="Row to row").last
    expect(row.locator(".off")).to_have_count(2)
    expect(row.locator("kbd")).to_have_text(["↓", "↑"])
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("c")
    expect(page.get_by_role("dialog", name="New issue")).to_be_hidden()


def test_the_field_of_a_dialog_that_was_just_closed_takes_no_key(visitor: Visitors, world: World) -> None:
    page = visitor(world.owner).open(world.path("issues/"))
    dialog = page.get_by_role("dialog", name="New issue")
    page.keyboard.press("c")
    expect(dialog.get_by_label("Title")).to_be_focused()
    # It keeps the focus until the browser draws the page without it: sooner than this test could press a key.
    page.evaluate(
        """() => {
            document.getElementById("new-issue").close();
            document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key: "c", bubbles: true }));
        }"""
    )
    expect(dialog).to_be_visible()


def test_a_viewer_is_told_of_no_key_that_would_refuse_them(visitor: Visitors, world: World) -> None:
    viewer = elsewhere(lambda: factories.make_member(world.org, "guest", name="Vera Viewer"))
    elsewhere(lambda: factories.give_role(world.org, world.project, viewer, "viewer"))
    page = visitor(viewer).open(world.path())
    ready(page, ".card")
    names = set(listed(page))
    assert "Open the card" in names
    assert not names & {"Rename", "Assign to me", "Lift the card", "New issue in this column", "Undo the last move"}
