"""What is taken out of one organization and brought into another is the same content; and archives made to do harm."""

import json
import struct
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from hashlib import sha256
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as live_settings
from django.core.management import call_command
from django.utils import timezone
from pytest_django import Settings

from apps.accounts.models import User
from apps.core.tenancy import Actor, current_unit
from apps.imports.choices import Choices
from apps.imports.files import Upload
from apps.imports.formats import recognise
from apps.imports.formats.flowboard import FlowBoard
from apps.imports.records import IssueRecord, Unreadable
from apps.issues.models import Issue
from apps.issues.services import (
    NewIssue,
    add_comment,
    archive_issue,
    create_issues,
    edit_comment,
    edit_issue,
    link_issues,
    log_work,
    set_pinned,
    set_reaction,
    set_thread_resolved,
)
from apps.orgs.models import Organization
from apps.projects.models import IssueType, Project, Status
from apps.projects.services import change_project_key, create_field, create_label, create_version, set_time_tracking
from apps.recurring.services import (
    Content,
    Timing,
    create_schedule,
    create_template,
    keep_schedule,
    pause_schedule,
)
from apps.sprints.services import create_sprint, plan_issues, set_cadence, set_capacity
from tests.factories import acting, attach, make_member, make_org
from tests.imports.test_import_tracker import import_tracker

pytestmark = pytest.mark.django_db(transaction=True)

# What an import does not bring along (ADR 44), and what means nothing outside of the archive that it is in.
_NOT_KEPT = {"rank", "former_keys", "time_spent"}
_OWN = {"id", "path", "handle", "email", "status_changed_at", "updated_at"}


@pytest.fixture(autouse=True)
def _place(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path / "media")
    settings.STORAGES = {**live_settings.STORAGES, "attachments": {"BACKEND": "apps.core.files.LocalFiles"}}


def fill(ada: User, acme: Organization, flow: Project) -> None:
    """Issues of every type with everything that can hang on them."""
    mateo = make_member(acme)
    types = {}
    with acting(ada, acme) as actor:
        types = {each.name: each for each in IssueType.objects.filter(project=flow)}
        statuses = {each.name: each for each in Status.objects.filter(project=flow)}
        flow = set_time_tracking(actor=actor, project=flow, is_on=True)
        label = create_label(actor=actor, project=flow, name="api")
        version = create_version(
            actor=actor, project=flow, name="2.4", description="Two floors.", release_date=date(2026, 1, 30)
        )
        text = create_field(actor=actor, project=flow, name="Contract", kind="text")
        number = create_field(actor=actor, project=flow, name="Cost", kind="number")
        many = create_field(actor=actor, project=flow, name="For", kind="multi", options=["Globex", "Initech"])
        day = create_field(actor=actor, project=flow, name="Promised", kind="date")
        sprint = create_sprint(actor=actor, project=flow, name="Sprint 1", goal="A roof.")
        batch = [
            NewIssue(title="A house", type=types["Epic"], description="# Big\n\nVery **big**."),
            NewIssue(
                title="A roof",
                type=types["Story"],
                status=statuses["In progress"],
                priority=3,
                assignee=mateo,
                labels=[label],
                due_date=date(2026, 5, 6),
                start_date=date(2026, 5, 1),
                points=5,
            ),
            NewIssue(title="A nail", type=types["Sub-task"]),
            NewIssue(title="A leak", type=types["Bug"], status=statuses["Done"]),
            NewIssue(title="Long ago", type=types["Task"]),
        ]
        house, roof, nail, leak, old = create_issues(actor=actor, project=flow, batch=batch)
    with acting(ada, acme) as actor:
        house, roof, nail, leak, old = Issue.objects.select_related("project", "type", "status").order_by("number")
        roof = edit_issue(
            actor=actor,
            issue=roof,
            values={
                "parent": house.pk,
                "fix_versions": [version.pk],
                "time_estimate": "2h",
                text.key: "C-12",
                number.key: "-5.5",
                many.key: [option.id for option in many.choices],
                day.key: "2026-05-07",
            },
        )
        edit_issue(actor=actor, issue=nail, values={"parent": roof.pk})
        link_issues(actor=actor, source=leak, target=roof, kind="blocks")
        said = add_comment(actor=actor, issue=roof, body="Said **here**, ünd there.")
        add_comment(actor=actor, issue=roof, body="And there.", reply_to=said)
        set_thread_resolved(actor=actor, comment=said, is_resolved=True)
        other = add_comment(actor=actor, issue=roof, body="Nails first.")
        edit_comment(actor=actor, comment=other, body="Nails **first**.")
        set_pinned(actor=actor, comment=other, is_pinned=True)
        set_reaction(actor=actor, issue=roof, comment=said, emoji="heart", is_on=True)
        set_reaction(actor=actor, issue=roof, emoji="rocket", is_on=True)
        log_work(actor=actor, issue=roof, minutes="30m", note="Up to the roof.")
        plan_issues(actor=actor, issues=[roof], sprint=sprint)
        set_capacity(actor=actor, sprint=sprint, points={ada.pk: "7.5"})
        archive_issue(actor=actor, issue=old)
    attach(acme, roof, ada, "plan of the roof.txt", b"Up to the roof.")


# So long ago things began to happen by themselves.
AGO = timedelta(days=40)


@contextmanager
def acting_at(moment: datetime | None, user: User, org: Organization) -> Iterator[Actor]:
    """A unit of work of this person, at a moment."""
    with acting(user, org) as actor:
        unit = current_unit()
        assert unit is not None
        unit.moment = moment or unit.moment
        yield actor


def set_going(ada: User, acme: Organization, flow: Project) -> None:
    """Issues that recur, of which one was made, and sprints that start and end by themselves."""
    began = timezone.now() - AGO
    day = timezone.localdate(began)
    with acting_at(began, ada, acme) as actor:
        flow = Project.objects.get(pk=flow.pk)
        task = IssueType.objects.get(project=flow, name="Task")
        template = create_template(actor=actor, project=flow, content=Content(name="Report", type=task))
        timing = Timing(
            frequency="weekly",
            interval=2,
            weekdays=[0, 3],
            start_date=day,
            end_date=day + timedelta(days=900),
            at=time(9, 30),
            most=20,
            due_days=3,
            joins_sprint=True,
            status=Status.objects.get(project=flow, is_initial=True),
        )
        schedule = create_schedule(actor=actor, project=flow, template=template, timing=timing)
        paused = create_schedule(
            actor=actor,
            project=flow,
            template=template,
            timing=Timing(
                frequency="by_weekday",
                interval=1,
                weekdays=[4],
                nth=-1,
                start_date=day,
                at=time(8),
            ),
        )
        pause_schedule(actor=actor, schedule=paused)
        set_cadence(
            actor=actor, project=flow, is_on=True, weeks=3, weekday=2, cooldown_weeks=1, ahead=3, rolls_over=False
        )
    with acting_at(schedule.next_at, ada, acme) as actor:
        assert keep_schedule(actor=actor, schedule_id=schedule.pk, project_id=flow.pk) is not None


def taken_out(org: Organization, path: Path) -> Path:
    call_command("export_archive", org=org.slug, project="FLOW", out=path, stdout=StringIO())
    return path


def lines(path: Path, name: str, key: str = "FLOW") -> list[dict[str, Any]]:
    with zipfile.ZipFile(path) as archive:
        return [json.loads(line) for line in archive.read(f"projects/{key}/{name}.ndjson").splitlines()]


def content(path: Path, key: str = "FLOW") -> dict[str, Any]:
    """What an archive says, without what means nothing outside of it, and without what is known not to be kept."""
    sprints, issues = lines(path, "sprints", key), lines(path, "issues", key)
    with zipfile.ZipFile(path) as archive:
        about = json.loads(archive.read(f"projects/{key}/project.json"))
        names = {sprint["id"]: sprint["name"] for sprint in sprints}
        for issue in sorted(issues, key=lambda issue: issue["rank"]):
            issue["sprint"] = names.get(issue["sprint"])
            issue["archived_at"] = issue["archived_at"] is not None
            issue["place"] = sorted(each["rank"] for each in issues).index(issue["rank"])
            # They were all written in one moment.
            issue["comments"].sort(key=lambda comment: comment["body"])
            said = {comment["id"]: comment["body"] for comment in issue["comments"]}
            for comment in issue["comments"]:
                comment["thread"] = said.get(comment["thread"])
            for file in issue["attachments"]:
                file["content"] = archive.read(file["path"]).decode()
    return {
        "issues": [_plain(issue) for issue in issues],
        "former_keys": about["former_keys"],
        "labels": [each["name"] for each in about["labels"]],
        "versions": [each | {"released_at": bool(each["released_at"])} for each in about["versions"]],
        "fields": sorted((each["name"], each["kind"], tuple(each["options"])) for each in about["custom_fields"]),
        "sprints": [
            _plain(
                {
                    name: each[name]
                    for name in ("name", "goal", "state", "start_date", "end_date", "slot_date", "capacities")
                }
            )
            for each in sprints
        ],
        "schedules": [_plain(each) for each in lines(path, "schedules", key)],
        "cadence": about["cadence"],
        "archived_at": about["archived_at"],
    }


def _plain(found: Any) -> Any:
    if isinstance(found, dict):
        return {name: _plain(value) for name, value in found.items() if name not in _OWN | _NOT_KEPT}
    return [_plain(each) for each in found] if isinstance(found, list) else found


class TestRoundTrip:
    def test_brings_the_same_content_into_another_organization(
        self, ada: User, acme: Organization, flow: Project, tmp_path: Path
    ) -> None:
        fill(ada, acme, flow)
        set_going(ada, acme, flow)
        with acting(ada, acme) as actor:
            for key in ("ZOO", "AREA", "FLOW"):
                change_project_key(actor=actor, project=Project.objects.get(pk=flow.pk), key=key)
        first = taken_out(acme, tmp_path / "first.zip")
        told = content(first)
        assert told["former_keys"] == ["ZOO", "AREA"]
        assert [len(each["made"]) for each in told["schedules"]] == [1, 0]
        assert len([each for each in told["sprints"] if each["slot_date"]]) == 3
        other = make_org(ada, "Globex", "globex")
        account = import_tracker(first, "--org", other.slug)
        assert (account["imported"], account["failed"]) == (6, 0)
        second = taken_out(other, tmp_path / "second.zip")
        assert content(second) == told
        again = import_tracker(first, "--org", other.slug)
        assert (again["imported"], again["updated"]) == (0, 0)


def a_zip(path: Path, members: dict[str, Any], /, **manifest: Any) -> Path:
    """An archive made by hand, whose sums are right."""
    sums = {name: sum_of(data) for name, data in members.items()}
    about = {"format": "flowboard-archive", "format_version": 1, "organization": {"slug": "acme"}, "members": sums}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.json", json.dumps(about | manifest))
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def sum_of(data: str | bytes) -> dict[str, Any]:
    content = data.encode() if isinstance(data, str) else data
    return {"size": len(content), "sha256": sha256(content).hexdigest()}


def read(path: Path) -> list[Any]:
    return [row.content for row in FlowBoard().read(Upload.at(path), Choices())]


ABOUT = json.dumps({"key": "FLOW", "name": "Flow"})
ISSUE = {
    "key": "FLOW-1",
    "number": 1,
    "type": "Task",
    "level": "standard",
    "title": "A roof",
    "status": "Done",
    "category": "done",
    "priority": "none",
    "created_at": "2026-03-01T12:00:00+00:00",
}


class TestHostile:
    @pytest.mark.parametrize("field", ["created_at", "updated_at", "resolved_at"])
    def test_a_time_that_no_database_gives_back_is_told(self, tmp_path: Path, field: str) -> None:
        line = ISSUE | {field: "9999-12-31T23:59:59.999-14:00"}
        members = {"projects/FLOW/project.json": ABOUT, "projects/FLOW/sprints.ndjson": ""}
        members["projects/FLOW/issues.ndjson"] = json.dumps(line)
        assert isinstance(read(a_zip(tmp_path / "a.zip", members))[-1], Unreadable)
        members["projects/FLOW/issues.ndjson"] = json.dumps(ISSUE | {field: "2999-12-31T23:59:59.999-14:00"})
        assert isinstance(read(a_zip(tmp_path / "a.zip", members))[-1], IssueRecord)

    def test_is_known_by_its_content(self, tmp_path: Path) -> None:
        assert recognise(Upload.at(a_zip(tmp_path / "list.csv", {}))).name == "flowboard"

    @pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "a\\b", "C:x"])
    def test_refuses_names_that_lead_elsewhere(self, tmp_path: Path, name: str) -> None:
        [fault] = read(a_zip(tmp_path / "a.zip", {name: "x"}))
        assert isinstance(fault, Unreadable)
        assert "leads out" in fault.reason

    def test_refuses_links(self, tmp_path: Path) -> None:
        link = zipfile.ZipInfo("link")
        link.external_attr = 0o120777 << 16
        path = a_zip(tmp_path / "a.zip", {})
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr(link, "/etc/passwd")
        [fault] = read(path)
        assert "link" in fault.reason

    def test_stops_bombs_at_once(self, tmp_path: Path) -> None:
        zeros = b"0" * (80 * 1024 * 1024)
        path = a_zip(
            tmp_path / "a.zip",
            {
                "projects/FLOW/project.json": ABOUT,
                "projects/FLOW/sprints.ndjson": "",
                "projects/FLOW/issues.ndjson": zeros,
                "projects/FLOW/attachments/1": zeros,
            },
        )
        assert [found for found in read(path) if isinstance(found, Unreadable)]
        file = FlowBoard().open_file(Upload.at(path), "projects/FLOW/attachments/1")
        assert file is None or len(file.read()) <= live_settings.ATTACHMENT_LARGEST + 1

    def test_refuses_a_list_of_members_that_claims_to_be_endless(self, tmp_path: Path) -> None:
        path = a_zip(tmp_path / "a.zip", {})
        data = bytearray(path.read_bytes())
        data[-10:-6] = struct.pack("<I", 2**31)
        path.write_bytes(data)
        [fault] = read(path)
        assert "far more" in fault.reason

    def test_says_what_is_missing_damaged_or_newer(self, tmp_path: Path) -> None:
        [newer] = read(a_zip(tmp_path / "new.zip", {}, format_version=2))
        assert "newer FlowBoard" in newer.reason
        cut = tmp_path / "cut.zip"
        cut.write_bytes(a_zip(tmp_path / "whole.zip", {"projects/FLOW/project.json": ABOUT}).read_bytes()[:-30])
        [damaged] = read(cut)
        assert "damaged" in damaged.reason
        found = read(a_zip(tmp_path / "gap.zip", {"projects/FLOW/project.json": ABOUT}))
        assert "missing" in found[-1].reason
        lines = '{"key": "FLOW-1"}\nno json\n'
        rows = read(
            a_zip(
                tmp_path / "bad.zip",
                {
                    "projects/FLOW/project.json": ABOUT,
                    "projects/FLOW/sprints.ndjson": "",
                    "projects/FLOW/issues.ndjson": lines,
                },
            )
        )
        assert [type(row) for row in rows[1:]] == [Unreadable, Unreadable]
        assert not any(isinstance(row, IssueRecord) for row in rows)

    def test_gives_files_by_our_paths_alone(self, tmp_path: Path) -> None:
        path = a_zip(tmp_path / "a.zip", {"projects/FLOW/attachments/1": "x", "secret": "y"})
        upload = Upload.at(path)
        assert FlowBoard().open_file(upload, "secret") is None
        assert FlowBoard().open_file(upload, "projects/FLOW/attachments/2") is None
        file = FlowBoard().open_file(upload, "projects/FLOW/attachments/1")
        assert file is not None
        assert file.read() == b"x"
