"""The first steps: what is offered to whom, what counts as done, and that they stay away once they are skipped."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.services import turn_tour
from apps.core.errors import Invalid
from apps.core.tenancy import OrgRole, unit_of_work
from apps.issues.services import add_comment, move_issue, note_visit, set_issue_starred
from apps.orgs.models import Organization
from apps.orgs.services import invite
from apps.projects.models import Project, Status
from tests.factories import acting, give_role, make_issues, make_member, make_org, make_project, make_user

pytestmark = pytest.mark.django_db


def newcomer(**fields: Any) -> dict[str, Any]:
    return {"tour_began_at": timezone.now()} | fields


def steps(client: Client, path: str) -> dict[str, bool]:
    """The titles that the page shows, and whether each is ticked off."""
    page = client.get(path).content.decode()
    found = re.findall(r'<li class="(done|next|)"[^>]*><svg.*?</svg><span>([^<]+)</span>', page)
    return {title: state == "done" for state, title in found}


@pytest.fixture
def owner() -> User:
    return make_user("Nora New", **newcomer())


@pytest.fixture
def org(owner: User) -> Organization:
    return make_org(owner, slug="fresh")


@pytest.fixture
def project(org: Organization, owner: User) -> Project:
    return make_project(org, owner, "FLOW")


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


class TestAnOwner:
    def test_starts_fills_and_invites(self, owner: User, org: Organization) -> None:
        client = signed_in(owner)
        assert steps(client, "/fresh/") == {
            "Start a project": False, "Create an issue": False, "Move it along": False, "Invite somebody": False,
        }  # fmt: skip
        project = make_project(org, owner, "FLOW")
        assert steps(client, "/fresh/FLOW/board/")["Start a project"]
        [issue] = make_issues(org, project, owner, "First")
        assert steps(client, "/fresh/FLOW/issues/")["Create an issue"]
        with acting(owner, org) as actor:
            done = Status.objects.filter(project=project, category="done").get()
            move_issue(actor=actor, issue=issue, to=done)
        assert steps(client, "/fresh/members/")["Move it along"]
        with acting(owner, org) as actor:
            invite(actor=actor, email="bob@example.test", role=OrgRole.MEMBER)
        assert all(steps(client, "/fresh/projects/").values())
        assert "You know your way around" in client.get("/fresh/my-issues/").content.decode()

    def test_has_not_moved_an_issue_that_only_changed_its_place(
        self, owner: User, org: Organization, project: Project
    ) -> None:
        first, second = make_issues(org, project, owner, "First", "Second")
        with acting(owner, org) as actor:
            move_issue(actor=actor, issue=second, to=Status.objects.get(pk=second.status_id), before=first)
        assert not steps(signed_in(owner), "/fresh/")["Move it along"]


class TestSomebodyInvited:
    def test_opens_takes_and_moves(self, owner: User, org: Organization, project: Project) -> None:
        bob = make_member(org, OrgRole.MEMBER, "Bob", **newcomer())
        [issue] = make_issues(org, project, owner, "First")
        client = signed_in(bob)
        assert steps(client, "/fresh/") == {"Open an issue": False, "Make one yours": False, "Move it along": False}
        with acting(bob, org) as actor:
            note_visit(actor=actor, issue=issue)
        make_issues(org, project, owner, "Second", assignee=bob)
        assert steps(client, "/fresh/") == {"Open an issue": True, "Make one yours": True, "Move it along": False}

    def test_starts_a_project_where_there_is_none(self, org: Organization) -> None:
        bob = make_member(org, OrgRole.MEMBER, "Bob", **newcomer())
        assert list(steps(signed_in(bob), "/fresh/")) == ["Start a project", "Create an issue", "Move it along"]

    @pytest.mark.parametrize(
        ("role", "titles"),
        [
            ("viewer", ["Open an issue", "Keep a favourite"]),
            ("commenter", ["Open an issue", "Write a comment", "Keep a favourite"]),
        ],
    )
    def test_is_asked_for_nothing_that_they_may_not(
        self, owner: User, org: Organization, project: Project, role: str, titles: list[str]
    ) -> None:
        gus = make_member(org, OrgRole.GUEST, "Gus", **newcomer())
        give_role(org, project, gus, role)
        [issue] = make_issues(org, project, owner, "First")
        client = signed_in(gus)
        assert steps(client, "/fresh/") == dict.fromkeys(titles, False)
        with acting(gus, org) as actor:
            note_visit(actor=actor, issue=issue)
            set_issue_starred(actor=actor, issue=issue, is_starred=True)
            if role == "commenter":
                add_comment(actor=actor, issue=issue, body="Hello.")
        assert steps(client, "/fresh/") == dict.fromkeys(titles, True)

    def test_is_left_alone_while_they_see_no_project(self, org: Organization, project: Project) -> None:
        gus = make_member(org, OrgRole.GUEST, "Gus", **newcomer())
        assert steps(signed_in(gus), "/fresh/") == {}


class TestTheTour:
    def test_stays_away_once_it_is_skipped_until_it_is_asked_for(
        self, owner: User, org: Organization, project: Project
    ) -> None:
        client = signed_in(owner)
        assert steps(client, "/fresh/")
        answer = client.post("/accounts/tour/", {"to": "end", "next": "/fresh/FLOW/board/"})
        assert answer.url == "/fresh/FLOW/board/"
        for path in ("/fresh/", "/fresh/FLOW/board/"):
            assert steps(client, path) == {}
        assert steps(signed_in(owner), "/fresh/") == {}
        assert client.post("/accounts/tour/", {"to": "begin"}).url == "/"
        assert steps(client, "/fresh/")

    def test_begins_from_nothing_and_goes_on_where_it_was(
        self, owner: User, org: Organization, project: Project
    ) -> None:
        make_issues(org, project, owner, "First")
        client = signed_in(owner)
        client.post("/accounts/tour/", {"to": "end"})
        client.post("/accounts/tour/", {"to": "resume"})
        assert steps(client, "/fresh/")["Create an issue"]
        client.post("/accounts/tour/", {"to": "begin"})
        assert not steps(client, "/fresh/")["Create an issue"]

    def test_is_not_for_people_who_were_here_before_it(self, ada: User, acme: Organization) -> None:
        assert ada.tour_began_at is None
        assert steps(signed_in(ada), f"/{acme.slug}/") == {}

    def test_is_for_everybody_who_signs_up(self) -> None:
        made = User.objects.create_user("new@example.test", "a long enough one", name="New")
        assert made.is_on_tour
        assert timezone.now() - made.tour_began_at < timedelta(minutes=1)

    def test_refuses_what_it_does_not_know(self, owner: User) -> None:
        with unit_of_work(), pytest.raises(Invalid):
            turn_tour(user=owner, to="everywhere")
        assert signed_in(owner).post("/accounts/tour/", {"to": "everywhere"}).status_code == 422

    def test_is_read_again_as_a_fragment_only(self, owner: User, org: Organization, project: Project) -> None:
        client = signed_in(owner)
        part = client.get("/fresh/tour/?from=/fresh/FLOW/board/", headers={"HX-Request": "true"}).content.decode()
        assert part.strip().startswith("<section")
        assert "Go to the board" not in part
        assert client.get("/fresh/tour/").url == "/fresh/"
        client.post("/accounts/tour/", {"to": "end"})
        assert client.get("/fresh/tour/", headers={"HX-Request": "true"}).content.strip() == b""

    def test_costs_one_query_however_much_there_is(self, owner: User, org: Organization, project: Project) -> None:
        client = signed_in(owner)

        def queries() -> int:
            client.get("/fresh/")
            with CaptureQueriesContext(connection) as found:
                client.get("/fresh/")
            return len(found)

        make_issues(org, project, owner, "One")
        with_tour = queries()
        make_issues(org, project, owner, *[f"Issue {number}" for number in range(30)])
        assert queries() == with_tour
        client.post("/accounts/tour/", {"to": "end"})
        assert queries() == with_tour - 1
