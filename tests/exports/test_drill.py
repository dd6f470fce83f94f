"""Archives of many issues: written by workers that are killed in between, and at what cost they go out and come in."""

import json
import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import pytest
from django.conf import settings as live_settings
from django.db.models import F
from pytest_django import Settings

from apps.accounts.models import User
from apps.core.files import EXPORTS, attached_files, kept_keys
from apps.core.tenancy import Origin, run_as, run_as_system
from apps.events.models import Change
from apps.exports import jobs
from apps.exports.models import ExportRun
from apps.exports.selectors import NoSuchArchive, get_readable_archive
from apps.exports.services import ask_for_archive
from apps.imports.choices import Choices
from apps.imports.files import Upload
from apps.imports.formats.flowboard import FlowBoard
from apps.imports.records import HistoryRecord, IssueRecord, LeftOut, Unreadable
from apps.issues.models import Comment, Issue
from apps.issues.services import NewIssue, bulk_edit, create_issues, import_comments
from apps.issues.services.comments import PastComment
from apps.orgs.models import Organization
from apps.projects.models import Project
from tests.factories import acting, make_org, make_project
from tests.imports.test_drill import eventually
from tests.processes import ROOT, Workers, environment_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.drill, pytest.mark.deep]

State = ExportRun.State
AT_ONCE = 500


@pytest.fixture
def environ(tmp_path: Path, settings: Settings) -> dict[str, str]:
    settings.MEDIA_ROOT = str(tmp_path / "media")
    settings.STORAGES = {**live_settings.STORAGES, "attachments": {"BACKEND": "apps.core.files.LocalFiles"}}
    environ = environment_for(os.environ["FLOWBOARD_TEST_DATABASE"])
    environ["FLOWBOARD_MEDIA_ROOT"] = settings.MEDIA_ROOT
    environ.pop("FLOWBOARD_S3_BUCKET", None)
    return environ


@pytest.fixture
def workers(tmp_path: Path, environ: dict[str, str]) -> Iterator[Workers]:
    workers = Workers(environ, tmp_path / "workers.log")
    yield workers
    workers.kill()


def fill(ada: User, acme: Organization, project: Project, count: int) -> None:
    """Issues with a comment each and a history of three lines, of which nobody is told, so that workers are free."""

    def quietly() -> Any:
        return run_as(user_id=ada.pk, org_slug=acme.slug, origin=Origin.IMPORT)

    for first in range(0, count, AT_ONCE):
        with quietly() as actor:
            batch = [
                NewIssue(title=f"Lamp {number} flickers", description="It does so at night. " * 10)
                for number in range(first, min(first + AT_ONCE, count))
            ]
            issues = create_issues(actor=actor, project=project, batch=batch)
        ids = [issue.pk for issue in issues]
        for values in ({"priority": 3}, {"points": Decimal(5)}):
            with quietly() as actor:
                bulk_edit(actor=actor, project=project, issue_ids=ids, values=values)
        with run_as_system(org_id=acme.pk, origin=Origin.IMPORT) as system:
            said = [
                PastComment(issue=issue, author_id=ada.pk, body=f"Seen, {issue.number}.", created_at=issue.created_at)
                for issue in issues
            ]
            import_comments(actor=system, project=project, batch=said)


def now(run: ExportRun) -> ExportRun:
    with run_as_system(org_id=run.org_id):
        return ExportRun.objects.get(pk=run.pk)


def kept() -> list[str]:
    return [key for some in kept_keys(EXPORTS) for key in some]


def test_killed_in_the_middle_the_next_worker_writes_it_and_half_of_it_is_never_offered(
    ada: User, acme: Organization, flow: Project, tmp_path: Path, workers: Workers
) -> None:
    fill(ada, acme, flow, 2_000)
    workers.start(1)
    with acting(ada, acme) as actor:
        run = ask_for_archive(actor=actor, project=flow)
    # The page rings a worker; here it is beat that finds the archive waiting.
    jobs.resume()
    for killed, goal in enumerate((200, 900), start=1):
        eventually(lambda goal=goal: now(run).issues_done >= goal, workers)
        workers.kill()
        stopped = now(run)
        assert (stopped.state, stopped.tries, stopped.key, stopped.size) == (State.RUNNING, killed, "", 0)
        assert kept() == []
        with acting(ada, acme) as actor, pytest.raises(NoSuchArchive):
            get_readable_archive(actor=actor, pk=run.pk)
        workers.start(1)
        # It has been silent for a minute, and beat looks for such archives.
        with run_as_system(org_id=acme.pk):
            ExportRun.objects.filter(pk=run.pk).update(beat_at=F("beat_at") - timedelta(seconds=61))

        def is_taken_up(killed: int = killed) -> bool:
            # The database notices in its own time that the worker which held it is gone.
            jobs.resume()
            return now(run).tries > killed

        eventually(is_taken_up, workers)
    eventually(lambda: not now(run).is_at_work, workers)
    done = now(run)
    assert (done.state, done.tries, done.issues_done) == (State.READY, 3, 2_000), done.fault
    assert kept() == [done.key]
    path = tmp_path / "whole.zip"
    path.write_bytes(b"".join(attached_files().pieces(done.key, start=0, length=done.size)))
    kinds = Counter(type(row.content) for row in FlowBoard().read(Upload.at(path), Choices()))
    assert (kinds[IssueRecord], kinds[HistoryRecord], kinds[Unreadable], kinds[LeftOut]) == (2_000, 2_000, 0, 0)


def command(environ: dict[str, str], *arguments: str) -> tuple[str, float, float]:
    """What a command says, how long it took in seconds, and the most memory that it had in MB."""
    began, most = time.monotonic(), 0
    with TemporaryFile("w+") as out:
        process = subprocess.Popen(
            [sys.executable, "manage.py", *arguments], cwd=ROOT, env=environ, stdout=out, stderr=subprocess.STDOUT
        )
        while process.poll() is None:
            # Of the process as it is now: what it had of ours before it began does not count.
            with suppress(OSError):
                found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{process.pid}/status").read_text())
                most = max(most, int(found[1]) if found else 0)
            time.sleep(0.1)
        out.seek(0)
        said = out.read()
    assert process.returncode == 0, said[-4000:]
    return said, time.monotonic() - began, most / 1024


def counts(org: Organization) -> dict[str, int]:
    with run_as_system(org_id=org.pk):
        mine = Issue.objects.filter(project__key="FLOW")
        changed = Change.objects.filter(issue__in=mine)
        return {
            "issues": mine.count(),
            "comments": Comment.objects.filter(issue__in=mine).count(),
            "priorities": changed.filter(field="priority").count(),
            "points": changed.filter(field="points").count(),
        }


def test_ten_thousand_issues_go_out_and_come_in_whole_and_take_no_more_memory(
    ada: User, acme: Organization, flow: Project, tmp_path: Path, environ: dict[str, str]
) -> None:
    fill(ada, acme, make_project(acme, ada, key="FEW"), 1_000)
    fill(ada, acme, flow, 10_000)
    globex = make_org(ada, "Globex", "globex")
    figures: dict[str, Any] = {}
    for key, name in (("FEW", "1000"), ("FLOW", "10000")):
        path = tmp_path / f"{key}.zip"
        _said, seconds, most = command(
            environ, "export_archive", "--org", acme.slug, "--project", key, "--out", str(path)
        )
        figures[f"export of {name}"] = {"seconds": seconds, "MB": most, "bytes": path.stat().st_size}
    for key, name in (("FEW", "1000"), ("FLOW", "10000")):
        path = tmp_path / f"{key}.zip"
        said, seconds, most = command(environ, "import_tracker", str(path), "--org", globex.slug, "--json")
        assert json.loads(said[said.index("{") :])["failed"] == 0
        figures[f"import of {name}"] = {"seconds": seconds, "MB": most}
    print(json.dumps(figures, indent=1))
    assert counts(globex) == counts(acme) == dict.fromkeys(("issues", "comments", "priorities", "points"), 10_000)
    assert figures["export of 10000"]["MB"] < 1.15 * figures["export of 1000"]["MB"]
    assert figures["import of 10000"]["MB"] < 1.25 * figures["import of 1000"]["MB"]
    assert figures["export of 10000"]["MB"] < 400
