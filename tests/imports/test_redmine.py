"""Redmine: lists as CSV in any language and encoding, and what its REST interface answers."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from apps.imports.formats.redmine_rest import to_markdown
from apps.imports.guessing import category_of
from apps.imports.records import LinkRecord, Person, Ref, Relation, Unreadable
from tests.imports.reading import contents, issues, upload

ENGLISH = """#,Project,Tracker,Parent task,Status,Priority,Subject,Author,Assignee,Updated,Category,Target version,\
Start date,Due date,Estimated time,% Done,Created,Closed,Files,Related issues,Description,Last notes
7,Hall lights,Bug,2,New,High,Lamp flickers,Mira Stone,Ole,03/13/2024 02:05 PM,Wiring,2.0,03/01/2024,,1.5,30,\
03/02/2024 09:30 AM,,"plan.pdf, ../../lamp.png","Blocks #8, Related to #9, Follows #10 (1 day), Is duplicate of #11",\
"h2. Steps

@make up@",Said last
"""
GERMAN = "#;Projekt;Tracker;Status;Priorität;Thema;Autor;Zugewiesen an;Kategorie;Zielversion;Angelegt;% erledigt\n" + (
    "8;Flur;Fehler;Neu;Hoch;Größere Leuchte;Mira;Ole;Strom;2.0;13.03.2024 14:05;50\n"
)


def issue(**changes: Any) -> dict[str, Any]:
    raw = {
        "id": 7, "project": {"id": 1, "name": "Hall lights"}, "tracker": {"id": 1, "name": "Bug"},
        "status": {"id": 2, "name": "In Bearbeitung", "is_closed": False}, "priority": {"id": 4, "name": "High"},
        "author": {"id": 3, "name": "Mira Stone"}, "assigned_to": {"id": 4, "name": "Ole"}, "subject": "Lamp flickers",
        "category": {"id": 1, "name": "Wiring"}, "fixed_version": {"id": 2, "name": "2.0"}, "parent": {"id": 2},
        "description": "*It* flickers.", "start_date": "2024-03-01", "due_date": None, "done_ratio": 30,
        "estimated_hours": 1.5, "spent_hours": 0.5000000074505806, "created_on": "2024-03-02T09:30:00Z",
        "updated_on": "2024-03-13T14:05:00Z", "closed_on": None,
        "custom_fields": [
            {"id": 1, "name": "Floor", "value": "2"},
            {"id": 2, "name": "Rooms", "value": ["hall", "attic"], "multiple": True},
            {"id": 3, "name": "Empty", "value": ""}, {"id": 4, "name": "Weight", "value": 1.5},
            {"id": 5, "name": "None"},
        ],
    }  # fmt: skip
    return {**raw, **changes}


class TestCsv:
    def test_reads_lists(self, tmp_path: Path) -> None:
        [record] = issues(upload(tmp_path, ENGLISH), "redmine-csv", time_zone="Europe/Berlin")
        berlin = ZoneInfo("Europe/Berlin")
        assert (record.external_id, record.key, record.number, record.project_key) == ("7", "7", 7, "HALLLIGHTS")
        assert (record.title, record.type_name, record.status_name) == ("Lamp flickers", "Bug", "New")
        assert (record.components, [each.name for each in record.fix_versions]) == (["Wiring"], ["2.0"])
        assert record.assignee == Person("Ole", "Ole")
        assert record.created_at == datetime(2024, 3, 2, 9, 30, tzinfo=berlin)
        assert record.updated_at == datetime(2024, 3, 13, 14, 5, tzinfo=berlin)
        assert record.start_date == date(2024, 3, 1)
        assert (record.estimate_minutes, record.custom) == (90, {"% Done": Decimal(30)})
        assert (record.parent, record.text) == (Ref("2", "2"), "## Steps\n\n`make up`")
        assert record.links == [
            LinkRecord(Relation.BLOCKS, Ref("8", "8"), "Blocks"),
            LinkRecord(Relation.RELATES, Ref("9", "9"), "Related to"),
            LinkRecord(Relation.BLOCKED_BY, Ref("10", "10"), "Follows"),
            LinkRecord(Relation.DUPLICATES, Ref("11", "11"), "Is duplicate of"),
        ]
        assert [each.name for each in record.attachments] == ["plan.pdf", "lamp.png"]
        assert [each.body for each in record.comments] == ["Said last"]
        # The order of day and month is told once.
        assert [field for field, _reason in record.notes] == ["Created"]

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
    def test_reads_other_languages_and_encodings(self, tmp_path: Path, encoding: str) -> None:
        [record] = issues(upload(tmp_path, GERMAN.encode(encoding)), "redmine-csv")
        assert (record.title, record.type_name, record.components) == ("Größere Leuchte", "Fehler", ["Strom"])
        assert record.created_at == datetime(2024, 3, 13, 14, 5, tzinfo=UTC)
        assert record.custom == {"% erledigt": Decimal(50)}
        assert (record.project_key, record.number) == ("FLUR", 8)

    def test_reads_what_redmine_itself_imports(self, tmp_path: Path) -> None:
        text = "row;tracker;subject;parent;follows;user\n1;bug;One;2;2 1d;mira\n2;bug;Two;;;\n"
        first, second = issues(upload(tmp_path, text), "redmine-csv")
        assert (first.parent, first.assignee) == (Ref("2", "2"), Person("mira", "mira"))
        assert first.links == [LinkRecord(Relation.BLOCKED_BY, Ref("2", "2"), "follows")]
        assert second.external_id == "2"


class TestRest:
    def test_reads_a_list(self, tmp_path: Path) -> None:
        text = json.dumps({"issues": [issue(), issue(id=8)], "total_count": 2})
        first, second = issues(upload(tmp_path, text), "redmine-rest")
        assert (first.external_id, first.number, first.project_key, first.project_name) == (
            "7", 7, "HALLLIGHTS", "Hall lights",
        )  # fmt: skip
        assert (first.title, first.text, first.type_name) == ("Lamp flickers", "*It* flickers.", "Bug")
        assert (first.status_name, category_of(first), first.priority_name) == ("In Bearbeitung", "in_progress", "High")
        assert (first.reporter, first.assignee) == (Person("3", "Mira Stone"), Person("4", "Ole"))
        assert (first.components, [each.name for each in first.fix_versions]) == (["Wiring"], ["2.0"])
        assert (first.estimate_minutes, first.start_date, first.parent) == (90, date(2024, 3, 1), Ref("2", "2"))
        assert first.custom == {
            "Floor": "2", "Rooms": ["hall", "attic"], "Weight": Decimal("1.5"), "% done": Decimal(30),
            "Spent hours": Decimal("0.50"),
        }  # fmt: skip
        assert (first.created_at, first.notes) == (datetime(2024, 3, 2, 9, 30, tzinfo=UTC), [])
        assert second.number == 8

    @pytest.mark.parametrize("hours", [1e300, -5, "many", None])
    def test_leaves_out_hours_that_nobody_works(self, tmp_path: Path, hours: Any) -> None:
        [found] = issues(upload(tmp_path, json.dumps({"issues": [issue(spent_hours=hours)]})), "redmine-rest")
        assert "Spent hours" not in found.custom

    def test_reads_one_with_all_that_hangs_on_it(self, tmp_path: Path) -> None:
        ole, ann = {"id": 4, "name": "Ole"}, {"id": 9, "name": "Ann"}
        raw = issue(
            description="h2. Steps\n\n<pre>make up</pre>",
            is_private=True,
            status={"id": 5, "name": "Cerrada"},
            closed_on="2024-03-13T14:05:00Z",
            watchers=[ann, None],
            journals=[
                {"id": 1, "user": ole, "notes": "", "created_on": "2024-03-03T10:00:00Z", "details": [{}]},
                {"id": 2, "user": ole, "notes": "Seen *it* @twice@", "created_on": "2024-03-03T10:00:00Z"},
                {"id": 3, "user": ann, "notes": "Hush", "private_notes": True, "created_on": "late"},
            ],
            attachments=[
                {"id": 5, "filename": "..\\..\\lamp.png", "filesize": 3, "content_type": "image/png",
                 "content_url": "https://a.test/5", "author": {"id": 3, "name": "Mira Stone"},
                 "created_on": "2024-03-02T09:30:00Z"},
                {"filename": "", "filesize": "3"},
            ],
            relations=[
                {"issue_id": 7, "issue_to_id": 8, "relation_type": "blocks"},
                {"issue_id": 9, "issue_to_id": 7, "relation_type": "duplicates"},
                {"issue_id": 7, "issue_to_id": 10, "relation_type": "copied_to"}, {"issue_id": 7},
            ],
        )  # fmt: skip
        [record] = issues(upload(tmp_path, json.dumps({"issue": raw})), "redmine-rest")
        assert record.text == "## Steps\n\n```\nmake up\n```"
        assert (category_of(record), record.resolved_at) == ("done", datetime(2024, 3, 13, 14, 5, tzinfo=UTC))
        assert record.watchers == [Person("9", "Ann")]
        assert [(each.external_id, each.body, each.author and each.author.name) for each in record.comments] == [
            ("2", "Seen **it** `twice`", "Ole"), ("3", "Hush", "Ann"),
        ]  # fmt: skip
        assert [(each.external_id, each.name, each.size, each.url) for each in record.attachments] == [
            ("5", "lamp.png", 3, "https://a.test/5"), ("7/file/2", "file", None, ""),
        ]  # fmt: skip
        assert record.links == [
            LinkRecord(Relation.BLOCKS, Ref("8", "8"), "blocks"),
            LinkRecord(Relation.DUPLICATED_BY, Ref("9", "9"), "duplicates"),
            LinkRecord(Relation.RELATES, Ref("10", "10"), "copied_to"),
        ]
        assert sorted(field for field, _reason in record.notes) == ["created_on", "is_private", "journals"]

    def test_takes_the_name_of_a_status_before_an_earlier_closing(self, tmp_path: Path) -> None:
        raw = issue(status={"id": 1, "name": "In Progress"}, closed_on="2024-03-13T14:05:00Z")
        [record] = issues(upload(tmp_path, json.dumps({"issues": [raw]})), "redmine-rest")
        assert category_of(record) == "in_progress"

    def test_answers_what_is_no_issue_with_a_row(self, tmp_path: Path) -> None:
        whole = json.dumps({"issues": [issue(), 5, {}, issue(id=True), issue(id="7")]})
        found = contents(upload(tmp_path, whole), "redmine-rest")
        assert [isinstance(each, Unreadable) for each in found] == [False, True, True, True, True]
        found = contents(upload(tmp_path, whole[: len(whole) - 700]), "redmine-rest")
        assert isinstance(found[-1], Unreadable)
        assert "nothing after was read" in found[-1].reason


class TestMarkup:
    @pytest.mark.parametrize(
        ("text", "markdown"),
        [
            ("<p>One <b>two</b></p>", "One **two**"),
            ("<pre>x</pre>", "```\nx\n```"),
            ("h1. One", "# One"),
            ("# One\n\n*two* [three](https://a.test)", "# One\n\n*two* [three](https://a.test)"),
        ],
    )
    def test_is_told_by_what_stands_in_the_text(self, text: str, markdown: str) -> None:
        assert to_markdown(text) == markdown
