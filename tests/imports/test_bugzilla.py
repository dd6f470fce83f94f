"""Bugzilla: lists as CSV, bugs as XML, and what its REST interface answers."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from apps.imports.formats.bugzilla import standing
from apps.imports.guessing import category_of, priority_of
from apps.imports.records import (
    CommentsRecord,
    IssueRecord,
    LinkRecord,
    Person,
    Ref,
    Relation,
    Unreadable,
)
from tests.imports.reading import contents, issues, upload

LIST = """bug_id,product,component,assigned_to,assigned_to_realname,bug_status,resolution,short_desc,\
changeddate,opendate,bug_severity,priority,keywords,target_milestone,version,dependson,blocked,attachments
7,Hall lights,Wiring,ole@a.test,Ole,RESOLVED,FIXED,Lamp flickers,2024-03-13 14:05:09,2024-03-02 09:30:00,major,--,\
"night, Reopened",2.0,1.5,"8, 9",10,"plan.txt, ../lamp.diff"
8,Hall lights,Wiring,nobody@a.test,,CLOSED-ERRATA,,Lamp hums,2024-03-13 14:05:09,2024-03-02 09:30:00,---,P1,,---,,,,
9,Attic,,,,NEW-,---,Lamp fell,,,,,,,,,,
"""
XML = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE bugzilla SYSTEM "https://a.test/bugzilla.dtd">
<bugzilla version="5.0" urlbase="https://a.test/">
  <bug>
    <bug_id>7</bug_id><creation_ts>2024-03-02 09:30:00 +0100</creation_ts>
    <short_desc>Lamp &lt;7&gt; flickers</short_desc>
    <delta_ts>2024-03-13 14:05:09 +0000</delta_ts><classification>All</classification>
    <product>Hall lights</product>
    <component>Wiring</component><version>1.5</version><rep_platform>All</rep_platform><op_sys>Linux</op_sys>
    <bug_status>VERIFIED</bug_status><resolution>DUPLICATE</resolution><dup_id>11</dup_id
        ><keywords>night, hall</keywords>
    <priority>P2</priority><bug_severity>major</bug_severity><target_milestone>2.0</target_milestone>
    <dependson>8</dependson><dependson>9</dependson><blocked>10</blocked><see_also>https://a.test/x</see_also>
    <see_also>https://a.test/y</see_also><estimated_time>1.50</estimated_time><remaining_time>0.00</remaining_time>
    <deadline>2024-04-01</deadline><cf_floor>Second</cf_floor><status_whiteboard/>
    <reporter name="Mira Stone">mira@a.test</reporter><assigned_to name="Ole">ole</assigned_to>
    <cc>ann@a.test</cc><cc>bo@a.test</cc>
    <long_desc isprivate="0"><commentid>70</commentid><comment_count>0</comment_count>
      <who name="Mira Stone">mira@a.test</who><bug_when>2024-03-02 09:30:00 +0100</bug_when>
      <thetext>First line
  * second line</thetext></long_desc>
    <long_desc isprivate="1"><commentid>71</commentid><comment_count>1</comment_count><attachid>5</attachid>
      <who name="Ole">ole</who><bug_when>2024-03-03 10:00:00 +0000</bug_when><thetext>Seen it</thetext></long_desc>
    <attachment isobsolete="0" ispatch="1" isprivate="1"><attachid>5</attachid><date>2024-03-03 10:00:00 +0000</date>
      <desc>A patch</desc><filename>../../lamp.diff</filename><type>text/plain</type><size>12</size>
      <attacher name="Ole">ole</attacher></attachment>
  </bug>
  <bug error="NotPermitted"><bug_id>8</bug_id></bug>
  <bug><short_desc>Nameless</short_desc></bug>
  <bug><bug_id>12</bug_id><short_desc>Later</short_desc><bug_status>NEW</bug_status>
    <long_desc><who>bo@a.test</who><bug_when>2024-03-05 10:00:00 +0000</bug_when><thetext>Said</thetext
        ></long_desc></bug>
</bugzilla>
"""


def bug(**changes: Any) -> dict[str, Any]:
    raw = {
        "id": 7, "summary": "Lamp flickers", "product": "Hall lights", "component": ["Wiring"],
        "version": "1.5", "status": "RESOLVED", "resolution": "FIXED", "severity": "major", "priority": "---",
        "keywords": ["night"],
        "creation_time": "2024-03-02T09:30:00Z", "last_change_time": "2024-03-13T14:05:09Z", "creator": "mira@a.test",
        "creator_detail": {"name": "mira@a.test", "email": "mira@a.test", "real_name": "Mira Stone"},
        "assigned_to": "nobody@mozilla.org", "cc": ["ann@a.test"], "depends_on": [8], "blocks": [9, 10], "dupe_of": 11,
        "target_milestone": "2.0", "deadline": "2024-04-01", "type": "enhancement", "estimated_time": 0,
        "cf_floor": "Second", "cf_empty": "---", "alias": ["hall-lamp"], "whiteboard": "", "url": "https://a.test",
    }  # fmt: skip
    return {**raw, **changes}


class TestStanding:
    @pytest.mark.parametrize(
        ("status", "resolution", "told"),
        [
            ("CLOSED-ERRATA", "", ("CLOSED", "done", "ERRATA")),
            ("CLOSED", "WONTFIX", ("CLOSED", "done", "WONTFIX")),
            ("NEW-", "---", ("NEW", "todo", "")),
            ("ASSIGNED", "", ("ASSIGNED", "in_progress", "")),
            ("VERIFIED", "FIXED", ("VERIFIED", "done", "FIXED")),
            ("VERIFIED", "", ("VERIFIED", "in_progress", "")),
            ("HALF-DONE", "", ("HALF-DONE", None, "")),
            ("", "", ("", None, "")),
        ],
    )
    def test_parts_status_and_resolution(self, status: str, resolution: str, told: tuple[str, str | None, str]) -> None:
        found = standing(status, resolution)
        assert (found.status, found.category, found.resolution) == told


class TestCsv:
    def test_reads_lists(self, tmp_path: Path) -> None:
        flickers, hums, fell = issues(upload(tmp_path, LIST), "bugzilla-csv")
        assert (flickers.external_id, flickers.number, flickers.project_key) == ("7", 7, "HALLLIGHTS")
        assert (flickers.title, flickers.type_name, flickers.components) == ("Lamp flickers", "Bug", ["Wiring"])
        assert (flickers.status_name, flickers.resolution, category_of(flickers)) == ("RESOLVED", "FIXED", "done")
        assert (flickers.priority_name, flickers.labels) == ("major", ["night", "Reopened"])
        assert flickers.assignee == Person("ole@a.test", "Ole", "ole@a.test")
        assert [each.name for each in flickers.fix_versions] == ["2.0"]
        assert flickers.created_at == datetime(2024, 3, 2, 9, 30, tzinfo=UTC)
        assert flickers.custom == {"version": 1.5, "Severity": "major"}
        assert flickers.links == [
            LinkRecord(Relation.BLOCKED_BY, Ref("8", "8"), "depends on"),
            LinkRecord(Relation.BLOCKED_BY, Ref("9", "9"), "depends on"),
            LinkRecord(Relation.BLOCKS, Ref("10", "10"), "blocks"),
        ]
        assert [each.name for each in flickers.attachments] == ["plan.txt", "lamp.diff"]
        assert (hums.status_name, hums.resolution, category_of(hums)) == ("CLOSED", "ERRATA", "done")
        assert (hums.priority_name, hums.fix_versions, hums.custom) == ("P1", [], {})
        assert (fell.status_name, fell.resolution, category_of(fell)) == ("NEW", "", "todo")
        assert [priority_of(each.priority_name) for each in (flickers, hums, fell)] == [3, 4, 0]

    def test_reads_lists_for_people(self, tmp_path: Path) -> None:
        text = '"Bug ID","Product","Component","Assignee","Status","Resolution","Summary","Changed"\n'
        [record] = issues(
            upload(tmp_path, text + '7,"Hall","Wiring","ole","RESOLVED","WONTFIX","Lamp","2024-03-13 14:05:09"\n'),
            "bugzilla-csv",
        )
        assert (record.title, record.status_name, category_of(record)) == ("Lamp", "RESOLVED", "cancelled")
        assert record.updated_at == datetime(2024, 3, 13, 14, 5, 9, tzinfo=UTC)


class TestXml:
    def test_reads_bugs(self, tmp_path: Path) -> None:
        record, hidden, nameless, later = contents(upload(tmp_path, XML), "bugzilla-xml")
        assert isinstance(record, IssueRecord)
        assert (record.external_id, record.number, record.project_key) == ("7", 7, "HALLLIGHTS")
        assert (record.title, record.text) == ("Lamp <7> flickers", "First line\n  * second line")
        assert (record.status_name, record.resolution, category_of(record)) == ("VERIFIED", "DUPLICATE", "cancelled")
        assert (record.priority_name, priority_of("P2"), record.labels) == ("P2", 3, ["night", "hall"])
        assert (record.components, [each.name for each in record.fix_versions]) == (["Wiring"], ["2.0"])
        assert (record.reporter, record.assignee) == (
            Person("mira@a.test", "Mira Stone", "mira@a.test"), Person("ole", "Ole"),
        )  # fmt: skip
        assert [each.email for each in record.watchers] == ["ann@a.test", "bo@a.test"]
        assert record.created_at == datetime(2024, 3, 2, 8, 30, tzinfo=UTC)
        assert record.updated_at == record.resolved_at == datetime(2024, 3, 13, 14, 5, 9, tzinfo=UTC)
        assert (record.due_date, record.estimate_minutes, record.remaining_minutes) == (date(2024, 4, 1), 90, None)
        assert record.links == [
            LinkRecord(Relation.BLOCKED_BY, Ref("8", "8"), "depends on"),
            LinkRecord(Relation.BLOCKED_BY, Ref("9", "9"), "depends on"),
            LinkRecord(Relation.BLOCKS, Ref("10", "10"), "blocks"),
            LinkRecord(Relation.DUPLICATES, Ref("11", "11"), "duplicate of"),
        ]
        assert record.custom == {
            "Severity": "major", "Version": "1.5", "Platform": "All", "Operating system": "Linux", "Floor": "Second",
            "See also": ["https://a.test/x", "https://a.test/y"],
        }  # fmt: skip
        [comment] = record.comments
        assert (comment.external_id, comment.body, comment.author) == ("71", "Seen it", Person("ole", "Ole"))
        [attachment] = record.attachments
        assert (attachment.external_id, attachment.name, attachment.size) == ("5", "lamp.diff", 12)
        assert sorted(field for field, _reason in record.notes) == ["attachment", "long_desc"]
        assert isinstance(hidden, Unreadable)
        assert "NotPermitted" in hidden.reason
        assert isinstance(nameless, Unreadable)
        # Nothing says that the first comment is what the bug was opened with.
        assert isinstance(later, IssueRecord)
        assert (later.text, [each.body for each in later.comments]) == ("", ["Said"])

    def test_tells_where_a_document_ends(self, tmp_path: Path) -> None:
        found = contents(upload(tmp_path, XML[: XML.index("<bug error")]), "bugzilla-xml")
        assert [isinstance(each, Unreadable) for each in found] == [False, True]


class TestRest:
    def test_reads_bugs(self, tmp_path: Path) -> None:
        text = json.dumps({"bugs": [bug(), 5, bug(id="7"), bug(id=8, status="NEW", resolution="", type="defect")]})
        record, number, word, new = contents(upload(tmp_path, text), "bugzilla-rest")
        assert isinstance(record, IssueRecord)
        assert (record.external_id, record.number, record.project_name) == ("7", 7, "Hall lights")
        assert (record.status_name, record.resolution, record.type_name) == ("RESOLVED", "FIXED", "Enhancement")
        assert (record.priority_name, record.labels, record.components) == ("major", ["night"], ["Wiring"])
        assert (record.reporter, record.assignee) == (Person("mira@a.test", "Mira Stone", "mira@a.test"), None)
        assert [each.email for each in record.watchers] == ["ann@a.test"]
        assert [str(each.target) for each in record.links] == ["8", "9", "10", "11"]
        assert record.custom == {
            "Severity": "major", "Version": "1.5", "Floor": "Second", "Alias": ["hall-lamp"], "URL": "https://a.test",
        }  # fmt: skip
        assert record.resolved_at == datetime(2024, 3, 13, 14, 5, 9, tzinfo=UTC)
        assert record.due_date == date(2024, 4, 1)
        assert isinstance(number, Unreadable)
        assert isinstance(word, Unreadable)
        assert isinstance(new, IssueRecord)
        assert (new.type_name, new.resolved_at, category_of(new)) == ("Bug", None, "todo")

    def test_reads_what_hangs_on_them(self, tmp_path: Path) -> None:
        raw = bug(
            comments=[
                {"id": 70, "count": 0, "text": "Opened", "creator": "mira@a.test"},
                {"id": 71, "count": 1, "text": "Seen", "creator": "ole@a.test", "is_private": True},
            ],
            attachments=[{"id": 5, "file_name": "a/b\\c.png", "size": 3, "creator": "ole@a.test"}],
        )  # fmt: skip
        [record] = issues(upload(tmp_path, json.dumps({"bugs": [raw]})), "bugzilla-rest")
        assert (record.text, [(each.external_id, each.body) for each in record.comments]) == (
            "Opened",
            [("71", "Seen")],
        )
        assert [each.name for each in record.attachments] == ["c.png"]
        assert [field for field, _reason in record.notes] == ["comments"]

    def test_reads_comments_that_come_apart(self, tmp_path: Path) -> None:
        said = {
            "comments": [
                {"id": 71, "count": 1, "text": "Seen", "creator": "ole@a.test", "creation_time": "2024-03-03T10:00:00Z"}
            ]
        }
        found, wrong = contents(
            upload(tmp_path, json.dumps({"bugs": {"7": said, "x": said}})), "bugzilla-rest-comments"
        )
        assert isinstance(found, CommentsRecord)
        assert found.issue == Ref("7", "7")
        assert [(each.external_id, each.body) for each in found.comments] == [("71", "Seen")]
        assert isinstance(wrong, Unreadable)
        broken = contents(upload(tmp_path, json.dumps({"bugs": {"7": said}})[:-2]), "bugzilla-rest-comments")
        assert isinstance(broken[-1], Unreadable)
