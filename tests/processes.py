"""Real processes for tests: FlowBoard's web server, as production runs it, on this test process's database."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parent.parent
START_TIMEOUT = 60.0
STOP_TIMEOUT = 20.0
DRAINING = "--timeout-graceful-shutdown 5"
WORKER = "-m celery --app flowboard worker --loglevel warning --concurrency 1 --without-gossip --without-mingle"


def free_port() -> int:
    """Return a loopback port that is free right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def environment_for(database: str) -> dict[str, str]:
    """Return the environment of a process that works on `database` with this test process's Valkey."""
    environ = dict(os.environ)
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_STAFF_URL"):
        environ[name] = urlsplit(environ[name])._replace(path=f"/{database}").geturl()
    environ["DJANGO_SETTINGS_MODULE"] = "flowboard.settings.test"
    environ["PYTHONUNBUFFERED"] = "1"
    return environ


class WebProcess:
    """One uvicorn process with pages and sockets. Its port stays the same over restarts."""

    def __init__(self, database: str, environ: Mapping[str, str] | None = None) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._environ = {**environment_for(database), **(environ or {})}
        self._log = tempfile.NamedTemporaryFile("w+", prefix=f"web-{self.port}-", suffix=".log")  # noqa: SIM115
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        assert self._process is not None, "not started"
        return self._process.pid

    def start(self) -> None:
        """Start the process and wait until it can serve."""
        command = f"-m uvicorn flowboard.asgi:application --host 127.0.0.1 --port {self.port} --log-level warning"
        self._process = subprocess.Popen(
            [sys.executable, *command.split(), *"--no-proxy-headers --ws-max-size 65536".split(), *DRAINING.split()],
            cwd=ROOT,
            env=self._environ,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )
        deadline = time.monotonic() + START_TIMEOUT
        while not self._is_ready():
            if not self.is_running or time.monotonic() > deadline:
                raise AssertionError(f"The web process does not serve:\n{self.output()}")
            time.sleep(0.05)

    def stop(self) -> None:
        """End it as an operator does: with SIGTERM, which lets it drain."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a crash does."""
        self._end(signal.SIGKILL)

    def restart(self, **environ: str) -> None:
        """Stop and start it, as something else from now on where `environ` says so."""
        self.stop()
        self._environ.update(environ)
        self.start()

    def output(self) -> str:
        """Return the end of what it has written so far."""
        return Path(self._log.name).read_text(errors="replace")[-8000:]

    def _is_ready(self) -> bool:
        try:
            with urlopen(f"{self.url}/readyz", timeout=5) as response:
                return bool(response.status == 200)
        except (URLError, OSError):
            return False

    def _end(self, number: signal.Signals) -> None:
        if self._process is None:
            return
        self._process.send_signal(number)
        try:
            self._process.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise AssertionError(f"The web process did not stop within {STOP_TIMEOUT:g} s:\n{self.output()}") from None
        finally:
            self._process = None


class Workers:
    """Worker processes as production has them, each with what it forked."""

    def __init__(self, environ: dict[str, str], log: Path) -> None:
        self._environ = environ
        self._log = log
        self._running: list[subprocess.Popen[bytes]] = []

    def start(self, count: int, *options: str) -> None:
        """Start so many more, without waiting until they are at work."""
        for number in range(count):
            with self._log.open("ab") as log:
                self._running.append(
                    subprocess.Popen(
                        [
                            sys.executable,
                            *WORKER.split(),
                            "--hostname",
                            f"w{number}-{time.monotonic_ns()}@here",
                            *options,
                        ],
                        cwd=ROOT,
                        env=self._environ,
                        stdin=subprocess.DEVNULL,
                        stdout=log,
                        stderr=log,
                        start_new_session=True,
                    )
                )

    def wait(self) -> None:
        """Wait until one of them is at work, when what other tests left in the queue is gone (`--purge`)."""
        from flowboard.celery import app

        until = time.monotonic() + START_TIMEOUT
        while not app.control.ping(timeout=0.5):
            assert time.monotonic() < until, self.said()

    def kill(self) -> None:
        """End them as a crash does."""
        for process in self._running:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self._running.clear()

    def said(self) -> str:
        """Return the end of what they have written so far."""
        return self._log.read_text(errors="replace")[-3000:]
