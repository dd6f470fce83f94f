"""The examples of docs/api.md, run as they stand there against the real server, and what they did."""

import csv
import json
import os
import re
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import httpx
import pytest

from apps.accounts.models import User
from apps.issues.models import Comment, Issue
from apps.orgs.models import Organization
from apps.orgs.services import create_api_token
from apps.projects.services import create_label
from apps.webhooks.signing import headers_for, secret_of
from tests import factories
from tests.endpoint import Endpoint, Received, Script, answer
from tests.processes import ROOT, WebProcess, Workers, environment_for, free_port

PAGE = (ROOT / "docs/api.md").read_text()
_BLOCK = re.compile(r"(?:<!-- (run|file): (\S+) -->\n)?^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCKS = [block.groups() for block in _BLOCK.finditer(PAGE)]
EXAMPLES = {name: (language, code) for kind, name, language, code in BLOCKS if kind == "run"}
FILES = {name: code for kind, name, _language, code in BLOCKS if kind == "file"}
TITLES = ("Dock the rover", "Undock the rover", "Wash it")


@pytest.fixture(scope="module")
def server(django_db_setup: None) -> Iterator[WebProcess]:
    """One for all examples. It answers as much as it is asked."""
    process = WebProcess(os.environ["FLOWBOARD_TEST_DATABASE"], {"FLOWBOARD_TEST_LIMITS": "off"})
    process.start()
    yield process
    process.stop()


@dataclass
class Reader:
    """Somebody who tries the examples out."""

    user: User
    org: Organization
    place: Path
    environ: dict[str, str]

    def run(self, name: str, **environ: str) -> str:
        """Run an example; what it printed.

        :raises AssertionError: if it failed
        """
        language, code = EXAMPLES[name]
        command = (
            [sys.executable, "-c", code] if language == "python" else ["bash", "-eu", "-o", "pipefail", "-c", code]
        )
        done = subprocess.run(
            command, cwd=self.place, env=self.environ | environ, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        return done.stdout

    def issues(self) -> dict[str, Issue]:
        """What there is, by key."""
        with factories.acting(self.user, self.org):
            rows = Issue.objects.select_related("status", "project").prefetch_related("labels").order_by("number")
            return {f"{issue.project.key}-{issue.number}": issue for issue in rows}


@pytest.fixture
def reader(transactional_db: None, server: WebProcess, tmp_path: Path) -> Reader:
    """Ada, with a token, three issues that are hers, and a label."""
    ada = factories.make_user()
    ada.emailaddress_set.create(email=ada.email, verified=True, primary=True)
    acme = factories.make_org(ada, slug="acme")
    flow = factories.make_project(acme, ada, "FLOW", template="kanban")
    factories.make_issues(acme, flow, ada, *TITLES, assignee=ada)
    with factories.acting(ada, acme) as actor:
        create_label(actor=actor, project=flow, name="wheels")
        scopes = [f"{resource}:write" for resource in ("issues", "projects", "boards", "imports", "exports")]
        _token, secret = create_api_token(actor=actor, name="script", scopes=scopes)
    for name, code in FILES.items():
        (tmp_path / name).write_text(code)
    mine = {"FLOWBOARD_URL": server.url, "FLOWBOARD_TOKEN": secret}
    return Reader(ada, acme, tmp_path, {"PATH": os.environ["PATH"], "PYTHONPATH": str(tmp_path), **mine})


@pytest.fixture
def workers(tmp_path: Path) -> Iterator[Workers]:
    """What does the work that takes longer than a request, at work and without what other tests left in its queue."""
    made = Workers(environment_for(os.environ["FLOWBOARD_TEST_DATABASE"]), tmp_path / "workers.log")
    made.start(1, "--purge")
    made.wait()
    yield made
    made.kill()


def pass_on(server: WebProcess) -> Script:
    """Answer what the server answers."""

    def write(handler: BaseHTTPRequestHandler, received: Received) -> None:
        url = server.url + received.path
        said = httpx.request(received.method, url, headers=received.headers, content=received.body)
        answer(said.status_code, said.content, Content_Type=said.headers["Content-Type"])(handler, received)

    return write


@pytest.fixture
def busy(server: WebProcess) -> Iterator[Endpoint]:
    """Before the server, what refuses now and then as it does where it is busy."""
    with Endpoint() as front:
        front.script = pass_on(server)
        yield front


def test_every_example_is_run_and_named_once() -> None:
    code = [block for block in BLOCKS if block[2] != "text"]
    assert len(code) == len(EXAMPLES) + len(FILES) == PAGE.count("<!-- ")
    asked = set(re.findall(r'reader\.run\(\s*"([\w-]+)"', Path(__file__).read_text()))
    assert asked == EXAMPLES.keys()


def test_the_first_call(reader: Reader) -> None:
    assert [each["key"] for each in json.loads(reader.run("first-call"))["results"]] == ["FLOW"]


def test_lists(reader: Reader) -> None:
    found = json.loads(reader.run("list-curl"))["results"]
    assert found == [{"key": f"FLOW-{number}", "title": TITLES[number - 1]} for number in (2, 1)]
    assert reader.run("list-python").splitlines() == [f"FLOW-{n} {title}" for n, title in enumerate(TITLES, 1)]


def test_trying_again(reader: Reader, busy: Endpoint) -> None:
    url = f"http://127.0.0.1:{busy.port}"
    busy.scripts = [answer(429, Retry_After="1")]
    assert json.loads(reader.run("retry", FLOWBOARD_URL=url))["key"] == "FLOW-1"
    busy.scripts = [busy.script, answer(503, Retry_After="1")]
    assert reader.run("ci", FLOWBOARD_URL=url) == "Created: FLOW-4\n"
    assert [each.method for each in busy.received] == ["GET", "GET", "GET", "POST", "POST"]
    for refused, again in ((0, 1), (3, 4)):
        assert busy.received[again].at - busy.received[refused].at >= 1
    assert len(reader.issues()) == len(TITLES) + 1


def test_asking_twice(reader: Reader) -> None:
    reader.run("idempotency")
    assert [issue.title for issue in reader.issues().values()] == [*TITLES, "The left wheel squeaks"]


def test_a_conflict(reader: Reader) -> None:
    assert reader.run("if-match") == "Theirs: Dock the rover slowly\nMine: Dock the rover at noon\n"
    assert reader.issues()["FLOW-1"].title == "Dock the rover slowly"


def test_what_is_known(reader: Reader) -> None:
    assert reader.run("etag") == "304\n"


def test_following(reader: Reader) -> None:
    assert reader.run("follow").count("issue.created") == len(TITLES)
    assert reader.run("follow") == ""
    reader.run("if-match")
    assert "Dock the rover slowly" in reader.run("follow")


@pytest.fixture
def receiver(reader: Reader) -> Iterator[str]:
    """The example of a server that webhooks call, with a secret; its address."""
    port = free_port()
    environ = {"FLOWBOARD_WEBHOOK_SECRET": secret_of("nonce"), "PORT": str(port), "PATH": os.environ["PATH"]}
    output = (reader.place / "received.txt").open("w")
    with (
        output,
        subprocess.Popen(
            [sys.executable, "webhook_receiver.py"],
            cwd=reader.place,
            env=environ,
            stdout=output,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        url = f"http://127.0.0.1:{port}/"
        until = time.monotonic() + 30
        while not is_open(port):
            assert time.monotonic() < until, "it does not listen"
            time.sleep(0.05)
        yield url
        process.kill()


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_receiving_webhooks(reader: Reader, receiver: str) -> None:
    body, now = b'{"kind": "issue.created"}', int(time.time())

    def send(at: int, body: bytes = body, sent: bytes = body, nonces: tuple[str, ...] = ("nonce",)) -> int:
        headers = headers_for(key="msg_1", timestamp=at, body=body, nonces=nonces)
        return httpx.post(receiver, content=sent, headers=headers).status_code

    assert [send(now), send(now, nonces=("newer", "nonce"))] == [204, 204]
    assert [send(now - 600), send(now, sent=body + b" "), send(now, nonces=("other",))] == [403] * 3
    assert httpx.post(receiver, content=body).status_code == 403
    assert (reader.place / "received.txt").read_text().count("issue.created") == 1


@pytest.mark.parametrize("begun", [b"", b"The left w"], ids=["from the beginning", "after a break"])
def test_files(reader: Reader, begun: bytes) -> None:
    (reader.place / "report.txt").write_bytes(b"The left wheel squeaks.")
    (reader.place / "report.part").write_bytes(begun)
    reader.run("files")
    assert (reader.place / "report.copy").read_bytes() == b"The left wheel squeaks."


def test_many_at_once(reader: Reader) -> None:
    reader.run("many")
    reader.run("many")
    issues = reader.issues()
    assert [issue.get_priority_display() for issue in issues.values()] == ["High", "High", "None", "None"]
    assert issues["FLOW-4"].title == "Oil the axle"


def test_an_export(reader: Reader) -> None:
    reader.run("export")
    rows = [json.loads(line) for line in (reader.place / "issues.ndjson").read_text().splitlines()]
    assert [row["title"] for row in rows] == list(TITLES)


def test_an_archive(reader: Reader, workers: Workers) -> None:
    for _again in range(2):
        reader.run("archive")
        with zipfile.ZipFile(reader.place / "flowboard.zip") as archive:
            told = archive.read("projects/FLOW/issues.ndjson").decode().splitlines()
        assert [json.loads(line)["title"] for line in told] == list(TITLES)


def test_a_table(reader: Reader) -> None:
    reader.run("csv")
    with (reader.place / "issues.csv").open() as file:
        assert [row["Title"] for row in csv.DictReader(file)] == list(TITLES)


def test_an_import(reader: Reader, workers: Workers) -> None:
    (reader.place / "lamps.csv").write_text(
        "Key,Title,Status,Priority\nLAMP-1,A lamp flickers,Open,Blocker\nLAMP-2,A lamp is dark,Open,Minor\n"
    )
    told = "2 new, 0 changed, 0 cannot be read\n2 rows: 2 imported, 0 skipped, 0 failed\n"
    assert reader.run("import") == told
    lamps = {key: issue for key, issue in reader.issues().items() if key.startswith("LAMP-")}
    assert [(issue.title, issue.get_priority_display()) for issue in lamps.values()] == [
        ("A lamp flickers", "High"),
        ("A lamp is dark", "Low"),
    ]
    assert (reader.place / "problems.csv").read_text().startswith("Row,Field")


def test_one_issue_for_each_failure(reader: Reader) -> None:
    assert reader.run("ci") == "Created: FLOW-4\n"
    assert reader.run("ci", CI_PIPELINE_ID="4712") == "Known: FLOW-4\n"
    assert reader.run("ci", FAILED_TEST="test_arm") == "Created: FLOW-5\n"
    assert len(reader.issues()) == 5


def test_a_board(reader: Reader) -> None:
    assert reader.run("board") == "FLOW-1 FLOW-2\n"
    assert {issue.status.name for issue in reader.issues().values()} == {"To do"}
    assert reader.issues()["FLOW-1"].version == 3


def test_labels(reader: Reader) -> None:
    assert reader.run("labels") == "Changed FLOW-1\n"
    assert {label.name for label in reader.issues()["FLOW-1"].labels.all()} == {"wheels", "from the warehouse"}
    assert reader.run("labels") == ""


def test_closing_what_is_stale(reader: Reader) -> None:
    with factories.acting(reader.user, reader.org):
        Issue.objects.filter(number=2).update(updated_at=datetime(2020, 1, 1, tzinfo=UTC))
    assert reader.run("stale") == "Closed FLOW-2\n"
    issues = reader.issues()
    assert {key for key, each in issues.items() if each.status.category in {"done", "cancelled"}} == {"FLOW-2"}
    with factories.acting(reader.user, reader.org):
        assert Comment.objects.get().issue_id == issues["FLOW-2"].pk


def test_signing_in(reader: Reader) -> None:
    told = reader.run("sign-in", FLOWBOARD_EMAIL=reader.user.email, FLOWBOARD_PASSWORD=factories.PASSWORD)
    assert told == f"{reader.org.name}\n" * 2


def test_a_refusal(reader: Reader) -> None:
    said = json.loads(reader.run("refusal"))
    assert (said["status"], said["errors"].keys()) == (400, {"titel"})
    assert len(reader.issues()) == len(TITLES)
