"""What people do seldom and must be able to: sessions, addresses, other names, deleting and bringing back."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from allauth.account.models import EmailConfirmationHMAC
from playwright.sync_api import Page, expect

from apps.accounts.models import User
from apps.core.tenancy import OrgRole, run_as_system
from apps.orgs.models import Organization
from apps.orgs.services import add_member
from tests.browser.accessibility import violations
from tests.browser.elsewhere import elsewhere
from tests.browser.hands import WAYS, Hands, Way
from tests.factories import PASSWORD, make_issues, make_member, make_org, make_project, make_user

Visit = Callable[..., Any]
NEXT_PASSWORD = "a battery of correct staples"


def press(hand: Hands, page: Page, name: str) -> None:
    hand.press(page.get_by_role("button", name=name, exact=True))


def clean(page: Page) -> None:
    """No violation, and nothing wider than the screen."""
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.deep
@WAYS
def test_somebody_ends_a_session_and_changes_their_password_and_address(visitor: Visit, server: Any, way: Way) -> None:
    ada = make_user("Ada Okafor", email="ada@example.test")
    ada.emailaddress_set.create(email=ada.email, verified=True, primary=True)
    page, lost = visitor(ada, **way.device).open("/accounts/sessions/"), visitor(ada).open("/accounts/profile/")
    hand = way.hands(page)
    page.reload()
    expect(page.get_by_text("This browser")).to_have_count(1)
    clean(page)
    press(hand, page, "Sign out everywhere else")
    expect(page.get_by_text("One other browser is signed out.")).to_be_visible()
    lost.reload()
    expect(lost).to_have_url(re.compile(r"/accounts/login/"))

    hand.press(page.get_by_role("main").get_by_role("link", name="Password"))
    hand.write(page.get_by_label("Password now"), PASSWORD)
    hand.write(page.get_by_label("New password", exact=True), NEXT_PASSWORD)
    hand.write(page.get_by_label("The same again"), NEXT_PASSWORD)
    press(hand, page, "Change password")
    expect(page.get_by_role("main").get_by_role("status")).to_be_visible()

    hand.press(page.get_by_role("main").get_by_role("link", name="E-mail"))
    expect(page.get_by_label("New address")).to_be_visible()
    clean(page)
    hand.write(page.get_by_label("New address"), "new@example.test")
    page.keyboard.press("Enter")
    hand.write(page.get_by_label("Password", exact=True), NEXT_PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Takes its place once you open the link")).to_be_visible()
    pending = ada.emailaddress_set.get(email="new@example.test")
    page.goto(f"{server.url}/accounts/confirm-email/{EmailConfirmationHMAC(pending).key}/")
    press(hand, page, "Yes, confirm it")
    expect(page).not_to_have_url(re.compile("confirm-email"))
    page.goto(f"{server.url}/accounts/email/")
    expect(page.get_by_role("main").get_by_text("new@example.test", exact=True)).to_be_visible()
    expect(page.get_by_text("Confirmed", exact=True)).to_be_visible()


@pytest.mark.deep
@WAYS
def test_names_change_and_what_is_deleted_comes_back(visitor: Visit, server: Any, way: Way) -> None:
    ada = make_user("Ada Okafor")
    acme = elsewhere(lambda: make_org(ada, "Acme Robotics", "acme"))
    flow = elsewhere(lambda: make_project(acme, ada, "FLOW", name="Flow Board"))
    elsewhere(lambda: make_issues(acme, flow, ada, "Calibrate the arm"))
    her = visitor(ada, **way.device)
    her.allow("422")  # forms with a mistake in them
    her.allow("404.*/live/")  # the page that she leaves may still ask what became of the organization
    onlooker = visitor(ada, **way.device)
    onlooker.allow("404")  # it asks what became of the organization
    page, watching = her.open("/acme/FLOW/settings/"), onlooker.open("/acme/FLOW/board/")
    hand = way.hands(page)
    expect(watching.locator("[data-live]").first).to_have_attribute("data-state", "live")

    hand.write(page.get_by_role("textbox", name="Key"), "..")
    page.keyboard.press("Enter")
    expect(page.get_by_text("A key is 2 to 10 capital letters")).to_be_visible()
    hand.write(page.get_by_role("textbox", name="Key"), "arm")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/acme/ARM/settings/"))
    clean(page)
    way.hands(watching).press(watching.get_by_role("button", name="Reload"))
    expect(watching).to_have_url(re.compile(r"/acme/ARM/board/"))

    page.goto(f"{server.url}/acme/settings/")
    clean(page)
    hand.write(page.get_by_role("textbox", name="Address"), "admin")
    page.keyboard.press("Enter")
    expect(page.get_by_text("means something else in addresses here")).to_be_visible()
    hand.write(page.get_by_role("textbox", name="Address"), "robots")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/robots/settings/"))
    page.goto(f"{server.url}/acme/issue/FLOW-1/?from=mail")
    expect(page).to_have_url(f"{server.url}/robots/issue/ARM-1/?from=mail")

    page.goto(f"{server.url}/robots/ARM/settings/")
    hand.write(page.get_by_label("Name of the project"), "Flow Board")
    press(hand, page, "Delete project")
    expect(page.get_by_text("will be gone on")).to_be_visible()
    clean(page)
    press(hand, page, "Bring Flow Board back")
    expect(page).to_have_url(re.compile(r"/robots/ARM/board/"))

    page.goto(f"{server.url}/robots/settings/")
    hand.write(page.get_by_label("Name of the organization").last, "Acme Robotics")
    press(hand, page, "Delete organization")
    expect(page.get_by_text("will be gone on")).to_be_visible()
    clean(page)
    press(hand, page, "Bring Acme Robotics back")
    expect(page).to_have_url(re.compile(r"/robots/$"))


def add_ada_to(org: Organization, ada: User) -> None:
    with run_as_system(org_id=org.pk) as actor:
        add_member(actor=actor, user=ada, role=OrgRole.MEMBER)


@WAYS
def test_the_last_owner_hands_over_and_then_goes(visitor: Visit, server: Any, way: Way) -> None:
    ada = make_user("Ada Okafor", email="ada@example.test")
    acme = elsewhere(lambda: make_org(ada, "Acme Robotics", "acme"))
    elsewhere(lambda: make_member(acme, OrgRole.MEMBER, "Mateo Ruiz"))
    elsewhere(lambda: add_ada_to(make_org(make_user("Cleo Park"), "Harbour", "harbour"), ada))
    guest = visitor(ada, **way.device)
    guest.allow("404.*/harbour/live/")  # the page may ask once more before it leads on
    page = guest.open("/harbour/settings/")
    hand = way.hands(page)
    press(hand, page, "Leave Harbour")
    expect(page).to_have_url(re.compile(r"/acme/$"))
    expect(page.get_by_text("You left Harbour.")).to_be_visible()

    page.goto(f"{server.url}/accounts/delete/")
    clean(page)
    hand.press(page.get_by_role("link", name="Choose another owner of Acme Robotics"))
    hand.choose(page.get_by_label("New owner"), "Mateo Ruiz")
    press(hand, page, "Hand over")
    expect(page.get_by_text("Mateo Ruiz owns it now")).to_be_visible()

    page.goto(f"{server.url}/accounts/delete/")
    expect(page.get_by_text("You leave Acme Robotics.")).to_be_visible()
    clean(page)
    hand.write(page.get_by_label("Your address"), "ada@example.test")
    press(hand, page, "Delete my account")
    hand.write(page.get_by_label("Password", exact=True), PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Your account is deleted.")).to_be_visible()
    assert User.objects.get(pk=ada.pk).name == "Deleted account"
