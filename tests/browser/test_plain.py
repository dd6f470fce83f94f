"""A team whose browsers run no script: every page leads on by a form or a link, and says what happened."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from playwright.sync_api import Page, expect

from apps.projects.services import create_label
from tests.factories import PASSWORD, acting, make_issues, make_member, make_org, make_project, make_user

from .board import World
from .conftest import Visitor, on_each_device
from .elsewhere import elsewhere

Visit = Callable[..., Visitor]
# A control that somebody sees and that neither the browser nor a form does anything with.
CONTROLS = "button, input:not([type=hidden]), select, textarea"
DEAD = f"""() => [...document.querySelectorAll("{CONTROLS}")].filter((control) => {{
  if (!control.checkVisibility({{ visibilityProperty: true }})) return false;
  if (control.hasAttribute("popovertarget") || control.hasAttribute("commandfor")) return false;
  if (control.tagName === "BUTTON") return !(control.type === "submit" && control.form);
  return ![...(control.form?.elements ?? [])].some((other) => other.type === "submit" && other.checkVisibility());
}}).map((control) => control.outerHTML.slice(0, 200))"""


def make_world() -> World:
    ada = make_user("Ada Okafor", email="ada@acme.test")
    EmailAddress.objects.create(user=ada, email=ada.email, primary=True, verified=True)
    org = make_org(ada, slug="acme")
    bob = make_member(org, name="Bob Reyes")
    project = make_project(org, ada, "FLOW", name="FlowBoard", template="kanban")
    make_issues(org, project, ada, *(f"Issue number {number}" for number in range(1, 34)))
    with acting(ada, org) as actor:
        create_label(actor=actor, project=project, name="api", hue=120)
    return World(org, project, ada, bob)


@pytest.fixture
def world(transactional_db: None) -> World:
    return elsewhere(make_world)


def nothing_is_dead(page: Page) -> None:
    """Half a page has forms without their buttons, so it is looked at as a whole."""
    page.wait_for_load_state()
    assert page.evaluate(DEAD) == []


def notice(page: Page, text: str) -> None:
    """The page is whole, says this, and offers nothing that does nothing."""
    expect(page.get_by_role("status").filter(has_text=text)).to_be_visible()
    expect(page.get_by_role("navigation", name="Shortcuts").or_(page.locator("#sidebar")).first).to_be_attached()
    nothing_is_dead(page)


def pick(page: Page, field: str, value: str) -> None:
    page.get_by_role("button", name=re.compile(f"^{field}: .*Change$")).click()
    page.get_by_role("menuitemradio", name=value, exact=True).click()


@on_each_device
class TestWithoutScript:
    @pytest.fixture
    def ada(self, visitor: Visit, world: World, device: dict[str, Any]) -> Visitor:
        return visitor(world.owner, java_script_enabled=False, **device)

    def test_somebody_signs_in_finds_an_issue_and_works_on_it(
        self, visitor: Visit, world: World, device: dict[str, Any]
    ) -> None:
        page = visitor(java_script_enabled=False, **device).open("/acme/FLOW/board/")
        page.get_by_label("E-mail address").fill("ada@acme.test")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        nothing_is_dead(page)
        page.get_by_role("button", name="Sign in").click()

        expect(page.get_by_role("heading", name="To do")).to_be_visible()
        nothing_is_dead(page)
        expect(page.get_by_role("link", name="New issue")).to_have_attribute("href", "/acme/FLOW/issues/new/")
        page.locator("summary", has_text="to To do").click()
        page.get_by_label("Title of the new issue in To do").fill("Written without a script")
        page.get_by_role("button", name="Create").click()
        notice(page, "FLOW-34 is created.")
        page.get_by_role("link", name="Show more").click()
        page.get_by_role("link", name="Written without a script").click()

        pick(page, "Status", "In progress")
        notice(page, "FLOW-34 is in In progress now.")
        pick(page, "Assignee", "Bob Reyes")
        notice(page, "Saved.")
        pick(page, "Priority", "High")
        expect(page.get_by_role("button", name="Priority: High. Change")).to_be_visible()
        page.get_by_role("button", name="Labels. Change").click()
        page.get_by_label("api").check()
        page.locator("#pick-labels").get_by_role("button", name="Save").click()
        notice(page, "Saved.")
        page.get_by_role("button", name="Estimate. Change").click()
        page.locator("#pick-points").get_by_role("button", name="5", exact=True).click()
        expect(page.get_by_text("5 points", exact=True)).to_be_visible()
        page.get_by_role("button", name="Due date. Change").click()
        page.get_by_label("Due date", exact=True).fill("2030-05-17")
        page.locator("#pick-due_date").get_by_role("button", name="Save").click()
        for text in ("Bob Reyes", "High", "api", "5 points", "Fri 17 May 2030"):
            expect(page.locator(".issue-fields").get_by_text(text, exact=True).first).to_be_visible()

        page.locator(".edit-title > summary").click()
        page.get_by_role("main").get_by_label("Title", exact=True).fill("Written without any script")
        page.locator(".edit-title").get_by_role("button", name="Save").click()
        notice(page, "Saved.")
        page.get_by_text("Write a description").click()
        page.get_by_label("Description, in Markdown").fill("**Plain** is enough.")
        page.locator(".edit-description").get_by_role("button", name="Save").click()
        expect(page.locator("strong", has_text="Plain")).to_be_visible()
        page.get_by_label("New comment").fill("Done by forms alone.")
        page.get_by_role("button", name="Comment", exact=True).click()
        notice(page, "Your comment is added.")
        page.locator(".edit-comment > summary").click()
        page.get_by_label("Comment, in Markdown").fill("Done by forms and links alone.")
        page.locator(".edit-comment").get_by_role("button", name="Save").click()
        notice(page, "The comment is saved.")
        page.get_by_role("button", name="Watching: stop").click()
        notice(page, "You are no longer watching this issue.")
        page.get_by_role("button", name="More", exact=True).click()
        page.get_by_role("menuitem", name="Archive").click()
        notice(page, "FLOW-34 is archived.")
        page.get_by_role("button", name="Bring it back").click()
        notice(page, "FLOW-34 is back.")
        expect(page.get_by_role("heading", name="Written without any script")).to_be_visible()

    def test_what_is_refused_comes_back_with_its_text_and_the_reason(self, ada: Visitor, world: World) -> None:
        ada.allow("422|409")
        world.limit("In progress", 1, policy="block")
        world.move("FLOW-1", "In progress")
        page = ada.open(world.path())
        page.locator("summary", has_text="to In progress").click()
        page.get_by_label("Title of the new issue in In progress").fill("One too many")
        page.get_by_role("button", name="Create", exact=True).click()
        expect(page.get_by_role("alert").filter(has_text="In progress")).to_be_visible()
        expect(page.get_by_label("Title of the new issue in In progress")).to_have_value("One too many")
        nothing_is_dead(page)

        page.goto(ada.server.url + world.issue_path("FLOW-2"))
        pick(page, "Status", "In progress")
        expect(page.get_by_role("alert").first).to_contain_text("In progress")
        page.locator(".edit-title > summary").click()
        page.get_by_role("main").get_by_label("Title", exact=True).fill("   ")
        page.locator(".edit-title").get_by_role("button", name="Save").click()
        expect(page.get_by_role("alert").filter(has_text="An issue needs a title.").first).to_be_visible()
        expect(page.get_by_role("main").get_by_label("Title", exact=True)).to_be_visible()
        page.get_by_label("New comment").fill("  ")
        page.get_by_role("button", name="Comment", exact=True).click()
        expect(page.locator(".composer").get_by_role("alert")).to_be_visible()

        page.goto(ada.server.url + world.issue_path("FLOW-3"))
        page.locator(".edit-title > summary").click()
        page.get_by_role("main").get_by_label("Title", exact=True).fill("What Ada calls it")
        world.edit("FLOW-3", title="What Bob calls it")
        page.locator(".edit-title").get_by_role("button", name="Save").click()
        expect(page.get_by_role("heading", name="Changed by somebody else")).to_be_visible()
        expect(page.get_by_text("What Bob calls it")).to_be_visible()
        page.get_by_role("button", name="Keep mine").click()
        expect(page.get_by_role("heading", name="What Ada calls it")).to_be_visible()

    def test_lists_settings_and_menus_are_links_and_forms(self, ada: Visitor, world: World) -> None:
        ada.allow("422|405")
        page = ada.open(world.path("issues/"))
        page.get_by_label("Filter issues by text").fill("number 33")
        page.get_by_role("button", name="Apply").click()
        expect(page.locator("#issue-rows tr")).to_have_count(1)
        page.get_by_role("link", name="Clear filters").click()
        expect(page.locator("#issue-rows tr")).not_to_have_count(1)
        nothing_is_dead(page)

        page.goto(ada.server.url + "/acme/members/")
        page.get_by_role("button", name="Invite").click()
        page.get_by_label("E-mail addresses").fill("nobody")
        page.get_by_role("button", name="Make invitations").click()
        dialog = page.get_by_role("dialog", name="Invite people")
        expect(dialog.get_by_text("nobody").first).to_be_visible()
        dialog.get_by_label("E-mail addresses").fill("cleo@acme.test")
        dialog.get_by_role("button", name="Make invitations").click()
        expect(page.get_by_text("cleo@acme.test").first).to_be_visible()
        page.get_by_label("Role of Bob Reyes").select_option("admin")
        page.get_by_role("listitem").filter(has_text="Bob Reyes").get_by_role("button", name="Save").click()
        notice(page, "Bob Reyes has another role now.")

        for path in ("/acme/", world.path("settings/"), world.path("settings/labels/"), world.path("settings/board/")):
            page.goto(ada.server.url + path)
            nothing_is_dead(page)
        for path in ("/acme/projects/new/", "/orgs/new/", "/acme/tokens/", "/accounts/profile/", "/accounts/email/"):
            page.goto(ada.server.url + path)
            nothing_is_dead(page)

        if page.get_by_role("button", name="Menu").is_visible():
            page.get_by_role("button", name="Menu").click()
        page.get_by_role("button", name="Ada Okafor").click()
        page.keyboard.press("Tab")
        expect(page.get_by_role("menuitem", name="Profile")).to_be_focused()
        page.get_by_role("menuitemradio", name="Dark").click()
        expect(page.locator("html")).to_have_attribute("data-theme", "dark")
        assert page.url.endswith("/accounts/email/")

        page.goto(ada.server.url + world.issue_path("FLOW-1") + "comments/")
        expect(page.get_by_role("heading", name="This address only takes what a form sends")).to_be_visible()
