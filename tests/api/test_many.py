"""Many issues at once over the API: bulk edits, moves to another project, batches."""

import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.core import limits
from apps.issues.models import Comment, Issue
from apps.issues.services import together
from apps.orgs.models import Organization
from apps.projects.models import Project, Status
from apps.projects.services import create_label
from tests import factories
from tests.api.conftest import Script, World, make_script

pytestmark = pytest.mark.django_db
BULK = "projects/FLOW/issues/bulk/"
BATCH = "projects/FLOW/batch/"
TRANSFER = "projects/FLOW/issues/transfer/"


@pytest.fixture
def made(acme: Organization, ada: User, flow: Project) -> list[Issue]:
    """FLOW-1 to FLOW-3."""
    return factories.make_issues(acme, flow, ada, "Dock", "Weld", "Paint")


class TestBulkEdits:
    def test_change_all_and_are_taken_back(
        self, script: Script, acme: Organization, ada: User, flow: Project, made: list[Issue]
    ) -> None:
        ids = [issue.pk for issue in made]
        with factories.acting(ada, acme) as actor:
            mark = create_label(actor=actor, project=flow, name="wheels")
            doing = Status.objects.get(project=flow, name="In progress")
        values = {"status": doing.pk, "priority": "high", "assignee": ada.pk, "labels_add": [mark.pk], "points": 2}
        edit = script.post(BULK, {"issues": ids, "values": values})
        assert edit.status_code == 200
        assert [row["key"] for row in edit.json()["results"]] == ["FLOW-1", "FLOW-2", "FLOW-3"]
        assert script.post(BULK, {"issues": ids, "values": values}).json()["results"] == [], "they are like that"
        row = script.get("issues/FLOW-2/").json()
        assert (row["priority"], row["status"]["id"], row["labels"][0]["name"]) == ("high", doing.pk, "wheels")
        assert row["version"] == edit.json()["results"][1]["version"]
        script.patch("issues/FLOW-3/", {"priority": "low"})
        other = make_script(factories.make_member(acme), acme)
        undo = {"op": edit.json()["op"], "issue": ids[0]}
        assert other.post(BULK + "undo/", undo).status_code == 404
        back = script.post(BULK + "undo/", undo).json()
        assert (len(back["results"]), back["left"]) == (3, ["FLOW-3"])
        assert script.get("issues/FLOW-1/").json()["priority"] == "none"
        assert script.get("issues/FLOW-3/").json()["priority"] == "low"

    @pytest.mark.parametrize(
        ("values", "code"),
        [
            ({}, 422),
            ({"colour": "red"}, 400),
            ({"priority": 3}, 400),
            ({"status": 2**40}, 404),
            ({"assignee": 2**40}, 422),
            ({"archived": False}, 422),
            ({"points": -1}, 422),
            ({"custom_fields": {"colour": 1}}, 400),
            ({"custom_fields": {"field_999999": 1}}, 422),
        ],
    )
    def test_that_cannot_be_are_refused(
        self, script: Script, acme: Organization, made: list[Issue], values: Any, code: int
    ) -> None:
        world = World(acme)
        assert script.post(BULK, {"issues": [made[0].pk], "values": values}).status_code == code
        assert world.is_unchanged()

    def test_plan_and_rank_as_the_backlog_does(self, script: Script, acme: Organization, made: list[Issue]) -> None:
        first, *others = made
        sprint = script.post("projects/FLOW/sprints/", {"name": "Sprint 1"}).json()
        answer = script.post(
            BULK, {"issues": [issue.pk for issue in others], "values": {"sprint": sprint["id"]}, "before": first.pk}
        )
        assert answer.status_code == 200
        ranked = "projects/FLOW/issues/?ordering=rank&fields=id"
        order = [each["id"] for each in script.get(ranked).json()["results"]]
        assert order == [*(issue.pk for issue in others), first.pk]
        inside = script.get(f"{ranked}&sprint={sprint['id']}").json()["results"]
        assert [each["id"] for each in inside] == [issue.pk for issue in others]
        script.post(BULK, {"issues": [first.pk], "values": {}, "after": others[0].pk})
        order = [each["id"] for each in script.get(ranked).json()["results"]]
        assert order[:2] == [others[0].pk, first.pk]
        world = World(acme)
        assert script.post(BULK, {"issues": [first.pk], "values": {}}).status_code == 422
        assert script.post(BULK, {"issues": [first.pk], "values": {}, "after": 2**40}).status_code == 404
        assert world.is_unchanged()

    def test_name_issues_of_the_project_and_not_too_many(
        self, script: Script, acme: Organization, made: list[Issue]
    ) -> None:
        world = World(acme)
        for ids, code in (([], 400), ([made[0].pk, 2**40], 404), (list(range(1, 502)), 400), ("all", 400)):
            assert script.post(BULK, {"issues": ids, "values": {"priority": "low"}}).status_code == code
        assert world.is_unchanged()


class TestTransfers:
    def test_go_and_come_back(self, script: Script, acme: Organization, ada: User, made: list[Issue]) -> None:
        away = factories.make_project(acme, ada, "AWAY")
        with factories.acting(ada, acme):
            review = Status.objects.get(project=away, name="In review")
        world = World(acme)
        for body, code in (
            ({"issues": [made[0].pk], "to": "FLOW"}, 404),
            ({"issues": [made[0].pk], "to": "NOPE"}, 404),
            ({"issues": [made[0].pk], "to": "AWAY", "statuses": {"x": 1}}, 400),
            ({"issues": [made[0].pk], "to": "AWAY", "statuses": {str(made[0].status_id): made[0].status_id}}, 404),
            ({"issues": [], "to": "AWAY"}, 400),
        ):
            assert script.post(TRANSFER, body).status_code == code
        assert world.is_unchanged()
        body = {"issues": [made[0].pk, made[1].pk], "to": "away", "statuses": {str(made[0].status_id): review.pk}}
        moved = script.post(TRANSFER, body)
        assert [row["key"] for row in moved.json()["results"]] == ["AWAY-1", "AWAY-2"]
        assert script.get("issues/AWAY-1/").json()["status"]["id"] == review.pk
        assert script.get("issues/FLOW-1/").status_code == 307
        back = script.post("projects/AWAY/issues/transfer/undo/", {"issue": made[0].pk})
        assert [row["key"] for row in back.json()["results"]] == ["FLOW-1", "FLOW-2"]


class TestBatches:
    def test_do_one_after_the_other_and_answer_in_their_order(
        self, script: Script, acme: Organization, ada: User, flow: Project, made: list[Issue]
    ) -> None:
        one, two, three = (issue.pk for issue in made)
        with factories.acting(ada, acme):
            doing = Status.objects.get(project=flow, name="In progress")
        changes = [
            {"do": "create", "values": {"title": "Oil", "description": "/priority high"}},
            {"do": "create", "values": {"title": "Try", "priority": "low"}},
            {"do": "edit", "issue": one, "values": {"title": "Dock it", "version": 1}},
            {"do": "move", "issue": one, "values": {"status": doing.pk}},
            {"do": "move", "issue": one, "values": {"before": two}},
            {"do": "comment", "issue": two, "values": {"body": "/priority high"}},
            {"do": "link", "issue": two, "values": {"kind": "is_blocked_by", "issue": one}},
            {"do": "delete", "issue": three},
            {"do": "restore", "issue": three},
            {"do": "archive", "issue": three},
            {"do": "create", "values": {"title": "Pack", "parent": None}},
        ]
        answer = script.post(BATCH, {"changes": changes}, idempotency_key="k")
        assert answer.status_code == 200, answer.content
        rows = answer.json()["results"]
        keys = [row["key"] for row in rows]
        assert keys == ["FLOW-4", "FLOW-5", *["FLOW-1"] * 3, *["FLOW-2"] * 2, *["FLOW-3"] * 3, "FLOW-6"]
        dock = script.get("issues/FLOW-1/").json()
        assert (dock["title"], dock["status"]["id"], dock["version"]) == ("Dock it", doing.pk, rows[2]["version"])
        assert script.get("issues/FLOW-3/").json()["archived_at"]
        assert script.get("issues/FLOW-2/").json()["priority"] == "none", "quick actions are text here"
        assert script.get("issues/FLOW-4/").json()["priority"] == "none"
        assert script.get("issues/FLOW-2/links/").json()["results"][0]["kind"] == "is_blocked_by"
        assert script.post(BATCH, {"changes": changes}, idempotency_key="k").json() == answer.json()
        events = script.get("projects/FLOW/events").json()["results"]
        assert [event["seq"] for event in events] == list(range(events[0]["seq"], events[0]["seq"] + len(events)))

    def test_change_nothing_where_one_item_is_refused_and_say_which(
        self, script: Script, acme: Organization, ada: User, flow: Project, made: list[Issue]
    ) -> None:
        good = [{"do": "create", "values": {"title": f"Number {number}"}} for number in range(299)]
        one, two = made[0].pk, made[1].pk
        script.patch("issues/FLOW-1/", {"title": "Newer"})
        world = World(acme)
        for bad, code in (
            ({"do": "create", "values": {"title": "x" * 501}}, 422),
            ({"do": "create", "values": {"title": "A", "type": 2**40}}, 422),
            ({"do": "create", "values": {"title": "A", "parent": 2**40}}, 404),
            ({"do": "create", "values": {}}, 422),
            ({"do": "create", "issue": one, "values": {"title": "A"}}, 422),
            ({"do": "edit", "values": {"title": "A"}}, 422),
            ({"do": "edit", "issue": 2**40, "values": {"title": "A"}}, 404),
            ({"do": "edit", "issue": one, "values": {"title": "A", "version": 1}}, 409),
            ({"do": "edit", "issue": one, "values": {"colour": "red"}}, 422),
            ({"do": "move", "issue": one, "values": {"before": 2**40}}, 404),
            ({"do": "comment", "issue": one, "values": {"body": " "}}, 422),
            ({"do": "link", "issue": one, "values": {"kind": "blocks", "issue": one}}, 422),
            ({"do": "archive", "issue": one, "values": {"title": "A"}}, 422),
            ({"do": "fly", "issue": one}, 400),
            ("edit", 400),
        ):
            answer = script.post(BATCH, {"changes": [*good, bad, {"do": "archive", "issue": two}]})
            assert (answer.status_code, answer.json().get("item")) == (code, 299), bad
            assert answer["Content-Type"] == "application/problem+json"
        assert world.is_unchanged()

    def test_have_a_size_a_time_and_count_once(
        self, script: Script, acme: Organization, made: list[Issue], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(limits.LIMITS, "api-create", limits.Limit("4/h"))
        world = World(acme)
        item = {"do": "comment", "issue": made[0].pk, "values": {"body": "Hm."}}
        for changes in ([], [item] * 501):
            assert script.post(BATCH, {"changes": changes}).status_code == 400
        monkeypatch.setattr(together, "LONGEST", -1.0)
        slow = script.post(BATCH, {"changes": [item, item]})
        assert (slow.status_code, slow.json()["type"], slow.json()["item"]) == (422, "about:blank#TooSlow", 0)
        assert world.is_unchanged()
        monkeypatch.setattr(together, "LONGEST", 20.0)
        assert script.post(BATCH, {"changes": [item] * 30}).status_code == 200
        assert script.post(BATCH, {"changes": [item]}).status_code == 429
        with factories.acting(User.objects.get(name="Ada Okafor"), acme):
            assert Comment.objects.count() == 30

    def test_store_new_issues_together(self, script: Script, acme: Organization, flow: Project) -> None:
        def queries(count: int) -> int:
            changes = [{"do": "create", "values": {"title": f"N {number}"}} for number in range(count)]
            with CaptureQueriesContext(connection) as captured:
                answer = script.post(BATCH, {"changes": changes})
            assert answer.status_code == 200
            assert len(json.loads(answer.content)["results"]) == count
            return len(captured)

        few = queries(10)
        assert queries(30) == few
