"""A slow line: an answer that comes only after the person has done something else."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, Route

from .board import eventually


@contextmanager
def slowly(page: Page, pattern: str, *, method: str = "POST") -> Iterator[Callable[[], None]]:
    """Hold requests back until what is returned is called; it waits until there is one."""
    waiting: list[Route] = []
    is_over = False

    def hold(route: Route) -> None:
        if is_over or route.request.method != method:
            route.continue_()
        else:
            waiting.append(route)

    def count() -> int:
        page.evaluate("0")  # routes are heard of while Playwright is at work
        return len(waiting)

    def go_on() -> None:
        nonlocal is_over
        eventually(count, lambda number: number > 0)
        is_over = True
        for route in waiting:
            route.continue_()

    page.route(pattern, hold)
    yield go_on
    page.unroute(pattern, hold)
