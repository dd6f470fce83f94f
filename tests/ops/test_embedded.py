import json
import os
import re
import signal
import socket
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import psycopg
import pytest
import redis

from apps.ops import embedded
from apps.ops.embedded import postgres, valkey
from apps.ops.embedded.account import service_account
from tests.processes import free_port

from .conftest import User, services_of, wait_until

Start = Callable[..., User]
DATABASE_VARIABLES = ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_STAFF_URL")


def write(environ: dict[str, str], word: str) -> None:
    with psycopg.connect(environ["DATABASE_OWNER_URL"]) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS words (word text)")
        connection.execute("INSERT INTO words VALUES (%s)", [word])
    with redis.Redis.from_url(environ["REDIS_URL"]) as client:
        client.set("word", word)


def read(environ: dict[str, str]) -> tuple[list[str], str]:
    with psycopg.connect(environ["DATABASE_OWNER_URL"]) as connection:
        words = [word for (word,) in connection.execute("SELECT word FROM words").fetchall()]
    with redis.Redis.from_url(environ["REDIS_URL"], decode_responses=True) as client:
        return words, str(client.get("word"))


class TestProvide:
    def test_keeps_data_and_secrets_over_a_stop_and_leaves_no_process(self, user: Start, home: Path) -> None:
        first = user()
        before = first.environ()
        write(before, "kept")
        first.leave()
        assert services_of(home) == []

        second = user()
        after = second.environ()
        assert read(after) == (["kept"], "kept")
        assert after["FLOWBOARD_SECRET_KEY"] == before["FLOWBOARD_SECRET_KEY"]
        second.leave()
        assert services_of(home) == []

    def test_starts_again_after_everything_was_killed_and_the_numbers_were_reused(
        self, user: Start, home: Path
    ) -> None:
        first = user()
        write(first.environ(), "survives")
        with redis.Redis.from_url(_redis_url(home)) as client:
            client.execute_command("WAITAOF", 1, 0, 1000)
        first.kill()
        victims = services_of(home)
        assert len(victims) == 2
        for process in victims:
            process.kill()
        wait_until(lambda: services_of(home) == [])
        # After a reboot the numbers in the pid files belong to somebody else: here, to this very test.
        pid_file = home / "postgres" / "data" / "postmaster.pid"
        _, *rest = pid_file.read_text().splitlines()
        pid_file.write_text("\n".join([str(os.getpid()), *rest]) + "\n")
        (home / "valkey" / "data" / "valkey.pid").write_text(f"{os.getpid()}\n")

        second = user()
        assert read(second.environ()) == (["survives"], "survives")
        second.leave()

    def test_two_that_start_at_once_share_the_services_until_the_last_one_leaves(self, user: Start, home: Path) -> None:
        one, other = user(), user()
        assert one.environ()["DATABASE_URL"] == other.environ()["DATABASE_URL"]
        one.leave()
        assert len(services_of(home)) == 2
        other.leave()
        assert services_of(home) == []

    def test_takes_over_the_services_that_a_killed_process_left(self, user: Start, home: Path) -> None:
        first = user()
        before = first.environ()
        first.kill()
        assert len(services_of(home)) == 2

        second = user()
        assert second.environ()["DATABASE_URL"] == before["DATABASE_URL"]
        second.leave()
        assert services_of(home) == []

    def test_starts_only_what_the_environment_does_not_name(self, user: Start, home: Path) -> None:
        given = dict.fromkeys(DATABASE_VARIABLES, "postgres://somebody@db.example/flowboard")
        one = user(**given)
        assert one.environ().items() >= given.items()
        (service,) = services_of(home)
        assert service.name().startswith("valkey") or service.name().startswith("redis")
        one.leave()
        assert services_of(home) == []

    def test_touches_nothing_when_everything_is_named(self) -> None:
        given = dict.fromkeys([*DATABASE_VARIABLES, "REDIS_URL", "FLOWBOARD_SECRET_KEY"], "given")
        environ = dict(given)
        embedded.provide(environ)
        assert environ == given

    @pytest.mark.parametrize("missing", ["DATABASE_OWNER_URL", "DATABASE_STAFF_URL"])
    def test_asks_for_the_address_of_a_role_that_was_forgotten(self, missing: str) -> None:
        environ = dict.fromkeys(DATABASE_VARIABLES, "given")
        del environ[missing]
        with pytest.raises(embedded.EmbeddedError, match=f"{missing} is not set"):
            embedded.provide(environ)

    def test_says_what_to_do_about_a_directory_it_cannot_use(self, tmp_path: Path) -> None:
        file = tmp_path / "file"
        file.touch()
        with pytest.raises(embedded.EmbeddedError, match="FLOWBOARD_HOME"):
            embedded.provide({"FLOWBOARD_HOME": str(file / "home")})

    def test_a_terminated_command_stops_what_it_started(self, user: Start, home: Path) -> None:
        one = user()
        one.environ()
        os.kill(one.process.pid, signal.SIGINT)
        one.process.communicate()
        assert services_of(home) == []


class TestPostgres:
    """The server class itself, in this process."""

    @pytest.fixture
    def server(self, home: Path) -> Iterator[postgres.Postgres]:
        place = embedded.Home.of(str(home))
        server = postgres.Postgres(place, service_account(place.postgres), place.secrets(), durable=False)
        yield server
        server.stop()

    def test_takes_another_port_when_somebody_was_faster(
        self, server: postgres.Postgres, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with listener() as taken:
            port = free_port()
            answers = iter([taken, port])
            monkeypatch.setattr(postgres, "free_port", lambda: next(answers))
            assert server.ensure_running() == port
            assert server.running_port() == port

    def test_refuses_the_data_of_another_version(self, server: postgres.Postgres) -> None:
        server.data.mkdir(parents=True)
        with pytest.raises(embedded.EmbeddedError, match="is no PostgreSQL database"):
            server.ensure_running()
        (server.data / "PG_VERSION").write_text("17\n")
        with pytest.raises(
            embedded.EmbeddedError, match=r"made by PostgreSQL 17 and this FlowBoard has 18: take a backup .* restore"
        ):
            server.ensure_running()

    def test_names_the_reason_and_the_log_when_it_cannot_start(self, server: postgres.Postgres) -> None:
        server.ensure_running()
        server.stop()
        (server.data / "postgresql.conf").write_text("no_such_setting = 1\n")
        with pytest.raises(embedded.EmbeddedError, match=r"pg_ctl failed .*: see .*server\.log"):
            server.ensure_running()

    def test_starts_a_new_log_when_the_old_one_is_large(
        self, server: postgres.Postgres, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        server.ensure_running()
        server.stop()
        monkeypatch.setattr(postgres, "LOG_LIMIT", 10)
        server.ensure_running()
        assert server.log.with_suffix(".log.1").exists()

    def test_says_what_to_do_where_there_is_no_postgres(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(postgres.importlib.util, "find_spec", lambda name: None)
        with pytest.raises(embedded.EmbeddedError, match="install PostgreSQL 18 and name it in DATABASE_URL"):
            postgres._bin()


class TestValkey:
    """The server class itself, in this process."""

    @pytest.fixture
    def server(self, home: Path) -> Iterator[valkey.Valkey]:
        place = embedded.Home.of(str(home))
        server = valkey.Valkey(place, service_account(place.valkey), place.secrets(), durable=False)
        yield server
        server.stop()

    def test_takes_another_port_when_somebody_was_faster(
        self, server: valkey.Valkey, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with listener() as taken:
            port = free_port()
            answers = iter([taken, port])
            monkeypatch.setattr(valkey, "free_port", lambda: next(answers))
            assert server.ensure_running() == port
            assert server.running_port() == port

    def test_takes_a_server_on_path_where_there_is_no_wheel(
        self, server: valkey.Valkey, monkeypatch: pytest.MonkeyPatch, home: Path
    ) -> None:
        (home / "redis-server").symlink_to(valkey._program())
        monkeypatch.setattr(valkey.importlib.util, "find_spec", lambda name: None)
        monkeypatch.setenv("PATH", str(home))
        assert valkey._program() == home / "redis-server"
        assert server.ensure_running() == server.running_port()

    def test_says_what_to_install_where_there_is_neither(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(valkey.importlib.util, "find_spec", lambda name: None)
        monkeypatch.setenv("PATH", "/nonexistent")
        with pytest.raises(embedded.EmbeddedError, match="install valkey-server or redis-server"):
            valkey._program()


class TestHome:
    def test_never_makes_new_secrets_over_damaged_ones(self, home: Path) -> None:
        place = embedded.Home.of(str(home))
        (home / "secrets.json").write_text("{")
        with pytest.raises(embedded.EmbeddedError, match="restore it from a backup"):
            place.secrets()

    def test_says_who_stands_in_the_way(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("apps.ops.embedded.home.LOCK_TIMEOUT", 0.1)
        place = embedded.Home.of(str(home))
        with (
            place.exclusive(),
            pytest.raises(embedded.EmbeddedError, match="starting or stopping the services"),
            place.exclusive(),
        ):
            pass


class TestRoles:
    def test_no_role_but_the_superuser_has_powers_and_every_role_needs_its_password(
        self, user: Start, home: Path
    ) -> None:
        one = user()
        environ = one.environ()
        with psycopg.connect(environ["DATABASE_OWNER_URL"]) as connection:
            rows = connection.execute(
                "SELECT rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication"
                " FROM pg_roles WHERE rolname LIKE 'flowboard%' ORDER BY rolname"
            ).fetchall()
            owner = connection.execute(
                "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'flowboard'"
            ).fetchone()
        assert rows == [
            ("flowboard_app", False, False, False, False, False),
            ("flowboard_owner", False, False, False, True, False),
            ("flowboard_staff", False, False, False, False, False),
        ]
        assert owner == ("flowboard_owner",)
        for name in DATABASE_VARIABLES:
            with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
                psycopg.connect(environ[name], password="wrong")
        with (
            psycopg.connect(environ["DATABASE_URL"]) as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute("CREATE TABLE mine (id int)")
        with pytest.raises(redis.AuthenticationError):
            redis.Redis(port=urlsplit(environ["REDIS_URL"]).port or 0, password="wrong").ping()
        one.leave()

    def test_the_server_is_durable_and_listens_on_loopback_alone(self, user: Start, home: Path) -> None:
        one = user()
        with psycopg.connect(one.environ()["DATABASE_URL"]) as connection:
            rows = connection.execute(
                "SELECT name, setting FROM pg_settings WHERE name = ANY(%s)",
                [["fsync", "synchronous_commit", "jit", "listen_addresses", "TimeZone"]],
            ).fetchall()
        assert dict(rows) == {
            "fsync": "on",
            "synchronous_commit": "on",
            "jit": "off",
            "listen_addresses": "127.0.0.1",
            "TimeZone": "UTC",
        }
        one.leave()

    def test_secrets_are_for_their_owner_alone_and_services_do_not_run_as_root(self, user: Start, home: Path) -> None:
        one = user()
        one.environ()
        assert stat.S_IMODE((home / "secrets.json").stat().st_mode) == 0o600
        assert stat.S_IMODE((home / "valkey" / "valkey.conf").stat().st_mode) == 0o600
        assert {process.uids().real for process in services_of(home)} & {0} == set()
        assert all("requirepass" not in " ".join(psutil.Process(p.pid).cmdline()) for p in services_of(home))
        one.leave()


@contextmanager
def listener() -> Iterator[int]:
    """Hold a port, and yield its number."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield taken.getsockname()[1]


def _redis_url(home: Path) -> str:
    password = json.loads((home / "secrets.json").read_text())["valkey"]
    port = re.search(r"^port (\d+)$", (home / "valkey" / "valkey.conf").read_text(), re.MULTILINE)
    assert port is not None
    return f"redis://:{password}@127.0.0.1:{port[1]}/0"
