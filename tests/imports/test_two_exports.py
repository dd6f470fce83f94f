"""Two exports of one tracker, which call the same comment and the same logged time otherwise."""

import csv
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.core.tenancy import run_as_system
from apps.imports.models import ImportRun
from apps.imports.records import CommentRecord, Person, WorkLogRecord
from apps.imports.services import take_back_batch
from apps.issues.models import Comment, Issue, WorkLog
from apps.issues.services import edit_issue
from apps.orgs.models import Organization
from apps.projects.models import Project
from tests.factories import acting
from tests.imports.bringing import account_of, confirmed, work
from tests.imports.exports import comment, issue, person
from tests.imports.exports import write as export
from tests.imports.records import MIRA, OTTO, day, make_run, reasons, record, stored, write

MOMENT = day(2) + timedelta(seconds=41)


def said(external_id: str, **changes: Any) -> CommentRecord:
    usual: dict[str, Any] = {"author": MIRA, "body": "It *still* flickers.", "created_at": MOMENT}
    return CommentRecord(external_id=external_id, **{**usual, **changes})


def logged(external_id: str, **changes: Any) -> WorkLogRecord:
    usual: dict[str, Any] = {"author": OTTO, "minutes": 90, "day": day(2).date(), "note": "Wires"}
    return WorkLogRecord(external_id=external_id, **{**usual, **changes})


def bodies(org: Organization) -> list[str]:
    with run_as_system(org_id=org.pk):
        return list(Comment.objects.order_by("pk").values_list("body", flat=True))


def times(org: Organization) -> list[tuple[int, str, date]]:
    with run_as_system(org_id=org.pk):
        logs = WorkLog.objects.order_by("pk").select_related("person")
        return [(each.minutes, each.person.name, each.day) for each in logs]


def take_back(run: ImportRun) -> None:
    done = False
    while not done:
        with run_as_system(org_id=run.org_id) as actor:
            done = take_back_batch(actor=actor, run=run).is_done


class TestComments:
    def test_one_that_came_is_known_by_its_other_id(self, acme: Organization, flow: Project) -> None:
        write(flow, record(1, comments=[said("row/1")]), run=make_run(flow))
        again = said("4711", body="It still\r\nflickers.", created_at=MOMENT.replace(second=3))
        account = write(flow, record(1, comments=[again, said("4712", body="New")]), run=make_run(flow))
        assert account.comments == {"imported": 1}
        assert bodies(acme) == ["It *still* flickers.", "New"]
        # From now on it is that one: its newer words are taken over.
        write(flow, record(1, comments=[said("4711", body="Fixed")]), run=make_run(flow))
        assert bodies(acme) == ["Fixed", "New"]

    @pytest.mark.parametrize(
        "changes",
        [
            {"author": OTTO},
            {"author": None},
            {"body": "It flickers."},
            {"created_at": MOMENT + timedelta(minutes=1)},
        ],
        ids=["author", "nobody", "words", "minute"],
    )
    def test_another_is_another(self, acme: Organization, flow: Project, changes: dict[str, Any]) -> None:
        write(flow, record(1, comments=[said("a")]), run=make_run(flow))
        write(flow, record(1, comments=[said("b", **changes)]), run=make_run(flow))
        assert len(bodies(acme)) == 2

    def test_of_another_issue_or_of_somebody_here_is_another(
        self, acme: Organization, ada: User, flow: Project
    ) -> None:
        write(flow, record(1, comments=[said("a")]), record(2), run=make_run(flow))
        with run_as_system(org_id=acme.pk):
            first = Comment.objects.get()
            Comment.objects.create(
                org=acme, project=flow, issue=Issue.objects.get(number=2), body=first.body, author_id=first.author_id,
                created_at=first.created_at,
            )  # fmt: skip
        write(flow, record(2, comments=[said("b")]), run=make_run(flow))
        assert len(bodies(acme)) == 3

    def test_two_of_the_same_words_are_two(self, acme: Organization, flow: Project) -> None:
        write(flow, record(1, comments=[said("row/1", body="+1"), said("row/2", body="+1")]), run=make_run(flow))
        several = [said(str(number), body="+1") for number in range(3)]
        write(flow, record(1, comments=several), run=make_run(flow))
        assert bodies(acme) == ["+1"] * 3
        write(flow, record(1, comments=[*several, said("9", body="+1")]), run=make_run(flow))
        assert bodies(acme) == ["+1"] * 4

    def test_the_name_tells_where_only_one_export_has_an_id(self, acme: Organization, flow: Project) -> None:
        write(flow, record(1, comments=[said("a", author=Person("GitLab user 7", "Mira Stone"))]), run=make_run(flow))
        write(flow, record(1, comments=[said("b")]), run=make_run(flow))
        assert len(bodies(acme)) == 1

    def test_stays_as_long_as_one_of_the_two_does(self, acme: Organization, flow: Project) -> None:
        write(flow, record(1), run=make_run(flow))
        first, second = make_run(flow), make_run(flow)
        write(flow, record(1, comments=[said("a")]), run=first)
        write(flow, record(1, comments=[said("b")]), run=second)
        take_back(second)
        assert len(bodies(acme)) == 1
        write(flow, record(1, comments=[said("b")]), run=make_run(flow))
        take_back(first)
        assert len(bodies(acme)) == 1

    def test_needs_the_same_statements_for_many(self, flow: Project) -> None:
        def cost(numbers: range) -> int:
            write(flow, *(record(n, comments=[said(f"a{n}")], work_logs=[logged(f"v{n}")]) for n in numbers))
            newer = [record(n, comments=[said(f"b{n}")], work_logs=[logged(f"w{n}")]) for n in numbers]
            with CaptureQueriesContext(connection) as queries:
                write(flow, *newer)
            return len(queries)

        cost(range(1, 3))
        assert cost(range(10, 13)) == cost(range(20, 29))


class TestWork:
    def test_what_came_is_known_by_its_other_id(self, acme: Organization, flow: Project) -> None:
        write(flow, record(1, work_logs=[logged("row/1")]), run=make_run(flow))
        account = write(flow, record(1, work_logs=[logged("77"), logged("78", minutes=5)]), run=make_run(flow))
        assert account.counts["work_logs"] == 1
        assert [minutes for minutes, _who, _day in times(acme)] == [90, 5]
        assert stored(acme, flow, 1).time_spent == 95

    def test_time_without_entries_is_one_entry_of_whoever_has_the_issue(
        self, acme: Organization, flow: Project
    ) -> None:
        of_otto = record(1, assignee=OTTO, spent_minutes=200, work_logs=[logged("a")], resolved_at=day(4))
        nobodys = record(2, reporter=None, spent_minutes=1500)
        account = write(
            flow, of_otto, nobodys, record(3, spent_minutes=90, work_logs=[logged("b")]), run=make_run(flow)
        )
        assert times(acme)[2:] == [
            (110, "Otto Lind", day(4).date()),
            (1440, "Unknown", day(5).date()),
            (60, "Unknown", day(5).date()),
        ]
        assert [stored(acme, flow, number).time_spent for number in (1, 2, 3)] == [200, 1500, 90]
        assert list(reasons(account)) == [
            (
                "row LAMP-1",
                "work log",
                "110 minutes were spent of which the file does not say when and by whom; they are logged as of "
                "Otto Lind, on 2024-03-04.",
            ),
            (
                "row LAMP-2",
                "work log",
                "1500 minutes were spent of which the file does not say when and by whom; they are logged as of "
                "Unknown, on 2024-03-05.",
            ),
        ]
        with run_as_system(org_id=acme.pk):
            assert Project.objects.get(pk=flow.pk).has_time_tracking

    def test_a_total_grows_by_the_difference_and_is_never_counted_twice(
        self, acme: Organization, flow: Project
    ) -> None:
        write(flow, record(1, spent_minutes=60), run=make_run(flow))
        write(flow, record(1, title="Other", spent_minutes=60), run=make_run(flow))
        assert stored(acme, flow, 1).time_spent == 60
        write(flow, record(1, spent_minutes=100), run=make_run(flow))
        assert stored(acme, flow, 1).time_spent == 100
        entries = [logged("a", minutes=60), logged("b", minutes=60)]
        account = write(flow, record(1, spent_minutes=120, work_logs=entries), run=make_run(flow))
        assert stored(acme, flow, 1).time_spent == 120
        assert "2 entries of logged work were left out" in next(reason for *_row, reason in reasons(account))

    def test_time_logged_here_is_ours(self, acme: Organization, ada: User, flow: Project) -> None:
        write(flow, record(1, spent_minutes=60), run=make_run(flow))
        with run_as_system(org_id=acme.pk):
            one = Issue.objects.get()
            WorkLog.objects.create(org=acme, project=flow, issue=one, person=ada, day=day(3).date(), minutes=30)
        write(flow, record(1, spent_minutes=80), run=make_run(flow))
        assert [minutes for minutes, _who, _day in times(acme)] == [60, 30, 20]


class TestJira:
    def test_a_table_and_what_the_interface_gives_are_one(self, ada: User, acme: Organization, tmp_path: Path) -> None:
        columns = ["Issue key", "Issue id", "Summary", "Status", "Issue Type", "Created", "Comment", "Log Work"]
        table = tmp_path / "a.csv"
        with table.open("w") as out:
            csv.writer(out).writerows(
                [
                    columns,
                    [
                        "LAMP-1", "10001", "A lamp", "Open", "Bug", "01/Mar/24 8:30 AM",
                        "02/Mar/24 10:00 AM;mira;It flickers *a lot*, see {{main()}}.",
                        "Wires;02/Mar/24 9:00 AM;mira;5400",
                    ],
                ]
            )  # fmt: skip
        entry = {
            "id": "77", "author": person("mira"), "timeSpentSeconds": 5400, "comment": "Wires",
            "started": "2024-03-02T09:00:17.000+0000",
        }  # fmt: skip
        spoken = comment(4711, "It flickers *a lot*, see {{main()}}.", created="2024-03-02T10:00:41.000+0000")
        rest = issue("LAMP-1", comments=[spoken, comment(4712, "Same here")], worklog={"worklogs": [entry], "total": 1})
        work(confirmed(acme, table))
        run = work(confirmed(acme, export(tmp_path / "b", rest)))
        assert account_of(run).comments == {"imported": 1, "updated": 0}
        assert bodies(acme) == ["It flickers **a lot**, see `main()`.", "Same here"]
        assert [minutes for minutes, _who, _day in times(acme)] == [90]

    def test_also_when_somebody_has_changed_the_issue_here(self, ada: User, acme: Organization, flow: Project) -> None:
        write(flow, record(1, comments=[said("a")]), run=make_run(flow))
        with acting(ada, acme) as actor:
            one = Issue.objects.select_related("project").get()
            edit_issue(actor=actor, issue=one, values={"title": "Mine"})
        write(flow, record(1, comments=[said("b")]), run=make_run(flow))
        assert len(bodies(acme)) == 1
