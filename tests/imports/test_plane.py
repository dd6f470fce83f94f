"""Plane's CSV: JSON in cells, relations both ways, what is damaged told."""

import csv
import io
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from apps.imports.records import Level, LinkRecord, Ref, Relation, Unreadable
from tests.imports.reading import contents, issues, upload

ROW = {
    "Project Name": "Hall lights", "Project Identifier": "LAMP", "Parent": "LAMP-1", "Identifier": "LAMP-7",
    "Sequence Id": "7", "Name": "Lamp flickers", "State Name": "In Progress", "Priority": "high",
    "Assignees": ["Mira Stone", "Ole"],
    "Subscribers": ["Ann", "Ole"], "Created By Name": "Ole", "Start Date": "2024-01-03", "Target Date": "2024-02-01",
    "Completed At": "", "Created At": "2024-01-02T10:00:00Z", "Updated At": "2024-01-05T10:00:00Z", "Archived At": "",
    "Estimate": "5", "Labels": ["hall", "night, late"], "Cycles": ["Cycle 1", "Cycle 2"], "Modules": ["Wiring"],
    "Links": [{"url": "https://a.test/plan", "title": "Plan"}, {"url": "https://a.test"}],
    "Relations": [
        {"type": "blocked_by", "issue": "LAMP-2", "direction": "outgoing"},
        {"type": "blocked_by", "issue": "LAMP-3", "direction": "incoming"},
        {"type": "relates_to", "issue": "LAMP-4", "direction": "incoming"},
    ],
    "Comments": [{"comment": "<p>Seen <b>it</b></p>", "created_by": "Ann", "created_at": "2024-01-03 09:00:00"},
                 {"comment": ""}],
    "Sub Issues Count": "0", "Link Count": "2", "Attachment Count": "0", "Is Draft": "false",
}  # fmt: skip


def export(*changes: dict[str, Any]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    writer.writerow(ROW)
    for change in changes:
        row = {**ROW, **change}
        writer.writerow(value if isinstance(value, str) else json.dumps(value) for value in row.values())
    return out.getvalue()


class TestPlane:
    def test_parts_of_issues_are_of_our_levels(self, tmp_path: Path) -> None:
        above = [{"Parent": ""}, {"Identifier": "LAMP-8", "Parent": "LAMP-7"}, {"Identifier": "LAMP-9", "Parent": ""}]
        whole, part, other = issues(upload(tmp_path, export(*above)), "plane-csv")
        assert [record.level for record in (whole, part, other)] == [None, Level.SUBTASK, None]

    def test_reads_issues(self, tmp_path: Path) -> None:
        [record] = issues(upload(tmp_path, export({})), "plane-csv", time_zone="Europe/Berlin")
        assert (record.external_id, record.key, record.number) == ("LAMP-7", "LAMP-7", 7)
        assert (record.project_key, record.project_name) == ("LAMP", "Hall lights")
        assert (record.title, record.status_name, record.priority_name) == ("Lamp flickers", "In Progress", "high")
        assert (record.labels, record.components) == (["hall", "night, late"], ["Wiring"])
        assert [each.name for each in record.sprints] == ["Cycle 1", "Cycle 2"]
        assert (record.points, record.parent) == (Decimal(5), Ref("LAMP-1", "LAMP-1"))
        assert record.assignee is not None
        assert record.reporter is not None
        assert (record.assignee.name, record.reporter.name) == ("Mira Stone", "Ole")
        assert [each.name for each in record.watchers] == ["Ann", "Ole"]
        assert (record.start_date, record.due_date) == (date(2024, 1, 3), date(2024, 2, 1))
        assert record.created_at == datetime(2024, 1, 2, 10, tzinfo=UTC)
        assert record.links == [
            LinkRecord(Relation.BLOCKED_BY, Ref("LAMP-2", "LAMP-2"), "blocked by"),
            LinkRecord(Relation.BLOCKS, Ref("LAMP-3", "LAMP-3"), "blocked by"),
            LinkRecord(Relation.RELATES, Ref("LAMP-4", "LAMP-4"), "relates to"),
        ]
        [comment] = record.comments
        assert (comment.external_id, comment.body) == ("LAMP-7/comment/1", "Seen **it**")
        assert comment.created_at == datetime(2024, 1, 3, 9, tzinfo=ZoneInfo("Europe/Berlin"))
        assert [(each.name, each.url) for each in record.attachments] == [
            ("Plan", "https://a.test/plan"), ("https://a.test", "https://a.test"),
        ]  # fmt: skip
        assert [field for field, _reason in record.notes] == ["Assignees"]
        assert (record.custom, record.is_archived, record.resolved_at) == ({}, False, None)

    def test_tells_what_it_cannot_keep(self, tmp_path: Path) -> None:
        changes = {
            "Assignees": "Mira Stone", "Estimate": "XL", "Is Draft": "true", "Attachment Count": "2", "Comments": "[{",
            "Relations": [{"type": "x"}, "y", {"type": "follows", "issue": "LAMP-9"}], "Archived At": "2024-01-06",
            "Completed At": "2024-01-05", "Links": "", "Sequence Id": "x", "Name": "",
        }  # fmt: skip
        [record] = issues(upload(tmp_path, export(changes)), "plane-csv")
        assert sorted(field for field, _reason in record.notes) == [
            "Attachment Count", "Comments", "Is Draft", "Name", "Relations", "Relations",
        ]  # fmt: skip
        assert (record.title, record.number, record.custom) == ("LAMP-7", None, {"Estimate": "XL"})
        assert record.links == [LinkRecord(Relation.RELATES, Ref("LAMP-9", "LAMP-9"), "follows")]
        assert record.is_archived
        assert record.resolved_at == datetime(2024, 1, 5, tzinfo=UTC)

    def test_answers_a_row_without_identifier_with_a_row(self, tmp_path: Path) -> None:
        [first, second] = contents(upload(tmp_path, export({"Identifier": ""}, {}) + '"never'), "plane-csv")[::2]
        assert isinstance(first, Unreadable)
        assert first.field == "Identifier"
        assert isinstance(second, Unreadable)
