"""The supervisor as a process of its own, with small programs instead of FlowBoard's."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from .conftest import ROOT, wait_until

SUPERVISOR = """
import asyncio, json, sys
from pathlib import Path
from apps.ops.supervisor import NeverReady, Program, Supervisor

async def is_ready():
    return Path("ready").exists()

programs = [Program(name, command) for name, command in json.loads(sys.argv[1]).items()]
supervisor = Supervisor(
    programs,
    is_ready=is_ready,
    on_ready=lambda: print("READY", flush=True),
    logs=Path("logs"),
    directory=Path.cwd(),
    first_delay=0.2,
)
try:
    asyncio.run(supervisor.run())
except NeverReady as error:
    sys.exit(str(error))
"""

# Each writes its number to a file, so that the test can watch and kill it.
STEADY = "import os, time; open('{name}.pid', 'a').write(f'{{os.getpid()}}\\n'); time.sleep(600)"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + STEADY
WITH_CHILD = "import subprocess, sys; child = subprocess.Popen([sys.executable, '-c', {child!r}]); " + STEADY


class Run:
    """A supervisor over some programs in a directory of its own."""

    def __init__(self, directory: Path, programs: dict[str, str]) -> None:
        self.directory = directory
        commands = {name: [sys.executable, "-c", code] for name, code in programs.items()}
        self.process = subprocess.Popen(
            [sys.executable, "-c", SUPERVISOR, json.dumps(commands)],
            cwd=directory,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def pids(self, name: str) -> list[int]:
        """Return the numbers of all processes that have run under this name, oldest first."""
        file = self.directory / f"{name}.pid"
        return [int(line) for line in file.read_text().split()] if file.exists() else []

    def living(self) -> list[int]:
        return [number for file in self.directory.glob("*.pid") for number in self.pids(file.stem) if lives(number)]

    def is_up(self, name: str, *, times: int = 1) -> bool:
        return len(self.pids(name)) >= times

    def end(self, number: signal.Signals = signal.SIGTERM) -> tuple[str, str]:
        self.process.send_signal(number)
        return self.process.communicate(timeout=30)


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Callable[..., Run]]:
    runs: list[Run] = []

    def start(**programs: str) -> Run:
        runs.append(Run(tmp_path, programs))
        return runs[-1]

    yield start
    for each in runs:
        if each.process.poll() is None:
            each.process.kill()
            each.process.communicate()


def lives(number: int) -> bool:
    """Whether a process is there and not only its remains."""
    try:
        return bool(psutil.Process(number).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def steady(name: str) -> str:
    return STEADY.format(name=name)


class TestSupervisor:
    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    def test_a_signal_ends_all_programs_and_their_children(
        self, run: Callable[..., Run], number: signal.Signals
    ) -> None:
        supervisor = run(web=WITH_CHILD.format(name="web", child=STUBBORN.format(name="pool")), beat=steady("beat"))
        wait_until(lambda: all(supervisor.is_up(name) for name in ("web", "pool", "beat")))
        supervisor.end(number)
        assert supervisor.process.returncode == 0
        assert supervisor.living() == []

    def test_says_once_that_all_is_ready(self, run: Callable[..., Run], tmp_path: Path) -> None:
        supervisor = run(web=steady("web"))
        wait_until(lambda: supervisor.is_up("web"))
        (tmp_path / "ready").touch()
        assert supervisor.process.stdout is not None
        assert supervisor.process.stdout.readline() == "READY\n"
        time.sleep(0.5)
        output, _ = supervisor.end()
        assert output == ""

    def test_starts_a_dead_program_again_later_each_time_and_says_so(
        self, run: Callable[..., Run], tmp_path: Path
    ) -> None:
        (tmp_path / "ready").touch()
        supervisor = run(web=steady("web"), beat=steady("beat"))
        for times in (1, 2, 3):
            wait_until(lambda: supervisor.is_up("web", times=times))  # noqa: B023 - called before the next round
            if times < 3:
                os.kill(supervisor.pids("web")[-1], signal.SIGKILL)
        _, errors = supervisor.end()
        assert [line for line in errors.splitlines() if line.startswith("web ended")] == [
            "web ended (killed by SIGKILL); starting it again in 0.2 s.",
            "web ended (killed by SIGKILL); starting it again in 0.4 s.",
        ]
        assert len(supervisor.pids("beat")) == 1

    def test_gives_up_when_a_program_never_starts_and_ends_the_others(self, run: Callable[..., Run]) -> None:
        supervisor = run(web="raise SystemExit('no such module')", beat=steady("beat"))
        _, errors = supervisor.process.communicate(timeout=30)
        assert supervisor.process.returncode == 1
        assert errors.splitlines()[-1].startswith(
            "FlowBoard could not start: web ended 3 times (exit code 1: no such module); all it said is in "
        )
        assert "no such module" in (supervisor.directory / "logs" / "web.log").read_text()
        assert supervisor.living() == []

    @pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that its parent died")
    def test_programs_end_when_the_supervisor_is_killed(self, run: Callable[..., Run]) -> None:
        supervisor = run(web=steady("web"), beat=steady("beat"))
        wait_until(lambda: supervisor.is_up("web") and supervisor.is_up("beat"))
        supervisor.process.kill()
        wait_until(lambda: supervisor.living() == [])

    def test_a_second_signal_kills_what_does_not_end(self, run: Callable[..., Run]) -> None:
        supervisor = run(web=STUBBORN.format(name="web"))
        wait_until(lambda: supervisor.is_up("web"))
        supervisor.process.terminate()
        time.sleep(0.5)
        assert supervisor.living() != []
        supervisor.end()
        assert supervisor.process.returncode == 0
        assert supervisor.living() == []

    def test_keeps_all_output_and_shows_warnings(self, run: Callable[..., Run]) -> None:
        lines = ['{"level": "info", "event": "quiet"}', '{"level": "error", "event": "loud"}', "100 % plain"]
        supervisor = run(web=f"print({chr(10).join(lines)!r}, flush=True); " + steady("web"))
        log = supervisor.directory / "logs" / "web.log"
        wait_until(lambda: log.exists() and len(log.read_text().splitlines()) == 3)
        _, errors = supervisor.end()
        assert log.read_text().splitlines() == lines
        assert errors.splitlines() == [f"web    | {lines[1]}"]
