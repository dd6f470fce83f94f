"""Every issue has an address: in the bar, in a tab of its own, on the clipboard, and Back leads to where one was."""

from collections.abc import Callable
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from playwright.sync_api import Page, expect

from tests.browser.accessibility import violations
from tests.browser.board import BoardPage, World, eventually, make_world
from tests.browser.conftest import DEVICES, Visitor, on_each_device
from tests.browser.elsewhere import elsewhere
from tests.browser.hands import Keyboard
from tests.factories import PASSWORD
from tests.processes import WebProcess

Visitors = Callable[..., Visitor]


@pytest.fixture
def world(server: WebProcess) -> World:
    return make_world()


@pytest.fixture(params=DEVICES)
def ada(request: pytest.FixtureRequest, visitor: Visitors, world: World) -> Visitor:
    return visitor(world.owner, permissions=["clipboard-read", "clipboard-write"], **request.param)


def where(page: Page, selector: str) -> int:
    """How far down something is scrolled."""
    return int(page.locator(selector).evaluate("box => box.scrollTop"))


def came_back(page: Page, selector: str, to: int) -> None:
    eventually(lambda: where(page, selector), lambda now: abs(now - to) < 24)


def open_row(page: Page, title: str) -> None:
    page.get_by_role("link", name=title, exact=True).press("Enter")
    page.locator("#panel [data-issue]").wait_for()


def titled(page: Page, title: str) -> None:
    eventually(page.title, title)


class TestList:
    def test_opens_the_issue_beside_it_and_back_leads_to_the_row(self, ada: Visitor, world: World) -> None:
        world.add(*(f"Number {number}" for number in range(60)))
        address = world.path("issues/", sort="key", q="number")
        page = ada.open(address)
        page.locator(".live[data-state=live]").wait_for()
        before = page.title()
        page.keyboard.press("j")
        for _row in range(30):
            page.keyboard.press("ArrowDown")
        expect(page.get_by_role("link", name="Number 30", exact=True)).to_be_focused()
        page.keyboard.press("Enter")
        panel = page.locator("#panel")
        expect(panel.get_by_role("heading", name="Number 30")).to_be_visible()
        assert page.url.endswith(world.issue_path("FLOW-38"))
        titled(page, "FLOW-38 Number 30 · FlowBoard")

        world.edit("FLOW-38", title="Renamed")
        titled(page, "FLOW-38 Renamed · FlowBoard")
        expect(page.locator("#issue-rows").get_by_role("link", name="Renamed", exact=True)).to_be_attached()
        assert violations(page) == []

        at = where(page, "main")
        page.go_back()
        expect(panel).to_be_hidden()
        assert page.url.endswith(address)
        assert page.title() == before
        came_back(page, "main", at)
        expect(page.get_by_role("link", name="Renamed", exact=True)).to_be_focused()

        page.go_forward()
        expect(panel.get_by_role("heading", name="Renamed")).to_be_visible()
        page.keyboard.press("Escape")
        expect(panel).to_be_hidden()
        expect(page.get_by_role("link", name="Renamed", exact=True)).to_be_focused()

    def test_a_reload_shows_the_issue_and_back_leads_to_the_row(self, ada: Visitor, world: World) -> None:
        world.add(*(f"Number {number}" for number in range(120)))
        address = world.path("issues/", sort="key", q="number")
        page = ada.open(address)
        page.get_by_role("link", name="Load more").click()
        expect(page.get_by_role("link", name="Number 90", exact=True)).to_be_attached()
        page.get_by_role("link", name="Number 90", exact=True).focus()
        open_row(page, "Number 90")
        page.reload()
        expect(page.locator("[data-issue][data-page]").get_by_role("heading", name="Number 90")).to_be_visible()
        titled(page, "FLOW-98 Number 90 · FlowBoard")
        page.go_back()
        row = page.get_by_role("link", name="Number 90", exact=True)
        expect(row).to_be_visible()
        assert page.url.endswith(address)
        expect(row).to_be_focused()
        expect(row).to_be_in_viewport()
        expect(page.get_by_label("Filter issues by text")).to_have_value("number")
        page.go_forward()
        expect(page.get_by_role("heading", name="Number 90")).to_be_visible()

    def test_rows_stay_true(self, ada: Visitor, world: World) -> None:
        page = ada.open(world.path("issues/"))
        page.locator(".live[data-state=live]").wait_for()
        world.edit("FLOW-2", title="Build it better")
        expect(page.get_by_role("link", name="Build it better")).to_be_visible()
        page.keyboard.press("j")
        first = page.locator(":focus").inner_text()
        page.keyboard.press("c")
        page.keyboard.type("Late to the list")
        page.keyboard.press("Control+Enter")
        expect(page.get_by_role("link", name="Late to the list")).to_be_visible()
        expect(page.locator(":focus")).to_have_text(first)
        page.get_by_role("link", name="Check it").focus()
        world.delete("FLOW-3")
        expect(page.get_by_role("link", name="Check it")).to_have_count(0)
        assert page.evaluate("document.activeElement.matches('a.cover')")


class TestBoard:
    def test_filters_and_places_outlive_the_panel_and_a_reload(self, ada: Visitor, world: World) -> None:
        world.add(*(f"Number {number}" for number in range(90)))
        board = BoardPage(ada.open(world.path(q="number"))).ready()
        page = board.page
        column = '.column[data-name="To do"] [data-column]'
        before = page.title()
        eventually(lambda: (board.scroll_to_end("To do"), board.cards_of("To do"))[1][-1], "FLOW-97")
        board.card("FLOW-80").scroll_into_view_if_needed()
        board.card("FLOW-80").focus()  # which may scroll as well
        at = where(page, column)
        assert at > 1_000
        board.press("Enter")
        panel = page.locator("#panel")
        expect(panel.get_by_role("heading", name="Number 72")).to_be_visible()
        titled(page, "FLOW-80 Number 72 · FlowBoard")
        page.go_back()
        expect(panel).to_be_hidden()
        assert page.url.endswith(world.path(q="number"))
        assert page.title() == before
        came_back(page, column, at)
        eventually(lambda: board.focused, "FLOW-80")

        board.press("Enter")
        expect(panel.get_by_role("heading", name="Number 72")).to_be_visible()
        page.reload()
        expect(page.locator("[data-issue][data-page]")).to_be_visible()
        page.go_back()
        board.ready()
        eventually(lambda: board.focused, "FLOW-80")
        expect(board.card("FLOW-80")).to_be_in_viewport()
        assert page.get_by_label("Filter cards by text").input_value() == "number"


class TestTabs:
    @pytest.mark.parametrize("how", [{"button": "middle"}, {"modifiers": ["Control"]}], ids=["middle", "Ctrl"])
    def test_a_card_and_a_row_open_beside_the_page(self, visitor: Visitors, world: World, how: dict[str, Any]) -> None:
        ada = visitor(world.owner)
        board = BoardPage(ada.open(world.path())).ready()
        listed = ada.open(world.path("issues/"))
        listed.locator(".live[data-state=live]").wait_for()
        row = listed.locator("tr", has_text="Build it")
        title = board.card("FLOW-2").locator(".title")
        for page, target in (
            (board.page, title),
            (board.page, board.card("FLOW-2").locator(".key")),
            (listed, row.locator(".title")),
            (listed, row.locator(".key")),
        ):
            if how.get("modifiers") and page is board.page and target is not title:
                continue  # Ctrl selects a card, except on its title, which is a link
            address = page.url
            with ada.context.expect_page() as opened:
                box = target.bounding_box()
                assert box is not None
                page.bring_to_front()
                if how.get("modifiers"):
                    page.keyboard.down("Control")
                page.mouse.click(box["x"] + 4, box["y"] + box["height"] / 2, button=how.get("button", "left"))
                if how.get("modifiers"):
                    page.keyboard.up("Control")
            tab = opened.value
            expect(tab.get_by_role("heading", name="Build it")).to_be_visible()
            assert tab.url.endswith(world.issue_path("FLOW-2"))
            assert page.url == address
            assert page.locator("#panel").is_hidden()
            tab.close()

    def test_signing_in_leads_to_the_issue_that_was_asked_for(self, visitor: Visitors, world: World) -> None:
        elsewhere(
            lambda: EmailAddress.objects.create(user=world.owner, email=world.owner.email, primary=True, verified=True)
        )
        page = visitor().open(world.issue_path("FLOW-2"))
        page.get_by_label("E-mail address").fill(world.owner.email)
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_label("Password", exact=True).press("Enter")
        expect(page.get_by_role("heading", name="Build it")).to_be_visible()
        assert page.url.endswith(world.issue_path("FLOW-2"))


class TestCopying:
    WAYS = (
        ("Copy the key", "FLOW-2", "FLOW-2 copied"),
        ("Copy the link", "link", "Link copied"),
        ("Copy the branch name", "flow-2-build-it", "Branch name copied: flow-2-build-it"),
    )

    def test_from_a_cards_menu_and_from_the_panel_by_keyboard(self, ada: Visitor, world: World) -> None:
        board = BoardPage(ada.open(world.path())).ready()
        page = board.page
        keyboard = Keyboard(page)
        keyboard.go(page.locator('.card[tabindex="0"]'))
        board.press("ArrowDown")
        for name, text, said in self.WAYS:
            wanted = ada.server.url + world.issue_path("FLOW-2") if text == "link" else text
            board.press(".")
            keyboard.press(page.get_by_role("menuitem", name=name))
            expect(page.get_by_text(said, exact=True)).to_be_visible()
            eventually(lambda: board.focused, "FLOW-2")
            assert page.evaluate("navigator.clipboard.readText()") == wanted
        board.press("Enter")
        panel = page.locator("#panel")
        expect(panel).to_be_focused()
        for name, text, _said in self.WAYS:
            wanted = ada.server.url + world.issue_path("FLOW-2") if text == "link" else text
            page.evaluate("navigator.clipboard.writeText('')")
            keyboard.press(panel.get_by_role("button", name="More"))
            keyboard.press(page.get_by_role("menuitem", name=name))
            eventually(lambda: page.evaluate("navigator.clipboard.readText()"), wanted)
            expect(panel.get_by_role("button", name="More")).to_be_focused()

    @on_each_device
    def test_a_refused_clipboard_shows_the_text_marked(
        self, visitor: Visitors, world: World, device: dict[str, Any]
    ) -> None:
        ada = visitor(world.owner, **device)
        page = ada.context.new_page()
        page.add_init_script(
            "navigator.clipboard.writeText = () => Promise.reject(new DOMException('No', 'NotAllowedError'))"
        )
        page.goto(ada.server.url + world.issue_path("FLOW-2"))
        page.get_by_role("button", name="More").press("Enter")
        page.get_by_role("menuitem", name="Copy the branch name").press("Enter")
        field = page.get_by_label("Text to copy")
        expect(field).to_be_focused()
        expect(field).to_have_value("flow-2-build-it")
        assert page.evaluate("getSelection().toString()") == "flow-2-build-it"
        assert violations(page) == []
        page.keyboard.press("Escape")
        expect(field).to_be_hidden()
        expect(page.get_by_role("button", name="More")).to_be_focused()

    def test_a_branch_is_named_in_any_script(self, visitor: Visitors, world: World) -> None:
        page = visitor(world.owner).open(world.path())
        names = page.evaluate(
            """async () => {
                const script = document.querySelector('script[src*="/js/board/index"]').src;
                const { branchName } = await import(script.replace(/board\\/index[^/]*$/, "issue/names.js"));
                return [
                    ["FLOW-12", "Fix the login!"], ["A-1", "Crème brûlée: don't burn"], ["A-2", "登录 修复"],
                    ["A-3", "…"],
                    ["A-4", "many words ".repeat(20)],
                ].map((each) => branchName(...each));
            }"""
        )
        assert names[:4] == ["flow-12-fix-the-login", "a-1-creme-brulee-dont-burn", "a-2-登录-修复", "a-3"]
        assert names[4].endswith(("-many", "-words"))
        assert 50 < len(names[4]) <= 60
