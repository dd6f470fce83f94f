"""A template is written down, fills new issues in without touching what was typed, and is repeated by itself."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from apps.issues.models import Issue
from apps.recurring.models import Schedule
from tests.browser.accessibility import violations
from tests.browser.board import BoardPage, World, make_world
from tests.browser.hands import WAYS, Hands, Way

Visit = Callable[..., Any]


@pytest.fixture
def world(server: Any) -> World:
    return make_world()


def titles(world: World) -> list[str]:
    rows = Issue.objects.using("owner").filter(project=world.project, deleted_at=None)
    return list(rows.order_by("number").values_list("title", flat=True))


@pytest.mark.deep
@WAYS
def test_from_the_template_to_the_issue_and_its_schedule(visitor: Visit, world: World, way: Way) -> None:
    page = visitor(world.owner, **way.device).open(world.path("settings/templates/"))
    hands: Hands = way.hands(page)
    assert not violations(page)

    # Written down.
    hands.press(page.get_by_role("link", name="Add template"))
    page.wait_for_url("**/templates/new/")
    hands.write(page.locator("[name=name]"), "Release")
    hands.tick(page.get_by_label("Fill it in at once"))
    hands.write(page.get_by_label("Title"), "Release of {year}")
    hands.write(page.get_by_label("Description"), "Tell support first.")
    hands.write(page.get_by_label("Sub-tasks"), "Test\nShip")
    assert not violations(page)
    hands.press(page.get_by_role("button", name="Add template"))
    expect(page.get_by_text("The template “Release” is there.")).to_be_visible()

    # Filled in at once; what is typed stays, whatever is chosen.
    before = titles(world)
    root = page.url.partition(world.path(""))[0]
    page.goto(root + world.path())
    BoardPage(page).ready()
    hands.press(page.get_by_role("link", name="New issue").first)
    dialog = page.get_by_role("dialog", name="New issue in")
    expect(dialog.get_by_label("Description")).to_have_value("Tell support first.")
    expect(dialog.get_by_label("Title")).to_have_value(f"Release of {timezone.localdate().year}")
    assert not violations(page)
    # It belongs to tasks: another type leaves it out, and the focus where it is.
    kind = dialog.get_by_label("Type")
    hands.choose(kind, "Bug")
    expect(dialog.get_by_label("Description")).to_have_value("")
    if way.by_keys:
        expect(kind).to_be_focused()
    hands.choose(kind, "Task")
    expect(dialog.get_by_label("Description")).to_have_value("Tell support first.")
    hands.write(dialog.get_by_label("Title"), "Hotfix")
    hands.press(dialog.get_by_role("link", name="None", exact=True))
    expect(dialog.get_by_label("Description")).to_have_value("")
    expect(dialog.get_by_label("Sub-tasks")).to_have_count(0)
    expect(dialog.get_by_role("link", name="None", exact=True)).to_be_focused()
    hands.write(dialog.get_by_label("Description"), "Mine")
    hands.press(dialog.get_by_role("link", name="Release", exact=True))
    expect(dialog.get_by_label("Sub-tasks")).to_have_value("Test\nShip")
    expect(dialog.get_by_label("Description")).to_have_value("Mine")
    expect(dialog.get_by_label("Title")).to_have_value("Hotfix")
    hands.press(dialog.get_by_role("button", name="Create issue"))
    notice = page.get_by_text("created, with 2 sub-tasks.").first
    expect(notice).to_be_visible()
    assert titles(world) == [*before, "Hotfix", "Test", "Ship"]
    # One undo for all of it.
    hands.press(page.get_by_role("button", name="Undo"))
    expect(page.locator("#live")).to_have_text("Taken back.")
    assert titles(world) == before

    # Repeated; the form says what it means while it is filled in.
    page.goto(root + world.path("settings/schedules/new/"))
    hands.tick(page.get_by_label("Months, on a weekday"))
    hands.choose(page.get_by_label("On the", exact=True), "last")
    hands.choose(page.get_by_label("Weekday", exact=True), "Friday")
    says = page.locator("[data-in-words]")
    expect(says).to_contain_text("Every month on the last Friday at 09:00 (UTC)")
    expect(page.get_by_label("On day", exact=True)).to_be_hidden()
    assert not violations(page)
    hands.press(page.get_by_role("button", name="Repeat it"))
    expect(page.get_by_text("“Release” is repeated from now on.")).to_be_visible()
    hands.press(page.get_by_role("button", name="Pause Release"))
    expect(page.get_by_text("“Release” is paused.")).to_be_visible()
    assert Schedule.objects.using("owner").get().paused_at is not None
    assert not violations(page)
