"""Changing one's address: the new one proves itself, the old one is told; without a mail server the page is honest."""

import re
from typing import Any, TypeAlias

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from apps.accounts import selectors, services
from apps.accounts.models import User
from apps.core.errors import Invalid
from apps.core.tenancy import unit_of_work
from tests.factories import PASSWORD, make_user
from tests.mailbox import Mailbox, text_of

pytestmark = pytest.mark.django_db
OnCommit: TypeAlias = DjangoCaptureOnCommitCallbacks


@pytest.fixture
def on_commit(django_capture_on_commit_callbacks: OnCommit) -> OnCommit:
    return django_capture_on_commit_callbacks


@pytest.fixture
def signed_in(client: Client, ada: User) -> Client:
    ada.emailaddress_set.create(email=ada.email, verified=True, primary=True)
    client.post("/accounts/login/", {"login": ada.email, "password": PASSWORD})
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return client


def ask(client: Client, email: str) -> Any:
    return client.post("/accounts/email/", {"email": email, "action_add": ""})


class TestWithMail:
    def test_the_new_one_confirms_and_the_old_one_is_told(
        self, signed_in: Client, ada: User, mailbox: Mailbox, on_commit: OnCommit
    ) -> None:
        old = ada.email
        with on_commit(execute=True):
            assert ask(signed_in, "New@Example.test").status_code == 302
        ada.refresh_from_db()
        assert ada.email == old
        assert "new@example.test" in signed_in.get("/accounts/email/").content.decode()
        asked = mailbox.mails[-1]
        assert asked["To"] == "new@example.test"
        link = re.search(r"https?://[^/\s]+(/\S+)", text_of(asked))
        assert link is not None
        with on_commit(execute=True):
            signed_in.post(link[1])
        ada.refresh_from_db()
        assert ada.email == "new@example.test"
        assert (mailbox.mails[-1]["To"], mailbox.mails[-1]["Subject"]) == (old, "Your main address was changed")
        assert [row.email for row in ada.emailaddress_set.all()] == ["new@example.test"]
        assert selectors.has_confirmed_email(user=ada)

    def test_asks_for_the_password_again_when_that_was_long_ago(self, client: Client, ada: User) -> None:
        client.force_login(ada)
        assert ask(client, "new@example.test").url.startswith("/accounts/reauthenticate/")
        assert selectors.pending_email(user=ada) is None

    def test_can_be_called_off(self, signed_in: Client, ada: User) -> None:
        ask(signed_in, "new@example.test")
        assert selectors.pending_email(user=ada) == "new@example.test"
        signed_in.post("/accounts/email/", {"email": "new@example.test", "action_remove": ""})
        assert selectors.pending_email(user=ada) is None

    def test_an_address_that_was_never_confirmed_comes_first(self, signed_in: Client, ada: User) -> None:
        ada.emailaddress_set.update(verified=False)
        assert "Confirm the address that you have first" in ask(signed_in, "new@example.test").content.decode()
        ada.refresh_from_db()
        assert ada.email

    @pytest.mark.parametrize("email", ["", "nobody", "a@b", "x" * 400 + "@example.test", "a b@example.test"])
    def test_what_is_no_address_is_refused_at_the_field(self, signed_in: Client, ada: User, email: str) -> None:
        assert 'id="id_email_error"' in ask(signed_in, email).content.decode()

    @pytest.mark.usefixtures("steady_clock")
    def test_is_limited_for_each_person(self, signed_in: Client) -> None:
        answers = [ask(signed_in, f"target{number}@example.test").status_code for number in range(11)]
        assert answers == [302] * 10 + [429]


class TestWithoutMail:
    @pytest.fixture(autouse=True)
    def no_mail(self, settings: Settings) -> None:
        settings.ACCOUNT_EMAIL_VERIFICATION = "none"

    def test_the_page_says_that_nobody_checks_it(self, signed_in: Client) -> None:
        page = signed_in.get("/accounts/email/").content.decode()
        assert "cannot send mail" in page
        assert "We send a link" not in page

    def test_it_is_taken_at_once_and_one_signs_in_with_it(self, signed_in: Client, ada: User) -> None:
        assert ask(signed_in, "New@Example.test").status_code == 302
        ada.refresh_from_db()
        assert ada.email == "new@example.test"
        assert not selectors.has_confirmed_email(user=ada)
        fresh = Client()
        fresh.post("/accounts/login/", {"login": "new@example.test", "password": PASSWORD})
        assert fresh.get("/accounts/profile/").status_code == 200

    def test_somebody_elses_is_refused(self, signed_in: Client, ada: User) -> None:
        eve = make_user("Eve")
        assert "Another account signs in with" in ask(signed_in, eve.email).content.decode()

    def test_one_that_somebody_is_about_to_confirm_is_refused(self, ada: User) -> None:
        EmailAddress.objects.create(user=make_user("Eve"), email="new@example.test")
        with unit_of_work(), pytest.raises(services.AddressTaken):
            services.take_unconfirmed_email(user=ada, email="New@example.test")
        assert EmailAddress.objects.get(email="new@example.test").user != ada

    def test_the_same_one_changes_nothing(self, ada: User) -> None:
        with unit_of_work():
            assert services.take_unconfirmed_email(user=ada, email=ada.email.upper()).email == ada.email
            with pytest.raises(Invalid):
                services.take_unconfirmed_email(user=ada, email="nobody")
