"""What people do seldom and must be able to: sessions, addresses, other names, deleting and bringing back."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from allauth.account.models import EmailConfirmationHMAC
from playwright.sync_api import Page, expect

from apps.accounts.models import User
from apps.core.tenancy import OrgRole
from tests.browser.accessibility import violations
from tests.browser.conftest import PHONE
from tests.browser.elsewhere import elsewhere
from tests.factories import PASSWORD, make_issues, make_member, make_org, make_project, make_user

DEVICES = pytest.mark.parametrize(
    "device",
    [
        pytest.param({}, id="wide"),
        pytest.param(
            {"viewport": PHONE, "has_touch": True, "color_scheme": "dark"}, id="phone", marks=pytest.mark.deep
        ),
    ],
)
Visit = Callable[..., Any]


def by_keyboard(page: Page, name: str, key: str = "Enter") -> None:
    """Press a button that has the focus brought to it, as somebody without a mouse does."""
    button = page.get_by_role("button", name=name, exact=True)
    button.focus()
    expect(button).to_be_focused()
    page.keyboard.press(key)


def clean(page: Page) -> None:
    """No violation in either theme, and nothing wider than the screen."""
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@DEVICES
def test_somebody_ends_a_session_and_changes_their_address(visitor: Visit, server: Any, device: dict[str, Any]) -> None:
    ada = make_user("Ada Okafor", email="ada@example.test")
    ada.emailaddress_set.create(email=ada.email, verified=True, primary=True)
    page, lost = visitor(ada, **device).open("/accounts/sessions/"), visitor(ada).open("/accounts/profile/")
    page.reload()
    expect(page.get_by_text("This browser")).to_have_count(1)
    clean(page)
    by_keyboard(page, "Sign out everywhere else")
    expect(page.get_by_text("One other browser is signed out.")).to_be_visible()
    lost.reload()
    expect(lost).to_have_url(re.compile(r"/accounts/login/"))

    page.goto(f"{server.url}/accounts/email/")
    clean(page)
    page.get_by_label("New address").fill("new@example.test")
    page.keyboard.press("Enter")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Takes its place once you open the link")).to_be_visible()
    pending = ada.emailaddress_set.get(email="new@example.test")
    page.goto(f"{server.url}/accounts/confirm-email/{EmailConfirmationHMAC(pending).key}/")
    by_keyboard(page, "Yes, confirm it")
    expect(page).not_to_have_url(re.compile("confirm-email"))
    page.goto(f"{server.url}/accounts/email/")
    expect(page.get_by_role("main").get_by_text("new@example.test", exact=True)).to_be_visible()
    expect(page.get_by_text("Confirmed", exact=True)).to_be_visible()


@DEVICES
def test_names_change_and_what_is_deleted_comes_back(visitor: Visit, server: Any, device: dict[str, Any]) -> None:
    ada = make_user("Ada Okafor")
    acme = elsewhere(lambda: make_org(ada, "Acme Robotics", "acme"))
    flow = elsewhere(lambda: make_project(acme, ada, "FLOW", name="Flow Board"))
    elsewhere(lambda: make_issues(acme, flow, ada, "Calibrate the arm"))
    her = visitor(ada, **device)
    her.allow("422")  # forms with a mistake in them
    onlooker = visitor(ada)
    onlooker.allow("404")  # it asks what became of the organization
    page, watching = her.open("/acme/FLOW/settings/"), onlooker.open("/acme/FLOW/board/")
    expect(watching.locator("[data-live]").first).to_have_attribute("data-state", "live")

    page.get_by_role("textbox", name="Key").fill("..")
    page.keyboard.press("Enter")
    expect(page.get_by_text("A key is 2 to 10 capital letters")).to_be_visible()
    page.get_by_role("textbox", name="Key").fill("arm")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/acme/ARM/settings/"))
    clean(page)
    watching.get_by_role("button", name="Reload").click()
    expect(watching).to_have_url(re.compile(r"/acme/ARM/board/"))

    page.goto(f"{server.url}/acme/settings/")
    clean(page)
    page.get_by_role("textbox", name="Address").fill("admin")
    page.keyboard.press("Enter")
    expect(page.get_by_text("means something else in addresses here")).to_be_visible()
    page.get_by_role("textbox", name="Address").fill("robots")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/robots/settings/"))
    page.goto(f"{server.url}/acme/issue/FLOW-1/?from=mail")
    expect(page).to_have_url(f"{server.url}/robots/issue/ARM-1/?from=mail")

    page.goto(f"{server.url}/robots/ARM/settings/")
    page.get_by_label("Name of the project").fill("Flow Board")
    by_keyboard(page, "Delete project")
    expect(page.get_by_text("will be gone on")).to_be_visible()
    clean(page)
    by_keyboard(page, "Bring Flow Board back")
    expect(page).to_have_url(re.compile(r"/robots/ARM/board/"))

    page.goto(f"{server.url}/robots/settings/")
    page.get_by_label("Name of the organization").last.fill("Acme Robotics")
    by_keyboard(page, "Delete organization")
    expect(page.get_by_text("will be gone on")).to_be_visible()
    clean(page)
    by_keyboard(page, "Bring Acme Robotics back")
    expect(page).to_have_url(re.compile(r"/robots/$"))


@DEVICES
def test_the_last_owner_hands_over_and_then_goes(visitor: Visit, server: Any, device: dict[str, Any]) -> None:
    ada = make_user("Ada Okafor", email="ada@example.test")
    acme = elsewhere(lambda: make_org(ada, "Acme Robotics", "acme"))
    elsewhere(lambda: make_member(acme, OrgRole.MEMBER, "Mateo Ruiz"))
    page = visitor(ada, **device).open("/accounts/delete/")
    clean(page)
    page.get_by_role("link", name="Choose another owner of Acme Robotics").press("Enter")
    page.get_by_label("New owner").select_option("Mateo Ruiz")
    by_keyboard(page, "Hand over")
    expect(page.get_by_text("Mateo Ruiz owns it now")).to_be_visible()

    page.goto(f"{server.url}/accounts/delete/")
    expect(page.get_by_text("You leave Acme Robotics.")).to_be_visible()
    clean(page)
    page.get_by_label("Your address").fill("ada@example.test")
    by_keyboard(page, "Delete my account")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Your account is deleted.")).to_be_visible()
    assert User.objects.get(pk=ada.pk).name == "Deleted account"
