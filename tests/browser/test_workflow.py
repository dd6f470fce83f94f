"""A narrowed workflow on the board, and the pages on which it is narrowed."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from apps.core.tenancy import Actor
from apps.projects.models import Status, Transition
from apps.projects.services import Rules, remove_transition, set_transition
from tests.browser.accessibility import violations
from tests.browser.board import BoardPage, World, eventually, make_world
from tests.browser.conftest import PHONE, Visitor
from tests.processes import WebProcess

Visitors = Callable[..., Visitor]


@pytest.fixture
def world(server: WebProcess) -> World:
    return make_world()


def narrow(world: World) -> None:
    """Only from review things get done, and only their assignee says so."""

    def work(actor: Actor) -> None:
        statuses = {each.name: each for each in Status.objects.select_related("project").filter(project=world.project)}
        anywhere = Transition.objects.select_related("project").get(target=statuses["Done"], source=None)
        remove_transition(actor=actor, transition=anywhere)
        set_transition(
            actor=actor,
            source=statuses["In review"],
            target=statuses["Done"],
            name="Ship it",
            rules=Rules(allowed_parties=["assignee"]),
        )

    world.act(work, by=world.owner)


class TestNarrowedBoard:
    def test_a_closed_column_takes_nothing_and_says_why(self, visitor: Visitors, world: World) -> None:
        ada = visitor(world.owner)
        board = BoardPage(ada.open(world.path())).ready()
        assert board.card("FLOW-1").get_attribute("data-closed") is None
        narrow(world)  # while the board is open
        done = board.column("Done")
        eventually(lambda: board.card("FLOW-1").get_attribute("data-closed") is not None, True)
        board.lift("FLOW-1")
        box = done.bounding_box()
        assert box is not None
        board.page.mouse.move(box["x"] + 60, box["y"] + 120, steps=6)
        expect(done).to_have_attribute("data-closed-to-it", "")
        board.page.mouse.up()
        eventually(lambda: board.toasts, ["FLOW-1 cannot go to Done from here."])
        assert world.issue("FLOW-1").status.name == "To do"
        board.page.get_by_role("button", name="Why?").click()
        expect(board.page.get_by_text("The workflow has no way from “To do” to “Done”.")).to_be_visible()
        assert violations(board.page) == []
        ada.verify()

    @pytest.mark.deep
    def test_the_keyboard_passes_it_by_and_the_dialog_does_not_offer_it(self, visitor: Visitors, world: World) -> None:
        narrow(world)
        world.add("Look at it", status="In review")
        board = BoardPage(visitor(world.owner).open(world.path())).ready()
        board.card("FLOW-8").focus()
        board.press("Alt+Shift+ArrowRight")
        board.press("m")
        dialog = board.page.locator("#move-dialog")
        expect(dialog.locator("option", has_text="Done")).to_be_disabled()
        expect(dialog.get_by_role("link", name="Why not to all of them?")).to_be_visible()
        board.press("Escape")
        assert world.issue("FLOW-8").status.name == "In review"
        # Given to her, it may go: the card learns that without a reload.
        world.edit("FLOW-8", assignee=world.owner.pk)
        eventually(lambda: board.card("FLOW-8").get_attribute("data-closed"), None)
        board.card("FLOW-8").focus()
        board.press("Alt+Shift+ArrowRight")
        eventually(lambda: world.issue("FLOW-8").status.name, "Done")
        # And from where it is now, the way back is open.
        eventually(lambda: board.card("FLOW-8").get_attribute("data-closed"), None)

    def test_a_move_into_another_status_opens_other_columns_on_every_page(
        self, visitor: Visitors, world: World
    ) -> None:
        narrow(world)
        board = BoardPage(visitor(world.other).open(world.path())).ready()
        world.edit("FLOW-1", assignee=world.other.pk)
        assert board.card("FLOW-1").get_attribute("data-closed")
        world.move("FLOW-1", "In review")
        eventually(lambda: board.card("FLOW-1").get_attribute("data-closed"), None)


@pytest.mark.deep
class TestEditor:
    def test_narrows_a_workflow_by_keyboard_and_on_a_phone(self, visitor: Visitors, world: World) -> None:
        ada = visitor(world.owner, viewport=PHONE, has_touch=True, color_scheme="dark")
        page = ada.open(world.path("settings/workflow/"))
        assert violations(page) == []
        page.get_by_role("link", name="Add transition").focus()
        page.keyboard.press("Enter")
        page.get_by_label("From").select_option(label="In review")
        page.get_by_label("To", exact=True).select_option(label="Done")
        page.get_by_label("Name").fill("Ship it")
        page.get_by_label("The assignee", exact=True).check()
        assert violations(page) == []
        page.get_by_label("Name").press("Enter")
        expect(page.get_by_role("link", name="Ship it")).to_be_visible()
        page.get_by_role("link", name="In review").first.click()
        page.get_by_label("Its issues go to").select_option(label="In progress")
        page.get_by_role("button", name="Take “In review” out").click()
        expect(page.get_by_text("“In review” is taken out")).to_be_visible()
        board = BoardPage(ada.open(world.path())).ready()
        expect(board.column("In review")).to_have_count(1)


class TestLinks:
    def test_are_made_and_taken_away_in_the_panel_and_on_the_other_side(self, visitor: Visitors, world: World) -> None:
        ada = visitor(world.owner)
        ada.allow("422")
        page = ada.open(world.issue_path("FLOW-1"))
        page.locator(".live[data-state=live]").wait_for()
        page.get_by_text("Link another issue").click()
        page.get_by_label("What this issue is to the other").select_option(label="is blocked by")
        page.get_by_label("Key of the other issue").fill("flow-99")
        page.keyboard.press("Enter")
        expect(page.get_by_text("There is no issue “flow-99”, or not for you.")).to_be_visible()
        page.get_by_label("Key of the other issue").fill("flow-2")
        page.keyboard.press("Enter")
        links = page.get_by_role("region", name="Links")
        expect(links.get_by_role("listitem")).to_contain_text("is blocked by")
        assert violations(page) == []
        other = visitor(world.other).open(world.issue_path("FLOW-2"))
        other.locator(".live[data-state=live]").wait_for()
        expect(other.get_by_role("region", name="Links")).to_contain_text("FLOW-1 Ask for more")
        links.get_by_role("button", name="Take the link to FLOW-2 away").click()
        expect(links.get_by_role("listitem")).to_have_count(0)
        expect(other.get_by_role("region", name="Links").get_by_role("listitem")).to_have_count(0)
