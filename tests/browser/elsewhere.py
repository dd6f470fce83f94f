"""Work on another thread: Playwright's synchronous interface keeps an event loop on the test's own."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import connections

T = TypeVar("T")

_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="elsewhere")


def elsewhere(work: Callable[[], T]) -> T:
    """Run something as a server would, on a thread without an event loop and with connections of its own."""

    def run() -> T:
        try:
            return work()
        finally:
            connections.close_all()

    return _thread.submit(run).result()
