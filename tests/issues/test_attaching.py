"""Files of issues: attached whole or not at all, taken away and brought back, and nothing left lying about."""

import os
import threading
import time
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile
from django.db import connections
from django.utils import timezone
from PIL import Image
from pytest_django import Settings

from apps.accounts.models import User
from apps.audit.models import LogEntry
from apps.core.errors import Forbidden, Invalid, NotFound
from apps.core.files import attached_files
from apps.core.tenancy import run_as_system
from apps.events.deliveries import deliver
from apps.events.models import Change, Delivery, Event
from apps.issues import selectors, services
from apps.issues.activity import activity
from apps.issues.jobs import sweep_files
from apps.issues.models import Attachment, Issue, Watcher
from apps.issues.services import attaching
from apps.issues.services.attaching import clean_name
from apps.issues.thumbnails import SIDE, UnreadablePicture, make_thumbnail
from apps.orgs.models import Organization
from apps.projects.models import Project
from apps.projects.policies import Role
from tests.factories import acting, attach, attach_one, give_role, make_issues, make_member, make_project, picture
from tests.input.test_pictures import png

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.fixture(autouse=True)
def place(settings: Settings, tmp_path: Path) -> Path:
    """A place for files of this test's own."""
    settings.MEDIA_ROOT = str(tmp_path)
    return tmp_path


@pytest.fixture
def issue(acme: Organization, flow: Project, ada: User) -> Issue:
    return make_issues(acme, flow, ada, "Dock the rover")[0]


def kept(place: Path) -> list[Path]:
    return sorted(path for path in place.rglob("*") if path.is_file())


def read(attachment: Attachment) -> bytes:
    return b"".join(attached_files().pieces(attachment.key, start=0, length=attachment.size))


class TestAttachFiles:
    def test_keeps_the_file_and_tells_history_audit_and_watchers(
        self, ada: User, acme: Organization, issue: Issue, place: Path
    ) -> None:
        data = picture()
        with acting(ada, acme) as actor:
            one = attach_one(actor, issue, "Größe.png", data)
            assert (one.name, one.content_type, one.size, one.uploader_id) == (
                "Größe.png",
                "image/png",
                len(data),
                ada.pk,
            )
            assert (one.preview, one.is_picture, one.has_thumbnail) == ("waiting", True, False)
            assert read(one) == data
            assert "Gr" not in one.key
            assert str(acme.pk) not in one.key.split("/")
            assert Watcher.objects.filter(issue=issue, user=ada).exists()
        with acting(ada, acme) as actor:
            fact = Event.objects.get(kind="issue.attached")
            assert (fact.issue_id, fact.data["attachment_id"]) == (issue.pk, one.pk)
            assert list(Change.objects.filter(event=fact).values_list("field", "new")) == [("attachment", "Größe.png")]
            entry = LogEntry.objects.get(event_kind="issue.attached")
            assert (entry.object_pk, entry.object_repr) == (str(one.pk), "Größe.png on FLOW-1")
            told = [str(entry.sentence_html) for entry in activity(actor=actor, issue=issue)]
            assert "<b>Ada Okafor</b> attached <b>Größe.png</b>" in told
        assert [path.name for path in kept(place)] == [one.key.rsplit("/", 1)[-1]]

    def test_moves_a_large_file_without_reading_it_as_a_whole(
        self, ada: User, acme: Organization, issue: Issue, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        pieces: list[int] = []
        with acting(ada, acme) as actor, TemporaryUploadedFile("log.txt", "text/html", 0, None) as upload:
            upload.write(b"a line of a log\n" * 200_000)
            upload.size = upload.tell()
            upload.seek(0)
            whole = upload.file.read

            def counted(size: int = -1) -> bytes:
                pieces.append(size)
                return whole(size)

            monkeypatch.setattr(upload.file, "read", counted)
            [one] = services.attach_files(actor=actor, issue=issue, uploads=[upload])
            assert (one.content_type, one.size, one.is_shown) == ("text/plain", 3_200_000, False)
            assert 0 < min(pieces) <= max(pieces) <= 1 << 20

    def test_keeps_the_same_file_twice_but_one_sending_once(
        self, ada: User, acme: Organization, issue: Issue, place: Path
    ) -> None:
        sending = uuid4()
        with acting(ada, acme) as actor:
            for _time in range(2):
                attach_one(actor, issue, "a.txt", b"same")
            assert len({one.sha256 for one in Attachment.objects.all()}) == 1
            ids = set()
            for _time in range(2):
                upload = SimpleUploadedFile("b.txt", b"other")
                [one] = services.attach_files(actor=actor, issue=issue, uploads=[upload], sending=sending)
                ids.add(one.pk)
            assert len(ids) == 1
            assert Attachment.objects.count() == 3
        assert len(kept(place)) == 3

    @pytest.mark.parametrize(
        ("name", "data", "error", "words"),
        [
            ("empty.txt", b"", Invalid, "“empty.txt” is empty"),
            ("big.bin", b"x" * 2_000, services.FileTooLarge, "“big.bin” is too large: a file has at most"),
            ("page.png", b"<html>", Invalid, "by its content it is text/html"),
        ],
    )
    def test_refuses_with_a_sentence_and_keeps_nothing_of_its_company_either(
        self,
        ada: User,
        acme: Organization,
        issue: Issue,
        place: Path,
        settings: Settings,
        name: str,
        data: bytes,
        error: Any,
        words: str,
    ) -> None:
        settings.ATTACHMENT_LARGEST = 1_000
        settings.ATTACHMENT_TYPES = ["image/*", "text/plain", "application/octet-stream"]
        uploads = [SimpleUploadedFile("good.png", picture()), SimpleUploadedFile(name, data)]
        with acting(ada, acme) as actor:
            with pytest.raises(error, match=words):
                services.attach_files(actor=actor, issue=issue, uploads=uploads)
            with pytest.raises(Invalid, match="Choose a file"):
                services.attach_files(actor=actor, issue=issue, uploads=[])
            assert not Attachment.objects.exists()
        assert kept(place) == []

    def test_refuses_more_than_the_issue_and_the_organization_have_room_for(
        self,
        ada: User,
        acme: Organization,
        issue: Issue,
        place: Path,
        settings: Settings,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(attaching, "MOST_FILES", 2)
        mateo = make_member(acme)
        hidden = make_issues(acme, make_project(acme, ada, "HID", visibility="private"), ada, "Hidden")[0]
        attach(acme, hidden, ada, "hidden.bin", b"\x00" * 600)
        with acting(mateo, acme) as actor:
            attach_one(actor, issue, "one.bin", b"\x00" * 100)
            settings.ATTACHMENTS_OF_ORGANIZATION = 1_000
            # What one may not see takes room, too.
            with pytest.raises(services.NoRoomLeft, match=r"1000\sbytes"):
                attach_one(actor, issue, "two.bin", b"\x00" * 400)
            two = attach_one(actor, issue, "two.bin", b"\x00" * 200)
            with pytest.raises(services.TooManyFiles, match="at most 2 files"):
                attach_one(actor, issue, "three.bin", b"\x00")
            services.remove_attachment(actor=actor, attachment=two)
            attach_one(actor, issue, "three.bin", b"\x00")
            with pytest.raises(services.TooManyFiles):
                services.restore_attachment(actor=actor, attachment=two)
        assert len(kept(place)) == 4

    def test_keeps_nothing_if_the_row_cannot_be_written(
        self, ada: User, acme: Organization, issue: Issue, place: Path
    ) -> None:
        with acting(ada, acme) as actor:
            services.delete_issue(actor=actor, issue=issue)
            issue.deleted_at = None  # as somebody knows it who does not know
            with pytest.raises(NotFound):
                attach_one(actor, issue, "late.txt", b"too late")
        assert kept(place) == []

    def test_is_for_those_who_may_comment(self, ada: User, acme: Organization, flow: Project, issue: Issue) -> None:
        viewer, commenter = (make_member(acme, "guest", name) for name in ("Vi Ewer", "Comm Enter"))
        give_role(acme, flow, viewer, Role.VIEWER)
        give_role(acme, flow, commenter, Role.COMMENTER)
        theirs = attach(acme, issue, ada, "ada.txt", b"hers")
        with acting(viewer, acme) as actor, pytest.raises(Forbidden):
            attach_one(actor, issue, "a.txt", b"x")
        with acting(commenter, acme) as actor:
            own = attach_one(actor, issue, "a.txt", b"x")
            files = selectors.list_attachments(actor=actor, issue=issue)
            assert (len(files.present), files.removable) == (2, {own.pk})
            with pytest.raises(Forbidden):
                services.remove_attachment(
                    actor=actor, attachment=selectors.get_attachment(actor=actor, attachment_id=theirs.pk)
                )
            services.remove_attachment(actor=actor, attachment=own)


class TestCleanName:
    @pytest.mark.parametrize(
        ("name", "cleaned"),
        [
            ("../../etc/passwd", "passwd"),
            ("C:\\Users\\ada\\plan.PDF", "plan.PDF"),
            ("a\x00b\r\nc.txt", "ab c.txt"),
            ("invoice\u202efdp.exe", "invoicefdp.exe"),
            ("", "file"),
            ("..", "file"),
            ("\u200b", "file"),
            ("x" * 300 + ".tar.gz", "x" * 197 + ".gz"),
            ("x" * 180 + "." + "y" * 40, "x" * 180 + "." + "y" * 19),
            ("报告 “final” 100%.docx", "报告 “final” 100%.docx"),
        ],
    )
    def test_keeps_what_can_be_read(self, name: str, cleaned: str) -> None:
        assert clean_name(name) == cleaned
        assert len(clean_name(name)) <= 200


class TestRemoving:
    def test_can_be_taken_back_for_thirty_days(self, ada: User, acme: Organization, issue: Issue, place: Path) -> None:
        one = attach(acme, issue, ada, "plan.png", picture())
        with acting(ada, acme) as actor:
            found = selectors.get_attachment(actor=actor, attachment_id=one.pk)
            services.remove_attachment(actor=actor, attachment=found)
            with pytest.raises(NotFound):
                services.remove_attachment(actor=actor, attachment=found)
            with pytest.raises(selectors.NoSuchFile):
                selectors.get_attachment(actor=actor, attachment_id=one.pk)
            files = selectors.list_attachments(actor=actor, issue=issue)
            assert ([], [one.pk]) == (files.present, [each.pk for each in files.removed])
        with acting(ada, acme) as actor:
            gone = selectors.get_attachment(actor=actor, attachment_id=one.pk, is_removed=True)
            services.restore_attachment(actor=actor, attachment=gone)
            assert selectors.get_attachment(actor=actor, attachment_id=one.pk) == one
        with acting(ada, acme) as actor:
            told = " ".join(str(entry.sentence_html) for entry in activity(actor=actor, issue=issue))
            assert "removed the file plan.png" in told
            assert "brought the file <b>plan.png</b> back" in told
            assert "previewed" not in told
        assert len(kept(place)) == 2

    def test_of_a_deleted_issue_only_editors_know(
        self, ada: User, acme: Organization, flow: Project, issue: Issue
    ) -> None:
        viewer = make_member(acme, "guest", "Vi Ewer")
        give_role(acme, flow, viewer, Role.VIEWER)
        one = attach(acme, issue, ada, "a.txt", b"x")
        with acting(ada, acme) as actor:
            services.delete_issue(actor=actor, issue=issue)
            assert selectors.get_attachment(actor=actor, attachment_id=one.pk) == one
        with acting(viewer, acme) as actor, pytest.raises(selectors.NoSuchFile):
            selectors.get_attachment(actor=actor, attachment_id=one.pk)

    def test_goes_along_when_the_issue_moves_to_another_project(
        self, ada: User, acme: Organization, flow: Project, issue: Issue
    ) -> None:
        one = attach(acme, issue, ada, "a.txt", b"x")
        target = make_project(acme, ada, "TWO", visibility="private")
        mateo = make_member(acme)
        with acting(ada, acme) as actor:
            services.move_to_project(actor=actor, project=flow, issue_ids=[issue.pk], target=target)
            assert selectors.get_attachment(actor=actor, attachment_id=one.pk).project_id == target.pk
        with acting(mateo, acme) as actor:
            with pytest.raises(selectors.NoSuchFile):
                selectors.get_attachment(actor=actor, attachment_id=one.pk)
            assert not Attachment.objects.exists()


def photograph() -> bytes:
    """Taken with the camera on its side, and knowing where."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "Camera"
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2] = "N", (52.0, 31.0, 12.0)
    out = BytesIO()
    Image.new("RGB", (1200, 800), (200, 80, 40)).save(out, "JPEG", exif=exif.tobytes())
    return out.getvalue()


class TestDrawPreview:
    def test_is_upright_small_and_knows_no_place(self) -> None:
        assert Image.open(BytesIO(photograph())).getexif().get_ifd(0x8825)
        small = make_thumbnail(BytesIO(photograph()))
        assert (small.width, small.height) == (800, 1200)
        with Image.open(BytesIO(small.data)) as seen:
            assert (seen.format, seen.height, seen.width) == ("WEBP", SIDE, 267)
            assert not dict(seen.getexif())
        for kind in ("PNG", "GIF", "WEBP", "AVIF"):
            assert make_thumbnail(BytesIO(picture(kind))).data

    @pytest.mark.parametrize(
        "data", [png(40_000, 40_000), png(600, 600)[:200], b"\x89PNG\r\n\x1a\n" + SVG], ids=["bomb", "cut", "svg"]
    )
    def test_of_what_cannot_be_read_is_marked_and_never_tried_again(
        self, ada: User, acme: Organization, issue: Issue, data: bytes
    ) -> None:
        with pytest.raises(UnreadablePicture):
            make_thumbnail(BytesIO(data))
        one = attach(acme, issue, ada, "bad.png", data, previewed=False)
        with acting(ada, acme):
            delivery = Delivery.objects.get(handler="apps.issues.handlers.draw_preview")
        assert deliver(org_id=acme.pk, delivery_id=delivery.pk)
        with acting(ada, acme):
            delivery.refresh_from_db()
            one.refresh_from_db()
            assert (delivery.state, delivery.attempts) == (Delivery.State.DONE, 1)
            assert (one.preview, one.is_shown) == ("broken", False)

    def test_comes_by_the_outbox_once_and_tells_the_open_pages(
        self, ada: User, acme: Organization, issue: Issue, place: Path
    ) -> None:
        one = attach(acme, issue, ada, "photo.jpg", photograph(), previewed=False)
        with acting(ada, acme):
            delivery = Delivery.objects.get(handler="apps.issues.handlers.draw_preview")
        assert deliver(org_id=acme.pk, delivery_id=delivery.pk)
        with run_as_system(org_id=acme.pk) as actor:
            services.draw_preview(actor=actor, attachment_id=one.pk)
            one.refresh_from_db()
            assert (one.preview, one.width, one.height) == ("ready", 800, 1200)
            assert Event.objects.filter(kind="issue.previewed", issue=issue).count() == 1
        assert len(kept(place)) == 2

    def test_of_a_lost_file_is_tried_again_until_it_is_a_dead_letter(
        self, ada: User, acme: Organization, issue: Issue, place: Path
    ) -> None:
        one = attach(acme, issue, ada, "photo.jpg", photograph(), previewed=False)
        (place / one.key).unlink()
        with acting(ada, acme):
            delivery = Delivery.objects.get(handler="apps.issues.handlers.draw_preview")
        for _attempt in range(8):
            with run_as_system(org_id=acme.pk):
                Delivery.objects.update(due_at=timezone.now())
            assert not deliver(org_id=acme.pk, delivery_id=delivery.pk)
        with acting(ada, acme):
            delivery.refresh_from_db()
            assert delivery.state == Delivery.State.DEAD
            assert "FileNotFoundError" in delivery.last_error

    def test_is_nobodys_but_flowboards(self, ada: User, acme: Organization, issue: Issue) -> None:
        with acting(ada, acme) as actor:
            with pytest.raises(Forbidden):
                services.draw_preview(actor=actor, attachment_id=1)
            with pytest.raises(Forbidden):
                services.forget_removed(actor=actor, removed_before=timezone.now())


class TestSweepFiles:
    def test_takes_what_belongs_to_nothing_and_is_not_fresh(
        self, ada: User, acme: Organization, issue: Issue, place: Path
    ) -> None:
        assert sweep_files() == 0  # nobody attached anything yet
        stays, long_gone, lately = (attach(acme, issue, ada, f"{name}.png", picture()) for name in ("a", "b", "c"))
        with acting(ada, acme):
            Attachment.objects.filter(pk=long_gone.pk).update(deleted_at=timezone.now() - timedelta(days=31))
            Attachment.objects.filter(pk=lately.pk).update(deleted_at=timezone.now() - timedelta(days=29))
        stray = attached_files().save("attachments/ab/" + "c" * 38, SimpleUploadedFile("x", b"left by a crash"))
        yesterday = time.time() - 25 * 3600
        for path in kept(place):
            os.utime(path, (yesterday, yesterday))
        fresh = attached_files().save("attachments/ab/" + "d" * 38, SimpleUploadedFile("x", b"on its way"))
        assert sweep_files() == 3
        left = {path.relative_to(place).as_posix() for path in kept(place)}
        assert left == {stays.key, stays.thumbnail_key, lately.key, lately.thumbnail_key, fresh}
        assert stray not in left
        assert sweep_files() == 0

    def test_leaves_the_files_of_a_deleted_organization_until_it_is_purged(
        self, ada: User, acme: Organization, issue: Issue, place: Path
    ) -> None:
        attach(acme, issue, ada, "a.txt", b"x")
        yesterday = time.time() - 25 * 3600
        for path in kept(place):
            os.utime(path, (yesterday, yesterday))
        with run_as_system(org_id=acme.pk):
            acme.deleted_at = timezone.now()
            acme.save(update_fields=["deleted_at"])
        assert sweep_files() == 0
        assert len(kept(place)) == 1


class TestTwoAtOnce:
    def test_the_last_free_place_goes_to_one_of_them(
        self,
        transactional_db: None,
        ada: User,
        acme: Organization,
        issue: Issue,
        place: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(attaching, "MOST_FILES", 1)
        outcomes: list[str] = []
        gate = threading.Barrier(2)

        def one() -> None:
            try:
                with acting(ada, acme) as actor:
                    gate.wait()
                    attach_one(actor, issue, "a.txt", b"x")
                outcomes.append("attached")
            except services.TooManyFiles:
                outcomes.append("refused")
            finally:
                connections.close_all()

        threads = [threading.Thread(target=one) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(outcomes) == ["attached", "refused"]
        assert len(kept(place)) == 1
