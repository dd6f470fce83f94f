"""What every test stands on: a database copy of its own, reached by the three roles that production has."""

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

import hypothesis
import pytest
import redis
from django.db import connections
from django.test import TransactionTestCase
from pytest_django import DjangoDbBlocker, Settings
from pytest_django.plugin import blocking_manager_key

from apps.accounts.models import User
from apps.orgs.models import Organization
from apps.projects.models import Project
from flowboard.celery import app as jobs
from tests import databases, factories
from tests.mailbox import Mailbox

# How long a case takes tells of the machine, and of what else it does. The cases are the same each time: what chance
# finds belongs to whoever looks for it (`--hypothesis-profile=chance`), not to whoever changed something else.
hypothesis.settings.register_profile(
    "flowboard", deadline=None, derandomize=True, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.register_profile("chance", hypothesis.settings.get_profile("flowboard"), derandomize=False)
hypothesis.settings.load_profile("flowboard")

TEMPLATE = pytest.StashKey[Thread]()
LONGEST = 30  # seconds that nearly every test is done in

# What walks over everything and asserts little about each thing makes coverage look better than it is, and tracing it
# takes two fifths of its time.
UNTRACED = tuple(
    Path(__file__).parent / name
    for name in (
        "access",
        "admin",
        "api/test_access.py",
        "api/test_bad_input.py",
        "api/test_matrix.py",
        "api/test_walking.py",
        "browser",
        "input",
        "ops/test_demo.py",
    )
)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Give every database test all aliases, trace what tells of coverage, leave the long tests to `make test-deep`.

    A mark that names `default` alone would have left the other aliases where the settings point them.
    """
    for item in items:
        mark = item.get_closest_marker("django_db")
        fixtures = set(getattr(item, "fixturenames", ()))
        if mark is not None or fixtures & {"db", "transactional_db"}:
            given = dict(mark.kwargs) if mark is not None else {"transaction": "transactional_db" in fixtures}
            item.add_marker(pytest.mark.django_db(**(given | {"databases": "__all__"})), append=False)
        # What a race runs through is chance, so that coverage must not count on it.
        if item.get_closest_marker("race") or any(item.path.is_relative_to(place) for place in UNTRACED):
            item.add_marker(pytest.mark.no_cover)
    if not config.option.markexpr:
        deep = [item for item in items if item.get_closest_marker("deep")]
        if deep and len(deep) < len(items):
            items[:] = [item for item in items if item not in deep]
            config.hook.pytest_deselected(items=deep)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Make the template while workers collect. Else the first that needs it would, and the others wait for that one."""
    if session.config.pluginmanager.hasplugin("dsession"):

        def work() -> None:
            with session.config.stash[blocking_manager_key].unblock():
                databases.make_template()

        making = session.config.stash[TEMPLATE] = Thread(target=work, name="template")
        making.start()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """End no sooner than the template is made, however few tests there were: the database is blocked by then."""
    making = session.config.stash.get(TEMPLATE, None)
    if making is not None:
        making.join()


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None, django_db_blocker: DjangoDbBlocker, worker_id: str
) -> Iterator[None]:
    """Point every alias at this process's copy of the migrated template."""
    name = databases.copy_name(worker_id)
    with django_db_blocker.unblock():
        databases.make_copy(name)
        databases.point_django_at(name)
        for alias in connections:
            if not connections[alias].settings_dict["NAME"].startswith("test_"):
                pytest.exit(f"The alias {alias} does not point at a test database.", returncode=4)
    os.environ["FLOWBOARD_TEST_DATABASE"] = name
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda test: databases.empty())
        yield
    with django_db_blocker.unblock():
        connections.close_all()
        databases.drop_copy(name)


@pytest.fixture(autouse=True)
def _empty_cache(request: pytest.FixtureRequest) -> Iterator[None]:
    """Sessions, limits and cached pages of one test are none of the next one's business."""
    yield
    if {"db", "transactional_db"} & set(request.fixturenames) or request.node.get_closest_marker("django_db"):
        with redis.Redis.from_url(os.environ["REDIS_URL"]) as client:
            client.flushall()


@pytest.fixture(autouse=True)
def _day_that_goes_on() -> None:
    """No test begins at the very end of a day, in UTC: what is due today would be late before it is looked at."""
    now = datetime.now(UTC)
    left = (datetime.combine(now.date() + timedelta(days=1), datetime.min.time(), UTC) - now).total_seconds()
    if left < LONGEST:
        time.sleep(left)


@pytest.fixture
def steady_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limiter's time stands still, so that a slow machine does not count into the next minute."""
    now = time.time()
    monkeypatch.setattr("django_ratelimit.core.time.time", lambda: now)


@pytest.fixture
def ada(db: None) -> User:
    """The owner of `acme`."""
    return factories.make_user("Ada Okafor")


@pytest.fixture
def acme(ada: User) -> Organization:
    """An organization."""
    return factories.make_org(ada)


@pytest.fixture
def flow(acme: Organization, ada: User) -> Project:
    """A Scrum project that all of `acme` sees."""
    return factories.make_project(acme, ada, "FLOW", template="scrum")


@pytest.fixture
def secret(acme: Organization, ada: User) -> Project:
    """A private project that only `ada` was added to."""
    return factories.make_project(acme, ada, "SECRET", visibility="private")


@pytest.fixture
def mailbox(settings: Settings) -> Iterator[Mailbox]:
    """A real mail server, which FlowBoard is configured to use; jobs run where they are queued."""
    jobs.conf.task_always_eager = True
    box = Mailbox()
    box.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = box.hostname, box.port
    settings.EMAIL_USE_TLS = False
    yield box
    box.stop()
    jobs.conf.task_always_eager = False
