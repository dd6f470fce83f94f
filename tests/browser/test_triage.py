"""What came from outside is decided about by keys, by hand on a phone, and shows at once elsewhere."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from apps.issues.models import Comment, Issue, IssueLink
from apps.issues.selectors import get_issue
from apps.issues.services import accept_issue
from apps.projects.models import Project
from apps.projects.services import set_triage
from tests import factories
from tests.browser.accessibility import violations
from tests.browser.board import World, make_world
from tests.browser.conftest import PHONE
from tests.browser.elsewhere import elsewhere
from tests.browser.hands import Keyboard
from tests.browser.slow_line import SlowLine

Visit = Callable[..., Any]


@pytest.fixture
def world(server: Any) -> World:
    made = make_world()

    def report() -> None:
        guest = factories.make_member(made.org, "guest", "Gwen Guest")
        factories.give_role(made.org, made.project, guest, "member")
        with factories.acting(made.owner, made.org) as actor:
            set_triage(actor=actor, project=Project.objects.get(pk=made.project.pk), is_on=True)
        titles = ("Login fails", "Export is empty", "Fonts are small", "Dark mode", "Slow search")
        factories.make_issues(made.org, made.project, guest, *titles, description="It happens **every** day.")

    elsewhere(report)
    return made


def key_of(world: World, title: str) -> str:
    number = Issue.objects.using("owner").values_list("number", flat=True).get(project=world.project, title=title)
    return f"FLOW-{number}"


@pytest.mark.deep
def test_somebody_decides_by_keyboard_alone(visitor: Visit, world: World) -> None:
    guest = visitor(world.owner)
    guest.allow("422")
    page = guest.open(world.path("board/"))
    keyboard = Keyboard(page)
    keyboard.press(page.get_by_role("navigation", name="Views of").get_by_role("link", name="Triage"))
    page.wait_for_url("**/triage/")
    expect(page.locator("[data-triage-page][data-ready]")).to_be_visible()
    tab = page.locator("[data-triage-count]")
    expect(tab).to_contain_text("5")
    assert not violations(page)
    dialog = page.get_by_role("dialog")

    def focused(title: str) -> None:
        expect(page.get_by_role("link", name=title, exact=True)).to_be_focused()

    # Accepted with one key and Enter; the next one has the focus.
    page.keyboard.press("j")
    focused("Login fails")
    page.keyboard.press("1")
    expect(dialog.get_by_role("button", name="Accept")).to_be_focused()
    assert not violations(page)
    page.keyboard.press("Enter")
    expect(page.get_by_text("is accepted.")).to_be_visible()
    focused("Export is empty")
    expect(tab).to_contain_text("4")
    login = key_of(world, "Login fails")
    assert world.issue(login).triage_since is None
    page.keyboard.press("Control+z")
    focused("Login fails")
    assert world.issue(login).triage_since is not None

    # A duplicate: what is no key is said where it is written.
    page.keyboard.press("2")
    field = dialog.get_by_label("Key of the issue that it repeats")
    expect(field).to_be_focused()
    page.keyboard.insert_text("FLOW-999")
    page.keyboard.press("Enter")
    expect(dialog.get_by_text("There is no issue “FLOW-999”")).to_be_visible()
    keyboard.write(dialog.get_by_label("Key of the issue that it repeats"), "FLOW-1")
    page.keyboard.press("Enter")
    expect(page.get_by_text("is a duplicate.")).to_be_visible()
    focused("Export is empty")
    assert IssueLink.objects.using("owner").filter(kind="duplicates", target__number=1).count() == 1

    page.keyboard.press("3")
    expect(dialog.get_by_label("Why")).to_be_focused()
    page.keyboard.insert_text("It is so on purpose.")
    keyboard.press(dialog.get_by_role("button", name="Decline"))
    focused("Fonts are small")
    assert Comment.objects.using("owner").get().body == "It is so on purpose."

    page.keyboard.press("h")
    expect(dialog.get_by_label("Until")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Snoozed")).to_be_visible()
    fonts = world.issue(key_of(world, "Fonts are small"))
    assert fonts.snoozed_until == timezone.localdate() + timedelta(days=7)
    expect(tab).to_contain_text("2")

    # Somebody else decides meanwhile.
    page.keyboard.press("Escape")
    slow = key_of(world, "Slow search")
    world.act(lambda actor: accept_issue(actor=actor, issue=get_issue(actor=actor, key=slow)))
    expect(page.get_by_role("link", name="Slow search", exact=True)).to_have_count(0)
    expect(tab).to_contain_text("1")


def test_keys_that_come_before_the_answers_hit_nothing_else(visitor: Visit, world: World) -> None:
    page = visitor(world.owner).open(world.path("triage/"))
    expect(page.locator("[data-triage-page][data-ready]")).to_be_visible()
    dialog = page.get_by_role("dialog")
    page.keyboard.press("j")
    line = SlowLine(page, "/accept/$", method="GET")
    page.keyboard.press("1")
    page.keyboard.press("Enter")  # is meant for the dialog, and the issue's link has the focus
    line.let_go()
    expect(dialog.get_by_role("button", name="Accept")).to_be_focused()
    line = SlowLine(page, "/accept/$")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.keyboard.press("j")
    page.keyboard.press("3")
    expect(dialog.get_by_label("Why")).to_be_focused()
    line.let_go()
    expect(page.get_by_role("link", name="Login fails", exact=True)).to_have_count(0)
    expect(page.get_by_role("link", name="Export is empty", exact=True)).to_be_attached()
    expect(dialog.get_by_label("Why")).to_be_focused()


@pytest.mark.deep
def test_on_a_phone_in_the_dark_and_without_script(visitor: Visit, world: World) -> None:
    page = visitor(world.owner, viewport=PHONE, color_scheme="dark", has_touch=True).open(world.path("triage/"))
    expect(page.locator("[data-triage-page][data-ready]")).to_be_visible()
    assert not violations(page)
    line = page.locator("[data-triage-issue]").filter(has_text="Login fails")
    line.get_by_text("What it says").tap()
    expect(line.get_by_text("every", exact=True)).to_be_visible()
    line.get_by_role("link", name="Accept").tap()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Status").select_option(label="In progress")
    dialog.get_by_role("button", name="Accept").tap()
    expect(line).to_have_count(0)
    assert world.issue(key_of(world, "Login fails")).status.name == "In progress"
    page.close()

    plain = visitor(world.owner, viewport=PHONE, java_script_enabled=False).open(world.path("triage/"))
    plain.get_by_role("link", name="Decline: ").first.click()
    plain.get_by_label("Why").fill("No.")
    plain.get_by_role("button", name="Decline").click()
    expect(plain.get_by_text("is declined.")).to_be_visible()
    expect(plain.get_by_role("link", name="Export is empty", exact=True)).to_have_count(0)
