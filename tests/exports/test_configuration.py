"""What a project is made of comes back from its archive: in a new project, in an empty one, in one that is in use."""

import json
import zipfile
from datetime import date
from hashlib import sha256
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as live_settings
from django.core.management import call_command
from django.test import Client
from pytest_django import Settings

from apps.accounts.models import User
from apps.boards.models import Board
from apps.boards.services import (
    create_board,
    edit_board,
    import_configuration,
    remove_imported_parts,
    take_configuration_back,
)
from apps.core.errors import Forbidden, Invalid
from apps.core.tenancy import run_as_system
from apps.imports.models import ImportRun
from apps.imports.review import configurations_found
from apps.imports.services import confirm_import
from apps.issues.models import Issue
from apps.issues.services import NewIssue, create_issues, edit_issue, remove_imported_options
from apps.orgs.models import Membership, Organization
from apps.orgs.services import add_member
from apps.projects.models import CustomField, Project, ProjectMember
from apps.projects.services import (
    add_status,
    create_field,
    create_label,
    create_version,
    edit_label,
    give_roles,
    rename_option,
    set_project_role,
    set_time_tracking,
    set_triage,
    set_version_archived,
)
from apps.recurring.models import IssueTemplate
from apps.recurring.services import restore_template, retire_template
from tests.boards.test_copying import furnish, picture
from tests.factories import acting, make_issues, make_member, make_org, make_project, make_user
from tests.imports.bringing import surveyed, work
from tests.imports.test_import_tracker import import_tracker

pytestmark = pytest.mark.django_db(transaction=True)

SETTINGS = ("template", "visibility", "description", "has_triage", "has_time_tracking", "minutes_a_day", "days_a_week")
# What means nothing outside of the archive that it is in.
_OWN = {"id", "handle", "path", "rank"}


@pytest.fixture(autouse=True)
def _place(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path / "media")
    settings.STORAGES = {**live_settings.STORAGES, "attachments": {"BACKEND": "apps.core.files.LocalFiles"}}


@pytest.fixture
def mateo(acme: Organization) -> User:
    return make_member(acme)


@pytest.fixture
def globex(ada: User, mateo: User) -> Organization:
    """Another organization in which the same people work."""
    org = make_org(ada, "Globex", "globex")
    with run_as_system(org_id=org.pk) as actor:
        add_member(actor=actor, user=mateo, role="member")
    return org


@pytest.fixture
def plant(ada: User, acme: Organization, mateo: User) -> Project:
    """A project in which nothing is as a new one has it, with issues that have a value of each kind."""
    project = make_project(acme, ada, "PLANT", template="scrum", visibility="private", description="It **grows**.")
    make_member(acme, name="Olu Stranger")
    with acting(ada, acme) as actor:
        project = Project.objects.get(pk=project.pk)
        furnish(actor, project)
        set_project_role(actor=actor, project=project, user=mateo, role="commenter")
        project = set_triage(actor=actor, project=project, is_on=True)
        project = set_time_tracking(actor=actor, project=project, is_on=True, day="6h", days_a_week=4)
        create_version(actor=actor, project=project, name="1.0", description="The first.", start_date=date(2026, 1, 2))
        old = create_version(actor=actor, project=project, name="0.9", release_date=date(2025, 5, 6))
        set_version_archived(actor=actor, version=old, is_archived=True)
        make: dict[str, Any] = {"actor": actor, "project": project}
        choice = create_field(
            **make, name="Size", kind="select", options=["Small", "Large", "Vast"], help_text="How big?"
        )
        person = create_field(**make, name="Buyer", kind="user")
        values: dict[int, Any] = {
            create_field(**make, name="Note", kind="text").pk: "dry",
            create_field(**make, name="Height", kind="number").pk: "1.25",
            create_field(**make, name="Planted", kind="date").pk: "2026-03-04",
            choice.pk: choice.choices[1].id,
            person.pk: mateo.pk,
            create_field(**make, name="Page", kind="url").pk: "https://example.test/fern",
            create_field(**make, name="Indoors", kind="checkbox").pk: True,
        }
        testing = project.statuses.get(name="Testing 0")
        spike = project.issue_types.get(name="Spike 0")
        many = project.custom_fields.get(name="Customer 0")
        values[many.pk] = [option.id for option in many.choices]
        create_issues(
            actor=actor,
            project=project,
            batch=[NewIssue(title="A fern", type=spike, status=testing, values=values, points=3)],
        )
    return project


def taken_out(org: Organization, path: Path, key: str = "PLANT") -> Path:
    call_command("export_archive", org=org.slug, project=key, out=path, stdout=StringIO())
    return path


def about(path: Path, key: str = "PLANT") -> dict[str, Any]:
    """The document of a project, without what means nothing outside."""
    with zipfile.ZipFile(path) as archive:
        found: dict[str, Any] = json.loads(archive.read(f"projects/{key}/project.json"))
    return found


def values_in(path: Path) -> list[Any]:
    with zipfile.ZipFile(path) as archive:
        lines = archive.read("projects/PLANT/issues.ndjson").splitlines()
    return [plain(json.loads(line)["custom_values"]) for line in lines]


def plain(found: Any) -> Any:
    if isinstance(found, dict):
        return {name: plain(value) for name, value in found.items() if name not in _OWN}
    return [plain(each) for each in found] if isinstance(found, list) else found


def compared(document: dict[str, Any]) -> dict[str, Any]:
    """All that must be the same in the other organization."""
    left = {"created_at", "archived_at"}
    found = {name: value for name, value in plain(document).items() if name not in left}
    found["versions"] = [
        each | {"released_at": bool(each["released_at"]), "archived_at": bool(each["archived_at"])}
        for each in found["versions"]
    ]
    return found


def problems(account: dict[str, Any]) -> list[tuple[str, str]]:
    return [(each["field"], each["reason"]) for each in account["problems"]]


class TestInANewProject:
    def test_is_all_as_it_was(self, plant: Project, acme: Organization, globex: Organization, tmp_path: Path) -> None:
        first = taken_out(acme, tmp_path / "first.zip")
        account = import_tracker(first, "--org", globex.slug)
        assert problems(account) == []
        assert account["imported"] == 1
        second = taken_out(globex, tmp_path / "second.zip")
        assert compared(about(second)) == compared(about(first))
        assert values_in(second) == values_in(first)
        assert len(values_in(first)[0]) == 8
        assert [each["name"] for each in about(second)["versions"]] == ["1.0", "0.9"]
        again = import_tracker(first, "--org", globex.slug)
        assert (again["imported"], again["updated"], problems(again)) == (0, 0, [])
        assert compared(about(taken_out(globex, tmp_path / "third.zip"))) == compared(about(first))

    def test_is_gone_with_the_project_when_taken_back(
        self, plant: Project, acme: Organization, globex: Organization, tmp_path: Path
    ) -> None:
        account = import_tracker(taken_out(acme, tmp_path / "first.zip"), "--org", globex.slug)
        take_back(globex, account)
        with run_as_system(org_id=globex.pk):
            assert not Project.objects.exists()

    def test_stays_whole_where_an_issue_stays(
        self, ada: User, plant: Project, acme: Organization, globex: Organization, tmp_path: Path
    ) -> None:
        first = taken_out(acme, tmp_path / "first.zip")
        account = import_tracker(first, "--org", globex.slug)
        with run_as_system(org_id=globex.pk) as actor:
            edit_issue(actor=actor, issue=Issue.objects.select_related("project").get(), values={"title": "A palm"})
        take_back(globex, account)
        # Versions that nothing came with go one by one.
        assert compared(about(taken_out(globex, tmp_path / "second.zip"))) == compared(about(first)) | {"versions": []}

    def test_gives_roles_to_members_alone_and_somebody_administers_it(
        self, plant: Project, acme: Organization, ada: User, mateo: User, tmp_path: Path
    ) -> None:
        first = taken_out(acme, tmp_path / "first.zip")
        greta = make_user("Greta Owner")
        other = make_org(greta, "Initech", "initech")
        account = import_tracker(first, "--org", other.slug)
        assert ("members", "2 people who have a role there are no members here, or have one here already.") in problems(
            account
        )
        with run_as_system(org_id=other.pk):
            assert list(ProjectMember.objects.values_list("user_id", "role")) == [(greta.pk, "admin")]
            assert not Membership.objects.filter(user__in=[ada, mateo]).exists()
            template = IssueTemplate.objects.get()
            assert (template.assigns, template.assignee) == ("nobody", None)
            assert Project.objects.get().lead is None

    def test_lets_whoever_started_it_administer_a_private_one(
        self, plant: Project, acme: Organization, globex: Organization, tmp_path: Path
    ) -> None:
        first = taken_out(acme, tmp_path / "first.zip")
        olga = make_member(globex, "admin", "Olga Admin")
        run = surveyed(globex, first, by=olga)
        with acting(olga, globex) as actor:
            confirm_import(actor=actor, run=run)
        assert work(run).state == ImportRun.State.DONE
        with run_as_system(org_id=globex.pk):
            assert ProjectMember.objects.get(user=olga).role == "admin"


def take_back(org: Organization, account: dict[str, Any]) -> dict[str, Any]:
    out = StringIO()
    call_command("import_tracker", "--org", org.slug, "--take-back", str(account["run"]), "--json", stdout=out)
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


@pytest.fixture
def own(ada: User, globex: Organization) -> Project:
    """A project of the other organization that somebody has begun to configure."""
    project = make_project(globex, ada, "OWN")
    with acting(ada, globex) as actor:
        project = Project.objects.get(pk=project.pk)
        create_label(actor=actor, project=project, name="mine", hue=30)
        create_field(actor=actor, project=project, name="Mine", kind="select", options=["This", "That"])
        create_board(actor=actor, project=project, name="My board")
    return project


def drawn(org: Organization, project: Project) -> dict[str, Any]:
    with run_as_system(org_id=org.pk):
        return picture(Project.objects.get(pk=project.pk))


class TestInAnEmptyProject:
    def test_takes_the_place_of_what_was_there(
        self, plant: Project, own: Project, acme: Organization, globex: Organization, tmp_path: Path
    ) -> None:
        first = taken_out(acme, tmp_path / "first.zip")
        account = import_tracker(first, "--org", globex.slug, "--project", "OWN")
        assert account["imported"] == 1
        kept = {"key", "name", "description", "visibility", "lead", "members"}
        here = compared(about(taken_out(globex, tmp_path / "second.zip", "OWN"), "OWN"))
        there = compared(about(first))
        assert {name: value for name, value in here.items() if name not in kept} == {
            name: value for name, value in there.items() if name not in kept
        }
        assert (here["visibility"], here["name"]) == ("organization", "Project OWN")

    def test_comes_back_when_the_import_is_taken_back(
        self, plant: Project, own: Project, acme: Organization, globex: Organization, tmp_path: Path
    ) -> None:
        before = drawn(globex, own)
        account = import_tracker(taken_out(acme, tmp_path / "first.zip"), "--org", globex.slug, "--project", "OWN")
        assert drawn(globex, own) != before
        taken = take_back(globex, account)
        assert (drawn(globex, own), taken["kept"]) == (before, [])
        again = import_tracker(tmp_path / "first.zip", "--org", globex.slug, "--project", "OWN")
        assert again["imported"] == 1
        assert drawn(globex, own) != before

    def test_stays_when_people_changed_it_since(
        self, ada: User, plant: Project, own: Project, acme: Organization, globex: Organization, tmp_path: Path
    ) -> None:
        account = import_tracker(taken_out(acme, tmp_path / "first.zip"), "--org", globex.slug, "--project", "OWN")
        with acting(ada, globex) as actor:
            create_board(actor=actor, project=Project.objects.get(pk=own.pk), name="Since")
        after = drawn(globex, own)
        [kept] = take_back(globex, account)["kept"]
        assert "was changed since" in kept["reason"]
        assert drawn(globex, own) == after

    def test_stays_when_an_issue_stays(
        self, plant: Project, own: Project, acme: Organization, globex: Organization, tmp_path: Path
    ) -> None:
        account = import_tracker(taken_out(acme, tmp_path / "first.zip"), "--org", globex.slug, "--project", "OWN")
        with run_as_system(org_id=globex.pk) as actor:
            edit_issue(actor=actor, issue=Issue.objects.select_related("project").get(), values={"title": "A palm"})
        after = drawn(globex, own)
        kept = [each["reason"] for each in take_back(globex, account)["kept"]]
        assert kept == [
            "It was changed since the import.",
            "What stays needs the project’s configuration, so that stays as well.",
        ]
        assert drawn(globex, own) == after

    def test_keeps_its_own_where_somebody_chose_of_it(
        self, plant: Project, own: Project, acme: Organization, globex: Organization, tmp_path: Path
    ) -> None:
        with run_as_system(org_id=globex.pk):
            review = own.statuses.get(name="In review")
        chosen = tmp_path / "choices.json"
        chosen.write_text(json.dumps({"statuses": {"Testing 0": review.pk}}))
        first = taken_out(acme, tmp_path / "first.zip")
        account = import_tracker(first, "--org", globex.slug, "--project", "OWN", "--choices", chosen)
        assert account["imported"] == 1
        with run_as_system(org_id=globex.pk):
            assert Issue.objects.get().status_id == review.pk


class TestInAProjectInUse:
    @pytest.fixture
    def used(self, ada: User, globex: Organization, own: Project) -> Project:
        make_issues(globex, own, ada, "Something to do")
        with acting(ada, globex) as actor:
            own = Project.objects.get(pk=own.pk)
            create_field(actor=actor, project=own, name="size", kind="select", options=["small", "Huge"])
            create_field(actor=actor, project=own, name="Note", kind="number")
            add_status(actor=actor, project=own, name="Testing 0", category="done")
        return own

    def test_keeps_its_own_and_gets_what_it_lacks(
        self, plant: Project, used: Project, acme: Organization, globex: Organization, tmp_path: Path
    ) -> None:
        first = taken_out(acme, tmp_path / "first.zip")
        before = about(taken_out(globex, tmp_path / "before.zip", "OWN"), "OWN")
        account = import_tracker(first, "--org", globex.slug, "--project", "OWN")
        told = dict(problems(account))
        assert told["Testing 0"] == "It means something else here: Done. It stays so."
        assert "keeps its workflow, boards, members and settings" in told["configuration"]
        assert "Fields (6)" in told["configuration"]
        after = about(taken_out(globex, tmp_path / "after.zip", "OWN"), "OWN")
        for part in ("types", "statuses", "transitions", "labels", "boards"):
            missing = [each for each in before[part] if each not in after[part]]
            assert [each["name"] for each in missing if part != "boards"] == []
        for same in (*SETTINGS, "members", "lead"):
            assert after[same] == before[same] or same == "has_time_tracking"
        fields = {each["name"]: each for each in after["custom_fields"]}
        assert (fields["size"]["options"], fields["Note"]["kind"]) == (["small", "Huge", "Large", "Vast"], "number")
        assert fields["Buyer"]["kind"] == "user"
        assert "Testers 0" in {each["name"] for each in after["boards"]}
        again = import_tracker(first, "--org", globex.slug, "--project", "OWN")
        assert (again["imported"], problems(again)) == (0, [])
        assert about(taken_out(globex, tmp_path / "again.zip", "OWN"), "OWN") == after

    def test_loses_it_again_when_taken_back(
        self, plant: Project, used: Project, acme: Organization, globex: Organization, tmp_path: Path
    ) -> None:
        before = drawn(globex, used)
        account = import_tracker(taken_out(acme, tmp_path / "first.zip"), "--org", globex.slug, "--project", "OWN")
        assert drawn(globex, used) != before
        taken = take_back(globex, account)
        assert taken["kept"] == []
        assert drawn(globex, used) == before

    def test_keeps_options_that_somebody_uses_or_renamed_when_taken_back(
        self, ada: User, plant: Project, used: Project, acme: Organization, globex: Organization, tmp_path: Path
    ) -> None:
        account = import_tracker(taken_out(acme, tmp_path / "first.zip"), "--org", globex.slug, "--project", "OWN")
        with acting(ada, globex) as actor:
            size = CustomField.objects.select_related("project").get(project=used, name="size")
            large, vast = size.choices[-2:]
            rename_option(actor=actor, field=size, option_id=vast.id, name="Immense")
            mine = Issue.objects.select_related("project", "type").get(project=used, title="Something to do")
            edit_issue(actor=actor, issue=mine, values={size.key: large.id})
        assert take_back(globex, account)["kept"] == [
            {"key": "size: Large", "reason": "It is used by what stays."},
            {"key": "size: Immense", "reason": "It was changed since the import."},
        ]
        with run_as_system(org_id=globex.pk):
            size.refresh_from_db()
            assert [each.name for each in size.choices] == ["small", "Huge", "Large", "Immense"]

    def test_keeps_the_names_of_options_that_history_names_when_taken_back(
        self, ada: User, plant: Project, used: Project, acme: Organization, globex: Organization, tmp_path: Path
    ) -> None:
        account = import_tracker(taken_out(acme, tmp_path / "first.zip"), "--org", globex.slug, "--project", "OWN")
        for value in (0, None):
            with acting(ada, globex) as actor:
                size = CustomField.objects.select_related("project").get(project=used, name="size")
                large = size.choices[2]
                mine = Issue.objects.select_related("project", "type").get(project=used, title="Something to do")
                edit_issue(actor=actor, issue=mine, values={size.key: value if value is None else large.id})
        assert take_back(globex, account)["kept"] == []
        with run_as_system(org_id=globex.pk):
            size.refresh_from_db()
            assert [(each.name, each.is_retired) for each in size.every_option] == [
                ("small", False), ("Huge", False), ("Large", True)
            ]  # fmt: skip

    def test_keeps_what_people_changed_since_when_taken_back(
        self, ada: User, plant: Project, used: Project, acme: Organization, globex: Organization, tmp_path: Path
    ) -> None:
        account = import_tracker(taken_out(acme, tmp_path / "first.zip"), "--org", globex.slug, "--project", "OWN")
        with acting(ada, globex) as actor:
            board = Board.objects.select_related("project").get(name="Testers 0", project=used)
            edit_board(actor=actor, board=board, name="Ours")
            template = IssueTemplate.objects.select_related("project", "type").get(project=used)
            retire_template(actor=actor, template=template)
            restore_template(actor=actor, template=template)
        kept = {each["key"] for each in take_back(globex, account)["kept"]}
        assert {"Ours", "Look into it 0"} <= kept
        with run_as_system(org_id=globex.pk):
            assert Board.objects.filter(name="Ours", deleted_at__isnull=True).exists()
            assert IssueTemplate.objects.present().filter(project=used).exists()


class TestTheServices:
    def test_are_for_flowboard_alone(self, ada: User, acme: Organization, flow: Project) -> None:
        with acting(ada, acme) as actor:
            with pytest.raises(Forbidden):
                import_configuration(actor=actor, project=flow, words=whole())
            with pytest.raises(Forbidden):
                take_configuration_back(actor=actor, project=flow, before={})
            with pytest.raises(Forbidden):
                remove_imported_options(actor=actor, project=flow, field_id=0, options={})
            with pytest.raises(Forbidden):
                remove_imported_parts(actor=actor, project=flow, templates=[], boards=[], columns=[], quick_filters=[])
            with pytest.raises(Invalid):
                give_roles(actor=actor, project=flow, roles={ada.pk: "owner"})

    def test_fill_a_field_up_to_as_many_options_as_it_can_have(
        self, ada: User, acme: Organization, flow: Project
    ) -> None:
        make_issues(acme, flow, ada, "Something to do")
        with acting(ada, acme) as actor:
            project = Project.objects.get(pk=flow.pk)
            names = [f"o{number}" for number in range(99)]
            create_field(actor=actor, project=project, name="Size", kind="select", options=names)
            create_field(actor=actor, project=project, name="Shape", kind="select", options=["Round"])
        said = {"kind": "select"}
        fields = [
            said | {"name": "Size", "options": ["o1", "more", "most"]},
            said | {"name": "Shape", "options": ["round"]},
        ]
        with run_as_system(org_id=acme.pk) as actor:
            found = import_configuration(actor=actor, project=project, words={"custom_fields": fields})
            size = project.custom_fields.get(name="Size")
            assert [each.name for each in size.choices][99:] == ["more"]
            assert [each.name for each in project.custom_fields.get(name="Shape").choices] == ["Round"]
        assert any("as many options as it can" in each.why for each in found.left)


def archived(path: Path, project: Any, *, lines: str = "") -> Path:
    """An archive that somebody wrote by hand: `project` is what its project.json says, None for none."""
    members = {"projects/PLANT/issues.ndjson": lines or json.dumps(LINE), "projects/PLANT/sprints.ndjson": ""}
    if project is not None:
        members["projects/PLANT/project.json"] = project if isinstance(project, str) else json.dumps(project)
    sums = {
        name: {"size": len(data.encode()), "sha256": sha256(data.encode()).hexdigest()}
        for name, data in members.items()
    }
    manifest = {
        "format": "flowboard-archive",
        "format_version": 1,
        "organization": {"slug": "acme"},
        "members": sums,
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
        archive.writestr("manifest.json", json.dumps(manifest))
    return path


LINE = {
    "key": "PLANT-1",
    "number": 1,
    "type": "Task",
    "level": "standard",
    "title": "A fern",
    "status": "To do",
    "category": "todo",
    "priority": "none",
}


class TestANewerArchive:
    def test_brings_what_is_new_and_neither_what_was_renamed_nor_what_was_taken_away(
        self, ada: User, acme: Organization, globex: Organization, plant: Project, tmp_path: Path
    ) -> None:
        import_tracker(taken_out(acme, tmp_path / "first.zip"), "--org", globex.slug)
        with acting(ada, globex) as actor:
            here = Project.objects.get(key="PLANT")
            label = here.labels.get(name="ui 0")
            edit_label(actor=actor, label=label, name="interface", hue=label.hue)
            for name in ("Testers 0", "Board"):
                board = Board.objects.select_related("project").get(project=here, name=name)
                edit_board(actor=actor, board=board, name=f"Our {name}")
            template = IssueTemplate.objects.select_related("project", "type").get(project=here)
            retire_template(actor=actor, template=template)
        with acting(ada, acme) as actor:
            create_label(actor=actor, project=Project.objects.get(pk=plant.pk), name="new", hue=0)
        before = about(taken_out(globex, tmp_path / "before.zip"))
        second = taken_out(acme, tmp_path / "second.zip")
        account = import_tracker(second, "--org", globex.slug)
        assert "Labels (1)." in dict(problems(account))["configuration"]
        after = about(taken_out(globex, tmp_path / "after.zip"))
        assert [each["name"] for each in after["labels"]] == ["interface", "new"]
        assert {name: value for name, value in after.items() if name != "labels"} == {
            name: value for name, value in before.items() if name != "labels"
        }
        take_back(globex, account)
        assert about(taken_out(globex, tmp_path / "back.zip")) == before
        again = import_tracker(second, "--org", globex.slug)
        assert "Labels (1)." in dict(problems(again))["configuration"]
        assert about(taken_out(globex, tmp_path / "again.zip")) == after


class TestTheReview:
    def test_says_what_a_project_becomes(
        self, plant: Project, own: Project, acme: Organization, globex: Organization, tmp_path: Path
    ) -> None:
        run = surveyed(globex, taken_out(acme, tmp_path / "first.zip"), project="OWN")
        [told] = configurations_found(run.survey)
        assert (told["key"], told["is_replaced"]) == ("OWN", True)
        assert "Issue types (6)" in told["parts"]
        assert "Labels of issue templates" not in told["parts"]
        statuses = {each["name"]: each["to"] for each in run.survey["statuses"]}
        assert statuses == {"Testing 0": {"id": None, "name": "Testing 0", "category": "in_progress"}}
        kinds = {each["name"]: each["to"].get("kind") for each in run.survey["fields"]}
        assert (kinds["Buyer"], kinds["Size"], kinds["Indoors"]) == ("user", "select", "checkbox")
        with run_as_system(org_id=globex.pk):
            assert [each.name for each in own.labels.all()] == ["mine"]

    def test_says_that_a_project_in_use_keeps_its_own(
        self, ada: User, plant: Project, own: Project, acme: Organization, globex: Organization, tmp_path: Path
    ) -> None:
        make_issues(globex, own, ada, "Something to do")
        run = surveyed(globex, taken_out(acme, tmp_path / "first.zip"), project="OWN", by=ada)
        [told] = configurations_found(run.survey)
        assert not told["is_replaced"]
        client = Client()
        client.force_login(ada)
        page = client.get(f"/{globex.slug}/imports/{run.pk}/").content.decode()
        assert "OWN keeps its own, since it is in use" in page
        assert "New field: Person" in page

    def test_tells_what_could_not_be(self, acme: Organization, tmp_path: Path) -> None:
        told = whole() | {"labels": [{"name": "odd", "hue": 7}]}
        run = surveyed(acme, archived(tmp_path / "a.zip", told))
        assert [each["field"] for each in run.survey["problems"]] == ["odd"]
        [found] = configurations_found(run.survey)
        assert (found["key"], found["is_replaced"]) == ("PLANT", True)


class TestByHand:
    @pytest.mark.parametrize(
        ("project", "why"),
        [
            (None, "It is missing."),
            ("no json", "It is not as FlowBoard writes it."),
            ("[" * 100_000, "It is not as FlowBoard writes it."),
            ('{"name": "' + "x" * (17 * 1024 * 1024) + '"}', "longer than any that FlowBoard writes"),
        ],
        ids=["missing", "malformed", "deep", "long"],
    )
    def test_brings_issues_without_what_it_does_not_tell_and_says_so(
        self, acme: Organization, tmp_path: Path, project: str | None, why: str
    ) -> None:
        account = import_tracker(archived(tmp_path / "a.zip", project), "--org", acme.slug)
        assert (account["imported"], account["failed"]) == (1, 0)
        [(field, reason)] = problems(account)
        assert (field, why in reason) == ("project.json", True)

    def test_has_each_part_read_for_itself(self, acme: Organization, tmp_path: Path) -> None:
        told = {
            "name": ["Plants"],
            "types": "none",
            "statuses": [7],
            "labels": [{"name": "green", "hue": 120}],
            "versions": [{"name": "1.0"}, {}, "2.0", {"name": "3.0", "release_date": "soon"}],
            "members": "everybody",
            "issue_templates": [7, {"name": "T", "type": "Task", "assignee": 1}],
            "boards": None,
        }
        account = import_tracker(archived(tmp_path / "a.zip", told), "--org", acme.slug)
        assert account["imported"] == 1
        said = dict(problems(account))
        assert said["versions"] == "3 of them are not as FlowBoard writes them, and were left out."
        assert said["members"] == "It is not as FlowBoard writes it, so it was left out."
        assert "not whole" in said["Configuration"]
        assert {"Issue types", "Statuses", "Issue templates"} <= said.keys()
        with run_as_system(org_id=acme.pk):
            project = Project.objects.get(key="PLANT")
            assert list(project.labels.values_list("name", "hue")) == [("green", 120)]
            assert [each.name for each in project.versions.all()] == ["1.0"]
            assert project.statuses.count() == 6

    def test_gives_nobody_of_another_organization_a_role(self, acme: Organization, tmp_path: Path) -> None:
        greta = make_user("Greta Owner")
        make_org(greta, "Initech", "initech")
        people = [
            {"id": str(greta.pk), "name": greta.name, "email": greta.email},
            {"id": "1", "name": "No address"},
        ]
        members = [{"person": person, "role": "admin"} for person in people]
        members += [{"person": people[0], "role": "owner"}, {"person": None, "role": "admin"}]
        told = whole() | {"members": members, "lead": people[0]}
        account = import_tracker(archived(tmp_path / "a.zip", told), "--org", acme.slug)
        assert dict(problems(account))["members"].startswith("2 ")
        with run_as_system(org_id=acme.pk):
            project = Project.objects.get(key="PLANT")
            assert not project.members.exists()
            assert project.lead is None
            assert not User.objects.filter(pk=greta.pk, memberships__org_id=acme.pk).exists()

    def test_with_members_without_end_is_read_to_where_anybody_could_have_so_many(
        self, ada: User, acme: Organization, tmp_path: Path
    ) -> None:
        person = {"id": "1", "name": "Ada", "email": ada.email}
        told = whole() | {"members": [{"person": person, "role": "viewer"}] * 50_000}
        account = import_tracker(archived(tmp_path / "a.zip", told), "--org", acme.slug)
        assert ("members", "There are 50000 of them; those after the first 2000 were left out.") in problems(account)
        with run_as_system(org_id=acme.pk):
            assert list(ProjectMember.objects.values_list("user_id", "role")) == [(ada.pk, "viewer")]

    def test_with_a_workflow_that_goes_round_is_as_any_other(self, acme: Organization, tmp_path: Path) -> None:
        ways = [{"from": "To do", "to": "Done"}, {"from": "Done", "to": "To do"}]
        account = import_tracker(archived(tmp_path / "a.zip", whole() | {"transitions": ways}), "--org", acme.slug)
        assert (account["imported"], problems(account)) == (1, [])
        with run_as_system(org_id=acme.pk):
            assert Project.objects.get(key="PLANT").transitions.count() == 2

    def test_with_halves_of_characters_is_stored_without(self, acme: Organization, tmp_path: Path) -> None:
        told = whole() | {"labels": [{"name": "a\x00b\ud800", "hue": 0}], "description": "\ud800"}
        account = import_tracker(archived(tmp_path / "a.zip", told), "--org", acme.slug)
        assert account["imported"] == 1
        with run_as_system(org_id=acme.pk):
            assert Project.objects.get(key="PLANT").labels.get().name == "a\ufffdb\ufffd"


def whole() -> dict[str, Any]:
    """As little as a project can be made of."""
    return {
        "name": "Plants",
        "template": "kanban",
        "types": [{"name": "Task", "icon": "bug", "level": "standard"}],
        "statuses": [
            {"name": "To do", "category": "todo", "is_initial": True},
            {"name": "Done", "category": "done"},
        ],
        "transitions": [{"from": None, "to": "Done"}, {"from": None, "to": "To do"}],
        "boards": [{"name": "Board", "columns": [{"name": "All", "statuses": ["To do", "Done"]}]}],
    }
