"""How many points people take on in sprints comes along."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as live_settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from apps.accounts.models import User
from apps.core.errors import Forbidden
from apps.core.tenancy import Origin, run_as_system
from apps.events.models import Event
from apps.imports.mapping import Mapping, People
from apps.imports.records import LedgerRecord, Person, ProjectRecord, SprintRecord, Unreadable
from apps.imports.services import write_capacities, write_project
from apps.orgs.models import Organization
from apps.projects.models import Project
from apps.sprints.facts import CapacityChanged
from apps.sprints.models import Capacity, Sprint
from apps.sprints.services import create_sprint, import_capacities, set_capacity
from tests.exports.test_configuration import take_back
from tests.exports.test_round_trip import a_zip, lines, read, taken_out
from tests.factories import acting, make_issues, make_member, make_org, make_project
from tests.imports.records import SOURCE, make_run
from tests.imports.test_import_tracker import import_tracker

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _place(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path / "media")
    settings.STORAGES = {**live_settings.STORAGES, "attachments": {"BACKEND": "apps.core.files.LocalFiles"}}


@pytest.fixture
def globex(ada: User) -> Organization:
    """Another organization, in which Ada works and Mateo does not."""
    return make_org(ada, "Globex", "globex")


@pytest.fixture
def first(ada: User, acme: Organization, flow: Project, tmp_path: Path) -> Path:
    """The archive of a project in which Ada and Mateo take on points in a sprint."""
    mateo = make_member(acme)
    with acting(ada, acme) as actor:
        sprint = create_sprint(actor=actor, project=flow, name="Sprint 1")
        set_capacity(actor=actor, sprint=sprint, points={ada.pk: "7.5", mateo.pk: "5"})
        create_sprint(actor=actor, project=flow, name="Sprint 2")
    return taken_out(acme, tmp_path / "first.zip")


def told(account: dict[str, Any]) -> list[str]:
    return [each["reason"] for each in account["problems"] if each["field"] == "capacity"]


def taken_on(org: Organization) -> list[tuple[str, str, Decimal]]:
    with run_as_system(org_id=org.pk):
        rows = Capacity.objects.order_by("sprint__name", "user__name")
        return list(rows.values_list("sprint__name", "user__name", "points"))


STRANGER = "What these take on in “Sprint 1” was left out, since they cannot be given issues here: Mateo Ruiz."
KEPT = "“Sprint 1” was here before: how many points people take on in it stays as it was."


class TestArchives:
    def test_tell_who_takes_on_how_much(self, first: Path) -> None:
        one, other = lines(first, "sprints")
        assert [(each["person"]["name"], each["points"]) for each in one["capacities"]] == [
            ("Ada Okafor", "7.50"),
            ("Mateo Ruiz", "5.00"),
        ]
        assert other["capacities"] == []

    def test_ask_as_often_however_many_people(
        self, ada: User, acme: Organization, flow: Project, first: Path, tmp_path: Path
    ) -> None:
        def asked(name: str) -> int:
            with CaptureQueriesContext(connection) as queries:
                taken_out(acme, tmp_path / name)
            return len(queries)

        few = asked("few.zip")
        people = [make_member(acme, name=f"Member {number}") for number in range(4)]
        with acting(ada, acme) as actor:
            for sprint in Sprint.objects.select_related("project").filter(project=flow):
                set_capacity(actor=actor, sprint=sprint, points={each.pk: "3" for each in people})
        assert asked("many.zip") == few


class TestSprints:
    def test_come_with_what_members_take_on_and_the_rest_is_told(self, globex: Organization, first: Path) -> None:
        account = import_tracker(first, "--org", globex.slug)
        assert account["failed"] == 0
        assert told(account) == [STRANGER]
        assert taken_on(globex) == [("Sprint 1", "Ada Okafor", Decimal("7.5"))]
        with run_as_system(org_id=globex.pk):
            assert Event.objects.filter(kind=CapacityChanged.kind).count() == 1

    def test_that_came_before_keep_what_is_said_here(
        self, ada: User, acme: Organization, globex: Organization, first: Path, tmp_path: Path
    ) -> None:
        account = import_tracker(first, "--org", globex.slug)
        assert told(import_tracker(first, "--org", globex.slug)) == [STRANGER]
        with acting(ada, acme) as actor:
            sprint = Sprint.objects.select_related("project").get(name="Sprint 1")
            set_capacity(actor=actor, sprint=sprint, points={ada.pk: "9"})
        newer = import_tracker(taken_out(acme, tmp_path / "second.zip"), "--org", globex.slug)
        assert told(newer) == [STRANGER, KEPT]
        assert taken_on(globex) == [("Sprint 1", "Ada Okafor", Decimal("7.5"))]
        assert take_back(globex, newer)["kept"] == []
        assert take_back(globex, account)["kept"] == []
        assert taken_on(globex) == []

    def test_go_with_it_from_a_project_that_stays(self, ada: User, globex: Organization, first: Path) -> None:
        make_issues(globex, make_project(globex, ada, "OWN"), ada, "Something to do")
        account = import_tracker(first, "--org", globex.slug, "--project", "OWN")
        assert len(taken_on(globex)) == 1
        assert take_back(globex, account)["kept"] == []
        assert taken_on(globex) == []

    def test_that_people_made_keep_what_they_say(self, ada: User, globex: Organization, first: Path) -> None:
        project = make_project(globex, ada, "OWN")
        with acting(ada, globex) as actor:
            create_sprint(actor=actor, project=project, name="sprint 1")
        account = import_tracker(first, "--org", globex.slug, "--project", "OWN")
        assert [each.casefold() for each in told(account)] == [STRANGER.casefold(), KEPT.casefold()]
        assert taken_on(globex) == []


LINE: dict[str, Any] = {"id": "7", "name": "Sprint 1", "state": "planned"}
ADA = {"id": "1", "name": "Ada Okafor"}


class TestByHand:
    @pytest.mark.parametrize(
        "wrong",
        [
            {"person": None, "points": "1"},
            {"points": "1"},
            {"person": ADA, "points": None},
            {"person": ADA, "points": "-1"},
            {"person": ADA, "points": "NaN"},
            {"person": ADA},
            "8",
        ],
        ids=["nobody", "no person", "nothing", "less", "no number", "no points", "text"],
    )
    def test_what_is_no_capacity_is_a_row_that_cannot_be_read(self, tmp_path: Path, wrong: Any) -> None:
        found = self.read(tmp_path, [wrong])
        assert isinstance(found, Unreadable)

    def test_more_people_than_an_organization_has_are_none(self, tmp_path: Path) -> None:
        good = {"person": ADA, "points": "1"}
        assert isinstance(self.read(tmp_path, [good]), LedgerRecord)
        assert isinstance(self.read(tmp_path, [good] * 2001), Unreadable)

    def read(self, tmp_path: Path, capacities: list[Any]) -> Any:
        path = a_zip(
            tmp_path / "a.zip",
            {
                "projects/FLOW/project.json": json.dumps({"key": "FLOW", "name": "Flow"}),
                "projects/FLOW/issues.ndjson": "",
                "projects/FLOW/sprints.ndjson": json.dumps(LINE | {"capacities": capacities}) + "\n",
            },
        )
        return read(path)[-1]


class TestWriting:
    def test_needs_as_many_statements_for_many_sprints(self, ada: User, acme: Organization, flow: Project) -> None:
        people = [Person(handle=ada.email, name=ada.name, email=ada.email), Person(handle="otto", name="Otto Lind")]
        run = make_run(flow)

        def statements(count: int) -> int:
            sprints = [SprintRecord(name=f"Sprint {count}.{n}", external_id=f"{count}.{n}") for n in range(count)]
            with run_as_system(org_id=acme.pk, origin=Origin.IMPORT) as actor:
                mapping = Mapping(Project.objects.get(pk=flow.pk), People(SOURCE))
                about = ProjectRecord(key="FLOW", name="Flow", sprints=sprints)
                write_project(actor=actor, mapping=mapping, source=SOURCE, about=about, run=run)
            rows = [
                (
                    sprint.name,
                    LedgerRecord(
                        sprint=sprint,
                        project_key="FLOW",
                        project_name="Flow",
                        run=0,
                        time_zone="UTC",
                        carried_to="",
                        lines=[],
                        capacities=[(person, Decimal(count)) for person in people],
                    ),
                )
                for sprint in sprints
            ]
            with (
                CaptureQueriesContext(connection) as queries,
                run_as_system(org_id=acme.pk, origin=Origin.IMPORT) as actor,
            ):
                account = write_capacities(actor=actor, mapping=mapping, run=run, rows=rows)
            assert len(account.problems) == count
            return len(queries)

        statements(1)
        assert statements(3) == statements(9)

    def test_is_for_flowboard_alone(self, ada: User, acme: Organization, flow: Project) -> None:
        with acting(ada, acme) as actor, pytest.raises(Forbidden):
            import_capacities(actor=actor, project=flow, points={})
