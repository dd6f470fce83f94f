"""Keeps a set of programs running: starts them, restarts what dies, stops them all.

Pure Python, no Django: what it runs are processes, and it must outlive any fault inside them.
"""

import asyncio
import ctypes
import json
import logging
import logging.handlers
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, STDOUT, Process
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

FIRST_DELAY = 1.0
LONGEST_DELAY = 30.0
# A program that ran this long had started well: its next failure is a new one.
HEALTHY_AFTER = 60.0
STOP_TIMEOUT = 20.0
# How long a grandchild that has left the process group may keep an ended program's output open.
OUTPUT_TIMEOUT = 1.0
ATTEMPTS_BEFORE_READY = 3
LOG_SIZE = 10_000_000
LONGEST_LINE = 1_000_000
LOUD = {"warning", "error", "critical"}


class NeverReady(Exception):
    """A program died again and again before the whole was ready; the message is one sentence."""


@dataclass(frozen=True)
class Program:
    """A program to keep running, under the name that people read in messages and log files."""

    name: str
    command: Sequence[str]
    environ: Mapping[str, str] = field(default_factory=dict)


class Supervisor:
    """Runs programs until it is told to stop.

    :param is_ready: asked again and again until it says yes, when `on_ready` is called, once
    :param logs: the directory that takes each program's output; warnings are shown on the console as well
    """

    def __init__(
        self,
        programs: Sequence[Program],
        *,
        is_ready: Callable[[], Awaitable[bool]],
        on_ready: Callable[[], None],
        logs: Path,
        directory: Path,
        first_delay: float = FIRST_DELAY,
    ) -> None:
        self.programs = programs
        self.is_ready = is_ready
        self.on_ready = on_ready
        self.logs = logs
        self.directory = directory
        self.first_delay = first_delay
        self.ready = False
        self._stopping = asyncio.Event()
        self._hurry = asyncio.Event()
        self._failure: NeverReady | None = None

    async def run(self) -> None:
        """Run the programs until SIGINT or SIGTERM; a second signal ends them without patience.

        :raises NeverReady: if one of them cannot be started
        """
        self.logs.mkdir(mode=0o700, parents=True, exist_ok=True)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.stop)
        async with asyncio.TaskGroup() as tasks:
            readiness = tasks.create_task(self._announce_readiness())
            await asyncio.wait([tasks.create_task(self._keep_running(program)) for program in self.programs])
            readiness.cancel()
        if self._failure is not None:
            raise self._failure

    def stop(self) -> None:
        """Ask every program to end; asked again, kill what is left."""
        if self._stopping.is_set():
            self._hurry.set()
        self._stopping.set()

    async def _announce_readiness(self) -> None:
        while not await self.is_ready():
            await asyncio.sleep(0.1)
        if not self._stopping.is_set():
            self.ready = True
            self.on_ready()

    async def _keep_running(self, program: Program) -> None:
        loop = asyncio.get_running_loop()
        delay = self.first_delay
        attempts = 0
        while not self._stopping.is_set():
            attempts += 1
            started = loop.time()
            how = await self._run_once(program)
            if self._stopping.is_set():
                return
            if not self.ready and attempts == ATTEMPTS_BEFORE_READY:
                self._failure = NeverReady(
                    f"FlowBoard could not start: {program.name} ended {attempts} times ({how}); "
                    f"all it said is in {self._log_file(program)}."
                )
                self.stop()
                return
            if loop.time() - started > HEALTHY_AFTER:
                delay = self.first_delay
            _say(f"{program.name} ended ({how}); starting it again in {delay:g} s.")
            await _wait(self._stopping, delay)
            delay = min(delay * 2, LONGEST_DELAY)

    async def _run_once(self, program: Program) -> str:
        """Run a program to its end, or to the end of all, and return how it ended."""
        # A pipe of our own: asyncio would take a program for running as long as any child of it holds the pipe.
        reading, writing = os.pipe()
        try:
            process = await asyncio.create_subprocess_exec(
                *program.command,
                cwd=self.directory,
                env={**os.environ, "PYTHONUNBUFFERED": "1", **program.environ},
                stdin=DEVNULL,
                stdout=writing,
                stderr=STDOUT,
                # A session of its own: Ctrl-C reaches us alone, and we stop the programs in order.
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )
        finally:
            os.close(writing)
        output = asyncio.create_task(self._keep_output(program, reading))
        ended = asyncio.create_task(process.wait())
        stopping = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait({ended, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if not ended.done():
                await self._end(process, ended)
        finally:
            stopping.cancel()
            _kill_group(process.pid)
        code = await ended
        last_words = await self._rest_of(output)
        if code < 0:
            return f"killed by {signal.Signals(-code).name}"
        return f"exit code {code}: {last_words}" if code and last_words else f"exit code {code}"

    async def _end(self, process: Process, ended: "asyncio.Task[int]") -> None:
        """Ask a program to end, and wait for it as long as patience lasts."""
        process.terminate()
        hurry = asyncio.create_task(self._hurry.wait())
        await asyncio.wait({ended, hurry}, timeout=STOP_TIMEOUT, return_when=asyncio.FIRST_COMPLETED)
        hurry.cancel()

    async def _rest_of(self, output: "asyncio.Task[str]") -> str:
        """Return a program's last line of output, without waiting long for what its children may have to say."""
        await asyncio.wait({output}, timeout=OUTPUT_TIMEOUT)
        output.cancel()
        return output.result() if output.done() and not output.cancelled() else ""

    async def _keep_output(self, program: Program, pipe: int) -> str:
        """Write a program's output to its log, warnings to the console as well, and return the last line."""
        stream = asyncio.StreamReader()
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(stream), os.fdopen(pipe, "rb")
        )
        handler = logging.handlers.RotatingFileHandler(
            self._log_file(program), maxBytes=LOG_SIZE, backupCount=3, encoding="utf-8"
        )
        rest, last = b"", ""
        try:
            while chunk := await stream.read(65536):
                *lines, rest = (rest + chunk).split(b"\n")
                if len(rest) > LONGEST_LINE:
                    lines, rest = [*lines, rest], b""
                for line in lines:
                    last = _log(handler, program.name, line) or last
            return (_log(handler, program.name, rest) if rest else "") or last
        finally:
            handler.close()
            transport.close()

    def _log_file(self, program: Program) -> Path:
        return self.logs / f"{program.name}.log"


def _log(handler: logging.Handler, name: str, line: bytes) -> str:
    """Write one line of a program's output, and return it without the blanks around it."""
    text = line.decode(errors="replace")
    handler.emit(logging.makeLogRecord({"msg": text}))
    if _is_loud(text):
        print(f"{name:6} | {text}", file=sys.stderr, flush=True)
    return text.strip()


def _is_loud(text: str) -> bool:
    """Tell whether a line of output is a log entry of a warning or worse."""
    try:
        entry = json.loads(text)
    except ValueError:
        return False
    return isinstance(entry, dict) and entry.get("level") in LOUD


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


async def _wait(event: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return


def _kill_group(leader: int) -> None:
    """Kill whatever a program left running in its process group."""
    try:
        os.killpg(leader, signal.SIGKILL)
    except ProcessLookupError:
        return  # nothing was left
    except PermissionError:
        return  # macOS says so of a group in which only unreaped processes are left


_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def _die_with_parent() -> None:
    """Have the kernel end this process gracefully when its supervisor is killed (Linux only)."""
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
