"""Who asks, and where they belong: what a script asks first."""

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


class TestPerson:
    def test_sees_all_organizations_with_a_session(self, ada: User, acme: Organization, harbour: Organization) -> None:
        browser = Client()
        browser.force_login(ada)
        assert browser.get("/api/v1/me/").json()["scopes"] is None
        seats = browser.get("/api/v1/orgs/").json()["results"]
        assert [seat["slug"] for seat in seats] == [acme.slug, harbour.slug]

    def test_sees_all_organizations_signed_in_by_script(
        self, ada: User, acme: Organization, harbour: Organization
    ) -> None:
        ada.emailaddress_set.create(email=ada.email, verified=True, primary=True)
        ada.set_password("a long sentence of my own")
        ada.save()
        given = Client().post(
            "/api/v1/auth/login",
            {"email": ada.email, "password": "a long sentence of my own"},
            content_type="application/json",
        )
        bearer = {"authorization": f"Bearer {given.json()['access']}"}
        seats = Client().get("/api/v1/orgs/?fields=slug", headers=bearer).json()["results"]
        assert seats == [{"slug": acme.slug}, {"slug": harbour.slug}]

    def test_who_left_is_told_of_it_no_more(self, acme: Organization, harbour: Organization) -> None:
        stranger = factories.make_user("Noor Haddad")
        browser = Client()
        browser.force_login(stranger)
        assert browser.get("/api/v1/orgs/").json()["results"] == []
