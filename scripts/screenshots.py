"""Takes the pictures of the README, and with `--all DIR` one of every page, of a demo that is made for it.
`--only cadence` leaves out the pages whose address does not say so. Pages of what the demo has none of, such as an
import that failed, are named and left out.

A server of its own is started in a temporary directory, so nobody's data is shown, and stopped in the end. Its clock
stands still (`flowboard.settings.pictures`), and so does the browser's: the same pages give the same pictures.
"""

import argparse
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from itertools import chain
from pathlib import Path
from string import Formatter
from typing import Any
from urllib.parse import urlsplit

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from apps.ops.chromium import find_chromium  # noqa: E402
from tests.browser.pages import FIRST, MEMBERS, OPERATORS, STRANGERS  # noqa: E402

IMAGES = ROOT / "docs" / "images"
MOMENT = datetime(2026, 11, 18, 14, 30, tzinfo=UTC)
WIDE = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
# For the README: name, path, theme, window.
KEPT = (
    ("board-light", "/acme/FLOW/board/", "light", WIDE),
    ("board-dark", "/acme/FLOW/board/", "dark", WIDE),
    ("board-phone", "/acme/FLOW/board/", "light", PHONE),
    ("issue-light", "/acme/issue/FLOW-109/", "light", WIDE),
    ("home-light", "/acme/", "light", WIDE),
)
# Invitations in every state, which the demo has no use for, and a column: printed as the names that addresses carry.
PREPARE = """
import json
from datetime import timedelta
from django.utils import timezone
from apps.accounts.models import User
from apps.boards.models import Board
from apps.boards.services.across import create_across
from apps.projects.models import IssueType, Label, Project, Status, Transition, Version
from apps.projects.services import set_project_role
from apps.issues.models import Issue
from apps.core.tenancy import OrgRole, run_as
from apps.orgs.models import Invitation
from apps.orgs.services import invitation_secret, invite, revoke_invitation
from apps.recurring.models import Schedule
from apps.sprints.models import Sprint
names = {"org": "acme", "project_key": "FLOW", "issue_key": "FLOW-101", "number": "101"}
ada = User.objects.get(email="ada@acme.test")
with run_as(user_id=ada.pk, org_slug="acme") as actor:
    board = Board.objects.filter(project__key="FLOW").order_by("position")[0]
    names |= {"board_id": str(board.pk), "column_id": str(board.columns.order_by("position")[0].pk)}
    todo = Status.objects.filter(project__key="FLOW", category="todo").order_by("position")[0]
    ids = Project.objects.filter(archived_at=None, deleted_at=None).values_list("pk", flat=True)
    across = create_across(actor=actor, name="Everything", by="status", project_ids=list(ids))
    names |= {"across_id": str(across.pk), "across_column_id": str(todo.pk)}
    edge = Transition.objects.filter(project__key="FLOW", target__is_initial=False).order_by("pk")[0]
    names |= {"transition_id": str(edge.pk), "status_id": str(edge.target_id)}
    other = Project.objects.exclude(key="FLOW").order_by("pk")[0]
    names |= {"issue_id": str(Issue.objects.get(project__key="FLOW", number=101).pk), "second_key": other.key}
    names["sprint_id"] = str(Sprint.objects.get(project__key="FLOW", state="active").pk)
    schedule = Schedule.objects.filter(project__key="FLOW").order_by("pk")[0]
    names |= {"schedule_id": str(schedule.pk), "template_id": str(schedule.template_id)}
    names["type_id"] = str(IssueType.objects.get(project__key="FLOW", name="Bug").pk)
    label = Label.objects.filter(project__key="FLOW").order_by("pk")[0]
    version = Version.objects.filter(project__key="FLOW", released_at__isnull=True).order_by("pk")[0]
    mateo = User.objects.get(email="mateo@acme.test")
    set_project_role(actor=actor, project=label.project, user=mateo, role="admin")
    names |= {"label_id": str(label.pk), "version_id": str(version.pk), "user_id": str(mateo.pk)}
    for state in ("open", "expired", "used", "revoked"):
        made = invite(actor=actor, email=f"{state}@example.test", role=OrgRole.MEMBER)
        names[f"{state}_invitation"] = invitation_secret(made.nonce)
        if state == "revoked":
            revoke_invitation(actor=actor, invitation=made)
    found = Invitation.objects
    found.filter(email="open@example.test").update(expires_at=timezone.now() + timedelta(days=36500))
    found.filter(email="expired@example.test").update(expires_at=timezone.now() - timedelta(days=3650))
    found.filter(email="used@example.test").update(accepted_at=timezone.now(), accepted_by=ada)
print(json.dumps(names))
"""


@dataclass(frozen=True)
class Shown:
    """A server with a fresh demo: where it is, how to sign in to it, and what its commands run in."""

    address: str
    email: str
    password: str
    environ: dict[str, str]

    def command(self, *words: str) -> str:
        """What a management command prints last."""
        run = [sys.executable, "manage.py", *words]
        done = subprocess.run(run, cwd=ROOT, env=self.environ, check=True, capture_output=True, text=True)
        return done.stdout.strip().splitlines()[-1]


@contextmanager
def server() -> Iterator[Shown]:
    """Run FlowBoard with a fresh demo, at the moment of the pictures."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="flowboard-screenshots-") as home:
        given = {
            "PORT": str(port),
            "FLOWBOARD_HOME": home,
            "FLOWBOARD_MOMENT": MOMENT.isoformat(),
            "DJANGO_SETTINGS_MODULE": "flowboard.settings.pictures",
        }
        own = {name: value for name, value in os.environ.items() if not name.startswith(("DATABASE_", "REDIS_"))}
        process = subprocess.Popen(
            [sys.executable, "manage.py", "up"], cwd=ROOT, env=own | given, stdout=subprocess.PIPE, text=True
        )
        try:
            assert process.stdout is not None  # noqa: S101 (asked for above)
            for line in process.stdout:
                if found := re.search(r"ready: (\S+)/ \(sign in: (\S+) / (\S+)\)", line):
                    yield Shown(found[1], found[2], found[3], own | given)
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
    context.clock.set_fixed_time(MOMENT)
    context.add_cookies([{"name": "theme", "value": theme, "url": address}])
    yield context
    context.close()


def sign_in(browser: Browser, shown: Shown) -> list[Any]:
    """Sign in through the form, once: the cookies of whoever did. Signing in is limited, as it is for everybody."""
    with reader(browser, shown.address, "light", WIDE) as context:
        page = context.new_page()
        page.goto(f"{shown.address}/accounts/login/")
        page.get_by_label("E-mail address").fill(shown.email)
        page.get_by_label("Password", exact=True).fill(shown.password)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(lambda url: "login" not in url)
        return [cookie for cookie in context.cookies() if cookie.get("name") != "theme"]


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


def keep(browser: Browser, shown: Shown, to: Path) -> None:
    """Take the pictures of the README."""
    to.mkdir(parents=True, exist_ok=True)
    cookies = sign_in(browser, shown)
    for name, path, theme, window in KEPT:
        with reader(browser, shown.address, theme, window) as context:
            context.add_cookies(cookies)
            shoot(context, shown.address, path, to / f"{name}.png")
        print(to / f"{name}.png")


def keep_all(browser: Browser, shown: Shown, to: Path, only: str) -> None:
    """Take a picture of every page, in both themes, wide and on a phone: as strangers see it, a member, an operator."""
    to.mkdir(parents=True, exist_ok=True)
    names = json.loads(shown.command("shell", "--no-imports", "-c", PREPARE))
    setup = urlsplit(shown.command("setup_link")).path
    names["setup"] = setup.strip("/").rpartition("/")[2]
    pages = ((*FIRST.values(), *STRANGERS.values()), MEMBERS.values(), OPERATORS.values())
    strangers, members, operators = (
        demonstrated([each for each in chain(*group) if only in each], names) for group in pages
    )
    walk(browser, shown, to, "stranger", strangers, names)
    walk(browser, shown, to, "member", members, names)
    # Whoever tries the demo does not operate the server until somebody says so.
    promote = f"from apps.accounts.models import User; User.objects.filter(email='{shown.email}').update(is_staff=True)"
    shown.command("shell", "--no-imports", "-c", f"{promote}; print('done')")
    walk(browser, shown, to, "operator", operators, names)


def demonstrated(addresses: list[str], names: dict[str, str]) -> list[str]:
    """The addresses whose names the demo can fill in. The others are named."""
    lacking = {
        address: sorted({name for _text, name, _spec, _how in Formatter().parse(address) if name} - names.keys())
        for address in addresses
    }
    for address, without in lacking.items():
        if without:
            print(f"Left out, as the demo has no {', '.join(without)}:", address)
    return [address for address in addresses if not lacking[address]]


def walk(
    browser: Browser,
    shown: Shown,
    to: Path,
    who: str,
    addresses: list[str],
    names: dict[str, str],
) -> None:
    """Look at these pages in every way. A picture is called by its address with the names left in: some are secret."""
    cookies = sign_in(browser, shown) if addresses and who != "stranger" else []
    for theme in ("light", "dark"):
        for size, window in (("wide", WIDE), ("phone", PHONE)):
            with reader(browser, shown.address, theme, window) as context:
                context.add_cookies(cookies)
                for address in addresses:
                    name = f"{who}-{re.sub(r'[^a-z0-9_]+', '-', address.lower()).strip('-')}"
                    status = shoot(context, shown.address, address.format_map(names), to / f"{name}-{theme}-{size}.png")
                    print(status, address, theme, size)


def main() -> None:
    """Read the command line, and do it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", metavar="DIR", type=Path, help="every page, into this directory")
    parser.add_argument("--only", metavar="WORD", default="", help="of these, the pages whose address has this in it")
    parser.add_argument("--to", metavar="DIR", type=Path, default=IMAGES, help="where those of the README go")
    asked = parser.parse_args()
    with server() as shown, sync_playwright() as playwright:
        flags = ["--disable-gpu", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=flags)
        if asked.all:
            keep_all(browser, shown, asked.all, asked.only)
        else:
            keep(browser, shown, asked.to)
        browser.close()


if __name__ == "__main__":
    main()
