"""Real exports of Jira, read twice: by the readers, and by the plainest means. Every record is compared.

The exports are not part of the project. Where they are absent, the small files of the other tests cover each format.
"""

import csv
import gzip
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from apps.imports.choices import Choices
from apps.imports.files import Upload
from apps.imports.formats import recognise
from apps.imports.guessing import category_of
from apps.imports.records import CommentsRecord, IssueRecord, Level, ProjectRecord, Relation
from apps.issues.models import TITLE_LENGTH
from tests.imports.reading import SHARED, contents, issues

pytestmark = pytest.mark.skipif(
    not SHARED.is_dir(), reason="The real exports (../shared/data) are not on this machine."
)

SPANISH = {
    "Summary": "Resumen", "Issue key": "Clave de incidencia", "Issue id": "ID de la incidencia",
    "Issue Type": "Tipo de Incidencia", "Status": "Estado", "Project key": "Clave del proyecto",
    "Priority": "Prioridad", "Project name": "Nombre del proyecto", "Resolution": "Resolución",
    "Assignee": "Persona asignada",
    "Assignee Id": "ID de la persona asignada", "Reporter": "Informador", "Reporter Id": "ID del informador",
    "Created": "Creada", "Updated": "Actualizada", "Resolved": "Resuelta", "Due date": "Fecha de vencimiento",
    "Parent": "Principal", "Status Category": "Categoría de estado", "Watchers Id": "ID de los interesados",
    "Custom field (Rank)": "Campo personalizado (Rank)",
}  # fmt: skip
MONTHS = {"sep": "Sep", "oct": "Oct", "nov": "Nov", "dic": "Dec", "ago": "Aug"}
TABLES = [
    ("apache_hive_2.0.0_server_export_59", 59, "%d/%b/%y %H:%M", {}),
    ("nautilus_wallet_192", 192, "%d/%b/%y %I:%M %p", {}),
    ("notas_hexagonal_es_56", 56, "%d/%b/%y %I:%M %p", SPANISH),
    ("werkplaats_nohtyp_26", 26, "%d/%b/%y %I:%M %p", {}),
]


def line(text: Any) -> str:
    return " ".join(str(text or "").split())


class Cells:
    """A row of a table, its cells by the English names of their columns."""

    def __init__(self, columns: list[str], cells: list[str], shape: str, names: dict[str, str]) -> None:
        self.pairs = list(zip(columns, cells, strict=True))
        self.shape = shape
        self.names = names

    def all(self, *columns: str) -> list[str]:
        wanted = {self.names.get(column, column) for column in columns}
        return [cell.strip() for column, cell in self.pairs if column in wanted and cell.strip()]

    def first(self, *columns: str) -> str:
        return (self.all(*columns) or [""])[0]

    def moment(self, text: str) -> datetime | None:
        for spanish, english in MONTHS.items():
            text = text.replace(f"/{spanish}/", f"/{english}/")
        return datetime.strptime(text, self.shape).replace(tzinfo=UTC) if text else None

    def time(self, column: str) -> datetime | None:
        return self.moment(self.first(column))


class TestTables:
    @pytest.mark.parametrize(("name", "count", "shape", "names"), TABLES)
    def test_agree_in_every_record(self, name: str, count: int, shape: str, names: dict[str, str]) -> None:
        path = SHARED / "jira_csv" / f"{name}.csv"
        with path.open(encoding="utf-8-sig", newline="") as stream:
            columns, *rows = csv.reader(stream)
        records = issues(Upload.at(path), "jira-csv")
        assert len(records) == len(rows) == count
        assert len({record.external_id for record in records}) == count
        for row, record in zip(rows, records, strict=True):
            compare_cells(Cells(columns, row, shape, names), record)
        ids = {record.external_id for record in records}
        assert all(record.parent is None or record.parent.external_id in ids for record in records)

    def test_say_what_links_and_comments_say(self) -> None:
        records = issues(Upload.at(SHARED / "jira_csv/apache_hive_2.0.0_server_export_59.csv"), "jira-csv")
        assert sum(len(record.comments) for record in records) == 395
        assert sum(len(record.attachments) for record in records) == 87
        assert sum(len(record.links) for record in records) == 50


def compare_cells(cells: Cells, record: IssueRecord) -> None:
    first = cells.first
    assert (record.key, record.external_id) == (first("Issue key"), first("Issue id"))
    assert (record.project_key, record.project_name) == (first("Project key"), first("Project name"))
    assert record.title == line(first("Summary"))[:TITLE_LENGTH]
    assert (record.status_name, record.type_name) == (first("Status"), first("Issue Type"))
    assert (record.priority_name, record.resolution) == (first("Priority"), first("Resolution"))
    assert record.created_at == cells.time("Created")
    assert record.updated_at == cells.time("Updated")
    assert record.resolved_at == cells.time("Resolved")
    due = cells.moment(first("Due date", "Due Date"))
    assert record.due_date == (due.date() if due else None)
    for column, somebody in (("Reporter", record.reporter), ("Assignee", record.assignee)):
        named = first(column)
        assert (somebody.name if somebody else "") == named
        assert (somebody.handle if somebody else "") == (first(f"{column} Id") or named)
    assert {watcher.handle for watcher in record.watchers} == set(cells.all("Watchers Id"))
    comments = [cell.split(";", 2) for cell in cells.all("Comment")]
    assert [(each.created_at, each.author and each.author.handle) for each in record.comments] == [
        (cells.moment(moment), author) for moment, author, _text in comments
    ]
    assert all(each.body.strip() for each in record.comments)
    # One was attached by nobody: then the name follows the time at once.
    assert [[each.name, each.url] for each in record.attachments] == [
        cell.split(";")[-2:] for cell in cells.all("Attachment")
    ]
    assert [each.name for each in record.sprints] == list(dict.fromkeys(cells.all("Sprint")))
    assert [each.name for each in record.fix_versions] == cells.all("Fix Version/s", "Fix versions")
    affected = cells.all("Affects Version/s", "Affects versions")
    assert record.custom.get("Affects versions", "") == ", ".join(affected)
    assert record.components == cells.all("Component/s", "Components")
    assert record.labels == cells.all("Labels")
    assert (record.parent.external_id if record.parent else "") == first("Parent")
    links = [
        (kind, value) for column, value in cells.pairs if " issue link (" in column and value
        for kind in [column.split(" ", 1)[0]]
    ]  # fmt: skip
    assert [link.target.key for link in record.links] == [value for _kind, value in links]
    assert record.place == first("Custom field (Rank)")
    words = first("Status Category")
    category = {"To Do": "todo", "In Progress": "in_progress", "Done": "done", "Listo": "done"}.get(words)
    if category is not None:
        assert category_of(record) == category
    assert bool(record.text) == bool(first("Description", "Descripción") or first("Environment"))


class TestFeed:
    def test_agrees_in_every_item(self) -> None:
        path = SHARED / "jira_xml/myc_86.xml"
        items = list(ET.parse(path).getroot().iter("item"))
        records = issues(Upload.at(path), "jira-xml")
        assert len(records) == len(items) == 86
        for item, record in zip(items, records, strict=True):
            text = {child.tag: (child.text or "").strip() for child in item}
            key = item.find("key")
            assert key is not None
            assert (record.key, record.external_id) == (key.text, key.get("id"))
            assert record.title == line(text["summary"])
            assert (record.type_name, record.status_name) == (text["type"], text["status"])
            assert record.created_at == parsedate_to_datetime(text["created"])
            assert record.updated_at == parsedate_to_datetime(text["updated"])
            assert record.reporter is not None
            assert record.reporter.name == text["reporter"]
            assert record.assignee is None
            assert record.labels == [label.text for label in item.iterfind("labels/label")]
            comments = list(item.iterfind("comments/comment"))
            assert [(each.external_id, each.created_at) for each in record.comments] == [
                (each.get("id"), parsedate_to_datetime(each.get("created") or "")) for each in comments
            ]
            assert [each.name for each in record.attachments] == [
                each.get("name") for each in item.iterfind("attachments/attachment")
            ]
            assert record.level == Level.EPIC
            assert record.place
            assert bool(record.text) == bool(text["description"])
            assert record.notes == []


class TestRest:
    def test_agrees_with_pages_of_a_search(self) -> None:
        for number, count in ((1, 2), (2, 1)):
            path = SHARED / f"jira_json/rest_search_page_{number}.json"
            page = json.loads(path.read_bytes())
            records = issues(Upload.at(path), "jira-rest")
            assert len(records) == len(page["issues"]) == count
            for raw, record in zip(page["issues"], records, strict=True):
                compare(raw, record)
            told = [reason for _field, reason in records[-1].notes if "of 3" in reason]
            assert len(told) == (number == 1)

    def test_agrees_with_a_page_of_comments(self) -> None:
        path = SHARED / "jira_json/rest_comments_page_1.json"
        raws = json.loads(path.read_bytes())["comments"]
        found = contents(Upload.at(path), "jira-rest")
        assert len(found) == len(raws) == 2
        for raw, record in zip(raws, found, strict=True):
            assert isinstance(record, CommentsRecord)
            [comment] = record.comments
            assert record.issue.external_id == raw["self"].split("/issue/")[1].split("/")[0]
            assert (comment.external_id, comment.created_at) == (raw["id"], datetime.fromisoformat(raw["created"]))

    @pytest.mark.parametrize("key", ["AC", "ALOY", "DAEMON", "MOD", "TIMOB"])
    def test_agrees_with_what_is_said_of_a_project(self, key: str) -> None:
        path = SHARED / f"corpus_titanium_jira/project_{key}.json"
        raw = json.loads(path.read_bytes())
        [record] = contents(Upload.at(path), "jira-rest")
        assert isinstance(record, ProjectRecord)
        assert (record.key, record.name) == (key, raw["name"])
        assert record.components == [line(each["name"]) for each in raw["components"]]
        assert [
            (each.name, each.is_released, each.is_archived, each.release_date) for each in record.versions
        ] == [
            (line(each["name"]), each.get("released", False), each.get("archived", False), day(each.get("releaseDate")))
            for each in raw["versions"]
        ]  # fmt: skip

    @pytest.mark.deep
    @pytest.mark.parametrize(
        ("name", "count"),
        [("AC_ALOY_MOD_DAEMON", 6686), ("TIMOB_00001-08999", 7872), ("TIMOB_09000-15999", 5912)],
    )
    def test_agrees_in_every_issue_of_a_whole_tracker(self, name: str, count: int) -> None:
        path = SHARED / f"corpus_titanium_jira/titanium_{name}.ndjson.gz"
        upload = Upload.at(path)
        seen = 0
        for row, raw in zip(recognise(upload).read(upload, Choices()), raw_lines(path), strict=True):
            seen += 1
            assert row.name == f"{path.name}:{seen}"
            assert isinstance(row.content, IssueRecord), (row.name, row.content)
            compare(raw, row.content)
        assert seen == count


def raw_lines(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path) as stream:
        for raw in stream:
            yield json.loads(raw)


def day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def compare(raw: dict[str, Any], record: IssueRecord) -> None:
    """Whether a record says what an issue of the REST interface says."""
    fields = raw["fields"]
    where = raw["key"]

    def name(field: str) -> str:
        return line((fields.get(field) or {}).get("name"))

    assert (record.key, record.external_id, record.project_key) == (where, raw["id"], fields["project"]["key"])
    assert record.title in (line(fields.get("summary")) or where) or record.title.endswith("…"), where
    assert (record.type_name, record.status_name) == (name("issuetype"), name("status")), where
    assert (record.priority_name, record.resolution) == (name("priority"), name("resolution")), where
    category = {"new": "todo", "indeterminate": "in_progress", "done": "done"}[
        fields["status"]["statusCategory"]["key"]
    ]
    assert record.category == category, where
    assert (record.level == Level.SUBTASK) == fields["issuetype"]["subtask"], where
    assert record.created_at == moment(fields["created"]), where
    assert record.updated_at == max(moment(fields["updated"]), record.created_at), where  # type: ignore[type-var]
    assert record.resolved_at == moment(fields.get("resolutiondate")), where
    assert record.due_date == day(fields.get("duedate")), where
    for field, somebody in (("reporter", record.reporter), ("assignee", record.assignee)):
        person = fields.get(field) or (fields.get("creator") if field == "reporter" else None)
        assert (somebody.handle if somebody else None) == (line(person["name"]) if person else None), where
        assert (somebody.name if somebody else None) == (line(person["displayName"]) if person else None), where
    # Comments: those that say something, in their order, with their times.
    said = [each for each in (fields.get("comment") or {}).get("comments", []) if (each.get("body") or "").strip()]
    own = [each for each in record.comments if "/" not in each.external_id]
    assert [(each.external_id, each.created_at) for each in own] == [
        (each["id"], moment(each["created"])) for each in said
    ], where
    assert [each.author and each.author.handle for each in own] == [
        line(each["author"]["name"]) if each.get("author") else None for each in said
    ], where
    assert record.labels == list(dict.fromkeys(line(each)[:60] for each in fields.get("labels") or [])), where
    assert record.components == [line(each["name"]) for each in fields.get("components") or []], where
    assert [(each.name, each.is_released, each.release_date) for each in record.fix_versions] == [
        (line(each["name"])[:60], each.get("released", False), day(each.get("releaseDate")))
        for each in fields.get("fixVersions") or []
    ], where
    affected = ", ".join(dict.fromkeys(line(each["name"]) for each in fields.get("versions") or []))
    assert record.custom.get("Affects versions", "") == affected, where
    sprints = [*(fields.get("closedSprints") or []), *([fields["sprint"]] if fields.get("sprint") else [])]
    assert sorted((each.external_id, each.name, each.started_at, each.ends_at) for each in record.sprints) == sorted(
        (str(each["id"]), line(each["name"])[:60], moment(each.get("startDate")), moment(each.get("endDate")))
        for each in sprints
    ), where
    above = fields.get("parent") or fields.get("epic") or {}
    assert (record.parent.key if record.parent else None) == above.get("key"), where
    links = [
        (
            link.get("outwardIssue") or link["inwardIssue"],
            "outward" if "outwardIssue" in link else "inward",
            link["type"],
        )
        for link in fields.get("issuelinks") or []
    ]
    assert [(each.target.key, each.target.external_id, each.words) for each in record.links] == [
        (issue["key"], issue["id"], line(kind[direction])) for issue, direction, kind in links
    ], where
    for each, (_issue, direction, kind) in zip(record.links, links, strict=True):
        expected = {
            ("Blocks", "outward"): Relation.BLOCKS,
            ("Blocks", "inward"): Relation.BLOCKED_BY,
            ("Duplicate", "outward"): Relation.DUPLICATES,
            ("Duplicate", "inward"): Relation.DUPLICATED_BY,
        }
        if (kind["name"], direction) in expected:
            assert each.relation == expected[kind["name"], direction], where
    files = fields.get("attachment") or []
    assert [(each.external_id, each.name, each.size, each.created_at) for each in record.attachments] == [
        (each["id"], line(each["filename"]), each["size"], moment(each["created"])) for each in files
    ], where
    written = [str(fields.get(field) or "").replace("{html}", "").strip() for field in ("description", "environment")]
    assert bool(record.text.strip()) == any(written), where
