"""What is empty says so, with one next step that works; and no longer than it is empty."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from apps.accounts.models import User
from apps.orgs.models import Organization
from tests.factories import make_issues, make_member, make_org, make_project, make_user

from .accessibility import violations
from .board import BoardPage
from .conftest import PHONE, Visitor, on_each_device
from .elsewhere import elsewhere

Visit = Callable[..., Visitor]


def make_empty() -> tuple[User, Organization, Any]:
    ada = make_user("Ada Okafor")
    org = make_org(ada, slug="acme")
    return ada, org, make_project(org, ada, "FLOW", template="kanban")


@pytest.fixture
def empty(transactional_db: None) -> tuple[User, Organization, Any]:
    return elsewhere(make_empty)


@on_each_device
class TestABoard:
    def test_begins_with_its_first_card(
        self, visitor: Visit, empty: tuple[User, Organization, Any], device: dict[str, Any]
    ) -> None:
        ada = empty[0]
        page = visitor(ada, **device).open("/acme/FLOW/board/")
        board = BoardPage(page).ready()
        start = page.get_by_text("This board is empty.")
        expect(start).to_be_visible()
        expect(page.get_by_text("No card matches the filters.")).to_be_hidden()
        assert violations(page) == []
        page.get_by_role("link", name="Create the first issue").press("Enter")
        title = page.get_by_role("dialog").get_by_label("Title")
        title.fill("Water the plants")
        title.press("Control+Enter")
        expect(board.card("FLOW-1")).to_be_visible()
        expect(start).to_be_hidden()

    def test_whose_cards_are_all_filtered_out_offers_them_back(
        self, visitor: Visit, empty: tuple[User, Organization, Any], device: dict[str, Any]
    ) -> None:
        ada, org, project = empty
        elsewhere(lambda: make_issues(org, project, ada, "Water the plants"))
        page = visitor(ada, **device).open("/acme/FLOW/board/")
        board = BoardPage(page).ready()
        none_left = page.get_by_text("No card matches the filters.").and_(page.locator("strong"))
        expect(none_left).to_be_hidden()
        page.get_by_label("Filter cards by text").fill("elephant")
        expect(none_left).to_be_visible()
        expect(page.locator("#live")).to_have_text("No card matches the filters.")
        assert violations(page) == []
        page.locator(".board-empty").get_by_role("link", name="Clear filters").press("Enter")
        expect(board.card("FLOW-1")).to_be_visible()
        expect(none_left).to_be_hidden()
        expect(page.get_by_label("Filter cards by text")).to_be_focused()


def test_an_owner_who_is_alone_invites_from_there(visitor: Visit, empty: tuple[User, Organization, Any]) -> None:
    page = visitor(empty[0]).open("/acme/members/")
    page.get_by_role("button", name="Add people").press("Enter")
    expect(page.get_by_role("dialog", name="Invite people")).to_be_visible()


def test_a_guest_without_a_project_is_told_whom_to_ask(visitor: Visit, empty: tuple[User, Organization, Any]) -> None:
    guest = elsewhere(lambda: make_member(empty[1], "guest", "Gus Guest"))
    page = visitor(guest, viewport=PHONE).open("/acme/")
    expect(page.get_by_text("Whom to ask: Ada Okafor.")).to_be_visible()
    page.get_by_role("link", name="See who is here").press("Enter")
    expect(page.get_by_role("heading", name="Members")).to_be_visible()
