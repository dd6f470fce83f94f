"""How refusals look: as a page, as a part of one, and as problem details; each with the request's id and a way on."""

import io
import json
import re
from collections.abc import Callable, Iterator
from html import unescape
from typing import Any

import pytest
import structlog
from django.db import InterfaceError, OperationalError, connection, connections
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import include, path
from pytest_django import DjangoAssertNumQueries

from apps.accounts.models import User
from apps.core import errors
from apps.core.bridge import build_environ, refuse_plainly
from apps.core.limits import Usage
from apps.core.outside import refuse
from apps.orgs.models import Organization
from apps.projects.models import Project
from tests.factories import make_member
from tests.limits import use_up

ID = "0123456789abcdef"
FRAGMENT = {"HX-Request": "true"}
JSON = {"Accept": "application/json"}

FAILURES: dict[str, Callable[[], Exception]] = {
    "forbidden": errors.Forbidden,
    "missing": errors.NotFound,
    "stale": errors.StalePage,
    "large": errors.TooLarge,
    "much": lambda: errors.TooMany("Please wait 7 seconds.", retry_after=7, usage=Usage(limit=5, left=0, seconds=7)),
    "broken": lambda: ZeroDivisionError("on purpose"),
    "away": lambda: OperationalError("server closed the connection unexpectedly"),
    "cut": lambda: InterfaceError("connection already closed"),
    "closed": errors.Unavailable,
}
STATUS = {
    "forbidden": 403,
    "missing": 404,
    "stale": 403,
    "large": 413,
    "much": 429,
    "broken": 500,
    "away": 503,
    "cut": 503,
    "closed": 503,
}
PASSING = {"much", "broken", "away", "cut", "closed"}


def fail(request: HttpRequest, how: str) -> HttpResponse:
    """Fail as the address says."""
    raise FAILURES[how]()


urlpatterns = [path("settings/fail/<how>/", fail), path("", include("flowboard.urls"))]
handler400 = "apps.core.views.bad_request"
handler403 = "apps.core.views.permission_denied"
handler404 = "apps.core.views.page_not_found"
handler500 = "apps.core.views.server_error"


@pytest.fixture
def stranger(db: None) -> Iterator[Client]:
    with override_settings(ROOT_URLCONF=__name__):
        yield Client(raise_request_exception=False, headers={"X-Request-ID": ID})


def text_of(response: Any) -> str:
    return unescape(re.sub(r"<[^>]+>|\s+", " ", response.content.decode()))


@pytest.mark.parametrize("how", FAILURES)
class TestEachRefusal:
    def test_as_a_page_says_what_to_do_and_leads_on(self, stranger: Client, how: str) -> None:
        answer = stranger.get(f"/settings/fail/{how}/?page=2")
        page = answer.content.decode()
        assert answer.status_code == STATUS[how]
        assert (answer["X-Request-ID"], f"<code>{ID}</code>" in page) == (ID, True)
        assert 'href="/"' in page
        assert ("Try again" in page) == (how in PASSING)
        assert (f'href="/settings/fail/{how}/?page=2"' in page) == (how in PASSING)
        assert ("data-again" in page) == (STATUS[how] == 503), "what passes by itself is looked for by itself"
        assert "frame-ancestors" in answer["Content-Security-Policy"]

    def test_of_a_form_leads_back_to_it(self, stranger: Client, how: str) -> None:
        answer = stranger.post(f"/settings/fail/{how}/", headers={"Referer": "http://testserver/acme/FLOW/new/?type=1"})
        page = answer.content.decode()
        assert answer.status_code == STATUS[how]
        assert '<a href="/acme/FLOW/new/?type=1" class="button primary " data-back>' in page
        assert "data-again" not in page, "a form is never sent again by itself"
        assert f'href="/settings/fail/{how}/' not in page

    def test_as_a_part_of_a_page_is_one_sentence_with_the_id(self, stranger: Client, how: str) -> None:
        answer = stranger.get(f"/settings/fail/{how}/", headers=FRAGMENT)
        assert answer.status_code == STATUS[how]
        assert f'role="alert" data-refusal="{STATUS[how]}"' in answer.content.decode()
        assert "<html" not in answer.content.decode()
        assert text_of(answer).rstrip().endswith(ID)

    def test_as_problem_details_carries_the_id(self, stranger: Client, how: str) -> None:
        answer = stranger.get(f"/settings/fail/{how}/", headers=JSON)
        problem = answer.json()
        assert answer["Content-Type"] == "application/problem+json"
        assert (problem["status"], problem["request_id"]) == (STATUS[how], ID)
        assert problem["title"]
        assert problem["detail"]

    @pytest.mark.parametrize("headers", [{}, FRAGMENT, JSON])
    def test_says_when_to_come_back(self, stranger: Client, how: str, headers: dict[str, str]) -> None:
        answer = stranger.get(f"/settings/fail/{how}/", headers=headers)
        assert answer.headers.get("Retry-After") == {429: "7", 503: "5"}.get(STATUS[how])
        left = [answer.headers.get(f"RateLimit-{name}") for name in ("Limit", "Remaining", "Reset")]
        assert left == (["5", "0", "7"] if how == "much" else [None, None, None])


class TestWayBack:
    @pytest.mark.parametrize(
        "referer", ["", "https://elsewhere.test/", "http://testserver//elsewhere.test/x", "javascript:alert(1)"]
    )
    def test_leads_to_pages_of_ours_only(self, stranger: Client, referer: str) -> None:
        page = stranger.post("/settings/fail/missing/", headers={"Referer": referer}).content.decode()
        assert '<a href="/" class="button primary " data-back>' in page
        assert "elsewhere" not in page

    def test_a_host_that_is_not_ours_is_no_page_of_ours(self, stranger: Client) -> None:
        answer = stranger.get("/", headers={"Host": "elsewhere.test", "Referer": "http://elsewhere.test/x"})
        assert answer.status_code == 400
        assert "/x" not in re.findall(r'<a href="([^"]*)"', answer.content.decode())


class TestFormOfAnotherSession:
    @pytest.mark.parametrize(("headers", "mark"), [({}, "data-back"), (FRAGMENT, "data-refusal"), (JSON, "StalePage")])
    def test_is_refused_in_the_words_of_the_asker(self, stranger: Client, headers: dict[str, str], mark: str) -> None:
        client = Client(enforce_csrf_checks=True, headers={"X-Request-ID": ID})
        answer = client.post("/accounts/login/", {"login": "a@b.test"}, headers=headers)
        assert answer.status_code == 403
        assert mark in answer.content.decode()
        assert ID in answer.content.decode()


class TestScripts:
    @pytest.mark.parametrize("path", ["/api/v1/orgs/acme/projects/", "/api/v1/nothing/"])
    def test_find_the_id_in_every_problem(self, stranger: Client, path: str) -> None:
        answer = stranger.get(path)
        assert answer.json()["request_id"] == ID


@pytest.mark.usefixtures("steady_clock")
class TestPersonWhoWritesTooMuch:
    def test_waits_and_reads_on_meanwhile(self, client: Client, ada: User, acme: Organization, flow: Project) -> None:
        client.force_login(ada)
        use_up("browser-write", f"user:{ada.pk}", long_enough=0)
        board = f"/{acme.slug}/{flow.key}/board/"
        answer = client.post(f"{board}move/", {"issue": "1"}, headers=JSON)
        assert (answer.status_code, answer.json()["type"]) == (429, "about:blank#TooMany")
        assert int(answer["Retry-After"]) > 0
        assert client.get(board).status_code == 200

    def test_is_alone_with_that(self, client: Client, ada: User, acme: Organization, flow: Project) -> None:
        use_up("browser-write", f"user:{ada.pk}", long_enough=0)
        mateo = make_member(acme)
        client.force_login(mateo)
        answer = client.post(f"/{acme.slug}/{flow.key}/board/move/", {"issue": "1"}, headers=JSON)
        assert answer.status_code != 429


class TestDatabaseThatIsAway:
    @pytest.fixture
    def away(self, transactional_db: None, ada: User, acme: Organization, flow: Project) -> Iterator[Client]:
        """A person who is signed in, and a database that takes no connection."""
        client = Client(raise_request_exception=False)
        client.force_login(ada)
        connections["default"].close()
        database = connections["default"].settings_dict
        port = database["PORT"]
        database["PORT"] = "1"
        yield client
        database["PORT"] = port
        connections["default"].close()

    @pytest.mark.parametrize("path", ["/acme/", "/acme/FLOW/board/", "/accounts/login/", "/accounts/profile/"])
    def test_every_page_says_so_and_when_to_come_back(self, away: Client, path: str) -> None:
        answer = away.get(path)
        assert (answer.status_code, answer["Retry-After"]) == (503, "5")
        assert "FlowBoard is away for a moment" in text_of(answer)
        assert "data-again" in answer.content.decode()

    def test_so_do_parts_of_pages_and_answers_to_scripts(self, away: Client) -> None:
        part = away.get("/acme/FLOW/board/", headers=FRAGMENT)
        assert (part.status_code, part["Retry-After"]) == (503, "5")
        assert 'data-refusal="503"' in part.content.decode()
        written = away.post("/acme/FLOW/board/move/", {"issue": "1"}, headers=JSON)
        assert (written.status_code, written.json()["type"]) == (503, "about:blank#DatabaseAway")
        script = away.get("/api/v1/orgs/acme/projects/", headers={"Authorization": "Bearer fb_nothing"})
        assert (script.status_code, script.json()["type"]) == (503, "about:blank#DatabaseAway")

    def test_it_is_used_again_as_soon_as_it_is_back(self, away: Client, acme: Organization) -> None:
        assert away.get(f"/{acme.slug}/").status_code == 503
        connections["default"].settings_dict["PORT"] = connections["owner"].settings_dict["PORT"]
        assert away.get(f"/{acme.slug}/").status_code == 200


class TestPagesOfErrors:
    def test_ask_the_database_for_nothing(
        self, stranger: Client, ada: User, acme: Organization, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        """Beyond what was asked before anything broke: who this is."""
        stranger.force_login(ada)
        with django_assert_num_queries(0, connection=connection):
            answer = refuse(build_environ(SCOPE, io.BytesIO(), 0), 500)
        assert b"Something broke" in answer[1]


SCOPE: dict[str, Any] = {
    "method": "GET",
    "path": "/acme/",
    "query_string": b"",
    "http_version": "1.1",
    "headers": [(b"host", b"testserver"), (b"x-request-id", ID.encode()), (b"cookie", b"theme=dark")],
}


class TestAnswersOfTheBridge:
    @pytest.fixture(autouse=True)
    def new_thread(self) -> None:
        structlog.contextvars.clear_contextvars()

    def test_a_request_that_broke_on_its_way_keeps_its_id(self) -> None:
        structlog.contextvars.bind_contextvars(request_id="the-one-in-the-log")
        headers, _body = refuse(build_environ(SCOPE, io.BytesIO(), 0), 500)
        assert dict(headers)["X-Request-ID"] == "the-one-in-the-log"

    @pytest.mark.parametrize("status", [413, 500, 503])
    def test_look_like_all_others(self, status: int) -> None:
        headers, body = refuse(build_environ(SCOPE, io.BytesIO(), 0), status)
        fields = dict(headers)
        assert fields["X-Request-ID"] == ID
        assert fields["Content-Length"] == str(len(body))
        assert "frame-ancestors" in fields["Content-Security-Policy"]
        assert fields.get("Retry-After") == ("1" if status == 503 else None)
        assert 'data-theme="dark"' in body.decode()
        assert ID in body.decode()

    @pytest.mark.parametrize("status", [413, 500, 503])
    def test_are_problem_details_for_scripts(self, status: int) -> None:
        scope = SCOPE | {"path": "/api/v1/orgs/acme/projects/", "method": "POST"}
        headers, body = refuse(build_environ(scope, io.BytesIO(), 0), status)
        assert dict(headers)["Content-Type"] == "application/problem+json"
        problem = json.loads(body)
        assert (problem["status"], problem["request_id"]) == (status, ID)

    @pytest.mark.parametrize("status", [413, 500, 503])
    def test_are_plain_where_nothing_else_is_left(self, status: int) -> None:
        headers, body = refuse_plainly({}, status)
        assert dict(headers)["Content-Type"].startswith("text/plain")
        assert body
