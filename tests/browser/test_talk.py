"""Comments as a talk: links to single ones, reactions, former words, the pinned one; threads, and who writes now."""

import re
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
    expect(page).to_have_url(re.compile(f"/issue/FLOW-2/#comment-{first}$"))
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


def join(world: World, to: int, body: str) -> int:
    """Mateo replies to a comment."""

    def work(actor: Actor) -> int:
        found = get_comment(actor=actor, comment_id=to)
        return add_comment(actor=actor, issue=found.issue, body=body, reply_to=found).pk

    return world.act(work)


@on_each_device
def test_people_talk_in_threads(server: WebProcess, visitor: Visitors, device: dict[str, object]) -> None:
    world = make_world()
    first = say(world, "It hangs after a restart.")
    replies = [join(world, first, f"Reply {number}.") for number in range(5)]
    other = say(world, "And the lamp is red.")
    ada = visitor(world.owner, **device)
    board = BoardPage(ada.open(world.path())).ready()
    page = board.page
    page.locator(".live[data-state=live]").wait_for(state="attached")
    board.card("FLOW-2").focus()
    page.keyboard.press("Enter")
    panel = page.locator("#panel")
    thread, lone = panel.locator(f"#comment-{first}"), panel.locator(f"#comment-{other}")
    shown = thread.locator(".reply:visible")
    expect(shown).to_have_count(3)
    # A long thread is folded, and a link to what is in the fold opens it.
    thread.get_by_text("2 earlier replies").focus()
    page.keyboard.press("Enter")
    expect(shown).to_have_count(5)
    theirs = visitor(world.other).open(f"{world.issue_path('FLOW-2')}#comment-{replies[0]}")
    expect(theirs.locator(f"#comment-{replies[0]}")).to_be_focused()
    theirs.locator(".live[data-state=live]").wait_for()

    # "r" replies to the comment one is at, with what is selected; others see that somebody writes, never what.
    lone.get_by_role("link", name="Link to this comment").focus()
    lone.locator(".prose").first.evaluate("words => getSelection().selectAllChildren(words)")
    page.keyboard.press("r")
    field = lone.get_by_label("Reply, in Markdown")
    expect(field).to_be_focused()
    expect(field).to_have_value("> And the lamp is red.\n\n")
    expect(lone.get_by_role("button", name="Bold")).to_be_visible()
    page.keyboard.type("Mine blinks.")
    typing = theirs.locator("[data-typing]")
    expect(typing).to_have_text("Ada Okafor is writing a comment…")
    expect(theirs.locator("body")).not_to_contain_text("Mine blinks.")
    assert violations(page) == []
    # What is said meanwhile comes in around it: in the same thread, in another, and as a new one.
    join(world, other, "Which one?")
    expect(lone.locator(".reply")).to_have_text(re.compile("Which one"))
    late = join(world, first, "Reply 5.")
    expect(panel.locator(f"#comment-{late}")).to_be_visible()
    newest = say(world, "By the way.")
    expect(panel.locator(f"#comment-{newest}")).to_be_visible()
    expect(field).to_have_value("> And the lamp is red.\n\nMine blinks.")
    expect(field).to_be_focused()
    page.keyboard.press("Control+Enter")
    expect(field).to_be_hidden()
    expect(lone.locator(".reply")).to_have_count(2)
    expect(lone.locator(".reply blockquote")).to_have_text("And the lamp is red.")
    expect(lone.get_by_text("Reply to")).to_be_focused()
    expect(theirs.locator(f"#comment-{other} .reply")).to_have_count(2)
    expect(typing).to_be_empty()

    # Emptied is not written, and a description is edited for as long as somebody is at it.
    theirs.get_by_label("New comment").fill("Hm")
    here = panel.locator("[data-typing]")
    expect(here).to_have_text("Mateo Ruiz is writing a comment…")
    theirs.get_by_label("New comment").fill("")
    expect(here).to_be_empty()
    theirs.get_by_text("Write a description").click()
    expect(here).to_have_text("Mateo Ruiz is editing the description…")
    theirs.keyboard.press("Escape")
    expect(here).to_be_empty()

    # Whoever may comment resolves: it folds for everybody, with who, and is counted no more.
    count = panel.locator("[data-next-thread]")
    expect(count).to_contain_text("2 unresolved threads")
    count.focus()
    page.keyboard.press("Enter")
    expect(thread).to_be_focused()
    count.focus()
    page.keyboard.press("Enter")
    expect(lone).to_be_focused()
    lone.get_by_role("button", name="Resolve", exact=True).focus()
    page.keyboard.press("Enter")
    fold = lone.locator("details.resolved > summary")
    expect(fold).to_contain_text("Resolved by Ada Okafor")
    expect(fold).to_be_focused()
    expect(lone.locator(".prose").first).to_be_hidden()
    expect(count).to_contain_text("1 unresolved thread")
    their_fold = theirs.locator(f"#comment-{other} > details.resolved")
    expect(their_fold).to_contain_text("And the lamp is red.")
    page.get_by_role("button", name="Undo").click()
    expect(count).to_contain_text("2 unresolved threads")
    expect(their_fold).to_have_count(0)
    expect(panel.locator(".fact", has_text="opened a thread again")).to_be_visible()

    # A reply opens it again, and a deleted first comment leaves its place.
    theirs.locator(f"#comment-{other}").get_by_role("button", name="Resolve", exact=True).click()
    expect(fold).to_contain_text("Resolved by Mateo Ruiz")
    assert violations(page) == []
    join(world, other, "No, it is the other lamp.")
    expect(fold).to_have_count(0)
    world.act(lambda actor: delete_comment(actor=actor, comment=get_comment(actor=actor, comment_id=other)))
    expect(lone).to_contain_text("This comment was deleted.")
    expect(lone.locator(".reply")).to_have_count(3)
    assert violations(page) == []
