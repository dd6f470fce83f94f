"""The world that the benches measure: a scratch database, an organization with two boards, a person, a server."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.test import Client
from psycopg import sql
from redis import Redis

from apps.accounts.models import User
from apps.core.tenancy import run_as, unit_of_work
from apps.issues.services import NewIssue, create_issues
from apps.ops.embedded.home import free_port
from apps.orgs.services import create_organization
from apps.projects.models import Project, Status
from apps.projects.services import create_label, create_project

DATABASE = "flowboard_bench"
ADDRESSES = {"default": "DATABASE_URL", "owner": "DATABASE_OWNER_URL", "staff": "DATABASE_STAFF_URL"}
ORG = "bench"
SMALL, SMALL_SIZE = "SMALL", 200
LARGE, LARGE_SIZE = "LARGE", 1000
START_TIMEOUT = 60.0
DROP_TIMEOUT = 10.0


class BenchError(Exception):
    """Something that a bench needs is not there; the message is one sentence."""


@dataclass
class World:
    """Where the benches work. `session` signs in the one person there is."""

    user: User
    session: str

    def path(self, key: str) -> str:
        """The board of a project."""
        return f"/{ORG}/{key}/board/"

    @property
    def cookie(self) -> str:
        """The header that signs a request in."""
        return f"{settings.SESSION_COOKIE_NAME}={self.session}"


@contextmanager
def world() -> Iterator[World]:
    """Make the scratch database and fill it; drop it afterwards. Nobody's data is touched."""
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as owner:
        _drop(owner)
        owner.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
        try:
            for alias in connections:
                connections[alias].close()
                connections[alias].settings_dict["NAME"] = DATABASE
            call_command("migrate", interactive=False, verbosity=0)
            yield _populate()
        finally:
            connections.close_all()
            _drop(owner)


def _drop(owner: psycopg.Connection) -> None:
    """Drop the scratch database as soon as the sessions of a server that is just ending are gone.

    The owner may not end sessions of the other roles.
    """
    deadline = time.monotonic() + DROP_TIMEOUT
    while True:
        try:
            owner.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(DATABASE)))
            return
        except psycopg.errors.ObjectInUse as error:
            if time.monotonic() > deadline:
                raise BenchError(f"Another process uses the database {DATABASE}: end it, then try again.") from error
            time.sleep(0.1)


def _populate() -> World:
    user = User.objects.create_user("ada@bench.test", name="Ada Okafor", tour_began_at=None)
    with unit_of_work():
        create_organization(user_id=user.pk, name="Bench", slug=ORG)
    for key, size in ((SMALL, SMALL_SIZE), (LARGE, LARGE_SIZE)):
        fill(user, key, size)
    analyze()
    client = Client(SERVER_NAME="localhost")
    client.force_login(user)
    return World(user, client.cookies[settings.SESSION_COOKIE_NAME].value)


def fill(user: User, key: str, size: int, *, label: str = "") -> tuple[int, int | None]:
    """Make a project with issues; its id, and that of its label, if it gets one: every fourth issue carries it."""
    with run_as(user_id=user.pk, org_slug=ORG) as actor:
        create_project(actor=actor, key=key, name=key.title())
    with run_as(user_id=user.pk, org_slug=ORG) as actor:
        project = Project.objects.get(key=key)
        made = create_label(actor=actor, project=project, name=label) if label else None
        statuses = list(Status.objects.filter(project=project).order_by("position"))
        batch = [
            NewIssue(
                title=f"The {number}th thing that somebody has to do about the robot's left arm",
                status=statuses[number % len(statuses)],
                assignee=user if number % 3 else None,
                labels=[made] if made and number % 4 == 0 else [],
            )
            for number in range(size)
        ]
        create_issues(actor=actor, project=project, batch=batch)
    return project.pk, made.pk if made else None


def analyze() -> None:
    """Let PostgreSQL know how much there is, as its own upkeep does after a while."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("ANALYZE")


class Server:
    """One web process as `make up` starts it, on the scratch database."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.seconds_to_ready = 0.0
        self._log = tempfile.NamedTemporaryFile("w+", prefix="bench-", suffix=".log")  # noqa: SIM115 (lives as long)
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Server":
        environ = dict(os.environ)
        for name in ADDRESSES.values():
            environ[name] = urlsplit(environ[name])._replace(path=f"/{DATABASE}").geturl()
        # Another number than the one that people's sessions and limits live in.
        environ["REDIS_URL"] = urlsplit(environ["REDIS_URL"])._replace(path="/15").geturl()
        # What a bench before counted is of another person with the same id.
        Redis.from_url(environ["REDIS_URL"]).flushdb()
        command = f"-m uvicorn flowboard.asgi:application --host 127.0.0.1 --port {self.port} --log-level warning"
        started = time.monotonic()
        self._process = subprocess.Popen(
            [sys.executable, *command.split(), "--no-proxy-headers", "--timeout-graceful-shutdown", "5"],
            cwd=settings.BASE_DIR,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )
        while not self._is_ready():
            if self._process.poll() is not None or time.monotonic() - started > START_TIMEOUT:
                self._end()
                tail = Path(self._log.name).read_text(errors="replace")[-500:]
                raise BenchError(f"The web process does not serve: {tail}")
            time.sleep(0.01)
        self.seconds_to_ready = time.monotonic() - started
        return self

    def __exit__(self, *exception: object) -> None:
        self._end()

    @property
    def pid(self) -> int:
        """The process id, while it runs."""
        if self._process is None:
            raise BenchError("The web process is not running.")
        return self._process.pid

    def _is_ready(self) -> bool:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()

    def _end(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(15)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._process = None
