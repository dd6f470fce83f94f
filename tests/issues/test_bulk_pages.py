"""The forms of the bulk bar: what they change, what they answer, and what is refused whole."""

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.core.tenancy import OrgRole
from apps.events.models import Event
from apps.issues import services
from apps.issues.models import Issue
from apps.orgs.models import Organization
from apps.projects.models import Project, Status
from apps.projects.policies import Role
from apps.projects.services import create_label
from tests.factories import acting, give_role, make_issues, make_member

OPS = [str(uuid4()) for _ in range(4)]
SCRIPTED = {"X-Requested-With": "XMLHttpRequest", "Accept": "application/json"}


@pytest.fixture
def client(ada: User) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(ada)
    return client


@pytest.fixture
def ids(ada: User, acme: Organization, flow: Project) -> list[int]:
    return [issue.pk for issue in make_issues(acme, flow, ada, "a", "b", "c")]


@pytest.fixture
def bulk(acme: Organization) -> str:
    return f"/{acme.slug}/FLOW/issues/bulk/"


def rows(ada: User, acme: Organization) -> list[Any]:
    with acting(ada, acme):
        return [*Issue.objects.order_by("pk").values(), Event.objects.count()]


class TestBulkForm:
    def test_changes_every_field_and_says_how_many(
        self, client: Client, ada: User, acme: Organization, flow: Project, ids: list[int], bulk: str
    ) -> None:
        with acting(ada, acme) as actor:
            done = Status.objects.get(project=flow, name="Done")
            label = create_label(actor=actor, project=Project.objects.get(pk=flow.pk), name="api", hue=30)
        sent = {
            "issue": ids[:2],
            "status": done.pk,
            "assignee": ada.pk,
            "priority": "high",
            "points": "0,5",
            "labels_add": [label.pk],
            "op": OPS[0],
        }
        answer = client.post(bulk, sent, headers=SCRIPTED)
        assert answer.json() == {"text": "2 issues changed.", "ids": ids[:2]}
        assert client.post(bulk, sent, headers=SCRIPTED).json() == {"text": "They were like that already.", "ids": []}
        with acting(ada, acme):
            issue = Issue.objects.get(pk=ids[1])
            assert (issue.status, issue.assignee_id, issue.priority, float(issue.points or 0)) == (done, ada.pk, 3, 0.5)
            assert issue.labels.get() == label

    def test_takes_away_what_it_leaves_empty(
        self, client: Client, ada: User, acme: Organization, ids: list[int], bulk: str
    ) -> None:
        client.post(bulk, {"issue": ids, "assignee": ada.pk, "points": "3"}, headers=SCRIPTED)
        client.post(bulk, {"issue": ids, "assignee": "", "points": ""}, headers=SCRIPTED)
        with acting(ada, acme):
            assert {(issue.assignee_id, issue.points) for issue in Issue.objects.all()} == {(None, None)}

    def test_archives_deletes_and_takes_it_back(
        self, client: Client, ada: User, acme: Organization, ids: list[int], bulk: str
    ) -> None:
        client.post(bulk, {"issue": ids, "archived": "1", "op": OPS[0]}, headers=SCRIPTED)
        client.post(bulk, {"issue": ids[:2], "deleted": "1", "op": OPS[1]}, headers=SCRIPTED)
        answer = client.post(bulk + "undo/", {"issue": ids[0], "of": OPS[1], "op": OPS[2]}, headers=SCRIPTED)
        assert answer.json() == {"text": "Taken back.", "ids": ids[:2]}
        answer = client.post(bulk + "undo/", {"issue": ids[2], "of": OPS[0], "op": OPS[3]}, headers=SCRIPTED)
        assert answer.json() == {"text": "Taken back.", "ids": ids}
        with acting(ada, acme):
            assert not Issue.objects.exclude(deleted_at=None, archived_at=None).exists()

    @pytest.mark.parametrize("count", [1, 6])
    def test_says_what_it_left_alone(
        self, client: Client, ada: User, acme: Organization, flow: Project, count: int, bulk: str
    ) -> None:
        made = make_issues(acme, flow, ada, *(f"n{number}" for number in range(7)))
        client.post(bulk, {"issue": [issue.pk for issue in made], "priority": "low", "op": OPS[0]}, headers=SCRIPTED)
        with acting(ada, acme) as actor:
            for issue in made[:count]:
                fresh = Issue.objects.select_related("project").get(pk=issue.pk)
                services.edit_issue(actor=actor, issue=fresh, values={"priority": 4})
        answer = client.post(bulk + "undo/", {"issue": made[-1].pk, "of": OPS[0]}, headers=SCRIPTED)
        keys = "FLOW-1" if count == 1 else "FLOW-1, FLOW-2, FLOW-3, FLOW-4, FLOW-5…"
        assert answer.json()["text"] == f"Taken back, except what was changed since: {keys}."

    def test_leads_back_to_the_list_without_script(
        self, client: Client, acme: Organization, ids: list[int], bulk: str
    ) -> None:
        answer = client.post(bulk, {"issue": ids, "priority": "high"}, follow=True)
        assert answer.redirect_chain[-1][0] == f"/{acme.slug}/FLOW/issues/"
        assert "3 issues changed." in answer.content.decode()

    @pytest.mark.parametrize(
        ("sent", "status"),
        [
            ({"priority": "high", "issue": []}, 422),
            ({"priority": "high", "issue": ",".join(map(str, range(1, 502)))}, 422),
            ({"priority": "high", "issue": ["1", "x"]}, 422),
            ({"priority": "high", "issue": ["-1"]}, 422),
            ({"priority": "high", "issue": ["9" * 30]}, 422),
            ({"priority": "soon"}, 422),
            ({"priority": "3"}, 422),
            ({"points": "\x00"}, 422),
            ({"points": "10000"}, 422),
            ({"assignee": "x"}, 422),
            ({"assignee": "0"}, 422),
            ({"status": "0"}, 404),
            ({"status": ""}, 422),
            ({"labels_add": ["0"]}, 404),
            ({"labels_remove": ["a"]}, 422),
            ({"archived": "0"}, 422),
            ({"deleted": ""}, 422),
            ({}, 422),
        ],
    )
    def test_refuses_junk_whole(
        self,
        client: Client,
        ada: User,
        acme: Organization,
        ids: list[int],
        bulk: str,
        sent: dict[str, Any],
        status: int,
    ) -> None:
        before = rows(ada, acme)
        answer = client.post(bulk, {"issue": ids} | sent, headers=SCRIPTED)
        assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json")
        assert rows(ada, acme) == before

    @pytest.mark.parametrize("of", ["", "other", "\x00", "x" * 500])
    def test_takes_back_nothing_that_it_does_not_know(
        self, client: Client, ada: User, acme: Organization, ids: list[int], bulk: str, of: str
    ) -> None:
        client.post(bulk, {"issue": ids, "priority": "high", "op": OPS[0]}, headers=SCRIPTED)
        before = rows(ada, acme)
        assert client.post(bulk + "undo/", {"issue": ids[0], "of": of}, headers=SCRIPTED).status_code == 404
        assert rows(ada, acme) == before


class TestPages:
    def test_the_bar_offers_what_there_is(self, client: Client, acme: Organization, flow: Project, bulk: str) -> None:
        bar = client.get(bulk).content.decode()
        for offered in ("In review", "Ada Okafor", "Urgent", "Delete"):
            assert offered in bar

    @pytest.mark.parametrize("place", ["board", "issues"])
    def test_offer_it_to_those_who_may_change_issues(
        self, client: Client, acme: Organization, flow: Project, ids: list[int], place: str
    ) -> None:
        vera = make_member(acme, OrgRole.GUEST, "Vera Lund")
        give_role(acme, flow, vera, Role.VIEWER)
        theirs = Client()
        theirs.force_login(vera)
        pages = [each.get(f"/{acme.slug}/FLOW/{place}/").content.decode() for each in (client, theirs)]
        assert ["data-bulk-at" in page for page in pages] == [True, False]
        if place == "issues":
            assert ["data-tick" in page for page in pages] == [True, False]
            address = f"/{acme.slug}/FLOW/issues/rows/?ids={ids[0]}"
            rows = [each.get(address).content.decode() for each in (client, theirs)]
            assert ["data-tick" in row for row in rows] == [True, False]


class TestMoveMany:
    def test_drops_cards_together_and_says_where_they_are(
        self, client: Client, ada: User, acme: Organization, flow: Project, ids: list[int]
    ) -> None:
        with acting(ada, acme):
            review = Status.objects.get(project=flow, name="In review")
            column = review.columns.get().pk
        made = make_issues(acme, flow, ada, "x", "y", status=review)
        sent = {"issue": [ids[2], ids[0]], "column": column, "after": made[0].pk, "before": made[1].pk, "op": OPS[0]}
        answer = client.post(f"/{acme.slug}/FLOW/board/move-many/", sent, headers=SCRIPTED)
        with acting(ada, acme):
            inside = Issue.objects.filter(status=review).order_by("rank")
            assert [issue.title for issue in inside] == ["x", "a", "c", "y"]
            assert answer.json() == {
                "ids": [ids[0], ids[2]],
                "cards": [{"id": issue.pk, "v": 2, "rank": issue.rank, "status": review.pk} for issue in inside[1:3]],
            }
            assert Event.objects.filter(kind="issues.edited", op=OPS[0]).count() == 1
