"""Work on another thread: Playwright's synchronous interface keeps an event loop on the test's own."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import connections

T = TypeVar("T")

_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="elsewhere")


def elsewhere(work: Callable[[], T]) -> T:
    """Run something as a server would, on a thread without an event loop and with connections of its own.

    As in a server, they stay: a fresh one knows no table yet, and asks for each again. Who is the last says
    `leave_elsewhere`.
    """

    def run() -> T:
        for connection in connections.all(initialized_only=True):
            connection.close_if_unusable_or_obsolete()
        return work()

    return _thread.submit(run).result()


def leave_elsewhere() -> None:
    """Close the connections of that thread."""
    _thread.submit(connections.close_all).result()
