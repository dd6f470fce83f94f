"""Tables as files hold them: delimiters, encodings, quotation, and what is wrong with a row told as a row."""

import codecs
import gzip
from pathlib import Path

import pytest

from apps.imports.files import Upload
from apps.imports.reading.tables import MOST_COLUMNS, NoTable, TableRow, dialect_of, read_table


def upload(tmp_path: Path, data: bytes) -> Upload:
    path = tmp_path / "issues.csv"
    path.write_bytes(data)
    return Upload.at(path)


def rows(tmp_path: Path, data: bytes) -> list[TableRow]:
    return list(read_table(upload(tmp_path, data)))


class TestDialect:
    @pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
    def test_tells_the_delimiter_by_the_names_of_the_columns(self, tmp_path: Path, delimiter: str) -> None:
        head = delimiter.join(["Id", '"Title, or | what; it is"', "Status"])
        [row] = rows(tmp_path, f"{head}\n{delimiter.join('123')}\n".encode())
        assert list(row.columns) == ["Id", "Title, or | what; it is", "Status"]
        assert list(row.cells) == ["1", "2", "3"]

    def test_takes_a_single_column_as_a_table(self, tmp_path: Path) -> None:
        assert [list(row.cells) for row in rows(tmp_path, b"Title\none\ntwo\n")] == [["one"], ["two"]]

    @pytest.mark.parametrize(
        ("mark", "encoding"),
        [(b"", "utf-8"), (codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"),
         (codecs.BOM_UTF16_BE, "utf-16-be"), (b"", "cp1252")],
    )  # fmt: skip
    def test_tells_the_encoding(self, tmp_path: Path, mark: bytes, encoding: str) -> None:
        [row] = rows(tmp_path, mark + "Título;Größe\nniño;weiß\n".encode(encoding))
        assert row.columns == ["Título", "Größe"]
        assert row.cells == ["niño", "weiß"]

    def test_replaces_bytes_that_the_encoding_does_not_know(self, tmp_path: Path) -> None:
        # cp1252 by its accents, with one byte that it leaves undefined.
        [row] = rows(tmp_path, b"Title,Status\ncaf\xe9 \x81,open\n")
        assert row.cells == ["café \ufffd", "open"]

    def test_reads_each_letter_in_its_own_encoding_and_tells_once(self, tmp_path: Path) -> None:
        # Two exports joined by a program that knew nothing of encodings.
        data = "Title\nGröße\n日本\n".encode() + "Größe\nniño\n".encode("cp1252") + "ende ü\n".encode()
        found = rows(tmp_path, data)
        assert [row.cells[0] for row in found] == ["Größe", "日本", "Größe", "niño", "ende ü"]
        assert [bool(row.oddities) for row in found] == [False, False, True, False, False]
        assert "save the file as UTF-8" in found[2].oddities[0]

    def test_says_nothing_of_the_encoding_where_all_is_utf_8(self, tmp_path: Path) -> None:
        assert [row.oddities for row in rows(tmp_path, "Título\nniño 🎉\n".encode())] == [[]]

    @pytest.mark.parametrize("data", [b"", b"\n\n", b",,,\n1,2,3,4\n", b"   \n"])
    def test_refuses_a_table_without_names(self, tmp_path: Path, data: bytes) -> None:
        with pytest.raises(NoTable):
            dialect_of(upload(tmp_path, data))

    @pytest.mark.parametrize("delimiter", [b",", b";", b"\t"])
    def test_refuses_a_million_columns(self, tmp_path: Path, delimiter: bytes) -> None:
        data = delimiter.join(b"c%d" % number for number in range(1_000_000)) + b"\n"
        with pytest.raises(NoTable) as refused:
            dialect_of(upload(tmp_path, data))
        assert str(MOST_COLUMNS) in str(refused.value)


class TestReadTable:
    def test_keeps_line_ends_and_separators_inside_cells(self, tmp_path: Path) -> None:
        [first, second] = rows(tmp_path, 'Id,Text\n1,"one\ntwo\u2028three\r\n""four"""\n2,five\u0085six\n'.encode())
        assert first.cells == ["1", 'one\ntwo\u2028three\r\n"four"']
        assert second.cells == ["2", "five\u0085six"]

    def test_numbers_rows_by_the_line_that_they_begin_at(self, tmp_path: Path) -> None:
        found = rows(tmp_path, b'Id,Text\n1,"a\nb\nc"\n\n2,d\r\n3,e\n')
        assert [row.number for row in found] == [2, 6, 7]

    def test_passes_over_blank_rows(self, tmp_path: Path) -> None:
        found = rows(tmp_path, b"Id,Text\n" + b",\n \n\n" * 300 + b"1,a\n" + b",,,\n" * 300)
        assert [(row.number, list(row.cells)) for row in found] == [(902, ["1", "a"])]

    def test_passes_over_blank_lines_before_the_names(self, tmp_path: Path) -> None:
        assert [list(row.cells) for row in rows(tmp_path, b"\r\n\nId,Text\n1,a\n")] == [["1", "a"]]

    def test_tells_a_quotation_that_never_ends(self, tmp_path: Path) -> None:
        good, bad = rows(tmp_path, b'Id,Text\n1,a 5" lamp\n2,"never ended\n3,b\n4,c\n')
        assert good.cells == ["1", 'a 5" lamp']
        assert (bad.number, list(bad.cells)) == (3, [])
        assert "2 line(s)" in bad.fault

    def test_takes_a_mark_in_the_last_row_for_what_it_is(self, tmp_path: Path) -> None:
        assert [row.fault for row in rows(tmp_path, b'Id,Text\n1,a 5" lamp')] == [""]

    def test_replaces_nothing_for_nul(self, tmp_path: Path) -> None:
        [row] = rows(tmp_path, b"Id,Text\n1,a\x00b\n")
        assert row.cells == ["1", "a\x00b"]

    def test_gives_short_and_long_rows_as_they_are(self, tmp_path: Path) -> None:
        short, long = rows(tmp_path, b"Id,Text,Status\n1\n2,a,open,more,still more\n")
        assert (short.first("Id"), short.first("Text", "Status")) == ("1", "")
        assert (long.first("Status"), long.extra) == ("open", ["more", "still more"])
        assert [len(short.oddities), len(long.oddities)] == [1, 1]
        assert TableRow(2, ["Id"], ["1", "", " "]).oddities == []

    def test_gathers_columns_of_the_same_name(self, tmp_path: Path) -> None:
        [row] = rows(tmp_path, b"Label,Label,Title,Label\na,,t,b\n")
        assert row.all("Label") == ["a", "b"]
        assert row.first("Nothing", "Title") == "t"

    def test_tells_where_a_damaged_file_ends(self, tmp_path: Path) -> None:
        whole = b"Id,Text\n" + b"".join(b"%d,text %d\n" % (number, number * 7919) for number in range(50_000))
        *good, last = rows(tmp_path, gzip.compress(whole)[:-3000])
        assert len(good) > 100
        assert last.fault
        assert not any(row.fault for row in good)

    def test_tells_a_cell_that_is_longer_than_any_text_and_goes_on(self, tmp_path: Path) -> None:
        found = rows(tmp_path, b"Id,Text\n1," + b"x" * (33 * 1024 * 1024) + b"\n2,b\n")
        assert [bool(row.fault) for row in found] == [True, False]
        assert found[1].cells == ["2", "b"]
