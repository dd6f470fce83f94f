"""From one person's drop to another person's screen, in real browsers."""

import os
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django.conf import settings

from apps.ops.chromium import find_chromium

from .figures import Figure, percentile
from .world import SMALL, BenchError, Server, World

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

DROPS = 40
# The first ones warm up caches, connections and the browsers' compilers.
WARM_UP = 5
FLAGS = ("--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update")

# Both pages are on one machine, so their clocks agree.
WATCH_DROPS = """() => {
  window.dropped = 0;
  addEventListener("pointerup", () => { window.dropped = performance.timeOrigin + performance.now(); }, true);
}"""
WATCH_CARDS = """() => {
  window.arrived = {};
  new MutationObserver((records) => {
    const now = performance.timeOrigin + performance.now();
    for (const record of records)
      for (const node of record.addedNodes)
        if (node.dataset?.issueKey) window.arrived[node.dataset.issueKey] = now;
  }).observe(document.querySelector("main"), { childList: true, subtree: true });
}"""


def drop_to_dom(world: World) -> Iterator[Figure]:
    """Drag cards in one browser; time each from the drop to the change of the other browser's document.

    :raises BenchError: if there is no Playwright or no Chromium
    """
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError as error:
        raise BenchError("The live bench needs Playwright: run it with `make bench`.") from error
    # The synchronous Playwright keeps an event loop on this thread, where Django would refuse to touch the database.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    flags = [*FLAGS, "--no-sandbox"] if os.geteuid() == 0 else list(FLAGS)
    with Server() as server, sync_playwright() as playwright:
        try:
            chromium = playwright.chromium.launch(executable_path=find_chromium(), args=flags)
        except Error as error:
            raise BenchError("The live bench needs a Chromium: run it with `make bench`.") from error
        mine, theirs = (_open(chromium.new_context(viewport=_SCREEN), server, world) for _ in range(2))
        mine.evaluate(WATCH_DROPS)
        theirs.evaluate(WATCH_CARDS)
        taken = [_drop(mine, theirs, number) for number in range(WARM_UP + DROPS)][WARM_UP:]
        chromium.close()
    yield Figure("drop to the other browser's document, p50", percentile(taken, 50), "ms", "under 60 ms")
    yield Figure("drop to the other browser's document, p95", percentile(taken, 95), "ms")


_SCREEN: Any = {"width": 1440, "height": 900}


def _open(context: "BrowserContext", server: Server, world: World) -> "Page":
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": world.session, "url": server.url}])
    page = context.new_page()
    page.goto(server.url + world.path(SMALL))
    page.locator(".live[data-state=live]").wait_for()
    return page


def _drop(mine: "Page", theirs: "Page", number: int) -> float:
    """Drag the first card of one column to the top of another; milliseconds until it is there on the other page."""
    columns = mine.locator("[data-column]")
    source, target = (0, 1) if number % 2 == 0 else (1, 0)
    card = columns.nth(source).locator(".card").first
    key = card.get_attribute("data-issue-key")
    start = card.bounding_box()
    end = columns.nth(target).locator(".card").first.bounding_box()
    if key is None or start is None or end is None:
        raise BenchError("The board shows no cards.")
    theirs.evaluate("() => { window.arrived = {}; }")
    mine.mouse.move(start["x"] + 60, start["y"] + 25)
    mine.mouse.down()
    mine.mouse.move(start["x"] + 66, start["y"] + 31)
    mine.mouse.move(end["x"] + 90, end["y"] + 6, steps=4)
    mine.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    mine.mouse.up()
    deadline = time.monotonic() + 10
    while (arrived := theirs.evaluate("(key) => window.arrived[key] ?? 0", key)) == 0:
        if time.monotonic() > deadline:
            raise BenchError(f"{key} was dropped, but never moved in the other browser.")
        # The page notes the moment itself; asking often would only take its processor time.
        time.sleep(0.05)
    dropped: float = mine.evaluate("window.dropped")
    # Let the answer to the move arrive, so that the next drag begins on a quiet board.
    time.sleep(0.1)
    return float(arrived) - dropped
