"""Webhooks by script, from making one to seeing what it sent."""

from dataclasses import replace
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.core.errors import Forbidden
from apps.orgs.models import KeptAnswer, Organization
from apps.projects.models import Project
from apps.webhooks.models import Message, Webhook
from apps.webhooks.services import pause_webhook
from apps.webhooks.signing import secret_of
from tests import factories
from tests.api.conftest import Script, World, make_script

pytestmark = pytest.mark.django_db
URL = "https://hooks.example.com/flowboard"


@pytest.fixture
def script(ada: User, acme: Organization) -> Script:
    """Ada's, allowed everything."""
    return make_script(ada, acme)


@pytest.fixture
def hook(script: Script, flow: Project) -> dict[str, Any]:
    """A project's webhook, as its maker was answered."""
    answer = script.post("projects/FLOW/webhooks/", {"name": "Chat", "url": URL, "kinds": ["issue.created"]})
    assert answer.status_code == 201, answer.content
    assert answer["Cache-Control"] == "no-store"
    made: dict[str, Any] = answer.json()
    return made


def test_the_secret_is_in_one_answer_and_kept_nowhere(
    script: Script, acme: Organization, ada: User, hook: dict[str, Any]
) -> None:
    here = f"webhooks/{hook['id']}/"
    assert "secret" not in script.get(here).json()
    rotated = script.post(here + "secret/").json()
    with factories.acting(ada, acme):
        webhook = Webhook.objects.get()
    assert (hook["secret"], rotated["secret"]) == (secret_of(webhook.former_nonce), secret_of(webhook.nonce))
    refused = script.post("webhooks/", {"name": "Chat", "url": URL}, idempotency_key="k-1")
    assert (refused.status_code, refused.json()["field"]) == (422, "Idempotency-Key")
    assert script.call("DELETE", here + "secret/").status_code == 204
    with factories.acting(ada, acme):
        assert Webhook.objects.get().former_nonce == ""
        assert not KeptAnswer.objects.exists()


def test_is_changed_paused_and_deleted(script: Script, hook: dict[str, Any]) -> None:
    here = f"webhooks/{hook['id']}/"
    changed = script.patch(here, {"kinds": [], "paused": True}).json()
    assert (changed["kinds"], changed["paused"], changed["pause_reason"]) == ([], True, "person")
    assert (changed["name"], changed["url"], changed["project"]) == ("Chat", URL, "FLOW")
    assert script.patch(here, {"paused": False}).json()["pause_reason"] == ""
    assert [each["id"] for each in script.get("projects/FLOW/webhooks/").json()["results"]] == [hook["id"]]
    assert script.get("webhooks/").json()["results"] == []
    assert script.call("DELETE", here).status_code == 204
    assert script.get(here).status_code == 404


def test_what_was_sent_is_read_in_pages_and_sent_again(
    script: Script, acme: Organization, ada: User, flow: Project, hook: dict[str, Any]
) -> None:
    here = f"webhooks/{hook['id']}/"
    sent = [script.post(here + "test/").json()["id"] for _ in range(3)]
    seen = []
    page = script.get(here + "messages/?limit=2").json()
    while True:
        seen += [each["id"] for each in page["results"]]
        if page["next"] is None:
            break
        page = script.get(page["next"]).json()
    assert seen == sent[::-1]
    message = script.get(f"{here}messages/{sent[0]}/").json()
    assert (message["kind"], message["state"], message["tries"]) == ("webhook.test", "waiting", [])
    assert "webhook.test" in message["body"]
    assert script.post(f"{here}messages/{sent[0]}/redeliver/").status_code == 409
    with factories.acting(ada, acme):
        Message.objects.filter(pk=sent[0]).update(state="dead")
    assert script.get(here + "messages/?state=dead&fields=id").json()["results"] == [{"id": sent[0]}]
    assert script.post(f"{here}messages/{sent[0]}/redeliver/").json()["state"] == "waiting"


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({"name": "Chat", "url": "http://127.0.0.1/"}, 422, "url"),
        ({"name": "Chat", "url": URL, "kinds": ["issue.exploded"]}, 422, "kinds"),
        ({"name": "Chat", "url": URL, "types": [2**40]}, 422, "types"),
        ({"url": URL}, 400, "name"),
    ],
)
def test_what_is_refused_changes_nothing(
    script: Script, acme: Organization, flow: Project, body: dict[str, Any], code: int, field: str
) -> None:
    world = World(acme)
    answer = script.post("projects/FLOW/webhooks/", body)
    problem = answer.json()
    assert (answer.status_code, problem.get("field") or next(iter(problem["errors"]))) == (code, field)
    assert world.is_unchanged()


def test_a_list_of_messages_costs_the_same_whatever_its_length(script: Script, hook: dict[str, Any]) -> None:
    here = f"webhooks/{hook['id']}/"

    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert script.get(here + "messages/").status_code == 200
        return len(asked)

    script.post(here + "test/")
    queries()
    few = queries()
    for _ in range(3):
        script.post(here + "test/")
    assert queries() == few


def test_a_token_that_reads_does_not_change(acme: Organization, ada: User, flow: Project, hook: dict[str, Any]) -> None:
    reader = make_script(ada, acme, "webhooks:read")
    assert reader.get(f"webhooks/{hook['id']}/").json()["name"] == "Chat"
    world = World(acme)
    assert reader.patch(f"webhooks/{hook['id']}/", {"paused": True}).json()["scope"] == "webhooks:write"
    with factories.acting(ada, acme) as actor, pytest.raises(Forbidden):
        pause_webhook(actor=replace(actor, scopes=frozenset({"read"})), webhook=Webhook.objects.get())
    assert world.is_unchanged()
