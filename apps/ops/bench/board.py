"""What a board costs: queries, time, requests a second."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection

import psutil
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from .figures import Figure, percentile
from .world import LARGE, LARGE_SIZE, SMALL, SMALL_SIZE, BenchError, Server, World

ALONE = 60
TOGETHER = 25
CLIENTS = 8


def queries(world: World) -> Iterator[Figure]:
    """Count the queries of a board page, everything included: session, person, organization, cards."""
    client = Client(SERVER_NAME="localhost")
    client.force_login(world.user)
    for key, size in ((SMALL, SMALL_SIZE), (LARGE, LARGE_SIZE)):
        asked = queries_of(client, world.path(key))
        yield Figure(f"queries of a board of {size} cards", asked, "queries", "at most 10, the same for both")


def queries_of(client: Client, path: str) -> int:
    """How many queries a page takes that was asked for before."""
    client.get(path)
    with CaptureQueriesContext(connection) as captured:
        status = client.get(path).status_code
    if status != 200:
        raise BenchError(f"The board answered {status}.")
    # What the transaction itself says is no query.
    return len([query for query in captured if query["sql"] not in {"BEGIN", "COMMIT"}])


def speed(world: World) -> Iterator[Figure]:
    """Time the board page for one person alone, then for several at once."""
    with Server() as server:
        visit(server, world, 10)
        process = psutil.Process(server.pid)
        before = process.cpu_times()
        alone = visit(server, world, ALONE)
        after = process.cpu_times()
        yield Figure(f"board of {SMALL_SIZE} cards, one client, p50", percentile(alone, 50) * 1000, "ms", "19 ms")
        yield Figure(f"board of {SMALL_SIZE} cards, one client, p95", percentile(alone, 95) * 1000, "ms")
        # Says something even when the machine is busy.
        spent = (after.user - before.user + after.system - before.system) / ALONE
        yield Figure(f"board of {SMALL_SIZE} cards, processor time in the web process", spent * 1000, "ms")
        started = time.perf_counter()
        load(server, world)
        rate = CLIENTS * TOGETHER / (time.perf_counter() - started)
        yield Figure(f"board of {SMALL_SIZE} cards, {CLIENTS} clients", rate, "requests/s", "68/s with two processes")


def load(server: Server, world: World) -> None:
    """Have several clients ask for the board again and again."""
    with ThreadPoolExecutor(CLIENTS) as pool:
        for visits in [pool.submit(visit, server, world, TOGETHER) for _ in range(CLIENTS)]:
            visits.result()


def visit(server: Server, world: World, times: int, *, path: str = "") -> list[float]:
    """Ask for a board (the small one) over one kept connection; how long each answer took, in seconds."""
    connection_to_server = HTTPConnection("127.0.0.1", server.port, timeout=30)
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        connection_to_server.request("GET", path or world.path(SMALL), headers={"Cookie": world.cookie})
        response = connection_to_server.getresponse()
        response.read()
        taken.append(time.perf_counter() - started)
        if response.status != 200:
            raise BenchError(f"The board answered {response.status}.")
    connection_to_server.close()
    return taken
