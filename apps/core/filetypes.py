"""What a file is, read from its first bytes. Its name and what the browser says of it count for nothing."""

from fnmatch import fnmatchcase

# As much of a file as is looked at.
HEAD = 1024

# What a browser may show inside a page of ours; everything else is only ever downloaded.
PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"})
VIDEOS = frozenset({"video/mp4", "video/webm", "video/ogg"})
SOUNDS = frozenset({"audio/mpeg", "audio/ogg", "audio/wav", "audio/flac", "audio/mp4"})
SHOWN = PICTURES | VIDEOS | SOUNDS

UNKNOWN = "application/octet-stream"

_BEGINNINGS: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"BM", "image/bmp"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"ID3", "audio/mpeg"),
    (b"\xff\xfb", "audio/mpeg"),
    (b"\xff\xf3", "audio/mpeg"),
    (b"\xff\xf2", "audio/mpeg"),
    (b"fLaC", "audio/flac"),
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
    (b"PK\x05\x06", "application/zip"),
    (b"\x1f\x8b", "application/gzip"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (b"MZ", "application/vnd.microsoft.portable-executable"),
    (b"\x7fELF", "application/x-executable"),
    (b"#!", "text/x-shellscript"),
)
# Containers say further on what is in them.
_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav"}
_BRANDS = {
    b"avif": "image/avif",
    b"avis": "image/avif",
    b"M4A ": "audio/mp4",
    b"M4B ": "audio/mp4",
    b"qt  ": "video/quicktime",
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"mif1": "image/heic",
}
_MARKUP: tuple[tuple[str, str], ...] = (
    ("<svg", "image/svg+xml"),
    ("<!doctype html", "text/html"),
    ("<html", "text/html"),
    ("<script", "text/html"),
    ("<?xml", "application/xml"),
)


def recognise(head: bytes) -> str:
    """The type of content that begins like this; `UNKNOWN` if it is none of those that are known here."""
    if head[:4] == b"RIFF":
        return _RIFF.get(head[8:12], UNKNOWN)
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], "video/mp4")
    if head[:4] == b"\x1a\x45\xdf\xa3":
        return "video/webm" if b"webm" in head[:64] else "video/x-matroska"
    if head[:4] == b"OggS":
        return "video/ogg" if b"theora" in head[:64] else "audio/ogg"
    for beginning, kind in _BEGINNINGS:
        if head.startswith(beginning):
            return kind
    return _text(head)


def _text(head: bytes) -> str:
    if not head or b"\x00" in head:
        return UNKNOWN
    # A character may be cut in two at the end of what was read.
    text = head[:-4].decode("utf-8", "replace") if len(head) == HEAD else head.decode("utf-8", "replace")
    if "�" in text.rstrip("�"):
        return UNKNOWN
    plain = text.lstrip("\ufeff \t\r\n").lower()
    for beginning, kind in _MARKUP:
        if plain.startswith(beginning):
            return "image/svg+xml" if kind == "application/xml" and "<svg" in plain else kind
    return "text/plain"


def is_taken(kind: str, patterns: list[str]) -> bool:
    """Whether an installation that names these types (`image/*`, `application/pdf`) takes one. None named: all."""
    return not patterns or any(fnmatchcase(kind, pattern) for pattern in patterns)
