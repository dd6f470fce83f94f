"""A whole first day without touching the mouse: from the invitation to signing out."""

import re
from collections.abc import Callable

import pytest
from allauth.account.models import EmailAddress
from playwright.sync_api import Locator, Page, expect

from apps.accounts.models import User
from apps.core.tenancy import OrgRole
from apps.orgs.services import invitation_secret, invite
from tests.factories import PASSWORD, acting, make_issues, make_org, make_project, make_user

from .board import BoardPage
from .conftest import Visitor
from .elsewhere import elsewhere

# Whether what has the focus can be seen, and seen to have it.
VISIBLE_FOCUS = """() => {
  const element = document.activeElement, box = element.getBoundingClientRect();
  // A link that covers its tile is marked around the tile.
  const drawn = [element, element.closest(".tile, li") ?? element].map((one) => getComputedStyle(one));
  const isRinged = drawn.some((style) => style.outlineStyle !== "none" || style.boxShadow !== "none");
  const isMarked = element.matches(":focus-visible") && isRinged;
  const isInside = box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth;
  const isNothing = element === document.body || element.id === "main";
  return isNothing || (isInside && (isMarked || element.matches("label *, input, textarea")));
}"""


def tab_to(page: Page, wanted: Locator) -> None:
    """Go on with Tab until this has the focus; all the way there the eye can follow it."""
    for _step in range(60):
        if wanted.count() and wanted.first.evaluate("(element) => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
        assert page.evaluate(VISIBLE_FOCUS), page.evaluate("document.activeElement.outerHTML.slice(0, 200)")
    pytest.fail(f"{wanted} is not reached by Tab")


def press(page: Page, wanted: Locator) -> None:
    tab_to(page, wanted)
    page.keyboard.press("Enter")


def choose(page: Page, name: str) -> None:
    """An entry of the user's menu, by arrows."""
    press(page, page.get_by_role("button", name="Bob Reyes"))
    entry = page.get_by_role("menuitem", name=name, exact=True)
    expect(page.get_by_role("menu", name="You")).to_be_visible()
    page.keyboard.press("Home")
    for _step in range(20):
        if entry.evaluate("(element) => element === document.activeElement"):
            break
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")


def make_invitation() -> tuple[User, str]:
    ada, bob = make_user("Ada Okafor"), make_user("Bob Reyes", email="bob@example.test")
    EmailAddress.objects.create(user=bob, email=bob.email, primary=True, verified=True)
    org = make_org(ada, "Night Shift", slug="night-shift")
    project = make_project(org, ada, "FLOW", name="Flow Board", template="kanban")
    make_issues(org, project, ada, "Count the lamps")
    with acting(ada, org) as actor:
        made = invite(actor=actor, email=bob.email, role=OrgRole.MEMBER)
        return bob, invitation_secret(made.nonce)


def test_a_day_by_keyboard_alone(visitor: Callable[..., Visitor], transactional_db: None) -> None:
    bob, secret = elsewhere(make_invitation)
    page = visitor(reduced_motion="reduce").open(f"/invitations/{secret}/")

    press(page, page.get_by_role("link", name="I have one: sign in"))
    expect(page).to_have_url(re.compile(r"/accounts/login/"))
    tab_to(page, page.get_by_label("E-mail address"))
    page.keyboard.type(bob.email)
    tab_to(page, page.get_by_label("Password", exact=True))
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Join")).to_be_visible()
    press(page, page.get_by_role("button", name="Join"))
    expect(page).to_have_url(re.compile(r"/night-shift/$"))

    press(page, page.get_by_role("main").get_by_role("link", name="Flow Board"))
    expect(page).to_have_url(re.compile(r"/FLOW/board/$"))
    board = BoardPage(page).ready()
    board.press("c")
    expect(page.get_by_role("dialog").get_by_label("Title")).to_be_focused()
    page.keyboard.type("Light the hall")
    page.keyboard.press("Control+Enter")
    expect(board.card("FLOW-2")).to_be_visible()

    tab_to(page, page.locator('.card[tabindex="0"]'))
    while board.focused != "FLOW-2":
        board.press("ArrowDown")
    board.press(" ", "ArrowRight", " ")
    board.shows(To_do=["FLOW-1"], In_progress=["FLOW-2"])

    board.press("Enter")
    expect(page).to_have_url(re.compile(r"/issue/FLOW-2/$"))
    expect(page.locator("#panel")).to_be_focused()
    tab_to(page, page.get_by_label("New comment"))
    page.keyboard.type("The switch is behind the door.")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".comment")).to_contain_text("behind the door")

    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page.locator("#panel")).to_be_hidden()
    assert board.focused == "FLOW-2"
    board.press("i")
    expect(board.card("FLOW-2").get_by_label("Bob Reyes")).to_be_visible()

    choose(page, "Preferences")
    expect(page).to_have_url(re.compile(r"/accounts/preferences/$"))
    keys = page.get_by_role("main").get_by_label("Keys without Ctrl or Alt")
    tab_to(page, keys)
    page.keyboard.press("Space")
    press(page, page.get_by_role("button", name="Save"))
    expect(page.get_by_text("Your preferences are saved.")).to_be_visible()
    expect(keys).not_to_be_checked()

    choose(page, "Sign out")
    expect(page).to_have_url(re.compile(r"/accounts/login/"))
