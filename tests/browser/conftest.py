"""Browser tests: a real Chromium against a real server process, on this test process's database and Valkey.

A page that logs an error, breaks the content security policy or throws fails its test. Where an error is what the
test provokes, it says so with `allow`.
"""

import json
import os
import re
import time
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import pytest
from django.conf import settings
from django.db import connections
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Page, WebError, expect, sync_playwright

from apps.ops.chromium import find_chromium
from tests.browser.elsewhere import elsewhere, leave_elsewhere
from tests.processes import WebProcess

CHROMIUM_FLAGS = [
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE = 10_000  # milliseconds: what is slow is no fault, on a machine that has much else to do
WIDE = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
# Nothing glides where a test does not ask for it: there is less to draw and to wait for.
USUAL: dict[str, Any] = {"viewport": WIDE, "locale": "en-GB", "timezone_id": "UTC", "reduced_motion": "reduce"}
ON_A_PHONE: dict[str, Any] = {"viewport": PHONE, "has_touch": True, "color_scheme": "dark"}
# A journey that is the same on a phone but for its layout goes there in the deep tests.
DEVICES = [pytest.param({}, id="wide"), pytest.param(ON_A_PHONE, id="phone", marks=pytest.mark.deep)]
on_each_device = pytest.mark.parametrize("device", DEVICES)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything in this directory as a browser test."""
    for item in items:
        if item.path.is_relative_to(os.path.dirname(__file__)):
            item.add_marker(pytest.mark.browser)


class Desks:
    """Browser contexts that serve one test after another, so that a page's scripts are fetched and compiled once.

    A desk is cleared between two people: nothing but the cache of what never changes is left of who sat there.
    """

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._free: dict[str, list[BrowserContext]] = {}
        self._taken: dict[BrowserContext, str] = {}

    def take(self, options: dict[str, Any]) -> BrowserContext:
        """A desk for somebody with these context options."""
        kind = json.dumps(options, sort_keys=True)
        free = self._free.setdefault(kind, [])
        context = free.pop() if free else self._browser.new_context(**options)
        self._taken[context] = kind
        return context

    def clear(self, context: BrowserContext, origin: str) -> None:
        """Make a desk as new: no pages, cookies, routes or stored values."""
        for page in context.pages:
            page.close()
        context.clear_cookies()
        context.unroute_all()
        context.set_offline(False)
        page = context.new_page()
        stored = {"origin": origin, "storageTypes": "local_storage,indexeddb,cache_storage,service_workers"}
        context.new_cdp_session(page).send("Storage.clearDataForOrigin", stored)
        page.close()
        self._free[self._taken.pop(context)].append(context)


class HasUrl(Protocol):
    """A place that pages come from."""

    url: str


class Visitor:
    """Opens pages as one person on one device, and remembers everything that went wrong on them."""

    def __init__(self, context: BrowserContext, server: HasUrl) -> None:
        self.context = context
        self.server = server
        self.problems: list[str] = []
        self._allowed: list[re.Pattern[str]] = []
        context.on("console", self._on_console)
        context.on("weberror", self._on_error)

    def sign_in(self, user: Any) -> "Visitor":
        """Sign in as `user` without going through the form."""
        client = Client()
        elsewhere(lambda: client.force_login(user))
        name = settings.SESSION_COOKIE_NAME
        self.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": self.server.url}])
        return self

    def open(self, path: str = "/") -> Page:
        """Open a page of the server in a new tab."""
        page = self.context.new_page()
        page.goto(self.server.url + path)
        return page

    def allow(self, pattern: str) -> None:
        """Declare that messages which match are what this test provokes."""
        self._allowed.append(re.compile(pattern))

    def verify(self) -> None:
        """Fail if any page of this visitor had a problem that was not allowed."""
        left = [text for text in self.problems if not any(pattern.search(text) for pattern in self._allowed)]
        if left:
            pytest.fail("The browser reported problems:\n" + "\n".join(left))

    def leave(self) -> None:
        """Hear no more of this context."""
        self.context.remove_listener("console", self._on_console)
        self.context.remove_listener("weberror", self._on_error)

    def _on_error(self, error: WebError) -> None:
        self.problems.append(f"page error: {error.error}")

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            place = message.location
            self.problems.append(f"{message.text} ({place.get('url')}:{place.get('lineNumber')})")


@pytest.fixture(scope="package", autouse=True)
def _left(django_db_setup: None) -> Iterator[None]:
    """No connection is left when other tests come: the database could not be dropped at the end."""
    yield
    leave_elsewhere()


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One Chromium for all browser tests in a row. Without one this is an error, never a skip.

    It goes when other tests come: as long as it is there, the synchronous Playwright keeps an event loop running on
    this thread, where Django would refuse to touch the database and `async_to_sync` to work at all.
    """
    flags = [*CHROMIUM_FLAGS, "--no-sandbox"] if os.geteuid() == 0 else CHROMIUM_FLAGS
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        try:
            chromium = playwright.chromium.launch(executable_path=find_chromium(), args=flags)
            expect.set_options(timeout=PATIENCE)
        except Error as error:
            raise RuntimeError(
                f"There is no Chromium for the browser tests: run them with `make test`.\n{error}"
            ) from error
        yield chromium
        chromium.close()


@pytest.fixture(scope="package")
def desks(browser: Browser) -> Desks:
    """The browser contexts that tests share, one after another."""
    return Desks(browser)


@pytest.fixture(scope="session")
def _web(django_db_setup: None) -> Iterator[WebProcess]:
    process = WebProcess(os.environ["FLOWBOARD_TEST_DATABASE"])
    yield process
    process.stop()


def _wait_until_idle(*, deadline: float = 5.0) -> None:
    """Wait until the server holds no lock: what is in flight would meet the TRUNCATE after the test in a deadlock."""
    until = time.monotonic() + deadline
    quiet = 0
    while quiet < 2 and time.monotonic() < until:
        with connections["owner"].cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'relation' AND pid <> pg_backend_pid() "
                "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            )
            quiet = quiet + 1 if cursor.fetchone() == (0,) else 0
        if quiet < 2:
            time.sleep(0.03)


@pytest.fixture
def server(_web: WebProcess, transactional_db: None) -> Iterator[WebProcess]:
    """The server process; a test may stop, kill and restart it."""
    if not _web.is_running:
        _web.start()
    yield _web
    _wait_until_idle()


@pytest.fixture
def second_server(server: WebProcess) -> Iterator[WebProcess]:
    """Another server process on the same database and Valkey."""
    process = WebProcess(os.environ["FLOWBOARD_TEST_DATABASE"])
    process.start()
    yield process
    process.stop()


@pytest.fixture
def visitor(browser: Browser, desks: Desks, server: WebProcess) -> Iterator[Callable[..., Visitor]]:
    """Make visitors: `visitor(user)`, `visitor(user, viewport=PHONE, has_touch=True, color_scheme="dark")`.

    Each has cookies of its own. `at=second_server` sends one to another server process; `fresh=True` gives a browser
    context that nobody used before and nobody will: for what cannot be taken off it again, like scripts run at its
    start, and for what the cache would hide.
    """
    visitors: list[tuple[Visitor, bool]] = []

    def make(user: Any = None, *, at: WebProcess = server, fresh: bool = False, **options: Any) -> Visitor:
        wanted = USUAL | options
        fresh = fresh or "permissions" in options
        context = browser.new_context(**wanted) if fresh else desks.take(wanted)
        context.set_default_timeout(PATIENCE)
        made = Visitor(context, at)
        visitors.append((made, fresh))
        return made.sign_in(user) if user is not None else made

    yield make
    for each, fresh in visitors:
        each.leave()
        if fresh:
            each.context.close()
        else:
            desks.clear(each.context, each.server.url)
    for each, _ in visitors:
        each.verify()


@pytest.fixture
def page(visitor: Callable[..., Visitor]) -> Page:
    """A blank page of somebody who has not signed in."""
    return visitor().context.new_page()
