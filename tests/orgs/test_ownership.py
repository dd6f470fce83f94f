"""Handing an organization over; moving, deleting and restoring it; its settings page."""

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.core.errors import Forbidden, Invalid, NotFound
from apps.core.tenancy import OrgRole, enter_organization, run_as, run_as_system, unit_of_work
from apps.core.tenancy.doors import (
    NoSuchInvitation,
    NoSuchOrganization,
    NoSuchToken,
    enter_api_token,
    enter_deleted_organization,
    enter_invitation,
)
from apps.events.models import Event
from apps.orgs import selectors, services
from apps.orgs.models import FormerSlug, Membership, Organization
from apps.orgs.services.organizations import MOST_FORMER_SLUGS
from tests.factories import acting, make_member, make_org, make_user

pytestmark = pytest.mark.django_db


def seat(org: Organization, user: User) -> Membership:
    return Membership.objects.select_related("user").get(org=org, user=user)


def move(user: User, org: Organization, slug: str) -> Organization:
    with run_as(user_id=user.pk, org_slug=org.slug) as actor:
        return services.move_organization(actor=actor, slug=slug)


class TestTransfer:
    def test_makes_the_other_owner_and_the_actor_admin_in_one_step(self, ada: User, acme: Organization) -> None:
        bo = make_member(acme)
        with acting(ada, acme) as actor:
            services.transfer_ownership(actor=actor, to=seat(acme, bo))
        with acting(bo, acme) as actor:
            assert (seat(acme, bo).role, seat(acme, ada).role) == (OrgRole.OWNER, OrgRole.ADMIN)
            assert Event.objects.filter(kind="member.role_changed").count() == 2
            assert actor.org_role == OrgRole.OWNER

    def test_is_for_owners_who_hand_to_somebody_else_that_is_no_guest(self, ada: User, acme: Organization) -> None:
        admin, guest = make_member(acme, OrgRole.ADMIN), make_member(acme, OrgRole.GUEST)
        with acting(admin, acme) as actor, pytest.raises(Forbidden):
            services.transfer_ownership(actor=actor, to=seat(acme, admin))
        with acting(ada, acme) as actor:
            with pytest.raises(Invalid):
                services.transfer_ownership(actor=actor, to=seat(acme, ada))
            with pytest.raises(Invalid):
                services.transfer_ownership(actor=actor, to=seat(acme, guest))

    def test_somebody_who_left_meanwhile_gets_nothing(self, ada: User, acme: Organization) -> None:
        bo = make_member(acme)
        with acting(ada, acme) as actor:
            gone = seat(acme, bo)
            services.remove_member(actor=actor, membership=gone)
            with pytest.raises(NotFound):
                services.transfer_ownership(actor=actor, to=gone)

    def test_an_owner_of_a_moment_ago_may_do_nothing_of_an_owners(self, ada: User, acme: Organization) -> None:
        bo, cy = make_member(acme, OrgRole.OWNER), make_member(acme, OrgRole.OWNER)
        with acting(ada, acme) as actor:
            Membership.objects.filter(user=ada).update(role=OrgRole.MEMBER)
            with pytest.raises(Forbidden):
                services.transfer_ownership(actor=actor, to=seat(acme, bo))
            with pytest.raises(Forbidden):
                services.remove_member(actor=actor, membership=seat(acme, bo))
            with pytest.raises(Forbidden):
                services.change_member_role(actor=actor, membership=seat(acme, cy), role=OrgRole.GUEST)


class TestMove:
    def test_the_old_address_leads_to_the_new_one(self, ada: User, acme: Organization) -> None:
        old = acme.slug
        assert move(ada, acme, " New-Home ").slug == "new-home"
        with unit_of_work():
            assert enter_organization(user_id=ada.pk, slug=old).org_slug == "new-home"
        with unit_of_work(), pytest.raises(NoSuchOrganization):
            enter_organization(user_id=make_user("Eve").pk, slug=old)
        with run_as_system(org_id=acme.pk) as actor:
            assert selectors.former_slugs(actor=actor) == [old]
            assert Event.objects.filter(kind="organization.moved").count() == 1

    def test_the_same_address_changes_nothing(self, ada: User, acme: Organization) -> None:
        move(ada, acme, acme.slug)
        with run_as_system(org_id=acme.pk):
            assert not FormerSlug.objects.exists()

    @pytest.mark.parametrize(
        ("slug", "says"),
        [
            ("admin", "means something else"),
            ("API", "means something else"),
            ("..", "small letters"),
            ("🚀", "small letters"),
            ("a b", "small letters"),
            ("-acme", "small letters"),
            ("", "small letters"),
            ("x" * 49, "small letters"),
            ("acme/../admin", "small letters"),
            ("acme\n", None),
            ("ACME-2", None),
        ],
    )
    def test_each_word_gets_a_clear_answer(self, ada: User, acme: Organization, slug: str, says: str | None) -> None:
        if says is None:
            assert move(ada, acme, slug).slug == slug.strip().lower()
            return
        with pytest.raises(Invalid, match=says) as refused:
            move(ada, acme, slug)
        assert refused.value.field == "slug"

    def test_is_for_owners(self, acme: Organization) -> None:
        with pytest.raises(Forbidden):
            move(make_member(acme, OrgRole.ADMIN), acme, "mine")

    def test_nobody_else_gets_an_address_that_links_still_lead_to(self, ada: User, acme: Organization) -> None:
        old = acme.slug
        moved = move(ada, acme, "new-home")
        eve = make_user("Eve")
        for slug in (old, "new-home"):
            with unit_of_work(), pytest.raises(services.SlugTaken):
                services.create_organization(user_id=eve.pk, name="Trap", slug=slug)
        theirs = make_org(eve)
        with pytest.raises(services.SlugTaken):
            move(eve, theirs, old)
        assert move(ada, moved, old).slug == old
        with run_as_system(org_id=acme.pk) as actor:
            assert selectors.former_slugs(actor=actor) == ["new-home"]

    def test_an_organization_does_not_hoard_addresses(self, ada: User, acme: Organization) -> None:
        org = acme
        for number in range(MOST_FORMER_SLUGS):
            org = move(ada, org, f"home-{number}")
        with pytest.raises(services.TooManyAddresses):
            move(ada, org, "one-more")
        assert move(ada, org, "home-0").slug == "home-0"


class TestDelete:
    def delete(self, user: User, org: Organization, name: str | None = None) -> None:
        with acting(user, org) as actor:
            services.delete_organization(actor=actor, confirmation=name or org.name)

    def test_takes_the_typed_name_of_an_owner(self, ada: User, acme: Organization) -> None:
        with pytest.raises(Invalid):
            self.delete(ada, acme, "acme")
        with pytest.raises(Forbidden):
            self.delete(make_member(acme, OrgRole.ADMIN), acme)

    def test_shuts_every_door_at_once(self, ada: User, acme: Organization) -> None:
        with acting(ada, acme) as actor:
            invitation = services.invite(actor=actor, email="bo@example.test", role=OrgRole.MEMBER)
            _token, secret = services.create_api_token(actor=actor, name="script", scopes=["read"])
        self.delete(ada, acme)
        with unit_of_work(), pytest.raises(NoSuchOrganization):
            enter_organization(user_id=ada.pk, slug=acme.slug)
        with unit_of_work(), pytest.raises(NoSuchToken):
            enter_api_token(token_hash=services.hash_secret(secret), slug=acme.slug)
        link = services.hash_secret(services.invitation_secret(invitation.nonce))
        with unit_of_work(), pytest.raises(NoSuchInvitation):
            enter_invitation(token_hash=link, user_id=None)

    def test_its_owners_bring_it_back_and_nobody_else(self, ada: User, acme: Organization) -> None:
        admin = make_member(acme, OrgRole.ADMIN)
        self.delete(ada, acme)
        with unit_of_work(), pytest.raises(NoSuchOrganization):
            enter_deleted_organization(user_id=admin.pk, slug=acme.slug)
        with unit_of_work():
            actor = enter_deleted_organization(user_id=ada.pk, slug=acme.slug)
            services.restore_organization(actor=actor)
        with acting(ada, acme):
            assert Event.objects.filter(kind="organization.restored").count() == 1
        with acting(admin, acme) as actor, pytest.raises(Forbidden):
            services.restore_organization(actor=actor)
        with unit_of_work(), pytest.raises(NoSuchOrganization):
            enter_deleted_organization(user_id=ada.pk, slug=acme.slug)

    def test_only_flowboard_itself_begins_to_purge(self, ada: User, acme: Organization) -> None:
        with acting(ada, acme) as actor, pytest.raises(Forbidden):
            services.begin_purge_of_organization(actor=actor)


class TestPages:
    @pytest.fixture
    def browser(self, client: Client, ada: User) -> Client:
        client.force_login(ada)
        return client

    def test_the_settings_show_each_person_what_is_theirs(self, browser: Client, acme: Organization) -> None:
        page = browser.get(f"/{acme.slug}/settings/").content.decode()
        assert "Delete this organization" in page
        assert "You are the only one here" in page
        member = Client()
        member.force_login(make_member(acme))
        page = member.get(f"/{acme.slug}/settings/").content.decode()
        assert "Delete this organization" not in page
        assert f"Leave {acme.name}" in page
        assert "You are the last owner" in browser.get(f"/{acme.slug}/settings/").content.decode()

    def test_the_name_and_the_address_are_changed_here(self, browser: Client, acme: Organization) -> None:
        browser.post(f"/{acme.slug}/settings/", {"name": "New Name"})
        answer = browser.post(f"/{acme.slug}/settings/address/", {"slug": "new-home"})
        assert answer.url == "/new-home/settings/"  # type: ignore[attr-defined]
        page = browser.get("/new-home/settings/").content.decode()
        assert "New Name" in page
        assert acme.slug in page
        for slug in ("admin", "..", "🚀"):
            refused = browser.post("/new-home/settings/address/", {"slug": slug})
            assert refused.status_code == 422
            assert 'id="id_slug_error"' in refused.content.decode()

    def test_a_refused_name_keeps_the_page(self, browser: Client, acme: Organization) -> None:
        assert browser.post(f"/{acme.slug}/settings/", {"name": " "}).status_code == 422

    def test_old_links_lead_on_with_their_query(self, browser: Client, ada: User, acme: Organization) -> None:
        old = acme.slug
        browser.post(f"/{old}/settings/address/", {"slug": "new-home"})
        answer = browser.get(f"/{old}/members/?page=2&q=%C3%A9")
        assert (answer.status_code, answer.url) == (302, "/new-home/members/?page=2&q=%C3%A9")  # type: ignore[attr-defined]
        assert browser.get(f"/{old}/").url == "/new-home/"  # type: ignore[attr-defined]
        # A page that is still open sends its form to the old address: nothing of it is lost.
        answer = browser.post(f"/{old}/settings/", {"name": "Sent"}, follow=True)
        assert "Sent" in answer.content.decode()
        assert answer.redirect_chain[0] == ("/new-home/settings/", 307)
        stranger = Client()
        stranger.force_login(make_user("Eve"))
        assert stranger.get(f"/{old}/").status_code == 404
        assert Client().get(f"/{old}/").url.startswith("/accounts/login/")  # type: ignore[attr-defined]

    def test_scripts_are_led_on_too(self, browser: Client, ada: User, acme: Organization) -> None:
        old = acme.slug
        with acting(ada, acme) as actor:
            _token, secret = services.create_api_token(actor=actor, name="script", scopes=["read"])
        browser.post(f"/{old}/settings/address/", {"slug": "new-home"})
        bearer = {"HTTP_AUTHORIZATION": f"Bearer {secret}"}
        answer = Client().get(f"/api/v1/orgs/{old}/projects/?fields=key", **bearer)
        assert (answer.status_code, answer["Location"]) == (307, "/api/v1/orgs/new-home/projects/?fields=key")
        assert Client().get(answer["Location"], **bearer).status_code == 200
        assert browser.get(f"/api/v1/orgs/{old}/projects/").status_code == 307

    def test_it_is_handed_over_here(self, browser: Client, ada: User, acme: Organization) -> None:
        bo = make_member(acme)
        address = f"/{acme.slug}/settings/transfer/"
        assert browser.post(address, {"user": ""}).status_code == 422
        assert browser.post(address, {"user": ada.pk}).status_code == 422
        assert browser.post(address, {"user": bo.pk}).status_code == 302
        assert browser.post(address, {"user": bo.pk}).status_code == 403

    def test_it_is_deleted_for_its_name_and_brought_back_from_the_start_page(
        self, browser: Client, acme: Organization
    ) -> None:
        address = f"/{acme.slug}/settings/delete/"
        assert browser.post(address, {"confirmation": "no"}).status_code == 422
        page = browser.post(address, {"confirmation": acme.name}, follow=True).content.decode()
        assert "will be gone on" in page
        assert browser.get(f"/{acme.slug}/").status_code == 404
        assert browser.post(f"/orgs/{acme.slug}/restore/").url == f"/{acme.slug}/"  # type: ignore[attr-defined]
        assert browser.get(f"/{acme.slug}/").status_code == 200
