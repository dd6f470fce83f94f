"""Several boards of a project: made, arranged and used, by mouse, by keyboard alone, and on a phone."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from apps.boards.models import Board
from apps.boards.services import create_board
from apps.core.tenancy import Actor
from apps.issues.selectors import get_issue
from apps.issues.services import link_issues
from tests.browser.accessibility import violations
from tests.browser.board import BoardPage, World, eventually, make_world
from tests.browser.conftest import PHONE, Visitor
from tests.processes import WebProcess

Visitors = Callable[..., Visitor]


@pytest.fixture
def world(server: WebProcess) -> World:
    return make_world()


def block(actor: Actor, blocker: str, blocked: str) -> None:
    source, target = (get_issue(actor=actor, key=key) for key in (blocker, blocked))
    link_issues(actor=actor, source=source, target=target, kind="blocks")


def too_wide(page: Page) -> int:
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


class TestSeveralBoards:
    def test_one_is_made_arranged_and_live_beside_the_first(self, visitor: Visitors, world: World) -> None:
        ada = visitor(world.owner)
        page = ada.open(world.path())
        first = BoardPage(page).ready()
        page.get_by_role("button", name="Board", exact=True).click()
        page.get_by_role("menuitem", name="New board").click()
        page.get_by_label("Name").fill("Testing")
        page.get_by_role("button", name="Create board").click()
        # In review is no step of its own here: its cards are beside what is in progress.
        page.get_by_role("button", name="Remove the column In review").click()
        page.get_by_label("Column of In review").select_option("In progress")
        page.get_by_role("button", name="Save what the columns show").click()
        expect(page.get_by_text("The columns are saved.")).to_be_visible()
        page.get_by_text("Change In progress").click()
        row = page.locator(".column-row", has=page.locator("strong", has_text="In progress"))
        row.get_by_label("Work in progress, at most").fill("2")
        row.get_by_label("Beyond it").select_option("block")
        row.get_by_role("button", name="Save “In progress”").click()
        expect(page.get_by_text("at most 2 issues")).to_be_visible()
        assert violations(page) == []
        page.get_by_role("link", name="Open the board").click()
        board = BoardPage(page).ready()
        assert "/boards/" in page.url
        board.shows(In_progress=["FLOW-6"])
        # What the other person does on the first board is seen here, and the other way around.
        world.move("FLOW-1", "In review")
        board.shows(In_progress=["FLOW-6", "FLOW-1"])
        mateo = visitor(world.other)
        mateo.allow("409")
        other = BoardPage(mateo.open(world.path())).ready()
        board.drag("FLOW-6", "Done")
        other.shows(In_progress=[], In_review=["FLOW-1"])
        eventually(lambda: "FLOW-6" in other.cards_of("Done"), True)
        # The agreement holds on every board.
        other.drag("FLOW-2", "In progress")
        eventually(lambda: world.issue("FLOW-2").status.name, "In progress")
        other.drag("FLOW-3", "In review")
        eventually(lambda: any("takes 2 issues at once" in text for text in other.toasts), True)
        other.shows(In_review=["FLOW-1"])
        # What waits for open work is marked until that is done, on a page that is open already.
        world.act(lambda actor: block(actor, "FLOW-4", "FLOW-5"))
        expect(other.card("FLOW-5")).to_have_class("card blocked")
        expect(other.card("FLOW-5")).to_contain_text("Blocked by FLOW-4")
        world.move("FLOW-4", "Done")
        expect(other.card("FLOW-5")).to_have_class("card")
        first.page.close()

    def test_by_keyboard_alone_a_removed_column_and_a_deleted_board_come_back(
        self, visitor: Visitors, world: World
    ) -> None:
        board = world.act(
            lambda actor: create_board(actor=actor, project=world.project, name="Testing"), by=world.owner
        )
        page = visitor(world.owner).open(world.path(f"settings/boards/{board.pk}/"))

        def press(name: str) -> None:
            button = page.get_by_role("button", name=name)
            button.focus()
            page.keyboard.press("Enter")

        columns = page.locator(".column-row strong")
        press("Remove the column In review")
        expect(columns).to_have_text(["To do", "In progress", "Done"])
        press("Undo")
        expect(columns).to_have_text(["To do", "In progress", "In review", "Done"])
        press("Move In review to the left")
        expect(columns).to_have_text(["To do", "In review", "In progress", "Done"])
        press("Delete “Testing”")
        expect(page.get_by_text("is deleted; its issues are where they were.")).to_be_visible()
        press("Undo")
        expect(page.get_by_role("heading", name="Testing")).to_be_visible()
        assert Board.objects.using("owner").get(pk=board.pk).deleted_at is None

    @pytest.mark.deep
    def test_fits_a_phone_and_the_dark(self, visitor: Visitors, world: World) -> None:
        board = world.act(
            lambda actor: create_board(actor=actor, project=world.project, name="Testing"), by=world.owner
        )
        page = visitor(world.owner, viewport=PHONE, has_touch=True, color_scheme="dark").open(
            world.path(f"boards/{board.pk}/")
        )
        BoardPage(page).ready()
        assert violations(page) == []
        page.get_by_role("button", name="Testing").tap()
        page.get_by_role("menuitem", name="Board settings").tap()
        page.get_by_label("Labels").uncheck()
        page.get_by_label("Show what is done for").fill("14")
        page.get_by_label("Mark cards that take longer than usual").check()
        page.get_by_role("button", name="Save the board").tap()
        expect(page.get_by_text("“Testing” is saved.")).to_be_visible()
        page.get_by_text("Add a quick filter").tap()
        page.get_by_label("Name").last.fill("Unassigned")
        page.get_by_label("Whose issues").select_option("nobody")
        page.get_by_role("button", name="Add quick filter").tap()
        expect(page.get_by_text("is on the board.")).to_be_visible()
        page.get_by_text("Add a column").tap()
        page.get_by_text("Change To do").tap()
        assert too_wide(page) <= 0
        assert violations(page) == []
        # One press narrows the board, in place and in its address.
        world.edit("FLOW-1", assignee=world.owner.pk)
        shown = BoardPage(page)
        page.goto(page.url.partition("/settings/")[0] + f"/boards/{board.pk}/")
        shown.ready()
        page.get_by_text("Unassigned", exact=True).tap()
        eventually(lambda: shown.card("FLOW-1").count(), 0)
        expect(page).to_have_url(re.compile("quick-"))
        expect(shown.card("FLOW-2")).to_have_count(1)
