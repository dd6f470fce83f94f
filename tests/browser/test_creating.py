"""Creating issues as people do: at a column's foot, from a pasted list, in the dialog, and without script."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from apps.boards.models import Column
from tests.browser.accessibility import violations
from tests.browser.board import BoardPage, World, eventually, make_world
from tests.browser.conftest import PHONE, Visitor, on_each_device
from tests.browser.elsewhere import elsewhere
from tests.browser.hands import Keyboard
from tests.browser.slow_line import SlowLine
from tests.processes import WebProcess

Visitors = Callable[..., Visitor]

PASTED = """\
- Pack the tent
* [ ] Buy gas
3. Check the stove

\u2022 Tell the others
   plain and simple   """


@pytest.fixture
def world(server: WebProcess) -> World:
    return make_world()


def paste(page: Page, text: str) -> None:
    """Paste into whatever has the focus."""
    page.evaluate(
        """text => {
            const data = new DataTransfer();
            data.setData("text/plain", text);
            const event = new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true});
            if (document.activeElement.dispatchEvent(event)) document.execCommand("insertText", false, text);
        }""",
        text,
    )


class TestDialog:
    @pytest.mark.parametrize(
        "device",
        [
            pytest.param({}, id="wide"),
            pytest.param({"viewport": PHONE, "has_touch": True}, id="phone", marks=pytest.mark.deep),
        ],
    )
    def test_creates_one_after_the_other_by_keyboard_and_says_what_is_hidden(
        self, visitor: Visitors, world: World, device: dict[str, Any]
    ) -> None:
        board = BoardPage(visitor(world.owner, **device).open(world.path())).ready()
        page, dialog = board.page, board.page.locator("#new-issue")
        keyboard = Keyboard(page)
        keyboard.go(board.card("FLOW-6"))
        board.press("c")
        expect(dialog.get_by_label("Status")).to_have_value(str(world.issue("FLOW-6").status_id))
        page.keyboard.type("Sharpen the saw")
        keyboard.choose(dialog.get_by_label("Type"), "Bug")
        keyboard.choose(dialog.get_by_label("Assignee"), world.owner.name)
        keyboard.choose(dialog.get_by_label("Priority"), "High")
        keyboard.write(dialog.get_by_label("Points"), "3")
        keyboard.write(dialog.get_by_label("Description"), "Because it is **blunt**.")
        keyboard.tick(dialog.get_by_label("Create another"))
        board.press("Control+Enter")
        expect(dialog.get_by_text("FLOW-8 created.")).to_be_visible()
        expect(dialog.get_by_label("Title")).to_be_focused()
        expect(dialog.get_by_label("Title")).to_have_value("")
        expect(dialog.get_by_label("Type")).to_have_value(str(world.issue("FLOW-8").type_id))
        page.keyboard.type("Oil the hinge")
        keyboard.tick(dialog.get_by_label("Create another"))
        keyboard.go(dialog.get_by_label("Title"))
        board.press("Enter")
        expect(dialog).to_be_hidden()
        eventually(lambda: board.focused, "FLOW-6")
        board.shows(In_progress=["FLOW-6", "FLOW-8", "FLOW-9"])
        first, second = world.issue("FLOW-8"), world.issue("FLOW-9")
        assert (first.priority, first.assignee, str(first.points)) == (3, world.owner, "3.00")
        assert (second.priority, second.assignee, second.points) == (3, world.owner, None)
        assert second.description == ""

        board.press("Control+z")
        board.shows(In_progress=["FLOW-6", "FLOW-8"])

        board.press("/")
        page.keyboard.type("saw")
        board.shows(In_progress=["FLOW-8"])
        keyboard.press(page.get_by_role("link", name="New issue"))
        page.keyboard.type("Something else")
        board.press("Control+Enter")
        toast = page.locator(".toast", has_text="The filters hide it.")
        expect(toast).to_be_visible()
        expect(page.get_by_role("link", name="New issue")).to_be_focused()
        keyboard.press(toast.get_by_role("link", name="Open FLOW-10"))
        expect(page.locator("#panel").get_by_role("heading", name="Something else")).to_be_visible()

    @on_each_device
    def test_quick_actions_are_completed_previewed_and_done(
        self, visitor: Visitors, world: World, device: dict[str, Any]
    ) -> None:
        """By keyboard alone: behind an action, what it can be given is offered as well."""
        ada = visitor(world.owner, **device)
        ada.allow("422")
        board = BoardPage(ada.open(world.path())).ready()
        page, dialog = board.page, board.page.locator("#new-issue")
        keyboard = Keyboard(page)
        options = page.locator(".suggestions").get_by_role("option")
        text = dialog.get_by_label("Description")
        board.press("c")
        text.wait_for()
        page.keyboard.type("Sharpen the saw")
        keyboard.go(text)
        page.keyboard.type("It is **blunt**.\n/as")
        expect(options).to_contain_text(["/assign @ada"])
        board.press("Enter")
        expect(options).to_contain_text(["me", "Ada Okafor", "Mateo Ruiz"])
        page.keyboard.type("@mat")
        expect(options).to_contain_text(["Mateo Ruiz"])
        assert violations(page) == []
        board.press("Escape")  # leaves the list, not the dialog
        expect(options).to_have_count(0)
        page.keyboard.type("eo\n/status in p")
        expect(options).to_have_text(["In progress"])
        board.press("Enter")
        page.keyboard.type("\n/label nonsense")
        expect(options).to_have_count(0)
        preview, pane = dialog.get_by_role("button", name="Preview"), dialog.locator(".preview")
        keyboard.press(preview)
        expect(pane).to_contain_text("Line 4, “/label nonsense”: There is no label “nonsense”.")
        expect(preview).to_be_focused()
        board.press("Control+Enter")
        # Refused as a whole: the sentence names the line, and the text is there to be put right.
        expect(dialog.locator("[data-error]")).to_contain_text("Line 4, “/label nonsense”")
        expect(pane).to_be_hidden()
        expect(text).to_be_focused()
        expect(text).to_have_attribute("aria-invalid", "true")
        board.press("Control+End")
        for _letter in "label nonsense":
            board.press("Backspace")
        page.keyboard.type("priority ur")
        expect(options).to_have_text(["Urgent"])
        board.press("Enter")
        keyboard.press(preview)
        expect(pane.get_by_role("listitem")).to_have_text(
            ["Will assign Mateo Ruiz.", "Will be in In progress.", "Will set the priority to Urgent."]
        )
        expect(pane.locator("strong")).to_have_text("blunt")
        expect(dialog.locator("[data-error]")).to_be_hidden()
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        keyboard.press(preview)
        expect(text).to_be_focused()
        board.press("Control+Enter")
        expect(dialog).to_be_hidden()
        board.shows(In_progress=["FLOW-6", "FLOW-8"])
        made = world.issue("FLOW-8")
        assert (made.description, made.assignee.name, made.priority) == ("It is **blunt**.", "Mateo Ruiz", 4)

    def test_a_draft_survives_a_closed_tab(self, visitor: Visitors, world: World) -> None:
        ada = visitor(world.owner, viewport=PHONE, has_touch=True, is_mobile=True)
        page = ada.open(world.path("issues/"))
        dialog = page.locator("#new-issue")
        page.get_by_role("link", name="New issue").tap()
        dialog.get_by_label("Priority").select_option("Urgent")
        dialog.get_by_label("Title").fill("Half a thought")
        dialog.get_by_label("Description").fill("and why")
        page.close()

        page = ada.open(world.path("issues/"))
        dialog = page.locator("#new-issue")
        page.get_by_role("link", name="New issue").tap()
        expect(dialog.get_by_text("Draft restored")).to_be_visible()
        expect(dialog.get_by_label("Title")).to_have_value("Half a thought")
        expect(dialog.get_by_label("Description")).to_have_value("and why")
        expect(dialog.get_by_label("Priority")).to_have_value("4")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert violations(page) == []
        dialog.get_by_role("button", name="Create issue").tap()
        expect(page.locator("#issue-rows")).to_contain_text("Half a thought")
        page.get_by_role("link", name="New issue").tap()
        dialog.get_by_label("Priority").wait_for()
        expect(dialog.get_by_label("Title")).to_have_value("")

    def test_two_in_a_moment_are_both_in_the_list(self, visitor: Visitors, world: World) -> None:
        page = visitor(world.owner).open(world.path("issues/"))
        dialog, rows = page.locator("#new-issue"), page.locator("#issue-rows")
        line = SlowLine(page, "/FLOW/issues/$", method="GET", is_answered=True)
        for title in ("The first", "The second"):
            page.keyboard.press("c")
            dialog.get_by_label("Title").fill(title)
            page.keyboard.press("Control+Enter")
            expect(dialog).to_be_hidden()
            line.wait()
        expect(rows).to_contain_text("The second")
        line.let_go()
        expect(rows).to_contain_text("The second")

    def test_what_is_typed_while_one_is_created_is_not_lost(self, visitor: Visitors, world: World) -> None:
        page = visitor(world.owner).open(world.path("issues/"))
        page.keyboard.press("c")
        title = page.locator("#new-issue").get_by_label("Title")
        title.fill("The first")
        page.locator("#new-issue").get_by_label("Create another").check()
        title.focus()
        line = SlowLine(page, "/issues/")
        page.keyboard.press("Control+Enter")
        line.wait()
        page.keyboard.type(" and more")
        expect(title).to_have_value("The first")
        line.let_go()
        expect(title).to_have_value("")
        page.keyboard.type("The second")
        expect(title).to_have_value("The second")
        expect(page.locator("#issue-rows")).to_contain_text("The first")

    @pytest.mark.parametrize("script", [True, False])
    def test_is_a_plain_page_as_well(self, visitor: Visitors, world: World, script: bool) -> None:
        page = visitor(world.owner, java_script_enabled=script).open(world.path("issues/new/"))
        page.get_by_label("Title").fill("Made by hand")
        page.get_by_label("Priority").select_option("Low")
        page.get_by_label("Create another").check()
        page.get_by_role("button", name="Create issue").click()
        expect(page.locator("main, .toast").get_by_text(re.compile("FLOW-8")).first).to_be_visible()
        expect(page.get_by_label("Title")).to_have_value("")
        expect(page.get_by_label("Priority")).to_have_value("1")
        page.get_by_label("Title").fill("And another")
        page.get_by_label("Create another").uncheck()
        page.get_by_role("button", name="Create issue").click()
        expect(page).to_have_url(re.compile("/issue/FLOW-9/$"))


class TestPaste:
    def test_makes_an_issue_of_each_line_and_takes_all_back_at_once(self, visitor: Visitors, world: World) -> None:
        ada = visitor(world.owner, permissions=["clipboard-read", "clipboard-write"])
        board = BoardPage(ada.open(world.path())).ready()
        page, dialog = board.page, board.page.locator("#many-dialog")
        keyboard = Keyboard(page)
        keyboard.press(board.column("In review").locator("summary"))
        page.evaluate("text => navigator.clipboard.writeText(text)", PASTED)
        board.press("Control+v")
        expect(dialog).to_be_visible()
        assert violations(page) == []
        titles = dialog.locator("[data-titles] input")
        assert [field.input_value() for field in titles.all()] == [
            "Pack the tent", "Buy gas", "Check the stove", "Tell the others", "plain and simple",
        ]  # fmt: skip
        keyboard.press(dialog.get_by_role("button", name="Remove title 2"))
        keyboard.write(titles.nth(1), "Check the stove twice")
        board.press("Enter")
        expect(dialog).to_be_hidden()
        expect(board.column("In review").locator("textarea")).to_be_focused()
        board.shows(In_review=["FLOW-8", "FLOW-9", "FLOW-10", "FLOW-11"])
        assert [world.issue(key).title for key in world.order("In review")] == [
            "Pack the tent", "Check the stove twice", "Tell the others", "plain and simple",
        ]  # fmt: skip
        expect(page.locator(".toast", has_text="4 issues created.")).to_be_visible()
        board.press("Escape", "Control+z")
        board.shows(In_review=[])
        eventually(lambda: world.order("In review"), [])

    def test_is_one_title_when_wanted_and_stops_at_a_hundred(self, visitor: Visitors, world: World) -> None:
        board = BoardPage(visitor(world.owner, viewport=PHONE, has_touch=True).open(world.path())).ready()
        page, dialog = board.page, board.page.locator("#many-dialog")
        board.column("To do").get_by_text("Add an issue").click()
        paste(page, "One thing\nin two lines")
        dialog.get_by_role("button", name="Make it one title").click()
        field = board.column("To do").locator("textarea")
        expect(field).to_have_value("One thing in two lines")
        field.fill("")
        paste(page, "\n".join(f"{number}) Step" for number in range(120)))
        expect(dialog.get_by_text("You pasted 120 lines.")).to_be_visible()
        expect(dialog.get_by_role("button", name="Create 100 issues")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.keyboard.press("Escape")
        expect(field).to_be_focused()
        assert world.order("To do") == ["FLOW-1", "FLOW-2", "FLOW-3", "FLOW-4", "FLOW-5"]
        # Cells of a spreadsheet are looked over with what comes along, and made with it.
        paste(page, "Summary\tType\tStory points\nPay by card\tBug\t3\nRefund\tTask\tlots\n")
        expect(dialog.get_by_text("“lots” is left out")).to_be_visible()
        dialog.get_by_role("button", name="Create 2 issues").click()
        board.shows(To_do=[f"FLOW-{number}" for number in (1, 2, 3, 4, 5, 8, 9)])
        made = world.issue("FLOW-8")
        assert (made.title, made.points, made.type.name, made.status.name) == ("Pay by card", 3, "Bug", "To do")


class TestColumnForm:
    def test_keeps_what_is_written_when_the_columns_change_and_when_the_tab_closes(
        self, visitor: Visitors, world: World
    ) -> None:
        ada = visitor(world.owner)
        board = BoardPage(ada.open(world.path())).ready()
        board.column("In progress").get_by_text("Add an issue").click()
        board.page.keyboard.type("While they rearr")
        elsewhere(lambda: Column.objects.using("owner").filter(project=world.project, name="Done").delete())
        world.limit("To do", 50)  # tells every board that the columns are to be read again
        eventually(lambda: board.column("Done").count(), 0)
        board.page.keyboard.type("ange")
        field = board.column("In progress").locator("textarea")
        expect(field).to_have_value("While they rearrange")
        elsewhere(lambda: Column.objects.using("owner").filter(project=world.project, name="In progress").delete())
        world.limit("To do", 51)
        eventually(lambda: board.column("In progress").count(), 0)
        expect(board.column("To do").locator("textarea")).to_have_value("While they rearrange")
        board.page.close()

        board = BoardPage(ada.open(world.path())).ready()
        board.column("To do").get_by_text("Add an issue").click()
        expect(board.column("To do").get_by_text("Draft restored")).to_be_visible()
        expect(board.column("To do").locator("textarea")).to_have_value("While they rearrange")
        board.press("Enter")
        eventually(lambda: world.order("To do")[-1], "FLOW-8")

    def test_says_when_the_filters_hide_what_was_created(self, visitor: Visitors, world: World) -> None:
        board = BoardPage(visitor(world.owner).open(world.path(q="Build"))).ready()
        board.column("To do").get_by_text("Add an issue").click()
        board.page.keyboard.type("Hidden at once")
        board.press("Enter")
        toast = board.page.locator(".toast", has_text="FLOW-8 created. The filters hide it.")
        expect(toast.get_by_role("link", name="Open FLOW-8")).to_have_attribute("href", world.issue_path("FLOW-8"))
        board.shows(To_do=["FLOW-2"])
