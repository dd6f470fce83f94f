"""Planning on the backlog: by mouse beside somebody else, by keyboard alone, on a phone by touch, without script."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from apps.issues.models import Issue
from apps.projects.models import IssueType
from apps.sprints.models import Sprint
from apps.sprints.services import create_sprint, plan_issues, start_sprint
from tests.browser.accessibility import violations
from tests.browser.board import BoardPage, World, eventually, make_world
from tests.browser.conftest import PHONE, Visitor
from tests.browser.elsewhere import elsewhere
from tests.browser.slow_line import SlowLine
from tests.browser.test_board_everywhere import Finger
from tests.browser.test_creating import paste
from tests.factories import acting
from tests.processes import WebProcess

Visitors = Callable[..., Visitor]

CELLS = "Summary\tType\tStory points\nPay by card\tBug\t3\nRefund\tTask\tlots\n"


@pytest.fixture
def world(server: WebProcess) -> World:
    """Five issues to do, one in progress and one done, none of them planned; an empty sprint, and an epic."""
    world = make_world()
    world.act(lambda actor: create_sprint(actor=actor, project=world.project, name="Sprint 1"), by=world.owner)

    def epic_type() -> IssueType:
        with acting(world.owner, world.org):
            return IssueType.objects.get(project=world.project, level=IssueType.Level.EPIC)

    world.add("Checkout", type=elsewhere(epic_type))
    return world


def sprint_of(world: World, key: str) -> str | None:
    found = Issue.objects.using("owner").filter(project=world.project, number=int(key.split("-")[1]))
    return found.values_list("sprint__name", flat=True).get()


def backlog(visitor: Visitor, world: World) -> BoardPage:
    return BoardPage(visitor.open(world.path("backlog/"))).ready()


@pytest.mark.deep
def test_by_mouse_beside_somebody_else(visitor: Visitors, world: World) -> None:
    ada, mateo = visitor(world.owner), visitor(world.other)
    mine, theirs = backlog(ada, world), backlog(mateo, world)
    page = mine.page
    mine.shows(Sprint_1=[], Backlog=[f"FLOW-{number}" for number in range(1, 7)])

    # Between sections and within, one or several; the other page follows, totals and all.
    mine.drag("FLOW-2", "Sprint 1")
    theirs.shows(Sprint_1=["FLOW-2"], Backlog=["FLOW-1", "FLOW-3", "FLOW-4", "FLOW-5", "FLOW-6"])
    eventually(lambda: (mine.total_of("Sprint 1"), theirs.total_of("Backlog")), (1, 5))
    mine.drag("FLOW-5", "Backlog", before="FLOW-1")
    theirs.shows(Backlog=["FLOW-5", "FLOW-1", "FLOW-3", "FLOW-4", "FLOW-6"])
    for key in ("FLOW-3", "FLOW-6"):
        mine.card(key).locator(".key").click(modifiers=["Control"])
    mine.drag("FLOW-6", "Sprint 1", before="FLOW-2")
    mine.shows(Sprint_1=["FLOW-3", "FLOW-6", "FLOW-2"], Backlog=["FLOW-5", "FLOW-1", "FLOW-4"])
    theirs.shows(Sprint_1=["FLOW-3", "FLOW-6", "FLOW-2"])
    page.get_by_role("button", name="Undo").last.click()
    mine.shows(Sprint_1=["FLOW-2"], Backlog=["FLOW-5", "FLOW-1", "FLOW-3", "FLOW-4", "FLOW-6"])
    theirs.shows(Sprint_1=["FLOW-2"])
    page.keyboard.press("Escape")

    # An estimate is written where it stands.
    mine.card("FLOW-2").locator("[data-estimate]").click()
    page.keyboard.type("5")
    page.keyboard.press("Enter")
    eventually(lambda: world.issue("FLOW-2").points, 5)
    expect(theirs.card("FLOW-2").locator("[data-estimate]")).to_have_text("5")
    expect(theirs.column("Sprint 1").locator("[data-points-value]")).to_have_text("5")
    expect(theirs.column("Sprint 1").get_by_title("Nobody: 5 points, 1 issue")).to_be_visible()

    # Onto an epic, which then narrows the page to what belongs to it.
    mine.lift("FLOW-4")
    box = page.locator("[data-epic]").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 20, box["y"] + 10, steps=6)
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    expect(page.locator("[data-epic].drop-target")).to_be_visible()
    mine.drop()
    expect(page.get_by_text("FLOW-4 is part of “Checkout” now")).to_be_visible()
    expect(theirs.card("FLOW-4").locator(".parent")).to_have_text("Checkout")
    expect(theirs.page.get_by_text("0 of 1 done")).to_be_visible()
    page.locator(".epic", has_text="Checkout").click()
    mine.shows(Sprint_1=[], Backlog=["FLOW-4"])
    expect(page).to_have_url(re.compile("epic="))
    page.get_by_role("link", name="Clear filters").first.click()
    mine.shows(Sprint_1=["FLOW-2"])
    assert violations(page) == []

    # What others do elsewhere shows here: other content, another sprint, one that starts.
    world.edit("FLOW-1", title="Ask for much more")
    expect(mine.card("FLOW-1").locator(".title")).to_have_text("Ask for much more")
    sprint = Sprint.objects.using("owner").get(project=world.project)
    world.act(lambda actor: plan_issues(actor=actor, issues=[world._own("FLOW-1")], sprint=sprint))
    mine.shows(Sprint_1=["FLOW-1", "FLOW-2"])
    world.act(lambda actor: start_sprint(actor=actor, sprint=Sprint.objects.get(pk=sprint.pk)), by=world.owner)
    expect(page.get_by_role("link", name="Complete Sprint 1")).to_be_visible()
    ada.verify()
    mateo.verify()


def test_by_keyboard_alone(visitor: Visitors, world: World) -> None:
    ada = visitor(world.owner)
    page = ada.open(world.path())
    page.locator(".live[data-state=live]").wait_for()
    page.keyboard.press("g")
    page.keyboard.press("k")
    mine = BoardPage(page)
    expect(page).to_have_url(re.compile(r"/backlog/$"))
    mine.ready()
    # Up out of the backlog into the sprint, and back by Escape; then for good.
    mine.card("FLOW-1").focus()
    mine.press(" ", "ArrowUp")
    mine.shows(Sprint_1=["FLOW-1"])
    eventually(lambda: mine.said, "Sprint 1, position 1 of 1")
    mine.press("Escape")
    mine.shows(Sprint_1=[])
    mine.press(" ", "ArrowUp", " ")
    eventually(lambda: sprint_of(world, "FLOW-1"), "Sprint 1")
    mine.press("ArrowDown")
    eventually(lambda: mine.focused, "FLOW-2")
    # Two of them through the dialog, to the top.
    mine.press("x", "Shift+ArrowDown", "m")
    page.get_by_label("Sprint or backlog").select_option("Sprint 1")
    page.get_by_role("button", name="Move", exact=True).press("Enter")
    mine.shows(Sprint_1=["FLOW-2", "FLOW-3", "FLOW-1"], Backlog=["FLOW-4", "FLOW-5", "FLOW-6"])
    eventually(lambda: sprint_of(world, "FLOW-3"), "Sprint 1")
    mine.press("Escape")
    # Estimates, from one to the next; the last one taken back.
    mine.card("FLOW-2").focus()
    mine.press("n")
    page.keyboard.type("3")
    mine.press("Tab")
    page.keyboard.type("8")
    mine.press("Enter")
    eventually(lambda: [world.issue(key).points for key in ("FLOW-2", "FLOW-3")], [3, 8])
    eventually(lambda: mine.focused, "FLOW-3")
    mine.press("Control+z")
    eventually(lambda: world.issue("FLOW-3").points, None)
    # New ones at the foot of the sprint: one that is written, then cells, looked over first.
    opener = mine.column("Sprint 1").get_by_text("Add an issue")
    opener.focus()
    mine.press("Enter")
    page.keyboard.type("Write it down")
    mine.press("Enter")
    mine.shows(Sprint_1=["FLOW-2", "FLOW-3", "FLOW-1", "FLOW-9"])
    paste(page, CELLS)
    dialog = page.get_by_role("dialog", name="Create several issues")
    expect(dialog.get_by_text("“lots” is left out")).to_be_visible()
    assert violations(page) == []
    dialog.get_by_role("textbox", name="Title 2").press("Enter")
    mine.shows(Sprint_1=["FLOW-2", "FLOW-3", "FLOW-1", "FLOW-9", "FLOW-10", "FLOW-11"])
    made = world.issue("FLOW-10")
    assert (made.title, made.points, made.type.name) == ("Pay by card", 3, "Bug")
    eventually(lambda: mine.total_of("Sprint 1"), 6)
    page.keyboard.press("Escape")
    mine.press("Control+z")
    mine.shows(Sprint_1=["FLOW-2", "FLOW-3", "FLOW-1", "FLOW-9"])
    ada.verify()


def test_an_estimate_that_is_corrected_at_once_is_no_conflict(visitor: Visitors, world: World) -> None:
    mine = backlog(visitor(world.owner), world)
    line = SlowLine(mine.page, "/edit/$")
    mine.card("FLOW-2").focus()
    for points in ("3", "5"):
        mine.press("n")
        mine.page.keyboard.type(points)
        mine.press("Enter")
        line.wait()
    line.let_go()
    eventually(lambda: world.issue("FLOW-2").points, 5)
    expect(mine.page.locator(".toast", has_text="FLOW-2: 5 points")).to_be_visible()
    expect(mine.page.locator("dialog[open]")).to_have_count(0)
    mine.press("Control+z")
    eventually(lambda: world.issue("FLOW-2").points, 3)


@pytest.mark.deep
def test_on_a_phone_and_without_script(visitor: Visitors, world: World) -> None:
    ada = visitor(world.owner, viewport=PHONE, has_touch=True, is_mobile=True)
    mine = backlog(ada, world)
    page = mine.page
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert violations(page) == []
    # A long press lifts a row, and a finger carries it into the sprint.
    row, target = mine.card("FLOW-2").bounding_box(), mine.column("Sprint 1").locator("[data-column]").bounding_box()
    assert row is not None
    assert target is not None
    finger = Finger(page)
    x, y = row["x"] + 150, row["y"] + row["height"] - 14
    finger.press(x, y)
    page.locator(".drag-clone").wait_for()
    finger.move(x, y, x, target["y"] + 10)
    finger.release()
    mine.shows(Sprint_1=["FLOW-2"])
    eventually(lambda: sprint_of(world, "FLOW-2"), "Sprint 1")
    page.get_by_role("button", name="Actions for FLOW-3").tap()
    page.get_by_role("menuitem", name="Move to…").tap()
    page.get_by_label("Sprint or backlog").select_option("Sprint 1")
    page.get_by_role("button", name="Move", exact=True).tap()
    eventually(lambda: sprint_of(world, "FLOW-3"), "Sprint 1")
    ada.verify()

    plain = visitor(world.other, java_script_enabled=False)
    page = plain.open(world.path("backlog/"))
    page.get_by_role("checkbox", name="Select FLOW-4").check()
    page.get_by_role("checkbox", name="Select FLOW-2").check()
    page.get_by_label("Move the ticked issues to").select_option("Sprint 1")
    page.get_by_role("button", name="Move", exact=True).click()
    expect(page.get_by_text("1 issue moved.")).to_be_visible()
    assert sprint_of(world, "FLOW-4") == "Sprint 1"
    page.get_by_text("Add an issue to Backlog").click()
    page.get_by_label("Title of the new issue in Backlog").fill("Written plainly")
    page.get_by_role("button", name="Create", exact=True).last.click()
    expect(page.get_by_text("FLOW-9 is created.")).to_be_visible()
