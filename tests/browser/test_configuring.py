"""A project that becomes like another one, its sprints by themselves, and what each person takes on."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from apps.boards.models import Board
from apps.boards.services import add_column
from apps.core.tenancy import Actor
from apps.issues.models import Issue
from apps.projects.models import Project
from apps.projects.services import add_status, create_label
from apps.sprints.models import Sprint
from apps.sprints.services import plan_issues
from tests import factories
from tests.browser.accessibility import violations
from tests.browser.board import BoardPage, World, make_world
from tests.browser.elsewhere import elsewhere
from tests.browser.hands import WAYS, Way

Visit = Callable[..., Any]


@pytest.fixture
def world(server: Any) -> World:
    made = make_world()

    def furnish(actor: Actor) -> None:
        rock = Project.objects.get(key="ROCK")
        status = add_status(actor=actor, project=rock, name="Under test", category="in_progress")
        board = Board.objects.select_related("project").get(project=rock)
        add_column(actor=actor, board=board, name="Under test", status_ids=[status.pk])
        create_label(actor=actor, project=rock, name="hardware")

    elsewhere(lambda: factories.make_project(made.org, made.owner, "ROCK", name="Rockets", template="scrum"))
    made.act(furnish, by=made.owner)
    return made


@pytest.mark.deep
@WAYS
def test_is_copied_then_sprints_begin_by_themselves_for_what_people_take_on(
    visitor: Visit, world: World, way: Way
) -> None:
    theirs = BoardPage(visitor(world.other).open(world.path())).ready()
    page = visitor(world.owner, **way.device).open(world.path("settings/"))
    hands = way.hands(page)

    # What another project has set up, looked at first; whoever has the board open sees it come and go.
    hands.press(page.get_by_role("link", name="Copy configuration from…"))
    hands.choose(page.get_by_label("From which project"), "Rockets (ROCK)")
    hands.press(page.get_by_role("button", name="Look at it"))
    expect(page.get_by_role("heading", name="What changes here")).to_be_visible()
    expect(page.get_by_text("Under test").first).to_be_visible()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    hands.press(page.get_by_role("button", name="Copy configuration"))
    expect(page.get_by_text("The configuration of Rockets is copied.")).to_be_visible()
    expect(theirs.column("Under test")).to_be_visible()
    hands.press(page.get_by_role("button", name="Undo", exact=True))
    expect(page.get_by_text("The configuration is as it was.")).to_be_visible()
    expect(theirs.column("Under test")).to_have_count(0)

    # Sprints by themselves: planned ahead, in another rhythm, and no longer.
    page.goto(page.url.split("/settings/")[0] + "/sprints/")
    hands.press(page.get_by_role("link", name="Automatic sprints"))
    hands.write(page.get_by_label("Sprints planned ahead"), "3")
    assert violations(page) == []
    hands.press(page.get_by_role("button", name="Save"))
    expect(page.get_by_text("Sprints start and end by themselves now.")).to_be_visible()
    expect(page.get_by_text("A sprint of 2 weeks starts by itself on Monday.")).to_be_visible()
    for name in ("Sprint 1", "Sprint 2", "Sprint 3"):
        expect(page.get_by_role("link", name=name, exact=True).first).to_be_visible()
    hands.press(page.get_by_role("link", name="Automatic sprints"))
    hands.write(page.get_by_label("Weeks in a sprint"), "1")
    hands.choose(page.get_by_label("They start on"), "Wednesday")
    hands.press(page.get_by_role("button", name="Save"))
    expect(page.get_by_text("A sprint of 1 week starts by itself on Wednesday.")).to_be_visible()
    hands.press(page.get_by_role("link", name="Automatic sprints"))
    hands.tick(page.get_by_label("Sprints start and end by themselves"))
    hands.press(page.get_by_role("button", name="Save"))
    expect(page.get_by_text("Sprints wait for somebody now.")).to_be_visible()
    expect(page.get_by_text("starts by itself")).to_have_count(0)

    # What each person takes on stands on the backlog beside what they have.
    world.edit("FLOW-1", assignee=world.other.pk, points=5)

    def plan(actor: Actor) -> None:
        issue = Issue.objects.select_related("project").get(project=world.project, number=1)
        sprint = Sprint.objects.select_related("project").get(project=world.project, name="Sprint 1")
        plan_issues(actor=actor, issues=[issue], sprint=sprint)

    world.act(plan)
    page.goto(page.url.replace("/sprints/", "/backlog/"))
    capacity = page.get_by_role("link", name="Capacity in Sprint 1", exact=True)
    hands.press(capacity)
    expect(page.get_by_role("heading", name="Capacity in Sprint 1")).to_be_visible()
    hands.write(page.get_by_label("Mateo Ruiz"), "3")
    assert violations(page) == []
    hands.press(page.get_by_role("button", name="Save"))
    expect(page.get_by_text("5 / 3")).to_be_visible()
    expect(page.get_by_role("img", name="More than they take on")).to_be_visible()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
