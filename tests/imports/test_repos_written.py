"""Issues of GitHub, GitLab, Trello and Linear as they stand in a project once they were imported, and again."""

import json
from pathlib import Path
from typing import Any

import pytest

from apps.core.tenancy import run_as_system
from apps.issues.models import Comment, Issue
from apps.orgs.models import Organization
from apps.projects.models import CustomField, Label, Project, Version
from apps.sprints.models import Sprint
from tests.imports import test_github, test_gitlab, test_linear, test_trello
from tests.imports.reading import SHARED
from tests.imports.test_import_tracker import import_tracker

FILES: dict[str, str] = {
    "HUB": json.dumps(
        [
            test_github.REST,
            test_github.PULL,
            {**test_github.REST, "number": 3, "node_id": "I_3", "parent_issue_url": None},
        ]
    ),
    "LAB": json.dumps([test_gitlab.REST]),
    "BOAT": json.dumps(test_trello.BOARD),
    "SEA": test_linear.export(test_linear.NEWER, {}, {"ID": "SEA-4", "Parent issue": ""}),
}


@pytest.fixture
def imported(acme: Organization, tmp_path: Path) -> dict[str, dict[str, Any]]:
    """The accounts of importing each of the handwritten files into a project of its own."""
    accounts = {}
    for key, text in FILES.items():
        path = tmp_path / key
        path.write_text(text)
        accounts[key] = import_tracker(path, "--org", acme.slug, "--project", key)
    return accounts


def test_issues_stand_as_they_did(acme: Organization, imported: dict[str, dict[str, Any]], tmp_path: Path) -> None:
    assert {key: (account["imported"], account["failed"]) for key, account in imported.items()} == {
        "HUB": (2, 0), "LAB": (1, 0), "BOAT": (5, 2), "SEA": (2, 0),
    }  # fmt: skip
    with run_as_system(org_id=acme.pk):
        issues = {
            f"{each.project.key}-{each.number}": each for each in Issue.objects.select_related("project", "status")
        }
        hub, lab, boat, sea = (issues[key] for key in ("HUB-12", "LAB-3", "BOAT-7", "SEA-12"))
        assert [each.status.category for each in (hub, lab, boat, sea)] == [
            "cancelled", "done", "in_progress", "in_progress",
        ]  # fmt: skip
        assert hub.parent == issues["HUB-3"]
        assert sea.parent == issues["SEA-4"]
        assert issues["BOAT-9"].archived_at is not None
        assert boat.archived_at is None
        assert "- [x] paint pot" in boat.description
        assert (lab.points, lab.time_estimate) == (5, 90)
        assert sea.sprint is not None or Sprint.objects.filter(project=sea.project, name="Cycle 4").exists()
        assert set(Version.objects.values_list("project__key", "name")) == {("HUB", "1.4"), ("LAB", "Spring")}
        assert set(Label.objects.filter(project=lab.project).values_list("name", flat=True)) == {
            "sea", "wind", "confidential",
        }  # fmt: skip
        assert {"Paint", "Litres", "Dry on", "Side", "Primed", "Complete"} <= set(
            CustomField.objects.filter(project=boat.project).values_list("name", flat=True)
        )
        said = list(Comment.objects.filter(issue=boat).order_by("created_at").values_list("body", flat=True))
        assert [text for text in said if "mast.png" not in text] == ["First", "Second"]
    again = import_tracker(tmp_path / "BOAT", "--org", acme.slug, "--project", "BOAT")
    assert (again["imported"], again["updated"], again["failed"]) == (0, 0, 2)


@pytest.mark.deep
@pytest.mark.skipif(not SHARED.is_dir(), reason="the exports of other people's trackers are not on this machine")
@pytest.mark.parametrize(
    ("files", "count", "comments"),
    [
        (["github_issues/rails_open_500rows_100distinct.json"], 32, 0),
        (["github_issues/ietf_hpke_archive.json"], 86, 139),
        ([f"gitlab/project_export_zhengfang__{kind}.ndjson" for kind in ("milestones", "labels", "issues")], 56, 85),
        (["gitlab/rest_issue_page_1.json"], 2, 0),
        (["gitlab/csv_gitlab_export_4.csv"], 4, 0),
        (["trello_json/gocd_122_cards.json"], 122, 80),
        (["trello_json/japanese_67_cards.json"], 67, 4),
        (["trello_json/wekan_sample_custom_fields_3_cards.json"], 3, 0),
        (["linear_csv/native_export_10.csv"], 10, 0),
        (["linear_csv/import_sandlot_38.csv"], 38, 0),
    ],
)
def test_real_exports_are_written(acme: Organization, files: list[str], count: int, comments: int) -> None:
    paths = [SHARED / name for name in files]
    account = import_tracker(*paths, "--org", acme.slug, "--project", "REAL")
    assert (account["imported"], account["failed"]) == (count, 0)
    with run_as_system(org_id=acme.pk):
        project = Project.objects.get(key="REAL")
        assert Issue.objects.filter(project=project).count() == count
        assert Comment.objects.filter(issue__project=project).count() >= comments
    again = import_tracker(*paths, "--org", acme.slug, "--project", "REAL")
    assert (again["imported"], again["updated"], again["failed"]) == (0, 0, 0)
