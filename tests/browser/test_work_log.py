"""The time of an issue: what it takes, what is logged, and what is left."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from apps.core.tenancy import Actor
from apps.issues.selectors import get_issue
from apps.issues.services import add_children, edit_issue, log_work
from apps.projects.models import Project
from apps.projects.services import set_time_tracking
from tests.browser.accessibility import violations
from tests.browser.board import make_world
from tests.browser.conftest import Visitor, on_each_device
from tests.processes import WebProcess

Visitors = Callable[..., Visitor]


def track_time(actor: Actor) -> None:
    set_time_tracking(actor=actor, project=Project.objects.get(key="FLOW"), is_on=True)


def add_sub_task(actor: Actor) -> None:
    """FLOW-8 in FLOW-1, of three hours of which one is over."""
    parent = get_issue(actor=actor, key="FLOW-1")
    (child,) = add_children(actor=actor, parent=parent, titles=["Part"])
    edit_issue(actor=actor, issue=child, values={"time_estimate": 180})
    log_work(actor=actor, issue=child, minutes=60)


def test_time_is_estimated_logged_taken_back_and_spent_by_a_line_of_a_comment(
    server: WebProcess, visitor: Visitors
) -> None:
    """By keyboard alone."""
    world = make_world()
    world.act(track_time, by=world.owner)
    ada = visitor(world.owner)
    ada.allow("422")
    page = ada.open(world.issue_path("FLOW-1"))
    page.locator(".live[data-state=live]").wait_for()
    other = visitor(world.other).open(world.issue_path("FLOW-1"))
    other.locator(".live[data-state=live]").wait_for()
    block = page.locator("[data-block=time]")
    bar = block.get_by_role("img", name="Time: ")
    seen = other.locator("[data-block=time]").get_by_role("img", name="Time: ")

    # What it will take is edited in place; what is left follows.
    block.get_by_role("button", name="Time estimated: None. Change").press("Enter")
    page.get_by_label("Time estimated, such as 1h 30m or 2d").press_sequentially("8")
    page.keyboard.press("Enter")
    expect(page.locator("#pick-time_estimate [data-error]")).to_contain_text("Write a time with its unit")
    page.keyboard.type("h")
    page.keyboard.press("Enter")
    expect(bar).to_have_accessible_name("Time: 0m spent · 8h left · 8h estimated")
    expect(block.get_by_role("button", name="Time estimated: 8h. Change")).to_be_focused()

    # Time is logged; what is left goes down, also in the other browser, and one key takes it back.
    summary = block.locator("summary", has_text="Log time")
    summary.press("Enter")
    expect(block.get_by_label("How long")).to_be_focused()
    assert violations(page) == []
    page.keyboard.type("1.5h")
    page.keyboard.press("Enter")
    notice = page.locator(".toast").filter(has_text="1h 30m logged.")
    expect(notice).to_be_visible()
    expect(bar).to_have_accessible_name("Time: 1h 30m spent · 6h 30m left · 8h estimated")
    expect(summary).to_be_focused()
    expect(seen).to_have_accessible_name("Time: 1h 30m spent · 6h 30m left · 8h estimated")
    expect(page.locator(".feed .fact", has_text="logged 1h 30m for")).to_be_visible()
    notice.get_by_role("button", name="Undo").press("Enter")
    expect(bar).to_have_accessible_name("Time: 0m spent · 8h left · 8h estimated")
    expect(block.locator("[data-work]")).to_have_count(0)

    # A line of a comment does the same, completed while it is typed.
    text = page.get_by_label("New comment")
    text.focus()
    page.keyboard.type("/spe")
    expect(page.locator(".suggestions").get_by_role("option")).to_contain_text(["/spend 2h"])
    page.keyboard.press("Enter")
    page.keyboard.type("9h the cellar")
    page.keyboard.press("Control+Enter")
    notice = page.locator(".toast").filter(has_text="Logged 9h")
    expect(notice).to_be_visible()
    expect(bar).to_have_accessible_name("Time: 9h spent · 0m left · 8h estimated · 1h over")
    entry = block.locator("[data-work]")
    expect(entry).to_contain_text("the cellar")
    assert violations(page) == []

    # One's own entry is changed in its place, and taken out; the way back brings it again.
    entry.locator("summary").press("Enter")
    field = entry.get_by_label("How long")
    expect(field).to_be_focused()
    page.keyboard.type("2h")
    page.keyboard.press("Enter")
    expect(bar).to_have_accessible_name("Time: 2h spent · 6h left · 8h estimated")
    expect(entry.locator("summary")).to_be_focused()
    page.keyboard.press("Enter")
    entry.get_by_role("button", name="Take it out").press("Enter")
    notice = page.locator(".toast").filter(has_text="2h taken out of the log.")
    expect(notice).to_be_visible()
    expect(entry).to_have_count(0)
    expect(summary).to_be_focused()
    notice.get_by_role("button", name="Undo").press("Enter")
    expect(entry).to_contain_text("the cellar")
    expect(seen).to_have_accessible_name("Time: 2h spent · 6h left · 8h estimated")


@pytest.mark.deep
@on_each_device
def test_time_is_rolled_up_and_read_whole(server: WebProcess, visitor: Visitors, device: dict[str, object]) -> None:
    world = make_world()
    world.act(track_time, by=world.owner)
    world.act(add_sub_task)
    page = visitor(world.owner, **device).open(world.issue_path("FLOW-1"))
    page.locator(".live[data-state=live]").wait_for()
    block = page.locator("[data-block=time]")
    together = block.get_by_role("img", name="With sub-tasks: ")
    expect(together).to_have_accessible_name("With sub-tasks: 1h spent · 2h left · 3h estimated")

    # What is left can be said while time is logged; only then is there a field for it.
    block.locator("summary", has_text="Log time").click()
    left = block.get_by_label("Left then")
    expect(left).to_be_hidden()
    block.get_by_label("What is left").select_option("is set to …")
    expect(left).to_be_visible()
    block.get_by_label("How long").fill("30m")
    left.fill("45m")
    block.get_by_label("Note").last.fill("Looked at it")
    assert violations(page) == []
    block.get_by_role("button", name="Log", exact=True).click()
    expect(block.get_by_role("img", name="Time: ")).to_have_accessible_name("Time: 30m spent · 45m left")
    expect(together).to_have_accessible_name("With sub-tasks: 1h 30m spent · 2h 45m left · 3h estimated · 1h 15m over")

    # A sub-task's time is added at once, whoever logs it.
    world.act(lambda actor: log_work(actor=actor, issue=get_issue(actor=actor, key="FLOW-8"), minutes=60))
    expect(together).to_have_accessible_name("With sub-tasks: 2h 30m spent · 1h 45m left · 3h estimated · 1h 15m over")
    for _each in range(5):
        world.act(lambda actor: log_work(actor=actor, issue=get_issue(actor=actor, key="FLOW-1"), minutes=1))
    block.get_by_role("link", name="Show all that was logged").click()
    expect(page.get_by_role("heading", name="Time on FLOW-1")).to_be_visible()
    expect(page.locator("[data-work]")).to_have_count(6)
    expect(page.locator("[data-work]", has_text="Looked at it")).to_be_visible()
    assert violations(page) == []
