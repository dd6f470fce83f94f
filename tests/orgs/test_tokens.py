"""Access tokens for a resource, for chosen projects, for a time; and service accounts, whose tokens are everybody's."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts.addresses import addresses_of
from apps.accounts.mails import Outdated, _person
from apps.accounts.models import AccountMail, User
from apps.accounts.selectors import get_user_by_email, has_people
from apps.audit.models import LogEntry
from apps.core.errors import Forbidden, Invalid, NotFound
from apps.core.tenancy import Actor, OrgRole, enter_api_token, run_as_system, unit_of_work
from apps.core.tenancy.doors import NoSuchToken
from apps.events.models import Event
from apps.orgs import policies, selectors, services
from apps.orgs.models import ApiToken, Membership, Organization
from apps.orgs.services import service_accounts, tokens
from apps.projects import policies as project_policies
from apps.projects.models import Project
from apps.projects.services import delete_project
from tests import factories
from tests.factories import acting

pytestmark = pytest.mark.django_db


def make(by: User, org: Organization, **asked: Any) -> tuple[ApiToken, str]:
    with acting(by, org) as actor:
        return services.create_api_token(actor=actor, **({"name": "ci", "scopes": ["read"]} | asked))


def entered(org: Organization, secret: str, **asked: Any) -> Actor:
    """The actor that the token makes, inside a unit of work."""
    return enter_api_token(token_hash=services.hash_secret(secret), slug=org.slug, **asked)


class TestTime:
    @pytest.mark.parametrize("days", [30, 90, 365])
    def test_ends_after_so_many_days(self, ada: User, acme: Organization, days: int) -> None:
        token, secret = make(ada, acme, days=days)
        assert token.expires_at is not None
        assert abs(token.expires_at - timezone.now() - timedelta(days=days)) < timedelta(minutes=1)
        with unit_of_work():
            assert entered(acme, secret).token_id == token.pk
        with acting(ada, acme):
            ApiToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
            assert ApiToken.objects.get().is_expired
        with unit_of_work(), pytest.raises(NoSuchToken):
            entered(acme, secret)

    def test_none_ends_when_it_is_revoked(self, ada: User, acme: Organization) -> None:
        token, _secret = make(ada, acme, days=None)
        assert token.expires_at is None
        assert not token.is_expired

    def test_no_other_time_is_taken(self, ada: User, acme: Organization) -> None:
        with pytest.raises(Invalid) as refused:
            make(ada, acme, days=4000)
        assert refused.value.field == "days"

    def test_there_are_not_more_than_a_hundred(
        self, ada: User, acme: Organization, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(tokens, "MOST_TOKENS", 1)
        make(ada, acme)
        with pytest.raises(Invalid, match="1 tokens already"):
            make(ada, acme)


class TestRotation:
    def test_gives_a_new_secret_and_as_much_time_again(self, ada: User, acme: Organization) -> None:
        token, old = make(ada, acme, days=30)
        with acting(ada, acme) as actor:
            ApiToken.objects.update(
                created_at=timezone.now() - timedelta(days=40), expires_at=timezone.now() - timedelta(days=10)
            )
            before = selectors.get_api_token(actor=actor, token_id=token.pk)
            same, new = services.rotate_api_token(actor=actor, token=before)
        assert same.pk == token.pk
        assert same.expires_at is not None
        assert abs(same.expires_at - timezone.now() - timedelta(days=30)) < timedelta(minutes=1)
        with unit_of_work(), pytest.raises(NoSuchToken):
            entered(acme, old)
        with unit_of_work():
            assert entered(acme, new).user_id == ada.pk
        # Once more: as much as it had, and not the time between as well.
        with acting(ada, acme) as actor:
            again, _secret = services.rotate_api_token(actor=actor, token=same)
        assert again.expires_at is not None
        assert abs(again.expires_at - timezone.now() - timedelta(days=30)) < timedelta(minutes=1)

    def test_leaves_one_without_an_end_without_one(self, ada: User, acme: Organization) -> None:
        token, _secret = make(ada, acme)
        with acting(ada, acme) as actor:
            assert services.rotate_api_token(actor=actor, token=token)[0].expires_at is None

    def test_brings_back_nothing_that_was_revoked(self, ada: User, acme: Organization) -> None:
        token, _secret = make(ada, acme)
        with acting(ada, acme) as actor:
            services.revoke_api_token(actor=actor, token=selectors.get_api_token(actor=actor, token_id=token.pk))
            with pytest.raises(NotFound):
                services.rotate_api_token(actor=actor, token=token)

    def test_is_audited(self, ada: User, acme: Organization) -> None:
        token, _secret = make(ada, acme, days=30)
        with acting(ada, acme) as actor:
            services.rotate_api_token(actor=actor, token=token)
        with acting(ada, acme):
            [entry] = LogEntry.objects.filter(event_kind="token.rotated")
            assert (entry.object_id, entry.actor_id) == (token.pk, ada.pk)


class TestNeverByAToken:
    def test_tokens_are_made_and_renewed(self, ada: User, acme: Organization) -> None:
        token, secret = make(ada, acme, scopes=["write"])
        with unit_of_work():
            actor = entered(acme, secret)
            assert actor.may("write")
            assert not policies.can_own(actor)
            with pytest.raises(Forbidden):
                services.create_api_token(actor=actor, name="x", scopes=["read"])
            with pytest.raises(Forbidden):
                services.rotate_api_token(actor=actor, token=token)
            with pytest.raises(Forbidden):
                services.create_service_account(actor=actor, name="x", role=OrgRole.GUEST)


class TestConfiguring:
    def test_is_for_tokens_that_may_write(self, ada: User, acme: Organization, flow: Project) -> None:
        for scopes, may in ((["write"], True), (["read"], False)):
            _token, secret = make(ada, acme, scopes=scopes)
            with unit_of_work():
                actor = entered(acme, secret)
                assert project_policies.can_configure(actor, flow) is may


class TestProjects:
    """One for chosen projects: there as its owner, elsewhere nobody."""

    @pytest.mark.parametrize(
        ("role", "given", "becomes"),
        [
            ("owner", None, "admin"),
            ("admin", "viewer", "admin"),
            ("member", None, "member"),
            ("member", "admin", "admin"),
            ("member", "commenter", "member"),
            ("guest", "commenter", "commenter"),
            ("guest", "viewer", "viewer"),
        ],
    )
    def test_has_the_role_of_its_owner_there(
        self, ada: User, acme: Organization, role: str, given: str | None, becomes: str
    ) -> None:
        one, other = (factories.make_project(acme, ada, key) for key in ("ONE", "OTHER"))
        owner = ada if role == "owner" else factories.make_member(acme, role)
        if given:
            factories.give_role(acme, one, owner, given)
        if role == "owner":
            # Whoever made it was added to it; as an owner they would be an admin anyway.
            with run_as_system(org_id=acme.pk):
                one.members.all().delete()
        _token, secret = make(owner, acme, scopes=["write"], project_ids=[one.pk])
        with unit_of_work():
            actor = entered(acme, secret)
            assert actor.org_role == OrgRole.GUEST
            assert dict(actor.project_roles) == {one.pk: becomes}
            assert actor.hidden_project_ids == {other.pk}
            assert project_policies.role_in(actor, one) == becomes
            # The second wall, too.
            assert set(Project.objects.values_list("pk", flat=True)) == {one.pk}

    def test_sees_no_more_than_its_owner(self, ada: User, acme: Organization, secret: Project) -> None:
        bo = factories.make_member(acme)
        factories.give_role(acme, secret, bo, "member")
        _token, word = make(bo, acme, project_ids=[secret.pk])
        with unit_of_work():
            assert entered(acme, word).project_roles == {secret.pk: "member"}
        with run_as_system(org_id=acme.pk):
            secret.members.filter(user=bo).delete()
        with unit_of_work():
            actor = entered(acme, word)
            assert not actor.project_roles
            assert not Project.objects.exists()

    def test_does_not_see_what_was_deleted_or_came_later(self, ada: User, acme: Organization, flow: Project) -> None:
        _token, word = make(ada, acme, scopes=["write"], project_ids=[flow.pk])
        later = factories.make_project(acme, ada, "LATER")
        with acting(ada, acme) as actor:
            delete_project(actor=actor, project=Project.objects.get(pk=later.pk), confirmation=later.name)
        with unit_of_work():
            entered(acme, word)
            assert [project.pk for project in Project.objects.all()] == [flow.pk]
            # Its owner could bring it back.
            assert selectors.deleted_projects() == []
        with acting(ada, acme):
            assert [project.id for project in selectors.deleted_projects()] == [later.pk]

    def test_chooses_among_those_that_one_sees(self, acme: Organization, secret: Project, flow: Project) -> None:
        bo = factories.make_member(acme)
        for wrong in ([secret.pk], [flow.pk, 2**40], []):
            with pytest.raises(Invalid) as refused:
                make(bo, acme, project_ids=wrong)
            assert refused.value.field == "projects"
        elsewhere = factories.make_org(bo, "Elsewhere")
        foreign = factories.make_project(elsewhere, bo, "FAR")
        with pytest.raises(Invalid):
            make(bo, acme, project_ids=[foreign.pk])

    def test_is_told_where_it_was_used_from(self, ada: User, acme: Organization, flow: Project) -> None:
        _token, word = make(ada, acme)
        with unit_of_work():
            entered(acme, word, address="2001:db8::7")
        with acting(ada, acme):
            token = ApiToken.objects.get()
            assert token.last_used_address == "2001:db8::7"
            assert token.last_used_at is not None


@pytest.fixture
def robot(ada: User, acme: Organization) -> Membership:
    """A service account that is a member."""
    with acting(ada, acme) as actor:
        return services.create_service_account(actor=actor, name=" Release  notes ", role=OrgRole.MEMBER)


class TestServiceAccount:
    def test_is_a_member_without_address_password_or_handle(
        self, ada: User, acme: Organization, robot: Membership
    ) -> None:
        user = robot.user
        assert (user.name, user.is_service, user.handle, user.is_active) == ("Release notes", True, None, True)
        assert user.email.endswith("@service.invalid")
        assert not user.has_usable_password()
        assert get_user_by_email(email=user.email) is None
        assert addresses_of([user])[user.pk].trouble
        with pytest.raises(Outdated):
            _person(AccountMail(user=user))
        with acting(ada, acme) as actor:
            assert [seat.user_id for seat in selectors.list_service_accounts(actor=actor)] == [user.pk]
            assert user.pk not in {seat.user_id for seat in selectors.list_members(actor=actor)}
            assert user.name not in selectors.names_of_managers(actor=actor, limit=9)
            [event] = Event.objects.filter(kind="member.joined", data__user_id=user.pk)
            assert event.actor_id == ada.pk

    def test_is_renamed_everywhere_at_once(self, ada: User, acme: Organization, robot: Membership) -> None:
        with acting(ada, acme) as actor:
            for name in (" Night   job ", "Night job"):
                renamed = services.rename_service_account(actor=actor, account=robot, name=name)
                assert renamed.user.name == "Night job"
            with pytest.raises(Invalid):
                services.rename_service_account(actor=actor, account=robot, name=" \t")
        with acting(ada, acme) as actor:
            # That it is called so already is no fact.
            [event] = Event.objects.filter(kind="member.renamed")
            assert event.changes.get().new == "Night job"
        with run_as_system(org_id=acme.pk) as actor:
            services.remove_member(actor=actor, membership=robot)
        with acting(ada, acme) as actor, pytest.raises(NotFound):
            services.rename_service_account(actor=actor, account=robot, name="Gone")

    def test_nobody_signs_in_as_one(self, robot: Membership) -> None:
        for password in ("", "!", "x"):
            sent = {"login": robot.user.email, "password": password}
            assert Client().post("/accounts/login/", sent).status_code == 200
        assert not User.objects.filter(kind=User.Kind.SERVICE, last_login__isnull=False).exists()

    def test_alone_makes_no_server_with_people(self, robot: Membership) -> None:
        User.objects.filter(kind=User.Kind.PERSON).update(kind=User.Kind.PLACEHOLDER)
        assert not has_people()

    def test_works_by_a_token_in_its_own_name(self, ada: User, acme: Organization, robot: Membership) -> None:
        with acting(ada, acme) as actor:
            token, secret = services.create_api_token(actor=actor, name="ci", scopes=["issues:write"], account=robot)
            assert selectors.list_service_tokens(actor=actor, account=robot) == [token]
            assert selectors.list_api_tokens(actor=actor) == []
            assert selectors.count_tokens_of_accounts(actor=actor) == {robot.user_id: 1}
            # Whoever keeps them finds what became of them in the organization's log.
        with acting(ada, acme):
            [event] = Event.objects.filter(kind="token.created")
            assert event.stream.user_id is None
        with unit_of_work():
            actor = entered(acme, secret)
            assert (actor.user_id, actor.org_role) == (robot.user_id, OrgRole.MEMBER)

    @pytest.mark.parametrize("role", ["member", "guest"])
    def test_is_made_and_kept_by_admins(self, acme: Organization, robot: Membership, role: str) -> None:
        bo = factories.make_member(acme, role)
        with acting(bo, acme) as actor:
            with pytest.raises(Forbidden):
                services.create_service_account(actor=actor, name="x", role=OrgRole.GUEST)
            with pytest.raises(Forbidden):
                services.create_api_token(actor=actor, name="x", scopes=["read"], account=robot)
            with pytest.raises(Forbidden):
                selectors.get_service_account(actor=actor, user_id=robot.user_id)
            with pytest.raises(Forbidden):
                selectors.list_service_tokens(actor=actor, account=robot)

    def test_has_at_most_its_makers_role_and_owns_nothing(self, ada: User, acme: Organization) -> None:
        with acting(ada, acme) as actor, pytest.raises(Invalid):
            services.create_service_account(actor=actor, name="x", role=OrgRole.OWNER)
        boss = factories.make_member(acme, "admin")
        with acting(boss, acme) as actor:
            with pytest.raises(Forbidden):
                services.create_service_account(actor=actor, name="x", role=OrgRole.OWNER)
            made = services.create_service_account(actor=actor, name="x", role=OrgRole.ADMIN)
        with acting(ada, acme) as actor:
            with pytest.raises(Invalid):
                services.change_member_role(actor=actor, membership=made, role=OrgRole.OWNER)
            with pytest.raises(Invalid):
                services.transfer_ownership(actor=actor, to=made)

    @pytest.mark.parametrize("name", ["", "  ", "\n"])
    def test_needs_a_name(self, ada: User, acme: Organization, name: str) -> None:
        with acting(ada, acme) as actor, pytest.raises(Invalid):
            services.create_service_account(actor=actor, name=name, role=OrgRole.GUEST)

    def test_there_are_not_very_many(
        self, ada: User, acme: Organization, robot: Membership, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(service_accounts, "MOST_ACCOUNTS", 1)
        with acting(ada, acme) as actor, pytest.raises(Invalid, match="1 already"):
            services.create_service_account(actor=actor, name="x", role=OrgRole.GUEST)

    def test_removing_it_ends_its_tokens_and_keeps_its_name(
        self, ada: User, acme: Organization, robot: Membership
    ) -> None:
        with acting(ada, acme) as actor:
            _token, secret = services.create_api_token(actor=actor, name="ci", scopes=["read"], account=robot)
            services.remove_member(actor=actor, membership=robot)
        with unit_of_work(), pytest.raises(NoSuchToken):
            entered(acme, secret)
        with acting(ada, acme) as actor:
            assert selectors.list_service_accounts(actor=actor) == []
            assert selectors.people(actor=actor).get(pk=robot.user_id).name == "Release notes"
            with pytest.raises(NotFound):
                selectors.get_service_account(actor=actor, user_id=robot.user_id)

    def test_is_none_where_it_is_a_person(self, ada: User, acme: Organization) -> None:
        bo = factories.make_member(acme)
        with acting(ada, acme) as actor:
            with pytest.raises(NotFound):
                selectors.get_service_account(actor=actor, user_id=bo.pk)
            seat = selectors.get_member(actor=actor, user_id=bo.pk)
            with pytest.raises(Forbidden):
                services.create_api_token(actor=actor, name="x", scopes=["read"], account=seat)

    def test_its_tokens_are_those_of_one_account(self, ada: User, acme: Organization, robot: Membership) -> None:
        mine, _secret = make(ada, acme)
        with acting(ada, acme) as actor:
            token, _secret = services.create_api_token(actor=actor, name="ci", scopes=["read"], account=robot)
            assert selectors.get_service_token(actor=actor, account=robot, token_id=token.pk) == token
            for foreign in (mine.pk, 2**40):
                with pytest.raises(NotFound):
                    selectors.get_service_token(actor=actor, account=robot, token_id=foreign)
            with pytest.raises(NotFound):
                selectors.get_api_token(actor=actor, token_id=token.pk)
            services.revoke_api_token(actor=actor, token=token)
        with acting(ada, acme) as actor:
            assert selectors.count_tokens_of_accounts(actor=actor) == {}
            assert LogEntry.objects.filter(event_kind="token.revoked", object_id=token.pk).exists()

    def test_no_other_organization_sees_it(self, ada: User, acme: Organization, robot: Membership) -> None:
        with acting(ada, acme) as actor:
            services.create_api_token(actor=actor, name="ci", scopes=["read"], account=robot)
        eve = factories.make_user("Eve Stone")
        evil = factories.make_org(eve, "Evil")
        with acting(eve, evil):
            assert not ApiToken.objects.exists()


class TestPages:
    @pytest.fixture
    def browser(self, ada: User) -> Client:
        client = Client()
        client.force_login(ada)
        return client

    def test_one_is_made_for_what_was_ticked(
        self, browser: Client, ada: User, acme: Organization, flow: Project
    ) -> None:
        sent = {
            "name": "ci",
            "days": "90",
            "scopes": ["issues:write", "projects:read"],
            "reach": "chosen",
            "projects": [flow.pk],
        }
        page = browser.post(f"/{acme.slug}/tokens/", sent).content.decode()
        assert "fb_" in page
        assert "issues:write" in page
        with acting(ada, acme):
            token = ApiToken.objects.get()
        assert (token.scopes, token.project_ids) == (["issues:write", "projects:read"], [flow.pk])
        assert token.expires_at is not None

    def test_projects_that_were_ticked_before_all_was_chosen_do_not_count(
        self, browser: Client, ada: User, acme: Organization, flow: Project
    ) -> None:
        sent = {"name": "ci", "days": "0", "scopes": ["read"], "reach": "all", "projects": [flow.pk]}
        browser.post(f"/{acme.slug}/tokens/", sent)
        with acting(ada, acme):
            token = ApiToken.objects.get()
        assert (token.project_ids, token.expires_at) == (None, None)

    def test_no_project_of_those_that_were_asked_for_is_refused(
        self, browser: Client, acme: Organization, flow: Project
    ) -> None:
        answer = browser.post(
            f"/{acme.slug}/tokens/", {"name": "ci", "days": "0", "scopes": ["read"], "reach": "chosen"}
        )
        assert answer.status_code == 422
        assert "Choose 1 to 100 projects" in answer.content.decode()

    def test_renewing_shows_the_new_secret_once(self, browser: Client, ada: User, acme: Organization) -> None:
        token, old = make(ada, acme)
        page = browser.post(f"/{acme.slug}/tokens/{token.pk}/rotate/").content.decode()
        assert "Copy the token" in page
        assert old not in page

    def test_names_the_projects_of_each_and_what_has_expired(
        self, browser: Client, ada: User, acme: Organization, flow: Project
    ) -> None:
        make(ada, acme, project_ids=[flow.pk], days=30)
        with acting(ada, acme):
            ApiToken.objects.update(expires_at=timezone.now() - timedelta(days=1))
        page = browser.get(f"/{acme.slug}/tokens/").content.decode()
        assert "Expired" in page
        assert "FLOW" in page

    def test_of_a_service_account(self, browser: Client, ada: User, acme: Organization) -> None:
        answer = browser.post(f"/{acme.slug}/service-accounts/", {"name": "Robot", "role": "guest"})
        assert answer.status_code == 302
        page = browser.post(answer.url, {"name": "ci", "days": "30", "scopes": ["read"]})  # type: ignore[attr-defined]
        assert "fb_" in page.content.decode()
        with acting(ada, acme):
            token = ApiToken.objects.get()
        listed = browser.get(f"/{acme.slug}/service-accounts/").content.decode()
        assert f'<a class="nav" href="/{acme.slug}/settings/" aria-current="page"' in listed  # they are a part of these
        assert "1 token works" in listed
        assert "Robot" in browser.get(f"/{acme.slug}/members/").content.decode()
        assert token.user.email not in browser.get(f"/{acme.slug}/members/").content.decode()
        address = f"{answer.url}tokens/{token.pk}/"  # type: ignore[attr-defined]
        assert "Copy the token" in browser.post(f"{address}rotate/").content.decode()
        assert browser.post(f"{address}revoke/").status_code == 302
        assert browser.post(f"{answer.url}rename/", {"name": "\t"}).status_code == 422  # type: ignore[attr-defined]
        renamed = browser.post(f"{answer.url}rename/", {"name": "Night job"}, follow=True)  # type: ignore[attr-defined]
        assert "It is called Night job now." in renamed.content.decode()
        assert "No token works" in browser.get(f"/{acme.slug}/service-accounts/").content.decode()

    @pytest.mark.parametrize(
        "data", [{"name": "", "role": "guest"}, {"name": "\t", "role": "guest"}, {"name": "x", "role": "owner"}]
    )
    def test_nonsense_is_refused(self, browser: Client, acme: Organization, data: dict[str, str]) -> None:
        assert browser.post(f"/{acme.slug}/service-accounts/", data).status_code == 422

    def test_too_many_is_said_on_the_page(
        self, browser: Client, acme: Organization, robot: Membership, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(service_accounts, "MOST_ACCOUNTS", 1)
        answer = browser.post(f"/{acme.slug}/service-accounts/", {"name": "x", "role": "guest"})
        assert answer.status_code == 422
        assert "1 already" in answer.content.decode()

    def test_it_is_added_to_a_project_like_a_person(
        self, browser: Client, acme: Organization, secret: Project, robot: Membership
    ) -> None:
        sent = {"user": robot.user_id, "role": "member"}
        assert browser.post(f"/{acme.slug}/{secret.key}/settings/members/", sent).status_code == 302
        assert "Release notes" in browser.get(f"/{acme.slug}/{secret.key}/settings/").content.decode()
