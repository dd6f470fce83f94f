"""Pictures of oneself that are none, or that would cost the server dearly: refused at once, in little memory."""

import subprocess
import sys
import zlib
from io import BytesIO
from pathlib import Path
from struct import pack
from zipfile import ZipFile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from apps.accounts.models import User

ROOT = Path(__file__).resolve().parent.parent.parent
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def _packed(zeros: int) -> bytes:
    """So many zeros, packed as a piece in the middle of a stream."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(bytes(zeros)) + packer.flush(zlib.Z_FULL_FLUSH)


def png(width: int, height: int) -> bytes:
    """A PNG of one colour and any size: a few kilobytes that unfold to hundreds of megabytes.

    A hundred rows are packed once, as a piece that needs none of those before it, and repeated: packing 1.6 GB would
    take seconds.
    """
    times, rest = divmod(height, 100)
    length = height * (1 + width)
    checksum = pack(">I", length % 65_521 << 16 | 1)  # Adler-32 of as many zeros
    rows = b"\x78\xda" + _packed(100 * (1 + width)) * times + _packed(rest * (1 + width)) + b"\x03\x00" + checksum

    def chunk(kind: bytes, data: bytes) -> bytes:
        return pack(">I", len(data)) + kind + data + pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def moving(kind: str) -> bytes:
    frames = [Image.new("RGB", (64, 64), (shade, 0, 0)) for shade in range(0, 250, 50)]
    out = BytesIO()
    frames[0].save(out, kind, save_all=True, append_images=frames[1:])
    return out.getvalue()


def zipped() -> bytes:
    out = BytesIO()
    with ZipFile(out, "w") as archive:
        archive.writestr("picture.png", b"x" * 1000)
    return out.getvalue()


BAD = {
    "10,000 pixels square": png(10_000, 10_000),
    "a bomb within 2 MB": png(40_000, 40_000),
    "an SVG with a script": SVG,
    "a PNG cut off": png(600, 600)[:200],
    "a zip": zipped(),
    "a zip that begins like a PNG": b"\x89PNG\r\n\x1a\n" + zipped(),
    "a GIF": moving("GIF"),
    "an SVG after a PNG's first bytes": b"\x89PNG\r\n\x1a\n" + SVG,
    "larger than 2 MB": b"\x89PNG\r\n\x1a\n" + b"x" * 2_200_000,
    "nothing": b"\x00" * 50,
}
# Read in a process of its own: what one picture costs is what the process grows by.
MEASURE = """
import resource, sys, time
import django
django.setup()
from io import BytesIO
from apps.accounts.services import encode_avatar
from apps.core.errors import Invalid
data = sys.stdin.buffer.read()
from PIL import Image
Image.init()
before, began = resource.getrusage(resource.RUSAGE_SELF), time.process_time()
try:
    encode_avatar(BytesIO(data))
except Invalid:
    pass
after = resource.getrusage(resource.RUSAGE_SELF)
print((after.ru_maxrss - before.ru_maxrss) // 1024, time.process_time() - began)
"""


@pytest.fixture
def client(ada: User) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(ada)
    return client


class TestPicture:
    @pytest.mark.parametrize("name", BAD)
    def test_is_refused_at_its_field_and_the_old_one_stays(self, client: Client, ada: User, name: str) -> None:
        form = {"name": "Another", "time_zone": "UTC", "theme": "dark"}
        answer = client.post("/accounts/profile/", {**form, "avatar": SimpleUploadedFile("me.png", BAD[name])})
        page = answer.content.decode()
        assert answer.status_code == 422
        assert 'id="id_avatar_error"' in page
        assert "Another" in page
        ada.refresh_from_db()
        assert (ada.name, bool(ada.avatar)) == ("Ada Okafor", False)

    @pytest.mark.parametrize("name", ["10,000 pixels square", "a bomb within 2 MB", "a zip that begins like a PNG"])
    def test_costs_little_to_refuse(self, name: str) -> None:
        done = subprocess.run(
            [sys.executable, "-c", MEASURE], input=BAD[name], cwd=ROOT, capture_output=True, check=True
        )
        megabytes, seconds = done.stdout.split()
        assert int(megabytes) < 100
        assert float(seconds) < 2

    def test_that_moves_is_kept_as_its_first_moment(self, client: Client, ada: User) -> None:
        form = {"name": "Ada Okafor", "time_zone": "UTC", "theme": "dark"}
        answer = client.post("/accounts/profile/", {**form, "avatar": SimpleUploadedFile("me.webp", moving("WEBP"))})
        assert answer.status_code == 302
        ada.refresh_from_db()
        with Image.open(ada.avatar) as kept:
            assert getattr(kept, "n_frames", 1) == 1
            assert kept.size == (256, 256)
