"""Files in a bucket, with a server that speaks S3: attached, shown, taken out, handed in, and deleted."""

import subprocess
import sys
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import boto3
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from moto.server import ThreadedMotoServer
from pytest_django import Settings

from apps.accounts.models import User
from apps.core import files
from apps.core.files import attached_files, new_key
from apps.core.tenancy import run_as_system
from apps.exports import jobs as export_jobs
from apps.exports import running as exporting
from apps.exports.models import ExportRun
from apps.exports.services import ask_for_archive
from apps.imports import jobs as import_jobs
from apps.imports.models import ImportRun
from apps.imports.running import work
from apps.issues import jobs as issue_jobs
from apps.issues.models import Attachment, Issue
from apps.issues.services import draw_preview
from apps.orgs.models import Organization
from apps.projects.models import Project
from flowboard.settings.base import _S3_OPTIONS as OPTIONS
from tests.factories import acting, make_issues, picture
from tests.processes import environment_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.deep]

ROOT = Path(__file__).resolve().parents[2]
ACCESS = {"region_name": "eu-central-1", "access_key": "somebody", "secret_key": "knows"}
BYTES = bytes(range(256)) * 4096  # more than one piece


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """The address of a server that speaks S3."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(endpoint: str, settings: Settings, tmp_path: Path) -> Iterator[Any]:
    """An empty bucket, in which this test's files lie, and none on this machine."""
    place = boto3.resource(
        "s3",
        endpoint_url=endpoint,
        region_name=ACCESS["region_name"],
        aws_access_key_id=ACCESS["access_key"],
        aws_secret_access_key=ACCESS["secret_key"],
    )
    made = place.Bucket("flowboard")
    made.create(CreateBucketConfiguration={"LocationConstraint": ACCESS["region_name"]})
    options = OPTIONS | ACCESS | {"bucket_name": made.name, "endpoint_url": endpoint}
    settings.STORAGES = {
        **settings.STORAGES,
        "attachments": {"BACKEND": "apps.core.files_s3.S3Files", "OPTIONS": options},
    }
    settings.MEDIA_ROOT = str(tmp_path)
    yield made
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
    made.objects.delete()
    made.delete()


@pytest.fixture
def long_ago(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every file be older than what may still be on its way."""
    for jobs in (issue_jobs, export_jobs, import_jobs):
        monkeypatch.setattr(jobs, "FRESH", timedelta(days=-1))


@pytest.fixture
def browser(ada: User) -> Client:
    client = Client()
    client.force_login(ada)
    return client


def keys(bucket: Any) -> list[str]:
    return sorted(each.key for each in bucket.objects.all())


def sent(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


@pytest.mark.usefixtures("long_ago")
class TestAttachments:
    @pytest.fixture
    def issue(self, acme: Organization, flow: Project, ada: User) -> Issue:
        return make_issues(acme, flow, ada, "Dock the rover")[0]

    def attached(self, browser: Client, acme: Organization, name: str, data: bytes) -> Attachment:
        address = f"/{acme.slug}/issue/FLOW-1/attachments/"
        answer = browser.post(address, {"file": SimpleUploadedFile(name, data), "field": "files"})
        assert answer.status_code == 302
        with run_as_system(org_id=acme.pk):
            return Attachment.objects.latest("pk")

    def test_are_kept_privately_and_sent_whole_and_in_parts(
        self, browser: Client, acme: Organization, issue: Issue, bucket: Any
    ) -> None:
        one = self.attached(browser, acme, "log.bin", BYTES)
        assert keys(bucket) == [one.key]
        grants = bucket.Object(one.key).Acl().grants
        assert [grant["Grantee"]["Type"] for grant in grants] == ["CanonicalUser"]  # its owner, and not everybody
        address = f"/{acme.slug}/files/{one.pk}/"
        assert sent(browser.get(address)) == BYTES
        part = browser.get(address, headers={"Range": "bytes=100-70099"})
        assert (part.status_code, sent(part)) == (206, BYTES[100:70100])
        assert Client().get(address).status_code in (302, 404)

    def test_pictures_get_a_preview(self, browser: Client, acme: Organization, issue: Issue, bucket: Any) -> None:
        one = self.attached(browser, acme, "map.png", picture(width=1600, height=900))
        with run_as_system(org_id=acme.pk) as actor:
            draw_preview(actor=actor, attachment_id=one.pk)
            one.refresh_from_db()
        assert keys(bucket) == sorted([one.key, one.thumbnail_key])
        small = browser.get(f"/{acme.slug}/files/{one.pk}/small/")
        assert (small["Content-Type"], sent(small)[:4]) == ("image/webp", b"RIFF")

    def test_go_from_the_bucket_when_their_time_is_over_and_with_them_what_a_crash_left(
        self, browser: Client, acme: Organization, issue: Issue, bucket: Any
    ) -> None:
        assert issue_jobs.sweep_files() == 0  # nobody attached anything yet
        stays, gone = (self.attached(browser, acme, name, b"x") for name in ("a.txt", "b.txt"))
        attached_files().save(new_key(), SimpleUploadedFile("x", b"left by a crash"))
        with run_as_system(org_id=acme.pk):
            Attachment.objects.filter(pk=gone.pk).update(deleted_at=timezone.now() - timedelta(days=31))
        assert issue_jobs.sweep_files() == 2
        assert keys(bucket) == [stays.key]

    def test_one_that_the_bucket_lost_is_not_found(
        self, browser: Client, acme: Organization, issue: Issue, bucket: Any
    ) -> None:
        one = self.attached(browser, acme, "log.bin", BYTES)
        bucket.Object(one.key).delete()
        assert browser.get(f"/{acme.slug}/files/{one.pk}/").status_code == 404

    def test_are_in_an_archive_that_lies_there_until_its_time_is_over(
        self, browser: Client, acme: Organization, flow: Project, ada: User, issue: Issue, bucket: Any
    ) -> None:
        one = self.attached(browser, acme, "log.bin", BYTES)
        with acting(ada, acme) as actor:
            run = ask_for_archive(actor=actor, project=flow)
        exporting.write(org_id=acme.pk, run_id=run.pk)
        with run_as_system(org_id=acme.pk):
            run.refresh_from_db()
        assert (run.state, run.lost_files) == ("ready", 0)
        assert keys(bucket) == sorted([one.key, run.key])
        with zipfile.ZipFile(BytesIO(sent(browser.get(f"/{acme.slug}/exports/{run.pk}/")))) as archive:
            assert archive.testzip() is None
            assert BYTES in [archive.read(name) for name in archive.namelist()]
        with run_as_system(org_id=acme.pk):
            ExportRun.objects.filter(pk=run.pk).update(expires_at=timezone.now() - timedelta(days=1))
        assert export_jobs.sweep() == 1
        assert keys(bucket) == [one.key]


@pytest.mark.usefixtures("long_ago")
class TestImports:
    def test_are_read_from_the_bucket_and_their_files_go(
        self, browser: Client, acme: Organization, flow: Project, bucket: Any
    ) -> None:
        table = b"Title,Status\n" + b"".join(b"Lamp %d,Open\n" % number for number in range(300))
        answer = browser.post(
            f"/{acme.slug}/imports/", {"into": flow.key, "files": SimpleUploadedFile("list.csv", table)}
        )
        assert answer.status_code == 302
        with run_as_system(org_id=acme.pk):
            run = ImportRun.objects.get()
        [key] = keys(bucket)
        assert key.startswith(f"{files.IMPORTS}/")
        work(org_id=acme.pk, run_id=run.pk)
        browser.post(f"/{acme.slug}/imports/{run.pk}/start/")
        work(org_id=acme.pk, run_id=run.pk)
        with run_as_system(org_id=acme.pk):
            run.refresh_from_db()
            assert (run.state, run.imported) == ("done", 300)
            year_ago = timezone.now() - timedelta(days=365)
            ImportRun.objects.filter(pk=run.pk).update(created_at=year_ago, ended_at=year_ago)
        assert import_jobs.sweep_files() == 1
        assert keys(bucket) == []


class TestSettings:
    """What an operator sets, in a process of its own."""

    def probe(self, **given: str) -> subprocess.CompletedProcess[str]:
        told = "import django; django.setup(); from apps.core.files import attached_files as at; print(at().probe())"
        environ = environment_for("any") | {f"FLOWBOARD_S3_{name}": value for name, value in given.items()}
        return subprocess.run(
            [sys.executable, "-c", told], cwd=ROOT, env=environ, capture_output=True, text=True, check=False
        )

    def test_lead_to_the_bucket(self, bucket: Any, endpoint: str) -> None:
        access = {name.removesuffix("_name").upper(): value for name, value in ACCESS.items()}
        done = self.probe(BUCKET=bucket.name, ENDPOINT=endpoint, **access)
        assert done.stdout.strip() == f"the bucket {bucket.name}", done.stderr
        assert keys(bucket) == []
        missing = self.probe(BUCKET="nobody-has-it", ENDPOINT=endpoint, **access)
        assert missing.returncode == 1
        assert "NoSuchBucket" in missing.stderr
