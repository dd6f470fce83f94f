"""Taking things out by script: tables at once, archives when they are written."""

import csv
import hashlib
import io
import os
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.models import User
from apps.core.tenancy import OrgRole, run_as_system
from apps.core.tenancy.doors import NoSuchToken
from apps.exports.models import ExportRun
from apps.exports.selectors.rows import issues_after
from apps.issues.models import Issue
from apps.orgs.models import ApiToken, Organization
from apps.orgs.services import create_api_token
from apps.projects.models import Project
from tests import factories
from tests.api.conftest import Script, World, make_script, when
from tests.exports.world import make_archive
from tests.processes import Workers, environment_for

TABLE = "projects/FLOW/issues.csv"


def limited(user: User, org: Organization, project: Project, *scopes: str) -> Script:
    """A script whose token was made for one project."""
    with factories.acting(user, org) as actor:
        _token, secret = create_api_token(
            actor=actor, name="limited", scopes=list(scopes or ("write",)), project_ids=[project.pk]
        )
    return Script(org.slug, secret)


def archive_of(user: User, org: Organization, project: Project | None, **fields: Any) -> ExportRun:
    with factories.acting(user, org) as actor:
        any_project = Project.objects.order_by("pk")[0] if project is None else project
        run = make_archive(actor=actor, project=any_project, **fields)
        if project is None:
            ExportRun.objects.filter(pk=run.pk).update(project=None)
    return run


def content(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


def rows(answer: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content(answer).decode("utf-8-sig"))))


@pytest.mark.django_db
class TestTables:
    @pytest.fixture
    def made(self, acme: Organization, ada: User, flow: Project) -> list[Issue]:
        """FLOW-1 and FLOW-2, of which the second is Ada's."""
        (first,) = factories.make_issues(acme, flow, ada, "Dock the rover")
        (second,) = factories.make_issues(acme, flow, ada, "=Weld", assignee=ada, priority=3)
        return [first, second]

    def test_have_every_issue_or_those_that_are_asked_for(
        self, acme: Organization, ada: User, script: Script, made: list[Issue]
    ) -> None:
        answer = script.get(TABLE)
        assert answer["Content-Type"].startswith("text/csv")
        assert answer["Content-Disposition"].startswith('attachment; filename="FLOW-')
        assert (answer["Cache-Control"], answer["X-Content-Type-Options"]) == ("private, no-store", "nosniff")
        everything = rows(answer)
        assert [row["Key"] for row in everything] == ["FLOW-1", "FLOW-2"]
        assert everything[1]["Title"] == "'=Weld", "no spreadsheet takes it for a formula"
        assert everything[0]["Created"].endswith("+00:00")
        for query in ("assignee=me", "priority=high", "q=weld", f"assignee={ada.pk}"):
            assert [row["Key"] for row in rows(script.get(f"{TABLE}?{query}"))] == ["FLOW-2"], query
        assert content(script.get(f"{TABLE}?bom=true")).startswith(b"\xef\xbb\xbf")

    def test_end_when_the_token_does(
        self, acme: Organization, ada: User, script: Script, made: list[Issue], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("apps.exports.table.issues_after", partial(issues_after, at_once=1))
        pieces = script.get(TABLE).streaming_content
        assert next(pieces).startswith(b"Key")
        assert b"FLOW-1" in next(pieces)
        with factories.acting(ada, acme):
            ApiToken.objects.update(revoked_at=timezone.now())
        with pytest.raises(NoSuchToken):
            list(pieces)

    def test_say_no_more_than_the_token_may_know(
        self, acme: Organization, ada: User, flow: Project, made: list[Issue]
    ) -> None:
        other = factories.make_project(acme, ada, "OTHER")
        (above,) = factories.make_issues(acme, other, ada, "Elsewhere")
        with factories.acting(ada, acme):
            Issue.objects.filter(pk=made[0].pk).update(parent=above)
        assert rows(make_script(ada, acme, "exports:read").get(TABLE))[0]["Parent"] == "OTHER-1"
        assert rows(limited(ada, acme, flow, "exports:read").get(TABLE))[0]["Parent"] == ""

    def test_are_read_in_pieces_however_many_there_are(
        self, acme: Organization, ada: User, flow: Project, script: Script, made: list[Issue]
    ) -> None:
        def asked() -> int:
            with CaptureQueriesContext(connection) as queries:
                content(script.get(TABLE))
            return len(queries)

        few = asked()
        factories.make_issues(acme, flow, ada, *(f"More {number}" for number in range(9)))
        assert asked() == few


@pytest.mark.django_db
class TestArchives:
    def test_are_asked_for_one_at_a_time(self, script: Script, flow: Project) -> None:
        answer = script.post("exports/", {"project": "FLOW"})
        assert answer.status_code == 202
        assert answer["Location"].endswith(f"/api/v1/orgs/{script.org}/exports/{answer.json()['id']}/")
        assert script.get(answer["Location"]).json() == answer.json()
        assert (answer.json()["state"], answer.json()["project"]) == ("waiting", "FLOW")
        again = script.post("exports/", {"project": None})
        assert (again.status_code, again.json()["type"]) == (409, "about:blank#OneAtATime")
        # Nothing waits any more: it is not written on.
        assert script.delete(answer["Location"]).status_code == 204
        assert script.post("exports/", {"project": None}).json()["project"] is None

    def test_are_asked_for_once_with_a_key(self, script: Script, flow: Project) -> None:
        first, second = (script.post("exports/", {"project": "FLOW"}, idempotency_key="night") for _ in range(2))
        assert (first.json(), first["Location"]) == (second.json(), second["Location"])
        assert second["Idempotency-Replayed"] == "true"

    def test_are_listed_newest_first_and_by_project(
        self, acme: Organization, ada: User, flow: Project, script: Script
    ) -> None:
        other = factories.make_project(acme, ada, "OTHER")
        runs = [archive_of(ada, acme, project) for project in (flow, other, flow)]
        first = script.get("exports/?limit=2").json()
        assert [row["id"] for row in first["results"]] == [runs[2].pk, runs[1].pk]
        second = script.get(first["next"]).json()
        assert [row["id"] for row in second["results"]] == [runs[0].pk]
        assert script.get(second["previous"]).json()["results"] == first["results"]
        assert [row["id"] for row in script.get("exports/?project=OTHER").json()["results"]] == [runs[1].pk]
        assert script.get("exports/?project=NOPE").status_code == 404

        def asked() -> int:
            with CaptureQueriesContext(connection) as queries:
                script.get("exports/")
            return len(queries)

        few = asked()
        for _ in range(6):
            archive_of(ada, acme, other)
        assert asked() == few

    def test_are_downloaded_whole_or_in_part_until_their_time_is_over(
        self, acme: Organization, ada: User, flow: Project
    ) -> None:
        run = archive_of(ada, acme, flow)
        reads = make_script(ada, acme, "exports:read")
        answer = reads.get(f"exports/{run.pk}/content/")
        assert answer["Content-Disposition"].startswith('attachment; filename="flowboard-FLOW-')
        assert (answer["Content-Type"], answer["ETag"]) == ("application/octet-stream", f'"{run.sha256}"')
        assert hashlib.sha256(content(answer)).hexdigest() == run.sha256
        part = reads.get(f"exports/{run.pk}/content/", range="bytes=0-3")
        assert (part.status_code, content(part)) == (206, b"PK\x05\x06")
        assert reads.get(f"exports/{run.pk}/content/", if_none_match=f'"{run.sha256}"').status_code == 304
        everything = archive_of(ada, acme, None)
        assert content(reads.get(f"exports/{everything.pk}/content/")) == b"PK\x05\x06" + b"\0" * 18
        with factories.acting(ada, acme):
            ExportRun.objects.update(expires_at=timezone.now() - timedelta(1))
        assert reads.get(f"exports/{run.pk}/").json()["expired"]
        assert reads.get(f"exports/{run.pk}/content/").status_code == 404

    def test_that_are_being_written_cannot_be_downloaded(
        self, acme: Organization, ada: User, flow: Project, script: Script
    ) -> None:
        run = script.post("exports/", {"project": "FLOW"}).json()
        assert script.get(f"exports/{run['id']}/content/").status_code == 404

    def test_are_nobody_elses(self, acme: Organization, ada: User, flow: Project) -> None:
        run = archive_of(ada, acme, flow)
        grace = make_script(factories.make_member(acme, OrgRole.ADMIN, "Grace"), acme)
        world = World(acme)
        assert grace.get("exports/").json()["results"] == []
        for method, path in (("GET", ""), ("GET", "content/"), ("DELETE", "")):
            assert grace.call(method, f"exports/{run.pk}/{path}").status_code == 404
        assert world.is_unchanged()

    def test_are_for_those_who_administer_what_is_taken_out(self, acme: Organization, flow: Project) -> None:
        mateo = factories.make_member(acme)
        script = make_script(mateo, acme)
        world = World(acme)
        assert script.post("exports/", {"project": "FLOW"}).status_code == 403
        assert script.post("exports/", {"project": None}).status_code == 403
        assert world.is_unchanged()
        factories.give_role(acme, flow, mateo, "admin")
        assert script.post("exports/", {"project": "FLOW"}).status_code == 202

    def test_of_other_projects_are_not_there_for_a_token_of_one(
        self, acme: Organization, ada: User, flow: Project
    ) -> None:
        other = factories.make_project(acme, ada, "OTHER")
        own, others, all_of_it = (archive_of(ada, acme, project) for project in (flow, other, None))
        script = limited(ada, acme, flow)
        assert [row["id"] for row in script.get("exports/").json()["results"]] == [own.pk]
        world = World(acme)
        for run in (others, all_of_it):
            for method, path in (("GET", ""), ("GET", "content/"), ("DELETE", "")):
                assert script.call(method, f"exports/{run.pk}/{path}").status_code == 404
        assert script.post("exports/", {"project": "OTHER"}).status_code == 404
        assert script.post("exports/", {"project": None}).status_code == 403
        assert world.is_unchanged()
        assert script.get(f"exports/{own.pk}/content/").status_code == 200
        assert script.post("exports/", {"project": "FLOW"}).status_code == 202


@pytest.mark.django_db(transaction=True)
class TestTheWholeWay:
    @pytest.fixture
    def workers(self, ada: User, tmp_path: Path) -> Iterator[Workers]:
        made = Workers(environment_for(os.environ["FLOWBOARD_TEST_DATABASE"]), tmp_path / "workers.log")
        made.start(1, "--purge")
        made.wait()
        yield made
        made.kill()

    def test_from_asking_to_what_is_in_it(
        self, acme: Organization, ada: User, flow: Project, script: Script, workers: Workers
    ) -> None:
        factories.make_issues(acme, flow, ada, "Dock the rover", "Weld")
        asked = script.post("exports/", {"project": "FLOW"})
        run = when(script, asked["Location"], "ready")
        assert (run["state"], run["issues_done"], run["issues_total"]) == ("ready", 2, 2)
        whole = content(script.get(asked["Location"] + "content/"))
        assert (len(whole), hashlib.sha256(whole).hexdigest()) == (run["size"], run["sha256"])
        with zipfile.ZipFile(io.BytesIO(whole)) as archive:
            assert archive.testzip() is None
            told = archive.read("projects/FLOW/issues.ndjson").decode().splitlines()
        assert len(told) == 2
        assert "Dock the rover" in told[0]
        assert script.delete(asked["Location"]).status_code == 204
        assert script.get(asked["Location"]).status_code == 404
        with run_as_system(org_id=acme.pk):
            assert not ExportRun.objects.exists()
