"""Importing files into projects: nothing lost, nothing doubled, nobody else's touched."""

import json
from pathlib import Path

import pytest
from django.db import connections

from apps.accounts.models import User
from apps.boards.selectors import get_board
from apps.core.tenancy import run_as_system
from apps.events.models import Delivery, Event
from apps.imports import running, texts
from apps.imports.models import ExternalRef, ImportRun
from apps.imports.reconciliation import Reconciliation
from apps.imports.running import batches, locks
from apps.issues.models import Comment, Issue
from apps.issues.services import delete_issue, edit_issue
from apps.orgs.models import Membership, Organization
from apps.orgs.selectors import list_members
from apps.projects.models import Project, Status, Version
from tests.factories import acting, make_issues, make_member, make_org, make_user
from tests.imports.bringing import account_of, confirmed, rehearsal, surveyed, work
from tests.imports.exports import comment, issue, person, write


def run(org: Organization, *files: Path, project: str = "", is_dry_run: bool = False) -> Reconciliation:
    if is_dry_run:
        account = rehearsal(surveyed(org, *files, project=project))
    else:
        done = work(confirmed(org, *files, project=project))
        assert done.state == ImportRun.State.DONE, done.fault
        account = account_of(done)
    assert account.is_complete
    return account


def counts(account: Reconciliation) -> tuple[int, int, int, int, int]:
    return account.read, account.imported, account.updated, account.skipped, account.failed


def stored(org: Organization, key: str) -> Issue:
    project_key, number = key.split("-")
    with run_as_system(org_id=org.pk):
        found = Issue.objects.select_related("project", "status", "type", "reporter", "assignee", "parent")
        return found.get(project__key=project_key, number=int(number))


class TestImport:
    def test_makes_the_project_and_keeps_keys_people_words_and_times(self, acme: Organization, tmp_path: Path) -> None:
        row = issue(
            "LAMP-7",
            status="Closed",
            resolution={"name": "Fixed"},
            resolutiondate="2024-03-04T12:00:00.000+0000",
            labels=["hall"],
            assignee=person("otto", "Otto Lind"),
            comments=[comment(1, "Same *here*", author="otto")],
        )
        account = run(acme, write(tmp_path / "lamp.ndjson", row))
        assert counts(account) == (1, 1, 0, 0, 0)
        assert account.comments["imported"] == 1
        lamp = stored(acme, "LAMP-7")
        assert lamp.project.name == "The LAMP project"
        assert lamp.project.visibility == Project.Visibility.ORGANIZATION
        assert (lamp.type.name, lamp.status.name) == ("Bug", "Closed")
        assert lamp.created_at.isoformat() == "2024-03-01T08:30:00+00:00"
        assert lamp.updated_at.isoformat() == "2024-03-05T09:30:00+00:00"
        assert lamp.resolved_at is not None
        assert lamp.resolved_at.isoformat() == "2024-03-04T12:00:00+00:00"
        assert str(lamp.reporter) == "Mira Stone"
        with run_as_system(org_id=acme.pk):
            assert [label.name for label in lamp.labels.all()] == ["hall"]
            said = Comment.objects.select_related("author").get(issue=lamp)
        assert (said.body, str(said.author)) == ("Same **here**", "Otto Lind")
        assert said.created_at.isoformat() == "2024-03-02T10:00:00+00:00"

    def test_a_project_that_it_makes_has_the_trackers_statuses_on_its_board(
        self, ada: User, acme: Organization, tmp_path: Path
    ) -> None:
        rows = [
            issue("LAMP-1", status="Reopened"),
            issue("LAMP-2", status="QA"),
            # What was closed without being done does not say what is meant by closed, wherever it stands in the file.
            issue("LAMP-3", status="Closed", resolution={"name": "Won't Fix"}),
            issue("LAMP-4", status="Closed"),
        ]
        run(acme, write(tmp_path / "a", *rows))
        assert [stored(acme, f"LAMP-{n}").status.name for n in range(1, 5)] == ["Reopened", "QA", "Cancelled", "Closed"]
        with acting(ada, acme) as actor:
            shown = get_board(actor=actor, key="LAMP")
            names = {status.pk: status.name for status in Status.objects.filter(project=shown.project)}
            assert [[names[pk] for pk in column.status_ids] for column in shown.columns] == [
                ["To do", "Reopened"],
                ["In progress"],
                ["In review", "QA"],
                ["Done", "Closed"],
            ]

    def test_a_project_that_people_made_keeps_its_workflow(
        self, acme: Organization, flow: Project, tmp_path: Path
    ) -> None:
        run(acme, write(tmp_path / "a", issue("FLOW-1", status="Reopened"), issue("FLOW-2", status="QA")))
        assert [stored(acme, f"FLOW-{n}").status.name for n in (1, 2)] == ["To do", "In progress"]

    def test_records_facts_of_the_past_that_nobody_is_told(self, acme: Organization, tmp_path: Path) -> None:
        run(acme, write(tmp_path / "a", issue("LAMP-1", comments=[comment(1, "hello")])))
        with run_as_system(org_id=acme.pk):
            events = list(Event.objects.filter(issue__isnull=False).order_by("seq"))
            assert [event.kind for event in events] == ["issue.created", "issue.commented"]
            assert {event.origin for event in events} == {"import"}
            assert [event.occurred_at.day for event in events] == [1, 2]
            assert not Delivery.objects.filter(event__in=events).exists()

    def test_names_people_by_placeholders_who_can_neither_sign_in_nor_be_listed(
        self, acme: Organization, tmp_path: Path
    ) -> None:
        run(acme, write(tmp_path / "a", issue("LAMP-1")))
        reporter = stored(acme, "LAMP-1").reporter
        assert reporter is not None
        assert reporter.kind == User.Kind.PLACEHOLDER
        assert not reporter.is_active
        assert not reporter.has_usable_password()
        assert reporter.email.endswith("@placeholder.invalid")
        with run_as_system(org_id=acme.pk) as actor:
            assert Membership.objects.get(user=reporter).ended_at is not None
            assert reporter.pk not in {member.user_id for member in list_members(actor=actor)}

    def test_gives_the_work_of_members_to_the_members(self, acme: Organization, tmp_path: Path) -> None:
        otto = make_member(acme, name="Otto Lind", email="otto@example.test")
        run(acme, write(tmp_path / "a", issue("LAMP-1", assignee=person("olind", "O.", "Otto@Example.test"))))
        assert stored(acme, "LAMP-1").assignee == otto

    def test_shares_no_placeholder_between_organizations(self, acme: Organization, tmp_path: Path) -> None:
        other = make_org(make_user("Bea"), name="Other")
        path = write(tmp_path / "a", issue("LAMP-1"))
        run(acme, path)
        run(other, path)
        assert stored(acme, "LAMP-1").reporter != stored(other, "LAMP-1").reporter

    @pytest.mark.parametrize("name", ["export.ndjson", "export.ndjson.gz"])
    def test_skips_what_it_has_when_run_again(self, acme: Organization, tmp_path: Path, name: str) -> None:
        path = write(tmp_path / name, *(issue(f"LAMP-{n}", comments=[comment(n, "hm")]) for n in range(1, 6)))
        assert counts(run(acme, path)) == (5, 5, 0, 0, 0)
        before = Event.objects.using("owner").count()
        again = run(acme, path)
        assert counts(again) == (5, 0, 0, 5, 0)
        assert again.comments["imported"] == 0
        assert Event.objects.using("owner").count() == before

    def test_brings_only_the_differences_of_a_newer_export(self, acme: Organization, tmp_path: Path) -> None:
        run(acme, write(tmp_path / "old", issue("LAMP-1", comments=[comment(1, "first")]), issue("LAMP-2")))
        newer = issue(
            "LAMP-1",
            status="Closed",
            summary="Lamp is repaired",
            labels=["done"],
            updated="2024-05-01T00:00:00.000+0000",
            resolutiondate="2024-05-01T00:00:00.000+0000",
            comments=[comment(1, "first, edited"), comment(2, "second")],
        )
        account = run(acme, write(tmp_path / "new", newer, issue("LAMP-2"), issue("LAMP-3")))
        assert counts(account) == (3, 1, 1, 1, 0)
        assert account.comments == {"imported": 1, "updated": 1}
        lamp = stored(acme, "LAMP-1")
        assert (lamp.title, lamp.status.name, lamp.version) == ("Lamp is repaired", "Closed", 2)
        with run_as_system(org_id=acme.pk):
            said = Comment.objects.filter(issue=lamp).order_by("id")
            assert [found.body for found in said] == ["first, edited", "second"]
            kinds = set(Event.objects.filter(issue=lamp, origin="import").values_list("kind", flat=True))
        assert kinds == {"issue.created", "issue.commented", "issue.edited", "issue.moved", "comment.edited"}

    def test_fails_a_changed_row_whose_issue_was_deleted_here(
        self, acme: Organization, ada: User, tmp_path: Path
    ) -> None:
        run(acme, write(tmp_path / "old", issue("LAMP-1")))
        lamp = stored(acme, "LAMP-1")
        with acting(ada, acme) as actor:
            delete_issue(actor=actor, issue=lamp)
        account = run(acme, write(tmp_path / "new", issue("LAMP-1", summary="New")))
        assert counts(account) == (1, 0, 0, 0, 1)
        assert account.problems[0]["reason"]

    def test_takes_a_number_that_comes_twice_as_one_issue(self, acme: Organization, tmp_path: Path) -> None:
        twice = issue("LAMP-1"), issue("LAMP-1"), issue("LAMP-1", summary="Third reading")
        assert counts(run(acme, write(tmp_path / "a", *twice))) == (3, 1, 1, 1, 0)
        assert stored(acme, "LAMP-1").title == "Third reading"

    def test_accounts_for_rows_that_are_no_issues(self, acme: Organization, tmp_path: Path) -> None:
        path = write(tmp_path / "a", issue("LAMP-1"), b'{"key": "LAMP-', b"", b"[]", issue("LAMP-2", created=None))
        account = run(acme, path)
        assert counts(account) == (4, 1, 0, 0, 3)
        assert [(problem["row"], problem["field"]) for problem in account.problems] == [
            ("a:2", ""),
            ("a:4", "fields"),
            ("a:5", "created"),
        ]

    def test_keeps_strange_texts(self, acme: Organization, tmp_path: Path) -> None:
        text = "one\u2028two\r\n{code}\r\n*x*\r\n{code}\r\nnul: \x00"
        account = run(acme, write(tmp_path / "a", issue("LAMP-1", description=text)))
        assert counts(account) == (1, 1, 0, 0, 0)
        assert stored(acme, "LAMP-1").description == "one\u2028two\n\n```\n*x*\n```\n\nnul: \ufffd"

    def test_puts_children_under_parents_that_come_later(self, acme: Organization, tmp_path: Path) -> None:
        rows = [
            issue("LAMP-1", kind="Sub-task", parent={"id": "10003", "key": "LAMP-3"}),
            issue("LAMP-3", kind="Story", epic={"id": "10004", "key": "LAMP-4"}),
        ]
        first = write(tmp_path / "a", *rows)
        second = write(tmp_path / "b", issue("LAMP-4", kind="Epic"))
        run(acme, first, second)
        assert stored(acme, "LAMP-1").parent == stored(acme, "LAMP-3")
        assert stored(acme, "LAMP-3").parent == stored(acme, "LAMP-4")

    def test_finds_the_parent_when_its_file_is_imported_first(self, acme: Organization, tmp_path: Path) -> None:
        run(acme, write(tmp_path / "a", issue("LAMP-4", kind="Epic")))
        run(acme, write(tmp_path / "b", issue("DESK-3", epic={"id": "10004", "key": "LAMP-4"})))
        assert stored(acme, "DESK-3").parent == stored(acme, "LAMP-4")

    def test_leaves_a_parent_alone_that_was_changed_here(self, acme: Organization, ada: User, tmp_path: Path) -> None:
        path = write(
            tmp_path / "a",
            issue("LAMP-1", epic={"id": "10004", "key": "LAMP-4"}),
            issue("LAMP-4", kind="Epic"),
        )
        run(acme, path)
        child = stored(acme, "LAMP-1")
        with acting(ada, acme) as actor:
            edit_issue(actor=actor, issue=child, values={"parent": None})
        run(acme, path)
        assert stored(acme, "LAMP-1").parent is None

    def test_says_why_an_issue_has_no_parent(self, acme: Organization, tmp_path: Path) -> None:
        account = run(
            acme,
            write(
                tmp_path / "a",
                issue("LAMP-1", epic={"id": "77", "key": "LAMP-77"}),
                issue("LAMP-2", parent={"id": "10001", "key": "LAMP-1"}),
            ),
        )
        assert counts(account) == (2, 2, 0, 0, 0)
        assert {problem["row"]: problem["reason"] for problem in account.problems} == {
            "a:1": "LAMP-77 was not imported, so the issue has no parent.",
            "a:2": "A Bug cannot hold a Bug. It is linked to LAMP-1 instead.",
        }

    def test_never_reaches_a_parent_in_another_organization(self, acme: Organization, tmp_path: Path) -> None:
        other = make_org(make_user("Bea"), name="Other")
        run(other, write(tmp_path / "a", issue("LAMP-4", kind="Epic")))
        run(acme, write(tmp_path / "b", issue("LAMP-1", epic={"id": "10004", "key": "LAMP-4"})))
        assert stored(acme, "LAMP-1").parent is None

    def test_gives_another_number_where_one_is_taken_and_says_so(
        self, acme: Organization, ada: User, flow: Project, tmp_path: Path
    ) -> None:
        make_issues(acme, flow, ada, "one", "two")
        account = run(acme, write(tmp_path / "a", issue("FLOW-2"), issue("FLOW-9")))
        assert counts(account) == (2, 2, 0, 0, 0)
        assert [problem["reason"] for problem in account.problems] == [
            "FLOW-2 has become FLOW-10, since its number was taken."
        ]
        assert stored(acme, "FLOW-9").title == "Lamp 9 flickers"
        assert stored(acme, "FLOW-2").title == "two"

    def test_takes_an_issue_that_two_projects_of_the_file_have_as_one_that_moved(
        self, acme: Organization, tmp_path: Path
    ) -> None:
        # Jira gives an issue that is moved another key and leaves it its id.
        path = write(tmp_path / "a", issue("LAMP-1"), issue("DESK-1", summary="It hums"))
        assert counts(run(acme, path, project="all")) == (2, 1, 1, 0, 0)
        assert stored(acme, "ALL-1").title == "It hums"

    def test_puts_every_row_into_a_named_project(self, acme: Organization, tmp_path: Path) -> None:
        path = write(tmp_path / "a", issue("LAMP-1"), issue("DESK-2"), issue("TOO_LONG_A_KEY-3"))
        assert counts(run(acme, path, project="all")) == (3, 3, 0, 0, 0)
        assert stored(acme, "ALL-2").title == "Lamp 2 flickers"

    def test_fails_rows_whose_key_no_project_can_have(self, acme: Organization, tmp_path: Path) -> None:
        account = run(acme, write(tmp_path / "a", issue("TOO_LONG_A_KEY-3")))
        assert counts(account) == (1, 0, 0, 0, 1)
        assert account.problems[0]["field"] == "project"

    def test_shows_open_issues_in_the_order_in_which_they_were_written(
        self, acme: Organization, tmp_path: Path
    ) -> None:
        later = issue("LAMP-1", created="2024-03-09T00:00:00.000+0000")
        run(acme, write(tmp_path / "a", later, issue("LAMP-2")))
        assert stored(acme, "LAMP-2").rank < stored(acme, "LAMP-1").rank

    def test_keeps_types_it_does_not_know(self, acme: Organization, tmp_path: Path) -> None:
        run(acme, write(tmp_path / "a", issue("LAMP-1", kind="Improvement"), issue("LAMP-2", kind="improvement")))
        assert stored(acme, "LAMP-1").type.name == "Improvement"
        assert stored(acme, "LAMP-2").type == stored(acme, "LAMP-1").type

    def test_writes_nothing_when_it_only_rehearses(self, acme: Organization, tmp_path: Path) -> None:
        run(acme, write(tmp_path / "old", issue("LAMP-1"), issue("LAMP-2")))
        path = write(tmp_path / "new", issue("LAMP-1"), issue("LAMP-2", summary="New"), issue("DESK-1"), b"{")
        before = Event.objects.using("owner").count()
        assert counts(run(acme, path, is_dry_run=True)) == (4, 1, 1, 1, 1)
        assert Event.objects.using("owner").count() == before
        assert counts(run(acme, path)) == (4, 1, 1, 1, 1)

    def test_lets_one_refused_record_fail_alone(
        self, acme: Organization, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # A title that only the service refuses: the reader would have replaced the NUL.
        monkeypatch.setattr(texts, "clean", lambda text: text)
        rows = [issue(f"LAMP-{n}", summary="bad\x00" if n == 3 else "good") for n in range(1, 8)]
        account = run(acme, write(tmp_path / "a", *rows))
        assert counts(account) == (7, 6, 0, 0, 1)
        assert account.problems[0]["row"] == "a:3"
        with run_as_system(org_id=acme.pk):
            assert Issue.objects.count() == 6
            assert ExternalRef.objects.filter(kind=ExternalRef.Kind.ISSUE).count() == 6
            assert Event.objects.filter(kind="issue.created").count() == 6

    def test_goes_on_where_a_killed_one_stopped(
        self, acme: Organization, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(batches, "BATCH_ROWS", 2)
        waiting = confirmed(acme, write(tmp_path / "a", *(issue(f"LAMP-{n}") for n in range(1, 8))))

        def die(run: ImportRun) -> None:
            if run.imported == 4:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            work(waiting, on_progress=die)
        done = work(waiting)
        assert done.state == ImportRun.State.DONE
        assert counts(account_of(done)) == (7, 7, 0, 0, 0)
        with run_as_system(org_id=acme.pk):
            assert sorted(Issue.objects.values_list("number", flat=True)) == [1, 2, 3, 4, 5, 6, 7]

    def test_waits_for_another_import_of_the_project(self, acme: Organization, tmp_path: Path) -> None:
        path = write(tmp_path / "a", issue("LAMP-1"))
        run(acme, path)
        keys = [locks.PROJECTS, stored(acme, "LAMP-1").project_id]
        waiting = confirmed(acme, path)
        with connections["staff"].cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s, %s)", keys)
            try:
                assert running.work(org_id=acme.pk, run_id=waiting.pk) is running.Outcome.WAITING
                assert not account_of(waiting).read
            finally:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", keys)
        assert work(waiting).state == ImportRun.State.DONE

    def test_takes_what_an_export_keeps_apart_from_its_issues(self, acme: Organization, tmp_path: Path) -> None:
        about = {
            "id": "1",
            "key": "LAMP",
            "name": "Lamps",
            "issueTypes": [],
            "versions": [{"name": "1.0", "released": True}],
            "components": [],
        }
        said = comment(77, "From elsewhere") | {"self": "https://jira.test/rest/api/2/issue/10001/comment/77"}
        project = tmp_path / "project.json"
        project.write_text(json.dumps(about))
        apart = tmp_path / "comments.json"
        apart.write_text(json.dumps({"startAt": 0, "total": 1, "comments": [said]}))
        path = write(tmp_path / "a", issue("LAMP-1"))
        seen = surveyed(acme, apart, path, project).survey
        assert (seen["comments"], seen["new"], sum(seen["left_out"].values())) == (1, 1, 2)
        account = run(acme, apart, path, project)
        assert counts(account) == (3, 1, 0, 2, 0)
        assert account.left_out.total() == 2
        with run_as_system(org_id=acme.pk):
            assert [said.body for said in Comment.objects.filter(issue__number=1)] == ["From elsewhere"]
            assert [version.name for version in Version.objects.filter(project__key="LAMP")] == ["1.0"]
        # The same again adds nothing.
        assert counts(run(acme, apart, path, project)) == (3, 0, 0, 3, 0)
        with run_as_system(org_id=acme.pk):
            assert Comment.objects.count() == 1

    def test_fails_nothing_when_what_is_said_of_a_project_has_no_place(
        self, acme: Organization, tmp_path: Path
    ) -> None:
        about = {"id": "1", "key": "TOO_LONG_A_KEY", "name": "x", "issueTypes": [], "versions": [], "components": []}
        project = tmp_path / "project.json"
        project.write_text(json.dumps(about))
        assert counts(run(acme, project)) == (1, 0, 0, 1, 0)
