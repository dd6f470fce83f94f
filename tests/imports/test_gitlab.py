"""GitLab: its interface's lists, its CSV and the files of a project's export agree on what an issue is."""

import csv
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from apps.core.tenancy import run_as_system
from apps.imports.files import Upload
from apps.imports.records import (
    CommentsRecord,
    IssueRecord,
    LeftOut,
    Level,
    Person,
    ProjectRecord,
    Ref,
    SprintRecord,
    SprintState,
    Unreadable,
    VersionRecord,
)
from apps.issues.models import Comment
from apps.orgs.models import Organization
from tests.imports.bringing import account_of, confirmed, work
from tests.imports.reading import SHARED, contents, issues, upload

MILESTONE = {
    "title": "Spring", "project_id": 4, "description": "Thaw", "due_date": "2024-04-05", "start_date": "2024-03-29",
    "state": "closed", "iid": 1, "group_id": None,
}  # fmt: skip
REST: dict[str, Any] = {
    "id": 900, "iid": 3, "project_id": 4, "title": "Buoy drifts", "description": "- [ ] tie it\n\nsee #2",
    "state": "closed", "created_at": "2024-01-01T10:00:00.000Z", "updated_at": "2024-01-05T10:00:00.000Z",
    "closed_at": "2024-01-04T10:00:00.000Z", "labels": ["sea", {"name": "wind"}], "milestone": MILESTONE,
    "author": {"id": 1, "username": "mira", "name": "Mira Stone"}, "assignee": {"username": "ole", "name": "Ole"},
    "assignees": [{"username": "ole", "name": "Ole"}, {"username": "ann", "name": "Ann"}], "weight": 5,
    "confidential": True, "due_date": "2024-02-01", "web_url": "https://gl.test/port/buoys/-/issues/3",
    "time_stats": {"time_estimate": 5400, "total_time_spent": 600}, "user_notes_count": 2, "issue_type": "incident",
    "iteration": {"id": 7, "title": None, "state": 2, "start_date": "2024-01-01", "due_date": "2024-01-14"},
    "epic": {"iid": 1, "title": "Storm"}, "health_status": "at_risk", "severity": "UNKNOWN",
}  # fmt: skip
NOTE = {"note": "Seen it", "author_id": 12, "created_at": "2024-01-03T10:00:00.000Z", "system": False,
        "author": {"name": "Ann Lee"}}  # fmt: skip
LABEL = {"title": "sea", "color": "#fff", "project_id": 4, "type": "ProjectLabel", "priorities": []}
EXPORTED: dict[str, Any] = {
    "title": "Buoy drifts", "author_id": 12, "project_id": 4, "created_at": "2024-01-01T10:00:00.000Z",
    "updated_at": "2024-01-05T10:00:00.000Z", "description": "Text", "iid": 3, "weight": 2, "confidential": False,
    "due_date": "2024-02-01", "time_estimate": 7200, "relative_position": -1410, "state": "opened", "closed_at": None,
    "timelogs": [
        {"time_spent": 2400, "user_id": 13, "spent_at": "2024-01-02", "created_at": "2024-01-03T08:00:00Z",
         "summary": "Knots"},
        {"time_spent": -60, "user_id": 13, "spent_at": "2024-01-02"}, {"time_spent": 60},
    ],
    "notes": [
        NOTE, {**NOTE, "created_at": "2024-01-02T10:00:00.000Z", "note": "Earlier", "author_id": 14, "author": None},
        {**NOTE, "system": True, "note": "changed title"}, {**NOTE, "note": ""},
        {**NOTE, "note": "Twice", "internal": True},
    ],
    "label_links": [{"label": LABEL}], "milestone": MILESTONE, "issue_assignees": [{"user_id": 13}, {"user_id": 12}],
    "work_item_type": {"base_type": "task"}, "designs": [{"filename": "../a/plan.png"}],
}  # fmt: skip
HEADER = (
    "Issue ID,URL,Title,State,Description,Author,Author Username,Assignee,Assignee Username,Confidential,Locked,"
    "Due Date,Created At (UTC),Updated At (UTC),Closed At (UTC),Milestone,Weight,Labels,Time Estimate,Time Spent,"
    "Epic ID,Epic Title,Iteration"
)
LINE = (
    '3,https://gl.test/port/buoys/-/issues/3,Buoy drifts,Closed,"- [ ] tie it",Mira Stone,mira,"Ole, Ann","ole, ann",'
    'Yes,No,2024-02-01,2024-01-01 10:00:00,2024-01-05 10:00:00,2024-01-04 10:00:00,Spring,5,"sea,wind",5400,600,1,'
    "Storm,Cycle 9"
)
ORDINARY = VersionRecord(
    name="Spring", description="Thaw", start_date=date(2024, 3, 29), release_date=date(2024, 4, 5), is_released=True
)


def _agree(record: IssueRecord) -> None:
    assert (record.number, record.title, record.project_key, record.project_name) == (
        3, "Buoy drifts", "BUOYS", "buoys",
    )  # fmt: skip
    assert record.text.startswith("- [ ] tie it")
    assert (record.status_name, record.category) == ("Closed", "done")
    assert (record.reporter, record.assignee) == (Person("mira", "Mira Stone"), Person("ole", "Ole"))
    assert record.watchers == [Person("ann", "Ann")]
    assert record.labels == ["sea", "wind", "confidential"]
    assert [each.name for each in record.fix_versions] == ["Spring"]
    assert (record.points, record.estimate_minutes, record.due_date) == (Decimal(5), 90, date(2024, 2, 1))
    assert record.created_at == datetime(2024, 1, 1, 10, tzinfo=UTC)
    assert record.updated_at == datetime(2024, 1, 5, 10, tzinfo=UTC)
    assert record.resolved_at == datetime(2024, 1, 4, 10, tzinfo=UTC)
    assert record.custom["Epic"] == "Storm"


class TestInterface:
    @pytest.mark.parametrize("join", ["[{}]", "{}\n", "[{}][]"])
    def test_reads_an_issue(self, tmp_path: Path, join: str) -> None:
        [record] = issues(upload(tmp_path, join.replace("{}", json.dumps(REST))), "gitlab")
        _agree(record)
        assert (record.external_id, record.key) == ("4#3", "port/buoys#3")
        assert record.fix_versions == [ORDINARY]
        assert record.sprints == [
            SprintRecord(
                name="Iteration 2024-01-01", external_id="7", state=SprintState.ACTIVE,
                started_at=datetime(2024, 1, 1, tzinfo=UTC), ends_at=datetime(2024, 1, 14, tzinfo=UTC),
            )
        ]  # fmt: skip
        assert (record.type_name, record.level) == ("Incident", Level.STANDARD)
        assert record.custom == {"Epic": "Storm", "Health status": "At risk"}
        assert [field for field, _reason in record.notes] == [
            "assignees", "confidential", "user_notes_count",
        ]  # fmt: skip

    def test_accounts_for_every_row(self, tmp_path: Path) -> None:
        rows = [REST, REST, {**REST, "iid": None}, [REST], {**REST, "title": "", "weight": {}, "due_date": 5}]
        first, *others = contents(upload(tmp_path, json.dumps(rows)), "gitlab")
        assert isinstance(first, IssueRecord)
        assert others[0] == LeftOut("a repeat of another row")
        assert isinstance(others[1], Unreadable)
        assert others[1].field == "iid"
        assert isinstance(others[2], Unreadable)
        assert isinstance(others[3], IssueRecord)
        assert (others[3].title, others[3].points, others[3].due_date) == ("#3", None, None)
        assert {"title", "weight", "due_date"} <= {field for field, _reason in others[3].notes}

    @pytest.mark.parametrize(
        ("change", "status", "category"),
        [
            ({"moved_to_id": 8}, "Closed as moved", "cancelled"),
            ({"duplicated_to_id": 8}, "Closed as duplicate", "cancelled"),
            ({"state": "opened"}, "Open", "todo"),
            ({"state": "asleep"}, "Open", "todo"),
        ],
    )
    def test_says_where_it_stands(self, tmp_path: Path, change: dict[str, Any], status: str, category: str) -> None:
        [record] = issues(upload(tmp_path, json.dumps([REST | change])), "gitlab")
        assert (record.status_name, record.category) == (status, category)
        assert any(field == "state" for field, _reason in record.notes) is (change.get("state") == "asleep")


REST_NOTE: dict[str, Any] = {
    "id": 302, "type": None, "body": "Seen *it*", "author": {"id": 12, "username": "annlee", "name": "Ann Lee"},
    "created_at": "2024-01-03T10:00:00.000Z", "updated_at": "2024-01-03T10:00:00.000Z", "system": False,
    "noteable_id": 900, "noteable_type": "Issue", "project_id": 4, "noteable_iid": 3,
}  # fmt: skip


class TestNotes:
    def test_are_comments_of_their_issues(self, tmp_path: Path) -> None:
        others = [
            REST_NOTE | {"system": True}, REST_NOTE | {"noteable_type": "MergeRequest"}, REST_NOTE | {"body": " "},
            REST_NOTE | {"noteable_iid": None}, 7,
        ]  # fmt: skip
        note, system, merge, empty, lost, odd = contents(
            upload(tmp_path, json.dumps([REST_NOTE, *others])), "gitlab-notes"
        )
        assert isinstance(note, CommentsRecord)
        assert note.issue == Ref(external_id="4#3")
        assert [(each.external_id, each.author, each.body) for each in note.comments] == [
            ("302", Person("annlee", "Ann Lee"), "Seen *it*")
        ]
        assert system == LeftOut("note by GitLab itself")
        assert merge == LeftOut("comment on something else than an issue")
        assert empty == LeftOut("comment without text")
        assert isinstance(lost, Unreadable)
        assert isinstance(odd, Unreadable)

    def test_handed_in_beside_the_issues_they_join_them_and_the_export_brings_none_twice(
        self, acme: Organization, tmp_path: Path
    ) -> None:
        (tmp_path / "issues.json").write_text(json.dumps([REST]))
        (tmp_path / "notes.json").write_text(json.dumps([REST_NOTE]))
        run = work(confirmed(acme, tmp_path / "notes.json", tmp_path / "issues.json", project="SEA"))
        assert account_of(run).comments == {"imported": 1, "updated": 0}
        notes = [NOTE | {"note": "Seen *it*"}, NOTE | {"note": "Later", "created_at": "2024-01-04T10:00:00.000Z"}]
        (tmp_path / "issues.ndjson").write_text(json.dumps(EXPORTED | {"notes": notes}))
        run = work(confirmed(acme, tmp_path / "issues.ndjson", project="SEA"))
        assert account_of(run).comments == {"imported": 1, "updated": 0}
        with run_as_system(org_id=acme.pk):
            said = Comment.objects.filter(project__key="SEA", author__isnull=False).order_by("created_at")
            assert list(said.values_list("body", flat=True)) == ["Seen *it*", "Later"]


class TestOneFile:
    PROJECT: dict[str, Any] = {"description": "Buoys", "visibility_level": 0, "archived": False}

    @pytest.mark.parametrize("indent", [None, 1])
    def test_reads_labels_milestones_and_issues_of_it(self, tmp_path: Path, indent: int | None) -> None:
        merge_request = {"iid": 1, "source_branch": "x", "title": "Fix", "author_id": 12, "notes": []}
        whole = self.PROJECT | {
            "labels": [LABEL | {"id": 5}], "milestones": [MILESTONE | {"id": 6}], "issues": [EXPORTED],
            "merge_requests": [merge_request],
        }  # fmt: skip
        label, milestone, issue, merge = contents(upload(tmp_path, json.dumps(whole, indent=indent)), "gitlab-export")
        assert isinstance(label, ProjectRecord)
        assert isinstance(milestone, ProjectRecord)
        assert (label.labels, milestone.versions[0].name) == (["sea"], "Spring")
        assert isinstance(issue, IssueRecord)
        assert issue.external_id == "4#3"
        assert Person("GitLab user 12", "Ann Lee") in [each.author for each in issue.comments]
        assert merge == LeftOut("merge request")

    def test_says_where_the_issues_are_if_not_in_it(self, tmp_path: Path) -> None:
        [only] = contents(upload(tmp_path, json.dumps(self.PROJECT)), "gitlab-export")
        assert isinstance(only, Unreadable)
        assert "issues.ndjson" in only.reason


class TestCsv:
    def test_reads_an_issue(self, tmp_path: Path) -> None:
        [record] = issues(upload(tmp_path, f"{HEADER}\n{LINE}\n"), "gitlab-csv", time_zone="Asia/Tokyo")
        _agree(record)
        assert (record.external_id, record.custom["Iteration"]) == ("port/buoys#3", "Cycle 9")
        assert [field for field, _reason in record.notes] == ["Assignee", "confidential"]

    def test_names_with_commas_and_bad_numbers(self, tmp_path: Path) -> None:
        lines = [
            LINE.replace('"Ole, Ann","ole, ann"', '"Lee, Ann",ann'),
            LINE.replace('"Ole, Ann","ole, ann"', '"Lee, Ann, Ole","ann, ole"').replace(",5400,", ",1.5,"),
            LINE.replace('"Ole, Ann","ole, ann"', "Ole,").replace("3,", "x,", 1),
        ]
        first, second, third = contents(upload(tmp_path, "\n".join([HEADER, *lines])), "gitlab-csv")
        assert isinstance(first, IssueRecord)
        assert (first.assignee, first.watchers) == (Person("ann", "Lee, Ann"), [])
        assert isinstance(second, IssueRecord)
        assert [second.assignee, *second.watchers] == [Person("ann", "ann"), Person("ole", "ole")]
        assert "Time Estimate" in {field for field, _reason in second.notes}
        assert isinstance(third, Unreadable)
        assert third.field == "Issue ID"


class TestExport:
    def test_reads_an_issue_and_names_those_who_commented(self, tmp_path: Path) -> None:
        second = {**EXPORTED, "iid": 4, "relative_position": 20, "confidential": True}
        text = "\n".join(map(json.dumps, [EXPORTED, second, EXPORTED, {**EXPORTED, "source_branch": "x"}, 3]))
        record, other, *rest = contents(upload(tmp_path, text), "gitlab-export")
        assert isinstance(record, IssueRecord)
        assert isinstance(other, IssueRecord)
        assert rest[:2] == [LeftOut("a repeat of another row"), LeftOut("merge request")]
        assert isinstance(rest[2], Unreadable)
        assert (record.external_id, record.number, record.project_name) == ("4#3", 3, "GitLab 4")
        assert record.reporter == Person("GitLab user 12", "Ann Lee")
        assert (record.assignee, record.watchers) == (
            Person("GitLab user 13", "GitLab user 13"), [Person("GitLab user 12", "Ann Lee")],
        )  # fmt: skip
        assert [(each.body, each.author and each.author.name) for each in record.comments] == [
            ("Earlier", "GitLab user 14"), ("Seen it", "Ann Lee"), ("Twice", "Ann Lee"),
        ]  # fmt: skip
        assert len({each.external_id for each in record.comments}) == 3
        assert (record.type_name, record.category, record.resolved_at) == ("Task", "todo", None)
        assert (record.points, record.estimate_minutes, record.labels) == (Decimal(2), 120, ["sea"])
        assert record.fix_versions == [ORDINARY]
        assert [(each.minutes, each.day, each.note) for each in record.work_logs] == [(40, date(2024, 1, 2), "Knots")]
        assert [each.name for each in record.attachments] == ["plan.png"]
        assert record.place < other.place
        assert other.labels == ["sea", "confidential"]
        fields = [field for field, _reason in record.notes]
        assert fields == ["issue_assignees", "notes", "notes", "notes", "timelogs", "timelogs"]
        assert "1 note(s) by GitLab itself" in record.notes[1][1]

    def test_reads_labels_and_milestones(self, tmp_path: Path) -> None:
        labels = contents(
            upload(tmp_path, "\n".join(map(json.dumps, [LABEL, {**LABEL, "title": ""}]))), "gitlab-export"
        )
        assert labels[0] == ProjectRecord(key="GITLAB4", name="GitLab 4", labels=["sea"])
        assert isinstance(labels[1], Unreadable)
        [milestone] = contents(upload(tmp_path, json.dumps(MILESTONE)), "gitlab-export")
        assert milestone == ProjectRecord(key="GITLAB4", name="GitLab 4", versions=[ORDINARY])


def _flat(text: str | None) -> str:
    return (text or "").replace("\r\n", "\n")


@pytest.mark.skipif(not SHARED.is_dir(), reason="the exports of other people's trackers are not on this machine")
class TestRealExports:
    def test_an_export_agrees_in_all(self) -> None:
        folder = SHARED / "gitlab"
        path = folder / "project_export_zhengfang__issues.ndjson"
        raw = [json.loads(line) for line in path.read_bytes().split(b"\n") if line.strip()]
        records = issues(Upload.at(path), "gitlab-export")
        assert len(records) == len(raw) == 56
        names = {note["author_id"]: note["author"]["name"] for one in raw for note in one["notes"]}
        comments = 0
        for record, one in zip(records, raw, strict=True):
            assert (record.number, record.title) == (one["iid"], " ".join(one["title"].split()))
            assert record.text == _flat(one["description"])
            assert record.category == {"opened": "todo", "closed": "done"}[one["state"]]
            assert record.reporter is not None
            number = one["author_id"]
            assert record.reporter == Person(
                f"GitLab user {number}", names.get(number, f"GitLab user {number}")
            )  # fmt: skip
            named = [record.assignee, *record.watchers] if record.assignee else []
            assert [each.handle for each in named if each] == [
                f"GitLab user {each['user_id']}" for each in one["issue_assignees"]
            ]
            assert record.labels == [each["label"]["title"] for each in one["label_links"]]
            assert [each.name for each in record.fix_versions] == (
                [one["milestone"]["title"]] if one.get("milestone") else []
            )
            assert record.due_date == (date.fromisoformat(one["due_date"]) if one["due_date"] else None)
            assert (record.estimate_minutes or 0) * 60 == one["time_estimate"]
            assert record.created_at == datetime.fromisoformat(one["created_at"])
            assert record.updated_at == datetime.fromisoformat(one["updated_at"])
            assert record.resolved_at == (datetime.fromisoformat(one["closed_at"]) if one["closed_at"] else None)
            spoken = sorted((each for each in one["notes"] if not each["system"]), key=lambda each: each["created_at"])
            assert [(each.body, each.created_at, each.author and each.author.name) for each in record.comments] == [
                (_flat(each["note"]), datetime.fromisoformat(each["created_at"]), each["author"]["name"])
                for each in spoken
            ]
            comments += len(spoken)
            spent = [each for each in one["timelogs"] if each["time_spent"] > 0]
            assert [each.minutes * 60 for each in record.work_logs] == [each["time_spent"] for each in spent]
            left_out = sum(each["system"] for each in one["notes"])
            assert any(f"{left_out} note(s) by" in reason for _field, reason in record.notes) is (left_out > 0)
        assert comments == 85
        assert len({each.external_id for record in records for each in record.comments}) == 85
        in_order = sorted(zip(records, raw, strict=True), key=lambda pair: pair[1]["relative_position"])
        assert [pair[0].place for pair in in_order] == sorted(record.place for record in records)

    def test_labels_and_milestones_agree(self) -> None:
        for kind in ("labels", "milestones"):
            path = SHARED / "gitlab" / f"project_export_zhengfang__{kind}.ndjson"
            raw = [json.loads(line) for line in path.read_text().split("\n") if line.strip()]
            found = contents(Upload.at(path), "gitlab-export")
            assert all(isinstance(each, ProjectRecord) for each in found)
            for each, one in zip(found, raw, strict=True):
                assert isinstance(each, ProjectRecord)
                assert [*each.labels, *(version.name for version in each.versions)] == [one["title"]]
                for version in each.versions:
                    assert str(version.release_date or "") == (one["due_date"] or "")
                    assert str(version.start_date or "") == (one["start_date"] or "")
                    assert version.is_released is (one["state"] == "closed")

    def test_a_page_agrees(self) -> None:
        path = SHARED / "gitlab" / "rest_issue_page_1.json"
        raw = json.loads(path.read_text())
        for record, one in zip(issues(Upload.at(path), "gitlab"), raw, strict=True):
            assert (record.number, record.title, record.text) == (one["iid"], one["title"], _flat(one["description"]))
            assert record.reporter == Person(one["author"]["username"], one["author"]["name"])
            assert (record.assignee and record.assignee.handle) == (one["assignee"] and one["assignee"]["username"])
            assert (record.category, record.labels, record.points) == ("done", one["labels"], None)
            assert record.created_at == datetime.fromisoformat(one["created_at"])
            assert record.updated_at == max(map(datetime.fromisoformat, (one["created_at"], one["updated_at"])))

    def test_a_csv_agrees(self) -> None:
        path = SHARED / "gitlab" / "csv_gitlab_export_4.csv"
        with path.open(newline="") as stream:
            raw = list(csv.DictReader(stream))
        for record, one in zip(issues(Upload.at(path), "gitlab-csv"), raw, strict=True):
            assert (str(record.number), record.title, record.text) == (
                one["Issue ID"], one["Title"], one["Description"],
            )  # fmt: skip
            assert record.reporter == Person(one["Author Username"], one["Author"])
            assert (record.assignee.name if record.assignee else "") == one["Assignee"]
            assert record.labels == [each for each in one["Labels"].split(",") if each]
            assert [each.name for each in record.fix_versions] == [each for each in [one["Milestone"]] if each]
            assert record.created_at == datetime.fromisoformat(f"{one['Created At (UTC)']}+00:00")
            assert record.updated_at == datetime.fromisoformat(f"{one['Updated At (UTC)']}+00:00")
            assert (record.status_name, record.resolved_at) == ("Open", None)
