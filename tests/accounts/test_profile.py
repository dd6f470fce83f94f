"""A person's own page: name, picture, theme."""

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image
from pytest_django import DjangoCaptureOnCommitCallbacks

from apps.accounts.models import User
from apps.accounts.services import AVATAR_BYTES

pytestmark = pytest.mark.django_db


def picture(kind: str = "PNG", size: tuple[int, int] = (600, 400), **options: Any) -> bytes:
    data = BytesIO()
    Image.new("RGB", size, "teal").save(data, kind, **options)
    return data.getvalue()


def send(client: Client, data: bytes | None = None, **changed: Any) -> Any:
    fields = {"name": "Ada Okafor"} | changed
    if data is not None:
        # The name and the type are what the sender says: neither is believed.
        fields["avatar"] = SimpleUploadedFile("../../evil.svg", data, content_type="image/svg+xml")
    return client.post("/accounts/profile/", fields)


@pytest.fixture
def signed_in(client: Client, ada: User, settings: Any, tmp_path: Path) -> Client:
    settings.MEDIA_ROOT = str(tmp_path)
    client.force_login(ada)
    return client


class TestPicture:
    @pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
    def test_becomes_a_small_square_webp_under_a_random_name(self, signed_in: Client, ada: User, kind: str) -> None:
        assert send(signed_in, picture(kind)).status_code == 302
        ada.refresh_from_db()
        answer = signed_in.get(ada.avatar_url)
        assert (answer["Content-Type"], answer["X-Content-Type-Options"]) == ("image/webp", "nosniff")
        with Image.open(BytesIO(answer.getvalue())) as made:
            assert (made.format, made.size) == ("WEBP", (256, 256))
        assert "evil" not in ada.avatar.name

    def test_keeps_nothing_of_what_the_camera_wrote(self, signed_in: Client, ada: User) -> None:
        exif = Image.Exif()
        exif[0x010E] = "SECRET PLACE"
        send(signed_in, picture("JPEG", exif=exif))
        ada.refresh_from_db()
        assert b"SECRET PLACE" not in signed_in.get(ada.avatar_url).getvalue()

    @pytest.mark.parametrize(
        "data",
        [
            b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
            b"GIF89a",
            b"\x89PNG\r\n\x1a\nrest",
            picture()[:-200],
            picture("GIF"),
            picture("BMP"),
            b"x" * (AVATAR_BYTES + 1),
        ],
        ids=["svg", "gif header", "broken png", "cut png", "gif", "bmp", "too large"],
    )
    def test_anything_else_is_refused_at_the_field(self, signed_in: Client, ada: User, data: bytes) -> None:
        answer = send(signed_in, data, name="Other")
        assert answer.status_code == 422
        assert 'id="id_avatar_error"' in answer.content.decode()
        ada.refresh_from_db()
        assert (ada.name, ada.avatar.name) == ("Ada Okafor", "")

    def test_a_bomb_of_pixels_is_refused(self, signed_in: Client) -> None:
        assert send(signed_in, picture(size=(9000, 9000))).status_code == 422

    def test_a_new_one_replaces_the_old_file_and_it_can_be_removed(
        self,
        signed_in: Client,
        ada: User,
        tmp_path: Path,
        django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    ) -> None:
        for _time in range(2):
            with django_capture_on_commit_callbacks(execute=True):
                send(signed_in, picture())
        assert len(list(tmp_path.glob("avatars/*"))) == 1
        with django_capture_on_commit_callbacks(execute=True):
            send(signed_in, remove_avatar="on")
        ada.refresh_from_db()
        assert ada.avatar_url is None
        assert not list(tmp_path.glob("avatars/*"))

    def test_is_shown_to_people_who_are_signed_in(self, signed_in: Client, ada: User) -> None:
        send(signed_in, picture())
        ada.refresh_from_db()
        assert Client().get(ada.avatar_url).status_code == 302
        assert signed_in.get("/media/avatars/none.webp").status_code == 404
        assert signed_in.get("/media/avatars/..%2f..%2fsecret-key.webp").status_code == 404


class TestWords:
    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("name", "  "),
            ("name", "x" * 121),
            ("name", "a\x00b"),
        ],
    )
    def test_a_bad_value_is_refused(self, signed_in: Client, ada: User, field: str, value: str) -> None:
        assert send(signed_in, **{field: value}).status_code == 422
        ada.refresh_from_db()
        assert ada.name == "Ada Okafor"

    def test_a_script_in_a_name_stays_text(self, signed_in: Client) -> None:
        send(signed_in, name="<script>alert(1)</script>")
        assert "<script>alert" not in signed_in.get("/accounts/profile/").content.decode()


class TestTheme:
    def test_is_kept_with_the_account_and_in_a_cookie(self, signed_in: Client, ada: User) -> None:
        answer = signed_in.post("/accounts/theme/", {"theme": "dark", "next": "/accounts/email/"})
        assert answer.url == "/accounts/email/"  # type: ignore[attr-defined]
        ada.refresh_from_db()
        assert (ada.theme, signed_in.cookies["theme"].value) == ("dark", "dark")
        assert 'data-theme="dark"' in signed_in.get("/accounts/profile/").content.decode()

    def test_works_without_an_account(self, client: Client) -> None:
        client.post("/accounts/theme/", {"theme": "light"})
        assert 'data-theme="light"' in client.get("/accounts/login/").content.decode()

    @pytest.mark.parametrize("target", ["//evil.test/", "https://evil.test", "/\\evil.test", "javascript:alert(1)"])
    def test_leads_to_no_other_site(self, signed_in: Client, target: str) -> None:
        assert signed_in.post("/accounts/theme/", {"theme": "dark", "next": target}).url == "/"  # type: ignore[attr-defined]

    def test_refuses_what_is_none(self, client: Client, signed_in: Client) -> None:
        assert signed_in.post("/accounts/theme/", {"theme": "neon"}).status_code == 422
        assert Client().post("/accounts/theme/", {"theme": "neon"}).status_code == 404
