"""Who asks, and where they belong: what a script asks first."""

from typing import Any

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.orgs.models import Organization
from tests import factories
from tests.api.conftest import Script, make_script

pytestmark = pytest.mark.django_db


@pytest.fixture
def harbour(ada: User) -> Organization:
    """Another organization of Ada's."""
    return factories.make_org(ada, "Harbour Freight")


@pytest.fixture
def signed_in(ada: User) -> dict[str, str]:
    """The headers of a program in which Ada signed in."""
    ada.emailaddress_set.create(email=ada.email, verified=True, primary=True)
    ada.set_password("a long sentence of my own")
    ada.save()
    given = Client().post(
        "/api/v1/auth/login",
        {"email": ada.email, "password": "a long sentence of my own"},
        content_type="application/json",
    )
    return {"authorization": f"Bearer {given.json()['access']}"}


class TestToken:
    def test_says_whose_it_is_and_what_it_may_do(self, acme: Organization, ada: User) -> None:
        me = make_script(ada, acme, "issues:write", "projects:read").get("/api/v1/me/").json()
        assert (me["id"], me["name"], me["email"]) == (ada.pk, ada.name, ada.email)
        assert me["scopes"] == ["issues:write", "projects:read"]

    def test_is_told_of_its_own_organization_alone(
        self, script: Script, acme: Organization, harbour: Organization
    ) -> None:
        answer = script.get("/api/v1/orgs/")
        assert answer.json()["results"] == [{"slug": acme.slug, "name": acme.name, "role": "owner"}]
        assert answer["RateLimit-Remaining"] == "999"

    @pytest.mark.parametrize("path", ["me/", "orgs/"])
    def test_that_is_none_is_refused(self, acme: Organization, path: str) -> None:
        answer = Client().get(f"/api/v1/{path}", headers={"authorization": "Bearer fb_wrong"})
        assert (answer.status_code, answer["WWW-Authenticate"].split()[0]) == (401, "Bearer")


class TestOwnAccount:
    def test_is_changed_by_whoever_is_signed_in(self, ada: User, signed_in: dict[str, str]) -> None:
        def change(body: dict[str, Any]) -> Any:
            return Client().patch("/api/v1/me/", body, content_type="application/json", headers=signed_in)

        me = change({"name": " Ada  Okafor-Lind ", "theme": "dark", "time_zone": "Europe/Lisbon"}).json()
        assert (me["name"], me["theme"], me["time_zone"]) == ("Ada Okafor-Lind", "dark", "Europe/Lisbon")
        assert (me["handle"], me["density"], me["has_single_keys"]) == (ada.handle, ada.density, ada.has_single_keys)
        assert change({"handle": "countess"}).json()["handle"] == "countess"
        assert change({"first_weekday": 6, "has_single_keys": False}).json()["theme"] == "dark"
        factories.make_user("Noor", handle="noor")
        # Refused whole.
        assert change({"name": "Else", "handle": "noor"}).status_code == 409
        assert change({"name": "Else", "time_zone": "Atlantis"}).status_code == 422
        assert change({"email": "else@example.test"}).status_code == 400
        ada.refresh_from_db()
        assert (ada.name, ada.handle) == ("Ada Okafor-Lind", "countess")

    def test_is_not_for_tokens_of_an_organization(self, script: Script, ada: User) -> None:
        answer = script.patch("/api/v1/me/", {"name": "Else"})
        assert (answer.status_code, answer.json()["type"]) == (403, "about:blank#Forbidden")
        ada.refresh_from_db()
        assert ada.name == "Ada Okafor"


class TestPerson:
    def test_sees_all_organizations_with_a_session(self, ada: User, acme: Organization, harbour: Organization) -> None:
        browser = Client()
        browser.force_login(ada)
        assert browser.get("/api/v1/me/").json()["scopes"] is None
        seats = browser.get("/api/v1/orgs/").json()["results"]
        assert [seat["slug"] for seat in seats] == [acme.slug, harbour.slug]

    def test_sees_all_organizations_signed_in_by_script(
        self, acme: Organization, harbour: Organization, signed_in: dict[str, str]
    ) -> None:
        seats = Client().get("/api/v1/orgs/?fields=slug", headers=signed_in).json()["results"]
        assert seats == [{"slug": acme.slug}, {"slug": harbour.slug}]

    def test_who_left_is_told_of_it_no_more(self, acme: Organization, harbour: Organization) -> None:
        stranger = factories.make_user("Noor Haddad")
        browser = Client()
        browser.force_login(stranger)
        assert browser.get("/api/v1/orgs/").json()["results"] == []
