"""Comments as a talk: links to single ones, reactions, what was said before, and the one that is pinned."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from apps.core.tenancy import Actor
from apps.issues.selectors import get_comment
from apps.issues.services import add_comment, delete_comment, edit_comment
from tests.browser.accessibility import violations
from tests.browser.board import BoardPage, World, make_world
from tests.browser.conftest import Visitor, on_each_device
from tests.processes import WebProcess

Visitors = Callable[..., Visitor]


def say(world: World, body: str) -> int:
    """Mateo comments on FLOW-2."""
    return world.act(lambda actor: add_comment(actor=actor, issue=world._own("FLOW-2"), body=body).pk)


def change(actor: Actor, comment_id: int, body: str) -> None:
    """Its author changes a comment."""
    edit_comment(actor=actor, comment=get_comment(actor=actor, comment_id=comment_id), body=body)


@pytest.mark.deep
@on_each_device
def test_people_talk_about_an_issue(server: WebProcess, visitor: Visitors, device: dict[str, object]) -> None:
    world = make_world()
    first, *_others, last = (say(world, f"Thought {number}. " + "More of it. " * 60) for number in range(5))
    ada = visitor(world.owner, **device)
    board = BoardPage(ada.open(world.path())).ready()
    page = board.page
    board.card("FLOW-2").focus()
    page.keyboard.press("Enter")
    panel = page.locator("#panel")
    said = panel.locator(".comment")
    expect(said).to_have_count(5)

    # A comment's time is a link to it: it marks the comment and leaves the panel open, also after another one was said.
    said.first.get_by_role("link", name="Link to this comment").focus()
    page.keyboard.press("Enter")
    marked = panel.locator(".comment[aria-current=location]")
    expect(marked).to_have_attribute("id", f"comment-{first}")
    expect(marked).to_be_focused()
    assert page.url.endswith(f"/issue/FLOW-2/#comment-{first}")
    say(world, "And another thing")
    expect(said).to_have_count(6)
    expect(marked).to_have_attribute("id", f"comment-{first}")
    expect(marked).to_be_focused()
    said.nth(4).get_by_role("button", name="More about this comment").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("menuitem", name="Copy link")).to_be_focused()
    assert violations(page) == []
    address = f"{ada.server.url}{world.issue_path('FLOW-2')}#comment-{last}"
    expect(page.get_by_role("menuitem", name="Copy link")).to_have_attribute("data-copy", address)
    page.keyboard.press("Escape")

    # One click reacts, and one takes it back; others see it come and go, with the name.
    theirs = visitor(world.other).open(world.issue_path("FLOW-2"))
    theirs.locator(".live[data-state=live]").wait_for()
    said.first.get_by_role("button", name="Add a reaction").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("h")
    expect(page.get_by_role("menuitemcheckbox", name="Hooray")).to_be_focused()
    assert violations(page) == []
    page.keyboard.press("Enter")
    hooray = said.first.get_by_role("button", name="1 × Hooray: Ada Okafor")
    expect(hooray).to_have_attribute("aria-pressed", "true")
    seen = theirs.locator(f"#comment-{first}").get_by_role("button", name="Hooray")
    expect(seen).to_have_accessible_name("1 × Hooray: Ada Okafor")
    seen.click()
    both = said.first.get_by_role("button", name="2 × Hooray: Ada Okafor and Mateo Ruiz")
    both.focus()
    page.keyboard.press("Enter")
    expect(said.first.get_by_role("button", name="1 × Hooray: Mateo Ruiz")).to_be_focused()
    expect(seen).to_have_accessible_name("1 × Hooray: Mateo Ruiz")
    seen.click()
    expect(said.first.get_by_role("button", name="Hooray")).to_have_count(0)
    to_issue = panel.locator("[data-block=reactions]")
    to_issue.get_by_role("button", name="Add a reaction").click()
    page.get_by_role("menuitemcheckbox", name="Rocket").click()
    to_issue.get_by_role("button", name="1 × Rocket: Ada Okafor").click()
    expect(to_issue.get_by_role("button")).to_have_count(1)
    expect(to_issue.get_by_role("group", name="Reactions")).to_be_focused()

    # "edited" shows what a comment said before, without leaving the issue.
    world.act(lambda actor: change(actor, first, "Another *thought*."))
    said.first.get_by_role("link", name="edited").focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="How this comment changed")
    expect(dialog.locator("ins").first).to_contain_text("Another *thought*")
    expect(dialog.locator("del").first).to_contain_text("Thought 0")
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(panel).to_be_visible()

    # One comment stands above the others, for everybody, until it is taken down by the same control.
    said.first.get_by_role("button", name="More about this comment").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("p")
    page.keyboard.press("Enter")
    pinned = panel.locator(".pinned")
    expect(pinned).to_contain_text("Another thought.")
    expect(theirs.locator(".pinned")).to_contain_text("Another thought.")
    expect(panel.locator(".fact", has_text="pinned a comment")).to_be_visible()
    assert violations(page) == []
    theirs.get_by_role("button", name="Unpin").first.click()
    expect(theirs.locator(".pinned")).to_have_count(0)
    expect(pinned).to_have_count(0)

    # Typed where the panel is open it leads on, and on the issue's page as well.
    page.goto(address)
    expect(marked).to_have_attribute("id", f"comment-{last}")
    expect(marked).to_be_in_viewport()
    page.reload()
    expect(page.locator(".issue[data-page] .comment[aria-current=location]")).to_be_in_viewport()
    expect(page.locator(f"#comment-{last}")).to_be_focused()

    # Once it is deleted, its link says so.
    notice = page.get_by_text("That comment was deleted")
    expect(notice).to_be_hidden()
    page.locator(".live[data-state=live]").wait_for()
    world.act(lambda actor: delete_comment(actor=actor, comment=get_comment(actor=actor, comment_id=last)))
    expect(notice).to_be_visible()
    page.reload()
    expect(notice).to_be_in_viewport()
    assert violations(page) == []
