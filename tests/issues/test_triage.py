"""What waits in Triage, who decides about it, and what each decision does and takes back."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts.models import User
from apps.boards.services import set_column_limit
from apps.core.errors import DomainError, Forbidden, Invalid, NotFound
from apps.core.tenancy import run_as_system
from apps.events.models import Event
from apps.issues import services
from apps.issues.models import Comment, Issue, IssueLink, Watcher
from apps.issues.selectors import Filters, get_triage, issue_page
from apps.issues.services import NewIssue, create_issues
from apps.issues.services.triage import carrying
from apps.orgs.models import Organization
from apps.projects.models import Project, Status, Transition
from apps.projects.policies import Role
from apps.projects.services import set_project_archived, set_triage
from apps.sprints.services import create_sprint
from tests.factories import acting, give_role, make_issues, make_member, make_project


def named(title: str) -> Issue:
    return Issue.objects.select_related("project", "status").get(title=title)


def status(name: str) -> Status:
    return Status.objects.get(name=name, project__key="FLOW")


@pytest.fixture
def gwen(acme: Organization, flow: Project, ada: User) -> User:
    """A guest who works in `flow`, which has Triage, and who reported two issues there."""
    guest = make_member(acme, "guest", "Gwen Guest")
    give_role(acme, flow, guest, "member")
    with acting(ada, acme) as actor:
        set_triage(actor=actor, project=flow, is_on=True)
    make_issues(acme, flow, guest, "a", "b")
    return guest


def picture() -> list[Any]:
    return [
        list(Issue.objects.order_by("pk").values_list()),
        list(IssueLink.objects.order_by("pk").values_list()),
        list(Watcher.objects.order_by("pk").values_list("issue_id", "user_id")),
        Comment.objects.count(),
    ]


@contextmanager
def refused(with_: type[DomainError], match: str = "") -> Iterator[None]:
    before = picture()
    with pytest.raises(with_, match=match or None):
        yield
    assert picture() == before


def facts(kind: str = "issue.triaged") -> list[Event]:
    return list(Event.objects.filter(kind=kind).order_by("id"))


class TestComingIn:
    def test_a_guests_issues_wait_and_are_nowhere_else(
        self, ada: User, acme: Organization, flow: Project, gwen: User
    ) -> None:
        with acting(ada, acme) as actor:
            sprint = create_sprint(actor=actor, project=flow, name="Next")
            set_column_limit(
                actor=actor,
                project=flow,
                column_id=status("In progress").columns.get().pk,
                limit=1,
                policy="block",
            )
            going_on = status("In progress")
        make_issues(acme, flow, ada, "inside", status=going_on)
        # Neither full columns nor where they would begin is asked: that is part of the decision.
        make_issues(acme, flow, gwen, "c", status=going_on, sprint_id=sprint.pk)
        make_issues(acme, flow, ada, "mine")
        with acting(ada, acme) as actor:
            waiting = named("c")
            assert (waiting.status.is_initial, waiting.sprint_id, waiting.resolved_at) == (True, None, None)
            shown = get_triage(actor=actor, project=flow)
            assert [each.title for each in shown.waiting] == ["a", "b", "c"]
            listed = issue_page(actor=actor, project=flow, filters=Filters()).issues
            assert {each.title for each in listed} == {"inside", "mine"}
            with refused(services.InTriage, match="FLOW-1 first"):
                services.move_issue(actor=actor, issue=named("a"), to=status("Done"))
            with refused(services.InTriage):
                services.bulk_edit(actor=actor, project=flow, issue_ids=[named("a").pk], values={"sprint": sprint.pk})
        with acting(gwen, acme) as actor:
            make_own = get_triage(actor=actor, project=flow)
            assert [each.title for each in make_own.waiting] == ["a", "b", "c"]
        other = make_member(acme, "guest", "Other Guest")
        give_role(acme, flow, other, "viewer")
        with acting(other, acme) as actor:
            assert get_triage(actor=actor, project=flow).waiting == []

    def test_what_others_store_waits_when_they_say_that_it_is_from_outside(
        self, ada: User, acme: Organization, flow: Project, gwen: User
    ) -> None:
        with acting(ada, acme) as actor:
            project = Project.objects.get(pk=flow.pk)
            one, two = create_issues(
                actor=actor,
                project=project,
                batch=[NewIssue(title="filed", is_from_outside=True), NewIssue(title="written")],
            )
            assert (one.triage_since is not None, two.triage_since) == (True, None)
            for _twice in range(2):
                set_triage(actor=actor, project=project, is_on=False)
        with acting(ada, acme):
            assert len(facts("project.edited")) == 2, "the second time changed nothing"
        with run_as_system(org_id=acme.pk) as actor:
            project = Project.objects.get(pk=flow.pk)
            (late,) = create_issues(actor=actor, project=project, batch=[NewIssue(title="late", is_from_outside=True)])
            assert late.triage_since is None  # switched off
            assert len(get_triage(actor=actor, project=project).waiting) == 3  # what waited still does

    def test_only_admins_switch_it(self, acme: Organization, flow: Project) -> None:
        member = make_member(acme)
        with acting(member, acme) as actor, pytest.raises(Forbidden):
            set_triage(actor=actor, project=flow, is_on=True)
        with acting(member, acme):
            assert not Project.objects.get(pk=flow.pk).has_triage


class TestWhoDecides:
    def test_members_and_admins_and_nobody_else(self, ada: User, acme: Organization, flow: Project, gwen: User) -> None:
        people = {}
        for role in (Role.VIEWER, Role.COMMENTER, Role.MEMBER):
            people[role] = make_member(acme, "guest", role.title())
            give_role(acme, flow, people[role], role)
        make_issues(acme, flow, ada, "whole")
        tries = (
            lambda actor: services.accept_issue(actor=actor, issue=named("a")),
            lambda actor: services.decline_issue(actor=actor, issue=named("a"), comment="No."),
            lambda actor: services.mark_duplicate(actor=actor, issue=named("a"), canonical=named("whole")),
            lambda actor: services.snooze_issue(actor=actor, issue=named("a"), until=tomorrow()),
            lambda actor: services.take_decision_back(actor=actor, issue=named("a")),
        )
        for person in (*people.values(), gwen):
            with acting(person, acme) as actor:
                for attempt in tries:
                    with refused(Forbidden):
                        attempt(actor)
        member = make_member(acme, "member", "Mel")
        with acting(member, acme) as actor:
            services.accept_issue(actor=actor, issue=named("a"))
            for attempt in tries[:4]:
                with refused(services.AlreadyDecided):
                    attempt(actor)
        with acting(ada, acme) as actor:
            with refused(Forbidden, match="Somebody else decided"):
                services.take_decision_back(actor=actor, issue=named("a"))
            services.archive_issue(actor=actor, issue=named("b"))
            with refused(services.AlreadyDecided):
                services.accept_issue(actor=actor, issue=named("b"))
            set_project_archived(actor=actor, project=Project.objects.get(pk=flow.pk), is_archived=True)
            with refused(Forbidden):
                services.accept_issue(actor=actor, issue=named("b"))


def tomorrow() -> Any:
    return timezone.localdate() + timedelta(days=1)


class TestAccept:
    def test_goes_to_the_end_of_the_chosen_status_with_what_was_chosen(
        self, ada: User, acme: Organization, flow: Project, gwen: User
    ) -> None:
        make_issues(acme, flow, ada, "inside")
        with acting(ada, acme) as actor:
            sprint = create_sprint(actor=actor, project=flow, name="Next")
            services.accept_issue(
                actor=actor,
                issue=named("a"),
                status_id=status("In progress").pk,
                sprint_id=sprint.pk,
                assignee=ada.pk,
                priority=3,
            )
            taken = named("a")
            assert (taken.status.name, taken.sprint_id, taken.assignee_id, taken.priority, taken.triage_since) == (
                "In progress",
                sprint.pk,
                ada.pk,
                3,
                None,
            )
            assert taken.rank > named("inside").rank
            assert Watcher.objects.filter(issue=taken, user=ada).exists()
            services.accept_issue(actor=actor, issue=named("b"))
            assert named("b").status.is_initial
        with acting(ada, acme):
            one, two = facts()
            assert {change.field: (change.old, change.new) for change in one.changes.all()} == {
                "status": (Status.objects.get(project=flow, is_initial=True).pk, status("In progress").pk),
                "assignee": (None, ada.pk),
                "priority": (0, 3),
                "sprint": (None, sprint.pk),
                "rank": (one.changes.get(field="rank").old, taken.rank),
                "triage": ("waiting", "accepted"),
            }
            assert set(two.changes.values_list("field", flat=True)) == {"rank", "triage"}

    def test_refuses_what_could_not_be_created_there(
        self, ada: User, acme: Organization, flow: Project, gwen: User
    ) -> None:
        make_project(acme, ada, "ELSE")
        make_issues(acme, flow, ada, "inside", status=None)
        with acting(ada, acme) as actor:
            going_on = status("In progress")
            elsewhere = Status.objects.filter(project__key="ELSE").first()
            assert elsewhere is not None
            with refused(NotFound):
                services.accept_issue(actor=actor, issue=named("a"), status_id=elsewhere.pk)
            with refused(NotFound):
                services.accept_issue(actor=actor, issue=named("a"), sprint_id=2**40)
            with refused(Invalid):
                services.accept_issue(actor=actor, issue=named("a"), assignee=2**40)
            services.move_issue(actor=actor, issue=named("inside"), to=going_on)
            set_column_limit(actor=actor, project=flow, column_id=going_on.columns.get().pk, limit=1, policy="block")
            with refused(services.ColumnFull):
                services.accept_issue(actor=actor, issue=named("a"), status_id=going_on.pk)
            Transition.objects.filter(target=going_on).update(required_fields=["points"])
            with refused(DomainError, match="Points"):
                services.accept_issue(actor=actor, issue=named("a"), status_id=going_on.pk)

    def test_what_the_workflow_lets_happen_happens_and_stays_when_it_is_taken_back(
        self, ada: User, acme: Organization, flow: Project, gwen: User
    ) -> None:
        with acting(ada, acme) as actor:
            Transition.objects.filter(target=status("In progress")).update(sets_priority=4)
            services.accept_issue(actor=actor, issue=named("a"), status_id=status("In progress").pk, priority=1)
            assert named("a").priority == 4
        with acting(ada, acme) as actor:
            services.take_decision_back(actor=actor, issue=named("a"))
            again = named("a")
            assert (again.priority, again.status.is_initial, again.triage_since is not None) == (4, True, True)

    def test_is_taken_back_whole(self, ada: User, acme: Organization, flow: Project, gwen: User) -> None:
        gone = make_member(acme, "member", "Gone")
        with acting(ada, acme) as actor:
            services.edit_issue(actor=actor, issue=named("a"), values={"assignee": gone.pk})
            since = named("a").triage_since
            sprint = create_sprint(actor=actor, project=flow, name="Next")
            services.accept_issue(
                actor=actor,
                issue=named("a"),
                status_id=status("Done").pk,
                sprint_id=sprint.pk,
                assignee=ada.pk,
                priority=3,
            )
            assert named("a").resolved_at is not None
        with acting(ada, acme) as actor:
            services.take_decision_back(actor=actor, issue=named("a"))
            again = named("a")
            assert (again.triage_since, again.sprint_id, again.assignee_id, again.priority, again.resolved_at) == (
                since,
                None,
                gone.pk,
                0,
                None,
            )
            with refused(services.NothingToTakeBack, match="already"):
                services.take_decision_back(actor=actor, issue=named("b"))
        with acting(ada, acme) as actor:
            with refused(services.NothingToTakeBack, match="already"):
                services.take_decision_back(actor=actor, issue=named("a"))
            # Where it stayed in its status, and whoever had it is not here any more.
            services.edit_issue(actor=actor, issue=named("b"), values={"assignee": gone.pk})
            services.accept_issue(actor=actor, issue=named("b"), assignee=ada.pk)
        with acting(ada, acme) as actor:
            User.objects.filter(pk=gone.pk).update(is_active=False)
            services.take_decision_back(actor=actor, issue=named("b"))
            again = named("b")
            assert (again.triage_since is not None, again.assignee_id) == (True, ada.pk)

    def test_is_not_taken_back_once_somebody_went_on_or_time_is_over(
        self, ada: User, acme: Organization, flow: Project, gwen: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with acting(ada, acme) as actor:
            services.accept_issue(actor=actor, issue=named("a"), assignee=ada.pk)
        with acting(ada, acme) as actor:
            services.accept_issue(actor=actor, issue=named("b"))
        with acting(ada, acme) as actor:
            services.move_issue(actor=actor, issue=named("a"), to=status("Done"))
        with acting(ada, acme) as actor:
            with refused(services.NothingToTakeBack, match="gone on"):
                services.take_decision_back(actor=actor, issue=named("a"))
            monkeypatch.setattr("apps.issues.services.triage.undoing.TAKE_BACK", timedelta(0))
            with refused(services.NothingToTakeBack, match="ten minutes"):
                services.take_decision_back(actor=actor, issue=named("b"))
            monkeypatch.undo()
            gone = named("b")
            services.delete_issue(actor=actor, issue=gone)
            with refused(NotFound):
                services.take_decision_back(actor=actor, issue=gone)


class TestDeclineAndSnooze:
    def test_decline_cancels_and_says_why_and_comes_back(
        self, ada: User, acme: Organization, flow: Project, gwen: User
    ) -> None:
        with acting(ada, acme) as actor:
            with refused(Invalid):
                services.decline_issue(actor=actor, issue=named("a"), comment="  ")
            services.decline_issue(actor=actor, issue=named("a"), comment="We do not do this.")
            no = named("a")
            assert (no.status.category, no.triage_since, no.resolved_at is not None) == ("cancelled", None, True)
            said = Comment.objects.get(issue=no)
            assert (said.body, said.author_id) == ("We do not do this.", ada.pk)
        with acting(ada, acme) as actor:
            (fact,) = facts()
            assert fact.data["comment_id"] == said.pk
            assert not facts("issue.commented")
            services.take_decision_back(actor=actor, issue=named("a"))
            assert Comment.objects.get(pk=said.pk).deleted_at is not None
            Status.objects.filter(project=flow, category="cancelled").update(category="done")
            with refused(services.NoCancelledStatus):
                services.decline_issue(actor=actor, issue=named("a"), comment="No.")

    def test_the_status_it_had_may_be_gone_when_it_comes_back(
        self, ada: User, acme: Organization, flow: Project, gwen: User
    ) -> None:
        with acting(ada, acme) as actor:
            was = named("a").status
            services.decline_issue(actor=actor, issue=named("a"), comment="No.")
            Status.objects.filter(pk=was.pk).update(is_initial=False, retired_at=timezone.now())
            Status.objects.filter(pk=status("In review").pk).update(is_initial=True)
        with acting(ada, acme) as actor:
            services.take_decision_back(actor=actor, issue=named("a"))
            assert named("a").status.name == "In review"

    def test_snooze_hides_until_its_day(
        self, ada: User, acme: Organization, flow: Project, gwen: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with acting(ada, acme) as actor:
            for until in (timezone.localdate(), timezone.localdate() + timedelta(days=400)):
                with refused(Invalid, match="within a year"):
                    services.snooze_issue(actor=actor, issue=named("a"), until=until)
            services.snooze_issue(actor=actor, issue=named("a"), until=tomorrow())
        with acting(ada, acme) as actor:
            services.snooze_issue(actor=actor, issue=named("a"), until=tomorrow())
            assert len(facts()) == 1
            shown = get_triage(actor=actor, project=flow)
            assert ([each.title for each in shown.waiting], [each.title for each in shown.snoozed]) == (["b"], ["a"])
            day = tomorrow()
            monkeypatch.setattr("apps.issues.selectors.triage.timezone.localdate", lambda: day)
            assert [each.title for each in get_triage(actor=actor, project=flow).waiting] == ["a", "b"]
            monkeypatch.undo()
            services.snooze_issue(actor=actor, issue=named("a"), until=tomorrow() + timedelta(days=3))
        with acting(ada, acme) as actor:
            services.take_decision_back(actor=actor, issue=named("a"))
            assert named("a").snoozed_until == tomorrow()
        with acting(ada, acme) as actor:
            services.snooze_issue(actor=actor, issue=named("b"), until=tomorrow())
        with acting(ada, acme) as actor:
            services.take_decision_back(actor=actor, issue=named("b"))
            assert named("b").snoozed_until is None


class TestDuplicate:
    def test_links_and_watchers_go_to_the_other_issue_and_come_back(
        self, ada: User, acme: Organization, flow: Project, gwen: User
    ) -> None:
        make_issues(acme, flow, ada, "whole", "x", "y", "z")
        with acting(ada, acme) as actor:
            for source, target, kind in (
                ("a", "x", "blocks"),  # goes
                ("y", "a", "relates"),  # goes
                ("b", "a", "relates"),  # goes, the other way round
                ("a", "whole", "relates"),  # would lead to itself
                ("z", "a", "relates"),  # is there already
                ("z", "whole", "relates"),
                ("a", "z", "blocks"),  # would be a circle
                ("z", "whole", "blocks"),
            ):
                services.link_issues(actor=actor, source=named(source), target=named(target), kind=kind)
            services.add_comment(actor=actor, issue=named("a"), body="Still here.")
            before = set(IssueLink.objects.values_list("source__title", "target__title", "kind"))
            services.mark_duplicate(actor=actor, issue=named("a"), canonical=named("whole"))
            links = set(IssueLink.objects.values_list("source__title", "target__title", "kind"))
            assert {(s, t, k) for s, t, k in links if "whole" in (s, t)} == {
                ("whole", "x", "blocks"),
                ("whole", "y", "relates"),
                ("b", "whole", "relates"),
                ("a", "whole", "relates"),
                ("whole", "z", "relates"),
                ("z", "whole", "blocks"),
                ("a", "whole", "duplicates"),
            }
            assert ("a", "z", "blocks") in links
            assert set(Watcher.objects.filter(issue=named("whole")).values_list("user_id", flat=True)) == {
                ada.pk,
                gwen.pk,
            }
            assert Comment.objects.get().issue_id == named("a").pk
            assert named("a").status.category == "cancelled"
        with acting(ada, acme):
            (fact,) = facts()
            assert fact.changes.get(field="duplicates").new == named("whole").pk
            told = {event.issue_id for event in facts("issue.linked")[-4:]}
            assert told == {named("whole").pk, named("x").pk, named("y").pk, named("b").pk}
        with acting(ada, acme) as actor:
            services.take_decision_back(actor=actor, issue=named("a"))
            assert set(IssueLink.objects.values_list("source__title", "target__title", "kind")) == before
            assert set(Watcher.objects.filter(issue=named("whole")).values_list("user_id", flat=True)) == {ada.pk}
            assert named("a").triage_since is not None

    def test_refuses_itself_and_what_is_gone_or_not_theirs(
        self, ada: User, acme: Organization, flow: Project, gwen: User
    ) -> None:
        make_issues(acme, flow, ada, "whole")
        read_only = make_project(acme, ada, "READ", visibility="private")
        make_issues(acme, read_only, ada, "away")
        mel = make_member(acme, "member", "Mel")
        give_role(acme, read_only, mel, "viewer")
        with acting(mel, acme) as actor, refused(Forbidden):
            services.mark_duplicate(actor=actor, issue=named("a"), canonical=named("away"))
        with acting(ada, acme) as actor:
            with refused(Invalid):
                services.mark_duplicate(actor=actor, issue=named("a"), canonical=named("a"))
            # Nobody hears of what they may not see: the guest is no watcher there.
            services.mark_duplicate(actor=actor, issue=named("a"), canonical=named("away"))
            assert set(Watcher.objects.filter(issue=named("away")).values_list("user_id", flat=True)) == {ada.pk}
            gone = named("whole")
            services.delete_issue(actor=actor, issue=gone)
            with refused(NotFound):
                services.mark_duplicate(actor=actor, issue=named("b"), canonical=gone)

    def test_links_beyond_the_limit_or_to_what_is_not_theirs_stay_and_the_cost_is_constant(
        self,
        ada: User,
        acme: Organization,
        flow: Project,
        gwen: User,
        monkeypatch: pytest.MonkeyPatch,
        django_assert_num_queries: Any,
    ) -> None:
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        make_issues(acme, flow, ada, "whole", "other", "x1", "x2", "x3", "y1")
        mel = make_member(acme, "member", "Mel")
        with acting(ada, acme) as actor:
            for name in ("x1", "x2", "x3"):
                services.link_issues(actor=actor, source=named("a"), target=named(name), kind="relates")
            services.link_issues(actor=actor, source=named("b"), target=named("y1"), kind="relates")
        counts = []
        for title, canonical in (("b", "other"), ("a", "whole")):
            with (
                acting(mel, acme) as actor,
                CaptureQueriesContext(
                    connection,
                ) as queries,
            ):
                services.mark_duplicate(actor=actor, issue=named(title), canonical=named(canonical))
            counts.append(len(queries))
        assert counts[0] == counts[1]
        monkeypatch.setattr(carrying, "MOST_LINKS", 6)
        with acting(mel, acme) as actor:
            services.take_decision_back(actor=actor, issue=named("a"))
        make_issues(acme, flow, ada, "z1")
        with acting(mel, acme) as actor:
            services.link_issues(actor=actor, source=named("z1"), target=named("whole"), kind="relates")
        monkeypatch.setattr(carrying, "MOST_LINKS", 2)
        with acting(mel, acme) as actor:
            services.mark_duplicate(actor=actor, issue=named("a"), canonical=named("whole"))
            assert IssueLink.objects.filter(source=named("a"), kind="relates").count() == 2


class TestPages:
    def test_a_page_costs_the_same_however_much_waits(
        self, ada: User, acme: Organization, flow: Project, gwen: User, client: Client
    ) -> None:
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        client.force_login(ada)
        address = f"/{acme.slug}/FLOW/triage/"
        client.get(address)
        counts = []
        for more in (0, 6):
            make_issues(acme, flow, gwen, *(f"more {number}" for number in range(more)))
            with CaptureQueriesContext(connection) as queries:
                page = client.get(address).content.decode()
            counts.append(len(queries))
            assert page.count("data-triage-issue") == 2 + more
        assert counts[0] == counts[1]

    def test_decides_without_script_and_says_what_is_wrong(
        self, ada: User, acme: Organization, flow: Project, gwen: User, client: Client
    ) -> None:
        client.force_login(ada)
        home = f"/{acme.slug}/FLOW/triage/"
        assert "Decline FLOW-1" in client.get(f"{home}1/decline/").content.decode()
        assert client.post(f"{home}1/decline/", {"body": " "}).status_code == 422
        answer = client.post(f"{home}1/decline/", {"body": "No."}, follow=True)
        assert "FLOW-1 is declined." in answer.content.decode()
        refused_again = client.post(f"{home}1/decline/", {"body": "No."})
        assert (refused_again.status_code, "decided about it already" in refused_again.content.decode()) == (422, True)
        assert "FLOW-1 waits again." in client.post(f"{home}1/undo/", follow=True).content.decode()
        assert "There is no issue" in client.post(f"{home}1/duplicate/", {"value": "FLOW-99"}).content.decode()
        assert client.post(f"{home}2/duplicate/", {"value": f"http://x/{acme.slug}/issue/flow-1/"}).status_code == 302
        assert client.post(f"{home}1/snooze/", {"until": tomorrow().isoformat()}).status_code == 302
        page = client.get(home).content.decode()
        assert "Nothing waits" in page
        assert "Snoozed" in page

    def test_teaches_whoever_has_no_triage_and_guests_what_is_theirs(
        self, ada: User, acme: Organization, flow: Project, client: Client
    ) -> None:
        client.force_login(ada)
        home = f"/{acme.slug}/FLOW/"
        assert "/triage/" not in client.get(f"{home}board/").content.decode()
        assert "Switch it on in the settings" in client.get(f"{home}triage/").content.decode()
        client.post(f"{home}settings/triage/", {"is_on": "1"})
        assert f"{home}triage/" in client.get(f"{home}board/").content.decode()
        guest = make_member(acme, "guest", "Gwen Guest")
        give_role(acme, flow, guest, "member")
        own = Client()
        own.force_login(guest)
        assert "Nothing of yours waits" in own.get(f"{home}triage/").content.decode()
        answer = own.post(
            f"{home}board/create/",
            {"title": "Mine", "column": str(self._column(acme, ada))},
            headers={"X-Requested-With": "XMLHttpRequest"},
        )
        assert "It waits in Triage" in answer.content.decode()
        page = own.get(f"{home}triage/").content.decode()
        assert "Mine" in page
        assert "data-decide=" not in page
        assert own.get(f"{home}triage/1/accept/").status_code == 403
        assert "waits in Triage" in own.get(f"/{acme.slug}/issue/FLOW-1/").content.decode()

    def _column(self, acme: Organization, ada: User) -> int:
        with acting(ada, acme):
            return status("To do").columns.get().pk
