"""Reading Jira's issues: what is kept, what is noted, what is refused."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from apps.imports.formats.jira_rest import read_issue
from apps.imports.guessing import category_of, priority_of
from apps.imports.records import IssueRecord, Ref, Unreadable
from apps.issues.models import TEXT_LENGTH, TITLE_LENGTH, Priority
from tests.imports import exports


def read(**changes: Any) -> IssueRecord:
    return read_issue(json.dumps(exports.issue("LAMP-7", **changes)).encode())


class TestReadIssue:
    def test_keeps_key_words_people_and_times(self) -> None:
        record = read(duedate="2024-04-01", labels=["hall", "hall", "night shift"])
        assert (record.key, record.number, record.project_key) == ("LAMP-7", 7, "LAMP")
        assert record.text == "It flickers **a lot**."
        assert record.reporter is not None
        assert record.reporter.name == "Mira Stone"
        assert record.created_at == datetime(2024, 3, 1, 8, 30, tzinfo=UTC)
        assert record.due_date == date(2024, 4, 1)
        assert record.labels == ["hall", "night shift"]
        assert priority_of(record.priority_name) == Priority.HIGH
        assert record.notes == []

    @pytest.mark.parametrize(
        ("status", "resolution", "category"),
        [
            ("Open", None, "todo"),
            ("QA", None, "in_progress"),
            ("Closed", "Fixed", "done"),
            ("Closed", None, "done"),
            ("Closed", "Won't Fix", "cancelled"),
        ],
    )
    def test_takes_category_and_resolution_for_the_status(
        self, status: str, resolution: str | None, category: str
    ) -> None:
        record = read(status=status, resolution=resolution and {"name": resolution})
        assert category_of(record) == category

    @pytest.mark.parametrize(
        ("name", "category"),
        [
            ("In Arbeit", "in_progress"),
            ("Tareas por hacer", "todo"),
            ("Terminé(e)", "done"),
            ("Annullato", "cancelled"),
        ],
    )
    def test_guesses_what_a_status_of_another_language_means(self, name: str, category: str) -> None:
        record = replace(read(), status_name=name, category=None, resolution="")
        assert category_of(record) == category

    @pytest.mark.parametrize("title", [None, "", "   ", 5])
    def test_lets_the_key_stand_in_for_a_missing_title(self, title: Any) -> None:
        record = read(summary=title)
        assert record.title == "LAMP-7"
        assert [field for field, _reason in record.notes] == ["summary"]

    def test_cuts_a_title_that_is_too_long_and_says_so(self) -> None:
        record = read(summary="x" * (TITLE_LENGTH + 1))
        assert len(record.title) == TITLE_LENGTH
        assert [field for field, _reason in record.notes] == ["summary"]

    def test_keeps_line_separators_of_other_kinds(self) -> None:
        assert read(description="one\u2028two\u0085three").text == "one\u2028two\u0085three"

    def test_replaces_what_no_database_text_can_hold(self) -> None:
        record = read(description="a\x00b\ud800c", summary="x\x00y")
        assert record.text == "a\ufffdb\ufffdc"
        assert record.title == "x\ufffdy"
        assert ("description", "NUL characters were replaced; no text can hold them.") in record.notes

    def test_continues_a_text_that_is_too_long_in_comments_and_loses_nothing(self) -> None:
        log = "\n".join(f"line {number}" for number in range(30_000))
        record = read(description=log, comments=[exports.comment(1, "short")])
        pieces = [record.text, *(comment.body for comment in record.comments[:-1])]
        assert "\n".join(piece.removeprefix("```\n").removesuffix("\n```") for piece in pieces) == log
        assert all(len(piece) <= TEXT_LENGTH for piece in pieces)
        assert record.comments[-1].body == "short"
        assert len(record.notes) == 1

    def test_counts_comments_that_say_nothing_or_are_missing(self) -> None:
        said = [exports.comment(1, "yes"), exports.comment(2, " \r\n"), {"id": "3"}]
        record = read(comment={"comments": said, "total": 5})
        assert [comment.body for comment in record.comments] == ["yes"]
        assert [reason for _field, reason in record.notes] == [
            "The file holds 3 of 5 comments.",
            "2 comment(s) without text were left out.",
        ]

    def test_leaves_out_dates_that_are_none_and_says_so(self) -> None:
        record = read(duedate="soon", updated="yesterday")
        assert record.due_date is None
        assert record.updated_at == record.created_at
        assert {field for field, _reason in record.notes} == {"duedate", "updated"}

    def test_reads_an_issue_of_almost_nothing(self) -> None:
        record = read_issue(b'{"key": "LAMP-1", "fields": {"created": "2024-03-01T09:30:00.000+0000"}}')
        assert (record.title, record.type_name, record.category, record.reporter) == ("LAMP-1", "", None, None)

    @pytest.mark.parametrize(
        ("data", "field"),
        [
            (b"{", ""),
            (b"[]", "fields"),
            (b"5", "fields"),
            (b'{"key": "LAMP-1"}', "fields"),
            (b'{"fields": {}}', "key"),
            (b'{"key": "LAMP-0", "fields": {}}', "key"),
            (b'{"key": ["LAMP-1"], "fields": {}}', "key"),
            (b'{"key": "LAMP-1", "fields": {}}', "created"),
            (b'{"key": "LAMP-1", "fields": {"created": "2024-03-01"}}', "created"),
            # Its own zone moves it into a year that no database gives back.
            (b'{"key": "LAMP-1", "fields": {"created": "9999-12-31T23:59:59.999-1400"}}', "created"),
            (b'{"key": "LAMP-1", "fields": {"created": "0001-01-01T00:00:00.000+0000"}}', "created"),
            (b'{"key": "caf\xe9", "fields": {}}', ""),
            (b"[" * 100_000, ""),
            # Python itself refuses to read so many digits, as a fault of its own.
            (b'{"key": "LAMP-1", "fields": {"customfield_1": ' + b"9" * 5000 + b"}}", ""),
        ],
    )
    def test_refuses_what_is_no_issue(self, data: bytes, field: str) -> None:
        with pytest.raises(Unreadable) as refused:
            read_issue(data)
        assert refused.value.field == field
        assert refused.value.reason

    @pytest.mark.parametrize("year", ["0001", "1899", "3000", "9999"])
    def test_tells_times_and_dates_of_years_that_nobody_means(self, year: str) -> None:
        record = read(updated=f"{year}-12-31T23:59:59.999-1400", duedate=f"{year}-12-31")
        assert (record.updated_at, record.due_date) == (record.created_at, None)
        assert {"updated", "duedate"} <= {name for name, _reason in record.notes}

    @pytest.mark.parametrize("seconds", [float("nan"), float("inf"), "NaN", "-Infinity", "1e400", 10**30])
    def test_tells_an_estimate_that_is_no_number_of_seconds(self, seconds: Any) -> None:
        record = read(timeoriginalestimate=seconds)
        assert record.estimate_minutes is None
        assert "timeoriginalestimate" in {name for name, _reason in record.notes}

    def test_has_the_same_fingerprint_only_for_the_same_content(self) -> None:
        assert read().fingerprint == read(watches={"watchCount": 3}).fingerprint
        assert read().fingerprint != read(summary="Another").fingerprint
        assert read().fingerprint != read(comments=[exports.comment(1, "new")]).fingerprint


class TestParent:
    def test_finds_parent_and_epic(self) -> None:
        assert read(parent={"id": "10001", "key": "LAMP-1"}).parent == Ref("10001", "LAMP-1")
        assert read(epic={"id": 10009, "key": "LAMP-9"}).parent == Ref("10009", "LAMP-9")

    def test_finds_none_where_none_is(self) -> None:
        assert read(parent=None).parent is None
