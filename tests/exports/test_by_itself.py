"""What a project does by itself comes along: recurring issues, automatic sprints; and that a project is archived."""

import json
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as live_settings
from django.core.management import call_command
from django.utils import timezone
from pytest_django import Settings

from apps.accounts.models import User
from apps.core.errors import Forbidden, Invalid
from apps.core.tenancy import current_unit, run_as_system
from apps.imports.models import ExternalRef, ImportRun
from apps.imports.review import figures_found
from apps.imports.services import confirm_import, revert_import
from apps.issues.models import Issue
from apps.issues.services import edit_issue
from apps.orgs.models import Organization
from apps.projects.models import Project
from apps.projects.services import archive_imported_project, set_project_archived
from apps.recurring import services as recurring
from apps.recurring.models import IssueTemplate, Occurrence, Schedule
from apps.recurring.services import (
    edit_schedule,
    import_schedules,
    keep_schedule,
    resume_schedule,
    retire_schedule,
)
from apps.sprints import services as sprints
from apps.sprints.models import Cadence, Sprint
from apps.sprints.services import PastCadence, import_cadence, keep_cadence, set_cadence
from tests.exports.test_configuration import take_back, whole
from tests.exports.test_past import history, ledgers
from tests.exports.test_round_trip import AGO, a_zip, acting_at, content, fill, set_going, taken_out
from tests.factories import acting, make_issues, make_member, make_org, make_project, make_user
from tests.imports.bringing import surveyed, work
from tests.imports.test_import_tracker import import_tracker

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _place(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path / "media")
    settings.STORAGES = {**live_settings.STORAGES, "attachments": {"BACKEND": "apps.core.files.LocalFiles"}}


@pytest.fixture
def globex(ada: User) -> Organization:
    return make_org(ada, "Globex", "globex")


@pytest.fixture
def first(ada: User, acme: Organization, flow: Project, tmp_path: Path) -> Path:
    """The archive of a project that does things by itself."""
    set_going(ada, acme, flow)
    return taken_out(acme, tmp_path / "first.zip")


def told(account: dict[str, Any]) -> list[tuple[str, str]]:
    return [(each["field"], each["reason"]) for each in account["problems"]]


def schedules(org: Organization) -> list[Schedule]:
    with run_as_system(org_id=org.pk):
        rows = Schedule.objects.select_related("project", "template", "owner", "status").order_by("pk")
        return list(rows)


def keep(user: User, org: Organization, schedule: Schedule, moment: datetime) -> int | None:
    with acting_at(moment, user, org) as actor:
        made = keep_schedule(actor=actor, schedule_id=schedule.pk, project_id=schedule.project_id)
        return made.pk if made is not None else None


def keep_sprints(org: Organization, days: float) -> list[tuple[str, str, date | None]]:
    """The sprints that there are so many days after they began to start by themselves."""
    with run_as_system(org_id=org.pk) as actor:
        unit = current_unit()
        assert unit is not None
        unit.moment = timezone.now() - AGO + timedelta(days=days)
        keep_cadence(actor=actor, project=Project.objects.get(key="FLOW"))
        return list(Sprint.objects.order_by("slot_date").values_list("name", "state", "slot_date"))


def used(ada: User, org: Organization) -> Project:
    """A project of the other organization in which people work."""
    project = make_project(org, ada, "OWN")
    make_issues(org, project, ada, "Something to do")
    return project


class TestRecurringIssues:
    def test_go_on_with_the_slot_that_comes_next_and_make_nothing_for_the_time_between(
        self, ada: User, globex: Organization, first: Path
    ) -> None:
        account = import_tracker(first, "--org", globex.slug)
        assert (account["failed"], told(account)) == (0, [])
        active, paused = schedules(globex)
        now = timezone.now()
        # Two weeks lie between two of its weeks.
        assert active.next_at is not None
        assert now < active.next_at < now + timedelta(days=15)
        assert (active.owner, paused.paused_at is not None, active.most) == (ada, True, 20)
        with run_as_system(org_id=globex.pk):
            [slot] = Occurrence.objects.select_related("issue")
            assert slot.issue is not None
            assert slot.issue.title == "Report"
            before = Issue.objects.count()
        assert keep(ada, globex, active, now) is None
        assert keep(ada, globex, active, active.next_at) is not None
        assert keep(ada, globex, active, active.next_at) is None
        with run_as_system(org_id=globex.pk):
            assert Issue.objects.count() == before + 1

    def test_come_once_and_a_newer_archive_adds_what_was_made(
        self, ada: User, acme: Organization, globex: Organization, first: Path, tmp_path: Path
    ) -> None:
        import_tracker(first, "--org", globex.slug)
        schedule = schedules(acme)[0]
        with run_as_system(org_id=acme.pk):
            Schedule.objects.filter(pk=schedule.pk).update(next_at=timezone.now() - timedelta(days=16))
        assert keep(ada, acme, schedule, timezone.now()) is not None
        second = taken_out(acme, tmp_path / "second.zip")
        account = import_tracker(second, "--org", globex.slug)
        assert (account["imported"], told(account)) == (1, [])
        assert content(taken_out(globex, tmp_path / "third.zip"))["schedules"] == content(second)["schedules"]
        assert len(schedules(globex)) == 2

    def test_are_made_for_whoever_started_the_import(self, ada: User, globex: Organization, first: Path) -> None:
        olga = make_member(globex, "admin", "Olga Admin")
        run = surveyed(globex, first, by=olga)
        assert {("recurring issues", 2, False), ("automatic sprints", 1, False)} <= set(figures_found(run.survey))
        with acting(olga, globex) as actor:
            confirm_import(actor=actor, run=run)
        assert work(run).state == ImportRun.State.DONE
        assert {each.owner for each in schedules(globex)} == {olga}
        with run_as_system(org_id=globex.pk):
            reasons = list(run.problems.values_list("reason", flat=True))
        assert "It made issues for Ada Okafor; here it makes them for Olga Admin." in reasons

    def test_of_somebody_who_is_no_member_wait_until_somebody_resumes_them(self, first: Path) -> None:
        greta = make_user("Greta Owner")
        other = make_org(greta, "Initech", "initech")
        account = import_tracker(first, "--org", other.slug)
        assert ("schedule", "Ada Okafor is no member here: it is paused until somebody resumes it.") in told(account)
        active, _paused = schedules(other)
        assert (active.owner.name, active.stop, active.paused_at is not None) == ("Ada Okafor", "no_seat", True)
        with acting(greta, other) as actor:
            resume_schedule(actor=actor, schedule=active)
        assert schedules(other)[0].owner == greta

    def test_come_paused_into_a_project_in_use_and_go_again(self, ada: User, globex: Organization, first: Path) -> None:
        project = used(ada, globex)
        account = import_tracker(first, "--org", globex.slug, "--project", "OWN")
        assert ("schedule", "The project is in use, so it came paused.") in told(account)
        assert [each.paused_at is not None for each in schedules(globex)] == [True, True]
        assert take_back(globex, account)["kept"] == []
        assert schedules(globex) == []
        with run_as_system(org_id=globex.pk):
            assert not IssueTemplate.objects.filter(project=project).exists()

    def test_stay_where_somebody_changed_them_and_not_where_somebody_deleted_them(
        self, ada: User, globex: Organization, first: Path
    ) -> None:
        used(ada, globex)
        account = import_tracker(first, "--org", globex.slug, "--project", "OWN")
        active, paused = schedules(globex)
        with acting(ada, globex) as actor:
            resume_schedule(actor=actor, schedule=active)
            retire_schedule(actor=actor, schedule=paused)
        kept = take_back(globex, account)["kept"]
        # The template that it needs stays as well.
        assert [each["key"] for each in kept] == ["Report", "Report"]
        [left] = schedules(globex)
        assert (left.pk, left.paused_at) == (active.pk, None)

    def test_that_the_project_has_already_are_not_doubled(
        self, ada: User, acme: Organization, flow: Project, first: Path
    ) -> None:
        account = import_tracker(first, "--org", acme.slug, "--project", "FLOW")
        assert len(schedules(acme)) == 2
        assert take_back(acme, account)["kept"] == []
        assert len(schedules(acme)) == 2


class TestAutomaticSprints:
    def test_go_on_and_double_none_of_those_that_came(
        self, ada: User, acme: Organization, globex: Organization, first: Path, tmp_path: Path
    ) -> None:
        import_tracker(first, "--org", globex.slug)
        there = keep_sprints(acme, 7)
        assert keep_sprints(globex, 7) == there
        later = keep_sprints(acme, 35)
        assert len(later) > len(there)
        assert keep_sprints(globex, 35) == later
        # What both have planned since for the same slot is one sprint.
        with acting(ada, globex):
            Sprint.objects.filter(slot_date=later[-1][2]).update(name="Ours")
        account = import_tracker(taken_out(acme, tmp_path / "second.zip"), "--org", globex.slug)
        assert account["failed"] == 0
        assert [slot for _name, _state, slot in keep_sprints(globex, 35)] == [slot for *_about, slot in later]
        with run_as_system(org_id=globex.pk):
            assert Sprint.objects.count() == len(later)

    def test_come_switched_off_into_a_project_in_use_and_go_again(
        self, ada: User, globex: Organization, first: Path
    ) -> None:
        used(ada, globex)
        account = import_tracker(first, "--org", globex.slug, "--project", "OWN")
        assert ("cadence", "The project is in use, so its automatic sprints came switched off.") in told(account)
        with run_as_system(org_id=globex.pk):
            assert not Cadence.objects.get().is_on
        assert take_back(globex, account)["kept"] == []
        with run_as_system(org_id=globex.pk):
            assert not Cadence.objects.exists()
            assert not Sprint.objects.exists()

    def test_stay_the_projects_own_where_it_has_some(self, ada: User, globex: Organization, first: Path) -> None:
        project = used(ada, globex)
        with acting(ada, globex) as actor:
            set_cadence(
                actor=actor,
                project=Project.objects.get(pk=project.pk),
                is_on=False,
                weeks=1,
                weekday=4,
                cooldown_weeks=0,
                ahead=1,
                rolls_over=True,
            )
        account = import_tracker(first, "--org", globex.slug, "--project", "OWN")
        assert ("cadence", "The project has automatic sprints of its own and keeps them.") in told(account)
        take_back(globex, account)
        with run_as_system(org_id=globex.pk):
            assert Cadence.objects.get().weeks == 1

    def test_stay_where_somebody_changed_them(self, ada: User, globex: Organization, first: Path) -> None:
        used(ada, globex)
        account = import_tracker(first, "--org", globex.slug, "--project", "OWN")
        with acting(ada, globex) as actor:
            set_cadence(
                actor=actor,
                project=Project.objects.get(key="OWN"),
                is_on=False,
                weeks=1,
                weekday=4,
                cooldown_weeks=0,
                ahead=1,
                rolls_over=True,
            )
        assert "It was changed since the import." in [each["reason"] for each in take_back(globex, account)["kept"]]
        with run_as_system(org_id=globex.pk):
            assert Cadence.objects.get().weeks == 1

    def test_that_were_planned_here_go_with_the_rhythm(self, ada: User, globex: Organization, first: Path) -> None:
        account = import_tracker(first, "--org", globex.slug)
        came = len(keep_sprints(globex, 7))
        assert len(keep_sprints(globex, 35)) > came
        with acting(ada, globex) as actor:
            issue = Issue.objects.select_related("project", "type").get()
            edit_issue(actor=actor, issue=issue, values={"title": "Mine"})
        take_back(globex, account)
        with run_as_system(org_id=globex.pk):
            assert not Cadence.objects.exists()
            assert not Sprint.objects.filter(state="planned").exists()


class TestAnArchivedProject:
    def test_comes_back_archived_and_does_nothing_by_itself(
        self, ada: User, acme: Organization, globex: Organization, flow: Project, tmp_path: Path
    ) -> None:
        set_going(ada, acme, flow)
        with acting(ada, acme) as actor:
            set_project_archived(actor=actor, project=Project.objects.get(pk=flow.pk), is_archived=True)
        first = taken_out(acme, tmp_path / "first.zip")
        account = import_tracker(first, "--org", globex.slug)
        assert content(taken_out(globex, tmp_path / "second.zip")) == content(first)
        with run_as_system(org_id=globex.pk):
            assert Project.objects.get().archived_at is not None
        again = import_tracker(first, "--org", globex.slug)
        assert (again["imported"], again["updated"], again["failed"]) == (0, 0, 0)
        take_back(globex, account)
        with run_as_system(org_id=globex.pk):
            assert not Project.objects.exists()

    def test_can_be_brought_and_taken_back_by_a_person(
        self, ada: User, acme: Organization, globex: Organization, flow: Project, tmp_path: Path
    ) -> None:
        make_issues(acme, flow, ada, "A lamp")
        with acting(ada, acme) as actor:
            set_project_archived(actor=actor, project=Project.objects.get(pk=flow.pk), is_archived=True)
        run = surveyed(globex, taken_out(acme, tmp_path / "first.zip"), project="NEW", by=ada)
        with acting(ada, globex) as actor:
            confirm_import(actor=actor, run=run)
        run = work(run)
        assert run.state == ImportRun.State.DONE
        with acting(ada, globex) as actor:
            assert Project.objects.get(key="NEW").archived_at is not None
            revert_import(actor=actor, run=run)
        assert work(run).state == ImportRun.State.REVERTED
        with run_as_system(org_id=globex.pk):
            assert not Project.objects.exists()

    def test_leaves_one_open_that_was_here_before_and_says_so(
        self, ada: User, acme: Organization, globex: Organization, flow: Project, tmp_path: Path
    ) -> None:
        used(ada, globex)
        with acting(ada, acme) as actor:
            set_project_archived(actor=actor, project=Project.objects.get(pk=flow.pk), is_archived=True)
        account = import_tracker(taken_out(acme, tmp_path / "first.zip"), "--org", globex.slug, "--project", "OWN")
        assert ("archived_at", "It is archived there. Here it was before, and stays open.") in told(account)
        with run_as_system(org_id=globex.pk):
            assert Project.objects.get().archived_at is None


class TestAnOrganization:
    def test_is_the_same_in_another_one(
        self, ada: User, acme: Organization, globex: Organization, flow: Project, tmp_path: Path
    ) -> None:
        other = make_project(acme, ada, "LAMP")
        old = make_project(acme, ada, "OLD", visibility="private")
        fill(ada, acme, flow)
        for project in (flow, other):
            set_going(ada, acme, project)
        make_issues(acme, old, ada, "Long ago")
        with acting(ada, acme) as actor:
            set_project_archived(actor=actor, project=Project.objects.get(pk=old.pk), is_archived=True)

        def whole_of(org: Organization, name: str) -> Path:
            path = tmp_path / name
            call_command("export_archive", org=org.slug, out=path, stdout=StringIO())
            return path

        first = whole_of(acme, "first.zip")
        account = import_tracker(first, "--org", globex.slug)
        assert (account["failed"], told(account)) == (0, [])
        second = whole_of(globex, "second.zip")
        for key in ("FLOW", "LAMP", "OLD"):
            assert content(second, key) == content(first, key)
            assert history(second, key) == history(first, key)
            assert ledgers(second, key) == ledgers(first, key)
        assert [len(content(second, key)["schedules"]) for key in ("FLOW", "LAMP", "OLD")] == [2, 2, 0]


LINE = {
    "id": "7",
    "template": "Report",
    "owner": {"id": "1", "name": "Ada Okafor"},
    "frequency": "daily",
    "interval": 1,
    "start_date": (timezone.localdate() - timedelta(days=9)).isoformat(),
    "at": "09:00",
    "time_zone": "Europe/Berlin",
}


class TestByHand:
    def archived(self, path: Path, *lines: dict[str, Any], **about: Any) -> Path:
        project = whole() | {"issue_templates": [{"name": "Report", "type": "Task"}]} | about
        return a_zip(
            path,
            {
                "projects/PLANT/project.json": json.dumps(project),
                "projects/PLANT/issues.ndjson": "",
                "projects/PLANT/sprints.ndjson": "",
                "projects/PLANT/schedules.ndjson": "".join(json.dumps(line) + "\n" for line in lines),
            },
        )

    @pytest.mark.parametrize(
        "wrong",
        [
            {"at": "25:00"},
            {"at": "09:00+01:00"},
            {"owner": None},
            {"interval": "1"},
            {"weekdays": list(range(8))},
            {"made": [{"day": "soon"}]},
            {"start_date": 1},
        ],
        ids=["hour", "zone", "nobody", "text", "weekdays", "made", "number"],
    )
    def test_what_is_no_schedule_is_a_row_that_cannot_be_read(
        self, acme: Organization, tmp_path: Path, wrong: dict[str, Any]
    ) -> None:
        account = import_tracker(self.archived(tmp_path / "a.zip", LINE | wrong), "--org", acme.slug)
        assert account["failed"] == 1
        assert schedules(acme) == []

    @pytest.mark.parametrize(
        ("wrong", "why"),
        [
            ({"template": "Other"}, "is not here"),
            ({"start_date": "0001-01-01"}, "further away"),
            ({"start_date": "9998-01-01"}, "further away"),
            ({"time_zone": "Mars/Base"}, "offered values"),
            ({"frequency": "hourly"}, "offered values"),
            ({"interval": 0}, "Choose 1 to"),
            ({"paused_at": "2026-01-01T00:00:00+00:00", "stop": "never"}, "offered values"),
        ],
        ids=["template", "year 1", "year 9998", "zone", "frequency", "interval", "stop"],
    )
    def test_what_cannot_be_is_left_out_and_told(
        self, ada: User, acme: Organization, tmp_path: Path, wrong: dict[str, Any], why: str
    ) -> None:
        owner = {"id": "1", "name": ada.name, "email": ada.email}
        path = self.archived(tmp_path / "a.zip", LINE | {"owner": owner} | wrong)
        account = import_tracker(path, "--org", acme.slug)
        assert why in " ".join(reason for field, reason in told(account) if field == "schedule")
        assert schedules(acme) == []

    def test_more_than_a_project_can_have_are_left_out(self, acme: Organization, tmp_path: Path) -> None:
        lines = [LINE | {"id": str(number), "interval": number % 90 + 1, "at": f"{number // 90:02}:00"}
                 for number in range(210)]  # fmt: skip
        account = import_tracker(self.archived(tmp_path / "a.zip", *lines), "--org", acme.slug)
        assert len(schedules(acme)) == recurring.MOST_SCHEDULES
        assert account["failed"] == 0
        assert sum("at most 50 schedules" in reason for _field, reason in told(account)) > 0

    @pytest.mark.parametrize(
        ("cadence", "why"),
        [
            ("weekly", "not as FlowBoard writes it"),
            ({"weeks": 99}, "Choose 1 to 8"),
            ({"time_zone": "Mars/Base"}, "offered values"),
        ],
        ids=["text", "weeks", "zone"],
    )
    def test_a_rhythm_that_cannot_be_is_left_out_and_told(
        self, acme: Organization, tmp_path: Path, cadence: Any, why: str
    ) -> None:
        right = {
            "is_on": True, "weeks": 2, "weekday": 0, "cooldown_weeks": 0, "ahead": 2, "rolls_over": True,
            "anchor_date": "2026-03-02", "time_zone": "UTC",
        }  # fmt: skip
        wrong = right | cadence if isinstance(cadence, dict) else cadence
        account = import_tracker(self.archived(tmp_path / "a.zip", cadence=wrong), "--org", acme.slug)
        assert any(field == "cadence" and why in reason for field, reason in told(account))
        with run_as_system(org_id=acme.pk):
            assert not Cadence.objects.exists()

    def test_an_archive_from_before_tells_none(self, acme: Organization, tmp_path: Path) -> None:
        members = {
            "projects/PLANT/project.json": json.dumps(whole()),
            "projects/PLANT/issues.ndjson": "",
            "projects/PLANT/sprints.ndjson": "",
        }
        account = import_tracker(a_zip(tmp_path / "a.zip", members), "--org", acme.slug)
        assert (account["failed"], told(account)) == (0, [])


class TestTheServices:
    def test_are_for_flowboard_alone(self, ada: User, acme: Organization, flow: Project) -> None:
        past = PastCadence(
            weeks=2,
            weekday=0,
            cooldown_weeks=0,
            ahead=1,
            rolls_over=True,
            anchor_date=date(2026, 3, 2),
            time_zone="UTC",
        )
        with acting(ada, acme) as actor:
            own: dict[str, Any] = {"actor": actor, "project": flow}
            for act in (
                lambda: import_schedules(**own, batch=[]),
                lambda: recurring.note_imported_occurrences(**own, made={}),
                lambda: recurring.begin_imported_schedules(**own, ids=[]),
                lambda: recurring.remove_imported_schedules(**own, run_id=1, ids=[]),
                lambda: import_cadence(**own, past=past),
                lambda: sprints.note_imported_slots(**own, slots={}),
                lambda: sprints.begin_imported_cadence(actor=actor, cadence=Cadence(project=flow)),
                lambda: sprints.remove_imported_cadence(**own),
                lambda: archive_imported_project(**own, at=datetime.now(UTC)),
            ):
                with pytest.raises(Forbidden):
                    act()

    def test_take_nothing_back_where_there_is_nothing(self, acme: Organization, flow: Project) -> None:
        with run_as_system(org_id=acme.pk) as actor:
            assert sprints.remove_imported_cadence(actor=actor, project=flow) == ("", [])
            assert not ExternalRef.objects.exists()

    def test_refuse_an_end_before_the_start(self, ada: User, acme: Organization, flow: Project) -> None:
        set_going(ada, acme, flow)
        schedule = schedules(acme)[0]
        timing = recurring.Timing(
            frequency="daily",
            interval=1,
            start_date=schedule.start_date,
            at=schedule.at,
            end_date=schedule.start_date - timedelta(days=1),
        )
        with acting(ada, acme) as actor, pytest.raises(Invalid):
            edit_schedule(actor=actor, schedule=schedule, timing=timing)
