"""Several issues at once: selected, changed, carried and taken back, with the mouse, by keyboard and on a phone."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import violations
from tests.browser.board import BoardPage, World, eventually, make_world
from tests.browser.conftest import PHONE, Visitor
from tests.browser.slow_line import SlowLine
from tests.processes import WebProcess

Visitors = Callable[..., Visitor]


@pytest.fixture
def world(server: WebProcess) -> World:
    return make_world()


def bar(page: Page) -> str:
    """How many the bar says are selected; empty while there is none."""
    shown = page.locator("[data-bulk]")
    return shown.locator("[data-count]").inner_text() if shown.is_visible() else ""


def selected(page: Page) -> list[str]:
    return page.locator(".selected").evaluate_all("all => all.map(each => each.dataset.issueKey)")


def undo(page: Page) -> None:
    page.get_by_role("button", name="Undo").last.click()


class TestBoard:
    def test_with_the_mouse(self, visitor: Visitors, world: World) -> None:
        ada, mateo = visitor(world.owner), visitor(world.other)
        board = BoardPage(ada.open(world.path())).ready()
        theirs = BoardPage(mateo.open(world.path())).ready()
        page = board.page

        # Ctrl and a click, a box, Shift for all between.
        board.card("FLOW-1").locator(".key").click(modifiers=["Control"])
        board.card("FLOW-2").hover()
        page.get_by_role("checkbox", name="Select FLOW-2").click()
        eventually(lambda: bar(page), "2 selected")
        board.card("FLOW-4").locator(".key").click(modifiers=["Shift"])
        assert selected(page) == ["FLOW-1", "FLOW-2", "FLOW-3", "FLOW-4"]
        assert violations(page) == []
        assert page.url.endswith("/board/")

        # One choice changes all of them, here and in other browsers, and is taken back as one.
        page.get_by_role("button", name="Assignee", exact=True).click()
        page.get_by_role("menuitem", name="Mateo Ruiz").click()
        expect(page.get_by_text("4 issues changed.")).to_be_visible()
        expect(theirs.page.locator(".card .avatar")).to_have_count(4)
        undo(page)
        expect(page.locator(".toast", has_text="Taken back.")).to_be_visible()
        expect(theirs.page.locator(".card .avatar")).to_have_count(0)

        # They are carried together, and land in their order.
        board.card("FLOW-2").locator(".key").click(modifiers=["Control"])
        board.lift("FLOW-4")
        assert page.locator(".drag-clone").get_attribute("data-count") == "3"
        board.carry("In progress", before="FLOW-6")
        board.drop()
        board.shows(In_progress=["FLOW-1", "FLOW-3", "FLOW-4", "FLOW-6"], To_do=["FLOW-2", "FLOW-5"])
        eventually(lambda: world.order("In progress"), ["FLOW-1", "FLOW-3", "FLOW-4", "FLOW-6"])
        theirs.shows(In_progress=["FLOW-1", "FLOW-3", "FLOW-4", "FLOW-6"])
        undo(page)
        board.shows(To_do=["FLOW-1", "FLOW-2", "FLOW-3", "FLOW-4", "FLOW-5"], In_progress=["FLOW-6"])
        theirs.shows(To_do=["FLOW-1", "FLOW-2", "FLOW-3", "FLOW-4", "FLOW-5"], In_progress=["FLOW-6"])

    def test_a_full_column_refuses_them_all(self, visitor: Visitors, world: World) -> None:
        world.limit("In progress", 2, policy="block")
        ada = visitor(world.owner)
        ada.allow("409")
        board = BoardPage(ada.open(world.path())).ready()
        for key in ("FLOW-1", "FLOW-2"):
            board.card(key).locator(".key").click(modifiers=["Control"])
        board.drag("FLOW-1", "In progress")
        eventually(lambda: [text for text in board.toasts if "takes 2 issues at once" in text], bool)
        board.shows(To_do=["FLOW-1", "FLOW-2", "FLOW-3", "FLOW-4", "FLOW-5"], In_progress=["FLOW-6"])
        assert board.page.locator(".card.pending").count() == 0

    def test_choices_follow_each_other_and_are_taken_back_once(self, visitor: Visitors, world: World) -> None:
        page = visitor(world.owner).open(world.path("issues/"))
        line = SlowLine(page, "/issues/bulk/$")
        for key in ("FLOW-1", "FLOW-2"):
            page.get_by_role("checkbox", name=f"Select {key}").click()
        for button, item in (("Priority", "Urgent"), ("Assignee", "Mateo Ruiz")):
            page.get_by_role("button", name=button, exact=True).click()
            page.get_by_role("menuitem", name=item).click()
            line.wait()
        line.let_go()
        expect(page.locator(".toast", has_text="2 issues changed.")).to_have_count(2)
        found = [world.issue(key) for key in ("FLOW-1", "FLOW-2")]
        assert [(issue.priority, issue.assignee) for issue in found] == [(4, world.other)] * 2
        # A hand that trembles presses a button twice.
        page.get_by_role("button", name="Undo").last.evaluate("button => { button.click(); button.click(); }")
        expect(page.locator(".toast", has_text="Taken back.")).to_be_visible()
        expect(page.locator(".toast", has_text="2 issues changed.")).to_have_count(1)
        page.get_by_role("button", name="Undo").last.click()
        expect(page.locator(".toast", has_text="Taken back.")).to_have_count(2)
        expect(page.locator(".toast.error")).to_have_count(0)
        found = [world.issue(key) for key in ("FLOW-1", "FLOW-2")]
        assert [(issue.priority, issue.assignee) for issue in found] == [(0, None)] * 2

    def test_by_keyboard(self, visitor: Visitors, world: World) -> None:
        board = BoardPage(visitor(world.owner).open(world.path())).ready()
        page = board.page
        board.card("FLOW-1").focus()
        board.press("x", "Shift+ArrowDown")
        eventually(lambda: bar(page), "2 selected")
        eventually(lambda: board.said, "FLOW-2 selected. 2 selected")
        # A lifted card takes the others along.
        board.press(" ", "ArrowRight", " ")
        board.shows(To_do=["FLOW-3", "FLOW-4", "FLOW-5"])
        eventually(lambda: sorted(world.order("In progress")), ["FLOW-1", "FLOW-2", "FLOW-6"])
        eventually(lambda: [text for text in board.toasts if text == "2 issues moved to In progress"], bool)
        # The bar, and back.
        board.press("b")
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.get_by_role("menuitem", name="Urgent")).to_be_focused()
        page.keyboard.press("Enter")
        eventually(lambda: {world.issue(key).priority for key in ("FLOW-1", "FLOW-2")}, {4})
        expect(page.get_by_role("button", name="Priority", exact=True)).to_be_focused()
        page.keyboard.press("Escape")
        eventually(lambda: bar(page), "")
        eventually(lambda: board.focused, lambda key: key in {"FLOW-1", "FLOW-2"})
        board.press("Control+z", "Control+z")
        board.shows(To_do=["FLOW-1", "FLOW-2", "FLOW-3", "FLOW-4", "FLOW-5"])
        eventually(lambda: {world.issue(key).priority for key in ("FLOW-1", "FLOW-2")}, {0})


class TestList:
    def test_on_a_phone(self, visitor: Visitors, world: World) -> None:
        page = visitor(world.owner, viewport=PHONE, has_touch=True).open(world.path("issues/"))
        page.locator(".live[data-state=live]").wait_for()
        for key in ("FLOW-1", "FLOW-3"):
            page.get_by_role("checkbox", name=f"Select {key}").tap()
        eventually(lambda: bar(page), "2 selected")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert violations(page) == []
        page.get_by_role("button", name="Points").tap()
        page.get_by_role("button", name="8", exact=True).tap()
        eventually(lambda: [world.issue(key).points for key in ("FLOW-1", "FLOW-3")], [8, 8])
        page.get_by_role("button", name="Delete", exact=True).tap()
        expect(page.get_by_role("checkbox", name="Select FLOW-1")).to_have_count(0)
        eventually(lambda: bar(page), "")
        undo(page)
        expect(page.get_by_role("checkbox", name="Select FLOW-1")).to_have_count(1)

    def test_an_older_reading_does_not_undo_a_newer_one(self, visitor: Visitors, world: World) -> None:
        ada = visitor(world.owner)
        page, beside = (ada.open(world.path("issues/")) for _tab in range(2))
        for tab in (page, beside):
            tab.locator(".live[data-state=live]").wait_for()
        titles = [tab.locator("tr[data-issue-key=FLOW-1] a.cover") for tab in (page, beside)]
        line = SlowLine(page, "/issues/rows/", method="GET", is_answered=True)
        world.edit("FLOW-1", title="Ask first")
        line.wait()
        world.edit("FLOW-1", title="Ask again")
        expect(titles[1]).to_have_text("Ask again")
        line.let_go()
        expect(titles[0]).to_have_text("Ask again")
