"""What reaches people: it comes while they look, is worked through by keys, and every tab agrees on what is left."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from apps.core.tenancy import run_as_system
from apps.events import deliveries
from apps.events.models import Delivery
from apps.issues.selectors import get_issue
from apps.issues.services import add_comment
from apps.notifications.models import InboxEntry
from tests.browser.accessibility import violations
from tests.browser.board import World, eventually, make_world
from tests.browser.conftest import ON_A_PHONE, PHONE, Visitor
from tests.browser.elsewhere import elsewhere
from tests.browser.hands import Keyboard
from tests.browser.slow_line import SlowLine
from tests.notifications.conftest import HANDLER

Visit = Callable[..., Visitor]

# A desktop that notes what it is shown, and a reader who looks elsewhere.
DESKTOP = """
globalThis.shown = [];
globalThis.Notification = class extends EventTarget {
  static permission = "granted";
  static requestPermission = async () => "granted";
  constructor(title, { body }) { super(); globalThis.shown.push(`${title}: ${body}`); }
  close() {}
};
document.hasFocus = () => false;
"""


@pytest.fixture
def world(server: Any) -> World:
    return make_world()


def work(world: World) -> None:
    """The worker tells what happened."""

    def deliver() -> None:
        with run_as_system(org_id=world.org.pk):
            waiting = Delivery.objects.filter(state="waiting", handler=HANDLER).order_by("id")
            ids = list(waiting.values_list("pk", flat=True))
        for pk in ids:
            deliveries.deliver(org_id=world.org.pk, delivery_id=pk)

    elsewhere(deliver)


def say(world: World, key: str, body: str) -> None:
    """The other person comments, and whom it concerns is told."""
    world.act(lambda actor: add_comment(actor=actor, issue=get_issue(actor=actor, key=key), body=body))
    work(world)


def give(world: World, *titles: str) -> list[str]:
    """Issues that the owner is given by nobody in particular: they reported and watch them."""
    issues = world.add(*titles)
    work(world)
    return [f"{world.project.key}-{issue.number}" for issue in issues]


def badge(page: Page) -> Any:
    return page.get_by_role("navigation", name="Main").locator("[data-unread-count]")


def entry(world: World, key: str) -> InboxEntry:
    number = int(key.split("-")[1])
    return InboxEntry.objects.using("owner").get(user=world.owner, issue__number=number, issue__project=world.project)


def test_news_come_while_one_looks_and_are_worked_through_by_keys(visitor: Visit, world: World) -> None:
    handle = world.owner.handle
    first, second, third = give(world, "Dock the rover", "Paint the rover", "Grease the wheels")
    guest = visitor(world.owner, fresh=True)
    guest.context.add_init_script(DESKTOP)
    other_tab = guest.open(f"/{world.org.slug}/my-issues/")
    page = guest.open(f"/{world.org.slug}/inbox/")
    expect(page.locator("[data-inbox][data-ready]")).to_be_visible()
    expect(page.get_by_role("heading", name="Nothing new")).to_be_visible()
    expect(page.get_by_text(f"@{handle}")).to_be_visible()
    assert not violations(page)
    expect(badge(page)).to_be_hidden()

    # What happens elsewhere appears here, in the title, in the tab's icon, and in the other tab.
    say(world, first, "The bay is free.")
    say(world, second, f"@{handle}, which colour?")
    say(world, third, "Which grease?")
    rows = page.locator("[data-entry]")
    expect(rows).to_have_count(3)
    expect(rows.nth(1)).to_contain_text("mentioned you: “@")
    expect(rows.nth(1)).to_contain_text("You were mentioned")
    expect(rows.nth(0)).to_contain_text("commented: “Which grease?”")
    expect(rows.nth(0)).to_contain_text("You reported it")
    for tab in (page, other_tab):
        expect(badge(tab)).to_have_text(re.compile("^3"))
        expect(tab).to_have_title(re.compile(r"^\(3\) "))
        expect(tab.locator("link[data-unread]")).to_have_attribute("href", re.compile("icon-unread"))
    shown = [line for tab in (page, other_tab) for line in tab.evaluate("globalThis.shown")]
    assert len([line for line in shown if "which colour?" in line]) <= 1, "one tab shows it, not each"
    assert not violations(page)
    page.emulate_media(color_scheme="dark")
    assert not violations(page)

    def focused(title: str) -> None:
        expect(page.get_by_role("link", name=title, exact=True)).to_be_focused()

    # Opened beside the list it is read; the count falls everywhere.
    keyboard = Keyboard(page)
    page.keyboard.press("j")
    focused("Grease the wheels")
    page.keyboard.press("j")
    focused("Paint the rover")
    page.keyboard.press("o")
    expect(page.locator("#panel [data-issue]")).to_be_visible()
    expect(page.locator("#panel")).to_contain_text("which colour?")
    for tab in (page, other_tab):
        expect(badge(tab)).to_have_text(re.compile("^2"))
    assert not violations(page)
    page.keyboard.press("Escape")
    focused("Paint the rover")
    page.keyboard.press("u")
    expect(badge(other_tab)).to_have_text(re.compile("^3"))
    focused("Paint the rover")

    # Done, and taken back; the next one has the focus meanwhile.
    page.keyboard.press("e")
    expect(page.get_by_text(f"{second} is done.")).to_be_visible()
    expect(rows).to_have_count(2)
    focused("Dock the rover")
    expect(badge(page)).to_have_text(re.compile("^2"))
    page.keyboard.press("Control+z")
    expect(rows).to_have_count(3)
    assert entry(world, second).done_at is None

    # Saved where it stands; put off until tomorrow.
    page.keyboard.press("s")
    expect(rows.filter(has_text="Dock the rover")).to_contain_text("Saved")
    focused("Dock the rover")
    page.keyboard.press("h")
    dialog = page.get_by_role("dialog", name="Snooze")
    expect(dialog.get_by_role("button", name="Later today")).to_be_focused()
    assert not violations(page)
    keyboard.press(dialog.get_by_role("button", name="Tomorrow morning"))
    expect(page.get_by_text(f"{first} is snoozed.")).to_be_visible()
    expect(rows).to_have_count(2)
    assert entry(world, first).snoozed_until is not None

    # All of the rest, from one button, and in the list of what is done.
    keyboard.press(page.get_by_role("button", name="All done"))
    expect(page.get_by_text("2 issues are done.")).to_be_visible()
    expect(page.get_by_role("heading", name="Nothing new")).to_be_visible()
    expect(badge(other_tab)).to_be_hidden()
    expect(other_tab).not_to_have_title(re.compile(r"^\("))
    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keys")
    expect(keys.get_by_text("Row to row")).to_have_count(0)
    page.keyboard.press("Escape")
    keyboard.press(page.get_by_role("navigation", name="Views of the inbox").get_by_role("link", name="Done"))
    expect(page.locator("[data-inbox][data-ready]")).to_be_visible()
    expect(rows).to_have_count(2)
    page.keyboard.press("?")
    for does in ("Done, or not", "Unread, or read", "Save, or not", "Snooze"):
        expect(keys.get_by_text(does, exact=True)).to_be_visible()


def test_what_is_done_does_not_come_back_while_the_line_is_slow(visitor: Visit, world: World) -> None:
    for key in give(world, "Dock the rover", "Paint the rover", "Grease the wheels"):
        say(world, key, "The bay is free.")
    page = visitor(world.owner).open(f"/{world.org.slug}/inbox/")
    rows = page.locator("[data-entry]")
    expect(rows).to_have_count(3)
    page.keyboard.press("j")
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.keyboard.press("e")
    line = SlowLine(page, "/inbox/")
    page.keyboard.press("e")
    page.evaluate(
        """() => {
            const inbox = document.querySelector("[data-inbox]");
            window.hasReturned = false;
            new MutationObserver(() => { window.hasReturned ||= inbox.textContent.includes("Paint the rover"); })
                .observe(inbox, { childList: true, subtree: true });
        }"""
    )
    line.wait()
    # What comes meanwhile is read, and a list that was read meanwhile still has what is leaving.
    [key] = give(world, "Fill the tank")
    say(world, key, "With what?")
    expect(badge(page)).to_have_text(re.compile("^3"))
    line.let_go()
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("Fill the tank")
    assert not page.evaluate("window.hasReturned")


@pytest.mark.deep
def test_one_tab_shows_it_on_the_desktop_if_its_reader_allowed_that(visitor: Visit, world: World) -> None:
    [key] = give(world, "Dock the rover")
    guest = visitor(world.owner, fresh=True)
    guest.context.add_init_script(DESKTOP)
    tabs = [guest.open(f"/{world.org.slug}/my-issues/") for _n in range(2)]
    for tab in tabs:
        tab.wait_for_load_state("networkidle")
    say(world, key, f"@{world.owner.handle}, now?")
    for tab in tabs:
        expect(badge(tab)).to_have_text(re.compile("^1"))
    said = f"{key} Dock the rover: {world.other.name} mentioned you: “@{world.owner.handle}, now?”"
    eventually(lambda: [line for tab in tabs for line in tab.evaluate("globalThis.shown")], [said])
    page = guest.open(f"/{world.org.slug}/inbox/preferences/")
    expect(page.get_by_text("This browser shows notifications.")).to_be_visible()
    assert not violations(page)
    Keyboard(page).press(page.get_by_role("button", name="Stop in this browser"))
    expect(page.get_by_role("button", name="Allow in this browser")).to_be_focused()
    say(world, key, f"@{world.owner.handle}, still?")
    expect(tabs[0].get_by_text("still?")).to_have_count(0)
    for tab in tabs:
        expect(badge(tab)).to_have_text(re.compile("^1"))
        assert all("still?" not in line for line in tab.evaluate("globalThis.shown"))


@pytest.mark.deep
def test_on_a_phone_and_without_script(visitor: Visit, world: World) -> None:
    first, second = give(world, "Dock the rover", "Paint the rover")
    say(world, first, "The bay is free.")
    say(world, second, "Which colour?")
    page = visitor(world.owner, **ON_A_PHONE).open(f"/{world.org.slug}/")
    page.get_by_role("navigation", name="Shortcuts").get_by_role("link", name="Inbox").tap()
    expect(page.locator("[data-inbox][data-ready]")).to_be_visible()
    assert not violations(page)
    row = page.locator("[data-entry]").filter(has_text="Paint the rover")
    row.get_by_role("button", name=f"More for {second}").tap()
    page.get_by_role("menuitem", name="Snooze").tap()
    page.get_by_role("dialog", name="Snooze").get_by_role("button", name="Next week").tap()
    expect(row).to_have_count(0)
    page.get_by_role("link", name="Dock the rover", exact=True).tap()
    expect(page.locator("#panel")).to_contain_text("The bay is free.")
    assert not violations(page)
    page.close()

    plain = visitor(world.owner, viewport=PHONE, java_script_enabled=False).open(f"/{world.org.slug}/inbox/")
    plain.get_by_role("button", name=f"{first}: done").click()
    expect(plain.get_by_text(f"{first} is done.")).to_be_visible()
    expect(plain.get_by_role("heading", name="Nothing new")).to_be_visible()
    plain.get_by_role("navigation", name="Views of the inbox").get_by_role("link", name="Snoozed").click()
    plain.get_by_role("button", name=f"Bring {second} back now").click()
    expect(plain.get_by_text(f"{second} is back.")).to_be_visible()
