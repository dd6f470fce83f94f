"""What a script makes of projects and their configuration, as their admins do in the browser."""

from typing import Any

import pytest

from apps.accounts.models import User
from apps.orgs.models import Organization
from apps.projects.models import Project
from tests import factories
from tests.api.conftest import Script, World, make_script
from tests.api.test_organization import queries

pytestmark = pytest.mark.django_db
FLOW = "projects/FLOW/"


def names(page: Any) -> list[str]:
    """What the rows of an answer are called."""
    return [each["name"] for each in page.json()["results"]]


def ids(page: Any) -> dict[str, int]:
    """The ids of the rows of an answer, by their names."""
    return {each["name"]: each["id"] for each in page.json()["results"]}


class TestProjects:
    def test_are_made_changed_archived_deleted_and_brought_back(self, script: Script, ada: User) -> None:
        made = script.post("projects/", {"name": "Rover", "key": "rover", "template": "scrum", "visibility": "private"})
        assert made.status_code == 201
        assert (made.json()["key"], made.json()["lead"]) == ("ROVER", {"id": ada.pk, "name": ada.name})
        assert "To do" in {each["name"] for each in made.json()["statuses"]}
        values = {"description": "Drives.", "has_time_tracking": True, "minutes_a_day": 450, "key": "RV"}
        edited = script.patch("projects/ROVER/", values).json()
        assert {name: edited[name] for name in values} == values
        assert (edited["name"], edited["visibility"], edited["days_a_week"]) == ("Rover", "private", 5)
        assert script.get("projects/ROVER/").status_code == 307
        assert script.patch("projects/RV/", {"archived": True}).json()["archived_at"] is not None
        assert names(script.get("projects/")) == []
        assert names(script.get("projects/?archived=true")) == ["Rover"]
        assert script.post("projects/RV/delete/", {"confirmation": "Rover!"}).status_code == 422
        assert script.post("projects/RV/delete/", {"confirmation": "Rover"}).status_code == 204
        (gone,) = script.get("deleted-projects/").json()["results"]
        assert gone["key"] == "RV"
        assert script.get("projects/RV/").status_code == 404
        assert script.post(f"deleted-projects/{gone['id']}/restore/").json()["key"] == "RV"
        assert script.patch("projects/RV/", {"archived": False}).json()["archived_at"] is None

    def test_begin_like_another_one(self, script: Script, flow: Project) -> None:
        script.post(FLOW + "labels/", {"name": "wheels"})
        plan = {"source": "FLOW"}
        made = script.post("projects/", {"name": "Two", "key": "TWO", "like": "FLOW", "with_members": True})
        assert names(script.get("projects/TWO/labels/")) == names(script.get(FLOW + "labels/"))
        assert made.status_code == 201
        script.post(FLOW + "labels/", {"name": "tyres"})
        seen = script.post("projects/TWO/copy/plan/", plan).json()
        assert [kind["added"] for kind in seen["kinds"] if kind["added"]] == [["tyres"]]
        script.post(FLOW + "labels/", {"name": "axles"})
        assert script.post("projects/TWO/copy/", plan | {"seen": seen["seen"]}).status_code == 409
        assert script.post("projects/TWO/copy/", plan).status_code == 200
        assert "axles" in names(script.get("projects/TWO/labels/"))
        assert script.post("projects/TWO/copy/undo/").status_code == 204
        assert "axles" not in names(script.get("projects/TWO/labels/"))

    @pytest.mark.parametrize(
        ("method", "path", "body", "code"),
        [
            ("POST", "projects/", {"name": "Rover", "key": "1"}, 422),
            ("POST", "projects/", {"name": "Rover", "key": "FLOW"}, 409),
            ("POST", "projects/", {"name": "Rover", "key": "RV", "like": "FLOW", "template": "scrum"}, 422),
            ("POST", "projects/", {"name": "Rover", "key": "RV", "with_members": True}, 422),
            ("POST", "projects/", {"name": "Rover", "key": "RV", "like": "NOPE"}, 404),
            # The first of the two could be done.
            ("PATCH", FLOW, {"description": "Else.", "key": "1"}, 422),
            ("PATCH", FLOW, {"name": "x" * 81}, 400),
            ("PATCH", FLOW, {"visibility": "secret"}, 400),
            ("PATCH", FLOW, {"days_a_week": 8}, 400),
            ("POST", FLOW + "copy/", {"source": "FLOW"}, 409),
            ("POST", FLOW + "statuses/", {"name": "To do", "category": "todo"}, 409),
            ("POST", FLOW + "statuses/", {"name": "x" * 61, "category": "todo"}, 422),
            ("POST", FLOW + "statuses/", {"name": "Late", "category": "late"}, 400),
            ("POST", FLOW + "types/", {"name": "Spike", "hue": 7}, 400),
            ("POST", FLOW + "labels/", {"name": " "}, 400),
            ("POST", FLOW + "versions/", {"name": "1", "start_date": "2026-03-02", "release_date": "2026-03-01"}, 422),
            ("POST", FLOW + "fields/", {"name": "Sure", "kind": "checkbox", "is_required": True}, 422),
            ("POST", FLOW + "members/", {"user": 2**40, "role": "viewer"}, 404),
            ("POST", FLOW + "members/", {"user": True, "role": "viewer"}, 400),
        ],
    )
    def test_are_not_changed_by_a_refusal(
        self, script: Script, acme: Organization, flow: Project, method: str, path: str, body: Any, code: int
    ) -> None:
        world = World(acme)
        assert script.call(method, path, body).status_code == code
        assert world.is_unchanged()


class TestWorkflow:
    def test_is_built_and_taken_apart(self, script: Script, acme: Organization, ada: User, flow: Project) -> None:
        statuses = ids(script.get(FLOW + "statuses/"))
        added = script.post(FLOW + "statuses/", {"name": "Stuck", "category": "todo", "hue": 30}).json()
        order = [added["id"], *statuses.values()]
        assert names(script.post(FLOW + "statuses/order/", {"order": order}))[0] == "Stuck"
        one = f"{FLOW}statuses/{added['id']}/"
        edited = script.patch(one, {"name": "Blocked", "is_initial": True}).json()
        assert (edited["name"], edited["hue"], edited["is_initial"]) == ("Blocked", 30, True)
        (issue,) = factories.make_issues(acme, flow, ada, "Waits")
        assert script.post(one + "remove/", {"to": statuses["To do"]}).status_code == 409
        script.patch(f"{FLOW}statuses/{statuses['To do']}/", {"is_initial": True})
        assert script.patch(one, {"is_initial": False}).status_code == 422
        way = script.post(
            FLOW + "transitions/",
            {"source": added["id"], "target": statuses["Done"], "required_fields": ["points"], "comment": "Hooray."},
        ).json()
        changed = script.patch(f"{FLOW}transitions/{way['id']}/", {"name": "Free", "sets_priority": "high"}).json()
        assert (changed["name"], changed["required_fields"], changed["sets_priority"]) == ("Free", ["points"], "high")
        assert script.call("DELETE", f"{FLOW}transitions/{way['id']}/").status_code == 204
        assert way["id"] not in [each["id"] for each in script.get(FLOW + "transitions/").json()["results"]]
        assert script.post(one + "remove/", {"to": statuses["To do"]}).json() == {"changed": 1}
        assert script.get(f"issues/FLOW-{issue.number}/").json()["status"]["id"] == statuses["To do"]

    def test_has_types(self, script: Script, acme: Organization, ada: User, flow: Project) -> None:
        made = script.post(FLOW + "types/", {"name": "Spike", "icon": "zap", "hue": 60}).json()
        assert made["level"] == 1
        assert script.patch(f"{FLOW}types/{made['id']}/", {"name": "Probe"}).json()["icon"] == "zap"
        issue = script.post(FLOW + "issues/", {"title": "Try it", "type": made["id"]}).json()
        types = ids(script.get(FLOW + "types/"))
        assert script.post(f"{FLOW}types/{made['id']}/remove/", {"to": types["Epic"]}).status_code == 422
        assert script.post(f"{FLOW}types/{made['id']}/remove/", {"to": types["Task"]}).json() == {"changed": 1}
        assert script.get(f"issues/{issue['key']}/").json()["type"]["name"] == "Task"


class TestParts:
    def test_labels_are_renamed_merged_and_brought_back(self, script: Script, flow: Project) -> None:
        made = script.post(FLOW + "labels/", {"name": "wheels", "hue": 120}).json()
        other = script.post(FLOW + "labels/", {"name": "tyres"}).json()
        issue = script.post(FLOW + "issues/", {"title": "Roll", "labels": [made["id"]]}).json()
        assert script.patch(f"{FLOW}labels/{made['id']}/", {"name": "round"}).json()["hue"] == 120
        assert script.post(f"{FLOW}labels/{made['id']}/remove/", {"to": other["id"]}).json() == {"changed": 1}
        assert names(script.get(FLOW + "labels/")) == ["tyres"]
        assert ids(script.get(FLOW + "labels/?retired=true")) == {"round": made["id"]}
        assert script.get(f"issues/{issue['key']}/").json()["labels"][0]["name"] == "tyres"
        assert script.post(f"{FLOW}labels/{made['id']}/restore/").json()["name"] == "round"
        assert script.get(f"issues/{issue['key']}/").json()["labels"][0]["name"] == "round"

    def test_versions_come_out_with_notes(self, script: Script, flow: Project) -> None:
        made, after = (script.post(FLOW + "versions/", {"name": name}).json() for name in ("2.4", "2.5"))
        one = f"{FLOW}versions/{made['id']}/"
        done = next(each["id"] for each in script.get(FLOW).json()["statuses"] if each["category"] == "done")
        for title, more in (("Dock", {"status": done, "points": 3}), ("Land", {})):
            answer = script.post(FLOW + "issues/", {"title": title, "fix_versions": [made["id"]], **more})
            assert answer.status_code == 201, answer.json()
        assert script.patch(one, {"release_date": "2026-12-11"}).json()["name"] == "2.4"
        far = script.get(one).json()
        assert [far[name] for name in ("issues", "issues_done", "points", "points_done")] == [2, 1, 3.0, 3.0]
        assert "FLOW-1 Dock" in script.get(one + "notes/").json()["markdown"]
        assert script.post(one + "release/", {"keeps_open": False, "to": after["id"]}).json()["released_at"]
        assert script.get(one).json()["issues"] == 1
        assert script.post(one + "release/", {}).status_code == 409
        assert script.post(one + "unrelease/", {"brings_back": True}).json()["released_at"] is None
        assert script.get(one).json()["issues"] == 2
        assert script.patch(one, {"archived": True}).json()["archived_at"]
        assert script.post(one + "remove/", {"to": after["id"]}).json() == {"changed": 2}
        assert names(script.get(FLOW + "versions/")) == ["2.5"]
        assert ids(script.get(FLOW + "versions/?retired=true")) == {"2.4": made["id"]}
        assert script.post(one + "restore/").json()["name"] == "2.4"

    def test_fields_offer_options(self, script: Script, flow: Project) -> None:
        bug = ids(script.get(FLOW + "types/"))["Bug"]
        values = {"name": "Customer", "kind": "select", "types": [bug], "options": ["Acme", "Globex"]}
        made = script.post(FLOW + "fields/", values).json()
        one = f"{FLOW}fields/{made['id']}/"
        acme, globex = (each["id"] for each in made["options"])
        more = script.post(one + "options/", {"options": ["Initech"]}).json()
        assert [each["name"] for each in more["options"]] == ["Acme", "Globex", "Initech"]
        moved = script.patch(f"{one}options/{globex}/", {"name": "Globe", "shift": -1}).json()
        assert [each["name"] for each in moved["options"]] == ["Globe", "Acme", "Initech"]
        issue = script.post(
            FLOW + "issues/", {"title": "Fix", "type": bug, "custom_fields": {made["key"]: acme}}
        ).json()
        assert script.post(f"{one}options/{acme}/remove/", {"to": globex}).json() == {"changed": 1}
        assert script.get(f"issues/{issue['key']}/").json()["custom_fields"][made["key"]] == globex
        (listed,) = script.get(FLOW + "fields/").json()["results"]
        assert listed["retired_options"] == [{"id": acme, "name": "Acme"}]
        assert len(script.post(f"{one}options/{acme}/restore/").json()["options"]) == 3
        script.post(FLOW + "fields/", {"name": "Second", "kind": "text"})
        edited = script.patch(one, {"types": [], "is_required": True, "shift": 1}).json()
        assert (edited["types"], edited["is_required"], edited["name"]) == ([], True, "Customer")
        assert names(script.get(FLOW + "fields/")) == ["Second", "Customer"]
        assert script.call("DELETE", one).status_code == 204
        assert names(script.get(FLOW + "fields/")) == ["Second"]
        (gone,) = script.get(FLOW + "fields/?retired=true").json()["results"]
        assert (gone["id"], gone["types"]) == (made["id"], [])
        assert script.post(one + "restore/").json()["key"] == made["key"]

    def test_people_come_and_go(self, script: Script, acme: Organization, flow: Project) -> None:
        mateo = factories.make_member(acme)
        noor = factories.make_member(acme, name="Noor Haddad")
        added = script.post(FLOW + "members/", {"user": mateo.pk, "role": "admin"}).json()
        assert added == {"id": mateo.pk, "name": mateo.name, "role": "admin"}
        issue = script.post(FLOW + "issues/", {"title": "Carry", "assignee": mateo.pk}).json()
        assert added in script.get(FLOW + "members/").json()["results"]
        leave = f"{FLOW}members/{mateo.pk}/remove/"
        assert script.post(leave, {"keeps_work": False, "to": mateo.pk}).status_code == 422
        assert script.post(leave).json() == {"changed": 0}
        left = script.post(f"members/{mateo.pk}/remove/", {"keeps_work": False, "to": noor.pk})
        assert left.json() == {"changed": 1}
        assert script.get(f"issues/{issue['key']}/").json()["assignee"]["id"] == noor.pk
        assert mateo.pk not in [each["id"] for each in script.get("members/").json()["results"]]

    def test_favourites_are_ones_own(self, script: Script, flow: Project) -> None:
        for call in (script.put, script.put, script.delete):
            assert call(FLOW + "star/").status_code == 204
            starred = script.get("projects/?starred=true").json()["results"]
            assert [each["key"] for each in starred] == (["FLOW"] if call == script.put else [])
            others = script.get("projects/?starred=false").json()["results"]
            assert [each["key"] for each in others] == ([] if call == script.put else ["FLOW"])


def test_lists_cost_the_same_however_long_they_are(script: Script, acme: Organization, flow: Project) -> None:
    paths = [FLOW + part for part in ("", "statuses/", "transitions/", "types/", "labels/", "versions/", "fields/",
                                      "members/")]  # fmt: skip
    few = [queries(script, path) for path in (*paths, "projects/")]
    for number in range(3):
        script.post(FLOW + "statuses/", {"name": f"S{number}", "category": "todo"})
        script.post(FLOW + "types/", {"name": f"T{number}"})
        script.post(FLOW + "labels/", {"name": f"l{number}"})
        script.post(FLOW + "versions/", {"name": f"v{number}"})
        script.post(FLOW + "fields/", {"name": f"f{number}", "kind": "select", "options": ["a", "b"]})
        script.post(FLOW + "members/", {"user": factories.make_member(acme, name=f"P{number}").pk, "role": "viewer"})
        script.post("projects/", {"name": f"Project {number}", "key": f"P{number}"})
    assert [queries(script, path) for path in (*paths, "projects/")] == few


def test_tokens_that_read_configure_nothing(acme: Organization, ada: User, flow: Project) -> None:
    reader = make_script(ada, acme, "read")
    world = World(acme)
    for path, body in (("projects/", {"name": "Rover", "key": "RV"}), (FLOW + "labels/", {"name": "round"})):
        assert reader.post(path, body).status_code == 403
    assert world.is_unchanged()
