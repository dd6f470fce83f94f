"""What a script reads and does in the inbox of its owner."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.issues.models import Issue
from apps.notifications.models import InboxEntry
from apps.orgs.models import Organization
from apps.projects.models import Project
from tests import factories
from tests.api.conftest import Script, make_script
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
