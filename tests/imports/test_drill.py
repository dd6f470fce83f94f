"""Workers killed in the middle of an import, two of them at once, Valkey emptied: afterwards every row is there once,
and the account says what it would have said without any of this.
"""

import os
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
from django.conf import settings as live_settings
from django.db.models import F
from pytest_django import Settings

from apps.accounts.models import User
from apps.core.tenancy import run_as, run_as_system
from apps.imports import jobs
from apps.imports.models import ExternalRef, ImportRun
from apps.imports.services import cancel_import, confirm_import, revert_import
from apps.issues.models import Comment, Issue
from apps.orgs.models import Organization
from tests.imports.bringing import begin, now
from tests.imports.exports import comment, issue, write
from tests.processes import Workers, environment_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.drill, pytest.mark.deep]

ROWS = 1_500
State = ImportRun.State


@pytest.fixture
def workers(tmp_path: Path, settings: Settings) -> Iterator[Workers]:
    settings.MEDIA_ROOT = str(tmp_path / "media")
    settings.STORAGES = {**live_settings.STORAGES, "attachments": {"BACKEND": "apps.core.files.LocalFiles"}}
    environ = environment_for(os.environ["FLOWBOARD_TEST_DATABASE"])
    environ["FLOWBOARD_MEDIA_ROOT"] = settings.MEDIA_ROOT
    environ.pop("FLOWBOARD_S3_BUCKET", None)
    workers = Workers(environ, tmp_path / "workers.log")
    yield workers
    workers.kill()


def eventually(holds: Callable[[], object], workers: Workers, within: float = 180.0) -> None:
    """Wait for something; meanwhile do what beat does, on a clock that goes faster."""
    deadline = time.monotonic() + within
    while not holds():
        assert time.monotonic() < deadline, workers.said()
        time.sleep(0.1)


def a_minute_later(run: ImportRun) -> None:
    """Whoever was killed has been silent for a minute, and beat looks for such runs."""
    with run_as_system(org_id=run.org_id):
        ImportRun.objects.filter(pk=run.pk).update(beat_at=F("beat_at") - timedelta(seconds=61))
    jobs.resume()


def as_ada(ada: User, acme: Organization, act: Callable[..., Any], run: ImportRun) -> None:
    with run_as(user_id=ada.pk, org_slug=acme.slug) as actor:
        act(actor=actor, run=run)


def test_killed_and_wiped_again_and_again_it_loses_and_doubles_nothing(
    ada: User, acme: Organization, tmp_path: Path, workers: Workers
) -> None:
    rows = [
        issue(
            f"LAMP-{number}",
            kind="Sub-task" if number % 3 == 0 else "Bug",
            parent={"id": str(10_000 + number - 1), "key": f"LAMP-{number - 1}"} if number % 3 == 0 else None,
            comments=[comment(number, "hm")],
        )
        for number in range(1, ROWS + 1)
    ]
    path = write(tmp_path / "lamps.ndjson", *rows, *[b"{"] * 10)
    workers.start(2)
    run = begin(acme, path, by=ada)
    eventually(lambda: now(run).state == State.REVIEW, workers)
    as_ada(ada, acme, confirm_import, run)
    for goal in (200, 600, 1_000):
        eventually(lambda goal=goal: now(run).rows_done >= goal, workers)
        workers.kill()
        with redis.Redis.from_url(os.environ["REDIS_URL"]) as client:
            client.flushall()
        stopped = now(run)
        assert stopped.state == State.RUNNING
        assert stopped.rows_done == stopped.imported + stopped.failed
        workers.start(2)
        a_minute_later(run)
    eventually(lambda: not now(run).is_at_work, workers)
    done = now(run)
    assert done.state == State.DONE, done.fault
    assert (done.rows_done, done.imported, done.updated, done.skipped, done.failed) == (ROWS + 10, ROWS, 0, 0, 10)
    assert (done.counts["comments"]["imported"], done.counts["parents"]) == (ROWS, ROWS // 3)
    with run_as_system(org_id=acme.pk):
        assert sorted(Issue.objects.values_list("number", flat=True)) == list(range(1, ROWS + 1))
        assert Comment.objects.count() == ROWS
        assert Issue.objects.filter(parent__isnull=False).count() == ROWS // 3
        assert ExternalRef.objects.filter(kind=ExternalRef.Kind.ISSUE).count() == ROWS
    # Taking it back may be interrupted as well.
    as_ada(ada, acme, revert_import, run)
    eventually(lambda: now(run).counts.get("taken_back", {}).get("issues", 0) >= 400, workers)
    workers.kill()
    workers.start(2)
    a_minute_later(run)
    eventually(lambda: now(run).state == State.REVERTED, workers)
    assert now(run).counts["taken_back"]["issues"] == ROWS
    with run_as_system(org_id=acme.pk):
        assert not Issue.objects.exists()


def test_cancelled_it_stops_behind_its_batch(ada: User, acme: Organization, tmp_path: Path, workers: Workers) -> None:
    path = write(tmp_path / "lamps.ndjson", *(issue(f"LAMP-{number}") for number in range(1, ROWS + 1)))
    workers.start(1)
    run = begin(acme, path, by=ada)
    eventually(lambda: now(run).state == State.REVIEW, workers)
    as_ada(ada, acme, confirm_import, run)
    eventually(lambda: now(run).rows_done >= 200, workers)
    as_ada(ada, acme, cancel_import, run)
    eventually(lambda: not now(run).is_at_work, workers)
    ended = now(run)
    assert ended.state == State.CANCELLED
    with run_as_system(org_id=acme.pk):
        assert Issue.objects.count() == ended.imported < ROWS
