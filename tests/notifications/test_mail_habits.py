"""What people choose about mail of what happened, and what they do when their address was refused."""

from datetime import time, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts.mails import ask_to_resume, send_due
from apps.accounts.models import AccountMail, RefusedAddress
from apps.accounts.services import anonymise_account, pause_address
from apps.core.errors import Invalid
from apps.core.tenancy import run_as_system, unit_of_work
from apps.notifications.models import Habits, MailPart
from apps.notifications.selectors.habits import mail_settings
from apps.notifications.services import choose_rhythm
from tests import factories
from tests.mailbox import Mailbox, text_of
from tests.notifications.conftest import Team

pytestmark = pytest.mark.django_db
USUAL = {
    "rhythm": "each",
    "digest_hour": 8,
    "digest_weekday": 0,
    "quiet_from": None,
    "quiet_until": None,
    "is_named_at_once": False,
}


class TestChooseRhythm:
    def test_keeps_what_was_chosen_and_looks_again_at_what_was_put_off(self, mailed: Team, mailbox: Mailbox) -> None:
        now = timezone.now()
        night = {"quiet_from": (now - timedelta(hours=1)).time(), "quiet_until": (now + timedelta(hours=3)).time()}
        with factories.acting(mailed.mateo, mailed.org) as actor:
            choose_rhythm(actor=actor, **USUAL | night)
        mailed.issue(assignee=mailed.mateo)
        mailed.post()
        assert mailbox.mails == []
        with factories.acting(mailed.mateo, mailed.org) as actor:
            assert MailPart.objects.get().due_at > now + timedelta(hours=2)
            choose_rhythm(actor=actor, **USUAL)
            assert mail_settings(actor=actor).habits.quiet_from is None
        mailed.post()
        assert len(mailbox.mails) == 1

    @pytest.mark.parametrize(
        "wrong", [{"rhythm": "hourly"}, {"digest_hour": 24}, {"digest_weekday": 7}, {"quiet_from": time(22)}]
    )
    def test_refuses_what_there_is_not(self, team: Team, wrong: dict[str, object]) -> None:
        with factories.acting(team.mateo, team.org) as actor, pytest.raises(Invalid):
            choose_rhythm(actor=actor, **USUAL | wrong)
        with run_as_system(org_id=team.org.pk):
            assert not Habits.objects.exists()


class TestRefusedAddress:
    def test_is_tried_with_a_mail_and_resumed_once_that_is_taken(self, mailed: Team, mailbox: Mailbox) -> None:
        mateo = mailed.mateo
        with unit_of_work():
            ask_to_resume(mateo)
        assert not AccountMail.objects.exists(), "nothing is to be tried"
        with unit_of_work():
            pause_address(user=mateo, email=mateo.email, answer="550 5.1.1 No such user")

        def state() -> str | None:
            with factories.acting(mateo, mailed.org) as actor:
                pause = mail_settings(actor=actor).pause
                return pause.try_state if pause else None

        assert state() == ""
        with unit_of_work():
            ask_to_resume(mateo)
            ask_to_resume(mateo)
        assert AccountMail.objects.count() == 1
        assert state() == "waiting"
        AccountMail.objects.update(due_at=None, last_error="550 still not")
        assert state() == "failed"
        with unit_of_work():
            ask_to_resume(mateo)
        assert send_due() == 1
        [mail] = mailbox.mails
        assert "writes to it again" in text_of(mail)
        assert state() is None

    def test_is_none_once_the_address_is_another_and_goes_with_the_account(self, mailed: Team) -> None:
        with unit_of_work():
            pause_address(user=mailed.yuki, email="old@example.test", answer="550")
        with factories.acting(mailed.yuki, mailed.org) as actor:
            assert mail_settings(actor=actor).pause is None
        with unit_of_work():
            anonymise_account(user=mailed.yuki)
        assert not RefusedAddress.objects.exists()


class TestPage:
    def test_shows_and_keeps_the_choice_and_offers_a_test(self, mailed: Team, mailbox: Mailbox) -> None:
        browser = Client()
        browser.force_login(mailed.mateo)
        page = f"/{mailed.org.slug}/inbox/preferences/"
        data = {
            "rhythm": "weekly",
            "digest_hour": "7",
            "digest_weekday": "4",
            "quiet_from": "22:00",
            "quiet_until": "06:30",
        }
        assert browser.post(f"{page}mail/", data).status_code == 302
        shown = browser.get(page).content.decode()
        assert 'value="weekly" checked' in shown
        assert 'value="22:00"' in shown
        assert browser.post(f"{page}mail/", data | {"quiet_until": ""}).status_code == 422
        assert browser.post(f"{page}mail/", data | {"rhythm": ""}).status_code == 422
        with unit_of_work():
            pause_address(user=mailed.mateo, email=mailed.mateo.email, answer="550 5.1.1 No such user")
        for path in (page, f"/{mailed.org.slug}/inbox/"):
            assert "550 5.1.1 No such user" in browser.get(path).content.decode()
        assert browser.post(f"{page}mail/resume/").status_code == 302
        assert "A test is on its way" in browser.get(page).content.decode()
