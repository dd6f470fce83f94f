"""Requests that are kept on their way, as a slow line keeps them."""

from playwright.sync_api import APIResponse, Page, Route

from tests.browser.board import eventually


class SlowLine:
    """Keeps the first request of a page that matches, until it is let go; all others pass.

    With `is_answered` it is the answer that is kept: what it says may be old when it comes.
    """

    def __init__(self, page: Page, pattern: str, *, method: str = "POST", is_answered: bool = False) -> None:
        self._page = page
        self._is_answered = is_answered
        self._kept: Route | None = None
        self._answer: APIResponse | None = None

        def meet(route: Route) -> None:
            if self._kept is None and route.request.method == method:
                self._kept = route
                self._answer = route.fetch() if is_answered else None
            else:
                route.fallback()

        page.route(pattern, meet)
        self._stop = lambda: page.unroute(pattern, meet)

    def wait(self) -> None:
        """Wait until one is kept."""

        def is_kept() -> bool:
            self._page.title()  # requests are heard of while the page is asked for something
            return self._kept is not None and (self._answer is not None or not self._is_answered)

        eventually(is_kept, True)

    def let_go(self) -> None:
        """Send it; whatever follows passes at once."""
        assert self._kept is not None
        if self._answer is not None:
            with self._page.expect_response(self._kept.request.url):
                self._kept.fulfill(response=self._answer)
            # Until the page has done with it what it does.
            self._page.evaluate("new Promise(done => setTimeout(done, 100))")
        else:
            self._kept.continue_()
        self._stop()
