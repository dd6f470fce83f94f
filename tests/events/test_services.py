"""The fact log: what is recorded is numbered without gaps, stored with its write, and dropped with it."""

from typing import Any

import pytest
from django.db import connection
from django.test import TestCase

from apps.accounts.models import User
from apps.audit.models import LogEntry
from apps.core.tenancy import Actor, Origin, run_as, run_as_system, unit_of_work
from apps.events import relay, services
from apps.events.facts import Fact, FieldChange
from apps.events.models import Change, Delivery, Event, Stream
from apps.events.selectors import events_since, project_stream, stream_heads
from apps.events.services import record, service
from apps.issues.services import add_comment, edit_issue
from apps.notifications.facts import InboxReached
from apps.orgs.facts import ApiTokenCreated
from apps.orgs.models import Organization
from apps.orgs.services import create_api_token, invite
from apps.projects.models import Project
from apps.projects.selectors import get_project
from apps.projects.services import create_label, edit_project
from tests.factories import acting, make_issues, make_member


class Refused(Exception):
    """What a service of these tests raises."""


@service
def write_then_fail(*, actor: Actor, project: Project) -> None:
    create_label(actor=actor, project=project, name="never")
    raise Refused


def seqs(project: Project) -> list[int]:
    return list(Event.objects.filter(project=project).order_by("seq").values_list("seq", flat=True))


class TestRecord:
    def test_numbers_a_projects_facts_without_gaps(self, ada: User, acme: Organization, flow: Project) -> None:
        make_issues(acme, flow, ada, "a", "b", "c")
        with acting(ada, acme) as actor:
            stream, head = project_stream(actor=actor, project_id=flow.pk)
            assert head == 4
            assert seqs(flow) == [1, 2, 3, 4]
            assert [event.kind for event in events_since(actor=actor, stream_id=stream, seq=2, limit=10)] == [
                "issue.created",
                "issue.created",
            ]
            assert stream_heads([stream]) == {stream: (acme.pk, 4)}

    def test_is_known_before_it_is_written_and_can_be_written_before_the_end(
        self, ada: User, acme: Organization, flow: Project
    ) -> None:
        with acting(ada, acme) as actor:
            project = get_project(actor=actor, key="FLOW")
            create_label(actor=actor, project=project, name="first")
            create_label(actor=actor, project=project, name="second")
            assert [fact.kind for fact in services.recorded(after=1)] == ["project.label_created"]
            assert seqs(flow) == [1], "nothing is written yet"
            services.write_down()
            assert seqs(flow) == [1, 2, 3]
            assert services.recorded() == []
        with acting(ada, acme):
            assert seqs(flow) == [1, 2, 3], "nor written twice"

    def test_drops_what_a_failed_service_recorded_and_keeps_the_rest(
        self, ada: User, acme: Organization, flow: Project
    ) -> None:
        with acting(ada, acme) as actor:
            project = get_project(actor=actor, key="FLOW")
            create_label(actor=actor, project=project, name="kept")
            with pytest.raises(Refused):
                write_then_fail(actor=actor, project=project)
        with acting(ada, acme):
            kinds = list(Event.objects.filter(project=flow).order_by("seq").values_list("kind", flat=True))
            assert kinds == ["project.created", "project.label_created"]
            assert list(flow.labels.values_list("name", flat=True)) == ["kept"]
            assert seqs(flow) == [1, 2]

    def test_stores_nothing_when_the_unit_fails(self, ada: User, acme: Organization, flow: Project) -> None:
        def work() -> None:
            with acting(ada, acme) as actor:
                create_label(actor=actor, project=get_project(actor=actor, key="FLOW"), name="never")
                raise Refused

        with pytest.raises(Refused):
            work()
        with acting(ada, acme):
            assert seqs(flow) == [1]

    def test_sends_each_fact_to_its_own_stream(self, ada: User, acme: Organization, flow: Project) -> None:
        with acting(ada, acme) as actor:
            create_label(actor=actor, project=get_project(actor=actor, key="FLOW"), name="x")
            invite(actor=actor, email="bo@example.test", role="member")
            create_api_token(actor=actor, name="ci", scopes=["read"])
        with acting(ada, acme):
            kinds = {
                event.kind: event.stream.kind
                for event in Event.objects.filter(request_id=Event.objects.latest("id").request_id).select_related(
                    "stream"
                )
            }
            assert kinds == {
                "project.label_created": Stream.Kind.PROJECT,
                "member.invited": Stream.Kind.ORGANIZATION,
                "token.created": Stream.Kind.PERSON,
            }

    def test_a_fact_that_is_not_logged_counts_and_leaves_no_row(
        self, ada: User, acme: Organization, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        told: list[tuple[str, Any]] = []
        monkeypatch.setattr(relay, "tell", told.extend)
        people = [ada, *(make_member(acme, name=f"P{n} X") for n in range(relay.FEW))]
        with run_as_system(org_id=acme.pk):
            before = dict(Stream.objects.filter(kind="person").values_list("user_id", "seq"))
            kept = Event.objects.count()
        for some in (people[:1], people[:3], people):
            told.clear()
            with TestCase.captureOnCommitCallbacks(execute=True), run_as_system(org_id=acme.pk) as actor:
                for person in some:
                    record(InboxReached(person_id=person.pk), actor=actor)
        with run_as_system(org_id=acme.pk):
            heads = dict(Stream.objects.filter(kind="person").values_list("user_id", "seq"))
            assert Event.objects.count() == kept
        steps = [heads[person.pk] - before[person.pk] for person in people]
        assert steps == [3, 2, 2, *[1] * (len(people) - 3)]
        # So many streams are told of in one message, however many they are.
        [(group, hint)] = told
        assert (group, hint["type"], len(hint["heads"])) == (relay.EVERY_HUB, "streams.grew", len(people))

    def test_a_persons_stream_is_seen_by_that_person_only(self, ada: User, acme: Organization) -> None:
        other = make_member(acme)
        with acting(ada, acme) as actor:
            create_api_token(actor=actor, name="ci", scopes=["read"])
        with acting(ada, acme):
            assert Event.objects.filter(kind=ApiTokenCreated.kind).count() == 1
        with acting(other, acme):
            assert Event.objects.filter(kind=ApiTokenCreated.kind).count() == 0

    def test_keeps_who_why_and_from_where(self, ada: User, acme: Organization, flow: Project) -> None:
        details = {"request_id": "r-1", "op": "op-1", "reason": "because", "address": "192.0.2.7"}
        with run_as(user_id=ada.pk, org_slug=acme.slug, **details) as actor:
            create_label(actor=actor, project=get_project(actor=actor, key="FLOW"), name="x")
        with acting(ada, acme):
            event = Event.objects.get(kind="project.label_created")
            assert (event.actor_id, event.request_id, event.op, event.reason, event.origin) == (
                ada.pk,
                "r-1",
                "op-1",
                "because",
                Origin.USER,
            )
            entry = LogEntry.objects.get(event_kind="project.label_created")
            assert (entry.actor_id, entry.remote_addr, entry.cid, entry.reason) == (
                ada.pk,
                "192.0.2.7",
                "r-1",
                "because",
            )
            assert entry.object_repr == "x"
            assert entry.action == LogEntry.Action.CREATE

    def test_needs_a_unit_of_work(self, ada: User, acme: Organization, flow: Project) -> None:
        with acting(ada, acme) as actor:
            pass
        with pytest.raises(RuntimeError):
            record(Fact(), actor=actor)
        with pytest.raises(RuntimeError):
            write_then_fail(actor=actor, project=flow)

    def test_costs_the_same_queries_for_one_fact_and_for_many(
        self, ada: User, acme: Organization, flow: Project, django_assert_num_queries: object
    ) -> None:
        def cost(count: int) -> int:
            before = len(connection.queries_log)
            connection.force_debug_cursor = True
            try:
                make_issues(acme, flow, ada, *(f"issue {number}" for number in range(count)))
            finally:
                connection.force_debug_cursor = False
            return len(connection.queries_log) - before

        connection.queries_log.clear()
        make_issues(acme, flow, ada, "warm-up")
        assert cost(5) == cost(15)


class TestChanges:
    def test_one_fact_holds_a_row_for_each_changed_field(self, ada: User, acme: Organization, flow: Project) -> None:
        (issue,) = make_issues(acme, flow, ada, "before")
        with acting(ada, acme) as actor:
            edit_issue(actor=actor, issue=issue, values={"title": "after", "points": "3", "description": ""})
        with acting(ada, acme):
            changes = Change.objects.filter(event__kind="issue.edited").order_by("field")
            assert [(change.field, change.old, change.new) for change in changes] == [
                ("points", None, "3"),
                ("title", "before", "after"),
            ]
            entry = LogEntry.objects.get(event_kind="issue.edited")
            assert entry.changes == {"points": [None, "3"], "title": ["before", "after"]}

    def test_project_changes_belong_to_no_issue(self, ada: User, acme: Organization, flow: Project) -> None:
        with acting(ada, acme) as actor:
            project = get_project(actor=actor, key="FLOW")
            edit_project(
                actor=actor,
                project=project,
                name="New",
                description="",
                visibility=project.visibility,
                template=project.template,
            )
        with acting(ada, acme):
            change = Change.objects.get(event__kind="project.edited")
            assert (change.field, change.new, change.issue_id) == ("name", "New", None)


class TestDeliveries:
    def test_a_fact_with_a_durable_handler_leaves_work_behind(self, ada: User, acme: Organization) -> None:
        with acting(ada, acme) as actor:
            invite(actor=actor, email="bo@example.test", role="member")
        with acting(ada, acme):
            assert Delivery.objects.filter(event__kind="member.invited").count() == 1

    def test_imported_facts_tell_nobody(self, ada: User, acme: Organization) -> None:
        with run_as(user_id=ada.pk, org_slug=acme.slug, origin=Origin.IMPORT) as actor:
            invite(actor=actor, email="bo@example.test", role="member")
        with acting(ada, acme):
            assert Delivery.objects.count() == 0


class TestHooks:
    def test_registering_twice_counts_once(self) -> None:
        before = (list(services._in_transaction), list(services._after_commit))
        services.with_every_fact(services._in_transaction[0])
        services.after_every_commit(services._after_commit[0])
        assert (services._in_transaction, services._after_commit) == before


class TestUnit:
    def test_the_system_has_no_name_and_every_right(self, acme: Organization, secret: Project, ada: User) -> None:
        (issue,) = make_issues(acme, secret, ada, "a")
        with run_as_system(org_id=acme.pk) as actor:
            assert actor.is_system
            add_comment(actor=actor, issue=issue, body="by nobody")
        with acting(ada, acme):
            assert Event.objects.get(kind="issue.commented").actor_id is None

    def test_an_empty_unit_writes_nothing(self, db: None) -> None:
        with unit_of_work() as unit:
            assert unit.collected == []

    def test_a_change_may_name_its_issue(self) -> None:
        assert FieldChange("title", "a", "b", issue_id=3).issue_id == 3
