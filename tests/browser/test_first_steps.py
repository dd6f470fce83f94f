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
from .conftest import Visitor
from .elsewhere import elsewhere
from .hands import WAYS, Way


def is_fine(page: Page) -> None:
    """Readable for everybody, and no wider than the window."""
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


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


@WAYS
def test_an_empty_server_gets_an_operator_who_brings_in_a_second_person(
    visitor: Callable[..., Any], server: Any, way: Way
) -> None:
    hers = visitor(**way.device, permissions=["clipboard-read", "clipboard-write"])
    hers.allow("422")
    page = hers.open("/accounts/signup/")
    expect(page.get_by_role("heading", name="Nobody works here yet")).to_be_visible()
    is_fine(page)

    hand = way.hands(page)
    page.goto(server.url + str(fresh_setup_path()))
    is_fine(page)
    for field, text in (
        ("name", "Grace Lin"),
        ("email", "grace@example.test"),
        ("password", PASSWORD),
        ("org_name", "Night Shift"),
        ("project_name", "Flow Board"),
    ):
        hand.write(page.locator(f"#id_{field}"), text)
    expect(page.locator("#id_org_slug")).to_have_value("night-shift")
    expect(page.locator("#id_project_key")).to_have_value("FB")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/night-shift/FB/board/$"))

    page.goto(f"{server.url}/settings/server/")
    is_fine(page)
    hand.tick(page.get_by_label("Operators only"))
    hand.press(page.locator("#admission").get_by_role("button", name="Save"))
    expect(page.get_by_text("Saved. It holds from now on.")).to_be_visible()
    hand.press(page.get_by_role("button", name="Send it"))
    expect(page.get_by_role("alert")).to_contain_text("set EMAIL_HOST")

    page.goto(f"{server.url}/night-shift/members/")
    expect(page.get_by_text("This server sends no mail.")).to_be_visible()
    hand.press(page.get_by_role("button", name="Invite", exact=True))
    hand.write(page.get_by_label("E-mail addresses"), "Bob Reyes <bob@example.test>, cleo@example.test, one@")
    hand.press(page.get_by_role("button", name="Make invitations"))
    expect(page.get_by_text("“one@” is not an e-mail address.")).to_be_visible()
    expect(page.get_by_label("E-mail addresses")).to_be_focused()
    hand.write(page.get_by_label("E-mail addresses"), "Bob Reyes <bob@example.test>, cleo@example.test")
    hand.press(page.get_by_role("button", name="Make invitations"))
    hand.press(page.get_by_role("button", name="Revoke the invitation of cleo@example.test"))
    expect(page.get_by_text("The invitation of cleo@example.test no longer works.")).to_be_visible()
    copy = page.get_by_role("button", name="Copy the link for bob@example.test")
    is_fine(page)
    link = str(copy.get_attribute("data-copy"))
    hand.press(copy)
    expect(page.get_by_text("Link copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == link

    # Sign-up is closed to him until he brings the invitation.
    his = visitor(**way.device).open("/accounts/signup/")
    expect(his.get_by_role("heading", name="Sign-up is closed")).to_be_visible()
    his.goto(link)
    hand = way.hands(his)
    hand.press(his.get_by_role("link", name="Create an account"))
    expect(his.get_by_label("E-mail address")).to_have_value("bob@example.test")
    hand.write(his.get_by_label("Your name"), "Bob Reyes")
    hand.write(his.get_by_label("Password", exact=True), PASSWORD)
    hand.press(his.get_by_role("button", name="Create account"))
    expect(his).not_to_have_url(re.compile(r"/signup/"))
    if "/confirm-email/" in his.url:
        elsewhere_sign_in(his, server.url, link)
    hand.press(his.get_by_role("button", name="Join"))
    expect(his).to_have_url(re.compile(r"/night-shift/$"))


def elsewhere_sign_in(page: Page, address: str, link: str) -> None:
    """Confirm the address as its mail would, sign in, and come back to the invitation."""
    bob = User.objects.get(email="bob@example.test")
    bob.emailaddress_set.update(verified=True)
    page.goto(f"{address}/accounts/login/?next=/invitations/{link.split('/invitations/')[1]}")
    page.get_by_label("E-mail address").fill(bob.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


@pytest.mark.deep
@WAYS
def test_an_invitation_that_does_not_work_leads_on(visitor: Callable[..., Any], way: Way) -> None:
    ada, eve, org = elsewhere(make_night_shift)
    hers = visitor(ada, **way.device)
    page = hers.open("/night-shift/members/")
    hand = way.hands(page)
    hand.press(page.get_by_role("button", name="Invite", exact=True))
    hand.write(page.get_by_label("E-mail addresses"), "bob@example.test")
    hand.press(page.get_by_role("button", name="Make invitations"))
    link = str(page.get_by_role("button", name="Copy the link for bob@example.test").get_attribute("data-copy"))

    # Under another account, and back again.
    other = visitor(eve, **way.device)
    other.allow("404")
    its = other.open("/")
    its.goto(link)
    is_fine(its)
    way.hands(its).press(its.get_by_role("button", name="Switch accounts"))
    expect(its).to_have_url(link)
    expect(its.get_by_role("link", name="I have one: sign in")).to_be_visible()

    elsewhere(lambda: expire(org))
    its.reload()
    is_fine(its)
    way.hands(its).press(its.get_by_role("button", name="Ask for a new one"))
    expect(its.get_by_text("You asked for a new one.")).to_be_visible()
    page.reload()
    expect(page.get_by_text("asks for a new one")).to_be_visible()
    is_fine(page)
    hand.press(page.get_by_role("button", name="Make a new link for bob@example.test"))
    expect(page.get_by_text("There is a new link for bob@example.test")).to_be_visible()
    hand.press(page.get_by_role("button", name="Revoke the invitation of bob@example.test"))
    expect(page.get_by_text("The invitation of bob@example.test no longer works.")).to_be_visible()


def comes_in_by_domain(stranger: Visitor, way: Way) -> None:
    """Refused with an address from elsewhere, with what was typed kept; with one of the domain the way is open."""
    stranger.allow("422")
    page = stranger.open("/accounts/signup/")
    hand = way.hands(page)
    hand.write(page.get_by_label("Your name"), "Dana Reed")
    hand.write(page.get_by_label("E-mail address"), "dana@elsewhere.test")
    hand.write(page.get_by_label("Password", exact=True), PASSWORD)
    hand.press(page.get_by_role("button", name="Create account"))
    expect(page.get_by_text("Addresses of example.test may sign up here.")).to_be_visible()
    expect(page.get_by_label("Your name")).to_have_value("Dana Reed")
    hand.write(page.get_by_label("E-mail address"), "dana@example.test")
    hand.write(page.get_by_label("Password", exact=True), PASSWORD)
    hand.press(page.get_by_role("button", name="Create account"))
    expect(page.get_by_role("heading", name="One more step")).to_be_visible()
    assert elsewhere(lambda: User.objects.get(email="dana@example.test").name) == "Dana Reed"


@pytest.mark.deep
@WAYS
def test_the_operator_helps_somebody_in_and_takes_the_demo_away(visitor: Callable[..., Any], way: Way) -> None:
    root = elsewhere(make_demo_server)
    page = visitor(root, **way.device).open("/settings/server/")
    is_fine(page)
    hand = way.hands(page)
    hand.write(page.get_by_label("Their e-mail address"), "bob@example.test")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Copy the link")).to_be_visible()
    is_fine(page)
    hand.tick(page.get_by_label("Yes, delete all of it"))
    hand.press(page.get_by_role("button", name="Remove the demo"))
    expect(page.get_by_text("The demo is gone: 1 organization and 2 people.")).to_be_visible()
    hand.tick(page.get_by_label("By e-mail domain"))
    hand.write(page.locator("#id_domains"), "example.test")
    hand.press(page.locator("#admission").get_by_role("button", name="Save"))
    expect(page.get_by_text("Saved. It holds from now on.")).to_be_visible()
    comes_in_by_domain(visitor(**way.device), way)
    hand.press(page.get_by_role("link", name="Packages and licences"))
    expect(page.get_by_role("heading", name="In the browser")).to_be_visible()
    is_fine(page)
