"""Threads: replies to comments, what becomes of them when one is deleted, and that they are resolved."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.core.errors import Forbidden, Invalid
from apps.core.tenancy import Actor
from apps.events.models import Change, Event
from apps.issues import services
from apps.issues.activity import SHOWN_REPLIES, Entry, activity, said_in
from apps.issues.models import Comment, Issue
from apps.issues.selectors import get_comment, get_issue
from apps.orgs.models import Organization
from apps.projects.models import Project
from apps.projects.policies import Role
from tests.factories import acting, give_role, make_issues, make_member, make_project


@pytest.fixture
def issue(ada: User, acme: Organization, flow: Project) -> Issue:
    return make_issues(acme, flow, ada, "Catch up after a restart", "Another one")[0]


@pytest.fixture
def first(ada: User, acme: Organization, issue: Issue) -> Comment:
    with acting(ada, acme) as actor:
        return services.add_comment(actor=actor, issue=get_issue(actor=actor, key="FLOW-1"), body="It *hangs*.")


@pytest.fixture
def client(ada: User) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(ada)
    return client


def reply(user: User, org: Organization, to: Comment, body: str) -> Comment:
    with acting(user, org) as actor:
        found = get_comment(actor=actor, comment_id=to.pk)
        return services.add_comment(actor=actor, issue=found.issue, body=body, reply_to=found)


def settle(user: User, org: Organization, comment: Comment, *, is_resolved: bool) -> None:
    with acting(user, org) as actor:
        found = get_comment(actor=actor, comment_id=comment.pk)
        services.set_thread_resolved(actor=actor, comment=found, is_resolved=is_resolved)


def delete(user: User, org: Organization, comment: Comment) -> None:
    with acting(user, org) as actor:
        services.delete_comment(actor=actor, comment=get_comment(actor=actor, comment_id=comment.pk))


def feed_of(actor: Actor) -> list[Entry]:
    return activity(actor=actor, issue=get_issue(actor=actor, key="FLOW-1"))


def threads(user: User, org: Organization) -> list[Entry]:
    with acting(user, org) as actor:
        return [entry for entry in feed_of(actor) if entry.kind == "comment"]


class TestReply:
    def test_stands_below_its_comment_and_a_reply_to_a_reply_joins_the_thread(
        self, ada: User, acme: Organization, first: Comment
    ) -> None:
        mateo = make_member(acme)
        with acting(ada, acme) as actor:
            services.add_comment(actor=actor, issue=get_issue(actor=actor, key="FLOW-1"), body="Something else.")
        second = reply(mateo, acme, first, "On my machine, too.")
        third = reply(ada, acme, second, "Then it is the clock.")
        assert {second.thread_id, third.thread_id} == {first.pk}
        thread, other = threads(mateo, acme)
        assert [entry.text for entry in thread.replies] == ["On my machine, too.", "Then it is the clock."]
        assert (thread.is_open_thread, other.is_open_thread) == (True, False)
        assert [entry.can_edit for entry in thread.replies] == [True, False]
        assert [entry.id for entry in said_in([thread])] == [first.pk, second.pk, third.pk]
        with acting(ada, acme):
            data = Event.objects.filter(kind="issue.commented").order_by("id").values_list("data", flat=True)
            assert [each["thread_id"] for each in data] == [None, None, first.pk, first.pk]

    def test_is_for_those_who_may_comment_and_within_one_issue(
        self, ada: User, acme: Organization, first: Comment
    ) -> None:
        viewer = make_member(acme)
        secret = make_project(acme, ada, "SEC", visibility="private")
        make_issues(acme, secret, ada, "s")
        give_role(acme, secret, viewer, Role.VIEWER)
        with acting(ada, acme) as actor:
            other = get_issue(actor=actor, key="FLOW-2")
            with pytest.raises(Invalid):
                services.add_comment(actor=actor, issue=other, body="Elsewhere.", reply_to=first)
            theirs = services.add_comment(actor=actor, issue=get_issue(actor=actor, key="SEC-1"), body="Secret.")
        with pytest.raises(Forbidden):
            reply(viewer, acme, theirs, "Me too.")
        with pytest.raises(Forbidden):
            settle(viewer, acme, theirs, is_resolved=True)
        with acting(ada, acme):
            assert Comment.objects.count() == 2

    def test_of_which_there_are_many_wait_behind_a_line(self, ada: User, acme: Organization, first: Comment) -> None:
        every = [reply(ada, acme, first, f"Reply {number}.").pk for number in range(SHOWN_REPLIES + 1)]
        assert threads(ada, acme)[0].earlier == (), "one alone is shown"
        every.append(reply(ada, acme, first, "One more.").pk)
        [thread] = threads(ada, acme)
        assert [entry.id for entry in thread.earlier] == every[:2]
        assert [entry.id for entry in thread.latest] == every[2:]

    def test_costs_the_same_queries_however_many_there_are(
        self, ada: User, client: Client, acme: Organization, first: Comment
    ) -> None:
        def grow(times: int) -> int:
            for number in range(times):
                thread = first if number % 2 else reply(ada, acme, first, "Well?")
                settle(ada, acme, reply(ada, acme, thread, "It hangs, @ada."), is_resolved=number % 3 == 0)
            with CaptureQueriesContext(connection) as queries:
                assert client.get(f"/{acme.slug}/issue/FLOW-1/").status_code == 200
            return len(queries)

        assert grow(3) == grow(6)

    def test_does_quick_actions_of_its_text(
        self, ada: User, client: Client, acme: Organization, first: Comment
    ) -> None:
        path = f"/{acme.slug}/comments/{first.pk}/reply/"
        page = client.post(path, {"body": "Mine.\n/assign me"}, follow=True).content.decode()
        assert "Mine." in page
        [thread] = threads(ada, acme)
        assert [entry.text for entry in thread.replies] == ["Mine."]
        client.post(path, {"body": "/assign none"})
        assert len(threads(ada, acme)[0].replies) == 1, "actions alone are no reply"

    def test_by_forms_alone_keeps_what_was_refused(
        self, ada: User, client: Client, acme: Organization, first: Comment
    ) -> None:
        path = f"/{acme.slug}/comments/{first.pk}/reply/"
        page = client.post(path, {"body": "Restart *it*."}, follow=True).content.decode()
        assert "Your reply is added." in page
        assert re.search(r'class="comment reply".*Restart <em>it</em>', page, re.DOTALL)
        page = client.post(path, {"field": "reply", "body": "Keep this.\n/due whenever"}).content.decode()
        refused = page[page.index(f'id="write-reply-{first.pk}"') :]
        assert refused[: refused.index("</textarea>")].endswith("Keep this.\n/due whenever")


class TestDeleting:
    def test_the_first_comment_leaves_its_place_while_replies_are_there(
        self, ada: User, client: Client, acme: Organization, first: Comment
    ) -> None:
        second, third = (reply(ada, acme, first, body) for body in ("Mine, too.", "And mine."))
        settle(ada, acme, first, is_resolved=True)
        settle(ada, acme, first, is_resolved=False)
        delete(ada, acme, first)
        [thread] = threads(ada, acme)
        assert (thread.is_deleted, thread.text, str(thread.text_html), thread.author) == (True, "", "", None)
        assert [entry.id for entry in thread.replies] == [second.pk, third.pk]
        assert thread.handle == second.pk
        page = client.get(f"/{acme.slug}/issue/FLOW-1/").content.decode()
        assert "This comment was deleted." in page
        assert "hangs" not in page
        # The thread goes on: it is replied to, and resolved, by what is left of it.
        client.post(f"/{acme.slug}/comments/{thread.handle}/reply/", {"body": "Still talking."})
        client.post(f"/{acme.slug}/comments/{thread.handle}/resolve/", {"resolved": "1"})
        [thread] = threads(ada, acme)
        assert (len(thread.replies), thread.resolved_by) == (3, ada)
        assert "A deleted comment" in client.get(f"/{acme.slug}/issue/FLOW-1/").content.decode()
        for entry in thread.replies:
            with acting(ada, acme) as actor:
                services.delete_comment(actor=actor, comment=get_comment(actor=actor, comment_id=entry.id))
        assert threads(ada, acme) == []


class TestResolving:
    def test_is_written_down_with_who_and_when_and_taken_back(
        self, ada: User, client: Client, acme: Organization, first: Comment
    ) -> None:
        mateo = make_member(acme)
        second = reply(mateo, acme, first, "Restart it.")
        settle(mateo, acme, second, is_resolved=True)
        settle(ada, acme, first, is_resolved=True)
        [thread] = threads(ada, acme)
        assert (thread.resolved_by, thread.is_open_thread) == (mateo, False), "who did it first did it"
        page = client.get(f"/{acme.slug}/issue/FLOW-1/").content.decode()
        assert "Resolved by Mateo Ruiz" in page
        settle(ada, acme, first, is_resolved=False)
        settle(ada, acme, first, is_resolved=False)
        [thread] = threads(ada, acme)
        assert (thread.resolved_by, thread.resolved_at, thread.is_open_thread) == (None, None, True)
        with acting(ada, acme) as actor:
            changes = Change.objects.filter(field="resolved_thread").order_by("id")
            assert list(changes.values_list("old", "new")) == [(None, first.pk), (first.pk, None)]
            told = [entry.sentence_html.striptags() for entry in feed_of(actor) if entry.kind == "fact"]
            assert told[-2:] == ["Mateo Ruiz resolved a thread", "Ada Okafor opened a thread again"]

    def test_ends_when_somebody_replies(self, ada: User, acme: Organization, first: Comment) -> None:
        mateo = make_member(acme)
        settle(ada, acme, first, is_resolved=True)
        reply(mateo, acme, first, "Not yet.")
        assert threads(ada, acme)[0].is_open_thread
        with acting(ada, acme) as actor:
            assert feed_of(actor)[-1].sentence_html.striptags() == "Mateo Ruiz opened a thread again"
        reply(ada, acme, first, "Now?")
        with acting(ada, acme):
            assert Event.objects.filter(kind="comment.resolved").count() == 2

    def test_by_forms_alone(self, ada: User, client: Client, acme: Organization, first: Comment) -> None:
        reply(ada, acme, first, "Restart it.")
        path = f"/{acme.slug}/comments/{first.pk}/resolve/"
        page = client.get(f"/{acme.slug}/issue/FLOW-1/").content.decode()
        assert "unresolved thread. Go to it" in page
        page = client.post(path, {"resolved": "1"}, follow=True).content.decode()
        assert "The thread is resolved." in page
        assert "unresolved thread" not in page
        assert "The thread is open again." in client.post(path, {"resolved": "0"}, follow=True).content.decode()
