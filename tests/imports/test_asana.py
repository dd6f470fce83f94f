"""Asana's CSV: sections, completion, subtasks and dependencies by title."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

from apps.imports.guessing import category_of
from apps.imports.records import Level, LinkRecord, Person, Ref, Relation
from tests.imports.reading import issues, upload

EXPORT = """Task ID,Created At,Completed At,Last Modified,Name,Section/Column,Assignee,Assignee Email,Start Date,\
Due Date,Tags,Notes,Projects,Parent task,Blocked By (Dependencies),Blocking (Dependencies),Weight
1200000000000001,2024-01-02,,2024-01-05,"Hang lamps, all",Doing,Mira Stone,Mira@a.test,2024-01-03,2024-02-01,\
"hall, night","First
# not a heading
*kept*","Hall, Attic",,,,3
1200000000000002,2024-01-02,2024-01-04,2024-01-04,Buy lamps,To do,,ole@a.test,,,,,Hall,,,"Hang lamps, all",1
1200000000000003,2024-01-02,,2024-01-02,Count hooks,,,,,,,,,"Hang lamps, all",,,
1200000000000004,2024-01-02,,2024-01-02,Twice,(no section),,,,,,,Hall,,"Buy lamps,Hang lamps, all,Nowhere",,
1200000000000005,2024-01-02,,2024-01-02,Twice,(no section),,,,,,,Hall,,,,
1200000000000006,2024-01-02,,2024-01-02,Under,(no section),,,,,,,Hall,Twice,,,
"""


class TestAsana:
    def test_reads_tasks(self, tmp_path: Path) -> None:
        hang, buy, hooks, twice, _again, _under = issues(upload(tmp_path, EXPORT), "asana-csv")
        assert (hang.external_id, hang.number, hang.title) == ("1200000000000001", None, "Hang lamps, all")
        assert hang.text == "First\n# not a heading\n*kept*"
        assert (hang.status_name, hang.labels, hang.custom) == (
            "Doing", ["hall", "night"], {"Projects": ["Hall", "Attic"], "Weight": Decimal(3)},
        )  # fmt: skip
        assert hang.assignee == Person("mira@a.test", "Mira Stone", "mira@a.test")
        assert (hang.start_date, hang.due_date) == (date(2024, 1, 3), date(2024, 2, 1))
        assert (hang.created_at, hang.updated_at) == (
            datetime(2024, 1, 2, tzinfo=UTC), datetime(2024, 1, 5, tzinfo=UTC),
        )  # fmt: skip
        assert (hang.project_key, hang.project_name) == ("HALL", "Hall")
        assert [field for field, _reason in hang.notes] == ["Projects"]
        assert (buy.status_name, category_of(buy), buy.custom) == (
            "Completed", "done", {"Weight": Decimal(1), "Section": "To do"},
        )  # fmt: skip
        assert buy.assignee == Person("ole@a.test", "ole@a.test", "ole@a.test")
        assert buy.resolved_at == datetime(2024, 1, 4, tzinfo=UTC)
        assert (hooks.type_name, hooks.level, category_of(hooks)) == ("Subtask", Level.SUBTASK, "todo")
        assert (twice.type_name, twice.level, twice.status_name) == ("Task", Level.STANDARD, "")

    def test_finds_tasks_by_their_titles(self, tmp_path: Path) -> None:
        _hang, buy, hooks, twice, _again, under = issues(upload(tmp_path, EXPORT), "asana-csv")
        hang_ref, buy_ref = Ref("1200000000000001"), Ref("1200000000000002")
        assert buy.links == [LinkRecord(Relation.BLOCKS, hang_ref)]
        assert hooks.parent == hang_ref
        assert twice.links == [LinkRecord(Relation.BLOCKED_BY, buy_ref), LinkRecord(Relation.BLOCKED_BY, hang_ref)]
        assert [reason for _field, reason in twice.notes] == ["“Nowhere” is not in the file, so nothing points to it."]
        assert under.parent == Ref("1200000000000004")
        assert "2 tasks are called “Twice”" in under.notes[0][1]
