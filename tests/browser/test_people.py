"""From nothing to a team with a board, the way a person does it."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from apps.core.tenancy import run_as_system
from apps.orgs.models import Invitation, Organization
from apps.orgs.services import invitation_secret
from tests.browser.conftest import PHONE
from tests.factories import PASSWORD, make_user


def sign_in(page: Page, address: str, email: str) -> None:
    page.goto(address)
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


@pytest.mark.parametrize(
    "device", [{}, {"viewport": PHONE, "has_touch": True, "color_scheme": "dark"}], ids=["wide", "phone"]
)
def test_somebody_founds_an_organization_invites_another_and_starts_a_project(
    visitor: Callable[..., Any], server: Any, device: dict[str, Any]
) -> None:
    ada, bob = make_user("Ada Okafor", email="ada@example.test"), make_user("Bob Reyes", email="bob@example.test")
    for person in (ada, bob):
        person.emailaddress_set.create(email=person.email, verified=True, primary=True)
    page = visitor(**device).open("/")
    sign_in(page, page.url, ada.email)

    page.get_by_role("link", name="New organization").first.click()
    page.get_by_label("Name", exact=True).fill("Night Shift")
    expect(page.get_by_label("Address", exact=True)).to_have_value("night-shift")
    page.get_by_role("button", name="Create organization").click()
    expect(page).to_have_url(re.compile(r"/night-shift/$"))

    page.goto(page.url + "members/")
    page.get_by_role("button", name="Invite").click()
    page.get_by_label("E-mail addresses").fill("bob@example.test")
    page.get_by_role("button", name="Make invitations").click()
    expect(page.get_by_text("The invitation is made")).to_be_visible()

    org = Organization.objects.using("owner").get(slug="night-shift")
    with run_as_system(org_id=org.pk):
        secret = invitation_secret(Invitation.objects.get().nonce)
    his = visitor(**device).open(f"/invitations/{secret}/")
    his.get_by_role("link", name="I have one: sign in").click()
    sign_in(his, his.url, bob.email)
    his.get_by_role("button", name="Join").click()
    expect(his).to_have_url(re.compile(r"/night-shift/$"))

    page.goto(f"{server.url}/night-shift/projects/new/")
    page.get_by_label("Name", exact=True).fill("Flow Board")
    page.get_by_role("button", name="Create project").click()
    expect(page).to_have_url(re.compile(r"/night-shift/FB/board/$"))
    his.reload()
    expect(his.get_by_role("main").get_by_role("link", name="Flow Board")).to_be_visible()
