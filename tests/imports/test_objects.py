"""Objects of JSON documents: lists, lines and pages alike, in constant memory, and what is damaged told at once."""

import gzip
import json
import random
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from apps.imports.files import Upload
from apps.imports.formats.base import Sample
from apps.imports.reading.lines import LONGEST_LINE
from apps.imports.reading.objects import DEEPEST, Element, read_documents, read_objects
from tests.imports.reading import upload

ROW = {"number": 1, "title": "Rope frays", "tags": ["dock", {"deep": [[], {}, None, True, 1.5]}], "none": {}}


def read(tmp_path: Path, content: str | bytes, *places: str) -> list[Element]:
    return list(read_objects(upload(tmp_path, content), *places))


class TestObjects:
    def test_reads_several_places_in_one_pass(self, tmp_path: Path) -> None:
        document = {"skip": [{"a": [1]}], "issues": [ROW, 7, ROW], "one": {"x": []}, "pulls": [[1], "two"], "end": None}
        text = json.dumps(document)
        found = read(tmp_path, text, "pulls.item", "issues.item", "one", "end")
        assert [(each.place, each.content) for each in found] == [
            ("issues.item", ROW), ("issues.item", 7), ("issues.item", ROW), ("one", {"x": []}), ("pulls.item", [1]),
            ("pulls.item", "two"), ("end", None),
        ]  # fmt: skip
        assert [each.number for each in found] == [1, 2, 3, 4, 5, 6, 7]
        assert sum(each.size for each in found) == len(text)
        assert [each.content for each in read(tmp_path, text, "")] == [document]

    @pytest.mark.parametrize(
        "text",
        [
            "[{}, {}]", '[{}][]\n[{}]', "[{}]\n{}", "{}\n\n{}\n", "\ufeff{}\n{}", "\ufeff [{},\n{}]", "{\n}\n{\n}",
        ],
    )  # fmt: skip
    def test_reads_lists_lines_and_pages_alike(self, tmp_path: Path, text: str) -> None:
        row = json.dumps(ROW, indent=None)
        found = list(read_documents(upload(tmp_path, text.replace("{}", row))))
        if "{\n}" in text:
            assert [each.content for each in found] == [{}, {}]
        else:
            assert [each.content for each in found] == [ROW, ROW]

    def test_reads_one_document_over_several_lines(self, tmp_path: Path) -> None:
        found = list(read_documents(upload(tmp_path, json.dumps(ROW, indent=2))))
        assert [each.content for each in found] == [ROW]

    @pytest.mark.parametrize(
        ("content", "before", "words"),
        [
            (b'[{"a": 1}, {"a', 1, "ends or breaks here"),
            (b'[{"a": 1}] x', 1, "ends or breaks here"),
            (b'[{"a": "\xff"}]', 0, "ends or breaks here"),
            (b'[{"a": 1e999}]', 0, "ends or breaks here"),
            (b"[1, NaN]", 1, "ends or breaks here"),
            (gzip.compress(b'[{"a": 1}, {"b": 2}]', mtime=0)[:-9], 2, "damaged"),
            (b"[1," + b"[" * 2_000_000, 1, f"more than {DEEPEST} levels"),
            (b'{"a":' * 500_000, 0, f"more than {DEEPEST} levels"),
        ],
    )
    def test_tells_where_a_document_breaks(self, tmp_path: Path, content: bytes, before: int, words: str) -> None:
        source = upload(tmp_path, content)
        *good, last = read_objects(source, "item")
        assert len(good) == before
        assert words in last.fault
        assert last.number == before + 1
        assert Sample(source).json_paths <= {"item.a", "item.b", "a", *(".".join("a" * each) for each in range(13))}

    @pytest.mark.parametrize(
        ("line", "words"),
        [
            (b"{", "no JSON"),
            (b'{"a": "\xff"}', "not UTF-8"),
            (b"1" * 5000, "thousands of digits"),
            (b"[" * 300 + b"]" * 300, f"more than {DEEPEST} levels"),
            (b'{"a":' * 100_000, f"more than {DEEPEST} levels"),
        ],
    )
    def test_damage_of_a_line_ends_with_it(self, tmp_path: Path, line: bytes, words: str) -> None:
        first, second, third = read_documents(upload(tmp_path, b'{"a": 1}\n' + line + b"\n[1, 5]\n"))
        assert (first.content, third.content) == ({"a": 1}, [1, 5])
        assert words in second.fault
        assert (second.content, second.number) == (None, 2)

    def test_stops_at_a_value_without_end(self, tmp_path: Path) -> None:
        source = upload(tmp_path, b'[1, "' + b"x" * (LONGEST_LINE * 2))
        first, second = read_objects(source)
        assert first.content == 1
        assert "longer than 32 MB" in second.fault

    def test_stops_at_what_unfolds_without_end(self, tmp_path: Path) -> None:
        packed = gzip.compress(b"[" + (b'"' + b"x" * 1024 * 1024 + b'",') * 100, 1)
        *_good, last = read_objects(upload(tmp_path, packed))
        assert "unfolds" in last.fault

    @pytest.mark.deep
    def test_a_large_file_earns_no_bomb(self, tmp_path: Path) -> None:
        noise = random.Random(7).randbytes(400_000).hex()
        content = json.dumps({"text": noise}).encode() + b"\n" + b"\x00" * (160 * 1024 * 1024)
        first, second = read_documents(upload(tmp_path, gzip.compress(content, 1)))
        assert first.content == {"text": noise}
        assert "unfolds" in second.fault


def _grow(path: Path, rows: int) -> Upload:
    row = json.dumps({**ROW, "text": "x" * 100})
    with path.open("w") as out:
        out.write("[" + row)
        for _number in range(rows - 1):
            out.write("," + row)
        out.write("]")
    return Upload.at(path)


def _peak(source: Upload) -> tuple[int, int]:
    """How many there are, and the most memory that Python held meanwhile."""
    tracemalloc.start()
    try:
        count = sum(1 for _each in read_objects(source))
        return count, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


class TestMemory:
    def test_a_longer_list_takes_no_more(self, tmp_path: Path) -> None:
        short, long = (_peak(_grow(tmp_path / f"{rows}.json", rows)) for rows in (4000, 8000))
        assert (short[0], long[0]) == (4000, 8000)
        assert long[1] < short[1] + 256 * 1024

    @pytest.mark.deep
    def test_a_million_take_no_more(self, tmp_path: Path) -> None:
        source = _grow(tmp_path / "many.json", 1_000_000)
        total: Any = 0
        tracemalloc.start()
        try:
            for position, each in enumerate(read_objects(source), start=1):
                total += each.size
                if position == 1000:
                    tracemalloc.reset_peak()
            assert position == 1_000_000
            assert tracemalloc.get_traced_memory()[1] < 8 * 1024 * 1024
        finally:
            tracemalloc.stop()
        assert total == source.path.stat().st_size
