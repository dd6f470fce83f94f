"""What people keep for themselves: favourites, and what they looked at last."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts.models import User
from apps.core.errors import Forbidden, NotFound
from apps.core.tenancy import Actor, at_moment, run_as_system
from apps.events.models import Event, Stream
from apps.issues import services
from apps.issues.models import Issue, IssueStar, Visit
from apps.issues.services.keeping import MOST_VISITS
from apps.orgs.models import Organization
from apps.projects.models import Project
from tests.factories import acting, make_issues, make_member

Keep = Callable[[Actor, Issue], None]


def star(actor: Actor, issue: Issue) -> None:
    services.set_issue_starred(actor=actor, issue=issue, is_starred=True)


def visit(actor: Actor, issue: Issue) -> None:
    services.note_visit(actor=actor, issue=issue)


def fresh(issue: Issue) -> Issue:
    return Issue.objects.select_related("project").get(pk=issue.pk)


@pytest.fixture
def issue(ada: User, acme: Organization, flow: Project) -> Issue:
    return make_issues(acme, flow, ada, "a")[0]


class TestSetIssueStarred:
    def test_says_so_once_in_the_persons_own_stream(self, ada: User, acme: Organization, issue: Issue) -> None:
        with acting(ada, acme) as actor:
            star(actor, fresh(issue))
            star(actor, fresh(issue))
        with acting(ada, acme) as actor:
            assert IssueStar.objects.count() == 1
            [event] = Event.objects.filter(kind="issue.starred").select_related("stream")
            assert (event.stream.kind, event.user_id, event.data["is_starred"]) == (Stream.Kind.PERSON, ada.pk, True)
            services.set_issue_starred(actor=actor, issue=fresh(issue), is_starred=False)
            assert not IssueStar.objects.exists()

    def test_is_seen_by_nobody_else(self, ada: User, acme: Organization, issue: Issue) -> None:
        with acting(ada, acme) as actor:
            star(actor, fresh(issue))
            visit(actor, fresh(issue))
        with acting(make_member(acme), acme) as actor:
            assert not IssueStar.objects.exists()
            assert not Visit.objects.exists()
            assert not Event.objects.filter(kind="issue.starred").exists()
            star(actor, fresh(issue))
            assert IssueStar.objects.count() == 1

    def test_leaves_the_issue_as_it_was(self, ada: User, acme: Organization, issue: Issue) -> None:
        with acting(ada, acme) as actor:
            star(actor, fresh(issue))
            assert fresh(issue).version == issue.version


@pytest.mark.parametrize("keep", [star, visit])
class TestBoth:
    def test_refuse_those_who_do_not_see_the_issue(
        self, ada: User, acme: Organization, secret: Project, keep: Keep
    ) -> None:
        (hidden,) = make_issues(acme, secret, ada, "a")
        with acting(ada, acme):
            found = fresh(hidden)
        with acting(make_member(acme), acme) as actor, pytest.raises(NotFound):
            keep(actor, found)

    def test_refuse_flowboard_itself(self, acme: Organization, issue: Issue, keep: Keep) -> None:
        with run_as_system(org_id=acme.pk) as actor, pytest.raises(Forbidden):
            keep(actor, fresh(issue))


class TestNoteVisit:
    def test_moves_what_is_seen_again_to_the_front(self, ada: User, acme: Organization, issue: Issue) -> None:
        with acting(ada, acme) as actor:
            for hours in (2, 1):
                with at_moment(timezone.now() - timedelta(hours=hours)):
                    visit(actor, fresh(issue))
            seen = Visit.objects.get()
            assert timedelta(minutes=59) < timezone.now() - seen.seen_at < timedelta(minutes=61)
            assert not Event.objects.filter(user_id=ada.pk).exists()

    def test_forgets_the_oldest(self, ada: User, acme: Organization, flow: Project) -> None:
        issues = make_issues(acme, flow, ada, *(f"number {number}" for number in range(MOST_VISITS + 2)))
        with acting(ada, acme) as actor:
            for minutes, each in enumerate(reversed(issues)):
                with at_moment(timezone.now() - timedelta(minutes=minutes)):
                    Visit.objects.create(
                        org=acme,
                        project=flow,
                        issue=each,
                        user=ada,
                        seen_at=timezone.now() - timedelta(minutes=minutes),
                    )
            visit(actor, fresh(issues[-1]))
            kept = set(Visit.objects.values_list("issue_id", flat=True))
        assert kept == {each.pk for each in issues[2:]}


class TestPages:
    def test_a_star_returns_to_where_it_was_pressed(
        self, client: Client, ada: User, acme: Organization, issue: Issue
    ) -> None:
        client.force_login(ada)
        address = f"/{acme.slug}/issue/FLOW-1/star/"
        for back, leads_to in (
            (f"/{acme.slug}/my-issues/?view=created", f"/{acme.slug}/my-issues/?view=created"),
            ("//evil.test/", f"/{acme.slug}/issue/FLOW-1/"),
            ("", f"/{acme.slug}/issue/FLOW-1/"),
        ):
            answer = client.post(address, {"star": "1", "next": back})
            assert (answer.status_code, answer["Location"]) == (302, leads_to)

    def test_a_script_gets_the_favourites_as_they_are_now(
        self, client: Client, ada: User, acme: Organization, issue: Issue
    ) -> None:
        client.force_login(ada)
        scripted: dict[str, Any] = {"HTTP_X_REQUESTED_WITH": "XMLHttpRequest"}
        for path, name in (
            (f"/{acme.slug}/issue/FLOW-1/star/", "FLOW-1"),
            (f"/{acme.slug}/FLOW/star/", "Project FLOW"),
        ):
            assert name in client.post(path, {"star": "1"}, **scripted).content.decode()
            assert name not in client.post(path, {"star": "0"}, **scripted).content.decode()

    def test_a_visit_answers_nothing(self, client: Client, ada: User, acme: Organization, issue: Issue) -> None:
        client.force_login(ada)
        assert client.post(f"/{acme.slug}/issue/FLOW-1/seen/").status_code == 204
        with acting(ada, acme):
            assert Visit.objects.count() == 1

    def test_choices_are_those_of_the_issues_project(
        self, client: Client, ada: User, acme: Organization, issue: Issue
    ) -> None:
        client.force_login(ada)
        make_member(acme, name="Mateo Ruiz")
        statuses = client.get(f"/{acme.slug}/issue/FLOW-1/choices/").content.decode()
        assert "In progress" in statuses
        assert 'aria-checked="true"' in statuses
        people = client.get(f"/{acme.slug}/issue/FLOW-1/choices/?field=assignee").content.decode()
        assert "Mateo Ruiz" in people
        assert "Nobody" in people
