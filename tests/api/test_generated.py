"""Requests made from the API's document, sent to the real server: it answers each as the document says."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from apps.issues.services import add_comment, log_work
from apps.orgs.services import create_api_token
from apps.pages.api_views import DOCUMENT
from apps.projects.services import set_time_tracking
from tests import factories
from tests.processes import WebProcess

CONFIG = Path(__file__).with_name("schemathesis.toml")
# What ends the caller's own access is not asked of the caller that asks everything else.
ENDS_ACCESS = ("sign_in", "refresh_sign_in", "sign_out")

# Schemathesis sends parts of a form without the names that make them files.
SENDS_FILES = ("attach_files", "create_import")


@pytest.fixture
def server(transactional_db: None) -> Iterator[WebProcess]:
    """A server that answers as much as it is asked."""
    process = WebProcess(os.environ["FLOWBOARD_TEST_DATABASE"], {"FLOWBOARD_TEST_LIMITS": "off"})
    process.start()
    yield process
    process.stop()


@pytest.fixture
def token(transactional_db: None) -> str:
    """Ada's, for everything, in an organization that has one of each."""
    ada = factories.make_user()
    acme = factories.make_org(ada, slug="acme")
    flow = factories.make_project(acme, ada, "FLOW", template="scrum")
    with factories.acting(ada, acme) as actor:
        flow = set_time_tracking(actor=actor, project=flow, is_on=True)
    first, _second = factories.make_issues(acme, flow, ada, "Dock the rover", "Undock it")
    with factories.acting(ada, acme) as actor:
        add_comment(actor=actor, issue=first, body="Slowly.")
        log_work(actor=actor, issue=first, minutes=30)
        _token, secret = create_api_token(actor=actor, name="all", scopes=["read", "write"])
    return secret


# Before Python 3.11.8 two threads upset each other in `ast`, which the generator uses (python/cpython#106905).
WORKERS = "2" if sys.version_info >= (3, 11, 8) else "1"
# The pieces of the long test, each with a server and an organization of its own: pytest's workers share them out. How
# many requests each must come to; together they are more than 20,000.
PIECES = {
    "issues": (["--include-tag", "issues"], 7_000),
    "projects": (["--include-tag", "projects"], 8_000),
    "others": (["--exclude-tag", "issues", "--exclude-tag", "projects"], 5_000),
}


def ask(
    server: WebProcess, token: str, place: Path, *, phases: str, examples: int, of: Sequence[str] = (), seconds: int = 0
) -> int:
    """Send what the document makes possible, and hold every answer against it; how many were sent.

    :param place: where what it remembers is left
    :param of: which operations, as schemathesis takes it; all of them without it
    :param seconds: after how long it stops making up more; 0 is never
    :raises AssertionError: if an answer is not what the document says; with the request that anybody can send again
    """
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIG), "run", str(DOCUMENT)]
    command += ["--url", server.url, "-H", f"Authorization: Bearer {token}", "--checks", "all", "--workers", WORKERS]
    command += ["--phases", phases, "--max-examples", str(examples), "--seed", "1", "--generation-database", "none"]
    command += ["--no-color", "--continue-on-failure", "--suppress-health-check", "all", *of]
    command += ["--max-time", str(seconds)] if seconds else []
    for name in (*ENDS_ACCESS, *SENDS_FILES):
        command += ["--exclude-operation-id", name]
    environ = os.environ | {"PYTHONPATH": str(CONFIG.parents[2])}
    done = subprocess.run(command, cwd=place, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout[-20_000:]}\n{done.stderr[-2_000:]}\n{server.output()[-5_000:]}"
    sent = re.search(r"([\d,]+) generated", done.stdout)
    assert sent, done.stdout[-2_000:]
    print(done.stdout[-2_000:])  # what pytest shows of a test that passes, if it is asked (-rP)
    return int(sent.group(1).replace(",", ""))


def test_a_sample(server: WebProcess, token: str, tmp_path: Path) -> None:
    assert ask(server, token, tmp_path, phases="examples,fuzzing", examples=3) > 100


@pytest.mark.deep
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("piece", PIECES)
def test_tens_of_thousands_of_requests(server: WebProcess, token: str, tmp_path: Path, piece: str) -> None:
    of, least = PIECES[piece]
    phases = "examples,coverage,fuzzing,stateful"
    assert ask(server, token, tmp_path, phases=phases, examples=400, of=of, seconds=900) > least
