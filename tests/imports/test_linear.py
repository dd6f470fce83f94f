"""Linear: each layout of its CSV, and what rows say of each other."""

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from apps.imports.files import Upload
from apps.imports.records import IssueRecord, Level, LinkRecord, Person, Ref, Relation, SprintRecord, Unreadable
from tests.imports.reading import SHARED, contents, issues, upload

NEWER = (
    "ID", "Team", "Title", "Description", "Status", "Estimate", "Priority", "Project ID", "Project", "Creator",
    "Assignee", "Labels", "Cycle Number", "Cycle Name", "Cycle Start", "Cycle End", "Created", "Updated", "Started",
    "Triaged", "Completed", "Canceled", "Archived", "Due Date", "Parent issue", "Initiatives", "Project Milestone ID",
    "Project Milestone", "SLA Status", "UUID", "Time in status (minutes)", "Related to", "Blocked by", "Duplicate of",
)  # fmt: skip
OLDER = (*NEWER[:7], "Project", *NEWER[9:19], "Completed", "Canceled", "Archived", "Due Date", "Milestone",
         "Parent issue", "Roadmaps")  # fmt: skip
FILLED = {
    "ID": "SEA-12", "Team": "Sailing", "Title": "Trim the jib", "Description": "- [ ] *now*", "Status": "In Review",
    "Estimate": "3", "Priority": "Urgent", "Project ID": "p1", "Project": "Regatta", "Creator": "Mira@Sea.test",
    "Assignee": "Ole Berg", "Labels": "rig, wind", "Cycle Number": "4", "Cycle Name": "",
    "Cycle Start": "Mon Feb 06 2023 05:00:00 GMT+0000 (GMT)", "Cycle End": "Mon Feb 20 2023 05:00:00 GMT+0000 (GMT)",
    "Created": "Tue Aug 23 2022 13:54:01 GMT+0000 (GMT)", "Updated": "Sat Feb 11 2023 01:51:47 GMT+0000 (GMT+00:00)",
    "Started": "2023-02-11T01:00:00.000Z", "Due Date": "Tue Feb 28 2023 00:00:00 GMT+0000 (GMT)",
    "Parent issue": "SEA-4", "Initiatives": "Win, Learn", "Roadmaps": "Win, Learn", "Project Milestone": "Start",
    "Milestone": "Start", "SLA Status": "Breached", "UUID": "u1", "Time in status (minutes)": "7",
    "Related to": "SEA-1, SEA-2", "Blocked by": "SEA-3", "Duplicate of": "",
}  # fmt: skip


def export(columns: tuple[str, ...], *changes: dict[str, str]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    writer.writerow(columns)
    for change in changes:
        row = {**FILLED, **change}
        writer.writerow(row.get(column, "") for column in columns)
    return out.getvalue()


class TestExport:
    @pytest.mark.parametrize("columns", [OLDER, NEWER])
    def test_reads_an_issue(self, tmp_path: Path, columns: tuple[str, ...]) -> None:
        [record] = issues(upload(tmp_path, export(columns, {})), "linear-csv")
        assert len(columns) == (25 if columns is OLDER else 34)
        assert (record.external_id, record.key, record.number) == ("SEA-12", "SEA-12", 12)
        assert (record.project_key, record.project_name) == ("SEA", "Sailing")
        assert (record.title, record.text) == ("Trim the jib", "- [ ] *now*")
        assert (record.status_name, record.category, record.priority_name) == ("In Review", "in_progress", "Urgent")
        assert (record.points, record.labels) == (Decimal(3), ["rig", "wind"])
        assert record.reporter == Person("mira@sea.test", "Mira@Sea.test", "mira@sea.test")
        assert record.assignee == Person("Ole Berg", "Ole Berg")
        assert record.sprints == [
            SprintRecord(
                name="Cycle 4", external_id="SEA/4", started_at=datetime(2023, 2, 6, 5, tzinfo=UTC),
                ends_at=datetime(2023, 2, 20, 5, tzinfo=UTC),
            )
        ]  # fmt: skip
        assert record.created_at == datetime(2022, 8, 23, 13, 54, 1, tzinfo=UTC)
        assert record.updated_at == datetime(2023, 2, 11, 1, 51, 47, tzinfo=UTC)
        assert (record.due_date, record.resolved_at, record.is_archived) == (date(2023, 2, 28), None, False)
        assert (record.parent, record.type_name, record.level) == (Ref("SEA-4", "SEA-4"), "Sub-task", Level.SUBTASK)
        assert record.custom == {
            "Project": "Regatta", "Project milestone": "Start", "Initiatives": ["Win", "Learn"],
        } | ({"SLA Status": "Breached"} if columns is NEWER else {})  # fmt: skip
        assert record.links == ([] if columns is OLDER else [
            LinkRecord(Relation.RELATES, Ref("SEA-1", "SEA-1"), "related to"),
            LinkRecord(Relation.RELATES, Ref("SEA-2", "SEA-2"), "related to"),
            LinkRecord(Relation.BLOCKED_BY, Ref("SEA-3", "SEA-3"), "blocked by"),
        ])  # fmt: skip
        assert record.notes == []

    @pytest.mark.parametrize(
        ("change", "category"),
        [
            ({"Canceled": "2023-01-01T00:00:00Z", "Duplicate of": "SEA-1"}, "cancelled"),
            ({"Completed": "2023-01-01T00:00:00Z"}, "done"),
            ({"Status": "Backlog"}, None),
            ({"Status": "Thinking", "Started": ""}, None),
            ({"Status": ""}, "todo"),
        ],
    )
    def test_says_where_it_stands(self, tmp_path: Path, change: dict[str, str], category: str | None) -> None:
        [record] = issues(upload(tmp_path, export(NEWER, change)), "linear-csv")
        assert record.category == category
        assert (record.resolved_at is not None) is (category in ("cancelled", "done"))
        assert record.resolution == ("Duplicate" if category == "cancelled" else "")

    def test_tells_what_it_cannot_keep(self, tmp_path: Path) -> None:
        change = {"Estimate": "XL", "Blocked by": "yesterday", "Title": "", "Archived": "2023-01-01", "Created": "soon"}
        record, second = contents(upload(tmp_path, export(NEWER, change, {"ID": "12"})), "linear-csv")
        assert isinstance(record, IssueRecord)
        assert (record.title, record.points, record.custom["Estimate"]) == ("SEA-12", None, "XL")
        assert record.is_archived
        assert [field for field, _reason in record.notes] == ["Title", "Created", "Blocked by"]
        assert isinstance(second, Unreadable)
        assert second.field == "ID"


class TestImportFile:
    def test_reads_the_small_file(self, tmp_path: Path) -> None:
        text = 'Title,Description,Priority,Labels,Estimate\nTrim,"a\nb",2,"rig,wind",1\nTrim,,0,,\n,,9,,x\n'
        first, second, third = issues(upload(tmp_path, text, "crew.csv"), "linear-csv")
        assert (first.title, first.text, first.priority_name) == ("Trim", "a\nb", "High")
        assert (first.labels, first.points, first.number) == (["rig", "wind"], Decimal(1), None)
        assert (first.project_key, first.project_name, first.category) == ("CREW", "crew", "todo")
        assert first.external_id != second.external_id
        assert first.external_id.rpartition("/")[0] == second.external_id.rpartition("/")[0]
        assert second.priority_name == "No priority"
        assert (third.title, third.priority_name, third.custom) == ("Row 5", "9", {"Estimate": "x"})


@pytest.mark.skipif(not SHARED.is_dir(), reason="the exports of other people's trackers are not on this machine")
@pytest.mark.parametrize(
    ("name", "count"), [("native_export_10", 10), ("current_34col_layout_1", 1), ("import_sandlot_38", 38)]
)
def test_a_real_file_agrees_in_all(name: str, count: int) -> None:
    path = SHARED / "linear_csv" / f"{name}.csv"
    with path.open(newline="") as stream:
        raw = list(csv.DictReader(stream))
    records = issues(Upload.at(path), "linear-csv")
    assert len(records) == len(raw) == count
    assert len({record.external_id for record in records}) == count
    for record, row in zip(records, raw, strict=True):
        assert (record.title, record.text) == (row["Title"], row["Description"])
        assert record.labels == [each.strip() for each in row["Labels"].split(",") if each.strip()]
        assert record.points == (Decimal(row["Estimate"]) if row["Estimate"] else None)
        if "ID" not in row:
            assert record.priority_name == {"1": "Urgent", "2": "High", "3": "Medium", "4": "Low"}[row["Priority"]]
            continue
        assert (record.key, str(record.number)) == (row["ID"], row["ID"].split("-")[1])
        assert (record.project_name, record.status_name, record.priority_name) == (
            row["Team"], row["Status"], row["Priority"],
        )  # fmt: skip
        assert (record.reporter.name if record.reporter else "") == row["Creator"]
        assert (record.assignee.email if record.assignee else "") == row["Assignee"]
        assert [each.name for each in record.sprints] == [each for each in [row["Cycle Name"]] if each]
        for moment, column in (
            (record.created_at, "Created"), (record.updated_at, "Updated"),
            (record.sprints[0].started_at if record.sprints else None, "Cycle Start"),
            (record.sprints[0].ends_at if record.sprints else None, "Cycle End"),
        ):  # fmt: skip
            assert moment == _moment(row[column])
        assert record.resolved_at == (_moment(row["Completed"]) or _moment(row["Canceled"]))
        due = _moment(row["Due Date"])
        assert record.due_date == (due.date() if due else None)
        assert record.is_archived is bool(row["Archived"])
        assert (record.parent.key if record.parent else "") == row["Parent issue"]
        assert record.custom.get("Project", "") == row["Project"]


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    return datetime.strptime(text.split(" GMT", maxsplit=1)[0], "%a %b %d %Y %H:%M:%S").replace(tzinfo=UTC)
