"""Workers at imports: their turns, rights that are lost, faults, what stops an import, and what is left behind."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as live_settings
from django.core.files.base import ContentFile
from django.db import connections
from django.utils import timezone
from pytest_django import Settings

from apps.accounts.models import User
from apps.core.errors import Forbidden
from apps.core.files import attached_files
from apps.core.tenancy import OrgRole, run_as_system
from apps.events.models import Event
from apps.imports import handlers, jobs, running
from apps.imports.models import ImportFile, ImportProblem, ImportRun
from apps.imports.reconciliation import Reconciliation
from apps.imports.running import Outcome, batches, locks, looking, reading, rights, turns, writing
from apps.imports.services import cancel_import, forget_import, revert_import
from apps.imports.services.progress import MOST_TRIES, end_import, note_beat, store_progress, take_up
from apps.issues.models import Issue
from apps.issues.services import edit_issue
from apps.orgs.models import Membership, Organization
from apps.projects.models import Project
from apps.projects.policies import Role
from tests.factories import acting, give_role, make_member, make_project
from tests.imports.bringing import account_of, begin, confirmed, now, surveyed, work
from tests.imports.exports import comment, issue, write

State = ImportRun.State


@pytest.fixture(autouse=True)
def _place(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.MEDIA_ROOT = str(tmp_path / "media")
    settings.STORAGES = {**live_settings.STORAGES, "attachments": {"BACKEND": "apps.core.files.LocalFiles"}}
    monkeypatch.setattr(batches, "BATCH_ROWS", 2)


def lamps(tmp_path: Path, count: int = 5, key: str = "LAMP") -> Path:
    return write(
        tmp_path / f"{key}.ndjson", *(issue(f"{key}-{n}", comments=[comment(n, "hm")]) for n in range(1, count + 1))
    )


class TestTurns:
    def test_gives_way_and_goes_on_without_losing_or_doubling_a_row(
        self, acme: Organization, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(turns, "TURN", -1.0)
        monkeypatch.setattr(turns, "WAYS_BACK", -1)
        child = issue("LAMP-8", kind="Sub-task", parent={"id": "10001", "key": "LAMP-1"})
        path = write(tmp_path / "a", *(issue(f"LAMP-{n}") for n in range(1, 8)), child)
        run = confirmed(acme, path)
        given_up = []
        while running.work(org_id=acme.pk, run_id=run.pk, has_turns=True) is Outcome.AGAIN:
            assert now(run).tries == 0
            given_up.append(now(run).rows_done)
        assert given_up == [2, 4, 6, 8, 8]
        account = account_of(run)
        assert (account.read, account.imported) == (8, 8)
        assert now(run).counts["parents"] == 1
        with run_as_system(org_id=acme.pk):
            assert sorted(Issue.objects.values_list("number", flat=True)) == list(range(1, 9))

    def test_one_worker_is_at_a_run_and_a_few_at_all(
        self, acme: Organization, tmp_path: Path, settings: Settings
    ) -> None:
        run = begin(acme, lamps(tmp_path))
        with connections["staff"].cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s, %s)", [locks.RUNS, run.pk])
            assert running.work(org_id=acme.pk, run_id=run.pk) is Outcome.OVER
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [locks.RUNS, run.pk])
            assert now(run).state == State.SURVEYING
            cursor.execute("SELECT pg_advisory_lock(%s, %s)", [locks.TURNS, 0])
            jobs.work(acme.pk, run.pk)
            assert now(run).state == State.SURVEYING
            settings.IMPORTS_AT_ONCE = 2
            jobs.work(acme.pk, run.pk)
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [locks.TURNS, 0])
        assert now(run).state == State.REVIEW

    def test_a_ring_goes_to_who_waits_longest(
        self, acme: Organization, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        rung: list[tuple[int, int]] = []
        monkeypatch.setattr(jobs, "ring_worker", lambda job, *about: rung.append(about))
        first, second = begin(acme, lamps(tmp_path)), begin(acme, lamps(tmp_path))
        with run_as_system(org_id=acme.pk):
            ImportRun.objects.filter(pk=first.pk).update(beat_at=timezone.now() - timedelta(hours=1))
        jobs.resume()
        jobs.work(acme.pk, second.pk)
        assert rung == [(acme.pk, second.pk), (acme.pk, first.pk)]

    def test_says_that_it_is_alive_on_its_way(
        self, acme: Organization, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(turns, "BEAT", -1.0)
        run = begin(acme, lamps(tmp_path))
        beats: list[Any] = []
        for module in (looking, writing):
            monkeypatch.setattr(
                module, "note_beat", lambda **about: beats.append(about.get("rows_read")) or note_beat(**about)
            )
        run = work(run)
        assert beats == [1, 2, 3, 4, 5]
        beats.clear()
        with run_as_system(org_id=acme.pk):
            ImportRun.objects.filter(pk=run.pk).update(state=State.RUNNING, rows_done=4, skipped=4)
        assert work(run).state == State.DONE
        assert beats == [None] * 4


class TestStopping:
    def test_stops_behind_the_batch_when_cancelled(self, ada: User, acme: Organization, tmp_path: Path) -> None:
        run = confirmed(acme, lamps(tmp_path), by=ada)

        def cancel(at: ImportRun) -> None:
            with acting(ada, acme) as actor:
                cancel_import(actor=actor, run=at)

        ended = work(run, on_progress=cancel)
        assert (ended.state, ended.rows_done, ended.imported) == (State.CANCELLED, 2, 2)
        assert ended.ended_at is not None

    def test_stops_between_references_when_cancelled(self, ada: User, acme: Organization, tmp_path: Path) -> None:
        run = confirmed(acme, lamps(tmp_path, 2), by=ada)

        def cancel(at: ImportRun) -> None:
            with run_as_system(org_id=acme.pk):
                ImportRun.objects.filter(pk=at.pk).update(cancelled_at=timezone.now())

        assert work(run, on_progress=cancel).state == State.CANCELLED

    def test_stops_looking_through_when_cancelled_or_forgotten(
        self, ada: User, acme: Organization, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(turns, "BEAT", -1.0)
        for stop in (cancel_import, forget_import):
            run = begin(acme, lamps(tmp_path), by=ada)
            real_survey = looking.Survey

            class Stopping(real_survey):  # type: ignore[misc, valid-type]
                def look(self, row: Any) -> None:
                    super().look(row)
                    if self.rows == 2:
                        with acting(ada, acme) as actor:
                            stop(actor=actor, run=self.run)  # noqa: B023

            monkeypatch.setattr(looking, "Survey", Stopping)
            assert running.work(org_id=acme.pk, run_id=run.pk) is Outcome.OVER
            monkeypatch.undo()
            monkeypatch.setattr(turns, "BEAT", -1.0)
        with run_as_system(org_id=acme.pk):
            assert list(ImportRun.objects.values_list("state", flat=True)) == [State.CANCELLED]

    def test_ends_when_it_gets_nowhere_again_and_again(self, acme: Organization, tmp_path: Path) -> None:
        run = begin(acme, lamps(tmp_path))
        with run_as_system(org_id=acme.pk):
            ImportRun.objects.filter(pk=run.pk).update(tries=MOST_TRIES)
        ended = work(run)
        assert ended.state == State.FAILED
        assert "5 times" in ended.fault
        assert running.work(org_id=acme.pk, run_id=run.pk) is Outcome.OVER

    def test_ends_when_a_file_is_gone_or_cannot_be_read(
        self, acme: Organization, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run = begin(acme, lamps(tmp_path))
        with run_as_system(org_id=acme.pk):
            attached_files().delete(ImportFile.objects.get(run=run).key)
        assert "is gone" in work(run).fault
        swept = surveyed(acme, lamps(tmp_path))
        with run_as_system(org_id=acme.pk):
            ImportFile.objects.filter(run=swept).delete()
            ImportRun.objects.filter(pk=swept.pk).update(state=State.QUEUED)
        assert "is gone" in work(swept).fault
        broken = begin(acme, lamps(tmp_path))

        def fail(*about: Any) -> Any:
            raise OSError("the disk is tired")

        monkeypatch.setattr(reading, "rows_of", fail)
        assert "the disk is tired" in work(broken).fault

    def test_says_so_when_its_account_does_not_add_up(self, acme: Organization, tmp_path: Path) -> None:
        run = confirmed(acme, lamps(tmp_path, 3))
        with run_as_system(org_id=acme.pk):
            ImportRun.objects.filter(pk=run.pk).update(imported=7)
        ended = work(run)
        assert ended.state == State.FAILED
        assert "unaccounted" in ended.fault

    def test_only_flowboard_itself_notes_how_far_it_is(self, ada: User, acme: Organization, tmp_path: Path) -> None:
        run = begin(acme, lamps(tmp_path), by=ada)
        with acting(ada, acme) as actor:
            for act in (
                lambda: take_up(actor=actor, run_id=run.pk),
                lambda: store_progress(actor=actor, run=run, account=Reconciliation()),
                lambda: end_import(actor=actor, run=run, state=State.DONE),
            ):
                with pytest.raises(Forbidden):
                    act()


class TestRights:
    def test_stops_when_who_started_it_may_do_so_no_more(
        self, ada: User, acme: Organization, flow: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(rights, "RIGHTS", -1.0)
        lead = make_member(acme, name="Lea Voss")
        give_role(acme, flow, lead, Role.ADMIN)
        run = confirmed(acme, lamps(tmp_path), project="FLOW", by=lead)

        def lose(at: ImportRun) -> None:
            give_role(acme, flow, lead, Role.MEMBER)

        ended = work(run, on_progress=lose)
        assert (ended.state, ended.imported) == (State.FAILED, 2)
        assert "Lea Voss may not import here any more" in ended.fault
        with acting(ada, acme) as actor:
            assert revert_import(actor=actor, run=ended).state == State.REVERTING
        assert work(run).state == State.REVERTED
        with run_as_system(org_id=acme.pk):
            assert not Issue.objects.exists()

    def test_stops_when_who_started_it_has_no_seat_or_office_any_more(
        self, ada: User, acme: Organization, tmp_path: Path
    ) -> None:
        admin = make_member(acme, OrgRole.ADMIN, name="Adi Voss")
        gone, member = confirmed(acme, lamps(tmp_path), by=admin), confirmed(acme, lamps(tmp_path), by=admin)
        with run_as_system(org_id=acme.pk):
            Membership.objects.filter(user=admin).update(role=OrgRole.MEMBER)
        assert "may not import here" in work(member).fault
        with run_as_system(org_id=acme.pk):
            Membership.objects.filter(user=admin).update(ended_at=timezone.now())
        assert "may not import here" in work(gone).fault

    def test_writes_into_no_project_that_who_started_it_does_not_know_or_administer(
        self, ada: User, acme: Organization, tmp_path: Path
    ) -> None:
        admin = make_member(acme, OrgRole.ADMIN, name="Adi Voss")
        hidden = make_project(acme, ada, "HIDDEN", visibility="private")
        theirs = make_project(acme, ada, "THEIRS", visibility="private")
        give_role(acme, theirs, admin, Role.MEMBER)
        path = write(tmp_path / "a", issue("HIDDEN-1"), issue("THEIRS-1"), issue("DESK-1"), issue("DESK-2"))
        ended = work(confirmed(acme, path, by=admin))
        assert (ended.state, ended.imported, ended.failed) == (State.DONE, 2, 2)
        with run_as_system(org_id=acme.pk):
            assert not Issue.objects.filter(project__in=[hidden, theirs]).exists()
            problems = ImportProblem.objects.filter(run=ended, is_failure=True).order_by("pk")
            reasons = [problem.reason for problem in problems]
        assert reasons == [
            "Another project uses the key HIDDEN, or a deleted one still has it.",
            "Adi Voss may not import into THEIRS.",
        ]

    def test_fails_rows_whose_key_a_deleted_project_has(
        self, ada: User, acme: Organization, flow: Project, tmp_path: Path
    ) -> None:
        with run_as_system(org_id=acme.pk):
            Project.objects.filter(pk=flow.pk).update(deleted_at=timezone.now())
        ended = work(confirmed(acme, lamps(tmp_path, 2, "FLOW"), by=ada))
        assert (ended.failed, ended.imported) == (2, 0)

    def test_waits_while_the_organization_is_suspended(self, ada: User, acme: Organization, tmp_path: Path) -> None:
        run = confirmed(acme, lamps(tmp_path), by=ada)
        with run_as_system(org_id=acme.pk):
            Organization.objects.filter(pk=acme.pk).update(suspended_at=timezone.now())
        assert running.work(org_id=acme.pk, run_id=run.pk) is Outcome.WAITING
        with run_as_system(org_id=acme.pk):
            Organization.objects.filter(pk=acme.pk).update(suspended_at=None)
        assert work(run).state == State.DONE


class TestTellingAndTakingBack:
    def test_tells_who_did_what_and_takes_all_of_it_back(
        self, ada: User, acme: Organization, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run = work(confirmed(acme, lamps(tmp_path), project="LAMP", by=ada))
        assert (run.state, run.counts["comments"]["imported"]) == (State.DONE, 5)
        assert run.project_id is not None
        assert run.counts["people"] == {"members": 0, "placeholders": 1}
        with acting(ada, acme) as actor:
            changed = Issue.objects.select_related("project").get(number=2)
            edit_issue(actor=actor, issue=changed, values={"title": "Mine now"})
        with acting(ada, acme) as actor:
            revert_import(actor=actor, run=run)
        monkeypatch.setattr(turns, "TURN", -1.0)
        assert running.work(org_id=acme.pk, run_id=run.pk, has_turns=True) is Outcome.AGAIN
        while running.work(org_id=acme.pk, run_id=run.pk, has_turns=True) is Outcome.AGAIN:
            pass
        back = now(run)
        assert back.state == State.REVERTED
        assert back.counts["taken_back"]["issues"] == 4
        # And with it its status, and the project that it is in.
        assert [kept["key"] for kept in back.counts["kept"]] == ["LAMP-2", "Open", "LAMP The LAMP project"]
        with run_as_system(org_id=acme.pk):
            assert [each.title for each in Issue.objects.all()] == ["Mine now"]
            told = Event.objects.filter(kind__startswith="import.").order_by("pk")
            assert [(event.kind, event.actor_id) for event in told] == [
                ("import.started", ada.pk),
                ("import.confirmed", None),
                ("import.ended", None),
                ("import.taking_back", ada.pk),
                ("import.taken_back", None),
            ]


class TestMail:
    def test_sends_one_summary_to_who_started_it(
        self, ada: User, acme: Organization, tmp_path: Path, mailoutbox: list[Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = write(tmp_path / "a", issue("LAMP-1"), issue("LAMP-2"), b"{")
        done, mine = work(confirmed(acme, path, by=ada)), work(confirmed(acme, path))
        stopped, halted = confirmed(acme, path, project="LAMP", by=ada), confirmed(acme, path, by=ada)

        def fail(*about: Any) -> Any:
            raise OSError("the disk is tired")

        monkeypatch.setattr(reading, "rows_of", fail)
        stopped = work(stopped)
        with acting(ada, acme) as actor:
            cancel_import(actor=actor, run=halted)
        told = []
        with run_as_system(org_id=acme.pk) as actor:
            for event in Event.objects.filter(kind="import.ended").order_by("pk"):
                before = len(mailoutbox)
                handlers.mail_summary(actor, event)
                told.append((event.data["run_id"], len(mailoutbox) - before))
        assert told == [(done.pk, 1), (mine.pk, 0), (stopped.pk, 1)]
        first, second = mailoutbox
        assert (first.to, first.subject) == ([ada.email], "Your import into Acme Robotics has ended")
        assert "Of 3 rows, 2 were imported, 0 updated, 0 skipped, and 1 failed." in first.body
        assert f"/{acme.slug}/imports/{done.pk}/" in first.body
        assert "the disk is tired" in second.body
        assert "The LAMP project" in second.subject


class TestSweeping:
    def test_deletes_files_of_old_imports_and_of_none(
        self, ada: User, acme: Organization, tmp_path: Path, settings: Settings, django_capture_on_commit_callbacks: Any
    ) -> None:
        old, young, busy = (surveyed(acme, lamps(tmp_path)) for _ in range(3))
        long_ago = timezone.now() - timedelta(days=40)
        with run_as_system(org_id=acme.pk):
            ImportRun.objects.filter(pk=old.pk).update(created_at=long_ago)
            ImportRun.objects.filter(pk=busy.pk).update(created_at=long_ago, state=State.RUNNING)
        attached_files().save("imports/aa/lost", ContentFile(b"x"))
        with django_capture_on_commit_callbacks(execute=True):
            assert jobs.sweep_files() == 1
        with run_as_system(org_id=acme.pk):
            assert set(ImportFile.objects.values_list("run_id", flat=True)) == {young.pk, busy.pk}
            keys = list(ImportFile.objects.values_list("key", flat=True))
        lost = Path(attached_files().path("imports/aa/lost"))  # type: ignore[attr-defined]
        assert lost.exists()
        yesterday = (timezone.now() - timedelta(days=2)).timestamp()
        os.utime(lost, (yesterday, yesterday))
        assert jobs.sweep_files() == 1
        assert not lost.exists()
        assert all(Path(attached_files().path(key)).exists() for key in keys)  # type: ignore[attr-defined]
