"""The doctor finds what is wrong, says what to do, and is quiet where nothing is."""

import json
import re
import shutil
import socket
import time
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connections
from django.utils import timezone
from pytest_django import Settings

from apps.accounts.models import User
from apps.core.tenancy import run_as_system
from apps.events.models import Delivery, Event
from apps.notifications.models import Mail
from apps.ops import doctor
from apps.ops.doctor import Finding, Level, data, machine, services
from apps.ops.jobs import HEARTBEAT_KEY, heartbeat
from apps.orgs.models import Organization
from apps.projects.models import Project
from tests import factories

pytestmark = pytest.mark.django_db


def found(check: str) -> list[Finding]:
    return [finding for finding in doctor.examine() if finding.check == check]


def run(*arguments: str) -> tuple[str, str]:
    """What the command prints, and the sentence it fails with, if it does."""
    output = StringIO()
    try:
        call_command("doctor", *arguments, stdout=output, no_color=True)
    except CommandError as error:
        return output.getvalue(), str(error)
    return output.getvalue(), ""


@pytest.fixture
def as_owner() -> Callable[[str], None]:
    """Change the schema as its owner, seen by the doctor's own connection to it, and undone afterwards."""

    def execute(statement: str) -> None:
        with connections["owner"].cursor() as cursor:
            cursor.execute(statement)

    return execute


@pytest.fixture(autouse=True)
def _no_jobs_expected(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test process holds the claim that a supervisor would hold, but starts neither worker nor beat."""
    monkeypatch.setattr(services, "_runs_here", lambda: False)
    monkeypatch.setattr(services, "PATIENCE", 0.3)


class TestCommand:
    def test_a_sound_installation_passes_with_a_line_for_each_check(self) -> None:
        output, failure = run()
        assert failure == ""
        for check in (
            "versions",
            "database",
            "clock",
            "migrations",
            "roles",
            "walls",
            "valkey",
            "channel layer",
            "disk",
            "files",
        ):
            assert f"ok    {check}" in output, output

    def test_one_json_object_for_scripts(self) -> None:
        output, _ = run("--json")
        report = json.loads(output)
        assert report["ok"] is True
        assert {"level", "check", "what", "advice", "figures"} == set(report["findings"][0])

    def test_fails_and_says_what_to_do(self, settings: Settings) -> None:
        settings.SECRET_KEY = "short"
        output, failure = run()
        assert failure == "1 thing is wrong."
        assert "bad   secret key     5 characters long" in output
        assert "→ Set FLOWBOARD_SECRET_KEY" in output
        assert json.loads(run("--json")[0])["ok"] is False


class TestWalls:
    @pytest.mark.parametrize(
        ("statement", "fault"),
        [
            ("ALTER TABLE issues_issue DISABLE ROW LEVEL SECURITY", "issues_issue has no row-level security"),
            ("DROP POLICY tenant ON issues_issue", "issues_issue has the policies staff_select instead of"),
            (
                "CREATE POLICY more ON issues_issue USING (true)",
                "issues_issue has the policies more, staff_select, tenant",
            ),
            ("CREATE TABLE stray (id int, org_id int)", "stray is not declared"),
            ("GRANT TRUNCATE ON issues_comment TO flowboard_app", "TRUNCATE, UPDATE on issues_comment"),
            (
                "GRANT DELETE ON events_event TO flowboard_app",
                "flowboard_app has DELETE, INSERT, SELECT on events_event",
            ),
            ("GRANT UPDATE ON issues_issue TO flowboard_staff", "flowboard_staff has SELECT, UPDATE on issues_issue"),
            ("GRANT SELECT ON issues_issue TO PUBLIC", "PUBLIC has SELECT on issues_issue"),
            ("REVOKE SELECT ON issues_issue FROM flowboard_app", "flowboard_app has INSERT, UPDATE on issues_issue"),
            ("CREATE VIEW leak AS SELECT * FROM issues_issue; GRANT SELECT ON leak TO flowboard_app", "SELECT on leak"),
            (
                "GRANT EXECUTE ON FUNCTION flowboard_enter(bigint, text) TO PUBLIC",
                "everybody may call flowboard_enter()",
            ),
            ("ALTER TABLE accounts_user ADD org_id int", "accounts_user has an org_id but is declared to be outside"),
        ],
    )
    def test_finds_what_was_changed_behind_the_declaration(
        self, as_owner: Callable[[str], None], statement: str, fault: str
    ) -> None:
        as_owner(statement)
        findings = list(data._walls())
        assert {finding.level for finding in findings} == {Level.BAD}
        assert any(fault in finding.what for finding in findings), findings
        assert all("manage.py migrate" in finding.advice for finding in findings)

    def test_a_role_that_grew(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(data, "SERVING", "owner")
        (finding, _) = data._roles()
        assert finding.level is Level.BAD
        assert "flowboard_owner owns tables" in finding.what


class TestData:
    def test_a_database_that_is_away_is_named_and_the_rest_goes_on(self, monkeypatch: pytest.MonkeyPatch) -> None:
        broken = connections["staff"].copy()
        broken.settings_dict = {**broken.settings_dict, "PORT": "1"}
        monkeypatch.setattr(
            data, "connections", {alias: connections[alias] for alias in connections} | {"staff": broken}
        )
        findings = doctor.examine()
        assert [finding.what[:21] for finding in findings if finding.check == "database"] == ["staff cannot connect:"]
        assert any(finding.check == "valkey" for finding in findings)
        assert not any(finding.check == "deliveries" for finding in findings)

    def test_pending_migrations(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(data, "pending_migrations", lambda connection: ["issues.0009_new"])
        assert data._migrations().what == "1 pending, first issues.0009_new"

    @pytest.mark.parametrize(("seconds", "level"), [(0, Level.OK), (5, Level.WARN), (-100, Level.BAD)])
    def test_clocks_that_drift_apart(self, monkeypatch: pytest.MonkeyPatch, seconds: int, level: Level) -> None:
        drifted = timezone.now
        monkeypatch.setattr(data.timezone, "now", lambda: drifted() + timedelta(seconds=seconds))
        assert data._clock().level is level


class TestMachine:
    @pytest.mark.parametrize(
        ("free", "level"), [(100_000_000, Level.BAD), (1_500_000_000, Level.WARN), (90_000_000_000, Level.OK)]
    )
    def test_a_disk_that_fills_up(self, monkeypatch: pytest.MonkeyPatch, free: int, level: Level) -> None:
        usage = shutil._ntuple_diskusage(100_000_000_000, 100_000_000_000 - free, free)  # type: ignore[attr-defined]
        monkeypatch.setattr(machine.shutil, "disk_usage", lambda path: usage)
        assert machine._disk().level is level

    def test_debug_pages_in_production(self, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        settings.DEBUG = True
        assert machine._debug().level is Level.WARN
        monkeypatch.setattr(machine, "is_production", lambda: True)
        assert machine._debug().level is Level.BAD


class TestFiles:
    def test_are_kept_by_way_of_trial(self, settings: Settings, tmp_path: Path) -> None:
        settings.MEDIA_ROOT = str(tmp_path)
        assert found("files") == [Finding(Level.OK, "files", f"kept in {tmp_path}/attachments")]
        assert [path for path in tmp_path.rglob("*") if path.is_file()] == []

    def test_that_cannot_be_written_are_a_fault(self, settings: Settings, tmp_path: Path) -> None:
        (tmp_path / "media").write_text("in the way")
        settings.MEDIA_ROOT = str(tmp_path / "media")
        [finding] = found("files")
        assert (finding.level, "cannot be kept" in finding.what) == (Level.BAD, True)


class TestServices:
    def test_valkey_away(self, settings: Settings) -> None:
        settings.REDIS_URL = "redis://127.0.0.1:1/0"
        checks = {finding.check: finding.level for finding in doctor.examine()}
        assert checks["valkey"] is Level.BAD
        assert "worker" not in checks

    def test_a_worker_and_a_beat_at_work(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(services.current_app.control, "ping", lambda timeout: [{"worker@one": {"ok": "pong"}}])
        heartbeat()
        findings = {finding.check: finding for finding in services._jobs()}
        assert findings["worker"] == Finding(Level.OK, "worker", "worker@one answers")
        assert findings["beat"].level is Level.OK

    def test_none_at_work_is_a_fault_only_where_flowboard_runs(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert {finding.level for finding in services._jobs()} == {Level.WARN}
        monkeypatch.setattr(services, "_runs_here", lambda: True)
        assert {finding.level for finding in services._jobs()} == {Level.BAD}
        cache.set(HEARTBEAT_KEY, time.time() - 100, timeout=None)
        (_, beat) = services._jobs()
        assert beat.level is Level.BAD
        # A slow machine takes a moment between the two.
        assert re.fullmatch(r"last slot 1[0-3]\d s ago", beat.what)


@pytest.mark.django_db(transaction=True)
class TestOutbox:
    def test_counts_across_organizations(self, acme: Organization, ada: User, flow: Project) -> None:
        factories.make_issues(acme, flow, ada, "One", "Two")
        assert [finding.level for finding in services._outbox()] == [Level.OK, Level.OK]
        long_ago = timezone.now() - timedelta(hours=1)
        with factories.acting(ada, acme):
            first, second = Event.objects.filter(kind="issue.created").order_by("seq")[:2]
            Delivery.objects.create(org=acme, event=first, handler="test.one", due_at=long_ago)
            Delivery.objects.create(org=acme, event=second, handler="test.two", state=Delivery.State.DEAD)
        queues = services._queues()
        assert (queues.level, queues.figures["deliveries_waiting"]) == (Level.OK, 3)
        with factories.acting(ada, acme):
            Delivery.objects.filter(handler="test.one").update(created_at=long_ago)
        assert 3600 <= services._queues().figures["deliveries_oldest_seconds"] < 3700
        overdue, dead = services._outbox()
        assert dead.figures == {"dead_letters": 1}
        assert (overdue.level, overdue.what) == (Level.BAD, "1 overdue by more than 1 minute")
        assert (dead.level, dead.what) == (Level.BAD, "1 gave up after all attempts")
        with run_as_system(org_id=acme.pk):
            for state in ("waiting", "dead", "sent"):
                Mail.objects.create(org=acme, user=ada, state=state, due_at=long_ago, created_at=long_ago)
        queues = services._queues()
        assert (queues.level, queues.figures["mails_waiting"]) == (Level.WARN, 1)
        assert "1 mails, the oldest for 36" in queues.what
        assert [finding.what.split()[0] for finding in services._outbox()] == ["2", "2"]


class TestMail:
    def test_without_a_server_it_says_where_messages_are(self, settings: Settings) -> None:
        settings.EMAIL_HOST = ""
        assert services._mail().level is Level.WARN

    def test_a_server_that_refuses(self, settings: Settings) -> None:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        assert services._mail().level is Level.BAD

    def test_a_server_that_hangs_up(self, settings: Settings) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            settings.EMAIL_HOST, settings.EMAIL_PORT = server.getsockname()
            settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
            settings.EMAIL_TIMEOUT = 0.3
            assert services._mail().level is Level.BAD


def test_every_finding_that_is_not_fine_says_what_to_do() -> None:
    findings: Any = doctor.examine()
    assert all(finding.advice for finding in findings if finding.level is not Level.OK)
