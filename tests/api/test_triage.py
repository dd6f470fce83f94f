"""Deciding by script about what came from outside; and how far epics are."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.core.tenancy import OrgRole
from apps.issues.services import NewIssue, create_issues
from apps.orgs.models import Organization
from apps.projects.models import Project
from apps.projects.services import set_triage
from tests import factories
from tests.api.conftest import Script, World, make_script
from tests.api.test_organization import queries

pytestmark = pytest.mark.django_db
TRIAGE, EPICS = "projects/FLOW/triage/", "projects/FLOW/epics/"


@pytest.fixture
def noor(acme: Organization, ada: User, flow: Project) -> User:
    """A guest who reported two issues."""
    noor = factories.make_member(acme, OrgRole.GUEST, "Noor Haddad")
    factories.give_role(acme, flow, noor, "member")
    with factories.acting(ada, acme) as actor:
        set_triage(actor=actor, project=Project.objects.get(pk=flow.pk), is_on=True)
    with factories.acting(noor, acme) as actor:
        project = Project.objects.get(pk=flow.pk)
        create_issues(actor=actor, project=project, batch=[NewIssue(title="Squeaks"), NewIssue(title="Rattles")])
    return noor


class TestTriage:
    def test_takes_in_and_takes_that_back(self, script: Script, ada: User, noor: User) -> None:
        waiting = script.get(TRIAGE).json()["results"]
        assert [each["key"] for each in waiting] == ["FLOW-1", "FLOW-2"]
        assert waiting[0]["reporter"] == {"id": noor.pk, "name": "Noor Haddad"}
        body = {"assignee": ada.pk, "priority": "high"}
        taken = script.post("issues/FLOW-1/triage/accept/", body).json()
        assert (taken["assignee"]["id"], taken["priority"]) == (ada.pk, "high")
        assert len(script.get(TRIAGE).json()["results"]) == 1
        assert script.post("issues/FLOW-1/triage/accept/", {}).status_code == 409
        assert script.post("issues/FLOW-1/triage/undo/").status_code == 200
        assert len(script.get(TRIAGE).json()["results"]) == 2

    def test_says_no_and_why_or_what_is_known(self, script: Script, noor: User) -> None:
        done = script.post("issues/FLOW-1/triage/decline/", {"comment": "That is how gravel sounds."}).json()
        assert done["status"]["category"] == "cancelled"
        said = script.get("issues/FLOW-1/comments/").json()["results"]
        assert [each["body"] for each in said] == ["That is how gravel sounds."]
        first = script.get("issues/FLOW-1/").json()["id"]
        assert script.post("issues/FLOW-2/triage/duplicate/", {"of": first}).json()["status"]["category"] == "cancelled"
        assert script.get("issues/FLOW-2/links/").json()["results"][0]["issue"]["key"] == "FLOW-1"

    def test_puts_off_to_a_day(self, script: Script, noor: User) -> None:
        day = (timezone.localdate() + timedelta(days=7)).isoformat()
        assert script.post("issues/FLOW-1/triage/snooze/", {"until": day}).status_code == 200
        rows = script.get(TRIAGE).json()["results"]
        assert [(each["key"], each["snoozed_until"]) for each in rows] == [("FLOW-2", None), ("FLOW-1", day)]

    @pytest.mark.parametrize(
        ("what", "body", "code"),
        [
            ("decline", {"comment": " "}, 422),
            ("snooze", {"until": "2020-01-01"}, 422),
            ("accept", {"status": 2**40}, 404),
            ("duplicate", {"of": 2**40}, 404),
        ],
    )
    def test_is_refused_whole(
        self, script: Script, acme: Organization, noor: User, what: str, body: dict[str, Any], code: int
    ) -> None:
        world = World(acme)
        assert script.post(f"issues/FLOW-1/triage/{what}/", body).status_code == code
        assert world.is_unchanged()

    def test_is_not_for_guests_to_decide(self, acme: Organization, noor: User) -> None:
        guest = make_script(noor, acme)
        assert len(guest.get(TRIAGE).json()["results"]) == 2
        assert guest.post("issues/FLOW-1/triage/accept/", {}).status_code == 403


class TestEpics:
    def test_say_how_far_they_are(self, script: Script, acme: Organization, ada: User, flow: Project) -> None:
        with factories.acting(ada, acme):
            epic_type = flow.issue_types.get(name="Epic")
            done = flow.statuses.get(name="Done")
        rover, lander = factories.make_issues(acme, flow, ada, "Rover", "Lander", type=epic_type)
        factories.make_issues(acme, flow, ada, "Dock", parent=rover, points=3, status=done)
        factories.make_issues(acme, flow, ada, "Weld", parent=rover, points=2)
        first = script.get(EPICS + "?limit=1").json()
        assert [first["results"][0][name] for name in ("title", "issues", "issues_done", "points", "points_done")] == [
            "Rover", 2, 1, 5.0, 3.0,
        ]  # fmt: skip
        (second,) = script.get(first["next"]).json()["results"]
        assert (second["id"], second["issues"]) == (lander.pk, 0)
        few = queries(script, EPICS)
        factories.make_issues(acme, flow, ada, "Third", "Fourth", type=epic_type)
        assert queries(script, EPICS) == few
        script.post(f"issues/{second['key']}/transitions/", {"status": done.pk})
        assert [each["title"] for each in script.get(EPICS + "?show=done").json()["results"]] == ["Lander"]
