"""Lanes across the board: by mouse beside somebody else, by keyboard alone, on a phone by touch, without script."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from apps.boards.models import Board, BoardChoice, LaneLimit
from apps.boards.services import Limit, edit_board, limit_lanes
from apps.core.tenancy import Actor
from apps.projects.models import IssueType
from tests.browser.accessibility import violations
from tests.browser.board import BoardPage, World, eventually, make_world
from tests.browser.conftest import PHONE, Visitor
from tests.browser.elsewhere import elsewhere
from tests.browser.slow_line import SlowLine
from tests.browser.test_board_everywhere import Finger, centre
from tests.factories import acting
from tests.processes import WebProcess

Visitors = Callable[..., Visitor]
TODO, DOING = "To do, Unassigned", "In progress, Ada Okafor"


@pytest.fixture
def world(server: WebProcess) -> World:
    """Five issues to do, one in progress and one done, none of them anybody's."""
    return make_world()


def choose(page: Page, by: str) -> None:
    page.get_by_role("button", name="Lanes:").click()
    page.get_by_role("menuitemradio", name=by).click()
    expect(page.get_by_role("button", name=f"Lanes: {by}")).to_be_visible()


def lane(page: Page, name: str) -> str:
    """What a lane's head says."""
    head = page.locator(f'[data-lane-key][data-name="{name}"] > summary')
    return " ".join([name, *head.locator(".count:visible").all_inner_texts()])


def state(world: World, key: str) -> tuple[str, str | None]:
    issue = world.issue(key)
    return issue.status.name, issue.assignee.name if issue.assignee else None


def test_of_two_choices_in_a_moment_the_last_one_stays(visitor: Visitors, world: World) -> None:
    page = BoardPage(visitor(world.owner).open(world.path())).ready().page
    line = SlowLine(page, "/lanes/")
    for by in ("Assignee", "Priority"):
        page.get_by_role("button", name="Lanes:").click()
        page.get_by_role("menuitemradio", name=by).click()
    line.wait()
    line.let_go()
    expect(page.get_by_role("button", name="Lanes: Priority")).to_be_visible()
    page.reload()
    expect(page.get_by_role("button", name="Lanes: Priority")).to_be_visible()


@pytest.mark.deep
def test_by_mouse_beside_somebody_else(visitor: Visitors, world: World) -> None:
    def types() -> dict[int, IssueType]:
        with acting(world.owner, world.org):
            return {each.level: each for each in IssueType.objects.filter(project=world.project)}

    kinds = elsewhere(types)
    ada, mateo = visitor(world.owner), visitor(world.other)
    mine = BoardPage(ada.open(world.path())).ready()
    theirs = BoardPage(mateo.open(world.path())).ready()
    page = mine.page
    choose(page, "Assignee")
    mine.shows(**{TODO: [f"FLOW-{number}" for number in range(1, 6)], DOING: []})
    assert page.locator("[data-lane-key]").evaluate_all("lanes => lanes.map(lane => lane.dataset.name)") == [
        "Unassigned",
        "Ada Okafor",
    ]

    # A drop changes who has it and where it is, at once, and so does its undo. Others see it without lanes.
    mine.drag("FLOW-2", DOING)
    eventually(lambda: state(world, "FLOW-2"), ("In progress", "Ada Okafor"))
    theirs.shows(In_progress=["FLOW-6", "FLOW-2"])
    expect(mine.card("FLOW-2").get_by_role("img", name="Ada Okafor")).to_be_visible()
    eventually(lambda: (lane(page, "Unassigned"), lane(page, "Ada Okafor")), ("Unassigned 6", "Ada Okafor 1"))
    page.get_by_role("button", name="Undo").last.click()
    eventually(lambda: state(world, "FLOW-2"), ("To do", None))
    mine.shows(**{TODO: [f"FLOW-{number}" for number in range(1, 6)], DOING: []})
    page.keyboard.press("Escape")

    # What others do comes into the right lane, and makes one that was not there.
    world.edit("FLOW-3", assignee=world.owner.pk, points=3)
    mine.shows(**{"To do, Ada Okafor": ["FLOW-3"]})
    world.edit("FLOW-1", assignee=world.other.pk)
    mine.shows(**{"To do, Mateo Ruiz": ["FLOW-1"], TODO: ["FLOW-2", "FLOW-4", "FLOW-5"]})
    eventually(lambda: lane(page, "Ada Okafor"), "Ada Okafor 1 3 pts")
    assert violations(page) == []

    # Folded, it stays folded, for oneself; what is held over it unfolds it.
    page.locator("summary", has_text="Ada Okafor").click()
    expect(mine.card("FLOW-3")).to_be_hidden()
    page.locator("summary", has_text="Mateo Ruiz").click()
    page.locator("summary", has_text="Mateo Ruiz").click()
    eventually(lambda: folded(world), [[f"assignee-{world.owner.pk}"]])
    mine = BoardPage(ada.open(world.path())).ready()
    page = mine.page
    expect(mine.card("FLOW-3")).to_be_hidden()
    expect(mine.card("FLOW-1")).to_be_visible()
    mine.lift("FLOW-4")
    box = page.locator("summary", has_text="Ada Okafor").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 400, box["y"] + 15, steps=5)
    expect(mine.card("FLOW-3")).to_be_visible()
    mine.carry("In progress, Ada Okafor")
    mine.drop()
    eventually(lambda: state(world, "FLOW-4"), ("In progress", "Ada Okafor"))

    # A person who has enough in work gets no more: the drop is refused and undone, and the head says why before.
    world.act(lambda actor: limit_people(actor, world), by=world.owner)
    head = page.locator("summary", has_text="Ada Okafor")
    expect(head.locator(".wip[data-state=full]")).to_have_text("1 / 1 limit of work in progress")
    expect(theirs.page.locator(".chip.reached", has_text="Ada Okafor")).to_be_visible()
    assert violations(theirs.page) == []
    ada.allow("409")
    mine.drag("FLOW-2", DOING)
    expect(page.get_by_text("“Ada Okafor” takes 1 issues in work at once")).to_be_visible()
    mine.shows(**{DOING: ["FLOW-4"]})
    eventually(lambda: "FLOW-2" in mine.cards_of(TODO), True)
    assert state(world, "FLOW-2") == ("To do", None)
    mine.drag("FLOW-4", "To do, Ada Okafor", before="FLOW-3")
    expect(head.locator(".wip[data-state=ok]")).to_be_visible()
    expect(theirs.page.locator(".chip.reached")).to_have_count(0)

    # A sub-task is in the epic of its parent: it is not let go elsewhere, and is told why.
    (epic,) = world.add("Checkout", type=kinds[IssueType.Level.EPIC])
    (story,) = world.add("Pay by card", parent=epic)
    world.add("Ask the bank", type=kinds[IssueType.Level.SUBTASK], parent=story)
    choose(page, "Epic")
    mine.shows(**{"To do, Checkout": ["FLOW-9", "FLOW-10"]})
    mine.lift("FLOW-10")
    expect(mine.column("In progress, No epic")).to_have_attribute("data-closed-to-it", "")
    mine.carry("In progress, No epic")
    mine.drop()
    expect(page.get_by_text("A sub-task goes with its parent")).to_be_visible()
    assert world.issue("FLOW-10").status.name == "To do"
    mine.drag("FLOW-9", "In progress, No epic")
    # It takes its sub-task along.
    eventually(lambda: "FLOW-10" in mine.cards_of("To do, No epic"), True)
    assert world.issue("FLOW-9").parent_id is None
    choose(page, "None")
    mine.shows(Done=["FLOW-7"])
    # What an admin chooses for the board, those have at once who chose nothing for themselves.
    world.act(lambda actor: group_for_all(actor, world), by=world.owner)
    expect(theirs.page.get_by_role("button", name="Lanes: Priority")).to_be_visible()
    theirs.shows(**{"Done, No priority": ["FLOW-7"]})
    mine.shows(Done=["FLOW-7"])
    ada.verify()
    mateo.verify()


def test_by_keyboard_alone(visitor: Visitors, world: World) -> None:
    ada = visitor(world.owner)
    mine = BoardPage(ada.open(world.path())).ready()
    page = mine.page
    mine.press("v")
    page.get_by_role("menu", name="Lanes by").wait_for()
    mine.press("ArrowDown", "Enter")
    expect(page.get_by_role("button", name="Lanes: Assignee")).to_be_visible()
    mine.shows(**{TODO: [f"FLOW-{number}" for number in range(1, 6)]})
    # Down from the last card of a cell is the next lane's; lifted, it is carried there, and Escape puts it back.
    mine.card("FLOW-5").focus()
    mine.press(" ", "ArrowDown")
    eventually(lambda: mine.said, "To do, Ada Okafor, position 1 of 1")
    mine.press("ArrowRight", "Escape")
    mine.shows(**{DOING: [], TODO: [f"FLOW-{number}" for number in range(1, 6)]})
    mine.press(" ", "ArrowDown", "ArrowRight", " ")
    eventually(lambda: state(world, "FLOW-5"), ("In progress", "Ada Okafor"))
    mine.shows(**{DOING: ["FLOW-5"]})
    mine.press("Control+z")
    eventually(lambda: state(world, "FLOW-5"), ("To do", None))
    mine.shows(**{DOING: [], TODO: [f"FLOW-{number}" for number in range(1, 6)]})
    # One step at once, and back; then two of them through the dialog.
    mine.card("FLOW-5").focus()
    mine.press("Alt+Shift+ArrowDown")
    eventually(lambda: state(world, "FLOW-5"), ("To do", "Ada Okafor"))
    eventually(mine.moves_left, 0)
    mine.press("ArrowUp")
    eventually(lambda: mine.focused, "FLOW-4")
    mine.press("x", "Shift+ArrowUp", "m")
    page.get_by_label("Column").select_option("Done")
    page.get_by_label("Lane", exact=True).select_option("Ada Okafor")
    page.get_by_role("button", name="Move", exact=True).press("Enter")
    mine.shows(**{"Done, Ada Okafor": ["FLOW-3", "FLOW-4"]})
    eventually(lambda: state(world, "FLOW-3"), ("Done", "Ada Okafor"))
    mine.press("Escape")
    # A lane is folded where its head has the focus.
    page.locator("summary", has_text="Ada Okafor").focus()
    mine.press("Enter")
    expect(mine.card("FLOW-3")).to_be_hidden()
    eventually(lambda: folded(world), [[f"assignee-{world.owner.pk}"]])
    ada.verify()


def limit_people(actor: Actor, world: World) -> LaneLimit:
    board = Board.objects.select_related("project").get(project=world.project)
    return limit_lanes(actor=actor, board=board, by="assignee", limit=Limit(at=1, policy="block"))


def group_for_all(actor: Actor, world: World) -> Board:
    board = Board.objects.select_related("project").get(project=world.project)
    return edit_board(actor=actor, board=board, name=board.name, grouping="priority")


def folded(world: World) -> list[list[str]]:
    return list(BoardChoice.objects.using("owner").filter(project=world.project).values_list("folded", flat=True))


@pytest.mark.deep
def test_on_a_phone_and_without_script(visitor: Visitors, world: World) -> None:
    world.edit("FLOW-1", assignee=world.owner.pk)
    ada = visitor(world.owner, viewport=PHONE, has_touch=True, is_mobile=True)
    mine = BoardPage(ada.open(world.path())).ready()
    page = mine.page
    choose(page, "Assignee")
    mine.shows(**{"To do, Ada Okafor": ["FLOW-1"]})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert violations(page) == []
    # A long press lifts a card, and a finger carries it into the lane below.
    page.locator(".card").last.wait_for()
    mine.card("FLOW-5").scroll_into_view_if_needed()
    mine.card("FLOW-1").scroll_into_view_if_needed()
    finger = Finger(page)
    (x, y), (_x, bottom) = centre(mine, "FLOW-5"), centre(mine, "FLOW-1")
    finger.press(x, y)
    page.locator(".drag-clone").wait_for()
    finger.move(x, y, x, bottom - 24)
    finger.release()
    eventually(lambda: state(world, "FLOW-5"), ("To do", "Ada Okafor"))
    mine.shows(**{"To do, Ada Okafor": ["FLOW-5", "FLOW-1"]})
    ada.verify()

    plain = visitor(world.other, java_script_enabled=False)
    page = plain.open(world.path(q="it"))
    choose(page, "Priority")
    assert "q=it" in page.url
    page.wait_for_load_state()
    board = BoardPage(page)
    assert board.cards_of("To do, No priority") == ["FLOW-5", "FLOW-2", "FLOW-3", "FLOW-4"]
    assert lane(page, "No priority") == "No priority 6"
    page.locator("summary", has_text="No priority").click()
    expect(board.card("FLOW-2")).to_be_hidden()
