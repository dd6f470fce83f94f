"""Sprints by script, from planning to the report."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.models import User
from apps.orgs.models import Organization
from apps.projects.models import Project
from apps.sprints.services import create_sprint, make_calendar_link
from tests import factories
from tests.api.conftest import Script, World, make_script

pytestmark = pytest.mark.django_db
SPRINTS = "projects/FLOW/sprints/"


@pytest.fixture
def sprint(script: Script, flow: Project) -> dict[str, Any]:
    """A planned one, as its maker was answered."""
    answer = script.post(SPRINTS, {"name": "Sprint 1", "goal": "Dock."})
    assert answer.status_code == 201
    made: dict[str, Any] = answer.json()
    return made


def test_one_from_planning_to_its_report(
    script: Script, acme: Organization, ada: User, flow: Project, sprint: dict[str, Any]
) -> None:
    here = f"{SPRINTS}{sprint['id']}/"
    dock, weld, paint = factories.make_issues(acme, flow, ada, "Dock", "Weld", "Paint", points=3)
    answer = script.post(SPRINTS + "plan/", {"issues": [weld.pk, dock.pk], "sprint": sprint["id"]})
    assert answer.json() == {"sprint": sprint["id"], "issues": sorted([dock.pk, weld.pk])}
    last = (timezone.now() + timedelta(days=13)).date().isoformat()
    started = script.patch(here, {"state": "active", "end_date": last}).json()
    assert (started["state"], started["end_date"], started["goal"]) == ("active", last, "Dock.")
    assert started["start_date"] is not None
    script.post(SPRINTS + "plan/", {"issues": [paint.pk], "sprint": sprint["id"]})
    script.post(SPRINTS + "plan/", {"issues": [weld.pk], "sprint": None})
    statuses = {each["category"]: each["id"] for each in script.get("projects/FLOW/").json()["statuses"]}
    script.post("issues/FLOW-1/move/", {"status": statuses["done"]})
    after = script.post(SPRINTS, {"name": "Sprint 2"}).json()
    done = script.patch(here, {"state": "completed", "carry_to": after["id"]}).json()
    assert (done["state"], done["carried_to"]) == ("completed", after["id"])
    report = script.get(here + "report/").json()
    figures = {name: report[name]["points"] for name in ("committed", "added", "removed", "completed", "remaining")}
    assert figures == {"committed": 6, "added": 3, "removed": 3, "completed": 3, "remaining": 3}
    assert report["days"][0]["remaining"]["issues"] == 1
    inside = script.get(f"projects/FLOW/issues/?sprint={after['id']}&fields=key").json()["results"]
    assert inside == [{"key": "FLOW-3"}]
    assert script.patch(here, {"state": "active"}).json()["state"] == "active"
    assert script.patch(here, {"state": "planned"}).json()["state"] == "planned"


def test_are_read_in_pages_by_state(script: Script, flow: Project, sprint: dict[str, Any]) -> None:
    for number in (2, 3):
        script.post(SPRINTS, {"name": f"Sprint {number}"})
    script.patch(f"{SPRINTS}{sprint['id']}/", {"state": "active"})
    assert [each["name"] for each in script.get(SPRINTS + "?state=active").json()["results"]] == ["Sprint 1"]
    names = []
    page = script.get(SPRINTS + "?limit=2").json()
    while True:
        names += [each["name"] for each in page["results"]]
        if page["next"] is None:
            break
        page = script.get(page["next"]).json()
    assert names == ["Sprint 1", "Sprint 2", "Sprint 3"]


def test_a_list_costs_the_same_whatever_its_length(
    script: Script, acme: Organization, ada: User, flow: Project
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert script.get(SPRINTS).status_code == 200
        return len(asked)

    def make(count: int) -> None:
        with factories.acting(ada, acme) as actor:
            for number in range(count):
                create_sprint(actor=actor, project=flow, name=f"Sprint {number}")

    make(2)
    queries()
    few = queries()
    make(4)
    assert queries() == few


REFUSED: list[tuple[dict[str, Any], int, str]] = [
    ({"name": " "}, 400, "name"),
    ({"state": "over"}, 400, "state"),
    ({"state": "completed"}, 422, "state"),
    ({"start_date": "2026-12-09", "end_date": "2026-12-01"}, 422, "end_date"),
    ({"end_date": "2020-01-01", "state": "active"}, 422, "end_date"),
    ({"carry_to": 2**40, "state": "completed"}, 422, "carry_to"),
]


@pytest.mark.parametrize(("body", "code", "field"), REFUSED)
def test_what_is_refused_changes_nothing(
    script: Script,
    acme: Organization,
    sprint: dict[str, Any],
    body: dict[str, Any],
    code: int,
    field: str,
) -> None:
    world = World(acme)
    answer = script.patch(f"{SPRINTS}{sprint['id']}/", body)
    problem = answer.json()
    assert (answer.status_code, problem.get("field") or next(iter(problem["errors"]))) == (code, field)
    assert world.is_unchanged()
    assert script.get(f"{SPRINTS}{sprint['id']}/").json() == sprint


def test_open_work_goes_elsewhere_only_at_the_end(script: Script, sprint: dict[str, Any]) -> None:
    other = script.post(SPRINTS, {"name": "Sprint 2"}).json()
    answer = script.patch(f"{SPRINTS}{sprint['id']}/", {"carry_to": other["id"]})
    assert (answer.status_code, answer.json()["field"]) == (422, "carry_to")


def test_of_another_project_are_not_there(
    script: Script, acme: Organization, ada: User, flow: Project, sprint: dict[str, Any]
) -> None:
    factories.make_project(acme, ada, "OTHER")
    (dock,) = factories.make_issues(acme, flow, ada, "Dock")
    assert script.get(f"projects/OTHER/sprints/{sprint['id']}/").status_code == 404
    answer = script.post("projects/OTHER/sprints/plan/", {"issues": [dock.pk], "sprint": None})
    assert answer.status_code == 404
    answer = script.post("projects/OTHER/sprints/plan/", {"issues": [dock.pk], "sprint": sprint["id"]})
    assert (answer.status_code, answer.json()["field"]) == (422, "sprint")


def test_members_plan_and_admins_decide(acme: Organization, ada: User, flow: Project, sprint: dict[str, Any]) -> None:
    mateo = make_script(factories.make_member(acme), acme)
    (dock,) = factories.make_issues(acme, flow, ada, "Dock")
    world = World(acme)
    assert mateo.patch(f"{SPRINTS}{sprint['id']}/", {"state": "active"}).status_code == 403
    assert mateo.post(SPRINTS, {"name": "Mine"}).status_code == 403
    assert world.is_unchanged()
    assert mateo.post(SPRINTS + "plan/", {"issues": [dock.pk], "sprint": sprint["id"]}).status_code == 200


def test_open_work_goes_into_a_new_one(
    script: Script, acme: Organization, ada: User, flow: Project, sprint: dict[str, Any]
) -> None:
    here = f"{SPRINTS}{sprint['id']}/"
    (dock,) = factories.make_issues(acme, flow, ada, "Dock")
    script.post(SPRINTS + "plan/", {"issues": [dock.pk], "sprint": sprint["id"]})
    last = (timezone.now() + timedelta(days=13)).date().isoformat()
    User.objects.filter(pk=ada.pk).update(time_zone="Asia/Tokyo")
    assert script.patch(here, {"state": "active", "end_date": last}).json()["time_zone"] == "Asia/Tokyo"
    for body in ({"carry_to_new": True}, {"state": "completed", "carry_to": sprint["id"], "carry_to_new": True}):
        assert script.patch(here, body).status_code == 422
    over = script.patch(here, {"state": "completed", "carry_to_new": True}).json()
    fresh = script.get(f"{SPRINTS}{over['carried_to']}/").json()
    assert (fresh["name"], fresh["state"]) == ("Sprint 2", "planned")
    assert script.get("issues/FLOW-1/").json()["sprint"]["id"] == fresh["id"]


def test_velocity_is_of_those_that_are_over(
    script: Script, acme: Organization, ada: User, flow: Project, sprint: dict[str, Any]
) -> None:
    assert script.get(SPRINTS + "velocity/").json() == {"unit": "issues", "average": None, "sprints": []}
    here = f"{SPRINTS}{sprint['id']}/"
    (dock,) = factories.make_issues(acme, flow, ada, "Dock", points=3)
    script.post(SPRINTS + "plan/", {"issues": [dock.pk], "sprint": sprint["id"]})
    last = (timezone.now() + timedelta(days=13)).date().isoformat()
    script.patch(here, {"state": "active", "end_date": last})
    statuses = {each["category"]: each["id"] for each in script.get("projects/FLOW/").json()["statuses"]}
    script.post("issues/FLOW-1/move/", {"status": statuses["done"]})
    script.patch(here, {"state": "completed"})
    found = script.get(SPRINTS + "velocity/").json()
    assert (found["unit"], found["average"]) == ("points", 3.0)
    assert found["sprints"][0]["completed"] == {"points": 3.0, "issues": 1}
    assert found["sprints"][0]["name"] == "Sprint 1"


def test_start_and_end_by_themselves(script: Script, flow: Project) -> None:
    none = script.get(SPRINTS + "cadence/").json()
    assert (none["is_on"], none["weeks"], none["time_zone"]) == (False, 2, "")
    made = script.patch(SPRINTS + "cadence/", {"weeks": 3, "time_zone": "Asia/Tokyo"}).json()
    assert (made["is_on"], made["weeks"], made["time_zone"]) == (True, 3, "Asia/Tokyo")
    assert len(script.get(SPRINTS + "?state=planned").json()["results"]) >= 2
    assert script.patch(SPRINTS + "cadence/", {"is_on": False}).json()["weeks"] == 3
    assert script.get(SPRINTS + "cadence/").json()["is_on"] is False
    assert script.patch(SPRINTS + "cadence/", {"time_zone": "Mars/Olympus"}).status_code == 422


def test_people_take_on_some_of_it(script: Script, ada: User, flow: Project, sprint: dict[str, Any]) -> None:
    here = f"{SPRINTS}{sprint['id']}/capacity/"
    assert script.get(here).json() == {"points": {}}
    assert script.patch(here, {"points": {str(ada.pk): 5.5}}).json() == {"points": {str(ada.pk): 5.5}}
    assert script.get(here).json() == {"points": {str(ada.pk): 5.5}}
    assert script.patch(here, {"points": {str(2**40): 5}}).status_code == 422
    assert script.patch(here, {"points": {"everybody": 5}}).status_code == 400
    assert script.patch(here, {"points": {str(ada.pk): None}}).json() == {"points": {}}


def test_calendars_are_listed_and_stopped(script: Script, acme: Organization, ada: User, flow: Project) -> None:
    with factories.acting(ada, acme) as actor:
        make_calendar_link(actor=actor, project=flow, whose="mine")
    (link,) = script.get("calendar-links/").json()["results"]
    assert (link["project"], link["whose"], bool(link["prefix"])) == ("FLOW", "mine", True)
    for code in (204, 404):
        assert script.delete(f"calendar-links/{link['id']}/").status_code == code
    assert script.get("calendar-links/").json()["results"] == []
