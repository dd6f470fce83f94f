"""Files that are no exports, broken, or made to harm: each is refused, or told row by row, with what to do."""

import codecs
import gzip
import json
import os
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import pytest

from apps.imports.choices import Choices
from apps.imports.formats import UnknownFormat, recognise
from apps.imports.reading.elements import read_elements
from apps.imports.records import IssueRecord, Unreadable
from tests.imports import test_bugzilla, test_redmine, test_taiga
from tests.imports.reading import contents, upload

ENTITIES = '<!DOCTYPE bugzilla [<!ENTITY a "ha">' + "".join(
    f'<!ENTITY {chr(98 + level)} "{f"&{chr(97 + level)};" * 10}">' for level in range(12)
)
EXPORTS = {
    "redmine-rest": json.dumps({"issues": [test_redmine.issue(), test_redmine.issue(id=8)]}),
    "redmine-csv": test_redmine.ENGLISH,
    "bugzilla-csv": test_bugzilla.LIST,
    "bugzilla-xml": test_bugzilla.XML,
    "bugzilla-rest": json.dumps({"bugs": [test_bugzilla.bug(), test_bugzilla.bug(id=8)]}),
    "taiga": json.dumps(test_taiga.export()),
}


def refusal(tmp_path: Path, data: bytes, name: str = "issues.csv") -> str:
    with pytest.raises(UnknownFormat) as refused:
        recognise(upload(tmp_path, data, name))
    return str(refused.value)


class TestRefused:
    @pytest.mark.parametrize(
        ("data", "said"),
        [
            (b"", "is empty"),
            (b" \r\n\n" * 500, "is empty"),
            (b"\0" * 100_000, "zeros alone"),
            (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "a PDF document"),
            (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20, "a picture"),
            (b"\xff\xd8\xff\xe0\x00\x10JFIF,a,b\n1,2,3\n", "a picture"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 500, "Save it as CSV"),
            (b"BZh91AY&SY" + bytes(range(200)), "Unpack it"),
            (
                b"<!DOCTYPE html>\n<html><head><title>[LAMP-1] Lamp</title></head><body>LAMP-1",
                "a page that a browser saved",
            ),
            (
                b'<?xml version="1.0"?>\n<html xmlns="http://www.w3.org/1999/xhtml"><body/></html>',
                "a page that a browser saved",
            ),
            (
                b'\xef\xbb\xbf\n<HTML><BODY><DIV class="xml">- &lt;rss&gt;</DIV></BODY></HTML>',
                "a page that a browser saved",
            ),
            (b"c" + b",c" * 1_000_000, "more than 5000 columns"),
            (json.dumps({"issues": [{"id": 1}]}).encode("utf-16"), "Save it as UTF-8"),
            (b'{"issues": [{"unknown": 1}]}', "It reads: "),
            (b"[1, 2, 3", "It reads: "),
            (b"<opml><body/></opml>", "It reads: "),
            (b"words and nothing else", "It reads: "),
            (bytes(range(256)) * 100, "It reads: "),
            # Without its time, which would be in the test's name and differ between those who collect it.
            (gzip.compress(b"words and nothing else", mtime=0), "It reads: "),
            (b"\x1f\x8b\x08\x00broken", "too damaged to unpack"),
            (gzip.compress(b"\0" * 1_000_000, mtime=0), "zeros alone"),
            ("Título,État\nuno,otro\n".encode("utf-16-le"), "Save it as UTF-8"),
            (b'<?xml version="1.0" encoding="klingon"?><bugzilla><bug/></bugzilla>', "It reads: "),
        ],
    )
    def test_with_what_it_is_and_what_to_do(self, tmp_path: Path, data: bytes, said: str) -> None:
        sentence = refusal(tmp_path, data)
        assert "“issues.csv”" in sentence
        assert said in sentence

    def test_an_archive_whatever_is_inside(self, tmp_path: Path) -> None:
        path = tmp_path / "bomb.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("../../issues.csv", b"0" * 10_000_000)
        assert "Unpack it" in refusal(tmp_path, path.read_bytes())


class TestRecognised:
    @pytest.mark.parametrize("name", EXPORTS)
    def test_by_content_whatever_it_is_called(self, tmp_path: Path, name: str) -> None:
        for number, called in enumerate(("issues.xml", "issues.json", "issues.csv", "photo.png", "issues")):
            assert recognise(upload(tmp_path, EXPORTS[name], called)).name == name, number

    @pytest.mark.parametrize("name", EXPORTS)
    def test_packed_and_marked(self, tmp_path: Path, name: str) -> None:
        data = EXPORTS[name].encode()
        whole = [type(each) for each in contents(upload(tmp_path, data), name)]
        assert [type(each) for each in contents(upload(tmp_path, gzip.compress(data)), name)] == whole
        assert [type(each) for each in contents(upload(tmp_path, codecs.BOM_UTF8 + data), name)] == whole


class TestBroken:
    @pytest.mark.parametrize("name", [name for name in EXPORTS if "csv" not in name])
    def test_a_cut_off_document_tells_where_it_ends(self, tmp_path: Path, name: str) -> None:
        data = EXPORTS[name].encode()
        for part in (0.6, 0.8, 0.95):
            found = contents(upload(tmp_path, data[: int(len(data) * part)]), name)
            assert isinstance(found[-1], Unreadable)
            assert "nothing after was read" in found[-1].reason
        found = contents(upload(tmp_path, gzip.compress(data)[:-12]), name)
        assert isinstance(found[-1], Unreadable)

    @pytest.mark.parametrize("name", ["redmine-rest", "bugzilla-rest", "taiga"])
    def test_another_encoding_is_told(self, tmp_path: Path, name: str) -> None:
        data = EXPORTS[name].replace("Lamp", "L\u00e4mp").replace("L\\u00e4mp", "L\u00e4mp").encode("cp1252")
        found = contents(upload(tmp_path, data), name)
        assert isinstance(found[-1], Unreadable)
        assert "UTF-8" in found[-1].reason or "nothing after was read" in found[-1].reason

    # Of two bytes for each letter, one may look like a control character.
    @pytest.mark.parametrize(("encoding", "pasted"), [("utf-8", "\x0b\x1b"), ("utf-16", "\u0b0c")])
    def test_control_characters_end_no_document(self, tmp_path: Path, encoding: str, pasted: str) -> None:
        titles = (f"Lamp{pasted}flickers", "Hall")
        bugs = "".join(f"<bug><short_desc>{title}</short_desc></bug>" for title in titles)
        text = f'<?xml version="1.0" encoding="{encoding}"?><bugzilla>{bugs}</bugzilla>'
        # Each is forgotten when the next is asked for.
        said = [
            each.fault or (each.node.findtext("short_desc") if each.node is not None else None)
            for each in read_elements(upload(tmp_path, text.encode(encoding)), "bug")
        ]
        assert said == [titles[0] if encoding == "utf-16" else "Lamp  flickers", "Hall"]

    def test_an_entity_bomb_is_told(self, tmp_path: Path) -> None:
        text = f"{ENTITIES}]><bugzilla><bug><bug_id>7</bug_id><short_desc>&m;</short_desc></bug></bugzilla>"
        [found] = contents(upload(tmp_path, text), "bugzilla-xml")
        assert isinstance(found, Unreadable)
        assert "entities" in found.reason

    def test_an_external_entity_is_told(self, tmp_path: Path) -> None:
        text = '<!DOCTYPE bugzilla [<!ENTITY a SYSTEM "file:///etc/passwd">]><bugzilla><bug><bug_id>&a;</bug_id></bug></bugzilla>'
        [found] = contents(upload(tmp_path, text), "bugzilla-xml")
        assert isinstance(found, Unreadable)

    def test_names_of_files_lead_nowhere(self, tmp_path: Path) -> None:
        for name in ("redmine-csv", "bugzilla-csv", "bugzilla-xml", "taiga"):
            for record in contents(upload(tmp_path, EXPORTS[name]), name):
                if isinstance(record, IssueRecord):
                    assert not any({"/", "\\"} & set(each.name) or each.path for each in record.attachments)

    def test_blank_rows_are_no_rows(self, tmp_path: Path) -> None:
        head, *rows = test_bugzilla.LIST.splitlines()
        text = "\n".join([head, *[",,,"] * 300, *rows, *[" "] * 300])
        assert len(contents(upload(tmp_path, text), "bugzilla-csv")) == 3


def packed(megabytes: int, piece: bytes) -> bytes:
    """As many megabytes of one piece, packed: so many members of a gzip file as it takes, each made once."""
    member = gzip.compress(piece * (32 * 1024 * 1024 // len(piece)))
    return member * (megabytes // 32)


class TestHostile:
    """In a process of their own, so that what each takes can be told from what other tests took."""

    def test_takes_little_time_and_memory(self, tmp_path: Path) -> None:
        ten_gigabytes = packed(10 * 1024, b"\0" * 1024)
        files = {
            "zeros.gz": ten_gigabytes,
            "table.gz": gzip.compress(b"Title,Status\na,b\n") + ten_gigabytes,
            "quoted.gz": gzip.compress(b'Title,Status\na,"') + packed(1024, b"\n" * 1024),
            "objects.gz": gzip.compress(b'{"bugs": [{"id": 1, "summary": "') + ten_gigabytes,
            "blanks.gz": gzip.compress(b'{"bugs": [{"id": 1, "summary": "a"},') + packed(1024, b" " * 1024),
            "document.gz": gzip.compress(b"<bugzilla><bug><bug_id>") + packed(1024, b"7" * 1024),
            "line.csv": b"Title,Status\na," + b"b" * 40_000_000 + b"\nc,d\n",
            "quote.csv": b'Title,Status\na,"' + b"b\n" * 5_000_000,
            "columns.csv": b"Title" + b",c" * 1_000_000 + b"\n",
            "cells.csv": b"Title,Status\n" + b"," * 1_000_000 + b"x\n",
            "entities.xml": f"{ENTITIES}]><bugzilla><bug><bug_id>&m;</bug_id></bug></bugzilla>".encode(),
            "nested.json": b'{"bugs": [{"id": 1, "summary": ' + b"[" * 5_000_000,
            "nested.xml": b"<bugzilla>" + b"<bug>" * 500_000,
            "raw.gz": b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + zlib.compress(b"\0" * 1000),
        }  # fmt: skip
        for name, data in files.items():
            (tmp_path / name).write_bytes(data)
        environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "flowboard.settings.test"}
        done = subprocess.run(
            [sys.executable, "-m", "tests.imports.bombs", str(tmp_path)],
            capture_output=True, text=True, check=True, env=environment, timeout=60,
        )  # fmt: skip
        told = {found["name"]: found for found in map(json.loads, done.stdout.splitlines())}
        assert told.keys() == files.keys()
        for name, found in told.items():
            assert found["megabytes"] < 100, (name, found)
            assert found["seconds"] < 2, (name, found)
            assert found["said"] or name == "cells.csv", name

    def test_a_table_goes_on_behind_a_line_without_end(self, tmp_path: Path) -> None:
        text = b"Title,Status\na," + b"b" * 17_000_000 + b"\nc,d\n"
        bad, good = contents(upload(tmp_path, text), "csv")
        assert isinstance(bad, Unreadable)
        assert isinstance(good, IssueRecord)
        assert [row.name for row in recognise(upload(tmp_path, text)).read(upload(tmp_path, text), Choices())] == [
            "export.dat:2", "export.dat:3",
        ]  # fmt: skip
