"""Which facts are sent to whom, in which words."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.models import User
from apps.core.errors import Forbidden
from apps.core.tenancy import Actor, Origin, run_as, run_as_system
from apps.events.models import Event
from apps.issues.models import Issue
from apps.issues.services import NewIssue, create_issues, edit_issue
from apps.orgs.models import Organization
from apps.orgs.services import rename_organization
from apps.projects.api.serializers import EventSerializer
from apps.projects.models import IssueType, Project
from apps.projects.services import edit_project
from apps.webhooks import bodies as writing
from apps.webhooks import services
from apps.webhooks.jobs import remove_old_messages
from apps.webhooks.models import Message, Reading
from apps.webhooks.services import plan
from tests.endpoint import Endpoint
from tests.factories import acting, make_issues, make_project
from tests.webhooks.conftest import Hooks, bodies, kinds


def change_project(actor: Actor, project: Project, **values: str) -> None:
    """Other words or another visibility."""
    fresh = Project.objects.get(pk=project.pk)
    same = {name: getattr(fresh, name) for name in ("name", "description", "visibility", "template")}
    edit_project(actor=actor, project=fresh, **(same | values))


class TestWhatIsSent:
    def test_a_project_s_facts_in_the_words_of_the_api(
        self, hooks: Hooks, flow: Project, acme: Organization, ada: User, endpoint: Endpoint
    ) -> None:
        hooks.make(flow, endpoint.url)
        [issue] = make_issues(acme, flow, ada, "Dock the rover ☃")
        with acting(ada, acme) as actor:
            edit_issue(
                actor=actor,
                issue=Issue.objects.select_related("project").get(pk=issue.pk),
                values={"title": "Dock it"},
                version=1,
            )
        assert hooks.work() == 3, "it tells of its own beginning, too"
        # They arrive in any order; `seq` tells which was first.
        created, edited = sorted(bodies(endpoint), key=lambda told: int(told["data"]["seq"]))
        with run_as_system(org_id=acme.pk):
            event = Event.objects.prefetch_related("changes").get(kind="issue.edited")
            said = EventSerializer(event).data
        assert edited["type"] == "issue.edited"
        assert edited["timestamp"] == said["created_at"]
        around = {name: edited["data"].pop(name) for name in edited["data"].keys() - said.keys()}
        assert edited["data"] == said
        assert around == {
            "version": 1,
            "organization": acme.slug,
            "project": {"id": flow.pk, "key": "FLOW"},
            "issue_key": "FLOW-1",
            "stream": event.stream_id,
            "is_cut": False,
        }
        assert edited["data"]["changes"] == [{"field": "title", "old": "Dock the rover ☃", "new": "Dock it"}]
        assert created["type"] == "issue.created"
        assert endpoint.received[0].headers["content-type"] == "application/json"

    def test_only_the_kinds_that_were_chosen(
        self, hooks: Hooks, flow: Project, acme: Organization, ada: User, endpoint: Endpoint
    ) -> None:
        hooks.make(flow, endpoint.url, kinds=["project.edited"])
        make_issues(acme, flow, ada, "Dock the rover")
        with acting(ada, acme) as actor:
            change_project(actor, flow, description="Robots")
        hooks.work()
        assert len(endpoint.received) == 1
        assert kinds(endpoint) == ["project.edited"]

    def test_only_the_types_that_were_chosen(
        self, hooks: Hooks, flow: Project, acme: Organization, ada: User, endpoint: Endpoint
    ) -> None:
        with acting(ada, acme):
            bug = IssueType.objects.get(project=flow, name="Bug")
        hooks.make(flow, endpoint.url, kinds=["issue.created", "issues.edited", "project.edited"], type_ids=[bug.pk])
        make_issues(acme, flow, ada, "A story")
        [issue] = make_issues(acme, flow, ada, "A bug", type=bug)
        with acting(ada, acme) as actor:
            change_project(actor, flow, description="Robots")
        hooks.work()
        told = bodies(endpoint)
        assert sorted(each["type"] for each in told) == ["issue.created", "project.edited"]
        assert {each["data"]["issue_key"] for each in told} == {f"FLOW-{issue.number}", None}

    def test_an_organization_s_leaves_private_projects_out(
        self, hooks: Hooks, flow: Project, secret: Project, acme: Organization, ada: User, endpoint: Endpoint
    ) -> None:
        hooks.make(None, endpoint.url)
        make_issues(acme, flow, ada, "Open")
        make_issues(acme, secret, ada, "CANARY")
        with acting(ada, acme) as actor:
            rename_organization(actor=actor, name="Acme")
        late = make_project(acme, ada, "LATE")
        make_issues(acme, late, ada, "Later")
        hooks.work()
        assert sorted(kinds(endpoint)) == [
            "issue.created",
            "issue.created",
            "organization.renamed",
            "project.created",
        ]
        assert not [received for received in endpoint.received if b"CANARY" in received.body]

    def test_an_organization_s_sends_of_chosen_projects(
        self, hooks: Hooks, flow: Project, acme: Organization, ada: User, endpoint: Endpoint
    ) -> None:
        other = make_project(acme, ada, "OTHER")
        hooks.make(None, endpoint.url, project_ids=[flow.pk])
        make_issues(acme, other, ada, "Elsewhere")
        make_issues(acme, flow, ada, "Here")
        hooks.work()
        assert [each["data"]["project"]["key"] for each in bodies(endpoint)] == ["FLOW"]

    def test_a_private_project_s_own_sends_of_it(
        self, hooks: Hooks, flow: Project, secret: Project, acme: Organization, ada: User, endpoint: Endpoint
    ) -> None:
        hooks.make(secret, endpoint.url)
        make_issues(acme, flow, ada, "Elsewhere")
        make_issues(acme, secret, ada, "Here")
        hooks.work()
        assert [each["data"]["issue_key"] for each in bodies(endpoint)] == ["SECRET-1"]

    def test_a_project_made_private_after_the_fact_is_left_out(
        self, hooks: Hooks, flow: Project, acme: Organization, ada: User, endpoint: Endpoint
    ) -> None:
        hooks.make(None, endpoint.url, kinds=["issue.created"])
        make_issues(acme, flow, ada, "Open")
        with run_as_system(org_id=acme.pk) as actor:
            plan(actor=actor, write=writing.bodies_of)
        with acting(ada, acme) as actor:
            change_project(actor, flow, visibility="private")
        assert hooks.work() == 0
        [message] = hooks.messages()
        assert (message.state, message.last_error) == ("dropped", "Its project was made private.")
        assert not endpoint.received

    def test_nothing_that_was_imported(
        self, hooks: Hooks, flow: Project, acme: Organization, ada: User, endpoint: Endpoint
    ) -> None:
        hooks.make(flow, endpoint.url, kinds=["issue.created"])
        with run_as(user_id=ada.pk, org_slug=acme.slug, origin=Origin.IMPORT) as actor:
            create_issues(actor=actor, project=Project.objects.get(pk=flow.pk), batch=[NewIssue(title="From Jira")])
        hooks.work()
        assert not endpoint.received

    def test_nothing_from_before_or_from_elsewhere(
        self, hooks: Hooks, flow: Project, acme: Organization, ada: User, endpoint: Endpoint
    ) -> None:
        make_issues(acme, flow, ada, "Before")
        hooks.make(flow, endpoint.url, kinds=["issue.created"])
        with Endpoint() as second:
            hooks.make(flow, second.url, kinds=["issue.created"])
            make_issues(acme, flow, ada, "After")
            hooks.work()
            for each in (endpoint, second):
                assert [told["data"]["issue_key"] for told in bodies(each)] == ["FLOW-2"]

    def test_a_second_webhook_does_not_move_what_the_first_has_still_to_read(
        self, hooks: Hooks, flow: Project, acme: Organization, ada: User, endpoint: Endpoint
    ) -> None:
        hooks.make(flow, endpoint.url, kinds=["issue.created"])
        make_issues(acme, flow, ada, "Between")
        with Endpoint() as second:
            hooks.make(None, second.url, kinds=["issue.created"])
            hooks.work()
            assert len(endpoint.received) == 1
            assert not second.received

    def test_changes_of_what_is_too_large_are_left_out(
        self,
        hooks: Hooks,
        flow: Project,
        acme: Organization,
        ada: User,
        endpoint: Endpoint,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(writing, "LARGEST", 600)
        hooks.make(flow, endpoint.url, kinds=["issue.created"])
        make_issues(acme, flow, ada, "x" * 400)
        hooks.work()
        [told] = bodies(endpoint)
        assert told["data"]["is_cut"] is True
        assert "changes" not in told["data"]
        assert told["data"]["issue_key"] == "FLOW-1"

    def test_what_happens_while_it_is_paused_is_not_sent(
        self, hooks: Hooks, flow: Project, acme: Organization, ada: User, endpoint: Endpoint
    ) -> None:
        webhook, _secret = hooks.make(flow, endpoint.url, kinds=["issue.created"])
        make_issues(acme, flow, ada, "Before")
        with run_as_system(org_id=acme.pk) as actor:
            plan(actor=actor, write=writing.bodies_of)
        with acting(ada, acme) as actor:
            services.pause_webhook(actor=actor, webhook=webhook)
        make_issues(acme, flow, ada, "Meanwhile")
        assert hooks.work() == 0
        with acting(ada, acme) as actor:
            services.resume_webhook(actor=actor, webhook=webhook)
        make_issues(acme, flow, ada, "After")
        hooks.work()
        assert sorted(told["data"]["issue_key"] for told in bodies(endpoint)) == ["FLOW-1", "FLOW-3"]


class TestPlan:
    def test_is_for_flowboard_itself(self, acme: Organization, ada: User) -> None:
        with acting(ada, acme) as actor, pytest.raises(Forbidden):
            plan(actor=actor, write=writing.bodies_of)

    def test_one_worker_reads_in_an_organization(self, hooks: Hooks, flow: Project, acme: Organization) -> None:
        hooks.make(flow, "https://ci.example.org/")
        other = connection.copy()
        try:
            with other.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_lock(hashtextextended('webhooks.plan', %s))", [acme.pk])
            with run_as_system(org_id=acme.pk) as actor:
                assert plan(actor=actor, write=writing.bodies_of) is False
        finally:
            other.close()
        assert not hooks.messages()
        with run_as_system(org_id=acme.pk) as actor:
            plan(actor=actor, write=writing.bodies_of)
        assert len(hooks.messages()) == 1

    def test_reads_each_fact_once_in_parts(self, hooks: Hooks, flow: Project, acme: Organization, ada: User) -> None:
        other = make_project(acme, ada, "OTHER")
        hooks.make(None, "https://ci.example.org/", kinds=["issue.created"])
        for project in (flow, other):
            make_issues(acme, project, ada, *[f"Issue {number}" for number in range(7)])
        rounds = 0
        has_more = True
        while has_more:
            rounds += 1
            with run_as_system(org_id=acme.pk) as actor:
                has_more = plan(actor=actor, write=writing.bodies_of, limit=3)
        assert rounds >= 5
        told = [message.event_id for message in hooks.messages()]
        assert len(told) == len(set(told)) == 14

    def test_a_message_is_made_once_whoever_reads_again(
        self, hooks: Hooks, flow: Project, acme: Organization, ada: User
    ) -> None:
        hooks.make(flow, "https://ci.example.org/", kinds=["issue.created"])
        make_issues(acme, flow, ada, "One")
        for _time in range(2):
            with run_as_system(org_id=acme.pk) as actor:
                Reading.objects.update(seq=0)
                plan(actor=actor, write=writing.bodies_of)
        assert len(hooks.messages()) == 1

    def test_costs_as_many_statements_for_more_facts(
        self, hooks: Hooks, flow: Project, acme: Organization, ada: User
    ) -> None:
        hooks.make(flow, "https://ci.example.org/")
        hooks.make(None, "https://ci.example.org/")
        costs = []
        for count in (20, 60):
            make_issues(acme, flow, ada, *[f"Issue {number}" for number in range(count)])
            with CaptureQueriesContext(connection) as queries, run_as_system(org_id=acme.pk) as actor:
                plan(actor=actor, write=writing.bodies_of)
            costs.append(len(queries))
        assert costs[0] == costs[1]
        assert costs[0] <= 16
        assert len(hooks.messages()) >= 160


class TestRemoveOld:
    def test_old_messages_and_those_of_deleted_webhooks_go(
        self, hooks: Hooks, flow: Project, acme: Organization, ada: User, endpoint: Endpoint
    ) -> None:
        webhook, _secret = hooks.make(flow, endpoint.url, kinds=["issue.created"])
        make_issues(acme, flow, ada, "Old")
        hooks.work()
        with run_as_system(org_id=acme.pk):
            Message.objects.update(created_at=timezone.now() - timedelta(days=31))
        make_issues(acme, flow, ada, "New")
        hooks.work()
        assert remove_old_messages() == 1
        assert len(hooks.messages()) == 1
        assert len(hooks.attempts()) == 1
        webhook = hooks.now(webhook)
        with acting(ada, acme) as actor:
            services.delete_webhook(actor=actor, webhook=webhook)
        assert remove_old_messages() == 2, "the message, then the webhook"
        assert not hooks.messages()

    def test_is_for_flowboard_itself(self, acme: Organization, ada: User) -> None:
        with acting(ada, acme) as actor, pytest.raises(Forbidden):
            services.remove_old(actor=actor, limit=1)
