"""What operators do with webhooks: by services, with a reason, and without seeing whole addresses or bodies."""

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts.models import User
from apps.core.tenancy import run_as_system
from apps.events.models import Event
from apps.orgs.models import Organization
from apps.projects.models import Project
from apps.webhooks.models import Message, Webhook
from tests.factories import acting, make_user
from tests.webhooks.world import make_webhook

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def operator(transactional_db: None) -> Client:
    client = Client()
    client.force_login(make_user("Olga Operator", is_staff=True))
    return client


@pytest.fixture
def made(ada: User, acme: Organization, flow: Project) -> tuple[Webhook, Message]:
    with acting(ada, acme) as actor:
        return make_webhook(actor=actor, project=flow)


def act(operator: Client, model: str, action: str, pk: int) -> None:
    data = {"action": action, "_selected_action": [pk], "reason": "It floods a partner"}
    answer = operator.post(reverse(f"admin:webhooks_{model}_changelist"), data, follow=True)
    assert "1 object was changed." in answer.content.decode()


class TestOperators:
    def test_pause_and_resume_with_a_reason(
        self, operator: Client, made: tuple[Webhook, Message], acme: Organization
    ) -> None:
        for action, is_paused in (("pause_sending", True), ("resume_sending", False)):
            act(operator, "webhook", action, made[0].pk)
            with run_as_system(org_id=acme.pk):
                assert Webhook.objects.get().is_paused is is_paused
        with run_as_system(org_id=acme.pk):
            told = Event.objects.get(kind="webhook.paused")
        assert "It floods a partner" in told.reason

    def test_send_dead_ones_again(self, operator: Client, made: tuple[Webhook, Message], acme: Organization) -> None:
        act(operator, "message", "retry", made[1].pk)
        with run_as_system(org_id=acme.pk):
            message = Message.objects.get()
        assert (message.state, message.attempts) == ("waiting", 0)

    def test_see_neither_whole_addresses_nor_bodies_nor_answers(
        self, operator: Client, made: tuple[Webhook, Message], acme: Organization
    ) -> None:
        webhook, message = made
        with run_as_system(org_id=acme.pk):
            [attempt] = message.tries.all()
        for model, pk in (("webhook", webhook.pk), ("message", message.pk), ("attempt", attempt.pk)):
            for page in (
                operator.get(reverse(f"admin:webhooks_{model}_changelist")),
                operator.get(reverse(f"admin:webhooks_{model}_change", args=[pk])),
            ):
                text = page.content.decode()
                assert page.status_code == 200
                assert "/hooks/flowboard" not in text
                assert "issue_key" not in text
                assert "Back in a minute" not in text
