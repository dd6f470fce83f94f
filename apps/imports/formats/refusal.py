"""What to say of a file that is no export: what it is instead, and what to do. (For pages see `saved_pages`.)"""

from django.utils.translation import gettext as _

from apps.imports.formats.base import Sample
from apps.imports.reading.tables import NoTable, dialect_of_head

_ZIP = b"PK\x03\x04"
_OLD_OFFICE = b"\xd0\xcf\x11\xe0"
_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF", b"BM")
_PACKED = (b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf", b"Rar!", b"\x28\xb5\x2f\xfd")
_WIDE = (b"\xff\xfe", b"\xfe\xff")


def advice(sample: Sample) -> str:
    """One or two sentences about the file; "" where all that can be said is that it is not known."""
    head, name = sample.head, sample.upload.name
    if not head and sample.upload.is_packed:
        said = _("“%(name)s” is packed, and too damaged to unpack anything. Export or download it again.")
    elif head.startswith(b"\0") and not head.strip(b"\0"):
        said = _("“%(name)s” begins with zeros alone, as files do that were not written whole. Export it again.")
    elif not head.strip(b"\0 \t\r\n"):
        said = _("“%(name)s” is empty. Export it again, and wait until it is there whole.")
    elif head.startswith(b"%PDF"):
        said = _("“%(name)s” is a PDF document. Export the issues as CSV, JSON or XML instead.")
    elif head.startswith(_PICTURES):
        said = _("“%(name)s” is a picture. Export the issues as CSV, JSON or XML instead.")
    elif head.startswith(_ZIP):
        said = _("“%(name)s” is a ZIP archive or a spreadsheet. Unpack it, or save it as CSV, and choose that file.")
    elif head.startswith(_OLD_OFFICE):
        said = _("“%(name)s” is a spreadsheet or another office document. Save it as CSV and choose that file.")
    elif head.startswith(_PACKED):
        said = _("“%(name)s” is packed in a way that FlowBoard does not unpack. Unpack it and choose what is inside.")
    elif (head.startswith(_WIDE) and head[2:4].strip(b"\0") in {b"{", b"[", b"<"}) or _is_wide(head[:64]):
        said = _("“%(name)s” is written as UTF-16. Save it as UTF-8 and choose it again.")
    else:
        return _about_table(sample)
    return said % {"name": name}


def _is_wide(head: bytes) -> bool:
    """Whether every second byte is zero, as of UTF-16 that does not say so itself."""
    return len(head) > 8 and (not head[::2].strip(b"\0") or not head[1::2].strip(b"\0"))


def _about_table(sample: Sample) -> str:
    if sample.first_byte in {b"{", b"[", b"<"} or b"\0" in sample.head[:4096]:
        return ""
    try:
        dialect_of_head(sample.head)
    except NoTable as error:
        return _("“%(name)s” cannot be read as a table. %(reason)s") % {"name": sample.upload.name, "reason": error}
    return ""
