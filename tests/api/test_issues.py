"""Issues over the API: what a script can do, and what it is refused."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.core.tenancy import OrgRole
from apps.issues.models import Issue
from apps.issues.selectors import get_comment
from apps.issues.services import archive_issue, delete_comment, delete_issue
from apps.orgs.models import Organization
from apps.projects.models import Label, Project, Status
from apps.projects.services import create_label
from tests import factories
from tests.api.conftest import Script, World, make_script

pytestmark = pytest.mark.django_db


@pytest.fixture
def elsewhere(db: None) -> tuple[Organization, User, Project, Issue]:
    """Another organization with a project of the same key."""
    stranger = factories.make_user("Noor Haddad")
    org = factories.make_org(stranger, "Harbour Freight", "harbour-x")
    project = factories.make_project(org, stranger, "FLOW")
    (issue,) = factories.make_issues(org, project, stranger, "Their plan")
    return org, stranger, project, issue


def statuses(org: Organization, user: User, project: Project) -> list[Status]:
    with factories.acting(user, org):
        return list(Status.objects.filter(project=project).order_by("position", "id"))


def labels(org: Organization, user: User, project: Project, *names: str) -> list[Label]:
    with factories.acting(user, org) as actor:
        return [create_label(actor=actor, project=project, name=name) for name in names]


class TestReading:
    def test_one_issue_with_names_and_its_version_as_etag(
        self, script: Script, acme: Organization, ada: User, flow: Project
    ) -> None:
        factories.make_issues(acme, flow, ada, "Dock the rover", assignee=ada, description="Slowly.", points=3)
        answer = script.get("issues/flow-1/")
        assert answer.status_code == 200
        body = answer.json()
        assert (body["key"], body["title"], body["description"]) == ("FLOW-1", "Dock the rover", "Slowly.")
        assert body["assignee"] == {"id": ada.pk, "name": "Ada Okafor"}
        assert body["reporter"]["id"] == ada.pk
        assert body["status"]["category"] == "todo"
        assert body["points"] == 3.0
        assert answer["ETag"].startswith('"1-')
        assert "Authorization" in answer["Vary"]
        assert "private" in answer["Cache-Control"]

    def test_no_answer_tells_what_could_be_used_to_sign_in(
        self, script: Script, acme: Organization, ada: User, flow: Project
    ) -> None:
        factories.make_issues(acme, flow, ada, "Dock", assignee=ada)
        for path in ("projects/", "projects/FLOW/", "projects/FLOW/issues/", "issues/FLOW-1/", "projects/FLOW/events"):
            text = script.get(path).content.decode()
            for word in ("password", "token", "secret", "nonce", ada.email):
                assert word not in text, (path, word)

    def test_the_list_is_narrowed_and_ordered(
        self, script: Script, acme: Organization, ada: User, flow: Project
    ) -> None:
        mateo = factories.make_member(acme)
        (urgent,) = labels(acme, ada, flow, "urgent")
        factories.make_issues(acme, flow, ada, "Weld", "Paint", priority=1)
        factories.make_issues(acme, flow, ada, "Ship it", assignee=mateo, labels=[urgent], priority=4)
        (done,) = [status for status in statuses(acme, ada, flow) if status.category == "done"]
        factories.make_issues(acme, flow, ada, "Buy paint", assignee=ada, status=done)

        def titles(query: str) -> list[str]:
            return [row["title"] for row in script.get(f"projects/FLOW/issues/?{query}").json()["results"]]

        assert titles("") == ["Weld", "Paint", "Ship it", "Buy paint"]
        assert titles("ordering=-number") == ["Buy paint", "Ship it", "Paint", "Weld"]
        assert titles("ordering=-priority")[0] == "Ship it"
        assert titles("q=paint") == ["Paint", "Buy paint"]
        assert titles(f"status={done.pk}") == ["Buy paint"]
        assert titles(f"assignee={mateo.pk}") == ["Ship it"]
        assert titles("assignee=me") == ["Buy paint"]
        assert titles(f"label={urgent.pk}") == ["Ship it"]
        assert titles(f"status={done.pk},{done.pk + 10_000}&category=todo,done") == ["Buy paint"]
        assert titles("category=todo,done&priority=none,urgent") == ["Ship it", "Buy paint"]
        assert titles("category=backlog,cancelled") == []
        assert titles("updated_since=2999-01-01T00:00:00Z") == []
        assert len(titles("updated_since=2020-01-01T00:00:00Z")) == 4

    @pytest.mark.parametrize(
        "query",
        [
            "ordering=user__password",
            "ordering=-rank",
            "status=done",
            "status=0",
            "status=99999999999999999999999",
            "assignee=nobody",
            "category=",
            "category=todo,",
            "category=todo,open",
            "type=1,x",
            "priority=" + ",".join(["low"] * 101),
            "label=true",
            "updated_since=yesterday",
            "limit=0",
            "limit=101",
            "cursor=made-up",
            "q=%00",
            "colour=red",
            "project__org=2",
        ],
    )
    def test_a_query_that_makes_no_sense_is_named(self, script: Script, flow: Project, query: str) -> None:
        answer = script.get(f"projects/FLOW/issues/?{query}")
        assert answer.status_code == 400
        assert answer["Content-Type"] == "application/problem+json"
        assert list(answer.json()["errors"]) == [query.split("=", maxsplit=1)[0]]

    def test_an_archived_issue_is_read_but_not_listed_and_a_deleted_one_is_gone(
        self, script: Script, acme: Organization, ada: User, flow: Project
    ) -> None:
        archived, deleted = factories.make_issues(acme, flow, ada, "Old", "Wrong")
        with factories.acting(ada, acme) as actor:
            archive_issue(actor=actor, issue=archived)
            delete_issue(actor=actor, issue=deleted)
        assert script.get("projects/FLOW/issues/").json()["results"] == []
        assert script.get("issues/FLOW-1/").json()["archived_at"]
        assert script.get("issues/FLOW-2/").status_code == 404

    def test_a_parent_in_a_project_that_is_hidden_is_not_named(
        self, acme: Organization, ada: User, flow: Project, secret: Project
    ) -> None:
        with factories.acting(ada, acme):
            epic = secret.issue_types.get(name="Epic")
        (parent,) = factories.make_issues(acme, secret, ada, "Canary", type=epic)
        factories.make_issues(acme, flow, ada, "Child", parent=parent)
        assert make_script(ada, acme).get("issues/FLOW-1/").json()["parent"]["key"] == "SECRET-1"
        mateo = make_script(factories.make_member(acme), acme)
        assert mateo.get("issues/FLOW-1/").json()["parent"] is None
        assert b"Canary" not in mateo.get("projects/FLOW/issues/").content

    def test_times_are_utc_also_for_a_session_elsewhere(self, acme: Organization, ada: User, flow: Project) -> None:
        factories.make_issues(acme, flow, ada, "Dock")
        User.objects.filter(pk=ada.pk).update(time_zone="Asia/Tokyo")
        browser = Client()
        browser.force_login(ada)
        body = browser.get(f"/api/v1/orgs/{acme.slug}/issues/FLOW-1/").json()
        assert body["created_at"].endswith("Z")


class TestPages:
    def walk(self, script: Script, path: str) -> list[Any]:
        rows, pages = [], 0
        url: str | None = path
        while url:
            body = script.get(url).json()
            rows += body["results"]
            url, pages = body["next"], pages + 1
            assert pages < 50
        return rows

    def test_each_row_is_visited_once_while_rows_are_written(
        self, script: Script, acme: Organization, ada: User, flow: Project
    ) -> None:
        factories.make_issues(acme, flow, ada, *(f"Issue {n}" for n in range(1, 8)))
        first = script.get("projects/FLOW/issues/?limit=3").json()
        assert first["previous"] is None
        factories.make_issues(acme, flow, ada, "Written meanwhile")
        script.patch("issues/FLOW-2/", {"title": "Read already, edited now"})
        rest = self.walk(script, first["next"])
        assert [row["number"] for row in first["results"] + rest] == [1, 2, 3, 4, 5, 6, 7, 8]

    @pytest.mark.parametrize("ordering", ["number", "-number", "priority", "-priority", "updated_at", "-updated_at"])
    def test_every_order_goes_forth_and_back(
        self, script: Script, acme: Organization, ada: User, flow: Project, ordering: str
    ) -> None:
        for priority in (2, 0, 4, 2, 0):
            factories.make_issues(acme, flow, ada, f"Priority {priority}", priority=priority)
        whole = [row["id"] for row in script.get(f"projects/FLOW/issues/?ordering={ordering}").json()["results"]]
        pages = []
        url: str | None = f"projects/FLOW/issues/?ordering={ordering}&limit=2"
        while url:
            pages.append(script.get(url).json())
            url = pages[-1]["next"]
        assert [[row["id"] for row in page["results"]] for page in pages] == [whole[:2], whole[2:4], whole[4:]]
        back = script.get(pages[2]["previous"]).json()
        assert [row["id"] for row in back["results"]] == whole[2:4]
        first = script.get(back["previous"]).json()
        assert [row["id"] for row in first["results"]] == whole[:2]
        assert first["previous"] is None
        assert script.get(first["next"]).json()["results"] == pages[1]["results"]

    def test_a_cursor_from_another_list_order_or_hand_is_refused(
        self, script: Script, acme: Organization, ada: User, flow: Project
    ) -> None:
        other = factories.make_project(acme, ada, "OTHER")
        factories.make_issues(acme, flow, ada, "A", "B")
        factories.make_issues(acme, other, ada, "C", "D")
        cursor = script.get("projects/FLOW/issues/?limit=1").json()["next"].split("cursor=")[1].split("&")[0]
        for url in (
            f"projects/OTHER/issues/?cursor={cursor}",
            f"projects/FLOW/issues/?cursor={cursor}&ordering=-number",
            f"projects/FLOW/issues/?cursor={cursor}x",
            f"issues/FLOW-1/comments/?cursor={cursor}",
        ):
            answer = script.get(url)
            assert (answer.status_code, list(answer.json()["errors"])) == (400, ["cursor"])

    def test_a_list_costs_the_same_whatever_its_length(
        self, script: Script, acme: Organization, ada: User, flow: Project
    ) -> None:
        def queries() -> int:
            with CaptureQueriesContext(connection) as captured:
                assert script.get("projects/FLOW/issues/").status_code == 200
            return sum('"' in query["sql"] and "SAVEPOINT" not in query["sql"] for query in captured)

        marks = labels(acme, ada, flow, "a", "b")
        with factories.acting(ada, acme):
            epic = flow.issue_types.get(name="Epic")
        (parent,) = factories.make_issues(acme, flow, ada, "Epic", type=epic)
        factories.make_issues(acme, flow, ada, "One", assignee=ada, labels=marks, parent=parent)
        few = queries()
        for n in range(3):
            factories.make_issues(acme, flow, ada, f"More {n}", assignee=ada, labels=marks, parent=parent)
            script.post(f"issues/FLOW-{n + 2}/comments/", {"body": "Yes"})
        assert queries() == few
        assert few <= 6


class TestCreating:
    def test_everything_at_once(self, script: Script, acme: Organization, ada: User, flow: Project) -> None:
        mateo = factories.make_member(acme)
        (mark,) = labels(acme, ada, flow, "wheels")
        project = script.get("projects/FLOW/").json()
        bug = next(row for row in project["types"] if row["name"] == "Bug")
        epic = next(row for row in project["types"] if row["name"] == "Epic")
        status = project["statuses"][-1]
        parent = script.post("projects/FLOW/issues/", {"title": "Rover", "type": epic["id"]}).json()
        answer = script.post(
            "projects/FLOW/issues/",
            {
                "title": "  Wheel   squeaks ",
                "description": "On gravel.\n",
                "type": bug["id"],
                "status": status["id"],
                "priority": "high",
                "assignee": mateo.pk,
                "parent": parent["id"],
                "points": 0.5,
                "due_date": "2026-12-24",
                "labels": [mark.pk],
            },
        )
        assert answer.status_code == 201
        made = answer.json()
        assert made == script.get(f"issues/{made['key']}/").json()
        assert (made["title"], made["priority"], made["points"]) == ("Wheel squeaks", "high", 0.5)
        assert made["reporter"]["id"] == ada.pk
        assert made["labels"] == [{"id": mark.pk, "name": "wheels"}]
        assert made["parent"]["key"] == parent["key"]
        assert made["status"]["id"] == status["id"]

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({}, "title"),
            ({"title": ""}, "title"),
            ({"title": None}, "title"),
            ({"title": ["a", "b"]}, "title"),
            ({"title": "NUL \x00 byte"}, "title"),
            ({"title": "half a \ud83d"}, "title"),
            ({"title": "A", "description": "\x00"}, "description"),
            ({"title": "A", "priority": "soon"}, "priority"),
            ({"title": "A", "priority": 4}, "priority"),
            ({"title": "A", "points": "many"}, "points"),
            ({"title": "A", "points": "NaN"}, "points"),
            ({"title": "A", "due_date": "24.12.2026"}, "due_date"),
            ({"title": "A", "labels": 3}, "labels"),
            ({"title": "A", "labels": [True]}, "labels"),
            ({"title": "A", "assignee": True}, "assignee"),
            ({"title": "A", "assignee": 2**63}, "assignee"),
            ({"title": "A", "parent": -1}, "parent"),
            ({"title": "A", "colour": "red"}, "colour"),
        ],
    )
    def test_what_is_malformed_is_named(
        self, script: Script, acme: Organization, flow: Project, body: Any, field: str
    ) -> None:
        world = World(acme)
        answer = script.post("projects/FLOW/issues/", body)
        assert answer.status_code == 400
        assert list(answer.json()["errors"]) == [field]
        assert world.is_unchanged()

    @pytest.mark.parametrize("title", ["   ", "a" * 501, "x" * 1_000_000])
    def test_a_title_that_cannot_be_stored_is_refused(self, script: Script, flow: Project, title: str) -> None:
        answer = script.post("projects/FLOW/issues/", {"title": title})
        assert answer.status_code == 422
        assert answer.json()["field"] == "title"
        assert len(answer.content) < 1000

    @pytest.mark.parametrize(
        "field",
        [
            "id", "number", "key", "org", "org_id", "project", "reporter", "rank", "version", "created_at",
            "resolved_at", "deleted_at", "archived_at", "custom_values", "comment_count",
        ],
    )  # fmt: skip
    def test_no_other_field_of_the_model_can_be_set(self, script: Script, flow: Project, field: str) -> None:
        for answer in (
            script.post("projects/FLOW/issues/", {"title": "A", field: 1}),
            script.post("projects/FLOW/issues/", {"title": "A"}) and script.patch("issues/FLOW-1/", {field: 1}),
        ):
            if field == "version" and answer.request["REQUEST_METHOD"] == "PATCH":
                continue
            assert answer.status_code == 400
            assert list(answer.json()["errors"]) == [field]

    def test_ids_of_elsewhere_are_refused(
        self,
        script: Script,
        acme: Organization,
        ada: User,
        flow: Project,
        elsewhere: tuple[Organization, User, Project, Issue],
    ) -> None:
        their_org, stranger, their_project, their_issue = elsewhere
        (their_label,) = labels(their_org, stranger, their_project, "theirs")
        with factories.acting(stranger, their_org):
            their_type = their_project.issue_types.get(name="Bug")
        foreign = {
            "status": statuses(their_org, stranger, their_project)[0].pk,
            "type": their_type.pk,
            "assignee": stranger.pk,
            "parent": their_issue.pk,
            "labels": [their_label.pk],
        }
        factories.make_issues(acme, flow, ada, "Ours")
        world = World(acme, their_org)
        for field, value in foreign.items():
            answer = script.post("projects/FLOW/issues/", {"title": "A", field: value})
            assert answer.status_code in {404, 422}, (field, answer.content)
            if field != "status":
                answer = script.patch("issues/FLOW-1/", {field: value})
                assert answer.status_code in {404, 422}, (field, answer.content)
        for field in ("status", "before", "after"):
            value = foreign["status"] if field == "status" else their_issue.pk
            answer = script.post("issues/FLOW-1/move/", {field: value})
            assert answer.status_code in {404, 422}, (field, answer.content)
        assert world.is_unchanged()

    def test_into_a_sprint_with_both_dates(self, script: Script, acme: Organization, ada: User, flow: Project) -> None:
        sprint = script.post("projects/FLOW/sprints/", {"name": "Sprint 1"}).json()["id"]
        asked = {"title": "Dock", "sprint": sprint, "start_date": "2026-12-01", "due_date": "2026-12-04"}
        made = script.post("projects/FLOW/issues/", asked).json()
        assert (made["sprint"]["id"], made["start_date"], made["due_date"]) == (sprint, "2026-12-01", "2026-12-04")
        changes = [{"do": "edit", "issue": made["id"], "values": {"points": 3}}, {"do": "create", "values": asked}]
        assert script.post("projects/FLOW/batch/", {"changes": changes}).status_code == 200
        assert len(script.get(f"projects/FLOW/issues/?sprint={sprint}").json()["results"]) == 2

    def test_in_no_sprint_that_is_not_there_and_not_due_before_it_begins(
        self, script: Script, acme: Organization, flow: Project
    ) -> None:
        world = World(acme)
        for values, status, field in (
            ({"sprint": 987654}, 404, None),
            ({"start_date": "2026-12-04", "due_date": "2026-12-01"}, 422, "due_date"),
        ):
            answer = script.post("projects/FLOW/issues/", {"title": "Dock", **values})
            assert (answer.status_code, answer.json().get("field")) == (status, field)
            changes = [
                {"do": "create", "values": {"title": "One"}},
                {"do": "create", "values": {"title": "B", **values}},
            ]
            answer = script.post("projects/FLOW/batch/", {"changes": changes})
            assert (answer.status_code, answer.json()["item"]) == (status, 1)
        assert world.is_unchanged()


class TestEditing:
    def test_some_fields_and_no_others(self, script: Script, acme: Organization, ada: User, flow: Project) -> None:
        marks = labels(acme, ada, flow, "a", "b")
        factories.make_issues(acme, flow, ada, "Dock", description="Slowly.", assignee=ada, labels=marks)
        answer = script.patch(
            "issues/FLOW-1/", {"title": "Dock!", "assignee": None, "labels": [marks[1].pk], "start_date": "2026-11-23"}
        )
        assert answer.status_code == 200
        body = answer.json()
        assert (body["title"], body["description"], body["assignee"]) == ("Dock!", "Slowly.", None)
        assert [row["name"] for row in body["labels"]] == ["b"]
        assert body["start_date"] == "2026-11-23"
        assert (body["version"], answer["ETag"]) == (2, '"2"')

    @pytest.mark.parametrize("way", ["If-Match", "version"])
    def test_a_stale_edit_is_refused_only_where_the_same_field_changed(
        self, script: Script, acme: Organization, ada: User, flow: Project, way: str
    ) -> None:
        factories.make_issues(acme, flow, ada, "Dock")

        def edit(**values: Any) -> Any:
            if way == "version":
                return script.patch("issues/FLOW-1/", {**values, "version": 1})
            return script.patch("issues/FLOW-1/", values, if_match='"1"')

        assert edit(title="Theirs").status_code == 200
        assert edit(points=5).status_code == 200
        refused = edit(title="Mine")
        assert refused.status_code == 409
        problem = refused.json()
        assert (problem["field"], problem["theirs"], problem["mine"]) == ("title", "Theirs", "Mine")
        assert problem["version"] == 3
        assert script.get("issues/FLOW-1/").json()["title"] == "Theirs"
        assert script.patch("issues/FLOW-1/", {"title": "Mine"}, if_match="*").status_code == 200

    def test_conflicts_are_told_in_the_words_of_answers(
        self, script: Script, acme: Organization, ada: User, flow: Project
    ) -> None:
        factories.make_issues(acme, flow, ada, "Dock")
        script.patch("issues/FLOW-1/", {"priority": "high", "points": 2.5})
        stale = {"priority": "low", "points": None, "version": 1}
        told = script.patch("issues/FLOW-1/", stale).json()["conflicts"]
        assert sorted(told, key=lambda each: str(each["field"])) == [
            {"field": "points", "theirs": 2.5, "mine": None},
            {"field": "priority", "theirs": "high", "mine": "low"},
        ]
        change = {"do": "edit", "issue": script.get("issues/FLOW-1/").json()["id"], "values": stale}
        assert script.post("projects/FLOW/batch/", {"changes": [change]}).json()["conflicts"] == told

    def test_an_if_match_that_is_no_etag_of_ours(
        self, script: Script, acme: Organization, ada: User, flow: Project
    ) -> None:
        factories.make_issues(acme, flow, ada, "Dock")
        answer = script.patch("issues/FLOW-1/", {"title": "B"}, if_match="latest")
        assert (answer.status_code, list(answer.json()["errors"])) == (400, ["If-Match"])

    def test_an_if_match_that_says_something_else_than_the_body(
        self, script: Script, acme: Organization, ada: User, flow: Project
    ) -> None:
        factories.make_issues(acme, flow, ada, "Dock")
        answer = script.patch("issues/FLOW-1/", {"title": "B", "version": 2}, if_match='"1"')
        assert (answer.status_code, answer.json()["field"]) == (422, "If-Match")

    def test_a_version_that_never_was(self, script: Script, acme: Organization, ada: User, flow: Project) -> None:
        factories.make_issues(acme, flow, ada, "Dock")
        answer = script.patch("issues/FLOW-1/", {"title": "B"}, if_match='"9"')
        assert (answer.status_code, answer.json()["field"]) == (422, "version")

    def test_what_compares_no_versions_says_so(
        self, script: Script, acme: Organization, ada: User, flow: Project
    ) -> None:
        factories.make_issues(acme, flow, ada, "Dock")
        world = World(acme)
        assert script.delete("issues/FLOW-1/", if_match='"1"').status_code == 400
        assert world.is_unchanged()

    def test_the_status_is_moved_not_edited(self, script: Script, acme: Organization, ada: User, flow: Project) -> None:
        factories.make_issues(acme, flow, ada, "Dock")
        assert script.patch("issues/FLOW-1/", {"status": 1}).status_code == 400


class TestMoving:
    def test_to_a_status_and_a_place(self, script: Script, acme: Organization, ada: User, flow: Project) -> None:
        one, two, three = factories.make_issues(acme, flow, ada, "One", "Two", "Three")
        todo, doing = one.status_id, next(s for s in statuses(acme, ada, flow) if s.category == "in_progress").pk
        moved = script.post("issues/FLOW-3/move/", {"before": one.pk})
        assert moved.status_code == 200
        assert moved.json()["status"]["id"] == todo
        assert moved.json()["rank"] < script.get("issues/FLOW-1/").json()["rank"]
        moved = script.post("issues/FLOW-1/move/", {"status": doing})
        assert moved.json()["status"]["id"] == doing
        script.post("issues/FLOW-2/move/", {"status": doing, "after": one.pk})
        ranks = [script.get(f"issues/FLOW-{n}/").json()["rank"] for n in (1, 2)]
        assert ranks == sorted(ranks)
        assert three.pk != two.pk

    @pytest.mark.parametrize("path", ["move", "transitions"])
    @pytest.mark.parametrize("way", ["If-Match", "version"])
    def test_a_stale_move_is_refused_only_where_somebody_else_moved_it(
        self, script: Script, acme: Organization, ada: User, flow: Project, path: str, way: str
    ) -> None:
        factories.make_issues(acme, flow, ada, "Dock")
        todo, doing, done = (
            next(each.pk for each in statuses(acme, ada, flow) if each.category == category)
            for category in ("todo", "in_progress", "done")
        )

        def move(to: int, version: int) -> Any:
            if way == "version":
                return script.post(f"issues/FLOW-1/{path}/", {"status": to, "version": version})
            return script.post(f"issues/FLOW-1/{path}/", {"status": to}, if_match=f'"{version}"')

        script.patch("issues/FLOW-1/", {"title": "Dock!"})
        assert move(doing, 1).status_code == 200
        world = World(acme)
        refused = move(done, 2)
        assert refused.status_code == 409
        assert refused.json()["conflicts"] == [{"field": "status", "theirs": doing, "mine": done}]
        assert refused.json()["version"] == 3
        assert world.is_unchanged()
        assert move(doing, 2).status_code == 200
        assert move(todo, 3).status_code == 200

    def test_an_empty_move_changes_nothing(self, script: Script, acme: Organization, ada: User, flow: Project) -> None:
        factories.make_issues(acme, flow, ada, "One")
        assert script.post("issues/FLOW-1/move/", {}).json()["version"] == 1

    def test_a_full_column_refuses(self, script: Script, acme: Organization, ada: User, flow: Project) -> None:
        doing = next(s for s in statuses(acme, ada, flow) if s.category == "in_progress")
        with factories.acting(ada, acme):
            doing.columns.update(wip_limit=1, wip_policy="block")
        factories.make_issues(acme, flow, ada, "One", status=doing)
        factories.make_issues(acme, flow, ada, "Two")
        world = World(acme)
        answer = script.post("issues/FLOW-2/move/", {"status": doing.pk})
        assert (answer.status_code, answer.json()["type"]) == (409, "about:blank#ColumnFull")
        assert world.is_unchanged()


class TestComments:
    def test_are_written_and_read_in_pages(self, script: Script, acme: Organization, ada: User, flow: Project) -> None:
        factories.make_issues(acme, flow, ada, "Dock")
        for n in range(5):
            made = script.post("issues/FLOW-1/comments/", {"body": f"Comment {n}"})
            assert made.status_code == 201
            assert made.json()["author"]["id"] == ada.pk
        first = script.get("issues/FLOW-1/comments/?limit=2").json()
        second = script.get(first["next"]).json()
        third = script.get(second["next"]).json()
        assert [row["body"][-1] for page in (first, second, third) for row in page["results"]] == list("01234")
        assert third["next"] is None
        assert script.get(third["previous"]).json()["results"] == second["results"]
        assert script.get("issues/FLOW-1/").json()["comment_count"] == 5

    def test_are_replied_to_and_resolved(self, script: Script, acme: Organization, ada: User, flow: Project) -> None:
        factories.make_issues(acme, flow, ada, "Dock", "Undock")
        comments = "issues/FLOW-1/comments/"
        first = script.post(comments, {"body": "It hangs.", "parent": None}).json()
        assert (first["parent"], first["resolved_at"], first["resolved_by"]) == (None, None, None)
        second = script.post(comments, {"body": "Mine, too.", "parent": first["id"]}).json()
        third = script.post(comments, {"body": "And mine.", "parent": second["id"]}).json()
        assert second["parent"] == third["parent"] == first["id"]
        elsewhere = script.post("issues/FLOW-2/comments/", {"body": "Elsewhere."}).json()
        refused = script.post(comments, {"body": "Hm.", "parent": elsewhere["id"]})
        assert (refused.status_code, refused.json()["field"]) == (422, "parent")
        answer = script.patch(f"{comments}{third['id']}/", {"resolved": True})
        assert (answer.status_code, answer.json()["id"]) == (200, third["id"])
        rows = script.get(comments).json()["results"]
        assert rows[0]["resolved_by"]["id"] == ada.pk
        assert [row["resolved_at"] is not None for row in rows] == [True, False, False]
        assert script.patch(f"{comments}{elsewhere['id']}/", {"resolved": False}).status_code == 404
        assert script.patch(f"{comments}{first['id']}/", {}).status_code == 422
        with factories.acting(ada, acme) as actor:
            delete_comment(actor=actor, comment=get_comment(actor=actor, comment_id=first["id"]))
        answer = script.patch(f"{comments}{second['id']}/", {"resolved": False})
        assert answer.json()["id"] == second["id"], "what is left of the thread"

    @pytest.mark.parametrize(
        ("body", "code"), [({}, 400), ({"body": "\x00"}, 400), ({"body": " "}, 422), ({"body": "x" * 100_001}, 422)]
    )
    def test_without_words_or_with_too_many_are_refused(
        self, script: Script, acme: Organization, ada: User, flow: Project, body: Any, code: int
    ) -> None:
        factories.make_issues(acme, flow, ada, "Dock")
        assert script.post("issues/FLOW-1/comments/", body).status_code == code

    def test_markup_is_kept_as_written(self, script: Script, acme: Organization, ada: User, flow: Project) -> None:
        factories.make_issues(acme, flow, ada, "Dock")
        text = "<script>alert(1)</script>"
        answer = script.post("issues/FLOW-1/comments/", {"body": text})
        assert answer.json()["body"] == text
        assert answer["Content-Type"] == "application/json"
        assert answer["X-Content-Type-Options"] == "nosniff"


class TestBodies:
    def test_a_form_instead_of_json(self, script: Script, flow: Project) -> None:
        answer = Client().post(
            f"/api/v1/orgs/{script.org}/projects/FLOW/issues/",
            {"title": "A"},
            headers={"authorization": f"Bearer {script.secret}"},
        )
        assert answer.status_code == 415


class TestRoles:
    @pytest.mark.parametrize(
        ("role", "reads", "comments", "writes"),
        [("viewer", 200, 403, 403), ("commenter", 200, 201, 403), ("member", 200, 201, 200), (None, 404, 404, 404)],
    )
    def test_a_guest_can_do_what_the_project_gave_them(
        self, acme: Organization, ada: User, secret: Project, role: str | None, reads: int, comments: int, writes: int
    ) -> None:
        guest = factories.make_member(acme, OrgRole.GUEST, "Gus Guest")
        if role:
            factories.give_role(acme, secret, guest, role)
        factories.make_issues(acme, secret, ada, "Canary")
        script = make_script(guest, acme)
        assert script.get("issues/SECRET-1/").status_code == reads
        assert script.get("projects/SECRET/").status_code == reads
        assert script.get("projects/SECRET/issues/").status_code == reads
        assert script.get("projects/SECRET/events").status_code == reads
        assert script.get("issues/SECRET-1/comments/").status_code == reads
        world = World(acme)
        assert script.patch("issues/SECRET-1/", {"title": "B"}).status_code == writes
        assert script.post("issues/SECRET-1/move/", {}).status_code == writes
        created = script.post("projects/SECRET/issues/", {"title": "C"}).status_code
        assert created == (201 if writes == 200 else writes)
        if writes != 200:
            assert world.is_unchanged()
        assert script.post("issues/SECRET-1/comments/", {"body": "Hm"}).status_code == comments
