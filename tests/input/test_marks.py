"""Marks from which a page of a list goes on. They come from an address, so anything can stand there: what is none of
ours gets a sentence, whichever list and order it is given to."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.boards.models import Board
from apps.orgs.models import Organization
from apps.projects.models import Project
from tests.factories import acting, make_issues

NUMBER, TEXT, DAY, MOMENT = 3, "flow", "2026-03-01", "2026-03-01T12:00:00+00:00"
# Each list in each of its orders, with values as its own marks have them.
LISTS = [
    ("{org}/FLOW/issues/?sort=key", [NUMBER]),
    ("{org}/FLOW/issues/?sort=-status", [NUMBER, NUMBER]),
    ("{org}/FLOW/issues/?sort=priority", [NUMBER, NUMBER]),
    ("{org}/FLOW/issues/?sort=points", ["3.00", NUMBER]),
    ("{org}/FLOW/issues/?sort=-points", [None, NUMBER]),
    ("{org}/FLOW/issues/?sort=-updated", [MOMENT, NUMBER]),
    ("{org}/my-issues/?sort=due", [NUMBER, DAY, 0, NUMBER]),
    ("{org}/my-issues/?sort=priority", [NUMBER, 0, DAY, NUMBER]),
    ("{org}/my-issues/?sort=updated", [NUMBER, MOMENT, NUMBER]),
    ("{org}/projects/?q=", [1, TEXT, NUMBER]),
]
JUNK: list[Any] = [
    None,
    True,
    -1,
    2**63,
    10**400,
    1.5,
    "",
    "x",
    "nul\x00",
    "\ud800",
    "NaN",
    "-Infinity",
    "1E+999999",
    "2026-13-45",
    "2026-03-01T12:00:00",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    [1],
    {"number": 1},
]
NO_MARKS = ["%00", "AAAA", "====", "é", "[1]", "W10", "bnVsbA==", "W" * 3000]


def mark(values: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode()


def around(values: list[Any]) -> Iterator[list[Any]]:
    """Lists that differ from a good one in one place, or in how long they are."""
    yield values[:-1]
    yield [*values, NUMBER]
    for place in range(len(values)):
        for junk in JUNK:
            yield [*values[:place], junk, *values[place + 1 :]]


@pytest.fixture
def client(ada: User, acme: Organization, flow: Project) -> Client:
    make_issues(acme, flow, ada, "First", "Second")
    client = Client(raise_request_exception=False)
    client.force_login(ada)
    return client


class TestMark:
    @pytest.mark.parametrize(("path", "values"), LISTS, ids=lambda value: str(value)[:32])
    def test_that_is_none_gets_a_sentence(self, client: Client, acme: Organization, path: str, values: Any) -> None:
        address = f"/{path.format(org=acme.slug)}&after="
        assert client.get(address + mark(values)).status_code == 200
        answers = {str(wrong): client.get(address + mark(wrong)).status_code for wrong in around(values)}
        answers |= {text: client.get(address + text).status_code for text in NO_MARKS}
        answers |= {"deep": client.get(address + mark(json.loads("[" * 400 + "]" * 400))).status_code}
        assert {said: status for said, status in answers.items() if status not in {200, 422}} == {}
        assert answers[str([*values, NUMBER])] == 422
        assert answers["AAAA"] == 422

    def test_that_is_none_says_where_to_begin(self, client: Client, acme: Organization) -> None:
        said = client.get(f"/{acme.slug}/FLOW/issues/?sort=key&after={mark(['x'])}").content.decode()
        assert "This page mark belongs to another order." in said

    @pytest.mark.parametrize("after", ["nul%00", "é", "x" * 256])
    def test_of_a_column(self, client: Client, acme: Organization, ada: User, flow: Project, after: str) -> None:
        with acting(ada, acme):
            column = Board.objects.get(project=flow).columns.first()
        assert column is not None
        path = f"/{acme.slug}/FLOW/board/columns/{column.pk}/"
        assert client.get(path, {"after": "a0"}).status_code == 200
        assert client.get(f"{path}?after={after}").status_code == 422


class TestIds:
    @pytest.mark.parametrize("ids", ["9" * 19, "9" * 5000, ",".join(["1"] * 201)])
    def test_that_none_can_have_get_a_sentence(
        self, client: Client, acme: Organization, flow: Project, ids: str
    ) -> None:
        assert client.get(f"/{acme.slug}/FLOW/board/cards/?ids={ids}").status_code == 422
