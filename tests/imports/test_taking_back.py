"""Taking an import back: as if it had not been, apart from what people made of it."""

from collections import Counter
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.models import User
from apps.core.errors import Forbidden
from apps.core.tenancy import Origin, run_as, run_as_system
from apps.core.tenancy.doors import remove_imported
from apps.events.models import Delivery, Event
from apps.imports.models import ExternalRef, ImportRun, PendingReference
from apps.imports.records import (
    AttachmentRecord,
    CommentRecord,
    IssueRecord,
    Level,
    LinkRecord,
    Ref,
    Relation,
    SprintRecord,
    SprintState,
    VersionRecord,
    WorkLogRecord,
)
from apps.imports.services import TakenBack, note_project, revert_import, take_back_batch
from apps.issues.models import Attachment, Comment, Issue, IssueLink, WorkLog
from apps.issues.services import (
    NewIssue,
    add_comment,
    create_issue,
    edit_issue,
    import_links,
    link_issues,
    remove_imported_comments,
    remove_imported_files,
    remove_imported_issues,
    remove_imported_links,
    remove_imported_work,
    restore_issues,
    set_reaction,
    set_watching,
)
from apps.orgs.models import Organization
from apps.projects.jobs import purge_deleted
from apps.projects.models import Project, Status
from apps.projects.services import create_field, retire_field
from apps.sprints.models import Sprint
from tests.factories import acting, make_issues, make_project
from tests.imports.bringing import confirmed, work
from tests.imports.exports import issue
from tests.imports.exports import write as export
from tests.imports.records import OTTO, SOURCE, day, make_run, record, stored, write


@pytest.fixture
def run(flow: Project) -> ImportRun:
    return make_run(flow)


def note(run: ImportRun, project: Project, *, is_made: bool = False) -> None:
    with run_as_system(org_id=run.org_id) as actor:
        note_project(actor=actor, run=run, project=project, source=SOURCE, is_made=is_made)


def take_back(run: ImportRun, limit: int = 200) -> TakenBack:
    """All of it, each step in a unit of work of its own; asked once more, there is nothing left to do."""
    total = TakenBack()
    while True:
        with run_as_system(org_id=run.org_id, origin=Origin.IMPORT) as actor:
            step = take_back_batch(actor=actor, run=run, limit=limit)
        total.counts += step.counts
        total.kept += step.kept
        if step.is_done:
            break
    with run_as_system(org_id=run.org_id) as actor:
        assert take_back_batch(actor=actor, run=run).is_done
        assert not ExternalRef.objects.filter(run=run).exists()
        assert not ExternalRef.objects.filter(updated_by=run).exists()
    return total


def said(external_id: str, body: str = "Same here") -> CommentRecord:
    return CommentRecord(external_id=external_id, author=OTTO, body=body, created_at=day(2))


def full(of: int, **fields: Any) -> IssueRecord:
    """An issue with everything that can hang on one."""
    usual: dict[str, Any] = {
        "labels": ["hall"],
        "components": ["Wiring"],
        "fix_versions": [VersionRecord(name="2.4")],
        "sprints": [SprintRecord(name="Sprint 1", state=SprintState.COMPLETED)],
        "status_name": "Closed",
        "category": Status.Category.DONE,
        "type_name": "Fault",
        "comments": [said(f"c{of}")],
        "work_logs": [WorkLogRecord(external_id=f"w{of}", author=OTTO, minutes=30, day=day(3).date())],
        "attachments": [AttachmentRecord(external_id=f"f{of}", name="photo.png")],
    }
    return record(of, **{**usual, **fields})


def counted(org: Organization) -> dict[str, int]:
    """How much there is of everything that an import makes, apart from people."""
    with run_as_system(org_id=org.pk):
        with connection.cursor() as cursor:
            cursor.execute("SELECT last_number FROM issues_issuecounter ORDER BY project_id")
            counters = cursor.fetchall()
        projects = Project.objects.order_by("pk")
        return {
            "issues": Issue.objects.count(),
            "comments": Comment.objects.count(),
            "links": IssueLink.objects.count(),
            "work": WorkLog.objects.count(),
            "labels": sum(each.labels.count() for each in projects),
            "versions": sum(each.versions.count() for each in projects),
            "sprints": Sprint.objects.count(),
            "fields": sum(each.custom_fields.count() for each in projects),
            "statuses": sum(each.statuses.count() for each in projects),
            "types": sum(each.issue_types.count() for each in projects),
            "refs": ExternalRef.objects.count(),
            "numbers": sum(row[0] for row in counters),
        }


class TestOptions:
    def test_of_a_field_that_was_there_go_again(
        self, acme: Organization, ada: User, flow: Project, run: ImportRun
    ) -> None:
        with acting(ada, acme) as actor:
            project = Project.objects.get(pk=flow.pk)
            size = create_field(actor=actor, project=project, name="Size", kind="multi", options=["Small"])
            gone = create_field(actor=actor, project=project, name="Gone", kind="multi", options=["Small"])
        note(run, flow)
        write(flow, record(1, custom={"Size": ["Small", "Large"], "Gone": ["Large"], "New": ["One"]}), run=run)
        with acting(ada, acme) as actor:
            size.refresh_from_db()
            assert [each.name for each in size.choices] == ["Small", "Large"]
            gone.project = flow
            retire_field(actor=actor, field=gone)
        taken = take_back(run)
        assert (taken.kept, taken.counts["options"], taken.counts["fields"]) == ([], 1, 1)
        with run_as_system(org_id=acme.pk):
            size.refresh_from_db()
            assert [each.name for each in size.every_option] == ["Small"]
            assert not ExternalRef.objects.filter(kind="option").exists()


class TestAll:
    def test_is_as_if_it_had_not_been_and_imports_again_as_if_new(
        self, acme: Organization, ada: User, flow: Project, run: ImportRun
    ) -> None:
        make_issues(acme, flow, ada, "mine")
        before = counted(acme)
        batch = [
            full(7, links=[LinkRecord(Relation.BLOCKS, Ref(key="LAMP-8"))]),
            full(8, type_name="Sub-task", level=Level.SUBTASK, parent=Ref(key="LAMP-7")),
            full(9, number=None, status_name="Odd", category=Status.Category.CANCELLED),
        ]
        note(run, flow)
        first = write(flow, *batch, run=run)
        assert not [problem for problem in first.problems if problem["field"] not in {"parent"}]
        numbers = self.numbers(acme, flow)
        assert (7 in numbers, 8 in numbers, len(numbers)) == (True, True, 4)
        taken = take_back(run, limit=2)
        assert taken.kept == []
        assert taken.counts["issues"] == 3
        assert taken.counts["links"] == 1
        assert counted(acme) == before
        with run_as_system(org_id=acme.pk):
            gone = Event.objects.filter(kind="issue.deleted")
            assert {event.origin for event in gone} == {"import"}
            assert gone.count() == 3
            assert not Delivery.objects.filter(event__in=gone).exists()
        again = make_run(flow)
        note(again, flow)
        second = write(flow, *batch, run=again)
        assert (second.imported, second.counts, second.comments) == (
            3,
            first.counts - Counter({"placeholders": 2}) + Counter({"placeholders": second.counts["placeholders"]}),
            first.comments,
        )
        assert self.numbers(acme, flow) == numbers

    def numbers(self, org: Organization, project: Project) -> list[int]:
        with run_as_system(org_id=org.pk):
            return list(Issue.objects.filter(project=project).order_by("number").values_list("number", flat=True))

    def test_takes_its_own_project_along_if_nothing_stays_in_it(self, acme: Organization, ada: User) -> None:
        lamps = make_project(acme, ada, key="LAMP")
        desks = make_project(acme, ada, key="DESK")
        run = make_run(lamps)
        for project in (lamps, desks):
            note(run, project, is_made=True)
            note(run, project, is_made=True)
            write(project, full(1), run=run)
        one = stored(acme, desks, 1)
        with acting(ada, acme) as actor:
            edit_issue(actor=actor, issue=one, values={"title": "Ours now"})
        taken = take_back(run)
        assert taken.counts["projects"] == 1
        assert [kept["key"] for kept in taken.kept] == [
            "DESK-1", "Sprint 1", "2.4", "hall", "Components", "Fault", "DESK Project DESK",
        ]  # fmt: skip
        with run_as_system(org_id=acme.pk):
            assert list(Project.objects.values_list("key", flat=True)) == ["DESK"]
            assert ImportRun.objects.get(pk=run.pk).project_id is None
        make_project(acme, ada, key="LAMP")


class TestKeeping:
    def test_leaves_what_people_changed_and_lists_it(
        self, acme: Organization, ada: User, flow: Project, run: ImportRun
    ) -> None:
        write(flow, *(record(number, comments=[said(f"c{number}")]) for number in range(1, 9)), run=run)
        write(flow, record(20, type_name="Epic", level=Level.EPIC), record(21, parent=Ref(key="LAMP-20")), run=run)
        issues = {number: stored(acme, flow, number) for number in (*range(1, 9), 20, 21)}
        with acting(ada, acme) as actor:
            edit_issue(actor=actor, issue=issues[1], values={"title": "Ours"})
            add_comment(actor=actor, issue=issues[2], body="Ours")
            link_issues(actor=actor, source=issues[3], target=issues[4], kind="blocks")
            set_reaction(actor=actor, issue=issues[5], emoji="up", is_on=True)
            set_watching(actor=actor, issue=issues[6], is_watching=True)
            edit_issue(actor=actor, issue=issues[21], values={"priority": 1})
            epic = Issue.objects.select_related("project", "type").get(pk=issues[20].pk)
            create_issue(actor=actor, project=flow, new=NewIssue(title="Below", parent=epic))
        taken = take_back(run)
        assert taken.counts["issues"] == 4
        assert {kept["key"]: kept["reason"] for kept in taken.kept if "-" in kept["key"]} == {
            "FLOW-1": "It was changed since the import.",
            "FLOW-2": "It was changed since the import.",
            "FLOW-3": "It was changed since the import.",
            "FLOW-4": "It was changed since the import.",
            "FLOW-21": "It was changed since the import.",
            "FLOW-20": "Issues that stay are below it.",
        }
        with run_as_system(org_id=acme.pk):
            assert Comment.objects.filter(issue=issues[1]).count() == 1
        # They are still known: the same file changes nothing, and brings the others again.
        account = write(flow, *(record(number, comments=[said(f"c{number}")]) for number in range(1, 9)), run=run)
        assert (account.imported, account.skipped) == (4, 4)

    def test_sees_what_was_added_without_a_change(self, acme: Organization, flow: Project, run: ImportRun) -> None:
        write(flow, record(1), record(2), run=run)
        with run_as_system(org_id=acme.pk):
            issue = Issue.objects.get(project=flow, number=1)
            Comment.objects.create(org_id=acme.pk, project=flow, issue=issue, author=None, body="By a schedule")
        assert [kept["reason"] for kept in take_back(run).kept][:1] == ["Something was added to it since the import."]


class TestUpdates:
    def test_gives_issues_their_older_values_again(
        self, acme: Organization, ada: User, flow: Project, run: ImportRun
    ) -> None:
        plain = record(1, custom={"Ticket": "A"}, points=Decimal(3), labels=["hall"], due_date=day(9).date())
        epics = [record(number, type_name="Epic", level=Level.EPIC) for number in (8, 9)]
        write(flow, plain, record(2), record(3), *epics, run=run)
        was = stored(acme, flow, 1)
        second = stored(acme, flow, 2)
        third = stored(acme, flow, 3)
        with acting(ada, acme) as actor:
            edit_issue(actor=actor, issue=third, values={"priority": 1})
        newer = make_run(flow)
        note(newer, flow)
        batch = [
            full(
                1,
                title="New words",
                text="More of them",
                parent=Ref(key="LAMP-8"),
                custom={"Ticket": "B"},
                priority_name="Blocker",
                assignee=OTTO,
                due_date=None,
                start_date=day(2).date(),
                estimate_minutes=60,
                remaining_minutes=30,
                is_archived=True,
                links=[LinkRecord(Relation.RELATES, Ref(key="LAMP-2"))],
            ),
            record(2, title="Newer"),
            record(3, title="Newest"),
        ]
        account = write(flow, *batch, run=newer)
        assert account.updated == 3
        assert stored(acme, flow, 1).title == "New words"
        with acting(ada, acme) as actor:
            edit_issue(actor=actor, issue=stored_in(second), values={"priority": 1})
        taken = take_back(newer)
        assert taken.kept == [{"key": "FLOW-2", "reason": "It was changed since the import."}]
        assert taken.counts["updates"] == 2
        fresh = stored(acme, flow, 1)
        for name in (
            "title", "description", "type", "status", "priority", "assignee", "parent", "sprint", "points", "due_date",
            "start_date", "time_estimate", "time_remaining", "time_spent", "custom_values", "archived_at",
            "resolved_at",
        ):  # fmt: skip
            assert getattr(fresh, name) == getattr(was, name), name
        with run_as_system(org_id=acme.pk):
            assert [label.name for label in fresh.labels.all()] == ["hall"]
            assert not fresh.fix_versions.exists()
            assert not Comment.objects.filter(issue=fresh).exists()
            assert not IssueLink.objects.exists()
        assert stored(acme, flow, 3).title == "Lamp 3 flickers"
        # What it was before is known again: the same newer export is new again, and can be taken back again.
        assert write(flow, *batch, run=(third_run := make_run(flow))).updated == 2
        assert take_back(third_run).counts["updates"] == 2
        # The first import can still be taken back, apart from what people changed.
        assert {kept["key"] for kept in take_back(run).kept if "-" in kept["key"]} == {"FLOW-2", "FLOW-3"}

    def test_keeps_what_somebody_answered_and_what_was_deleted(
        self, acme: Organization, ada: User, flow: Project, run: ImportRun
    ) -> None:
        write(flow, record(1), run=run)
        newer = make_run(flow)
        batch = record(1, comments=[said("c1"), said("c2")])
        write(flow, batch, run=newer)
        one = stored(acme, flow, 1)
        with acting(ada, acme) as actor:
            first = Comment.objects.order_by("id").first()
            add_comment(actor=actor, issue=one, body="I see", reply_to=first)
        taken = take_back(newer)
        assert taken.counts["comments"] == 1
        with run_as_system(org_id=acme.pk):
            assert [each.body for each in Comment.objects.order_by("id")] == ["Same here", "I see"]

    def test_leaves_out_of_old_values_what_is_gone(
        self, acme: Organization, ada: User, flow: Project, run: ImportRun
    ) -> None:
        write(flow, record(1, labels=["old"], custom={"Ticket": "A"}), record(2, title="In the bin"), run=run)
        newer = make_run(flow)
        write(flow, record(1, labels=["new"], custom={"Ticket": "B"}), record(2, title="Still"), run=newer)
        with run_as_system(org_id=acme.pk):
            flow.labels.filter(name="old").update(retired_at=day(1))
            flow.custom_fields.update(retired_at=day(1))
            Issue.objects.filter(project=flow, number=2).update(deleted_at=day(1))
        assert take_back(newer).counts["updates"] == 1
        with run_as_system(org_id=acme.pk):
            assert not Issue.objects.get(project=flow, number=1).labels.exists()


class TestRights:
    def test_is_for_flowboard_itself(self, acme: Organization, ada: User, flow: Project, run: ImportRun) -> None:
        write(flow, record(1), run=run, follow=False)
        one = stored(acme, flow, 1)
        with acting(ada, acme) as actor:
            with pytest.raises(Forbidden):
                take_back_batch(actor=actor, run=run)
            assert remove_imported(run_id=run.pk, kind="issue", ids=[one.pk]) == 0
        with run_as_system(org_id=acme.pk):
            assert remove_imported(run_id=run.pk, kind="project", ids=[flow.pk]) == 0
            assert remove_imported(run_id=run.pk, kind="nonsense", ids=[one.pk]) == 0
            assert remove_imported(run_id=run.pk + 1, kind="issue", ids=[one.pk]) == 0
            assert Issue.objects.count() == 1

    def test_forgets_what_was_not_followed_yet(self, acme: Organization, flow: Project, run: ImportRun) -> None:
        write(flow, record(1, parent=Ref(key="LAMP-2")), run=run, follow=False)
        take_back(run)
        with run_as_system(org_id=acme.pk):
            assert not PendingReference.objects.exists()


@pytest.mark.parametrize("count", [3, 9])
def test_needs_the_same_statements_for_many(acme: Organization, flow: Project, run: ImportRun, count: int) -> None:
    write(flow, *(full(number) for number in range(1, count + 1)), run=run)
    newer = make_run(flow)
    write(flow, *(full(number, title="Newer", labels=["x"]) for number in range(1, count + 1)), run=newer)
    needed = []
    for each in (newer, run):
        with run_as_system(org_id=acme.pk, origin=Origin.IMPORT) as actor:
            with CaptureQueriesContext(connection) as queries:
                assert not take_back_batch(actor=actor, run=each).is_done
            needed.append(len(queries))
    assert needed == [23, 21]


def stored_in(issue: Issue) -> Issue:
    """The issue as it is now, inside of a unit of work."""
    return Issue.objects.select_related("project", "type", "status").get(pk=issue.pk)


class TestDefinitions:
    def test_keeps_what_is_in_use_or_needed(self, acme: Organization, ada: User, flow: Project, run: ImportRun) -> None:
        write(flow, full(1, type_name="Story"), full(2, sprints=[SprintRecord(name="Soon")]), run=run)
        with run_as_system(org_id=acme.pk):
            ours = stored_in(Issue.objects.get(number=2))
            Sprint.objects.filter(name="Soon").update(run=1)
        with acting(ada, acme) as actor:
            values = {"labels": [flow.labels.get(name="hall").pk], "status": None}
            made = create_issue(actor=actor, project=flow, new=NewIssue(title="Ours"))
            field = flow.custom_fields.get(name="Components")
            edit_issue(actor=actor, issue=made, values={"labels": values["labels"], field.key: [field.choices[0].id]})
            version = flow.versions.get()
            edit_issue(actor=actor, issue=made, values={"fix_versions": [version.pk]})
        taken = take_back(run)
        assert {kept["key"] for kept in taken.kept} == {"hall", "Components", "2.4", "Soon"}
        assert taken.counts["sprints"] == 1
        assert ours.number == 2

    def test_lets_a_project_have_its_last_type_and_its_only_end(
        self, acme: Organization, flow: Project, run: ImportRun
    ) -> None:
        with run_as_system(org_id=acme.pk):
            flow.issue_types.all().update(retired_at=day(1))
            flow.statuses.exclude(is_initial=True).update(retired_at=day(1))
        write(
            flow,
            record(1, type_name="Thing", level=Level.STANDARD, status_name="Over", category="done"),
            record(2, type_name="Above", level=Level.EPIC, status_name="Off", category="cancelled"),
            run=run,
        )
        taken = take_back(run)
        assert {kept["key"] for kept in taken.kept} == {"Thing", "Over"}
        assert (taken.counts["types"], taken.counts["statuses"]) == (1, 1)

    def test_takes_nothing_back_of_what_is_gone(self, acme: Organization, flow: Project, run: ImportRun) -> None:
        write(flow, record(1, labels=["hall"], custom={"A": "b"}, fix_versions=[VersionRecord(name="1")]), run=run)
        with run_as_system(org_id=acme.pk):
            issue = Issue.objects.get()
            assert remove_imported(run_id=run.pk, kind="issue", ids=[issue.pk]) == 1
            for kind in ("label", "field", "version"):
                refs = ExternalRef.objects.filter(kind=kind)
                assert (
                    remove_imported(run_id=run.pk, kind=kind, ids=list(refs.values_list("object_id", flat=True))) == 1
                )
            ExternalRef.objects.create(
                org_id=acme.pk, project=flow, source=SOURCE, kind="field", external_id="x", object_id=1, run=run
            )
            ExternalRef.objects.create(
                org_id=acme.pk, project=flow, source=SOURCE, kind="issue", external_id="x", object_id=1, run=run
            )
        assert take_back(run).counts == {}


class TestFiles:
    def test_takes_files_off_issues_that_were_there_before(
        self, acme: Organization, flow: Project, run: ImportRun
    ) -> None:
        write(flow, record(1), run=run)
        newer = make_run(flow)
        files = [AttachmentRecord(external_id="f1", name="a.txt", path="a")]
        write(flow, record(1, attachments=files), run=newer, open_file=lambda path: ContentFile(b"words"))
        assert take_back(newer).counts["attachments"] == 1
        with run_as_system(org_id=acme.pk):
            assert not Attachment.objects.exists()
            assert Event.objects.filter(kind="issue.detached", origin="import").count() == 1


def test_keeps_a_parent_of_what_stays_in_the_same_step(
    acme: Organization, ada: User, flow: Project, run: ImportRun
) -> None:
    write(
        flow,
        record(1, type_name="Epic", level=Level.EPIC),
        record(2, parent=Ref(key="LAMP-1")),
        record(3, type_name="Sub-task", level=Level.SUBTASK, parent=Ref(key="LAMP-2")),
        run=run,
    )
    below = stored(acme, flow, 3)
    with acting(ada, acme) as actor:
        edit_issue(actor=actor, issue=below, values={"title": "Ours"})
    assert [kept["key"] for kept in take_back(run).kept] == ["FLOW-3", "FLOW-2", "FLOW-1"]


class TestRefusals:
    def test_taking_pieces_back_is_flowboards_alone(self, acme: Organization, ada: User, flow: Project) -> None:
        acts: list[Any] = [
            lambda actor: remove_imported_issues(actor=actor, run_id=1, issues=[]),
            lambda actor: remove_imported_comments(actor=actor, run_id=1, ids=[]),
            lambda actor: remove_imported_work(actor=actor, run_id=1, ids=[]),
            lambda actor: remove_imported_files(actor=actor, run_id=1, ids=[]),
            lambda actor: remove_imported_links(actor=actor, link_ids=[]),
            lambda actor: import_links(actor=actor, links=[]),
            lambda actor: restore_issues(actor=actor, project=flow, old={}),
        ]
        with acting(ada, acme) as actor:
            for act in acts:
                with pytest.raises(Forbidden):
                    act(actor)

    def test_restores_what_can_be_named_again(self, acme: Organization, ada: User, flow: Project) -> None:
        (issue,) = make_issues(acme, flow, ada, "one")
        with run_as_system(org_id=acme.pk) as actor:
            done = flow.statuses.filter(category="done").first()
            assert done is not None
            Issue.objects.update(custom_values={"5": "x"})
            old = {"status": done.pk, "sprint": 999_999_999, "archived": True, "field_5": "y", "points": "2.5"}
            (fresh,) = restore_issues(actor=actor, project=flow, old={issue.pk: old})
        assert (fresh.status, fresh.sprint_id, fresh.points) == (done, None, Decimal("2.5"))
        assert fresh.resolved_at is not None
        assert fresh.archived_at is not None
        assert fresh.custom_values == {"5": "x"}
        with run_as_system(org_id=acme.pk) as actor:
            again = {"points": None, "status": done.pk, "archived": True}
            restore_issues(actor=actor, project=flow, old={issue.pk: again})
            over = flow.statuses.get(category="cancelled")
            (fresh,) = restore_issues(actor=actor, project=flow, old={issue.pk: {"status": over.pk}})
            assert fresh.resolved_at is not None
        with run_as_system(org_id=acme.pk):
            assert Event.objects.filter(kind="issue.moved").count() == 2


def test_a_run_outlives_the_project_that_it_wrote_into(acme: Organization, ada: User, flow: Project) -> None:
    lamps = make_project(acme, ada, key="LAMP")
    run = make_run(lamps)
    write(lamps, full(1), run=run)
    with run_as_system(org_id=acme.pk):
        long_ago = timezone.now() - timedelta(days=31)
        Project.objects.filter(pk=lamps.pk).update(deleted_at=long_ago)
    while purge_deleted():
        pass
    with run_as_system(org_id=acme.pk):
        assert list(Project.objects.values_list("key", flat=True)) == ["FLOW"]
        assert ImportRun.objects.get(pk=run.pk).project_id is None


def test_says_that_it_is_back_when_its_own_project_has_gone_with_it(
    acme: Organization, ada: User, tmp_path: Path
) -> None:
    run = work(confirmed(acme, export(tmp_path / "a", issue("LAMP-1")), project="LAMP", by=ada))
    assert run.project_id is not None
    with run_as(user_id=ada.pk, org_slug=acme.slug) as actor:
        revert_import(actor=actor, run=run)
    ended = work(run)
    assert (ended.state, ended.project_id) == (ImportRun.State.REVERTED, None)
    with connection.cursor() as cursor:
        # What a commit would do.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with run_as_system(org_id=acme.pk):
        assert not Project.objects.filter(key="LAMP").exists()
        assert Event.objects.get(kind="import.taken_back").project_id is None
