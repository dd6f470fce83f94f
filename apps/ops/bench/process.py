"""What a web process costs: time to start, memory."""

from collections.abc import Iterator

import psutil

from .board import load, visit
from .figures import Figure
from .world import Server, World

MEGABYTE = 1_000_000


def start(world: World) -> Iterator[Figure]:
    """From nothing to the first ready answer."""
    with Server() as server:
        yield Figure("web process, start to ready", server.seconds_to_ready, "s", "2 s")


def memory(world: World) -> Iterator[Figure]:
    """Resident memory of a fresh web process, and of one that has served."""
    with Server() as server:
        process = psutil.Process(server.pid)
        visit(server, world, 1)
        yield Figure("web process, fresh", process.memory_info().rss / MEGABYTE, "MB", "100 MB")
        load(server, world)
        load(server, world)
        yield Figure("web process, after load", process.memory_info().rss / MEGABYTE, "MB", "under 150 MB")
