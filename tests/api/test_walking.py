"""Every list that comes in pages, walked through while rows are made and taken away: each that stays is visited once.

What changes its place meanwhile, and what each order of issues says of that, is in `test_lists.py`.
"""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.boards.models import Column, ColumnStatus
from apps.boards.services.across import create_across
from apps.core.tenancy import run_as_system
from apps.issues.models import Issue
from apps.notifications.models import InboxEntry
from apps.orgs.models import Organization
from apps.projects.models import IssueType, Project, ProjectMember
from apps.projects.services import set_time_tracking
from apps.webhooks.models import Message, Webhook
from tests import factories
from tests.api.conftest import Script
from tests.api.test_document import OPERATIONS

pytestmark = pytest.mark.django_db

STAY, GO = 9, 4


class Place:
    """An organization and a script; rows are made here, by the operation that lists them, and taken away."""

    def __init__(self, script: Script, acme: Organization, ada: User, flow: Project) -> None:
        self.script, self.acme, self.ada, self.flow = script, acme, ada, flow
        with factories.acting(ada, acme) as actor:
            set_time_tracking(actor=actor, project=Project.objects.get(pk=flow.pk), is_on=True)
            self.hook = Webhook.objects.create(
                org=acme, project=flow, name="CI", url="https://hooks.example.com/", nonce="n"
            )
            column = Column.objects.filter(board__project=flow).order_by("position")[0]
            across = create_across(actor=actor, name="All", by="status", project_ids=[flow.pk])
            status = ColumnStatus.objects.get(column=column).status_id
            self.epic = IssueType.objects.get(project=flow, level=IssueType.Level.EPIC).pk
        self.names = {"hook": self.hook.pk, "board": column.board_id, "column": column.pk}
        self.names |= {"across": across.pk, "status": status}
        (self.issue,) = factories.make_issues(acme, flow, ada, "First")
        self.count = 0

    def posted(self, path: str, body: dict[str, Any]) -> Any:
        """The id of what a script makes."""
        answer = self.script.post(path, body)
        assert answer.status_code in {200, 201}, answer.content
        said = answer.json()
        return (said.get("results") or said.get("invitations") or [said])[0]["id"]

    def make(self, name: str) -> Any:
        """One more row of a list; what it is called there."""
        self.count += 1
        word = f"row {self.count}"
        below = "projects/FLOW/"
        issue = "issues/FLOW-1/"
        bodies: dict[str, tuple[str, dict[str, Any]]] = {
            "list_versions": (below + "versions/", {"name": word}),
            "list_sprints": (below + "sprints/", {"name": word}),
            "list_issues": (below + "issues/", {"title": word}),
            "list_issues_across": (below + "issues/", {"title": word}),
            "list_cards": (below + "issues/", {"title": word}),
            "list_cards_across": (below + "issues/", {"title": word}),
            "list_epics": (below + "issues/", {"title": word, "type": self.epic}),
            "list_children": (issue + "children/", {"titles": [word]}),
            "list_comments": (issue + "comments/", {"body": word}),
            "list_work": (issue + "work/", {"minutes": 5}),
            "list_invitations": ("invitations/", {"emails": [f"p{self.count}@example.test"], "role": "member"}),
        }
        if name in bodies:
            return self.posted(*bodies[name])
        if name == "list_history":
            assert self.script.patch(issue, {"points": self.count}).status_code == 200
            return self.count
        person = factories.make_member(self.acme, name=word)
        if name == "list_members":
            return person.pk
        if name == "list_project_members":
            factories.give_role(self.acme, self.flow, person, "viewer")
            return person.pk
        (issue_row,) = factories.make_issues(self.acme, self.flow, self.ada, word)
        common: dict[str, Any] = {"org": self.acme, "project": self.flow}
        with run_as_system(org_id=self.acme.pk):
            if name == "list_webhook_messages":
                sent = Message(webhook=self.hook, kind="issue.created", body="{}", state="dead", **common)
                sent.save()
                return sent.pk
            return InboxEntry.objects.create(issue=issue_row, user=self.ada, unread_count=1, **common).pk

    def take_away(self, name: str, row: Any) -> None:
        """Let a row be in its list no longer, where rows go."""
        now = timezone.now() - timedelta(seconds=1)
        with run_as_system(org_id=self.acme.pk):
            if name in ISSUES:
                Issue.objects.filter(pk=row).update(deleted_at=now)
            elif name == "list_project_members":
                ProjectMember.objects.filter(user_id=row).delete()
            elif name == "list_webhook_messages":
                Message.objects.filter(pk=row).delete()
            elif name == "list_inbox":
                InboxEntry.objects.filter(pk=row).delete()
        removals: dict[str, Callable[[], Any]] = {
            "list_versions": lambda: self.script.post(f"projects/FLOW/versions/{row}/remove/", {}),
            "list_comments": lambda: self.script.delete(f"issues/FLOW-1/comments/{row}/"),
            "list_work": lambda: self.script.delete(f"issues/FLOW-1/work/{row}/"),
            "list_invitations": lambda: self.script.delete(f"invitations/{row}/"),
            "list_members": lambda: self.script.post(f"members/{row}/remove/", {}),
        }
        if name in removals:
            assert removals[name]().status_code in {200, 204}


# The lists whose rows are issues.
ISSUES = {"list_issues", "list_issues_across", "list_epics", "list_children", "list_cards", "list_cards_across"}
ADDRESSES = {
    "list_members": "members/",
    "list_invitations": "invitations/",
    "list_versions": "projects/FLOW/versions/",
    "list_project_members": "projects/FLOW/members/",
    "list_issues_across": "issues/",
    "list_issues": "projects/FLOW/issues/",
    "list_epics": "projects/FLOW/epics/",
    "list_children": "issues/FLOW-1/children/",
    "list_history": "issues/FLOW-1/history/",
    "list_comments": "issues/FLOW-1/comments/",
    "list_work": "issues/FLOW-1/work/",
    "list_sprints": "projects/FLOW/sprints/",
    "list_inbox": "inbox/",
    "list_webhook_messages": "webhooks/{hook}/messages/",
    "list_cards": "projects/FLOW/boards/{board}/columns/{column}/cards/",
    "list_cards_across": "boards/{across}/columns/{status}/cards/",
}
# Walked through by the tests of their own area, whose rows take a run of an import or an export to make: nobody writes
# meanwhile there.
ELSEWHERE = {
    "list_imports",
    "list_imported_people",
    "list_import_kept",
    "list_import_problems",
    "list_import_words",
    "list_exports",
}


def test_every_list_in_pages_is_walked_through() -> None:
    paged = {name for name, each in OPERATIONS.items() if "cursor" in each.query().fields}
    assert paged - ELSEWHERE == ADDRESSES.keys()


def called(name: str, row: Any) -> Any:
    """What tells a row from the others; of a change of points, what they are now."""
    if name == "list_history":
        return int(float(row["new"])) if row["field"] == "points" else row["event"]
    return row["id"]


@pytest.mark.parametrize("name", ADDRESSES)
def test_each_row_that_stays_is_visited_once(
    script: Script, acme: Organization, ada: User, flow: Project, name: str
) -> None:
    place = Place(script, acme, ada, flow)
    made = [place.make(name) for _number in range(STAY + GO)]
    # Every third goes, from either end: some before they were read, some after.
    going = made[1::3][:GO]
    visits: Counter[Any] = Counter()
    url: str | None = f"{ADDRESSES[name].format(**place.names)}?limit=2"
    pages = 0
    while url:
        page: Any = script.get(url).json()
        visits.update(called(name, row) for row in page["results"])
        if pages < GO:
            place.take_away(name, going[pages])
            place.make(name)
        pages += 1
        assert pages < 40
        url = page["next"]
    assert max(visits.values()) == 1, visits
    assert set(made) - set(going) <= visits.keys()
