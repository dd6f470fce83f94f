"""A slow line: an answer that comes only after the person has done something else."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from playwright.sync_api import Page

from .board import eventually

# In the page itself: Playwright does not hear of every request in time.
HOLD = """([part, method]) => {
  const { fetch } = window;
  let goOn = null;
  const gate = new Promise((resolve) => { goOn = resolve; });
  window.held = { count: 0, goOn, end() { goOn(); window.fetch = fetch; } };
  window.fetch = async (url, options = {}) => {
    if (String(url).endsWith(part) && (options.method ?? "GET") === method) {
      window.held.count += 1;
      await gate;
    }
    return fetch(url, options);
  };
}"""


@contextmanager
def slowly(page: Page, part: str, *, method: str = "POST") -> Iterator[Callable[[], None]]:
    """Hold back what a page's scripts ask of addresses that end so, until what is returned is called.

    That waits until there is such a request.
    """
    page.evaluate(HOLD, [part, method])

    def go_on() -> None:
        eventually(lambda: page.evaluate("window.held.count"), lambda number: number > 0)
        page.evaluate("window.held.goOn()")

    yield go_on
    page.evaluate("window.held.end()")
