"""Workers, beat, Valkey and the mail server die in the middle of it all: afterwards everything happened, and once.

The processes are those of production, with its settings: a worker that forks, a beat, a Valkey that keeps nothing, and
what people do comes from a process of its own. Only leases and pauses are cut short, by changing the time at which
something is due: nobody waits eleven minutes for a test.
"""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis
from django.db import connection
from django.db.models import F
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import User
from apps.core.tenancy import run_as_system
from apps.events.models import Delivery, Stream
from apps.issues.models import Issue
from apps.notifications.models import InboxEntry, Mail, MailPart, Notification
from apps.ops.embedded.valkey import _program
from apps.orgs.models import Organization
from apps.projects.models import Project
from tests import factories
from tests.mailbox import Mailbox
from tests.notifications.conftest import HANDLER, crowd
from tests.processes import ROOT, environment_for, free_port

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.drill, pytest.mark.deep]

MANY = 1_000
JOBS = 2
WORKER = f"-m celery --app flowboard worker --loglevel info --concurrency {JOBS}"
BEAT = "-m celery --app flowboard beat --loglevel info --pidfile="
# What a web process does when somebody writes a comment.
COMMENT = """
import sys, django
django.setup()
from apps.core.tenancy import run_as
from apps.issues.models import Issue
from apps.issues.services import add_comment
with run_as(user_id=int(sys.argv[1]), org_slug=sys.argv[2]) as actor:
    issue = Issue.objects.select_related("project").get(pk=int(sys.argv[3]))
    add_comment(actor=actor, issue=issue, body=sys.argv[4])
"""


class FrailMailbox(Mailbox):
    """A mail server that can also swallow a mail (it takes it, and hangs up before it says so), and be held before it
    answers."""

    def __init__(self) -> None:
        super().__init__()
        self.swallows = 0
        self.is_held = False
        self.holding = 0

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Take one mail, or do what is the matter today."""
        answer = await super().handle_DATA(server, session, envelope)
        if self.is_held:
            self.holding += 1
            while self.is_held:
                await asyncio.sleep(0.01)
            self.holding -= 1
        if self.swallows and answer.startswith("250"):
            self.swallows -= 1
            server.transport.abort()
        return answer

    def has(self, count: int) -> bool:
        """Whether so many came."""
        return len(self.mails) >= count

    def come_back(self) -> None:
        """Listen again where it listened before it was stopped."""
        self.loop = asyncio.new_event_loop()
        self.start()

    def came(self) -> Counter[str]:
        """How often each mail came, by its Message-ID."""
        return Counter(str(mail["Message-ID"]) for mail in list(self.mails))


class Site:
    """What runs beside PostgreSQL: a Valkey, a worker, a beat. Each can be killed, and started again where it was."""

    def __init__(self, home: Path, mailbox: Mailbox) -> None:
        self.home = home
        self.port = free_port()
        self.environ = environment_for(str(connection.settings_dict["NAME"])) | {
            "DJANGO_SETTINGS_MODULE": "flowboard.settings.prod",
            "REDIS_URL": f"redis://127.0.0.1:{self.port}/0",
            "FLOWBOARD_HOME": str(home),
            "FLOWBOARD_SECRET_KEY": "k" * 50,
            "FLOWBOARD_ALLOWED_HOSTS": "flow.example.test",
            "FLOWBOARD_BASE_URL": "https://flow.example.test",
            "EMAIL_HOST": str(mailbox.hostname),
            "EMAIL_PORT": str(mailbox.port),
            "EMAIL_USE_TLS": "0",
        }
        # Only `manage.py` has these.
        for name in ("DATABASE_OWNER_URL", "DATABASE_STAFF_URL"):
            del self.environ[name]
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, *names: str) -> None:
        commands = {"worker": [sys.executable, *WORKER.split()], "beat": [sys.executable, *BEAT.split()]}
        for name in names:
            command = commands.get(name) or [
                str(_program()),
                *f"--bind 127.0.0.1 --port {self.port} --appendonly no --maxmemory-policy noeviction".split(),
                *("--save", ""),
            ]
            with (self.home / f"{name}.log").open("a") as log:
                self.running[name] = subprocess.Popen(
                    command,
                    cwd=self.home if name == "valkey" else ROOT,
                    env=self.environ,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            if name == "valkey":
                eventually(self._answers, "Valkey answers")

    def _answers(self) -> bool:
        with redis.Redis.from_url(self.environ["REDIS_URL"]) as client:
            try:
                return bool(client.ping())
            except redis.ConnectionError:
                return False

    def kill(self, *names: str) -> None:
        """End them, and what they forked, as a crash does."""
        for name in names:
            process = self.running.pop(name)
            assert process.poll() is None, f"{name} has died by itself: {self.log(name)}"
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def log(self, name: str) -> str:
        return (self.home / f"{name}.log").read_text()[-4000:]

    def comment(self, who: User, org: Organization, issue: Issue, body: str) -> None:
        command = [sys.executable, "-c", COMMENT, str(who.pk), org.slug, str(issue.pk), body]
        subprocess.run(command, cwd=ROOT, env=self.environ, check=True, timeout=60)


@pytest.fixture
def box() -> Iterator[FrailMailbox]:
    box = FrailMailbox()
    box.start()
    yield box
    box.is_held = False
    box.stop()


@pytest.fixture
def site(tmp_path: Path, box: FrailMailbox) -> Iterator[Site]:
    site = Site(tmp_path, box)
    site.start("valkey", "worker", "beat")
    yield site
    site.kill(*site.running)


def eventually(holds: Callable[[], object], what: str, *, within: float = 120.0) -> None:
    deadline = time.monotonic() + within
    while not holds():
        assert time.monotonic() < deadline, f"it never came to that: {what}"
        time.sleep(0.1)


class Desk:
    """What is in the database, and the hands of a clock."""

    def __init__(self, org: Organization) -> None:
        self.org = org

    def delivery(self) -> Delivery:
        with run_as_system(org_id=self.org.pk):
            return Delivery.objects.filter(handler=HANDLER, event__kind="issue.commented").latest("id")

    def told(self) -> int:
        with run_as_system(org_id=self.org.pk):
            return Notification.objects.filter(kind="commented").count()

    def states(self) -> Counter[str]:
        with run_as_system(org_id=self.org.pk):
            return Counter(Mail.objects.values_list("state", flat=True))

    def errors(self) -> set[str]:
        with run_as_system(org_id=self.org.pk):
            return set(Mail.objects.exclude(last_error="").values_list("last_error", flat=True))

    def is_settled(self) -> bool:
        """Whether no mail waits; those that do are tried at once."""
        self.let_pauses_end()
        return not self.states()["waiting"]

    def let_pauses_end(self) -> None:
        """What collects is quiet long enough, leases are over, and what is to be tried later is tried."""
        now = timezone.now()
        with run_as_system(org_id=self.org.pk):
            Delivery.objects.filter(state="waiting").update(due_at=now)
            collecting = MailPart.objects.filter(mail__isnull=True)
            collecting.update(first_at=F("first_at") - timedelta(hours=1), due_at=now)
            Mail.objects.filter(state="waiting").update(due_at=now)


def test_everything_dies_once_and_everybody_hears_of_it_once(
    ada: User, acme: Organization, flow: Project, site: Site, box: FrailMailbox
) -> None:
    [issue] = factories.make_issues(acme, flow, ada, "Dock the rover")
    desk = Desk(acme)
    with run_as_system(org_id=acme.pk):
        # Of the new issue itself nobody is told: the crowd comes later.
        Delivery.objects.update(state=Delivery.State.DONE)
    people = crowd(acme, flow, issue, MANY)
    middle, unlucky = people[MANY // 2], people[7]
    box.refused[unlucky.email] = "550 5.7.1 Not from you"
    kills = 0

    # A worker dies with a thousand rows that it has not committed, and Valkey with all that it knows.
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], dbname=connection.settings_dict["NAME"]) as holder:
        with run_as_system(org_id=acme.pk):
            entry = InboxEntry.objects.create(org=acme, project=flow, issue=issue, user=middle)
        holder.execute("SELECT 1 FROM notifications_inboxentry WHERE id = %s FOR UPDATE", [entry.pk])
        site.comment(ada, acme, issue, "All hands, please.")
        waiting = "SELECT 1 FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'"
        eventually(lambda: holder.execute(waiting).fetchone(), "the worker stands still")
        assert desk.delivery().attempts == 1
        site.kill("worker", "valkey")
    assert (desk.told(), desk.delivery().state) == (0, "waiting")
    # Nobody works, and nobody can be rung: what people do now is written down all the same.
    site.comment(ada, acme, issue, "And lights.")
    site.start("valkey", "worker")
    # The beat has seen none of that and goes on; nothing but its sweep finds what waits.
    desk.let_pauses_end()
    eventually(lambda: desk.told() == 2 * MANY, "everybody is told of both")
    with run_as_system(org_id=acme.pk):
        entries = InboxEntry.objects.filter(user__in=people)
        assert Counter(entries.values_list("unread_count", flat=True)) == {2: MANY}
        heads = Stream.objects.filter(user__in=people).values_list("seq", flat=True)
        assert Counter(heads) == {2: MANY}, "and each tab hears of each once"
        assert MailPart.objects.filter(user__in=people).count() == MANY, "both in one mail"

    # The mail server answers that it cannot take any, hangs up, and is away altogether.
    box.refuses = True
    desk.let_pauses_end()
    eventually(lambda: any("451 Try again later" in error for error in desk.errors()), "it says why it waits")
    assert box.mails == []
    box.refuses, box.hangs_up = False, 5
    desk.let_pauses_end()
    eventually(lambda: len(box.mails) >= 20, "some get through")
    box.stop()
    eventually(lambda: any("refused" in error for error in desk.errors()), "nobody listens")
    box.come_back()

    # Workers die over their mails, again and again, and once more with Valkey.
    for goal in (150, 300, 450):
        box.delay = 0.02
        desk.let_pauses_end()
        eventually(partial(box.has, goal), f"{goal} mails")
        site.kill("worker", *(["valkey"] if goal == 300 else []))
        kills += 1
        site.start(*(["valkey"] if goal == 300 else []), "worker")
    # Valkey alone: worker and beat outlive it, and find the new one.
    site.kill("valkey")
    site.start("valkey")
    box.delay = 0
    desk.let_pauses_end()
    eventually(lambda: len(box.mails) >= 550, "they work on")

    # The one window that no order of steps closes, twice. The server has taken a mail, and its answer is lost ...
    box.swallows = 3
    eventually(lambda: box.swallows == 0, "three answers are lost")
    # ... or the answer came, and the worker died before it wrote that down.
    eventually(desk.is_settled, "all of them are settled")
    assert desk.states() == {"sent": MANY - 1, "dead": 1}
    came = box.came()
    assert len(came) == MANY - 1, "each mail went out"
    twice = {message_id for message_id, times in came.items() if times > 1}
    assert max(came.values()) <= 2
    assert 3 <= len(twice) <= 3 + kills * JOBS, "twice went what was being answered, and nothing else"

    # What was refused for good is a dead letter that says so, and can be tried again.
    operator = Client()
    operator.force_login(factories.make_user("Olga Operator", email="olga@example.test", is_staff=True))
    letters = reverse("admin:notifications_mail_changelist")
    assert "550 5.7.1 Not from you" in operator.get(letters, {"state__exact": "dead"}).content.decode()
    with run_as_system(org_id=acme.pk):
        dead = Mail.objects.get(state="dead")
        assert (dead.user_id, dead.attempts > 0) == (unlucky.pk, True)
    del box.refused[unlucky.email]
    operator.post(letters, {"action": "retry", "_selected_action": [dead.pk], "reason": "They take ours now"})
    eventually(lambda: desk.states() == {"sent": MANY}, "it went out")
    assert sorted({str(mail["To"]) for mail in box.mails}) == sorted(person.email for person in people)


def test_a_worker_that_dies_between_answer_and_note_sends_the_same_mail_once_more(
    ada: User, acme: Organization, flow: Project, site: Site, box: FrailMailbox
) -> None:
    [issue] = factories.make_issues(acme, flow, ada, "Dock the rover")
    desk = Desk(acme)
    [person] = crowd(acme, flow, issue, 1)
    with run_as_system(org_id=acme.pk):
        Delivery.objects.update(state=Delivery.State.DONE)
    box.is_held = True
    site.comment(ada, acme, issue, "All hands, please.")
    eventually(lambda: desk.told() == 1, "they are told")
    desk.let_pauses_end()
    eventually(lambda: box.holding == 1, "the server has the mail")
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], dbname=connection.settings_dict["NAME"]) as holder:
        holder.execute("SELECT 1 FROM notifications_mail FOR UPDATE")
        box.is_held = False
        waiting = "SELECT 1 FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'"
        eventually(lambda: holder.execute(waiting).fetchone(), "the worker has the answer, and wants to note it")
        site.kill("worker")
    assert desk.states() == {"waiting": 1}
    site.start("worker")
    with run_as_system(org_id=acme.pk):
        assert Mail.objects.get().due_at > timezone.now() + timedelta(minutes=2), "the dead worker's lease goes on"
    desk.let_pauses_end()
    eventually(lambda: desk.states() == {"sent": 1}, "it is settled")
    assert list(box.came().values()) == [2], "twice, under one Message-ID"
    assert {str(mail["To"]) for mail in box.mails} == {person.email}
