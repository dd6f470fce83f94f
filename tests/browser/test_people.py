"""From nothing to a team with a board, the way a person does it."""

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from apps.core.tenancy import run_as_system
from apps.orgs.models import Invitation, Organization
from apps.orgs.services import invitation_secret
from tests.browser.hands import WAYS, Hands, Way
from tests.factories import PASSWORD, make_user


def sign_in(hand: Hands, page: Page, email: str) -> None:
    hand.write(page.get_by_label("E-mail address"), email)
    hand.write(page.get_by_label("Password", exact=True), PASSWORD)
    hand.press(page.get_by_role("button", name="Sign in", exact=True))


@WAYS
def test_somebody_founds_an_organization_invites_another_and_starts_a_project(
    visitor: Callable[..., Any], server: Any, way: Way
) -> None:
    ada, bob = make_user("Ada Okafor", email="ada@example.test"), make_user("Bob Reyes", email="bob@example.test")
    for person in (ada, bob):
        person.emailaddress_set.create(email=person.email, verified=True, primary=True)
    page = visitor(**way.device).open("/")
    hand = way.hands(page)
    sign_in(hand, page, ada.email)

    hand.press(page.get_by_role("main").get_by_role("link", name="New organization"))
    hand.write(page.get_by_label("Name", exact=True), "Night Shift")
    expect(page.get_by_label("Address", exact=True)).to_have_value("night-shift")
    hand.press(page.get_by_role("button", name="Create organization"))
    expect(page).to_have_url(re.compile(r"/night-shift/$"))

    page.goto(page.url + "members/")
    hand.press(page.get_by_role("button", name="Invite", exact=True))
    hand.write(page.get_by_label("E-mail addresses"), "bob@example.test")
    hand.press(page.get_by_role("button", name="Make invitations"))
    expect(page.get_by_text("The invitation is made")).to_be_visible()

    org = Organization.objects.using("owner").get(slug="night-shift")
    with run_as_system(org_id=org.pk):
        secret = invitation_secret(Invitation.objects.get().nonce)
    his = visitor(**way.device).open(f"/invitations/{secret}/")
    his_hand = way.hands(his)
    his_hand.press(his.get_by_role("link", name="I have one: sign in"))
    sign_in(his_hand, his, bob.email)
    his_hand.press(his.get_by_role("button", name="Join"))
    expect(his).to_have_url(re.compile(r"/night-shift/$"))

    page.goto(f"{server.url}/night-shift/projects/new/")
    hand.write(page.get_by_label("Name", exact=True), "Flow Board")
    hand.press(page.get_by_role("button", name="Create project"))
    expect(page).to_have_url(re.compile(r"/night-shift/FB/board/$"))
    his.reload()
    expect(his.get_by_role("main").get_by_role("link", name="Flow Board")).to_be_visible()
