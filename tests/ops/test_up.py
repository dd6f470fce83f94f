"""`manage.py up` as a person runs it."""

import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.request import urlopen

import psutil
import pytest

from apps.ops import embedded
from tests.processes import free_port

from .conftest import ROOT, services_of, wait_until


class Up:
    """A running `manage.py up`."""

    def __init__(self, environ: dict[str, str], port: int) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}/"
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "up"],
            cwd=ROOT,
            env=environ
            | {"PORT": str(port), "FLOWBOARD_DEMO": "0", "DJANGO_SETTINGS_MODULE": "flowboard.settings.dev"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def ready_line(self) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self.process.communicate()[1]
        return line.rstrip("\n")

    def child(self, word: str) -> psutil.Process:
        """Return the living child with this word in its command line."""
        return next(
            child
            for child in psutil.Process(self.process.pid).children()
            if child.status() != psutil.STATUS_ZOMBIE and word in child.cmdline()
        )

    def end(self, number: signal.Signals = signal.SIGTERM) -> tuple[str, str]:
        self.process.send_signal(number)
        return self.process.communicate(timeout=60)

    def refusal(self) -> str:
        """Wait for the process to refuse to start, and return its last line."""
        output, errors = self.process.communicate(timeout=60)
        assert self.process.returncode == 1, errors
        assert output == ""
        return errors.strip().splitlines()[-1]


@pytest.fixture
def up(environ: dict[str, str]) -> Iterator[Callable[..., Up]]:
    runs: list[Up] = []

    def start(*, port: int | None = None, **more: str) -> Up:
        runs.append(Up(environ | more, port or free_port()))
        return runs[-1]

    yield start
    for each in runs:
        if each.process.poll() is None:
            each.process.kill()
            each.process.communicate()


class TestUp:
    def test_serves_until_it_is_told_to_stop_and_starts_again_in_seconds(
        self, up: Callable[..., Up], home: Path
    ) -> None:
        first = up()
        ready = re.fullmatch(
            rf"FlowBoard is ready: {first.url} \(first operator: ({first.url}setup/[\w-]{{40,}}/)\)", first.ready_line()
        )
        assert ready is not None
        with urlopen(ready[1]) as response:
            assert "Set up FlowBoard" in response.read().decode()
        with urlopen(f"{first.url}readyz") as response:
            assert response.status == 200
        children = psutil.Process(first.process.pid).children(recursive=True)

        worker = first.child("worker")
        worker.kill()
        wait_until(lambda: bool(_others(first, "worker", worker.pid)))

        output, errors = first.end()
        assert first.process.returncode == 0, errors
        assert output == "", "the ready line comes once"
        assert re.search(r"^worker ended \(killed by SIGKILL\); starting it again in 1 s\.$", errors, re.MULTILINE)
        assert [child for child in children if child.is_running()] == []
        assert services_of(home) == []

        second = up()
        second.ready_line()
        # Seconds on an idle machine; the bound is for one that runs other tests as well.
        assert time.monotonic() - second.started < 60
        second.end(signal.SIGINT)
        assert second.process.returncode == 0
        assert services_of(home) == []

    @pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that its parent died")
    @pytest.mark.deep
    def test_recovers_after_it_was_killed(self, up: Callable[..., Up], home: Path) -> None:
        first = up()
        first.ready_line()
        children = psutil.Process(first.process.pid).children(recursive=True)
        first.process.kill()
        first.process.communicate()
        wait_until(lambda: not any(child.is_running() for child in children), seconds=30)

        second = up(port=first.port)
        second.ready_line()
        second.end()
        assert second.process.returncode == 0
        assert services_of(home) == []


class TestRefusals:
    def test_a_busy_port(self, up: Callable[..., Up], home: Path) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            assert f"Port {port} is taken" in up(port=port).refusal()
        assert services_of(home) == []

    def test_a_data_directory_in_use(self, up: Callable[..., Up], home: Path) -> None:
        claim = embedded.Home.of(str(home)).claim()
        assert claim is not None
        with claim:
            assert "Another FlowBoard runs on" in up().refusal()
        assert services_of(home) == []

    def test_a_database_that_cannot_be_reached(self, up: Callable[..., Up], home: Path) -> None:
        url = "postgres://flowboard_app:s3cret@127.0.0.1:1/flowboard"
        run = up(DATABASE_URL=url, DATABASE_OWNER_URL=url, DATABASE_STAFF_URL=url)
        assert "The database of DATABASE_URL (postgres://127.0.0.1:1/flowboard) cannot be reached" in run.refusal()
        assert services_of(home) == []

    def test_a_redis_that_cannot_be_reached(self, up: Callable[..., Up], home: Path) -> None:
        assert "The server of REDIS_URL" in up(REDIS_URL="redis://127.0.0.1:1/0").refusal()
        assert services_of(home) == []


def _others(run: Up, word: str, former: int) -> list[psutil.Process]:
    return [
        child
        for child in psutil.Process(run.process.pid).children()
        if child.pid != former and child.status() != psutil.STATUS_ZOMBIE and word in child.cmdline()
    ]
