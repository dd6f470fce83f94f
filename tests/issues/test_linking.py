"""Links between issues, what their two sides say, and which are refused."""

import pytest

from apps.accounts.models import User
from apps.core.errors import Forbidden, Invalid, NotFound
from apps.events.models import Change, Event
from apps.issues import services
from apps.issues.models import Issue, IssueLink
from apps.issues.selectors import list_links
from apps.issues.services import linking
from apps.orgs.models import Organization
from apps.projects.models import Project
from apps.projects.policies import Role
from tests.factories import acting, give_role, make_issues, make_member


def issue(title: str) -> Issue:
    return Issue.objects.select_related("project", "status").get(title=title)


class TestLinkIssues:
    def test_stands_in_both_histories_under_its_name_on_each_side(
        self, ada: User, acme: Organization, flow: Project
    ) -> None:
        make_issues(acme, flow, ada, "a", "b")
        with acting(ada, acme) as actor:
            services.link_issues(actor=actor, source=issue("a"), target=issue("b"), kind="blocks")
            out, back = list_links(actor=actor, issue=issue("a")), list_links(actor=actor, issue=issue("b"))
            assert [(link.name, link.key, link.is_open) for link in out] == [("blocks", "FLOW-2", True)]
            assert [(link.name, link.key, link.is_open) for link in back] == [("is blocked by", "FLOW-1", True)]
            assert (issue("a").version, issue("b").version) == (2, 2)
        with acting(ada, acme):
            facts = Event.objects.filter(kind="issue.linked").order_by("seq")
            assert [fact.issue_id for fact in facts] == [issue("a").pk, issue("b").pk]
            assert set(Change.objects.filter(event__in=facts).values_list("field", "new")) == {
                ("blocks", issue("b").pk),
                ("blocks_in", issue("a").pk),
            }

    def test_a_second_time_changes_nothing(self, ada: User, acme: Organization, flow: Project) -> None:
        make_issues(acme, flow, ada, "a", "b")
        with acting(ada, acme) as actor:
            one = services.link_issues(actor=actor, source=issue("a"), target=issue("b"), kind="relates")
            two = services.link_issues(actor=actor, source=issue("b"), target=issue("a"), kind="relates")
            assert one == two
            assert issue("a").version == 2

    def test_refuses_what_would_wait_for_itself(self, ada: User, acme: Organization, flow: Project) -> None:
        make_issues(acme, flow, ada, "a", "b", "c")
        with acting(ada, acme) as actor:
            services.link_issues(actor=actor, source=issue("a"), target=issue("b"), kind="blocks")
            services.link_issues(actor=actor, source=issue("b"), target=issue("c"), kind="blocks")
            with pytest.raises(services.BlocksInACircle, match="FLOW-1 already blocks FLOW-3"):
                services.link_issues(actor=actor, source=issue("c"), target=issue("a"), kind="blocks")
            # What only belongs together may stand in a circle.
            services.link_issues(actor=actor, source=issue("c"), target=issue("a"), kind="relates")
            services.link_issues(actor=actor, source=issue("c"), target=issue("a"), kind="duplicates")
            assert IssueLink.objects.count() == 4

    def test_refuses_nonsense_and_changes_nothing(
        self, ada: User, acme: Organization, flow: Project, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        make_issues(acme, flow, ada, "a", "b", "c")
        with acting(ada, acme) as actor:
            with pytest.raises(Invalid):
                services.link_issues(actor=actor, source=issue("a"), target=issue("a"), kind="blocks")
            with pytest.raises(Invalid):
                services.link_issues(actor=actor, source=issue("a"), target=issue("b"), kind="loves")
            monkeypatch.setattr(linking, "MOST_LINKS", 1)
            services.link_issues(actor=actor, source=issue("a"), target=issue("b"), kind="blocks")
            with pytest.raises(Invalid, match="at most 1 links"):
                services.link_issues(actor=actor, source=issue("a"), target=issue("c"), kind="blocks")
            gone = issue("c")
            services.delete_issue(actor=actor, issue=gone)
            with pytest.raises(NotFound):
                services.link_issues(actor=actor, source=issue("b"), target=gone, kind="blocks")
            assert IssueLink.objects.count() == 1

    def test_asks_for_the_right_to_edit_both(
        self, ada: User, acme: Organization, flow: Project, secret: Project
    ) -> None:
        make_issues(acme, flow, ada, "a")
        make_issues(acme, secret, ada, "s")
        viewer = make_member(acme)
        give_role(acme, secret, viewer, Role.VIEWER)
        with acting(viewer, acme) as actor, pytest.raises(Forbidden):
            services.link_issues(actor=actor, source=issue("a"), target=issue("s"), kind="blocks")

    def test_to_a_private_project_is_hidden_from_everybody_else(
        self, ada: User, acme: Organization, flow: Project, secret: Project
    ) -> None:
        make_issues(acme, flow, ada, "a")
        make_issues(acme, secret, ada, "s")
        member = make_member(acme)
        with acting(ada, acme) as actor:
            services.link_issues(actor=actor, source=issue("s"), target=issue("a"), kind="blocks")
            assert [link.key for link in list_links(actor=actor, issue=issue("a"))] == ["SECRET-1"]
        with acting(member, acme) as actor:
            assert list_links(actor=actor, issue=issue("a")) == []
            assert not IssueLink.objects.exists()


class TestUnlinkIssues:
    def test_takes_it_away_on_both_sides(self, ada: User, acme: Organization, flow: Project) -> None:
        make_issues(acme, flow, ada, "a", "b")
        with acting(ada, acme) as actor:
            link = services.link_issues(actor=actor, source=issue("a"), target=issue("b"), kind="blocks")
            services.unlink_issues(actor=actor, link=link)
            assert list_links(actor=actor, issue=issue("a")) == []
            assert issue("b").version == 3
            with pytest.raises(NotFound):
                services.unlink_issues(actor=actor, link=link)
        with acting(ada, acme):
            assert Event.objects.filter(kind="issue.linked", data__is_linked=False).count() == 2

    def test_is_refused_to_readers(self, ada: User, acme: Organization, secret: Project) -> None:
        make_issues(acme, secret, ada, "a", "b")
        viewer = make_member(acme)
        give_role(acme, secret, viewer, Role.VIEWER)
        with acting(ada, acme) as actor:
            services.link_issues(actor=actor, source=issue("a"), target=issue("b"), kind="blocks")
        with acting(viewer, acme) as actor:
            link = IssueLink.objects.select_related("source__project", "target__project").get()
            with pytest.raises(Forbidden):
                services.unlink_issues(actor=actor, link=link)
            assert IssueLink.objects.exists()
