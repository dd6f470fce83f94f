"""Many threads, one row: exactly one wins, nobody deadlocks, and the log has no gap.

Each thread has a connection and a unit of work of its own, against committed rows.
"""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections

from apps.accounts.models import User
from apps.boards.models import Column
from apps.boards.services import set_column_limit
from apps.events.models import Event
from apps.issues import services
from apps.issues.models import Issue
from apps.issues.services import creating, moving
from apps.orgs.models import Organization
from apps.projects.models import Project, Status
from apps.projects.selectors import get_project
from tests.factories import acting, make_issues, make_org, make_project, make_user

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


class TestWipSlot:
    def test_exactly_one_of_ten_gets_it(self, world: tuple[User, Organization, Project]) -> None:
        assert race_for_last_place(*world) == 1

    def test_without_the_columns_lock_more_than_one_gets_it(
        self, world: tuple[User, Organization, Project], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        gate = threading.Barrier(THREADS, timeout=5)
        counted = moving.refuse_if_full

        def unlocked(status: Status) -> list[moving.LimitedColumn]:
            limited = status.columns.filter(wip_limit__isnull=False)
            return [moving.LimitedColumn(column.pk, column.name, column.wip_limit or 0) for column in limited]

        def count_together(columns: list[moving.LimitedColumn], *, arriving: int) -> None:
            counted(columns, arriving=arriving)
            gate.wait()

        monkeypatch.setattr(moving, "lock_limited_columns", unlocked)
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
                        services.move_issues(actor=actor, issues=[third, first, second], to=to)

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
