"""The fixtures themselves: a test must notice what a person with open developer tools would."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Route

from .board import eventually
from .conftest import Visitor

POLICY = "default-src 'none'; script-src 'self'; connect-src 'self'"
PAGES = {
    "/fine/": "<title>fine</title>",
    "/inline-script/": "<script>1</script>",
    "/inline-style/": '<p style="color: red">red</p>',
    "/throws/": "<script src='/throws.js'></script>",
    "/complains/": "<script src='/complains.js'></script>",
}
SCRIPTS = {"/throws.js": "setTimeout(() => { throw new Error('thrown') })", "/complains.js": "console.error('oh dear')"}


def answer(route: Route) -> None:
    path = route.request.url.removeprefix("http://flowboard.test")
    if path in SCRIPTS:
        route.fulfill(content_type="text/javascript", body=SCRIPTS[path])
    else:
        body = PAGES.get(path, "missing")
        route.fulfill(
            status=200 if path in PAGES else 404,
            content_type="text/html",
            headers={"Content-Security-Policy": POLICY},
            body=body,
        )


class Nowhere:
    """A server that never runs: every request is answered by the test."""

    url = "http://flowboard.test"


@pytest.fixture
def visitor(browser: Browser) -> Iterator[Visitor]:
    context = browser.new_context()
    context.route("**/*", answer)
    yield Visitor(context, Nowhere())
    context.close()


class TestVisitor:
    @pytest.mark.parametrize(
        ("path", "message"),
        [
            ("/inline-script/", "Content Security Policy"),
            ("/inline-style/", "Content Security Policy"),
            ("/throws/", "thrown"),
            ("/complains/", "oh dear"),
            ("/missing/", "404"),
        ],
    )
    def test_notices(self, visitor: Visitor, path: str, message: str) -> None:
        page = visitor.open(path)

        def noticed() -> bool:
            page.title()  # what happened is heard of while the page is asked for something
            return any(message in problem for problem in visitor.problems)

        eventually(noticed, True)
        with pytest.raises(pytest.fail.Exception, match="The browser reported problems"):
            visitor.verify()
        visitor.allow(message)
        visitor.verify()

    def test_is_content_with_a_good_page(self, visitor: Visitor) -> None:
        assert visitor.open("/fine/").title() == "fine"
        visitor.verify()
