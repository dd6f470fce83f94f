"""Asking for archives: who may, how they are written, what survives a killed worker, who gets them, when they go."""

import hashlib
import json
import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as live_settings
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from apps.accounts.models import User
from apps.core.errors import Forbidden
from apps.core.files import EXPORTS, attached_files, kept_keys
from apps.core.tenancy import OrgRole, run_as_system
from apps.exports import jobs, running
from apps.exports.archive import write_archive
from apps.exports.models import ExportRun
from apps.exports.selectors import (
    NoSuchArchive,
    archive_at_work,
    get_archive,
    get_readable_archive,
    list_archives,
)
from apps.exports.services import (
    OneAtATime,
    ask_for_archive,
    fail_archive,
    note_progress,
    remove_archive,
    store_archive,
    take_up,
)
from apps.exports.services.runs import MOST_TRIES
from apps.orgs.models import Membership, Organization
from apps.orgs.services import remove_member
from apps.projects.models import Project, ProjectMember
from apps.projects.policies import Role
from apps.projects.services import remove_project_role, set_project_role
from tests.exports.world import make_archive
from tests.factories import acting, attach, give_role, make_issues, make_member, make_project

pytestmark = pytest.mark.django_db(transaction=True)
State = ExportRun.State


@pytest.fixture(autouse=True)
def _place(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path / "media")
    settings.STORAGES = {**live_settings.STORAGES, "attachments": {"BACKEND": "apps.core.files.LocalFiles"}}


def ask(by: User, org: Organization, project: Project | None) -> ExportRun:
    with acting(by, org) as actor:
        return ask_for_archive(actor=actor, project=project)


def now(run: ExportRun) -> ExportRun:
    with run_as_system(org_id=run.org_id):
        return ExportRun.objects.get(pk=run.pk)


def written(by: User, org: Organization, project: Project | None) -> ExportRun:
    run = ask(by, org, project)
    running.write(org_id=org.pk, run_id=run.pk)
    return now(run)


def opened(run: ExportRun) -> zipfile.ZipFile:
    return zipfile.ZipFile(BytesIO(b"".join(attached_files().pieces(run.key, start=0, length=run.size))))


def keys() -> list[str]:
    return [key for some in kept_keys(EXPORTS) for key in some]


class TestAsking:
    def test_is_for_those_who_administer_what_is_taken_out(self, ada: User, acme: Organization, flow: Project) -> None:
        mateo = make_member(acme)
        with pytest.raises(Forbidden):
            ask(mateo, acme, flow)
        give_role(acme, flow, mateo, Role.ADMIN)
        assert ask(mateo, acme, flow).state == State.WAITING
        with pytest.raises(Forbidden):
            ask(mateo, acme, None)

    def test_is_one_at_a_time_for_each_person(self, ada: User, acme: Organization, flow: Project) -> None:
        run = ask(ada, acme, flow)
        with pytest.raises(OneAtATime):
            ask(ada, acme, None)
        with acting(ada, acme) as actor:
            assert archive_at_work(actor=actor) == run
        running.write(org_id=acme.pk, run_id=run.pk)
        assert ask(ada, acme, None).state == State.WAITING

    def test_shows_people_their_own_alone(self, ada: User, acme: Organization, flow: Project) -> None:
        run = written(ada, acme, flow)
        grace = make_member(acme, OrgRole.ADMIN, "Grace")
        with acting(grace, acme) as actor:
            assert list_archives(actor=actor, project=flow) == []
            with pytest.raises(NoSuchArchive):
                get_archive(actor=actor, pk=run.pk)
        with acting(ada, acme) as actor:
            assert list_archives(actor=actor, project=flow) == [run]
            assert list_archives(actor=actor, project=None) == []


class TestWriting:
    def test_tells_what_is_in_it_with_the_sum_of_each_part(self, ada: User, acme: Organization, flow: Project) -> None:
        [issue] = make_issues(acme, flow, ada, "A lamp")
        attach(acme, issue, ada, "../plan.txt", b"Up to the roof.")
        run = written(ada, acme, flow)
        assert (run.state, run.issues_done, run.tries) == (State.READY, 1, 1)
        with opened(run) as archive:
            manifest = json.loads(archive.read("manifest.json"))
            assert manifest["format"] == "flowboard-archive"
            assert manifest["created_by"] == ada.name
            assert manifest["projects"]["FLOW"]["issues"] == 1
            assert manifest["projects"]["FLOW"]["attachments"] == 1
            assert set(archive.namelist()) == {"manifest.json", *manifest["members"]}
            for name, about in manifest["members"].items():
                content = archive.read(name)
                assert (len(content), hashlib.sha256(content).hexdigest()) == (about["size"], about["sha256"])
            [line] = archive.read("projects/FLOW/issues.ndjson").splitlines()
            [file] = json.loads(line)["attachments"]
            assert archive.read(file["path"]) == b"Up to the roof."
            assert ".." not in file["path"]

    def test_has_nothing_of_private_projects_that_its_reader_was_not_added_to(
        self, ada: User, acme: Organization, flow: Project, secret: Project
    ) -> None:
        make_issues(acme, flow, ada, "Open")
        make_issues(acme, secret, ada, "Canary")
        grace = make_member(acme, OrgRole.ADMIN, "Grace")
        with opened(written(grace, acme, None)) as archive:
            assert not [name for name in archive.namelist() if "SECRET" in name]
            assert not [name for name in archive.namelist() if b"Canary" in archive.read(name)]
        with opened(written(ada, acme, None)) as archive:
            assert b"Canary" in archive.read("projects/SECRET/issues.ndjson")

    def test_goes_on_without_a_file_that_the_storage_lost(self, ada: User, acme: Organization, flow: Project) -> None:
        [issue] = make_issues(acme, flow, ada, "A lamp")
        attached_files().delete(attach(acme, issue, ada, "plan.txt", b"Gone.").key)
        run = written(ada, acme, flow)
        assert (run.state, run.lost_files) == (State.READY, 1)
        with opened(run) as archive:
            [path] = json.loads(archive.read("manifest.json"))["lost_files"]
            assert path not in archive.namelist()

    def test_asks_as_often_however_many_issues(self, ada: User, acme: Organization, flow: Project) -> None:
        def asked() -> int:
            with CaptureQueriesContext(connection) as queries:
                written(ada, acme, flow)
            return len(queries)

        make_issues(acme, flow, ada, "One")
        few = asked()
        make_issues(acme, flow, ada, *(f"Issue {number}" for number in range(20)))
        assert asked() == few

    def test_is_begun_anew_when_its_worker_was_killed(
        self, ada: User, acme: Organization, flow: Project, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        make_issues(acme, flow, ada, "A lamp")
        run = ask(ada, acme, flow)

        def die(**_options: Any) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(running, "write_archive", die)
            with pytest.raises(KeyboardInterrupt):
                running.write(org_id=acme.pk, run_id=run.pk)
        assert now(run).state == State.RUNNING
        with run_as_system(org_id=acme.pk):
            ExportRun.objects.update(beat_at=timezone.now() - timedelta(hours=1))
        rung: list[tuple[int, int]] = []
        monkeypatch.setattr(jobs, "ring_worker", lambda _job, *arguments: rung.append(arguments))
        jobs.resume()
        assert rung == [(acme.pk, run.pk)]
        jobs.write(*rung[0])
        assert (now(run).state, now(run).tries) == (State.READY, 2)
        jobs.write(*rung[0])
        assert now(run).tries == 2

    def test_gives_up_when_workers_end_over_it_again_and_again(
        self, ada: User, acme: Organization, flow: Project
    ) -> None:
        run = ask(ada, acme, flow)
        with run_as_system(org_id=acme.pk):
            ExportRun.objects.update(tries=MOST_TRIES)
        running.write(org_id=acme.pk, run_id=run.pk)
        assert now(run).state == State.FAILED
        assert "5" in now(run).fault

    def test_is_left_to_the_worker_that_is_at_it(
        self, ada: User, acme: Organization, flow: Project, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        @contextmanager
        def held(_run_id: int) -> Iterator[bool]:
            yield False

        run = ask(ada, acme, flow)
        monkeypatch.setattr(running, "_held", held)
        running.write(org_id=acme.pk, run_id=run.pk)
        assert now(run).state == State.WAITING

    def test_stops_for_whoever_lost_the_right(self, ada: User, acme: Organization, flow: Project) -> None:
        mateo = make_member(acme)
        give_role(acme, flow, mateo, Role.ADMIN)
        run = ask(mateo, acme, flow)
        give_role(acme, flow, mateo, Role.MEMBER)
        running.write(org_id=acme.pk, run_id=run.pk)
        assert (now(run).state, keys()) == (State.FAILED, [])

        give_role(acme, flow, mateo, Role.ADMIN)
        again = ask(mateo, acme, flow)
        with acting(ada, acme) as actor:
            remove_member(actor=actor, membership=Membership.objects.get(user=mateo))
        running.write(org_id=acme.pk, run_id=again.pk)
        assert now(again).state == State.FAILED

    def test_stops_when_it_was_deleted_meanwhile(
        self, ada: User, acme: Organization, flow: Project, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        make_issues(acme, flow, ada, "A lamp")
        run = ask(ada, acme, flow)
        real = running.write_archive

        def interrupted(**options: Any) -> Any:
            with acting(ada, acme) as actor:
                remove_archive(actor=actor, run=run)
            return real(**options)

        monkeypatch.setattr(running, "write_archive", interrupted)
        running.write(org_id=acme.pk, run_id=run.pk)
        with run_as_system(org_id=acme.pk):
            assert not ExportRun.objects.exists()
        assert keys() == []

    def test_keeps_no_file_when_it_was_deleted_at_the_very_end(
        self, ada: User, acme: Organization, flow: Project, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run = ask(ada, acme, flow)

        def late(**options: Any) -> Any:
            found = write_archive(**options)
            with acting(ada, acme) as actor:
                remove_archive(actor=actor, run=run)
            return found

        monkeypatch.setattr(running, "write_archive", late)
        running.write(org_id=acme.pk, run_id=run.pk)
        assert keys() == []

    def test_is_noted_by_flowboard_alone(self, ada: User, acme: Organization, flow: Project) -> None:
        run = ask(ada, acme, flow)
        with acting(ada, acme) as actor:
            for note in (
                lambda: take_up(actor=actor, run_id=run.pk),
                lambda: note_progress(actor=actor, run=run, issues=1),
                lambda: fail_archive(actor=actor, run=run, fault="No."),
                lambda: store_archive(actor=actor, run=run, key="k", size=1, sha256="", project_ids=[], lost_files=0),
            ):
                with pytest.raises(Forbidden):
                    note()
        done = written_again(run)
        with run_as_system(org_id=acme.pk) as actor:
            fail_archive(actor=actor, run=done, fault="Too late.")
        assert now(run).state == State.READY


def written_again(run: ExportRun) -> ExportRun:
    running.write(org_id=run.org_id, run_id=run.pk)
    return now(run)


class TestReading:
    def test_is_for_whoever_asked_as_long_as_they_may_see_all_of_it(
        self, ada: User, acme: Organization, flow: Project, secret: Project
    ) -> None:
        mateo = make_member(acme, OrgRole.ADMIN)
        with acting(ada, acme) as actor:
            set_project_role(actor=actor, project=secret, user=mateo, role=Role.VIEWER)
        run = written(mateo, acme, None)
        client = Client()
        client.force_login(mateo)
        address = f"/{acme.slug}/exports/{run.pk}/"
        answer: Any = client.get(address)
        assert b"".join(answer.streaming_content)[:2] == b"PK"
        assert answer["Content-Disposition"].startswith("attachment")
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer["Content-Security-Policy"]
        stranger = Client()
        stranger.force_login(ada)
        assert stranger.get(address).status_code == 404
        with run_as_system(org_id=acme.pk) as system:
            remove_project_role(actor=system, member=ProjectMember.objects.get(project=secret, user=mateo))
        assert client.get(address).status_code == 404

    def test_is_not_for_who_does_not_administer_any_more(self, ada: User, acme: Organization, flow: Project) -> None:
        mateo = make_member(acme)
        give_role(acme, flow, mateo, Role.ADMIN)
        run = written(mateo, acme, flow)
        with acting(mateo, acme) as actor:
            assert get_readable_archive(actor=actor, pk=run.pk) == run
        give_role(acme, flow, mateo, Role.MEMBER)
        with acting(mateo, acme) as actor, pytest.raises(NoSuchArchive):
            get_readable_archive(actor=actor, pk=run.pk)

    def test_page_begins_shows_and_deletes(self, ada: User, acme: Organization, flow: Project) -> None:
        client = Client()
        client.force_login(ada)
        address = f"/{acme.slug}/FLOW/settings/export/"
        assert "No archive yet" in client.get(address).content.decode()
        assert client.post(address, follow=True).redirect_chain == [(address, 302)]
        assert "hx-trigger" in client.get(address).content.decode()
        again = client.post(address)
        assert again.status_code == 409
        assert "still being written" in again.content.decode()
        with run_as_system(org_id=acme.pk):
            run = ExportRun.objects.get()
        running.write(org_id=acme.pk, run_id=run.pk)
        page = client.get(address).content.decode()
        assert f"/exports/{run.pk}/" in page
        assert "hx-trigger" not in page
        client.post(f"/{acme.slug}/exports/{run.pk}/delete/")
        assert keys() == []
        whole = f"/{acme.slug}/settings/export/"
        assert client.post(whole, follow=True).redirect_chain == [(whole, 302)]
        assert client.get(f"/{acme.slug}/FLOW/settings/export/").status_code == 200

    def test_page_says_how_far_it_is_and_why_there_is_none(self, ada: User, acme: Organization, flow: Project) -> None:
        now, client = timezone.now(), Client()
        client.force_login(ada)
        address = f"/{acme.slug}/FLOW/settings/export/"
        with acting(ada, acme) as actor:
            run = make_archive(actor=actor, project=flow, issues_total=2400, issues_done=1200)
        for fields, says in (
            ({"state": "running", "ended_at": None}, "1,200 of 2,400 issues"),
            ({"state": "running", "issues_done": 2400, "ended_at": None}, "What belongs to them follows."),
            ({"state": "failed", "fault": "It broke.", "ended_at": now}, "It broke."),
            ({"state": "ready", "fault": "", "ended_at": now}, "2,400 issues"),
            ({"expires_at": now - timedelta(seconds=1)}, "it cannot be downloaded any more"),
        ):
            with run_as_system(org_id=acme.pk):
                ExportRun.objects.filter(pk=run.pk).update(**fields)
            page = client.get(address).content.decode()
            assert says in page
            assert ("Download archive" in page) is (says == "2,400 issues")
        assert client.get(f"/{acme.slug}/exports/{run.pk}/").status_code == 404

    def test_goes_when_its_time_is_over(self, ada: User, acme: Organization, flow: Project) -> None:
        run = written(ada, acme, flow)
        lost = attached_files().save(f"{EXPORTS}/ab/lost", ContentFile(b"x"))
        assert jobs.sweep() == 0
        with run_as_system(org_id=acme.pk):
            ExportRun.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        old = (timezone.now() - timedelta(days=2)).timestamp()
        os.utime(attached_files().path(lost), (old, old))  # type: ignore[attr-defined]
        assert jobs.sweep() == 2
        assert keys() == []
        with acting(ada, acme) as actor, pytest.raises(NoSuchArchive):
            remove_archive(actor=actor, run=run)


class TestCommand:
    def test_writes_one_project_or_all_of_them(
        self, acme: Organization, ada: User, flow: Project, secret: Project, tmp_path: Path
    ) -> None:
        make_issues(acme, flow, ada, "A lamp")
        make_project(acme, ada, "OTHER")
        told, path = StringIO(), tmp_path / "all.zip"
        call_command("export_archive", org=acme.slug, out=path, stdout=told)
        assert "3 projects, 1 issues" in told.getvalue()
        assert path.stat().st_mode & 0o077 == 0
        with zipfile.ZipFile(path) as archive:
            assert json.loads(archive.read("manifest.json"))["created_by"] is None
        call_command("export_archive", org=acme.slug, project="FLOW", out=tmp_path / "one.zip", stdout=told)
        with zipfile.ZipFile(tmp_path / "one.zip") as archive:
            assert list(json.loads(archive.read("manifest.json"))["projects"]) == ["FLOW"]
        with pytest.raises(CommandError, match="exists already"):
            call_command("export_archive", org=acme.slug, out=path)
        with pytest.raises(CommandError):
            call_command("export_archive", org="nobody", out=tmp_path / "none.zip")
