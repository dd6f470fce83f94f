"""What a mail leads to: it is stopped and taken back without signing in, and when it comes is chosen."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from apps.accounts.models import RefusedAddress, User
from apps.notifications.stopping import Reason, token_of
from tests.factories import make_issues, make_org, make_project, make_user

from .accessibility import violations
from .conftest import Visitor
from .elsewhere import elsewhere
from .hands import WAYS, Way

Visit = Callable[..., Visitor]


def make_world() -> tuple[User, str]:
    ada = make_user("Ada Okafor")
    org = make_org(ada, "Acme Robotics", slug="acme")
    project = make_project(org, ada, "FLOW", template="kanban")
    [issue] = make_issues(org, project, ada, "Dock the rover")
    RefusedAddress.objects.create(user=ada, email=ada.email, answer="550 5.1.1 No such user")
    return ada, token_of(Reason(ada.pk, "acme", "watching", issue.pk))


@pytest.fixture
def world(transactional_db: None) -> tuple[Any, str]:
    return elsewhere(make_world)


@pytest.mark.deep
@WAYS
def test_mail_is_stopped_by_its_link_and_chosen_on_the_page(visitor: Visit, world: tuple[Any, str], way: Way) -> None:
    ada, token = world
    page = visitor(**way.device).open(f"/accounts/mail/{token}/")
    hands = way.hands(page)
    expect(page.get_by_text("You will get no more news of FLOW-1 because you watch it.")).to_be_visible()
    assert violations(page) == []
    hands.press(page.get_by_role("button", name="Stop it"))
    expect(page.get_by_role("heading", name="It is stopped")).to_be_visible()
    hands.press(page.get_by_role("button", name="Take it back"))
    expect(page.get_by_role("heading", name="It comes again")).to_be_visible()

    page = visitor(ada, **way.device).open("/acme/inbox/")
    expect(page.get_by_text("550 5.1.1 No such user")).to_be_visible()
    page.goto(page.url + "preferences/")
    hands = way.hands(page)
    assert violations(page) == []
    hands.press(page.get_by_role("button", name="Send a test and resume"))
    expect(page.get_by_text("Once your mail server takes it, this goes.")).to_be_visible()
    mail = page.get_by_role("region", name="E-mail")
    hands.tick(mail.get_by_label("Once a day"))
    hands.choose(mail.get_by_label("Daily and weekly: at"), "17:00")
    hands.press(mail.get_by_role("button", name="Save"))
    expect(page.get_by_text("Your choice about mail is saved.")).to_be_visible()
    expect(mail.get_by_label("Once a day")).to_be_checked()
    expect(mail.get_by_label("Daily and weekly: at")).to_have_value("17")
    comments = page.get_by_role("checkbox", name="Comments: E-mail")
    expect(comments).to_be_checked()
    hands = way.hands(page)
    hands.tick(comments)
    hands.press(page.get_by_role("button", name="Save").first)
    expect(page.get_by_text("Your notifications are saved.")).to_be_visible()
    expect(comments).not_to_be_checked()
