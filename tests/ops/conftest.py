"""Real services and supervisors in homes of their own."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
OURS = ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_STAFF_URL", "REDIS_URL", "FLOWBOARD_SECRET_KEY")

# A command that uses the services until its input ends.
USER = """
import json, os, sys
from apps.ops import embedded
try:
    embedded.provide()
except embedded.EmbeddedError as error:
    sys.exit(str(error))
print(json.dumps(dict(os.environ)), flush=True)
sys.stdin.read()
"""


class User:
    """A process that uses the services of a home."""

    def __init__(self, environ: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", USER],
            cwd=ROOT,
            env=environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def environ(self) -> dict[str, str]:
        """Wait until the services are there, and return the environment that names them."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self.process.communicate()[1]
        return dict(json.loads(line))

    def leave(self) -> None:
        """End the process as a command ends, and wait."""
        _, errors = self.process.communicate("", timeout=60)
        assert self.process.returncode == 0, errors

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


def services_of(home: Path) -> list[psutil.Process]:
    """Return every living PostgreSQL postmaster and Valkey that works in this home."""
    found = []
    for process in psutil.process_iter(["name", "cmdline", "cwd", "status"]):
        if process.info["status"] == psutil.STATUS_ZOMBIE:
            continue
        is_postmaster = process.info["name"] == "postgres" and str(home / "postgres" / "data") in (
            process.info["cmdline"] or []
        )
        if is_postmaster or process.info["cwd"] == str(home / "valkey" / "data"):
            found.append(process)
    return found


def wait_until(condition: Callable[[], bool], *, seconds: float = 60) -> None:
    """Wait for a condition, and fail when it does not come."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


@pytest.fixture
def home() -> Iterator[Path]:
    """A data directory of its own, in a private directory such as a person under root would have it."""
    path = Path(tempfile.mkdtemp(prefix="flowboard-")).resolve() / "home"
    yield path
    for process in services_of(path):
        process.kill()
    shutil.rmtree(path.parent)


@pytest.fixture
def environ(home: Path) -> dict[str, str]:
    """An environment that names this home and no service."""
    given = {name: value for name, value in os.environ.items() if name not in OURS}
    return given | {"FLOWBOARD_HOME": str(home)}


@pytest.fixture
def user(environ: dict[str, str]) -> Iterator[Callable[..., User]]:
    """Start processes that use the services of this home."""
    users: list[User] = []

    def start(**more: str) -> User:
        users.append(User(environ | more))
        return users[-1]

    yield start
    for each in users:
        if each.process.poll() is None:
            each.kill()
