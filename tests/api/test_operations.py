"""What every operation does beyond its own work: sparse answers, known answers, answers that are given once."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.models import User
from apps.core.errors import Forbidden
from apps.core.tenancy import run_as_system
from apps.issues.models import Issue
from apps.orgs.jobs import forget_old_answers
from apps.orgs.models import KeptAnswer, Organization
from apps.orgs.services import forget_answers
from apps.projects.models import Project
from apps.projects.services import set_project_role
from tests import factories
from tests.api.conftest import Script, World, make_script

pytestmark = pytest.mark.django_db
NEW = "projects/FLOW/issues/"


@pytest.fixture
def dock(acme: Organization, ada: User, flow: Project) -> Issue:
    """FLOW-1."""
    (made,) = factories.make_issues(acme, flow, ada, "Dock the rover")
    return made


class TestSparseAnswers:
    def test_hold_the_named_fields_alone(self, script: Script, dock: Issue) -> None:
        assert script.get("issues/FLOW-1/?fields=key,title").json() == {"key": "FLOW-1", "title": "Dock the rover"}
        page = script.get("projects/FLOW/issues/?fields=key").json()
        assert page == {"next": None, "previous": None, "results": [{"key": "FLOW-1"}]}
        assert script.post(NEW + "?fields=number", {"title": "Next"}).json() == {"number": 2}

    @pytest.mark.parametrize("path", ["issues/FLOW-1/", NEW])
    def test_name_a_field_that_does_not_exist(self, script: Script, dock: Issue, path: str) -> None:
        answer = script.get(f"{path}?fields=key,colour")
        assert answer.status_code == 400
        assert "colour" in answer.json()["errors"]["fields"][0]
        assert "priority" in answer.json()["errors"]["fields"][0]

    def test_leave_nothing_behind_where_a_field_does_not_exist(
        self, script: Script, acme: Organization, dock: Issue
    ) -> None:
        world = World(acme)
        assert script.post(NEW + "?fields=colour", {"title": "Next"}).status_code == 400
        assert world.is_unchanged()


class TestQueries:
    @pytest.mark.parametrize("query", ["colour=red", "limit=5&limit=6", "expand=everything", "fields=key&fields=id"])
    def test_name_what_they_do_not_understand(self, script: Script, dock: Issue, query: str) -> None:
        answer = script.get(f"projects/FLOW/issues/?{query}")
        assert answer.status_code == 400
        assert answer.json()["errors"].keys() == {query.partition("=")[0]}

    def test_of_endpoints_without_any_are_checked_too(self, script: Script, dock: Issue) -> None:
        assert script.get("projects/FLOW/?colour=red").status_code == 400

    def test_bodies_of_methods_that_take_none_are_refused(self, script: Script, dock: Issue) -> None:
        assert script.call("DELETE", "issues/FLOW-1/work/1/", {"minutes": 3}).status_code == 400


READS = ["projects/FLOW/", NEW, "issues/FLOW-1/", "issues/FLOW-1/history/", "issues/FLOW-1/comments/"]


class TestKnownAnswers:
    @pytest.mark.parametrize("path", [*READS, NEW + "?fields=key"])
    def test_are_not_read_again_until_something_happens(self, script: Script, dock: Issue, path: str) -> None:
        first = script.get(path)
        with CaptureQueriesContext(connection) as asked:
            again = script.get(path, if_none_match=first["ETag"])
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
        assert sum("events_stream" in query["sql"] for query in asked.captured_queries) == 1
        assert not [query for query in asked.captured_queries if "issues_issue" in query["sql"]]
        assert again["Cache-Control"] == "private, no-cache"
        script.post("issues/FLOW-1/comments/", {"body": "Slowly."})
        answer = script.get(path, if_none_match=first["ETag"])
        assert (answer.status_code, answer["ETag"] != first["ETag"]) == (200, True)

    def test_may_be_named_weakly_or_among_others(self, script: Script, dock: Issue) -> None:
        tag = script.get("issues/FLOW-1/")["ETag"]
        assert script.get("issues/FLOW-1/", if_none_match=f'"x", W/{tag}').status_code == 304
        assert script.get("issues/FLOW-1/", if_none_match="*").status_code == 200

    def test_of_one_reader_or_address_are_not_anothers(self, script: Script, acme: Organization, dock: Issue) -> None:
        tag = script.get("issues/FLOW-1/")["ETag"]
        assert script.get("issues/FLOW-1/history/", if_none_match=tag).status_code == 200
        other = make_script(factories.make_member(acme), acme)
        assert other.get("issues/FLOW-1/", if_none_match=tag).status_code == 200

    def test_are_forgotten_with_the_right_to_read_them(self, acme: Organization, ada: User, secret: Project) -> None:
        factories.make_issues(acme, secret, ada, "Canary")
        mateo = factories.make_member(acme)
        script = make_script(mateo, acme)
        assert script.get("issues/SECRET-1/", if_none_match='"x"').status_code == 404
        with factories.acting(ada, acme) as actor:
            set_project_role(actor=actor, project=secret, user=mateo, role="viewer")
        tag = script.get("issues/SECRET-1/")["ETag"]
        assert script.get("issues/SECRET-1/", if_none_match=tag).status_code == 304
        with run_as_system(org_id=acme.pk):
            secret.members.filter(user=mateo).delete()
        assert script.get("issues/SECRET-1/", if_none_match=tag).status_code == 404

    def test_of_an_issue_begin_with_its_version(self, script: Script, dock: Issue) -> None:
        tag = script.get("issues/FLOW-1/")["ETag"]
        assert script.patch("issues/FLOW-1/", {"title": "Land"}, if_match=tag).status_code == 200
        refused = script.patch("issues/FLOW-1/", {"title": "Fly"}, if_match=tag)
        assert (refused.status_code, refused.json()["theirs"], refused.json()["mine"]) == (409, "Land", "Fly")


class TestAskingTwice:
    def test_does_it_once_and_answers_the_same(self, script: Script, acme: Organization, dock: Issue) -> None:
        first = script.post(NEW, {"title": "Once", "points": 3}, idempotency_key="k-1")
        world = World(acme)
        again = script.post(NEW, b'{"points": 3,  "title": "Once"}', idempotency_key="k-1")
        assert (first.status_code, again.status_code) == (201, 201)
        assert again.json() == first.json()
        assert again["ETag"] == first["ETag"]
        assert (first.get("Idempotency-Replayed"), again["Idempotency-Replayed"]) == (None, "true")
        assert world.is_unchanged()

    def test_refuses_another_request_with_the_key(self, script: Script, acme: Organization, dock: Issue) -> None:
        script.post(NEW, {"title": "Once"}, idempotency_key="k-1")
        world = World(acme)
        for path, body in ((NEW, {"title": "Twice"}), ("issues/FLOW-1/comments/", {"body": "Once"})):
            answer = script.post(path, body, idempotency_key="k-1")
            assert answer.status_code == 422
            assert answer.json()["type"] == "about:blank#KeyReused"
        assert world.is_unchanged()

    def test_keeps_no_refusal(self, script: Script, dock: Issue) -> None:
        assert script.post(NEW, {"title": ""}, idempotency_key="k-1").status_code == 400
        assert script.post(NEW, {"title": "Fine"}, idempotency_key="k-1").status_code == 201

    def test_is_each_persons_own(self, script: Script, acme: Organization, dock: Issue) -> None:
        other = make_script(factories.make_member(acme), acme)
        numbers = [
            each.post(NEW, {"title": "Mine"}, idempotency_key="k-1").json()["number"] for each in (script, other)
        ]
        assert numbers == [2, 3]

    def test_is_forgotten_after_a_day(self, script: Script, acme: Organization, ada: User, dock: Issue) -> None:
        script.post(NEW, {"title": "Once"}, idempotency_key="k-1")
        script.post(NEW, {"title": "Once"}, idempotency_key="k-2")
        with factories.acting(ada, acme):
            KeptAnswer.objects.update(created_at=timezone.now() - timedelta(hours=25))
        assert script.post(NEW, {"title": "Another"}, idempotency_key="k-1").json()["number"] == 4
        assert forget_old_answers() == 1
        with factories.acting(ada, acme):
            assert KeptAnswer.objects.get().key == "k-1"

    def test_is_forgotten_by_flowboard_alone(self, acme: Organization, ada: User) -> None:
        with factories.acting(ada, acme) as actor, pytest.raises(Forbidden):
            forget_answers(actor=actor, limit=1)

    @pytest.mark.parametrize("key", ["", "x" * 256, "\x01a"])
    def test_wants_a_key_that_is_one(self, script: Script, dock: Issue, key: str) -> None:
        answer = script.post(NEW, {"title": "Once"}, idempotency_key=key)
        assert answer.json()["errors"].keys() == {"Idempotency-Key"}

    def test_is_kept_for_answers_without_a_body(self, script: Script, dock: Issue) -> None:
        body = {"body": "/priority high"}
        first, again = (script.post("issues/FLOW-1/comments/", body, idempotency_key="k") for _ in range(2))
        assert (first.status_code, again.json()) == (200, first.json())


@pytest.mark.django_db(transaction=True)
def test_two_requests_at_once_with_one_key_do_it_once() -> None:
    ada = factories.make_user()
    acme = factories.make_org(ada)
    factories.make_project(acme, ada)
    script = make_script(ada, acme)

    def ask(_n: int) -> Any:
        try:
            return script.post(NEW, {"title": "Once"}, idempotency_key="k-1")
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(ask, range(4)))
    assert [answer.status_code for answer in answers] == [201] * 4
    assert len({json.dumps(answer.json()) for answer in answers}) == 1
    assert script.get(NEW).json()["results"][-1]["number"] == 1


class TestLimitHeaders:
    def test_say_how_much_is_left(self, script: Script, dock: Issue) -> None:
        left = [int(script.get("issues/FLOW-1/")["RateLimit-Remaining"]) for _ in range(2)]
        assert left == [999, 998]
        assert script.get("issues/FLOW-1/")["RateLimit-Limit"] == "1000"
