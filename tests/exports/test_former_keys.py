"""Keys that a project had before lead on to it in another organization as well."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as live_settings
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from apps.accounts.models import User
from apps.core.errors import Forbidden
from apps.core.tenancy import Origin, run_as_system
from apps.imports.records import ProjectRecord
from apps.imports.services import note_project, write_former_keys
from apps.orgs.models import Organization
from apps.projects.models import FormerKey, Project
from apps.projects.selectors import present_key
from apps.projects.services import change_project_key, delete_project, import_former_keys
from tests.exports.test_configuration import about, take_back
from tests.exports.test_round_trip import a_zip
from tests.factories import acting, make_org, make_project
from tests.imports.records import SOURCE, make_run
from tests.imports.test_import_tracker import import_tracker

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _place(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path / "media")
    settings.STORAGES = {**live_settings.STORAGES, "attachments": {"BACKEND": "apps.core.files.LocalFiles"}}


@pytest.fixture
def globex(ada: User) -> Organization:
    return make_org(ada, "Globex", "globex")


def rename(ada: User, org: Organization, project: Project, *keys: str) -> None:
    with acting(ada, org) as actor:
        for key in keys:
            change_project_key(actor=actor, project=Project.objects.get(pk=project.pk), key=key)


@pytest.fixture
def first(ada: User, acme: Organization, flow: Project, tmp_path: Path) -> Path:
    """The archive of FLOW, which was called ZOO and AREA before."""
    rename(ada, acme, flow, "ZOO", "AREA", "FLOW")
    return taken_out(acme, tmp_path / "first.zip")


def taken_out(org: Organization, path: Path) -> Path:
    call_command("export_archive", org=org.slug, out=path, stdout=StringIO())
    return path


def told(account: dict[str, Any]) -> list[str]:
    return [each["reason"] for each in account["problems"] if each["field"] == "former_keys"]


def leads(org: Organization, key: str) -> str | None:
    with run_as_system(org_id=org.pk) as actor:
        return present_key(actor=actor, former=key)


HERE_BEFORE = "The project was here before, so these keys that it had there do not lead to it: "
ANOTHERS = "Another project has or had these keys here, so they do not lead to this one: "


class TestANewProject:
    def test_has_the_keys_that_it_had_in_their_order_and_once(
        self, globex: Organization, first: Path, tmp_path: Path
    ) -> None:
        account = import_tracker(first, "--org", globex.slug)
        assert told(account) == []
        assert about(first, "FLOW")["former_keys"] == ["ZOO", "AREA"]
        assert about(taken_out(globex, tmp_path / "second.zip"), "FLOW")["former_keys"] == ["ZOO", "AREA"]
        assert (leads(globex, "ZOO"), leads(globex, "AREA"), leads(globex, "FLOW")) == ("FLOW", "FLOW", None)
        assert told(import_tracker(first, "--org", globex.slug)) == []
        assert take_back(globex, account)["kept"] == []
        with run_as_system(org_id=globex.pk):
            assert not Project.objects.exists()
            assert not FormerKey.objects.exists()

    def test_leaves_those_of_other_projects_to_them(self, ada: User, globex: Organization, first: Path) -> None:
        make_project(globex, ada, "ZOO")
        other = make_project(globex, ada, "AREA", visibility="private")
        rename(ada, globex, other, "FIELD")
        account = import_tracker(first, "--org", globex.slug)
        assert told(account) == [ANOTHERS + "ZOO, AREA."]
        assert leads(globex, "AREA") == "FIELD"
        take_back(globex, account)
        assert leads(globex, "AREA") == "FIELD"

    def test_leaves_those_of_a_deleted_project_to_it(self, ada: User, globex: Organization, first: Path) -> None:
        other = make_project(globex, ada, "ZOO")
        with acting(ada, globex) as actor:
            delete_project(actor=actor, project=Project.objects.get(pk=other.pk), confirmation="Project ZOO")
        assert told(import_tracker(first, "--org", globex.slug)) == [ANOTHERS + "ZOO."]
        assert leads(globex, "AREA") == "FLOW"

    def test_may_have_one_of_them_for_its_own(self, globex: Organization, first: Path) -> None:
        account = import_tracker(first, "--org", globex.slug, "--project", "AREA")
        assert told(account) == []
        assert (leads(globex, "ZOO"), leads(globex, "AREA")) == ("AREA", None)


class TestAProjectThatWasHere:
    def test_gets_none_and_says_so(self, ada: User, globex: Organization, first: Path) -> None:
        rename(ada, globex, make_project(globex, ada, "ZOO"), "OWN")
        account = import_tracker(first, "--org", globex.slug, "--project", "OWN")
        assert told(account) == [HERE_BEFORE + "AREA."]
        assert (leads(globex, "ZOO"), leads(globex, "AREA")) == ("OWN", None)

    def test_has_its_own_already(self, acme: Organization, first: Path) -> None:
        assert told(import_tracker(first, "--org", acme.slug)) == []


class TestByHand:
    @pytest.mark.parametrize(
        "wrong",
        ["flow", "F", "../X", "TOOLONGBYFAR", 7, None, "A1\n"],
        ids=["small", "short", "path", "long", "number", "nothing", "line"],
    )
    def test_what_is_no_key_is_left_out_and_told(self, acme: Organization, tmp_path: Path, wrong: Any) -> None:
        members = {
            "projects/PLANT/project.json": json.dumps({"key": "PLANT", "name": "P", "former_keys": ["OLD", wrong]}),
            "projects/PLANT/issues.ndjson": "",
            "projects/PLANT/sprints.ndjson": "",
        }
        account = import_tracker(a_zip(tmp_path / "a.zip", members), "--org", acme.slug)
        assert told(account) == ["1 of them are not as FlowBoard writes them, and were left out."]
        with run_as_system(org_id=acme.pk):
            assert [each.key for each in FormerKey.objects.all()] == ["OLD"]


class TestWriting:
    def test_needs_as_many_statements_for_many_keys(self, ada: User, acme: Organization) -> None:
        def statements(count: int) -> int:
            project = make_project(acme, ada, f"LAMP{count}")
            run = make_run(project)
            keys = [f"L{count}X{number}" for number in range(count)]
            told_of = ProjectRecord(key=project.key, name="Lamps", former_keys=keys)
            with run_as_system(org_id=acme.pk, origin=Origin.IMPORT) as actor:
                note_project(actor=actor, run=run, project=project, source=SOURCE, is_made=True)
            with (
                CaptureQueriesContext(connection) as queries,
                run_as_system(org_id=acme.pk, origin=Origin.IMPORT) as actor,
            ):
                account = write_former_keys(actor=actor, project=project, row="row", about=told_of, run=run)
            assert account.problems == []
            assert leads(acme, keys[-1]) == project.key
            return len(queries)

        statements(1)
        assert statements(3) == statements(9)

    def test_is_for_flowboard_alone(self, ada: User, acme: Organization, flow: Project) -> None:
        with acting(ada, acme) as actor, pytest.raises(Forbidden):
            import_former_keys(actor=actor, project=flow, keys=["OLD"])
