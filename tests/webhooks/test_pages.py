"""Webhooks in the browser: made, tried out, changed, paused, looked into."""

import html
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.orgs.models import Organization
from apps.projects.models import IssueType, Project
from apps.webhooks.models import Webhook
from flowboard.celery import app as jobs
from tests.endpoint import Endpoint, answer
from tests.factories import acting, make_issues, make_member
from tests.webhooks.conftest import Hooks, is_signed, kinds


@pytest.fixture
def browser(ada: User) -> Client:
    client = Client()
    client.force_login(ada)
    return client


def words(response: Any) -> str:
    """What a page says, on one line."""
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def secret_in(page: str) -> str:
    found = re.search(r"whsec_[A-Za-z0-9+/=]+", page)
    assert found is not None
    return found[0]


class TestMaking:
    def test_the_secret_is_shown_once_and_signs(
        self, browser: Client, hooks: Hooks, acme: Organization, flow: Project, endpoint: Endpoint, ada: User
    ) -> None:
        place = f"/{acme.slug}/FLOW/settings/webhooks/"
        with acting(ada, acme):
            bug = IssueType.objects.get(project=flow, name="Bug")
        values = {"name": "CI", "url": endpoint.url, "sends": "chosen", "kinds": ["issue.created"]}
        made = browser.post(place + "new/", values | {"type_ids": [bug.pk]})
        assert made.status_code == 200
        secret = secret_in(made.content.decode())
        webhook = hooks.now(only(hooks))
        assert (webhook.kinds, webhook.type_ids) == (["issue.created"], [bug.pk])
        page = browser.get(f"/{acme.slug}/settings/webhooks/{webhook.pk}/")
        assert secret not in page.content.decode()
        make_issues(acme, flow, ada, "A bug", type=bug)
        hooks.work()
        assert is_signed(endpoint.received[0], secret)
        assert kinds(endpoint) == ["issue.created"]
        assert "CI" in words(browser.get(place))

    @pytest.mark.parametrize(
        ("values", "said"),
        [
            ({"url": "http://169.254.169.254/"}, "is not on the public internet"),
            ({"url": "https://a:b@example.org/"}, "must not hold a user name"),
            ({"sends": "chosen"}, "Choose at least one."),
            ({"name": "\u200b"}, "Give it a name"),
        ],
    )
    def test_a_refusal_is_said_where_it_belongs(
        self, browser: Client, hooks: Hooks, acme: Organization, flow: Project, values: dict[str, str], said: str
    ) -> None:
        good = {"name": "CI", "url": "https://ci.example.org/", "sends": "all"}
        answer = browser.post(f"/{acme.slug}/FLOW/settings/webhooks/new/", good | values)
        assert answer.status_code == 422
        assert said in words(answer)
        with acting(hooks.owner, acme):
            assert not Webhook.objects.exists()

    def test_an_organization_s_chooses_projects(
        self, browser: Client, hooks: Hooks, acme: Organization, flow: Project, secret: Project
    ) -> None:
        place = f"/{acme.slug}/settings/webhooks/"
        form = browser.get(place + "new/").content.decode()
        offered = re.findall(r'name="project_ids" value="(\d+)"', form)
        assert offered == [str(flow.pk)]
        values = {"name": "Chat", "url": "https://chat.example.org/", "sends": "all", "project_ids": [flow.pk]}
        assert browser.post(place + "new/", values).status_code == 200
        assert only(hooks).project_ids == [flow.pk]
        assert "Chat" in words(browser.get(place))


def only(hooks: Hooks) -> Webhook:
    with acting(hooks.owner, hooks.org):
        return Webhook.objects.get()


class TestOne:
    def test_is_changed_paused_resumed_and_deleted(
        self, browser: Client, hooks: Hooks, acme: Organization, flow: Project
    ) -> None:
        webhook, _secret = hooks.make(flow, "https://ci.example.org/", kinds=["issue.created"])
        place = f"/{acme.slug}/settings/webhooks/{webhook.pk}/"
        form = browser.get(place + "edit/").content.decode()
        assert re.search(r'value="issue.created" checked', form)
        values = {"name": "Deploy", "url": "https://ci.example.org/b", "sends": "all", "kinds": ["issue.created"]}
        assert browser.post(place + "edit/", values).status_code == 302
        assert hooks.now(webhook).kinds == []
        browser.post(place + "pause/")
        assert "Paused." in words(browser.get(place))
        browser.post(place + "resume/")
        assert not hooks.now(webhook).is_paused
        assert browser.post(place + "delete/")["Location"] == f"/{acme.slug}/FLOW/settings/webhooks/"
        assert browser.get(place).status_code == 404

    def test_exchanges_its_secret(
        self, browser: Client, hooks: Hooks, acme: Organization, flow: Project, endpoint: Endpoint, ada: User
    ) -> None:
        webhook, first = hooks.make(flow, endpoint.url, kinds=["issue.created"])
        place = f"/{acme.slug}/settings/webhooks/{webhook.pk}/"
        second = secret_in(browser.post(place + "secret/").content.decode())
        assert second != first
        assert "The secret before signs as well" in words(browser.get(place))
        browser.post(place + "secret/end/")
        make_issues(acme, flow, ada, "One")
        hooks.work()
        assert is_signed(endpoint.received[0], second)
        assert not is_signed(endpoint.received[0], first)

    def test_a_test_shows_the_answer(
        self, browser: Client, hooks: Hooks, acme: Organization, flow: Project, endpoint: Endpoint
    ) -> None:
        endpoint.script = answer(418, b"I am <b>a teapot</b>")
        webhook, _secret = hooks.make(flow, endpoint.url, kinds=["issue.created"])
        place = f"/{acme.slug}/settings/webhooks/{webhook.pk}/"
        sent = browser.post(place + "test/")
        waiting = browser.get(sent["Location"])
        assert "It is being sent." in words(waiting)
        assert 'hx-trigger="every 1s"' in waiting.content.decode()
        hooks.work()
        page = browser.get(sent["Location"])
        assert "418" in words(page)
        assert "I am &lt;b&gt;a teapot" in page.content.decode()
        assert "hx-trigger" not in page.content.decode().partition('id="message"')[2].partition("</section>")[0]
        assert "webhook.test" in words(page)

    def test_a_message_goes_again_by_click(
        self, browser: Client, hooks: Hooks, acme: Organization, flow: Project, endpoint: Endpoint, ada: User
    ) -> None:
        webhook, _secret = hooks.make(flow, endpoint.url, kinds=["issue.created"])
        make_issues(acme, flow, ada, "One")
        hooks.work()
        [message] = hooks.messages()
        place = f"/{acme.slug}/settings/webhooks/{webhook.pk}/messages/{message.pk}/"
        assert browser.post(place + "again/")["Location"] == place
        assert browser.post(place + "again/").status_code == 409
        hooks.work()
        assert len(endpoint.received) == 2
        assert words(browser.get(place)).count("Arrived") == 2

    def test_what_it_sent_is_paged_and_filtered_in_as_many_statements(
        self,
        browser: Client,
        hooks: Hooks,
        acme: Organization,
        flow: Project,
        endpoint: Endpoint,
        ada: User,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        webhook, _secret = hooks.make(flow, endpoint.url, kinds=["issue.created"])
        place = f"/{acme.slug}/settings/webhooks/{webhook.pk}/"
        costs = []
        for count in (3, 9):
            make_issues(acme, flow, ada, *[f"Issue {number}" for number in range(count)])
            hooks.work()
            with CaptureQueriesContext(connection) as queries:
                browser.get(place)
            costs.append(len(queries))
        assert costs[0] == costs[1]
        monkeypatch.setattr("apps.webhooks.selectors.MESSAGES_ON_A_PAGE", 5)
        seen: list[str] = []
        address: str | None = place
        while address:
            page = browser.get(address).content.decode()
            seen += re.findall(r"/messages/(\d+)/", page)
            following = re.search(r'href="([^"]*before=[^"]*)"', page)
            address = following[1].replace("&amp;", "&") if following else None
        assert seen == sorted(seen, key=int, reverse=True)
        assert len(seen) == len(set(seen)) == 12
        assert "Nothing of this kind" in words(browser.get(place + "?state=dead"))
        assert browser.get(place + "?state=nonsense&before=x").status_code == 200

    def test_an_admin_of_the_organization_sees_nothing_of_what_was_private(
        self, hooks: Hooks, acme: Organization, flow: Project, endpoint: Endpoint, ada: User
    ) -> None:
        webhook, _secret = hooks.make(None, endpoint.url, kinds=["issue.created"])
        make_issues(acme, flow, ada, "CANARY")
        hooks.work()
        [message] = hooks.messages()
        yuki = make_member(acme, "admin", "Yuki Tanaka")
        client = Client()
        client.force_login(yuki)
        place = f"/{acme.slug}/settings/webhooks/{webhook.pk}/"
        assert f"/messages/{message.pk}/" in client.get(place).content.decode()
        with acting(ada, acme):
            Project.objects.filter(pk=flow.pk).update(visibility="private")
        assert f"/messages/{message.pk}/" not in client.get(place).content.decode()
        assert client.get(f"{place}messages/{message.pk}/").status_code == 404

    def test_whoever_does_not_administer_the_project_reads_whom_to_ask(
        self, hooks: Hooks, acme: Organization, flow: Project
    ) -> None:
        hooks.make(flow, "https://ci.example.org/")
        client = Client()
        client.force_login(make_member(acme, "member"))
        page = words(client.get(f"/{acme.slug}/FLOW/settings/webhooks/"))
        assert "Ask one of them" in page
        assert "ci.example.org" not in page


@pytest.fixture
def rung() -> Iterator[None]:
    """Jobs run where they are queued."""
    jobs.conf.task_always_eager = True
    yield
    jobs.conf.task_always_eager = False


class TestJobs:
    def test_a_test_rings_a_worker(
        self,
        browser: Client,
        hooks: Hooks,
        acme: Organization,
        flow: Project,
        endpoint: Endpoint,
        rung: None,
        django_capture_on_commit_callbacks: Any,
    ) -> None:
        webhook, _secret = hooks.make(flow, endpoint.url, kinds=["issue.created"])
        with django_capture_on_commit_callbacks(execute=True):
            browser.post(f"/{acme.slug}/settings/webhooks/{webhook.pk}/test/")
        assert len(endpoint.received) == 1


class TestExample:
    def test_the_example_on_the_page_works(
        self, browser: Client, hooks: Hooks, acme: Organization, flow: Project, endpoint: Endpoint, ada: User
    ) -> None:
        _webhook, secret = hooks.make(flow, endpoint.url, kinds=["issue.created"])
        make_issues(acme, flow, ada, "One")
        hooks.work()
        page = browser.get(f"/{acme.slug}/FLOW/settings/webhooks/").content.decode()
        found = re.search(r"<pre[^>]*>(import base64.*?)</pre>", page, re.DOTALL)
        assert found is not None
        scope: dict[str, Any] = {}
        exec(html.unescape(found[1]), scope)
        [received] = endpoint.received
        check = scope["is_from_flowboard"]
        assert check(secret, received.headers, received.body)
        assert not check(secret, received.headers, received.body + b" ")
        assert not check(secret, received.headers | {"webhook-timestamp": "1000000000"}, received.body)


class TestWhereItIs:
    def test_the_sidebar_says_of_which_project_the_settings_are(
        self, browser: Client, hooks: Hooks, acme: Organization, flow: Project
    ) -> None:
        def marked(webhook: Webhook) -> tuple[list[str], bool]:
            page = browser.get(f"/{acme.slug}/settings/webhooks/{webhook.pk}/").content.decode()
            sidebar = page[page.index('id="sidebar"') : page.index("</nav>", page.index('id="sidebar"'))]
            current = re.findall(r'<a class="nav" href="([^"]+)" aria-current="page"', sidebar)
            return current, '<details class="project" open>' in sidebar

        theirs, _secret = hooks.make(flow, "https://ci.example.org/")
        ours, _secret = hooks.make(None, "https://ci.example.org/")
        assert marked(theirs) == ([f"/{acme.slug}/FLOW/settings/"], True)
        assert marked(ours) == ([f"/{acme.slug}/settings/"], False)
