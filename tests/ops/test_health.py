"""Health, readiness, and the refusal to serve with a role that the walls do not bind."""

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from django.db import connections
from django.test import Client
from pytest_django import Settings

from apps.core.tenancy import boot
from apps.ops import health
from tests.processes import environment_for
from tests.services import HOME

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def client() -> Client:
    return Client(headers={"host": "localhost"})


@pytest.fixture(autouse=True)
def _fresh_probe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.ops.views.probe", health.Probe())


class TestHealthz:
    def test_answers_without_any_service(self, client: Client) -> None:
        # No database mark: a query would fail this test.
        response = client.get("/healthz")
        assert (response.status_code, response.content) == (200, b"ok\n")
        assert "no-store" in response["Cache-Control"]

    def test_does_not_look_at_the_session_of_whoever_asks(self, client: Client) -> None:
        client.cookies["sessionid"] = "x" * 32
        assert client.get("/healthz").status_code == 200

    def test_only_reads(self, client: Client) -> None:
        assert client.post("/healthz").status_code == 405


@pytest.mark.django_db
class TestReadyz:
    def test_says_yes_when_all_is_there(self, client: Client) -> None:
        response = client.get("/readyz")
        assert response.status_code == 200
        answer = response.json()
        assert answer["ready"] is True
        assert answer["checks"] == {"database": "ok", "migrations": "ok", "valkey": "ok"}

    def test_knows_which_migrations_are_pending(self) -> None:
        with connections["owner"].cursor() as cursor:
            cursor.execute("DELETE FROM django_migrations WHERE app = 'issues'")
        # The application's connection is another transaction, so it is told through the owner's.
        assert [name.split(".")[0] for name in health.pending_migrations(connections["owner"])][-1:] == ["issues"]

    def test_says_no_without_valkey(self, client: Client, settings: Settings) -> None:
        settings.REDIS_URL = "redis://127.0.0.1:1/0"
        response = client.get("/readyz")
        assert response.status_code == 503
        assert response.json()["checks"] == {"database": "ok", "migrations": "ok", "valkey": "unreachable"}

    def test_says_no_without_the_database_and_gives_nothing_away(
        self, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        broken = connections["default"].copy()
        broken.settings_dict = {**broken.settings_dict, "PORT": "1"}
        monkeypatch.setattr(health, "connection", broken)
        response = client.get("/readyz")
        assert response.status_code == 503
        assert response.json()["checks"]["database"] == "unreachable"
        assert broken.settings_dict["PASSWORD"] not in response.content.decode()

    def test_asks_at_most_once_a_second(self, monkeypatch: pytest.MonkeyPatch) -> None:
        asked: list[int] = []

        def check() -> str:
            asked.append(1)
            return health.OK

        monkeypatch.setattr(health, "_CHECKS", {"one": check})
        probe = health.Probe()
        assert [probe.readiness().is_ready for _ in range(5)] == [True] * 5
        assert len(asked) == 1
        monkeypatch.setattr(health, "FRESH_FOR", 0.0)
        probe.readiness()
        assert len(asked) == 2


@pytest.mark.django_db
class TestBootCheck:
    def test_the_serving_and_the_staff_role_pass(self) -> None:
        assert boot.powers_beyond_the_walls("default") == []
        assert boot.powers_beyond_the_walls("staff") == []

    def test_the_owner_does_not(self) -> None:
        assert "owns tables, or may become their owner" in boot.powers_beyond_the_walls("owner")


# A wrong role, and the words by which it is refused.
WRONG = {
    "superuser": ("SUPERUSER", "is a superuser"),
    "bypass": ("BYPASSRLS", "has BYPASSRLS"),
    "heir": ("IN ROLE flowboard_owner", "owns tables, or may become their owner"),
    "truncater": ("", "may TRUNCATE tables"),
}
SERVERS = {
    "web": "-c 'import flowboard.asgi'",
    "wsgi": "-c 'import flowboard.wsgi'",
    "worker": "-m celery --app flowboard worker --pool solo --loglevel error",
    "beat": "-m celery --app flowboard beat --pidfile= --loglevel error",
}


@pytest.fixture
def wrong_role(request: pytest.FixtureRequest, django_db_setup: None) -> Iterator[dict[str, str]]:
    """The environment of a process whose DATABASE_URL names a role with one power too many."""
    attributes, _ = WRONG[request.param]
    database = os.environ["FLOWBOARD_TEST_DATABASE"]
    environ = environment_for(database)
    role = f"wrong_{request.param}_{os.getpid()}"
    parts = urlsplit(environ["DATABASE_URL"])
    environ["DATABASE_URL"] = parts._replace(netloc=f"{role}:wrong@{parts.hostname}:{parts.port}").geturl()
    with psycopg.connect(superuser_url(database), autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'wrong' {attributes}")
        connection.execute(f"GRANT CONNECT ON DATABASE {database} TO {role}")
        connection.execute(f"GRANT USAGE ON SCHEMA public TO {role}")
        if not attributes:
            connection.execute(f"GRANT TRUNCATE ON issues_issue TO {role}")
        yield environ
        connection.execute(f"DROP OWNED BY {role}")
        connection.execute(f"DROP ROLE {role}")


def superuser_url(database: str) -> str:
    """The embedded server's superuser, whose password the test home holds."""
    password = json.loads((HOME / "secrets.json").read_text())["postgres"]
    parts = urlsplit(os.environ["DATABASE_URL"])
    return f"postgresql://postgres:{password}@{parts.hostname}:{parts.port}/{database}"


def start(server: str, environ: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, *shlex.split(SERVERS[server])],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


class TestWrongRole:
    @pytest.mark.parametrize("wrong_role", WRONG, indirect=True)
    def test_no_power_beyond_the_walls_serves_pages(
        self, wrong_role: dict[str, str], request: pytest.FixtureRequest
    ) -> None:
        done = start("web", wrong_role)
        assert done.returncode == 1
        assert WRONG[request.node.callspec.params["wrong_role"]][1] in done.stderr
        assert done.stderr.strip().splitlines()[-1].startswith("FlowBoard does not start: the database role wrong_")

    @pytest.mark.parametrize("wrong_role", ["bypass"], indirect=True)
    @pytest.mark.parametrize("server", ["wsgi", "worker", "beat"])
    def test_no_kind_of_process_starts(self, server: str, wrong_role: dict[str, str]) -> None:
        done = start(server, wrong_role)
        assert done.returncode != 0
        assert "has BYPASSRLS" in done.stderr

    def test_a_database_that_cannot_be_asked_is_refused_as_well(self, django_db_setup: None) -> None:
        environ = environment_for("test_there_is_none")
        done = start("web", environ)
        assert done.returncode == 1
        assert "its database cannot be reached" in done.stderr.strip().splitlines()[-1]
