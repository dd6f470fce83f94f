"""Many threads, one row: exactly one wins, nobody deadlocks, and the log has no gap.

Each thread has a connection and a unit of work of its own, against committed rows.
"""

import threading
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections
from django.utils import timezone

from apps.accounts.mails import send as send_mail
from apps.accounts.models import AccountMail, User
from apps.accounts.services import AddressTaken, LastOperator, take_unconfirmed_email
from apps.boards.models import Column
from apps.boards.selectors.copying import Ways
from apps.boards.services import copy_configuration, create_board, set_column_limit
from apps.core.errors import Forbidden, NotFound
from apps.core.tenancy import Actor, OrgRole, run_as_system, unit_of_work
from apps.core.tenancy.doors import due_schedules
from apps.events.models import Event
from apps.imports import review
from apps.imports.choices import Choices
from apps.imports.models import ImportRun
from apps.imports.selectors import get_import
from apps.imports.services import decide
from apps.issues import services
from apps.issues.models import Comment, Issue, IssueLink
from apps.issues.services import creating, limits, moving
from apps.orgs.models import Membership, Organization
from apps.orgs.services import (
    LastOwner,
    SlugTaken,
    StillAnOwner,
    add_member,
    change_member_role,
    create_organization,
    delete_account,
    move_organization,
    remove_member,
    transfer_ownership,
)
from apps.projects.models import Project, Status
from apps.projects.selectors import get_project
from apps.projects.services import add_status, create_label
from apps.recurring.jobs import keep
from apps.recurring.models import Occurrence, Schedule
from apps.recurring.services import keep_schedule
from apps.sprints.jobs import keep_cadences
from apps.sprints.models import Cadence, ScopeEntry, Sprint
from apps.sprints.services import (
    WrongSprintState,
    complete_sprint,
    create_sprint,
    plan_issues,
    start_sprint,
)
from tests.factories import acting, make_issues, make_org, make_project, make_user
from tests.imports.world import make_run
from tests.mailbox import Mailbox
from tests.recurring.world import make_templates

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]

THREADS = 10


@pytest.fixture
def world(transactional_db: None) -> tuple[User, Organization, Project]:
    ada = make_user("Ada")
    acme = make_org(ada)
    return ada, acme, make_project(acme, ada, "FLOW", template="scrum")


def together(work: Callable[[int], object], threads: int = THREADS) -> list[object]:
    """What each thread returned or raised, all of them having begun at the same moment."""
    gate = threading.Barrier(threads)

    def run(number: int) -> object:
        try:
            with connection.cursor() as cursor:  # connect before the start, not during it
                cursor.execute("SELECT 1")
            gate.wait()
            return work(number)
        except Exception as error:  # noqa: BLE001 (whatever a thread met is for the test to judge)
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(run, range(threads)))


def race_for_numbers(ada: User, acme: Organization) -> list[object]:
    def create(number: int) -> object:
        with acting(ada, acme) as actor:
            project = get_project(actor=actor, key="FLOW")
            return services.create_issue(
                actor=actor, project=project, new=services.NewIssue(title=f"issue {number}")
            ).number

    return together(create)


class TestIssueNumbers:
    def test_ten_threads_get_ten_numbers(self, world: tuple[User, Organization, Project]) -> None:
        ada, acme, _flow = world
        assert sorted(race_for_numbers(ada, acme)) == list(range(1, THREADS + 1))

    def test_without_the_counters_lock_the_race_is_lost(
        self, world: tuple[User, Organization, Project], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ada, acme, _flow = world
        gate = threading.Barrier(THREADS, timeout=5)

        def read_then_add(project: Project, count: int) -> int:
            last = Issue.objects.filter(project=project).order_by("-number").values_list("number", flat=True).first()
            gate.wait()
            return (last or 0) + 1

        monkeypatch.setattr(creating, "take_numbers", read_then_add)
        results = race_for_numbers(ada, acme)
        assert sum(isinstance(result, Exception) for result in results) == THREADS - 1


def race_for_last_place(ada: User, acme: Organization, flow: Project) -> int:
    """Ten threads move ten issues into a column for one; how many are inside afterwards."""
    make_issues(acme, flow, ada, *(f"issue {number}" for number in range(THREADS)))
    with acting(ada, acme) as actor:
        project = get_project(actor=actor, key="FLOW")
        column = Column.objects.get(project=flow, name="In progress")
        set_column_limit(actor=actor, project=project, column_id=column.pk, limit=1, policy="block")

    def move(number: int) -> object:
        with acting(ada, acme) as actor:
            issue = Issue.objects.select_related("project").get(title=f"issue {number}")
            to = Status.objects.get(project=flow, name="In progress")
            return services.move_issue(actor=actor, issue=issue, to=to).pk

    results = together(move)
    refusals = [result for result in results if isinstance(result, Exception)]
    assert all(isinstance(refusal, services.ColumnFull) for refusal in refusals), refusals
    with acting(ada, acme):
        return Issue.objects.filter(status__name="In progress").count()


class TestLastOperator:
    def test_two_who_leave_at_once_do_not_leave_the_server_alone(self, transactional_db: None) -> None:
        people = [make_user(f"Operator {number}", is_staff=True, is_superuser=True) for number in range(2)]

        def leave(number: int) -> object:
            with unit_of_work():
                return delete_account(user=people[number], confirmation=people[number].email).is_active

        results = together(leave, threads=2)
        assert results.count(False) == 1, results
        assert any(isinstance(result, LastOperator) for result in results)
        assert User.objects.filter(is_superuser=True, is_active=True).count() == 1


class TestAddress:
    def test_of_ten_who_take_it_at_once_one_gets_it_and_the_others_a_sentence(self, transactional_db: None) -> None:
        people = [make_user(f"Person {number}") for number in range(THREADS)]

        def take(number: int) -> object:
            with unit_of_work():
                return take_unconfirmed_email(user=people[number], email="wanted@example.test").email

        results = together(take)
        assert results.count("wanted@example.test") == 1, results
        assert sum(isinstance(result, AddressTaken) for result in results) == THREADS - 1, results


class TestMailOfAnAccount:
    def test_ten_workers_send_it_once(self, transactional_db: None, mailbox: Mailbox) -> None:
        ada = make_user("Ada")
        with unit_of_work():
            noted = AccountMail.objects.create(
                template="account/mail/changed",
                subject="Changed",
                email=ada.email,
                user=ada,
                facts={"ip": "203.0.113.7"},
            )
        results = together(lambda _number: send_mail(noted.pk))
        assert results.count(True) == 1, results
        assert len(mailbox.mails) == 1


class TestWipSlot:
    def test_exactly_one_of_ten_gets_it(self, world: tuple[User, Organization, Project]) -> None:
        assert race_for_last_place(*world) == 1

    def test_without_the_columns_lock_more_than_one_gets_it(
        self, world: tuple[User, Organization, Project], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        gate = threading.Barrier(THREADS, timeout=5)
        counted = moving.refuse_if_full

        def unlocked(project: Project, statuses: Collection[Status]) -> list[limits.Limit]:
            ids = frozenset(status.pk for status in statuses)
            limited = next(iter(statuses)).columns.filter(wip_limit__isnull=False)
            return [
                limits.Limit(name=column.name, at=column.wip_limit or 0, counts_points=False, status_ids=ids)
                for column in limited
            ]

        def count_together(found: list[limits.Limit], **asked: Any) -> None:
            counted(found, **asked)
            gate.wait()

        monkeypatch.setattr(moving, "lock_limits", unlocked)
        monkeypatch.setattr(moving, "refuse_if_full", count_together)
        assert race_for_last_place(*world) == THREADS


class TestOneProjectUnderTenWriters:
    def test_creates_moves_and_bulk_moves_never_deadlock(self, world: tuple[User, Organization, Project]) -> None:
        ada, acme, flow = world
        make_issues(acme, flow, ada, *(f"issue {number}" for number in range(30)))
        with acting(ada, acme):
            ids = list(Issue.objects.order_by("pk").values_list("pk", flat=True))
            statuses = list(Status.objects.filter(project=flow).order_by("position"))

        def work(number: int) -> None:
            for turn in range(8):
                with acting(ada, acme) as actor:
                    project = get_project(actor=actor, key="FLOW")
                    to = statuses[(number + turn) % len(statuses)]
                    picked = [ids[(number * 7 + turn * 5 + step) % len(ids)] for step in (0, 11, 4)]
                    rows = Issue.objects.select_related("project").in_bulk(picked)
                    first, second, third = (rows[pk] for pk in picked)
                    if number % 3 == 0:
                        services.create_issue(actor=actor, project=project, new=services.NewIssue(title="new"))
                    elif number % 3 == 1:
                        services.move_issue(actor=actor, issue=first, to=to, after=second)
                    else:
                        # Everybody names the same issues in another order.
                        named = [third.pk, first.pk, second.pk]
                        services.bulk_edit(actor=actor, project=project, issue_ids=named, values={"status": to.pk})

        assert together(work) == [None] * THREADS
        with acting(ada, acme):
            seqs = list(Event.objects.filter(project=flow).order_by("seq").values_list("seq", flat=True))
            assert seqs == list(range(1, len(seqs) + 1)), "the log has a gap"
            ranks = list(Issue.objects.filter(project=flow).values_list("rank", flat=True))
            assert len(ranks) == len(set(ranks))

    def test_ten_drops_into_one_gap_all_find_a_place(self, world: tuple[User, Organization, Project]) -> None:
        ada, acme, flow = world
        make_issues(acme, flow, ada, "above", "below", *(f"issue {number}" for number in range(THREADS)))

        def drop(number: int) -> None:
            with acting(ada, acme) as actor:
                rows = {issue.title: issue for issue in Issue.objects.select_related("project", "status")}
                neighbour = {"after": rows["above"]} if number % 2 else {"before": rows["below"]}
                issue = rows[f"issue {number}"]
                services.move_issue(actor=actor, issue=issue, to=issue.status, **neighbour)

        assert together(drop) == [None] * THREADS
        with acting(ada, acme):
            titles = list(Issue.objects.order_by("rank").values_list("title", flat=True))
            assert titles[0] == "above"
            assert titles[-1] == "below"


class TestTwoOwners:
    """Each takes the other's role, or their own: one owner remains."""

    @pytest.fixture
    def owners(self, transactional_db: None) -> tuple[Organization, list[User]]:
        ada, bo = make_user("Ada"), make_user("Bo")
        acme = make_org(ada)
        with run_as_system(org_id=acme.pk) as actor:
            add_member(actor=actor, user=bo, role=OrgRole.OWNER)
        return acme, [ada, bo]

    @staticmethod
    def owners_of(acme: Organization) -> int:
        with run_as_system(org_id=acme.pk):
            return Membership.objects.filter(org=acme, role=OrgRole.OWNER, ended_at__isnull=True).count()

    @staticmethod
    def seat(acme: Organization, user: User) -> Membership:
        return Membership.objects.select_related("user").get(org=acme, user=user)

    def race(
        self, acme: Organization, people: list[User], work: Callable[[Actor, Membership, Membership], object]
    ) -> None:
        gate = threading.Barrier(2, timeout=10)

        def run(number: int) -> object:
            with acting(people[number], acme) as actor:
                own, other = self.seat(acme, people[number]), self.seat(acme, people[1 - number])
                gate.wait()  # both have read that there are two owners
                return work(actor, own, other)

        results = together(run, threads=2)
        refused = [result for result in results if isinstance(result, Exception)]
        assert len(refused) == 1, results
        assert isinstance(refused[0], LastOwner | Forbidden | NotFound | StillAnOwner), refused
        assert self.owners_of(acme) == 1

    def test_who_demote_each_other(self, owners: tuple[Organization, list[User]]) -> None:
        self.race(
            *owners,
            lambda actor, _own, other: change_member_role(actor=actor, membership=other, role=OrgRole.MEMBER),
        )

    def test_who_remove_each_other(self, owners: tuple[Organization, list[User]]) -> None:
        self.race(*owners, lambda actor, _own, other: remove_member(actor=actor, membership=other))

    def test_who_both_leave(self, owners: tuple[Organization, list[User]]) -> None:
        self.race(*owners, lambda actor, own, _other: remove_member(actor=actor, membership=own))

    def test_who_both_delete_their_account(self, owners: tuple[Organization, list[User]]) -> None:
        acme, people = owners
        with run_as_system(org_id=acme.pk) as actor:
            add_member(actor=actor, user=make_user("Cy"), role=OrgRole.MEMBER)
        gate = threading.Barrier(2, timeout=10)

        def leave(number: int) -> object:
            with unit_of_work():
                gate.wait()
                return delete_account(user=people[number], confirmation=people[number].email).is_active

        results = together(leave, threads=2)
        assert results.count(False) == 1, results
        assert self.owners_of(acme) == 1

    def test_a_demotion_that_began_before_a_promotion_does_not_undo_it(
        self, owners: tuple[Organization, list[User]]
    ) -> None:
        acme, [ada, bo] = owners
        cy = make_user("Cy")
        with run_as_system(org_id=acme.pk) as actor:
            add_member(actor=actor, user=cy, role=OrgRole.MEMBER)
            change_member_role(actor=actor, membership=self.seat(acme, bo), role=OrgRole.ADMIN)
        read, promoted = threading.Event(), threading.Event()

        def work(number: int) -> object:
            if number == 0:
                with acting(bo, acme) as actor:
                    stale = self.seat(acme, cy)
                    read.set()
                    promoted.wait(10)
                    return change_member_role(actor=actor, membership=stale, role=OrgRole.GUEST)
            read.wait(10)
            with acting(ada, acme) as actor:
                transfer_ownership(actor=actor, to=self.seat(acme, cy))
            promoted.set()
            return None

        results = together(work, threads=2)
        assert isinstance(results[0], Forbidden), results
        assert self.owners_of(acme) == 1


class TestOneAddress:
    def test_is_not_founded_while_another_organization_moves_away_from_it(self, transactional_db: None) -> None:
        ada, eve = make_user("Ada"), make_user("Eve")
        acme = make_org(ada, slug="acme")
        claimed, founding = threading.Event(), threading.Event()

        def work(number: int) -> object:
            if number == 0:
                with acting(ada, acme) as actor:
                    move_organization(actor=actor, slug="elsewhere")
                    claimed.set()
                    founding.wait(0.5)  # the other one waits for this commit
                return "moved"
            claimed.wait(10)
            with unit_of_work():
                create_organization(user_id=eve.pk, name="Trap", slug="acme")
                founding.set()
            return "founded"

        results = together(work, threads=2)
        assert results[0] == "moved"
        assert isinstance(results[1], SlugTaken), results


class TestWorkflow:
    def test_nothing_stays_behind_in_a_status_that_is_retired_meanwhile(
        self, world: tuple[User, Organization, Project]
    ) -> None:
        ada, acme, flow = world
        issues = make_issues(acme, flow, ada, *(f"issue {number}" for number in range(THREADS)))

        def work(number: int) -> object:
            with acting(ada, acme) as actor:
                statuses = {each.name: each for each in Status.objects.select_related("project").filter(project=flow)}
                if number == 0:
                    return services.retire_status(actor=actor, status=statuses["In review"], to=statuses["Done"])
                fresh = Issue.objects.select_related("project", "status").get(pk=issues[number].pk)
                return services.move_issue(actor=actor, issue=fresh, to=statuses["In review"]).pk

        found = together(work)
        assert not [each for each in found if isinstance(each, Exception) and not isinstance(each, NotFound)], found
        with acting(ada, acme):
            assert not Issue.objects.filter(status__retired_at__isnull=False).exists()

    def test_links_made_at_once_close_no_circle(self, world: tuple[User, Organization, Project]) -> None:
        ada, acme, flow = world
        issues = make_issues(acme, flow, ada, *(f"issue {number}" for number in range(THREADS)))

        def work(number: int) -> object:
            with acting(ada, acme) as actor:
                ends = Issue.objects.select_related("project").in_bulk(
                    [issues[number].pk, issues[(number + 1) % THREADS].pk]
                )
                source, target = ends[issues[number].pk], ends[issues[(number + 1) % THREADS].pk]
                return services.link_issues(actor=actor, source=source, target=target, kind="blocks").pk

        found = together(work)
        refused = [each for each in found if isinstance(each, services.BlocksInACircle)]
        assert len(refused) == 1, found
        with acting(ada, acme):
            assert IssueLink.objects.count() == THREADS - 1


class TestBulkEdits:
    def test_that_overlap_never_deadlock_and_leave_no_gap(self, world: tuple[User, Organization, Project]) -> None:
        ada, acme, flow = world
        made = make_issues(acme, flow, ada, *(f"issue {number}" for number in range(30)))
        with acting(ada, acme):
            statuses = list(Status.objects.filter(project=flow).order_by("pk").values_list("pk", flat=True))
            ids = [issue.pk for issue in made]

        def edit(number: int) -> object:
            # Each takes another half of them, named in another order.
            mine = ids[number:] + ids[:number]
            mine = (mine if number % 2 else mine[::-1])[:20]
            for step in range(3):
                with acting(ada, acme) as actor:
                    services.bulk_edit(
                        actor=actor,
                        project=get_project(actor=actor, key="FLOW"),
                        issue_ids=mine,
                        values={"status": statuses[(number + step) % len(statuses)], "priority": (number + step) % 5},
                        place=services.Place(after=ids[number]) if step == 2 else None,
                    )
            return number

        assert together(edit) == list(range(THREADS))
        with acting(ada, acme):
            seqs = list(Event.objects.filter(project=flow).order_by("seq").values_list("seq", flat=True))
            assert seqs == list(range(seqs[0], seqs[0] + len(seqs)))
            for issue in Issue.objects.filter(project=flow):
                # A version more for each fact that names it, and none was lost.
                facts = Event.objects.filter(kind="issues.edited", data__versions__has_key=str(issue.pk))
                assert issue.version == 1 + facts.count()


class TestWorkLog:
    def test_of_ten_who_log_at_once_nobody_gets_past_a_day(self, world: tuple[User, Organization, Project]) -> None:
        """On ten issues, so that no lock of an issue keeps them apart."""
        ada, acme, flow = world
        with acting(ada, acme):
            Project.objects.filter(pk=flow.pk).update(has_time_tracking=True)
        issues = make_issues(acme, flow, ada, *(f"i{number}" for number in range(THREADS)))

        def log(number: int) -> object:
            with acting(ada, acme) as actor:
                issue = Issue.objects.select_related("project").get(pk=issues[number].pk)
                return services.log_work(actor=actor, issue=issue, minutes=6 * 60).minutes

        said = together(log)
        assert sum(minutes == 6 * 60 for minutes in said) == 4, said
        assert sum(isinstance(answer, services.DayFull) for answer in said) == THREADS - 4, said


class TestQuickActions:
    def test_in_comments_and_replies_never_deadlock_with_each_other_or_with_pins(
        self, world: tuple[User, Organization, Project]
    ) -> None:
        ada, acme, flow = world
        (made,) = make_issues(acme, flow, ada, "Lamps")
        with acting(ada, acme) as actor:
            first = services.add_comment(actor=actor, issue=made, body="Which ones?")

        def work(number: int) -> object:
            for turn in range(6):
                with acting(ada, acme) as actor:
                    comment = Comment.objects.select_related("issue__project").get(pk=first.pk)
                    issue = Issue.objects.select_related("project", "status", "type").get(pk=made.pk)
                    if number % 3 == 0:
                        services.set_pinned(actor=actor, comment=comment, is_pinned=turn % 2 == 0)
                        continue
                    services.set_thread_resolved(actor=actor, comment=comment, is_resolved=True)
                with acting(ada, acme) as actor:
                    if number % 3 == 1:
                        body = f"These.\n/estimate {number}{turn}"
                        services.comment_and_act(actor=actor, issue=issue, body=body, reply_to=comment)
                    else:
                        body = f"Those {number}{turn}.\n/priority {'high' if turn % 2 else 'low'}"
                        services.edit_comment_and_act(actor=actor, comment=comment, body=body)
            return None

        assert together(work) == [None] * THREADS

    def test_of_new_issues_never_deadlock_with_other_new_ones(self, world: tuple[User, Organization, Project]) -> None:
        ada, acme, flow = world
        with acting(ada, acme) as actor:
            done = Status.objects.get(project=flow, name="Done")
            set_column_limit(actor=actor, project=flow, column_id=done.columns.get().pk, limit=500, policy="block")

        def create(number: int) -> object:
            for _turn in range(4):
                with acting(ada, acme) as actor:
                    project = get_project(actor=actor, key="FLOW")
                    closed = number % 2 == 0
                    new = services.NewIssue(title="x", status=done) if closed else services.NewIssue(title="x")
                    services.create_issue(
                        actor=actor, project=project, new=new if closed else replace(new, description="/close")
                    )
            return None

        assert together(create) == [None] * THREADS


class TestSchedule:
    def test_of_ten_beats_one_makes_the_issue(self, world: tuple[User, Organization, Project]) -> None:
        ada, acme, _flow = world
        now = timezone.now()
        with acting(ada, acme) as actor:
            project = get_project(actor=actor, key="FLOW")
            made = make_templates(actor=actor, project=project)
            Schedule.objects.filter(pk=made["schedule_id"]).update(
                at=(now - timedelta(minutes=5)).time(),
                start_date=now.date() - timedelta(days=3),
                next_at=now - timedelta(days=1, minutes=6),
            )
        with unit_of_work():
            (due,) = due_schedules()

        def beat(number: int) -> object:
            if number % 2:
                return keep(due)
            # One that saw it before the other claimed it.
            with acting(ada, acme) as actor:
                keep_schedule(actor=actor, schedule_id=due.schedule_id, project_id=due.project_id)
            return None

        before = Issue.objects.using("owner").count()
        assert together(beat) == [None] * THREADS
        # With its sub-task.
        assert Issue.objects.using("owner").count() == before + 2
        assert Occurrence.objects.using("owner").count() == 1
        assert not Schedule.objects.using("owner").get(pk=due.schedule_id).problem


class TestSprint:
    def test_of_ten_beats_one_makes_and_starts_them(self, world: tuple[User, Organization, Project]) -> None:
        ada, acme, flow = world
        today = timezone.localdate()
        with acting(ada, acme):
            Cadence.objects.create(
                org=acme, project=flow, weeks=1, ahead=1, weekday=today.weekday(), anchor_date=today, time_zone="UTC"
            )
        assert together(lambda _number: keep_cadences()) == [None] * THREADS
        sprints = Sprint.objects.using("owner").filter(project=flow).order_by("slot_date")
        assert list(sprints.values_list("state", "run")) == [("active", 1), ("planned", 0)]
        assert Event.objects.using("owner").filter(kind="project.sprint_started").count() == 1

    def test_of_two_who_complete_it_one_wins_and_nobody_slips_in(
        self, world: tuple[User, Organization, Project]
    ) -> None:
        ada, acme, flow = world
        issues = make_issues(acme, flow, ada, *(f"issue {number}" for number in range(THREADS)))
        with acting(ada, acme) as actor:
            sprint = create_sprint(actor=actor, project=get_project(actor=actor, key="FLOW"), name="Sprint 1")
            plan_issues(actor=actor, issues=issues[:4], sprint=sprint)
        with acting(ada, acme) as actor:
            start_sprint(actor=actor, sprint=sprint)

        def work(number: int) -> object:
            with acting(ada, acme) as actor:
                if number < 4:
                    return complete_sprint(actor=actor, sprint=Sprint.objects.select_related("project").get())
                if number >= 7:
                    return services.edit_issue(actor=actor, issue=issues[number - 7], values={"points": number})
                if number == 6:
                    project = get_project(actor=actor, key="FLOW")
                    new = services.NewIssue(title="made in it", sprint_id=sprint.pk)
                    return services.create_issue(actor=actor, project=project, new=new)
                one = Issue.objects.select_related("project").get(pk=issues[number].pk)
                return plan_issues(actor=actor, issues=[one], sprint=sprint)

        found = together(work)
        assert sum(isinstance(each, Sprint) for each in found[:4]) == 1
        assert all(isinstance(each, Sprint | Issue | list | WrongSprintState | services.SprintOver) for each in found)
        with acting(ada, acme):
            assert not Issue.objects.filter(sprint=sprint).exists()
            assert ScopeEntry.objects.filter(kind="completed").count() == 1
            joined = sum(not isinstance(each, services.SprintOver) for each in found[4:7])
            assert ScopeEntry.objects.filter(kind="added").count() == joined
            assert not ScopeEntry.objects.filter(kind="removed").exists()


class TestConfiguration:
    def test_is_copied_once_by_two_at_once(self, world: tuple[User, Organization, Project]) -> None:
        ada, acme, flow = world
        rock = make_project(acme, ada, "ROCK", template="kanban")
        with acting(ada, acme) as actor:
            create_label(actor=actor, project=rock, name="ui")
            add_status(actor=actor, project=Project.objects.get(pk=rock.pk), name="Testing", category="in_progress")
            create_board(actor=actor, project=Project.objects.get(pk=rock.pk), name="Testers")

        def work(number: int) -> object:
            with acting(ada, acme) as actor:
                source, target = (get_project(actor=actor, key=key) for key in ("ROCK", "FLOW"))
                return copy_configuration(actor=actor, source=source, target=target).does_something(Ways.KEEP)

        assert sorted(together(work, threads=2)) == [False, True]  # type: ignore[type-var]
        with run_as_system(org_id=acme.pk):
            assert list(flow.labels.values_list("name", flat=True)) == ["ui"]
            assert flow.statuses.filter(name="Testing").count() == 1
            assert flow.boards.filter(name="Testers").count() == 1
            assert Event.objects.filter(project=flow, kind="project.configuration_copied").count() == 1


class TestImportReview:
    """Two tabs of one review that are kept at the same moment."""

    SURVEY = {
        "priorities": [{"name": "Blocker", "count": 1, "to": 4}],
        "labels": [{"name": "hall", "count": 1}, {"name": "attic", "count": 1}],
    }

    def keep(self, world: tuple[User, Organization, Project], sent: list[dict[str, str]]) -> tuple[list[object], Any]:
        """What became of each tab, all drawn before any of them was kept; and what is chosen then."""
        ada, acme, flow = world
        with acting(ada, acme) as actor:
            run = make_run(actor=actor, project=flow, state="review", survey=self.SURVEY)
        offer = review.Offer(statuses=[], types=[], people=[], labels=[], fields=[], **review.kinds())
        drawn = {each.name: each.version for each in review.sections(self.SURVEY, Choices(), offer)}

        def tab(number: int) -> object:
            form = {"version": drawn[sent[number]["section"]], **sent[number]}

            def rule(held: ImportRun) -> Choices:
                return review.with_section(form["section"], form, held.survey, Choices.from_json(held.choices), offer)

            with acting(ada, acme) as actor:
                return decide(actor=actor, run=get_import(actor=actor, pk=run.pk), rule=rule).pk

        outcomes = together(tab, threads=len(sent))
        with run_as_system(org_id=acme.pk):
            return outcomes, Choices.from_json(ImportRun.objects.get(pk=run.pk).choices)

    def test_two_sections_are_both_kept(self, world: tuple[User, Organization, Project]) -> None:
        sent = [{"section": "priorities", "priorities-0": "is-2"}, {"section": "labels", "labels-0": "drop"}]
        outcomes, chosen = self.keep(world, sent)
        assert not [each for each in outcomes if isinstance(each, Exception)]
        assert (chosen.priorities, chosen.labels) == ({"Blocker": 2}, {"hall": ""})

    def test_of_one_section_the_first_is_kept_and_the_others_are_told(
        self, world: tuple[User, Organization, Project]
    ) -> None:
        outcomes, chosen = self.keep(world, [{"section": "labels", f"labels-{n % 2}": "drop"} for n in range(4)])
        assert sum(isinstance(each, review.SectionChanged) for each in outcomes) == 3
        assert len(chosen.labels) == 1
