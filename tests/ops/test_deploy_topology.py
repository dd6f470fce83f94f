"""The topology of docker-compose.yml as processes: nginx, two web processes, worker and beat, production settings."""

import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.conf import settings
from django.test import Client
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from apps.accounts.models import User
from apps.boards.models import Column
from apps.events.selectors import project_stream
from apps.issues.models import Issue
from apps.orgs.models import Organization
from apps.projects.models import Project
from tests import factories
from tests.processes import WebProcess, environment_for, free_port

from .conftest import ROOT, wait_until

HOST = "flowboard.test"
# What the proxy that terminates TLS adds.
TLS = {"Host": HOST, "X-Forwarded-Proto": "https"}

pytestmark = [
    pytest.mark.deep,
    pytest.mark.drill,
    pytest.mark.skipif(shutil.which("nginx") is None, reason="there is no nginx on this machine"),
]


@dataclass
class Installation:
    """Everything that a compose file starts, on ports of its own."""

    environ: dict[str, str]
    directory: Path
    port: int = field(default_factory=free_port)
    web: list[WebProcess] = field(default_factory=list)
    children: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    def start(self) -> None:
        """Collect the static files, then start every process and wait until they serve."""
        self.manage("collectstatic", "--noinput", "--verbosity", "0")
        self.manage("publish_static", str(self.served))
        shutil.copytree(ROOT / "deploy/nginx/away", self.directory / "away")
        for _ in range(2):
            process = WebProcess(os.environ["FLOWBOARD_TEST_DATABASE"], self.environ | {"DATABASE_OWNER_URL": ""})
            self.web.append(process)
            process.start()
        for command in ("worker --pool solo --loglevel warning", "beat --pidfile= --loglevel warning"):
            self.spawn(sys.executable, "-m", "celery", "--app", "flowboard", *command.split())
        self.configure_nginx()
        user = ["-g", "user root;"] if os.geteuid() == 0 else []
        self.spawn("nginx", "-p", str(self.directory), "-c", str(self.directory / "nginx.conf"), *user)
        wait_until(self.is_up)

    @property
    def served(self) -> Path:
        """The volume that nginx serves as /static/."""
        return self.directory / "files" / "static"

    def configure_nginx(self) -> None:
        """Its own configuration; only what local/ is there for differs."""
        text = (ROOT / "deploy/nginx/nginx.conf").read_text().replace("/tmp/nginx", f"{self.directory}/nginx")
        (self.directory / "nginx.conf").write_text(f"daemon off;\n{text}")
        local = self.directory / "local"
        local.mkdir()
        servers = "".join(f"server 127.0.0.1:{process.port} max_fails=2 fail_timeout=1s;" for process in self.web)
        (local / "http.conf").write_text(
            f"upstream flowboard {{ zone flowboard 64k; least_conn; {servers} }}\n"
            "map $http_x_forwarded_proto $flowboard_proto { default $scheme; https https; }\n"
        )
        (local / "server.conf").write_text(
            f"listen 127.0.0.1:{self.port};\nset $flowboard_files {self.directory}/files;\n"
            "set_real_ip_from 127.0.0.1;\nreal_ip_header X-Forwarded-For;\n"
        )

    def spawn(self, *command: str) -> None:
        """Start a process that is not told about the other roles, as in the compose file."""
        hidden = {"DATABASE_OWNER_URL": "", "DATABASE_STAFF_URL": ""}
        with (self.directory / "processes.log").open("ab") as log:
            self.children.append(
                subprocess.Popen(
                    command,
                    cwd=ROOT,
                    env=self.environ | hidden,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                )
            )

    def is_up(self) -> bool:
        try:
            return self.get("/readyz").status == 200
        except ConnectionRefusedError:
            return False

    def stop(self) -> None:
        for process in self.web:
            if process.is_running:
                process.stop()
        for child in self.children:
            child.terminate()
        for child in self.children:
            child.wait(20)

    def manage(self, *arguments: str, check: bool = True) -> str:
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(
            command, cwd=ROOT, env=self.environ, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0 or not check, done.stdout + done.stderr
        return done.stdout

    def get(self, path: str, *, port: int | None = None, **headers: str) -> HTTPResponse:
        return self.ask("GET", path, port=port, headers=headers)

    def ask(
        self, method: str, path: str, *, port: int | None = None, headers: dict[str, str], body: str | None = None
    ) -> HTTPResponse:
        """One request on a connection of its own. The body has been read, as `response.text`."""
        connection = HTTPConnection("127.0.0.1", port or self.port, timeout=20)
        try:
            connection.request(method, path, body, {**TLS, **headers})
            response = connection.getresponse()
            response.text = response.read().decode()  # type: ignore[attr-defined]
            return response
        finally:
            connection.close()


@dataclass
class Team:
    """A person at work on a board."""

    org: Organization
    project: Project
    issues: list[Issue]
    columns: list[int]
    stream: int
    cookies: str

    def move(self, at: Installation, issue: Issue, column: int, *, port: int | None = None) -> HTTPResponse:
        """Drop a card, by the proxy or at one process."""
        token = dict(part.split("=", 1) for part in self.cookies.split("; "))["csrftoken"]
        return at.ask(
            "POST",
            f"/{self.org.slug}/{self.project.key}/board/move/",
            port=port,
            headers={
                "Cookie": self.cookies,
                "Content-Type": "application/x-www-form-urlencoded",
                "Origin": f"https://{HOST}",
                "X-CSRFToken": token,
                "Accept": "application/json",
            },
            body=urlencode({"issue": issue.pk, "column": column, "before": "", "after": "", "op": str(uuid4())}),
        )

    def listen(self, at: Installation, *, port: int | None = None) -> ClientConnection:
        """Follow the project from its beginning on."""
        place = f"127.0.0.1:{port or at.port}"
        return connect(
            f"ws://{place}/ws/{self.org.slug}/?s={self.stream}:0",
            origin=f"https://{place}",  # type: ignore[arg-type]  # a plain string
            additional_headers={"Cookie": self.cookies, "X-Forwarded-Proto": "https"},
            user_agent_header=None,
            open_timeout=10,
            proxy=None,
        )


def moves(socket: ClientConnection, wanted: int) -> list[int]:
    """The issues of the next moves that arrive."""
    seen: list[int] = []
    while len(seen) < wanted:
        frame = json.loads(socket.recv(timeout=15))
        if frame.get("k") == "issue.moved":
            seen.append(frame["id"])
    return seen


def code_of_end(socket: ClientConnection) -> int | None:
    """The code with which the server closes the socket."""
    try:
        while True:
            socket.recv(timeout=10)
    except ConnectionClosed as closing:
        return closing.rcvd.code if closing.rcvd else None


@pytest.fixture
def installation(transactional_db: None, tmp_path: Path) -> Iterator[Installation]:
    environ = environment_for(os.environ["FLOWBOARD_TEST_DATABASE"]) | {
        "DJANGO_SETTINGS_MODULE": "flowboard.settings.prod",
        # The sessions that this test makes are signed with it.
        "FLOWBOARD_SECRET_KEY": settings.SECRET_KEY,
        "FLOWBOARD_ALLOWED_HOSTS": f"{HOST},127.0.0.1",
        "FLOWBOARD_TRUSTED_PROXIES": "127.0.0.1/32",
        "FLOWBOARD_STATIC_ROOT": str(tmp_path / "static"),
    }
    running = Installation(environ, tmp_path)
    try:
        running.start()
        yield running
    finally:
        running.stop()
        # pytest shows this of a failed test only.
        log = tmp_path / "processes.log"
        print(log.read_text(errors="replace")[-4000:] if log.exists() else "", *(each.output() for each in running.web))


@pytest.fixture
def team(installation: Installation, ada: User, acme: Organization, flow: Project) -> Team:
    issues = factories.make_issues(acme, flow, ada, *(f"Card {number}" for number in range(6)))
    with factories.acting(ada, acme) as actor:
        stream, _ = project_stream(actor=actor, project_id=flow.pk)
        columns = list(Column.objects.order_by("position").values_list("pk", flat=True))
    client = Client(headers={"host": HOST})
    client.force_login(ada)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    return Team(acme, flow, issues, columns, stream, f"sessionid={session}; csrftoken={'a' * 32}")


class TestTopology:
    def test_one_installation_behind_one_address(self, installation: Installation, team: Team) -> None:
        self.pages_are_served_over_tls_only(installation)
        self.addresses_that_are_keys_are_not_logged(installation)
        self.files_come_from_disk_and_stay_cached(installation)
        self.each_process_sees_what_the_other_did(installation, team)
        self.the_doctor_is_content(installation)
        self.a_process_that_ends_is_not_noticed(installation, team)
        self.without_any_process_nginx_says_so_itself(installation)

    def pages_are_served_over_tls_only(self, at: Installation) -> None:
        plain = at.get("/accounts/login/", **{"X-Forwarded-Proto": "http"})
        assert (plain.status, plain.headers["Location"]) == (301, f"https://{HOST}/accounts/login/")
        page = at.get("/accounts/login/")
        assert page.status == 200
        assert "max-age=31536000" in page.headers["Strict-Transport-Security"]
        assert re.fullmatch(r"[0-9a-f]{32}", page.headers["X-Request-ID"])
        assert "Secure" in page.headers["Set-Cookie"]

    def addresses_that_are_keys_are_not_logged(self, at: Installation) -> None:
        assert at.get("/calendars/opens-nothing.ics").status == 404
        log = at.directory / "processes.log"
        wait_until(lambda: '"path":"/calendars/"' in log.read_text(errors="replace"), seconds=10)
        assert "opens-nothing" not in log.read_text(errors="replace")
        assert '"path":"/accounts/login/"' in log.read_text(errors="replace")

    def files_come_from_disk_and_stay_cached(self, at: Installation) -> None:
        page: Any = at.get("/accounts/login/")
        (script,) = set(re.findall(r'src="(/static/js/app\.[0-9a-f]{12}\.js)"', page.text))
        answer = at.get(script)
        assert answer.status == 200
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert answer.headers["Content-Type"].startswith("text/javascript")
        assert "X-Request-ID" not in answer.headers, "a process answered, not nginx"
        plain = at.get("/static/js/app.js")
        assert (plain.status, plain.headers["Cache-Control"]) == (200, "no-cache")
        assert at.get("/static/js/app.js", **{"If-None-Match": plain.headers["ETag"]}).status == 304
        self.files_of_a_former_release_are_still_there(at)
        (at.directory / "files" / script[1:]).unlink()
        by_process = at.get(script)
        assert by_process.headers["X-Request-ID"], "a file that nginx does not have comes from a process"
        assert "immutable" in by_process.headers["Cache-Control"]

    def files_of_a_former_release_are_still_there(self, at: Installation) -> None:
        former = at.served / "js" / "app.0123456789ab.js"
        former.write_text("// what a tab that was opened before the upgrade asks for")
        in_force = (at.served / "staticfiles.json").stat().st_mtime
        os.utime(former, (in_force, in_force))
        assert "1 of former releases are kept" in at.manage("publish_static", str(at.served))
        answer: Any = at.get("/static/js/app.0123456789ab.js")
        assert (answer.status, "immutable" in answer.headers["Cache-Control"]) == (200, True)
        assert answer.text.startswith("// what a tab")

    def each_process_sees_what_the_other_did(self, at: Installation, team: Team) -> None:
        first, second = (process.port for process in at.web)
        to = team.columns[-1]
        with team.listen(at, port=first) as one, team.listen(at, port=second) as two, team.listen(at) as by_proxy:
            assert team.move(at, team.issues[0], to, port=first).status == 200
            assert team.move(at, team.issues[1], to, port=second).status == 200
            assert team.move(at, team.issues[2], to).status == 200
            moved = [issue.pk for issue in team.issues[:3]]
            assert [moves(socket, 3) for socket in (one, two, by_proxy)] == [moved] * 3

    def the_doctor_is_content(self, at: Installation) -> None:
        wait_until(lambda: "no slot has reached" not in at.manage("doctor", check=False), seconds=40)
        report = json.loads(at.manage("doctor", "--json"))
        levels = {finding["check"]: finding["level"] for finding in report["findings"]}
        assert {check for check, level in levels.items() if level != "ok"} <= {"mail"}, report
        assert {"worker", "beat", "channel layer", "walls"} <= levels.keys()

    def a_process_that_ends_is_not_noticed(self, at: Installation, team: Team) -> None:
        answers: list[int] = []
        stop = threading.Event()

        def visit() -> None:
            while not stop.is_set():
                answers.append(at.get(f"/{team.org.slug}/{team.project.key}/board/", Cookie=team.cookies).status)

        visitor = threading.Thread(target=visit)
        visitor.start()
        try:
            with team.listen(at, port=at.web[0].port) as socket:
                at.web[0].stop()
                assert code_of_end(socket) == 1012
            assert team.move(at, team.issues[3], team.columns[-1]).status == 200
            time.sleep(0.5)
        finally:
            stop.set()
            visitor.join(30)
        assert set(answers) == {200}
        with team.listen(at) as socket:
            # Everything since the beginning, in order: nothing that was acknowledged is lost.
            assert moves(socket, 4) == [issue.pk for issue in team.issues[:4]]

    def without_any_process_nginx_says_so_itself(self, at: Installation) -> None:
        for process in at.web:
            if process.is_running:
                process.stop()
        page: Any = at.get("/acme/FLOW/board/", Cookie="theme=dark")
        assert (page.status, page.headers["Retry-After"]) == (502, "5")
        assert "FlowBoard is away for a moment" in page.text
        assert "data-again" in page.text
        assert 'data-theme="dark"' in page.text
        assert page.headers["X-Request-ID"] in page.text
        assert "style-src 'self'" in page.headers["Content-Security-Policy"]
        for address in re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text):
            assert at.get(address).status == 200, "the page needs nobody but nginx"
        sent: Any = at.ask("POST", "/acme/FLOW/new/", headers={"Cookie": "theme=none"}, body="title=x")
        assert (sent.status, "data-back" in sent.text, "data-again" in sent.text) == (502, True, False)
        script: Any = at.get("/api/v1/orgs/acme/projects/")
        assert script.headers["Content-Type"] == "application/problem+json"
        problem = json.loads(script.text)
        assert (problem["status"], problem["request_id"]) == (502, script.headers["X-Request-ID"])
        large: Any = at.ask(
            "POST", "/acme/FLOW/new/", headers={"Accept": "application/json", "Content-Length": str(2**30)}, body=""
        )
        assert (large.status, json.loads(large.text)["title"]) == (413, "That is too large")
        assert "Retry-After" not in large.headers
        assert at.get("/static/away/page.html").status == 404, "nobody reads it but in the place of an answer"
        for answer in (page, sent, script, large):
            assert "an error occurred" not in answer.text
