"""The fact log over the API: in order, whole, and each fact once."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.orgs.models import Organization
from apps.projects.models import Project
from tests import factories
from tests.api.conftest import Script

pytestmark = pytest.mark.django_db


def follow(script: Script, since: int, limit: int) -> list[Any]:
    rows: list[Any] = []
    while True:
        body = script.get(f"projects/FLOW/events?since={since}&limit={limit}").json()
        assert body["next_since"] >= since
        if not body["results"]:
            return rows
        rows += body["results"]
        since = body["next_since"]


class TestEvents:
    def test_tell_everything_once_in_order(self, script: Script, flow: Project) -> None:
        start = script.get("projects/FLOW/events?limit=500").json()["next_since"]
        key = script.post("projects/FLOW/issues/", {"title": "Dock"}).json()["key"]
        script.patch(f"issues/{key}/", {"title": "Dock!", "points": 2})
        script.post(f"issues/{key}/comments/", {"body": "Yes"})
        rows = follow(script, start, 2)
        assert [row["kind"] for row in rows] == ["issue.created", "issue.edited", "issue.commented"]
        assert [row["seq"] for row in rows] == [start + 1, start + 2, start + 3]
        assert {"field": "title", "old": "Dock", "new": "Dock!"} in rows[1]["changes"]
        assert script.get("projects/FLOW/events").json()["head"] == start + 3

    def test_tell_what_is_written_between_two_pages_once(self, script: Script, flow: Project) -> None:
        start = since = script.get("projects/FLOW/events?limit=500").json()["next_since"]
        for title in ("One", "Two", "Three"):
            script.post("projects/FLOW/issues/", {"title": title})
        seqs: list[int] = []
        for written in range(8):
            body = script.get(f"projects/FLOW/events?since={since}&limit=2").json()
            seqs += [row["seq"] for row in body["results"]]
            since = body["next_since"]
            if written < 4:
                script.post("projects/FLOW/issues/", {"title": f"Meanwhile {written}"})
        assert seqs == list(range(start + 1, start + 8))

    def test_carry_the_callers_own_mark(self, script: Script, flow: Project) -> None:
        script.post("projects/FLOW/issues/", {"title": "Dock"}, x_op="my-operation-1")
        assert follow(script, 0, 500)[-1]["op"] == "my-operation-1"

    def test_of_a_refused_request_are_none(self, script: Script, flow: Project) -> None:
        head = script.get("projects/FLOW/events").json()["head"]
        script.post("projects/FLOW/issues/", {"title": " "})
        assert script.get("projects/FLOW/events").json()["head"] == head

    def test_after_the_head_there_is_nothing_yet(self, script: Script, flow: Project) -> None:
        head = script.get("projects/FLOW/events").json()["head"]
        body = script.get(f"projects/FLOW/events?since={head}").json()
        assert (body["results"], body["next_since"]) == ([], head)

    @pytest.mark.parametrize(
        "query", ["since=-1", "since=x", "since=9223372036854775808", "limit=0", "limit=501", "after=3"]
    )
    def test_a_query_that_makes_no_sense_is_named(self, script: Script, flow: Project, query: str) -> None:
        answer = script.get(f"projects/FLOW/events?{query}")
        assert (answer.status_code, list(answer.json()["errors"])) == (400, [query.split("=", maxsplit=1)[0]])

    def test_cost_the_same_however_many(self, script: Script, acme: Organization, ada: User, flow: Project) -> None:
        def queries() -> int:
            with CaptureQueriesContext(connection) as captured:
                script.get("projects/FLOW/events?limit=500")
            return sum("SAVEPOINT" not in query["sql"] for query in captured)

        factories.make_issues(acme, flow, ada, "A")
        few = queries()
        factories.make_issues(acme, flow, ada, "B", "C", "D")
        assert queries() == few
