"""Taiga's export of a project: epics, stories, tasks and issues, and what the document says of them elsewhere."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from apps.imports.guessing import category_of
from apps.imports.records import (
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
)
from tests.imports.reading import contents, upload

MIRA, OLE = Person("mira@a.test", "mira@a.test", "mira@a.test"), Person("ole@a.test", "ole@a.test", "ole@a.test")


def thing(ref: Any, subject: str, **changes: Any) -> dict[str, Any]:
    raw = {
        "ref": ref, "subject": subject, "owner": "mira@a.test", "assigned_to": None, "status": "New", "description": "",
        "created_date": "2024-03-02T09:30:00+0000", "modified_date": "2024-03-13T14:05:09+0000", "tags": [],
        "watchers": [], "history": [], "attachments": [], "custom_attributes_values": None, "is_blocked": False,
    }  # fmt: skip
    return {**raw, **changes}


def export(**changes: Any) -> dict[str, Any]:
    ole = ["ole@a.test", "Ole"]
    statuses = [{"name": "New", "is_closed": False}, {"name": "Ready to ship", "is_closed": True}]
    raw = {
        "name": "Hall lights", "slug": "mira-hall-lights", "logo": None, "is_backlog_activated": True,
        "is_kanban_activated": False, "points": [{"name": "?", "value": None}, {"name": "½", "value": 0.5},
                                                 {"name": "3", "value": 3}, {"name": "Odd", "value": -1}],
        "epic_statuses": statuses, "us_statuses": statuses, "task_statuses": statuses, "issue_statuses": statuses,
        "milestones": [
            {"name": "Spring", "slug": "spring", "estimated_start": "2024-03-01", "estimated_finish": "2024-03-15",
             "closed": True}, {"name": ""},
        ],
        "wiki_pages": [{"slug": "home", "content": "Hello"}],
        "epics": [thing(1, "Light the hall", related_user_stories=[
            {"user_story": 2, "order": 1, "source_project_slug": None},
            {"user_story": 4, "order": 2, "source_project_slug": "elsewhere"},
        ])],
        "user_stories": [thing(
            2, "Hang lamps", status="Ready to ship", milestone="Spring", finish_date="2024-03-12T10:00:00+0000",
            role_points=[{"role": "UX", "points": "½"}, {"role": "Back", "points": "3"}, {"points": "?"}],
            assigned_to="ole@a.test", assigned_users=["ole@a.test", "ann@a.test"], watchers=["ann@a.test"],
            tags=[["hall", "#ff0000"], "night", None], due_date="2024-04-01", backlog_order=7, generated_from_issue=4,
            description="# As a guest\n\nI *see*.", is_blocked=True, blocked_note="No lamps",
            custom_attributes_values={"Floor": "Second", "Weight": 1.5, "Empty": "", "Odd": {"a": 1}},
            history=[
                {"type": 1, "created_at": "2024-03-04T10:00:00+0000", "user": ole, "comment": "Second"},
                {"type": 1, "created_at": "2024-03-03T10:00:00+0000", "user": [None, "Ann"], "comment": "First"},
                {"type": 1, "created_at": "2024-03-03T11:00:00+0000", "user": ole, "comment": "Gone",
                 "delete_comment_date": "2024-03-03T12:00:00+0000"},
                {"type": 1, "created_at": "2024-03-03T11:00:00+0000", "user": ole, "comment": ""},
            ],
            attachments=[
                {"name": "../../plan.png", "owner": "ole@a.test", "created_date": "2024-03-03T10:00:00+0000",
                 "size": 12, "attached_file": {"data": "AAAA", "name": "plan.png"}},
                {"attached_file": {"data": "AAAABBBB", "name": "b.png"}},
            ],
        )],
        "tasks": [thing(3, "Buy hooks", user_story=2, milestone="Spring"), thing(5, "Alone", user_story=None)],
        "issues": [thing(4, "Lamp fell", type="Bug", priority="High", severity="Critical"), thing("x", "No number"), 5],
        "timeline": [{"event_type": "issues.issue.create", "data": {"issue": {"ref": 4, "subject": "Lamp fell"}}}],
    }  # fmt: skip
    return {**raw, **changes}


class TestTaiga:
    def test_reads_a_project(self, tmp_path: Path) -> None:
        about, wiki, epic, story, task, alone, issue, *wrong = contents(upload(tmp_path, json.dumps(export())), "taiga")
        assert isinstance(about, ProjectRecord)
        assert (about.key, about.name) == ("HALLLIGHTS", "Hall lights")
        [sprint] = about.sprints
        assert (sprint.name, sprint.state, sprint.external_id) == (
            "Spring", SprintState.COMPLETED, "mira-hall-lights/spring",
        )  # fmt: skip
        assert (sprint.started_at, sprint.ends_at) == (
            datetime(2024, 3, 1, tzinfo=UTC), datetime(2024, 3, 15, tzinfo=UTC),
        )  # fmt: skip
        assert wiki == LeftOut("wiki page")
        for each in (epic, story, task, alone, issue):
            assert isinstance(each, IssueRecord)
            assert (each.project_key, each.reporter, each.notes) == ("HALLLIGHTS", MIRA, [])
            assert each.created_at == datetime(2024, 3, 2, 9, 30, tzinfo=UTC)
            assert each.external_id == f"mira-hall-lights/{each.number}"
        assert isinstance(epic, IssueRecord)
        assert isinstance(task, IssueRecord)
        assert isinstance(alone, IssueRecord)
        assert isinstance(issue, IssueRecord)
        assert (epic.type_name, epic.level, epic.number) == ("Epic", Level.EPIC, 1)
        assert (task.type_name, task.level, task.parent) == ("Subtask", Level.SUBTASK, Ref("mira-hall-lights/2", "2"))
        assert [each.name for each in task.sprints] == ["Spring"]
        assert (alone.type_name, alone.level, alone.parent) == ("Task", Level.STANDARD, None)
        assert (issue.type_name, issue.priority_name, issue.custom) == ("Bug", "High", {"Severity": "Critical"})
        assert category_of(issue) == "todo"
        assert [isinstance(each, Unreadable) for each in wrong] == [True, True]

    def test_reads_all_that_a_story_says(self, tmp_path: Path) -> None:
        story = contents(upload(tmp_path, json.dumps(export())), "taiga")[3]
        assert isinstance(story, IssueRecord)
        assert (story.type_name, story.level, story.title) == ("User story", Level.STANDARD, "Hang lamps")
        assert (story.status_name, category_of(story)) == ("Ready to ship", "done")
        assert story.resolved_at == datetime(2024, 3, 12, 10, tzinfo=UTC)
        assert (story.points, story.due_date, story.place) == (Decimal("3.50"), date(2024, 4, 1), f"{7:020d}")
        assert (story.assignee, [each.email for each in story.watchers]) == (OLE, ["ann@a.test"])
        assert (story.labels, story.text) == (["hall", "night"], "# As a guest\n\nI *see*.")
        assert story.parent == Ref("mira-hall-lights/1", "1")
        assert story.links == [LinkRecord(Relation.RELATES, Ref("mira-hall-lights/4", "4"), "generated from")]
        assert story.custom == {"Floor": "Second", "Weight": Decimal("1.5"), "Blocked": "No lamps"}
        assert [(each.body, each.author and each.author.name) for each in story.comments] == [
            ("First", "Ann"), ("Second", "Ole"),
        ]  # fmt: skip
        assert [(each.name, each.size) for each in story.attachments] == [("plan.png", 12), ("b.png", 6)]

    def test_tells_where_a_document_ends_and_keeps_what_came_before(self, tmp_path: Path) -> None:
        text = json.dumps(export())
        found = contents(upload(tmp_path, text[: text.index('"Alone"')]), "taiga")
        assert [type(each) for each in found] == [
            ProjectRecord, LeftOut, IssueRecord, IssueRecord, IssueRecord, Unreadable,
        ]  # fmt: skip

    def test_leaves_out_points_that_do_not_fit(self, tmp_path: Path) -> None:
        points = [{"name": "9", "value": 9999}]
        story = thing(2, "Big", role_points=[{"points": "9"}, {"points": "9"}])
        whole = export(points=points, user_stories=[story, thing(3, "None", role_points=[{"points": "?"}])])
        _about, _wiki, _epic, big, none, *_others = contents(upload(tmp_path, json.dumps(whole)), "taiga")
        assert isinstance(big, IssueRecord)
        assert isinstance(none, IssueRecord)
        assert (big.points, [field for field, _reason in big.notes]) == (None, ["role_points"])
        assert (none.points, none.notes) == (None, [])
