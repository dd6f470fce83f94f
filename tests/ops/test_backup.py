"""A backup restored into an empty cluster is the same installation: rows, rules, roles' powers, files."""

import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from pytest_django import Settings

from apps.accounts.models import User
from apps.ops import archive
from apps.ops.archive import BackupError
from apps.orgs.models import Organization
from apps.projects.models import Project
from tests import factories

from .conftest import ROOT
from .conftest import User as ServiceUser

AVATAR = bytes(range(256)) * 1000

# What a restore must bring back besides rows, each as a query whose answer must be the same on both sides.
RULES = {
    "tables": "SELECT relname, relkind, relrowsecurity, relowner::regrole::text FROM pg_class "
    "WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'S', 'i') ORDER BY 1",
    "columns": "SELECT table_name, column_name, data_type, is_nullable, collation_name, column_default "
    "FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2",
    "constraints": "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint "
    "WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2",
    "indexes": "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1",
    "policies": "SELECT tablename, policyname, roles::text, cmd, qual, with_check FROM pg_policies ORDER BY 1, 2",
    "grants": "SELECT c.relname, x.grantee::regrole::text, x.privilege_type FROM pg_class c, aclexplode(c.relacl) x "
    "WHERE c.relnamespace = 'public'::regnamespace ORDER BY 1, 2, 3",
    "functions": "SELECT oid::regprocedure::text, prosecdef, proconfig, "
    "ARRAY(SELECT x.grantee::text || ' ' || coalesce(r.rolname::text, 'public') FROM aclexplode(proacl) x "
    "LEFT JOIN pg_roles r ON r.oid = x.grantee WHERE r.oid IS NULL ORDER BY 1), "
    "ARRAY(SELECT r.rolname::text FROM aclexplode(proacl) x JOIN pg_roles r ON r.oid = x.grantee ORDER BY 1) "
    "FROM pg_proc WHERE pronamespace = 'public'::regnamespace ORDER BY 1",
    "roles": "SELECT rolname, rolsuper, rolbypassrls, rolcreatedb, rolcreaterole, rolcanlogin FROM pg_roles "
    "WHERE rolname LIKE 'flowboard%' ORDER BY 1",
    "sequences": "SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public' ORDER BY 1",
}


def table_names(connection: psycopg.Connection[Any]) -> list[str]:
    return [row[0] for row in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]


def rows(connection: psycopg.Connection[Any], table: str) -> list[str]:
    return sorted(row[0] for row in connection.execute(f'SELECT t::text FROM "{table}" t'))


@pytest.fixture
def media(settings: Settings, tmp_path: Path) -> Path:
    """Uploaded files of this test alone."""
    root = tmp_path / "media"
    (root / "avatars").mkdir(parents=True)
    (root / "avatars" / "ada.webp").write_bytes(AVATAR)
    settings.MEDIA_ROOT = str(root)
    return root


@pytest.fixture
def backup(
    transactional_db: None, acme: Organization, ada: User, flow: Project, secret: Project, media: Path, tmp_path: Path
) -> Path:
    """A backup of an installation with two projects, and people who did things in them."""
    factories.make_member(acme, name="Mateo Ruiz")
    factories.make_issues(acme, flow, ada, "Brakes squeal", "Ünïcode — “quotes”", r"back\slash and	tab")
    [hidden] = factories.make_issues(acme, secret, ada, "Nobody knows")
    factories.attach(acme, hidden, ada, "Plan für morgen.png", factories.picture())
    call_command("backup", str(tmp_path))
    (written,) = tmp_path.glob("flowboard-*.tar")
    return written


@pytest.fixture
def restore(environ: dict[str, str]) -> Callable[[Path], "subprocess.CompletedProcess[str]"]:
    """Run `manage.py restore` on a home of its own, as an operator does."""
    own = {name: value for name, value in environ.items() if name != "DJANGO_SETTINGS_MODULE"}

    def run(source: Path) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "manage.py", "restore", str(source)]
        return subprocess.run(command, cwd=ROOT, env=own, capture_output=True, text=True, timeout=120, check=False)

    return run


@pytest.fixture
def original() -> Iterator[psycopg.Connection[Any]]:
    """The backed-up database."""
    name = os.environ["FLOWBOARD_TEST_DATABASE"]
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], dbname=name) as connection:
        yield connection


class TestBackupAndRestore:
    def test_a_restored_installation_is_the_same(
        self,
        backup: Path,
        restore: Callable[[Path], "subprocess.CompletedProcess[str]"],
        original: psycopg.Connection[Any],
        user: Callable[..., ServiceUser],
        home: Path,
    ) -> None:
        done = restore(backup)
        assert done.returncode == 0, done.stderr
        assert done.stdout.splitlines()[-1] == "Restored."
        assert "FLOWBOARD_SECRET_KEY is not the one of the backup" in done.stdout
        assert (home / "media" / "avatars" / "ada.webp").read_bytes() == AVATAR
        ((key, name),) = original.execute("SELECT key, name FROM issues_attachment").fetchall()
        assert name == "Plan für morgen.png"
        assert (home / "media" / key).read_bytes() == factories.picture()
        assert (home / "media" / f"{key}.webp").is_file()

        services = user()
        addresses = services.environ()
        with psycopg.connect(addresses["DATABASE_OWNER_URL"]) as restored:
            names = table_names(original)
            assert len(names) > 30
            assert sorted(table_names(restored)) == sorted(names)
            for name in names:
                assert rows(restored, name) == rows(original, name), name
            assert len(rows(restored, "issues_issue")) == 4
            for rule, query in RULES.items():
                assert restored.execute(query).fetchall() == original.execute(query).fetchall(), rule
        # No row without a context, and none of another organization: the walls stand.
        with psycopg.connect(addresses["DATABASE_URL"]) as app:
            assert app.execute("SELECT count(*) FROM issues_issue").fetchone() == (0,)
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                app.execute("TRUNCATE issues_issue")
        services.leave()

        again = restore(backup)
        assert again.returncode == 1
        assert "The database is not empty" in again.stderr

    def test_keeps_the_file_to_its_owner(self, backup: Path) -> None:
        assert backup.stat().st_mode & 0o077 == 0
        assert not list(backup.parent.glob("*.part"))

    def test_never_overwrites(self, backup: Path) -> None:
        before = backup.read_bytes()
        with pytest.raises(CommandError, match="exists already"):
            call_command("backup", str(backup))
        assert backup.read_bytes() == before

    def test_says_where_it_cannot_write(self, transactional_db: None, tmp_path: Path) -> None:
        with pytest.raises(CommandError, match="There is no directory"):
            call_command("backup", str(tmp_path / "missing" / "file.tar"))
        with pytest.raises(CommandError, match=r"Make it first, or name a file that ends in \.tar"):
            call_command("backup", str(tmp_path / "missing"))
        assert not list(tmp_path.iterdir())


class TestRefusals:
    """A file that cannot be trusted is refused before the target is touched."""

    @pytest.fixture
    def parts(self, tmp_path: Path) -> Path:
        """The files of a small, sound archive."""
        database = tmp_path / archive.DATABASE
        database.write_bytes(b"dump")
        manifest = archive.Manifest("now", "0.1.0", "18", "key", [], {})
        with archive.writing(tmp_path / "sound.tar") as writer:
            writer.add(database, archive.DATABASE)
            writer.finish(manifest, tmp_path)
        return tmp_path

    def repack(self, parts: Path, changed: dict[str, bytes]) -> Path:
        """The same archive with members changed or added."""
        content = {name: (parts / name).read_bytes() for name in (archive.DATABASE, archive.MANIFEST)} | changed
        target = parts / "repacked.tar"
        with tarfile.open(target, "w") as tar:
            for name, data in content.items():
                info = tarfile.TarInfo(name)
                info.size = len(data)
                tar.addfile(info, BytesIO(data))
        return target

    def test_a_sound_one_unpacks(self, parts: Path) -> None:
        manifest = archive.unpack(parts / "sound.tar", parts / "out")
        assert (parts / "out" / archive.DATABASE).read_bytes() == b"dump"
        assert set(manifest.files) == {archive.DATABASE}

    def test_a_changed_file(self, parts: Path) -> None:
        changed = self.repack(parts, {archive.DATABASE: b"pmud"})
        with pytest.raises(BackupError, match=r"checksum of database\.dump does not fit"):
            archive.unpack(changed, parts / "out")

    def test_a_file_that_the_manifest_does_not_name(self, parts: Path) -> None:
        with pytest.raises(BackupError, match="not those that its manifest names"):
            archive.unpack(self.repack(parts, {"extra": b"x"}), parts / "out")

    def test_a_way_out_of_the_directory(self, parts: Path) -> None:
        manifest = json.loads((parts / archive.MANIFEST).read_text())
        manifest["files"]["../escaped"] = "0" * 64
        evil = self.repack(parts, {archive.MANIFEST: json.dumps(manifest).encode(), "../escaped": b"x"})
        with pytest.raises(BackupError):
            archive.unpack(evil, parts / "deep" / "out")
        assert not (parts / "deep" / "escaped").exists()

    @pytest.mark.parametrize("content", [b"", b"no tar at all", b"\0" * 20480])
    def test_something_else(self, parts: Path, content: bytes) -> None:
        (parts / "else.tar").write_bytes(content)
        with pytest.raises(BackupError):
            archive.unpack(parts / "else.tar", parts / "out")

    def test_a_half_of_one(self, parts: Path) -> None:
        whole = (parts / "sound.tar").read_bytes()
        (parts / "half.tar").write_bytes(whole[: len(whole) // 3])
        with pytest.raises(BackupError):
            archive.unpack(parts / "half.tar", parts / "out")

    @pytest.mark.parametrize("manifest", [b"{", b"[]", b'{"format": 99}', b'{"format": 1}'])
    def test_a_manifest_that_cannot_be_read(self, parts: Path, manifest: bytes) -> None:
        with pytest.raises(BackupError):
            archive.unpack(self.repack(parts, {archive.MANIFEST: manifest}), parts / "out")

    def test_a_newer_release(
        self, backup: Path, tmp_path: Path, restore: Callable[[Path], "subprocess.CompletedProcess[str]"], home: Path
    ) -> None:
        work = tmp_path / "work"
        manifest = archive.unpack(backup, work)
        manifest.migrations.append("issues.9999_from_the_future")
        newer = tmp_path / "newer.tar"
        with archive.writing(newer) as writer:
            for name in manifest.files:
                writer.add(work / name, name)
            writer.finish(manifest, tmp_path)
        done = restore(newer)
        assert done.returncode == 1
        assert "does not know issues.9999_from_the_future" in done.stderr
        # Nothing was touched: the untampered file still goes in.
        assert restore(backup).returncode == 0
        shutil.rmtree(work)

    def test_a_missing_file(self, transactional_db: None, tmp_path: Path) -> None:
        with pytest.raises(CommandError, match="There is no file"):
            call_command("restore", str(tmp_path / "none.tar"))

    def test_a_database_in_use(self, backup: Path) -> None:
        with pytest.raises(CommandError, match="The database is not empty"):
            call_command("restore", str(backup))
