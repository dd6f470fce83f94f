"""The first steps of somebody new: seen on the first page, ticked off by doing them, put away with one click or key."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from apps.accounts.models import User
from tests.factories import make_member, make_org, make_project, make_user

from .accessibility import violations
from .board import BoardPage
from .conftest import PHONE, Visitor, on_each_device
from .elsewhere import elsewhere
from .hands import Keyboard

Visit = Callable[..., Visitor]


def make_people() -> tuple[User, User]:
    """Whoever runs a fresh organization with an empty board, and somebody whom they invited."""
    nora = make_user("Nora New", tour_began_at=timezone.now())
    org = make_org(nora, slug="fresh")
    make_project(org, nora, "FLOW", template="kanban")
    return nora, make_member(org, name="Bob Reyes", tour_began_at=timezone.now())


@pytest.fixture
def people(transactional_db: None) -> tuple[User, User]:
    return elsewhere(make_people)


def strip(page: Page) -> Any:
    return page.get_by_role("region", name="First steps")


@on_each_device
def test_an_owner_ticks_it_off_by_keyboard(visitor: Visit, people: tuple[User, User], device: dict[str, Any]) -> None:
    nora = visitor(people[0], **device)
    page = nora.open("/fresh/FLOW/board/")
    board = BoardPage(page).ready()
    steps = strip(page)
    expect(steps).to_contain_text("1 of 4")
    expect(steps.locator("[aria-current=step]")).to_have_text("Create an issue")
    assert violations(page) == []

    title = page.get_by_role("dialog").get_by_label("Title")
    page.keyboard.press("c")
    expect(title).to_be_focused()
    page.keyboard.type("Water the plants")
    page.keyboard.press("Escape")  # what is being written is nobody's wish to put the steps away
    expect(title).to_be_hidden()
    expect(steps).to_be_visible()
    page.keyboard.press("c")
    expect(title).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.type("Water the plants")
    page.keyboard.press("Control+Enter")
    expect(board.card("FLOW-1")).to_be_visible()
    expect(steps.locator("[aria-current=step]")).to_have_text("Move it along")

    keyboard = Keyboard(page)
    keyboard.go(board.card("FLOW-1"))
    board.press(" ", "ArrowRight", " ")
    expect(steps).to_contain_text("3 of 4")
    assert board.focused == "FLOW-1"
    expect(steps.locator("[aria-current=step]")).to_have_text("Invite somebody")

    keyboard.press(steps.get_by_role("link", name="Invite people"))
    page.wait_for_url("**/fresh/members/")
    keyboard.press(page.get_by_role("button", name="Invite", exact=True))
    keyboard.write(page.get_by_label("E-mail addresses"), "cleo@example.test")
    keyboard.press(page.get_by_role("button", name="Make invitations"))
    expect(strip(page)).to_contain_text("You know your way around")
    with page.expect_response("**/accounts/tour/"):
        keyboard.press(strip(page).get_by_role("button", name="Close the first steps"))
    expect(strip(page)).to_have_count(0)
    page.reload()
    expect(strip(page)).to_have_count(0)


class TestPutAway:
    def test_by_escape_until_it_is_asked_for_on_any_device(self, visitor: Visit, people: tuple[User, User]) -> None:
        bob = visitor(people[1])
        page = bob.open("/fresh/")
        expect(strip(page).locator("[aria-current=step]")).to_have_text("Open an issue")
        assert page.evaluate("document.activeElement === document.body")
        page.keyboard.press("Escape")
        expect(strip(page)).to_have_count(0)
        page.get_by_role("button", name="Show them again").press("Enter")
        expect(strip(page)).to_be_visible()
        with page.expect_response("**/accounts/tour/"):
            strip(page).get_by_role("button", name="Skip the first steps").click()
        expect(strip(page)).to_have_count(0)

        phone = visitor(people[1], viewport=PHONE, has_touch=True)
        page = phone.open("/fresh/FLOW/board/")
        expect(strip(page)).to_have_count(0)
        page.get_by_role("button", name="Menu").tap()
        page.get_by_role("button", name="Bob Reyes").tap()
        page.get_by_role("menuitem", name="First steps").tap()
        expect(strip(page)).to_be_visible()

    def test_leaves_escape_to_what_is_open(self, visitor: Visit, people: tuple[User, User]) -> None:
        page = visitor(people[0]).open("/fresh/members/")
        page.get_by_role("button", name="Invite", exact=True).click()
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
        expect(strip(page)).to_be_visible()

    def test_works_without_script(self, visitor: Visit, people: tuple[User, User]) -> None:
        page = visitor(people[0], java_script_enabled=False).open("/fresh/FLOW/board/")
        strip(page).get_by_role("button", name="Skip the first steps").click()
        page.wait_for_url("**/fresh/FLOW/board/")
        expect(strip(page)).to_have_count(0)

    def test_is_not_on_paper(self, visitor: Visit, people: tuple[User, User]) -> None:
        page = visitor(people[0]).open("/fresh/FLOW/board/")
        page.emulate_media(media="print")
        expect(strip(page)).to_have_count(0)
