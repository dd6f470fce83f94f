"""Any table of issues: its columns by their names in several languages, as people choose, and by what they hold."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from apps.imports.choices import Choices
from apps.imports.formats import UnknownFormat, recognise
from apps.imports.formats.columns import TARGETS, guess
from apps.imports.formats.table import Table
from apps.imports.records import IssueRecord, Person, Ref, Unreadable
from tests.imports.reading import contents, issues, upload

ENGLISH = "\n".join(
    [
        "Key,Title,Description,Status,Type,Priority,Assignee,Reporter,Tags,Points,"
        "Created,Updated,Closed,Due,Parent,Comment,Comment,Team,Weight",
        "LAMP-7,Hall lamp flickers,see [the plan|https://a.test/plan],In Progress,Bug,High,Mira Stone <Mira@a.test>,"
        'ole@a.test,"hall; night, hall",2.5,2024-03-01 09:30,2024-03-05,,7 Mar 2024,LAMP-1,First,Second,North,"1,5"',
        "LAMP-1,Light the hall,,Done,Epic,,,,,,2024-02-01,,2024-03-02,,,,,,3",
    ]
)


def read(tmp_path: Path, text: str | bytes, **choices: Any) -> list[IssueRecord]:
    return issues(upload(tmp_path, text), "csv", **choices)


class TestGuess:
    @pytest.mark.parametrize(
        ("names", "targets"),
        [
            ("Titel;Beschreibung;Status;Priorität;Zugewiesen an;Ersteller;Stichwörter;Fällig am;Erstellt am",
             "title text status_name priority_name assignee reporter labels due_date created_at"),
            ("Titre;Description;Statut;Priorité;Assigné à;Auteur;Étiquettes;Échéance;Créé le",
             "title text status_name priority_name assignee reporter labels due_date created_at"),
            ("Asunto;Descripción;Estado;Prioridad;Asignado a;Autor;Etiquetas;Creado",
             "title text status_name priority_name assignee reporter labels created_at"),
            ("Resumo;Descrição;Estado;Prioridade;Responsável;Tarefa pai",
             "title text status_name priority_name assignee parent"),
            ("#;Onderwerp;Omschrijving;Status;Toegewezen aan", "key title text status_name assignee"),
            ("ID;Тема;Описание;Статус;Приоритет;Исполнитель",
             "external_id title text status_name priority_name assignee"),
            ("題名;説明;ステータス;担当者;期日", "title text status_name assignee due_date"),
            ("issuekey,storypoint,split_mark,title".replace(",", ";"), "key points custom title"),
            ("Issue Type;story_points;Due-Date;Created At", "type_name points due_date created_at"),
            ("Name;Summary;Title", "custom custom title"),
            ("Labels;Labels;Comment;Comment;;Status;Status",
             "labels labels comments comments ignore status_name custom"),
        ],
    )  # fmt: skip
    def test_knows_columns_by_name(self, names: str, targets: str) -> None:
        assert guess(names.split(";")) == targets.split()

    def test_guesses_only_what_can_be_chosen(self) -> None:
        assert set(guess(["Title", "What?", ""])) <= set(TARGETS)


class TestRead:
    def test_reads_what_its_columns_name(self, tmp_path: Path) -> None:
        lamp, hall = read(tmp_path, ENGLISH, time_zone="Europe/Berlin")
        berlin = ZoneInfo("Europe/Berlin")
        assert (lamp.external_id, lamp.key, lamp.number, lamp.project_key) == ("LAMP-7", "LAMP-7", 7, "LAMP")
        assert lamp.title == "Hall lamp flickers"
        assert lamp.text == "see [the plan](<https://a.test/plan>)"
        assert (lamp.status_name, lamp.type_name, lamp.priority_name) == ("In Progress", "Bug", "High")
        assert lamp.assignee == Person("mira@a.test", "Mira Stone", "mira@a.test")
        assert lamp.reporter == Person("ole@a.test", "ole@a.test", "ole@a.test")
        assert lamp.labels == ["hall", "night"]
        assert lamp.points == Decimal("2.5")
        assert lamp.created_at == datetime(2024, 3, 1, 9, 30, tzinfo=berlin)
        assert lamp.updated_at == datetime(2024, 3, 5, tzinfo=berlin)
        assert (lamp.resolved_at, lamp.due_date) == (None, date(2024, 3, 7))
        assert lamp.parent == Ref("LAMP-1", "LAMP-1")
        assert [(each.external_id, each.body) for each in lamp.comments] == [
            ("LAMP-7/comment/1", "First"), ("LAMP-7/comment/2", "Second"),
        ]  # fmt: skip
        assert lamp.custom == {"Team": "North", "Weight": Decimal("1.5")}
        assert lamp.notes == []
        assert (hall.resolved_at, hall.custom) == (datetime(2024, 3, 2, tzinfo=berlin), {"Weight": Decimal(3)})

    def test_takes_what_people_choose(self, tmp_path: Path) -> None:
        columns = {
            "Team": "components",
            "Weight": "ignore",
            "Title": "text",
            "Description": "title",
            "Tags": "nonsense",
        }
        lamp, hall = read(tmp_path, ENGLISH, columns=columns)
        assert (lamp.components, lamp.custom, lamp.text) == (["North"], {}, "Hall lamp flickers")
        assert lamp.title == "see [the plan|https://a.test/plan]"
        assert lamp.labels == ["hall", "night"]
        assert (hall.title, hall.notes) == ("LAMP-1", [("Description", "There is no title; the key stands in for it.")])

    def test_shows_its_columns_with_an_example_each(self, tmp_path: Path) -> None:
        source = upload(tmp_path, "Title;Size;When;Nothing\nLamp;3;13/2/2024;\nHall;x;1/2/2024;\n")
        found = Table().columns(source, Choices(columns={"Size": "labels"}))
        assert [(each.name, each.target, each.kind.value, each.example) for each in found] == [
            ("Title", "title", "text", "Lamp"), ("Size", "labels", "text", "3"),
            ("When", "custom", "date", "13/2/2024"), ("Nothing", "custom", "text", ""),
        ]  # fmt: skip

    def test_takes_the_first_words_for_titles_where_no_name_says_so(self, tmp_path: Path) -> None:
        [record] = read(tmp_path, "Weight;What;Which\n3;Lamp flickers;Hall\n")
        assert (record.title, record.custom) == ("Lamp flickers", {"Weight": Decimal(3), "Which": "Hall"})

    def test_tells_the_order_of_days_and_months_by_the_file(self, tmp_path: Path) -> None:
        first, second = read(tmp_path, "Title,Due,Start\na,3/4/2024,\nb,,4/13/2024\n")
        assert (first.due_date, second.start_date) == (date(2024, 3, 4), date(2024, 4, 13))
        assert [field for field, _reason in first.notes] == ["Due"]
        assert second.notes == []

    def test_takes_estimates_for_points_or_hours_as_their_cells_tell(self, tmp_path: Path) -> None:
        assert [each.points for each in read(tmp_path, "Title,Estimate\na,3\nb,5\n")] == [3, 5]
        assert [each.estimate_minutes for each in read(tmp_path, "Title,Estimate\na,3h\nb,1d\n")] == [180, 480]
        assert [each.custom for each in read(tmp_path, "Title,Estimate\na,XL\nb,5\n")] == [
            {"Estimate": "XL"}, {"Estimate": "5"},
        ]  # fmt: skip

    def test_knows_rows_again_without_ids(self, tmp_path: Path) -> None:
        first = read(tmp_path, "Title,Parent\nLamp,\nHall,lamp\nLamp,\n")
        assert len({each.external_id for each in first}) == 3
        assert first[1].parent is not None
        assert first[1].parent.external_id == first[0].external_id
        again = read(tmp_path, "Title,Status\nHall,Done\nNew,\nLamp,\n")
        assert again[0].external_id == first[1].external_id
        assert again[2].external_id == first[0].external_id
        assert again[1].external_id not in {each.external_id for each in first}

    def test_names_projects_by_key_by_name_or_by_the_file(self, tmp_path: Path) -> None:
        text = "Key,Project,Title\nA-1,x,t\n2,Hall Lights,t\n3,HL2,t\n#4,,t\nfive,Hall Lights & more,t\n6,照明,t\n"
        found = issues(upload(tmp_path, text, "my lamps.csv"), "csv")
        assert [(each.project_key, each.project_name, each.number) for each in found] == [
            ("A", "x", 1), ("HALLLIGHTS", "Hall Lights", 2), ("HL2", "HL2", 3), ("MYLAMPS", "my lamps", 4),
            ("HALLLIGHT2", "Hall Lights & more", None), ("IMPORT", "照明", 6),
        ]  # fmt: skip

    def test_tells_what_it_left_out(self, tmp_path: Path) -> None:
        [record] = read(tmp_path, "Title,Assignee,Points,Due,Status\nt,a@a.test; b@a.test,many,soon\n")
        assert [field for field, _reason in record.notes] == ["", "Assignee", "Due"]
        assert record.custom == {"Points": "many"}
        assert record.assignee is not None
        assert record.assignee.email == "a@a.test"
        assert [each.email for each in record.watchers] == ["b@a.test"]

    def test_gathers_columns_of_one_name_that_it_does_not_know(self, tmp_path: Path) -> None:
        [record] = read(tmp_path, "Title,Squad,Squad,Squad\nt,a,,b\n")
        assert record.custom == {"Squad": ["a", "b"]}

    def test_reads_other_encodings_and_texts_of_any_length(self, tmp_path: Path) -> None:
        assert read(tmp_path, "Titel;Größe\nLeuchte;groß\n".encode("cp1252"))[0].custom == {"Größe": "groß"}
        log = "line\n" * 40_000
        [record] = read(tmp_path, f'Key,Title,Text,Comment\n1,t,"{log}","{log}"\n')
        assert len(record.text) <= 100_000
        assert len({each.external_id for each in record.comments}) == len(record.comments) > 3

    def test_answers_a_row_that_cannot_be_read_with_a_row(self, tmp_path: Path) -> None:
        good, bad = contents(upload(tmp_path, 'Title,Text\na,b\nc,"d\n'), "csv")
        assert isinstance(good, IssueRecord)
        assert isinstance(bad, Unreadable)
        assert good.created_at is None

    def test_answers_a_file_that_is_no_table_with_a_row(self, tmp_path: Path) -> None:
        [row] = Table().read(upload(tmp_path, b""), Choices())
        assert isinstance(row.content, Unreadable)

    def test_never_dates_a_change_before_the_beginning(self, tmp_path: Path) -> None:
        [record] = read(tmp_path, "Title,Created,Updated\nt,2024-03-05,2024-03-01\n")
        assert record.updated_at == record.created_at == datetime(2024, 3, 5, tzinfo=UTC)


class TestRecognises:
    @pytest.mark.parametrize(
        "data",
        [b"", b"\n\n\n", b"just words", b"Dear Mira, all is well\nYours, Ole, and the others\n", b"%PDF-1.7\n1,2,3",
         b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4, b"a,b\x00,c\n1,2,3\n", b"x" * 200 + b",y\n1,2\n",
         b"PK\x03\x04,b\n1,2\n"],
    )  # fmt: skip
    def test_takes_nothing_else_for_a_table(self, tmp_path: Path, data: bytes) -> None:
        with pytest.raises(UnknownFormat):
            recognise(upload(tmp_path, data, "issues.csv"))

    @pytest.mark.parametrize("data", [b"Title\none\n", b"a,b\n1,2\n3,4\n", b"Title,b\n1\n1,2,3\n", b"Summary;x\n"])
    def test_takes_any_table_that_could_be_of_issues(self, tmp_path: Path, data: bytes) -> None:
        assert recognise(upload(tmp_path, data)).name == "csv"
