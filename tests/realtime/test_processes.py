"""Several server processes on one Valkey, and what happens when one of them dies."""

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
import redis
from websockets.exceptions import ConnectionClosed

from tests.factories import make_issues, make_member
from tests.processes import WebProcess
from tests.realtime.conftest import SOON, Dial, World


class TestTwoProcesses:
    def test_each_hears_what_is_done_anywhere(self, world: World, dial: Dial, second: WebProcess) -> None:
        stream, seq = world.stream()
        sockets = [
            dial(world.ada, world.org.slug, {stream: seq}),
            dial(world.ada, world.org.slug, {stream: seq}, at=second),
        ]
        for socket in sockets:
            socket.read("hello")
        for number in range(1, 4):
            world.move(world.issues[0])
            assert [socket.read("ev")["seq"] for socket in sockets] == [seq + number] * 2

    def test_people_are_seen_across_processes_and_fade_with_a_killed_one(
        self, world: World, dial: Dial, second: WebProcess
    ) -> None:
        mateo = make_member(world.org)
        stream, seq = world.stream()
        hers = dial(world.ada, world.org.slug, {stream: seq})
        hers.read("presence")
        his = dial(mateo, world.org.slug, {stream: seq}, at=second)
        his.read("hello")
        assert len(hers.read("presence")["people"]) == 2
        second.kill()
        assert [person["id"] for person in hers.read("presence")["people"]] == [world.ada.pk]


@pytest.mark.drill
class TestAKilledProcess:
    def test_loses_nothing_that_was_acknowledged(self, world: World, dial: Dial, second: WebProcess) -> None:
        """Moves go on while a socket's process is killed; the socket returns to the other one and misses nothing."""
        stream, seq = world.stream()
        issues = make_issues(world.org, world.project, world.ada, *(f"Card {n}" for n in range(4)))
        acknowledged: list[str] = []
        stop = threading.Event()

        def work() -> None:
            for number in range(10_000):
                if stop.is_set():
                    return
                op = f"drill-op-{number:05}"
                world.move(issues[number % len(issues)], op=op)
                acknowledged.append(op)

        socket = dial(world.ada, world.org.slug, {stream: seq}, at=second)
        seen: dict[int, str | None] = {}

        def listen() -> None:
            with suppress(ConnectionClosed):
                while len(seen) < 30:
                    frame = socket.read("ev")
                    seen[frame["seq"]] = frame.get("op")

        with ThreadPoolExecutor(2) as pool:
            working = pool.submit(work)
            listen()
            second.kill()
            with suppress(ConnectionClosed):
                while True:
                    frame = socket.read("ev", timeout=2)
                    seen[frame["seq"]] = frame.get("op")
            last = max(seen)
            assert sorted(seen) == list(range(seq + 1, last + 1))
            back = dial(world.ada, world.org.slug, {stream: last})
            back.read("hello")
            time.sleep(0.5)
            stop.set()
            working.result(SOON)
        head = world.stream()[1]
        while max(seen) < head:
            frame = back.read("ev")
            assert frame["seq"] == max(seen) + 1
            seen[frame["seq"]] = frame.get("op")
        assert set(acknowledged) <= set(seen.values())

    def test_a_stopping_process_tells_its_sockets_to_come_back(
        self, world: World, dial: Dial, second: WebProcess
    ) -> None:
        stream, seq = world.stream()
        socket = dial(world.ada, world.org.slug, {stream: seq}, at=second)
        socket.read("hello")
        second.stop()
        assert socket.read_close()[0] == 1012


@pytest.mark.drill
class TestAnEmptyValkey:
    def test_sockets_go_on_when_it_forgets_everything(self, world: World, dial: Dial, second: WebProcess) -> None:
        """A wiped Valkey that drops every connection: the heartbeat finds what no nudge told of, and people return."""
        stream, seq = world.stream()
        socket = dial(world.ada, world.org.slug, {stream: seq}, at=second)
        socket.read("presence")
        with redis.Redis.from_url(os.environ["REDIS_URL"]) as client:
            client.flushall()
            client.client_kill_filter(_type="pubsub")
            client.client_kill_filter(_type="normal", skipme=True)
        for number in range(1, 4):
            world.move(world.issues[0])
            assert socket.read("ev")["seq"] == seq + number
