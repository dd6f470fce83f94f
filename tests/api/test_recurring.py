"""Templates and recurring issues, as scripts keep them."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.orgs.models import Organization
from apps.projects.models import Project
from tests import factories
from tests.api.conftest import Script, World, make_script
from tests.api.test_configuration import FLOW, ids, names
from tests.api.test_organization import queries

pytestmark = pytest.mark.django_db
TEMPLATES, SCHEDULES = FLOW + "templates/", FLOW + "schedules/"


def daily(**more: Any) -> dict[str, Any]:
    """A schedule that makes an issue every morning."""
    tomorrow = timezone.localdate() + timedelta(days=1)
    return {"frequency": "daily", "start_date": str(tomorrow), "at": "09:00"} | more


@pytest.fixture
def report(script: Script, flow: Project) -> dict[str, Any]:
    """A template."""
    label = script.post(FLOW + "labels/", {"name": "written"}).json()
    values = {
        "name": "Report",
        "type": ids(script.get(FLOW + "types/"))["Task"],
        "title": "Report of {date}",
        "priority": "high",
        "points": 2.5,
        "assigns": "creator",
        "labels": [label["id"]],
        "subtasks": ["Write", "Send"],
    }
    made = script.post(TEMPLATES, values)
    assert made.status_code == 201, made.json()
    answer: dict[str, Any] = made.json()
    assert {name: answer[name] for name in values} == values
    return answer


class TestTemplates:
    def test_are_changed_ordered_deleted_and_brought_back(self, script: Script, report: dict[str, Any]) -> None:
        bug = ids(script.get(FLOW + "types/"))["Bug"]
        other = script.post(TEMPLATES, {"name": "Crash", "type": bug}).json()
        one = f"{TEMPLATES}{other['id']}/"
        assert names(script.get(TEMPLATES)) == ["Report", "Crash"]
        changed = script.patch(one, {"shift": -1, "is_default": True, "subtasks": ["Look"]}).json()
        assert (changed["name"], changed["is_default"], changed["subtasks"]) == ("Crash", True, ["Look"])
        assert names(script.get(TEMPLATES)) == ["Crash", "Report"]
        assert script.get(one).json() == changed
        assert script.delete(one).status_code == 204
        assert names(script.get(TEMPLATES)) == ["Report"]
        assert ids(script.get(TEMPLATES + "?retired=true")) == {"Crash": other["id"]}
        assert script.post(one + "restore/").json()["name"] == "Crash"

    def test_assign_whoever_is_named(
        self, script: Script, acme: Organization, ada: User, report: dict[str, Any]
    ) -> None:
        one = f"{TEMPLATES}{report['id']}/"
        assert script.patch(one, {"assignee": ada.pk}).json()["assigns"] == "person"
        assert script.patch(one, {"assignee": None}).json()["assigns"] == "nobody"
        stranger = factories.make_member(factories.make_org(factories.make_user("Noor"), "Elsewhere"))
        assert script.patch(one, {"assignee": stranger.pk}).status_code == 422

    def test_begin_issues_with_their_sub_tasks(self, script: Script, ada: User, report: dict[str, Any]) -> None:
        made = script.post(FLOW + "issues/from-template/", {"template": report["id"], "due_date": "2026-12-24"})
        assert made.status_code == 201, made.json()
        issue = made.json()
        assert issue["title"] == f"Report of {timezone.localdate()}"
        assert (issue["priority"], issue["points"], issue["due_date"]) == ("high", 2.5, "2026-12-24")
        assert issue["assignee"]["id"] == ada.pk
        assert [each["name"] for each in issue["labels"]] == ["written"]
        children = script.get(f"issues/{issue['key']}/children/").json()["results"]
        assert [each["title"] for each in children] == ["Write", "Send"]
        other = script.post(
            FLOW + "issues/from-template/", {"template": report["id"], "title": "Mine", "assignee": None}
        ).json()
        assert (other["title"], other["assignee"]) == ("Mine", None)


class TestSchedules:
    def test_are_made_changed_paused_deleted_and_brought_back(
        self, script: Script, ada: User, report: dict[str, Any]
    ) -> None:
        made = script.post(SCHEDULES, daily(template=report["id"], time_zone="Asia/Tokyo"))
        assert made.status_code == 201, made.json()
        found = made.json()
        assert (found["owner"], found["at"], found["time_zone"], found["made"]) == (ada.pk, "09:00:00", "Asia/Tokyo", 0)
        assert [slot["at"][11:] for slot in found["coming"]] == ["00:00:00Z"] * 3
        one = f"{SCHEDULES}{found['id']}/"
        # A template that is needed stays.
        assert script.delete(f"{TEMPLATES}{report['id']}/").status_code == 409
        changed = script.patch(one, {"interval": 2, "due_days": 3}).json()
        assert (changed["interval"], changed["due_days"], changed["time_zone"]) == (2, 3, "Asia/Tokyo")
        assert script.patch(one, {"time_zone": "Europe/Lisbon"}).json()["coming"][0]["at"][11:] == "09:00:00Z"
        assert script.patch(one, {"paused": True}).json()["paused_at"]
        assert script.patch(one, {"paused": False}).json()["paused_at"] is None
        assert script.delete(one).status_code == 204
        assert script.get(SCHEDULES).json()["results"] == []
        assert [each["id"] for each in script.get(SCHEDULES + "?retired=true").json()["results"]] == [found["id"]]
        assert script.post(one + "restore/").json()["interval"] == 2
        assert script.get(one).json() == script.get(SCHEDULES).json()["results"][0]

    def test_are_of_whoevers_clock_made_them(self, acme: Organization, report: dict[str, Any], ada: User) -> None:
        User.objects.filter(pk=ada.pk).update(time_zone="Europe/Lisbon")
        made = make_script(ada, acme).post(SCHEDULES, daily(template=report["id"])).json()
        assert made["time_zone"] == "Europe/Lisbon"

    def test_repeat_an_issue(self, script: Script, flow: Project) -> None:
        issue = script.post(FLOW + "issues/", {"title": "Water the plants"}).json()
        made = script.post(SCHEDULES, daily(issue=issue["id"], name="Plants", weekdays=[0], frequency="weekly")).json()
        assert script.get(f"{TEMPLATES}{made['template']}/").json()["title"] == "Water the plants"

    @pytest.mark.parametrize(
        "more",
        [
            {},
            {"template": 0, "issue": 1, "name": "Both"},
            {"issue": 1},
            {"template": 0, "name": "Named"},
            {"template": 0, "time_zone": "Europe/Atlantis"},
            {"template": 0, "frequency": "weekly"},
            {"template": 0, "interval": 0},
            {"template": 0, "start_date": "2020-01-01"},
        ],
    )
    def test_are_refused_whole(
        self, script: Script, acme: Organization, report: dict[str, Any], more: dict[str, Any]
    ) -> None:
        body = daily(**more) | ({"template": report["id"]} if more.get("template") == 0 else {})
        world = World(acme)
        assert script.post(SCHEDULES, body).status_code == 422
        assert world.is_unchanged()


def test_lists_cost_the_same_however_long_they_are(script: Script, report: dict[str, Any]) -> None:
    def more(number: int) -> None:
        values = {"name": f"Report {number}", "type": report["type"], "labels": report["labels"]}
        made = script.post(TEMPLATES, values).json()
        assert script.post(SCHEDULES, daily(template=made["id"])).status_code == 201

    more(0)
    few = [queries(script, path) for path in (TEMPLATES, SCHEDULES)]
    for number in (1, 2, 3):
        more(number)
    assert [queries(script, path) for path in (TEMPLATES, SCHEDULES)] == few
