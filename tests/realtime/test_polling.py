"""The log over plain HTTP: the same frames, rights and numbers as over a socket."""

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.projects.models import Project
from tests.factories import make_member, make_org, make_project, make_user
from tests.realtime.conftest import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(db: None) -> World:
    return World()


@pytest.fixture
def ada(client: Client, world: World) -> Client:
    client.force_login(world.ada)
    return client


def ask(client: Client, world: World, *cursors: str) -> tuple[int, list[dict[str, object]]]:
    answer = client.get(f"/{world.org.slug}/live/", {"s": list(cursors)}, headers={"HX-Request": "true"})
    return answer.status_code, answer.json() if answer.status_code == 200 else []


class TestPolling:
    def test_greets_and_tells_what_was_missed(self, ada: Client, world: World) -> None:
        stream, seq = world.stream()
        issue = world.move(world.issues[0], op="0b1f3c9e-op")
        hello, event = ask(ada, world, f"{stream}:{seq}")[1]
        assert hello == {"t": "hello", "s": stream, "seq": seq + 1, "replay": 1, "release": settings.RELEASE}
        assert (event["seq"], event["k"], event["id"], event["op"]) == (seq + 1, "issue.moved", issue.pk, "0b1f3c9e-op")
        assert [frame["t"] for frame in ask(ada, world, f"{stream}:{seq + 1}")[1]] == ["hello"]

    def test_sends_whoever_is_too_far_behind_to_read_the_page_again(
        self, ada: Client, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("apps.realtime.views.BACKLOG", 2)
        stream, seq = world.stream()
        assert ask(ada, world, f"{stream}:0")[1][1] == {"t": "reset", "s": stream, "seq": seq}

    def test_asks_as_little_of_the_database_for_much_as_for_little(self, ada: Client, world: World) -> None:
        stream, seq = world.stream()

        def queries() -> int:
            with CaptureQueriesContext(connection) as captured:
                assert ask(ada, world, f"{stream}:{seq}")[0] == 200
            return len(captured)

        world.move(world.issues[0])
        queries()
        few = queries()
        for _ in range(2):
            for issue in world.issues:
                world.move(issue)
        assert queries() == few

    def test_refuses_what_a_socket_would_refuse(self, client: Client, world: World) -> None:
        secret = make_project(world.org, world.ada, "SECRET", visibility=Project.Visibility.PRIVATE)
        stream, _seq = world.stream(secret)
        assert ask(client, world, f"{stream}:0")[0] == 401
        client.force_login(make_member(world.org))
        assert ask(client, world, f"{stream}:0")[0] == 404
        assert ask(client, world, "nonsense")[0] == 422
        stranger = make_user("Stranger")
        make_org(stranger)
        client.force_login(stranger)
        assert ask(client, world, f"{stream}:0")[0] == 404
