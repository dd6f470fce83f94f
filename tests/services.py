"""The PostgreSQL and Valkey of the test suite: a pytest plugin, loaded before any setting is read.

The servers live in `.flowboard-test`, give up safety against power loss for speed, and stop with the last test run.
Addresses in the caller's environment are ignored on purpose: no test may ever touch a database that somebody uses.
PostgreSQL is shared by all test processes, each with a database of its own; a Valkey (whose channels know no
database numbers) belongs to one process alone.
"""

import os
import signal
from pathlib import Path
from typing import IO

import pytest

from apps.ops import embedded

HOME = Path(__file__).resolve().parent.parent / ".flowboard-test"
GIVEN_BY_CALLER = (
    "DATABASE_URL",
    "DATABASE_OWNER_URL",
    "DATABASE_STAFF_URL",
    "REDIS_URL",
    "DJANGO_SETTINGS_MODULE",
    "EMAIL_HOST",
)
_claims: list[IO[str]] = []


def is_worker() -> bool:
    """Tell whether this process is one of pytest-xdist's, started by a controller that has provided PostgreSQL."""
    return "PYTEST_XDIST_WORKER" in os.environ


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests() -> None:
    """Provide both services; a worker takes PostgreSQL from its controller."""
    # Ended from outside, stop as for Ctrl-C: fixtures are torn down, and the services with the last run.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if not is_worker():
        for name in GIVEN_BY_CALLER:
            os.environ.pop(name, None)
        os.environ["FLOWBOARD_SECRET_KEY"] = "the test settings have their own"
        os.environ["REDIS_URL"] = "each process has its own"
        os.environ["FLOWBOARD_HOME"] = str(HOME)
        embedded.provide(durable=False)
        # Ours alone: it names leftovers of killed runs, and belongs in no database two runs share.
        os.environ["FLOWBOARD_TEST_RUN"] = str(os.getpid())
    del os.environ["REDIS_URL"]
    os.environ["FLOWBOARD_HOME"] = str(_home_of_this_process())
    embedded.provide(durable=False)


def _home_of_this_process() -> Path:
    """Claim the first directory that no other test process uses: its Valkey, uploads and mails live there."""
    number = 0
    while True:
        home = embedded.Home.of(str(HOME / f"process-{number}"))
        claim = home.claim()
        if claim is not None:
            _claims.append(claim)
            return home.path
        number += 1
