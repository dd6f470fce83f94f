"""The way out: an archive that a real worker writes, until its time is over; a filtered list as a table."""

import csv
import io
import json
import os
import zipfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from apps.core.tenancy import run_as_system
from apps.exports import jobs
from apps.exports.models import ExportRun
from tests.browser.accessibility import violations
from tests.browser.board import World, eventually, make_world
from tests.browser.elsewhere import elsewhere
from tests.browser.hands import WAYS, Hands, Way
from tests.processes import Workers, environment_for

Visit = Callable[..., Any]


@pytest.fixture
def world(server: Any) -> World:
    return make_world()


@pytest.fixture
def workers(world: World, tmp_path: Path) -> Iterator[Workers]:
    made = Workers(environment_for(os.environ["FLOWBOARD_TEST_DATABASE"]), tmp_path / "workers.log")
    yield made
    made.kill()


def state_of_the_archive(world: World) -> str:
    """Where it stands; asked for meanwhile as beat does."""

    def look() -> str:
        jobs.resume()
        with run_as_system(org_id=world.org.pk):
            return ExportRun.objects.get().state

    return elsewhere(look)


def let_its_time_be_over(world: World) -> None:
    def age() -> None:
        with run_as_system(org_id=world.org.pk):
            ExportRun.objects.update(expires_at=timezone.now() - timedelta(days=1))

    elsewhere(age)


def downloaded(page: Page, hands: Hands, link: Locator) -> bytes:
    with page.expect_download() as download:
        hands.press(link)
    return Path(download.value.path()).read_bytes()


@WAYS
def test_an_archive_is_asked_for_watched_and_downloaded_until_its_time_is_over(
    visitor: Visit, world: World, workers: Workers, way: Way
) -> None:
    at_the_desk = visitor(world.owner, **way.device)
    at_the_desk.allow("status of 40[49]")
    other: Page = at_the_desk.open(world.path("settings/export/"))
    page: Page = at_the_desk.open(world.path("settings/export/"))
    hands = way.hands(page)
    expect(page.get_by_role("heading", name="No archive yet")).to_be_visible()
    assert violations(page) == []

    hands.press(page.get_by_role("button", name="Write an archive"))
    expect(page.get_by_text("It waits for its turn.")).to_be_visible()
    expect(page.get_by_role("progressbar", name="How far it is")).to_be_visible()
    expect(page.get_by_role("button", name="Write an archive")).to_have_count(0)
    assert violations(page) == []
    # A page that was opened before still has the button, and is told.
    other.get_by_role("button", name="Write an archive").click()
    expect(other.get_by_text("The one you asked for before is still being written.")).to_be_visible()

    # What other tests left in the queue is none of its business.
    workers.start(1, "--purge")
    eventually(lambda: state_of_the_archive(world), "ready", within=30)
    # The page notices by itself.
    link = page.get_by_role("link", name="Download archive")
    expect(link).to_be_visible()
    expect(page.get_by_text("7 issues")).to_be_visible()
    expect(page.get_by_role("button", name="Write an archive")).to_be_visible()
    assert violations(page) == []
    with zipfile.ZipFile(io.BytesIO(downloaded(page, hands, link))) as archive:
        assert archive.testzip() is None
        issues = [json.loads(line) for line in archive.read("projects/FLOW/issues.ndjson").splitlines()]
        assert "manifest.json" in archive.namelist()
    assert {"Ask for more", "Ship it"} < {issue.get("title") for issue in issues}

    let_its_time_be_over(world)
    hands.press(link)
    expect(page.get_by_role("heading", name="There is no such archive")).to_be_visible()
    expect(page.get_by_text("Its time is over")).to_be_visible()
    page.go_back()
    page.reload()
    expect(page.get_by_text("so it cannot be downloaded any more")).to_be_visible()
    expect(page.get_by_role("link", name="Download archive")).to_have_count(0)
    assert violations(page) == []


@WAYS
def test_a_filtered_list_is_taken_out_as_a_table(visitor: Visit, world: World, way: Way) -> None:
    page: Page = visitor(world.owner, **way.device).open(world.path("issues/", q="it"))
    link = page.get_by_role("link", name="CSV of these issues")
    rows = list(csv.DictReader(io.StringIO(downloaded(page, way.hands(page), link).decode("utf-8-sig"))))
    assert {row["Title"] for row in rows} == {"Build it", "Check it", "Draw it", "Explain it", "Fix it", "Ship it"}
