"""Writing: a text is formatted, names people and issues, and its tasks are ticked where they are read."""

from collections.abc import Callable

from playwright.sync_api import expect

from apps.issues.services import add_comment
from tests.browser.accessibility import violations
from tests.browser.board import eventually, make_world
from tests.browser.conftest import Visitor, on_each_device
from tests.processes import WebProcess

Visitors = Callable[..., Visitor]


@on_each_device
def test_a_text_is_written_read_and_ticked(server: WebProcess, visitor: Visitors, device: dict[str, object]) -> None:
    world = make_world()
    here, there = visitor(world.owner, **device), visitor(world.other)
    page = here.open(world.issue_path("FLOW-1"))
    page.locator("[data-ready]").wait_for()
    text = page.get_by_label("Description, in Markdown")
    options = page.locator(".suggestions").get_by_role("option")

    page.get_by_text("Write a description").click()
    # A name is found by its first letters, an issue by words of its title; Escape leaves what is typed.
    text.press_sequentially("Ask @mat")
    expect(options).to_have_count(1)
    page.keyboard.press("Enter")
    text.press_sequentially("about #expl")
    expect(options).to_contain_text(["FLOW-5 Explain it"])
    assert violations(page) == []
    options.first.click()
    text.press_sequentially("or @ma")
    expect(options).to_have_count(1)
    page.keyboard.press("Escape")
    expect(options).to_have_count(0)
    assert text.input_value() == "Ask @mateo about #FLOW-5 or @ma"
    # Keys and the bar format; a list goes on with Enter, and ends with it.
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Task list").click()
    text.press_sequentially("first")
    page.keyboard.press("Enter")
    text.press_sequentially("second")
    page.keyboard.press("Control+Shift+ArrowLeft")
    page.keyboard.press("Control+b")
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    assert text.input_value() == "Ask @mateo about #FLOW-5 or @ma\n\n- [ ] first\n- [ ] **second**\n"
    page.keyboard.press("Control+Enter")

    prose = page.locator(".issue-description > .prose")
    expect(prose.locator(".mention")).to_have_text("@Mateo Ruiz")
    expect(prose.get_by_role("link")).to_have_text("FLOW-5 Explain it")
    first, second = prose.get_by_role("checkbox", name="first"), prose.get_by_role("checkbox", name="second")
    assert violations(page) == []

    # A tick is saved, seen by others, and finds its task in a text that changed meanwhile.
    other = there.open(world.issue_path("FLOW-1"))
    other.locator(".live[data-state=live]").wait_for()
    first.focus()
    page.keyboard.press("Space")
    expect(other.get_by_role("checkbox", name="first")).to_be_checked()
    expect(first).to_be_focused()
    world.edit("FLOW-1", description="- [ ] zeroth\n- [x] first\n- [ ] **second**")
    expect(prose.get_by_role("checkbox")).to_have_count(3)
    second.check()
    eventually(lambda: world.issue("FLOW-1").description, "- [ ] zeroth\n- [x] first\n- [x] **second**")


def test_quick_actions_are_completed_previewed_done_and_taken_back(server: WebProcess, visitor: Visitors) -> None:
    """By keyboard alone."""
    world = make_world()
    ada = visitor(world.owner)
    ada.allow("422")
    page = ada.open(world.issue_path("FLOW-1"))
    page.locator(".live[data-state=live]").wait_for()
    text = page.get_by_label("New comment")
    options = page.locator(".suggestions").get_by_role("option")

    text.focus()
    page.keyboard.type("On it, by 1/2. /as")
    expect(options).to_have_count(0)
    page.keyboard.press("Enter")
    page.keyboard.type("/as")
    expect(options).to_contain_text(["/assign @ada"])
    assert violations(page) == []
    page.keyboard.press("Enter")
    page.keyboard.type("@mat")
    expect(options).to_contain_text(["Mateo Ruiz"])
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    page.keyboard.type("/status Limbo")
    page.keyboard.press("Control+Enter")
    # Refused as a whole: the text is still there, and the sentence names the line.
    error = page.locator(".composer [data-error]")
    expect(error).to_contain_text("Line 3, “/status Limbo”: There is no status “Limbo”.")
    for _letter in "Limbo":
        page.keyboard.press("Backspace")
    page.keyboard.type("in progress")
    page.get_by_role("button", name="Preview").last.press("Enter")
    preview = page.locator(".composer .preview")
    expect(preview.get_by_role("listitem")).to_have_text(["Will assign Mateo Ruiz.", "Will be in In progress."])
    assert violations(page) == []
    page.get_by_role("button", name="Comment", exact=True).press("Enter")
    notice = page.locator(".toast").filter(has_text="Assigned to Mateo Ruiz, now in In progress")
    expect(notice).to_be_visible()
    expect(page.locator(".comment .prose").first).to_have_text("On it, by 1/2. /as")
    expect(page.get_by_role("button", name="Assignee: Mateo Ruiz. Change")).to_be_visible()
    notice.get_by_role("button", name="Undo").press("Enter")
    expect(page.get_by_role("button", name="Assignee: Nobody. Change")).to_be_visible()
    expect(page.get_by_role("button", name="Status: To do. Change")).to_be_visible()

    # Who sends goes on where they are, by the keys as well, whatever is drawn anew around them.
    text.focus()
    page.keyboard.type("Thanks.")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".comment .prose", has_text="Thanks.")).to_be_visible()
    expect(text).to_have_value("")
    expect(text).to_be_focused()
    page.keyboard.press("Shift+Tab")
    tool = page.locator(".composer").get_by_role("button", name="Put files into the text")
    expect(tool).to_be_focused()
    world.act(lambda actor: add_comment(actor=actor, issue=world._own("FLOW-1"), body="Welcome."))
    expect(page.locator(".comment .prose", has_text="Welcome.")).to_be_visible()
    expect(tool).to_be_focused()
