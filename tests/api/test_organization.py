"""What a script reads and changes of an organization, its members and its invitations."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.core import limits
from apps.core.tenancy import OrgRole
from apps.orgs.models import Organization
from apps.orgs.services import create_service_account
from tests import factories
from tests.api.conftest import Script, World, make_script

pytestmark = pytest.mark.django_db


def queries(script: Script, path: str) -> int:
    """What reading an address costs."""
    with CaptureQueriesContext(connection) as asked:
        assert script.get(path).status_code == 200
    return len(asked)


class TestOrganization:
    def test_is_read_and_renamed(self, script: Script, acme: Organization) -> None:
        assert script.patch("", {"name": " Acme   Rockets "}).json()["name"] == "Acme Rockets"
        found = script.get("").json()
        assert (found["slug"], found["name"]) == (acme.slug, "Acme Rockets")

    @pytest.mark.parametrize("body", [{}, {"name": ""}, {"name": "x" * 81}, {"name": "Fine", "slug": "other"}])
    def test_takes_no_nonsense(self, script: Script, acme: Organization, body: Any) -> None:
        world = World(acme)
        assert script.patch("", body).status_code == 400
        assert world.is_unchanged()


class TestMembers:
    def test_are_read_page_by_page_and_get_other_roles(self, script: Script, acme: Organization, ada: User) -> None:
        mateo = factories.make_member(acme)
        noor = factories.make_member(acme, OrgRole.GUEST, "Noor Haddad")
        first = script.get("members/?limit=2").json()
        assert [each["id"] for each in first["results"]] == [ada.pk, mateo.pk]
        second = script.get(first["next"]).json()
        assert [(each["id"], each["email"], each["role"]) for each in second["results"]] == [
            (noor.pk, noor.email, "guest")
        ]
        assert second["next"] is None
        assert script.get(second["previous"]).json()["results"] == first["results"]
        assert script.patch(f"members/{mateo.pk}/", {"role": "admin"}).json()["role"] == "admin"
        as_guest = make_script(noor, acme).get("members/").json()["results"]
        assert {each["email"] for each in as_guest} == {None}
        assert {each["name"] for each in as_guest} == {ada.name, mateo.name, noor.name}

    def test_are_people_and_programs(self, script: Script, acme: Organization, ada: User) -> None:
        with factories.acting(ada, acme) as actor:
            create_service_account(actor=actor, name="Night job", role=OrgRole.MEMBER)
        person, program = script.get("members/").json()["results"]
        assert (person["kind"], person["email"]) == ("person", ada.email)
        assert (program["kind"], program["name"], program["email"]) == ("service", "Night job", None)

    def test_are_not_made_owners_by_a_token_or_unmade(self, script: Script, acme: Organization, ada: User) -> None:
        mateo = factories.make_member(acme)
        owner = factories.make_member(acme, OrgRole.OWNER, "Noor Haddad")
        stranger = factories.make_user("Sol Strange")
        world = World(acme)
        assert script.patch(f"members/{mateo.pk}/", {"role": "owner"}).status_code == 403
        assert script.patch(f"members/{owner.pk}/", {"role": "member"}).status_code == 403
        assert script.patch(f"members/{mateo.pk}/", {"role": "king"}).status_code == 400
        assert script.patch(f"members/{stranger.pk}/", {"role": "member"}).status_code == 404
        assert world.is_unchanged()

    def test_cost_the_same_however_many(self, script: Script, acme: Organization) -> None:
        few = [queries(script, path) for path in ("members/", "invitations/")]
        for number in range(3):
            factories.make_member(acme, name=f"Person {number}")
        script.post("invitations/", {"emails": [f"p{number}@example.test" for number in range(3)], "role": "guest"})
        assert [queries(script, path) for path in ("members/", "invitations/")] == few


class TestInvitations:
    def test_are_made_listed_sent_again_and_revoked(self, script: Script, acme: Organization, ada: User) -> None:
        emails = ["Sam@Example.test", "kim@example.test", "sam@example.test"]
        made = script.post("invitations/", {"emails": emails, "role": "member"})
        assert made.status_code == 201
        assert [each["email"] for each in made.json()["invitations"]] == ["sam@example.test", "kim@example.test"]
        assert all("link" not in each for each in made.json()["invitations"])
        sam, kim = script.get("invitations/").json()["results"]
        assert (sam["role"], sam["invited_by"]) == ("member", {"id": ada.pk, "name": ada.name})
        assert "/invitations/" in sam["link"]
        again = script.post(f"invitations/{sam['id']}/resend/")
        assert (again.status_code, again.json()["id"]) == (200, sam["id"])
        assert script.get("invitations/").json()["results"][0]["link"] != sam["link"]
        for code in (204, 404):
            assert script.call("DELETE", f"invitations/{kim['id']}/").status_code == code
        assert [each["email"] for each in script.get("invitations/").json()["results"]] == ["sam@example.test"]

    @pytest.mark.parametrize(
        ("emails", "role", "code"),
        [
            (["new@example.test", "nonsense"], "member", 422),
            ([], "member", 400),
            (["n@example.test"] * 51, "member", 400),
            (["n@example.test"], "owner", 403),
            (["n@example.test"], "boss", 400),
        ],
    )
    def test_are_refused_whole(self, script: Script, acme: Organization, emails: Any, role: str, code: int) -> None:
        world = World(acme)
        assert script.post("invitations/", {"emails": emails, "role": role}).status_code == code
        assert world.is_unchanged()

    def test_share_their_limits_with_the_page(
        self, script: Script, acme: Organization, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(limits.LIMITS, "invite", limits.Limit("2/h"))
        body = {"emails": [f"p{number}@example.test" for number in range(3)], "role": "guest"}
        world = World(acme)
        answer = script.post("invitations/", body)
        assert (answer.status_code, answer["RateLimit-Limit"]) == (429, "2")
        assert world.is_unchanged()
