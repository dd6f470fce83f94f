"""History and ledgers that an archive made by hand may claim: limited, and reported row by row."""

import json
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.html import strip_tags

from apps.accounts.models import User
from apps.core.errors import Forbidden
from apps.core.tenancy import Origin, run_as_system
from apps.core.tenancy.doors import remove_history, remove_ledger
from apps.events.models import Change, Event
from apps.imports.formats import flowboard_history
from apps.imports.mapping import Mapping, People
from apps.imports.records import HistoryRecord, LedgerRecord, LeftOut, PastChange, PastLine, Ref, Unreadable
from apps.imports.services import write_history
from apps.issues.activity import history_page
from apps.issues.activity.meanings import MEANINGS
from apps.issues.activity.told import TOLD
from apps.issues.facts import IssueRetold
from apps.issues.models import Issue
from apps.issues.services import retell_history
from apps.orgs.models import Organization
from apps.projects.models import Project
from apps.projects.services import create_field
from apps.sprints.services import import_ledgers, take_ledgers_back
from tests.exports.test_round_trip import a_zip, read
from tests.factories import acting, make_issues, make_org, make_project
from tests.imports.records import MIRA, day, make_run, record, write
from tests.imports.test_import_tracker import import_tracker
from tests.imports.test_taking_back import take_back

pytestmark = pytest.mark.django_db(transaction=True)

ABOUT = json.dumps({"key": "FLOW", "name": "Flow", "statuses": [{"name": "Done", "category": "done"}]})
ADA = {"id": "1", "name": "Ada"}
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


def told(number: int = 1, **more: Any) -> dict[str, Any]:
    """A line of history as it should be."""
    usual = {"id": str(number), "issue": "FLOW-1", "kind": "issue.edited", "at": "2026-03-02T12:00:00+00:00", "by": ADA}
    return usual | {"what": [], "reason": "", "origin": "user", "comment": None, "changes": []} | more


def changed(field: str, old: Any, new: Any, **more: Any) -> dict[str, Any]:
    return told(changes=[{"field": field, "old": old, "new": new}], **more)


def archive(path: Path, *history: Any, sprints: Any = ()) -> Path:
    def lines(objects: Any) -> str:
        return "".join(f"{json.dumps(each)}\n" for each in objects)

    return a_zip(
        path,
        {
            "projects/FLOW/project.json": ABOUT,
            "projects/FLOW/issues.ndjson": lines([ISSUE]),
            "projects/FLOW/sprints.ndjson": lines(sprints),
            "projects/FLOW/history.ndjson": lines(history),
        },
    )


def past(path: Path) -> list[Any]:
    """The rows behind the project and its issue."""
    return read(path)[2:]


LATER = (timezone.now() + timedelta(days=3)).isoformat()

WRONG: dict[str, tuple[dict[str, Any], str, str]] = {
    "unknown kind": (told(kind="issue.exploded"), "kind", "issue.exploded"),
    "before 1970": (told(at="1969-12-31T23:00:00+00:00"), "at", "before 1970"),
    "yet to come": (told(at=LATER), "at", "yet to come"),
    "no zone": (told(at="2026-03-02T12:00:00"), "line", "not as FlowBoard writes it"),
    "no such origin": (told(origin="mars"), "origin", "mars"),
    "a number that is none": (told(number=0), "id", "number"),
    "a number too large": (told(number=2**63), "id", "number"),
    "too many changes": (told(changes=[{"field": "title", "old": "", "new": ""}] * 201), "changes", "201"),
    "no list of changes": (told(changes=5), "line", "not as FlowBoard writes it"),
    "a field by its id": (changed("field_12", None, 3), "field", "field_12"),
    "an id for a status": (changed("status", None, 12), "line", "not as FlowBoard writes it"),
    "ids for labels": (changed("labels", [], [12]), "line", "not as FlowBoard writes it"),
    "an id for a person": (changed("assignee", None, 12), "line", "not as FlowBoard writes it"),
    "an id for an issue": (changed("blocks", None, 12), "line", "not as FlowBoard writes it"),
    "an id for a sprint": (changed("sprint", None, 12), "line", "not as FlowBoard writes it"),
    "endless points": (changed("points", None, "Infinity"), "line", "not as FlowBoard writes it"),
    "no minutes": (changed("time_estimate", None, True), "line", "not as FlowBoard writes it"),
    "no day": (changed("due_date", None, "soon"), "line", "not as FlowBoard writes it"),
    "no priority": (changed("priority", None, "very"), "line", "not as FlowBoard writes it"),
    "no tick": (changed("archived", None, "yes"), "line", "not as FlowBoard writes it"),
    "no text": (changed("description", "", 5), "line", "not as FlowBoard writes it"),
    "no decision": (changed("triage", None, "maybe"), "line", "not as FlowBoard writes it"),
    "work that is not told": (told(kind="issue.work_logged"), "changes", "which work"),
    "work in two parts": (changed("work", None, [5, "2026-03-01"]), "line", "not as FlowBoard writes it"),
    "no object": ([], "line", "not as FlowBoard writes it"),  # type: ignore[dict-item]  # on purpose
}


class TestLines:
    @pytest.mark.parametrize("name", list(WRONG))
    def test_are_refused_alone(self, tmp_path: Path, name: str) -> None:
        line, part, reason = WRONG[name]
        before, wrong, after = past(archive(tmp_path / "a.zip", told(1), line, told(3)))
        assert isinstance(wrong, Unreadable)
        assert wrong.field == part
        assert reason in wrong.reason
        assert [each.number for each in before.lines] == [1]
        assert [each.number for each in after.lines] == [3]

    def test_of_one_issue_are_so_many_at_most(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(flowboard_history, "MOST_LINES", 250)
        rows = past(archive(tmp_path / "a.zip", *(told(n) for n in range(1, 401)), told(401, issue="FLOW-2")))
        assert [len(row.lines) for row in rows if isinstance(row, HistoryRecord)] == [200, 50, 1]
        kinds = Counter(type(row) for row in rows)
        assert (kinds[Unreadable], kinds[LeftOut]) == (1, 149)
        assert "more than 250 lines" in next(row.reason for row in rows if isinstance(row, Unreadable))

    def test_are_passed_over_where_they_are_sentences_alone(self, tmp_path: Path) -> None:
        line = told()
        del line["changes"]
        path = archive(tmp_path / "a.zip", line)
        assert past(path) == []
        assert not read(path)[1].is_retold

    def test_name_what_a_later_version_changes(self, tmp_path: Path) -> None:
        [row] = past(archive(tmp_path / "a.zip", changed("moon_phase", 1, 2)))
        assert row.lines[0].changes == [PastChange(field="moon_phase")]

    def test_lead_to_nothing_of_anybody_else(
        self, ada: User, acme: Organization, flow: Project, tmp_path: Path
    ) -> None:
        other = make_project(acme, ada, key="OTHER")
        [secret] = make_issues(acme, other, ada, "A secret")
        globex = make_org(ada, "Globex", "globex")
        path = archive(
            tmp_path / "a.zip",
            changed("blocks", None, "OTHER-1", id="1"),
            changed("pinned_comment", None, str(secret.pk), id="2", comment="77"),
            changed("sprint", None, {"id": "5", "name": "<b>Moon</b>"}, id="3"),
            told(4, issue="OTHER-1"),
        )
        account = import_tracker(path, "--org", globex.slug)
        assert "OTHER-1 was not imported" in json.dumps(account["problems"])
        with run_as_system(org_id=globex.pk):
            assert set(Change.objects.filter(event__kind=IssueRetold.kind).values_list("new", flat=True)) == {
                "an issue of another project",
                0,
                "<b>Moon</b>",
            }
            assert set(Event.objects.filter(kind=IssueRetold.kind).values_list("issue__number", flat=True)) == {1}
        with acting(ada, globex) as actor:
            issue = Issue.objects.select_related("project").get()
            said = "".join(each.sentence_html for each in history_page(actor=actor, issue=issue).entries)
        assert "<b>Moon</b>" not in said.replace("<b>&lt;b&gt;Moon", "")
        with run_as_system(org_id=acme.pk):
            assert not Event.objects.filter(kind=IssueRetold.kind).exists()


class TestLedgers:
    SPRINT = {"id": "1", "name": "One", "goal": "", "state": "completed", "run": 1, "time_zone": "UTC"}
    LINE = {"run": 1, "kind": "started", "at": "2026-03-01T12:00:00+00:00"}

    @pytest.mark.parametrize(
        "wrong",
        [
            {"time_zone": "Moon/Crater"},
            {"run": -1},
            {"run": True},
            {"ledger": [LINE | {"kind": "exploded"}]},
            {"ledger": [LINE | {"at": "1969-01-01T00:00:00+00:00"}]},
            {"ledger": [LINE | {"at": LATER}]},
            {"ledger": [LINE | {"points": "NaN"}]},
            {"ledger": [LINE | {"run": 40_000}]},
            {"ledger": [LINE] * 50_001},
            {"ledger": 5},
        ],
        ids=["zone", "run", "tick", "kind", "before", "later", "points", "runs", "many", "none"],
    )
    def test_are_whole_or_none(self, tmp_path: Path, wrong: dict[str, Any]) -> None:
        sprint = self.SPRINT | {"ledger": [self.LINE]}
        assert isinstance(past(archive(tmp_path / "good.zip", sprints=[sprint]))[0], LedgerRecord)
        [row] = past(archive(tmp_path / "bad.zip", sprints=[sprint | wrong]))
        assert isinstance(row, Unreadable)


class TestWriting:
    def test_needs_as_many_statements_for_many_lines(self, acme: Organization, flow: Project) -> None:
        run = make_run(flow)
        write(flow, record(1), record(2), run=run)

        def statements(first: int, count: int) -> int:
            lines = [
                PastLine(
                    number=n,
                    kind="issue.edited",
                    at=day(2),
                    by=MIRA,
                    comment=Ref(external_id=f"comment {n}"),
                    changes=[
                        PastChange(field="status", old="Open", new="Closed"),
                        PastChange(field="blocks", new=Ref(external_id="102", key="LAMP-2")),
                        PastChange(field="labels", old=[], new=["x"]),
                        PastChange(own_field="Gone", old=None, new="x"),
                    ],
                )
                for n in range(first, first + count)
            ]
            issue = Ref(external_id="101", key="LAMP-1")
            told_of = HistoryRecord(issue=issue, project_key="LAMP", project_name="Lamps", lines=lines)
            with (
                CaptureQueriesContext(connection) as queries,
                run_as_system(org_id=acme.pk, origin=Origin.IMPORT) as actor,
            ):
                mapping = Mapping(Project.objects.get(pk=flow.pk), People("trac"))
                account = write_history(actor=actor, mapping=mapping, source="trac", run=run, rows=[("row", told_of)])
            assert account.counts["history"] == count
            return len(queries)

        statements(1, 1)
        assert statements(2, 3) == statements(100, 90)

    def test_is_taken_back_run_by_run(self, acme: Organization, flow: Project) -> None:
        write(flow, record(1), run=make_run(flow))
        runs = [make_run(flow), make_run(flow)]
        for number, run in enumerate(runs, start=1):
            line = PastLine(number=number, kind="issue.archived", at=day(number), by=MIRA)
            issue = Ref(external_id="101", key="LAMP-1")
            told_of = HistoryRecord(issue=issue, project_key="LAMP", project_name="Lamps", lines=[line])
            with run_as_system(org_id=acme.pk, origin=Origin.IMPORT) as actor:
                mapping = Mapping(Project.objects.get(pk=flow.pk), People("trac"))
                for _twice in range(2):
                    write_history(actor=actor, mapping=mapping, source="trac", run=run, rows=[("row", told_of)])

        def there() -> list[Any]:
            with run_as_system(org_id=acme.pk):
                return list(Event.objects.filter(kind=IssueRetold.kind).values_list("data__run", flat=True))

        assert there() == [run.pk for run in runs]
        take_back(runs[0])
        assert there() == [runs[1].pk]
        take_back(runs[1])
        assert there() == []

    def test_gives_each_kind_of_field_what_it_can_show(self, ada: User, acme: Organization, flow: Project) -> None:
        kinds = ("text", "number", "date", "select", "multi", "user", "checkbox")
        with acting(ada, acme) as actor:
            for kind in kinds:
                options = ["S", "L"] if kind in {"select", "multi"} else []
                create_field(actor=actor, project=flow, name=kind, kind=kind, options=options)
        run = make_run(flow)
        write(flow, record(1), run=run)
        values: list[Any] = ["S", "2026-03-04", "5", MIRA, ["S", "XXL"], True, None]
        lines = [
            PastLine(
                number=number,
                kind="issue.edited",
                at=day(2),
                by=None,
                changes=[PastChange(own_field=kind, old=None, new=value) for kind in kinds],
            )
            for number, value in enumerate(values, start=1)
        ]
        issue = Ref(external_id="101", key="LAMP-1")
        told_of = HistoryRecord(issue=issue, project_key="LAMP", project_name="Lamps", lines=lines)
        with run_as_system(org_id=acme.pk, origin=Origin.IMPORT) as actor:
            mapping = Mapping(Project.objects.get(pk=flow.pk), People("trac"))
            write_history(actor=actor, mapping=mapping, source="trac", run=run, rows=[("row", told_of)])
        with acting(ada, acme) as actor:
            found = Issue.objects.select_related("project").get(project=flow)
            entries = history_page(actor=actor, issue=found, is_oldest_first=True).entries
        said = [strip_tags(each.sentence_html) for each in entries if each.change_id]
        assert len(said) == len(kinds) * len(values)
        assert {
            "FlowBoard set select to S",
            "FlowBoard set multi to S, XXL",
            "FlowBoard set user to Mira Stone",
            "FlowBoard set text to Mira Stone",
            "FlowBoard ticked checkbox",
            "FlowBoard set number to 5",
            "FlowBoard emptied date",
        } <= set(said)
        assert any(line.startswith("FlowBoard set date to ") for line in said)

    def test_is_for_flowboard_alone(self, ada: User, acme: Organization, flow: Project) -> None:
        with acting(ada, acme) as actor:
            with pytest.raises(Forbidden):
                retell_history(actor=actor, run_id=1, batch=[])
            with pytest.raises(Forbidden):
                import_ledgers(actor=actor, project=flow, batch=[])
            with pytest.raises(Forbidden):
                take_ledgers_back(actor=actor, project=flow, run_id=1, ledgers={})
            assert remove_history(run_id=1, issue_ids=[1]) == 0
            assert remove_ledger(run_id=1, kept={1: 0}) == 0


def test_every_change_that_is_told_has_a_meaning() -> None:
    assert TOLD.keys() - {"rank"} <= MEANINGS.keys()
