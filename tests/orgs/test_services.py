"""Organizations and people: who may give what to whom, and that an organization never loses its last owner."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.audit.models import LogEntry
from apps.core.errors import Conflict, Forbidden, Invalid, NotFound
from apps.core.tenancy import OrgRole, enter_invitation, enter_person, run_as_system, unit_of_work
from apps.core.tenancy.doors import NoSuchInvitation, NoSuchToken, enter_api_token
from apps.events.models import Event
from apps.orgs import policies, selectors, services
from apps.orgs.models import ApiToken, Invitation, Membership, Organization
from apps.orgs.services.tokens import revoke_tokens_of_ended_seat
from tests.factories import acting, make_member, make_org, make_user


def membership(org: Organization, user: User) -> Membership:
    return Membership.objects.select_related("user").get(org=org, user=user)


class TestCreateOrganization:
    def test_its_founder_is_its_first_owner(self, ada: User) -> None:
        with unit_of_work():
            org, actor = services.create_organization(user_id=ada.pk, name=" Acme ", slug=" ACME-1 ")
        assert (org.slug, org.name, actor.org_role) == ("acme-1", "Acme", OrgRole.OWNER)
        with acting(ada, org):
            assert Event.objects.get().kind == "organization.created"

    @pytest.mark.parametrize("slug", ["", "-acme", "ac me", "é", "a" * 49, "admin", "api", "static"])
    def test_refuses_slugs_that_cannot_be_addresses(self, ada: User, slug: str) -> None:
        with unit_of_work(), pytest.raises(Invalid) as refused:
            services.create_organization(user_id=ada.pk, name="Acme", slug=slug)
        assert refused.value.field == "slug"

    def test_refuses_a_nameless_one_and_a_taken_address(self, ada: User, acme: Organization) -> None:
        with unit_of_work(), pytest.raises(Invalid):
            services.create_organization(user_id=ada.pk, name="  ", slug="fine")
        with unit_of_work(), pytest.raises(services.SlugTaken):
            services.create_organization(user_id=ada.pk, name="Acme", slug=acme.slug)

    def test_renaming_is_for_managers(self, ada: User, acme: Organization) -> None:
        with acting(ada, acme) as actor:
            assert services.rename_organization(actor=actor, name="New").name == "New"
            services.rename_organization(actor=actor, name="New")
            with pytest.raises(Invalid):
                services.rename_organization(actor=actor, name=" ")
        with acting(ada, acme):
            assert Event.objects.filter(kind="organization.renamed").count() == 1
        with acting(make_member(acme), acme) as actor, pytest.raises(Forbidden):
            services.rename_organization(actor=actor, name="Mine")

    def test_only_flowboard_itself_suspends(self, ada: User, acme: Organization) -> None:
        with acting(ada, acme) as actor, pytest.raises(Forbidden):
            services.set_organization_suspended(actor=actor, is_suspended=True)
        with run_as_system(org_id=acme.pk) as actor:
            assert services.set_organization_suspended(actor=actor, is_suspended=True).suspended_at is not None
            assert services.set_organization_suspended(actor=actor, is_suspended=False).suspended_at is None


class TestGrants:
    """The requester's role × the target's × the new one."""

    @pytest.mark.parametrize("requester", OrgRole)
    @pytest.mark.parametrize("target", OrgRole)
    @pytest.mark.parametrize("new", OrgRole)
    def test_nobody_gives_or_takes_more_than_they_have(
        self, ada: User, acme: Organization, requester: OrgRole, target: OrgRole, new: OrgRole
    ) -> None:
        rank = [OrgRole.GUEST, OrgRole.MEMBER, OrgRole.ADMIN, OrgRole.OWNER]
        is_allowed = requester in {OrgRole.ADMIN, OrgRole.OWNER} and max(
            rank.index(target), rank.index(new)
        ) <= rank.index(requester)
        person, other = make_member(acme, requester), make_member(acme, target)
        with acting(person, acme) as actor:
            seat = membership(acme, other)
            if is_allowed:
                assert services.change_member_role(actor=actor, membership=seat, role=new).role == new
            else:
                with pytest.raises(Forbidden):
                    services.change_member_role(actor=actor, membership=seat, role=new)
                assert membership(acme, other).role == target

    def test_the_last_owner_stays(self, ada: User, acme: Organization) -> None:
        with acting(ada, acme) as actor:
            own = membership(acme, ada)
            with pytest.raises(services.LastOwner):
                services.change_member_role(actor=actor, membership=own, role=OrgRole.ADMIN)
            with pytest.raises(services.LastOwner):
                services.remove_member(actor=actor, membership=own)

    def test_anybody_may_leave_and_managers_may_remove(self, ada: User, acme: Organization) -> None:
        leaver, removed, other = make_member(acme), make_member(acme), make_member(acme)
        with acting(leaver, acme) as actor:
            with pytest.raises(Forbidden):
                services.remove_member(actor=actor, membership=membership(acme, other))
            services.remove_member(actor=actor, membership=membership(acme, leaver))
        with acting(ada, acme) as actor:
            services.remove_member(actor=actor, membership=membership(acme, removed))
            assert {seat.user_id for seat in selectors.list_members(actor=actor)} == {ada.pk, other.pk}
            with pytest.raises(NotFound):
                selectors.get_member(actor=actor, user_id=removed.pk)

    def test_only_flowboard_itself_seats_people(self, ada: User, acme: Organization) -> None:
        with acting(ada, acme) as actor, pytest.raises(Forbidden):
            services.add_member(actor=actor, user=make_user("Bo"), role=OrgRole.MEMBER)

    def test_the_system_may_grant_anything(self, acme: Organization) -> None:
        with run_as_system(org_id=acme.pk) as actor:
            assert policies.can_grant(actor, OrgRole.OWNER)
            assert policies.can_create_project(actor)


class TestInvitations:
    def invite(self, ada: User, acme: Organization, email: str, role: OrgRole = OrgRole.MEMBER) -> Invitation:
        with acting(ada, acme) as actor:
            return services.invite(actor=actor, email=email, role=role)

    def accept(self, invitation: Invitation, user: User) -> Membership:
        with unit_of_work():
            secret = services.invitation_secret(invitation.nonce)
            actor = enter_invitation(token_hash=services.hash_secret(secret), user_id=user.pk)
            found = selectors.invitation_by_hash(actor=actor, token_hash=services.hash_secret(secret))
            return services.accept_invitation(actor=actor, invitation=found, user=user)

    def test_works_once_for_its_address(self, ada: User, acme: Organization) -> None:
        bo = make_user("Bo", email="bo@example.test")
        invitation = self.invite(ada, acme, " BO@example.test ", OrgRole.ADMIN)
        assert self.accept(invitation, bo).role == OrgRole.ADMIN
        with pytest.raises(NoSuchInvitation):
            self.accept(invitation, bo)

    def test_is_refused_to_other_accounts(self, ada: User, acme: Organization) -> None:
        invitation = self.invite(ada, acme, "bo@example.test")
        with pytest.raises(services.WrongAccount, match=r"bo@example\.test"):
            self.accept(invitation, make_user("Eve"))

    def test_a_second_one_replaces_the_first_link(self, ada: User, acme: Organization) -> None:
        bo = make_user("Bo", email="bo@example.test")
        first = self.invite(ada, acme, "bo@example.test")
        second = self.invite(ada, acme, "bo@example.test")
        with pytest.raises(NoSuchInvitation):
            self.accept(first, bo)
        assert self.accept(second, bo).user_id == bo.pk

    def test_stops_working_when_revoked_or_expired(self, ada: User, acme: Organization) -> None:
        bo = make_user("Bo", email="bo@example.test")
        invitation = self.invite(ada, acme, "bo@example.test")
        with acting(ada, acme):
            Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        with pytest.raises(NoSuchInvitation):
            self.accept(invitation, bo)
        fresh = self.invite(ada, acme, "bo@example.test")
        with acting(ada, acme) as actor:
            services.revoke_invitation(
                actor=actor, invitation=selectors.get_invitation(actor=actor, invitation_id=fresh.pk)
            )
            with pytest.raises(NotFound):
                selectors.get_invitation(actor=actor, invitation_id=fresh.pk)
        with pytest.raises(NoSuchInvitation):
            self.accept(fresh, bo)

    def test_of_a_moment_ago_gives_nothing_once_it_was_replaced_by_a_lesser_one(
        self, ada: User, acme: Organization
    ) -> None:
        bo = make_user("Bo", email="bo@example.test")
        invitation = self.invite(ada, acme, "bo@example.test", OrgRole.ADMIN)
        with unit_of_work():
            token_hash = services.hash_secret(services.invitation_secret(invitation.nonce))
            actor = enter_invitation(token_hash=token_hash, user_id=bo.pk)
            found = selectors.invitation_by_hash(actor=actor, token_hash=token_hash)
            Invitation.objects.filter(pk=found.pk).update(role=OrgRole.GUEST, token_hash="0" * 64)
            with pytest.raises(Conflict):
                services.accept_invitation(actor=actor, invitation=found, user=bo)

    def test_that_was_accepted_meanwhile_cannot_be_revoked(self, ada: User, acme: Organization) -> None:
        invitation = self.invite(ada, acme, "bo@example.test")
        with acting(ada, acme) as actor:
            found = selectors.get_invitation(actor=actor, invitation_id=invitation.pk)
            Invitation.objects.filter(pk=found.pk).update(accepted_at=timezone.now())
            with pytest.raises(NotFound):
                services.revoke_invitation(actor=actor, invitation=found)

    def test_loses_a_race_with_a_sentence(self, ada: User, acme: Organization) -> None:
        bo = make_user("Bo", email="bo@example.test")
        invitation = self.invite(ada, acme, "bo@example.test")
        with unit_of_work():
            token_hash = services.hash_secret(services.invitation_secret(invitation.nonce))
            actor = enter_invitation(token_hash=token_hash, user_id=bo.pk)
            found = selectors.invitation_by_hash(actor=actor, token_hash=token_hash)
            Invitation.objects.filter(pk=found.pk).update(revoked_at=timezone.now())
            with pytest.raises(Conflict):
                services.accept_invitation(actor=actor, invitation=found, user=bo)

    def test_refuses_members_bad_addresses_and_roles_above(self, ada: User, acme: Organization) -> None:
        member = make_member(acme)
        admin = make_member(acme, OrgRole.ADMIN)
        with acting(ada, acme) as actor:
            with pytest.raises(services.AlreadyMember):
                services.invite(actor=actor, email=member.email, role=OrgRole.MEMBER)
            with pytest.raises(Invalid):
                services.invite(actor=actor, email="not an address", role=OrgRole.MEMBER)
        with acting(admin, acme) as actor, pytest.raises(Forbidden):
            services.invite(actor=actor, email="bo@example.test", role=OrgRole.OWNER)
        invitation = self.invite(ada, acme, "bo@example.test", OrgRole.OWNER)
        with acting(admin, acme) as actor, pytest.raises(Forbidden):
            services.revoke_invitation(actor=actor, invitation=invitation)
        with acting(member, acme) as actor:
            with pytest.raises(Forbidden):
                selectors.list_invitations(actor=actor)
            with pytest.raises(Forbidden):
                selectors.get_invitation(actor=actor, invitation_id=invitation.pk)

    def test_each_link_is_mailed_once_and_by_flowboard_alone(self, ada: User, acme: Organization) -> None:
        invitation = self.invite(ada, acme, "bo@example.test")
        with acting(ada, acme) as actor, pytest.raises(Forbidden):
            services.take_invitation_to_mail(actor=actor, invitation_id=invitation.pk)
        with run_as_system(org_id=acme.pk) as actor:
            assert services.take_invitation_to_mail(actor=actor, invitation_id=invitation.pk) is not None
            assert services.take_invitation_to_mail(actor=actor, invitation_id=invitation.pk) is None

    def test_a_link_that_has_expired_is_mailed_no_more(self, ada: User, acme: Organization) -> None:
        invitation = self.invite(ada, acme, "bo@example.test")
        with run_as_system(org_id=acme.pk) as actor:
            Invitation.objects.filter(pk=invitation.pk).update(expires_at=timezone.now())
            assert services.take_invitation_to_mail(actor=actor, invitation_id=invitation.pk) is None

    def test_is_shown_to_nobody_whose_address_is_not_confirmed(self, ada: User, acme: Organization) -> None:
        bo = make_user("Bo", email="bo@example.test")
        self.invite(ada, acme, bo.email)
        address = bo.emailaddress_set.create(email=bo.email, verified=False, primary=True)
        for is_verified in (False, True):
            address.verified = is_verified
            address.save()
            with unit_of_work():
                enter_person(user_id=bo.pk)
                assert bool(selectors.my_invitations()) is is_verified

    def test_the_secret_is_not_in_the_database(self, ada: User, acme: Organization) -> None:
        invitation = self.invite(ada, acme, "bo@example.test")
        secret = services.invitation_secret(invitation.nonce)
        assert secret not in {str(value) for value in vars(invitation).values()}


class TestApiTokens:
    def test_is_shown_once_and_stored_as_a_hash(self, ada: User, acme: Organization) -> None:
        with acting(ada, acme) as actor:
            token, secret = services.create_api_token(actor=actor, name=" ci ", scopes=["write", "read", "read"])
            assert (token.name, token.scopes, token.prefix) == ("ci", ["read", "write"], secret[:8])
            assert secret.startswith("fb_")
            assert not ApiToken.objects.filter(token_hash=secret).exists()
            assert selectors.list_api_tokens(actor=actor) == [token]

    @pytest.mark.parametrize("is_removed", [False, True], ids=["left", "removed"])
    def test_ends_with_the_seat_and_stays_ended_in_a_new_one(
        self, ada: User, acme: Organization, is_removed: bool
    ) -> None:
        bo = make_member(acme)
        with acting(bo, acme) as actor:
            token, secret = services.create_api_token(actor=actor, name="My script", scopes=["read"])
        with acting(ada, acme) as actor:
            _other, still_good = services.create_api_token(actor=actor, name="x", scopes=["read"])
        with acting(ada if is_removed else bo, acme) as actor:
            seat = selectors.get_member(actor=actor, user_id=bo.pk)
            services.remove_member(actor=actor, membership=seat)
        with run_as_system(org_id=acme.pk) as actor:
            services.add_member(actor=actor, user=bo, role=OrgRole.GUEST)
            [entry] = LogEntry.objects.filter(event_kind="member.tokens_revoked")
            assert (entry.object_id, entry.object_repr) == (token.pk, f"{token.prefix}…")
            assert entry.actor_id == (ada if is_removed else bo).pk
        with unit_of_work(), pytest.raises(NoSuchToken):
            enter_api_token(token_hash=services.hash_secret(secret), slug=acme.slug)
        with unit_of_work():
            enter_api_token(token_hash=services.hash_secret(still_good), slug=acme.slug)

    def test_of_a_seat_that_goes_on_is_stopped_by_nobody_else(self, ada: User, acme: Organization) -> None:
        bo = make_member(acme)
        with acting(bo, acme) as actor:
            _token, secret = services.create_api_token(actor=actor, name="x", scopes=["read"])
        with acting(ada, acme) as actor:
            revoke_tokens_of_ended_seat(actor, user_id=bo.pk)
        with unit_of_work():
            assert enter_api_token(token_hash=services.hash_secret(secret), slug=acme.slug).user_id == bo.pk

    def test_belongs_to_one_person(self, ada: User, acme: Organization) -> None:
        with acting(ada, acme) as actor:
            token, _secret = services.create_api_token(actor=actor, name="ci", scopes=["read"])
        with acting(make_member(acme), acme) as actor, pytest.raises(NotFound):
            selectors.get_api_token(actor=actor, token_id=token.pk)
        with acting(ada, acme) as actor:
            services.revoke_api_token(actor=actor, token=selectors.get_api_token(actor=actor, token_id=token.pk))
            assert selectors.list_api_tokens(actor=actor) == []

    @pytest.mark.parametrize(("name", "scopes"), [("", ["read"]), ("ci", []), ("ci", ["everything"])])
    def test_refuses_nonsense(self, ada: User, acme: Organization, name: str, scopes: list[str]) -> None:
        with acting(ada, acme) as actor, pytest.raises(Invalid):
            services.create_api_token(actor=actor, name=name, scopes=scopes)

    def test_nobody_makes_one_for_flowboard_itself(self, acme: Organization) -> None:
        with run_as_system(org_id=acme.pk) as actor, pytest.raises(Forbidden):
            services.create_api_token(actor=actor, name="ci", scopes=["read"])


def test_the_switcher_lists_ones_own_organizations(ada: User, acme: Organization) -> None:
    eve = make_user("Eve")
    make_org(eve, "Evil")
    with acting(ada, acme):
        assert [seat.org.name for seat in selectors.organizations_of(user_id=ada.pk)] == ["Acme Robotics"]
