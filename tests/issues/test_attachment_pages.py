"""Files over HTTP: sent by a form and by the script, and read only by those who may, never as something that runs."""

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from apps.accounts.models import User
from apps.core.markdown import render_markdown
from apps.issues.models import Attachment, Issue
from apps.orgs.models import Organization
from apps.projects.models import Project
from tests.factories import acting, attach, make_issues, make_member, make_org, make_user, picture
from tests.issues.test_attaching import SVG, kept

SCRIPT = {"HTTP_X_REQUESTED_WITH": "XMLHttpRequest", "HTTP_ACCEPT": "application/json"}
BYTES = bytes(range(256)) * 40


@pytest.fixture(autouse=True)
def place(settings: Settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = str(tmp_path)
    return tmp_path


@pytest.fixture
def issue(acme: Organization, flow: Project, ada: User) -> Issue:
    return make_issues(acme, flow, ada, "Dock the rover")[0]


@pytest.fixture
def client(ada: User) -> Client:
    client = Client()
    client.force_login(ada)
    return client


def sent(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


class TestAttach:
    def test_a_form_without_script_sends_several_and_sees_them(
        self, client: Client, acme: Organization, issue: Issue
    ) -> None:
        page = f"/{acme.slug}/issue/FLOW-1/"
        files = [SimpleUploadedFile("a.txt", b"a"), SimpleUploadedFile("b <i>.txt", b"b")]
        answer = client.post(page + "attachments/", {"file": files, "field": "files"}, follow=True)
        text = answer.content.decode()
        assert "2 files are attached." in text
        assert "b &lt;i&gt;.txt" in text
        answer = client.post(page + "attachments/", {"file": SimpleUploadedFile("c.txt", b""), "field": "files"})
        assert answer.status_code == 422
        assert "“c.txt” is empty" in answer.content.decode()
        answer = client.post(page + "attachments/", {"field": "files"})
        assert "Choose a file." in answer.content.decode()

    def test_a_script_is_told_how_a_text_shows_the_file(
        self, client: Client, acme: Organization, issue: Issue, place: Path, settings: Settings
    ) -> None:
        path = f"/{acme.slug}/issue/FLOW-1/attachments/"
        kinds = {
            "a [1].png": (picture(), r"![a \[1\].png](%s)"),
            "clip.mp4": (b"\x00\x00\x00\x20ftypisom", "![clip.mp4](%s#video)"),
            "song.mp3": (b"ID3\x04", "![song.mp3](%s#audio)"),
            "page.png": (b"<html>", "[page.png](%s)"),
        }
        for name, (data, markdown) in kinds.items():
            answer = client.post(path, {"file": SimpleUploadedFile(name, data)}, **SCRIPT)
            [told] = answer.json()["files"]
            assert (answer.status_code, told["name"]) == (201, name)
            assert told["markdown"] == markdown % told["url"]
            assert told["url"] == f"/{acme.slug}/files/{told['id']}/"
        before = len(kept(place))
        settings.ATTACHMENT_LARGEST = 10
        answer = client.post(path, {"file": SimpleUploadedFile("big.txt", b"x" * 11)}, **SCRIPT)
        assert (answer.status_code, "a file has at most" in answer.json()["detail"]) == (413, True)
        assert client.post(path, {"file": SimpleUploadedFile("x", b"x"), "sending": "no"}, **SCRIPT).status_code == 422
        assert len(kept(place)) == before

    def test_a_request_that_breaks_afterwards_leaves_no_row(
        self, client: Client, acme: Organization, issue: Issue, monkeypatch: pytest.MonkeyPatch, ada: User
    ) -> None:
        client.raise_request_exception = False
        monkeypatch.setattr("apps.issues.attachment_views._described", lambda *_: 1 / 0)
        path = f"/{acme.slug}/issue/FLOW-1/attachments/"
        assert client.post(path, {"file": SimpleUploadedFile("a.txt", b"a")}, **SCRIPT).status_code == 500
        with acting(ada, acme):
            assert not Attachment.objects.exists()

    def test_the_panel_costs_the_same_however_many_files_there_are(
        self, client: Client, acme: Organization, issue: Issue, ada: User
    ) -> None:
        def cost() -> int:
            with CaptureQueriesContext(
                connection,
            ) as found:
                assert client.get(f"/{acme.slug}/issue/FLOW-1/").status_code == 200
            return len(found)

        attach(acme, issue, ada, "0.png", picture())
        client.get(f"/{acme.slug}/issue/FLOW-1/")
        one = cost()
        for number in range(1, 3):
            attach(acme, issue, make_member(acme, name=f"Member {number}"), f"{number}.png", picture())
        assert cost() == one


class TestDownload:
    def test_is_a_file_under_its_own_name_and_nothing_that_runs(
        self, client: Client, acme: Organization, issue: Issue, ada: User
    ) -> None:
        dangerous = {
            "page.html": b"<html><script>alert(1)</script>",
            "drawing.svg": SVG,
            "feed.xml": b"<?xml version='1.0'?><x/>",
            "paper.pdf": b"%PDF-1.7",
            "code.js": b"alert(1)",
            "photo.png": b"<html><script>alert(1)</script>",
        }
        for name, data in dangerous.items():
            one = attach(acme, issue, ada, name, data)
            answer = client.get(f"/{acme.slug}/files/{one.pk}/")
            assert sent(answer) == data
            assert answer["Content-Type"] == "application/octet-stream"
            assert answer["Content-Disposition"] == f'attachment; filename="{name}"'
            assert answer["X-Content-Type-Options"] == "nosniff"
            assert "sandbox" in answer["Content-Security-Policy"]
            assert "script-src" not in answer["Content-Security-Policy"]
            assert client.get(f"/{acme.slug}/files/{one.pk}/small/").status_code == 404

    def test_shows_pictures_under_names_in_any_letters(
        self, client: Client, acme: Organization, issue: Issue, ada: User
    ) -> None:
        one = attach(acme, issue, ada, "Größe “1”.png", picture())
        path = f"/{acme.slug}/files/{one.pk}/"
        answer = client.get(path)
        assert (answer["Content-Type"], sent(answer)) == ("image/png", picture())
        assert answer["Content-Disposition"] == "inline; filename*=utf-8''Gr%C3%B6%C3%9Fe%20%E2%80%9C1%E2%80%9D.png"
        assert client.get(path + "?download")["Content-Disposition"].startswith("attachment; ")
        small = client.get(path + "small/")
        assert (small["Content-Type"], sent(small)[:4]) == ("image/webp", b"RIFF")
        assert "private" in answer["Cache-Control"]
        assert client.get(path, HTTP_IF_NONE_MATCH=answer["ETag"]).status_code == 304
        assert client.head(path)["Content-Length"] == str(one.size)

    @pytest.mark.parametrize(
        ("asked", "status", "part"),
        [
            ("bytes=0-9", 206, BYTES[:10]),
            ("bytes=10200-", 206, BYTES[10200:]),
            ("bytes=-40", 206, BYTES[-40:]),
            ("bytes=10-99999999", 206, BYTES[10:]),
            ("bytes=0-", 200, BYTES),
            ("bytes=9-3", 200, BYTES),
            ("bytes=1-2,4-5", 200, BYTES),
            ("lines=1-2", 200, BYTES),
            ("bytes=-", 200, BYTES),
            ("bytes=10240-", 416, b""),
            ("bytes=-0", 416, b""),
        ],
    )
    def test_gives_the_part_that_is_asked_for(
        self, client: Client, acme: Organization, issue: Issue, ada: User, asked: str, status: int, part: bytes
    ) -> None:
        one = attach(acme, issue, ada, "data.bin", BYTES)
        answer = client.get(f"/{acme.slug}/files/{one.pk}/", HTTP_RANGE=asked)
        assert answer.status_code == status
        assert (sent(answer) if answer.streaming else answer.content) == part
        if status == 206:
            assert answer["Content-Length"] == str(len(part))
            start = BYTES.index(part) if len(part) > 40 else int(answer["Content-Range"].split()[1].split("-")[0])
            assert answer["Content-Range"] == f"bytes {start}-{start + len(part) - 1}/{len(BYTES)}"
        stale = client.get(f"/{acme.slug}/files/{one.pk}/", HTTP_RANGE=asked, HTTP_IF_RANGE='"older"')
        assert (stale.status_code, sent(stale)) == (200, BYTES)

    def test_of_a_file_that_is_lost_says_so(
        self, client: Client, acme: Organization, issue: Issue, ada: User, place: Path
    ) -> None:
        one = attach(acme, issue, ada, "data.bin", BYTES)
        (place / one.key).unlink()
        assert client.get(f"/{acme.slug}/files/{one.pk}/").status_code == 404

    def test_asks_each_time_who_may(self, acme: Organization, secret: Project, ada: User, client: Client) -> None:
        [hidden] = make_issues(acme, secret, ada, "Hidden")
        one = attach(acme, hidden, ada, "canary.png", picture())
        path = f"/{acme.slug}/files/{one.pk}/"
        assert client.get(path).status_code == 200
        outsider = make_user("Out Sider")
        make_org(outsider, "Other", "other")
        for who, at in ((make_member(acme), path), (outsider, path), (outsider, f"/other/files/{one.pk}/")):
            stranger = Client()
            stranger.force_login(who)
            for rest in ("", "small/", "?download"):
                answer = stranger.get(at + rest)
                assert answer.status_code == 404
                assert "canary" not in answer.content.decode()
            assert stranger.post(at + "remove/").status_code == 404
        assert Client().get(path).status_code == 302

    def test_taken_away_it_is_gone_until_it_is_brought_back(
        self, client: Client, acme: Organization, issue: Issue, ada: User
    ) -> None:
        one = attach(acme, issue, ada, "a.png", picture())
        path = f"/{acme.slug}/files/{one.pk}/"
        answer = client.post(path + "remove/", follow=True)
        assert "“a.png” is removed." in answer.content.decode()
        assert "Bring back" in answer.content.decode()
        assert [client.get(path).status_code, client.get(path + "small/").status_code] == [404, 404]
        answer = client.post(path + "restore/", follow=True)
        assert "“a.png” is back." in answer.content.decode()
        assert client.get(path).status_code == 200


class TestInText:
    def test_shows_attached_files_and_nothing_of_other_places(self) -> None:
        shown = str(render_markdown("![a](/acme/files/4/) ![b](/acme/files/5/#video) ![c](/acme/files/6/#audio)"))
        assert '<img src="/acme/files/4/" alt="a">' in shown
        assert '<video src="/acme/files/5/" controls="" preload="metadata" aria-label="b"></video>' in shown
        assert '<audio src="/acme/files/6/" controls="" preload="metadata" aria-label="c"></audio>' in shown
        for address in (
            "https://evil.test/files/4/",
            "//evil.test/files/4/",
            "/acme/files/4/../../../accounts/logout/",
            "/acme/files/4/small/",
            "/acme/files/4/?x",
            "https://evil.test/x#video",
            "javascript:alert(1)#video",
            "data:image/png;base64,x",
        ):
            assert "src" not in str(render_markdown(f"![x]({address})")), address
        assert "onerror" not in str(render_markdown('![x" onerror="alert(1)](/acme/files/4/#video)')).replace(
            "&quot; onerror=&quot;", ""
        )
