"""The timeline: by mouse beside somebody else half a world away, by keyboard alone, on a phone and without script."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.utils import timezone
from icalendar import Calendar
from playwright.sync_api import Locator, Page, expect

from apps.accounts.models import User
from apps.issues.services import link_issues
from apps.projects.models import IssueType
from apps.sprints.services import create_sprint
from tests.browser.accessibility import violations
from tests.browser.board import World, eventually, make_world
from tests.browser.conftest import PHONE, Visitor
from tests.browser.elsewhere import elsewhere
from tests.browser.hands import Keyboard
from tests.factories import acting
from tests.processes import WebProcess

Visitors = Callable[..., Visitor]

# As far from each other as two clocks can be; the days of issues are the same for both.
EAST, WEST = "Pacific/Apia", "Pacific/Pago_Pago"
START = timezone.now().date() + timedelta(days=3)
DAY = 24  # pixels, in weeks


def plus(days: int) -> date:
    return START + timedelta(days=days)


@pytest.fixture
def world(server: WebProcess) -> World:
    """FLOW-1 (four days) blocks FLOW-2, which starts on the day after; FLOW-3 is part of an epic without dates."""
    world = make_world()

    def prepare() -> IssueType:
        for user, zone in ((world.owner, EAST), (world.other, WEST)):
            User.objects.using("owner").filter(pk=user.pk).update(time_zone=zone, is_time_zone_settled=True)
        with acting(world.owner, world.org):
            return IssueType.objects.get(project=world.project, level=IssueType.Level.EPIC)

    (epic,) = world.add("Checkout", type=elsewhere(prepare))
    world.edit("FLOW-1", start_date=START, due_date=plus(3))
    world.edit("FLOW-2", start_date=plus(4), due_date=plus(6))
    world.edit("FLOW-3", start_date=plus(1), due_date=plus(8), parent=epic.pk)
    world.act(
        lambda actor: link_issues(actor=actor, source=world._own("FLOW-1"), target=world._own("FLOW-2"), kind="blocks")
    )
    return world


class Timeline:
    """The page in a browser."""

    def __init__(self, page: Page) -> None:
        self.page = page
        page.locator(".live[data-state=live]").wait_for()

    def row(self, key: str) -> Locator:
        return self.page.locator(f'.line[data-issue-key="{key}"]')

    def bar(self, key: str) -> Locator:
        return self.row(key).locator(".bar")

    def dates(self, key: str) -> tuple[str | None, str | None]:
        row = self.row(key)
        return row.get_attribute("data-start"), row.get_attribute("data-due")

    def place(self, key: str) -> tuple[str | None, str | None]:
        fill = self.bar(key).locator(".fill")
        return fill.get_attribute("x"), fill.get_attribute("width")

    def drag(self, key: str, days: int, part: str = ".fill", *, drop: bool = True) -> None:
        box = self.bar(key).locator(part).bounding_box()
        assert box is not None
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        self.page.mouse.move(x + days * DAY, y, steps=5)
        expect(self.page.locator(".drag-says")).to_be_visible()
        if drop:
            self.page.mouse.up()

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    @property
    def said(self) -> str:
        return self.page.locator("#live").inner_text()

    @property
    def focused(self) -> str | None:
        return self.page.evaluate("document.activeElement.id || document.activeElement.tagName")


def stored(world: World, key: str) -> tuple[date | None, date | None]:
    issue = world.issue(key)
    return issue.start_date, issue.due_date


@pytest.mark.deep
def test_by_mouse_beside_somebody_half_a_world_away(visitor: Visitors, world: World) -> None:
    ada, mateo = visitor(world.owner, timezone_id=EAST), visitor(world.other, timezone_id=WEST)
    mine = Timeline(ada.open(world.path("timeline/", zoom="weeks")))
    theirs = Timeline(mateo.open(world.path("timeline/", zoom="weeks")))
    page = mine.page

    # The whole bar, then each end; to the day, wherever one is.
    mine.drag("FLOW-1", 2)
    eventually(lambda: stored(world, "FLOW-1"), (plus(2), plus(5)))
    eventually(lambda: theirs.dates("FLOW-1"), (plus(2).isoformat(), plus(5).isoformat()))
    eventually(lambda: mine.dates("FLOW-1"), (plus(2).isoformat(), plus(5).isoformat()))
    assert mine.place("FLOW-1")[1] == theirs.place("FLOW-1")[1] == str(4 * DAY)
    # It ends after what it blocks has started: both are told, in words.
    for shown in (mine, theirs):
        expect(shown.row("FLOW-2").locator(".said")).to_have_text("Starts before FLOW-1 ends")
        expect(shown.row("FLOW-2").locator(".warning")).to_contain_text("before FLOW-1, which blocks it, ends on")
        expect(shown.page.locator(".arrows path.early[marker-end]")).to_have_count(1)
    mine.drag("FLOW-1", -1, "[data-grip=due]")
    eventually(lambda: stored(world, "FLOW-1"), (plus(2), plus(4)))
    expect(theirs.row("FLOW-2").locator(".said")).to_have_count(0)
    mine.drag("FLOW-1", 1, "[data-grip=start]")
    eventually(lambda: stored(world, "FLOW-1"), (plus(3), plus(4)))
    page.get_by_role("button", name="Undo").last.click()
    eventually(lambda: stored(world, "FLOW-1"), (plus(2), plus(4)))
    eventually(lambda: theirs.dates("FLOW-1"), (plus(2).isoformat(), plus(4).isoformat()))
    # Escape leaves everything as it was.
    before = mine.place("FLOW-2")
    mine.drag("FLOW-2", 3, drop=False)
    assert mine.place("FLOW-2") != before
    page.keyboard.press("Escape")
    page.mouse.up()
    assert mine.place("FLOW-2") == before
    expect(page.locator("#panel")).to_be_hidden()
    assert stored(world, "FLOW-2") == (plus(4), plus(6))

    # What others do elsewhere: an epic without dates covers what is in it, what has no dates comes and goes.
    wide = mine.bar("FLOW-8").locator(".fill").get_attribute("width")
    world.edit("FLOW-3", due_date=plus(10))
    eventually(lambda: mine.bar("FLOW-8").locator(".fill").get_attribute("width"), str(int(wide or 0) + 2 * DAY))
    expect(page.locator("[data-undated-total]")).to_contain_text("4")
    world.edit("FLOW-4", due_date=plus(2))
    expect(mine.bar("FLOW-4")).to_be_visible()
    expect(page.locator("[data-undated-total]")).to_contain_text("3")
    expect(page.locator("[data-totals]")).to_have_text("4 issues with dates")
    world.delete("FLOW-4")
    expect(mine.row("FLOW-4")).to_have_count(0)
    world.act(
        lambda actor: create_sprint(
            actor=actor, project=world.project, name="Sprint 1", start_date=START, end_date=plus(13)
        ),
        by=world.owner,
    )
    expect(page.locator(".axis .sprint-name")).to_have_text("Sprint 1")
    # What is in an epic folds away, and a bar opens its issue.
    page.get_by_role("button", name="What is in FLOW-8").click()
    expect(mine.row("FLOW-3")).to_be_hidden()
    page.get_by_role("button", name="What is in FLOW-8").click()
    mine.bar("FLOW-2").locator(".fill").click(position={"x": 20, "y": 10})
    expect(page.locator("#panel").get_by_role("heading", name="Build it")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#panel")).to_be_hidden()
    assert "timeline" in page.url
    assert violations(page) == []


def test_by_keyboard_alone(visitor: Visitors, world: World) -> None:
    ada = visitor(world.owner)
    ada.allow(r"status of 422 .*/timeline/dates/")
    page = ada.open(world.path("timeline/"))
    mine = Timeline(page)
    mine.press("j", "j", "j", "ArrowUp", "ArrowDown")
    bar = f"bar-{world.issue('FLOW-1').pk}"
    eventually(lambda: mine.focused, bar)
    # A day, a week, the end; each is said, and the sum is stored.
    mine.press("ArrowRight")
    eventually(lambda: mine.said, lambda said: said.startswith("FLOW-1: ") and said.endswith(", 4 days"))
    mine.press("Control+ArrowRight", "ArrowLeft", "Shift+ArrowRight", "Control+Shift+ArrowRight")
    eventually(lambda: stored(world, "FLOW-1"), (plus(7), plus(18)))
    eventually(lambda: mine.said, lambda said: "before FLOW-1" not in said and "12 days" in said)
    eventually(lambda: mine.dates("FLOW-1"), (plus(7).isoformat(), plus(18).isoformat()))
    expect(mine.row("FLOW-2").locator(".said")).to_have_text("Starts before FLOW-1 ends")
    eventually(lambda: mine.focused, bar)
    mine.press("Control+z")
    eventually(lambda: stored(world, "FLOW-1"), (START, plus(3)))
    eventually(lambda: mine.dates("FLOW-1"), (START.isoformat(), plus(3).isoformat()))
    # Dates are written where they matter to the day; what cannot be is refused with a sentence.
    eventually(lambda: mine.focused, bar)
    mine.press("d")
    dialog = page.get_by_role("dialog", name="Dates")
    expect(dialog.get_by_label("Start")).to_be_focused()
    dialog.get_by_label("Due").fill(plus(-1).isoformat())
    mine.press("Enter")
    expect(dialog.get_by_role("alert")).to_have_text("An issue ends on the day it starts, or later.")
    assert violations(page) == []
    dialog.get_by_label("Due").fill(plus(2).isoformat())
    mine.press("Enter")
    expect(dialog).to_be_hidden()
    eventually(lambda: stored(world, "FLOW-1"), (START, plus(2)))
    eventually(lambda: mine.focused, bar)
    # Sent twice in a moment it is stored once, and nobody is told that it failed.
    mine.press("d")
    dialog.get_by_label("Due").fill(plus(3).isoformat())
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/timeline/dates/" in request.url else None)
    dialog.locator("form").evaluate("form => { form.requestSubmit(); form.requestSubmit(); }")
    expect(dialog).to_be_hidden()
    eventually(lambda: stored(world, "FLOW-1"), (START, plus(3)))
    assert len(asked) == 1
    eventually(lambda: mine.focused, bar)
    # Enter opens the issue, Escape leads back.
    mine.press("Enter")
    expect(page.locator("#panel").get_by_role("heading", name="Ask for more")).to_be_visible()
    mine.press("Escape")
    eventually(lambda: mine.focused, bar)
    # By Tab everything is seen that has the focus, the links among the words as well.
    hands = Keyboard(page)
    hands._is_fresh = False
    hands.go(mine.row("FLOW-2").get_by_role("link", name="FLOW-1", exact=True))
    # What has no dates gets some, and the focus goes with it.
    page.get_by_role("link", name="Give FLOW-5 dates").press("Enter")
    dialog.get_by_label("Start").fill(plus(5).isoformat())
    mine.press("Enter")
    eventually(lambda: stored(world, "FLOW-5"), (plus(5), None))
    eventually(lambda: mine.focused, f"bar-{world.issue('FLOW-5').pk}")


@pytest.mark.deep
def test_on_a_phone_it_is_a_table_and_without_script_as_well(visitor: Visitors, world: World) -> None:
    world.edit("FLOW-2", start_date=plus(1))
    page = visitor(world.other, viewport=PHONE, has_touch=True).open(world.path("timeline/"))
    mine = Timeline(page)
    expect(mine.row("FLOW-2").locator(".warning")).to_be_visible()
    expect(page.locator(".lane").first).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.get_by_role("link", name="Dates of FLOW-2").tap()
    dialog = page.get_by_role("dialog", name="Dates")
    dialog.get_by_label("Start").fill(plus(4).isoformat())
    dialog.get_by_role("button", name="Save").tap()
    eventually(lambda: stored(world, "FLOW-2"), (plus(4), plus(6)))
    expect(mine.row("FLOW-2").locator(".warning")).to_have_count(0)
    assert violations(page) == []
    page.get_by_role("link", name="Chart", exact=True).tap()
    expect(mine.bar("FLOW-2")).to_be_visible()
    assert violations(page) == []

    plain = visitor(world.other, java_script_enabled=False).open(world.path("timeline/", view="table"))
    expect(plain.get_by_role("row", name="FLOW-2")).to_contain_text("FLOW-1")
    plain.get_by_role("link", name="Dates of FLOW-2").click()
    plain.get_by_text("None", exact=True)
    plain.locator("[data-block=fields]").get_by_role("button", name="Start date. Change").click()
    plain.get_by_label("Start date", exact=True).fill(plus(2).isoformat())
    plain.locator("form:has([aria-label='Start date'])").get_by_role("button", name="Save").click()
    eventually(lambda: stored(world, "FLOW-2"), (plus(2), plus(6)))


def test_a_calendar_link_is_made_and_revoked_by_keyboard(visitor: Visitors, world: World) -> None:
    ada = visitor(world.owner)
    page = ada.open(world.path("timeline/"))
    Timeline(page)
    hands = Keyboard(page)
    hands.press(page.get_by_role("link", name="Calendar links"))
    expect(page.get_by_role("heading", name="No calendar reads here")).to_be_visible()
    hands.tick(page.get_by_label("Everybody's"))
    hands.press(page.get_by_role("button", name="Make a link"))
    address = page.locator("[data-address]").inner_text()
    # A stranger's calendar has the address and nothing else.
    stranger = visitor().context.request
    answer = stranger.get(address)
    assert answer.ok
    events = {str(event["summary"]): event for event in Calendar.from_ical(answer.body()).walk("VEVENT")}
    assert events["FLOW-1 Ask for more"]["dtstart"].dt == plus(3)
    assert violations(page) == []
    page.set_viewport_size(PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.goto(page.url)
    expect(page.locator("[data-address]")).to_have_count(0)
    Keyboard(page).press(page.get_by_role("button", name="Revoke"))
    expect(page.get_by_text("The link no longer works.")).to_be_visible()
    assert stranger.get(address).status == 404
