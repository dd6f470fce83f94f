"""The outbox: claimed once, retried with patience, buried when hopeless, and dug up on request."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.core.tenancy import Actor
from apps.events import deliveries, registry
from apps.events.jobs import sweep
from apps.events.models import Delivery, Event
from apps.orgs.facts import OrganizationRenamed
from apps.orgs.models import Organization
from apps.orgs.services import rename_organization
from tests.factories import acting


class Broken(Exception):
    """What the handler of these tests raises while it is told to."""


class Handler:
    """A durable handler that notes its calls and fails as often as it is told to."""

    def __init__(self) -> None:
        self.seen: list[int] = []
        self.failures = 0

    def __call__(self, actor: Actor, event: Event) -> None:
        assert actor.is_system
        self.seen.append(event.pk)
        if self.failures:
            self.failures -= 1
            raise Broken("no luck")


@pytest.fixture
def handler(monkeypatch: pytest.MonkeyPatch) -> Handler:
    handler = Handler()
    registration = registry.Registration("tests.handler", handler, with_imports=False)
    monkeypatch.setitem(registry._by_kind, OrganizationRenamed.kind, [registration])
    monkeypatch.setitem(registry._by_name, registration.name, registration)
    return handler


@pytest.fixture
def delivery(ada: User, acme: Organization, handler: Handler) -> Delivery:
    with acting(ada, acme) as actor:
        rename_organization(actor=actor, name="Another name")
    return fresh(ada, acme)


def fresh(ada: User, acme: Organization) -> Delivery:
    with acting(ada, acme):
        return Delivery.objects.get(handler="tests.handler")


def make_due(ada: User, acme: Organization) -> None:
    with acting(ada, acme):
        Delivery.objects.update(due_at=timezone.now() - timedelta(hours=1))


class TestDeliver:
    def test_runs_the_handler_once(self, ada: User, acme: Organization, handler: Handler, delivery: Delivery) -> None:
        assert deliveries.deliver(org_id=acme.pk, delivery_id=delivery.pk) is True
        assert deliveries.deliver(org_id=acme.pk, delivery_id=delivery.pk) is False
        assert handler.seen == [delivery.event_id]
        done = fresh(ada, acme)
        assert (done.state, done.attempts) == (Delivery.State.DONE, 1)

    def test_a_failure_comes_again_later(
        self, ada: User, acme: Organization, handler: Handler, delivery: Delivery
    ) -> None:
        handler.failures = 1
        assert deliveries.deliver(org_id=acme.pk, delivery_id=delivery.pk) is False
        failed = fresh(ada, acme)
        assert (failed.state, failed.attempts, failed.last_error) == (Delivery.State.WAITING, 1, "Broken: no luck")
        assert failed.due_at > timezone.now()
        assert deliveries.deliver(org_id=acme.pk, delivery_id=delivery.pk) is False, "not due yet"
        make_due(ada, acme)
        assert deliveries.deliver(org_id=acme.pk, delivery_id=delivery.pk) is True

    def test_is_dead_after_its_last_attempt_and_lives_again_on_request(
        self, ada: User, acme: Organization, handler: Handler, delivery: Delivery
    ) -> None:
        handler.failures = deliveries.ATTEMPTS
        for _attempt in range(deliveries.ATTEMPTS):
            make_due(ada, acme)
            deliveries.deliver(org_id=acme.pk, delivery_id=delivery.pk)
        assert fresh(ada, acme).state == Delivery.State.DEAD
        assert len(handler.seen) == deliveries.ATTEMPTS
        with acting(ada, acme) as actor:
            assert deliveries.retry_dead(actor=actor, delivery_ids=[delivery.pk]) == 1
        assert deliveries.deliver(org_id=acme.pk, delivery_id=delivery.pk) is True

    def test_is_dead_when_each_attempt_killed_its_worker(
        self, ada: User, acme: Organization, handler: Handler, delivery: Delivery
    ) -> None:
        for _attempt in range(deliveries.ATTEMPTS):
            make_due(ada, acme)
            assert deliveries.claim(org_id=acme.pk, delivery_id=delivery.pk) is not None
        make_due(ada, acme)
        assert deliveries.claim(org_id=acme.pk, delivery_id=delivery.pk) is None
        dead = fresh(ada, acme)
        assert (dead.state, dead.last_error) == (Delivery.State.DEAD, "Its worker died each time.")

    def test_a_claimed_delivery_is_nobody_elses_until_its_lease_ends(
        self, acme: Organization, delivery: Delivery
    ) -> None:
        assert deliveries.claim(org_id=acme.pk, delivery_id=delivery.pk) is not None
        assert deliveries.claim(org_id=acme.pk, delivery_id=delivery.pk) is None

    def test_waits_for_a_release_that_knows_the_handler(
        self, ada: User, acme: Organization, delivery: Delivery, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delitem(registry._by_name, "tests.handler")
        assert deliveries.deliver(org_id=acme.pk, delivery_id=delivery.pk) is False
        assert "no handler tests.handler" in fresh(ada, acme).last_error


class TestSweep:
    def test_delivers_what_the_doorbell_missed(
        self, ada: User, acme: Organization, handler: Handler, delivery: Delivery
    ) -> None:
        make_due(ada, acme)
        assert (acme.pk, delivery.pk) in deliveries.due()
        sweep()
        assert fresh(ada, acme).state == Delivery.State.DONE
        assert deliveries.due() == []


@pytest.mark.parametrize(("attempts", "seconds"), [(1, 2), (3, 8), (20, 3600)])
def test_patience_doubles_up_to_an_hour(attempts: int, seconds: int) -> None:
    assert deliveries.backoff(attempts) == timedelta(seconds=seconds)
