"""An empty server becomes a team at work: the one-time link, the operator's page, invitations, working or not."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from apps.accounts.models import User
from apps.core.tenancy import run_as_system
from apps.ops.management.commands.setup_link import fresh_setup_path
from apps.orgs.models import Invitation, Organization
from tests.factories import PASSWORD, make_member, make_org, make_user
from tests.ops.test_demo_removal import tell_demo

from .accessibility import violations
from .conftest import PHONE
from .elsewhere import elsewhere

DEVICES = [{}, {"viewport": PHONE, "has_touch": True, "color_scheme": "dark"}]


def is_fine(page: Page) -> None:
    """Readable for everybody, and no wider than the window."""
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def tab_to(page: Page, selector: str) -> None:
    """Go on with Tab until this field has the focus."""
    wanted = page.locator(selector)
    for _step in range(80):
        if wanted.evaluate("(field) => field === document.activeElement"):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"{selector} is not reached by Tab")


def make_night_shift() -> tuple[User, User, Organization]:
    ada, eve = make_user("Ada Okafor", email="ada@example.test"), make_user("Eve Stone", email="eve@example.test")
    org = make_org(ada, "Night Shift", slug="night-shift")
    make_member(org, name="Mateo Ruiz")
    return ada, eve, org


def make_demo_server() -> User:
    make_user("Bob Reyes", email="bob@example.test")
    tell_demo()
    return make_user("Root Operator", email="root@example.test", is_staff=True)


def expire(org: Organization) -> None:
    with run_as_system(org_id=org.pk):
        Invitation.objects.update(expires_at=timezone.now() - timedelta(days=1))


@pytest.mark.parametrize("device", DEVICES, ids=["wide", "phone"])
def test_an_empty_server_gets_an_operator_who_brings_in_a_second_person(
    visitor: Callable[..., Any], server: Any, device: dict[str, Any]
) -> None:
    hers = visitor(**device, permissions=["clipboard-read", "clipboard-write"])
    hers.allow("422")
    page = hers.open("/accounts/signup/")
    expect(page.get_by_role("heading", name="Nobody works here yet")).to_be_visible()
    is_fine(page)

    # All of it by keyboard.
    page.goto(server.url + str(fresh_setup_path()))
    is_fine(page)
    page.keyboard.type("Grace Lin")
    for field, text in (
        ("email", "grace@example.test"),
        ("password", PASSWORD),
        ("org_name", "Night Shift"),
        ("project_name", "Flow Board"),
    ):
        tab_to(page, f"#id_{field}")
        page.keyboard.type(text)
    expect(page.locator("#id_org_slug")).to_have_value("night-shift")
    expect(page.locator("#id_project_key")).to_have_value("FB")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/night-shift/FB/board/$"))

    page.goto(f"{server.url}/settings/server/")
    is_fine(page)
    page.get_by_text("Operators only").click()
    page.locator("#admission").get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved. It holds from now on.")).to_be_visible()
    page.get_by_role("button", name="Send it").click()
    expect(page.get_by_role("alert")).to_contain_text("set EMAIL_HOST")

    page.goto(f"{server.url}/night-shift/members/")
    expect(page.get_by_text("This server sends no mail.")).to_be_visible()
    page.get_by_role("button", name="Invite").click()
    page.get_by_label("E-mail addresses").fill("Bob Reyes <bob@example.test>, one@")
    page.get_by_role("button", name="Make invitations").click()
    expect(page.get_by_text("“one@” is not an e-mail address.")).to_be_visible()
    page.get_by_label("E-mail addresses").fill("Bob Reyes <bob@example.test>")
    page.get_by_role("button", name="Make invitations").click()
    copy = page.get_by_role("button", name="Copy the link for bob@example.test")
    is_fine(page)
    link = str(copy.get_attribute("data-copy"))

    # Sign-up is closed to him until he brings the invitation.
    his = visitor(**device).open("/accounts/signup/")
    expect(his.get_by_role("heading", name="Sign-up is closed")).to_be_visible()
    his.goto(link)
    his.get_by_role("link", name="Create an account").click()
    expect(his.get_by_label("E-mail address")).to_have_value("bob@example.test")
    his.get_by_label("Your name").fill("Bob Reyes")
    his.get_by_label("Password", exact=True).fill(PASSWORD)
    his.get_by_role("button", name="Create account").click()
    if "/confirm-email/" in his.url:
        elsewhere_sign_in(his, server.url, link)
    his.get_by_role("button", name="Join").click()
    expect(his).to_have_url(re.compile(r"/night-shift/$"))


def elsewhere_sign_in(page: Page, address: str, link: str) -> None:
    """Confirm the address as its mail would, sign in, and come back to the invitation."""
    bob = User.objects.get(email="bob@example.test")
    bob.emailaddress_set.update(verified=True)
    page.goto(f"{address}/accounts/login/?next=/invitations/{link.split('/invitations/')[1]}")
    page.get_by_label("E-mail address").fill(bob.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


@pytest.mark.parametrize("device", DEVICES, ids=["wide", "phone"])
def test_an_invitation_that_does_not_work_leads_on(visitor: Callable[..., Any], device: dict[str, Any]) -> None:
    ada, eve, org = elsewhere(make_night_shift)
    hers = visitor(ada, **device)
    page = hers.open("/night-shift/members/")
    page.get_by_role("button", name="Invite").click()
    page.get_by_label("E-mail addresses").fill("bob@example.test")
    page.get_by_role("button", name="Make invitations").click()
    link = str(page.get_by_role("button", name="Copy the link for bob@example.test").get_attribute("data-copy"))

    # Under another account, and back again.
    other = visitor(eve, **device)
    other.allow("404")
    its = other.open("/")
    its.goto(link)
    is_fine(its)
    its.get_by_role("button", name="Switch accounts").click()
    expect(its).to_have_url(link)
    expect(its.get_by_role("link", name="I have one: sign in")).to_be_visible()

    elsewhere(lambda: expire(org))
    its.reload()
    is_fine(its)
    its.get_by_role("button", name="Ask for a new one").focus()
    its.keyboard.press("Enter")
    expect(its.get_by_text("You asked for a new one.")).to_be_visible()
    page.reload()
    expect(page.get_by_text("asks for a new one")).to_be_visible()
    is_fine(page)
    page.get_by_role("button", name="Make a new link for bob@example.test").click()
    expect(page.get_by_text("There is a new link for bob@example.test")).to_be_visible()
    page.get_by_role("button", name="Revoke the invitation of bob@example.test").click()
    expect(page.get_by_text("The invitation of bob@example.test no longer works.")).to_be_visible()


@pytest.mark.parametrize("device", DEVICES, ids=["wide", "phone"])
def test_the_operator_helps_somebody_in_and_takes_the_demo_away(
    visitor: Callable[..., Any], device: dict[str, Any]
) -> None:
    root = elsewhere(make_demo_server)
    page = visitor(root, **device).open("/settings/server/")
    is_fine(page)
    page.get_by_label("Their e-mail address").fill("bob@example.test")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Copy the link")).to_be_visible()
    is_fine(page)
    tick = page.get_by_label("Yes, delete all of it")
    tick.focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("The demo is gone: 1 organizations and 2 people.")).to_be_visible()
    page.get_by_role("link", name="Packages and licences").click()
    expect(page.get_by_role("heading", name="In the browser")).to_be_visible()
    is_fine(page)
