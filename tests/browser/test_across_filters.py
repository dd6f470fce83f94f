"""A board over several projects is narrowed by label and by its own quick filter, and draws the projects' limits."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from apps.boards.models import Board
from apps.boards.services import Limit, limit_lanes
from apps.core.tenancy import Actor
from apps.issues.services import edit_issue
from apps.projects.models import Label, Project
from apps.projects.services import create_label
from tests.browser.accessibility import violations
from tests.browser.board import BoardPage, eventually
from tests.browser.conftest import Visitor
from tests.browser.hands import WAYS, Way
from tests.browser.test_across import Two, two
from tests.browser.test_boards import too_wide

__all__ = ["two"]  # the world of the journeys

Visitors = Callable[..., Visitor]


def prepare(two: Two) -> str:
    """A board whose projects have a label of one name, which FLOW-1 and OPS-1 carry, and a limit for people in FLOW."""

    def work(actor: Actor) -> None:
        for key in ("FLOW", "OPS"):
            label = create_label(actor=actor, project=Project.objects.get(key=key), name="hull")
            edit_issue(actor=actor, issue=two.own(f"{key}-1"), values={"labels": [label.pk]})
        board = Board.objects.select_related("project").get(project=two.world.project)
        limit_lanes(actor=actor, board=board, by="assignee", limit=Limit(at=1))

    two.world.act(work, by=two.world.owner)
    return two.path(two.make())


@WAYS
def test_by_label_by_quick_filter_and_with_limits(way: Way, visitor: Visitors, two: Two) -> None:
    url = prepare(two)
    page = visitor(two.world.owner, **way.device).open(f"{url}settings/")
    hands = way.hands(page)
    hands.press(page.locator("summary", has_text="Add a quick filter"))
    expect(page.locator("#quick_name")).to_be_focused()  # the open form takes the button's place
    hands.write(page.locator("#quick_name"), "Urgent hull")
    hands.choose(page.get_by_label("With label"), "hull")
    hands.choose(page.get_by_label("Priority, at least"), "Urgent")
    assert violations(page) == []
    hands.press(page.get_by_role("button", name="Add quick filter"))
    expect(page.get_by_text("The quick filter “Urgent hull” is on the board.")).to_be_visible()
    hands.press(page.get_by_role("button", name="Remove the quick filter Urgent hull"))
    expect(page.get_by_text("The quick filter “Urgent hull” is gone.")).to_be_visible()
    hands.press(page.get_by_role("button", name="Undo"))
    expect(page.get_by_text("The quick filter “Urgent hull” is on the board.")).to_be_visible()
    page.goto(page.url.partition("settings/")[0])
    board = BoardPage(page).ready()
    hands.choose(page.locator("#filters [name=label]"), "hull")
    board.shows(To_do=["FLOW-1", "OPS-1"], In_progress=[])
    eventually(lambda: page.url, lambda found: found.endswith("?label=hull"))
    expect(page.get_by_role("link", name="Clear filters").first).to_be_visible()
    # What others do counts at once, where the filter lets it.
    two.world.act(
        lambda actor: edit_issue(
            actor=actor, issue=two.own("OPS-2"), values={"labels": [Label.objects.get(project=two.ops).pk]}
        )
    )
    board.shows(To_do=["FLOW-1", "OPS-1", "OPS-2"])
    eventually(lambda: board.total_of("To do"), 3)
    # What is made now is somewhere else, and that is said.
    hands.press(board.column("In progress").locator("summary", has_text="Add an issue"))
    hands.choose(page.get_by_label("Project of the new issue in In progress"), "Operations (OPS)")
    hands.write(page.get_by_role("textbox", name="Title of the new issue in In progress"), "Scrape it")
    hands.press(board.column("In progress").get_by_role("button", name="Create"))
    expect(page.get_by_text("The filters hide it.").first).to_be_visible()
    board.shows(In_progress=[])
    page.keyboard.press("Escape")
    # The question of the board beside it; a limit of FLOW is said beside the filters once Ada is at it.
    hands.tick(page.get_by_label("Urgent hull"))
    board.shows(To_do=[])
    for key in ("FLOW-1", "FLOW-6"):
        two.world.act(
            lambda actor, key=key: edit_issue(
                actor=actor, issue=two.own(key), values={"assignee": two.world.owner.pk, "priority": 4}
            )
        )
    board.shows(To_do=["FLOW-1"])
    chip = page.locator("[data-reached] .chip")
    expect(chip).to_contain_text("FLOW 1 / 1")
    assert violations(page) == []
    assert too_wide(page) <= 0
    hands.press(page.get_by_role("button", name="Lanes:"))
    hands.press(page.get_by_role("menuitemradio", name="Assignee", exact=True))
    lane = page.locator(f'[data-lane-key="assignee-{two.world.owner.pk}"]')
    expect(lane.locator("[data-limits]")).to_contain_text("FLOW 1 / 1")
    expect(chip).to_have_count(0)
    two.move("FLOW-6", "Done")
    expect(lane.locator("[data-limits] .wip")).to_have_count(0)
    assert violations(page) == []
    assert too_wide(page) <= 0


@pytest.mark.deep
def test_by_label_and_quick_filter_without_script(visitor: Visitors, two: Two) -> None:
    url = prepare(two)
    page = visitor(two.world.owner, java_script_enabled=False).open(f"{url}settings/")
    page.locator("summary", has_text="Add a quick filter").click()
    page.locator("#quick_name").fill("Nobody’s")
    page.get_by_label("Whose issues").select_option("Nobody’s")
    page.get_by_role("button", name="Add quick filter").click()
    expect(page.get_by_text("is on the board.")).to_be_visible()
    page.goto(page.url.partition("settings/")[0])
    page.locator("#filters [name=label]").select_option("hull")
    page.locator("#filters label", has_text="Nobody’s").click()
    page.get_by_role("button", name="Apply").click()
    expect(page.locator(".card .key")).to_have_text(["FLOW-1", "OPS-1"])
    expect(page.locator("#filters [name=label] option:checked")).to_have_text("hull")
    page.get_by_role("link", name="Clear filters").first.click()
    expect(page.locator(".card")).to_have_count(9)
