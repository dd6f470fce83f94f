"""Moving issues: where they land, what is recorded, and what is refused without a trace."""

import pytest
from django.db import IntegrityError

from apps.accounts.models import User
from apps.boards.models import Column
from apps.boards.services import set_column_limit
from apps.core.errors import Forbidden, Invalid, NotFound
from apps.core.tenancy import run_as_system
from apps.events.models import Change, Event
from apps.issues import services
from apps.issues.models import Issue
from apps.issues.rank import LONG, rank_among
from apps.issues.services import moving
from apps.issues.services.common import RankContended
from apps.orgs.models import Organization
from apps.projects.models import Project, Status
from apps.projects.policies import Role
from apps.projects.selectors import get_project
from tests.factories import acting, give_role, make_issues, make_member, make_project


def order(project: Project) -> list[str]:
    return list(Issue.objects.filter(project=project).order_by("rank").values_list("title", flat=True))


def status(project: Project, name: str) -> Status:
    return Status.objects.get(project=project, name=name)


def issue(project: Project, title: str) -> Issue:
    return Issue.objects.select_related("project", "status").get(project=project, title=title)


class TestMoveIssue:
    def test_puts_it_directly_below_the_issue_it_was_dropped_after(
        self, ada: User, acme: Organization, flow: Project
    ) -> None:
        make_issues(acme, flow, ada, "a", "b", "c")
        with acting(ada, acme) as actor:
            services.move_issue(
                actor=actor, issue=issue(flow, "c"), to=status(flow, "In progress"), after=issue(flow, "a")
            )
            assert order(flow) == ["a", "c", "b"]
            assert issue(flow, "c").status.name == "In progress"

    def test_puts_it_directly_above_the_issue_it_was_dropped_before(
        self, ada: User, acme: Organization, flow: Project
    ) -> None:
        make_issues(acme, flow, ada, "a", "b", "c")
        with acting(ada, acme) as actor:
            services.move_issue(actor=actor, issue=issue(flow, "c"), to=status(flow, "To do"), before=issue(flow, "a"))
            assert order(flow) == ["c", "a", "b"]

    def test_goes_to_the_end_where_only_the_status_changes(self, ada: User, acme: Organization, flow: Project) -> None:
        make_issues(acme, flow, ada, "a", "b", "c")
        with acting(ada, acme) as actor:
            services.move_issue(actor=actor, issue=issue(flow, "a"), to=status(flow, "Done"))
            assert order(flow) == ["b", "c", "a"]
            assert issue(flow, "a").resolved_at is not None

    def test_opens_it_again_when_it_leaves_done(self, ada: User, acme: Organization, flow: Project) -> None:
        make_issues(acme, flow, ada, "a", status=None)
        with acting(ada, acme) as actor:
            services.move_issue(actor=actor, issue=issue(flow, "a"), to=status(flow, "Done"))
            services.move_issue(actor=actor, issue=issue(flow, "a"), to=status(flow, "To do"))
            assert issue(flow, "a").resolved_at is None

    def test_records_one_fact_with_both_changes_and_writes_one_row(
        self, ada: User, acme: Organization, flow: Project
    ) -> None:
        make_issues(acme, flow, ada, "a", "b")
        with acting(ada, acme) as actor:
            services.move_issue(
                actor=actor, issue=issue(flow, "b"), to=status(flow, "In progress"), before=issue(flow, "a")
            )
            ranks = dict(Issue.objects.values_list("title", "rank"))
        with acting(ada, acme):
            event = Event.objects.get(kind="issue.moved")
            moved = issue(flow, "b")
            assert event.data == {"v": 2, "status": moved.status_id, "rank": ranks["b"]}
            assert event.actor_id == ada.pk
            assert set(Change.objects.filter(event=event).values_list("field", flat=True)) == {"status", "rank"}
            assert moved.version == 2
            assert issue(flow, "a").version == 1

    def test_says_nothing_when_nothing_moved(self, ada: User, acme: Organization, flow: Project) -> None:
        make_issues(acme, flow, ada, "a")
        with acting(ada, acme) as actor:
            services.move_issue(actor=actor, issue=issue(flow, "a"), to=status(flow, "To do"))
        with acting(ada, acme):
            assert not Event.objects.filter(kind="issue.moved").exists()
            assert issue(flow, "a").version == 1

    def test_ignores_itself_as_a_neighbour(self, ada: User, acme: Organization, flow: Project) -> None:
        make_issues(acme, flow, ada, "a", "b")
        with acting(ada, acme) as actor:
            own = issue(flow, "a")
            services.move_issue(actor=actor, issue=own, to=status(flow, "To do"), after=own, before=own)
            assert order(flow) == ["a", "b"]

    def test_refuses_a_viewer_and_changes_nothing(self, ada: User, acme: Organization, secret: Project) -> None:
        make_issues(acme, secret, ada, "a")
        viewer = make_member(acme)
        give_role(acme, secret, viewer, Role.VIEWER)
        with acting(viewer, acme) as actor, pytest.raises(Forbidden):
            services.move_issue(actor=actor, issue=issue(secret, "a"), to=status(secret, "Done"))
        with acting(ada, acme):
            assert issue(secret, "a").version == 1

    def test_refuses_a_status_of_another_project(self, ada: User, acme: Organization, flow: Project) -> None:
        other = make_project(acme, ada, "OTHER")
        make_issues(acme, flow, ada, "a")
        with acting(ada, acme) as actor, pytest.raises(Invalid):
            services.move_issue(actor=actor, issue=issue(flow, "a"), to=status(other, "Done"))

    def test_beside_an_issue_of_another_project_it_gets_a_rank_of_its_own(
        self, ada: User, acme: Organization, flow: Project
    ) -> None:
        other = make_project(acme, ada, "OTHER")
        make_issues(acme, flow, ada, "a", "b", "c")
        make_issues(acme, other, ada, "x", "y")
        with acting(ada, acme) as actor:
            x, y = issue(other, "x"), issue(other, "y")
            for beside, wanted in (
                ({"after": x, "before": y}, (x.rank, issue(flow, "b").rank)),
                ({"after": y}, (y.rank, issue(flow, "c").rank)),
                ({"before": x}, ("", x.rank)),
            ):
                moved = services.move_issue(actor=actor, issue=issue(flow, "a"), to=status(flow, "To do"), **beside)
                assert wanted[0] < moved.rank < wanted[1]
            with pytest.raises(NotFound):
                rank_among(moved, after=None, before=None)

    def test_refuses_when_the_issue_or_its_neighbour_is_gone(
        self, ada: User, acme: Organization, flow: Project
    ) -> None:
        make_issues(acme, flow, ada, "a", "b")
        with acting(ada, acme) as actor:
            kept, gone = issue(flow, "a"), issue(flow, "b")
            services.delete_issue(actor=actor, issue=gone)
            with pytest.raises(NotFound):
                services.move_issue(actor=actor, issue=kept, to=status(flow, "Done"), after=gone)
            with pytest.raises(NotFound):
                services.move_issue(actor=actor, issue=gone, to=status(flow, "Done"))

    def test_lets_other_database_errors_through(
        self, ada: User, acme: Organization, flow: Project, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        make_issues(acme, flow, ada, "a", "b")

        def fail(*args: object, **kwargs: object) -> None:
            raise IntegrityError("something else")

        monkeypatch.setattr(moving, "touch", fail)
        with acting(ada, acme) as actor, pytest.raises(IntegrityError):
            services.move_issue(actor=actor, issue=issue(flow, "a"), to=status(flow, "Done"))

    def test_gives_up_with_a_sentence_when_the_gap_stays_contended(
        self, ada: User, acme: Organization, flow: Project, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        make_issues(acme, flow, ada, "a", "b", "c")
        with acting(ada, acme) as actor:
            taken = issue(flow, "b").rank
            monkeypatch.setattr(moving, "rank_between", lambda *args, **kwargs: taken)
            with pytest.raises(RankContended):
                services.move_issue(
                    actor=actor, issue=issue(flow, "c"), to=status(flow, "To do"), after=issue(flow, "a")
                )


class TestColumnLimit:
    def limit(self, ada: User, acme: Organization, project: Project, name: str, limit: int, policy: str) -> None:
        with acting(ada, acme) as actor:
            column = Column.objects.get(project=project, name=name)
            set_column_limit(
                actor=actor,
                project=get_project(actor=actor, key=project.key),
                column_id=column.pk,
                limit=limit,
                policy=policy,
            )

    def test_refuses_a_full_column_and_changes_nothing(self, ada: User, acme: Organization, flow: Project) -> None:
        self.limit(ada, acme, flow, "In progress", 1, "block")
        make_issues(acme, flow, ada, "a", "b")
        with acting(ada, acme) as actor:
            services.move_issue(actor=actor, issue=issue(flow, "a"), to=status(flow, "In progress"))
        with acting(ada, acme) as actor, pytest.raises(services.ColumnFull):
            services.move_issue(actor=actor, issue=issue(flow, "b"), to=status(flow, "In progress"))
        with acting(ada, acme):
            assert issue(flow, "b").status.name == "To do"
            assert Event.objects.filter(kind="issue.moved").count() == 1

    def test_lets_cards_change_places_inside_a_full_column(self, ada: User, acme: Organization, flow: Project) -> None:
        self.limit(ada, acme, flow, "To do", 2, "block")
        make_issues(acme, flow, ada, "a", "b")
        with acting(ada, acme) as actor:
            services.move_issue(actor=actor, issue=issue(flow, "b"), to=status(flow, "To do"), before=issue(flow, "a"))
            assert order(flow) == ["b", "a"]

    def test_only_warns_where_the_policy_says_so(self, ada: User, acme: Organization, flow: Project) -> None:
        self.limit(ada, acme, flow, "In progress", 1, "warn")
        make_issues(acme, flow, ada, "a", "b")
        with acting(ada, acme) as actor:
            for title in "ab":
                services.move_issue(actor=actor, issue=issue(flow, title), to=status(flow, "In progress"))
            assert Issue.objects.filter(status__name="In progress").count() == 2

    def test_refuses_creating_into_a_full_column(self, ada: User, acme: Organization, flow: Project) -> None:
        self.limit(ada, acme, flow, "To do", 1, "block")
        make_issues(acme, flow, ada, "a")
        with pytest.raises(services.ColumnFull):
            make_issues(acme, flow, ada, "b")


class TestRebalanceRanks:
    def test_shortens_long_ranks_and_keeps_the_order(self, ada: User, acme: Organization, flow: Project) -> None:
        make_issues(acme, flow, ada, "a", "b", "c")
        with acting(ada, acme):
            Issue.objects.filter(title="b").update(rank="a0" + "V" * LONG)
        with run_as_system(org_id=acme.pk) as actor:
            assert services.rebalance_ranks(actor=actor, project=Project.objects.get(pk=flow.pk)) == 3
        with acting(ada, acme):
            assert order(flow) == ["a", "b", "c"]
            assert max(len(rank) for rank in Issue.objects.values_list("rank", flat=True)) < 5
            assert Event.objects.filter(kind="project.ranks_rebalanced").count() == 1

    def test_leaves_short_ranks_alone(self, ada: User, acme: Organization, flow: Project) -> None:
        make_issues(acme, flow, ada, "a", "b")
        with run_as_system(org_id=acme.pk) as actor:
            assert services.rebalance_ranks(actor=actor, project=Project.objects.get(pk=flow.pk)) == 0
