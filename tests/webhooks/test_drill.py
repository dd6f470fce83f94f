"""A real worker is killed while a server holds its request: another one sends the same message again, once."""

import os
import signal
import subprocess
import sys
import time

import pytest

from apps.accounts.models import User
from apps.orgs.models import Organization
from apps.projects.models import Project
from tests.endpoint import Endpoint, hang
from tests.factories import make_issues
from tests.processes import ROOT, environment_for
from tests.webhooks.conftest import Hooks, is_signed

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.drill]

WORKER = """
import django
django.setup()
from apps.webhooks.jobs import send
send()
"""


def test_a_worker_killed_while_it_sends_makes_it_come_twice_at_most(
    hooks: Hooks, flow: Project, acme: Organization, ada: User, endpoint: Endpoint
) -> None:
    _webhook, secret = hooks.make(flow, endpoint.url, kinds=["issue.created"])
    make_issues(acme, flow, ada, "One")
    endpoint.scripts = [hang(10)]
    environment = environment_for(os.environ["FLOWBOARD_TEST_DATABASE"]) | {"FLOWBOARD_EGRESS_ALLOW": "127.0.0.1"}
    worker = subprocess.Popen([sys.executable, "-c", WORKER], cwd=ROOT, env=environment)
    try:
        ends_at = time.monotonic() + 60
        while not endpoint.received:
            assert time.monotonic() < ends_at, "the worker sends nothing"
            time.sleep(0.05)
        assert hooks.work() == 0, "the other one is at it"
    finally:
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    assert hooks.work() == 0, "its lease is not over"
    hooks.wait()
    # PostgreSQL gives a killed worker's lock back when it sees that the connection is gone.
    ends_at = time.monotonic() + 20
    while not (sent := hooks.work()):
        assert time.monotonic() < ends_at, "the other one is never let in"
        time.sleep(0.05)
    assert sent == 1
    first, second = endpoint.received
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert is_signed(second, secret)
    [message] = hooks.messages()
    assert (message.state, message.attempts) == ("delivered", 2)
