"""Files are what they contain, whatever they are called."""

import pytest

from apps.core.filetypes import HEAD, SHOWN, UNKNOWN, is_taken, recognise
from tests.factories import picture

KNOWN = {
    "image/png": picture("PNG"),
    "image/jpeg": picture("JPEG"),
    "image/gif": picture("GIF"),
    "image/webp": picture("WEBP"),
    "image/avif": picture("AVIF"),
    "image/bmp": picture("BMP"),
    "image/tiff": picture("TIFF"),
    "video/mp4": b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00",
    "video/quicktime": b"\x00\x00\x00\x14ftypqt  ",
    "audio/mp4": b"\x00\x00\x00\x20ftypM4A ",
    "video/webm": b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm",
    "video/x-matroska": b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x88matroska",
    "video/ogg": b"OggS" + b"\x00" * 25 + b"\x80theora",
    "audio/ogg": b"OggS" + b"\x00" * 24 + b"OpusHead",
    "audio/wav": b"RIFF\x24\x00\x00\x00WAVEfmt ",
    "audio/mpeg": b"ID3\x04\x00",
    "application/pdf": b"%PDF-1.7\n",
    "application/zip": b"PK\x03\x04\x14\x00",
    "application/vnd.microsoft.portable-executable": b"MZ\x90\x00",
    "text/html": b"\n  <!DOCTYPE HTML><script>alert(1)</script>",
    "image/svg+xml": b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>',
    "application/xml": b'<?xml version="1.0"?><feed/>',
    "text/x-shellscript": b"#!/bin/sh\nrm -rf /\n",
    "text/plain": "Grüße, 你好".encode(),
    UNKNOWN: b"\x00\x01\x02\x03",
}


class TestRecognise:
    @pytest.mark.parametrize("kind", KNOWN)
    def test_tells_kinds_by_their_first_bytes(self, kind: str) -> None:
        assert recognise(KNOWN[kind][:HEAD]) == kind

    def test_takes_nothing_that_can_run_for_something_to_be_shown(self) -> None:
        for data in (
            b"<svg onload=alert(1)>",
            b"<html>",
            b"<script>1</script>",
            b"RIFF\x00\x00\x00\x00<html>",
            b"",
            b"\xff",
        ):
            assert recognise(data) not in SHOWN

    def test_reads_text_whose_last_letter_is_cut_in_two(self) -> None:
        assert recognise(("x" * (HEAD - 1) + "é").encode()[:HEAD]) == "text/plain"
        assert recognise(b"\xfe" + b"x" * (HEAD - 1)) == UNKNOWN


class TestIsTaken:
    def test_takes_everything_where_nothing_is_named(self) -> None:
        assert is_taken("text/html", [])
        assert is_taken("image/png", ["image/*", "application/pdf"])
        assert not is_taken("text/html", ["image/*", "application/pdf"])
