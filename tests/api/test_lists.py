"""Lists of issues: what narrows and orders them, what comes with them, and reading them while somebody writes."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.models import User
from apps.issues.models import Issue
from apps.issues.services import add_comment, archive_issue, edit_issue, link_issues
from apps.orgs.models import Organization
from apps.projects.models import Project, Status
from apps.projects.services import create_field, create_version
from apps.sprints.services import create_sprint
from tests import factories
from tests.api.conftest import Script, make_script

pytestmark = pytest.mark.django_db
LIST = "projects/FLOW/issues/"


def titles(script: Script, path: str) -> list[str]:
    answer = script.get(path)
    assert answer.status_code == 200, answer.content
    return [row["title"] for row in answer.json()["results"]]


class TestFilters:
    def test_narrow_to_ones_favourites_and_what_one_watches(
        self, script: Script, acme: Organization, ada: User, flow: Project
    ) -> None:
        factories.make_issues(acme, flow, factories.make_member(acme), "Dock", "Weld", "Paint")
        script.put("issues/FLOW-1/star/")
        script.put("issues/FLOW-2/watchers/me/")
        mateo = make_script(factories.make_member(acme, name="Mateo"), acme)
        for path in (LIST, "issues/"):
            assert titles(script, path + "?starred=true") == ["Dock"]
            assert titles(script, path + "?watched=true") == ["Weld"]
            assert sorted(titles(script, path + "?starred=false")) == ["Paint", "Weld"]
            assert titles(mateo, path + "?starred=true") == []
        # No fact of the project tells of it, so it is read anew each time.
        tag = script.get(LIST + "?starred=true").headers.get("ETag")
        assert tag is None

    def test_narrow_to_whatever_the_page_can_and_more(
        self, script: Script, acme: Organization, ada: User, flow: Project
    ) -> None:
        mateo = factories.make_member(acme)
        with factories.acting(ada, acme) as actor:
            epic_type, bug = flow.issue_types.get(name="Epic"), flow.issue_types.get(name="Bug")
            version = create_version(actor=actor, project=flow, name="2.1")
            sprint = create_sprint(actor=actor, project=flow, name="Sprint 1")
            size = create_field(actor=actor, project=flow, name="Size", kind="select", options=["S", "L"])
            large = size.choices[1].id
            doing = Status.objects.get(project=flow, category="in_progress", name="In progress")
        (epic,) = factories.make_issues(acme, flow, ada, "Rover", type=epic_type)
        factories.make_issues(
            acme, flow, ada, "Whole", type=bug, parent=epic, assignee=mateo, sprint_id=sprint.pk, priority=3,
            fix_versions=[version], values={size.pk: large}, status=doing,
        )  # fmt: skip
        factories.make_issues(acme, flow, mateo, "Bare", "Old")
        with factories.acting(ada, acme) as actor:
            old = Issue.objects.select_related("project").get(title="Old")
            archive_issue(actor=actor, issue=old)
            long_ago = timezone.now() - timedelta(days=400)
            Issue.objects.filter(title="Bare").update(created_at=long_ago, updated_at=long_ago)
        since = (timezone.now() - timedelta(days=1)).isoformat().replace("+00:00", "Z")
        for query, found in {
            f"type={bug.pk}": ["Whole"],
            "category=in_progress": ["Whole"],
            f"status={doing.pk}": ["Whole"],
            "priority=high": ["Whole"],
            "assignee=none": ["Rover", "Bare"],
            f"reporter={mateo.pk}": ["Bare"],
            "reporter=me": ["Rover", "Whole"],
            f"version={version.pk}": ["Whole"],
            f"sprint={sprint.pk}": ["Whole"],
            "sprint=none": ["Rover", "Bare"],
            f"parent={epic.pk}": ["Whole"],
            "parent=none": ["Rover", "Bare"],
            f"field_{size.pk}={large}": ["Whole"],
            f"field_{size.pk}={size.choices[0].id}": [],
            f"created_since={since}": ["Rover", "Whole"],
            f"created_until={since}": ["Bare"],
            f"updated_until={since}": ["Bare"],
            "archived=only": ["Old"],
            "archived=include": ["Rover", "Whole", "Bare", "Old"],
            f"type={bug.pk}&priority=low": [],
        }.items():
            assert titles(script, f"{LIST}?{query}") == found, query
            across = titles(script, f"issues/?{query}")
            assert Counter(across) == Counter(found), query
        assert titles(script, "issues/?q=flow-2") == ["Whole"]
        assert titles(script, LIST + "?ordering=rank") == ["Rover", "Whole", "Bare"]

    @pytest.mark.parametrize(
        "query", ["field_1=x", "field_1=true", "category=open", "archived=yes", "sprint=me", "priority=4", "parent=0"]
    )
    def test_that_make_no_sense_are_named(self, script: Script, flow: Project, query: str) -> None:
        for path in (LIST, "issues/"):
            answer = script.get(f"{path}?{query}")
            assert (answer.status_code, list(answer.json()["errors"])) == (400, [query.partition("=")[0]])
        assert script.get("issues/?ordering=rank").status_code == 400


class TestAcrossProjects:
    def test_has_what_the_caller_sees_and_no_more(
        self, script: Script, acme: Organization, ada: User, flow: Project, secret: Project
    ) -> None:
        factories.make_issues(acme, flow, ada, "Dock")
        factories.make_issues(acme, secret, ada, "Canary")
        assert titles(script, "issues/") == ["Canary", "Dock"]
        assert titles(script, "issues/?ordering=updated_at") == ["Dock", "Canary"]
        page = script.get("issues/?limit=1").json()
        assert titles(script, page["next"]) == ["Dock"]
        other = make_script(factories.make_member(acme), acme)
        assert titles(other, "issues/") == ["Dock"]
        assert titles(other, "issues/?q=SECRET-1") == []


class TestExpanding:
    def test_adds_what_belongs_to_issues_and_costs_the_same_however_many(
        self, script: Script, acme: Organization, ada: User, flow: Project, secret: Project
    ) -> None:
        names = ["comments", "links", "attachments", "watchers"]
        (hidden,) = factories.make_issues(acme, secret, ada, "Canary")

        def fill(*names: str) -> None:
            made = factories.make_issues(acme, flow, ada, *names)
            with factories.acting(ada, acme) as actor:
                for issue in made:
                    issue = Issue.objects.select_related("project").get(pk=issue.pk)  # noqa: PLW2901
                    for number in range(22):
                        add_comment(actor=actor, issue=issue, body=f"Said {number}")
                    factories.attach_one(actor, issue, "plan.txt", b"Text.")
                    link_issues(actor=actor, source=issue, target=hidden, kind="blocks")

        def queries(path: str) -> int:
            with CaptureQueriesContext(connection) as captured:
                assert script.get(path).status_code == 200
            return sum('"' in query["sql"] and "SAVEPOINT" not in query["sql"] for query in captured)

        fill("Dock")
        path = f"{LIST}?expand={','.join(names)}"
        few = queries(path)
        fill("Weld", "Paint")
        assert queries(path) == few
        assert few <= 10
        row = script.get(path).json()["results"][-1]
        assert [each["body"] for each in row["comments"]] == [f"Said {number}" for number in range(2, 22)]
        assert [each["name"] for each in row["attachments"]] == ["plan.txt"]
        assert [each["name"] for each in row["watchers"]] == [ada.name]
        assert [(each["kind"], each["issue"]["key"]) for each in row["links"]] == [("blocks", "SECRET-1")]
        one = script.get("issues/FLOW-3/?expand=links,comments&fields=key").json()
        assert one.keys() == {"key", "links", "comments"}
        assert names[2] not in script.get("issues/FLOW-3/").json()
        other = make_script(factories.make_member(acme), acme)
        assert other.get("issues/FLOW-3/?expand=links").json()["links"] == []

    def test_with_what_changes_elsewhere_is_read_anew(
        self, script: Script, acme: Organization, ada: User, flow: Project
    ) -> None:
        factories.make_issues(acme, flow, ada, "Dock")
        tag = script.get("issues/FLOW-1/?expand=comments")["ETag"]
        assert script.get("issues/FLOW-1/?expand=comments", if_none_match=tag).status_code == 304
        tag = script.get("issues/FLOW-1/?expand=links")["ETag"]
        assert script.get("issues/FLOW-1/?expand=links", if_none_match=tag).status_code == 200


class TestReadingWhileOthersWrite:
    """One edit between each two pages: what ADR 45 says of each order."""

    ORDERS = (
        "number", "-number", "rank", "status", "-status", "priority", "-priority", "points", "-points", "updated_at",
        "-updated_at",
    )  # fmt: skip

    @pytest.mark.parametrize("ordering", ORDERS)
    def test_each_row_that_stays_is_visited_once(
        self, script: Script, acme: Organization, ada: User, flow: Project, ordering: str
    ) -> None:
        made = []
        for number in range(8):
            points = None if number == 3 else number % 3
            made += factories.make_issues(acme, flow, ada, f"Issue {number}", priority=number % 3, points=points)
        touched = made[1:5]
        visits: Counter[str] = Counter()
        url: str | None = f"{LIST}?limit=2&ordering={ordering}"
        pages = 0
        while url:
            page: Any = script.get(url).json()
            visits.update(row["title"] for row in page["results"])
            if pages < len(touched):
                with factories.acting(ada, acme) as actor:
                    issue = Issue.objects.select_related("project").get(pk=touched[pages].pk)
                    values = {"priority": 4, "points": 9, "description": "Touched."}
                    edit_issue(actor=actor, issue=issue, values=values)
                factories.make_issues(acme, flow, ada, f"Meanwhile {pages}")
            url, pages = page["next"], pages + 1
            assert pages < 20
        still = [issue.title for issue in made if issue not in touched]
        assert [visits[title] for title in still] == [1] * len(still)
        others = [visits[issue.title] for issue in touched]
        if ordering in {"number", "-number", "rank", "status", "-status"}:
            assert others == [1] * len(others), "an edit moves none of them"
        elif ordering == "updated_at":
            assert min(others) >= 1, "what changes comes again, and is never missed"
        if ordering in {"number", "rank", "updated_at"}:
            assert sum(visits[f"Meanwhile {number}"] for number in range(4)) == 4
