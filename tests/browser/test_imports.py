"""Another tracker's issues: handed in, looked at, decided about, written, and taken back."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from apps.core.tenancy import run_as_system
from apps.imports.models import ImportRun
from apps.imports.running import work
from apps.issues.models import Issue
from tests.browser.accessibility import violations
from tests.browser.board import World, make_world
from tests.browser.elsewhere import elsewhere
from tests.browser.hands import WAYS, Way

Visit = Callable[..., Any]

TABLE = """\
Key,Title,Status,Type,Priority,Assignee,Labels,Created,Comment
LAMP-1,A lamp flickers,Selected,Improvement,Blocker,Mira Stone,hall,2024-03-01T08:30:00Z,It does.
LAMP-2,A lamp is dark,selected,Improvement,Major,Otto Lind,hall,2024-03-02T08:30:00Z,
LAMP-3,,Done,Bug,Minor,Mira Stone,,2024-03-03T08:30:00Z,
,,,,,,,,
"""


@pytest.fixture
def world(server: Any) -> World:
    return make_world()


def let_a_worker_come(world: World) -> None:
    """What a worker does when it is rung."""

    def come() -> None:
        with run_as_system(org_id=world.org.pk):
            run_id = ImportRun.objects.latest("pk").pk
        work(org_id=world.org.pk, run_id=run_id)

    elsewhere(come)


def imported(world: World) -> int:
    def count() -> int:
        with run_as_system(org_id=world.org.pk):
            return Issue.objects.filter(title__startswith="A lamp").count()

    return elsewhere(count)


@WAYS
def test_is_handed_in_decided_written_and_taken_back(visitor: Visit, world: World, way: Way, tmp_path: Path) -> None:
    export = tmp_path / "whatever.txt"
    export.write_text(TABLE)
    page: Page = visitor(world.owner, **way.device).open(world.path("settings/"))
    hands = way.hands(page)

    hands.press(page.get_by_role("link", name="Import issues"))
    expect(page.get_by_role("heading", name="Nothing has been imported yet")).to_be_visible()
    expect(page.get_by_label("Into")).to_have_value(world.project.key)
    page.get_by_label("Exported files").set_input_files(export)
    hands.press(page.get_by_role("button", name="Read the files"))
    expect(page.get_by_role("heading", name="The files are being read")).to_be_visible()
    assert violations(page) == []
    let_a_worker_come(world)

    # The page notices by itself, and says what would come of it.
    expect(page.get_by_role("heading", name="What is in the files")).to_be_visible()
    expect(page.locator(".tally div", has_text="new issues").locator("dd")).to_have_text("3")
    expect(page.get_by_role("cell", name="A lamp flickers", exact=True)).to_be_visible()
    assert imported(world) == 0
    hands.press(page.get_by_role("button", name="Treat “Selected” and “selected” as one"))
    expect(page.get_by_text("Your choices are kept.")).to_be_visible()
    # Whoever is not found here stands first; a handle says who it is.
    hands.press(page.locator("#people > summary"))
    otto = page.get_by_role("combobox", name="Otto Lind")
    expect(otto).to_have_attribute("placeholder", "A placeholder")
    hands.write(otto, f"@{world.other.handle}")
    hands.press(page.get_by_role("button", name="Keep the choices for People"))
    expect(page.locator("#people > summary")).to_contain_text("1 chosen")
    hands.press(page.locator("#people > summary"))
    expect(otto).to_have_value(f"{world.other.name} (@{world.other.handle})")
    assert violations(page) == []
    hands.press(page.get_by_role("button", name="Import", exact=True))
    expect(page.get_by_text("It waits for its turn.")).to_be_visible()
    let_a_worker_come(world)

    expect(page.get_by_role("heading", name="What became of every row")).to_be_visible()
    expect(page.locator(".sum")).to_contain_text("3 rows = 3 imported + 0 updated + 0 skipped + 0 failed")
    assert imported(world) == 2
    assert violations(page) == []
    hands.press(page.get_by_role("link", name="Open the board"))
    expect(page.locator(".card", has_text="A lamp flickers")).to_be_visible()

    page.go_back()
    hands.press(page.get_by_role("button", name="Take it back"))
    expect(page.get_by_role("heading", name="It is being taken back")).to_be_visible()
    let_a_worker_come(world)
    expect(page.get_by_text("3 issues are gone again.")).to_be_visible()
    assert imported(world) == 0
