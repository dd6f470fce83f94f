"""Making and changing webhooks: who may, and what is refused."""

import importlib
import importlib.util
from typing import Any

import pytest
from django.apps import apps

from apps.accounts.models import User
from apps.core.egress import AddressRefused
from apps.core.errors import Forbidden, Invalid
from apps.core.tenancy import run_as_system
from apps.events.facts import Fact
from apps.events.models import Change, Event
from apps.orgs.models import Organization
from apps.projects.models import Project
from apps.webhooks import services, signing
from apps.webhooks.catalogue import GROUPS, KINDS, NEVER_SENT
from apps.webhooks.models import Webhook
from apps.webhooks.selectors import (
    NoSuchWebhook,
    get_webhook,
    list_webhooks,
    projects_to_choose,
    types_to_choose,
    who_answers_for,
)
from apps.webhooks.services import TooManyWebhooks, Wishes
from tests.factories import acting, give_role, make_member, make_project
from tests.webhooks.conftest import Hooks

URL = "https://ci.example.org/hooks/abc-secret?token=1"
WISHES = Wishes(name="CI", url=URL)


def facts(org: Organization, kind: str) -> list[Event]:
    with run_as_system(org_id=org.pk):
        return list(Event.objects.filter(kind=kind).order_by("pk"))


class TestCatalogue:
    def test_every_kind_of_fact_can_be_chosen_or_is_never_sent(self) -> None:
        def every(kind: type[Fact]) -> set[str]:
            return {kind.kind for kind in [kind] if kind.kind} | {
                name for each in kind.__subclasses__() for name in every(each)
            }

        for app in apps.get_app_configs():
            if importlib.util.find_spec(f"{app.name}.facts"):
                importlib.import_module(f"{app.name}.facts")
        ours = {name for name in every(Fact) if not name.startswith("tests.")}
        assert ours == KINDS | NEVER_SENT
        assert not KINDS & NEVER_SENT
        assert len(KINDS) == sum(len(kinds) for _name, _of_project, kinds in GROUPS), "each is in one group"


class TestCreate:
    def test_admins_of_a_project_make_one(self, hooks: Hooks, flow: Project, acme: Organization, ada: User) -> None:
        webhook, secret = hooks.make(flow, URL, kinds=["issue.moved", "issue.created"])
        assert (webhook.name, webhook.url, webhook.kinds) == ("CI", URL, ["issue.created", "issue.moved"])
        assert secret == signing.secret_of(webhook.nonce)
        assert secret.startswith("whsec_")
        with acting(ada, acme) as actor:
            assert list_webhooks(actor=actor, project=flow) == [webhook]
            assert list_webhooks(actor=actor, project=None) == []

    def test_admins_of_the_organization_make_one(self, hooks: Hooks, flow: Project) -> None:
        webhook, _secret = hooks.make(None, URL, project_ids=[flow.pk])
        assert (webhook.project_id, webhook.project_ids) == (None, [flow.pk])

    def test_the_log_and_the_audit_trail_do_not_say_the_path(
        self, hooks: Hooks, flow: Project, acme: Organization
    ) -> None:
        webhook, secret = hooks.make(flow, URL)
        [told] = facts(acme, "webhook.created")
        with run_as_system(org_id=acme.pk):
            changes = {change.field: change.new for change in Change.objects.filter(event=told)}
        assert changes["url"] == "https://ci.example.org"
        assert "abc-secret" not in str(changes) + str(told.data) + str(webhook)
        assert secret not in str(changes) + str(told.data)

    @pytest.mark.parametrize("role", ["member", "guest"])
    def test_others_make_none(self, acme: Organization, flow: Project, role: str) -> None:
        mateo = make_member(acme, role)
        give_role(acme, flow, mateo, "member")
        for project in (flow, None):
            with acting(mateo, acme) as actor, pytest.raises(Forbidden):
                services.create_webhook(actor=actor, project=project, wishes=WISHES)
            with acting(mateo, acme) as actor, pytest.raises(Forbidden):
                list_webhooks(actor=actor, project=project)
        assert not facts(acme, "webhook.created")

    @pytest.mark.parametrize(
        ("wishes", "field"),
        [
            ({"name": "  "}, "name"),
            ({"name": "x" * 81}, "name"),
            ({"url": "http://127.0.0.1/"}, "url"),
            ({"url": "ftp://example.org/"}, "url"),
            ({"kinds": ["issue.invented"]}, "kinds"),
            ({"kinds": ["member.joined"]}, "kinds"),
            ({"kinds": ["token.created"]}, "kinds"),
            ({"project_ids": [1]}, "project_ids"),
            ({"type_ids": [999_999]}, "type_ids"),
        ],
    )
    def test_refuses_what_cannot_be_and_changes_nothing(
        self, hooks: Hooks, flow: Project, acme: Organization, wishes: dict[str, Any], field: str
    ) -> None:
        with pytest.raises(Invalid) as refusal:
            hooks.make(flow, **({"url": URL} | wishes))
        assert refusal.value.field == field
        with run_as_system(org_id=acme.pk):
            assert not Webhook.objects.exists()

    def test_an_organizations_takes_no_private_project_and_no_types(
        self, hooks: Hooks, flow: Project, secret: Project, acme: Organization, ada: User
    ) -> None:
        with acting(ada, acme) as actor:
            assert projects_to_choose(actor=actor) == [flow]
            [first, *_others] = types_to_choose(actor=actor, project=flow)
        for wishes in ({"project_ids": [secret.pk]}, {"type_ids": [first.pk]}):
            with pytest.raises(Invalid):
                hooks.make(None, URL, **wishes)

    def test_there_can_be_so_many(self, hooks: Hooks, flow: Project, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("apps.webhooks.services.hooks.MOST_WEBHOOKS", 2)
        for _number in range(2):
            hooks.make(flow, URL)
        with pytest.raises(TooManyWebhooks):
            hooks.make(flow, URL)
        hooks.make(None, URL)


class TestEdit:
    def test_changes_what_changed_and_tells_it(
        self, hooks: Hooks, flow: Project, acme: Organization, ada: User
    ) -> None:
        webhook, _secret = hooks.make(flow, URL)
        with acting(ada, acme) as actor:
            services.edit_webhook(actor=actor, webhook=webhook, wishes=Wishes(name="Deploy", url=URL + "&b"))
        now = hooks.now(webhook)
        assert (now.name, now.url) == ("Deploy", URL + "&b")
        [told] = facts(acme, "webhook.edited")
        with run_as_system(org_id=acme.pk):
            changes = {change.field: (change.old, change.new) for change in Change.objects.filter(event=told)}
        assert changes == {"name": ("CI", "Deploy"), "url": ("https://ci.example.org", "https://ci.example.org")}

    def test_nothing_new_is_no_fact(self, hooks: Hooks, flow: Project, acme: Organization, ada: User) -> None:
        webhook, _secret = hooks.make(flow, URL)
        with acting(ada, acme) as actor:
            services.edit_webhook(actor=actor, webhook=webhook, wishes=WISHES)
        assert not facts(acme, "webhook.edited")

    def test_a_wrong_address_changes_nothing(self, hooks: Hooks, flow: Project, acme: Organization, ada: User) -> None:
        webhook, _secret = hooks.make(flow, URL)
        with acting(ada, acme) as actor, pytest.raises(AddressRefused):
            services.edit_webhook(actor=actor, webhook=webhook, wishes=Wishes(name="X", url="http://10.0.0.1/"))
        assert hooks.now(webhook).name == "CI"


class TestSecrets:
    def test_two_are_alive_after_a_rotation_until_that_is_ended(
        self, hooks: Hooks, flow: Project, acme: Organization, ada: User
    ) -> None:
        webhook, first = hooks.make(flow, URL)
        with acting(ada, acme) as actor:
            webhook, second = services.rotate_secret(actor=actor, webhook=webhook)
        assert first != second
        assert signing.secret_of(webhook.former_nonce) == first
        assert webhook.former_until is not None
        for _time in range(2):
            with acting(ada, acme) as actor:
                webhook = services.end_former_secret(actor=actor, webhook=webhook)
        assert (webhook.former_nonce, webhook.former_until) == ("", None)
        assert [told.data["is_final"] for told in facts(acme, "webhook.secret_rotated")] == [False, True]


class TestPauseAndDelete:
    def test_each_is_told_once(self, hooks: Hooks, flow: Project, acme: Organization, ada: User) -> None:
        webhook, _secret = hooks.make(flow, URL)
        for service in (services.pause_webhook, services.resume_webhook):
            for _time in range(2):
                with acting(ada, acme) as actor:
                    service(actor=actor, webhook=webhook)
        assert len(facts(acme, "webhook.paused")) == len(facts(acme, "webhook.resumed")) == 1
        with acting(ada, acme) as actor:
            services.delete_webhook(actor=actor, webhook=webhook)
        with acting(ada, acme) as actor, pytest.raises(NoSuchWebhook):
            get_webhook(actor=actor, webhook_id=webhook.pk)
        with acting(ada, acme) as actor, pytest.raises(NoSuchWebhook):
            services.delete_webhook(actor=actor, webhook=webhook)
        assert len(facts(acme, "webhook.deleted")) == 1

    def test_nobody_else_finds_it(self, hooks: Hooks, secret: Project, flow: Project, acme: Organization) -> None:
        private, _secret = hooks.make(secret, URL)
        open_one, _secret = hooks.make(flow, URL)
        admin = make_member(acme, "admin", "Yuki Tanaka")
        mateo = make_member(acme, "member")
        with acting(admin, acme) as actor, pytest.raises(NoSuchWebhook):
            get_webhook(actor=actor, webhook_id=private.pk)
        with acting(admin, acme) as actor:
            assert get_webhook(actor=actor, webhook_id=open_one.pk) == open_one
        with acting(mateo, acme) as actor, pytest.raises(NoSuchWebhook):
            services.pause_webhook(actor=actor, webhook=open_one)
        assert not facts(acme, "webhook.paused")


class TestWhoAnswersFor:
    def test_admins_of_the_project_else_of_the_organization(
        self, hooks: Hooks, acme: Organization, ada: User, flow: Project
    ) -> None:
        admin = make_member(acme, "admin", "Yuki Tanaka")
        mateo = make_member(acme, "member")
        gone = make_project(acme, ada, "LONE")
        organization, _secret = hooks.make(None, URL)
        of_project, _secret = hooks.make(flow, URL)
        of_lone, _secret = hooks.make(gone, URL)
        give_role(acme, flow, mateo, "admin")
        with run_as_system(org_id=acme.pk) as actor:
            gone.members.all().delete()
            assert who_answers_for(actor=actor, webhook_id=organization.pk)[1] == [ada, admin]
            assert who_answers_for(actor=actor, webhook_id=of_project.pk)[1] == [ada, mateo]
            assert who_answers_for(actor=actor, webhook_id=of_lone.pk)[1] == [ada, admin]
            with pytest.raises(NoSuchWebhook):
                who_answers_for(actor=actor, webhook_id=0)
