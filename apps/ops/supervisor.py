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

    async def run(self) -> None:
        """Run the programs until SIGINT or SIGTERM; a second signal ends them without patience.

        :raises NeverReady: if one of them cannot be started
        """
        self.logs.mkdir(mode=0o700, parents=True, exist_ok=True)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.stop)
        try:
            async with asyncio.TaskGroup() as tasks:
                readiness = tasks.create_task(self._announce_readiness())
                keepers = [tasks.create_task(self._keep_running(program)) for program in self.programs]
                await asyncio.wait(keepers)
                readiness.cancel()
        except* NeverReady as failures:
            raise failures.exceptions[0] from None

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
            code = await self._run_once(program)
            if self._stopping.is_set():
                return
            if not self.ready and attempts == ATTEMPTS_BEFORE_READY:
                self.stop()
                raise NeverReady(
                    f"FlowBoard could not start: {program.name} ended {attempts} times; "
                    f"the reason is in {self._log_file(program)}."
                )
            if loop.time() - started > HEALTHY_AFTER:
                delay = self.first_delay
            _say(f"{program.name} ended ({_how(code)}); starting it again in {delay:g} s.")
            await _wait(self._stopping, delay)
            delay = min(delay * 2, LONGEST_DELAY)

    async def _run_once(self, program: Program) -> int:
        """Run a program to its end, or to the end of all, and return its exit code."""
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
        await asyncio.wait({output}, timeout=OUTPUT_TIMEOUT)
        output.cancel()
        return code

    async def _end(self, process: Process, ended: "asyncio.Task[int]") -> None:
        """Ask a program to end, and wait for it as long as patience lasts."""
        process.terminate()
        hurry = asyncio.create_task(self._hurry.wait())
        await asyncio.wait({ended, hurry}, timeout=STOP_TIMEOUT, return_when=asyncio.FIRST_COMPLETED)
        hurry.cancel()

    async def _keep_output(self, program: Program, pipe: int) -> None:
        """Write a program's output to its log, and what deserves attention to the console."""
        stream = asyncio.StreamReader()
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(stream), os.fdopen(pipe, "rb")
        )
        handler = logging.handlers.RotatingFileHandler(
            self._log_file(program), maxBytes=LOG_SIZE, backupCount=3, encoding="utf-8"
        )
        rest = b""
        try:
            while chunk := await stream.read(65536):
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    _log(handler, program.name, line)
                if len(rest) > LOG_SIZE:
                    _log(handler, program.name, rest)
                    rest = b""
            if rest:
                _log(handler, program.name, rest)
        finally:
            handler.close()
            transport.close()

    def _log_file(self, program: Program) -> Path:
        return self.logs / f"{program.name}.log"


def _log(handler: logging.Handler, name: str, line: bytes) -> None:
    text = line.decode(errors="replace")
    handler.emit(logging.makeLogRecord({"msg": text, "args": ()}))
    if text.strip() and _is_loud(text):
        print(f"{name:6} | {text}", file=sys.stderr, flush=True)


def _is_loud(text: str) -> bool:
    """Tell whether a line of output is a warning or worse; what is no log line (a traceback) counts as such."""
    try:
        entry = json.loads(text)
    except ValueError:
        return True
    return not isinstance(entry, dict) or entry.get("level") in LOUD


def _how(code: int) -> str:
    return f"exit code {code}" if code >= 0 else f"killed by {signal.Signals(-code).name}"


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
