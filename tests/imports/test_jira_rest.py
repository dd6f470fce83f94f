"""What Jira's REST interface answers, in each of its shapes."""

import gzip
import hashlib
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from apps.imports.choices import Choices
from apps.imports.files import Upload
from apps.imports.formats import recognise
from apps.imports.formats.jira_rest import JiraRest, read_issue
from apps.imports.records import (
    CommentsRecord,
    Content,
    IssueRecord,
    LeftOut,
    Level,
    LinkRecord,
    Person,
    ProjectRecord,
    Ref,
    Relation,
    SprintState,
    Unreadable,
    VersionRecord,
)
from tests.imports import exports

SPRINT = (
    "com.atlassian.greenhopper.service.sprint.Sprint@1b[id=7,rapidViewId=2,state=CLOSED,name=Bulbs, wires,"
    "startDate=2024-01-02T09:00:00.000Z,endDate=2024-01-16T09:00:00.000Z,completeDate=<null>,sequence=7,goal=]"
)
CLOUD = {"accountId": "a-1", "displayName": "Mira Stone"}


def contents(path: Path, data: Any, name: str = "export") -> list[Content]:
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    (path / name).write_bytes(raw)
    upload = Upload.at(path / name)
    found = recognise(upload)
    assert isinstance(found, JiraRest)
    return [row.content for row in found.read(upload, Choices())]


def keys(found: list[Content]) -> list[str]:
    return [each.key if isinstance(each, IssueRecord) else type(each).__name__ for each in found]


def read(names: dict[str, str] | None = None, **fields: Any) -> IssueRecord:
    return read_issue(json.dumps({**exports.issue("LAMP-7", **fields), "names": names or {}}).encode())


def document(said: str) -> dict[str, Any]:
    return {
        "type": "doc",
        "version": 1,
        "content": [{"type": "paragraph", "content": [{"type": "text", "text": said}]}],
    }


class TestShapes:
    def test_reads_issues_in_every_shape(self, tmp_path: Path) -> None:
        one, two = exports.issue("LAMP-1"), exports.issue("LAMP-2")
        lines = b"\n".join(json.dumps(each).encode() for each in (one, two))
        shapes = {
            "lines": lines,
            "lines, packed": gzip.compress(lines),
            "windows": lines.replace(b"\n", b"\r\n"),
            "list": json.dumps([one, two]).encode(),
            "list, pretty": json.dumps([one, two], indent=2).encode(),
            "page": json.dumps({"startAt": 0, "total": 2, "issues": [one, two]}).encode(),
            "page, pretty and packed": gzip.compress(json.dumps({"issues": [one, two], "total": 2}, indent=4).encode()),
            "mark": b"\xef\xbb\xbf" + json.dumps({"issues": [one, two]}).encode(),
        }
        found = {name: contents(tmp_path, data) for name, data in shapes.items()}
        assert {name: keys(each) for name, each in found.items()} == {name: ["LAMP-1", "LAMP-2"] for name in shapes}
        assert all(not each.notes for records in found.values() for each in records if isinstance(each, IssueRecord))

    def test_reads_one_issue_over_several_lines(self, tmp_path: Path) -> None:
        assert keys(contents(tmp_path, json.dumps(exports.issue("LAMP-1"), indent=1).encode())) == ["LAMP-1"]

    @pytest.mark.parametrize(
        ("more", "said"),
        [
            ({"startAt": 0, "total": 5}, "The page ends at issue 2 of 5. Hand in the pages after it, too."),
            ({"startAt": 3, "total": 5}, None),
            ({"isLast": False}, "The page is not the last of its search. Hand in the pages after it, too."),
            ({"isLast": True}, None),
        ],
    )
    def test_says_if_a_search_found_more(self, tmp_path: Path, more: dict[str, Any], said: str | None) -> None:
        for page in ({"issues": [exports.issue("LAMP-1"), exports.issue("LAMP-2")], **more},):
            last = contents(tmp_path, page)[-1]
            assert isinstance(last, IssueRecord)
            assert last.notes == ([("", said)] if said else [])

    def test_calls_fields_as_the_page_does(self, tmp_path: Path) -> None:
        page = {"issues": [exports.issue("LAMP-1", customfield_9="red")], "names": {"customfield_9": "Colour"}}
        [record] = contents(tmp_path, page)
        assert isinstance(record, IssueRecord)
        assert record.custom == {"Colour": "red"}

    def test_reads_comments_kept_apart(self, tmp_path: Path) -> None:
        def comment(number: int, body: Any, where: str) -> dict[str, Any]:
            return {**exports.comment(number, body), "self": f"https://j.test/rest/api/2{where}/comment/{number}"}

        found = contents(
            tmp_path,
            {
                "comments": [
                    comment(1, "Look *here*", "/issue/10016"),
                    comment(2, document("Second"), "/issue/LAMP-9"),
                    comment(3, " ", "/issue/10016"),
                    {**exports.comment(4, "whose?"), "self": "https://j.test/4"},
                ],
                "total": 4,
            },
        )
        first, second, empty, lost = found
        assert isinstance(first, CommentsRecord)
        assert isinstance(second, CommentsRecord)
        assert (first.issue, second.issue) == (Ref("10016"), Ref(key="LAMP-9"))
        [said] = first.comments
        assert (said.external_id, said.body, said.author) == ("1", "Look **here**", Person("mira", "Mira"))
        assert said.created_at == datetime(2024, 3, 2, 10, tzinfo=UTC)
        assert second.comments[0].body == "Second"
        assert isinstance(empty, LeftOut)
        assert isinstance(lost, Unreadable)
        assert lost.field == "self"

    def test_reads_what_is_said_of_a_project(self, tmp_path: Path) -> None:
        project = {
            "id": "1",
            "key": "LAMP",
            "name": "Lamps",
            "issueTypes": [{"name": "Bug"}],
            "components": [{"name": "Bulbs"}, {"name": "Wires"}],
            "versions": [
                {"name": "1.0", "description": "first", "released": True, "releaseDate": "2024-05-01"},
                {"name": "0.9", "archived": True, "startDate": "2024-01-01"},
                {"name": ""},
            ],
        }
        assert contents(tmp_path, json.dumps(project, indent=1).encode()) == [
            ProjectRecord(
                key="LAMP",
                name="Lamps",
                versions=[
                    VersionRecord(
                        name="1.0", description="first", release_date=date(2024, 5, 1), is_released=True
                    ),
                    VersionRecord(name="0.9", start_date=date(2024, 1, 1), is_archived=True),
                ],
                components=["Bulbs", "Wires"],
            )
        ]  # fmt: skip
        assert keys(contents(tmp_path, {**project, "key": ""})) == ["Unreadable"]


class TestFields:
    def test_keeps_links_with_their_words(self) -> None:
        kind = {"name": "Blocks", "inward": "is blocked by", "outward": "blocks"}
        split = {"name": "Issue split", "inward": "split from", "outward": "split to"}
        record = read(
            issuelinks=[
                {"id": "1", "type": kind, "outwardIssue": {"id": "9", "key": "LAMP-9"}},
                {"id": "2", "type": kind, "inwardIssue": {"id": "5", "key": "CORD-1"}},
                {"id": "3", "type": split, "inwardIssue": {"key": "CORD-2"}},
                {"id": "4", "type": kind},
                None,
            ]
        )
        assert record.links == [
            LinkRecord(Relation.BLOCKS, Ref("9", "LAMP-9"), "blocks"),
            LinkRecord(Relation.BLOCKED_BY, Ref("5", "CORD-1"), "is blocked by"),
            LinkRecord(Relation.RELATES, Ref(key="CORD-2"), "split from"),
        ]

    def test_puts_sprints_in_order_whatever_shape_they_have(self) -> None:
        def sprint(number: int, state: str, start: str | None) -> dict[str, Any]:
            return {"id": number, "name": f"Sprint {number}", "state": state, "boardId": 1, "startDate": start}

        record = read(
            closedSprints=[sprint(9, "closed", "2024-02-02T09:00:00.000Z")],
            sprint=sprint(10, "active", "2024-03-02T09:00:00.000Z"),
            customfield_1=[SPRINT, "no sprint"],
            customfield_2=[SPRINT],
            customfield_3=[sprint(9, "closed", "2024-02-02T09:00:00.000Z"), sprint(11, "future", None)],
        )
        assert [(each.external_id, each.name, each.state) for each in record.sprints] == [
            ("7", "Bulbs, wires", SprintState.COMPLETED),
            ("9", "Sprint 9", SprintState.COMPLETED),
            ("10", "Sprint 10", SprintState.ACTIVE),
            ("11", "Sprint 11", SprintState.PLANNED),
        ]
        assert record.sprints[0].started_at == datetime(2024, 1, 2, 9, tzinfo=UTC)
        assert record.sprints[0].completed_at is None
        assert list(record.custom) == ["customfield_1"]

    def test_knows_fields_by_their_names(self) -> None:
        names = {
            "customfield_1": "Story Points", "customfield_2": "Epic Link", "customfield_3": "Start date",
            "customfield_4": "Rank", "customfield_5": "Epic Name", "customfield_6": "Development",
            "customfield_7": "Team", "customfield_8": "Parent Link",
        }  # fmt: skip
        record = read(
            names, customfield_1=5.0, customfield_2="LAMP-2", customfield_3="2024-05-01", customfield_4="0|i0001b:6bi",
            customfield_5="Lamp 7 flickers", customfield_6="{pullrequest={}}",
            customfield_7={"id": "x", "name": "Hall"},
            customfield_8={"hasEpicLinkFieldDependency": True, "data": {"key": "LAMP-3"}},
        )  # fmt: skip
        assert (record.points, record.start_date, record.place) == (Decimal(5), date(2024, 5, 1), "0|i0001b:6bi")
        assert record.parent == Ref(key="LAMP-2")
        assert record.custom == {"Team": "Hall"}
        assert record.notes == []

    def test_knows_the_fields_of_the_cloud_without_names(self) -> None:
        record = read(reporter=CLOUD, customfield_10014="LAMP-2", customfield_10015="2024-05-01", customfield_10016=3)
        assert (record.parent, record.start_date, record.points) == (Ref(key="LAMP-2"), date(2024, 5, 1), Decimal(3))
        # On a server the same number may be any field.
        assert read(customfield_10016=3).custom == {"customfield_10016": 3}

    def test_keeps_fields_of_its_own_in_what_they_hold(self) -> None:
        record = read(
            customfield_1={"value": "Hall", "child": {"value": "North"}},
            customfield_2=[{"value": "a"}, {"name": "b"}, None],
            customfield_3=1.5, customfield_4=True, customfield_5="2024-05-01", customfield_6=CLOUD,
            customfield_7="one\ntwo", customfield_8=document("three"), customfield_9={"self": "x"},
            customfield_10=12_345.5,
            customfield_11="com.atlassian.servicedesk.Approvals@1f", flagged=True, security={"name": "Team"},
            versions=[{"name": "0.8"}, {"name": "0.9"}], environment="Hall",
        )  # fmt: skip
        assert record.custom == {
            "Affects versions": "0.8, 0.9", "Security level": "Team", "Flagged": True, "customfield_1": "Hall – North",
            "customfield_2": ["a", "b"], "customfield_3": Decimal("1.5"), "customfield_4": True,
            "customfield_5": date(2024, 5, 1), "customfield_6": "Mira Stone", "customfield_10": 12346,
        }  # fmt: skip
        assert record.text.endswith(
            "#### Environment\n\nHall\n\n#### customfield_7\n\none\ntwo\n\n#### customfield_8\n\nthree"
        )

    def test_reads_documents_of_the_cloud(self) -> None:
        mention = {"type": "mention", "attrs": {"id": "a-1"}}
        said = {"id": "1", "body": {"type": "doc", "content": [{"type": "paragraph", "content": [mention]}]},
                "author": CLOUD, "created": "2024-03-02T10:00:00.000+0000"}  # fmt: skip
        record = read(reporter=CLOUD, description=document("Flickers"), comment={"comments": [said], "total": 1})
        assert (record.text, record.comments[0].body) == ("Flickers", "@Mira Stone")

    def test_names_people_mentioned_by_their_ids(self) -> None:
        assert read(reporter=CLOUD, description="ask [~accountid:a-1]").text == "ask @Mira Stone"

    def test_reads_html_between_its_tags(self) -> None:
        assert read(description="{html}<p>a <b>b</b></p>{html}").text == "a **b**"

    def test_keeps_attachments_and_logged_work(self) -> None:
        file = {"id": "15", "filename": "../shot.png", "size": 195, "mimeType": "image/png", "author": CLOUD,
                "content": "https://j.test/15", "created": "2024-03-02T10:00:00.000+0000"}  # fmt: skip
        work = {"id": "8", "author": CLOUD, "timeSpentSeconds": 5400, "started": "2024-03-02T23:30:00.000-0500",
                "comment": document("Wires")}  # fmt: skip
        record = read(
            attachment=[file, {"filename": None, "size": -1}],
            worklog={"worklogs": [work, {"timeSpentSeconds": "long"}, {}], "total": 9},
            timeoriginalestimate=3600, timetracking={"remainingEstimateSeconds": 60}, aggregatetimespent=1,
        )  # fmt: skip
        kept, bare = record.attachments
        assert (kept.external_id, kept.name, kept.size, kept.content_type) == ("15", "../shot.png", 195, "image/png")
        assert (kept.url, kept.author) == ("https://j.test/15", Person("a-1", "Mira Stone"))
        assert (bare.external_id, bare.name, bare.size) == ("LAMP-7/file-2", "file-2", None)
        [log] = record.work_logs
        assert (log.minutes, log.day, log.note, log.external_id) == (90, date(2024, 3, 2), "Wires", "8")
        assert (record.estimate_minutes, record.remaining_minutes) == (60, 1)
        assert {name for name, _reason in record.notes} == {"worklog"}
        assert ("worklog", "The file holds 3 of 9 entries of logged work.") in record.notes

    @pytest.mark.parametrize(
        ("kind", "level"),
        [
            ({"name": "X", "subtask": True}, Level.SUBTASK),
            ({"name": "X", "hierarchyLevel": -1}, Level.SUBTASK),
            ({"name": "X", "hierarchyLevel": 1}, Level.EPIC),
            ({"name": "Epic", "hierarchyLevel": 0}, Level.STANDARD),
            ({"name": "Épica"}, Level.EPIC),
            ({"name": "Task"}, None),
        ],
    )
    def test_tells_how_high_a_type_stands(self, kind: dict[str, Any], level: Level | None) -> None:
        assert read(issuetype=kind).level == level

    def test_keeps_versions_components_watchers_and_what_is_archived(self) -> None:
        record = read(
            fixVersions=[{"name": "1.0", "released": True, "releaseDate": "2024-05-01"}, {}, None],
            components=[{"name": "Bulbs"}, {}], watches={"watchers": [CLOUD, {}]}, archiveddate="2024-05-01",
            resolution={"name": "Unresolved"},
        )  # fmt: skip
        assert record.fix_versions == [VersionRecord(name="1.0", release_date=date(2024, 5, 1), is_released=True)]
        assert (record.components, record.watchers) == (["Bulbs"], [Person("a-1", "Mira Stone")])
        assert (record.is_archived, record.resolution) == (True, "")


class TestBadInput:
    def test_reads_up_to_where_a_page_ends_early(self, tmp_path: Path) -> None:
        page = json.dumps({"issues": [exports.issue("LAMP-1"), exports.issue("LAMP-2")], "total": 2})
        found = contents(tmp_path, page[:-300].encode())
        assert keys(found) == ["LAMP-1", "Unreadable"]
        assert isinstance(found[1], Unreadable)
        assert "nothing after was read" in found[1].reason

    def test_reads_up_to_where_a_packed_file_is_damaged(self, tmp_path: Path) -> None:
        noise = [hashlib.sha512(b"%d" % number).hexdigest() * 20 for number in range(99)]
        issues = [exports.issue(f"LAMP-{number}", noise=noise[number:]) for number in range(1, 99)]
        data = gzip.compress(json.dumps(issues).encode(), 1)
        found = contents(tmp_path, data[: len(data) // 2])
        assert keys(found)[:2] == ["LAMP-1", "LAMP-2"]
        assert isinstance(found[-1], Unreadable)

    def test_refuses_objects_that_are_no_issues_one_by_one(self, tmp_path: Path) -> None:
        page = {"issues": [exports.issue("LAMP-1"), 5, {"key": "LAMP-2"}, {"fields": {}}, exports.issue("LAMP-3")]}
        assert keys(contents(tmp_path, page)) == ["LAMP-1", "Unreadable", "Unreadable", "Unreadable", "LAMP-3"]

    def test_refuses_what_is_nested_too_deeply(self, tmp_path: Path) -> None:
        deep = b'{"issues": [{"key": "LAMP-1", "fields": {"created": ' + b"[" * 50_000 + b"]" * 50_000 + b"}}]}"
        assert keys(contents(tmp_path, deep)) == ["Unreadable"]

    def test_says_if_a_page_is_empty(self, tmp_path: Path) -> None:
        (tmp_path / "x").write_bytes(
            b'{"startAt": 0, "total": 0, "issues": [], "names": {"key": "Key", "fields": "x"}}'
        )
        # Nothing tells it from other pages that hold nothing: only who says what it is can read it.
        rows = list(JiraRest().read(Upload.at(tmp_path / "x"), Choices()))
        assert [type(row.content) for row in rows] == [Unreadable]
