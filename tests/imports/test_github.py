"""GitHub: lists, lines and archives of issues, comments apart, and what is left out and told."""

import json
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from apps.imports.files import Upload
from apps.imports.markup.github import to_markdown
from apps.imports.records import (
    CommentsRecord,
    IssueRecord,
    LeftOut,
    Level,
    Person,
    ProjectRecord,
    Ref,
    Unreadable,
    VersionRecord,
)
from tests.imports.reading import SHARED, contents, issues, upload

URL = "https://api.github.com/repos/mira/lantern"
MILESTONE = {
    "title": "1.4", "description": "Winter", "state": "closed", "due_on": "2024-03-01T08:00:00Z",
    "closed_at": "2024-03-04T09:30:00Z", "number": 2,
}  # fmt: skip
REST: dict[str, Any] = {
    "url": f"{URL}/issues/12", "repository_url": URL, "html_url": "https://github.com/mira/lantern/issues/12",
    "id": 501, "node_id": "I_kw501", "number": 12, "title": "Wick  burns down", "user": {"login": "mira", "id": 1},
    "labels": [{"name": "bug", "color": "f00"}, "night"], "state": "closed", "locked": False,
    "assignee": {"login": "ole"}, "assignees": [{"login": "ole"}, {"login": "ann"}], "milestone": MILESTONE,
    "comments": 2, "created_at": "2024-02-02T14:43:34Z", "updated_at": "2024-03-01T10:00:00Z",
    "closed_at": "2024-02-20T10:00:00Z", "body": "See #3.\r\n\r\n- [ ] trim\r\n- [x] light\r\n<!-- hidden -->",
    "reactions": {"+1": 4}, "state_reason": "not_planned", "type": {"name": "Bug"},
    "parent_issue_url": f"{URL}/issues/3",
}  # fmt: skip
PULL = {**REST, "number": 13, "node_id": "PR_1", "pull_request": {"url": f"{URL}/pulls/13"}}
ARCHIVED: dict[str, Any] = {
    "number": 5, "id": "MDU6five", "title": "Oil leaks", "url": "https://github.com/mira/lantern/issues/5",
    "state": "OPEN", "author": "ann", "authorAssociation": "MEMBER", "assignees": ["mira"], "labels": ["bug"],
    "body": "At the seam", "createdAt": "2023-01-01T10:00:00Z", "updatedAt": "2023-01-02T10:00:00Z", "closedAt": None,
    "comments": [
        {"author": "ole", "body": "Mine too", "createdAt": "2023-01-01T11:00:00Z"},
        {"author": None, "body": " ", "createdAt": "2023-01-01T12:00:00Z"},
    ],
}  # fmt: skip
ARCHIVE: dict[str, Any] = {
    "magic": "x", "repo": "mira/lantern", "labels": [{"name": "bug"}, {"name": "later"}], "issues": [ARCHIVED],
    "pulls": [{**ARCHIVED, "number": 6, "id": "PR6"}, {"number": 7}],
}  # fmt: skip
COMMENT: dict[str, Any] = {
    "id": 9, "node_id": "IC_9", "html_url": "https://github.com/mira/lantern/issues/12#issuecomment-9",
    "issue_url": f"{URL}/issues/12", "user": {"login": "ole"}, "created_at": "2024-02-03T00:00:00Z", "body": "Same",
}  # fmt: skip


class TestLists:
    def test_reads_an_issue(self, tmp_path: Path) -> None:
        [record] = issues(upload(tmp_path, json.dumps([REST])), "github")
        assert (record.external_id, record.key, record.number) == ("I_kw501", "mira/lantern#12", 12)
        assert (record.project_key, record.project_name) == ("LANTERN", "lantern")
        assert (record.title, record.text) == ("Wick burns down", "See #3.\n\n- [ ] trim\n- [x] light\n")
        assert (record.status_name, record.category) == ("Closed as not planned", "cancelled")
        assert (record.resolution, record.type_name, record.custom) == ("Not planned", "Sub-task", {"Type": "Bug"})
        assert record.labels == ["bug", "night"]
        assert record.fix_versions == [
            VersionRecord(name="1.4", description="Winter", release_date=date(2024, 3, 4), is_released=True)
        ]
        assert (record.reporter, record.assignee) == (Person("mira", "mira"), Person("ole", "ole"))
        assert record.watchers == [Person("ann", "ann")]
        assert record.parent == Ref(key="mira/lantern#3")
        assert record.created_at == datetime(2024, 2, 2, 14, 43, 34, tzinfo=UTC)
        assert record.resolved_at == datetime(2024, 2, 20, 10, tzinfo=UTC)
        assert [field for field, _reason in record.notes] == ["assignees", "comments"]

    @pytest.mark.parametrize(
        ("change", "status", "category", "resolution"),
        [
            ({"state": "open", "state_reason": "reopened"}, "Open", "todo", ""),
            ({"state_reason": "completed"}, "Closed", "done", "Completed"),
            ({"state_reason": None}, "Closed", "done", ""),
            ({"state_reason": "duplicate"}, "Closed as duplicate", "cancelled", "Duplicate"),
            ({"state_reason": "tired"}, "Closed", "done", ""),
            ({"state": 7}, "Open", "todo", ""),
        ],
    )
    def test_says_how_it_was_closed(
        self, tmp_path: Path, change: dict[str, Any], status: str, category: str, resolution: str
    ) -> None:
        [record] = issues(upload(tmp_path, json.dumps([REST | change])), "github")
        assert (record.status_name, record.category, record.resolution) == (status, category, resolution)
        assert (record.resolved_at is None) is (category == "todo")

    @pytest.mark.parametrize("join", ["list", "lines", "pages", "one"])
    def test_reads_every_arrangement(self, tmp_path: Path, join: str) -> None:
        rows = [json.dumps(each) for each in (REST, PULL, REST, {**REST, "title": "Wick"}, {"number": "x"}, 5)]
        text = {
            "list": f"[{','.join(rows)}]",
            "lines": "\n".join(rows),
            "pages": f"[{','.join(rows[:2])}][{','.join(rows[2:])}]",
            "one": json.dumps(REST, indent=1),
        }[join]
        found = contents(upload(tmp_path, text), "github")
        if join == "one":
            assert isinstance(found[0], IssueRecord)
            return
        assert [type(each) for each in found] == [
            IssueRecord, LeftOut, LeftOut, IssueRecord, Unreadable, Unreadable,
        ]  # fmt: skip
        assert found[1:3] == [LeftOut("pull request"), LeftOut("a repeat of another row")]
        assert isinstance(found[4], Unreadable)
        assert found[4].field == "number"

    def test_a_repository_may_be_called_pull(self, tmp_path: Path) -> None:
        rows = [
            {**REST, "html_url": "https://github.com/mira/pull/issues/12"},
            {**REST, "html_url": "https://github.com/mira/issues/pull/12"},
        ]
        record, other = contents(upload(tmp_path, json.dumps(rows)), "github")
        assert isinstance(record, IssueRecord)
        assert record.key == "mira/pull#12"
        assert other == LeftOut("pull request")

    def test_reads_what_the_command_gives(self, tmp_path: Path) -> None:
        row = {
            "number": 8, "title": "Glass", "state": "OPEN", "author": {"login": "ann", "name": "Ann Lee"},
            "createdAt": "2024-01-01T00:00:00Z", "labels": [{"name": "bug"}],
            "milestone": {"title": "2", "dueOn": None},
            "url": "https://github.com/mira/lantern/issues/8", "body": "", "assignees": {"nodes": [{"login": "ole"}]},
            "comments": [{"id": "IC_1", "author": {"login": "ole"}, "body": "Yes", "createdAt": "2024-01-02T00:00Z"}],
            "parent": {"id": "I_7", "url": "https://github.com/mira/lantern/issues/7"},
        }  # fmt: skip
        [record] = issues(upload(tmp_path, json.dumps([row])), "github")
        assert (record.external_id, record.reporter) == ("mira/lantern#8", Person("ann", "Ann Lee"))
        assert [each.external_id for each in record.comments] == ["IC_1"]
        assert record.parent == Ref("I_7", "mira/lantern#7")
        assert record.assignee == Person("ole", "ole")
        assert record.fix_versions == [VersionRecord(name="2")]

    def test_sub_issues_stand_as_high_as_they_can(self, tmp_path: Path) -> None:
        above = {1: 0, 2: 1, 3: 1, 4: 2, 5: 0, 6: 5, 7: 7, 8: 99}
        rows = [
            {**REST, "number": number, "node_id": f"I_{number}", "html_url": None, "url": f"{URL}/issues/{number}"}
            | {"parent_issue_url": f"{URL}/issues/{parent}" if parent else None, "type": None}
            for number, parent in above.items()
        ]
        records = issues(upload(tmp_path, json.dumps(rows)), "github")
        # The first has parts with parts; the third is a part of it without any; the seventh would be its own.
        assert [(each.number, each.type_name) for each in records] == [
            (1, "Epic"), (2, ""), (3, ""), (4, "Sub-task"), (5, ""), (6, "Sub-task"), (7, ""), (8, "Sub-task"),
        ]  # fmt: skip
        assert [each.level for each in records][:2] == [Level.EPIC, None]

    def test_reads_comments_that_are_apart(self, tmp_path: Path) -> None:
        rows = [
            COMMENT, {**COMMENT, "html_url": "https://github.com/mira/lantern/pull/13#issuecomment-1"},
            {**COMMENT, "body": None}, {**COMMENT, "issue_url": "elsewhere"},
        ]  # fmt: skip
        first, *others = contents(upload(tmp_path, json.dumps(rows)), "github")
        assert isinstance(first, CommentsRecord)
        assert first.issue == Ref(key="mira/lantern#12")
        [comment] = first.comments
        assert (comment.external_id, comment.body) == ("IC_9", "Same")
        assert comment.created_at == datetime(2024, 2, 3, tzinfo=UTC)
        assert others[:2] == [LeftOut("comment on a pull request"), LeftOut("comment without text")]
        assert isinstance(others[2], Unreadable)


class TestArchive:
    def test_reads_issues_labels_and_pulls(self, tmp_path: Path) -> None:
        record, *others = contents(upload(tmp_path, json.dumps(ARCHIVE)), "github-archive")
        assert isinstance(record, IssueRecord)
        assert (record.external_id, record.key, record.category) == ("MDU6five", "mira/lantern#5", "todo")
        assert (record.reporter, record.assignee) == (Person("ann", "ann"), Person("mira", "mira"))
        [comment] = record.comments
        assert (comment.external_id, comment.author) == ("MDU6five/comment/1", Person("ole", "ole"))
        assert comment.created_at == datetime(2023, 1, 1, 11, tzinfo=UTC)
        assert others == [
            LeftOut("pull request"), LeftOut("pull request"),
            ProjectRecord(key="LANTERN", name="lantern", labels=["bug", "later"]),
        ]  # fmt: skip

    def test_tells_where_it_breaks(self, tmp_path: Path) -> None:
        text = json.dumps(ARCHIVE)
        *_good, broken, labels = contents(upload(tmp_path, text[: text.index('"pulls"')]), "github-archive")
        assert isinstance(broken, Unreadable)
        assert "breaks here" in broken.reason
        assert isinstance(labels, ProjectRecord)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a <!-- b\n\nc --> d", "a  d"),
        ("`<!-- a -->` <!-- b -->", "`<!-- a -->` "),
        ("```\n<!-- a -->\n<br>\n```\n<!-- b -->", "```\n<!-- a -->\n<br>\n```\n"),
        ("a <!-- never closed", "a <!-- never closed"),
        ("x<br>y<BR />\nz", "x\ny\nz"),
        ('<img width="3" alt="a [b]" src="https://a.test/p.png">', "![a b](<https://a.test/p.png>)"),
        ("<img src='javascript:x'>", "<img src='javascript:x'>"),
        ("<img alt=x>", "<img alt=x>"),
        ("a < b > c ` d", "a < b > c ` d"),
    ],
)
def test_html_that_github_hides_or_shows(text: str, expected: str) -> None:
    assert to_markdown(text) == expected


@pytest.mark.skipif(not SHARED.is_dir(), reason="the exports of other people's trackers are not on this machine")
class TestRealExports:
    def test_a_list_agrees_in_all(self) -> None:
        path = SHARED / "github_issues" / "rails_open_500rows_100distinct.json"
        raw = json.loads(path.read_text())
        found = contents(Upload.at(path), "github")
        assert len(found) == len(raw) == 500
        records = [each for each in found if isinstance(each, IssueRecord)]
        distinct = {each["number"]: each for each in raw if "pull_request" not in each}
        assert [each.number for each in records] == list(distinct)
        assert Counter(each.reason for each in found if isinstance(each, LeftOut)) == {
            "pull request": 340,
            "a repeat of another row": 160 - len(distinct),
        }
        for record in records:
            one = distinct[record.number or 0]
            assert record.external_id == one["node_id"]
            assert record.title == " ".join(one["title"].split())
            assert record.text == to_markdown((one["body"] or "").replace("\r\n", "\n"))
            assert record.category == {"open": "todo", "closed": "done"}[one["state"]]
            assert record.reporter == Person(one["user"]["login"], one["user"]["login"])
            named = [record.assignee, *record.watchers] if record.assignee else record.watchers
            assert [each.handle for each in named if each] == [each["login"] for each in one["assignees"]]
            assert record.labels == [each["name"] for each in one["labels"]]
            milestones = [one["milestone"]["title"]] if one["milestone"] else []
            assert [each.name for each in record.fix_versions] == milestones
            assert record.created_at == datetime.fromisoformat(one["created_at"])
            assert record.updated_at == datetime.fromisoformat(one["updated_at"])
            assert record.resolved_at is None
            assert any(field == "comments" for field, _reason in record.notes) is (one["comments"] > 0)

    def test_an_archive_agrees_in_all(self) -> None:
        path = SHARED / "github_issues" / "ietf_hpke_archive.json"
        raw = json.loads(path.read_text())
        found = contents(Upload.at(path), "github-archive")
        records = [each for each in found if isinstance(each, IssueRecord)]
        assert len(records) == 86
        assert sum(each == LeftOut("pull request") for each in found) == len(raw["pulls"]) == 166
        [labels] = [each for each in found if isinstance(each, ProjectRecord)]
        assert labels.labels == [each["name"] for each in raw["labels"]]
        assert len(found) == 86 + 166 + 1
        for record, one in zip(records, raw["issues"], strict=True):
            assert (record.external_id, record.number) == (one["id"], one["number"])
            assert record.title == " ".join(one["title"].split())
            assert record.text == to_markdown(one["body"].replace("\r\n", "\n"))
            assert record.category == "done"
            assert record.reporter == Person(one["author"], one["author"])
            named = [record.assignee, *record.watchers] if record.assignee else []
            assert [each.handle for each in named if each] == one["assignees"]
            assert record.labels == one["labels"]
            assert record.created_at == datetime.fromisoformat(one["createdAt"])
            assert record.updated_at == datetime.fromisoformat(one["updatedAt"])
            assert record.resolved_at == datetime.fromisoformat(one["closedAt"])
            assert [(each.author, each.body, each.created_at) for each in record.comments] == [
                (
                    Person(each["author"], each["author"]),
                    to_markdown(each["body"].replace("\r\n", "\n")),
                    datetime.fromisoformat(each["createdAt"]),
                )
                for each in one["comments"]
            ]
        assert sum(len(each.comments) for each in records) == 139
