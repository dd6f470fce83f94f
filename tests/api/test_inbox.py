"""What a script reads and does in the inbox of its owner."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.accounts.models import AccountMail, User
from apps.accounts.services import pause_address
from apps.core.tenancy import unit_of_work
from apps.events.services import record
from apps.issues.models import Issue
from apps.notifications.models import InboxEntry
from apps.notifications.selectors import has_muted
from apps.orgs.facts import WorkEnded
from apps.orgs.models import Organization
from apps.projects.models import Project
from tests import factories
from tests.api.conftest import Script, World, make_script
from tests.api.test_organization import queries

pytestmark = pytest.mark.django_db


def arrive(org: Organization, by: User, issues: list[Issue], user: User) -> list[int]:
    """Each of the issues in somebody's inbox; the ids of the entries."""
    with factories.acting(by, org):
        rows = [
            InboxEntry.objects.create(org=org, project_id=each.project_id, issue=each, user=user, unread_count=1)
            for each in issues
        ]
    return [row.pk for row in rows]


class TestInbox:
    def test_is_read_in_pages_and_worked_through(
        self, script: Script, acme: Organization, ada: User, flow: Project
    ) -> None:
        entries = arrive(acme, ada, factories.make_issues(acme, flow, ada, "One", "Two", "Three"), ada)
        first = script.get("inbox/?limit=2").json()
        second = script.get(first["next"]).json()
        assert [each["title"] for each in (*first["results"], *second["results"])] == ["Three", "Two", "One"]
        assert second["next"] is None
        assert script.get("inbox/unread/").json() == {"unread": 3}
        one = f"inbox/{entries[0]}/"
        tomorrow = (timezone.now() + timedelta(days=1)).isoformat()
        steps: list[tuple[dict[str, Any], str, int]] = [
            ({"read": True}, "inbox", 2), ({"read": False, "saved": True}, "saved", 3),
            ({"snoozed_until": tomorrow}, "snoozed", 2), ({"snoozed_until": None, "done": True}, "done", 2),
            ({"done": False, "saved": False}, "unread", 3),
        ]  # fmt: skip
        for body, view, unread in steps:
            assert script.patch(one, body).status_code == 200
            assert entries[0] in [each["id"] for each in script.get(f"inbox/?view={view}").json()["results"]]
            assert script.get("inbox/unread/").json() == {"unread": unread}

    def test_takes_no_nonsense_and_is_nobody_elses(
        self, script: Script, acme: Organization, ada: User, flow: Project
    ) -> None:
        (entry,) = arrive(acme, ada, factories.make_issues(acme, flow, ada, "One"), ada)
        before = script.get("inbox/").json()
        long_ago = (timezone.now() - timedelta(days=1)).isoformat()
        # What could be done is not done either.
        assert script.patch(f"inbox/{entry}/", {"saved": True, "snoozed_until": long_ago}).status_code == 422
        assert script.patch(f"inbox/{entry}/", {"colour": "red"}).status_code == 400
        assert script.get("inbox/?view=everything").status_code == 400
        other = make_script(factories.make_member(acme), acme)
        assert other.patch(f"inbox/{entry}/", {"read": True}).status_code == 404
        assert other.get("inbox/").json()["results"] == []
        assert script.get("inbox/").json() == before

    def test_costs_the_same_however_full(self, script: Script, acme: Organization, ada: User, flow: Project) -> None:
        arrive(acme, ada, factories.make_issues(acme, flow, ada, "One"), ada)
        few = queries(script, "inbox/")
        arrive(acme, ada, factories.make_issues(acme, flow, ada, "Two", "Three"), ada)
        assert queries(script, "inbox/") == few


class TestAtOnce:
    def test_a_view_is_finished_and_taken_back(
        self, script: Script, acme: Organization, ada: User, flow: Project
    ) -> None:
        entries = arrive(acme, ada, factories.make_issues(acme, flow, ada, "One", "Two", "Three"), ada)
        script.patch(f"inbox/{entries[0]}/", {"read": True})
        done = script.post("inbox/finish/", {"view": "unread"}).json()
        assert done["finished"] == 2
        assert [each["title"] for each in script.get("inbox/").json()["results"]] == ["One"]
        assert script.post("inbox/finish/undo/", {"at": done["at"]}).json() == {"back": 2}
        assert len(script.get("inbox/").json()["results"]) == 3
        script.post("inbox/finish/", {})
        assert script.post("inbox/finish/").json() == {"finished": 0, "at": None}

    def test_what_is_over_is_seen(self, script: Script, acme: Organization, ada: User, flow: Project) -> None:
        with factories.acting(ada, acme) as actor:
            for _number in range(2):
                record(
                    WorkEnded(person_id=ada.pk, project_id=flow.pk, is_done=True, page="project_export"), actor=actor
                )
        newest, oldest = script.get("inbox/ended/").json()["results"]
        assert (newest["text"], newest["is_done"]) == ("Your archive of Project FLOW is ready.", True)
        assert script.post("inbox/ended/", {"until": oldest["id"]}).json() == {"seen": 1}
        assert script.get("inbox/ended/").json()["results"] == [newest]


class TestChoices:
    def test_are_made_and_forgotten(self, script: Script, ada: User, flow: Project) -> None:
        usual = script.get("inbox/choices/").json()
        assert usual["channels"]["mentioned"] == ["inbox", "mail", "desktop"]
        assert (usual["rhythm"], usual["is_mail_paused"], usual["projects"]) == ("each", False, [])
        wanted = {"channels": {"commented": ["desktop", "inbox", "inbox"], "edited": []}, "hears_of_own": True}
        changed = script.patch("inbox/choices/", wanted).json()
        assert changed == usual | {
            "channels": usual["channels"] | {"commented": ["inbox", "desktop"], "edited": []},
            "hears_of_own": True,
        }
        quiet = {"rhythm": "daily", "digest_hour": 7, "quiet_from": "18:00:00", "quiet_until": "08:00:00"}
        assert script.patch("inbox/choices/", quiet).json() == changed | quiet
        assert script.patch("inbox/choices/", {"is_named_at_once": True}).json()["rhythm"] == "daily"
        assert script.delete("inbox/choices/").status_code == 204
        assert script.get("inbox/choices/").json()["channels"] == usual["channels"]

    def test_are_of_a_project(self, script: Script, flow: Project) -> None:
        one = "inbox/choices/FLOW/"
        assert script.get(one).json()["interest"] == "usual"
        assert script.patch(one, {"interest": "followed"}).json()["interest"] == "followed"
        changed = script.patch(one, {"interest": "muted", "channels": {"created": ["mail"]}}).json()
        assert (changed["interest"], changed["channels"]["created"]) == ("muted", ["mail"])
        here = script.get("inbox/choices/").json()
        assert (here["projects"], here["channels"]["created"]) == ([flow.pk], ["inbox"])
        assert script.delete(one).status_code == 204
        left = script.get(one).json()
        assert (left["interest"], left["channels"]["created"]) == ("muted", ["inbox"])
        assert script.patch(one, {"interest": "usual"}).json()["interest"] == "usual"

    @pytest.mark.parametrize(
        ("body", "code"),
        [
            ({"channels": {"gossip": ["inbox"]}}, 400),
            ({"channels": {"created": ["smoke"]}}, 400),
            ({"hears_of_own": True, "quiet_from": "18:00"}, 422),
            ({"digest_hour": 24}, 400),
        ],
    )
    def test_are_refused_whole(self, script: Script, acme: Organization, body: Any, code: int) -> None:
        before = script.get("inbox/choices/").json()
        world = World(acme)
        assert script.patch("inbox/choices/", body).status_code == code
        assert world.is_unchanged()
        assert script.get("inbox/choices/").json() == before

    def test_an_issue_is_muted(self, script: Script, acme: Organization, ada: User, flow: Project) -> None:
        (issue,) = factories.make_issues(acme, flow, ada, "One")
        for call, is_muted in ((script.put, True), (script.put, True), (script.delete, False)):
            assert call("issues/FLOW-1/mute/").status_code == 204
            with factories.acting(ada, acme) as actor:
                assert has_muted(actor=actor, issue_id=issue.pk) == is_muted

    def test_mail_is_tried_again(self, script: Script, ada: User) -> None:
        assert script.post("inbox/resume-mail/").status_code == 204
        assert not AccountMail.objects.exists()
        with unit_of_work():
            pause_address(user=ada, email=ada.email, answer="550 No such person")
        assert script.get("inbox/choices/").json()["is_mail_paused"] is True
        assert script.post("inbox/resume-mail/").status_code == 204
        assert AccountMail.objects.get().email == ada.email
