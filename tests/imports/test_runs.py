"""Handing files in, deciding, confirming, stopping, forgetting: who may, when, and what stays."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as live_settings
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from pytest_django import Settings

from apps.accounts.models import User
from apps.core.errors import Forbidden, Invalid
from apps.core.files import IMPORTS, attached_files, kept_keys
from apps.core.tenancy import OrgRole, run_as_system, unit_of_work
from apps.events.models import Event
from apps.imports import selectors
from apps.imports.choices import Choices
from apps.imports.formats import UnknownFormat
from apps.imports.models import ImportFile, ImportProblem, ImportRun, MappingProfile
from apps.imports.selectors import NoSuchImport, NoSuchProfile
from apps.imports.services import (
    FilesTooLarge,
    NotNow,
    cancel_import,
    choose,
    confirm_import,
    delete_profile,
    files_at_hand,
    forget_import,
    revert_import,
    save_profile,
    start_import,
    use_profile,
)
from apps.imports.services import profiles as profile_services
from apps.orgs.models import Organization
from apps.projects.models import Project, Status
from apps.projects.policies import Role
from apps.projects.services import set_project_archived
from tests.factories import acting, give_role, make_member, make_org, make_project, make_user
from tests.imports.exports import issue, write

State = ImportRun.State


@pytest.fixture(autouse=True)
def _place(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path / "media")
    settings.STORAGES = {**live_settings.STORAGES, "attachments": {"BACKEND": "apps.core.files.LocalFiles"}}


def jira(tmp_path: Path, *keys: str, name: str = "lamp.ndjson") -> SimpleUploadedFile:
    path = write(tmp_path / name, *(issue(key) for key in keys or ("LAMP-1",)))
    return SimpleUploadedFile(name, path.read_bytes())


def table() -> SimpleUploadedFile:
    return SimpleUploadedFile("../list.csv", b"Title,Status\nA lamp,Open\n")


def start(by: User, org: Organization, project: Project | None, *uploads: Any, **more: Any) -> ImportRun:
    with acting(by, org) as actor:
        return start_import(actor=actor, uploads=uploads or [table()], project=project, **more)


def at(run: ImportRun, state: str, **fields: Any) -> ImportRun:
    with run_as_system(org_id=run.org_id):
        ImportRun.objects.filter(pk=run.pk).update(state=state, **fields)
        return ImportRun.objects.get(pk=run.pk)


def status_of(project: Project, name: str) -> int:
    with run_as_system(org_id=project.org_id):
        return Status.objects.get(project=project, name=name).pk


def kept() -> list[str]:
    return [key for keys in kept_keys(IMPORTS) for key in keys]


class TestStartImport:
    def test_keeps_files_and_tells_what_they_are(
        self, ada: User, acme: Organization, flow: Project, tmp_path: Path
    ) -> None:
        run = start(ada, acme, flow, jira(tmp_path), jira(tmp_path, "LAMP-2", name="more.ndjson.gz"))
        assert (run.state, run.format, run.source, run.started_by_id) == (State.SURVEYING, "jira-rest", "jira", ada.pk)
        with acting(ada, acme) as actor:
            files = selectors.files_of(actor=actor, run=run)
            assert [(file.position, file.name, file.format) for file in files] == [
                (0, "lamp.ndjson", "jira-rest"),
                (1, "more.ndjson.gz", "jira-rest"),
            ]
            assert all(file.key.startswith("imports/") and len(file.sha256) == 64 for file in files)
            with files_at_hand(files) as here:
                assert [upload.name for upload, _format in here] == ["lamp.ndjson", "more.ndjson.gz"]
                assert here[1][0].head().startswith(b'{"id": "10002"')
            event = Event.objects.get(kind="import.started")
        assert (event.project_id, event.actor_id, event.data) == (flow.pk, ada.pk, {"run_id": run.pk, "source": "jira"})

    def test_reads_a_copy_where_files_lie_elsewhere(
        self, ada: User, acme: Organization, flow: Project, settings: Settings, tmp_path: Path
    ) -> None:
        settings.STORAGES = {
            **live_settings.STORAGES,
            "attachments": {"BACKEND": "tests.imports.elsewhere.FarAway", "OPTIONS": {"location": str(tmp_path)}},
        }
        run = start(ada, acme, flow)
        with acting(ada, acme) as actor:
            files = selectors.files_of(actor=actor, run=run)
            with files_at_hand(files) as [(upload, _format)]:
                assert upload.head() == b"Title,Status\nA lamp,Open\n"
                assert not upload.path.is_relative_to(tmp_path)
            assert not upload.path.exists()

    def test_knows_its_project_by_id_by_key_or_by_one_to_be_made(
        self, ada: User, acme: Organization, flow: Project
    ) -> None:
        assert start(ada, acme, None, project_key=" flow ").project == flow
        new = start(ada, acme, None, project_key="fresh")
        assert (new.project, new.project_key) == (None, "FRESH")
        with pytest.raises(Invalid):
            start(ada, acme, None, project_key="1-2")

    def test_takes_the_format_that_is_named(self, ada: User, acme: Organization, flow: Project) -> None:
        assert start(ada, acme, flow, file_format="csv").format == "csv"
        with pytest.raises(UnknownFormat):
            start(ada, acme, flow, file_format="nothing")

    def test_refuses_what_cannot_be_read_and_keeps_none_of_it(
        self, ada: User, acme: Organization, flow: Project, tmp_path: Path, settings: Settings
    ) -> None:
        wrong: list[tuple[list[Any], type[Exception]]] = [
            ([], Invalid),
            ([table()] * 51, Invalid),
            ([table(), ContentFile(b"", "empty.csv")], Invalid),
            ([table(), ContentFile(b"\x89PNG\r\n\x1a\n\x00\x00", "a.png")], UnknownFormat),
            ([table(), jira(tmp_path)], UnknownFormat),
        ]
        for uploads, refusal in wrong:
            with acting(ada, acme) as actor, pytest.raises(refusal):
                start_import(actor=actor, uploads=uploads, project=flow)
        settings.IMPORT_LARGEST = 10
        with acting(ada, acme) as actor, pytest.raises(FilesTooLarge):
            start_import(actor=actor, uploads=[table()], project=flow)
        with acting(ada, acme):
            assert not ImportRun.objects.exists()
        assert kept() == []

    def test_is_for_those_who_administer_the_project_and_may_create_issues(
        self, ada: User, acme: Organization, flow: Project, secret: Project
    ) -> None:
        member, lead = make_member(acme, name="Mo X"), make_member(acme, name="Lea X")
        give_role(acme, secret, lead, Role.ADMIN)
        give_role(acme, secret, member, Role.MEMBER)
        assert start(lead, acme, secret).project == secret
        for who, project in ((member, secret), (member, flow), (lead, flow), (member, None), (lead, None)):
            with pytest.raises(Forbidden):
                start(who, acme, project)
        admin = make_member(acme, OrgRole.ADMIN, name="Adi X")
        assert start(admin, acme, None).project is None
        with acting(ada, acme) as actor:
            set_project_archived(actor=actor, project=flow, is_archived=True)
        flow.archived_at = timezone.now()
        with pytest.raises(Forbidden):
            start(ada, acme, flow)


class TestLookingAt:
    def test_shows_a_run_to_who_started_it_and_to_who_may_import_there(
        self, ada: User, acme: Organization, flow: Project, secret: Project
    ) -> None:
        admin, member, stranger = (
            make_member(acme, OrgRole.ADMIN, name="Adi X"),
            make_member(acme, name="Mo X"),
            make_user("Bea"),
        )
        other = make_org(stranger, name="Other")
        hidden, shown, own = start(ada, acme, secret), start(ada, acme, flow), start(ada, acme, None)
        seen = {
            ada: (acme, {hidden.pk, shown.pk, own.pk}),
            admin: (acme, {shown.pk, own.pk}),
            member: (acme, set()),
            stranger: (other, set()),
        }
        for who, (org, pks) in seen.items():
            with acting(who, org) as actor:
                assert {run.pk for run in selectors.list_imports(actor=actor)} == pks
                for run in (hidden, shown, own):
                    if run.pk in pks:
                        assert selectors.get_import(actor=actor, pk=run.pk).pk == run.pk
                    else:
                        with pytest.raises(NoSuchImport):
                            selectors.list_problems(actor=actor, run=run)
        with acting(ada, acme) as actor:
            assert [run.pk for run in selectors.list_imports(actor=actor, project=flow)] == [shown.pk]
        with run_as_system(org_id=acme.pk) as actor:
            assert len(selectors.list_imports(actor=actor)) == 3

    def test_lists_problems_some_at_a_time(
        self, ada: User, acme: Organization, flow: Project, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run = start(ada, acme, flow)
        monkeypatch.setattr(selectors, "PROBLEMS_AT_ONCE", 2)
        with acting(ada, acme) as actor:
            for number in range(3):
                ImportProblem.objects.create(org=acme, run=run, row=f"a:{number}", reason="no")
            first = selectors.list_problems(actor=actor, run=run)
            rest = selectors.list_problems(actor=actor, run=run, after=first[-1].pk)
        assert [[problem.row for problem in part] for part in (first, rest)] == [["a:0", "a:1"], ["a:2"]]


class TestDeciding:
    def test_reads_again_only_for_other_columns_or_another_time_zone(
        self, ada: User, acme: Organization, flow: Project
    ) -> None:
        run = at(start(ada, acme, flow), State.REVIEW)
        with acting(ada, acme) as actor:
            assert choose(actor=actor, run=run, choices=Choices(labels={"a": "b"})).state == State.REVIEW
            again = choose(actor=actor, run=run, choices=Choices(labels={"a": "b"}, time_zone="Europe/Berlin"))
            assert (again.state, again.choices["time_zone"]) == (State.SURVEYING, "Europe/Berlin")
            with pytest.raises(NotNow):
                choose(actor=actor, run=run, choices=Choices())

    def test_refuses_ids_of_others(self, ada: User, acme: Organization, flow: Project, secret: Project) -> None:
        stranger = make_user("Bea")
        other = make_project(make_org(stranger, name="Other"), stranger)
        run = at(start(ada, acme, flow), State.REVIEW)
        foreign: list[Choices] = [
            Choices(people={"mira": stranger.pk}),
            *(Choices(statuses={"Open": status_of(project, "Done")}) for project in (other, secret)),
        ]
        for choices in foreign:
            with acting(ada, acme) as actor, pytest.raises(Invalid):
                choose(actor=actor, run=run, choices=choices)

    def test_keeps_decisions_for_the_next_import(
        self, ada: User, acme: Organization, flow: Project, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        otto = make_member(acme, name="Otto Lind")
        run = at(start(ada, acme, flow), State.REVIEW)
        choices = Choices(
            people={"otto": otto.pk, "mira": 0},
            statuses={"Open": status_of(flow, "Done")},
            labels={"x": ""},
            fields={"Size": None},
        )
        with acting(ada, acme) as actor:
            choose(actor=actor, run=run, choices=choices)
            profile = save_profile(actor=actor, run=run, name=" Our  CSV ")
            assert save_profile(actor=actor, run=run, name="Our CSV") == profile
            assert [each.name for each in selectors.list_profiles(actor=actor, source="csv")] == ["Our CSV"]
            assert selectors.list_profiles(actor=actor, source="jira") == []
            for name in ("", "x" * 81):
                with pytest.raises(Invalid):
                    save_profile(actor=actor, run=run, name=name)
            monkeypatch.setattr(profile_services, "MOST_PROFILES", 1)
            with pytest.raises(Invalid):
                save_profile(actor=actor, run=run, name="Another")
        elsewhere = at(start(ada, acme, make_project(acme, ada, "DESK")), State.REVIEW)
        with acting(ada, acme) as actor:
            used = use_profile(actor=actor, run=elsewhere, profile=profile)
            # The other project has no such status.
            assert Choices.from_json(used.choices) == Choices(
                people={"otto": otto.pk, "mira": 0}, labels={"x": ""}, fields={"Size": None}
            )

    def test_lets_those_who_may_import_use_profiles_and_their_makers_delete_them(
        self, ada: User, acme: Organization, flow: Project
    ) -> None:
        lead, member = make_member(acme, name="Lea X"), make_member(acme, name="Mo X")
        give_role(acme, flow, lead, Role.ADMIN)
        run = at(start(ada, acme, flow), State.REVIEW)
        with acting(ada, acme) as actor:
            profile = save_profile(actor=actor, run=run, name="Ours")
        with acting(lead, acme) as actor:
            assert selectors.list_profiles(actor=actor, source="csv") == [profile]
            with pytest.raises(Forbidden):
                delete_profile(actor=actor, profile=profile)
        with acting(member, acme) as actor:
            with pytest.raises(Forbidden):
                selectors.list_profiles(actor=actor, source="csv")
            with pytest.raises(NoSuchProfile):
                selectors.get_profile(actor=actor, pk=profile.pk)
        with acting(ada, acme) as actor:
            delete_profile(actor=actor, profile=profile)
            assert not MappingProfile.objects.exists()
            with pytest.raises(NoSuchProfile):
                use_profile(actor=actor, run=run, profile=profile)


Act = Callable[..., Any]


class TestItsWay:
    @pytest.mark.parametrize(
        ("act", "states", "becomes"),
        [
            (confirm_import, [State.REVIEW], State.QUEUED),
            (revert_import, [State.DONE, State.FAILED, State.CANCELLED], State.REVERTING),
            (cancel_import, [State.SURVEYING, State.REVIEW, State.QUEUED], State.CANCELLED),
            (cancel_import, [State.RUNNING], State.RUNNING),
        ],
        ids=["confirm", "revert", "cancel", "cancel running"],
    )
    def test_goes_from_some_states_to_one(
        self, ada: User, acme: Organization, flow: Project, act: Act, states: list[str], becomes: str
    ) -> None:
        run = start(ada, acme, flow)
        for state in set(State.values) - {*states, *([State.RUNNING] if act is cancel_import else [])}:
            if act is cancel_import and state in {State.SURVEYING, State.REVIEW, State.QUEUED}:
                continue
            at(run, state)
            with acting(ada, acme) as actor, pytest.raises(NotNow):
                act(actor=actor, run=run)
        for state in states:
            at(run, state, cancelled_at=None)
            with acting(ada, acme) as actor:
                assert act(actor=actor, run=run).state == becomes
                assert act is not cancel_import or ImportRun.objects.get(pk=run.pk).cancelled_at is not None

    def test_cancelling_twice_is_cancelling_once(self, ada: User, acme: Organization, flow: Project) -> None:
        run = at(start(ada, acme, flow), State.RUNNING)
        for _time in range(2):
            with acting(ada, acme) as actor:
                cancel_import(actor=actor, run=run)
        with acting(ada, acme):
            assert Event.objects.filter(kind="import.cancelled").count() == 1

    def test_whoever_lost_the_right_can_stop_it_and_nothing_else(
        self, ada: User, acme: Organization, flow: Project
    ) -> None:
        lead = make_member(acme, name="Lea X")
        give_role(acme, flow, lead, Role.ADMIN)
        run = at(start(lead, acme, flow), State.REVIEW)
        give_role(acme, flow, lead, Role.MEMBER)
        acts: list[Act] = [
            confirm_import,
            lambda **about: choose(**about, choices=Choices()),
            lambda **about: save_profile(**about, name="x"),
        ]
        for act in acts:
            with acting(lead, acme) as actor, pytest.raises(Forbidden):
                act(actor=actor, run=run)
        with acting(lead, acme) as actor:
            cancel_import(actor=actor, run=run)
        with acting(lead, acme) as actor, pytest.raises(Forbidden):
            revert_import(actor=actor, run=run)

    def test_refuses_to_confirm_what_cannot_be_chosen_any_more(
        self, ada: User, acme: Organization, flow: Project
    ) -> None:
        run = at(start(ada, acme, flow), State.REVIEW, choices=Choices(statuses={"Open": 2**40}).as_json())
        with acting(ada, acme) as actor, pytest.raises(Invalid):
            confirm_import(actor=actor, run=run)

    def test_is_forgotten_with_its_files_unless_it_wrote(
        self, ada: User, acme: Organization, flow: Project, django_capture_on_commit_callbacks: Any
    ) -> None:
        run = start(ada, acme, flow)
        at(run, State.CANCELLED, began_at=timezone.now())
        with acting(ada, acme) as actor, pytest.raises(NotNow):
            forget_import(actor=actor, run=run)
        assert len(kept()) == 1
        at(run, State.REVIEW, began_at=None)
        with django_capture_on_commit_callbacks(execute=True), acting(ada, acme) as actor:
            forget_import(actor=actor, run=run)
        assert kept() == []
        with acting(ada, acme):
            assert not ImportRun.objects.exists()
            assert not ImportFile.objects.exists()
            assert Event.objects.filter(kind="import.forgotten").count() == 1


class TestForJobs:
    def test_names_runs_that_wait_for_a_worker(self, ada: User, acme: Organization, flow: Project) -> None:
        waits, lost = start(ada, acme, flow), start(ada, acme, flow)
        busy, over = start(ada, acme, flow), start(ada, acme, flow)
        at(lost, State.RUNNING, beat_at=timezone.now() - timedelta(minutes=2))
        at(busy, State.RUNNING, beat_at=timezone.now())
        at(over, State.DONE)
        with unit_of_work():
            found = selectors.waiting_runs()
        assert set(found) == {(acme.pk, waits.pk), (acme.pk, lost.pk)}

    def test_tells_files_of_no_import(self, ada: User, acme: Organization, flow: Project) -> None:
        start(ada, acme, flow)
        lost = attached_files().save("imports/aa/bb", ContentFile(b"x"))
        with unit_of_work():
            assert selectors.unclaimed_files(kept()) == ["imports/aa/bb"]
        attached_files().delete(lost)


class TestWhoLooks:
    def test_an_import_into_a_project_that_is_gone_is_for_its_starter_alone(
        self, ada: User, acme: Organization, flow: Project
    ) -> None:
        insider = make_member(acme, OrgRole.ADMIN, "Insider")
        hidden = make_project(acme, insider, "HID", visibility="private")
        run = start(insider, acme, hidden)
        with run_as_system(org_id=acme.pk):
            # As it is after the project was purged.
            ImportRun.objects.filter(pk=run.pk).update(project=None, state=State.DONE)
        for by, sees in ((insider, True), (ada, False)):
            with acting(by, acme) as actor:
                assert ([each.pk for each in selectors.list_imports(actor=actor)] == [run.pk]) is sees
        with acting(ada, acme) as actor, pytest.raises(NoSuchImport):
            selectors.get_import(actor=actor, pk=run.pk)

    def test_those_who_may_make_projects_look_at_imports_that_make_some(
        self, ada: User, acme: Organization, tmp_path: Path
    ) -> None:
        other = make_member(acme, OrgRole.ADMIN, "Other")
        runs = [start(ada, acme, None, jira(tmp_path)), start(ada, acme, None, table(), project_key="NEW")]
        with acting(other, acme) as actor:
            assert {each.pk for each in selectors.list_imports(actor=actor)} == {run.pk for run in runs}
