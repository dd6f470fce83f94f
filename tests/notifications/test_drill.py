"""A worker that dies in the middle of a thousand notifications, and a broker that forgets everything."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
import redis
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import connection
from django.utils import timezone

from apps.accounts.models import User
from apps.core.tenancy import run_as_system
from apps.events.models import Delivery, Event, Stream
from apps.issues.models import Issue, Watcher
from apps.issues.services import add_comment
from apps.notifications.models import InboxEntry, Notification
from apps.orgs.models import Membership, Organization
from apps.projects.models import Project
from tests import factories
from tests.notifications.conftest import HANDLER
from tests.processes import ROOT, environment_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.drill, pytest.mark.deep]

MANY = 1_000


class Worker:
    """A real Celery worker with a beat of its own, on this test process's database and Valkey."""

    def __init__(self, log: Path) -> None:
        command = "-m celery --quiet --app flowboard worker --loglevel info --pool solo --beat --schedule"
        environ = environment_for(str(connection.settings_dict["NAME"]))
        with log.open("a") as output:
            self.process = subprocess.Popen(
                [sys.executable, *command.split(), str(log.with_suffix(".schedule"))],
                cwd=ROOT,
                env=environ,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def kill(self) -> None:
        """End it, and its beat, as a crash does."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@pytest.fixture
def workers(tmp_path: Path) -> Iterator[Callable[[], Worker]]:
    started: list[Worker] = []

    def start() -> Worker:
        started.append(Worker(tmp_path / "worker.log"))
        return started[-1]

    yield start
    for worker in started:
        if worker.process.poll() is None:
            worker.kill()


def eventually(holds: Callable[[], bool], *, within: float = 60.0) -> None:
    deadline = time.monotonic() + within
    while not holds():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.1)


def crowd(org: Organization, project: Project, issue: Issue) -> list[User]:
    """So many members who watch the issue."""
    password = make_password(None)
    people = User.objects.bulk_create(
        [User(email=f"p{n}@example.test", name=f"Person {n}", password=password) for n in range(MANY)]
    )
    with run_as_system(org_id=org.pk):
        Membership.objects.bulk_create([Membership(org=org, user=person, role="member") for person in people])
        Stream.objects.bulk_create([Stream(org=org, kind="person", user=person) for person in people])
        Watcher.objects.bulk_create(
            [Watcher(org_id=org.pk, project=project, issue=issue, user=person) for person in people]
        )
    return people


def test_afterwards_each_notification_exists_once(
    ada: User, acme: Organization, flow: Project, workers: Callable[[], Worker]
) -> None:
    [issue] = factories.make_issues(acme, flow, ada, "Dock the rover")
    with run_as_system(org_id=acme.pk):
        # Of the new issue itself nobody is told: the crowd comes later.
        Delivery.objects.update(state=Delivery.State.DONE)
    people = crowd(acme, flow, issue)
    with factories.acting(ada, acme) as actor:
        fresh = Issue.objects.select_related("project").get(pk=issue.pk)
        add_comment(actor=actor, issue=fresh, body="All hands, please.")

    def delivery() -> Delivery:
        with run_as_system(org_id=acme.pk):
            return Delivery.objects.select_related("event").get(handler=HANDLER, event__kind="issue.commented")

    def told() -> int:
        with run_as_system(org_id=acme.pk):
            return Notification.objects.filter(issue=issue, kind="commented").count()

    # Somebody's stream is held, so that the worker stands still with a thousand rows that it has not committed.
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], dbname=connection.settings_dict["NAME"]) as holder:
        holder.execute("SELECT 1 FROM events_stream WHERE user_id = %s FOR UPDATE", [people[MANY // 2].pk])
        worker = workers()

        def stands_still() -> bool:
            waiting = "SELECT 1 FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'"
            return holder.execute(waiting).fetchone() is not None

        eventually(stands_still)
        assert delivery().attempts == 1
        worker.kill()
        with redis.Redis.from_url(settings.REDIS_URL) as broker:
            broker.flushall()
    assert (told(), delivery().state) == (0, "waiting")

    # Its lease ends. Nobody rings: the broker knows of nothing, and only the sweep finds it.
    held = delivery()
    with run_as_system(org_id=acme.pk):
        Delivery.objects.filter(pk=held.pk).update(due_at=timezone.now() - timedelta(seconds=1))
    workers()
    eventually(lambda: delivery().state == "done")
    assert told() == MANY
    with run_as_system(org_id=acme.pk):
        assert set(InboxEntry.objects.filter(user__in=people).values_list("unread_count", flat=True)) == {1}
        assert InboxEntry.objects.filter(user__in=people).count() == MANY
        reached = Event.objects.filter(kind="inbox.reached", user__in=people).values_list("user_id", flat=True)
        assert sorted(reached) == sorted(person.pk for person in people), "and each hears of it once"
