"""The command as scripts use it."""

import json
import os
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from apps.core.tenancy import run_as_system
from apps.issues.models import Comment, Issue
from apps.orgs.models import Organization
from tests.imports.exports import issue, write

CORPUS = Path(os.environ.get("FLOWBOARD_SAMPLES", "../shared/data")) / "corpus_titanium_jira"


def import_tracker(*arguments: Any) -> dict[str, Any]:
    out = StringIO()
    call_command("import_tracker", *map(str, arguments), "--json", stdout=out)
    answer: dict[str, Any] = json.loads(out.getvalue())
    assert answer["read"] == sum(answer[name] for name in ("imported", "updated", "skipped", "failed"))
    return answer


class TestImportTracker:
    def test_prints_one_object_with_the_reconciliation(self, acme: Organization, tmp_path: Path) -> None:
        path = write(tmp_path / "a.ndjson", issue("LAMP-1"), b"nonsense")
        answer = import_tracker(path, "--org", acme.slug, "--project", "LAMP")
        assert (answer["read"], answer["imported"], answer["failed"]) == (2, 1, 1)
        (problem,) = answer["problems"]
        assert problem["row"] == "a.ndjson:2"
        assert set(problem) == {"row", "field", "reason"}

    def test_tells_people_in_sentences(self, acme: Organization, tmp_path: Path) -> None:
        out = StringIO()
        path = write(tmp_path / "a", *(issue(f"LAMP-{n}", summary="") for n in range(1, 31)))
        call_command("import_tracker", str(path), "--org", acme.slug, "--dry-run", stdout=out)
        assert "nothing was written" in out.getvalue()
        assert "30 rows read: 30 imported" in out.getvalue()
        assert "and 10 more" in out.getvalue()

    def test_refuses_a_file_or_organization_that_is_not_there(self, acme: Organization, tmp_path: Path) -> None:
        path = write(tmp_path / "a", issue("LAMP-1"))
        with pytest.raises(CommandError, match="no organization “nowhere”"):
            import_tracker(path, "--org", "nowhere")
        with pytest.raises(CommandError, match="There is no file"):
            import_tracker(tmp_path / "none", "--org", acme.slug)

    @pytest.mark.deep
    @pytest.mark.skipif(not CORPUS.is_dir(), reason=f"the sample exports are not in {CORPUS} (FLOWBOARD_SAMPLES)")
    def test_brings_a_whole_tracker_in_and_again(self, acme: Organization) -> None:
        files = sorted(CORPUS.glob("*.ndjson.gz"))
        answer = import_tracker(*files, "--org", acme.slug)
        assert (answer["read"], answer["imported"]) == (20_470, 20_470)
        with run_as_system(org_id=acme.pk):
            assert Issue.objects.count() == 20_470
            # 66,659 in the files, 1,299 of them without words; long ones have become several.
            assert Comment.objects.count() == answer["comments"]["imported"] >= 66_659 - 1_299
            assert Issue.objects.filter(parent__isnull=False).count() > 900
        again = import_tracker(*files, "--org", acme.slug)
        assert (again["skipped"], again["failed"]) == (20_470, 0)
