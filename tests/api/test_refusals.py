"""Refusals say what to do, in the same form everywhere; addresses that lack a slash lead on."""

import gzip
from typing import Any

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.orgs.models import Organization
from apps.projects.models import Project
from tests.api.conftest import Script, World

pytestmark = pytest.mark.django_db

NEW = "projects/FLOW/issues/"


def refused(answer: Any, status: int) -> Any:
    """The problem, in whose form everything is refused."""
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    problem = answer.json()
    assert problem["status"] == status
    assert {"type", "title", "detail", "request_id"} <= problem.keys()
    return problem


class TestAddresses:
    @pytest.mark.parametrize("path", ["", "projects", "projects/FLOW/issues", "webhooks", "projects/FLOW/nothing"])
    def test_without_the_last_slash_lead_on_where_there_is_something(
        self, script: Script, flow: Project, path: str
    ) -> None:
        url = f"/api/v1/orgs/{script.org}/{path}".rstrip("/")
        answer = script.get(f"{url}?limit=2")
        if path.endswith("nothing"):
            refused(answer, 404)
        else:
            assert (answer.status_code, answer["Location"]) == (307, f"{url}/?limit=2")

    def test_keep_method_and_body(self, script: Script, acme: Organization, flow: Project) -> None:
        """A redirect that makes a GET of it would answer 200, as if something had been created."""
        world = World(acme)
        answer = script.post(NEW.rstrip("/"), {"title": "Dock"})
        assert (answer.status_code, answer["Location"]) == (307, f"/api/v1/orgs/{script.org}/{NEW}")
        assert world.is_unchanged()

    def test_with_one_slash_too_many_lead_on_too(self, db: None) -> None:
        answer = Client().post("/api/v1/auth/login/", {}, content_type="application/json")
        assert (answer.status_code, answer["Location"]) == (307, "/api/v1/auth/login")

    @pytest.mark.parametrize("path", ["/api/v1/nothing/", "/api/v2/orgs/", "/api/nothing"])
    def test_of_nothing_are_told_as_everything_else(self, db: None, path: str) -> None:
        assert refused(Client().get(path), 404)["type"] == "about:blank#NotFound"

    def test_pages_still_lead_on_as_browsers_expect(self, client: Client, ada: User, acme: Organization) -> None:
        client.force_login(ada)
        assert client.get("/accounts/login").status_code == 301


class TestBodies:
    @pytest.mark.parametrize(
        ("body", "says"),
        [
            (b'{"assignee": ' + b"9" * 5000 + b"}", "A number in it is too long."),
            ('{"title": "é"}'.encode("latin-1"), "This is no JSON: it is not in UTF-8."),
            (b"[]", "Send an object with names and values."),
            (b"null", "Send an object with names and values."),
            (b'{"title": ""}', "title: This field may not be blank."),
            (b'{"title": "Dock", "labels": [1, "x"]}', "labels: Send a whole number."),
        ],
        ids=["digits", "Latin-1", "list", "null", "field", "item"],
    )
    def test_that_cannot_be_read_say_why_in_one_sentence(
        self, script: Script, flow: Project, body: bytes, says: str
    ) -> None:
        assert refused(script.post(NEW, body), 400)["detail"] == says

    def test_may_begin_with_a_byte_order_mark(self, script: Script, flow: Project) -> None:
        assert script.post(NEW, b'\xef\xbb\xbf{"title": "Dock"}').status_code == 201

    def test_that_are_compressed_are_not_read(self, script: Script, flow: Project) -> None:
        answer = script.post(NEW, gzip.compress(b'{"title": "Dock"}'), content_encoding="gzip")
        assert "not compressed" in refused(answer, 415)["detail"]

    def test_of_another_kind_hear_which_is_taken(self, script: Script, flow: Project) -> None:
        headers = {"authorization": f"Bearer {script.secret}"}
        answer = Client().post(
            f"/api/v1/orgs/{script.org}/{NEW}", "title=Dock", content_type="text/plain", headers=headers
        )
        assert "“application/json”" in refused(answer, 415)["detail"]


class TestQueries:
    @pytest.mark.parametrize(
        ("query", "says"),
        [
            ("ordering=password", "there are: number, -number, rank"),
            ("category=open", "there are: backlog, todo, in_progress"),
            ("assignee=ada", "It takes: A person's id, `me` or `none`."),
            ("page=2", "there are: limit, cursor,"),
            ("format=json", "There is no such field"),
            ("format=xml", "There is no such field"),
        ],
    )
    def test_hear_what_there_is(self, script: Script, flow: Project, query: str, says: str) -> None:
        problem = refused(script.get(f"{NEW}?{query}"), 400)
        assert says in problem["errors"][query.partition("=")[0]][0]
        assert says in problem["detail"]


class TestCallers:
    @pytest.mark.parametrize("header", ["", "Basic YWRhOng=", "Token fb_x"])
    def test_without_a_token_hear_how_to_send_one(self, acme: Organization, header: str) -> None:
        problem = refused(Client().get(f"/api/v1/orgs/{acme.slug}/", headers={"authorization": header}), 401)
        assert "Authorization: Bearer" in problem["detail"]

    def test_that_take_no_json_hear_that_there_is_nothing_else(self, script: Script) -> None:
        assert "application/json" in refused(script.get("", accept="text/html"), 406)["detail"]

    def test_that_sign_in_too_often_hear_how_much_is_left(self, ada: User, steady_clock: None) -> None:
        wrong = {"email": ada.email, "password": "wrong"}
        for _ in range(6):
            answer = Client().post("/api/v1/auth/login", wrong, content_type="application/json")
        refused(answer, 429)
        assert (answer["RateLimit-Limit"], answer["RateLimit-Remaining"]) == ("5", "0")
        assert answer["RateLimit-Reset"] == answer["Retry-After"]
