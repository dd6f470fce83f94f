"""Records in the database: everything that they say, once, and what is kept of it when a newer export comes."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings

from apps.accounts.models import User
from apps.core.errors import Forbidden, Invalid
from apps.core.files import attached_files
from apps.core.tenancy import Origin, run_as_system
from apps.events.models import Delivery, Event
from apps.imports.choices import Choices
from apps.imports.mapping import Mapping, People, check_choices
from apps.imports.models import ExternalRef, ImportRun
from apps.imports.records import (
    AttachmentRecord,
    CommentRecord,
    IssueRecord,
    Person,
    ProjectRecord,
    SprintRecord,
    SprintState,
    VersionRecord,
    WorkLogRecord,
)
from apps.imports.services import write_project
from apps.issues.models import Attachment, Comment, Issue, WorkLog
from apps.issues.services import NewIssue, PastUpdate, edit_issue, import_files, import_work, update_imported_issues
from apps.orgs.models import Organization
from apps.projects.models import CustomField, IssueType, Project, Status, Version
from apps.projects.services import create_field, import_versions, set_time_tracking, update_imported_versions
from apps.sprints.models import Sprint
from apps.sprints.services import create_sprint, import_sprints, start_sprint, update_imported_sprints
from tests.factories import acting, make_member, make_org, make_project, make_user, picture
from tests.imports.records import MIRA, OTTO, SOURCE, day, make_run, reasons, record, stored, write

Kind = CustomField.Kind


@pytest.fixture
def run(flow: Project) -> ImportRun:
    return make_run(flow)


def values(org: Organization, project: Project, number: int) -> dict[str, Any]:
    """What an issue has in the project's own fields, by their names, options by theirs."""
    issue = stored(org, project, number)
    with run_as_system(org_id=org.pk):
        found = {}
        for field in CustomField.objects.filter(project=project):
            value = issue.custom_values.get(str(field.pk))
            if field.has_options and value is not None:
                names = field.option_names
                value = [names[pk] for pk in value] if isinstance(value, list) else names[value]
            if value is not None:
                found[field.name] = value
    return found


class TestFields:
    def test_keeps_everything_that_a_record_says(self, acme: Organization, flow: Project, run: ImportRun) -> None:
        full = record(
            1,
            status_name="Closed",
            category=Status.Category.DONE,
            resolution="Duplicate",
            resolved_at=day(4),
            priority_name="Blocker",
            labels=["hall", "light"],
            components=["Wiring", "Bulb"],
            fix_versions=[
                VersionRecord(name="2.4", release_date=date(2024, 4, 1), is_released=True, description="Brighter"),
                VersionRecord(name="3.0", start_date=date(2024, 5, 9), release_date=date(2024, 5, 1), is_archived=True),
            ],
            sprints=[
                SprintRecord(name="Sprint 1", external_id="s1"),
                SprintRecord(
                    name="Sprint 2",
                    external_id="s2",
                    goal="Light",
                    state=SprintState.COMPLETED,
                    started_at=day(2),
                    ends_at=day(9),
                    completed_at=day(10),
                ),
            ],
            points=Decimal("2.5"),
            estimate_minutes=120,
            remaining_minutes=30,
            start_date=date(2024, 3, 2),
            due_date=date(2024, 3, 20),
            assignee=OTTO,
            watchers=[Person("vera", "Vera Hall")],
            is_archived=True,
        )
        account = write(flow, full, run=run)
        issue = stored(acme, flow, 1)
        assert (issue.status.category, issue.priority, issue.points) == (Status.Category.CANCELLED, 4, Decimal("2.50"))
        assert (issue.time_estimate, issue.time_remaining) == (120, 30)
        assert (issue.start_date, issue.due_date) == (date(2024, 3, 2), date(2024, 3, 20))
        assert (issue.resolved_at, issue.status_changed_at, issue.archived_at) == (day(4), day(4), day(5))
        assert values(acme, flow, 1) == {"Components": ["Wiring", "Bulb"], "Resolution": "Duplicate"}
        with run_as_system(org_id=acme.pk):
            assert sorted(label.name for label in issue.labels.all()) == ["hall", "light"]
            first, second = issue.fix_versions.order_by("name")
            assert (first.release_date, first.description) == (date(2024, 4, 1), "Brighter")
            assert first.released_at == datetime(2024, 4, 1, tzinfo=UTC)
            assert (second.start_date, second.released_at, second.archived_at is None) == (None, None, False)
            assert sorted(watcher.user.name for watcher in issue.watchers.select_related("user")) == [
                "Mira Stone", "Otto Lind", "Vera Hall",
            ]  # fmt: skip
            sprint = Sprint.objects.get(pk=issue.sprint_id)
            assert (sprint.name, sprint.goal, sprint.state, sprint.run) == ("Sprint 2", "Light", "completed", 0)
            assert (sprint.start_date, sprint.end_date) == (date(2024, 3, 2), date(2024, 3, 10))
            assert Sprint.objects.get(name="Sprint 1").state == "completed"
            assert Project.objects.get(pk=flow.pk).has_time_tracking
            assert not Delivery.objects.exists()
        assert account.counts == {"versions": 2, "sprints": 2, "placeholders": 3}
        again = write(flow, full, run=run)
        assert (again.skipped, again.counts) == (1, {})

    def test_names_nobody_can_read_are_as_here_written(self, acme: Organization, flow: Project) -> None:
        account = write(
            flow,
            record(1, labels=["\u202eevil", "evil", "\u200b"], type_name="\u200bBug\u200b", status_name="Open\u200e"),
            record(2, labels=["evil\u200b"], type_name="\u200b", status_name="\u202e"),
        )
        assert (account.imported, account.failed) == (2, 0)
        first, second = stored(acme, flow, 1), stored(acme, flow, 2)
        with run_as_system(org_id=acme.pk):
            assert [[label.name for label in each.labels.all()] for each in (first, second)] == [["evil"], ["evil"]]
        assert first.type.name == "Bug"
        assert second.type.name == "Task"

    def test_knows_how_long_an_issue_is_where_it_is(self, acme: Organization, flow: Project) -> None:
        write(flow, record(1), record(2, status_name="In progress"), record(3, created_at=None, updated_at=None))
        assert stored(acme, flow, 1).status_changed_at == day(1)
        assert stored(acme, flow, 2).status_changed_at == day(5)
        assert stored(acme, flow, 3).status_changed_at > day(5)

    def test_keeps_the_order_of_the_tracker_where_it_has_one(self, acme: Organization, flow: Project) -> None:
        write(flow, record(1, place="0|c"), record(2, place="0|a"), record(3), record(4, created_at=day(1, month=2)))
        with run_as_system(org_id=acme.pk):
            assert list(Issue.objects.order_by("rank").values_list("number", flat=True)) == [2, 1, 4, 3]

    def test_tells_numbers_that_cannot_be_kept(self, acme: Organization, flow: Project) -> None:
        account = write(
            flow,
            record(1, points=Decimal("0.333"), estimate_minutes=-5),
            record(2, points=Decimal(10_000), remaining_minutes=2**31),
            record(3, points=Decimal("NaN"), estimate_minutes=0),
        )
        assert [stored(acme, flow, number).points for number in (1, 2, 3)] == [Decimal("0.33"), None, None]
        assert [field for _row, field, _reason in reasons(account)] == [
            "points", "estimate", "points", "remaining", "points",
        ]  # fmt: skip


class TestSprints:
    def test_tells_states_by_dates_and_by_what_became_of_the_issues(
        self, acme: Organization, ada: User, flow: Project
    ) -> None:
        now = timezone.now()
        with acting(ada, acme) as actor:
            own = create_sprint(actor=actor, project=flow, name="Ours")
        batch = [
            record(1, sprints=[SprintRecord(name="Gone on"), SprintRecord(name="Named alone")]),
            record(2, sprints=[SprintRecord(name="Now", started_at=now - timedelta(1), ends_at=now + timedelta(9))]),
            record(3, sprints=[SprintRecord(name="Soon", started_at=now + timedelta(1), ends_at=now + timedelta(9))]),
            record(4, sprints=[SprintRecord(name="Past", ends_at=now - timedelta(1))]),
            record(5, sprints=[SprintRecord(name="ours", external_id="77", state=SprintState.PLANNED)]),
            record(6, sprints=[SprintRecord(name="Upside", started_at=day(9), completed_at=day(3))]),
            record(7, sprints=[SprintRecord(name="")]),
        ]
        account = write(flow, *batch, run=make_run(flow))
        with run_as_system(org_id=acme.pk):
            states = dict(Sprint.objects.values_list("name", "state"))
            assert Sprint.objects.get(name="Upside").end_date is None
            assert [ref.run_id for ref in ExternalRef.objects.filter(kind="sprint", external_id="77")] == [None]
        assert states == {
            "ours": "planned", "Gone on": "completed", "Named alone": "planned", "Now": "active", "Soon": "planned",
            "Past": "completed", "Upside": "completed",
        }  # fmt: skip
        assert account.counts["sprints"] == 6
        assert stored(acme, flow, 5).sprint_id == own.pk
        # Open work is in no sprint that is over.
        assert stored(acme, flow, 4).sprint_id is None
        assert stored(acme, flow, 7).sprint_id is None

    def test_follows_a_newer_export_but_not_into_sprints_that_run_here(
        self, acme: Organization, ada: User, flow: Project, run: ImportRun
    ) -> None:
        planned = [SprintRecord(name="One", external_id="1", state=SprintState.PLANNED)]
        other = [SprintRecord(name="Two", external_id="2", state=SprintState.PLANNED)]
        versions = [VersionRecord(name="2.4")]
        write(flow, record(1, sprints=planned, fix_versions=versions), record(2, sprints=other), run=run)
        with acting(ada, acme) as actor:
            start_sprint(actor=actor, sprint=Sprint.objects.select_related("project").get(name="Two"))
        newer = [
            record(
                1,
                sprints=[SprintRecord(name="One", external_id="1", state=SprintState.COMPLETED, goal="Done")],
                fix_versions=[VersionRecord(name="2.4", is_released=True, is_archived=True)],
            ),
            record(2, sprints=[SprintRecord(name="Two", external_id="2", state=SprintState.COMPLETED)]),
            record(3, sprints=planned, fix_versions=versions),
        ]
        write(flow, *newer[:2], run=run)
        with run_as_system(org_id=acme.pk):
            assert dict(Sprint.objects.values_list("name", "state")) == {"One": "completed", "Two": "active"}
            version = Version.objects.get()
            assert version.released_at is not None
            assert version.archived_at is not None
            assert Event.objects.filter(kind="project.version_edited").count() == 1
        # One that only names them says nothing of what they are by now.
        named = [SprintRecord(name="One", external_id="1")]
        write(flow, record(4, sprints=named, fix_versions=versions), run=run)
        with run_as_system(org_id=acme.pk):
            assert Version.objects.get().released_at == version.released_at
            assert Sprint.objects.get(name="One").state == "completed"
        write(flow, record(1, fix_versions=[VersionRecord(name="2.4", is_archived=True, is_released=True)]), run=run)
        with run_as_system(org_id=acme.pk):
            assert Event.objects.filter(kind="project.version_edited").count() == 1

    def test_makes_what_an_export_tells_of_a_project(self, acme: Organization, flow: Project, run: ImportRun) -> None:
        about = ProjectRecord(
            key="LAMP",
            name="Lamps",
            versions=[VersionRecord(name="2.4"), VersionRecord(name=" ")],
            sprints=[SprintRecord(name="One")],
            labels=["hall"],
            components=["Wiring"],
        )
        for _again in range(2):
            with run_as_system(org_id=acme.pk, origin=Origin.IMPORT) as actor:
                mapping = Mapping(flow, People(SOURCE))
                account = write_project(actor=actor, mapping=mapping, source=SOURCE, about=about, run=run)
        assert account.counts == {}
        with run_as_system(org_id=acme.pk):
            assert sorted(ExternalRef.objects.filter(run=run).values_list("kind", flat=True)) == [
                "field", "label", "sprint", "version",
            ]  # fmt: skip
            assert [each.name for each in CustomField.objects.get().choices] == ["Wiring"]


class TestCustomFields:
    def test_makes_fields_of_the_kinds_of_their_values(self, acme: Organization, flow: Project, run: ImportRun) -> None:
        account = write(
            flow,
            record(
                1,
                custom={
                    "Size": Decimal("1.5"),
                    "Seen": date(2024, 3, 1),
                    "Rooms": ["Hall", "Attic", "Hall"],
                    "Note": "a\n b",
                    "Is hot": True,
                    "Mixed": 3,
                    "Empty": "",
                    " ": "no name",
                },
            ),
            record(2, custom={"Size": 2, "Mixed": "three", "Rooms": ["Cellar"], "Is hot": False}),
            run=run,
        )
        with run_as_system(org_id=acme.pk):
            assert dict(CustomField.objects.values_list("name", "kind")) == {
                "Size": "number", "Seen": "date", "Rooms": "multi", "Note": "text", "Is hot": "checkbox",
                "Mixed": "text",
            }  # fmt: skip
        assert values(acme, flow, 1) == {
            "Size": "1.5", "Seen": "2024-03-01", "Rooms": ["Hall", "Attic"], "Note": "a b", "Is hot": True,
            "Mixed": "3",
        }  # fmt: skip
        assert values(acme, flow, 2) == {"Size": "2", "Mixed": "three", "Rooms": ["Cellar"]}
        assert not account.problems

    def test_tells_what_does_not_fit(self, acme: Organization, ada: User, flow: Project, run: ImportRun) -> None:
        with acting(ada, acme) as actor:
            epic = flow.issue_types.get(name="Epic")
            for name, kind in (("Who", Kind.USER), ("Web", Kind.URL), ("Day", Kind.DATE), ("Size", Kind.NUMBER)):
                create_field(actor=actor, project=flow, name=name, kind=kind)
            create_field(actor=actor, project=flow, name="Of epics", kind=Kind.TEXT, type_ids=[epic.pk])
            create_field(actor=actor, project=flow, name="One", kind=Kind.SELECT, options=["A"])
        account = write(
            flow,
            record(
                1,
                custom={
                    "who": "mira",
                    "Web": "ftp://x",
                    "Day": "soon",
                    "Size": "large",
                    "Of epics": "x",
                    "One": ["a", "B"],
                    "Long": "x" * 501,
                    "Gone": "left",
                },
            ),
            record(2, custom={"Web": "https://example.test/a", "Day": "2024-03-02T10:00", "Size": "1,25"}),
            run=run,
            choices=Choices(fields={"gone": None}),
        )
        assert values(acme, flow, 1) == {"One": "A", "Long": "x" * 500}
        assert values(acme, flow, 2) == {"Web": "https://example.test/a", "Day": "2024-03-02", "Size": "1.25"}
        assert {field: reason for _row, field, reason in reasons(account)} == {
            "who": "“mira” does not fit the field “Who” and was left out.",
            "Web": "“ftp://x” does not fit the field “Web” and was left out.",
            "Day": "“soon” does not fit the field “Day” and was left out.",
            "Size": "“large” does not fit the field “Size” and was left out.",
            "Of epics": "Issues of this type have no such field, so “x” was left out.",
            "One": "“One” cannot hold all of “a, B”.",
            "Long": "The text has 501 characters and was cut to 500.",
        }

    def test_fills_what_there_is_room_for(self, acme: Organization, flow: Project, run: ImportRun) -> None:
        many = {f"Field {number:02}": "x" for number in range(41)}
        account = write(flow, record(1, custom=many, components=[f"Part {n}" for n in range(120)]), run=run)
        assert len(values(acme, flow, 1)) == 40
        assert len([1 for _row, field, _reason in reasons(account) if field in {"Field 40", "Components"}]) == 2
        other = make_run(flow)
        account = write(flow, record(2, custom={"Field 00": ["y"]}), run=other)
        assert not account.problems


class TestHanging:
    def test_keeps_logged_time_with_its_people(self, acme: Organization, flow: Project, run: ImportRun) -> None:
        def log(number: str, minutes: int, author: Person | None = OTTO, **more: Any) -> WorkLogRecord:
            return WorkLogRecord(external_id=number, author=author, minutes=minutes, day=date(2024, 3, 2), **more)

        first = record(1, work_logs=[log("1", 90, note="Wires", created_at=day(3)), log("2", 0), log("3", 3000)])
        account = write(flow, first, record(2, reporter=None, work_logs=[log("4", 5, None)]), run=run)
        assert account.counts["work_logs"] == 5
        assert [field for _row, field, _reason in reasons(account)] == ["work log", "work log"]
        with run_as_system(org_id=acme.pk):
            logs = list(WorkLog.objects.select_related("person").order_by("id"))
            assert [(each.minutes, each.note, each.person.name) for each in logs] == [
                (90, "Wires", "Otto Lind"),
                (1440, "", "Otto Lind"),
                (1440, "", "Otto Lind"),
                (120, "", "Otto Lind"),
                (5, "", "Unknown"),
            ]
            assert logs[0].created_at == day(3)
            event = Event.objects.filter(kind="issue.work_logged").order_by("id").first()
            assert event is not None
            assert (event.occurred_at, event.origin) == (day(3), "import")
        assert (stored(acme, flow, 1).time_spent, stored(acme, flow, 2).time_spent) == (3090, 5)
        newer = record(1, work_logs=[log("1", 90, note="Wires"), log("5", 10, None)])
        assert write(flow, newer, run=run).counts["work_logs"] == 1
        assert stored(acme, flow, 1).time_spent == 3100

    def test_lists_files_whose_content_it_does_not_have(
        self, acme: Organization, flow: Project, run: ImportRun
    ) -> None:
        files = [
            AttachmentRecord(
                external_id="1", name="a[1].png", author=OTTO, created_at=day(2), size=2048, url="https://x.test/a?b=1"
            ),
            AttachmentRecord(external_id="2", name="b.txt", url="javascript:alert(1)"),
        ]
        account = write(flow, record(1, attachments=files), run=run)
        assert (account.counts["attachments"], account.comments) == (2, {})
        with run_as_system(org_id=acme.pk):
            comment = Comment.objects.get()
            assert comment.body.split("\n")[2:] == [
                "- [a\\[1\\].png](<https://x.test/a?b=1>) (2.0\xa0KB, Otto Lind, 2024-03-02)",
                "- b.txt",
            ]
            assert (comment.created_at, comment.author_id) == (day(2), None)
        more = [*files, AttachmentRecord(external_id="3", name="c.txt")]
        write(flow, record(1, attachments=more), run=run)
        with run_as_system(org_id=acme.pk):
            assert Comment.objects.get().body.endswith("- c.txt")

    def test_lists_as_many_files_as_a_comment_can_hold(self, acme: Organization, flow: Project) -> None:
        files = [AttachmentRecord(external_id=str(n), name="x" * 190) for n in range(600)]
        write(flow, record(1, attachments=files))
        with run_as_system(org_id=acme.pk):
            assert Comment.objects.get().body.endswith("more")

    def test_keeps_files_whose_content_came_along(
        self, acme: Organization, flow: Project, run: ImportRun, settings: Settings
    ) -> None:
        contents = {"1.png": picture(), "2.txt": b"words", "empty": b"", "2b.txt": b"more words"}

        def open_file(path: str) -> Any:
            return ContentFile(contents[path]) if path in contents else None

        def file(number: str, name: str, path: str) -> AttachmentRecord:
            return AttachmentRecord(external_id=number, name=name, path=path, author=OTTO, created_at=day(2))

        files = [
            file("1", "../lamp.png", "1.png"),
            file("2", "words.txt", "2.txt"),
            file("3", "none.txt", "missing"),
            file("4", "empty.txt", "empty"),
        ]
        account = write(flow, record(1, attachments=files), run=run, open_file=open_file)
        assert account.counts["attachments"] == 4
        assert [reason for _row, _field, reason in reasons(account)] == [
            "empty.txt: “empty.txt” is empty. Was it still being written?"
        ]
        with run_as_system(org_id=acme.pk):
            first, second = Attachment.objects.select_related("uploader").order_by("id")
            assert (first.name, str(first.uploader), first.created_at) == ("lamp.png", "Otto Lind", day(2))
            assert first.preview == "waiting"
            with attached_files().open(second.key) as kept:
                assert kept.read() == b"words"
            assert Comment.objects.get().body.count("\n- ") == 2
        settings.ATTACHMENTS_OF_ORGANIZATION = 0
        more = [*files, file("5", "more.txt", "2b.txt")]
        account = write(flow, record(1, attachments=more), run=run, open_file=open_file)
        assert [reason for _row, _field, reason in reasons(account)][-1] == (
            "more.txt: There is no room for more files."
        )
        with run_as_system(org_id=acme.pk):
            assert Attachment.objects.count() == 2

    def test_holds_to_the_limit_of_files(
        self, acme: Organization, flow: Project, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("apps.issues.services.importing.files.MOST_FILES", 1)
        files = [AttachmentRecord(external_id=str(n), name=f"{n}.txt", path="x") for n in (1, 2)]
        account = write(flow, record(1, attachments=files), open_file=lambda path: BytesIOFile())
        assert [reason for _row, _field, reason in reasons(account)] == ["2.txt: An issue has at most 1 files."]


class BytesIOFile(BytesIO):
    """What an archive gives for a file: bytes with a size."""

    size = 5

    def __init__(self) -> None:
        super().__init__(b"words")


class TestUpdates:
    def test_leaves_alone_what_the_export_did_not_change(
        self, acme: Organization, ada: User, flow: Project, run: ImportRun
    ) -> None:
        first = record(1, labels=["hall"], custom={"Ticket": "A", "Room": "Hall"}, points=Decimal(1))
        write(flow, first, run=run)
        issue = stored(acme, flow, 1)
        with acting(ada, acme) as actor:
            room = CustomField.objects.get(name="Room")
            own = {"priority": 1, "assignee": ada.pk, room.key: "Attic", "labels": [], "title": "Ours"}
            edit_issue(actor=actor, issue=issue, values=own)
        newer = record(
            1, labels=["hall"], custom={"Ticket": "B", "Room": "Hall"}, points=Decimal(2), watchers=[OTTO], text="More"
        )
        write(flow, newer, run=run)
        fresh = stored(acme, flow, 1)
        assert (fresh.title, fresh.priority, fresh.assignee, fresh.points) == ("Ours", 1, ada, Decimal("2.00"))
        assert fresh.description == "More"
        assert values(acme, flow, 1) == {"Ticket": "B", "Room": "Attic"}
        with run_as_system(org_id=acme.pk):
            assert not fresh.labels.exists()
            assert fresh.watchers.count() == 3
            (event,) = Event.objects.filter(kind="issue.edited", origin="import")
            assert event.occurred_at == day(5)
        write(flow, record(1, custom={"Room": "Hall"}, points=Decimal(2), text="More"), run=run)
        assert values(acme, flow, 1) == {"Room": "Attic"}

    def test_takes_everything_over_where_it_does_not_know_what_it_read(
        self, acme: Organization, ada: User, flow: Project, run: ImportRun
    ) -> None:
        write(flow, record(1, custom={"Room": "Hall"}), run=run)
        issue = stored(acme, flow, 1)
        with acting(ada, acme) as actor:
            edit_issue(actor=actor, issue=issue, values={"title": "Ours"})
        with run_as_system(org_id=acme.pk):
            ExternalRef.objects.update(fields=None)
        account = write(flow, record(1, text="New", custom={"Room": "Hall"}, updated_at=None), run=run)
        assert account.updated == 1
        assert stored(acme, flow, 1).title == "Lamp 1 flickers"

    def test_keeps_what_belongs_to_the_project_an_issue_was_moved_to(
        self, acme: Organization, ada: User, flow: Project, run: ImportRun
    ) -> None:
        desks = make_project(acme, ada, key="DESK")
        write(flow, record(1, labels=["hall"]), run=run)
        with run_as_system(org_id=acme.pk):
            there = {"type": desks.issue_types.first(), "status": desks.statuses.first()}
            Issue.objects.update(project=desks, **there)
        said = CommentRecord(external_id="c", author=OTTO, body="There", created_at=day(2))
        newer = record(
            1, title="New", labels=["attic"], status_name="Closed", type_name="Epic", custom={"A": "b"}, comments=[said]
        )
        write(flow, newer, run=run)
        issue = stored(acme, desks, 1)
        assert (issue.title, issue.status, issue.type) == ("New", there["status"], there["type"])
        assert issue.custom_values == {}
        with run_as_system(org_id=acme.pk):
            assert Comment.objects.get().project_id == desks.pk

    def test_a_refused_update_fails_alone(self, acme: Organization, flow: Project, run: ImportRun) -> None:
        write(flow, *(record(number) for number in range(1, 5)), run=run)
        with run_as_system(org_id=acme.pk):
            Issue.objects.filter(number=3).update(deleted_at=day(9))
        account = write(flow, *(record(number, title="New") for number in range(1, 5)), run=run)
        assert (account.updated, account.failed) == (3, 1)
        assert [row for row, _field, _reason in reasons(account)] == ["row LAMP-3"]

    def test_refuses_a_field_that_is_gone(self, acme: Organization, flow: Project, run: ImportRun) -> None:
        write(flow, record(1), run=run)
        issue = stored(acme, flow, 1)
        update = PastUpdate(issue_id=issue.pk, new=NewIssue(title="x"), fields=["type"], values={999_999_999: "x"})
        with run_as_system(org_id=acme.pk) as actor, pytest.raises(Invalid):
            update_imported_issues(actor=actor, project=flow, updates=[update])

    def test_stores_nothing_twice(self, acme: Organization, flow: Project, run: ImportRun) -> None:
        write(flow, record(1), run=run)
        newer = record(1, title="A")
        write(flow, newer, run=run)
        again = make_run(flow)
        write(flow, record(1, title="B"), run=again)
        write(flow, record(1, title="C"), run=again)
        with run_as_system(org_id=acme.pk):
            ref = ExternalRef.objects.get(kind="issue")
            assert (ref.updated_by_id, ref.before["was"]) == (again.pk, 2)


class TestChoices:
    def test_are_used_before_guesses(self, acme: Organization, ada: User, flow: Project, run: ImportRun) -> None:
        mateo = make_member(acme)
        with run_as_system(org_id=acme.pk):
            doing = flow.statuses.filter(category=Status.Category.IN_PROGRESS).first()
            story = flow.issue_types.get(name="Story")
        choices = Choices(
            people={"mira": mateo.pk, "otto": 0},
            statuses={"open": doing.pk, "Odd": {"name": "Strange", "category": "done"}},
            types={"Bug": story.pk, "thing": {"name": "Thing", "level": "subtask"}},
            priorities={"Major": 1, "odd": 2},
            labels={"hall": "Corridor", "x": ""},
            fields={"A": {"name": "Letter", "kind": "select"}},
        )
        first = record(1, labels=["hall", "x", "y"], custom={"A": "b"}, priority_name="Odd", assignee=OTTO)
        account = write(flow, first, record(2, status_name="Odd", type_name="Thing"), run=run, choices=choices)
        one, two = stored(acme, flow, 1), stored(acme, flow, 2)
        assert (one.status, one.type, one.priority, one.reporter) == (doing, story, 2, mateo)
        assert one.assignee is not None
        assert one.assignee.kind == User.Kind.PLACEHOLDER
        assert (two.status.name, two.status.category, two.priority) == ("Strange", "done", 1)
        assert (two.type.name, two.type.level) == ("Thing", IssueType.Level.SUBTASK)
        assert values(acme, flow, 1) == {"Letter": "b"}
        with run_as_system(org_id=acme.pk):
            assert sorted(label.name for label in one.labels.all()) == ["Corridor", "y"]
        assert not account.problems
        assert (account.counts["members"], account.counts["placeholders"]) == (1, 1)

    def test_tells_words_that_nothing_covers(self, acme: Organization, flow: Project) -> None:
        account = write(flow, record(1, status_name="Simmering", priority_name="Spicy"), record(2, status_name=""))
        assert list(reasons(account)) == [
            ("row LAMP-1", "status", "“Simmering” has no known category and counts as to do."),
            ("row LAMP-1", "priority", "“Spicy” is no known priority; none was set."),
        ]

    @pytest.mark.parametrize(
        ("field", "choice"),
        [
            ("statuses", {"Open": "foreign"}),
            ("statuses", {"Open": None}),
            ("statuses", {"Open": {"name": "x", "category": "nonsense"}}),
            ("types", {"Bug": "foreign"}),
            ("types", {"Bug": {"name": " ", "level": "epic"}}),
            ("fields", {"A": "foreign"}),
            ("fields", {"A": {"name": "x", "kind": "nonsense"}}),
            ("priorities", {"Major": 9}),
            ("people", {"mira": "foreign"}),
            ("people", {"mira": "text"}),
            ("labels", {"hall": "x" * 61}),
        ],
    )
    def test_are_refused_where_they_name_what_is_not_here(
        self, acme: Organization, ada: User, flow: Project, field: str, choice: dict[str, Any]
    ) -> None:
        bea = make_user("Bea")
        other = make_org(bea, name="Other")
        theirs = make_project(other, bea, key="BEAM")
        with acting(bea, other) as actor:
            foreign = {
                "statuses": theirs.statuses.first(),
                "types": theirs.issue_types.first(),
                "fields": create_field(actor=actor, project=theirs, name="A", kind=Kind.TEXT),
                "people": bea,
            }
        named = {
            name: getattr(foreign[field], "pk", 0) if value == "foreign" else value for name, value in choice.items()
        }
        with pytest.raises(Invalid) as refused:
            write(flow, record(1, labels=["hall"], custom={"A": "x"}), choices=Choices(**{field: named}))
        assert refused.value.field == field
        with run_as_system(org_id=acme.pk) as actor:
            assert not Issue.objects.exists()
            with pytest.raises(Invalid):
                check_choices(actor=actor, project=None, choices=Choices(**{field: named}))
            check_choices(actor=actor, project=None, choices=Choices(fields={"A": None}))


class TestRights:
    def test_are_flowboards_alone(self, acme: Organization, ada: User, flow: Project) -> None:
        acts: list[Any] = [
            lambda actor: import_versions(actor=actor, project=flow, batch=[]),
            lambda actor: update_imported_versions(actor=actor, project=flow, newer={}),
            lambda actor: import_sprints(actor=actor, project=flow, batch=[]),
            lambda actor: update_imported_sprints(actor=actor, project=flow, newer={}),
            lambda actor: import_work(actor=actor, project=flow, batch=[]),
            lambda actor: import_files(actor=actor, project=flow, batch=[]),
        ]
        with acting(ada, acme) as actor:
            for act in acts:
                with pytest.raises(Forbidden):
                    act(actor)

    def test_updates_without_a_run_as_well(self, acme: Organization, flow: Project) -> None:
        write(flow, record(1))
        assert write(flow, record(1, title="Newer")).updated == 1
        assert stored(acme, flow, 1).title == "Newer"

    def test_what_was_released_stays_released_since_then(
        self, acme: Organization, flow: Project, run: ImportRun
    ) -> None:
        def version(description: str) -> VersionRecord:
            return VersionRecord(name="1.0", is_released=True, release_date=date(2024, 1, 2), description=description)

        write(flow, record(1, fix_versions=[version("")]), run=run)
        with run_as_system(org_id=acme.pk):
            Version.objects.update(released_at=datetime(2020, 5, 5, tzinfo=UTC))
        write(flow, record(1, fix_versions=[version("All lamps.")]), run=run)
        with run_as_system(org_id=acme.pk):
            found = Version.objects.get()
        assert (found.description, found.released_at) == ("All lamps.", datetime(2020, 5, 5, tzinfo=UTC))

    def test_leaves_time_tracking_as_it_was_set(self, acme: Organization, ada: User, flow: Project) -> None:
        with acting(ada, acme) as actor:
            set_time_tracking(actor=actor, project=flow, is_on=True, day="6h")
        write(flow, record(1, estimate_minutes=60))
        with run_as_system(org_id=acme.pk):
            assert Project.objects.get(pk=flow.pk).minutes_a_day == 360


def everything(of: int, **more: Any) -> IssueRecord:
    """An issue with one of everything, as a batch has them."""
    said = CommentRecord(external_id=f"c{of}{more}", author=MIRA, body=f"Yes {more}", created_at=day(2))
    log = WorkLogRecord(external_id=f"w{of}{more}", author=OTTO, minutes=5, day=date(2024, 3, 2))
    fields: dict[str, Any] = {
        "labels": ["hall"],
        "components": ["Wiring"],
        "custom": {"Size": of},
        "fix_versions": [VersionRecord(name="2.4")],
        "sprints": [SprintRecord(name="One", state=SprintState.PLANNED)],
        "watchers": [OTTO],
        "comments": [said],
        "work_logs": [log],
        "attachments": [AttachmentRecord(external_id=f"f{of}", name="a.txt")],
    }
    return record(of, **{**fields, **more})


def test_needs_the_same_statements_for_few_and_for_many(acme: Organization, flow: Project, run: ImportRun) -> None:
    def cost(numbers: Iterable[int], **more: Any) -> int:
        with CaptureQueriesContext(connection) as queries:
            write(flow, *(everything(number, **more) for number in numbers), run=run, follow=False)
        return len(queries)

    newer: dict[str, Any] = {"title": "New", "labels": ["attic"], "fix_versions": [], "custom": {"Size": 99}}
    # What is made once, and what a process reads once.
    cost([100])
    cost([100], **newer)
    few, many = range(1, 4), range(11, 20)
    assert cost(few) == cost(many)
    assert cost(few, **newer) == cost(many, **newer)


def test_needs_the_same_statements_for_people_in_fields_of_few_and_of_many(
    acme: Organization, ada: User, flow: Project, run: ImportRun
) -> None:
    people = [Person(handle=each.email, name=each.name, email=each.email) for each in (ada, make_member(acme))]
    with acting(ada, acme) as actor:
        field = create_field(actor=actor, project=flow, name="Buyer", kind="user")

    def cost(numbers: Iterable[int], **more: Any) -> int:
        batch = [record(number, custom={"Buyer": people[number % 2]}, **more) for number in numbers]
        with CaptureQueriesContext(connection) as queries:
            write(flow, *batch, run=run, follow=False)
        return len(queries)

    cost([100, 101])
    few, many = range(2, 6), range(12, 24)
    assert cost(few) == cost(many)
    assert stored(acme, flow, 3).custom_values[str(field.pk)] != stored(acme, flow, 2).custom_values[str(field.pk)]
    people.reverse()
    assert cost(few) == cost(many)
    assert stored(acme, flow, 3).custom_values[str(field.pk)] == ada.pk


class TestEdges:
    def test_finds_no_room_for_a_chosen_field_that_was_taken_away(
        self, acme: Organization, ada: User, flow: Project, run: ImportRun
    ) -> None:
        with acting(ada, acme) as actor:
            chosen = create_field(actor=actor, project=flow, name="Letter", kind=Kind.TEXT)
        choices = Choices(fields={"A": chosen.pk})
        write(flow, record(1, custom={"A": "b"}), run=run, choices=choices)
        assert values(acme, flow, 1) == {"Letter": "b"}
        mapping = Mapping(flow, People(SOURCE, choices), choices)
        mapping.fields.choices = Choices(fields={"A": 999_999_999})
        with run_as_system(org_id=acme.pk) as actor:
            mapping.fields.prepare(actor=actor, records=[record(2, custom={"A": "b"})])
            notes: list[tuple[str, str]] = []
            mapping.fields.values(record(2, custom={"A": "b"}), 1, notes)
        assert notes == [("A", "There is no room for one more field, so “b” was left out.")]

    def test_makes_a_status_where_the_project_has_none_of_its_kind(
        self, acme: Organization, flow: Project, run: ImportRun
    ) -> None:
        with run_as_system(org_id=acme.pk):
            flow.statuses.filter(category=Status.Category.CANCELLED).update(retired_at=day(1))
        write(flow, record(1, status_name="", category=Status.Category.CANCELLED), run=run)
        assert stored(acme, flow, 1).status.name == "Cancelled"

    def test_asks_once_what_rows_say_again(self, acme: Organization, flow: Project, run: ImportRun) -> None:
        plans = {"fix_versions": [VersionRecord(name="2.4")], "sprints": [SprintRecord(name="One")]}
        with run_as_system(org_id=acme.pk, origin=Origin.IMPORT) as actor:
            mapping = Mapping(flow, People(SOURCE))
            assert len(mapping.plans.prepare(actor=actor, records=[record(1, **plans)])[0]) == 2
            with CaptureQueriesContext(connection) as queries:
                assert mapping.plans.prepare(actor=actor, records=[record(2, **plans)]) == ([], [])
            assert not queries.captured_queries
            assert len(mapping.fields.prepare(actor=actor, records=[record(1, custom={"A": "b"})])) == 1
            assert mapping.fields.prepare(actor=actor, records=[record(2, custom={"A": "c"})]) == []
            assert import_work(actor=actor, project=flow, batch=[]) == []
            more = [record(3, sprints=[SprintRecord(name="Two")])]
            assert len(mapping.plans.prepare(actor=actor, records=more)[0]) == 1
