"""The socket, from outside: a real client, a real server process, a real Valkey."""

import json
from contextlib import suppress

import pytest
from django.conf import settings
from websockets.exceptions import ConnectionClosed, InvalidStatus

from apps.accounts.models import UserSession
from apps.accounts.services import end_session
from apps.core.tenancy import run_as, run_as_system, unit_of_work
from apps.events.models import Stream
from apps.events.services import record, service
from apps.issues.facts import RanksRebalanced
from apps.issues.services import edit_issue
from apps.orgs.selectors import get_member
from apps.orgs.services import (
    delete_account,
    delete_organization,
    move_organization,
    remove_member,
    set_organization_suspended,
)
from apps.projects.models import Project, ProjectMember
from apps.projects.selectors import get_deleted_project, get_project
from apps.projects.services import (
    change_project_key,
    delete_project,
    edit_project,
    remove_project_role,
    restore_project,
)
from tests.factories import give_role, make_issues, make_member, make_org, make_project, make_user
from tests.realtime.conftest import Dial, World, session_of

# Seconds. By itself a socket looks for its rights every ten minutes, as the server here is set; a nudge takes no time,
# and a busy machine some.
AT_ONCE = 5


class TestFollowing:
    def test_says_hello_and_replays_what_was_missed(self, world: World, dial: Dial) -> None:
        stream, seq = world.stream()
        socket = dial(world.ada, world.org.slug, {stream: seq - 2})
        assert socket.read() == {"t": "hello", "s": stream, "seq": seq, "replay": 2, "release": settings.RELEASE}
        assert [socket.read()["seq"] for _ in range(2)] == [seq - 1, seq]

    def test_sends_a_move_with_its_op_and_nothing_that_people_wrote(self, world: World, dial: Dial) -> None:
        stream, seq = world.stream()
        socket = dial(world.ada, world.org.slug, {stream: seq})
        socket.read("hello")
        issue = world.move(world.issues[0], op="0b1f3c9e-op")
        assert socket.read() == {
            "t": "ev",
            "s": stream,
            "seq": seq + 1,
            "k": "issue.moved",
            "id": issue.pk,
            "v": issue.version,
            "status": issue.status_id,
            "rank": issue.rank,
            "op": "0b1f3c9e-op",
            "by": world.ada.pk,
        }

    def test_an_edit_names_its_fields_and_not_their_values(self, world: World, dial: Dial) -> None:
        stream, seq = world.stream()
        socket = dial(world.ada, world.org.slug, {stream: seq})
        socket.read("hello")
        with run_as(user_id=world.ada.pk, org_slug=world.org.slug) as actor:
            issue = type(world.issues[0]).objects.select_related("project").get(pk=world.issues[0].pk)
            edit_issue(actor=actor, issue=issue, values={"title": "Canary in the title"})
        frame = socket.read()
        assert frame["f"] == ["title"]
        assert "Canary" not in json.dumps(socket.frames)

    def test_follows_several_streams_each_with_its_own_seq(self, world: World, dial: Dial) -> None:
        other = make_project(world.org, world.ada, "OTHER")
        make_issues(world.org, other, world.ada, "Elsewhere")
        (one, one_seq), (two, two_seq) = world.stream(), world.stream(other)
        socket = dial(world.ada, world.org.slug, {one: one_seq, two: 0})
        assert {socket.read("hello")["s"], socket.read("hello")["s"]} == {one, two}
        world.move(world.issues[0])
        seqs = [(frame["s"], frame["seq"]) for frame in (socket.read("ev") for _ in range(two_seq + 1))]
        assert sorted(seqs) == sorted([(two, seq) for seq in range(1, two_seq + 1)] + [(one, one_seq + 1)])

    def test_repeats_what_the_client_says_it_lacks(self, world: World, dial: Dial) -> None:
        stream, seq = world.stream()
        socket = dial(world.ada, world.org.slug, {stream: seq})
        socket.read("hello")
        world.move(world.issues[0])
        first = socket.read("ev")
        socket.send({"t": "since", "s": stream, "seq": seq})
        assert socket.read("ev") == first

    def test_tells_the_page_to_read_itself_again_after_520_missed(self, world: World, dial: Dial) -> None:
        stream, _seq = world.stream()
        _make_facts(world, 520)
        socket = dial(world.ada, world.org.slug, {stream: 0})
        head = world.stream()[1]
        assert socket.read() == {"t": "hello", "s": stream, "seq": head, "replay": 0, "release": settings.RELEASE}
        assert socket.read() == {"t": "reset", "s": stream, "seq": head}
        world.move(world.issues[0])
        assert socket.read()["seq"] == head + 1

    def test_a_live_page_is_reset_by_a_flood_of_facts_in_one_commit(self, world: World, dial: Dial) -> None:
        stream, seq = world.stream()
        socket = dial(world.ada, world.org.slug, {stream: seq})
        socket.read("hello")
        _make_facts(world, 520)
        assert socket.read() == {"t": "reset", "s": stream, "seq": seq + 520}

    def test_the_heartbeat_finds_what_no_nudge_told_of(self, world: World, dial: Dial, lost_nudges: None) -> None:
        stream, seq = world.stream()
        socket = dial(world.ada, world.org.slug, {stream: seq})
        socket.read("hello")
        world.move(world.issues[0])
        assert socket.read()["seq"] == seq + 1
        assert socket.read("hb") == {"t": "hb", "s": stream, "seq": seq + 1}


class TestRights:
    def test_an_organization_of_others_is_forbidden(self, world: World, dial: Dial) -> None:
        stream, seq = world.stream()
        stranger = make_user("Stranger")
        make_org(stranger)
        assert dial(stranger, world.org.slug, {stream: seq}).read_close()[0] == 4403

    def test_a_stream_of_another_organization_is_forbidden(self, world: World, dial: Dial) -> None:
        stream, seq = world.stream()
        stranger = make_user("Stranger")
        theirs = make_org(stranger)
        assert dial(stranger, theirs.slug, {stream: seq}).read_close()[0] == 4403

    def test_a_hidden_project_is_forbidden(self, world: World, dial: Dial) -> None:
        secret = make_project(world.org, world.ada, "SECRET", visibility=Project.Visibility.PRIVATE)
        mateo = make_member(world.org)
        stream, seq = world.stream(secret)
        assert dial(mateo, world.org.slug, {stream: seq}).read_close()[0] == 4403

    def test_a_personal_stream_is_its_persons_alone(self, world: World, dial: Dial) -> None:
        mateo = make_member(world.org)
        with run_as(user_id=mateo.pk, org_slug=world.org.slug):
            personal = Stream.objects.get(org_id=world.org.pk, kind=Stream.Kind.PERSON, user=mateo)
        assert dial(mateo, world.org.slug, {personal.pk: 0}).read("hello")["seq"] == 0
        assert dial(world.ada, world.org.slug, {personal.pk: 0}).read_close()[0] == 4403

    def test_without_a_session_it_is_closed_as_signed_out(self, world: World, dial: Dial) -> None:
        stream, seq = world.stream()
        assert dial(None, world.org.slug, {stream: seq}).read_close()[0] == 4401
        assert dial(None, world.org.slug, {stream: seq}, cookie="sessionid=nonsense").read_close()[0] == 4401

    def test_who_is_removed_hears_nothing_more_at_once(self, world: World, dial: Dial) -> None:
        mateo = make_member(world.org)
        stream, seq = world.stream()
        socket = dial(mateo, world.org.slug, {stream: seq})
        socket.read("hello")
        with run_as(user_id=world.ada.pk, org_slug=world.org.slug) as actor:
            remove_member(actor=actor, membership=get_member(actor=actor, user_id=mateo.pk))
        code, took = socket.read_close()
        assert code == 4403
        assert took < AT_ONCE

    def test_a_project_that_becomes_private_closes_the_sockets_of_others(self, world: World, dial: Dial) -> None:
        mateo = make_member(world.org)
        stream, seq = world.stream()
        his, hers = (dial(person, world.org.slug, {stream: seq}) for person in (mateo, world.ada))
        his.read("hello")
        hers.read("hello")
        with run_as(user_id=world.ada.pk, org_slug=world.org.slug) as actor:
            project = Project.objects.get(pk=world.project.pk)
            edit_project(
                actor=actor, project=project, name=project.name, description="", visibility="private", template="kanban"
            )
        code, took = his.read_close()
        assert code == 4403
        assert took < AT_ONCE
        assert not [frame for frame in his.frames if frame["t"] == "ev"]
        assert hers.read("ev")["k"] == "project.edited"

    def test_a_role_taken_away_in_a_private_project_closes_the_socket(self, world: World, dial: Dial) -> None:
        secret = make_project(world.org, world.ada, "SECRET", visibility=Project.Visibility.PRIVATE)
        mateo = make_member(world.org)
        give_role(world.org, secret, mateo, "viewer")
        stream, seq = world.stream(secret)
        socket = dial(mateo, world.org.slug, {stream: seq})
        socket.read("hello")
        with run_as(user_id=world.ada.pk, org_slug=world.org.slug) as actor:
            remove_project_role(
                actor=actor, member=ProjectMember.objects.select_related("project").get(project=secret, user=mateo)
            )
        code, took = socket.read_close()
        assert code == 4403
        assert took < AT_ONCE

    def test_signing_out_closes_that_sessions_sockets_and_no_others(self, world: World, dial: Dial) -> None:
        stream, seq = world.stream()
        cookie = session_of(world.ada)
        ending = dial(None, world.org.slug, {stream: seq}, cookie=cookie)
        staying = dial(world.ada, world.org.slug, {stream: seq})
        ending.read("hello")
        staying.read("hello")
        _sign_out(cookie)
        code, took = ending.read_close()
        assert code == 4401
        assert took < AT_ONCE
        world.move(world.issues[0])
        assert staying.read("ev")["seq"] == seq + 1

    def test_a_suspended_account_is_signed_out(self, world: World, dial: Dial) -> None:
        mateo = make_member(world.org)
        stream, seq = world.stream()
        socket = dial(mateo, world.org.slug, {stream: seq})
        socket.read("hello")
        mateo.is_active = False
        mateo.save(update_fields=["is_active"])
        code, took = socket.read_close()
        assert code == 4401
        assert took < AT_ONCE

    def test_a_suspended_organization_is_closed(self, world: World, dial: Dial) -> None:
        stream, seq = world.stream()
        socket = dial(world.ada, world.org.slug, {stream: seq})
        socket.read("hello")
        with run_as_system(org_id=world.org.pk) as actor:
            set_organization_suspended(actor=actor, is_suspended=True)
        assert socket.read_close()[0] == 4403
        assert dial(world.ada, world.org.slug, {stream: seq}).read_close()[0] == 4403


class TestAbuse:
    @pytest.mark.parametrize("origin", ["https://evil.example", "http://127.0.0.1:9", "null", None])
    def test_a_foreign_page_cannot_open_a_socket(self, world: World, dial: Dial, origin: str | None) -> None:
        stream, seq = world.stream()
        with pytest.raises(InvalidStatus) as refused:
            dial(world.ada, world.org.slug, {stream: seq}, origin=origin)
        assert refused.value.response.status_code == 403

    @pytest.mark.parametrize(
        "frame",
        ["", "nonsense", "[]", '{"t":"since"}', '{"t":"since","s":1,"seq":-1}', "[" * 900, b"\x00", "x" * 1025],
    )
    def test_a_malformed_frame_gets_an_answer_and_the_socket_lives(
        self, world: World, dial: Dial, frame: str | bytes
    ) -> None:
        stream, seq = world.stream()
        socket = dial(world.ada, world.org.slug, {stream: seq})
        socket.read("hello")
        socket.send(frame)
        assert socket.read()["t"] == "error"
        world.move(world.issues[0])
        assert socket.read("ev")["seq"] == seq + 1

    def test_who_keeps_sending_nonsense_is_closed(self, world: World, dial: Dial) -> None:
        stream, seq = world.stream()
        socket = dial(world.ada, world.org.slug, {stream: seq})
        socket.read("hello")
        for _ in range(30):
            socket.send("nonsense")
        assert socket.read_close()[0] == 1003

    def test_a_flood_is_closed(self, world: World, dial: Dial) -> None:
        stream, seq = world.stream()
        socket = dial(world.ada, world.org.slug, {stream: seq})
        socket.read("hello")
        with suppress(ConnectionClosed):
            for _ in range(200):
                socket.send({"t": "editing", "issue": None})
        assert socket.read_close()[0] == 1008

    def test_an_enormous_frame_is_refused_by_the_server(self, world: World, dial: Dial) -> None:
        stream, seq = world.stream()
        socket = dial(world.ada, world.org.slug, {stream: seq})
        socket.read("hello")
        socket.send("x" * 100_000)
        assert socket.read_close()[0] == 1009

    @pytest.mark.parametrize("query", ["", "s=", "s=1", "s=a:b", "s=1:-1", f"s={'9' * 30}:1"])
    def test_a_malformed_address_is_refused(self, world: World, dial: Dial, query: str) -> None:
        socket = dial(world.ada, world.org.slug, {}, query=query)
        assert socket.read()["t"] == "error"
        assert socket.read_close()[0] == 1003

    def test_one_person_has_only_so_many_sockets(self, world: World, dial: Dial) -> None:
        stream, seq = world.stream()
        cookie = session_of(world.ada)
        for _ in range(30):
            dial(None, world.org.slug, {stream: seq}, cookie=cookie).read("hello")
        assert dial(None, world.org.slug, {stream: seq}, cookie=cookie).read_close()[0] == 1013


class TestPresence:
    def test_shows_who_is_there_and_what_they_edit(self, world: World, dial: Dial) -> None:
        mateo = make_member(world.org)
        stream, seq = world.stream()
        hers = dial(world.ada, world.org.slug, {stream: seq})
        assert [person["id"] for person in hers.read("presence")["people"]] == [world.ada.pk]
        his = dial(mateo, world.org.slug, {stream: seq})
        his.read("hello")
        assert {person["id"] for person in hers.read("presence")["people"]} == {world.ada.pk, mateo.pk}
        his.send({"t": "editing", "issue": world.issues[0].pk})
        assert hers.read("presence")["people"][0] == {
            "id": mateo.pk,
            "name": "Mateo Ruiz",
            "initials": "MR",
            "hue": mateo.hue,
            "editing": world.issues[0].pk,
            "writing": None,
        }
        his.connection.close()
        assert [person["id"] for person in hers.read("presence")["people"]] == [world.ada.pk]

    def test_shows_who_writes_until_they_say_it_no_more(self, world: World, dial: Dial) -> None:
        mateo = make_member(world.org)
        stream, seq = world.stream()
        hers = dial(world.ada, world.org.slug, {stream: seq})
        his, his_other_tab = (dial(mateo, world.org.slug, {stream: seq}) for _ in range(2))
        his.read("hello")
        his_other_tab.read("hello")
        one, two = world.issues[0].pk, world.issues[1].pk

        def shown(*wanted: tuple[int | None, str | None]) -> None:
            """Wait until one of those was shown of Mateo."""
            while True:
                people = hers.read("presence")["people"]
                if {(him["editing"], him["writing"]) for him in people if him["id"] == mateo.pk} & {*wanted}:
                    break

        his_other_tab.send({"t": "editing", "issue": two})
        shown((two, None))
        his.send({"t": "editing", "issue": one, "writing": "comment"})
        shown((one, "comment"))
        # It ends by itself, for want of being said again; that he is there, in either tab, does not.
        shown((one, None), (two, None))
        assert "Mateo" in json.dumps(hers.frames)
        his.send({"t": "editing", "issue": one, "writing": "description"})
        shown((one, "description"))
        his.send({"t": "editing", "issue": one})
        his_other_tab.send({"t": "editing", "issue": None})
        shown((one, None))
        his.send({"t": "editing", "issue": one, "writing": "the text itself"})
        assert his.read()["t"] == "error"
        his.send({"t": "editing", "issue": one, "writing": "title"})
        shown((one, "title"))
        his.connection.close()
        shown((None, None))

    def test_an_issue_elsewhere_cannot_be_named(self, world: World, dial: Dial) -> None:
        stranger = make_user("Stranger")
        theirs = make_org(stranger)
        (foreign,) = make_issues(theirs, make_project(theirs, stranger), stranger, "Foreign")
        stream, seq = world.stream()
        socket = dial(world.ada, world.org.slug, {stream: seq})
        socket.read("hello")
        socket.send({"t": "editing", "issue": foreign.pk})
        assert socket.read()["t"] == "error"


def _make_facts(world: World, count: int) -> None:
    """So many facts in one commit."""

    @service
    def make() -> None:
        for _ in range(count):
            record(RanksRebalanced(project_id=world.project.pk), actor=actor)

    with run_as(user_id=world.ada.pk, org_slug=world.org.slug) as actor:
        make()


def _sign_out(cookie: str) -> None:
    """Sign a session out as its page would."""
    from django.conf import settings
    from django.contrib.auth import get_user, logout
    from django.contrib.sessions.backends.cached_db import SessionStore
    from django.http import HttpRequest

    from apps.core.tenancy import unit_of_work

    request = HttpRequest()
    request.session = SessionStore(cookie.removeprefix(f"{settings.SESSION_COOKIE_NAME}="))
    with unit_of_work():
        request.user = get_user(request)
        logout(request)


@pytest.fixture
def lost_nudges(monkeypatch: pytest.MonkeyPatch) -> None:
    """The channel layer swallows every nudge that this process sends."""
    from apps.events import relay

    async def swallow(hints: object) -> None:
        return None

    monkeypatch.setattr(relay, "_send", swallow)


class TestWhatEnds:
    """A session that its owner ends elsewhere, an account, a project, an organization: sockets are not left behind."""

    def test_a_session_that_is_ended_elsewhere_is_told_at_once(self, world: World, dial: Dial) -> None:
        stream, seq = world.stream()
        cookie = session_of(world.ada)
        kept = dial(world.ada, world.org.slug, {stream: seq})
        ended = dial(None, world.org.slug, {stream: seq}, cookie=cookie)
        for socket in (kept, ended):
            socket.read("hello")
        key = cookie.partition("=")[2]
        with unit_of_work():
            end_session(session=UserSession.objects.get(session_key=key))
        code, seconds = ended.read_close()
        assert code == 4401
        assert seconds < AT_ONCE
        world.move(world.issues[0])
        assert kept.read("ev")["k"] == "issue.moved"

    def test_a_deleted_account_is_signed_out(self, world: World, dial: Dial) -> None:
        mateo = make_member(world.org)
        stream, seq = world.stream()
        socket = dial(mateo, world.org.slug, {stream: seq})
        socket.read("hello")
        with unit_of_work():
            delete_account(user=mateo, confirmation=mateo.email)
        assert socket.read_close()[0] in {4401, 4403}

    def test_a_deleted_project_is_out_of_reach_and_its_restored_self_is_not(self, world: World, dial: Dial) -> None:
        stream, seq = world.stream()
        socket = dial(world.ada, world.org.slug, {stream: seq})
        socket.read("hello")
        with run_as(user_id=world.ada.pk, org_slug=world.org.slug) as actor:
            project = get_project(actor=actor, key=world.project.key)
            delete_project(actor=actor, project=project, confirmation=project.name)
        assert socket.read_close()[0] == 4403
        assert dial(world.ada, world.org.slug, {stream: seq}).read_close()[0] == 4403
        with run_as(user_id=world.ada.pk, org_slug=world.org.slug) as actor:
            project, seeing = get_deleted_project(actor=actor, project_id=project.pk)
            restore_project(actor=seeing, project=project)
        assert dial(world.ada, world.org.slug, {stream: seq}).read("hello")["s"] == stream

    def test_a_deleted_organization_is_out_of_reach(self, world: World, dial: Dial) -> None:
        stream, seq = world.stream()
        socket = dial(world.ada, world.org.slug, {stream: seq})
        socket.read("hello")
        with run_as(user_id=world.ada.pk, org_slug=world.org.slug) as actor:
            delete_organization(actor=actor, confirmation=world.org.name)
        assert socket.read_close()[0] == 4403
        assert dial(world.ada, world.org.slug, {stream: seq}).read_close()[0] == 4403

    def test_an_organization_that_moves_keeps_its_sockets_by_either_address(self, world: World, dial: Dial) -> None:
        stream, seq = world.stream()
        old = world.org.slug
        socket = dial(world.ada, old, {stream: seq})
        socket.read("hello")
        with run_as(user_id=world.ada.pk, org_slug=old) as actor:
            world.org = move_organization(actor=actor, slug="elsewhere")
        late = dial(world.ada, old, {stream: seq})
        late.read("hello")
        world.move(world.issues[0])
        assert socket.read("ev")["k"] == late.read("ev")["k"] == "issue.moved"

    def test_a_new_key_is_told(self, world: World, dial: Dial) -> None:
        stream, seq = world.stream()
        socket = dial(world.ada, world.org.slug, {stream: seq})
        socket.read("hello")
        with run_as(user_id=world.ada.pk, org_slug=world.org.slug) as actor:
            change_project_key(actor=actor, project=get_project(actor=actor, key=world.project.key), key="FRESH")
        frame = socket.read("ev")
        assert frame["k"] == "project.key_changed"
        assert "FRESH" not in json.dumps(frame)
