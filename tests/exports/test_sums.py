"""An archive is read if it is as it was written; else it is refused with the member's name, and nothing is written."""

import json
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import pytest

from apps.accounts.models import User
from apps.core.tenancy import run_as_system
from apps.imports.files import Upload
from apps.imports.formats import recognise
from apps.imports.records import Unreadable
from apps.issues.models import Issue
from apps.orgs.models import Organization
from apps.projects.models import Project
from tests.exports.test_round_trip import ABOUT, a_zip, read, sum_of, taken_out
from tests.factories import make_issues, make_org
from tests.imports.test_import_tracker import import_tracker

LINES = "projects/FLOW/issues.ndjson"
MEMBERS = {"projects/FLOW/project.json": ABOUT, "projects/FLOW/sprints.ndjson": "", LINES: "not json\n"}


def reason(path: Path) -> str:
    """Why an archive is refused: it yields that and nothing else."""
    [row] = read(path)
    assert isinstance(row, Unreadable)
    return row.reason


class TestSums:
    def test_reads_what_is_whole(self, tmp_path: Path) -> None:
        assert len(read(a_zip(tmp_path / "a.zip", MEMBERS))) > 1

    @pytest.mark.parametrize(
        ("told", "words"),
        [
            ({"size": 8, "sha256": "0" * 64}, "longer"),
            ({"size": 10, "sha256": "0" * 64}, "shorter"),
            ({"size": 9, "sha256": "0" * 64}, "changed"),
            ({"size": -3, "sha256": "0" * 64}, "no size and sum"),
            ({"size": 9, "sha256": 5}, "no size and sum"),
            ("nothing", "no size and sum"),
        ],
        ids=["longer", "shorter", "changed", "negative", "no-sum", "nothing"],
    )
    def test_refuses_a_member_that_is_not_as_it_was(self, tmp_path: Path, told: Any, words: str) -> None:
        sums = {name: sum_of(data) for name, data in MEMBERS.items()} | {LINES: told}
        found = reason(a_zip(tmp_path / "a.zip", MEMBERS, members=sums))
        assert words in found
        assert LINES in found

    def test_refuses_what_is_missing_and_what_was_added(self, tmp_path: Path) -> None:
        sums = {name: sum_of(data) for name, data in MEMBERS.items()}
        gone = "projects/FLOW/attachments/1"
        found = reason(a_zip(tmp_path / "gone.zip", MEMBERS, members=sums | {gone: sum_of("x")}))
        assert f"“{gone}” is missing" in found
        added = reason(a_zip(tmp_path / "more.zip", {**MEMBERS, gone: "x"}, members=sums))
        assert f"“{gone}” is not in the manifest.json" in added

    def test_refuses_what_is_damaged_within(self, tmp_path: Path) -> None:
        path = a_zip(tmp_path / "a.zip", MEMBERS)
        with zipfile.ZipFile(path) as archive:
            at = archive.getinfo(LINES).header_offset + 30 + len(LINES)
        data = bytearray(path.read_bytes())
        data[at] ^= 0xFF
        path.write_bytes(data)
        assert f"“{LINES}” is damaged" in reason(path)

    def test_says_that_there_is_no_manifest_or_no_sums_in_it(self, tmp_path: Path) -> None:
        path = tmp_path / "a.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for name, data in MEMBERS.items():
                archive.writestr(name, data)
        assert recognise(Upload.at(path)).name == "flowboard"
        assert "no manifest.json" in reason(path)
        assert "names no members" in reason(a_zip(tmp_path / "b.zip", MEMBERS, members=None))

    def test_takes_no_more_memory_for_a_large_member(self, tmp_path: Path) -> None:
        def peak(length: int) -> int:
            content = {**MEMBERS, "projects/FLOW/attachments/1": bytes(range(256)) * (4 * length)}
            path = a_zip(tmp_path / f"{length}.zip", content)
            tracemalloc.start()
            try:
                read(path)
                return tracemalloc.get_traced_memory()[1]
            finally:
                tracemalloc.stop()

        assert peak(100 * 1024) - peak(1) < 1024 * 1024


@pytest.mark.django_db(transaction=True)
class TestNothingIsWritten:
    def test_of_an_archive_that_was_changed(self, ada: User, acme: Organization, flow: Project, tmp_path: Path) -> None:
        make_issues(acme, flow, ada, "A roof")
        whole, changed = taken_out(acme, tmp_path / "whole.zip"), tmp_path / "changed.zip"
        with zipfile.ZipFile(whole) as old, zipfile.ZipFile(changed, "w") as new:
            for name in old.namelist():
                data = old.read(name)
                new.writestr(name, data.replace(b"A roof", b"A hoof") if name == LINES else data)
        other = make_org(ada, "Globex", "globex")
        account = import_tracker(changed, "--org", other.slug)
        assert (account["imported"], account["failed"]) == (0, 1)
        assert LINES in json.dumps(account["problems"])
        with run_as_system(org_id=other.pk):
            assert not Issue.objects.exists()
            assert not Project.objects.exists()
