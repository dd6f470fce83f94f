"""What bringing a whole tracker in costs: time, memory, and what is left for a board meanwhile."""

import gzip
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
from django.conf import settings

from .board import visit
from .figures import Figure, percentile
from .process import MEGABYTE
from .world import ADDRESSES, DATABASE, ORG, BenchError, Server, World, analyze

# The exports that are not part of this repository (see CONTRIBUTING).
SAMPLES = Path(os.environ.get("FLOWBOARD_SAMPLES", "../shared/data")) / "corpus_titanium_jira"
# Rows of the shorter file, and how many times as long the longer one is.
SHORT = 500
LONGER = 10
# One visit, then some peace: a person looks at what they asked for.
PAUSE = 0.2


@dataclass(slots=True)
class _Run:
    """What one import took."""

    seconds: float
    # Of its own process, without the database's: says something even when the machine is busy.
    processor: float
    most_memory: float
    visits: list[float]
    account: dict[str, Any]


def whole_tracker(world: World) -> Iterator[Figure]:
    """Import the 20,470 issues of a real tracker while somebody looks at a board; nothing where there is none."""
    files = _samples()
    if not files:
        return
    with Server() as server:
        visit(server, world, 10)
        idle = percentile(visit(server, world, 60), 95)
        run = _import(files, server, world)
        account = run.account
        if account["read"] != sum(account[name] for name in ("imported", "updated", "skipped", "failed")):
            raise BenchError("Rows are unaccounted for.")
        yield Figure("import of a whole tracker: issues", account["imported"], "issues")
        yield Figure("import of a whole tracker: comments", account["comments"]["imported"], "comments")
        yield Figure("import of a whole tracker, while a board is looked at", run.seconds, "s", "300 s")
        yield Figure("import, processor time of its process", run.processor, "s")
        yield Figure("import, the most memory of its process", run.most_memory, "MB", "400 MB")
        yield Figure("board, idle, p95", idle * 1000, "ms")
        yield Figure("board during the import, p95", percentile(run.visits, 95) * 1000, "ms")
        yield Figure(
            "board during the import, times its idle p95", percentile(run.visits, 95) / idle, "times", "2 times"
        )
        analyze()
        again = _import(files, server, world)
        yield Figure("the same import again, which changes nothing", again.seconds, "s")


def ten_times_as_long(world: World) -> Iterator[Figure]:
    """Import some of an export, then a file ten times as long, and compare the memory of the two."""
    files = _samples()
    if not files:
        return
    with tempfile.TemporaryDirectory() as place, Server() as server:
        once, longer = Path(place) / "once.ndjson.gz", Path(place) / "longer.ndjson.gz"
        _repeat(files[0], once, times=1)
        _repeat(files[0], longer, times=LONGER)
        short = _import([once], server, world, project="ONCE")
        long = _import([longer], server, world, project="LONGER")
        yield Figure("import of one file, the most memory", short.most_memory, "MB", "400 MB")
        yield Figure(f"import of a file {LONGER} times as long, the most memory", long.most_memory, "MB", "400 MB")
        yield Figure("the same, to the shorter one's", long.most_memory / short.most_memory, "times", "1 time")
        yield Figure("rows a second, the shorter one", short.account["read"] / short.seconds, "rows/s")
        yield Figure("rows a second, the longer one", long.account["read"] / long.seconds, "rows/s")


def _samples() -> list[Path]:
    return sorted(SAMPLES.glob("*.ndjson.gz"))


def _repeat(source: Path, to: Path, *, times: int) -> None:
    """The rows of a file again and again, each time as other issues."""
    with gzip.open(to, "wt", encoding="utf-8", compresslevel=1) as out:
        for turn in range(times):
            with gzip.open(source, "rt", encoding="utf-8", newline="\n") as rows:
                for number, line in enumerate(islice(rows, SHORT), start=1):
                    row = json.loads(line)
                    row["id"] = f"{turn}-{row['id']}"
                    row["key"] = f"REP-{turn * 100_000 + number}"
                    for comment in row["fields"].get("comment", {}).get("comments", []):
                        comment["id"] = f"{turn}-{comment['id']}"
                    out.write(json.dumps(row, ensure_ascii=False) + "\n")


def _import(files: list[Path], server: Server, world: World, *, project: str = "") -> _Run:
    environ = dict(os.environ)
    for name in ADDRESSES.values():
        environ[name] = urlsplit(environ[name])._replace(path=f"/{DATABASE}").geturl()
    environ["REDIS_URL"] = urlsplit(environ["REDIS_URL"])._replace(path="/15").geturl()
    command = [sys.executable, "manage.py", "import_tracker", *map(str, files), "--org", ORG, "--json"]
    visits: list[float] = []
    most = spent = 0.0
    with (
        tempfile.TemporaryDirectory() as media,
        tempfile.TemporaryFile("w+") as out,
        tempfile.TemporaryFile("w+") as err,
    ):
        environ["FLOWBOARD_MEDIA_ROOT"] = media
        started = time.monotonic()
        process = subprocess.Popen(
            [*command, *(["--project", project] if project else [])],
            cwd=settings.BASE_DIR,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
        )
        watched = psutil.Process(process.pid)
        while process.poll() is None:
            memory, spent = _spent(watched, spent)
            most = max(most, memory)
            visits += visit(server, world, 1)
            time.sleep(PAUSE)
        seconds = time.monotonic() - started
        out.seek(0)
        err.seek(0)
        if process.returncode:
            raise BenchError(f"The import ended with {process.returncode}: {err.read()[-300:]}")
        return _Run(seconds, spent, most, visits, json.loads(out.read()))


def _spent(process: psutil.Process, before: float) -> tuple[float, float]:
    """Memory that a process has, and processor time that it took; nothing new of one that just ended."""
    try:
        times = process.cpu_times()
        return process.memory_info().rss / MEGABYTE, times.user + times.system
    except psutil.NoSuchProcess:
        return 0.0, before
