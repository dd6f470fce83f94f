"""The board in one browser: drag and drop, keyboard, writing, filters."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from apps.boards.models import Column
from apps.boards.services import remove_column
from apps.core.tenancy import Actor
from apps.issues.models import Issue
from apps.issues.services import NewIssue, create_issue
from apps.projects.models import IssueType, Status
from tests import factories
from tests.browser.board import BoardPage, World, eventually, make_world
from tests.browser.conftest import Visitor
from tests.browser.elsewhere import elsewhere
from tests.browser.slow_line import SlowLine
from tests.processes import WebProcess

Visitors = Callable[..., Visitor]


def part_of(actor: Actor, issue: Issue) -> None:
    """A sub-task, in another column."""
    subtask = IssueType.objects.get(project=issue.project, name="Sub-task")
    done = Status.objects.get(project=issue.project, name="Done")
    create_issue(
        actor=actor, project=issue.project, new=NewIssue(title="A part", type=subtask, parent=issue, status=done)
    )


@pytest.fixture
def world(server: WebProcess) -> World:
    return make_world()


@pytest.fixture
def guest(visitor: Visitors, world: World) -> Visitor:
    """Ada at her desk."""
    return visitor(world.owner)


@pytest.fixture
def board(guest: Visitor, world: World) -> BoardPage:
    """Her board."""
    return BoardPage(guest.open(world.path())).ready()


class TestColumns:
    def test_show_their_cards_in_order_with_true_totals(self, board: BoardPage) -> None:
        board.shows(To_do=["FLOW-1", "FLOW-2", "FLOW-3", "FLOW-4", "FLOW-5"], In_progress=["FLOW-6"], Done=["FLOW-7"])
        assert [board.total_of(name) for name in ("To do", "In progress", "In review", "Done")] == [5, 1, 0, 1]

    def test_load_further_cards_when_their_end_comes_near(self, guest: Visitor, world: World) -> None:
        world.add(*(f"Number {number}" for number in range(80)), status="In review")
        board = BoardPage(guest.open(world.path())).ready()
        assert board.total_of("In review") == 80
        assert len(board.cards_of("In review")) < 80

        def further() -> list[str]:
            board.scroll_to_end("In review")
            return board.cards_of("In review")

        eventually(further, world.order("In review"))

    def test_move_beyond_what_is_loaded_only_counts(self, guest: Visitor, world: World) -> None:
        world.add(*(f"Number {number}" for number in range(45)), status="In review")
        board = BoardPage(guest.open(world.path())).ready()
        shown = board.cards_of("In review")
        world.move("FLOW-1", "In review")
        eventually(lambda: board.total_of("In review"), 46)
        assert board.card("FLOW-1").count() == 0
        assert board.cards_of("In review") == shown


class TestMouse:
    def test_drops_a_card_where_the_line_was(self, board: BoardPage, world: World) -> None:
        board.drag("FLOW-1", "In progress", before="FLOW-6")
        board.shows(In_progress=["FLOW-1", "FLOW-6"], To_do=["FLOW-2", "FLOW-3", "FLOW-4", "FLOW-5"])
        eventually(lambda: world.order("In progress"), ["FLOW-1", "FLOW-6"])
        eventually(lambda: (board.total_of("To do"), board.total_of("In progress")), (4, 2))
        eventually(lambda: board.card("FLOW-1").get_attribute("data-rank"), world.issue("FLOW-1").rank)

    def test_reorders_a_column_without_a_notice(self, board: BoardPage, world: World) -> None:
        board.drag("FLOW-5", "To do", before="FLOW-2")
        eventually(lambda: world.order("To do"), ["FLOW-1", "FLOW-5", "FLOW-2", "FLOW-3", "FLOW-4"])
        board.shows(To_do=["FLOW-1", "FLOW-5", "FLOW-2", "FLOW-3", "FLOW-4"])
        assert board.toasts == []

    def test_drops_into_an_empty_column(self, board: BoardPage, world: World) -> None:
        board.drag("FLOW-2", "In review")
        eventually(lambda: world.order("In review"), ["FLOW-2"])
        board.shows(In_review=["FLOW-2"])

    def test_keeps_the_source_dimmed_and_shows_where_it_would_land(self, board: BoardPage, world: World) -> None:
        def look() -> str:
            return str(board.card("FLOW-1").locator(".type-icon").evaluate("icon => getComputedStyle(icon).filter"))

        board.lift("FLOW-1")
        board.carry("In progress", before="FLOW-6")
        expect(board.page.locator("body > .drop-line")).to_be_visible()
        expect(board.card("FLOW-1")).to_have_class("card source")
        assert look() == "grayscale(1)"
        board.drop()
        expect(board.page.locator(".drag-clone")).to_have_count(0)
        eventually(lambda: world.order("In progress"), ["FLOW-1", "FLOW-6"])
        assert look() == "none"

    def test_escape_gives_up(self, board: BoardPage, world: World) -> None:
        version = world.issue("FLOW-1").version
        board.lift("FLOW-1")
        board.carry("Done", before="FLOW-7")
        board.press("Escape")
        board.drop()
        assert board.page.locator(".drag-clone").count() == 0
        board.shows(To_do=["FLOW-1", "FLOW-2", "FLOW-3", "FLOW-4", "FLOW-5"], Done=["FLOW-7"])
        assert world.issue("FLOW-1").version == version

    def test_does_not_open_the_card_that_was_dropped(self, board: BoardPage, world: World) -> None:
        board.drag("FLOW-1", "Done", before="FLOW-7")
        eventually(lambda: world.order("Done"), ["FLOW-1", "FLOW-7"])
        assert board.page.url.endswith("/board/")
        assert board.page.locator("#panel").is_hidden()

    def test_a_refusal_puts_the_card_back_and_says_why(self, guest: Visitor, board: BoardPage, world: World) -> None:
        guest.allow("409")
        world.limit("In progress", 1, policy="block")
        expect(board.column("In progress").get_by_text("1 / 1")).to_be_visible()
        board.drag("FLOW-1", "In progress", before="FLOW-6")
        eventually(lambda: board.toasts, lambda toasts: any("takes 1 issues at once" in text for text in toasts))
        board.shows(To_do=["FLOW-1", "FLOW-2", "FLOW-3", "FLOW-4", "FLOW-5"], In_progress=["FLOW-6"])
        eventually(lambda: (board.total_of("To do"), board.total_of("In progress")), (5, 1))
        assert world.issue("FLOW-1").status.name == "To do"

    def test_without_a_connection_it_is_put_back_and_can_be_tried_again(
        self, guest: Visitor, board: BoardPage, world: World
    ) -> None:
        guest.allow("ERR_INTERNET_DISCONNECTED")
        guest.context.set_offline(True)
        board.drag("FLOW-1", "Done", before="FLOW-7")
        expect(board.page.get_by_text("was not moved: no connection")).to_be_visible()
        board.shows(To_do=["FLOW-1", "FLOW-2", "FLOW-3", "FLOW-4", "FLOW-5"], Done=["FLOW-7"])
        guest.context.set_offline(False)
        board.page.get_by_role("button", name="Try again").click()
        eventually(lambda: world.order("Done"), ["FLOW-1", "FLOW-7"])
        board.shows(Done=["FLOW-1", "FLOW-7"])

    def test_undo_takes_a_move_back(self, board: BoardPage, world: World) -> None:
        board.drag("FLOW-2", "Done", before="FLOW-7")
        board.page.get_by_role("button", name="Undo").click()
        eventually(lambda: world.order("To do"), ["FLOW-1", "FLOW-2", "FLOW-3", "FLOW-4", "FLOW-5"])
        board.shows(To_do=["FLOW-1", "FLOW-2", "FLOW-3", "FLOW-4", "FLOW-5"], Done=["FLOW-7"])

    def test_quick_moves_arrive_in_their_order(self, board: BoardPage, world: World) -> None:
        network = board.page.context.new_cdp_session(board.page)
        network.send(
            "Network.emulateNetworkConditions",
            {"offline": False, "latency": 400, "downloadThroughput": -1, "uploadThroughput": -1},
        )
        board.drag("FLOW-1", "Done", before="FLOW-7")
        board.drag("FLOW-2", "Done", before="FLOW-7")
        board.drag("FLOW-3", "Done", before="FLOW-2")
        eventually(lambda: world.order("Done"), ["FLOW-1", "FLOW-3", "FLOW-2", "FLOW-7"])
        board.shows(Done=["FLOW-1", "FLOW-3", "FLOW-2", "FLOW-7"])
        eventually(board.moves_left, 0)

    def test_a_viewer_cannot_lift(self, visitor: Visitors, world: World) -> None:
        viewer = elsewhere(lambda: factories.make_member(world.org, "guest", name="Vera Viewer"))
        elsewhere(lambda: factories.give_role(world.org, world.project, viewer, "viewer"))
        board = BoardPage(visitor(viewer).open(world.path())).ready()
        box = board.card("FLOW-1").bounding_box()
        assert box is not None
        board.page.mouse.move(box["x"] + 50, box["y"] + 20)
        board.page.mouse.down()
        board.page.mouse.move(box["x"] + 250, box["y"] + 60, steps=4)
        assert board.page.locator(".drag-clone").count() == 0
        board.page.mouse.up()
        assert board.page.get_by_text("Add an issue").count() == 0


class TestKeyboard:
    def test_has_one_tab_stop_in_each_column_that_has_cards(self, board: BoardPage) -> None:
        stops = board.page.locator("[data-board] :is(.card, .card a, .card button)").evaluate_all(
            "all => all.filter(one => one.tabIndex >= 0).length"
        )
        assert stops == 3  # To do, In progress, Done; a list that scrolls must be reachable

    def test_walks_between_cards_and_columns(self, board: BoardPage) -> None:
        board.card("FLOW-1").focus()
        walk = [
            ("ArrowDown", "FLOW-2"),
            ("j", "FLOW-3"),
            ("k", "FLOW-2"),
            ("Home", "FLOW-1"),
            ("End", "FLOW-5"),
            ("Home", "FLOW-1"),
            ("ArrowRight", "FLOW-6"),
            ("l", "FLOW-7"),  # In review is empty
            ("h", "FLOW-6"),
            ("ArrowUp", "FLOW-6"),
        ]
        for key, expected in walk:
            board.press(key)
            assert board.focused == expected, key
        above = """(card) => {
          const box = card.getBoundingClientRect();
          return document.elementFromPoint(box.x + box.width / 2, box.y - 3).closest("header") === null;
        }"""
        assert board.card("FLOW-6").evaluate(above), "the header covers the mark of what has the focus"

    def test_lifts_carries_drops_and_says_so(self, board: BoardPage, world: World) -> None:
        board.card("FLOW-1").focus()
        board.press("Space")
        eventually(lambda: board.said, lambda said: "Lifted FLOW-1. To do, position 1 of 5" in said)
        board.press("ArrowDown")
        eventually(lambda: board.said, "To do, position 2 of 5")
        board.press("ArrowRight")
        eventually(lambda: board.said, lambda said: said.startswith("In progress, position") and said.endswith("of 2"))
        assert world.issue("FLOW-1").status.name == "To do", "nothing is sent before the drop"
        board.press("Space")
        eventually(lambda: world.issue("FLOW-1").status.name, "In progress")
        assert board.focused == "FLOW-1"
        board.shows(In_progress=world.order("In progress"))

    def test_escape_restores(self, board: BoardPage, world: World) -> None:
        board.card("FLOW-3").focus()
        board.press("Space", "ArrowRight", "ArrowRight", "ArrowRight", "Escape")
        eventually(lambda: board.said, "FLOW-3 is back. To do, position 3 of 5")
        board.shows(To_do=["FLOW-1", "FLOW-2", "FLOW-3", "FLOW-4", "FLOW-5"])
        assert board.focused == "FLOW-3"
        assert world.issue("FLOW-3").version == 1

    def test_alt_shift_arrows_move_at_once_and_ctrl_z_takes_back(self, board: BoardPage, world: World) -> None:
        board.card("FLOW-1").focus()
        board.press("Alt+Shift+ArrowDown")
        eventually(lambda: world.order("To do")[:2], ["FLOW-2", "FLOW-1"])
        eventually(board.moves_left, 0)
        # The second move is taken back before the server has answered it, and then the first.
        board.press("Alt+Shift+ArrowRight", "Control+z", "Control+z")
        eventually(lambda: world.order("To do")[:2], ["FLOW-1", "FLOW-2"])
        assert world.issue("FLOW-1").version == 5
        assert board.focused == "FLOW-1"

    def test_a_card_that_is_lifted_again_before_the_answer_stays_in_the_hand(
        self, board: BoardPage, world: World
    ) -> None:
        line = SlowLine(board.page, "/move/")
        board.card("FLOW-1").focus()
        board.press("Space", "ArrowRight", "Space")
        line.wait()
        board.press("Space", "ArrowRight")
        board.shows(In_progress=["FLOW-6"], In_review=["FLOW-1"])
        line.let_go()
        eventually(lambda: board.card("FLOW-1").get_attribute("data-v"), "2")
        board.shows(In_progress=["FLOW-6"], In_review=["FLOW-1"])
        board.press("Escape")
        board.shows(In_progress=["FLOW-1", "FLOW-6"], In_review=[])
        board.press("Space", "ArrowRight", "Space")
        eventually(lambda: world.issue("FLOW-1").status.name, "In review")
        board.shows(In_progress=["FLOW-6"], In_review=["FLOW-1"])
        eventually(board.moves_left, 0)

    def test_a_card_that_is_carried_back_before_the_answer_goes_back(self, board: BoardPage, world: World) -> None:
        line = SlowLine(board.page, "/move/")
        board.card("FLOW-1").focus()
        board.press("Space", "ArrowRight", "Space")
        line.wait()
        board.press("Space", "ArrowLeft", "Space")
        board.shows(To_do=["FLOW-1", "FLOW-2", "FLOW-3", "FLOW-4", "FLOW-5"])
        line.let_go()
        eventually(lambda: world.issue("FLOW-1").version, 3)
        eventually(board.moves_left, 0)
        assert world.order("To do")[0] == "FLOW-1"
        board.shows(To_do=["FLOW-1", "FLOW-2", "FLOW-3", "FLOW-4", "FLOW-5"], In_progress=["FLOW-6"])

    def test_moves_by_dialog(self, board: BoardPage, world: World) -> None:
        board.card("FLOW-1").focus()
        board.press("m")
        dialog = board.page.get_by_role("dialog", name="Move issue")
        dialog.get_by_label("Column").select_option("Done")
        dialog.get_by_label("Place").select_option(label="FLOW-7 Ship it")
        dialog.get_by_role("button", name="Move").click()
        eventually(lambda: world.order("Done"), ["FLOW-7", "FLOW-1"])
        assert board.focused == "FLOW-1"

    def test_single_keys_are_off_while_typing(self, board: BoardPage) -> None:
        board.press("/")
        board.page.keyboard.type("mc?e")
        assert board.page.locator("#filters [name=q]").input_value() == "mc?e"
        assert board.page.locator("dialog[open]").count() == 0

    def test_question_mark_lists_the_keys_and_they_can_be_switched_off(self, board: BoardPage) -> None:
        board.press("?")
        dialog = board.page.get_by_role("dialog", name="Keys")
        expect(dialog).to_be_visible()
        with board.page.expect_response("**/accounts/**"):  # the choice is kept for all of the person's devices
            dialog.get_by_role("switch").uncheck()
        board.press("Escape", "?")
        expect(dialog).to_be_hidden()
        board.page.reload()
        board.ready().press("?")
        expect(dialog).to_be_hidden()
        board.page.get_by_role("button", name="Keys").click()
        dialog.get_by_role("switch").check()
        board.press("Escape", "/")
        expect(board.page.get_by_label("Filter cards by text")).to_be_focused()

    def test_the_menu_does_it_all(self, board: BoardPage, world: World) -> None:
        board.card("FLOW-2").focus()
        board.press(".")
        names = board.page.locator("#card-menu [role=menuitem]").all_inner_texts()
        assert [name.split("\n")[0] for name in names] == [
            "Open",
            "Copy the key",
            "Copy the link",
            "Copy the branch name",
            "Rename",
            "Move to…",
            "Assign to me",
            "Archive",
            "Delete",
        ]
        board.page.get_by_role("menuitem", name="Assign to me").click()
        eventually(lambda: world.issue("FLOW-2").assignee, world.owner)
        expect(board.card("FLOW-2").get_by_role("img", name="Ada Okafor")).to_be_visible()

    def test_a_column_that_goes_while_it_is_chosen(self, board: BoardPage, world: World) -> None:
        board.card("FLOW-2").focus()
        board.press(".")
        board.page.get_by_role("menuitem", name="Move to…").click()
        dialog = board.page.get_by_role("dialog", name="Move issue")
        dialog.get_by_label("Column").select_option("In review")
        world.act(
            lambda actor: remove_column(
                actor=actor, column=Column.objects.get(board__project=world.project, name="In review")
            ),
            by=world.owner,
        )
        expect(board.column("In review")).to_have_count(0)
        dialog.get_by_role("button", name="Move", exact=True).click()
        expect(board.page.get_by_text("FLOW-2 could not be moved.")).to_be_visible()
        assert world.issue("FLOW-2").status.name == "To do"

    @pytest.mark.parametrize(
        ("name", "text"), [("Delete", "FLOW-2 is deleted. 1 issue that it held stays"), ("Archive", "FLOW-2 archived")]
    )
    def test_putting_away_can_be_undone(self, board: BoardPage, world: World, name: str, text: str) -> None:
        world.act(lambda actor: part_of(actor, world._own("FLOW-2")))
        board.card("FLOW-2").focus()
        board.press(".")
        board.page.get_by_role("menuitem", name=name).click()
        expect(board.page.get_by_text(text)).to_be_visible()
        board.shows(To_do=["FLOW-1", "FLOW-3", "FLOW-4", "FLOW-5"])
        eventually(lambda: board.total_of("To do"), 4)
        assert board.focused == "FLOW-3"
        if name == "Delete":
            board.press("Control+z")
        else:
            board.page.get_by_role("button", name="Undo").click()
        board.shows(To_do=["FLOW-1", "FLOW-2", "FLOW-3", "FLOW-4", "FLOW-5"])
        eventually(lambda: board.total_of("To do"), 5)


class TestWriting:
    def test_creates_at_the_foot_and_stays_open(self, board: BoardPage, world: World) -> None:
        board.column("In progress").get_by_text("Add an issue").press("Enter")
        board.page.keyboard.type("First thought")
        board.press("Enter")
        eventually(lambda: len(board.cards_of("In progress")), 2)
        board.page.keyboard.type("Second thought")
        board.press("Enter")
        eventually(
            lambda: [board.title_of(key) for key in board.cards_of("In progress")],
            ["Fix it", "First thought", "Second thought"],
        )
        assert world.order("In progress") == board.cards_of("In progress")
        eventually(lambda: board.total_of("In progress"), 3)
        board.press("Escape")
        assert board.column("In progress").locator("details[open]").count() == 0

    def test_what_is_written_on_meanwhile_follows(self, board: BoardPage) -> None:
        line = SlowLine(board.page, "/create/")
        board.column("In progress").get_by_text("Add an issue").click()
        for title in ("First thought", "Second thought", "Third thought"):
            board.page.keyboard.type(title)
            board.press("Enter")
            line.wait()
        board.page.keyboard.type("And an")
        line.let_go()
        eventually(
            lambda: [board.title_of(key) for key in board.cards_of("In progress")],
            ["Fix it", "First thought", "Second thought", "Third thought"],
        )
        expect(board.column("In progress").locator("textarea")).to_have_value("And an")

    def test_keeps_the_text_when_creating_fails(self, guest: Visitor, board: BoardPage) -> None:
        guest.allow("ERR_INTERNET_DISCONNECTED")
        board.column("To do").get_by_text("Add an issue").click()
        board.page.keyboard.type("Precious words")
        guest.context.set_offline(True)
        board.press("Enter")
        expect(board.page.get_by_text("Not saved: no connection.")).to_be_visible()
        field = board.page.locator("details[open] textarea")
        assert field.input_value() == "Precious words"
        guest.context.set_offline(False)
        board.press("Enter")
        eventually(lambda: board.title_of("FLOW-8"), "Precious words")
        assert field.input_value() == ""

    def test_renames_in_place(self, board: BoardPage, world: World) -> None:
        board.card("FLOW-2").focus()
        board.press("e")
        board.page.keyboard.type("Build it well")
        board.press("Enter")
        eventually(lambda: world.issue("FLOW-2").title, "Build it well")
        eventually(lambda: board.title_of("FLOW-2"), "Build it well")
        assert board.focused == "FLOW-2"

    def test_correcting_oneself_at_once_is_no_conflict(self, board: BoardPage, world: World) -> None:
        line = SlowLine(board.page, "/edit/$")
        board.card("FLOW-2").focus()
        for title in ("Built it", "Build it well"):
            board.press("e")
            board.page.keyboard.type(title)
            board.press("Enter")
            line.wait()
        line.let_go()
        eventually(lambda: world.issue("FLOW-2").title, "Build it well")
        eventually(lambda: (board.title_of("FLOW-2"), board.moves_left()), ("Build it well", 0))
        expect(board.page.locator("dialog[open]")).to_have_count(0)

    def test_escape_leaves_the_title_alone(self, board: BoardPage, world: World) -> None:
        board.card("FLOW-2").focus()
        board.press("e")
        board.page.keyboard.type("Something else")
        board.press("Escape")
        assert board.title_of("FLOW-2") == "Build it"
        assert world.issue("FLOW-2").title == "Build it"

    def test_markup_in_a_title_is_text(self, board: BoardPage) -> None:
        board.column("To do").get_by_text("Add an issue").click()
        board.page.keyboard.type("<script>alert(1)</script><b>bold</b>")
        board.press("Enter")
        eventually(lambda: board.card("FLOW-8").count(), 1)
        eventually(lambda: board.title_of("FLOW-8"), "<script>alert(1)</script><b>bold</b>")


class TestFilters:
    def test_narrow_the_board_and_the_address(self, board: BoardPage) -> None:
        board.press("/")
        board.page.keyboard.type("it")
        board.shows(To_do=["FLOW-2", "FLOW-3", "FLOW-4", "FLOW-5"])
        eventually(lambda: board.page.url, lambda url: url.endswith("?q=it"))
        eventually(lambda: board.total_of("To do"), 4)
        board.page.get_by_role("link", name="Clear filters").click()
        board.shows(To_do=["FLOW-1", "FLOW-2", "FLOW-3", "FLOW-4", "FLOW-5"])
        eventually(lambda: board.page.url, lambda url: url.endswith("/board/"))

    def test_cleared_before_they_were_applied_hide_nothing(self, board: BoardPage, world: World) -> None:
        line = SlowLine(board.page, r"/board/\?q=elephant$", method="GET")
        board.press("/")
        board.page.keyboard.type("elephant")
        line.wait()
        board.page.get_by_role("link", name="Clear filters").first.click()
        world.add("Yet another")  # shown once the last reading is
        line.let_go()
        eventually(lambda: len(board.cards_of("To do")), 6)
        expect(board.page.locator("[data-board]")).not_to_have_attribute("data-filtered", "")
        expect(board.page.locator("[data-board]")).to_have_attribute("aria-busy", "false")

    def test_open_from_the_address(self, guest: Visitor, world: World) -> None:
        world.edit("FLOW-3", assignee=world.owner.pk)
        board = BoardPage(guest.open(world.path(mine=1))).ready()
        board.shows(To_do=["FLOW-3"], In_progress=[])

    def test_hold_for_what_arrives(self, guest: Visitor, world: World) -> None:
        board = BoardPage(guest.open(world.path(q="Ask"))).ready()
        board.shows(To_do=["FLOW-1"])
        world.edit("FLOW-2", title="Ask again")
        board.shows(To_do=["FLOW-1", "FLOW-2"])
        world.edit("FLOW-1", title="Answer")
        board.shows(To_do=["FLOW-2"])

    def test_work_without_script(self, visitor: Visitors, world: World) -> None:
        page = visitor(world.owner, java_script_enabled=False).open(world.path())
        page.locator("#filters [name=q]").fill("Draw")
        page.get_by_role("button", name="Apply").click()
        expect(page.locator(".card .key")).to_have_text(["FLOW-4"])
        page.get_by_role("link", name="Draw it").click()
        expect(page.get_by_role("heading", name="Draw it")).to_be_visible()
