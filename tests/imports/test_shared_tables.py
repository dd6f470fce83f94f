"""Real exports of other trackers, read twice: by the readers, and by the plainest means. Every record is compared.

The exports are not part of the project. Where they are absent, the small files of the other tests cover each format.
"""

import csv
import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from apps.imports.files import Upload
from apps.imports.guessing import category_of
from apps.imports.records import IssueRecord, Level, Relation
from tests.imports.reading import SHARED, issues

pytestmark = pytest.mark.skipif(
    not SHARED.is_dir(), reason="The real exports (../shared/data) are not on this machine."
)


def rows_of(path: Path, delimiter: str = ",", encoding: str = "utf-8-sig") -> list[dict[str, str]]:
    with path.open(encoding=encoding, newline="") as stream:
        return list(csv.DictReader(stream, delimiter=delimiter))


def pairs(name: str, expected: str, **how: str) -> Iterator[tuple[dict[str, str], IssueRecord]]:
    """Each row of a file beside the record that it became."""
    rows = rows_of(SHARED / name, **how)
    records = issues(Upload.at(SHARED / name), expected)
    assert len(records) == len(rows)
    return zip(rows, records, strict=True)


def day(text: str) -> datetime | None:
    return datetime.fromisoformat(text).replace(tzinfo=UTC) if text else None


def words_of(text: str) -> Counter[str]:
    """The longer words of a text."""
    return Counter(re.findall(r"[^\W_]{4,}", text))


class TestAnyTable:
    @pytest.mark.parametrize(
        ("name", "count"),
        [
            ("jirasoftware", 352),
            ("aptanastudio", 829),
            *(
                pytest.param(name, count, marks=pytest.mark.deep)
                for name, count in {
                    "springxd": 3526, "mesos": 1680, "titanium": 2251, "mule": 889, "bamboo": 521, "talendesb": 868,
                }.items()
            ),
        ],
    )  # fmt: skip
    def test_reads_story_points(self, name: str, count: int) -> None:
        seen = 0
        for row, record in pairs(f"corpus_storypoints/{name}.csv", "csv"):
            project, number = row["issuekey"].rsplit("-", 1)
            assert (record.external_id, record.key, record.project_key) == (row["issuekey"], row["issuekey"], project)
            assert record.number == int(number)
            assert record.title == " ".join(row["title"].split())[:500]
            assert record.points == Decimal(row["storypoint"])
            assert record.custom == {"split_mark": row["split_mark"]}
            assert record.notes == []
            if not any(mark in row["description"] for mark in "{[<!*-_?\\|#h"):
                assert record.text.strip() == row["description"].strip()
            # Outside of marks and elements, no word is lost.
            said = words_of(re.sub(r"\{[^{}\n]*\}|<[^<>]*>|https?://\S+|&\w+;", " ", row["description"]))
            lost = said - words_of(record.text)
            assert lost.total() <= max(3, said.total() // 20), (record.key, lost)
            seen += 1
        assert seen == count

    def test_reads_what_names_nothing(self) -> None:
        for row, record in pairs("redmine/import_iso8859-1.csv", "csv", delimiter=";", encoding="latin-1"):
            assert record.title == row["column A"]
            assert record.custom == {"column B": row["column B"], "column C": row["column C"]}

    def test_reads_dates_of_which_some_are_none(self) -> None:
        for row, record in pairs("redmine/import_dates.csv", "csv", delimiter=";"):
            for name, found in (("start", record.start_date), ("due", record.due_date)):
                if found is not None:
                    assert row[name] in {f"{found:%d/%m/%Y}", f"{found:%m/%d/%Y}"}
                else:
                    assert not row[name] or name in dict(record.notes)


class TestAsana:
    def test_reads_every_task(self) -> None:
        ids: dict[str, str] = {}
        rows = rows_of(SHARED / "asana_csv/native_sample_13.csv")
        for row in rows:
            ids.setdefault(row["Name"], row["Task ID"])
        for row, record in pairs("asana_csv/native_sample_13.csv", "asana-csv"):
            assert (record.external_id, record.title, record.text) == (row["Task ID"], row["Name"], row["Notes"])
            assert record.created_at == day(row["Created At"])
            assert record.resolved_at == day(row["Completed At"])
            assert record.updated_at == max(day(row["Last Modified"]), day(row["Created At"]))  # type: ignore[type-var]
            assert record.due_date == (date.fromisoformat(row["Due Date"]) if row["Due Date"] else None)
            assert (record.assignee.email if record.assignee else "") == row["Assignee Email"]
            assert record.labels == [tag.strip() for tag in row["Tags"].split(",") if tag.strip()]
            section = "" if row["Section/Column"] == "(no section)" else row["Section/Column"]
            if row["Completed At"]:
                assert (category_of(record), record.custom.get("Section", "")) == ("done", section)
            else:
                assert record.status_name == section
            if row["Parent task"]:
                assert (record.level, record.parent and record.parent.external_id) == (
                    Level.SUBTASK, ids[row["Parent task"]],
                )  # fmt: skip
            else:
                assert (record.level, record.parent) == (Level.STANDARD, None)


class TestPlane:
    def test_reads_every_issue(self) -> None:
        for row, record in pairs("plane_csv/linear_importer_plane_sample_9.csv", "plane-csv"):
            lists = {
                name: json.loads(row[name]) for name in ("Assignees", "Subscribers", "Labels", "Cycles", "Modules")
            }
            assert (record.key, record.number) == (row["Identifier"], int(row["Sequence Id"]))
            assert (record.project_key, record.project_name) == (row["Project Identifier"], row["Project Name"])
            assert (record.title, record.status_name) == (row["Name"], row["State Name"])
            assert record.priority_name == row["Priority"]
            assert ([record.assignee.name] if record.assignee else []) == lists["Assignees"][:1]
            assert {each.name for each in record.watchers} == {*lists["Subscribers"], *lists["Assignees"][1:]}
            assert (record.labels, record.components) == (lists["Labels"], lists["Modules"])
            assert [each.name for each in record.sprints] == lists["Cycles"]
            assert (str(record.parent) if record.parent else "") == row["Parent"]
            assert record.points == (Decimal(row["Estimate"]) if row["Estimate"] else None)
            assert record.created_at == datetime.fromisoformat(row["Created At"])
            assert record.updated_at == datetime.fromisoformat(row["Updated At"])
            assert record.resolved_at == (datetime.fromisoformat(row["Completed At"]) if row["Completed At"] else None)
            assert record.is_archived == bool(row["Archived At"])
            for name, found in (("Start Date", record.start_date), ("Target Date", record.due_date)):
                assert (found.isoformat() if found else "") == row[name]
            said = [
                (each["comment"], each["created_by"], day(each["created_at"])) for each in json.loads(row["Comments"])
            ]
            assert [(each.body, each.author and each.author.name, each.created_at) for each in record.comments] == said
            related = [(each["type"], each["issue"]) for each in json.loads(row["Relations"])]
            assert [(each.relation.value, str(each.target)) for each in record.links] == related
            assert [each.url for each in record.attachments] == [each["url"] for each in json.loads(row["Links"])]


class TestRedmine:
    @pytest.mark.parametrize(
        "name", ["import_issues.csv", "import_issues_utf8_with_bom.csv", "import_subtasks_with_relations.csv"]
    )
    def test_reads_every_row_of_a_table(self, name: str) -> None:
        for row, record in pairs(f"redmine/{name}", "redmine-csv", delimiter=";"):
            assert (record.title, record.type_name) == (row["subject"], row["tracker"])
            assert record.text == row.get("description", "")
            assert (record.status_name, record.priority_name) == (row.get("status", ""), row.get("priority", ""))
            for column, found in (("start", record.start_date), ("due", record.due_date)):
                assert (found.isoformat() if found else "") == row.get(column, row.get(f"{column}_date"))
            assert (record.parent.key if record.parent else "") == row["parent"]
            assert (record.assignee.name if record.assignee else "") == row.get("user", "")
            assert [each.name for each in record.fix_versions] == [each for each in [row.get("version")] if each]
            if "estimated_hours" in row:
                assert record.estimate_minutes == int(row["estimated_hours"]) * 60
            if row.get("follows"):
                assert [(each.relation, each.target.key) for each in record.links] == [
                    (Relation.BLOCKED_BY, row["follows"].split()[0])
                ]

    @pytest.mark.parametrize("name", ["rest_issues_list.json", "rest_issue_7311_journals.json"])
    def test_reads_every_answer(self, name: str) -> None:
        whole = json.loads((SHARED / "redmine" / name).read_text())
        raws = whole.get("issues") or [whole["issue"]]
        records = issues(Upload.at(SHARED / "redmine" / name), "redmine-rest")
        for raw, record in zip(raws, records, strict=True):
            assert (record.external_id, record.number) == (str(raw["id"]), raw["id"])
            assert (record.title, record.text) == (raw["subject"], raw["description"])
            assert (record.status_name, record.type_name) == (raw["status"]["name"], raw["tracker"]["name"])
            assert (record.priority_name, record.project_name) == (raw["priority"]["name"], raw["project"]["name"])
            assert (record.reporter and record.reporter.name) == raw["author"]["name"]
            assert (record.assignee and record.assignee.name) == raw.get("assigned_to", {}).get("name")
            assert record.created_at == datetime.fromisoformat(raw["created_on"])
            assert record.updated_at == datetime.fromisoformat(raw["updated_on"])
            assert record.resolved_at == datetime.fromisoformat(raw["closed_on"])
            assert category_of(record) == "done"
            assert (record.start_date and record.start_date.isoformat()) == raw["start_date"]
            assert (record.parent and record.parent.key) == (str(raw["parent"]["id"]) if "parent" in raw else None)
            said = [each for each in raw.get("journals", []) if each.get("notes")]
            assert [
                (each.external_id, each.body, each.author and each.author.name, each.created_at)
                for each in record.comments
            ] == [
                (str(each["id"]), each["notes"], each["user"]["name"], datetime.fromisoformat(each["created_on"]))
                for each in said
            ]


class TestBugzilla:
    def test_reads_every_row_of_a_list(self) -> None:
        seen = 0
        for row, record in pairs("bugzilla/fedora_buglist_6797.csv", "bugzilla-csv"):
            status, _dash, resolution = row["bug_status"].partition("-")
            assert (record.external_id, record.number) == (row["bug_id"], int(row["bug_id"]))
            assert record.title == " ".join(row["short_desc"].split())
            assert (record.status_name, record.resolution) == (status, resolution)
            assert category_of(record) == (
                {"NEW": "todo", "MODIFIED": "in_progress"}.get(status)
                or ("cancelled" if resolution in {"WONTFIX", "CANTFIX"} else "done")
            )
            assert record.labels == [each.strip() for each in row["keywords"].split(",") if each.strip()]
            assert record.components == [row["component"]]
            files = [each.strip().rsplit("/", 1)[-1] for each in row["attachments"].split(",") if each.strip()]
            assert [each.name for each in record.attachments] == files
            assert str(record.custom.get("version", "")) == row["version"]
            seen += 1
        assert seen == 6797

    def test_reads_every_bug_of_a_document(self) -> None:
        path = SHARED / "bugzilla/show_bug_details_5.xml"
        bugs = ET.parse(path).getroot().findall("bug")
        records = issues(Upload.at(path), "bugzilla-xml")
        comments = 0
        for bug, record in zip(bugs, records, strict=True):
            assert record.external_id == bug.findtext("bug_id")
            assert record.title == " ".join((bug.findtext("short_desc") or "").split())
            assert record.created_at == datetime.strptime(bug.findtext("creation_ts") or "", "%Y-%m-%d %H:%M:%S %z")
            assert record.updated_at == datetime.strptime(bug.findtext("delta_ts") or "", "%Y-%m-%d %H:%M:%S %z")
            resolution = (bug.findtext("resolution") or "").replace("---", "")
            assert (record.status_name, record.resolution) == (bug.findtext("bug_status"), resolution)
            assert (record.priority_name, record.components) == (bug.findtext("priority"), [bug.findtext("component")])
            for tag, person in (("reporter", record.reporter), ("assigned_to", record.assignee)):
                node = bug.find(tag)
                assert node is not None
                assert person is not None
                assert (person.email, person.name) == (node.text, node.get("name"))
            assert [each.email for each in record.watchers] == [each.text for each in bug.findall("cc")]
            assert {(each.relation, each.target.key) for each in record.links} == {
                *((Relation.BLOCKED_BY, each.text) for each in bug.findall("dependson")),
                *((Relation.BLOCKS, each.text) for each in bug.findall("blocked")),
            }
            said = [
                (
                    each.findtext("commentid"),
                    each.findtext("thetext"),
                    each.findtext("who"),
                    datetime.strptime(each.findtext("bug_when") or "", "%Y-%m-%d %H:%M:%S %z"),
                )
                for each in bug.findall("long_desc")
            ]
            assert [
                (each.external_id, each.body, each.author and each.author.email, each.created_at)
                for each in record.comments
            ] == said
            comments += len(said)
        assert comments == 9
