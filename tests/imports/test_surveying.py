"""What one look through files finds, and what it says would become of them."""

from pathlib import Path

import pytest

from apps.accounts.models import User
from apps.core.tenancy import run_as_system
from apps.imports.choices import Choices
from apps.imports.likeness import alike
from apps.imports.surveying import names, survey
from apps.issues.models import Issue
from apps.orgs.models import Organization
from apps.projects.models import Project, Status
from apps.projects.services import create_field
from tests.factories import make_member
from tests.imports.bringing import confirmed, surveyed, work
from tests.imports.exports import comment, issue, person, write


class TestSurvey:
    def test_lists_what_there_is_and_what_it_becomes(
        self, ada: User, acme: Organization, flow: Project, tmp_path: Path
    ) -> None:
        otto = make_member(acme, name="Otto Lind", email="otto@example.test")
        rows = [
            issue(
                f"LAMP-{n}",
                status="QA" if n > 2 else "Closed",
                labels=["hall", "Hall ", "stairs"],
                assignee=person("olind", "O. Lind", "otto@example.test"),
                comments=[comment(n, "hm")],
                kind="Improvement",
                priority={"name": "Odd"},
                components=[{"name": "Bulbs"}],
                fixVersions=[{"name": "1.0"}],
                sprint={"id": 4, "name": "Sprint 4", "state": "active"},
            )
            for n in range(1, 4)
        ]
        found = surveyed(acme, write(tmp_path / "a", *rows, b"{"), project="FLOW", by=ada).survey
        assert {name: found[name] for name in ("rows", "issues", "new", "changed", "same", "failed", "comments")} == {
            "rows": 4,
            "issues": 3,
            "new": 3,
            "changed": 0,
            "same": 0,
            "failed": 1,
            "comments": 3,
        }
        with run_as_system(org_id=acme.pk):
            done = Status.objects.get(project=flow, name="Done")
        closed = next(each for each in found["statuses"] if each["name"] == "Closed")
        assert closed == {
            "name": "Closed",
            "count": 2,
            "category": "done",
            "to": {"id": done.pk, "name": "Done", "category": "done"},
        }
        assert found["types"] == [
            {
                "name": "Improvement",
                "count": 3,
                "level": "standard",
                "to": {"name": "Improvement", "level": "standard"},
            }
        ]
        assert found["priorities"] == [{"name": "Odd", "count": 3, "to": 0}]
        assert [(each["handle"], each["count"], each["to"]) for each in found["people"]] == [
            ("mira", 6, 0),
            ("olind", 3, otto.pk),
        ]
        assert {each["name"] for each in found["labels"]} >= {"hall", "stairs"}
        assert found["projects"] == [{"key": "LAMP", "name": "The LAMP project", "count": 3, "has_sprints": True}]
        assert found["versions"] == [{"name": "1.0", "count": 3}]
        assert found["sprints"] == [{"name": "Sprint 4", "count": 3, "state": "active"}]
        assert [sorted(pair) for pair in found["alike"]["labels"]] == [["Hall", "hall"]]
        first = found["preview"][0]
        assert (first["key"], first["status"], first["type"], first["priority"]) == ("LAMP-1", "Done", "Improvement", 0)
        assert (first["assignee"], first["reporter"], first["comments"]) == ("Otto Lind", "Mira Stone", 1)
        assert found["problems"][0]["row"] == "a:4"

    def test_tells_new_from_changed_and_same_in_the_files_and_against_what_is_there(
        self, ada: User, acme: Organization, tmp_path: Path
    ) -> None:
        work(confirmed(acme, write(tmp_path / "old", issue("LAMP-1"), issue("LAMP-2"))))
        rows = [issue("LAMP-1"), issue("LAMP-2", summary="New"), issue("LAMP-3"), issue("LAMP-3")]
        run = surveyed(acme, write(tmp_path / "new", *rows, issue("LAMP-3", summary="Other"), issue("DESK-1")))
        found = run.survey
        assert (found["new"], found["changed"], found["same"]) == (2, 2, 2)
        with run_as_system(org_id=acme.pk):
            Project.objects.filter(key="LAMP").update(visibility="private")
        # Whoever may not know of a project learns nothing of it.
        hidden = surveyed(acme, write(tmp_path / "same", issue("LAMP-1")), by=make_member(acme, "admin", name="Adi X"))
        assert (hidden.survey["new"], hidden.survey["same"]) == (1, 0)

    def test_foresees_the_status_that_is_made_whichever_reasons_issues_were_closed_for(
        self, ada: User, acme: Organization, tmp_path: Path
    ) -> None:
        reasons = ["Won't Fix", "Duplicate", "Fixed"]
        rows = [issue(f"LAMP-{n}", status="Closed", resolution={"name": each}) for n, each in enumerate(reasons, 1)]
        run = confirmed(acme, write(tmp_path / "a", *rows), by=ada)
        assert [each["to"] for each in run.survey["statuses"]] == [{"name": "Closed", "category": "done"}]
        assert [each["status"] for each in run.survey["preview"]] == ["Cancelled", "Cancelled", "Closed"]
        work(run)
        with run_as_system(org_id=acme.pk):
            made = Status.objects.get(project__key="LAMP", name="Closed")
            kept = list(Issue.objects.order_by("number").values_list("status__name", flat=True))
        assert made.category == Status.Category.DONE
        assert kept == ["Cancelled", "Cancelled", "Closed"]

    @pytest.mark.parametrize(
        ("key", "templates"),
        [("", {"LAMP": "scrum", "BULB": "kanban"}), ("ALL", {"ALL": "scrum"})],
        ids=["each-its-own", "one-for-all"],
    )
    def test_a_project_with_sprints_gets_the_pages_that_show_them(
        self, ada: User, acme: Organization, tmp_path: Path, key: str, templates: dict[str, str]
    ) -> None:
        sprint = {"id": 4, "name": "Sprint 4", "state": "closed"}
        rows = [issue("BULB-1"), issue("LAMP-2"), issue("LAMP-3", sprint=sprint)]
        work(confirmed(acme, write(tmp_path / "a", *rows), project=key, by=ada))
        with run_as_system(org_id=acme.pk):
            assert dict(Project.objects.values_list("key", "template")) == templates

    def test_follows_what_was_chosen(self, ada: User, acme: Organization, flow: Project, tmp_path: Path) -> None:
        otto = make_member(acme, name="Otto Lind")
        with run_as_system(org_id=acme.pk) as actor:
            done = Status.objects.get(project=flow, name="Done")
            create_field(actor=actor, project=flow, name="size", kind="text")
        path = tmp_path / "list.csv"
        path.write_text("Title,Status,Author,Size,Colour,Weight,Shape\nA lamp,Open,mira,big,red,3,round\n")
        choices = Choices(
            statuses={"Open": done.pk},
            people={"mira": otto.pk},
            columns={"Author": "reporter"},
            fields={"Colour": None, "Weight": {"name": "Mass", "kind": "number"}},
        )
        found = surveyed(acme, path, project="FLOW", by=ada, choices=choices).survey
        assert found["statuses"][0]["to"]["id"] == done.pk
        assert found["people"][0]["to"] == otto.pk
        assert found["preview"][0]["reporter"] == "Otto Lind"
        to = {each["name"]: each["to"] for each in found["fields"]}
        assert (to["Size"]["name"], to["Colour"], to["Weight"]["name"]) == ("size", None, "Mass")
        assert to["Shape"] == {"name": "Shape", "kind": "text"}
        columns = {each["name"]: each["to"] for each in found["columns"]}
        assert (columns["Author"], columns["Title"], columns["Colour"]) == ("reporter", "title", "custom")

    def test_lists_no_more_than_so_much(
        self, acme: Organization, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(names, "MOST_NAMES", 3)
        monkeypatch.setattr(survey, "MOST_PROBLEMS", 2)
        rows = [issue(f"LAMP-{n}", labels=[f"label-{n}"], summary="") for n in range(1, 12)]
        found = surveyed(acme, write(tmp_path / "a", *rows, b"{", b"{", b"{")).survey
        assert (len(found["labels"]), len(found["preview"]), len(found["problems"])) == (3, 10, 2)
        assert (found["failed"], found["notes"]) == (3, 11)


class TestAlike:
    @pytest.mark.parametrize(
        ("one", "other", "is_alike"),
        [
            ("In Progress", "in-progress", True),
            ("enhancement", "enhancment", True),
            ("enhancement", "enhancemnet", True),
            ("Otto Lind", "otto.lind", True),
            ("colour", "color", True),
            ("Sprint 1", "Sprint 2", False),
            ("done", "gone", False),
            ("review", "release", False),
            ("", "-", False),
        ],
    )
    def test_finds_names_that_are_probably_the_same(self, one: str, other: str, is_alike: bool) -> None:
        assert alike(["something else", one, other]) == ([(1, 2)] if is_alike else [])
