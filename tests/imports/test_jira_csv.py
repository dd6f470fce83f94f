"""Tables of Jira's: columns that repeat, languages, people with ids, cells of several parts."""

import csv
import io
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from apps.imports.choices import Choices
from apps.imports.files import Upload
from apps.imports.formats import recognise
from apps.imports.formats.jira_columns import columns_of
from apps.imports.formats.jira_csv import JiraCsv
from apps.imports.guessing import category_of, level_of, priority_of
from apps.imports.records import IssueRecord, Level, Person, Ref, Relation, Row, Unreadable
from apps.issues.models import Priority
from apps.projects.models import Status

SMALL = {"Summary": "Lamp flickers", "Issue key": "LAMP-7", "Issue id": "10007", "Issue Type": "Bug", "Status": "Open"}
CREATED = datetime(2023, 7, 20, 15, 25, tzinfo=UTC)


def table(path: Path, columns: Sequence[str], *rows: Sequence[str], encoding: str = "utf-8") -> Upload:
    text = io.StringIO()
    csv.writer(text).writerows([columns, *rows])
    target = path / "issues.csv"
    target.write_bytes(text.getvalue().encode(encoding))
    return Upload.at(target)


def rows(upload: Upload, **choices: Any) -> list[Row]:
    return list(JiraCsv().read(upload, Choices(**choices)))


def read(path: Path, *more: tuple[str, str], time_zone: str = "UTC", **changes: str) -> IssueRecord:
    """One issue with the usual columns, and more of them as pairs, since columns repeat."""
    cells = [*{**SMALL, "Created": "20/Jul/23 3:25 PM", **changes}.items(), *more]
    [row] = rows(table(path, [name for name, _ in cells], [cell for _, cell in cells]), time_zone=time_zone)
    assert isinstance(row.content, IssueRecord), row.content
    return row.content


class TestRecognises:
    @pytest.mark.parametrize(
        "columns",
        [
            "Summary,Issue key,Issue id,Issue Type,Status",
            "Issue Type;Issue key;Issue id;Summary",
            "Zusammenfassung,Vorgangsschlüssel,Vorgangs-ID,Vorgangstyp,Status",
            "Resumen,Clave de incidencia,ID de la incidencia,Tipo de Incidencia,Estado",
            "Résumé,Clé de ticket,ID de ticket,Type de ticket,État",
            "Samenvatting,Issuesleutel,Issue-id,Issuetype,Status",
            "Tipo de item,Chave da item,ID da item,Resumo,Pai,Chave pai,Status",
            "Riepilogo,Chiave segnalazione,ID segnalazione,Tipo segnalazione,Stato",
            "Summary,Work item key,Work item id,Work type,Status",
        ],
    )
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
    def test_by_columns_in_any_language(self, tmp_path: Path, columns: str, encoding: str) -> None:
        (tmp_path / "x.txt").write_bytes(f"{columns}\nx\n".encode(encoding))
        assert isinstance(recognise(Upload.at(tmp_path / "x.txt")), JiraCsv)

    @pytest.mark.parametrize("columns", ["Summary,Status", "ID,Title,Status", "Issue key,Title", "key,summary"])
    def test_no_other_table(self, tmp_path: Path, columns: str) -> None:
        (tmp_path / "x.csv").write_text(f"{columns}\na,b,c\n")
        assert not isinstance(recognise(Upload.at(tmp_path / "x.csv")), JiraCsv)


class TestWithoutKeys:
    COLUMNS = ("Summary", "Issue Type", "Status", "Project name", "Creator", "Fix Version/s", "Created", "Comment")
    ROW = (
        "Lamp flickers",
        "Bug",
        "Open",
        "Hall Lamps",
        "mira",
        "1.0",
        "20/Jul/23 3:25 PM",
        "20/Jul/23 4:00 PM;mira;Yes",
    )

    def test_is_jiras_all_the_same(self, tmp_path: Path) -> None:
        assert isinstance(recognise(table(tmp_path, self.COLUMNS, self.ROW)), JiraCsv)

    @pytest.mark.parametrize(
        "columns", ["Summary,Issue Type,Status,Priority,Assignee,Created", "Summary,Tracker,Status,Environment,Creator"]
    )
    def test_others_are_not(self, tmp_path: Path, columns: str) -> None:
        assert not isinstance(recognise(table(tmp_path, columns.split(","), ["x"] * 6)), JiraCsv)

    def issues(self, path: Path, columns: Sequence[str], *cells: Sequence[str]) -> list[IssueRecord]:
        found = [row.content for row in rows(table(path, columns, *cells))]
        return [content for content in found if isinstance(content, IssueRecord)]

    def test_issues_get_new_numbers_and_stand_ins_that_stay(self, tmp_path: Path) -> None:
        first, second, third = self.issues(tmp_path, self.COLUMNS, self.ROW, self.ROW, ("Other", *self.ROW[1:]))
        assert (first.number, first.project_key, first.project_name) == (None, "HALLLAMPS", "Hall Lamps")
        assert len(first.comments) == 1
        assert len({first.external_id, second.external_id, third.external_id}) == 3
        [again] = self.issues(tmp_path, self.COLUMNS, ("Other", "Task", *self.ROW[2:]))
        assert again.external_id == third.external_id

    def test_says_once_what_to_do(self, tmp_path: Path) -> None:
        found = self.issues(tmp_path, self.COLUMNS, self.ROW, self.ROW)
        [told] = [reason for record in found for _field, reason in record.notes]
        assert "Export it again with the column “Issue key”" in told
        assert "no ids either" in told

    def test_ids_do_where_there_are_any(self, tmp_path: Path) -> None:
        columns = ("Issue id", "Parent id", *self.COLUMNS)
        [record] = self.issues(tmp_path, columns, ("10007", "10001", *self.ROW))
        assert (record.external_id, record.parent) == ("10007", Ref(external_id="10001"))
        assert "no ids either" not in record.notes[0][1]


class TestIssue:
    def test_keeps_words_people_and_times(self, tmp_path: Path) -> None:
        record = read(
            tmp_path,
            ("Labels", "hall"), ("Labels", "night"), ("Labels", ""),
            ("Component/s", "Bulbs"), ("Components", "Wires"),
            ("Fix Version/s", "1.0"), ("Fix Version/s", "1.1"),
            ("Affects Version/s", "0.8"), ("Affects Version/s", "0.9"),
            ("Sprint", "Sprint 1"), ("Sprint", "Sprint 2"),
            **{
                "Description": "It flickers *a lot*.", "Environment": "Hall\nnorth", "Priority": "Major",
                "Resolution": "Fixed", "Resolved": "21/Jul/23 9:00 AM", "Updated": "22/Jul/23 12:30 AM",
                "Status Category": "In Progress", "Project key": "LAMP", "Project name": "Lamps",
                "Due date": "31/May/23 12:00 AM", "Custom field (Start date)": "2023-05-01",
                "Custom field (Story Points)": "3.0", "Original estimate": "5400", "Remaining Estimate": "60",
                "Assignee": "Bill", "Assignee Id": "acc-2", "Reporter": "Mira Stone", "Reporter Id": "acc-1",
                "Custom field (Rank)": "0|i0001b:6bi",
            },
        )  # fmt: skip
        assert (record.external_id, record.key, record.number) == ("10007", "LAMP-7", 7)
        assert (record.project_key, record.project_name) == ("LAMP", "Lamps")
        assert record.text == "It flickers **a lot**.\n\n#### Environment\n\nHall\nnorth"
        assert (record.type_name, record.status_name, record.category) == ("Bug", "Open", Status.Category.IN_PROGRESS)
        assert record.labels == ["hall", "night"]
        assert record.components == ["Bulbs", "Wires"]
        assert [version.name for version in record.fix_versions] == ["1.0", "1.1"]
        assert record.custom == {"Affects versions": "0.8, 0.9"}
        assert [sprint.name for sprint in record.sprints] == ["Sprint 1", "Sprint 2"]
        assert record.reporter == Person("acc-1", "Mira Stone")
        assert record.assignee == Person("acc-2", "Bill")
        assert (record.created_at, record.updated_at) == (CREATED, datetime(2023, 7, 22, 0, 30, tzinfo=UTC))
        assert record.resolved_at == datetime(2023, 7, 21, 9, tzinfo=UTC)
        assert (record.start_date, record.due_date) == (date(2023, 5, 1), date(2023, 5, 31))
        assert (record.points, record.estimate_minutes, record.remaining_minutes) == (Decimal(3), 90, 1)
        assert record.place == "0|i0001b:6bi"
        assert record.notes == []

    @pytest.mark.parametrize(
        ("written", "read_as"),
        [
            ("20/Jul/23 3:25 PM", (2023, 7, 20, 15, 25)),
            ("24/Apr/13 11:43", (2013, 4, 24, 11, 43)),
            ("11/oct/25 2:58 PM", (2025, 10, 11, 14, 58)),
            ("06/dic/25 9:32 PM", (2025, 12, 6, 21, 32)),
            ("06/ene/25 12:05 AM", (2025, 1, 6, 0, 5)),
            ("13/ago/25 9:32 p. m.", (2025, 8, 13, 21, 32)),
            ("03/Mär/24 14:03", (2024, 3, 3, 14, 3)),
            ("15. Okt. 2025, 14:03", (2025, 10, 15, 14, 3)),
            ("04/févr./24 08:15", (2024, 2, 4, 8, 15)),
            ("04/août/24 08:15", (2024, 8, 4, 8, 15)),
            ("02/mrt/24 12:00 PM", (2024, 3, 2, 12, 0)),
            ("02/mei/24 12:00 a.m.", (2024, 5, 2, 0, 0)),
            ("05/set/24 10:33 AM", (2024, 9, 5, 10, 33)),
            ("05/fev/24", (2024, 2, 5, 0, 0)),
            ("07/gen/24 18:00", (2024, 1, 7, 18, 0)),
            ("2024-01-07T18:00:00.000+0000", (2024, 1, 7, 18, 0)),
            ("2024-01-07 18:00", (2024, 1, 7, 18, 0)),
            ("31/01/2024 18:00", (2024, 1, 31, 18, 0)),
        ],
    )
    def test_reads_months_in_many_languages(self, tmp_path: Path, written: str, read_as: tuple[int, ...]) -> None:
        assert read(tmp_path, Created=written).created_at == datetime(*read_as, tzinfo=UTC)  # type: ignore[arg-type,misc]

    def test_reads_times_in_the_chosen_zone(self, tmp_path: Path) -> None:
        record = read(tmp_path, time_zone="America/New_York")
        assert record.created_at is not None
        assert record.created_at.astimezone(UTC) == datetime(2023, 7, 20, 19, 25, tzinfo=UTC)

    @pytest.mark.parametrize("written", ["soon", "31/Feb/23 3:25 PM", "20/Foo/23 3:25 PM", "20/Jul/23 25:70"])
    def test_tells_times_that_are_none(self, tmp_path: Path, written: str) -> None:
        record = read(tmp_path, Created=written)
        assert record.created_at is None
        assert [name for name, _reason in record.notes] == ["Created"]

    def test_reads_an_export_in_another_language(self, tmp_path: Path) -> None:
        columns = (
            "Resumen,Clave de incidencia,ID de la incidencia,Tipo de Incidencia,Estado,Prioridad,Resolución,"
            "Persona asignada,ID de la persona asignada,Creada,Resuelta,Categoría de estado,Principal,Clave principal,"
            "Interesados,ID de los interesados,Campo personalizado (Rank),Campo personalizado (Cliente)"
        ).split(",")
        cells = (
            "Pintar,SN-2,102,Subtarea,Finalizada,Alta,Listo,Ana,a-1,01/sep/25 6:51 PM,02/sep/25 6:51 PM,Listo,101,SN-1,"
            "Ana,a-1,0|i0:,Norte"
        ).split(",")
        [row] = rows(table(tmp_path, columns, cells))
        record = row.content
        assert isinstance(record, IssueRecord)
        assert category_of(record) == Status.Category.DONE
        assert level_of(record) == Level.SUBTASK
        assert priority_of(record.priority_name) == Priority.HIGH
        assert record.parent == Ref("101", "SN-1")
        assert record.watchers == [record.assignee] == [Person("a-1", "Ana")]
        assert record.custom == {"Cliente": "Norte"}
        assert record.place == "0|i0:"
        assert record.notes == []

    def test_tells_custom_fields_by_their_prefix_where_the_language_is_unknown(self) -> None:
        names = [f"Egyéni mező ({name})" for name in ("A", "B", "C", "D", "Rank")]
        assert [column.meaning for column in columns_of(names)] == ["custom"] * 4 + ["rank"]

    def test_lets_the_key_stand_in_for_id_and_title_and_says_so(self, tmp_path: Path) -> None:
        record = read(tmp_path, **{"Summary": " ", "Issue id": ""})
        assert (record.external_id, record.title) == ("LAMP-7", "LAMP-7")
        assert [name for name, _reason in record.notes] == ["Summary"]

    @pytest.mark.parametrize(("status", "category"), [("Resolved", "done"), ("Shipped", "done")])
    def test_takes_what_is_resolved_for_done_where_no_category_is_exported(
        self, tmp_path: Path, status: str, category: str
    ) -> None:
        record = read(tmp_path, Status=status, Resolution="Fixed", Resolved="21/Jul/23 9:00 AM")
        assert category_of(record) == category

    def test_keeps_fields_of_its_own_as_what_their_columns_are(self, tmp_path: Path) -> None:
        fixed = ["Summary", "Issue key", "Status"]
        own = ["Severity", "Weight", "Checked", "Team", "Team", "Note", "Development", "Approvals", "Story Points"]
        columns = [*fixed, *(f"Custom field ({name})" for name in own)]
        machine = "com.atlassian.servicedesk.Approvals@1f"
        upload = table(
            tmp_path, columns,
            ["a", "LA-1", "Open", "high", "1.5", "05/Jul/23 12:00 AM", "red", "", "x" * 501, "{}", machine, "0.5"],
            ["b", "LA-2", "Open", "2", "2", "", "", "", "", "", "", "many"],
        )  # fmt: skip
        first, second = (row.content for row in rows(upload))
        assert isinstance(first, IssueRecord)
        assert isinstance(second, IssueRecord)
        assert first.custom == {
            "Severity": "high",
            "Weight": Decimal("1.5"),
            "Checked": date(2023, 7, 5),
            "Team": ["red"],
        }
        assert first.text == f"#### Note\n\n{'x' * 501}"
        assert first.points == Decimal("0.5")
        # “2” is text, since the column holds words elsewhere.
        assert second.custom == {"Severity": "2", "Weight": Decimal(2)}
        assert [name for name, _reason in second.notes] == ["Story Points"]


class TestHanging:
    def test_takes_comments_apart_and_names_people_by_their_ids(self, tmp_path: Path) -> None:
        record = read(
            tmp_path,
            ("Comment", "19/Jul/23 10:36 AM;acc-1;Ask [~accountid:acc-2]; *now*;"),
            ("Comment", "19/Jul/23 10:36 AM;chen li;Again"),
            ("Comment", "20/Jul/23 10:36 AM;acc-9; \n"),
            ("Comment", "no parts; at all"),
            ("Comment", "21/Jul/23 10:36 AM;said by nobody; at all"),
            **{"Assignee": "Bill", "Assignee Id": "acc-2", "Reporter": "Mira Stone", "Reporter Id": "acc-1"},
        )
        said = [(comment.body, comment.author and comment.author.name) for comment in record.comments]
        assert said == [
            ("Ask @Bill; **now**;", "Mira Stone"),
            ("Again", "chen li"),
            ("no parts; at all", None),
            ("said by nobody; at all", None),
        ]
        assert record.comments[0].created_at == datetime(2023, 7, 19, 10, 36, tzinfo=UTC)
        assert record.comments[2].created_at == CREATED
        assert len({comment.external_id for comment in record.comments}) == 4
        assert [reason for _name, reason in record.notes] == [
            "A comment does not say who wrote it when.",
            "1 comment(s) without text were left out.",
        ]

    def test_gives_comments_the_same_ids_when_read_again(self, tmp_path: Path) -> None:
        more = [("Comment", "19/Jul/23 10:36 AM;mira;one"), ("Comment", "19/Jul/23 10:36 AM;mira;two")]
        again = [more[0], ("Comment", "19/Jul/23 10:36 AM;mira;two, edited"), ("Comment", "20/Jul/23 1:00 PM;bill;new")]
        before = [comment.external_id for comment in read(tmp_path, *more).comments]
        after = [comment.external_id for comment in read(tmp_path, *again).comments]
        assert after[:2] == before
        assert len(set(after)) == 3

    def test_keeps_what_is_known_of_attachments(self, tmp_path: Path) -> None:
        record = read(
            tmp_path,
            ("Attachment", "15/Apr/15 19:38;vik;a;b.patch;https://j.test/secure/attachment/127/a.patch"),
            ("Attachment", "15/Apr/15 19:38;vik;shot.png;https://j.test/rest/api/3/attachment/content/128"),
            ("Attachment", "lost.txt"),
            ("Attachment", "15/Apr/15 19:38;no one.txt;https://j.test/secure/attachment/129/no+one.txt"),
        )
        assert [(each.name, each.external_id, each.url) for each in record.attachments[:2]] == [
            ("a;b.patch", "127", "https://j.test/secure/attachment/127/a.patch"),
            ("shot.png", "128", "https://j.test/rest/api/3/attachment/content/128"),
        ]
        assert record.attachments[0].author == Person("vik", "vik")
        assert record.attachments[0].created_at == datetime(2015, 4, 15, 19, 38, tzinfo=UTC)
        assert (record.attachments[2].name, record.attachments[2].author) == ("lost.txt", None)
        anonymous = record.attachments[3]
        assert (anonymous.name, anonymous.author, anonymous.external_id) == ("no one.txt", None, "129")
        assert anonymous.created_at == record.attachments[0].created_at

    def test_keeps_logged_work(self, tmp_path: Path) -> None:
        record = read(
            tmp_path,
            ("Log Work", "Wires; new;20/Jul/23 8:00 AM;mira;5400"),
            ("Log Work", ";20/Jul/23 9:00 AM;bill;60"),
            ("Log Work", "long ago"),
            **{"Time Spent": "7200"},
        )
        assert [(log.note, log.minutes, log.day, log.author) for log in record.work_logs] == [
            ("Wires; new", 90, date(2023, 7, 20), Person("mira", "mira")),
            ("", 1, date(2023, 7, 20), Person("bill", "bill")),
        ]
        assert record.spent_minutes == 120
        assert [name for name, _reason in record.notes] == ["Log Work"]

    @pytest.mark.parametrize(
        ("column", "relation", "spoken"),
        [
            ("Outward issue link (Blocks)", Relation.BLOCKS, "blocks"),
            ("Inward issue link (Blocker)", Relation.BLOCKED_BY, "is blocked by"),
            ("Outward issue link (Duplicate)", Relation.DUPLICATES, "duplicates"),
            ("Inward issue link (Duplicate)", Relation.DUPLICATED_BY, "is duplicated by"),
            ("Inward issue link (Cloners)", Relation.RELATES, "is cloned by"),
            ("Outward issue link (dependent)", Relation.BLOCKED_BY, "depends upon"),
            ("Inward issue link (Required)", Relation.BLOCKS, "is required by"),
            ("Outward issue link (Relates)", Relation.RELATES, "relates to"),
            ("Inward issue link (Polaris work item link)", Relation.RELATES, "Polaris work item link"),
            ("Enlace de incidencia saliente (Blocks)", Relation.BLOCKS, "blocks"),
        ],
    )
    def test_reads_links_by_type_and_direction(
        self, tmp_path: Path, column: str, relation: Relation, spoken: str
    ) -> None:
        [link, other] = read(tmp_path, (column, "LAMP-9"), (column, "CORD-1")).links
        assert (link.relation, link.target, link.words) == (relation, Ref(key="LAMP-9"), spoken)
        assert other.target == Ref(key="CORD-1")

    def test_tells_links_that_lead_nowhere(self, tmp_path: Path) -> None:
        record = read(tmp_path, ("Outward issue link (Blocks)", "the other one"))
        assert record.links == []
        assert [name for name, _reason in record.notes] == ["Blocks"]

    @pytest.mark.parametrize(
        ("cells", "parent"),
        [
            ({"Parent": "10061"}, Ref("10061")),
            ({"Parent": "10061", "Parent key": "LAMP-1"}, Ref("10061", "LAMP-1")),
            ({"Parent id": "10061", "Custom field (Epic Link)": "LAMP-1"}, Ref("10061")),
            ({"Parent": "LAMP-1"}, Ref(key="LAMP-1")),
            ({"Custom field (Epic Link)": "LAMP-1"}, Ref(key="LAMP-1")),
            ({"Custom field (Parent Link)": "LAMP-2"}, Ref(key="LAMP-2")),
            ({"Custom field (Epic Link)": "none"}, None),
        ],
    )
    def test_finds_what_is_above(self, tmp_path: Path, cells: dict[str, str], parent: Ref | None) -> None:
        assert read(tmp_path, **cells).parent == parent


class TestBadInput:
    def test_refuses_rows_without_a_key_by_the_name_of_their_column(self, tmp_path: Path) -> None:
        upload = table(
            tmp_path,
            ["Resumen", "Clave de incidencia", "Estado"],
            ["a", "", "x"],
            ["b", "SN 2", "x"],
            ["c", "SN-3", "x"],
        )
        found = rows(upload)
        refused = [row.content for row in found[:2]]
        assert [(each.field, each.reason) for each in refused if isinstance(each, Unreadable)] == [
            ("Clave de incidencia", "There is no issue key such as FLOW-12."),
            ("Clave de incidencia", "“SN 2” is no issue key such as FLOW-12."),
        ]
        assert [row.name for row in found] == ["issues.csv:2", "issues.csv:3", "issues.csv:4"]

    def test_passes_over_blank_rows_and_tells_odd_ones(self, tmp_path: Path) -> None:
        upload = table(
            tmp_path, list(SMALL), *[[""] * 5] * 300, list(SMALL.values()), ["x", "LAMP-8"], [*SMALL.values(), "more"]
        )
        records = [row.content for row in rows(upload)]
        assert [len(record.notes) for record in records if isinstance(record, IssueRecord)] == [0, 1, 1]

    def test_refuses_a_million_columns(self, tmp_path: Path) -> None:
        (tmp_path / "x.csv").write_text("Summary,Issue key," + "Comment," * 1_000_000 + "\nx\n")
        [row] = rows(Upload.at(tmp_path / "x.csv"))
        assert isinstance(row.content, Unreadable)

    def test_reads_what_is_not_utf_8(self, tmp_path: Path) -> None:
        upload = table(tmp_path, ["Résumé", "Clé", "État"], ["Lampe cassée", "LAMP-1", "À faire"], encoding="cp1252")
        [row] = rows(upload)
        assert isinstance(row.content, IssueRecord)
        assert row.content.title == "Lampe cassée"

    def test_tells_a_quotation_that_never_ends(self, tmp_path: Path) -> None:
        (tmp_path / "x.csv").write_text('Summary,Issue key,Status\na,LA-1,x\n"b,LA-2,x\nc,LA-3,x\n')
        first, second = rows(Upload.at(tmp_path / "x.csv"))
        assert isinstance(first.content, IssueRecord)
        assert isinstance(second.content, Unreadable)
