"""Two people on one board: what one does, the other sees, and neither loses what they are doing."""

import random
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from apps.issues.models import Issue
from apps.issues.services import NewIssue, create_issue
from apps.orgs.models import Membership
from apps.orgs.services import remove_member
from tests.browser.board import BoardPage, World, eventually, make_world
from tests.browser.conftest import Visitor
from tests.processes import WebProcess

Visitors = Callable[..., Visitor]
COLUMNS = ("To do", "In progress", "In review", "Done")


@pytest.fixture
def world(server: WebProcess) -> World:
    return make_world()


@pytest.fixture
def ada(visitor: Visitors, world: World) -> Visitor:
    return visitor(world.owner)


@pytest.fixture
def mine(ada: Visitor, world: World) -> BoardPage:
    """Ada's board."""
    return BoardPage(ada.open(world.path())).ready()


@pytest.fixture
def mateo(visitor: Visitors, world: World) -> Visitor:
    """On his screen things glide."""
    return visitor(world.other, reduced_motion="no-preference")


@pytest.fixture
def theirs(mateo: Visitor, world: World) -> BoardPage:
    """Mateo's board."""
    return BoardPage(mateo.open(world.path())).ready()


def agree(world: World, *boards: BoardPage, within: float = 8.0) -> None:
    """Wait until every board shows the server's order, each card once and with its true rank and version."""
    wanted = {name: world.order(name) for name in COLUMNS}
    truth = {
        f"FLOW-{issue.number}": (issue.rank, str(issue.version))
        for issue in Issue.objects.using("owner").filter(project=world.project, deleted_at=None, archived_at=None)
    }
    for board in boards:
        eventually(lambda board=board: {name: board.cards_of(name) for name in COLUMNS}, wanted, within=within)
        eventually(
            lambda board=board: dict(
                board.page.locator(".card").evaluate_all(
                    "cards => cards.map(card => [card.dataset.issueKey, [card.dataset.rank, card.dataset.v]])"
                )
            ),
            lambda shown: {key: tuple(value) for key, value in shown.items()} == truth,
        )
        for name in COLUMNS:
            eventually(lambda board=board, name=name: board.total_of(name), len(wanted[name]))


class TestWhatOneDoes:
    def test_the_other_sees(self, mine: BoardPage, theirs: BoardPage, world: World) -> None:
        mine.drag("FLOW-1", "In progress", before="FLOW-6")
        theirs.shows(In_progress=["FLOW-1", "FLOW-6"])
        theirs.drag("FLOW-7", "In review")
        mine.shows(In_review=["FLOW-7"], Done=[])

        mine.card("FLOW-2").focus()
        mine.press("e")
        mine.page.keyboard.type("Build it twice")
        mine.press("Enter")
        eventually(lambda: theirs.title_of("FLOW-2"), "Build it twice")

        theirs.press("c")
        theirs.page.keyboard.type("A thought of Mateo's")
        theirs.press("Enter")
        eventually(lambda: mine.card("FLOW-8").count(), 1)

        mine.card("FLOW-3").focus()
        mine.press(".")
        mine.page.get_by_role("menuitem", name="Delete").click()
        eventually(lambda: theirs.card("FLOW-3").count(), 0)
        agree(world, mine, theirs)

    def test_a_comment_is_counted_on_the_card(self, mine: BoardPage, theirs: BoardPage) -> None:
        theirs.card("FLOW-1").click()
        theirs.page.get_by_label("New comment").fill("What about Tuesday?")
        theirs.press("Control+Enter")
        expect(mine.card("FLOW-1").get_by_text("1 comment", exact=True)).to_be_attached()

    def test_who_is_here_and_who_writes(self, mine: BoardPage, theirs: BoardPage) -> None:
        expect(mine.page.locator("[data-presence]").get_by_role("img", name="Mateo Ruiz")).to_be_visible()
        theirs.card("FLOW-2").focus()
        theirs.press("e")
        expect(mine.card("FLOW-2").get_by_text("Mateo Ruiz is editing")).to_be_visible()
        theirs.press("Escape")
        expect(mine.card("FLOW-2").get_by_text("Mateo Ruiz is editing")).to_have_count(0)
        theirs.page.close()
        expect(mine.page.locator("[data-presence]").get_by_role("img", name="Mateo Ruiz")).to_have_count(0)


class TestWhileDragging:
    """One has a card in the hand; the other does something to the same card."""

    def test_it_is_moved(self, mine: BoardPage, world: World) -> None:
        mine.lift("FLOW-1")
        mine.carry("In progress", before="FLOW-6")
        world.move("FLOW-1", "Done", before="FLOW-7")
        mine.shows(Done=["FLOW-1", "FLOW-7"])
        assert mine.page.locator(".drag-clone").count() == 1, "still in the hand"
        mine.drop()
        eventually(lambda: world.order("In progress"), ["FLOW-1", "FLOW-6"])
        agree(world, mine)

    def test_it_is_edited(self, mine: BoardPage, world: World) -> None:
        mine.lift("FLOW-1")
        mine.carry("In progress", before="FLOW-6")
        world.edit("FLOW-1", title="Ask for even more")
        mine.page.wait_for_timeout(300)
        assert mine.title_of("FLOW-1") == "Ask for more", "its content waits"
        mine.drop()
        eventually(lambda: mine.title_of("FLOW-1"), "Ask for even more")
        eventually(lambda: world.order("In progress"), ["FLOW-1", "FLOW-6"])
        agree(world, mine)

    def test_it_is_deleted(self, mine: BoardPage, world: World) -> None:
        mine.lift("FLOW-1")
        mine.carry("In progress", before="FLOW-6")
        world.delete("FLOW-1")
        expect(mine.page.get_by_text("FLOW-1 is no longer here.")).to_be_visible()
        assert mine.page.locator(".drag-clone").count() == 0
        mine.drop()
        agree(world, mine)

    def test_cards_come_and_go_around_it(self, mine: BoardPage, world: World) -> None:
        mine.lift("FLOW-1")
        mine.carry("In progress", before="FLOW-6")
        world.move("FLOW-2", "In progress", before="FLOW-6")
        world.move("FLOW-3", "Done")
        world.delete("FLOW-4")
        world.add("Late arrival")
        mine.shows(To_do=["FLOW-1", "FLOW-5", "FLOW-8"], In_progress=["FLOW-2", "FLOW-6"])
        mine.carry("In progress", before="FLOW-2")
        mine.drop()
        eventually(lambda: world.order("In progress"), ["FLOW-1", "FLOW-2", "FLOW-6"])
        agree(world, mine)

    def test_a_neighbour_that_just_went_is_no_obstacle_for_long(
        self, ada: Visitor, mine: BoardPage, world: World
    ) -> None:
        ada.allow("404")
        mine.drag("FLOW-1", "Done", before="FLOW-7")
        world.delete("FLOW-7")
        eventually(mine.moves_left, 0)
        agree(world, mine)

    def test_a_lifted_card_survives_a_foreign_move(self, mine: BoardPage, world: World) -> None:
        mine.card("FLOW-1").focus()
        mine.press("Space", "ArrowDown")
        world.move("FLOW-1", "Done")
        eventually(lambda: mine.said, lambda said: said.startswith("Somebody else moved FLOW-1."))
        assert mine.focused == "FLOW-1"
        mine.press("Escape")
        agree(world, mine)


class TestWhilePressing:
    def test_a_press_is_a_click_though_others_edit_the_card(self, mine: BoardPage, world: World) -> None:
        page = mine.page
        box = mine.card("FLOW-1").locator(".title").bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + 10, box["y"] + box["height"] / 2)
        page.mouse.down()
        with page.expect_response("**/board/cards/**"):
            world.edit("FLOW-1", title="Ask for even more")
        page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        page.mouse.up()
        expect(page.locator("#panel").get_by_role("heading", name="Ask for even more")).to_be_visible()
        eventually(lambda: mine.title_of("FLOW-1"), "Ask for even more")


class TestWhileWriting:
    """One renames a card; the other does something to it. Neither focus nor text is lost."""

    @pytest.fixture(autouse=True)
    def _writing(self, mine: BoardPage) -> None:
        mine.card("FLOW-2").focus()
        mine.press("e")
        mine.page.keyboard.type("Half a sen")

    def written(self, board: BoardPage) -> str:
        return str(board.page.evaluate("document.activeElement.value ?? ''"))

    def test_it_is_moved(self, mine: BoardPage, world: World) -> None:
        world.move("FLOW-2", "Done", before="FLOW-7")
        mine.shows(Done=["FLOW-2", "FLOW-7"])
        mine.page.keyboard.type("tence")
        assert self.written(mine) == "Half a sentence"
        mine.press("Enter")
        eventually(lambda: world.issue("FLOW-2").title, "Half a sentence")
        agree(world, mine)

    def test_another_field_is_edited(self, mine: BoardPage, world: World) -> None:
        world.edit("FLOW-2", points="5")
        mine.page.wait_for_timeout(200)
        mine.page.keyboard.type("tence")
        assert self.written(mine) == "Half a sentence"
        mine.press("Enter")
        eventually(lambda: world.issue("FLOW-2").title, "Half a sentence")
        expect(mine.card("FLOW-2").locator(".points")).to_contain_text("5")

    @pytest.mark.parametrize(("choice", "title"), [("Keep mine", "Half a sentence"), ("Take theirs", "Build them")])
    def test_its_title_is_edited(self, ada: Visitor, mine: BoardPage, world: World, choice: str, title: str) -> None:
        ada.allow("409")
        world.edit("FLOW-2", title="Build them")
        mine.page.wait_for_timeout(200)
        mine.page.keyboard.type("tence")
        mine.press("Enter")
        dialog = mine.page.get_by_role("dialog", name="Changed by somebody else")
        expect(dialog.get_by_text("Build them")).to_be_visible()
        expect(dialog.get_by_text("Half a sentence")).to_be_visible()
        dialog.get_by_text(choice, exact=True).click()
        eventually(lambda: mine.title_of("FLOW-2"), title)
        assert world.issue("FLOW-2").title == title
        agree(world, mine)

    def test_it_is_deleted(self, mine: BoardPage, world: World) -> None:
        world.delete("FLOW-2")
        expect(mine.page.get_by_text("Your text: Half a sen")).to_be_visible()
        agree(world, mine)

    def test_the_whole_board_is_read_again(self, mine: BoardPage, world: World) -> None:
        mine.page.keyboard.type("tence")
        world.limit("In progress", 9)
        expect(mine.column("In progress").get_by_text("1 / 9")).to_be_visible()
        world.move("FLOW-2", "Done", before="FLOW-7")
        mine.shows(Done=["FLOW-2", "FLOW-7"])
        assert self.written(mine) == "Half a sentence"


class TestCatchingUp:
    def test_after_a_restart_both_have_what_they_missed(
        self, ada: Visitor, mateo: Visitor, mine: BoardPage, theirs: BoardPage, world: World, server: WebProcess
    ) -> None:
        for person in (ada, mateo):
            person.allow("WebSocket|ERR_CONNECTION_REFUSED")
        server.stop()
        world.move("FLOW-1", "Done", before="FLOW-7")
        world.edit("FLOW-2", title="Built in the dark")
        world.delete("FLOW-3")
        world.add("Born in the dark")
        server.start()
        mine.ready()
        theirs.ready()
        agree(world, mine, theirs, within=40)
        assert mine.title_of("FLOW-2") == theirs.title_of("FLOW-2") == "Built in the dark"

    @pytest.mark.deep
    def test_520_missed_moves_end_right(self, ada: Visitor, mine: BoardPage, world: World, server: WebProcess) -> None:
        ada.allow("WebSocket|ERR_CONNECTION_REFUSED")
        mine.card("FLOW-4").focus()
        before = mine.card("FLOW-4").element_handle()
        server.stop()
        chance = random.Random(520)
        keys = [f"FLOW-{number}" for number in range(1, 8)]
        world.move_many([(*chance.sample(keys, 2), chance.choice(COLUMNS)) for _ in range(520)])
        server.start()
        mine.page.evaluate("dispatchEvent(new Event('online'))")  # not to wait out the longest pause
        mine.ready()
        agree(world, mine, within=40)
        after = mine.card("FLOW-4").element_handle()
        assert before is not None
        assert mine.page.evaluate("([one, other]) => one === other", [before, after]), "cards are kept, not rebuilt"
        assert mine.focused == "FLOW-4"

    @pytest.mark.parametrize(
        ("seed", "steps"), [(7, 60), *(pytest.param(seed, 120, marks=pytest.mark.deep) for seed in range(20))]
    )
    def test_any_sequence_of_moves_leaves_every_client_with_the_servers_order(
        self, mine: BoardPage, theirs: BoardPage, world: World, seed: int, steps: int
    ) -> None:
        chance = random.Random(seed)
        keys = [f"FLOW-{number}" for number in range(1, 8)]
        for step in range(steps):
            key, near = chance.sample(keys, 2)
            if step % 12 == 5:
                board = chance.choice([mine, theirs])
                board.card(key).focus()
                board.press(f"Alt+Shift+{chance.choice(['ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight'])}")
            else:
                world.move(key, chance.choice(COLUMNS), before=near)
        eventually(mine.moves_left, 0)
        eventually(theirs.moves_left, 0)
        agree(world, mine, theirs)

    def test_offline_and_back(self, ada: Visitor, mine: BoardPage, world: World) -> None:
        ada.allow("ERR_INTERNET_DISCONNECTED|WebSocket")
        ada.context.set_offline(True)
        mine.page.locator(".live[data-state=offline]").wait_for()
        world.move("FLOW-1", "Done", before="FLOW-7")
        ada.context.set_offline(False)
        mine.ready()
        agree(world, mine)


class TestTwoServers:
    def test_clients_of_either_see_the_others_moves(
        self, visitor: Visitors, mine: BoardPage, world: World, second_server: WebProcess
    ) -> None:
        theirs = BoardPage(visitor(world.other, at=second_server).open(world.path())).ready()
        theirs.drag("FLOW-1", "In progress", before="FLOW-6")
        mine.shows(In_progress=["FLOW-1", "FLOW-6"])
        mine.drag("FLOW-7", "In review")
        theirs.shows(In_review=["FLOW-7"])
        agree(world, mine, theirs)
        theirs.page.close()  # its server stops before the visitors leave


class TestRights:
    def test_a_seat_that_ends_is_said(self, visitor: Visitors, world: World) -> None:
        mateo = visitor(world.other)
        mateo.allow("404")  # the page asks whether it is the organization that is gone
        board = BoardPage(mateo.open(world.path())).ready()
        world.act(
            lambda actor: remove_member(
                actor=actor, membership=Membership.objects.select_related("user").get(user=world.other)
            ),
            by=world.owner,
        )
        expect(board.page.get_by_text("You no longer have access to this.")).to_be_visible()


class TestTheList:
    def test_says_what_others_created_and_shows_it_when_asked(self, ada: Visitor, world: World) -> None:
        page = ada.open(world.path("issues/?q=water"))
        page.locator(".live[data-state=live]").wait_for()
        world.act(lambda actor: create_issue(actor=actor, project=world.project, new=NewIssue(title="Book the hall")))
        world.act(
            lambda actor: create_issue(actor=actor, project=world.project, new=NewIssue(title="Water the plants"))
        )
        show = page.get_by_role("link", name="Show 1 new issue")
        expect(show).to_be_visible()
        expect(page.locator("#issue-rows tr")).to_have_count(0)
        world.act(lambda actor: create_issue(actor=actor, project=world.project, new=NewIssue(title="More water")))
        page.get_by_role("link", name="Show 2 new issues").press("Enter")
        expect(page.get_by_role("link", name="More water")).to_be_focused()
        expect(page.locator("#issue-rows tr[data-issue-id]")).to_have_count(2)
        expect(page.locator("[data-newcomers]")).to_be_empty()

        page.goto(ada.server.url + world.path("issues/?sort=priority"))
        page.locator(".live[data-state=live]").wait_for()
        world.act(lambda actor: create_issue(actor=actor, project=world.project, new=NewIssue(title="Late")))
        page.get_by_role("link", name="Show 1 new issue").click()
        page.wait_for_url("**sort=-key")
        expect(page.locator("a.cover").first).to_have_text("Late")
