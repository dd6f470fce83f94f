"""The command as scripts use it."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connections

from apps.core.tenancy import run_as_system
from apps.imports.models import ImportRun, MappingProfile
from apps.imports.reconciliation import Reconciliation
from apps.imports.running import locks
from apps.imports.services import save_profile
from apps.issues.models import Issue
from apps.issues.services import edit_issue
from apps.orgs.models import Organization
from apps.projects.models import Project
from tests.imports.exports import issue, write


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
        with run_as_system(org_id=acme.pk):
            assert not ImportRun.objects.exists()
        out = StringIO()
        call_command("import_tracker", str(path), "--org", acme.slug, stdout=out)
        assert "30 imported" in out.getvalue()
        assert "--take-back" in out.getvalue()

    def test_says_as_json_what_it_would_do(self, acme: Organization, tmp_path: Path) -> None:
        path = write(tmp_path / "a", issue("LAMP-1"), b"{")
        answer = import_tracker(path, "--org", acme.slug, "--dry-run")
        assert (answer["read"], answer["imported"], answer["failed"]) == (2, 1, 1)
        assert answer["survey"]["statuses"][0]["name"] == "Open"

    def test_decides_as_a_file_or_a_profile_says_and_takes_back(self, acme: Organization, tmp_path: Path) -> None:
        path = write(tmp_path / "a", issue("LAMP-1", labels=["hall"]), issue("LAMP-2"))
        choices = tmp_path / "choices.json"
        choices.write_text(json.dumps({"statuses": {"Open": {"name": "Parked", "category": "backlog"}}}))
        first = import_tracker(path, "--org", acme.slug, "--choices", choices, "--format", "jira-rest")
        with run_as_system(org_id=acme.pk) as actor:
            assert set(Issue.objects.values_list("status__name", flat=True)) == {"Parked"}
            changed = Issue.objects.select_related("project").get(number=1)
            run = ImportRun.objects.get(pk=first["run"])
            save_profile(actor=actor, run=run, name="Ours")
            MappingProfile.objects.update(choices={"labels": {"hall": "corridor"}})
            edit_issue(actor=actor, issue=changed, values={"title": "Mine"})
        out = StringIO()
        call_command("import_tracker", "--org", acme.slug, "--take-back", str(run.pk), stdout=out)
        assert "Taken back: " in out.getvalue()
        assert "LAMP-1 stays: " in out.getvalue()
        out = StringIO()
        again = write(tmp_path / "b", issue("LAMP-5", labels=["hall"]))
        second = import_tracker(again, "--org", acme.slug, "--profile", "Ours")
        with run_as_system(org_id=acme.pk):
            assert [label.name for label in Issue.objects.get(number=5).labels.all()] == ["corridor"]
        call_command("import_tracker", "--org", acme.slug, "--take-back", str(second["run"]), "--json", stdout=out)
        answer = json.loads(out.getvalue())
        assert (answer["state"], answer["taken_back"]["issues"], answer["kept"]) == ("reverted", 1, [])

    def test_refuses_in_a_sentence(self, acme: Organization, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path, bad, list_ = write(tmp_path / "a", issue("LAMP-1")), tmp_path / "bad.json", tmp_path / "list.json"
        bad.write_text("{")
        list_.write_text("[]")
        wrong: dict[str, list[Any]] = {
            "Name the files": [],
            "no JSON": [path, "--choices", bad],
            "holds no choices": [path, "--choices", list_],
            "under the name": [path, "--profile", "None"],
            "no format": [path, "--format", "none"],
            "shown only to those": ["--take-back", 2**40],
        }
        for words, arguments in wrong.items():
            with pytest.raises(CommandError, match=words):
                import_tracker(*arguments, "--org", acme.slug)
        run = import_tracker(path, "--org", acme.slug)["run"]
        for lock, words, arguments in (
            (locks.RUNS, "A worker is at", ["--take-back", run]),
            (locks.PROJECTS, "goes on by itself", [path]),
        ):
            with run_as_system(org_id=acme.pk):
                number = run if lock == locks.RUNS else Project.objects.get(key="LAMP").pk
            with connections["staff"].cursor() as cursor:
                cursor.execute("SELECT pg_advisory_lock(%s, %s)", [lock, number])
                with pytest.raises(CommandError, match=words):
                    import_tracker(*arguments, "--org", acme.slug)
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [lock, number])

    def test_exits_with_a_fault_if_a_row_is_unaccounted_for(
        self, acme: Organization, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Reconciliation, "fail", lambda *about: None)
        path = write(tmp_path / "a", issue("LAMP-1"), b"{")
        with pytest.raises(CommandError, match="unaccounted for"):
            import_tracker(path, "--org", acme.slug)

    def test_refuses_a_file_or_organization_that_is_not_there(self, acme: Organization, tmp_path: Path) -> None:
        path = write(tmp_path / "a", issue("LAMP-1"))
        with pytest.raises(CommandError, match="no organization “nowhere”"):
            import_tracker(path, "--org", "nowhere")
        with pytest.raises(CommandError, match="There is no file"):
            import_tracker(tmp_path / "none", "--org", acme.slug)
