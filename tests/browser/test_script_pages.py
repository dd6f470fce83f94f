"""The pages for people whose scripts talk to FlowBoard: limits, webhooks, and the API to read and to try."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import violations
from tests.browser.board import World, make_world
from tests.browser.hands import WAYS, Way

Visit = Callable[..., Any]


@pytest.fixture
def world(server: Any) -> World:
    return make_world()


@WAYS
def test_a_webhook_is_made_tried_changed_and_deleted(visitor: Visit, world: World, way: Way) -> None:
    page: Page = visitor(world.owner, **way.device).open(world.path("settings/webhooks/"))
    hands = way.hands(page)
    hands.press(page.get_by_role("link", name="Add webhook"))
    hands.write(page.get_by_label("Name", exact=True), "Build server")
    hands.write(page.get_by_role("textbox", name="Address", exact=True), "https://ci.example.org/hooks/flowboard")
    hands.tick(page.get_by_label("Only these:"))
    hands.press(page.locator("summary", has_text="Issues"))
    hands.tick(page.get_by_label("issue.created"))
    assert violations(page) == []
    hands.press(page.get_by_role("button", name="Add webhook"))
    expect(page.get_by_text("Copy the secret now")).to_be_visible()
    expect(page.get_by_text("issue.created")).to_be_visible()
    assert violations(page) == []

    hands.press(page.get_by_role("button", name="Send a test"))
    expect(page.get_by_role("heading", name="What is sent")).to_be_visible()
    assert violations(page) == []
    hands.press(page.get_by_role("link", name="Build server"))
    hands.press(page.get_by_role("link", name="Change"))
    hands.write(page.get_by_label("Name", exact=True), "Builds")
    hands.press(page.get_by_role("button", name="Save"))
    hands.press(page.get_by_role("button", name="Pause"))
    expect(page.get_by_text("What happens meanwhile is not sent")).to_be_visible()
    assert violations(page) == []
    hands.press(page.get_by_role("link", name="All webhooks"))
    expect(page.get_by_role("link", name="Builds")).to_be_visible()


@WAYS
def test_limits_are_set(visitor: Visit, world: World, way: Way) -> None:
    page: Page = visitor(world.owner, **way.device).open(f"/{world.org.slug}/settings/limits/")
    hands = way.hands(page)
    hands.write(page.get_by_label("Searching"), "40")
    hands.press(page.get_by_role("button", name="Save limits"))
    expect(page.get_by_label("Searching")).to_have_value("40")
    expect(page.get_by_text("Now 40;")).to_be_visible()
    assert violations(page) == []
    hands.write(page.get_by_label("Searching"), "")
    hands.press(page.get_by_role("button", name="Save limits"))
    expect(page.get_by_text("Now 40;")).to_have_count(0)


@WAYS
def test_an_operation_of_the_api_is_opened_and_tried(visitor: Visit, world: World, way: Way) -> None:
    page: Page = visitor(world.owner, **way.device).open("/accounts/api/")
    hands = way.hands(page)
    me = page.get_by_role("button", name="GET /api/v1/me/ The person")
    expect(me).to_be_visible()
    hands.press(me)
    hands.press(page.get_by_role("button", name="Try it out"))
    assert violations(page) == []
    hands.press(page.get_by_role("button", name="Execute"))
    expect(page.locator(".live-responses-table").get_by_text(world.owner.email)).to_be_visible()
    assert violations(page) == []
