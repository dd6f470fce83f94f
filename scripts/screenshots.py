"""Takes the pictures of the README, and with `--all DIR` one of every page, of a demo that is made for it.

A server of its own is started in a temporary directory, so nobody's data is shown, and stopped in the end. Nothing on
the pages moves: the same demo gives the same pictures, but for the dates that it is told by.
"""

import argparse
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.processes import find_chromium  # noqa: E402

IMAGES = ROOT / "docs" / "images"
WIDE = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
# For the README: name, path, theme, window.
KEPT = (
    ("board-light", "/acme/FLOW/board/", "light", WIDE),
    ("board-dark", "/acme/FLOW/board/", "dark", WIDE),
    ("board-phone", "/acme/FLOW/board/", "light", PHONE),
    ("issue-light", "/acme/issue/FLOW-101/", "light", WIDE),
    ("home-light", "/acme/", "light", WIDE),
)
FOR_STRANGERS = ("/accounts/login/", "/accounts/signup/", "/accounts/password/reset/", "/invitations/gone/")
FOR_MEMBERS = (
    "/",
    "/acme/",
    "/acme/FLOW/board/",
    "/acme/FLOW/board/?q=nothing+like+this",
    "/acme/FLOW/issues/",
    "/acme/FLOW/issues/new/",
    "/acme/issue/FLOW-101/",
    "/acme/members/",
    "/acme/tokens/",
    "/acme/settings/",
    "/acme/my-issues/",
    "/acme/projects/new/",
    "/acme/FLOW/settings/",
    "/acme/FLOW/settings/labels/",
    "/acme/FLOW/settings/board/",
    "/orgs/new/",
    "/accounts/profile/",
    "/accounts/preferences/",
    "/accounts/email/",
    "/accounts/password/change/",
    "/accounts/sessions/",
    "/accounts/delete/",
    "/acme/there-is-no-such-page/",
)


@contextmanager
def server() -> Iterator[tuple[str, str, str]]:
    """Run FlowBoard with a fresh demo: its address, and how to sign in to it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="flowboard-screenshots-") as home:
        given = {"PORT": str(port), "FLOWBOARD_HOME": home}
        own = {name: value for name, value in os.environ.items() if not name.startswith(("DATABASE_", "REDIS_"))}
        process = subprocess.Popen(
            [sys.executable, "manage.py", "up"], cwd=ROOT, env=own | given, stdout=subprocess.PIPE, text=True
        )
        try:
            assert process.stdout is not None  # noqa: S101 (asked for above)
            for line in process.stdout:
                if found := re.search(r"ready: (\S+)/ \(sign in: (\S+) / (\S+)\)", line):
                    yield found[1], found[2], found[3]
                    return
            raise SystemExit("FlowBoard did not start.")
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()


@contextmanager
def reader(browser: Browser, address: str, theme: str, window: dict[str, int]) -> Iterator[BrowserContext]:
    """A browser at rest, in one theme and one size."""
    context = browser.new_context(
        viewport=window,  # type: ignore[arg-type]
        color_scheme=theme,  # type: ignore[arg-type]
        reduced_motion="reduce",
        locale="en-GB",
        timezone_id="UTC",
        device_scale_factor=2 if window is PHONE else 1,
    )
    context.add_cookies([{"name": "theme", "value": theme, "url": address}])
    yield context
    context.close()


def sign_in(context: BrowserContext, address: str, email: str, password: str) -> None:
    """Sign in through the form."""
    page = context.new_page()
    page.goto(f"{address}/accounts/login/")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "login" not in url)
    page.close()


def shoot(context: BrowserContext, address: str, path: str, to: Path) -> int:
    """Keep a picture of a page, with few colours and few bytes; its status."""
    page = context.new_page()
    answer = page.goto(address + path)
    live = page.locator("[data-live]")
    if live.count():
        page.locator("[data-live][data-state=live]").first.wait_for()
    page.wait_for_timeout(400)
    picture = Image.open(BytesIO(page.screenshot(animations="disabled", caret="hide"))).convert("RGB")
    few = picture.quantize(256, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    few.save(to, optimize=True)
    page.close()
    return answer.status if answer else 0


def keep(browser: Browser, address: str, email: str, password: str) -> None:
    """Take the pictures of the README."""
    for name, path, theme, window in KEPT:
        with reader(browser, address, theme, window) as context:
            sign_in(context, address, email, password)
            context.add_cookies([{"name": "theme", "value": theme, "url": address}])
            shoot(context, address, path, IMAGES / f"{name}.png")
        print(IMAGES / f"{name}.png")


def keep_all(browser: Browser, address: str, email: str, password: str, to: Path) -> None:
    """Take a picture of every page, in both themes, wide and on a phone."""
    to.mkdir(parents=True, exist_ok=True)
    for theme in ("light", "dark"):
        for size, window in (("wide", WIDE), ("phone", PHONE)):
            with reader(browser, address, theme, window) as context:
                for paths in (FOR_STRANGERS, FOR_MEMBERS):
                    if paths is FOR_MEMBERS:
                        sign_in(context, address, email, password)
                        context.add_cookies([{"name": "theme", "value": theme, "url": address}])
                    for path in paths:
                        name = re.sub(r"\W+", "-", path).strip("-") or "start"
                        status = shoot(context, address, path, to / f"{name}-{theme}-{size}.png")
                        print(status, path, theme, size)


def main() -> None:
    """Read the command line, and do it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", metavar="DIR", type=Path, help="every page, into this directory")
    asked = parser.parse_args()
    with server() as (address, email, password), sync_playwright() as playwright:
        flags = ["--disable-gpu", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=flags)
        if asked.all:
            keep_all(browser, address, email, password, asked.all)
        else:
            keep(browser, address, email, password)
        browser.close()


if __name__ == "__main__":
    main()
