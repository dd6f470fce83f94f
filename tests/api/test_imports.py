"""Bringing another tracker in by script: handed in, decided about, written, accounted for, and taken back."""

import csv
import io
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.core.errors import Forbidden
from apps.core.tenancy import OrgRole, run_as_system
from apps.imports.models import ImportProblem, ImportRun, MappingProfile
from apps.imports.selectors import get_import, get_profile
from apps.imports.services import cancel_import, delete_profile
from apps.issues.models import Issue
from apps.orgs.models import KeptAnswer, Organization
from apps.orgs.services import create_api_token
from apps.projects.models import Project, Status
from tests import factories
from tests.api.conftest import Script, Upload, World, make_script, when
from tests.imports.world import make_placeholder, make_run
from tests.processes import Workers, environment_for

TABLE = b"""\
Key,Title,Status,Type,Priority,Assignee,Labels,Created,Comment
LAMP-1,A lamp flickers,Selected,Improvement,Blocker,Mira Stone,hall,2024-03-01T08:30:00Z,It does.
LAMP-2,A lamp is dark,selected,Improvement,Major,Otto Lind,hall,2024-03-02T08:30:00Z,
LAMP-3,,Done,Bug,Minor,Mira Stone,,2024-03-03T08:30:00Z,
"""


def upload(data: bytes = TABLE, name: str = "lamps.csv", **fields: str) -> Upload:
    return Upload(name, data, fields, field="files")


def run_of(org: Organization, by: User, project: Project | None, state: str = "review", **fields: Any) -> ImportRun:
    with factories.acting(by, org) as actor:
        some = project or Project.objects.order_by("pk")[0]
        run = make_run(actor=actor, project=some, state=state, **fields)
        if project is None:
            ImportRun.objects.filter(pk=run.pk).update(project=None)
    return run


def limited(user: User, org: Organization, project: Project, *scopes: str) -> Script:
    """A script whose token was made for one project."""
    with factories.acting(user, org) as actor:
        _token, secret = create_api_token(
            actor=actor, name="limited", scopes=list(scopes or ("write",)), project_ids=[project.pk]
        )
    return Script(org.slug, secret)


def cost(script: Script, path: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert script.get(path).status_code == 200
    return len(queries)


@pytest.mark.django_db
class TestHandingIn:
    def test_says_where_to_look(self, script: Script, flow: Project) -> None:
        answer = script.post("imports/", upload(project="FLOW"))
        assert answer.status_code == 202
        run = answer.json()
        assert answer["Location"].endswith(f"/imports/{run['id']}/")
        assert (run["state"], run["project"], run["found"]) == ("surveying", "FLOW", None)
        assert [file["name"] for file in run["files"]] == ["lamps.csv"]
        assert script.get(answer["Location"]).json() == run

    def test_takes_several_files_at_once(self, script: Script, flow: Project) -> None:
        files = [SimpleUploadedFile(f"{name}.csv", TABLE) for name in ("one", "two")]
        answer = Client().post(
            f"/api/v1/orgs/{script.org}/imports/",
            {"files": files, "project_key": "lamp"},
            headers={"authorization": f"Bearer {script.secret}"},
        )
        run = answer.json()
        assert (run["project"], run["project_key"], len(run["files"])) == (None, "LAMP", 2)

    def test_is_done_once_with_a_key_and_keeps_no_files_with_it(
        self, acme: Organization, script: Script, flow: Project
    ) -> None:
        big = upload(TABLE + b",Again,,,,,,,\n" * 20_000, project="FLOW")
        first, second = (script.post("imports/", big, idempotency_key="once") for _ in range(2))
        assert (first.json(), first["Location"]) == (second.json(), second["Location"])
        assert script.post("imports/", upload(project="FLOW"), idempotency_key="once").status_code == 422
        with run_as_system(org_id=acme.pk):
            assert ImportRun.objects.count() == 1
            assert len(KeptAnswer.objects.get().body) < 2_000

    @pytest.mark.parametrize(
        ("sent", "code", "said"),
        [
            (upload(project="NOPE"), 404, ""),
            (upload(project="FLOW", project_key="LAMP"), 422, "not both"),
            (upload(project_key="1"), 422, "A key is 2 to 10"),
            (upload(b"", project="FLOW"), 422, "is empty"),
            (upload(b"\x89PNG\r\n\x1a\n", "a.png", project="FLOW"), 422, "a.png"),
            (upload(into="FLOW"), 400, "no such field"),
            (Upload("lamps.csv", TABLE, {"project": "FLOW"}), 400, "no such field"),
        ],
        ids=["no project", "two places", "no key", "empty", "no format", "no such field", "another name"],
    )
    def test_says_what_is_wrong_and_starts_nothing(
        self, acme: Organization, script: Script, flow: Project, sent: Upload, code: int, said: str
    ) -> None:
        world = World(acme)
        answer = script.post("imports/", sent)
        assert (answer.status_code, answer["Content-Type"]) == (code, "application/problem+json")
        assert said in answer.content.decode()
        assert world.is_unchanged()

    def test_refuses_more_than_an_import_takes(
        self, acme: Organization, script: Script, flow: Project, settings: Any
    ) -> None:
        settings.IMPORT_LARGEST = 100
        assert script.post("imports/", upload(project="FLOW")).status_code == 413

    def test_is_for_those_who_administer_where_it_goes(self, acme: Organization, flow: Project) -> None:
        mateo = factories.make_member(acme)
        script = make_script(mateo, acme)
        world = World(acme)
        assert script.post("imports/", upload(project="FLOW")).status_code == 403
        assert script.post("imports/", upload()).status_code == 403
        assert world.is_unchanged()


@pytest.mark.django_db
class TestDeciding:
    def test_a_section_is_read_and_changed_by_words(
        self, acme: Organization, ada: User, script: Script, flow: Project
    ) -> None:
        run = run_of(acme, ada, flow)
        here = f"imports/{run.pk}/sections/"
        assert [row["name"] for row in script.get(here).json()["results"]] == [
            "statuses", "types", "priorities", "people", "labels", "fields",
        ]  # fmt: skip
        section = script.get(here + "statuses/").json()
        with factories.acting(ada, acme):
            done = Status.objects.get(project=flow, name="Done")
        assert {"value": f"id-{done.pk}", "name": "Done"} in section["options"]
        first, second = script.get(here + "statuses/words/").json()["results"]
        assert (first["key"], first["count"], first["value"]) == ("Selected", 5, "")
        assert second["options"] == [{"value": "as-0", "name": "Same as “Selected”"}]
        assert section["alike"] == [["Selected", "selected"]]
        choices = {"Selected": f"id-{done.pk}", "selected": "as-0"}
        changed = script.patch(here + "statuses/", {"version": section["version"], "choices": choices})
        assert changed.status_code == 200
        assert changed.json()["chosen"] == 2
        page = script.get(here + "statuses/words/?limit=1").json()
        assert [row["value"] for row in page["results"]] == [f"id-{done.pk}"]
        assert [row["value"] for row in script.get(page["next"]).json()["results"]] == [f"id-{done.pk}"], "the same"
        assert [row["key"] for row in script.get(here + "people/words/?q=mira.s").json()["results"]] == ["mira.s"]
        with run_as_system(org_id=acme.pk):
            assert ImportRun.objects.get().choices["statuses"]["Selected"] == done.pk
        # What is not named stays.
        again = {"version": changed.json()["version"], "choices": {"selected": ""}}
        assert script.patch(here + "statuses/", again).json()["chosen"] == 1

    def test_what_was_decided_meanwhile_is_not_overwritten(
        self, acme: Organization, ada: User, script: Script, flow: Project
    ) -> None:
        here = f"imports/{run_of(acme, ada, flow).pk}/sections/priorities/"
        sent = {"version": script.get(here).json()["version"], "choices": {"Blocker": "is-1"}}
        assert script.patch(here, sent).status_code == 200
        world = World(acme)
        refused = script.patch(here, sent | {"choices": {"Blocker": "is-2"}})
        assert (refused.status_code, refused.json()["type"]) == (409, "about:blank#SectionChanged")
        assert world.is_unchanged()

    @pytest.mark.parametrize("choices", [{"Blocker": "is-9"}, {"Blocked": "is-1"}], ids=["no option", "no word"])
    def test_what_is_not_offered_is_refused(
        self, acme: Organization, ada: User, script: Script, flow: Project, choices: dict[str, str]
    ) -> None:
        here = f"imports/{run_of(acme, ada, flow).pk}/sections/priorities/"
        version = script.get(here).json()["version"]
        refused = script.patch(here, {"version": version, "choices": choices})
        assert (refused.status_code, refused.json()["field"]) == (422, "choices")
        assert script.get(here.replace("priorities", "nonsense")).status_code == 404
        assert script.get(here.replace("priorities", "columns")).status_code == 404, "it has none"

    def test_how_it_will_look(self, acme: Organization, ada: User, script: Script, flow: Project) -> None:
        run = run_of(acme, ada, flow)
        preview = script.get(f"imports/{run.pk}/preview/").json()
        assert (preview["issues"][0]["title"], preview["issues"][0]["priority"]) == ("A lamp flickers", "Urgent")
        assert preview["problems"] == [{"row": "lamps.csv:9", "field": "created", "reason": "There is no time."}]
        found = script.get(f"imports/{run.pk}/").json()["found"]
        assert (found["rows"], found["new"], found["changed"], found["same"], found["failed"]) == (14, 10, 1, 1, 1)

    def test_decisions_are_kept_used_again_and_deleted(
        self, acme: Organization, ada: User, script: Script, flow: Project
    ) -> None:
        first, second = run_of(acme, ada, flow), run_of(acme, ada, flow)
        here = f"imports/{first.pk}/sections/priorities/"
        script.patch(here, {"version": script.get(here).json()["version"], "choices": {"Blocker": "is-1"}})
        kept = script.post(f"imports/{first.pk}/profiles/", {"name": "Our Jira"}).json()
        assert [row["name"] for row in script.get("import-profiles/?source=jira").json()["results"]] == ["Our Jira"]
        assert script.get("import-profiles/?source=trello").json()["results"] == []
        used = script.post(f"imports/{second.pk}/profiles/{kept['id']}/use/")
        assert (used.status_code, used.json()["id"]) == (200, second.pk)
        lines = script.get(f"imports/{second.pk}/sections/priorities/words/").json()["results"]
        assert lines[0]["value"] == "is-1"
        assert script.delete(f"import-profiles/{kept['id']}/").status_code == 204
        assert script.post(f"imports/{second.pk}/profiles/{kept['id']}/use/").status_code == 404
        assert script.get("import-profiles/").json()["results"] == []

    def test_what_has_begun_is_not_decided_or_forgotten(
        self, acme: Organization, ada: User, script: Script, flow: Project
    ) -> None:
        run = run_of(acme, ada, flow, state="queued")
        sent = {"version": "x", "choices": {"Blocker": "is-1"}}
        world = World(acme)
        for method, path, body in (
            ("PATCH", "sections/priorities/", sent),
            ("POST", "start/", None),
            ("POST", "take-back/", None),
            ("DELETE", "", None),
        ):
            refused = script.call(method, f"imports/{run.pk}/{path}", body)
            assert (refused.status_code, refused.json()["type"]) == (409, "about:blank#NotNow"), path
        assert world.is_unchanged()
        assert script.post(f"imports/{run.pk}/cancel/").json()["state"] == "cancelled"
        assert script.delete(f"imports/{run.pk}/").status_code == 204
        assert script.get(f"imports/{run.pk}/").status_code == 404


@pytest.mark.django_db
class TestReading:
    def test_lists_are_read_in_pages_newest_first(
        self, acme: Organization, ada: User, script: Script, flow: Project
    ) -> None:
        runs = [run_of(acme, ada, flow) for _ in range(3)]
        first = script.get("imports/?limit=2").json()
        assert [row["id"] for row in first["results"]] == [runs[2].pk, runs[1].pk]
        assert [row["id"] for row in script.get(first["next"]).json()["results"]] == [runs[0].pk]
        few = cost(script, "imports/")
        for _ in range(6):
            run_of(acme, ada, flow)
        assert cost(script, "imports/") == few

    def test_problems_are_read_in_pages_and_as_a_table(
        self, acme: Organization, ada: User, script: Script, flow: Project
    ) -> None:
        run = run_of(acme, ada, flow, state="done")
        with run_as_system(org_id=acme.pk):
            ImportProblem.objects.bulk_create(
                ImportProblem(
                    org=acme, run=run, row=f"lamps.csv:{n}", field="=title", reason="None.", is_failure=n == 1
                )
                for n in range(1, 4)
            )
        here = f"imports/{run.pk}/problems"
        first = script.get(here + "/?limit=2").json()
        assert [(row["row"], row["is_failure"]) for row in first["results"]] == [
            ("lamps.csv:1", True), ("lamps.csv:2", False),
        ]  # fmt: skip
        second = script.get(first["next"]).json()
        assert [row["row"] for row in second["results"]] == ["lamps.csv:3"]
        assert script.get(second["previous"]).json()["results"] == first["results"]
        table = script.get(here + ".csv")
        assert table["Content-Type"].startswith("text/csv")
        told = list(csv.reader(io.StringIO(table.content.decode())))
        assert told[1] == ["lamps.csv:1", "'=title", "None.", "no"]
        assert len(told) == 4

    def test_what_stayed_is_read_in_pages(self, acme: Organization, ada: User, script: Script, flow: Project) -> None:
        kept = [{"key": f"LAMP-{n}", "reason": "It was changed since the import."} for n in range(5)]
        run = run_of(acme, ada, flow, state="reverted", counts={"kept": kept, "taken_back": {"issues": 3}})
        assert (script.get(f"imports/{run.pk}/").json()["kept"]) == 5
        pages = [script.get(f"imports/{run.pk}/kept/?limit=2").json()]
        while pages[-1]["next"]:
            pages.append(script.get(pages[-1]["next"]).json())
        assert [row for page in pages for row in page["results"]] == kept
        assert script.get(pages[2]["previous"]).json()["results"] == kept[2:4]
        assert script.get(pages[1]["previous"]).json()["results"] == kept[:2]

    def test_people_are_found_and_said_who_they_are(self, acme: Organization, ada: User, flow: Project) -> None:
        mateo = factories.make_member(acme)
        with run_as_system(org_id=acme.pk):
            mira, _other = make_placeholder(flow, "mira"), make_placeholder(flow, "other")
            User.objects.filter(pk=mira.pk).update(name="Mira Bold")
        script = make_script(ada, acme, "imports:write")
        first = script.get("imports/people/?limit=1").json()
        assert [row["name"] for row in first["results"]] == ["Mira Bold"]
        assert [row["name"] for row in script.get(first["next"]).json()["results"]] == ["Mira Stone"]
        assert [row["id"] for row in script.get("imports/people/?q=bold%20mira").json()["results"]] == [mira.pk]
        claim = script.post(f"imports/people/{mira.pk}/claim/", {"member": mateo.pk})
        assert claim.json() == {
            "placeholder": {"id": mira.pk, "name": "Mira Bold"},
            "member": {"id": mateo.pk, "name": mateo.name},
        }
        assert script.post(f"imports/people/{mira.pk}/claim/", {"member": mateo.pk}).status_code == 404
        assert make_script(mateo, acme).get("imports/people/").status_code == 403


@pytest.mark.django_db
class TestTokens:
    def test_that_read_see_what_their_owner_sees_and_change_nothing(
        self, acme: Organization, ada: User, flow: Project
    ) -> None:
        grace = factories.make_member(acme, OrgRole.ADMIN, "Grace")
        run = run_of(acme, grace, flow)
        reads = make_script(ada, acme, "imports:read")
        assert [row["id"] for row in reads.get("imports/").json()["results"]] == [run.pk]
        assert reads.get(f"imports/{run.pk}/sections/statuses/").status_code == 200
        assert reads.get("import-profiles/").status_code == 200
        refused = reads.post(f"imports/{run.pk}/start/")
        assert (refused.status_code, refused.json()["scope"]) == (403, "imports:write")

    def test_the_services_do_not_rely_on_the_endpoints(self, acme: Organization, ada: User, flow: Project) -> None:
        run = run_of(acme, ada, flow)
        with factories.acting(ada, acme) as actor:
            profile = MappingProfile.objects.create(org=acme, name="Ours", source="jira", created_by=ada)
            reader = replace(actor, scopes=frozenset({"read"}))
            with pytest.raises(Forbidden):
                cancel_import(actor=reader, run=get_import(actor=reader, pk=run.pk))
            with pytest.raises(Forbidden):
                delete_profile(actor=reader, profile=get_profile(actor=reader, pk=profile.pk))

    def test_of_one_project_know_of_no_other_import(self, acme: Organization, ada: User, flow: Project) -> None:
        other = factories.make_project(acme, ada, "OTHER")
        own, elsewhere, anywhere = (run_of(acme, ada, project, state="done") for project in (flow, other, None))
        script = limited(ada, acme, flow)
        assert [row["id"] for row in script.get("imports/").json()["results"]] == [own.pk]
        world = World(acme)
        for run in (elsewhere, anywhere):
            for method, path in (
                ("GET", ""),
                ("DELETE", ""),
                ("GET", "preview/"),
                ("GET", "problems/"),
                ("GET", "problems.csv"),
                ("POST", "take-back/"),
                ("POST", "cancel/"),
            ):
                assert script.call(method, f"imports/{run.pk}/{path}").status_code == 404, path
        assert script.post("imports/", upload(project="OTHER")).status_code == 404
        assert script.post("imports/", upload(project_key="OTHER")).status_code == 403
        assert script.post("imports/", upload()).status_code == 403
        assert script.get("imports/people/").status_code == 403
        assert world.is_unchanged()
        assert script.post("imports/", upload(project="FLOW")).status_code == 202
        # The same person's own token knows of all of them.
        assert len(make_script(ada, acme).get("imports/").json()["results"]) == 4


@pytest.mark.django_db(transaction=True)
class TestTheWholeWay:
    @pytest.fixture
    def _workers(self, ada: User, tmp_path: Path) -> Iterator[None]:
        made = Workers(environment_for(os.environ["FLOWBOARD_TEST_DATABASE"]), tmp_path / "workers.log")
        made.start(1, "--purge")
        made.wait()
        yield
        made.kill()

    @pytest.mark.usefixtures("_workers")
    def test_from_handing_in_to_taking_back(self, acme: Organization, ada: User, flow: Project, script: Script) -> None:
        def lamps() -> dict[str, str]:
            with run_as_system(org_id=acme.pk):
                found = Issue.objects.filter(project__key="LAMP").select_related("status").order_by("number")
                return {issue.title: issue.status.name for issue in found}

        where = script.post("imports/", upload(project_key="LAMP"))["Location"]
        run = when(script, where, "review")
        assert (run["found"]["rows"], run["found"]["new"], run["tracker"]) == (3, 3, "CSV")
        assert lamps() == {}

        statuses = script.get(where + "sections/statuses/").json()
        assert statuses["alike"] == [["Selected", "selected"]]
        words = script.get(where + "sections/statuses/words/").json()["results"]
        (same,) = [each["options"] for each in words if each["key"] == "selected"]
        choices = {"Selected": "new-in_progress", "selected": same[0]["value"]}
        sent = {"version": statuses["version"], "choices": choices}
        assert script.patch(where + "sections/statuses/", sent).json()["chosen"] == 2
        # Other columns: the dry run begins anew.
        columns = script.get(where + "sections/columns/").json()
        sent = {"version": columns["version"], "choices": {"Labels": "ignore"}}
        assert script.patch(where + "sections/columns/", sent).status_code == 200
        when(script, where, "review")
        assert "labels" not in [row["name"] for row in script.get(where + "sections/").json()["results"]]
        assert script.get(where + "preview/").json()["issues"][0]["title"] == "A lamp flickers"

        assert script.post(where + "start/").status_code == 202
        done = when(script, where, "done")
        assert (done["rows_done"], done["imported"], done["failed"], done["projects"]) == (3, 3, 0, ["LAMP"])
        assert done["brought"]["comments"] == 1
        assert done["rows_done"] == sum(done[name] for name in ("imported", "updated", "skipped", "failed"))
        assert list(lamps().values())[:2] == ["Selected", "Selected"]
        # The same file again has nothing new, only the labels that were left out.
        again = when(script, script.post("imports/", upload(project="LAMP"))["Location"], "review")
        assert [again["found"][name] for name in ("new", "changed", "same")] == [0, 2, 1]

        assert script.patch("issues/LAMP-1/", {"title": "A lamp flickered"}).status_code == 200
        assert script.post(where + "take-back/")["Location"] == where
        back = when(script, where, "reverted")
        assert back["taken_back"]["issues"] == 2
        kept = script.get(where + "kept/").json()["results"]
        assert kept[0] == {"key": "LAMP-1", "reason": "It was changed since the import."}
        assert back["kept"] == len(kept)
        assert list(lamps()) == ["A lamp flickered"]
