"""Messages on their way: signed, tried again, given up, and never in each other's way."""

import threading
import time
from collections.abc import Callable
from contextlib import nullcontext
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from apps.accounts.models import User
from apps.core import egress
from apps.core.errors import Forbidden
from apps.core.tenancy import run_as_system
from apps.events.deliveries import deliver
from apps.events.models import Delivery
from apps.orgs.models import Organization
from apps.orgs.services import set_organization_suspended
from apps.projects.models import Project
from apps.webhooks import bodies as writing
from apps.webhooks import sender, services
from apps.webhooks.models import Message, Webhook
from apps.webhooks.selectors import due_organizations, get_message
from apps.webhooks.services.messages import ATTEMPTS, PAUSES, StillWaiting
from tests.endpoint import Endpoint, Received, Script, answer, hang, nonsense
from tests.factories import acting, make_issues, make_member
from tests.mailbox import Mailbox, text_of
from tests.webhooks.conftest import Hooks, is_signed

ONLY = ["issue.created"]


@pytest.fixture
def webhook(hooks: Hooks, flow: Project, endpoint: Endpoint) -> Webhook:
    """One that hears of new issues."""
    return hooks.make(flow, endpoint.url, kinds=ONLY)[0]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers are not waited for as long as in life."""
    monkeypatch.setattr(sender, "LIMITS", egress.Limits(connect=0.5, total=0.5, largest=2048))


def happen(hooks: Hooks, flow: Project, count: int = 1) -> None:
    """So many issues, and their messages."""
    make_issues(hooks.org, flow, hooks.owner, *[f"Issue {number}" for number in range(count)])
    with run_as_system(org_id=hooks.org.pk) as actor:
        services.plan(actor=actor, write=writing.bodies_of)


class TestSigning:
    def test_each_message_is_signed_for_its_receiver(self, hooks: Hooks, flow: Project, endpoint: Endpoint) -> None:
        _webhook, secret = hooks.make(flow, endpoint.url, kinds=ONLY)
        happen(hooks, flow)
        hooks.work()
        [received] = endpoint.received
        assert is_signed(received, secret)
        assert not is_signed(received, "whsec_" + "A" * 43 + "=")
        assert received.headers["webhook-id"].startswith("msg_")
        assert abs(int(received.headers["webhook-timestamp"]) - time.time()) < 60

    def test_two_secrets_sign_while_one_is_exchanged(
        self, hooks: Hooks, flow: Project, endpoint: Endpoint, acme: Organization, ada: User
    ) -> None:
        webhook, first = hooks.make(flow, endpoint.url, kinds=ONLY)
        with acting(ada, acme) as actor:
            webhook, second = services.rotate_secret(actor=actor, webhook=webhook)
        happen(hooks, flow)
        hooks.work()
        assert is_signed(endpoint.received[0], first)
        assert is_signed(endpoint.received[0], second)
        with run_as_system(org_id=acme.pk):
            Webhook.objects.update(former_until=timezone.now() - timedelta(seconds=1))
        happen(hooks, flow)
        hooks.work()
        assert not is_signed(endpoint.received[1], first)
        assert is_signed(endpoint.received[1], second)

    def test_a_retry_is_the_same_message_signed_anew(
        self, hooks: Hooks, flow: Project, endpoint: Endpoint, webhook: Webhook
    ) -> None:
        endpoint.scripts = [answer(500)]
        happen(hooks, flow)
        hooks.work()
        hooks.wait()
        hooks.work()
        first, second = endpoint.received
        assert first.headers["webhook-id"] == second.headers["webhook-id"]
        assert first.body == second.body


class TestDelivering:
    def test_what_arrived_is_settled(self, hooks: Hooks, flow: Project, endpoint: Endpoint, webhook: Webhook) -> None:
        endpoint.script = answer(204, b"")
        happen(hooks, flow)
        assert hooks.work() == 1
        assert hooks.work() == 0
        [message] = hooks.messages()
        [attempt] = hooks.attempts()
        assert (message.state, message.attempts, message.leased_until) == ("delivered", 1, None)
        assert message.settled_at is not None
        assert (attempt.status, attempt.error, attempt.is_delivered) == (204, "", True)

    @pytest.mark.parametrize(
        ("script", "status", "said"),
        [
            (answer(500, b"oops"), 500, "The server answered 500."),
            (answer(404), 404, "The server answered 404."),
            (answer(302, Location="http://169.254.169.254/"), 302, "Redirects are not followed"),
            (hang(2), None, "took too long"),
            (nonsense(b"SSH-2.0\r\n"), None, "not HTTP"),
        ],
        ids=["500", "404", "redirect", "hang", "nonsense"],
    )
    def test_what_fails_comes_again_later(
        self,
        hooks: Hooks,
        flow: Project,
        endpoint: Endpoint,
        webhook: Webhook,
        script: Any,
        status: int | None,
        said: str,
    ) -> None:
        endpoint.scripts = [script]
        happen(hooks, flow)
        began_at = timezone.now()
        assert hooks.work() == 1
        [message] = hooks.messages()
        [attempt] = hooks.attempts()
        assert (message.state, message.attempts) == ("waiting", 1)
        assert waits(message, 3, 6, since=began_at)
        assert attempt.status == status
        assert said in attempt.error
        assert said in message.last_error
        assert hooks.now(webhook).failing_since is not None
        hooks.wait()
        hooks.work()
        assert [each.state for each in hooks.messages()] == ["delivered"]
        assert hooks.now(webhook).failing_since is None

    def test_an_address_that_leads_inside_is_refused_when_it_is_sent(
        self, hooks: Hooks, flow: Project, endpoint: Endpoint, webhook: Webhook, settings: Settings
    ) -> None:
        settings.EGRESS_ALLOW = []
        happen(hooks, flow)
        hooks.work()
        assert not endpoint.received
        [attempt] = hooks.attempts()
        assert "not on the public internet" in attempt.error

    def test_whatever_goes_wrong_is_kept(
        self, hooks: Hooks, flow: Project, webhook: Webhook, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken(*_arguments: Any, **_more: Any) -> None:
            raise ZeroDivisionError("no luck")

        monkeypatch.setattr(sender, "headers_for", broken)
        happen(hooks, flow)
        hooks.work()
        assert [each.error for each in hooks.attempts()] == ["ZeroDivisionError: no luck"]

    def test_only_the_beginning_of_an_answer_is_kept(
        self, hooks: Hooks, flow: Project, endpoint: Endpoint, webhook: Webhook
    ) -> None:
        endpoint.script = answer(200, b"x\x00\xff" * 1_000_000)
        happen(hooks, flow)
        hooks.work()
        [attempt] = hooks.attempts()
        assert attempt.answer.startswith("x��")
        assert len(attempt.answer) == 2048

    def test_a_server_may_ask_for_more_patience(
        self, hooks: Hooks, flow: Project, endpoint: Endpoint, webhook: Webhook
    ) -> None:
        for asked, least, most in (("600", 590, 610), ("999999", 3590, 3610), ("soon", 3, 6)):
            endpoint.scripts = [answer(503, Retry_After=asked)]
            happen(hooks, flow)
            began_at = timezone.now()
            hooks.work()
            assert waits(hooks.messages()[-1], least, most, since=began_at)
            endpoint.scripts = []
            hooks.wait()
            hooks.work()

    def test_after_a_day_it_is_given_up(
        self, hooks: Hooks, flow: Project, endpoint: Endpoint, webhook: Webhook
    ) -> None:
        assert timedelta(hours=23) < timedelta(seconds=sum(PAUSES)) < timedelta(hours=25)
        endpoint.script = answer(500)
        happen(hooks, flow)
        for pause in [*PAUSES, None]:
            began_at = timezone.now()
            hooks.work()
            [message] = hooks.messages()
            assert pause is None or waits(message, pause * 0.85, pause * 1.15, since=began_at)
            hooks.wait()
        assert len(endpoint.received) == ATTEMPTS
        assert message.state == "dead"
        hooks.work()
        assert len(endpoint.received) == ATTEMPTS

    def test_what_waited_for_more_than_a_day_is_not_sent(
        self, hooks: Hooks, flow: Project, endpoint: Endpoint, webhook: Webhook
    ) -> None:
        happen(hooks, flow, 12)
        hooks.age(timedelta(hours=29))
        assert hooks.work() == 0
        told = {(message.state, message.last_error) for message in hooks.messages()}
        assert told == {("dead", "It waited for more than a day.")}

    def test_a_suspended_organization_sends_nothing(
        self, hooks: Hooks, flow: Project, endpoint: Endpoint, webhook: Webhook, acme: Organization
    ) -> None:
        happen(hooks, flow)
        assert [due.org_id for due in due_organizations()] == [acme.pk]
        with run_as_system(org_id=acme.pk) as actor:
            set_organization_suspended(actor=actor, is_suspended=True)
        assert not due_organizations()
        assert hooks.work() == 0


class TestKilledWorkers:
    def test_one_that_dies_after_sending_makes_it_come_twice_at_most_under_one_id(
        self, hooks: Hooks, flow: Project, endpoint: Endpoint, webhook: Webhook, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        happen(hooks, flow)

        class Killed(BaseException):
            """What a worker notices of kill -9: nothing. It stops here."""

        def die(**_values: Any) -> None:
            raise Killed

        with monkeypatch.context() as patch:
            patch.setattr(sender, "settle", die)
            with pytest.raises(Killed):
                hooks.work()
        assert hooks.work() == 0, "until its lease is over it is the dead worker's"
        hooks.wait()
        assert hooks.work() == 1
        first, second = endpoint.received
        assert first.headers["webhook-id"] == second.headers["webhook-id"]
        assert [each.state for each in hooks.messages()] == ["delivered"]

    def test_what_kills_each_worker_is_given_up(
        self, hooks: Hooks, flow: Project, endpoint: Endpoint, webhook: Webhook
    ) -> None:
        happen(hooks, flow)
        with run_as_system(org_id=hooks.org.pk):
            Message.objects.update(attempts=ATTEMPTS)
        assert hooks.work() == 0
        [message] = hooks.messages()
        assert (message.state, message.last_error) == ("dead", "Its worker died each time.")

    def test_one_that_comes_back_late_changes_nothing_of_what_another_took(
        self, hooks: Hooks, flow: Project, endpoint: Endpoint, webhook: Webhook
    ) -> None:
        happen(hooks, flow)
        with run_as_system(org_id=hooks.org.pk) as actor:
            [late] = services.claim(actor=actor, limit=10, failing_limit=10)
        hooks.wait()
        with run_as_system(org_id=hooks.org.pk) as actor:
            [mine] = services.claim(actor=actor, limit=10, failing_limit=10)
        assert (late.attempt, mine.attempt) == (1, 2)
        with run_as_system(org_id=hooks.org.pk) as actor:
            outcome = services.Outcome(parcel=late, at=timezone.now(), seconds=1, error="late")
            services.settle(actor=actor, outcomes=[outcome])
        [message] = hooks.messages()
        assert (message.state, message.attempts, message.last_error) == ("waiting", 2, "")
        assert message.leased_until is not None


class TestSideBySide:
    def test_one_worker_sends_at_a_time(
        self, hooks: Hooks, flow: Project, endpoint: Endpoint, webhook: Webhook, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        happen(hooks, flow)
        monkeypatch.setattr(sender, "_alone", lambda: nullcontext(False))
        assert hooks.work() == 0
        assert not endpoint.received

    def test_so_many_at_once_to_one_server(
        self, hooks: Hooks, flow: Project, endpoint: Endpoint, webhook: Webhook
    ) -> None:
        endpoint.script = hold_until(lambda: endpoint.most_at_once >= 2)
        happen(hooks, flow, 12)
        assert hooks.work() == 12
        assert 2 <= endpoint.most_at_once <= 4

    def test_a_server_that_hangs_holds_nobody_up(
        self, hooks: Hooks, flow: Project, endpoint: Endpoint, webhook: Webhook, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sender, "LIMITS", egress.Limits(connect=5.0, total=30.0, largest=2048))
        with Endpoint() as other:
            hooks.make(flow, other.url, kinds=ONLY)
            endpoint.script = hold_until(lambda: len(other.received) == 30)
            happen(hooks, flow, 30)
            # Takes on no more once the others must have been served, and ends with what hangs then.
            sender.send_everywhere(longest=3.0)
            assert len(other.received) == 30
            assert {attempt.status for attempt in hooks.attempts()} == {200}, "none of them waited for the others"
            assert endpoint.most_at_once <= 4

    def test_what_failed_last_is_tried_one_at_a_time_and_takes_its_share_only(
        self, hooks: Hooks, flow: Project, endpoint: Endpoint, webhook: Webhook
    ) -> None:
        hooks.make(flow, endpoint.url, kinds=ONLY)
        happen(hooks, flow, 6)
        with run_as_system(org_id=hooks.org.pk) as actor:
            Webhook.objects.update(failing_since=timezone.now())
            assert len(services.claim(actor=actor, limit=10, failing_limit=0)) == 0
            assert len(services.claim(actor=actor, limit=10, failing_limit=1)) == 1
            assert len(services.claim(actor=actor, limit=10, failing_limit=10)) == 1
            assert len(services.claim(actor=actor, limit=10, failing_limit=10)) == 0

    def test_a_burst_costs_as_many_statements_for_each_batch(
        self, hooks: Hooks, flow: Project, endpoint: Endpoint, webhook: Webhook, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("apps.webhooks.services.messages.AT_ONCE", 1000)
        costs = []
        for count in (5, 50):
            happen(hooks, flow, count)
            with CaptureQueriesContext(connection) as queries:
                with run_as_system(org_id=hooks.org.pk) as actor:
                    parcels = services.claim(actor=actor, limit=1000, failing_limit=0)
                outcomes = [
                    services.Outcome(parcel=parcel, at=timezone.now(), seconds=0.1, status=200) for parcel in parcels
                ]
                with run_as_system(org_id=hooks.org.pk) as actor:
                    services.settle(actor=actor, outcomes=outcomes)
            assert len(parcels) == count
            costs.append(len(queries))
        assert costs[0] == costs[1]

    @pytest.mark.race
    @pytest.mark.django_db(transaction=True)
    def test_two_workers_never_take_one_message_or_more_of_a_webhook_than_they_may(
        self, hooks: Hooks, flow: Project, webhook: Webhook
    ) -> None:
        happen(hooks, flow, 40)
        taken: list[int] = []
        barrier = threading.Barrier(6)

        def work() -> None:
            barrier.wait()
            try:
                for _time in range(10):
                    with run_as_system(org_id=hooks.org.pk) as actor:
                        taken.extend(
                            parcel.message_id for parcel in services.claim(actor=actor, limit=10, failing_limit=0)
                        )
            finally:
                connection.close()

        workers = [threading.Thread(target=work) for _number in range(6)]
        for each in workers:
            each.start()
        for each in workers:
            each.join()
        assert len(taken) == len(set(taken)) == 4


def waits(message: Message, least: float, most: float, *, since: datetime) -> bool:
    """Whether it waits for so many seconds, from a moment between `since` and now."""
    return since + timedelta(seconds=least) < message.due_at < timezone.now() + timedelta(seconds=most)


def hold_until(holds: Callable[[], bool]) -> Script:
    """Answer well as soon as something is so; after ten seconds of waiting for it, badly."""

    def write(handler: BaseHTTPRequestHandler, received: Received) -> None:
        until = time.monotonic() + 10
        while not holds() and time.monotonic() < until:
            time.sleep(0.01)
        time.sleep(0.05)  # so that there could be more at once than there may
        answer(200 if holds() else 500)(handler, received)

    return write


class TestPausing:
    def fail_for(self, hooks: Hooks, flow: Project, endpoint: Endpoint, days: float) -> None:
        endpoint.script = answer(500)
        happen(hooks, flow)
        hooks.work()
        hooks.age(timedelta(days=days))
        happen(hooks, flow)
        hooks.work()

    def test_after_three_days_of_nothing_but_failures(
        self, hooks: Hooks, flow: Project, endpoint: Endpoint, webhook: Webhook, mailbox: Mailbox, acme: Organization
    ) -> None:
        make_member(acme, "member", "Mateo Ruiz")
        self.fail_for(hooks, flow, endpoint, 2.9)
        assert not hooks.now(webhook).is_paused
        hooks.age(timedelta(days=0.2))
        happen(hooks, flow)
        hooks.work()
        assert hooks.now(webhook).pause == "failing"
        assert tell(acme) == 1
        [mail] = mailbox.mails
        assert mail["To"] == hooks.owner.email
        assert "“CI” is paused" in mail["Subject"]
        text = text_of(mail)
        assert "For three days nothing has reached" in text
        assert f"/settings/webhooks/{webhook.pk}/" in text

    def test_one_success_in_between_is_enough(
        self, hooks: Hooks, flow: Project, endpoint: Endpoint, webhook: Webhook
    ) -> None:
        endpoint.script = answer(500)
        happen(hooks, flow)
        hooks.work()
        hooks.age(timedelta(days=4))
        endpoint.script = answer(200)
        happen(hooks, flow)
        hooks.work()
        endpoint.script = answer(500)
        happen(hooks, flow)
        hooks.work()
        assert not hooks.now(webhook).is_paused

    def test_at_once_when_the_server_says_that_it_is_gone(
        self, hooks: Hooks, flow: Project, endpoint: Endpoint, webhook: Webhook, mailbox: Mailbox, acme: Organization
    ) -> None:
        endpoint.script = answer(410)
        happen(hooks, flow, 2)
        hooks.work()
        assert hooks.now(webhook).pause == "gone"
        assert {each.state for each in hooks.messages()} == {"dead"}
        assert tell(acme) == 1
        assert "nothing is there any more" in text_of(mailbox.mails[0])

    def test_what_a_person_paused_meanwhile_stays_as_they_left_it(
        self, hooks: Hooks, flow: Project, webhook: Webhook, acme: Organization, ada: User
    ) -> None:
        happen(hooks, flow)
        with run_as_system(org_id=acme.pk) as actor:
            [parcel] = services.claim(actor=actor, limit=1, failing_limit=1)
        with acting(ada, acme) as actor:
            services.pause_webhook(actor=actor, webhook=webhook)
        with run_as_system(org_id=acme.pk) as actor:
            outcome = services.Outcome(parcel=parcel, at=timezone.now(), seconds=1, status=410, error="gone")
            services.settle(actor=actor, outcomes=[outcome])
        assert hooks.now(webhook).pause == "person"

    def test_nobody_is_told_of_what_was_resumed_or_deleted_or_wanted(
        self, hooks: Hooks, flow: Project, endpoint: Endpoint, mailbox: Mailbox, acme: Organization, ada: User
    ) -> None:
        endpoint.script = answer(410)
        resumed, _secret = hooks.make(flow, endpoint.url, kinds=ONLY)
        deleted, _secret = hooks.make(flow, endpoint.url, kinds=ONLY)
        wanted, _secret = hooks.make(None, "https://ci.example.org/", kinds=["member.joined"])
        happen(hooks, flow)
        hooks.work()
        with acting(ada, acme) as actor:
            services.resume_webhook(actor=actor, webhook=resumed)
            services.delete_webhook(actor=actor, webhook=deleted)
            services.pause_webhook(actor=actor, webhook=wanted)
        assert tell(acme) == 3
        assert not mailbox.mails


def tell(org: Organization) -> int:
    """Let the worker of the outbox tell of what was paused."""
    with run_as_system(org_id=org.pk):
        ids = list(Delivery.objects.filter(handler="apps.webhooks.handlers.mail_admins").values_list("pk", flat=True))
    return sum(deliver(org_id=org.pk, delivery_id=pk) for pk in ids)


class TestTestsAndRedelivery:
    def test_a_test_is_sent_once_also_while_it_is_paused(
        self, hooks: Hooks, flow: Project, endpoint: Endpoint, acme: Organization, ada: User
    ) -> None:
        webhook, secret = hooks.make(flow, endpoint.url, kinds=ONLY)
        endpoint.script = answer(500, b"not yet")
        with acting(ada, acme) as actor:
            services.pause_webhook(actor=actor, webhook=webhook)
            services.send_test(actor=actor, webhook=webhook, write=writing.body_of_test)
        assert hooks.work() == 1
        [message] = hooks.messages()
        [attempt] = hooks.attempts()
        assert (message.state, message.is_test, attempt.answer) == ("dead", True, "not yet")
        assert is_signed(endpoint.received[0], secret)
        assert b'"type":"webhook.test"' in endpoint.received[0].body
        assert hooks.now(webhook).failing_since is None

    def test_of_an_organization_s_too(self, hooks: Hooks, endpoint: Endpoint, acme: Organization, ada: User) -> None:
        webhook, _secret = hooks.make(None, endpoint.url)
        with acting(ada, acme) as actor:
            message = services.send_test(actor=actor, webhook=webhook, write=writing.body_of_test)
        assert '"project":null' in message.body

    def test_what_was_settled_goes_again_under_its_id(
        self, hooks: Hooks, flow: Project, endpoint: Endpoint, webhook: Webhook, acme: Organization, ada: User
    ) -> None:
        happen(hooks, flow)
        hooks.work()
        [message] = hooks.messages()
        with acting(ada, acme) as actor:
            services.redeliver(actor=actor, message=message)
        with acting(ada, acme) as actor, pytest.raises(StillWaiting):
            services.redeliver(actor=actor, message=message)
        assert hooks.work() == 1
        first, second = endpoint.received
        assert first.headers["webhook-id"] == second.headers["webhook-id"]
        with acting(ada, acme) as actor:
            assert len(get_message(actor=actor, webhook=webhook, message_id=message.pk).tries.all()) == 2

    def test_dead_ones_get_all_their_attempts_again(
        self, hooks: Hooks, flow: Project, endpoint: Endpoint, webhook: Webhook, acme: Organization, ada: User
    ) -> None:
        happen(hooks, flow)
        with run_as_system(org_id=acme.pk):
            Message.objects.update(state="dead", attempts=ATTEMPTS)
        ids = [message.pk for message in hooks.messages()]
        with acting(ada, acme) as actor, pytest.raises(Forbidden):
            services.retry_dead(actor=actor, message_ids=ids)
        with run_as_system(org_id=acme.pk) as actor:
            assert services.retry_dead(actor=actor, message_ids=ids) == 1
            assert services.retry_dead(actor=actor, message_ids=ids) == 0
        assert hooks.work() == 1

    def test_only_flowboard_itself_takes_and_settles(self, acme: Organization, ada: User) -> None:
        with acting(ada, acme) as actor, pytest.raises(Forbidden):
            services.claim(actor=actor, limit=1, failing_limit=1)
        with acting(ada, acme) as actor, pytest.raises(Forbidden):
            services.settle(actor=actor, outcomes=[])
