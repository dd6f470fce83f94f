"""Mails go out once, whatever happens to workers, queues and mail servers; or they say why not."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from apps.accounts.models import RefusedAddress
from apps.core.tenancy import run_as_system
from apps.notifications import postman, services
from apps.notifications.models import Mail
from apps.notifications.postman import ATTEMPTS, LEASE, backoff, post
from tests.mailbox import Mailbox
from tests.notifications.conftest import Team
from tests.processes import free_port

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def change(team: Team, **values: Any) -> None:
    with run_as_system(org_id=team.org.pk):
        Mail.objects.update(**values)


def states(team: Team) -> list[tuple[str, int]]:
    return [(mail.state, mail.attempts) for mail in team.mails()]


class TestBackoff:
    def test_grows_to_an_hour_and_is_not_in_step(self) -> None:
        assert timedelta(seconds=20) < backoff(1) < timedelta(seconds=40)
        assert timedelta(minutes=44) < backoff(ATTEMPTS) < timedelta(minutes=76)
        assert len({backoff(5) for _ in range(10)}) > 1


class TestPost:
    def test_a_server_that_takes_nothing_for_a_while_costs_no_mail(self, mailed: Team, mailbox: Mailbox) -> None:
        mailed.issue(assignee=mailed.mateo)
        mailed.issue(assignee=mailed.yuki)
        mailbox.refuses = True
        mailed.post()
        assert states(mailed) == [("waiting", 1), ("waiting", 1)]
        assert "451 Try again later" in mailed.mails()[0].last_error
        mailed.post()
        assert states(mailed) == [("waiting", 1), ("waiting", 1)], "not at once"
        mailbox.refuses = False
        mailed.post(HOUR)
        assert states(mailed) == [("sent", 2), ("sent", 2)]
        mailed.post(HOUR)
        assert sorted(mail["To"] for mail in mailbox.mails) == sorted([mailed.mateo.email, mailed.yuki.email])
        assert mailed.mails()[0].last_error == ""

    def test_a_server_that_is_away_is_not_asked_again_and_again(
        self, mailed: Team, mailbox: Mailbox, settings: Settings
    ) -> None:
        for person in (mailed.mateo, mailed.yuki):
            mailed.issue(assignee=person)
        settings.EMAIL_PORT = free_port()
        mailed.post()
        assert states(mailed) == [("waiting", 1), ("waiting", 1)]
        assert "refused" in mailed.mails()[0].last_error
        settings.EMAIL_PORT = mailbox.port
        mailed.post(HOUR)
        assert len(mailbox.mails) == 2

    def test_is_given_up_in_the_end_and_can_be_tried_again(self, mailed: Team, mailbox: Mailbox) -> None:
        mailed.issue(assignee=mailed.mateo)
        mailbox.refuses = True
        mailed.post()
        change(mailed, attempts=ATTEMPTS - 1)
        mailed.post(HOUR)
        assert states(mailed) == [("dead", ATTEMPTS)]
        mailbox.refuses = False
        mailed.post(HOUR)
        assert mailbox.mails == []
        with run_as_system(org_id=mailed.org.pk) as actor:
            assert services.retry_dead(actor=actor, mail_ids=list(Mail.objects.values_list("pk", flat=True))) == 1
        mailed.post()
        assert len(mailbox.mails) == 1

    def test_a_worker_that_dies_over_it_leaves_it_to_the_next_one(
        self, mailed: Team, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        mailed.issue(assignee=mailed.mateo)

        def die(_letter: object) -> None:
            raise SystemExit

        with monkeypatch.context() as patch:
            patch.setattr(postman, "compose", die)
            with pytest.raises(SystemExit):
                mailed.post()
        mailed.post()
        assert mailbox.mails == [], "not at once: the other may be at it still"
        mailed.post(LEASE)
        assert states(mailed) == [("sent", 2)]
        assert len(mailbox.mails) == 1
        change(mailed, state="waiting", attempts=ATTEMPTS, due_at=timezone.now())
        mailed.post()
        assert states(mailed) == [("dead", ATTEMPTS + 1)], "one that kills every worker is given up"
        assert "died each time" in mailed.mails()[0].last_error

    def test_two_workers_send_it_once(self, mailed: Team, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
        mailed.issue(assignee=mailed.mateo)
        real = postman.letters_of

        def slow(**values: Any) -> Any:
            letters = real(**values)
            # This worker is so slow that its lease ends, and another one sends the mail meanwhile.
            monkeypatch.undo()
            Mail.objects.update(due_at=timezone.now())
            return letters

        monkeypatch.setattr(postman, "letters_of", slow)
        post(org_id=mailed.org.pk)
        assert len(mailbox.mails) == 1, "by whoever took it after that"
        assert states(mailed) == [("sent", 1)]

    def test_sent_twice_it_is_the_same_mail(self, mailed: Team, mailbox: Mailbox) -> None:
        mailed.issue(assignee=mailed.mateo)
        mailed.post()
        change(mailed, state="waiting", due_at=timezone.now())
        post(org_id=mailed.org.pk)
        first, second = mailbox.mails
        assert first["Message-ID"] == second["Message-ID"]

    def test_a_run_ends_in_time_and_the_next_goes_on(
        self, mailed: Team, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for person in (mailed.mateo, mailed.yuki):
            mailed.issue(assignee=person)
        with monkeypatch.context() as patch:
            patch.setattr(postman, "LONGEST_RUN", -1.0)
            mailed.post()
            assert mailbox.mails == []
            post(org_id=mailed.org.pk)
            assert states(mailed) == [("waiting", 0), ("waiting", 0)], "put together, and not begun"
        mailed.post()
        assert len(mailbox.mails) == 2

    def test_many_go_over_one_connection(self, mailed: Team, mailbox: Mailbox) -> None:
        for person in (mailed.ada, mailed.mateo, mailed.yuki):
            mailed.issue(by=mailed.yuki if person == mailed.ada else mailed.ada, assignee=person)
        mailed.post()
        assert len(mailbox.mails) == 3
        assert len({mail["X-Peer"] for mail in mailbox.mails}) == 1


class TestRefusals:
    @pytest.mark.parametrize(
        ("answer", "is_paused", "state"),
        [
            ("550 5.1.1 No such user", True, "dead"),
            ("550 Mailbox unavailable", True, "dead"),
            ("550 5.7.1 Relaying denied", False, "dead"),
            ("530 Authentication required", False, "dead"),
            ("450 4.2.1 Mailbox busy", False, "waiting"),
        ],
    )
    def test_of_an_address_pause_it_and_others_do_not(
        self, mailed: Team, mailbox: Mailbox, answer: str, is_paused: bool, state: str
    ) -> None:
        mailbox.refused[mailed.mateo.email] = answer
        mailed.issue(assignee=mailed.mateo)
        mailed.issue(assignee=mailed.yuki)
        mailed.post()
        assert [mail["To"] for mail in mailbox.mails] == [mailed.yuki.email], "the others get theirs"
        assert {mail.state for mail in mailed.mails(mailed.mateo)} == {state}
        assert answer in mailed.mails(mailed.mateo)[0].last_error
        assert RefusedAddress.objects.filter(user=mailed.mateo).exists() is is_paused
        mailed.issue(assignee=mailed.mateo)
        mailed.post(HOUR)
        if is_paused:
            assert [mail.state for mail in mailed.mails(mailed.mateo)] == ["dead", "dropped"]
            assert "paused" in mailed.mails(mailed.mateo)[1].last_error

    def test_of_a_mail_are_final(self, mailed: Team, mailbox: Mailbox) -> None:
        mailbox.refuses_words = "554 5.7.1 Spam"
        mailed.issue(assignee=mailed.mateo)
        mailed.post()
        assert states(mailed) == [("dead", 1)]
        assert not RefusedAddress.objects.exists()

    def test_a_server_that_hangs_up_is_dialled_again(self, mailed: Team, mailbox: Mailbox) -> None:
        mailed.issue(assignee=mailed.mateo)
        mailed.issue(assignee=mailed.yuki)
        mailbox.hangs_up = 1
        mailed.post()
        assert sorted(states(mailed)) == [("sent", 1), ("waiting", 1)]
        mailed.post(HOUR)
        assert [state for state, _attempts in states(mailed)] == ["sent", "sent"]
        assert len(mailbox.mails) == 2

    def test_what_cannot_be_written_is_kept_with_its_error(
        self, mailed: Team, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        mailed.issue(assignee=mailed.mateo)

        def fail(_letter: object) -> None:
            raise KeyError

        with monkeypatch.context() as patch:
            patch.setattr(postman, "compose", fail)
            mailed.post()
        [mail] = mailed.mails()
        assert (mail.state, mail.last_error) == ("waiting", "KeyError")
