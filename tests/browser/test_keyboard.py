"""A whole first day without touching the mouse: from the invitation to signing out."""

import re
from collections.abc import Callable
from typing import Any

from allauth.account.models import EmailAddress
from playwright.sync_api import Page, expect

from apps.accounts.models import User
from apps.core.tenancy import OrgRole
from apps.orgs.services import invitation_secret, invite
from tests.factories import PASSWORD, acting, make_issues, make_org, make_project, make_user

from .board import BoardPage, eventually
from .conftest import Visitor, on_each_device
from .elsewhere import elsewhere
from .hands import Keyboard


def choose(page: Page, name: str) -> None:
    """An entry of the user's menu, which a phone has in its drawer."""
    keyboard = Keyboard(page)
    if page.get_by_role("button", name="Menu", exact=True).is_visible():
        keyboard.press(page.get_by_role("button", name="Menu", exact=True))
    keyboard.press(page.get_by_role("button", name="Bob Reyes"))
    expect(page.get_by_role("menu", name="You")).to_be_visible()
    keyboard.press(page.get_by_role("menuitem", name=name, exact=True))


def make_invitation() -> tuple[User, str]:
    ada, bob = make_user("Ada Okafor"), make_user("Bob Reyes", email="bob@example.test")
    EmailAddress.objects.create(user=bob, email=bob.email, primary=True, verified=True)
    org = make_org(ada, "Night Shift", slug="night-shift")
    project = make_project(org, ada, "FLOW", name="Flow Board", template="kanban")
    make_issues(org, project, ada, "Count the lamps")
    with acting(ada, org) as actor:
        made = invite(actor=actor, email=bob.email, role=OrgRole.MEMBER)
        return bob, invitation_secret(made.nonce)


@on_each_device
def test_a_day_by_keyboard_alone(
    visitor: Callable[..., Visitor], transactional_db: None, device: dict[str, Any]
) -> None:
    bob, secret = elsewhere(make_invitation)
    page = visitor(**device).open(f"/invitations/{secret}/")
    keyboard = Keyboard(page)

    keyboard.press(page.get_by_role("link", name="I have one: sign in"))
    expect(page).to_have_url(re.compile(r"/accounts/login/"))
    keyboard.write(page.get_by_label("E-mail address"), bob.email)
    keyboard.write(page.get_by_label("Password", exact=True), PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Join")).to_be_visible()
    keyboard.press(page.get_by_role("button", name="Join"))
    expect(page).to_have_url(re.compile(r"/night-shift/$"))

    keyboard.press(page.get_by_role("main").get_by_role("link", name="Flow Board"))
    expect(page).to_have_url(re.compile(r"/FLOW/board/$"))
    board = BoardPage(page).ready()
    board.press("c")
    expect(page.get_by_role("dialog").get_by_label("Title")).to_be_focused()
    page.keyboard.type("Light the hall")
    page.keyboard.press("Control+Enter")
    expect(board.card("FLOW-2")).to_be_visible()

    keyboard.go(page.locator('.card[tabindex="0"]'))
    while board.focused != "FLOW-2":
        board.press("ArrowDown")
    board.press(" ", "ArrowRight", " ")
    board.shows(To_do=["FLOW-1"], In_progress=["FLOW-2"])

    board.press("Enter")
    expect(page).to_have_url(re.compile(r"/issue/FLOW-2/$"))
    expect(page.locator("#panel")).to_be_focused()
    keyboard.write(page.get_by_label("New comment"), "The switch is behind the door.")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".comment")).to_contain_text("behind the door")

    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page.locator("#panel")).to_be_hidden()
    eventually(lambda: board.focused, "FLOW-2")
    board.press("i")
    expect(board.card("FLOW-2").get_by_label("Bob Reyes")).to_be_visible()

    choose(page, "Preferences")
    expect(page).to_have_url(re.compile(r"/accounts/preferences/$"))
    keys = page.get_by_role("main").get_by_label("Keys without Ctrl or Alt")
    keyboard.tick(keys)
    keyboard.press(page.get_by_role("button", name="Save"))
    expect(page.get_by_text("Your preferences are saved.")).to_be_visible()
    expect(keys).not_to_be_checked()

    choose(page, "Sign out")
    expect(page).to_have_url(re.compile(r"/accounts/login/"))
