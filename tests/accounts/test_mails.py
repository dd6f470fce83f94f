"""The outbox of account mails: noted with the change, sent by a worker, tried again, given up, never doubled."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from apps.accounts import mails
from apps.accounts.jobs import send_mails
from apps.accounts.models import AccountMail, User
from apps.core.tenancy import unit_of_work
from apps.events.deliveries import ATTEMPTS
from tests.mailbox import Mailbox, text_of

pytestmark = pytest.mark.django_db

RESET = "account/email/password_reset_key"
CHANGED = "account/email/password_changed"


def note(user: User, kind: str = RESET) -> AccountMail:
    """A mail that nobody has rung a worker for."""
    with unit_of_work():
        mails.note(kind=kind, email=user.email, context={"user": user, "ip": "203.0.113.7", "key": "a secret"})
    return AccountMail.objects.get()


def make_due() -> None:
    AccountMail.objects.update(due_at=timezone.now() - timedelta(seconds=1))


class TestNoting:
    def test_keeps_no_secret(self, client: Client, ada: User) -> None:
        client.post("/accounts/password/reset/", {"email": ada.email})
        noted = AccountMail.objects.get()
        assert (noted.user, noted.email, noted.template) == (ada, ada.email, "account/mail/reset")
        assert noted.facts.keys() <= {"ip"}

    def test_is_lost_with_the_change_it_tells_of(self, ada: User) -> None:
        with unit_of_work():
            mails.note(kind=CHANGED, email=ada.email, context={"ip": "203.0.113.7"})
            transaction.set_rollback(True)
        assert not AccountMail.objects.exists()

    def test_sends_nothing_inside_the_request(
        self,
        client: Client,
        ada: User,
        mailbox: Mailbox,
        django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    ) -> None:
        with django_capture_on_commit_callbacks() as waiting:
            client.post("/accounts/password/reset/", {"email": ada.email})
        assert mailbox.mails == []
        for ring in waiting:
            ring()
        assert len(mailbox.mails) == 1


class TestSending:
    def test_says_what_happened_and_is_forgotten(self, ada: User, mailbox: Mailbox) -> None:
        note(ada, CHANGED)
        send_mails()
        [mail] = mailbox.mails
        assert "203.0.113.7" in text_of(mail)
        assert not AccountMail.objects.exists()

    def test_a_mail_in_the_hands_of_one_worker_is_left_to_it(self, ada: User, mailbox: Mailbox) -> None:
        noted = note(ada)
        AccountMail.objects.update(due_at=timezone.now() + timedelta(minutes=5))
        assert mails.send(noted.pk) is False
        assert mailbox.mails == []

    def test_a_worker_that_dies_over_it_leaves_it_to_the_next_one_later(
        self, ada: User, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        noted = note(ada)

        def die(_noted: AccountMail) -> None:
            raise SystemExit

        with monkeypatch.context() as patch:
            patch.setattr(mails, "compose", die)
            with pytest.raises(SystemExit):
                mails.send(noted.pk)
        assert mails.send_due() == 0, "not at once: the other may be at it still"
        make_due()
        assert mails.send_due() == 1
        assert len(mailbox.mails) == 1

    def test_a_mail_server_that_is_away_costs_no_mail(self, ada: User, mailbox: Mailbox) -> None:
        note(ada)
        mailbox.refuses = True
        assert mails.send_due() == 0
        noted = AccountMail.objects.get()
        assert noted.attempts == 1
        assert noted.due_at is not None
        assert noted.due_at > timezone.now()
        assert "451" in noted.last_error
        mailbox.refuses = False
        make_due()
        assert mails.send_due() == 1
        assert len(mailbox.mails) == 1

    def test_is_given_up_in_the_end_and_can_be_tried_again(self, ada: User, mailbox: Mailbox) -> None:
        noted = note(ada)
        mailbox.refuses = True
        AccountMail.objects.update(attempts=ATTEMPTS - 1)
        mails.send(noted.pk)
        noted.refresh_from_db()
        assert noted.due_at is None
        mailbox.refuses = False
        assert mails.send_due() == 0
        mails.retry(noted)
        assert mails.send_due() == 1

    def test_the_link_is_made_when_the_mail_is(self, client: Client, ada: User, mailbox: Mailbox) -> None:
        note(ada)
        ada.set_password("changed while it waited 7")
        ada.save()
        mails.send_due()
        link = text_of(mailbox.mails[0]).split()
        path = next(word for word in link if "/reset/key/" in word).split("/", 3)[3]
        assert client.get(f"/{path}", follow=True).status_code == 200

    def test_what_is_no_longer_so_is_not_said(self, ada: User, mailbox: Mailbox) -> None:
        note(ada)
        User.objects.filter(pk=ada.pk).update(is_active=False)
        mails.send_due()
        note_of_an_address = "account/email/email_confirmation"
        with unit_of_work():
            mails.note(kind=note_of_an_address, email="never@example.test", context={"user": ada})
        mails.send_due()
        assert mailbox.mails == []
        assert not AccountMail.objects.exists()
