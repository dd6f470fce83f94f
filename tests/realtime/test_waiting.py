"""Long polling of the fact log: scripts wait on the event loop, hold no thread, and get what they may have by then."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from apps.orgs.models import ApiToken
from apps.orgs.services import create_api_token, revoke_api_token
from apps.realtime.waiting import MOST_OF_ONE
from tests.factories import acting
from tests.processes import WebProcess
from tests.realtime.conftest import SOON, World

# As long as a request may wait: nothing here should.
LONG = 30


class Follower:
    """A script that follows the project's log."""

    def __init__(self, world: World, live: WebProcess) -> None:
        self._world = world
        with acting(world.ada, world.org) as actor:
            self.token, secret = create_api_token(actor=actor, name="mirror", scopes=["read"])
        self.api = httpx.Client(
            base_url=f"{live.url}/api/v1/orgs/{world.org.slug}/",
            headers={"Authorization": f"Bearer {secret}"},
            timeout=LONG + SOON,
            limits=httpx.Limits(max_connections=50),
        )

    def follow(self, wait: int, **options: Any) -> httpx.Response:
        since = self._world.stream()[1]
        return self.api.get(
            f"projects/{self._world.project.key}/events/", params={"since": since, "wait": wait}, **options
        )

    def revoke(self) -> None:
        with acting(self._world.ada, self._world.org) as actor:
            revoke_api_token(actor=actor, token=ApiToken.objects.get(pk=self.token.pk))


@pytest.fixture
def follower(world: World, live: WebProcess) -> Iterator[Follower]:
    script = Follower(world, live)
    yield script
    script.api.close()


@pytest.fixture
def meanwhile() -> Iterator[Callable[..., "Future[httpx.Response]"]]:
    """Do something in a thread of its own, and give it time to begin to wait."""
    with ThreadPoolExecutor(30) as pool:

        def start(act: Callable[..., httpx.Response], *args: Any, **options: Any) -> "Future[httpx.Response]":
            running = pool.submit(act, *args, **options)
            time.sleep(0.7)  # that it waits shows only in time, longer than the log is asked anew
            assert not running.done()
            return running

        yield start


class TestWaiting:
    def test_is_answered_as_soon_as_something_happens(
        self, world: World, follower: Follower, meanwhile: Callable[..., "Future[httpx.Response]"]
    ) -> None:
        left = int(follower.follow(0).headers["RateLimit-Remaining"])
        waiting = meanwhile(follower.follow, LONG)
        world.move(world.issues[0], op="0b1f3c9e-op")
        answer = waiting.result(SOON)
        assert [fact["op"] for fact in answer.json()["results"]] == ["0b1f3c9e-op"]
        # Asked twice, counted once.
        assert int(answer.headers["RateLimit-Remaining"]) == left - 1

    def test_is_empty_when_the_time_is_over(self, world: World, follower: Follower) -> None:
        began, head = time.monotonic(), world.stream()[1]
        assert follower.follow(1).json() == {"head": head, "next_since": head, "results": []}
        assert time.monotonic() - began >= 1

    def test_holds_up_nobody_and_is_bounded_for_each(
        self, world: World, follower: Follower, meanwhile: Callable[..., "Future[httpx.Response]"]
    ) -> None:
        """Far more of them than there are threads; beyond its share a token is answered at once."""
        waiting = [meanwhile(follower.follow, LONG) for _ in range(MOST_OF_ONE)]
        assert follower.follow(LONG).json()["results"] == []
        assert follower.api.get("", timeout=SOON).status_code == 200
        world.move(world.issues[0])
        assert [len(each.result(SOON).json()["results"]) for each in waiting] == [1] * MOST_OF_ONE

    def test_whoever_leaves_makes_room(self, world: World, follower: Follower) -> None:
        for _ in range(MOST_OF_ONE):
            with pytest.raises(httpx.ReadTimeout):
                follower.follow(LONG, timeout=0.2)
        time.sleep(0.5)
        began = time.monotonic()
        follower.follow(1)
        assert time.monotonic() - began >= 1

    def test_a_token_that_is_revoked_meanwhile_gets_nothing(
        self, world: World, follower: Follower, meanwhile: Callable[..., "Future[httpx.Response]"]
    ) -> None:
        waiting = meanwhile(follower.follow, LONG)
        follower.revoke()
        world.move(world.issues[0])
        assert waiting.result(SOON).status_code == 401

    def test_a_stopping_server_answers_whoever_waits(
        self, world: World, second: WebProcess, meanwhile: Callable[..., "Future[httpx.Response]"]
    ) -> None:
        follower = Follower(world, second)
        waiting = meanwhile(follower.follow, LONG)
        began = time.monotonic()
        second.stop()
        assert waiting.result(SOON).json()["results"] == []
        assert time.monotonic() - began < 8  # before it would be cut off
        follower.api.close()
