"""Requests that are kept on their way, as a slow line keeps them, while the person does something else."""

from playwright.sync_api import Page

from tests.browser.board import eventually

# In the page itself: Playwright does not hear of every request in time.
KEEP = """([pattern, method, isAnswer]) => {
  const { fetch } = window;
  const kept = { is: false, letGo: null };
  const gate = new Promise((resolve) => { kept.letGo = resolve; });
  window.kept = kept;
  let isFirst = true;
  window.fetch = async (url, options = {}) => {
    const isMeant = isFirst && (options.method ?? "GET") === method && new RegExp(pattern).test(url);
    if (!isMeant) return fetch(url, options);
    isFirst = false;
    const answer = isAnswer ? await fetch(url, options) : null;
    kept.is = true;
    await gate;
    return answer ?? fetch(url, options);
  };
}"""


class SlowLine:
    """Keeps the first request of a page's scripts whose address matches, until it is let go; all others pass.

    With `is_answered` it is the answer that is kept: what it says may be old when it comes.
    """

    def __init__(self, page: Page, pattern: str, *, method: str = "POST", is_answered: bool = False) -> None:
        self._page = page
        self._is_answered = is_answered
        page.evaluate(KEEP, [pattern, method, is_answered])

    def wait(self) -> None:
        """Wait until one is kept."""
        eventually(lambda: self._page.evaluate("window.kept.is"), True)

    def let_go(self) -> None:
        """Let it go on, once there is one; whatever follows passes at once."""
        self.wait()
        self._page.evaluate("window.kept.letGo()")
        if self._is_answered:
            # Until the page has done with it what it does.
            self._page.evaluate("new Promise(done => setTimeout(done, 100))")
