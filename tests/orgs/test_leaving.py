"""Deleting one's account: what ends, what stays, and what stands in the way."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from apps.accounts.models import AccountMail, User, UserSession
from apps.accounts.services import LastOperator
from apps.audit.models import LogEntry
from apps.core.errors import Invalid
from apps.core.tenancy import OrgRole, enter_person, run_as_system, unit_of_work
from apps.core.tenancy.doors import NoSuchToken, enter_api_token
from apps.events.models import Event
from apps.issues.models import Issue
from apps.issues.services import add_comment
from apps.orgs import selectors, services
from apps.orgs.models import Membership, Organization
from apps.projects.models import Project
from tests.factories import PASSWORD, acting, make_issues, make_member, make_org, make_user

pytestmark = pytest.mark.django_db


def delete(user: User, confirmation: str | None = None) -> User:
    with unit_of_work():
        return services.delete_account(user=user, confirmation=confirmation or user.email)


class TestDeleteAccount:
    def test_takes_the_typed_address(self, ada: User) -> None:
        with pytest.raises(Invalid):
            delete(ada, "somebody@else.test")
        ada.refresh_from_db()
        assert ada.is_active

    def test_leaves_nothing_of_the_person_but_what_they_wrote(
        self, acme: Organization, flow: Project, settings: Any, tmp_path: Path
    ) -> None:
        settings.MEDIA_ROOT = str(tmp_path)
        bo = make_member(acme, OrgRole.MEMBER, "Bo Lindqvist")
        email = bo.email
        bo.emailaddress_set.create(email=email, verified=True, primary=True)
        [issue] = make_issues(acme, flow, bo, "Written by Bo")
        with acting(bo, acme) as actor:
            add_comment(actor=actor, issue=Issue.objects.select_related("project").get(pk=issue.pk), body="Mine.")
            _token, secret = services.create_api_token(actor=actor, name="script", scopes=["read"])
        AccountMail.objects.create(template="account/mail/reset", subject="x", email=email, user=bo)
        AccountMail.objects.create(template="account/mail/exists", subject="x", email=email)
        client = Client()
        client.force_login(bo)
        delete(bo, f" {email.upper()} ")
        bo.refresh_from_db()
        assert (bo.name, bo.email, bo.is_active) == ("Deleted account", f"deleted-{bo.pk}@deleted.invalid", False)
        assert bo.deleted_at is not None
        assert not bo.has_usable_password()
        assert not bo.emailaddress_set.exists()
        assert not AccountMail.objects.exists()
        assert not UserSession.objects.filter(user=bo).exists()
        assert client.get("/accounts/profile/").status_code == 302
        with unit_of_work(), pytest.raises(NoSuchToken):
            enter_api_token(token_hash=services.hash_secret(secret), slug=acme.slug)
        with run_as_system(org_id=acme.pk) as actor:
            assert Membership.objects.get(org=acme, user=bo).ended_at is not None
            assert bo.pk not in {seat.user_id for seat in selectors.list_members(actor=actor)}
            assert Issue.objects.get(pk=issue.pk).reporter_id == bo.pk
            kinds = list(Event.objects.filter(actor_id=bo.pk).order_by("id").values_list("kind", flat=True))
            assert sorted(kinds[-2:]) == ["member.removed", "member.tokens_revoked"]
        with unit_of_work():
            enter_person(user_id=bo.pk)
            told = LogEntry.objects.filter(org_id=None, object_id=bo.pk)
            assert "deleted_at" in told.filter(event_kind="account.changed").latest("id").changes
            assert not [row for row in told if email in str(row.changes) and "deleted" in str(row.changes)]

    def test_the_picture_goes_with_it(
        self, ada: User, settings: Any, tmp_path: Path, django_capture_on_commit_callbacks: Any
    ) -> None:
        settings.MEDIA_ROOT = str(tmp_path)
        (tmp_path / "avatars").mkdir()
        (tmp_path / "avatars" / "ada.webp").write_bytes(b"RIFF")
        ada.avatar = "avatars/ada.webp"
        ada.save()
        with django_capture_on_commit_callbacks(execute=True):
            delete(ada)
        assert not list(tmp_path.glob("avatars/*"))

    def test_is_refused_to_the_last_owner_of_others_with_a_sentence_that_helps(
        self, ada: User, acme: Organization
    ) -> None:
        make_member(acme)
        with pytest.raises(services.StillAnOwner, match="Make somebody else its owner"):
            delete(ada)
        ada.refresh_from_db()
        assert ada.is_active
        with acting(ada, acme):
            assert Membership.objects.get(org=acme, user=ada).ended_at is None

    def test_a_second_owner_may_go(self, ada: User, acme: Organization) -> None:
        make_member(acme, OrgRole.OWNER)
        assert not delete(ada).is_active

    def test_an_owner_who_is_suspended_is_none_to_stay(self, ada: User, acme: Organization) -> None:
        make_member(acme)
        User.objects.filter(pk=make_member(acme, OrgRole.OWNER).pk).update(is_active=False)
        with pytest.raises(services.StillAnOwner):
            delete(ada)

    def test_an_organization_of_nobody_else_goes_as_well(self, ada: User, acme: Organization) -> None:
        delete(ada)
        with run_as_system(org_id=acme.pk):
            assert Organization.objects.get(pk=acme.pk).deleted_at is not None
            assert Membership.objects.get(org=acme, user=ada).ended_at is not None
            kinds = set(Event.objects.values_list("kind", flat=True))
            assert {"organization.deleted", "member.removed"} <= kinds

    def test_several_organizations_each_keep_their_own_facts(self, ada: User, acme: Organization) -> None:
        others = [make_org(make_user(f"Owner {number}")) for number in range(2)]
        for org in others:
            with run_as_system(org_id=org.pk) as actor:
                services.add_member(actor=actor, user=ada, role=OrgRole.MEMBER)
        delete(ada)
        for org in (acme, *others):
            with run_as_system(org_id=org.pk):
                assert Event.objects.filter(org_id=org.pk, kind="member.removed", data__user_id=ada.pk).count() == 1

    def test_a_suspended_organization_keeps_nobody(self, ada: User, acme: Organization) -> None:
        bo = make_member(acme)
        with run_as_system(org_id=acme.pk) as actor:
            services.set_organization_suspended(actor=actor, is_suspended=True)
        delete(bo)
        with run_as_system(org_id=acme.pk):
            assert Membership.objects.get(org=acme, user=bo).ended_at is not None

    def test_the_last_operator_stays(self, ada: User) -> None:
        ada.is_superuser = ada.is_staff = True
        ada.save()
        with pytest.raises(LastOperator):
            delete(ada)
        make_user("Eve", is_superuser=True)
        assert not delete(ada).is_superuser

    def test_an_owner_of_a_moment_ago_counts_no_more(
        self, ada: User, acme: Organization, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bo = make_member(acme, OrgRole.OWNER)
        before = selectors.farewell

        def then_the_other_leaves(*, user_id: int) -> selectors.Farewell:
            found = before(user_id=user_id)
            with unit_of_work_suspended():
                Membership.objects.filter(user=bo).update(role=OrgRole.MEMBER)
            return found

        monkeypatch.setattr(selectors, "farewell", then_the_other_leaves)
        with pytest.raises(services.StillAnOwner):
            delete(ada)


class unit_of_work_suspended:  # noqa: N801 (reads as a context)
    """As somebody else's transaction would write: in no unit of ours."""

    def __enter__(self) -> None:
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("SELECT org_id FROM flowboard_my_company()")
            [org_id] = [row[0] for row in cursor.fetchall()]
            cursor.execute("SELECT set_config('app.org', %s, true)", [str(org_id)])

    def __exit__(self, *_args: object) -> None:
        return None


class TestPage:
    @pytest.fixture
    def signed_in(self, client: Client, ada: User) -> Client:
        ada.emailaddress_set.create(email=ada.email, verified=True, primary=True)
        client.post("/accounts/login/", {"login": ada.email, "password": PASSWORD})
        client.post("/accounts/reauthenticate/", {"password": PASSWORD})
        return client

    def test_says_what_stands_in_the_way_and_where_to_clear_it(
        self, signed_in: Client, acme: Organization, ada: User
    ) -> None:
        make_member(acme)
        page = signed_in.get("/accounts/delete/").content.decode()
        assert f"/{acme.slug}/settings/#transfer" in page
        assert "Delete my account" not in page
        answer = signed_in.post("/accounts/delete/", {"confirmation": ada.email})
        assert answer.status_code == 422

    def test_says_what_goes_with_it_and_then_does_it(self, signed_in: Client, acme: Organization, ada: User) -> None:
        assert f"Nobody else belongs to {acme.name}" in signed_in.get("/accounts/delete/").content.decode()
        assert signed_in.post("/accounts/delete/", {"confirmation": "no"}).status_code == 422
        answer = signed_in.post("/accounts/delete/", {"confirmation": ada.email})
        assert answer.url == "/accounts/login/"  # type: ignore[attr-defined]
        assert signed_in.get("/").status_code == 302
        assert signed_in.post("/accounts/login/", {"login": ada.email, "password": PASSWORD}).status_code == 200

    def test_names_the_organizations_that_one_leaves(self, signed_in: Client, acme: Organization) -> None:
        make_member(acme, OrgRole.OWNER)
        assert f"You leave {acme.name}" in signed_in.get("/accounts/delete/").content.decode()

    def test_asks_for_the_password_again(self, client: Client, ada: User) -> None:
        client.force_login(ada)
        answer = client.post("/accounts/delete/", {"confirmation": ada.email})
        assert answer.url.startswith("/accounts/reauthenticate/")  # type: ignore[attr-defined]
        answer = client.post(answer.url, {"password": PASSWORD})  # type: ignore[attr-defined]
        assert answer.status_code == 302
        ada.refresh_from_db()
        assert ada.deleted_at is not None
        assert client.get("/accounts/profile/").status_code == 302
