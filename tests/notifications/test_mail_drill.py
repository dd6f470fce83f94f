"""Workers killed, Valkey wiped, a mail server that refuses: afterwards every mail went out, and once."""

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable

import pytest
import redis

from apps.core.tenancy import run_as_system
from apps.issues.models import Watcher
from apps.issues.services import add_comment
from apps.notifications.models import Mail
from apps.notifications.postman import LEASE
from apps.notifications.schedule import IDLE
from tests import factories
from tests.mailbox import Mailbox
from tests.notifications.conftest import Team, confirm
from tests.processes import ROOT, environment_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.drill]

# What a worker does when it is rung, in a process of its own.
_WORK = """
import sys, django
django.setup()
from django.conf import settings
settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", int(sys.argv[1]), False
from apps.notifications.mail_jobs import send_mails
send_mails()
"""


def worker(mailbox: Mailbox) -> subprocess.Popen[bytes]:
    """A process that sends what is due, and ends."""
    return subprocess.Popen(
        [sys.executable, "-c", _WORK, str(mailbox.port)],
        cwd=ROOT,
        env=environment_for(os.environ["FLOWBOARD_TEST_DATABASE"]),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.01)


def tell_many(team: Team, count: int) -> None:
    """So many people watch an issue on which somebody comments."""
    people = [factories.make_member(team.org, name=f"P{n} X") for n in range(count)]
    confirm(*people)
    issue = team.issue()
    with run_as_system(org_id=team.org.pk):
        Watcher.objects.bulk_create(
            Watcher(org=team.org, project=team.project, issue=issue, user=user) for user in people
        )
    team.do(team.ada, add_comment, issue=issue, body="All of you")


def states(team: Team) -> Counter[str]:
    with run_as_system(org_id=team.org.pk):
        return Counter(Mail.objects.values_list("state", flat=True))


def test_a_worker_killed_over_its_mails_and_a_wiped_valkey_lose_and_double_nothing(
    mailed: Team, mailbox: Mailbox
) -> None:
    tell_many(mailed, 8)
    mailbox.delay = 0.1
    with redis.Redis.from_url(os.environ["REDIS_URL"]) as client:
        client.flushall()
    mailed.shift(IDLE)
    process = worker(mailbox)
    wait_for(lambda: len(mailbox.mails) >= 3)
    process.kill()
    process.wait()
    mailbox.delay = 0
    assert states(mailed)["sent"] >= 2
    assert states(mailed)["waiting"] >= 1
    mailed.post(LEASE)
    assert states(mailed) == {"sent": 8}
    went = Counter(mail["Message-ID"] for mail in mailbox.mails)
    assert len(went) == 8
    assert went.total() <= 9, "at most the one that was being sent, and under the same Message-ID"


@pytest.mark.deep
def test_killed_again_and_again_and_refused_for_a_while(mailed: Team, mailbox: Mailbox) -> None:
    count, kills = 300, 0
    tell_many(mailed, count)
    mailed.shift(IDLE)
    for goal in (20, 60, 120, 180):
        mailbox.delay = 0.02
        processes = [worker(mailbox) for _ in range(3)]
        wait_for(lambda goal=goal: len(mailbox.mails) >= goal)
        mailbox.refuses = goal == 60
        time.sleep(0.2)
        for process in processes:
            process.kill()
            process.wait()
            kills += 1
        mailbox.refuses = False
        mailed.shift(LEASE)
    mailbox.delay = 0
    for process in [worker(mailbox) for _ in range(3)]:
        process.wait()
    mailed.post(3 * LEASE)
    assert states(mailed) == {"sent": count}
    went = Counter(mail["Message-ID"] for mail in mailbox.mails)
    assert len(went) == count
    assert went.total() - count <= kills
    assert max(went.values()) <= 2
