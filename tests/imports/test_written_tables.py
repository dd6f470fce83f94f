"""Every table and document of these trackers, through a whole import: written once, and once again without a change."""

from pathlib import Path

import pytest

from apps.core.tenancy import run_as_system
from apps.issues.models import Issue, IssueLink
from apps.orgs.models import Organization
from tests.imports import test_plane
from tests.imports.reading import SHARED, upload
from tests.imports.test_damaged_tables import ALL
from tests.imports.test_import_tracker import import_tracker

# Rows that are issues; of the others each file has its reason.
ISSUES = {
    "csv": 2, "asana-csv": 6, "plane-csv": 1, "redmine-csv": 1, "bugzilla-csv": 3, "redmine-rest": 2,
    "bugzilla-rest": 2, "taiga": 5, "bugzilla-xml": 2,
}  # fmt: skip


@pytest.mark.django_db
def test_is_written_once(acme: Organization, tmp_path: Path) -> None:
    # There is one row of each issue in it, unlike in the damaged one.
    files = {**ALL, "plane-csv": test_plane.export({})}
    for place, (name, count) in enumerate(ISSUES.items()):
        path = upload(tmp_path, files[name], f"{name}.dat").path
        arguments = (path, "--org", acme.slug, "--project", f"T{place}")
        first = import_tracker(*arguments)
        assert first["imported"] == count, (name, first)
        again = import_tracker(*arguments)
        assert (again["imported"], again["updated"]) == (0, 0), (name, again)
        assert again["read"] == first["read"]
        with run_as_system(org_id=acme.pk):
            assert Issue.objects.filter(project__key=f"T{place}").count() == count
    with run_as_system(org_id=acme.pk):
        lamp = Issue.objects.get(project__key="T0", number=7)
        assert (lamp.parent and lamp.parent.number, lamp.points) == (1, 2.5)
        # Subtasks and dependencies, by the titles of tasks.
        hang = Issue.objects.get(project__key="T1", title="Hang lamps, all")
        assert set(hang.children.values_list("title", flat=True)) == {"Count hooks"}
        assert IssueLink.objects.filter(source__project__key="T1").count() == 3
        # Tasks below their story, the story below its epic.
        story = Issue.objects.get(project__key="T7", title="Hang lamps")
        assert story.parent is not None
        assert story.parent.title == "Light the hall"
        assert list(story.children.values_list("title", flat=True)) == ["Buy hooks"]


@pytest.mark.deep
@pytest.mark.django_db
@pytest.mark.skipif(not SHARED.is_dir(), reason="The real exports (../shared/data) are not on this machine.")
def test_real_exports_are_written_whole(acme: Organization) -> None:
    counts = {
        "asana_csv/native_sample_13.csv": 11,
        "bugzilla/fedora_buglist_6797.csv": 6797,
        "bugzilla/show_bug_details_5.xml": 5,
        "corpus_storypoints/talendesb.csv": 868,
        "plane_csv/linear_importer_plane_sample_9.csv": 9,
        "redmine/import_dates.csv": 3,
        "redmine/import_iso8859-1.csv": 2,
        "redmine/import_issues.csv": 3,
        "redmine/import_subtasks_with_relations.csv": 4,
        "redmine/rest_issue_7311_journals.json": 1,
        "redmine/rest_issues_list.json": 3,
    }
    for place, (name, count) in enumerate(counts.items()):
        answer = import_tracker(SHARED / name, "--org", acme.slug, "--project", f"R{place}")
        assert (answer["failed"], answer["updated"]) == (0, 0), (name, answer)
        with run_as_system(org_id=acme.pk):
            assert Issue.objects.filter(project__key=f"R{place}").count() == count, name
