"""The history of accounts: who signed in or failed to, from where, and what changed."""

from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client

from apps.accounts.models import User
from apps.audit.models import LogEntry
from apps.core.tenancy import enter_person, unit_of_work
from tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db


def entries_of(user: User | None) -> list[LogEntry]:
    """What the database shows to somebody about accounts, oldest first; to nobody, what nobody did."""
    with unit_of_work():
        enter_person(user_id=user.pk if user else 0)
        if user is None:
            enter_nobody()
        return list(LogEntry.objects.filter(org__isnull=True).order_by("pk"))


def enter_nobody() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.user', '', true)")


def sign_in(client: Client, email: str, password: str = PASSWORD, **extra: Any) -> Any:
    return client.post("/accounts/login/", {"login": email, "password": password}, **extra)


@pytest.fixture
def grace() -> User:
    user = make_user("Grace Lin")
    user.emailaddress_set.create(email=user.email, verified=True, primary=True)
    return user


class TestSigningIn:
    def test_is_kept_with_person_address_and_request(self, client: Client, grace: User) -> None:
        answer = sign_in(client, grace.email, REMOTE_ADDR="203.0.113.7")
        entry = entries_of(grace)[-1]
        assert (entry.event_kind, entry.actor_id, entry.object_id) == ("account.signed_in", grace.pk, grace.pk)
        assert (entry.remote_addr, entry.cid) == ("203.0.113.7", answer["X-Request-ID"])

    def test_signing_out_too(self, client: Client, grace: User) -> None:
        sign_in(client, grace.email)
        client.post("/accounts/logout/")
        assert entries_of(grace)[-1].event_kind == "account.signed_out"

    def test_a_refused_one_names_the_account_but_no_actor(self, client: Client, grace: User) -> None:
        sign_in(client, grace.email, "wrong", REMOTE_ADDR="203.0.113.7")
        entry = entries_of(None)[-1]
        assert (entry.event_kind, entry.actor_id, entry.object_id) == ("account.sign_in_refused", None, grace.pk)
        assert entry.remote_addr == "203.0.113.7"

    def test_what_was_typed_for_an_unknown_account_is_not_kept(self, client: Client) -> None:
        sign_in(client, "my-secret-password@example.test", "wrong")
        entry = entries_of(None)[-1]
        assert (entry.event_kind, entry.object_id) == ("account.sign_in_refused", None)
        assert "secret" not in entry.object_repr

    def test_is_shown_to_nobody_else(self, client: Client, grace: User) -> None:
        sign_in(client, grace.email)
        other = make_user("Other Person")
        assert not [entry for entry in entries_of(other) if entry.object_id == grace.pk]


class TestChanges:
    def test_a_changed_profile_is_kept_with_old_and_new(self, client: Client, grace: User) -> None:
        client.force_login(grace)
        client.post("/accounts/profile/", {"name": "Grace Chen"})
        entry = entries_of(grace)[-1]
        assert (entry.event_kind, entry.actor_id) == ("account.changed", grace.pk)
        assert entry.changes_dict == {"name": ["Grace Lin", "Grace Chen"]}

    def test_a_changed_password_is_kept_without_it(self, client: Client, grace: User) -> None:
        client.force_login(grace)
        new = {"oldpassword": PASSWORD, "password1": "quite another 55", "password2": "quite another 55"}
        client.post("/accounts/password/change/", new)
        grace.refresh_from_db()
        entries = entries_of(grace)
        assert entries[-1].event_kind == "account.password_changed"
        assert not any("md5" in str(entry.changes) or "55" in str(entry.changes) for entry in entries)

    def test_no_entry_can_be_changed_or_deleted(self, client: Client, grace: User) -> None:
        sign_in(client, grace.email)
        with unit_of_work():
            enter_person(user_id=grace.pk)
            for change in (LogEntry.objects.all().delete, lambda: LogEntry.objects.update(reason="none")):
                with pytest.raises(DatabaseError), transaction.atomic():
                    change()
