"""Boards over several projects: made and worked by mouse, by keyboard alone, on a phone; live, with rights that go."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from apps.accounts.models import User
from apps.boards.models import AcrossChoice
from apps.boards.services.across import create_across
from apps.core.tenancy import OrgRole
from apps.issues.models import Issue
from apps.issues.services import edit_issue, move_issue
from apps.projects.models import Project, ProjectMember, Status
from apps.projects.services import add_status, remove_project_role
from tests import factories
from tests.browser.accessibility import violations
from tests.browser.board import BoardPage, World, eventually, make_world
from tests.browser.conftest import PHONE, Visitor
from tests.browser.elsewhere import elsewhere
from tests.browser.test_boards import too_wide
from tests.processes import WebProcess

Visitors = Callable[..., Visitor]


@dataclass
class Two:
    """Two projects, FLOW and OPS; Vera, a guest, works in OPS and looks at FLOW."""

    world: World
    ops: Project
    vera: User

    def path(self, board_id: int) -> str:
        return f"/{self.world.org.slug}/boards/{board_id}/"

    def make(self) -> int:
        """A board of both."""
        ids = [self.world.project.pk, self.ops.pk]
        return self.world.act(
            lambda actor: create_across(actor=actor, name="Both", by="status", project_ids=ids), by=self.world.owner
        ).pk

    def move(self, key: str, to: str) -> None:
        """The other person moves an issue of either project."""

        def work(actor: object) -> None:
            issue = self.own(key)
            move_issue(actor=actor, issue=issue, to=Status.objects.get(project=issue.project, name=to))  # type: ignore[arg-type]

        self.world.act(work)

    def own(self, key: str) -> Issue:
        project, number = key.split("-")
        return Issue.objects.select_related("project", "status").get(project__key=project, number=number)

    def status_of(self, key: str) -> str:
        project, number = key.split("-")
        found = Issue.objects.using("owner").select_related("status")
        return found.get(project__key=project, number=number).status.name


@pytest.fixture
def two(server: WebProcess) -> Two:
    world = make_world()

    def work() -> Two:
        ops = factories.make_project(world.org, world.owner, "OPS", name="Operations", template="kanban")
        vera = factories.make_member(world.org, OrgRole.GUEST, "Vera Lind")
        factories.give_role(world.org, world.project, vera, "viewer")
        factories.give_role(world.org, ops, vera, "member")
        factories.give_role(world.org, ops, factories.make_member(world.org, OrgRole.GUEST, "Gus Orr"), "member")
        factories.make_issues(world.org, ops, world.owner, "Order parts", "Pay bills")
        return Two(world, ops, vera)

    found = elsewhere(work)
    found.world.act(
        lambda actor: add_status(
            actor=actor, project=Project.objects.get(pk=found.ops.pk), name="Delivered", category="done"
        ),
        by=world.owner,
    )
    return found


def test_one_is_made_worked_and_live_for_everybody(visitor: Visitors, two: Two) -> None:
    world = two.world
    page = visitor(world.owner).open(f"/{world.org.slug}/")
    page.get_by_role("link", name="Across projects").click()
    assert violations(page) == []
    page.get_by_role("link", name="Make the first one").click()
    page.get_by_label("Name").fill("Both")
    page.get_by_label("Project FLOW").check()
    page.get_by_label("Operations").check()
    page.get_by_role("button", name="Create board").click()
    mine = BoardPage(page).ready()
    mine.shows(To_do=["FLOW-1", "OPS-1", "FLOW-2", "OPS-2", "FLOW-3", "FLOW-4", "FLOW-5"])
    expect(page.get_by_text("Between sprints")).to_be_visible()
    assert violations(page) == []
    mateo = visitor(world.other)
    theirs = BoardPage(mateo.open(page.url.removeprefix(mateo.server.url))).ready()
    # Between cards of the other project, and into a column: each in its own project.
    mine.drag("FLOW-5", "To do", before="FLOW-2")
    order = ["FLOW-1", "OPS-1", "FLOW-5", "FLOW-2", "OPS-2", "FLOW-3", "FLOW-4"]
    mine.shows(To_do=order)
    theirs.shows(To_do=order)
    # FLOW-1 and OPS-1 have one rank: between them there is no room, and the answer says where the card is instead.
    mine.drag("FLOW-4", "To do", before="OPS-1")
    order = ["FLOW-1", "OPS-1", "FLOW-4", "FLOW-5", "FLOW-2", "OPS-2", "FLOW-3"]
    mine.shows(To_do=order)
    eventually(lambda: mine.said, "To do, position 3 of 7")
    theirs.shows(To_do=order)
    theirs.drag("OPS-2", "In progress")
    mine.shows(In_progress=["FLOW-6", "OPS-2"])
    eventually(lambda: two.status_of("OPS-2"), "In progress")
    eventually(lambda: mine.total_of("In progress"), 2)
    # What a project has no status for is not offered, and the reason is one press away.
    mine.drag("FLOW-1", "Delivered")
    expect(page.get_by_text("FLOW-1 cannot go to Delivered from here.")).to_be_visible()
    mine.shows(Delivered=[])
    mine.card("OPS-1").scroll_into_view_if_needed()
    mine.drag("OPS-1", "Delivered")
    mine.shows(Delivered=["OPS-1"])
    page.get_by_role("button", name="Undo").last.click()
    mine.shows(To_do=["FLOW-1", "OPS-1", "FLOW-4", "FLOW-5", "FLOW-2", "FLOW-3"])
    page.locator("#filters select[name=project]").select_option("Operations (OPS)")
    mine.shows(To_do=["OPS-1"], In_progress=["OPS-2"])
    expect(page).to_have_url(re.compile("project="))
    page.get_by_role("link", name="Clear filters").first.click()
    page.get_by_role("button", name="Actions for FLOW-1").click(force=True)
    page.get_by_role("menuitem", name="Move to…").click()
    page.get_by_role("link", name="Why not to all of them?").click()
    expect(page.get_by_text("Project FLOW has no status that belongs into “Delivered”.")).to_be_visible()
    page.get_by_role("link", name="Back to the board").click()
    mine.ready()
    # Somebody who only looks at one of the projects moves cards of the other, and loses it while the page is open.
    vera = visitor(two.vera)
    vera.allow("404")
    hers = BoardPage(vera.open(page.url.removeprefix(vera.server.url))).ready()
    expect(hers.page.get_by_role("link", name="New issue")).to_be_visible()  # there is one project to choose
    box = hers.card("FLOW-1").bounding_box()
    assert box is not None
    hers.page.mouse.move(box["x"] + 60, box["y"] + 25)
    hers.page.mouse.down()
    hers.page.mouse.move(box["x"] + 160, box["y"] + 60, steps=4)
    assert hers.page.locator(".drag-clone").count() == 0
    hers.page.mouse.up()
    # By the dialog: dragged there, the board would scroll under the card, and how far depends on the machine.
    hers.card("OPS-1").focus()
    hers.press("m")
    hers.page.get_by_role("dialog", name="Move issue").get_by_label("Column").select_option("Done")
    hers.page.get_by_role("button", name="Move", exact=True).click()
    eventually(lambda: sorted(mine.cards_of("Done")), ["FLOW-7", "OPS-1"])

    def leave(actor: object) -> None:
        member = ProjectMember.objects.select_related("project", "user").get(project=world.project, user=two.vera)
        remove_project_role(actor=actor, member=member)  # type: ignore[arg-type]

    world.act(leave, by=world.owner)
    hers.shows(To_do=[], In_progress=["OPS-2"], Done=["OPS-1"])
    hers.ready()
    two.move("OPS-2", "In review")
    hers.shows(In_review=["OPS-2"])


def undo(page: Page) -> None:
    page.get_by_role("button", name="Undo").last.click()


@pytest.mark.deep
def test_several_cards_are_changed_carried_and_made_in_their_own_projects(visitor: Visitors, two: Two) -> None:
    world, url = two.world, two.path(two.make())
    ada, mateo = visitor(world.owner), visitor(world.other)
    board, theirs = BoardPage(ada.open(url)).ready(), BoardPage(mateo.open(url)).ready()
    page = board.page
    start = ["FLOW-1", "OPS-1", "FLOW-2", "OPS-2", "FLOW-3", "FLOW-4", "FLOW-5"]
    # Ctrl and a click, a box, Shift for all between; the bar offers what all of their projects have.
    board.card("FLOW-1").locator(".key").click(modifiers=["Control"])
    board.card("OPS-1").hover()
    page.get_by_role("checkbox", name="Select OPS-1").click()
    bar = page.locator("[data-bulk]")
    expect(bar.locator("[data-count]")).to_have_text("2 selected")
    bar.get_by_role("button", name="Status", exact=True).click()
    expect(page.get_by_role("menuitem", name="Delivered")).to_be_hidden()
    expect(bar.get_by_role("link", name="Move to project")).to_have_count(0)
    assert violations(page) == []
    page.get_by_role("menuitem", name="In progress").click()
    expect(page.get_by_text("2 issues changed.")).to_be_visible()
    moved = ["FLOW-6", "FLOW-1", "OPS-1"]
    board.shows(In_progress=moved)
    theirs.shows(In_progress=moved)
    assert two.status_of("OPS-1") == two.status_of("FLOW-1") == "In progress"
    undo(page)
    board.shows(To_do=start, In_progress=["FLOW-6"])
    theirs.shows(To_do=start)
    # Who does not work in all of them is not offered, and named.
    bar.get_by_role("button", name="Assignee", exact=True).click()
    expect(page.get_by_role("menuitem", name="Gus Orr")).to_be_hidden()
    expect(page.get_by_text("Not in all of these projects: Gus Orr")).to_be_visible()
    board.press("Escape")
    # Carried together, they land in their order.
    board.lift("OPS-1")
    assert page.locator(".drag-clone").get_attribute("data-count") == "2"
    board.carry("In progress", before="FLOW-6")
    board.drop()
    board.shows(In_progress=["FLOW-1", "OPS-1", "FLOW-6"], To_do=start[2:])
    theirs.shows(In_progress=["FLOW-1", "OPS-1", "FLOW-6"])
    eventually(lambda: two.status_of("OPS-1"), "In progress")
    board.press("Control+z")
    board.shows(To_do=start, In_progress=["FLOW-6"])
    # By keyboard: selected, and cards of one project may go where only that project has a status.
    board.press("Escape")
    expect(bar).to_be_hidden()
    board.card("OPS-2").focus()
    board.press("x", "b")
    expect(bar.get_by_role("button", name="Status", exact=True)).to_be_focused()
    board.press("Enter")
    expect(page.get_by_role("menuitem", name="To do")).to_be_focused()
    board.press("End", "Enter")
    board.shows(Delivered=["OPS-2"])
    board.press("Control+z")
    board.shows(To_do=start)
    # A new issue where it belongs: the form asks in which project, and remembers it.
    board.press("Escape")
    board.card("FLOW-6").focus()
    board.press("c")
    expect(page.get_by_role("textbox", name="Title of the new issue in In progress")).to_be_focused()
    page.get_by_label("Project of the new issue in In progress").select_option("Operations (OPS)")
    page.get_by_role("textbox", name="Title of the new issue in In progress").fill("Call the harbour")
    board.press("Enter")
    board.shows(In_progress=["FLOW-6", "OPS-3"])
    theirs.shows(In_progress=["FLOW-6", "OPS-3"])
    assert two.status_of("OPS-3") == "In progress"
    assert violations(page) == []
    page.reload()
    board.ready()
    board.column("Done").get_by_text("Add an issue").click()
    expect(page.get_by_label("Project of the new issue in Done")).to_have_value(str(two.ops.pk))
    # Where only one project has a status there is nothing to ask.
    board.column("Delivered").get_by_text("Add an issue").click()
    expect(board.column("Delivered").get_by_text("In Operations")).to_be_visible()
    # In lanes: each person's own, and a card that is carried into one gets what its issues share.
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Lanes:").click()
    page.get_by_role("menuitemradio", name="Project", exact=True).click()
    expect(page.locator("[data-lane-key]")).to_have_count(2)
    assert violations(page) == []
    expect(theirs.page.locator("[data-lane-key]")).to_have_count(0)
    page.get_by_role("button", name="Lanes:").click()
    page.get_by_role("menuitemradio", name="Priority", exact=True).click()
    expect(page.locator("[data-lane-key]")).to_have_count(5)
    board.card("OPS-1").focus()
    board.press("m")
    page.get_by_label("Lane", exact=True).select_option("Urgent")
    page.get_by_role("button", name="Move", exact=True).click()
    expect(page.locator('[data-lane="priority-4"] > .card')).to_have_count(1)
    eventually(lambda: two.world.act(lambda actor: two.own("OPS-1").priority), 4)
    page.locator('[data-lane-key="priority-3"] > summary').click()
    eventually(lambda: AcrossChoice.objects.using("owner").filter(folded=["priority-3"]).count(), 1)
    page.reload()
    board.ready()
    expect(page.locator('[data-lane-key="priority-3"]')).not_to_have_attribute("open", "")
    # Who only looks at a project selects none of its cards, and is told why.
    hers = BoardPage(visitor(two.vera).open(url)).ready()
    expect(hers.card("FLOW-1").locator("[data-tick]")).to_have_count(0)
    hers.card("FLOW-1").locator(".key").click(modifiers=["Control"])
    expect(hers.page.get_by_text("You can look at FLOW-1 but not change it.")).to_be_visible()
    hers.card("FLOW-1").focus()
    hers.press("Control+a")
    expect(hers.page.locator(".selected")).to_have_count(2)


@pytest.mark.deep
def test_by_keyboard_alone(visitor: Visitors, two: Two) -> None:
    url = two.path(two.make())
    page = visitor(two.world.owner).open(url)
    board = BoardPage(page).ready()
    board.card("OPS-1").focus()
    board.press("Space")
    eventually(lambda: board.said, lambda said: "Lifted OPS-1" in said)
    # Where it lies already nothing is written, although the card above has its rank.
    version = two.world.act(lambda actor: two.own("OPS-1").version)
    board.press("Space")
    eventually(lambda: board.said, lambda said: "stays where it was" in said)
    assert two.world.act(lambda actor: two.own("OPS-1").version) == version
    board.press("Space", "ArrowRight", "Space")
    board.shows(In_progress=["OPS-1", "FLOW-6"])
    eventually(board.moves_left, 0)
    board.press("Control+z")
    board.shows(To_do=["FLOW-1", "OPS-1", "FLOW-2", "OPS-2", "FLOW-3", "FLOW-4", "FLOW-5"])
    eventually(board.moves_left, 0)
    # FLOW has no status in the last column: carrying ends before it.
    board.card("FLOW-1").focus()
    board.press("Space", "ArrowRight", "ArrowRight", "ArrowRight", "ArrowRight", "Space")
    board.shows(Done=["FLOW-1", "FLOW-7"], Delivered=[])
    eventually(lambda: two.status_of("FLOW-1"), "Done")
    # Who may only look is told so.
    hers = BoardPage(visitor(two.vera).open(url)).ready()
    hers.card("FLOW-2").focus()
    hers.press("Space")
    eventually(lambda: hers.said, "You can look at this but not change it.")
    hers.press(".")
    expect(hers.page.get_by_role("menuitem", name="Open")).to_be_focused()
    expect(hers.page.get_by_role("menuitem", name="Move to…")).to_be_hidden()
    hers.press("Escape")
    expect(hers.card("FLOW-2")).to_be_focused()


@pytest.mark.deep
def test_on_a_phone_in_the_dark_and_without_script(visitor: Visitors, two: Two) -> None:
    url = two.path(two.make())
    device = {"viewport": PHONE, "has_touch": True, "color_scheme": "dark"}
    page = visitor(two.world.owner, **device).open(url)
    board = BoardPage(page).ready()
    assert too_wide(page) <= 0
    assert violations(page) == []
    page.goto(f"{page.url}?q=nothing+like+this")
    board.ready()
    assert violations(page) == [], "it scrolls, and no card in it takes the focus"
    page.goto(page.url.partition("?")[0])
    board.ready()
    page.get_by_role("button", name="New issue").tap()
    page.get_by_role("menuitem", name="Operations").tap()
    page.get_by_label("Title").fill("Call the harbour")
    page.get_by_role("button", name="Create issue").tap()
    expect(page.get_by_role("heading", name="Call the harbour")).to_be_visible()
    page.goto(page.url.partition("/issue/")[0] + url.removeprefix(f"/{two.world.org.slug}"))
    board.ready()
    board.shows(To_do=["FLOW-1", "OPS-1", "FLOW-2", "OPS-2", "FLOW-3", "OPS-3", "FLOW-4", "FLOW-5"])
    page.get_by_role("button", name="Actions for OPS-3").tap()
    page.get_by_role("menuitem", name="Move to…").tap()
    page.get_by_label("Column").select_option("Delivered")
    page.get_by_role("button", name="Move", exact=True).tap()
    eventually(lambda: two.status_of("OPS-3"), "Delivered")
    # What happens elsewhere is drawn, and only where it is.
    two.world.act(lambda actor: edit_issue(actor=actor, issue=two.own("OPS-1"), values={"title": "Order fewer parts"}))
    expect(board.card("OPS-1").locator(".title")).to_have_text("Order fewer parts")
    plain = visitor(two.world.owner, java_script_enabled=False, **device).open(url)
    plain.get_by_role("link", name="Order fewer parts").tap()
    expect(plain.get_by_role("heading", name="Order fewer parts")).to_be_visible()
