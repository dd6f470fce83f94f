"""Lines of files: split at line feeds alone, in constant memory, damage told."""

import gzip
from pathlib import Path

import pytest

from apps.imports.files import Upload
from apps.imports.reading import lines
from apps.imports.reading.lines import read_lines


class TestReadLines:
    def test_splits_at_line_feeds_alone(self, tmp_path: Path) -> None:
        path = tmp_path / "a.ndjson"
        path.write_bytes("one\u2028still one\r\n\n  \nthree\u0085too".encode())
        assert [(row.number, row.data.decode()) for row in read_lines(Upload.at(path))] == [
            (1, "one\u2028still one\r\n"),
            (4, "three\u0085too"),
        ]

    @pytest.mark.parametrize("name", ["a.ndjson.gz", "a.ndjson"])
    def test_recognises_gzip_by_its_content(self, tmp_path: Path, name: str) -> None:
        path = tmp_path / name
        path.write_bytes(gzip.compress(b"one\ntwo\n"))
        assert [row.data for row in read_lines(Upload.at(path))] == [b"one\n", b"two\n"]

    def test_says_where_a_damaged_file_ends(self, tmp_path: Path) -> None:
        path = tmp_path / "a.gz"
        path.write_bytes(gzip.compress(b"".join(b"%d\n" % n for n in range(100_000)))[:-2000])
        *good, last = read_lines(Upload.at(path))
        assert good
        assert last.fault

    def test_skips_a_row_without_end_and_goes_on(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(lines, "LONGEST_LINE", 1000)
        path = tmp_path / "a.gz"
        path.write_bytes(gzip.compress(b"one\n" + b"x" * 5000 + b"\nthree\n"))
        found = [(line.number, bool(line.fault)) for line in read_lines(Upload.at(path))]
        assert found == [(1, False), (2, True), (3, False)]

    def test_reads_an_empty_file_as_no_rows(self, tmp_path: Path) -> None:
        path = tmp_path / "a"
        path.write_bytes(b"")
        assert list(read_lines(Upload.at(path))) == []
