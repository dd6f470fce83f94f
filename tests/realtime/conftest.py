"""Real sockets: a server process of its own with a quick heartbeat, and clients that are the `websockets` library."""

import json
import os
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from apps.accounts.models import User
from apps.core.tenancy import run_as
from apps.events.selectors import project_stream
from apps.issues.models import Issue
from apps.issues.services import move_issue
from apps.orgs.models import Organization
from apps.projects.models import Project, Status
from tests.factories import make_issues, make_org, make_project, make_user
from tests.processes import WebProcess

QUICK = {
    "FLOWBOARD_HEARTBEAT_SECONDS": "1",
    "FLOWBOARD_RIGHTS_SECONDS": "600",
    "FLOWBOARD_WRITING_SECONDS": "1",
}
# Generous, for a busy machine; nothing that works waits for it.
SOON = 15.0


class World:
    """An organization with one project, and what its people do there."""

    def __init__(self) -> None:
        self.ada: User = make_user("Ada Okafor")
        self.org: Organization = make_org(self.ada)
        self.project: Project = make_project(self.org, self.ada)
        self.issues: list[Issue] = make_issues(self.org, self.project, self.ada, "One", "Two", "Three")

    def stream(self, project: Project | None = None) -> tuple[int, int]:
        """The id and head of a project's stream."""
        with run_as(user_id=self.ada.pk, org_slug=self.org.slug) as actor:
            return project_stream(actor=actor, project_id=(project or self.project).pk)

    def statuses(self) -> list[Status]:
        with run_as(user_id=self.ada.pk, org_slug=self.org.slug):
            return list(Status.objects.filter(project=self.project).order_by("position"))

    def move(self, issue: Issue, *, by: User | None = None, op: str | None = None, **kwargs: Any) -> Issue:
        """Move an issue, by default to the end of the next status."""
        person = by or self.ada
        with run_as(user_id=person.pk, org_slug=self.org.slug, op=op) as actor:
            statuses = list(Status.objects.filter(project=self.project).order_by("position"))
            fresh = Issue.objects.select_related("project", "status").get(pk=issue.pk)
            at = [status.pk for status in statuses].index(fresh.status_id)
            to = kwargs.pop("to", statuses[(at + 1) % len(statuses)])
            return move_issue(actor=actor, issue=fresh, to=to, **kwargs)


class Socket:
    """A client's end of a socket, with a session of its own."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.frames: list[dict[str, Any]] = []

    def read(self, *kinds: str, timeout: float = SOON) -> dict[str, Any]:
        """The next frame of these kinds (any but heartbeats and presence, by default)."""
        deadline = time.monotonic() + timeout
        while True:
            frame = json.loads(self.connection.recv(timeout=max(0.01, deadline - time.monotonic())))
            self.frames.append(frame)
            if frame["t"] in kinds or (not kinds and frame["t"] not in {"hb", "presence"}):
                return frame

    def send(self, frame: Any) -> None:
        self.connection.send(frame if isinstance(frame, str | bytes) else json.dumps(frame))

    def read_close(self, timeout: float = SOON) -> tuple[int | None, float]:
        """Wait until the server closes; the code, and how long it took."""
        began = time.monotonic()
        try:
            while True:
                left = max(0.01, began + timeout - time.monotonic())
                self.frames.append(json.loads(self.connection.recv(timeout=left)))
        except ConnectionClosed as closed:
            return (closed.rcvd.code if closed.rcvd else None), time.monotonic() - began


def session_of(user: User) -> str:
    """A new session's cookie."""
    client = Client()
    client.force_login(user)
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


Dial = Callable[..., Socket]


@pytest.fixture
def world(transactional_db: None) -> World:
    return World()


@pytest.fixture(scope="session")
def _live(django_db_setup: None) -> Iterator[WebProcess]:
    process = WebProcess(os.environ["FLOWBOARD_TEST_DATABASE"], QUICK)
    yield process
    if process.is_running:
        process.stop()
    for sign in ("a task of the hub failed", "Exception in ASGI application", "request failed"):
        assert sign not in process.output(), process.output()


@pytest.fixture
def live(_live: WebProcess, transactional_db: None) -> WebProcess:
    """A server process; a test may stop, kill and restart it."""
    if not _live.is_running:
        _live.start()
    return _live


@pytest.fixture
def second(transactional_db: None) -> Iterator[WebProcess]:
    """Another server process on the same database and Valkey."""
    process = WebProcess(os.environ["FLOWBOARD_TEST_DATABASE"], QUICK)
    process.start()
    yield process
    process.stop()


@pytest.fixture
def dial(live: WebProcess) -> Iterator[Dial]:
    """Open a socket: `dial(user, org_slug, {stream: since})`."""
    opened: list[Socket] = []

    def open_socket(
        user: User | None,
        org: str,
        since: dict[int, int],
        *,
        at: WebProcess = live,
        origin: str | None = "",
        cookie: str | None = None,
        query: str | None = None,
        **options: Any,
    ) -> Socket:
        asked = "&".join(f"s={stream}:{seq}" for stream, seq in since.items()) if query is None else query
        cookie = cookie or (session_of(user) if user is not None else "")
        connection = connect(
            f"ws://127.0.0.1:{at.port}/ws/{org}/?{asked}",
            origin=at.url if origin == "" else origin,
            additional_headers={"Cookie": cookie} if cookie else None,
            open_timeout=SOON,
            max_size=None,
            legacy=True,
            **options,
        )
        opened.append(Socket(connection))
        return opened[-1]

    yield open_socket
    for socket in opened:
        socket.connection.close()
