"""Who may sign up: what the operator decides holds for the page and for whoever brings an invitation."""

from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from apps.accounts import services
from apps.accounts.models import Server, User
from apps.core.errors import Invalid
from apps.core.tenancy import OrgRole, unit_of_work
from apps.orgs.models import Organization
from apps.orgs.services import OperatorsFound, create_organization, invitation_secret, invite, revoke_invitation
from tests.factories import acting, make_user

pytestmark = pytest.mark.django_db


def decide(sign_up: str, *domains: str, founders: str = "everybody") -> Server:
    with unit_of_work():
        return services.decide_who_comes_in(sign_up=sign_up, domains=domains, founders=founders)


def invited(ada: User, acme: Organization, email: str = "bob@example.test") -> str:
    """The path of an open invitation."""
    with acting(ada, acme) as actor:
        return f"/invitations/{invitation_secret(invite(actor=actor, email=email, role=OrgRole.MEMBER).nonce)}/"


def sign_up(client: Client, email: str, **fields: str) -> Any:
    return client.post(
        "/accounts/signup/", {"name": "New Person", "email": email, "password1": "an unusual phrase 7", **fields}
    )


def has_account(email: str) -> bool:
    return User.objects.filter(email=email).exists()


@pytest.mark.usefixtures("ada")
class TestByInvitation:
    def test_is_the_default_and_a_stranger_finds_no_form(self, client: Client) -> None:
        page = client.get("/accounts/signup/").content.decode()
        assert "Sign-up is closed" in page
        assert 'name="password1"' not in page
        sign_up(client, "eve@example.test")
        assert not has_account("eve@example.test")

    def test_sign_in_does_not_offer_what_is_closed(self, client: Client) -> None:
        assert "/accounts/signup/" not in client.get("/accounts/login/").content.decode()

    def test_the_invited_address_signs_up_with_the_link(self, client: Client, ada: User, acme: Organization) -> None:
        link = invited(ada, acme)
        page = client.get(f"/accounts/signup/?{urlencode({'next': link, 'email': 'bob@example.test'})}")
        assert 'value="bob@example.test"' in page.content.decode()
        assert "/accounts/signup/" in client.get(f"/accounts/login/?{urlencode({'next': link})}").content.decode()
        assert sign_up(client, "Bob@example.test", next=link).status_code == 302
        assert has_account("bob@example.test")

    def test_another_address_does_not(self, client: Client, ada: User, acme: Organization) -> None:
        answer = sign_up(client, "eve@example.test", next=invited(ada, acme))
        assert "was sent to bob@example.test" in answer.content.decode()
        assert not has_account("eve@example.test")

    def test_a_link_that_was_revoked_opens_nothing(self, client: Client, ada: User, acme: Organization) -> None:
        with acting(ada, acme) as actor:
            invitation = invite(actor=actor, email="bob@example.test", role=OrgRole.MEMBER)
            revoke_invitation(actor=actor, invitation=invitation)
        sign_up(client, "bob@example.test", next=f"/invitations/{invitation_secret(invitation.nonce)}/")
        assert not has_account("bob@example.test")

    @pytest.mark.parametrize("target", ["/invitations//", "/acme/", "https://evil.test/invitations/x/"])
    def test_another_address_to_go_on_to_is_no_invitation(self, client: Client, target: str) -> None:
        sign_up(client, "bob@example.test", next=target)
        assert not has_account("bob@example.test")

    @pytest.mark.usefixtures("steady_clock")
    def test_trying_out_links_here_is_limited_too(self, client: Client) -> None:
        answers = [client.get(f"/accounts/signup/?next=/invitations/{number:064}/").status_code for number in range(31)]
        assert answers == [200] * 30 + [429]

    @pytest.mark.usefixtures("steady_clock")
    def test_whoever_tried_out_links_gets_in_by_none_that_works(
        self, client: Client, ada: User, acme: Organization
    ) -> None:
        link = invited(ada, acme)
        for number in range(31):
            client.get(f"/accounts/signup/?next=/invitations/{number:064}/")
        assert sign_up(client, "bob@example.test", next=link).status_code == 429
        assert not has_account("bob@example.test")


@pytest.mark.usefixtures("ada")
class TestByDomain:
    def test_addresses_of_the_domains_sign_up(self, client: Client) -> None:
        decide("domains", "@Example.org", "example.net.", "example.org")
        assert Server.objects.get().sign_up_domains == ["example.org", "example.net"]
        sign_up(client, "bob@EXAMPLE.org")
        assert has_account("bob@example.org")

    @pytest.mark.parametrize("email", ["bob@example.com", "bob@sub.example.org", "bob@notexample.org"])
    def test_others_do_not_and_are_told_why(self, client: Client, email: str) -> None:
        decide("domains", "example.org")
        answer = sign_up(client, email)
        assert "Addresses of example.org may sign up" in answer.content.decode()
        assert not has_account(email)

    def test_an_invitation_is_worth_more(self, client: Client, ada: User, acme: Organization) -> None:
        decide("domains", "example.org")
        sign_up(client, "bob@example.test", next=invited(ada, acme))
        assert has_account("bob@example.test")

    @pytest.mark.parametrize("domains", [[], ["not one"], ["example"], ["-x.org"], ["a" * 260 + ".org"], ["ü.example"]])
    def test_refuses_what_is_no_domain(self, domains: list[str]) -> None:
        with pytest.raises(Invalid) as refused:
            decide("domains", *domains)
        assert refused.value.field == "domains"

    def test_refuses_more_than_anybody_has(self) -> None:
        with pytest.raises(Invalid, match="At most 100"):
            decide("domains", *(f"d{number}.example" for number in range(101)))


@pytest.mark.usefixtures("ada")
class TestAnyone:
    def test_signs_up(self, client: Client) -> None:
        decide("anyone")
        assert "/accounts/signup/" in client.get("/accounts/login/").content.decode()
        sign_up(client, "eve@example.test")
        assert has_account("eve@example.test")

    def test_unless_it_was_closed_while_they_filled_in_the_form(self, client: Client) -> None:
        from apps.accounts.entrance import why_not

        request = client.get("/accounts/login/").wsgi_request
        assert "by invitation" in why_not(request, "eve@example.test")

    @pytest.mark.parametrize(("sign_up", "founders"), [("nobody", "everybody"), ("anyone", "nobody")])
    def test_nothing_else_is_on_offer(self, sign_up: str, founders: str) -> None:
        with pytest.raises(Invalid, match="offered"):
            decide(sign_up, founders=founders)


class TestEmptyServer:
    def test_is_open_to_nobody_whatever_was_decided(self, client: Client) -> None:
        decide("anyone")
        assert "Sign-up is closed" in client.get("/accounts/signup/").content.decode()
        sign_up(client, "first@example.test")
        assert not has_account("first@example.test")

    def test_its_link_stays_used_when_its_operator_is_suspended(self) -> None:
        with unit_of_work():
            secret = services.make_setup_link()
            assert secret is not None
            user = services.make_first_operator(
                secret=secret, name="Root", email="root@example.test", password="an unusual phrase 7"
            )
            services.set_user_suspended(user=user, is_suspended=True)
            with pytest.raises(services.SetUpAlready):
                services.make_first_operator(
                    secret=secret, name="Eve", email="eve@example.test", password="an unusual phrase 7"
                )


class TestFounding:
    def test_is_kept_to_operators_where_they_decided_so(self, client: Client, ada: User) -> None:
        decide("invited", founders="operators")
        client.force_login(ada)
        assert client.get("/orgs/new/").status_code == 403
        answer = client.post("/orgs/new/", {"name": "Mine", "slug": "mine"})
        assert answer.status_code == 403
        assert "Only operators create organizations" in answer.content.decode()
        start = client.get("/").content.decode()
        assert "/orgs/new/" not in start
        assert "Wait for an invitation" in start
        with unit_of_work():
            assert not Organization.objects.using("owner").exists()

    def test_the_service_holds_it_whatever_the_door(self, ada: User) -> None:
        decide("invited", founders="operators")
        with unit_of_work(), pytest.raises(OperatorsFound):
            create_organization(user_id=ada.pk, name="Mine", slug="mine")

    def test_an_operator_still_may(self, client: Client) -> None:
        decide("invited", founders="operators")
        client.force_login(make_user("Root", is_staff=True))
        assert "/orgs/new/" in client.get("/").content.decode()
        assert client.post("/orgs/new/", {"name": "Ours", "slug": "ours"}).status_code == 302
        assert "/orgs/new/" in client.get("/ours/").content.decode()

    def test_the_switcher_hides_it_from_the_others(self, client: Client, ada: User, acme: Organization) -> None:
        decide("invited", founders="operators")
        client.force_login(ada)
        assert "/orgs/new/" not in client.get(f"/{acme.slug}/").content.decode()
